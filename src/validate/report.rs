//! From answers to findings.
//!
//! Owns: which answers are worth a finding, and the lines that explain it. Refuses: asking what was not found wanting.

use std::collections::{BTreeSet, HashSet};

use hsm_solver::{Answer, CandidateSet, ItemId, Survey, Then};

use super::questions::{Number, OfBound, OfComponent, OfGroup, OfOption, Questions, counted};
use super::witnesses::Witnesses;
use crate::compile::Compiled;
use crate::diagnostic::{ComponentPart, Diagnostic, Finding, Proven, Related, Shows};
use crate::load::Inputs;
use crate::names::{ComponentId, GroupId, Name};
use crate::place::Place;
use crate::registry::{Entry, Group};
use crate::solve::{Could, NoStack, Question, ask, grounds, possible_rings};
use crate::statement::{Claim, Statement};
use crate::version::Version;

/// The findings, group by group and component by component.
pub(super) fn report(
    inputs: &Inputs,
    compiled: &mut Compiled,
    questions: &Questions,
    answers: &Survey,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Diagnostic>, NoStack> {
    let mut report = found((inputs, compiled, questions, answers), true, interrupted)?;
    report.params();
    let told = report.explain()?;
    report.rings(&told)?;
    let Report { witnesses, mut found, compiled, .. } = report;
    witnesses.give(inputs, compiled, &mut found, interrupted)?;
    Ok(found)
}

/// Those of the findings that are wanted, explained; nothing of bounds.
pub(super) fn of_these(
    of: (&Inputs, &mut Compiled, &Questions, &Survey),
    wanted: &dyn Fn(&Proven) -> bool,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Diagnostic>, NoStack> {
    let mut report = found(of, false, interrupted)?;
    let open = std::mem::take(&mut report.open).into_iter().zip(std::mem::take(&mut report.asked));
    let all = std::mem::take(&mut report.found);
    for (number, asked) in open {
        let said = all.get(number).filter(|said| matches!(&said.finding, Finding::Proven(p) if wanted(p)));
        if let Some(said) = said {
            report.unexplained(asked, said.clone());
        }
    }
    report.explain()?;
    Ok(report.found)
}

/// The findings without what explains them.
fn found<'a>(
    (inputs, compiled, questions, answers): (&'a Inputs, &'a mut Compiled, &'a Questions, &'a Survey),
    bounds: bool,
    interrupted: &'a (dyn Fn() -> bool + Sync),
) -> Result<Report<'a>, NoStack> {
    let mut report = Report {
        inputs,
        compiled,
        questions,
        answers,
        bounds,
        interrupted,
        could: Could::default(),
        found: Vec::new(),
        open: Vec::new(),
        asked: Vec::new(),
        witnesses: Witnesses::default(),
    };
    for group in &questions.groups {
        report.group(group)?;
    }
    let said_by_groups = report.said_by_groups();
    for component in &questions.components {
        report.component(component, &said_by_groups);
    }
    report.pairs();
    Ok(report)
}

struct Report<'a> {
    inputs: &'a Inputs,
    compiled: &'a mut Compiled,
    questions: &'a Questions,
    answers: &'a Survey,
    /// Whether bounds are looked at.
    bounds: bool,
    interrupted: &'a (dyn Fn() -> bool + Sync),
    could: Could,
    found: Vec<Diagnostic>,
    /// Those that are to be explained, by their numbers, and what was asked.
    open: Vec<usize>,
    asked: Vec<Vec<Then>>,
    witnesses: Witnesses,
}

