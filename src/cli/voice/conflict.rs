//! Conflicts: what they come down to, the lines that clash, and what could be changed.
//!
//! Owns: their look in a terminal. Refuses: deciding what clashes, and what a fix does.

use std::ops::Range;

use super::clash::{Clash, Fix as Shown};
use super::safe::one_line;
use super::snippet::{self, Mark, Notes, Opening};
use super::width::Look;
use super::{Format, NOTE, STEP, Voice, err, github, graph, html, typed};
use crate::explain::{ByHand, Conflict, Effect, Explanation, Fix, Remedy};
use crate::place::{FileId, Sources};
use crate::statement::Statement;
use crate::yaml::edit::Refusal;

/// The code of a conflict.
pub(in crate::cli) const CODE: &str = crate::diagnostic::pages::CONFLICT;

/// How many lines a conflict takes, with its fixes, unless all of it is asked for: 40 with what is said below it.
const LINES: usize = 39;

/// Fewer statements than this are never left out.
const FEW: usize = 4;

/// How many effects of a fix are named.
const EFFECTS: usize = 4;

impl Voice {
    /// Conflicts, each with its fixes. `made_alike`: whether `--fix` would come to the same ones.
    pub(in crate::cli) fn conflicts(
        &self,
        sources: &Sources,
        manifest: FileId,
        explanation: &Explanation,
        made_alike: bool,
    ) {
        let Explanation { conflicts, more } = explanation;
        let count = conflicts.len() + more;
        let mut number = 1;
        for (conflict, at) in conflicts.iter().zip(1..) {
            let of = (count > 1).then_some((at, count));
            for line in conflict_lines(sources, manifest, conflict, of, number, self.verbose > 0, self.look) {
                err(&line);
            }
            number += conflict.fixes.len();
            // help follows the fixes of the last one at once
            if at < conflicts.len() || conflict.fixes.is_empty() {
                err("");
            }
        }
        if *more > 0 {
            let conflicts = if *more == 1 { "conflict is" } else { "conflicts are" };
            err(&format!("{NOTE}note{NOTE:#}: {more} more {conflicts} told once these are mended"));
        }
        if explanation.fixes().next().is_some() {
            let all = if count > 1 { "; each conflict needs one" } else { "" };
            let edits = explanation.fixes().filter(|fix| fix.changes().is_some()).count();
            let command = typed("hsm resolve --explain --fix N");
            let how = match edits {
                0 => String::new(),
                _ if !made_alike => {
                    "; paste the commands of one (`--fix` does not go together with the options given)"
                        .to_owned()
                }
                _ if edits == explanation.fixes().count() => format!("; `{command}` makes fix N"),
                _ => format!("; `{command}` makes fix N unless it is by hand"),
            };
            let help = format!("each fix was tried{how}{all}");
            err(&format!("{NOTE}help{NOTE:#}: {}", self.look.beside(&help, 6)));
        }
        let fixes: Vec<Vec<Shown>> = conflicts
            .iter()
            .map(|conflict| conflict.fixes.iter().map(|fix| shown(sources, fix)).collect())
            .collect();
        let clashes: Vec<Clash<'_>> =
            conflicts.iter().zip(&fixes).map(|(conflict, fixes)| clash(sources, conflict, fixes)).collect();
        self.clashes(&clashes);
    }

    /// Conflicts in the form that was asked for, besides the text.
    pub(super) fn clashes(&self, clashes: &[Clash<'_>]) {
        for clash in clashes {
            self.annotate(|base| github::clash(clash, base));
            self.log(|log| log.clash(clash));
        }
        match self.format {
            Format::Dot | Format::Mermaid => self.graph(&graph::of_clashes(clashes)),
            Format::Html => self.data(&html::of_clashes(clashes)),
            Format::Text | Format::Json | Format::Github | Format::Sarif | Format::Dotenv | Format::Shell => {
            }
        }
    }
}

/// A conflict as plain data.
pub(super) fn clash<'a>(sources: &'a Sources, conflict: &'a Conflict, fixes: &'a [Shown]) -> Clash<'a> {
    Clash {
        sources,
        title: one_line(&conflict.clash.to_string()),
        statements: conflict.unsolved.statements.iter().collect(),
        options: &conflict.options,
        minimal: conflict.unsolved.minimal,
        fixes,
    }
}

