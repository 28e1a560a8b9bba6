//! Fixes: from the lines of a conflict that could be taken back to changes that were tried.
//!
//! Owns: which fixes of a conflict there are, in which order, how many, and what each does to the stack. Refuses: the
//! search for the lines, and what one change is.
//!
//! Of several conflicts each fix is tried together with the first fix of each of the others, and what it does to the
//! stack is told for that: how a component is then, if all conflicts are mended like this. Told is what the conflict
//! speaks of and what another fix of the same conflict would make otherwise; what the others' fixes do is theirs to tell.

use std::collections::{BTreeSet, VecDeque};
use std::iter::Peekable;

use hsm_solver::StatementId;

use super::correct::Lines;
use super::effect::{self, Effect};
use super::remedy::{self, How, Remedy};
use super::trial::{Edited, Outcome, Trial, unlike};
use super::work::Work;
use super::{Clash, Conflict, Fix, Rest};
use crate::lock::Lock;
use crate::manifest::edit::Change;
use crate::names::{ComponentId, TargetId};
use crate::solve::{Question, Unsolved};
use crate::statement::{Claim, Holder, Origin, Statement};

/// How many fixes are shown for a conflict.
pub(super) const FIXES: usize = 5;

/// How many of them may be changes of a registry, where the manifest could be changed as well.
const OF_REGISTRY: usize = 2;

/// How many fixes only publish something at another port, where there are others.
const MOVES: usize = 3;

/// How many sets of lines of one size are compared.
const ALIKE: usize = 8;

/// How many changes by hand of the user's own lines are shown, where no command helps.
const BY_HAND: usize = 2;

/// How many edits are tried for a conflict.
const TRIALS: usize = 10;

/// A conflict of more statements than this is not looked through for a registry's rule to change.
const LONG: usize = 40;

/// A fix that was tried, with what it makes of the stack.
#[derive(Clone)]
pub(super) struct Tried {
    /// The lines that it takes back.
    lines: Lines,
    pub(super) remedies: Vec<Remedy>,
    outcome: Outcome,
}

impl Tried {
    pub(super) fn new(lines: Lines, remedies: Vec<Remedy>, outcome: Outcome) -> Self {
        Self { lines, remedies, outcome }
    }

    fn stack(&self) -> Option<&Lock> {
        match &self.outcome {
            Outcome::Stack(stack) => Some(stack),
            Outcome::None | Outcome::Some => None,
        }
    }
}

/// The conflict that stands for all there is, with its fixes.
pub(super) fn alone(work: &Work<'_>, unsolved: Unsolved) -> Conflict {
    of_conflict(work, unsolved, &Lines::new(), None, &[])
}

/// A conflict with its fixes. `base`: what is taken as lost of other conflicts; `first`: the fix that is known already;
/// `beside`: what mends the others.
pub(super) fn of_conflict(
    work: &Work<'_>,
    unsolved: Unsolved,
    base: &Lines,
    first: Option<Tried>,
    beside: &[Remedy],
) -> Conflict {
    let clash = Clash::of(work.inputs, &unsolved.statements);
    let mut search =
        Search { work, trial: Trial::of(work), beside, edits: BTreeSet::new(), found: Vec::new() };
    if let Some(first) = first {
        search.edits.extend(search.trial.edited(&first.remedies));
        search.found.push(first);
    }
    search.of_lines(&unsolved, base);
    let matter = Matter::of(&unsolved.statements, clash.components(work.inputs));
    let mut fixes = search.told(&matter);
    if unsolved.minimal && unsolved.numbers.len() <= LONG {
        let room = if fixes.is_empty() { FIXES } else { OF_REGISTRY.min(FIXES - fixes.len()) };
        fixes.extend(of_registry(work, &unsolved, base, &clash, room));
    }
    if fixes.is_empty() {
        fixes.extend(by_hand(work, &unsolved, base));
    }
    Conflict::new(work.inputs, unsolved, fixes)
}

struct Search<'a> {
    work: &'a Work<'a>,
    trial: Trial<'a>,
    beside: &'a [Remedy],
    /// What was tried.
    edits: BTreeSet<Edited>,
    found: Vec<Tried>,
}

