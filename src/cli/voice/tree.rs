//! The stack as a tree: what `hsm.yaml` names, what that brought in, and why each is there.
//!
//! Owns: where each component is unfolded (where it is nearest to the manifest), what is said beside it, and how deep a
//! tree can be read. Refuses: deciding anything; the ties between components come from the graph of the stack.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::STEP;
use super::graph::{Edge, Graph, Sort, Tie};
use super::safe::one_line;
use super::stack::{Offer, Row, strategy};

/// What is beside the point.
const DIM: anstyle::Style = anstyle::Style::new().dimmed();

/// How many options that were not chosen are named below a group.
const OPTIONS: usize = 24;

/// Beyond this, what is beside a line is no longer aligned.
const WIDEST: usize = 72;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// Branches in front of it.
    branches: String,
    /// What it is.
    text: String,
    /// Why it is there.
    why: String,
    /// Whether it is there at all: options that were not chosen are named too.
    there: bool,
}

/// What a tree is drawn from.
pub(in crate::cli) struct Source<'a> {
    /// The project: its first line.
    pub title: String,
    /// Who brought what.
    pub graph: &'a Graph,
    /// What each group offers.
    pub offers: &'a [Offer],
    /// How many levels are shown.
    pub depth: usize,
    /// Whether what is said beside the lines stands in a column.
    pub aligned: bool,
}

/// The tree as text.
pub(super) fn text(source: &Source<'_>) -> String {
    let tree = Drawing::of(source);
    let lines = tree.lines();
    let width = |line: &Line| line.branches.chars().count() + line.text.chars().count();
    let aligned = lines.iter().filter(|_| source.aligned);
    let widest = aligned.filter(|line| !line.why.is_empty()).map(width).filter(|w| *w <= WIDEST).max();
    let mut out = format!("{STEP}{}{STEP:#}\n", one_line(&source.title));
    for line in &lines {
        let Line { branches, text, why, there } = line;
        let gap = widest.unwrap_or_default().saturating_sub(width(line)) + 2;
        // writing to a string cannot fail
        let _ = match (why.is_empty(), there) {
            (true, true) => writeln!(out, "{branches}{text}"),
            (true, false) => writeln!(out, "{branches}{DIM}{text}{DIM:#}"),
            (false, true) => writeln!(out, "{branches}{text}{:gap$}{DIM}{why}{DIM:#}", ""),
            (false, false) => writeln!(out, "{branches}{DIM}{text}{:gap$}{why}{DIM:#}", ""),
        };
    }
    out
}

/// The same for those who listen: no branches, one sentence for each thing.
pub(super) fn plain(source: &Source<'_>) -> String {
    let drawing = Drawing::of(source);
    let mut out = format!("{}:\n", one_line(&source.title));
    for (number, node) in source.graph.nodes.iter().enumerate().filter(|(_, node)| node.sort != Sort::File) {
        let mut said = vec![drawing.head(number)];
        said.extend(drawing.into[number].iter().map(|edge| {
            let edge = &source.graph.edges[*edge];
            let from = &source.graph.nodes[edge.from].id;
            match edge.tie {
                Tie::Option => {
                    let why = drawing.option_why(edge.from, &node.id);
                    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
                    format!("option of {from}{why}")
                }
                tie => {
                    let (said, joint) = passive(tie);
                    format!("{said}{joint} {from}{}", detail(edge))
                }
            }
        }));
        let others: Vec<&str> = drawing.others(number).map(|row| row.name.as_str()).take(OPTIONS).collect();
        if !others.is_empty() {
            said.push(format!("not chosen: {}", others.join(" ")));
        }
        // writing to a string cannot fail
        let _ = writeln!(out, "  {}", one_line(&said.join(", ")));
    }
    out
}

/// The edges of a graph, as JSON.
pub(super) fn links(graph: &Graph) -> Json {
    let id = |node: usize| graph.nodes[node].id.as_str();
    let edges = graph.edges.iter();
    edges.map(|e| json!({"from": id(e.from), "to": id(e.to), "how": e.tie.word(), "says": e.label})).collect()
}

struct Drawing<'a> {
    source: &'a Source<'a>,
    /// For each node, the edges that leave it and those that come to it.
    from: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    /// Below which node each one is unfolded.
    unfolded: Vec<Option<usize>>,
    offers: HashMap<&'a str, &'a Offer>,
}