/// A fix as plain data.
pub(super) fn shown(sources: &Sources, fix: &Fix) -> Shown {
    let titles: Vec<String> = fix.remedies.iter().map(|remedy| one_line(&remedy.to_string())).collect();
    let what = fix.remedies.iter().flat_map(|remedy| match remedy {
        Remedy::Change(change) => vec![change.command()],
        Remedy::ByHand(by_hand) => {
            vec![format!("# in {}", sources.position(by_hand.place)), format!("# {}", to_do(by_hand))]
        }
        Remedy::Line(statement, _) => {
            statement.place.map(|place| format!("# in {}", sources.position(place))).into_iter().collect()
        }
        Remedy::LeaveOut(_) => Vec::new(),
    });
    Shown {
        title: titles.join(", and "),
        commands: what.collect(),
        effects: fix.effects.iter().map(ToString::to_string).collect(),
    }
}

/// One conflict; `number` is that of its first fix.
pub(super) fn conflict_lines(
    sources: &Sources,
    manifest: FileId,
    conflict: &Conflict,
    of: Option<(usize, usize)>,
    number: usize,
    whole: bool,
    look: Look,
) -> Vec<String> {
    let title = match of {
        Some((at, all)) => one_line(&format!("conflict {at} of {all}: {}", conflict.clash)),
        None => one_line(&conflict.clash.to_string()),
    };
    let each = conflict.fixes.iter().zip(number..);
    let fixes: Vec<String> = each.flat_map(|(fix, number)| fix_lines(sources, fix, number, look)).collect();
    let mut notes = Vec::new();
    let recent: Vec<String> = conflict.recent.iter().map(|number| (number + 1).to_string()).collect();
    match recent.as_slice() {
        [] => {}
        [one] => notes.push(note(&format!("line {one} is newer than hsm.lock"), look)),
        more => notes.push(note(&format!("lines {} are newer than hsm.lock", more.join(", ")), look)),
    }
    if !conflict.unsolved.minimal {
        notes.push(note(
            "not each of these lines is needed for that; the search for fewer was cut short",
            look,
        ));
    } else if whole && conflict.unsolved.statements.len() > 1 {
        notes.push(note("without any one of these lines, the others can hold together", look));
    }
    let room = (!whole).then(|| LINES.saturating_sub(height(&fixes) + height(&notes) + 1));
    let mut out = argument(sources, manifest, &conflict.unsolved.statements, Some(&title), room, look);
    out.extend(notes);
    out.push(String::new());
    out.extend(fixes);
    if conflict.fixes.is_empty() {
        out.pop();
    }
    out
}

/// Statements with their lines, without a title.
pub(super) fn quoted(
    sources: &Sources,
    manifest: FileId,
    statements: &[Statement],
    whole: bool,
    look: Look,
) -> Vec<String> {
    argument(sources, manifest, statements, None, (!whole).then_some(LINES), look)
}

fn note(text: &str, look: Look) -> String {
    let sign = if look.plain { "" } else { "= " };
    format!("  {sign}{STEP}note{STEP:#}: {}", look.beside(text, 10))
}

fn height(lines: &[String]) -> usize {
    lines.iter().map(|line| line.lines().count()).sum()
}

/// The statements with their lines, numbered. Where they take more room than there is, the middle is left out.
fn argument(
    sources: &Sources,
    manifest: FileId,
    statements: &[Statement],
    title: Option<&str>,
    room: Option<usize>,
    look: Look,
) -> Vec<String> {
    let count = statements.len();
    let mut argument = Argument { sources, manifest, statements, look, labels: Vec::new() };
    argument.labels =
        statements.iter().zip(1..).map(|(one, n)| format!("{n}. {}", said(sources, manifest, one))).collect();
    let Some(room) = room else { return argument.lines(title, 0..0) };
    // a statement takes a line or more, so no more than that can be shown
    let mut shown = count.min(room.max(FEW));
    loop {
        let hidden = if shown < count { shown.div_ceil(2)..count - shown / 2 } else { 0..0 };
        let lines = argument.lines(title, hidden);
        if shown <= FEW || height(&lines) <= room {
            return lines;
        }
        shown -= 1;
    }
}

