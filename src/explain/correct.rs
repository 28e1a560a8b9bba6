//! Corrections: which lines to take back so that the rest can hold together.
//!
//! Owns: the search for the smallest sets of lines, the gentlest first, by Reiter's tree of hitting sets: every conflict
//! that is met has to lose a line, so a set is tried once it has one of each. Refuses: knowing what a line says, and
//! solving (both are asked for).

use std::collections::BTreeSet;

use hsm_solver::StatementId;

/// What is left when some lines are taken back.
pub(super) enum Rest {
    /// There is a solution.
    Holds,
    /// These still cannot hold together.
    Clashes(Vec<StatementId>),
}

/// Lines that are taken back together.
pub(super) type Lines = BTreeSet<StatementId>;

/// How often it is asked what is left.
const ASKS: usize = 48;

/// How many sets wait for their turn at most.
const WAITING: usize = 20_000;

/// How many lines are taken back at most where no small set was found.
const MANY: usize = 32;

/// The search for the smallest sets of lines without which the rest holds, each without a smaller one in it: by their
/// number, then by what they cost together.
pub(super) struct Corrections<'a> {
    /// What it costs to take a line back; `None`: it cannot be.
    cost: &'a dyn Fn(StatementId) -> Option<u32>,
    first: Vec<StatementId>,
    /// Of each conflict that was met the lines that can be taken back.
    cores: Vec<Lines>,
    found: Vec<Lines>,
    /// By number, cost, and the lines themselves.
    waiting: BTreeSet<(usize, u32, Vec<StatementId>)>,
    asked: usize,
    is_over: bool,
}

impl<'a> Corrections<'a> {
    /// Of a conflict.
    pub(super) fn of(first: &[StatementId], cost: &'a dyn Fn(StatementId) -> Option<u32>) -> Self {
        let mut search = Self {
            cost,
            first: first.to_vec(),
            cores: Vec::new(),
            found: Vec::new(),
            waiting: [(0, 0, Vec::new())].into(),
            asked: 0,
            is_over: false,
        };
        search.learn(first);
        search
    }

    /// The next one. `ask`: what is left without some lines; `None` ends the search.
    pub(super) fn next(&mut self, ask: &mut dyn FnMut(&Lines) -> Option<Rest>) -> Option<Lines> {
        if self.is_over {
            return None;
        }
        while let Some((_, _, lines)) = self.waiting.pop_first() {
            let lines: Lines = lines.into_iter().collect();
            if self.found.iter().any(|known| known.is_subset(&lines)) {
                continue;
            }
            if let Some(core) = self.cores.iter().find(|core| core.is_disjoint(&lines)) {
                let core = core.clone();
                self.branch(&lines, &core);
                continue;
            }
            if self.asked == ASKS {
                break;
            }
            self.asked += 1;
            match ask(&lines) {
                None => {
                    self.is_over = true;
                    return None;
                }
                Some(Rest::Holds) => {
                    self.found.push(lines.clone());
                    return Some(lines);
                }
                Some(Rest::Clashes(core)) => {
                    let core = self.learn(&core);
                    self.branch(&lines, &core);
                }
            }
        }
        self.is_over = true;
        self.found.is_empty().then(|| some(&self.first, self.cost, ask)).flatten()
    }

    fn learn(&mut self, core: &[StatementId]) -> Lines {
        let lines: Lines = core.iter().copied().filter(|line| (self.cost)(*line).is_some()).collect();
        self.cores.push(lines.clone());
        lines
    }

    fn branch(&mut self, lines: &Lines, core: &Lines) {
        for line in core {
            if self.waiting.len() >= WAITING {
                return;
            }
            let mut next = lines.clone();
            next.insert(*line);
            let cost = next.iter().filter_map(|line| (self.cost)(*line)).sum();
            self.waiting.insert((next.len(), cost, next.into_iter().collect()));
        }
    }
}