impl Report<'_> {
    fn group(&mut self, of: &OfGroup) -> Result<(), NoStack> {
        let inputs = self.inputs;
        let Some(group) = inputs.group(&of.id) else { return Ok(()) };
        let name = group.common.name.place;
        if !self.is_possible(of.takes_part, name, &of.id.to_string()) {
            self.refuted(of.takes_part, name, Proven::DeadGroup(of.id.clone()));
            return Ok(());
        }
        for option in &of.options {
            let place = option_place(group, option.place, name);
            let named = || (of.id.clone(), option.name.clone());
            if !self.is_possible(option.present, place, &format!("`{}` of {}", option.name, of.id)) {
                let (group, option_name) = named();
                self.refuted(option.present, place, Proven::DeadOption(group, option_name));
            } else if option.left_out.is_some_and(|left_out| self.answer(left_out) == Answer::Impossible) {
                let (group, option_name) = named();
                let left_out = option.left_out.unwrap_or(option.present);
                self.brought(of, option);
                self.refuted(left_out, place, Proven::AlwaysThere(group, option_name));
            }
        }
        let bounds: &[OfBound] = if self.bounds { &of.bounds } else { &[] };
        for bound in bounds {
            if self.answer(bound.met) == Answer::Impossible {
                self.out_of_reach(of, group, bound)?;
            }
        }
        Ok(())
    }

    /// Wants a stack for the next finding in which an option is there, if possible one in which another was selected.
    fn brought(&mut self, of: &OfGroup, option: &OfOption) {
        let other = of
            .options
            .iter()
            .find(|other| other.item != option.item && self.answer(other.present) == Answer::Possible);
        let selected = other.map(|other| other.name.clone());
        let asked = other.map_or(of.takes_part, |other| other.present);
        self.want(vec![asked], Shows::Brought { group: of.id.clone(), selected });
    }

    /// Wants a stack for the next finding that meets these questions.
    fn want(&mut self, questions: Vec<Number>, shows: Shows) {
        let demands = questions.into_iter().filter_map(|number| self.questions.demands.get(number));
        let demands: Vec<Then> = demands.flatten().cloned().collect();
        self.witnesses.want(self.found.len(), demands, shows);
    }

    fn out_of_reach(&mut self, of: &OfGroup, group: &Group, bound: &OfBound) -> Result<(), NoStack> {
        let reached = self.reached(of, bound)?;
        let written = if bound.is_max { &group.max } else { &group.min };
        let place = written.as_ref().map_or(group.strategy.place, |bound| bound.place);
        let proven =
            Proven::OutOfReach { group: of.id.clone(), bound: bound.bound, is_max: bound.is_max, reached };
        if let Some(reached) = reached {
            let demands = counted(self.compiled, of.number, bound.is_max, reached);
            self.witnesses.want(self.found.len(), demands, Shows::Nearest(of.id.clone()));
        }
        self.refuted(bound.met, place, proven);
        Ok(())
    }

    /// The number of options that is nearest to a bound that can't be met. The more are asked for, the fewer stacks
    /// there are, so half of what is left is ruled out by each question.
    fn reached(&mut self, of: &OfGroup, bound: &OfBound) -> Result<Option<u32>, NoStack> {
        let (mut possible, mut impossible) =
            if bound.is_max { (0, bound.bound) } else { (of.options.len() as u32, bound.bound) };
        while possible.abs_diff(impossible) > 1 {
            let middle = possible.midpoint(impossible);
            let demands = counted(self.compiled, of.number, bound.is_max, middle);
            match self.ask(&demands) {
                Ok(()) => possible = middle,
                Err(NoStack::Unsolved(_)) => impossible = middle,
                Err(NoStack::Interrupted) => return Err(NoStack::Interrupted),
                Err(NoStack::OutOfFuel | NoStack::Invalid(_)) => return Ok(None),
            }
        }
        Ok(Some(possible))
    }

    fn component(&mut self, of: &OfComponent, said_by_groups: &HashSet<ComponentId>) {
        let inputs = self.inputs;
        let Some(entry) = inputs.component(&of.id) else { return };
        let name = entry.common().name.place;
        if self.answer(of.present) == Answer::Impossible {
            // Where it is an option, the group says so.
            if !said_by_groups.contains(&of.id) {
                self.refuted(of.present, name, Proven::DeadComponent(of.id.clone()));
            }
            return;
        }
        let mut parts: Vec<(Number, Place, ComponentPart)> = Vec::new();
        for (release, number) in &of.releases {
            if let Some((place, version)) = release_of(entry, *release) {
                parts.push((*number, place, ComponentPart::Release(version)));
            }
        }
        let dead: Vec<usize> = of
            .releases
            .iter()
            .filter(|(_, n)| self.answer(*n) == Answer::Impossible)
            .map(|(r, _)| *r)
            .collect();
        for (mode, number) in &of.modes {
            // A source of dead releases alone is dead with them.
            let place = source_place(entry, *mode, &dead);
            parts.extend(place.map(|place| (*number, place, ComponentPart::Mode(*mode))));
        }
        if let Entry::Container(container) = entry {
            for (profile, number) in &of.profiles {
                if let Some(profile) = container.profiles.get(*profile) {
                    let part = ComponentPart::Profile(profile.name.value.clone());
                    parts.push((*number, profile.name.place, part));
                }
            }
        }
        for (number, place, part) in parts {
            if !self.is_possible(number, place, &format!("{} {part}", of.id)) {
                self.want(vec![of.present], Shows::CanBe(of.id.clone(), part.clone()));
                self.refuted(number, place, Proven::DeadPart(of.id.clone(), part));
            }
        }
    }

    /// The options of groups that can take part: of these the group says that they can't be there.
    fn said_by_groups(&self) -> HashSet<ComponentId> {
        let possible = self.questions.groups.iter();
        let possible = possible.filter(|group| self.answer(group.takes_part) == Answer::Possible);
        possible.flat_map(|group| group.options.iter().map(|option| group.id.option(&option.name))).collect()
    }

    fn pairs(&mut self) {
        let questions = self.questions;
        let mut options: Vec<Option<(&OfGroup, usize)>> = vec![None; questions.demands.len()];
        for group in &questions.groups {
            for (place, option) in group.options.iter().enumerate() {
                options[option.present] = Some((group, place));
            }
        }
        let refuted = self.answers.pairs.iter().filter(|answer| **answer == Answer::Impossible);
        let alone = refuted.count() > MANY;
        for ((one, other), answer) in questions.pairs.iter().zip(&self.answers.pairs) {
            let (one, other) = (*one as usize, *other as usize);
            let is_new = self.answer(one) == Answer::Possible && self.answer(other) == Answer::Possible;
            if *answer != Answer::Impossible || !is_new {
                continue;
            }
            let (Some(first), Some(second)) = (options[one], options[other]) else { continue };
            let (Some((a, place_a)), Some((b, place_b))) = (self.named(first), self.named(second)) else {
                continue;
            };
            let demands = [questions.demands[one].clone(), questions.demands[other].clone()].concat();
            self.with((one, a.clone()), (second.0, b.clone()), alone);
            self.with((other, b.clone()), (first.0, a.clone()), alone);
            let finding = Finding::Proven(Proven::NeverTogether(a, b));
            let said = Diagnostic::warning(place_a, finding).with(place_b, "the other one");
            self.unexplained(demands, said);
        }
    }

    /// Wants a stack for the next finding with one option of two; unless it is to be there alone, one in which the group of
    /// the other takes part, too, if that goes.
    fn with(&mut self, one: (Number, (GroupId, Name)), other: (&OfGroup, (GroupId, Name)), alone: bool) {
        let (number, one) = one;
        let (group, other) = other;
        let of = |number: Number| self.questions.demands.get(number).cloned().unwrap_or_default();
        let both = [of(number), of(group.takes_part)].concat();
        let is_plain = one.0 == other.0 || alone;
        let asked = if is_plain { vec![of(number)] } else { vec![both, of(number)] };
        self.witnesses.want_one(self.found.len(), asked, Shows::With { one, other });
    }

    /// Params that some stack would give two values.
    fn params(&mut self) {
        let questions = self.questions;
        for param in &questions.params {
            let holds = |(pair, ..): &&(Number, usize, usize)| {
                self.answers.pairs.get(*pair).is_some_and(|answer| *answer == Answer::Possible)
            };
            let Some((_, one, other)) = param.both.iter().find(holds) else { continue };
            let (one, other) = (&param.setters[*one], &param.setters[*other]);
            let demands = [one.demands.clone(), other.demands.clone()].concat();
            self.witnesses.want(self.found.len(), demands, Shows::Both(one.by.clone(), other.by.clone()));
            let proven = Proven::TwoValues {
                target: param.target.clone(),
                key: param.key.clone(),
                values: [one, other].map(|setter| (setter.value.clone(), setter.by.clone())).into(),
            };
            let said = Diagnostic::warning(one.place, Finding::Proven(proven));
            self.found.push(said.with(other.place, "the other value"));
        }
    }

    fn named(&self, (group, place): (&OfGroup, usize)) -> Option<((GroupId, Name), Place)> {
        let option = group.options.get(place)?;
        let entry = self.inputs.group(&group.id)?;
        Some(((group.id.clone(), option.name.clone()), option_place(entry, place, entry.common.name.place)))
    }

    fn answer(&self, number: Number) -> Answer {
        self.answers.each.get(number).copied().unwrap_or(Answer::Open)
    }

    /// Whether something is possible, or at least not refuted: then it is said that it was too hard to tell.
    fn is_possible(&mut self, number: Number, place: Place, what: &str) -> bool {
        match self.answer(number) {
            Answer::Possible => true,
            Answer::Impossible => false,
            Answer::Open => {
                let finding = Finding::Proven(Proven::NotProved(what.to_owned()));
                self.found.push(Diagnostic::warning(place, finding));
                true
            }
        }
    }

    fn refuted(&mut self, number: Number, place: Place, proven: Proven) {
        let demands = self.questions.demands.get(number).cloned().unwrap_or_default();
        self.unexplained(demands, Diagnostic::error(place, Finding::Proven(proven)));
    }

    /// A finding that is to be explained: what it says can't be asked for.
    fn unexplained(&mut self, demands: Vec<Then>, said: Diagnostic) {
        self.open.push(self.found.len());
        self.asked.push(demands);
        self.found.push(said);
    }

    /// Gives each finding the smallest set of lines for it. The rings among them are told.
    fn explain(&mut self) -> Result<Told, NoStack> {
        let mut told = Told::new();
        let all = grounds(self.inputs, self.compiled, &self.asked, self.interrupted)?;
        for (number, unsolved) in self.open.iter().zip(all) {
            let (Some(said), Some(unsolved)) = (self.found.get_mut(*number), unsolved) else { continue };
            said.related.extend(numbered(&unsolved.statements));
            said.instead = unreadable(&unsolved.statements);
            told.extend(unsolved.statements.iter().filter_map(|statement| match &statement.claim {
                Claim::Ring { members, .. } => Some(members.iter().cloned().collect()),
                _ => None,
            }));
        }
        Ok(told)
    }

    /// Rings that some choices make and others avoid, apart from those that explain something else already.
    fn rings(&mut self, told: &Told) -> Result<(), NoStack> {
        for ring in possible_rings(self.inputs, self.compiled, self.interrupted)? {
            let Some(place) = ring.lines.iter().find_map(|line| line.place) else { continue };
            if told.contains(&ring.members.iter().cloned().collect()) {
                continue;
            }
            let problem = &self.compiled.problem;
            let there = |item: &ItemId| Then::Present(*item, CandidateSet::all(problem.candidates(*item)));
            let shows =
                Shows::Avoids { members: ring.members.clone(), groups: ring.groups.into_iter().collect() };
            // all of them if that goes, else the first
            let asked =
                [ring.items.iter().map(there).collect(), ring.items.iter().take(1).map(there).collect()];
            self.witnesses.want_one(self.found.len(), asked.into(), shows);
            let finding = Finding::Proven(Proven::Ring { members: ring.members, built: ring.built });
            let mut said = Diagnostic::warning(place, finding);
            said.related.extend(numbered(&ring.lines));
            self.found.push(said);
        }
        Ok(())
    }

    fn ask(&self, demands: &[Then]) -> Result<(), NoStack> {
        let question = Question { also: demands.to_vec(), ..Question::default() };
        ask(self.inputs, self.compiled, &self.could, &question, self.interrupted).map(|_| ())
    }
}

