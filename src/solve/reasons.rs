//! Reasons: why each component is in the stack.
//!
//! Owns: the shortest chain of statements from the manifest to each present component. Refuses: why something is not
//! there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use hsm_solver::{GroupId, ItemId, Selection, StatementId, Then, When};

use crate::compile::Compiled;
use crate::names::{ComponentId, GroupId as GroupName};
use crate::statement::{Claim, Statement};

/// Something that a chain leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Why each component is in the stack: the shortest chain of statements from the manifest to it; among equally short
/// ones the first as the rules are written. Chains share their beginnings, so only the steps are held.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    statements: Vec<Statement>,
    /// Each step follows another one.
    steps: Vec<Step>,
    last: BTreeMap<ComponentId, usize>,
    groups: BTreeMap<GroupName, usize>,
}

/// What a chain of reasons leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// That a component is there.
    Component(ComponentId),
    /// That a group takes part.
    Group(GroupName),
}

#[derive(Debug, Clone)]
struct Step {
    after: Option<usize>,
    statement: Option<usize>,
}

impl Reasons {
    /// The components that are there for a reason: all that are there.
    pub fn ids(&self) -> impl Iterator<Item = &ComponentId> {
        self.last.keys()
    }

    /// How many steps are held, for all components together.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The chain that leads to a component; `None` if it is not there.
    pub fn chain(&self, id: &ComponentId) -> Option<Vec<&Statement>> {
        Some(self.until(*self.last.get(id)?))
    }

    /// The chain that leads to a group; `None` if it takes no part.
    pub fn chain_of_group(&self, id: &GroupName) -> Option<Vec<&Statement>> {
        Some(self.until(*self.groups.get(id)?))
    }

    fn until(&self, last: usize) -> Vec<&Statement> {
        let mut next = Some(last);
        let mut chain: Vec<&Statement> = Vec::new();
        while let Some(step) = next.and_then(|number| self.steps.get(number)) {
            let statement = step.statement.and_then(|number| self.statements.get(number));
            // A helper between two of one rule's steps says the same twice.
            if statement.is_some() && chain.last().copied() != statement {
                chain.extend(statement);
            }
            next = step.after;
        }
        chain.reverse();
        chain
    }

    /// All chains at once.
    pub fn links(&self) -> Links<'_> {
        let mut table: Vec<Link<'_>> = Vec::new();
        // A step without a statement, or with the one before it once more, stands for the link before it.
        let mut link_of: Vec<Option<usize>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let after = step.after.and_then(|number| link_of.get(number).copied().flatten());
            let before = after.and_then(|number| table.get(number)).map(|link| link.statement);
            let statement = step.statement.and_then(|number| self.statements.get(number));
            link_of.push(match statement {
                Some(statement) if before != Some(statement) => {
                    table.push(Link { after, statement });
                    Some(table.len() - 1)
                }
                _ => after,
            });
        }
        let last = self.last.iter().map(|(id, step)| (id, link_of.get(*step).copied().flatten())).collect();
        Links { table, last }
    }
}

/// The chains of all components as links of one table, which grows with the stack and not with the length of its chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links<'r> {
    /// The links; each follows one before it in the table.
    pub table: Vec<Link<'r>>,
    /// For each component the last link of its chain, by its place in the table.
    pub last: Vec<(&'r ComponentId, Option<usize>)>,
}

/// A statement of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'r> {
    /// The link before it; the first one of a chain has none.
    pub after: Option<usize>,
    /// What is said.
    pub statement: &'r Statement,
}

impl Reasons {
    /// The reasons of all that a selection has.
    pub fn of(compiled: &Compiled, selection: &Selection) -> Self {
        all(compiled, selection)
    }
}

fn all(compiled: &Compiled, selection: &Selection) -> Reasons {
    let steps = steps(compiled, selection);
    let mut reasons = Reasons::default();
    let mut statements: HashMap<StatementId, usize> = HashMap::new();
    let mut done: HashMap<Node, Option<usize>> = HashMap::new();
    let mut queue = BinaryHeap::from([Reverse((Length::default(), 0, Node::Manifest, Node::Manifest, None))]);
    let mut turn = 0;
    while let Some(Reverse((length, _, node, from, by))) = queue.pop() {
        if done.contains_key(&node) {
            continue;
        }
        let number = (node != Node::Manifest).then(|| {
            let said: Option<(StatementId, &Statement)> =
                by.and_then(|id| Some((id, compiled.statement(id)?)));
            let statement = said.map(|(id, said)| {
                *statements.entry(id).or_insert_with(|| {
                    reasons.statements.push(said.clone());
                    reasons.statements.len() - 1
                })
            });
            reasons.steps.push(Step { after: done.get(&from).copied().flatten(), statement });
            reasons.steps.len() - 1
        });
        done.insert(node, number);
        for &(to, statement) in steps.get(&node).into_iter().flatten() {
            if done.contains_key(&to) {
                continue;
            }
            turn += 1;
            let by_count = matches!((node, to), (Node::Group(_), Node::Item(_)));
            queue.push(Reverse((length.and(statement, by_count), turn, to, node, statement)));
        }
    }
    for (component, number) in compiled.components.iter().zip(0..) {
        if let Some(last) = done.get(&Node::Item(ItemId(number))).copied().flatten() {
            reasons.last.insert(component.id.clone(), last);
        }
    }
    for (id, number) in compiled.groups.iter().zip(0..) {
        if let Some(last) = done.get(&Node::Group(GroupId(number))).copied().flatten() {
            reasons.groups.insert(id.clone(), last);
        }
    }
    reasons
}

