//! Reasons: why each component is in the stack.
//!
//! Owns: the shortest chain of statements from the manifest to each present component. Refuses: why something is not
//! there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use hsm_solver::{GroupId, ItemId, Selection, StatementId, Then, When};

use crate::compile::Compiled;
use crate::names::ComponentId;
use crate::statement::Statement;

/// Something that a chain leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Manifest,
    Item(ItemId),
    Group(GroupId),
    /// An option of a group that takes part, by the group and its member.
    Option(GroupId, u32),
}

/// The length of a chain: its statements, and how many of them only count a group's options. A demand for the very
/// option says more than that the group needs one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Length {
    statements: u32,
    counts: u32,
}

impl Length {
    fn and(self, statement: Option<StatementId>, by_count: bool) -> Self {
        Self {
            statements: self.statements + u32::from(statement.is_some()),
            counts: self.counts + u32::from(by_count),
        }
    }
}

/// For each present component the shortest chain; among equally short ones the first as the rules are written.
pub(super) fn all(compiled: &Compiled, selection: &Selection) -> BTreeMap<ComponentId, Vec<Statement>> {
    let steps = steps(compiled, selection);
    let mut before: BTreeMap<Node, (Node, Option<StatementId>)> = BTreeMap::new();
    let mut done = BTreeSet::new();
    let mut queue = BinaryHeap::from([Reverse((Length::default(), 0, Node::Manifest, Node::Manifest, None))]);
    let mut turn = 0;
    while let Some(Reverse((length, _, node, from, by))) = queue.pop() {
        if !done.insert(node) {
            continue;
        }
        if node != Node::Manifest {
            before.insert(node, (from, by));
        }
        for &(to, statement) in steps.get(&node).into_iter().flatten() {
            turn += 1;
            let by_count = matches!((node, to), (Node::Group(_), Node::Item(_)));
            queue.push(Reverse((length.and(statement, by_count), turn, to, node, statement)));
        }
    }
    let present =
        compiled.components.iter().zip(0..).filter(|(_, n)| selection.candidate(ItemId(*n)).is_some());
    present
        .map(|(component, n)| (component.id.clone(), chain(compiled, &before, Node::Item(ItemId(n)))))
        .collect()
}

fn chain(
    compiled: &Compiled,
    before: &BTreeMap<Node, (Node, Option<StatementId>)>,
    mut node: Node,
) -> Vec<Statement> {
    let mut statements = Vec::new();
    while let Some((from, statement)) = before.get(&node) {
        let statement = statement.and_then(|id| compiled.statement(id)).cloned();
        // A helper between two of one rule's steps says the same twice.
        if statement.is_some() && statements.last() != statement.as_ref() {
            statements.extend(statement);
        }
        node = *from;
    }
    statements.reverse();
    statements
}

/// From each node the nodes that it brings in, with the statement that says so.
fn steps(compiled: &Compiled, selection: &Selection) -> BTreeMap<Node, Vec<(Node, Option<StatementId>)>> {
    let mut steps: BTreeMap<Node, Vec<(Node, Option<StatementId>)>> = BTreeMap::new();
    let groups = compiled.problem.groups();
    for rule in compiled.problem.rules() {
        let from = match &rule.when {
            When::Always => Node::Manifest,
            When::Item(item, set) if selection.candidate(*item).is_some_and(|c| set.contains(c)) => {
                Node::Item(*item)
            }
            When::TakesPart(group) if selection.options(*group).is_some() => Node::Group(*group),
            When::Option(group, member) if selection.options(*group).is_some_and(|o| o.contains(member)) => {
                Node::Option(*group, *member)
            }
            When::Item(..) | When::TakesPart(_) | When::Option(..) => continue,
        };
        let mut step = |to: Node| steps.entry(from).or_default().push((to, Some(rule.statement)));
        match &rule.then {
            Then::Present(item, _) => step(Node::Item(*item)),
            Then::TakesPart(group) => step(Node::Group(*group)),
            Then::OneOf(group, members) | Then::AllOf(group, members) => {
                step(Node::Group(*group));
                for member in members {
                    let of = groups.get(group.0 as usize).and_then(|g| g.members.get(*member as usize));
                    if let Some(item) = of.filter(|item| selection.candidate(**item).is_some()) {
                        step(Node::Item(*item));
                    }
                }
            }
            Then::AnyOf(_) | Then::AbsentOr(..) | Then::Holds(..) | Then::Never => {}
        }
    }
    for (group, number) in groups.iter().zip(0..) {
        let number = GroupId(number);
        for member in selection.options(number).unwrap_or_default() {
            let Some(item) = group.members.get(*member as usize) else { continue };
            steps.entry(Node::Group(number)).or_default().push((Node::Item(*item), Some(group.statement)));
            // An option counts once its component is there; the group takes part anyway.
            steps.entry(Node::Item(*item)).or_default().push((Node::Option(number, *member), None));
        }
    }
    steps
}
