//! A problem as clauses.
//!
//! A variable for each candidate of an item, one for its presence (the same where it has one candidate), one for each
//! group that takes part and one for each holder of a resource; at most one candidate, by pairs or, beyond six, by a
//! ladder. Counts are a totalizer or a sequential counter, cut off above the upper bound. Only what can be reached from
//! the rules without a condition gets variables: what can't is absent in some solution if there is any.

use std::collections::BTreeMap;
use std::time::Instant;

use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, lbool};
use hsm_solver::{Candidate, CandidateSet, Count, GroupId, ItemId, Member, Problem, ResourceId, Then, When};

use super::{Answer, Found};

/// How counts become clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// A tree of sums.
    Totalizer,
    /// One sum after the other.
    Sequential,
}

pub(super) fn solve(problem: &Problem, counting: Counting, deadline: Instant) -> Answer {
    let mut clauses = Clauses::new(problem, counting, deadline);
    clauses.reach();
    clauses.groups();
    clauses.rules();
    clauses.resources();
    let answer = clauses.solver.solve_limited(&[]);
    if answer == lbool::FALSE {
        return Answer::None;
    }
    if answer != lbool::TRUE {
        return Answer::GaveUp;
    }
    let is = |lit: &Lit| clauses.solver.value_lit(*lit) == lbool::TRUE;
    let items = clauses.items.iter().map(|item| {
        let item = item.as_ref()?;
        item.candidates.iter().position(is).map(|candidate| candidate as Candidate)
    });
    let takes_part = clauses.parts.iter().map(|part| part.as_ref().is_some_and(is));
    Answer::Solution(Found { items: items.collect(), takes_part: takes_part.collect() })
}

struct Patience(Instant);

impl Callbacks for Patience {
    fn stop(&self) -> bool {
        Instant::now() > self.0
    }
}

struct Item {
    candidates: Vec<Lit>,
    present: Lit,
}

struct Clauses<'p> {
    problem: &'p Problem,
    counting: Counting,
    solver: Solver<Patience>,
    /// What can be reached.
    items: Vec<Option<Item>>,
    parts: Vec<Option<Lit>>,
    holders: BTreeMap<ResourceId, BTreeMap<ItemId, Lit>>,
    clause: Vec<Lit>,
}

impl<'p> Clauses<'p> {
    fn new(problem: &'p Problem, counting: Counting, deadline: Instant) -> Self {
        Self {
            problem,
            counting,
            solver: Solver::new(SolverOpts::default(), Patience(deadline)),
            items: (0..problem.len()).map(|_| None).collect(),
            parts: vec![None; problem.groups().len()],
            holders: BTreeMap::new(),
            clause: Vec::new(),
        }
    }

    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    fn add(&mut self, lits: impl IntoIterator<Item = Lit>) {
        self.clause.clear();
        self.clause.extend(lits);
        self.solver.add_clause_reuse(&mut self.clause);
    }

    /// Gives variables to what can be reached.
    fn reach(&mut self) {
        let problem = self.problem;
        let mut of_item: Vec<Vec<&Then>> = vec![Vec::new(); problem.len()];
        let mut of_group: Vec<Vec<&Then>> = vec![Vec::new(); problem.groups().len()];
        let mut demands = Vec::new();
        for rule in problem.rules() {
            match &rule.when {
                When::Always => demands.push(&rule.then),
                When::Item(item, _) => {
                    if let Some(all) = of_item.get_mut(item.0 as usize) {
                        all.push(&rule.then);
                    }
                }
                When::TakesPart(group) | When::Option(group, _) => {
                    if let Some(all) = of_group.get_mut(group.0 as usize) {
                        all.push(&rule.then);
                    }
                }
            }
        }
        while let Some(then) = demands.pop() {
            let mut items = Vec::new();
            match then {
                Then::Present(item, _) => items.push(*item),
                Then::AnyOf(some) => items.extend(some.iter().map(|(item, _)| *item)),
                Then::TakesPart(group) | Then::OneOf(group, _) | Then::AllOf(group, _) => {
                    let number = group.0 as usize;
                    if number < self.parts.len() && self.parts[number].is_none() {
                        self.parts[number] = Some(self.fresh());
                        items.extend(&problem.groups()[number].members);
                        demands.append(&mut of_group[number]);
                    }
                }
                Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
            }
            for item in items {
                let number = item.0 as usize;
                if problem.candidates(item) > 0 && self.items[number].is_none() {
                    let item = self.item(problem.candidates(item));
                    self.items[number] = Some(item);
                    demands.append(&mut of_item[number]);
                }
            }
        }
    }

