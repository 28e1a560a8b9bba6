//! Random small problems that use the whole vocabulary. The same seed gives the same problem everywhere.

use hsm_solver::{
    CandidateSet, Count, GroupId, ItemId, Preference, Problem, ResourceId, StatementId, Then, When,
};

/// A small generator of numbers (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        if bound == 0 { 0 } else { (self.next() % u64::from(bound)) as u32 }
    }

    /// True with this many percent.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn pick(&mut self, weights: &[u32]) -> usize {
        let mut at = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|weight| {
                let here = at < *weight;
                at = at.saturating_sub(*weight);
                here
            })
            .unwrap_or(0)
    }
}

/// A problem with at most about `tries` assignments.
pub(crate) fn problem(dice: &mut Dice, tries: u64) -> Problem {
    let mut problem = Problem::new();
    let mut size = 1u64;
    let groups = dice.below(4);
    for _ in 0..2 + dice.below(6) {
        let candidates = [1, 2, 3, 0][dice.pick(&[50, 30, 15, 5])];
        if (size * u64::from(candidates + 1)) << groups <= tries {
            size *= u64::from(candidates + 1);
            problem.item(candidates);
        }
    }
    let mut statements = Statements { next: 0 };
    for _ in 0..groups {
        let members: Vec<ItemId> =
            (0..[2, 3, 4, 1, 0][dice.pick(&[35, 30, 20, 10, 5])]).map(|_| item(dice, &problem)).collect();
        let members = if dice.percent(10) { members } else { distinct(members) };
        let count = if dice.percent(50) {
            Count::One
        } else {
            let min = dice.below(3);
            Count::Between { min, max: if dice.percent(85) { min + dice.below(3) } else { dice.below(3) } }
        };
        let statement = statements.id(dice);
        problem.group(statement, count, members);
    }
    for _ in 0..dice.pick(&[50, 35, 15]) {
        problem.resource();
    }
    for _ in 0..=dice.below(9) {
        let when = when(dice, &problem);
        let then = then(dice, &problem, &when);
        let statement = statements.id(dice);
        problem.rule(statement, when, then);
    }
    for _ in 0..dice.below(6) {
        prefer(dice, &mut problem);
    }
    problem
}

/// A problem in which little follows without trying: everything is there, and pairs of candidates exclude each other.
pub(crate) fn tangle(dice: &mut Dice) -> Problem {
    let mut problem = Problem::new();
    let items: Vec<ItemId> = (0..4 + dice.below(2)).map(|_| problem.item(2 + dice.below(2))).collect();
    let mut statements = Statements { next: 0 };
    let id = statements.id(dice);
    let count = Count::Between { min: 2 + dice.below(2), max: 4 };
    let group = problem.group(id, count, items.clone());
    problem.rule(statements.id(dice), When::Always, Then::TakesPart(group));
    for _ in 0..dice.below(3) {
        problem.resource();
    }
    for number in 0..14 + dice.below(12) {
        let (one, other) = (item(dice, &problem), item(dice, &problem));
        let when = match number % 6 {
            0 => When::Always,
            1 => When::Option(group, one.0),
            _ => When::Item(one, [dice.below(problem.candidates(one))].into_iter().collect()),
        };
        let set = [dice.below(problem.candidates(other))].into_iter().collect();
        let then = match dice.pick(&[35, 20, 25, if problem.resources() > 0 { 30 } else { 0 }]) {
            3 => holds(dice, &problem, &when),
            0 => Then::AbsentOr(other, set),
            1 => Then::Present(other, set),
            _ => Then::AnyOf(vec![(other, set), (item(dice, &problem), [0].into_iter().collect())]),
        };
        problem.rule(statements.id(dice), when, then);
    }
    for _ in 0..dice.below(4) {
        prefer(dice, &mut problem);
    }
    problem
}

