//! Waits: which container's start or build may wait for which, whatever is chosen.
//!
//! Owns: the graph of the work, of all candidates at once, as far as it could hold a ring. Refuses: choosing, and finding
//! rings in what was chosen.
//!
//! Each container has up to three pieces of work: its source is got, its image is built, it starts; each piece waits for
//! the one before. Beyond that a start waits for starts (`depends_on`) and a build for builds and sources (`requires`,
//! the images it names), and nothing waits for a start but starts. So a ring lies among starts or among builds.

use std::collections::{BTreeMap, HashMap};

use hsm_solver::{CandidateSet, GroupId, ItemId, Member, Selection};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::compile::Compiled;
use crate::compile::candidates::{Parts, Said};
use crate::load::Inputs;
use crate::names::{GroupId as GroupName, TargetId};
use crate::place::Place;
use crate::registry::ContainerOrigin;
use crate::stack::LinkSort;

/// The containers that do one sort of work and could be in a ring of it.
#[derive(Default)]
pub(super) struct Work {
    /// The containers, by number; ascending.
    pub(super) nodes: Vec<Node>,
}

/// A container that does a sort of work.
pub(super) struct Node {
    /// Which.
    pub(super) item: ItemId,
    /// The candidates in which it does it.
    does: CandidateSet,
    /// For whom it may wait, by the number of the other; all of them in one ring with it or another.
    pub(super) edges: BTreeMap<usize, Vec<Line>>,
}

/// A line that makes one container wait for another.
pub(super) struct Line {
    /// In which candidates.
    pub(super) candidates: CandidateSet,
    /// What is written: the other, or a group that it is an option of.
    pub(super) target: TargetId,
    /// The option, if it is a group.
    pub(super) through: Option<(GroupId, Member)>,
    /// Where it stands.
    pub(super) place: Place,
}