/// How many partial chains are looked at before the search for further ones ends.
const LOOKED_AT: usize = 20_000;

/// Chains of statements from the manifest to something, the shortest first, at most so many; and whether there are more.
/// No chain comes to the same thing twice, and none says all that another one says.
pub fn chains(
    compiled: &Compiled,
    selection: &Selection,
    subject: &Subject,
    most: usize,
) -> (Vec<Vec<Statement>>, bool) {
    let node = match subject {
        Subject::Component(id) => {
            compiled.components.iter().position(|c| c.id == *id).map(|at| Node::Item(ItemId(at as u32)))
        }
        Subject::Group(id) => {
            compiled.groups.iter().position(|group| group == id).map(|at| Node::Group(GroupId(at as u32)))
        }
    };
    let Some(node) = node else { return (Vec::new(), false) };
    let mut into: HashMap<Node, Vec<(Node, Option<StatementId>)>> = HashMap::new();
    let steps = steps(compiled, selection);
    let mut froms: Vec<&Node> = steps.keys().collect();
    froms.sort();
    for from in froms {
        for (to, statement) in &steps[from] {
            // that an option is selected is said inside the line that names the group: it is no further reason
            let selects = |id: StatementId| {
                compiled.statement(id).is_some_and(|said| matches!(said.claim, Claim::Selects(..)))
            };
            if matches!((from, to), (Node::Manifest, Node::Group(_))) && statement.is_some_and(selects) {
                continue;
            }
            into.entry(*to).or_default().push((*from, *statement));
        }
    }
    let mut found: Vec<Vec<Statement>> = Vec::new();
    // by length, then by when it was met: a path back from the end, and what it says
    let mut queue = BinaryHeap::from([Reverse((0_usize, 0_usize, vec![node], Vec::<StatementId>::new()))]);
    let mut turn = 0;
    let mut looked_at = 0;
    while let Some(Reverse((length, _, path, said))) = queue.pop() {
        looked_at += 1;
        if looked_at > LOOKED_AT {
            return (found, true);
        }
        let Some(last) = path.last().copied() else { continue };
        if last == Node::Manifest {
            if found.len() == most {
                return (found, true);
            }
            let chain: Vec<Statement> =
                said.iter().rev().filter_map(|id| compiled.statement(*id).cloned()).collect();
            // what says all that a shorter one says, and more, is no other reason
            if !found.iter().any(|shorter| shorter.iter().all(|said| chain.contains(said))) {
                found.push(chain);
            }
            continue;
        }
        for (from, statement) in into.get(&last).into_iter().flatten() {
            if path.contains(from) {
                continue;
            }
            let mut said = said.clone();
            // a helper between two of one rule's steps says the same twice
            if said.last() != statement.as_ref() {
                said.extend(*statement);
            }
            let mut path = path.clone();
            path.push(*from);
            turn += 1;
            queue.push(Reverse((length.max(said.len()), turn, path, said)));
        }
    }
    (found, false)
}

/// From each node the nodes that it brings in, with the statement that says so.
fn steps(compiled: &Compiled, selection: &Selection) -> HashMap<Node, Vec<(Node, Option<StatementId>)>> {
    let mut steps: HashMap<Node, Vec<(Node, Option<StatementId>)>> = HashMap::new();
    let groups = compiled.problem.groups();
    for rule in compiled.problem.rules() {
        let from = match &rule.when {
            When::Always => Node::Manifest,
            When::Item(item, set) if selection.candidate(*item).is_some_and(|c| set.contains(c)) => {
                Node::Item(*item)
            }
            When::TakesPart(group) if selection.options(*group).is_some() => Node::Group(*group),
            When::Option(group, member)
                if selection.options(*group).is_some_and(|o| o.binary_search(member).is_ok()) =>
            {
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
