//! `check --fix`: moves the manifest to what takes the place of names that are old or deprecated.
//!
//! Every move is solved before it is written; one that would leave a solvable project without a solution is not made.

use std::path::PathBuf;
use std::sync::Arc;

use super::{keep, refuse_changed, sync, trail};
use crate::adapters::FileChange;
use crate::cli::args::Check;
use crate::cli::commands::{Context, Fail};
use crate::cli::voice::plan;
use crate::diagnostic::{Diagnostic, Severity, Unmovable};
use crate::load::{MANIFEST, Opened};
use crate::outdated::{Move, moves, together};
use crate::place::FileId;
use crate::road::{Road, Stop, Wish, explain};

/// The overrides of one checkout.
const LOCAL: &str = "hsm.local.yaml";

/// What became of the manifest.
pub(in crate::cli::commands) struct Moved {
    /// The text: written, or to be.
    pub text: Arc<str>,
    /// Whether it differs from what was there.
    pub changed: bool,
    /// What was not moved, with places in the text.
    pub stuck: Vec<Diagnostic>,
}

/// Moves it, or with `--dry-run` shows what would be moved.
pub(in crate::cli::commands) fn moved(
    context: &Context<'_>,
    road: Road<'_>,
    args: &Check,
) -> Result<Moved, Fail> {
    const WHAT: &str = "hsm check --fix";
    // who only looks waits for nobody
    let lock = if args.dry_run {
        context.tell_recovered(road.look_in(WHAT)?.as_ref());
        None
    } else {
        Some(sync::enter(context, road, WHAT, true)?)
    };
    let mut opened = road.open()?;
    let before = opened.sources.get(opened.manifest.file).map(|s| s.text.to_string()).unwrap_or_default();
    let mut fixing = Fixing {
        context,
        road,
        opened: &mut opened,
        wish: context.wish(&crate::cli::args::Choice::default())?,
        text: before.clone(),
        made: Vec::new(),
        refused: Vec::new(),
    };
    fixing.old_names();
    fixing.deprecated();
    let stuck = fixing.left();
    let Fixing { text, made, .. } = fixing;
    if text != before {
        let path = road.root.join(MANIFEST);
        if args.dry_run {
            let (before, after) = (Some(before.clone().into_bytes()), Some(text.clone().into_bytes()));
            let change = FileChange { path: PathBuf::from(MANIFEST), before, after };
            if !context.voice.is_json() {
                context.voice.data(&plan::change(&change));
            }
        } else {
            refuse_changed(context, road, &before)?;
            context.world.write(&path, text.as_bytes()).map_err(|e| Fail::system("write", &path, e))?;
            let mut trail = trail(context, road);
            keep(context, road, &mut trail, &before, &text);
        }
        let verb = if args.dry_run { "would move" } else { "moved" };
        for one in &made {
            context.voice.step(verb, &format!("{} to `{}`", one.from, one.to));
        }
    }
    drop(lock);
    tell_local(context, road, &made);
    Ok(Moved { changed: text != before, text: text.into(), stuck })
}

/// Overrides of a checkout are not for a tool to change; who has some is told.
fn tell_local(context: &Context<'_>, road: Road<'_>, made: &[Move]) {
    let Ok(bytes) = context.world.read(&road.root.join(LOCAL)) else { return };
    let text = String::from_utf8_lossy(&bytes);
    for one in made {
        let name = one.from.to_string();
        let bare = name.split_once(':').map_or(name.as_str(), |(_, bare)| bare);
        if text.contains(bare) {
            context.voice.note(&format!("`{LOCAL}` may still name {}; it is left as it is", one.from));
        }
    }
}

struct Fixing<'a, 'w> {
    context: &'a Context<'w>,
    road: Road<'a>,
    opened: &'a mut Opened<'w>,
    wish: Wish,
    text: String,
    made: Vec<Move>,
    refused: Vec<(Move, Unmovable)>,
}

/// How a text fares.
enum Fares {
    /// It has a stack.
    Solved,
    /// Its statements cannot hold together; these.
    Unsolved(Vec<String>),
    /// So many things are wrong with it, and the first.
    Wrong(usize, String),
    /// It could not be found out.
    Unknown,
}

impl Fixing<'_, '_> {
    /// The text among those that were read.
    fn file(&mut self) -> FileId {
        self.opened.sources.add(MANIFEST, self.text.as_str())
    }