impl Work {
    /// Who may wait for whom with that sort of work. Without any ring in it, nothing.
    pub(super) fn of(inputs: &Inputs, compiled: &Compiled, sort: LinkSort) -> Self {
        let groups: HashMap<&GroupName, u32> = compiled.groups.iter().zip(0..).collect();
        let items: HashMap<_, _> = compiled.components.iter().map(|c| &c.id).zip((0..).map(ItemId)).collect();
        let mut nodes = Vec::new();
        let mut numbers: HashMap<ItemId, usize> = HashMap::new();
        let mut said: Vec<Vec<(Said<'_>, Vec<u32>)>> = Vec::new();
        for (component, number) in compiled.components.iter().zip(0..) {
            let Some(entry) = inputs.component(&component.id) else { continue };
            let mut does = Vec::new();
            let mut lines: Vec<(Said<'_>, Vec<u32>)> = Vec::new();
            let mut known: HashMap<(TargetId, Place), usize> = HashMap::new();
            for (choice, candidate) in component.choices.iter().zip(0..) {
                let parts =
                    Parts::of(entry, choice).filter(|parts| choice.flaw.is_none() && works(*parts, sort));
                let Some(parts) = parts else { continue };
                does.push(candidate);
                for one in parts.waits(inputs).into_iter().filter(|one| one.sort == sort) {
                    let at = *known.entry((one.target.clone(), one.place)).or_insert(lines.len());
                    match lines.get_mut(at) {
                        Some((_, candidates)) => candidates.push(candidate),
                        None => lines.push((one, vec![candidate])),
                    }
                }
            }
            if !does.is_empty() {
                numbers.insert(ItemId(number), nodes.len());
                let does = does.into_iter().collect();
                nodes.push(Node { item: ItemId(number), does, edges: BTreeMap::new() });
                said.push(lines);
            }
        }
        for (from, lines) in said.into_iter().enumerate() {
            for (one, candidates) in lines {
                let candidates: CandidateSet = candidates.into_iter().collect();
                for (item, through) in ends(compiled, &items, &groups, &one.target) {
                    let Some(&to) = numbers.get(&item) else { continue };
                    // An option that depends on its own group means the others.
                    if to == from && through.is_some() {
                        continue;
                    }
                    let (target, place) = (one.target.clone(), one.place);
                    let line = Line { candidates: candidates.clone(), target, through, place };
                    nodes[from].edges.entry(to).or_default().push(line);
                }
            }
        }
        Self { nodes }.only_rings()
    }

    /// Without the edges that are part of no ring.
    fn only_rings(mut self) -> Self {
        let mut part = vec![None; self.nodes.len()];
        for (number, knot) in self.knots().into_iter().enumerate() {
            for node in knot {
                part[node] = Some(number);
            }
        }
        for (node, own) in self.nodes.iter_mut().zip(&part) {
            node.edges.retain(|to, _| own.is_some() && part[*to] == *own);
        }
        self
    }

    /// For whom each may wait.
    pub(super) fn edges(&self) -> Vec<Vec<usize>> {
        self.nodes.iter().map(|node| node.edges.keys().copied().collect()).collect()
    }

    /// The parts in which there could be rings.
    pub(super) fn knots(&self) -> Vec<Vec<usize>> {
        knots(&self.edges(), &(0..self.nodes.len()).collect::<Vec<_>>())
    }

    /// Whether there could be a ring at all.
    pub(super) fn is_free_of_rings(&self) -> bool {
        self.nodes.iter().all(|node| node.edges.is_empty())
    }

    /// Who waits for whom in a selection, by the lines that count: for each node the others.
    pub(super) fn chosen(
        &self,
        selection: &Selection,
        counts: &dyn Fn(ItemId, &Line) -> bool,
    ) -> Vec<Vec<usize>> {
        let here =
            |node: &Node| selection.candidate(node.item).filter(|candidate| node.does.contains(*candidate));
        let holds = |line: &Line, candidate: u32| {
            let option =
                |(group, member)| selection.options(group).is_some_and(|held| held.contains(&member));
            line.candidates.contains(candidate) && line.through.is_none_or(option)
        };
        let waits = |node: &Node| -> Vec<usize> {
            let Some(candidate) = here(node) else { return Vec::new() };
            let edges = node.edges.iter().filter(|(to, _)| here(&self.nodes[**to]).is_some());
            let counts = |line: &&Line| holds(line, candidate) && counts(node.item, line);
            let edges = edges.filter(|(_, lines)| lines.iter().any(|line| counts(&line)));
            edges.map(|(to, _)| *to).collect()
        };
        self.nodes.iter().map(waits).collect()
    }
}

/// The strongly connected parts of a graph that hold a ring, as far as they lie within these nodes (ascending): each
/// ascending, in the order of their first nodes.
pub(super) fn knots(edges: &[Vec<usize>], within: &[usize]) -> Vec<Vec<usize>> {
    let numbers: HashMap<usize, u32> = within.iter().copied().zip(0..).collect();
    let mut graph = DiGraph::<(), ()>::with_capacity(within.len(), 0);
    for _ in within {
        graph.add_node(());
    }
    for (from, number) in within.iter().zip(0..) {
        for to in edges[*from].iter().filter_map(|to| numbers.get(to)) {
            graph.add_edge(NodeIndex::new(number), NodeIndex::new(*to as usize), ());
        }
    }
    let mut found: Vec<Vec<usize>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|part| part.into_iter().map(|node| within[node.index()]).collect::<Vec<usize>>())
        .filter(|part| part.len() > 1 || part.iter().any(|node| edges[*node].contains(node)))
        .collect();
    for part in &mut found {
        part.sort_unstable();
    }
    found.sort();
    found
}

/// Whether a candidate is started, or its image built.
fn works(parts: Parts<'_>, sort: LinkSort) -> bool {
    let Parts::Container(entry, _, source, profile) = parts else { return false };
    if profile.is_some_and(|profile| profile.external.is_some()) {
        return false;
    }
    match sort {
        LinkSort::Requires => source.is_some_and(|s| !matches!(s.origin, ContainerOrigin::Image { .. })),
        LinkSort::DependsOn | LinkSort::Implies => entry.run.as_ref().is_none_or(|run| run.value),
    }
}

/// The items that a target stands for.
fn ends(
    compiled: &Compiled,
    items: &HashMap<&crate::names::ComponentId, ItemId>,
    groups: &HashMap<&GroupName, u32>,
    target: &TargetId,
) -> Vec<(ItemId, Option<(GroupId, Member)>)> {
    match target {
        TargetId::Component(id) => items.get(id).map(|item| (*item, None)).into_iter().collect(),
        TargetId::Group(id) => {
            let Some(&number) = groups.get(id) else { return Vec::new() };
            let group = compiled.problem.groups().get(number as usize);
            let members = group.into_iter().flat_map(|group| &group.members).zip(0..);
            members.map(|(item, member)| (*item, Some((GroupId(number), member)))).collect()
        }
    }
}