impl Search<'_> {
    /// What takes lines back, the gentlest first.
    fn of_lines(&mut self, unsolved: &Unsolved, base: &Lines) {
        let work = self.work;
        let cost = |id: StatementId| work.cost(id);
        let mut ways = Ways {
            work,
            corrections: work.corrections(unsolved, base, &cost).peekable(),
            fewest: None,
            ready: VecDeque::new(),
        };
        let mut trials = 0;
        while self.found.len() < FIXES && trials < TRIALS && !(work.interrupted)() {
            let mut batch: Vec<(Lines, Vec<Remedy>)> = Vec::new();
            while batch.len() < (FIXES - self.found.len()).min(TRIALS - trials)
                && let Some((lines, remedies)) = ways.next()
            {
                let (remedies, edited) = match self.trial.edited(&remedies) {
                    Some(edited) => (remedies, edited),
                    None => match work.by_hand(&remedies, &lines) {
                        Some(by_hand) => by_hand,
                        None => continue,
                    },
                };
                if self.edits.insert(edited) {
                    batch.push((lines, remedies));
                }
            }
            if batch.is_empty() {
                break;
            }
            trials += batch.len();
            let together = |(_, remedies): &(_, Vec<Remedy>)| [remedies, self.beside].concat();
            let outcomes = self.trial.each(&batch.iter().map(together).collect::<Vec<_>>());
            for ((lines, remedies), outcome) in batch.into_iter().zip(outcomes) {
                self.keep(Tried { lines, remedies, outcome });
            }
        }
    }

    /// Keeps what leads to a stack, unless a change of the same lines leads to the same one.
    fn keep(&mut self, tried: Tried) {
        let is_same = |known: &Tried| {
            known.lines == tried.lines && tried.stack().is_some() && known.stack() == tried.stack()
        };
        if tried.outcome != Outcome::None && !self.found.iter().any(is_same) {
            self.found.push(tried);
        }
    }

    fn told(&self, matter: &Matter) -> Vec<Fix> {
        let each = self.found.iter().map(|tried| {
            let effects = tried.stack().map(|stack| self.effects(tried, stack, matter)).unwrap_or_default();
            Fix { remedies: tried.remedies.clone(), effects }
        });
        each.collect()
    }

    fn effects(&self, tried: &Tried, stack: &Lock, matter: &Matter) -> Vec<Effect> {
        let lock = self.work.inputs.lock.as_ref();
        let only_ports = tried.remedies.iter().all(|r| matches!(r.meant(), Some(Change::SetPorts(..))));
        if only_ports && lock.is_none() {
            return Vec::new();
        }
        let changed = tried.remedies.iter().flat_map(Remedy::components);
        let first: BTreeSet<ComponentId> = changed.chain(matter.first.iter().cloned()).collect();
        let mut effects = effect::effects(lock, stack, &matter.all, &first);
        if !self.beside.is_empty() {
            let others = self.found.iter().filter_map(Tried::stack);
            let by_choice: BTreeSet<ComponentId> = others.flat_map(|other| unlike(stack, other)).collect();
            let is_own =
                |id: &ComponentId| [&matter.all, &first, &by_choice].iter().any(|set| set.contains(id));
            effects.retain(|effect| is_own(&effect.component));
        }
        effects
    }
}

/// The ways to mend a conflict, the fewest changes first, the gentlest of as many first.
struct Ways<'a, C: Iterator<Item = (usize, Lines)>> {
    work: &'a Work<'a>,
    corrections: Peekable<C>,
    /// How many changes the best one takes.
    fewest: Option<usize>,
    ready: VecDeque<(Lines, Vec<Remedy>)>,
}

impl<C: Iterator<Item = (usize, Lines)>> Iterator for Ways<'_, C> {
    type Item = (Lines, Vec<Remedy>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            let changes = self.corrections.peek()?.0;
            // what takes much more is no alternative
            if changes > *self.fewest.get_or_insert(changes) + 1 {
                return None;
            }
            let mut all = Vec::new();
            let mut sets = 0;
            while sets < ALIKE
                && let Some((_, lines)) = self.corrections.next_if(|(other, _)| *other == changes)
            {
                sets += 1;
                let each = ways(self.work, &lines).into_iter();
                all.extend(each.map(|remedies| (lines.clone(), remedies)));
            }
            let weight = |remedies: &[Remedy]| {
                let each = remedies.iter().map(|remedy| remedy.weight(self.work.inputs));
                (remedies.len(), each.sum::<u32>())
            };
            all.sort_by_key(|(_, remedies)| weight(remedies));
            // where many publish one port, that each of them could move is not all there is to say
            let mut moves = 0;
            all.retain(|(_, remedies)| {
                let is_port = |remedy: &Remedy| matches!(remedy.change(), Some(Change::SetPorts(..)));
                let only_moves = remedies.iter().all(is_port);
                moves += usize::from(only_moves);
                !only_moves || moves <= MOVES
            });
            self.ready.extend(all);
        }
        self.ready.pop_front()
    }
}

