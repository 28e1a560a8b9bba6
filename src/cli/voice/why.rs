//! Why something is there, or is not: the chain of lines, what was decided, and what would change it.

use serde_json::{Value as Json, json};

use super::blame::commands_here;
use super::clash::Clash;
use super::conflict::{clash, conflict_lines, effects, quoted, remedy_lines};
use super::json::{self, SCHEMA};
use super::safe::one_line;
use super::width::Look;
use super::{NOTE, STEP, Voice, graph, typed};
use crate::explain::{Absence, By, Conflict, Decision, Of, Presence, Value};
use crate::manifest::edit::Change;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{FileId, Sources};

impl Voice {
    /// Why it is there.
    pub(in crate::cli) fn present(
        &self,
        sources: &Sources,
        manifest: FileId,
        target: &TargetId,
        presence: &Presence,
    ) {
        if self.is_json() {
            self.json(&present_json(sources, target, presence));
            return;
        }
        let mut out = match &presence.state {
            Some(state) => {
                vec![format!("{STEP}{target}{STEP:#} {} is in the stack:", state_of(target, state))]
            }
            None => vec![format!("{STEP}{target}{STEP:#} takes part:")],
        };
        for (chain, number) in presence.chains.iter().zip(1..) {
            if presence.chains.len() > 1 {
                out.push(format!("{STEP}chain {number}{STEP:#}"));
            }
            out.extend(quoted(sources, manifest, chain, self.verbose > 0, self.look));
        }
        if presence.more {
            out.push("there are more chains than these".to_owned());
        }
        for decision in &presence.decisions {
            out.extend(decision_lines(sources, target, decision, self.look));
        }
        self.data(&format!("{}\n", out.join("\n")));
    }

    /// Why it is not there.
    pub(in crate::cli) fn absent(&self, id: &ComponentId, absence: &Absence) {
        let (sources, manifest) = (&absence.sources, absence.manifest);
        if self.is_json() {
            self.json(&absent_json(sources, id, absence));
            return;
        }
        if self.is_drawn() {
            let clashes: Vec<Clash<'_>> =
                absence.clashes.iter().map(|one| clash(sources, one, &[])).collect();
            if clashes.is_empty() {
                self.graph(&graph::of_absence(id, absence));
            } else {
                self.clashes(&clashes);
            }
            return;
        }
        let told = self.look.words(&format!("{id} is not in the stack: {}", because(absence)), 0);
        let mut out = vec![told.replacen(&id.to_string(), &format!("{STEP}{id}{STEP:#}"), 1)];
        for (group, options) in &absence.instead {
            let chosen: Vec<String> = options.iter().map(|name| format!("`{name}`")).collect();
            let chosen = if chosen.is_empty() { "none of its options".to_owned() } else { chosen.join(", ") };
            let says = typed(&format!("hsm why {group}"));
            let text = format!("{group} has {chosen} (`{says}` says why)");
            out.push(format!("  {}", self.look.beside(&text, 2)));
        }
        for statement in &absence.would {
            let at =
                statement.place.map(|place| format!(" ({})", sources.position(place))).unwrap_or_default();
            let text = one_line(&format!("it would come with this: {}{at}", statement.claim));
            out.push(format!("  {}", self.look.beside(&text, 2)));
        }
        let mut number = 1;
        for (conflict, at) in absence.clashes.iter().zip(1..) {
            let of = (absence.clashes.len() > 1).then_some((at, absence.clashes.len()));
            out.push("if hsm.yaml listed it:".to_owned());
            // what could be done about it is said below, as ways to have the component
            let by_hand = conflict.fixes.iter().filter(|fix| fix.changes().is_none()).cloned().collect();
            let conflict = Conflict { fixes: by_hand, ..conflict.clone() };
            out.extend(conflict_lines(sources, manifest, &conflict, of, number, self.verbose > 0, self.look));
            number += conflict.fixes.len();
        }
        for fix in &absence.nearest {
            if fix.changes().is_some() {
                out.push(format!("{NOTE}to have it{NOTE:#}: {STEP}{}{STEP:#}", commands_here(fix)));
            } else {
                out.extend(remedy_lines(sources, "to have it", fix, self.look));
            }
            if !fix.effects.is_empty() {
                out.push(format!("    then: {}", self.look.beside(&effects(&fix.effects), 10)));
            }
        }
        self.data(&format!("{}\n", out.join("\n")));
    }

