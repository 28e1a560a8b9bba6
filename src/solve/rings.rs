//! Rings: containers that would have to start, or images that would have to be built, each before the other.
//!
//! Owns: finding rings in a selection, and the rules that keep them out of the next one. Refuses: the order of the steps
//! of a run.
//!
//! Rings are rare, so they are no part of the problem from the start, and where no choice at all could make one, none is
//! looked for. A selection that has some is taken back, all of them that have no container in common are forbidden, and
//! the search goes on. Containers that make rings again and again are tied down at once: for one of them after the other
//! it is written down whom it waits for, directly or not, and that it is not itself.

mod possible;
mod shortest;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use hsm_solver::{CandidateSet, ItemId, Problem, Selection, StatementId, Then, When};

use super::waits::{Line, Work, knots};
use crate::compile::Compiled;
use crate::load::Inputs;
use crate::names::{ComponentId, TargetId};
use crate::place::Place;
use crate::stack::LinkSort;
use crate::statement::{Claim, Statement};
pub use possible::{PossibleRing, possible_rings};
use shortest::{apart, through};

/// The rings that were met so far, and where more could be.
pub(super) struct Rings<'a> {
    inputs: &'a Inputs,
    compiled: &'a Compiled,
    could: &'a Could,
    met: Vec<Met>,
    /// The nodes that can't be in a ring any more, by sort of work.
    tied: [HashSet<usize>; 2],
    rounds: usize,
}

/// Where rings could be: looked for once there is a selection, and the same as long as the components have the same
/// candidates.
#[derive(Default)]
pub struct Could(OnceLock<[Work; 2]>);

/// A ring in a selection, of one sort of work.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    work: usize,
    /// Each waits for the next, the last for the first.
    members: Vec<usize>,
}

/// What was forbidden; each has a statement of its own.
enum Met {
    Ring(Ring),
    /// All rings through a node.
    Through {
        work: usize,
        node: usize,
    },
}

/// The sorts of work, starts before builds.
const SORTS: [LinkSort; 2] = [LinkSort::DependsOn, LinkSort::Requires];

/// How often rings are forbidden one by one before their containers are tied down.
const SINGLE_ROUNDS: usize = 8;

/// The most rules that tying down may take.
const MOST_RULES: usize = 50_000;

/// What the candidates of "whom one waits for" stand for.
const REACHED: u32 = 0;
const FREE: u32 = 1;

impl<'a> Rings<'a> {
    /// Where rings could be.
    pub(super) fn new(inputs: &'a Inputs, compiled: &'a Compiled, could: &'a Could) -> Self {
        Self { inputs, compiled, could, met: Vec::new(), tied: [HashSet::new(), HashSet::new()], rounds: 0 }
    }

    fn works(&self) -> &[Work; 2] {
        self.could.0.get_or_init(|| SORTS.map(|sort| Work::of(self.inputs, self.compiled, sort)))
    }

    /// How often a selection may be taken back: it grows with what could be in a ring.
    pub(super) fn most_rounds(&self) -> usize {
        let edges = self.works().iter().flat_map(|work| &work.nodes).map(|node| node.edges.len());
        200 + edges.sum::<usize>()
    }

    /// Rings of a selection that have no container in common; none: it has no ring at all. A wait whose line is left
    /// out is none.
    pub(super) fn of(&self, selection: &Selection, left_out: &BTreeSet<StatementId>) -> Vec<Ring> {
        let compiled = self.compiled;
        let said = (!left_out.is_empty()).then(|| Said::of(compiled));
        let counts = |item: ItemId, line: &Line| {
            let by = said.as_ref().and_then(|said| said.by(compiled, item, line));
            by.is_none_or(|by| !left_out.contains(&by))
        };
        let works = self.works().iter().enumerate().filter(|(_, work)| !work.is_free_of_rings());
        works
            .flat_map(|(work, could)| {
                let rings = apart(&could.chosen(selection, &counts));
                rings.into_iter().map(move |members| Ring { work, members })
            })
            .collect()
    }

    /// Keeps these rings out of what the problem allows.
    pub(super) fn forbid(&mut self, rings: Vec<Ring>, problem: &mut Problem) {
        let compiled = self.compiled;
        self.rounds += 1;
        let mut forbidding = Forbidding { compiled, said: Said::of(compiled), problem };
        if self.rounds > SINGLE_ROUNDS {
            self.tie_down(&rings, &mut forbidding);
        }
        for ring in rings.into_iter().filter(|ring| !self.tied[ring.work].contains(&ring.members[0])) {
            let number = self.next_statement(compiled);
            forbidding.ring(&self.waits(&ring), number);
            self.met.push(Met::Ring(ring));
        }
    }