/// The ways to take lines back: for one line each remedy, for several the gentlest of each, then the plainest.
pub(super) fn ways(work: &Work<'_>, lines: &Lines) -> Vec<Vec<Remedy>> {
    let mut gentlest: Vec<Remedy> = Vec::new();
    let mut each: Vec<Vec<Remedy>> = Vec::with_capacity(lines.len());
    for id in lines {
        let remedies = work.remedies(*id, lines, &gentlest);
        gentlest.extend(remedies.first().cloned());
        each.push(remedies);
    }
    if each.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    if let [only] = each.as_slice() {
        // that another option is taken says more than that this one is not
        let is_plain =
            |remedy: &Remedy| matches!(remedy.change(), Some(Change::RemoveOptions(facts, _)) if facts.one);
        let some = only.iter().filter(|remedy| only.len() == 1 || !is_plain(remedy));
        return some.map(|remedy| vec![remedy.clone()]).collect();
    }
    let gentlest = remedy::joined(gentlest);
    let plain = |remedies: &Vec<Remedy>| {
        let plain = remedies.iter().find(|remedy| remedy.only_takes_back());
        plain.or(remedies.last()).cloned()
    };
    let plainest = remedy::joined(each.iter().filter_map(plain));
    if gentlest == plainest { vec![gentlest] } else { vec![gentlest, plainest] }
}

/// Lines of the user's to be changed by hand, where no edit that a command makes is enough.
fn by_hand(work: &Work<'_>, unsolved: &Unsolved, base: &Lines) -> Vec<Fix> {
    let cost = |id: StatementId| work.cost(id);
    let fix = |(_, lines): (usize, Lines)| {
        let each = lines.iter().filter_map(|id| work.statement(*id));
        let remedies = each.map(|line| Remedy::Line(Box::new(line.clone()), How::Change)).collect();
        Fix { remedies, effects: Vec::new() }
    };
    work.corrections(unsolved, base, &cost).take(BY_HAND).map(fix).collect()
}

/// The registry's rules without any one of which the rest holds.
fn of_registry(work: &Work<'_>, unsolved: &Unsolved, base: &Lines, clash: &Clash, room: usize) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let mut places = BTreeSet::new();
    // what stands last is the rule that everything clashes with: the most likely to be wrong
    let each = unsolved.numbers.iter().rev().filter_map(|id| {
        let statement = work.statement(*id).filter(|s| remedy::cost(work.inputs, s).is_none())?;
        Some((*id, statement, remedy::of_registry(work.inputs, statement, clash)?))
    });
    let mut all: Vec<_> = each.collect();
    // a rule that says too much is changed before one is taken out that only leads there
    all.sort_by_key(|(_, statement, remedy)| {
        (!remedy.is_correction(), remedy.leads_there(statement), remedy.changes_a_strategy())
    });
    let some = all.first().is_some_and(|(_, statement, remedy)| !remedy.leads_there(statement));
    for (id, statement, remedy) in all {
        if fixes.len() >= room || (some && remedy.leads_there(statement)) {
            break;
        }
        let is_new = remedy.is_correction() || places.insert(statement.place);
        if !is_new || (work.interrupted)() {
            continue;
        }
        let is_loosened = remedy.only_loosens(statement) && !matches!(clash, Clash::NoOption { .. });
        let fix = |remedy| Fix { remedies: vec![remedy], effects: Vec::new() };
        if is_loosened {
            let loosened = [id].into();
            if work.ask(&Question { without: base.clone(), loosened, ..Question::default() }).is_ok() {
                fixes.push(fix(remedy));
                continue;
            }
        }
        let without: Lines = base.iter().copied().chain([id]).collect();
        if matches!(work.rest(&without), Rest::Holds) {
            let more = Remedy::Line(Box::new(statement.clone()), How::Change);
            fixes.push(fix(if is_loosened { more } else { remedy }));
        }
    }
    fixes
}

/// The components of which a fix says what becomes of them.
struct Matter {
    all: BTreeSet<ComponentId>,
    /// Those that the conflict comes down to.
    first: BTreeSet<ComponentId>,
}

impl Matter {
    fn of(statements: &[Statement], first: Vec<ComponentId>) -> Self {
        Self { all: components(statements), first: first.into_iter().collect() }
    }
}

/// The components that statements want to be there, or speak of as if they were.
fn components(statements: &[Statement]) -> BTreeSet<ComponentId> {
    let mut all = BTreeSet::new();
    let origin = |origin: &Origin| match origin {
        Origin::Component(id) => Some(id.clone()),
        // whether an option is there is another question
        Origin::Option(..) | Origin::Manifest => None,
    };
    for statement in statements {
        match &statement.claim {
            Claim::Wants(id)
            | Claim::PinsVersion(id, ..)
            | Claim::PinsMode(id, _)
            | Claim::PinsProfile(id, _)
            | Claim::Yanked(id, ..)
            | Claim::NoSource { component: id, .. }
            | Claim::Holds { by: Holder::Component(id), .. } => {
                all.insert(id.clone());
            }
            Claim::Selects(group, name) => {
                all.insert(group.option(name));
            }
            Claim::Implies { by, target, .. } | Claim::Conflicts { by, target, .. } => {
                all.extend(origin(by));
                if let TargetId::Component(id) = target {
                    all.insert(id.clone());
                }
            }
            Claim::DependsOn(by, TargetId::Component(of)) | Claim::UsesImage(by, of) => {
                all.extend([by.clone(), of.clone()]);
            }
            _ => {}
        }
    }
    all
}