/// What a statement says. A line that is laid over the manifest does not stand in it.
fn said(sources: &Sources, manifest: FileId, statement: &Statement) -> String {
    let text = one_line(&statement.claim.to_string());
    let over =
        statement.place.filter(|place| place.file != manifest).and_then(|place| sources.get(place.file));
    match (over, text.strip_prefix("hsm.yaml ")) {
        (Some(source), Some(rest)) => format!("{} {rest}", source.path),
        _ => text,
    }
}

struct Argument<'a> {
    sources: &'a Sources,
    manifest: FileId,
    statements: &'a [Statement],
    look: Look,
    labels: Vec<String>,
}

impl Argument<'_> {
    fn lines(&self, title: Option<&str>, hidden: Range<usize>) -> Vec<String> {
        let count = self.statements.len();
        let before = if hidden.is_empty() { 0..count } else { 0..hidden.start };
        let mut out = Vec::new();
        match title {
            Some(title) => {
                let opening = Opening::Error(Some(CODE));
                let marks = if self.look.is_narrow() { Vec::new() } else { self.marks(before.clone()) };
                out.push(snippet::message(
                    self.sources,
                    opening,
                    title,
                    &marks,
                    &Notes::default(),
                    self.look,
                ));
                if self.look.is_narrow() {
                    out.extend(self.one_by_one(before.clone()));
                }
            }
            None => out.extend(self.quoted(before.clone())),
        }
        out.extend(self.without_place(before));
        if !hidden.is_empty() {
            let left_out = match hidden.len() {
                1 => format!("line {} of {count} is left out (-v shows it)", hidden.end),
                _ => format!(
                    "lines {} to {} of {count} are left out (-v shows them)",
                    hidden.start + 1,
                    hidden.end
                ),
            };
            out.push(format!("{STEP}…{STEP:#} {left_out}"));
            out.extend(self.quoted(hidden.end..count));
            out.extend(self.without_place(hidden.end..count));
        }
        out
    }

    fn quoted(&self, range: Range<usize>) -> Vec<String> {
        if self.look.is_narrow() {
            return self.one_by_one(range);
        }
        snippet::lines(self.sources, &self.marks(range), self.look).into_iter().collect()
    }

    /// Each statement as a message of its own: where there is no room for words beside the lines.
    fn one_by_one(&self, range: Range<usize>) -> Vec<String> {
        let each = range.filter_map(|at| {
            let statement = self.statements.get(at)?;
            let mark = Mark { place: statement.place?, label: "", primary: true };
            let number = (at + 1).to_string();
            let text = one_line(&statement.claim.to_string());
            Some(snippet::message(
                self.sources,
                Opening::Word(&number),
                &text,
                &[mark],
                &Notes::default(),
                self.look,
            ))
        });
        each.collect()
    }

    fn marks(&self, range: Range<usize>) -> Vec<Mark<'_>> {
        let each = range.filter_map(|at| {
            let place = self.statements.get(at)?.place?;
            // what the user wrote stands out
            Some(Mark { place, label: self.labels.get(at)?, primary: place.file == self.manifest })
        });
        each.collect()
    }

    fn without_place(&self, range: Range<usize>) -> Vec<String> {
        let each = range.filter(|at| self.statements.get(*at).is_some_and(|one| one.place.is_none()));
        each.filter_map(|at| self.labels.get(at).map(|label| note(label, self.look))).collect()
    }
}

/// What to do by hand, and why hsm does not.
pub(super) fn to_do(by_hand: &ByHand) -> String {
    let Refusal { obstacle, by_hand } = &by_hand.refusal;
    one_line(&format!("{by_hand}: {obstacle}"))
}

/// Who makes a fix, where no command does.
fn made(fix: &Fix) -> &'static str {
    match (fix.changes(), fix.remedies.iter().any(Remedy::is_by_hand)) {
        (Some(_), _) => "",
        (None, true) => " (by hand)",
        (None, false) => " (on the command line)",
    }
}