    fn next_statement(&self, compiled: &Compiled) -> StatementId {
        StatementId((compiled.statements.len() + self.met.len()) as u32)
    }

    /// Ties down the parts that these rings lie in, as far as that does not take too many rules.
    fn tie_down(&mut self, rings: &[Ring], forbidding: &mut Forbidding<'_>) {
        for work in 0..SORTS.len() {
            let nodes: HashSet<usize> =
                rings.iter().filter(|r| r.work == work).flat_map(|r| r.members.clone()).collect();
            let parts = self.works()[work].knots().into_iter();
            for part in parts.filter(|part| part.iter().any(|node| nodes.contains(node))) {
                let edges = self.works()[work].edges();
                let Some(cuts) = cuts(&edges, &part).filter(|_| !self.tied[work].contains(&part[0])) else {
                    continue;
                };
                for (node, within) in cuts {
                    let number = self.next_statement(forbidding.compiled);
                    forbidding.rings_through(&self.works()[work], node, &within, number);
                    self.met.push(Met::Through { work, node });
                }
                self.tied[work].extend(part);
            }
        }
    }

    /// What a ring in a conflict says of itself, by the number of its statement.
    pub(super) fn statement(&self, id: StatementId, core: &[StatementId]) -> Option<Statement> {
        let compiled = self.compiled;
        let ring = match self.met.get((id.0 as usize).checked_sub(compiled.statements.len())?)? {
            Met::Ring(ring) => ring.clone(),
            Met::Through { work, node } => self.told(compiled, *work, *node, core),
        };
        let nodes = &self.works()[ring.work].nodes;
        let members = ring.members.iter().filter_map(|node| {
            let item = nodes.get(*node)?.item;
            compiled.components.get(item.0 as usize).map(|component| component.id.clone())
        });
        let members: Vec<ComponentId> = members.collect();
        let place = self.waits(&ring).last().and_then(|(_, lines)| lines.first()).map(|line| line.place);
        Some(Statement {
            place,
            claim: Claim::Ring { members, built: SORTS[ring.work] == LinkSort::Requires },
        })
    }

    /// The ring through a node that the lines of a conflict make.
    fn told(&self, compiled: &Compiled, work: usize, node: usize, core: &[StatementId]) -> Ring {
        let (said, core) = (Said::of(compiled), core.iter().collect::<HashSet<_>>());
        let counts =
            |item: ItemId, line: &Line| said.by(compiled, item, line).is_some_and(|by| core.contains(&by));
        let lines = self.works()[work].nodes.iter().map(|node| {
            let edges = node.edges.iter();
            let edges = edges.filter(|(_, lines)| lines.iter().any(|line| counts(node.item, line)));
            edges.map(|(to, _)| *to).collect()
        });
        let lines: Vec<Vec<usize>> = lines.collect();
        Ring { work, members: through(&lines, node).unwrap_or_else(|| vec![node]) }
    }

    /// Each member with the lines that make it wait for the next.
    fn waits(&self, ring: &Ring) -> Vec<(ItemId, &[Line])> {
        let nodes = &self.works()[ring.work].nodes;
        let next = ring.members.iter().cycle().skip(1);
        let pairs = ring.members.iter().zip(next);
        pairs
            .filter_map(|(node, next)| {
                let node = nodes.get(*node)?;
                Some((node.item, node.edges.get(next)?.as_slice()))
            })
            .collect()
    }
}

/// Adds rules to a problem. What makes a container wait is said by the line that says so, so that a conflict names the
/// lines that matter and no others.
struct Forbidding<'a> {
    compiled: &'a Compiled,
    said: Said<'a>,
    problem: &'a mut Problem,
}