    fn item(&mut self, candidates: u32) -> Item {
        let candidates: Vec<Lit> = (0..candidates).map(|_| self.fresh()).collect();
        if let [one] = candidates[..] {
            return Item { candidates, present: one };
        }
        let present = self.fresh();
        self.add(candidates.iter().copied().chain([!present]));
        for candidate in &candidates {
            self.add([!*candidate, present]);
        }
        if candidates.len() <= 6 {
            for (number, one) in candidates.iter().enumerate() {
                for other in &candidates[..number] {
                    self.add([!*one, !*other]);
                }
            }
        } else {
            self.ladder(&candidates, None);
        }
        Item { candidates, present }
    }

    /// At most one of these, if the condition holds.
    fn ladder(&mut self, lits: &[Lit], condition: Option<Lit>) {
        let mut before: Option<Lit> = None;
        for lit in lits {
            let so_far = self.fresh();
            self.add([!*lit, so_far]);
            if let Some(before) = before {
                self.add([!before, so_far]);
                self.add([!before, !*lit].into_iter().chain(condition.map(|condition| !condition)));
            }
            before = Some(so_far);
        }
    }

    fn of(&self, item: ItemId) -> Option<&Item> {
        self.items.get(item.0 as usize)?.as_ref()
    }

    fn present(&self, item: ItemId) -> Option<Lit> {
        self.of(item).map(|item| item.present)
    }

    fn part(&self, group: GroupId) -> Option<Lit> {
        self.parts.get(group.0 as usize).copied().flatten()
    }

    fn option(&self, group: GroupId, member: Member) -> Option<Lit> {
        self.present(*self.problem.groups().get(group.0 as usize)?.members.get(member as usize)?)
    }

    /// Literals of which one holds if the item is in the set.
    fn is_in(&self, item: ItemId, set: &CandidateSet) -> Vec<Lit> {
        let Some(item) = self.of(item) else { return Vec::new() };
        let held: Vec<Lit> =
            set.iter().filter_map(|candidate| item.candidates.get(candidate as usize).copied()).collect();
        if held.len() == item.candidates.len() { vec![item.present] } else { held }
    }

    fn groups(&mut self) {
        for (number, group) in self.problem.groups().iter().enumerate() {
            let Some(part) = self.parts[number] else { continue };
            let mut members = group.members.clone();
            members.sort_unstable();
            members.dedup();
            let options: Vec<Lit> = members.iter().filter_map(|item| self.present(*item)).collect();
            let (min, max) = match group.count {
                Count::One => (1, 1),
                Count::Between { min, max } => (min as usize, max as usize),
            };
            if min > options.len() || min > max {
                self.add([!part]);
                continue;
            }
            if min == 1 {
                self.add(options.iter().copied().chain([!part]));
            }
            match max {
                0 => options.iter().for_each(|option| self.add([!part, !*option])),
                1 => self.ladder(&options, Some(part)),
                _ => self.count(part, &options, min, max),
            }
        }
    }

    fn count(&mut self, part: Lit, options: &[Lit], min: usize, max: usize) {
        let below = max < options.len();
        if min <= 1 && !below {
            return;
        }
        let most = if below { max + 1 } else { min };
        let counts = match self.counting {
            Counting::Totalizer => self.totalizer(options, most),
            Counting::Sequential => self.sequential(options, most),
        };
        if below {
            self.add([!part, !counts[max]]);
        }
        if min > 0 {
            self.add([!part, counts[min - 1]]);
        }
    }

    /// Literals for "at least 1", "at least 2", … up to `most` of these.
    fn totalizer(&mut self, lits: &[Lit], most: usize) -> Vec<Lit> {
        let mut row: Vec<Vec<Lit>> = lits.iter().map(|lit| vec![*lit]).collect();
        while row.len() > 1 {
            let mut next = Vec::with_capacity(row.len().div_ceil(2));
            for pair in row.chunks(2) {
                next.push(match pair {
                    [one, other] => self.merge(one, other, most),
                    _ => pair[0].clone(),
                });
            }
            row = next;
        }
        row.pop().unwrap_or_default()
    }