    /// A group that takes no part.
    pub(in crate::cli) fn no_part(&self, id: &GroupId) {
        if self.is_json() {
            self.json(&json!({"schema": SCHEMA, "ok": true, "id": id.to_string(), "in_stack": false}));
            return;
        }
        self.data(&format!(
            "{STEP}{id}{STEP:#} takes no part: nothing in the stack names or implies it\n\
             {NOTE}to have it{NOTE:#}: {STEP}{}{STEP:#}\n",
            typed(&format!("hsm group select {} OPTION", id.name))
        ));
    }

    /// That what was said is so in what is locked, and that there is no stack now.
    pub(in crate::cli) fn only_locked(&self, target: &TargetId, conflict: &Conflict) {
        self.warn(&format!(
            "this is how {target} stands in hsm.lock; hsm.yaml has no stack now: {} (`hsm resolve --explain` says more)",
            conflict.clash
        ));
    }
}

fn state_of(target: &TargetId, state: &crate::lock::LockedComponent) -> String {
    match target {
        TargetId::Component(id) => crate::explain::state(state, id),
        TargetId::Group(_) => String::new(),
    }
}

fn because(absence: &Absence) -> &'static str {
    match (absence.clashes.is_empty(), absence.instead.is_empty()) {
        (true, true) => "nothing asks for it",
        (true, false) => "other options were taken",
        (false, _) => "as hsm.yaml stands, it cannot be",
    }
}

/// How many statements that keep something out are shown.
const KEEPING: usize = 3;

fn decision_lines(sources: &Sources, target: &TargetId, decision: &Decision, look: Look) -> Vec<String> {
    let Decision { of, chosen, by, kept_out, next } = decision;
    let what = match of {
        Of::Option(_) | Of::Member(_) => "option",
        Of::Release => "release",
        Of::Mode => "mode",
        Of::Profile => "profile",
    };
    let why = match by {
        By::Statements(_) => "these lines leave nothing else".to_owned(),
        By::Locked => "it is locked".to_owned(),
        By::Default if matches!(of, Of::Member(_)) => "it is one of the defaults".to_owned(),
        By::Default => "it is the default".to_owned(),
        By::First if matches!(of, Of::Member(_)) => {
            "it comes first of those that could fill it up".to_owned()
        }
        By::First => "it comes first".to_owned(),
        By::Newest => "it is the newest".to_owned(),
        By::PreferredMode => "the project prefers it".to_owned(),
        By::NoSource(mode) => format!("the project prefers {mode}, but it has no {mode} source"),
        By::BestLeft => match kept_out {
            Some((better, _)) => format!("{better} would come before it, but cannot be"),
            None => "the better ones cannot be".to_owned(),
        },
        By::Traded => "a better one would cost something that matters more".to_owned(),
    };
    let next_one = next.as_ref().map(|next| match command(target, of, next) {
        Some(command) => format!("; next would be {next} (`{}`)", typed(&command)),
        None if matches!(of, Of::Member(_)) => format!("; without it, {next} would be taken"),
        None => format!("; next would be {next}"),
    });
    let of_group = match of {
        Of::Option(group) | Of::Member(group) => format!(" of {group}"),
        _ => String::new(),
    };
    let decided = one_line(&format!("{chosen}{of_group}: {why}{}", next_one.unwrap_or_default()));
    let mut out = vec![format!("{NOTE}{what}{NOTE:#} {}", look.beside(&decided, what.len() + 1))];
    let keeping = match (by, kept_out) {
        (By::Statements(statements), _) | (_, Some((_, statements))) => statements.as_slice(),
        _ => &[],
    };
    let shown = keeping.len().saturating_sub(KEEPING);
    for statement in keeping.iter().skip(shown) {
        let at = statement.place.map(|place| format!(" ({})", sources.position(place))).unwrap_or_default();
        out.push(format!("    {}", look.beside(&one_line(&format!("{}{at}", statement.claim)), 4)));
    }
    out
}