/// Any set, where the smallest ones are too many to try: the cheapest line of each conflict goes, and what was not
/// needed comes back.
fn some(
    first: &[StatementId],
    cost: &dyn Fn(StatementId) -> Option<u32>,
    ask: &mut dyn FnMut(&Lines) -> Option<Rest>,
) -> Option<Lines> {
    let mut lines = Lines::new();
    let mut core = first.to_vec();
    while lines.len() < MANY {
        let cheapest = core.iter().filter_map(|line| Some((cost(*line)?, *line))).min()?;
        lines.insert(cheapest.1);
        match ask(&lines)? {
            Rest::Clashes(next) => core = next,
            Rest::Holds => {
                for line in lines.clone() {
                    let mut fewer = lines.clone();
                    fewer.remove(&line);
                    if matches!(ask(&fewer)?, Rest::Holds) {
                        lines = fewer;
                    }
                }
                return Some(lines);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A world in which the given sets of lines clash, and nothing else does.
    fn run(clashes: &[Vec<u32>], costs: &[u32], most: usize) -> Vec<Vec<u32>> {
        let ids = |lines: &[u32]| lines.iter().map(|line| StatementId(*line)).collect::<Vec<_>>();
        let cost = |line: StatementId| costs.get(line.0 as usize).copied();
        let mut ask = |gone: &Lines| {
            let left = clashes.iter().find(|clash| ids(clash).iter().all(|line| !gone.contains(line)));
            Some(left.map_or(Rest::Holds, |clash| Rest::Clashes(ids(clash))))
        };
        let first = ids(&clashes[0]);
        let mut search = Corrections::of(&first, &cost);
        let found = std::iter::from_fn(|| search.next(&mut ask)).take(most);
        found.map(|lines| lines.into_iter().map(|line| line.0).collect()).collect()
    }

    #[test]
    fn the_fewest_and_the_gentlest_come_first() {
        assert_eq!(run(&[vec![0, 1, 2]], &[3, 1, 2], 5), [[1], [2], [0]]);
        // one line in both conflicts is better than one of each
        assert_eq!(run(&[vec![0, 1], vec![1, 2]], &[1, 9, 1], 5), [vec![1], vec![0, 2]]);
    }

    #[test]
    fn a_line_that_cannot_be_taken_back_is_not() {
        assert_eq!(run(&[vec![0, 7]], &[1], 5), [[0]]);
        assert!(run(&[vec![7]], &[1], 5).is_empty());
    }

    #[test]
    fn many_conflicts_at_once_still_get_a_correction() {
        let clashes: Vec<Vec<u32>> = (0..12).map(|n| (0..5).map(|m| n * 5 + m).collect()).collect();
        let found = run(&clashes, &vec![1; 60], 3);
        assert!(!found.is_empty() && found.iter().all(|lines| lines.len() == 12), "{found:?}");
    }

    proptest! {
        #[test]
        fn every_correction_is_one_and_none_is_larger_than_needed(
            clashes in prop::collection::vec(prop::collection::btree_set(0_u32..6, 1..4), 1..5),
            costs in prop::collection::vec(1_u32..9, 6),
        ) {
            let clashes: Vec<Vec<u32>> = clashes.into_iter().map(|c| c.into_iter().collect()).collect();
            let hits = |set: u32| clashes.iter().all(|clash| clash.iter().any(|line| set >> line & 1 == 1));
            // all that hit every clash, without those that have a smaller one in them
            let mut best: Vec<u32> = (0..64).filter(|set| hits(*set)).collect();
            let all = best.clone();
            best.retain(|set| !all.iter().any(|other| other != set && other & set == *other));
            let key = |set: u32| {
                let lines: Vec<u32> = (0..6).filter(|line| set >> line & 1 == 1).collect();
                (lines.len(), lines.iter().map(|line| costs[*line as usize]).sum::<u32>(), lines)
            };
            let mut best: Vec<_> = best.into_iter().map(key).collect();
            best.sort();
            let found = run(&clashes, &costs, 100);
            prop_assert_eq!(found, best.into_iter().map(|(_, _, lines)| lines).collect::<Vec<_>>());
        }
    }
}