/// A fix: what it is, what to type, and what it does.
fn fix_lines(sources: &Sources, fix: &Fix, number: usize, look: Look) -> Vec<String> {
    let mut out = remedy_lines(sources, &format!("fix {number}"), fix, look);
    if !fix.effects.is_empty() {
        out.push(format!("    then: {}", look.beside(&effects(&fix.effects), 10)));
    }
    out
}

/// What a fix is, and what there is to type and to do by hand.
pub(super) fn remedy_lines(sources: &Sources, opening: &str, fix: &Fix, look: Look) -> Vec<String> {
    let titles: Vec<String> = fix.remedies.iter().map(|remedy| one_line(&remedy.to_string())).collect();
    let opening = format!("{opening}{}", made(fix));
    let title = look.beside(&titles.join(", and "), opening.len() + 2);
    let mut out = vec![format!("{NOTE}{opening}{NOTE:#}: {title}")];
    for remedy in &fix.remedies {
        match remedy {
            Remedy::Change(change) => out.push(format!("    {STEP}{}{STEP:#}", typed(&change.command()))),
            Remedy::ByHand(by_hand) => {
                out.push(format!("    in {}", sources.position(by_hand.place)));
                out.push(format!("    {}", look.beside(&to_do(by_hand), 4)));
            }
            Remedy::Line(statement, _) => {
                let at = statement.place.map(|place| sources.position(place).to_string());
                out.extend(at.map(|at| format!("    in {at}")));
            }
            Remedy::LeaveOut(_) => {}
        }
    }
    out
}

/// What becomes of components, the first few.
pub(super) fn effects(all: &[Effect]) -> String {
    let mut named: Vec<String> = all.iter().take(EFFECTS).map(ToString::to_string).collect();
    if all.len() > EFFECTS {
        named.push(format!("and {} more", all.len() - EFFECTS));
    }
    // with commas, what follows what goes would seem to go too
    named.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{ComponentId, Kind, Name};
    use crate::place::Place;
    use crate::statement::Claim;

    fn wants(file: FileId, start: u32, end: u32) -> Statement {
        let id = ComponentId::new(Kind::Container, &Name::parse("redis").expect("a name"));
        Statement { place: Some(Place { file, start, end }), claim: Claim::Wants(id) }
    }

    fn text(sources: &Sources, file: FileId, statements: &[Statement], room: Option<usize>) -> String {
        let lines = argument(sources, file, statements, Some("what it comes down to"), room, Look::default());
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn statements_read_as_an_argument() {
        let mut sources = Sources::new();
        let manifest = sources.add("hsm.yaml", "services:\n  containers:\n    - redis\n");
        let entry = sources.add("a.yaml", "name: a\n");
        let all = [wants(manifest, 30, 35), wants(manifest, 12, 22), wants(entry, 0, 4)];
        assert_eq!(
            text(&sources, manifest, &all, Some(40)),
            "error[HSM-E500]: what it comes down to
 --> hsm.yaml:2:3
  |
2 |   containers:
  |   ^^^^^^^^^^ 2. hsm.yaml wants container:redis
3 |     - redis
  |       ^^^^^ 1. hsm.yaml wants container:redis
  |
 ::: a.yaml:1:1
  |
1 | name: a
  | ---- 3. a.yaml wants container:redis"
        );
    }

    #[test]
    fn the_middle_of_a_long_argument_is_left_out() {
        let mut sources = Sources::new();
        let file = sources.add("hsm.yaml", "- a\n".repeat(10_000));
        let all: Vec<Statement> = (0..10_000).map(|line| wants(file, 4 * line + 2, 4 * line + 3)).collect();
        let short = text(&sources, file, &all, Some(30));
        assert!(short.lines().count() <= 30, "{short}");
        assert!(short.contains(" of 10000 are left out (-v shows them)\n"), "{short}");
        assert!(short.contains("1. hsm.yaml wants") && short.contains("10000. hsm.yaml wants"), "{short}");
        assert_eq!(text(&sources, file, &all[..1000], None).matches("hsm.yaml wants").count(), 1000);
    }
}