impl<'a> Drawing<'a> {
    fn of(source: &'a Source<'a>) -> Self {
        let graph = source.graph;
        let mut from = vec![Vec::new(); graph.nodes.len()];
        let mut into = vec![Vec::new(); graph.nodes.len()];
        for (number, edge) in graph.edges.iter().enumerate() {
            from[edge.from].push(number);
            into[edge.to].push(number);
        }
        let mut unfolded = vec![None; graph.nodes.len()];
        let root = graph.nodes.iter().position(|node| node.sort == Sort::File);
        let mut queue: VecDeque<usize> = root.into_iter().collect();
        while let Some(node) = queue.pop_front() {
            for edge in &from[node] {
                let to = graph.edges[*edge].to;
                if unfolded[to].is_none() && Some(to) != root {
                    unfolded[to] = Some(node);
                    queue.push_back(to);
                }
            }
        }
        let offers = source.offers.iter().map(|offer| (offer.group.as_str(), offer)).collect();
        Self { source, from, into, unfolded, offers }
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(root) = self.source.graph.nodes.iter().position(|node| node.sort == Sort::File) else {
            return lines;
        };
        // a list of what is still to be drawn, not a call for each level: a chain may be longer than a stack of calls
        let mut todo = vec![(Twig::Root(root), String::new(), 0)];
        while let Some((twig, indent, level)) = todo.pop() {
            let mut below = Vec::new();
            match twig {
                Twig::Root(node) => below = self.below(node),
                Twig::Unfolded { node, why, last } => {
                    let deeper = self.below(node);
                    let mut text = self.head(node);
                    if level >= self.source.depth && !deeper.is_empty() {
                        // writing to a string cannot fail
                        let _ = write!(text, " …");
                    } else {
                        below = deeper;
                    }
                    lines.push(Line { branches: branch(&indent, last), text, why, there: true });
                }
                Twig::Again { node, why, last } => {
                    let more = if self.from[node].is_empty() { "" } else { " (*)" };
                    let text = format!("{}{more}", self.head(node));
                    lines.push(Line { branches: branch(&indent, last), text, why, there: true });
                }
                Twig::Other { text, about, last } => {
                    lines.push(Line { branches: branch(&indent, last), text, why: about, there: false });
                }
            }
            let inner = match lines.last() {
                Some(line) if level > 0 => continued(&indent, line.branches.ends_with("└── ")),
                _ => String::new(),
            };
            if let Some(twig) = below.last_mut() {
                twig.is_last();
            }
            todo.extend(below.into_iter().rev().map(|twig| (twig, inner.clone(), level + 1)));
        }
        lines
    }

    /// What stands below a node: what it ties to, each once, and the options that were not chosen.
    fn below(&self, node: usize) -> Vec<Twig> {
        let graph = self.source.graph;
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        for edge in &self.from[node] {
            let to = graph.edges[*edge].to;
            if !seen.insert(to) {
                continue;
            }
            let why = self.why(node, to);
            out.push(if self.unfolded[to] == Some(node) {
                Twig::Unfolded { node: to, why, last: false }
            } else {
                Twig::Again { node: to, why, last: false }
            });
        }
        let others: Vec<_> = self.others(node).collect();
        out.extend(others.iter().take(OPTIONS).map(|row| Twig::Other {
            text: format!("({})", one_line(&row.name)),
            about: one_line(&row.about),
            last: false,
        }));
        if let Some(more) = others.len().checked_sub(OPTIONS + 1) {
            let text = format!("({} more options: hsm list --flat)", more + 1);
            out.push(Twig::Other { text, about: String::new(), last: false });
        }
        out
    }

    /// The options of a group that were not chosen.
    fn others(&self, node: usize) -> impl Iterator<Item = &Row> {
        let offer = self.offers.get(self.source.graph.nodes[node].id.as_str());
        offer.into_iter().flat_map(|offer| &offer.rows).filter(|row| !row.present)
    }

    /// What a node is: its id and what there is to say of it.
    fn head(&self, node: usize) -> String {
        let node = &self.source.graph.nodes[node];
        let mut text = node.id.clone();
        if let Some(offer) = self.offers.get(node.id.as_str()) {
            text.push(' ');
            text.push_str(strategy(offer.one));
        }
        for fact in &node.facts {
            text.push(' ');
            text.push_str(fact);
        }
        one_line(&text)
    }