/// With more pairs than so many, each option is shown by itself: that is asked once.
const MANY: usize = 200;

/// The containers of rings.
type Told = HashSet<BTreeSet<ComponentId>>;

/// What to do where lines count an entry that can't be read as one that nobody can have: it may say anything.
fn unreadable(statements: &[Statement]) -> Option<String> {
    let targets = statements.iter().filter_map(|statement| match &statement.claim {
        Claim::Broken(target) => Some(target.to_string()),
        _ => None,
    });
    let targets: Vec<String> = targets.collect();
    if targets.is_empty() {
        return None;
    }
    Some(format!(
        "mend the entry of {} first and validate again: this may be gone then",
        targets.join(" and of ")
    ))
}

/// Lines with their numbers.
fn numbered(statements: &[Statement]) -> Vec<Related> {
    let lines = statements.iter().zip(1..);
    let related = lines.filter_map(|(statement, number)| {
        Some(Related { place: statement.place?, what: format!("{number}. {}", statement.claim).into() })
    });
    related.collect()
}

fn option_place(group: &Group, place: usize, otherwise: Place) -> Place {
    group.options.get(place).map_or(otherwise, |option| option.name.place)
}

/// Where a release stands, and its version if it has one.
pub(super) fn release_of(entry: &Entry, release: usize) -> Option<(Place, Version)> {
    let (place, version) = match entry {
        Entry::Package(package) => package.releases.get(release).map(|one| (one.place, &one.version))?,
        Entry::Container(container) => {
            container.releases.get(release).map(|one| (one.place, &one.version))?
        }
        Entry::Group(_) => return None,
    };
    Some((place, version.as_ref()?.value.clone()))
}

/// Where the first source for a mode stands, of a release that is not among these.
fn source_place(entry: &Entry, mode: crate::manifest::Mode, dead: &[usize]) -> Option<Place> {
    let mut releases: Vec<Vec<(crate::manifest::Mode, Place)>> = Vec::new();
    match entry {
        Entry::Package(package) => {
            let sources =
                package.releases.iter().map(|one| one.sources.iter().map(|s| (s.mode, s.place)).collect());
            releases.extend(sources);
        }
        Entry::Container(container) => {
            let sources =
                container.releases.iter().map(|one| one.sources.iter().map(|s| (s.mode, s.place)).collect());
            releases.extend(sources);
        }
        Entry::Group(_) => {}
    }
    let alive = releases.iter().enumerate().filter(|(release, _)| !dead.contains(release));
    alive.flat_map(|(_, sources)| sources).find(|(of, _)| *of == mode).map(|(_, place)| *place)
}