/// A problem in which several demands want the same few things: items with alternatives, groups, rules with
/// alternatives; things that only one can have: resources, groups with a greatest number, pairs that exclude each other.
pub(crate) fn crowd(dice: &mut Dice) -> Problem {
    let mut problem = Problem::new();
    let mut statements = Statements { next: 0 };
    let mut wanted: Vec<Vec<(ItemId, u32)>> = vec![Vec::new(); 2 + dice.pick(&[60, 40])];
    for _ in 0..3 + dice.pick(&[70, 30]) {
        let slots: Vec<usize> = (0..wanted.len()).filter(|_| dice.percent(85)).collect();
        let statement = statements.id(dice);
        let claims: Vec<(ItemId, u32)> = if dice.percent(50) {
            let one = problem.item(slots.len() as u32);
            problem.rule(statement, When::Always, Then::Present(one, CandidateSet::all(slots.len() as u32)));
            (0..slots.len() as u32).map(|candidate| (one, candidate)).collect()
        } else {
            let items: Vec<ItemId> = slots.iter().map(|_| problem.item(1)).collect();
            if dice.percent(50) {
                let alternatives = items.iter().map(|item| (*item, CandidateSet::all(1))).collect();
                problem.rule(statement, When::Always, Then::AnyOf(alternatives));
            } else {
                let count = Count::Between { min: 1 + dice.below(2), max: 3 };
                let count = if dice.percent(50) { Count::One } else { count };
                let group = problem.group(statements.id(dice), count, items.clone());
                problem.rule(statement, When::Always, Then::TakesPart(group));
            }
            items.into_iter().map(|item| (item, 0)).collect()
        };
        for (slot, claim) in slots.into_iter().zip(claims) {
            wanted[slot].push(claim);
        }
    }
    for claims in wanted {
        exclude(dice, &mut problem, &mut statements, &claims);
    }
    for _ in 0..dice.below(3) {
        let when = when(dice, &problem);
        let then = then(dice, &problem, &when);
        problem.rule(statements.id(dice), when, then);
    }
    problem
}

/// Lets (mostly) only one of these be.
fn exclude(dice: &mut Dice, problem: &mut Problem, statements: &mut Statements, claims: &[(ItemId, u32)]) {
    let statement = statements.id(dice);
    let when = |(item, candidate): &(ItemId, u32)| When::Item(*item, [*candidate].into_iter().collect());
    match dice.below(3) {
        0 => {
            let resource = problem.resource();
            for claim in claims {
                problem.rule(statements.id(dice), when(claim), Then::Holds(resource, claim.0));
            }
        }
        1 if claims.iter().all(|(item, _)| problem.candidates(*item) == 1) => {
            let count = Count::Between { min: 0, max: 1 + u32::from(dice.percent(20)) };
            let group = problem.group(statement, count, claims.iter().map(|(item, _)| *item).collect());
            if dice.percent(50) {
                problem.rule(statement, When::Always, Then::TakesPart(group));
            } else {
                for claim in claims {
                    problem.rule(statement, when(claim), Then::TakesPart(group));
                }
            }
        }
        _ => {
            for (number, one) in claims.iter().enumerate() {
                for (item, candidate) in &claims[..number] {
                    let others = (0..problem.candidates(*item)).filter(|other| other != candidate).collect();
                    problem.rule(statements.id(dice), when(one), Then::AbsentOr(*item, others));
                }
            }
        }
    }
}

struct Statements {
    next: u32,
}

impl Statements {
    /// Mostly a new sentence, sometimes one that was there before.
    fn id(&mut self, dice: &mut Dice) -> StatementId {
        if self.next > 0 && dice.percent(7) {
            return StatementId(dice.below(self.next));
        }
        self.next += 1;
        StatementId(self.next - 1)
    }
}

fn distinct(mut members: Vec<ItemId>) -> Vec<ItemId> {
    let mut seen = Vec::new();
    members.retain(|item| {
        let new = !seen.contains(item);
        seen.push(*item);
        new
    });
    members
}