    fn merge(&mut self, one: &[Lit], other: &[Lit], most: usize) -> Vec<Lit> {
        let sum: Vec<Lit> = (0..(one.len() + other.len()).min(most)).map(|_| self.fresh()).collect();
        for a in 0..=one.len() {
            for b in 0..=other.len() {
                // a and b of them are at least a + b in all; fewer than a + 1 and b + 1 are fewer than a + b + 1.
                if a + b > 0 {
                    let lits = [a.checked_sub(1).map(|a| !one[a]), b.checked_sub(1).map(|b| !other[b])];
                    let result = sum[(a + b).min(sum.len()) - 1];
                    self.add(lits.into_iter().flatten().chain([result]));
                }
                if let Some(result) = sum.get(a + b) {
                    let lits = [one.get(a).copied(), other.get(b).copied()];
                    self.add(lits.into_iter().flatten().chain([!*result]));
                }
            }
        }
        sum
    }

    fn sequential(&mut self, lits: &[Lit], most: usize) -> Vec<Lit> {
        let mut before: Vec<Lit> = Vec::new();
        for lit in lits {
            let now: Vec<Lit> = (0..(before.len() + 1).min(most)).map(|_| self.fresh()).collect();
            for (count, so_far) in now.iter().enumerate() {
                let same = before.get(count).copied();
                let less = count.checked_sub(1).map(|less| before[less]);
                if let Some(same) = same {
                    self.add([!same, *so_far]);
                }
                self.add([!*lit, *so_far].into_iter().chain(less.map(|less| !less)));
                self.add([!*so_far, *lit].into_iter().chain(same));
                if let Some(less) = less {
                    self.add([!*so_far, less]);
                }
            }
            before = now;
        }
        before
    }

    fn rules(&mut self) {
        for rule in self.problem.rules() {
            let nots: Vec<Vec<Lit>> = match &rule.when {
                When::Always => vec![Vec::new()],
                When::Item(item, set) => self.is_in(*item, set).into_iter().map(|lit| vec![!lit]).collect(),
                When::TakesPart(group) => self.part(*group).into_iter().map(|part| vec![!part]).collect(),
                When::Option(group, member) => {
                    let both = self.part(*group).zip(self.option(*group, *member));
                    both.into_iter().map(|(part, option)| vec![!part, !option]).collect()
                }
            };
            for not in nots {
                self.demand(&not, &rule.then);
            }
        }
    }

    fn demand(&mut self, not: &[Lit], then: &Then) {
        let unless = |lits: Vec<Lit>| lits.into_iter().chain(not.iter().copied());
        match then {
            Then::Present(item, set) => self.add(unless(self.is_in(*item, set))),
            Then::AbsentOr(item, set) => {
                let Some(of) = self.of(*item) else { return };
                let out: Vec<Lit> = if set.is_empty() {
                    vec![of.present]
                } else {
                    let all = (0..).zip(&of.candidates);
                    all.filter(|(candidate, _)| !set.contains(*candidate)).map(|(_, lit)| *lit).collect()
                };
                for lit in out {
                    self.add(unless(vec![!lit]));
                }
            }
            Then::TakesPart(group) => self.add(unless(self.part(*group).into_iter().collect())),
            Then::OneOf(group, members) => {
                self.add(unless(self.part(*group).into_iter().collect()));
                let options = members.iter().filter_map(|one| self.option(*group, *one)).collect();
                self.add(unless(options));
            }
            Then::AllOf(group, members) => {
                self.add(unless(self.part(*group).into_iter().collect()));
                for member in members {
                    self.add(unless(self.option(*group, *member).into_iter().collect()));
                }
            }
            Then::AnyOf(some) => {
                let lits = some.iter().flat_map(|(item, set)| self.is_in(*item, set)).collect();
                self.add(unless(lits));
            }
            Then::Holds(resource, holder) => {
                let known = self.holders.get(resource).and_then(|holders| holders.get(holder)).copied();
                let lit = if resource.0 >= self.problem.resources() {
                    None
                } else {
                    Some(known.unwrap_or_else(|| self.fresh()))
                };
                if let Some(lit) = lit {
                    self.holders.entry(*resource).or_default().insert(*holder, lit);
                }
                self.add(unless(lit.into_iter().collect()));
            }
            Then::Never => self.add(not.iter().copied()),
        }
    }

    fn resources(&mut self) {
        for holders in std::mem::take(&mut self.holders).into_values() {
            let lits: Vec<Lit> = holders.into_values().collect();
            self.ladder(&lits, None);
        }
    }
}
