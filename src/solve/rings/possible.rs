//! Rings that choices can make.
//!
//! Owns: which rings are worth asking about, and what each takes. Refuses: rings that keep coming back with other
//! containers in between: of all rings through one line the shortest is looked at, and in
//! tangles without end not each line.

use std::collections::BTreeSet;

use hsm_solver::{ItemId, Options, Then};

use super::super::waits::{Line, Node, Work};
use super::super::{Could, NoStack};
use super::shortest::between;
use super::{Rings, SORTS, Said};
use crate::compile::Compiled;
use crate::load::Inputs;
use crate::names::{ComponentId, GroupId};
use crate::stack::LinkSort;
use crate::statement::Statement;

/// How many steps the search for rings takes in all.
const STEPS: usize = 20_000_000;

/// A ring that keeps every rule but that there is none.
#[derive(Debug, Clone)]
pub struct PossibleRing {
    /// Each waits for the next, the last for the first.
    pub members: Vec<ComponentId>,
    /// The same in the problem.
    pub items: Vec<ItemId>,
    /// Whether it is about builds.
    pub built: bool,
    /// The lines that make it, in turn.
    pub lines: Vec<Statement>,
    /// The groups whose options close it.
    pub groups: BTreeSet<GroupId>,
}

/// The rings that some choice makes, whatever others make of it.
///
/// # Errors
/// [`NoStack::Interrupted`], and [`NoStack::OutOfFuel`] where the world is too large to be asked at all.
pub fn possible_rings(
    inputs: &Inputs,
    compiled: &Compiled,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<PossibleRing>, NoStack> {
    let could = Could::default();
    let rings = Rings::new(inputs, compiled, &could);
    let mut found = Vec::new();
    let mut questions: Vec<Vec<Then>> = Vec::new();
    for (work, sort) in rings.works().iter().zip(SORTS) {
        for edges in shortest_through_each(work) {
            let (ring, demands) = told(compiled, sort, &edges);
            found.push(ring);
            questions.push(demands);
        }
    }
    if questions.is_empty() {
        return Ok(found);
    }
    let options = Options { interrupted: Some(interrupted), ..Options::default() };
    let answers = hsm_solver::survey(&compiled.problem, &questions, &[], &options, &|_| true)
        .map_err(|failure| super::super::no_stack(inputs, compiled, &rings, failure))?;
    let possible = answers.each.into_iter().map(|answer| answer == hsm_solver::Answer::Possible);
    let mut seen: BTreeSet<Vec<ComponentId>> = BTreeSet::new();
    let found = found.into_iter().zip(possible).filter(|(_, possible)| *possible).map(|(ring, _)| ring);
    Ok(found.filter(|ring| seen.insert(ring.members.clone())).collect())
}

/// A container and the line by which it waits for the next.
type Edge<'w> = (&'w Node, &'w Line);

/// For each line that could be part of a ring the shortest ring through it, from its smallest container on.
fn shortest_through_each(work: &Work) -> Vec<Vec<Edge<'_>>> {
    let edges = work.edges();
    let mut rings = Vec::new();
    let mut steps = 0;
    for (from, node) in work.nodes.iter().enumerate() {
        for (to, lines) in &node.edges {
            let Some(way) = between(&edges, *to, from, &mut steps).filter(|_| steps < STEPS) else {
                continue;
            };
            for line in lines {
                let rest = way.windows(2).filter_map(|pair| {
                    let node = &work.nodes[pair[0]];
                    Some((pair[0], (node, node.edges.get(&pair[1])?.first()?)))
                });
                let mut ring: Vec<(usize, Edge<'_>)> =
                    [(from, (node, line))].into_iter().chain(rest).collect();
                let first = ring.iter().map(|(node, _)| *node).enumerate().min_by_key(|(_, node)| *node);
                ring.rotate_left(first.map_or(0, |(place, _)| place));
                rings.push(ring.into_iter().map(|(_, edge)| edge).collect());
            }
        }
    }
    rings
}

/// A ring in names, and what it takes.
fn told(compiled: &Compiled, sort: LinkSort, edges: &[Edge<'_>]) -> (PossibleRing, Vec<Then>) {
    let said = Said::of(compiled);
    let mut ring = PossibleRing {
        members: Vec::new(),
        items: Vec::new(),
        built: sort == LinkSort::Requires,
        lines: Vec::new(),
        groups: BTreeSet::new(),
    };
    let mut demands = Vec::new();
    for (node, line) in edges {
        demands.push(Then::Present(node.item, line.candidates.clone()));
        if let Some((group, member)) = line.through {
            demands.push(Then::AllOf(group, vec![member]));
            ring.groups.extend(compiled.groups.get(group.0 as usize).cloned());
        }
        ring.items.push(node.item);
        ring.members.extend(compiled.components.get(node.item.0 as usize).map(|one| one.id.clone()));
        let by = said.by(compiled, node.item, line).and_then(|by| compiled.statement(by));
        ring.lines.extend(by.cloned());
    }
    (ring, demands)
}