fn item(dice: &mut Dice, problem: &Problem) -> ItemId {
    ItemId(dice.below(problem.len() as u32))
}

fn set(dice: &mut Dice, problem: &Problem, item: ItemId) -> CandidateSet {
    let candidates = problem.candidates(item);
    if dice.percent(40) {
        return CandidateSet::all(candidates);
    }
    // Now and then a candidate that does not exist.
    (0..=candidates).filter(|_| dice.percent(50)).collect()
}

fn group(dice: &mut Dice, problem: &Problem) -> Option<GroupId> {
    let groups = problem.groups().len() as u32;
    (groups > 0).then(|| GroupId(dice.below(groups)))
}

fn members(dice: &mut Dice, problem: &Problem, group: GroupId) -> Vec<u32> {
    let all = problem.groups()[group.0 as usize].members.len() as u32;
    (0..all).filter(|_| dice.percent(45)).collect()
}

fn when(dice: &mut Dice, problem: &Problem) -> When {
    let on_item = |dice: &mut Dice| {
        let item = item(dice, problem);
        When::Item(item, set(dice, problem, item))
    };
    match (dice.pick(&[40, 30, 12, 18]), group(dice, problem)) {
        (0, _) => When::Always,
        (2, Some(group)) => When::TakesPart(group),
        (3, Some(group)) if !problem.groups()[group.0 as usize].members.is_empty() => {
            When::Option(group, dice.below(problem.groups()[group.0 as usize].members.len() as u32))
        }
        _ => on_item(dice),
    }
}

/// A holder: mostly the item of the condition, now and then one that does not exist.
fn holds(dice: &mut Dice, problem: &Problem, when: &When) -> Then {
    let holder = match when {
        When::Item(item, _) if dice.percent(75) => *item,
        _ => ItemId(dice.below(problem.len() as u32 + 1)),
    };
    let resource = if dice.percent(3) { problem.resources() } else { dice.below(problem.resources()) };
    Then::Holds(ResourceId(resource), holder)
}

fn then(dice: &mut Dice, problem: &Problem, when: &When) -> Then {
    if problem.resources() > 0 && dice.percent(30) {
        return holds(dice, problem, when);
    }
    let subject = item(dice, problem);
    let demanded = set(dice, problem, subject);
    match (dice.pick(&[30, 20, 15, 12, 12, 9, 2]), group(dice, problem)) {
        (1, _) => Then::AbsentOr(subject, demanded),
        (2, Some(group)) => Then::TakesPart(group),
        (3, Some(group)) => Then::OneOf(group, members(dice, problem, group)),
        (4, Some(group)) => Then::AllOf(group, members(dice, problem, group)),
        (5, _) => Then::AnyOf(
            (0..[2, 3, 1, 0][dice.pick(&[50, 30, 15, 5])])
                .map(|_| {
                    let one = item(dice, problem);
                    (one, set(dice, problem, one))
                })
                .collect(),
        ),
        (6, _) => Then::Never,
        _ => Then::Present(subject, demanded),
    }
}

/// Adds a preference, if there is something to prefer; often one on how a group is filled after one on what it wants.
fn prefer(dice: &mut Dice, problem: &mut Problem) {
    let subject = item(dice, problem);
    let kind = dice.pick(&[50, 25, 25]);
    if kind == 0 {
        let ranks = (0..problem.candidates(subject)).map(|_| dice.below(3)).collect();
        return problem.prefer(Preference::Rank(subject, ranks));
    }
    let Some(group) = group(dice, problem) else { return };
    if kind == 1 {
        let wanted = members(dice, problem, group);
        problem.prefer(Preference::Wanted(group, wanted));
        if dice.percent(40) {
            return;
        }
    }
    let mut order: Vec<u32> = (0..problem.groups()[group.0 as usize].members.len() as u32).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, dice.below(last as u32 + 1) as usize);
    }
    problem.prefer(Preference::Fill(group, order));
}