/// What to type to have another value.
fn command(target: &TargetId, of: &Of, value: &Value) -> Option<String> {
    let change = match (of, value, target) {
        (Of::Option(group), Value::Option(name), _) => {
            return Some(format!("hsm group select {} {name}", group.name));
        }
        (Of::Release, Value::Release(version), TargetId::Component(id)) => {
            let demand = crate::version::VersionDemand::parse(version.as_str()).ok()?;
            Change::SetVersion(id.clone(), id.name().clone(), Some(demand))
        }
        (Of::Mode, Value::Mode(mode), TargetId::Component(id)) => {
            Change::SetMode(id.clone(), id.name().clone(), Some(*mode))
        }
        (Of::Profile, Value::Profile(name), TargetId::Component(id)) => {
            Change::SetProfile(id.clone(), id.name().clone(), Some(name.clone()))
        }
        _ => return None,
    };
    Some(change.command())
}

fn present_json(sources: &Sources, target: &TargetId, presence: &Presence) -> Json {
    let chains: Vec<Json> = presence.chains.iter().map(|chain| json::statements(sources, chain)).collect();
    let decisions: Vec<Json> =
        presence.decisions.iter().map(|decision| decision_json(sources, target, decision)).collect();
    json!({
        "schema": SCHEMA,
        "ok": true,
        "id": target.to_string(),
        "in_stack": true,
        "state": presence.state.as_ref().map(json::state),
        "because": chains.first(),
        "chains": chains,
        "more_chains": presence.more,
        "decisions": decisions,
    })
}

fn decision_json(sources: &Sources, target: &TargetId, decision: &Decision) -> Json {
    let (of, group) = match &decision.of {
        Of::Option(group) | Of::Member(group) => ("option", Some(group.to_string())),
        Of::Release => ("release", None),
        Of::Mode => ("mode", None),
        Of::Profile => ("profile", None),
    };
    let by = match &decision.by {
        By::Statements(_) => "statements",
        By::Locked => "locked",
        By::Default => "default",
        By::First => "first",
        By::Newest => "newest",
        By::PreferredMode => "preferred_mode",
        By::NoSource(_) => "no_source",
        By::BestLeft => "best_left",
        By::Traded => "traded",
    };
    let statements = match (&decision.by, &decision.kept_out) {
        (By::Statements(all), _) | (_, Some((_, all))) => all.as_slice(),
        _ => &[],
    };
    json!({
        "of": of,
        "group": group,
        "chosen": decision.chosen.to_string(),
        "by": by,
        "kept_out": decision.kept_out.as_ref().map(|(value, _)| value.to_string()),
        "statements": json::statements(sources, statements),
        "next": decision.next.as_ref().map(ToString::to_string),
        "command": decision.next.as_ref().and_then(|next| command(target, &decision.of, next)),
    })
}

fn absent_json(sources: &Sources, id: &ComponentId, absence: &Absence) -> Json {
    // no two have one number
    let mut number = absence.nearest.len() + 1;
    let conflicts = absence.clashes.iter().map(|conflict| {
        let first = number;
        number += conflict.fixes.len();
        json::conflict(sources, conflict, first)
    });
    let conflicts: Vec<Json> = conflicts.collect();
    let instead: Vec<Json> = absence
        .instead
        .iter()
        .map(|(group, options)| {
            let options: Vec<&str> = options.iter().map(Name::as_str).collect();
            json!({"group": group.to_string(), "options": options})
        })
        .collect();
    let nearest: Vec<Json> =
        absence.nearest.iter().zip(1..).map(|(fix, number)| json::fix(sources, fix, number)).collect();
    json!({
        "schema": SCHEMA,
        "ok": true,
        "id": id.to_string(),
        "in_stack": false,
        "possible": absence.clashes.is_empty(),
        "instead": instead,
        "would": json::statements(sources, &absence.would),
        "nearest": nearest,
        "conflicts": conflicts,
    })
}
