//! Graphs: of a stack, and of statements that cannot hold together.
//!
//! Owns: what is a node and what is an edge, as plain data in a fixed order. Refuses: any language or picture of them;
//! each has a file of its own.

mod clash;
mod dot;
pub(super) mod layout;
mod mermaid;
mod stack;
pub(super) mod svg;

use std::collections::HashMap;

pub(in crate::cli) use clash::{of_absence, of_clashes};
pub(in crate::cli) use dot::dot;
pub(in crate::cli) use mermaid::mermaid;
pub(in crate::cli) use stack::of_stack;

/// What stands for the manifest.
const MANIFEST: &str = "hsm.yaml";

/// A directed graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Graph {
    /// What it shows, in a few words.
    pub title: String,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges, by the places of their ends among the nodes.
    pub edges: Vec<Edge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Node {
    /// What it is, for people and unique: `container:qdrant`.
    pub id: String,
    /// Which sort of thing.
    pub sort: Sort,
    /// What there is to say of it, a line each.
    pub facts: Vec<String>,
    /// Whether the conflict is about it.
    pub clash: bool,
}

/// The sorts of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Sort {
    /// A file of the user's own.
    File,
    Package,
    Container,
    /// A container that runs elsewhere.
    External,
    Group,
    /// What only one can hold, or what several speak of: ports, names, distributions.
    Thing,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Edge {
    pub from: usize,
    pub to: usize,
    /// What the one says of the other.
    pub label: String,
    pub tie: Tie,
}

/// The sorts of edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Tie {
    /// The manifest names it.
    Names,
    /// A group has it as an option that is present.
    Option,
    Implies,
    DependsOn,
    Requires,
    /// It keeps the other out.
    Excludes,
}

impl Sort {
    /// A word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Package => "package",
            Self::Container => "container",
            Self::External => "external",
            Self::Group => "group",
            Self::Thing => "thing",
        }
    }
}

impl Tie {
    /// A word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Option => "option",
            Self::Implies => "implies",
            Self::DependsOn => "depends",
            Self::Requires => "requires",
            Self::Excludes => "excludes",
        }
    }
}

impl Graph {
    /// The part from which one of these nodes can be reached.
    pub(in crate::cli) fn leading_to(&self, ids: &[String]) -> Self {
        let mut kept: Vec<bool> = self.nodes.iter().map(|node| ids.contains(&node.id)).collect();
        let mut before: HashMap<usize, Vec<usize>> = HashMap::new();
        for edge in &self.edges {
            before.entry(edge.to).or_default().push(edge.from);
        }
        let mut todo: Vec<usize> = (0..kept.len()).filter(|node| kept[*node]).collect();
        while let Some(node) = todo.pop() {
            for &from in before.get(&node).into_iter().flatten() {
                if !kept[from] {
                    kept[from] = true;
                    todo.push(from);
                }
            }
        }
        let mut place = vec![0; kept.len()];
        let mut nodes = Vec::new();
        for (number, node) in self.nodes.iter().enumerate().filter(|(number, _)| kept[*number]) {
            place[number] = nodes.len();
            nodes.push(node.clone());
        }
        let inside = self.edges.iter().filter(|edge| kept[edge.from] && kept[edge.to]);
        let edges = inside.map(|e| Edge { from: place[e.from], to: place[e.to], ..e.clone() }).collect();
        Self { title: self.title.clone(), nodes, edges }
    }
}

/// A graph that grows.
#[derive(Debug, Default)]
struct Maker {
    graph: Graph,
    places: HashMap<String, usize>,
}

impl Maker {
    /// The node of that id, made if it is not there.
    fn node(&mut self, id: &str, sort: Sort) -> usize {
        if let Some(&place) = self.places.get(id) {
            return place;
        }
        self.graph.nodes.push(Node { id: id.to_owned(), sort, facts: Vec::new(), clash: false });
        self.places.insert(id.to_owned(), self.graph.nodes.len() - 1);
        self.graph.nodes.len() - 1
    }

    fn fact(&mut self, node: usize, fact: String) {
        if let Some(node) = self.graph.nodes.get_mut(node)
            && !node.facts.contains(&fact)
        {
            node.facts.push(fact);
        }
    }

    fn edge(&mut self, from: usize, to: usize, tie: Tie, label: impl Into<String>) {
        let edge = Edge { from, to, label: label.into(), tie };
        if !self.graph.edges.contains(&edge) {
            self.graph.edges.push(edge);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A graph with names that no language likes.
    pub(in crate::cli::voice) fn hostile() -> Graph {
        let mut maker = Maker::default();
        let file = maker.node(MANIFEST, Sort::File);
        let bad = maker.node("a\"]; evil [label=\"", Sort::Container);
        let worse = maker.node("</script><img src=x onerror=alert(1)>", Sort::External);
        maker.fact(bad, "back\\slash\nline #quot; &amp; `tick` %%{x}%%".to_owned());
        maker.edge(file, bad, Tie::Names, "says \"--> n9\"");
        maker.edge(bad, worse, Tie::Implies, "|]) </g>");
        maker.edge(worse, bad, Tie::DependsOn, "back");
        maker.graph.title = "a \"title\" <b>".to_owned();
        maker.graph
    }

    #[test]
    fn what_leads_to_a_node_is_kept_and_nothing_else() {
        let mut maker = Maker::default();
        let nodes: Vec<usize> = ["a", "b", "c", "d"].iter().map(|id| maker.node(id, Sort::Package)).collect();
        for (from, to) in [(0, 1), (1, 2), (2, 1), (0, 3)] {
            maker.edge(nodes[from], nodes[to], Tie::Implies, "");
        }
        let part = maker.graph.leading_to(&["c".to_owned()]);
        assert_eq!(part.nodes.iter().map(|n| n.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(part.edges.iter().map(|e| (e.from, e.to)).collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 1)]);
    }
}