impl Forbidding<'_> {
    /// Keeps one ring out: one of its members gives way.
    fn ring(&mut self, waits: &[(ItemId, &[Line])], statement: StatementId) {
        let Some(((first, lines), rest)) = waits.split_first() else { return };
        let whole = || CandidateSet::all(1);
        let closed = self.problem.item(1);
        for line in *lines {
            let when = When::Item(*first, line.candidates.clone());
            self.rule(statement, *first, line, when, Then::Present(closed, whole()));
        }
        let mut yields = Vec::with_capacity(rest.len());
        for (item, lines) in rest {
            let helper = self.problem.item(1);
            for line in *lines {
                let all = 0..self.problem.candidates(*item);
                let others = all.filter(|candidate| !line.candidates.contains(*candidate)).collect();
                let when = When::Item(helper, whole());
                self.rule(statement, *item, line, when, Then::AbsentOr(*item, others));
            }
            yields.push((helper, whole()));
        }
        let then = if yields.is_empty() { Then::Never } else { Then::AnyOf(yields) };
        self.problem.rule(statement, When::Item(closed, whole()), then);
    }

    /// Keeps out all rings through a node that stay within these: for each of them it is said whether the node waits for
    /// it, directly or not.
    fn rings_through(&mut self, work: &Work, node: usize, within: &[usize], statement: StatementId) {
        let reached: HashMap<usize, ItemId> =
            within.iter().map(|node| (*node, self.problem.item(2))).collect();
        let set = |candidate: u32| [candidate].into_iter().collect::<CandidateSet>();
        for from in within {
            let edges = work.nodes[*from].edges.iter();
            for (to, lines) in edges.filter_map(|(to, lines)| Some((*reached.get(to)?, lines))) {
                for line in lines {
                    let item = work.nodes[*from].item;
                    let then = if *from == node {
                        Then::Present(to, set(REACHED))
                    } else {
                        Then::AnyOf(vec![(reached[from], set(FREE)), (to, set(REACHED))])
                    };
                    self.rule(statement, item, line, When::Item(item, line.candidates.clone()), then);
                }
            }
        }
        self.problem.rule(statement, When::Item(reached[&node], set(REACHED)), Then::Never);
    }

    fn rule(&mut self, otherwise: StatementId, item: ItemId, line: &Line, when: When, then: Then) {
        let by = self.said.by(self.compiled, item, line).unwrap_or(otherwise);
        self.problem.rule(by, when, then);
    }
}

/// The statements that make containers wait, by who waits, for what, and the place.
struct Said<'a>(HashMap<(&'a ComponentId, TargetId, Place), StatementId>);

impl<'a> Said<'a> {
    fn of(compiled: &'a Compiled) -> Self {
        let mut all = HashMap::new();
        for (statement, number) in compiled.statements.iter().zip(0..) {
            let (by, target) = match &statement.claim {
                Claim::DependsOn(by, target) | Claim::Requires { by, target, .. } => (by, target.clone()),
                Claim::UsesImage(by, of) => (by, TargetId::Component(of.clone())),
                _ => continue,
            };
            if let Some(place) = statement.place {
                all.entry((by, target, place)).or_insert(StatementId(number));
            }
        }
        Self(all)
    }

    fn by(&self, compiled: &'a Compiled, item: ItemId, line: &Line) -> Option<StatementId> {
        let id = &compiled.components.get(item.0 as usize)?.id;
        self.0.get(&(id, line.target.clone(), line.place)).copied()
    }
}

/// Nodes without which a part has no ring, each with what is left of the part where it is cut; `None` where writing
/// down whom they wait for would take too many rules.
fn cuts(edges: &[Vec<usize>], part: &[usize]) -> Option<Vec<(usize, Vec<usize>)>> {
    let mut cuts = Vec::new();
    let mut rules = 0;
    let mut open = vec![part.to_vec()];
    while let Some(part) = open.pop() {
        let inside: HashSet<usize> = part.iter().copied().collect();
        let mut into: HashMap<usize, usize> = HashMap::new();
        let mut out: HashMap<usize, usize> = HashMap::new();
        for from in &part {
            for to in edges[*from].iter().filter(|to| inside.contains(to)) {
                rules += 1;
                *out.entry(*from).or_default() += 1;
                *into.entry(*to).or_default() += 1;
            }
        }
        if rules > MOST_RULES {
            return None;
        }
        let ways = |node: &usize| into.get(node).unwrap_or(&0) * out.get(node).unwrap_or(&0);
        let busiest = part.iter().copied().min_by_key(|node| (std::cmp::Reverse(ways(node)), *node))?;
        let rest: Vec<usize> = part.iter().copied().filter(|node| *node != busiest).collect();
        open.extend(knots(edges, &rest));
        cuts.push((busiest, part));
    }
    Some(cuts)
}