    fn is_new(&self, one: &Move) -> bool {
        let same = |other: &Move| other.from == one.from && other.to == one.to;
        !self.made.iter().any(same) && !self.refused.iter().any(|(other, _)| same(other))
    }

    /// What still has to be tried.
    fn next(&mut self, old_names: bool) -> Vec<Move> {
        let file = self.file();
        let all = moves(file, self.opened).moves;
        all.into_iter().filter(|one| one.is_old_name == old_names && self.is_new(one)).collect()
    }

    /// Nothing works with an old name, so there is nothing that a new one could break.
    fn old_names(&mut self) {
        while let Some(one) = self.next(true).into_iter().next() {
            match one.made(&self.text) {
                Ok(text) => {
                    self.text = text;
                    self.made.push(one);
                }
                Err(why) => self.refused.push((one, why)),
            }
        }
    }

    /// As many as can be together, since one may need another and two may not go together. What comes to light only when
    /// some are made is tried after them.
    fn deprecated(&mut self) {
        let mut all = self.next(false);
        if all.is_empty() {
            return;
        }
        let base = self.fares(&self.text);
        while !all.is_empty() {
            let made = |set: &[usize]| {
                let mut moves = set.iter().filter_map(|one| all.get(*one));
                moves.try_fold(self.text.clone(), |text, one| one.made(&text))
            };
            let (chosen, refused) = together(all.len(), |set| self.allowed(&base, &made(set)?));
            let Ok(text) = made(&chosen) else { return };
            let refused: Vec<(Move, Unmovable)> =
                refused.into_iter().filter_map(|(one, why)| Some((all.get(one)?.clone(), why))).collect();
            self.text = text;
            self.made.extend(chosen.iter().filter_map(|one| all.get(*one)).cloned());
            all = self.next(false);
            let is_refused =
                |one: &Move| refused.iter().any(|(other, _)| other.from == one.from && other.to == one.to);
            if chosen.is_empty() || all.iter().all(is_refused) {
                self.refused.extend(refused);
                return;
            }
        }
    }

    /// What was not moved, with its places in the text as it is now.
    fn left(&mut self) -> Vec<Diagnostic> {
        let file = self.file();
        let now = moves(file, self.opened);
        let mut stuck = now.stuck;
        for one in now.moves {
            let why = self.refused.iter().find(|(other, _)| other.from == one.from && other.to == one.to);
            stuck.extend(why.map(|(_, why)| one.unmade(why.clone())));
        }
        stuck
    }

    /// Whether a text may take the place of one that fares so.
    fn allowed(&self, base: &Fares, text: &str) -> Result<(), Unmovable> {
        match (base, self.fares(text)) {
            (_, Fares::Solved)
            | (Fares::Unsolved(_) | Fares::Wrong(..), Fares::Unsolved(_))
            | (Fares::Unknown, _) => Ok(()),
            (Fares::Wrong(before, _), Fares::Wrong(after, _)) if after <= *before => Ok(()),
            (_, Fares::Unsolved(statements)) => Err(Unmovable::NoStack(statements)),
            (_, Fares::Wrong(_, first)) => Err(Unmovable::Wrong(first)),
            (_, Fares::Unknown) => Err(Unmovable::NoStack(Vec::new())),
        }
    }

    fn fares(&self, text: &str) -> Fares {
        let wish = Wish { manifest: Some(text.into()), ..self.wish.clone() };
        match self.road.resolve(&wish) {
            Ok(_) => Fares::Solved,
            Err(Stop::Unsolved { inputs, compiled, unsolved }) => {
                let explanation = explain(&inputs, &compiled, &unsolved, self.context.world);
                let first = explanation.conflicts.first().map(|conflict| &conflict.unsolved.statements);
                let said = first.into_iter().flatten().map(|statement| match statement.place {
                    Some(place) => format!("{} ({})", statement.claim, inputs.sources.position(place)),
                    None => statement.claim.to_string(),
                });
                Fares::Unsolved(said.collect())
            }
            Err(Stop::Wrong(report)) => {
                let errors = report.diagnostics.iter().filter(|found| found.severity == Severity::Error);
                let errors: Vec<&Diagnostic> = errors.collect();
                let first = errors.first().map(|found| match found.place {
                    Some(place) => format!("{} ({})", found.finding, report.sources.position(place)),
                    None => found.finding.to_string(),
                });
                Fares::Wrong(errors.len(), first.unwrap_or_default())
            }
            Err(_) => Fares::Unknown,
        }
    }
}