    /// Why the one is below the other: all that the one says of the other.
    fn why(&self, node: usize, to: usize) -> String {
        let graph = self.source.graph;
        let edges = self.from[node].iter().map(|edge| &graph.edges[*edge]).filter(|edge| edge.to == to);
        let mut said: Vec<String> = Vec::new();
        for edge in edges {
            let words = match edge.tie {
                Tie::Option => self.option_why(node, &graph.nodes[to].id),
                tie => format!("{}{}", passive(tie).0, detail(edge)),
            };
            // who says more has said it
            let known = |other: &String| {
                other.strip_prefix(&words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            };
            if !words.is_empty() && !said.iter().any(known) {
                said.retain(|other| !words.starts_with(other.as_str()));
                said.push(words);
            }
        }
        one_line(&said.join(", "))
    }

    fn option_why(&self, group: usize, option: &str) -> String {
        let offer = self.offers.get(self.source.graph.nodes[group].id.as_str());
        let row = offer.and_then(|offer| offer.rows.iter().find(|row| row.id == option));
        row.map(|row| row.why.clone()).unwrap_or_default()
    }
}

/// What the end of an edge is to its beginning, and the word that names the beginning.
fn passive(tie: Tie) -> (&'static str, &'static str) {
    match tie {
        Tie::Names => ("named", " in"),
        Tie::Option => ("option", " of"),
        Tie::Implies => ("implied", " by"),
        Tie::DependsOn => ("needed to start", ""),
        Tie::Requires => ("needed to build", ""),
        Tie::Excludes => ("excluded", " by"),
    }
}

/// What an edge says besides its word: options and a mode.
fn detail(edge: &Edge) -> String {
    let words = ["implies", "depends on", "is built with"];
    let rest = words.iter().find_map(|word| edge.label.strip_prefix(word)).unwrap_or_default();
    let (options, mode) = rest.split_at(rest.find(" in ").unwrap_or(rest.len()));
    let options = if options.is_empty() { String::new() } else { format!(" with{options}") };
    let mode = if mode.is_empty() { String::new() } else { format!(",{mode}") };
    options + &mode
}

/// Something that is still to be drawn.
enum Twig {
    Root(usize),
    Unfolded {
        node: usize,
        why: String,
        last: bool,
    },
    /// What is unfolded elsewhere.
    Again {
        node: usize,
        why: String,
        last: bool,
    },
    Other {
        text: String,
        about: String,
        last: bool,
    },
}

impl Twig {
    fn is_last(&mut self) {
        match self {
            Self::Root(_) => {}
            Self::Unfolded { last, .. } | Self::Again { last, .. } | Self::Other { last, .. } => *last = true,
        }
    }
}

fn branch(indent: &str, last: bool) -> String {
    format!("{indent}{}", if last { "└── " } else { "├── " })
}

fn continued(indent: &str, last: bool) -> String {
    format!("{indent}{}", if last { "    " } else { "│   " })
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::hostile;
    use super::super::stack::Row;
    use super::*;

    fn source<'a>(graph: &'a Graph, offers: &'a [Offer], depth: usize) -> Source<'a> {
        Source { title: "demo".to_owned(), graph, offers, depth, aligned: true }
    }

    fn bare(source: &Source<'_>) -> String {
        anstream::adapter::strip_str(&text(source)).to_string()
    }

    #[test]
    fn a_ring_ends_and_each_line_stays_one() {
        let graph = hostile();
        let drawn = bare(&source(&graph, &[], 8));
        assert_eq!(drawn.lines().count(), 4, "{drawn}");
        assert!(drawn.lines().last().is_some_and(|line| line.contains("(*)")), "{drawn}");
        assert_eq!(plain(&source(&graph, &[], 8)).lines().count(), 3);
    }

    #[test]
    fn what_is_deeper_than_asked_for_is_marked() {
        let graph = hostile();
        let drawn = bare(&source(&graph, &[], 1));
        assert!(drawn.contains(" …") && drawn.lines().count() == 2, "{drawn}");
    }

    #[test]
    fn many_options_are_counted() {
        let mut graph = hostile();
        graph.nodes[1].id = "package_group:many".to_owned();
        let row = |number: u32| Row {
            present: false,
            id: format!("package:o{number}"),
            name: format!("o{number}"),
            about: String::new(),
            why: String::new(),
        };
        for (options, shown) in [(OPTIONS as u32, OPTIONS), (OPTIONS as u32 + 3, OPTIONS + 1)] {
            let rows = (0..options).map(row).collect();
            let offers = [Offer { group: "package_group:many".to_owned(), one: true, rows }];
            let drawn = bare(&source(&graph, &offers, 8));
            assert_eq!(drawn.lines().count(), 4 + shown, "{drawn}");
            assert_eq!(drawn.contains("(3 more options"), shown > OPTIONS, "{drawn}");
        }
    }
}
