//! A graph in Mermaid's language, as GitHub and many wikis draw it.

use std::fmt::Write as _;

use super::{Graph, Node, Sort, Tie};

/// The graph as a flowchart.
pub(in crate::cli) fn mermaid(graph: &Graph) -> String {
    let mut out = format!("---\ntitle: \"{}\"\n---\nflowchart LR\n", title(&graph.title));
    for (number, node) in graph.nodes.iter().enumerate() {
        // writing to a string cannot fail
        let _ = writeln!(out, "  n{number}{}", shape(node));
    }
    for edge in &graph.edges {
        let _ = writeln!(out, "  n{} {}|\"{}\"| n{}", edge.from, arrow(edge.tie), text(&edge.label), edge.to);
    }
    out.push_str(
        "  classDef external stroke-dasharray: 5 5\n  classDef clash stroke:#d00,stroke-width:3px\n",
    );
    class(&mut out, graph, "external", |node| node.sort == Sort::External);
    class(&mut out, graph, "clash", |node| node.clash);
    out
}

fn class(out: &mut String, graph: &Graph, name: &str, is: impl Fn(&Node) -> bool) {
    let of: Vec<String> = graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| is(node))
        .map(|(number, _)| format!("n{number}"))
        .collect();
    if !of.is_empty() {
        let _ = writeln!(out, "  class {} {name}", of.join(","));
    }
}

fn shape(node: &Node) -> String {
    let lines: Vec<String> = std::iter::once(&node.id).chain(&node.facts).map(|line| text(line)).collect();
    let label = lines.join("<br/>");
    match node.sort {
        Sort::File => format!("[/\"{label}\"/]"),
        Sort::Package => format!("(\"{label}\")"),
        Sort::Container | Sort::External => format!("[\"{label}\"]"),
        Sort::Group => format!("{{{{\"{label}\"}}}}"),
        Sort::Thing => format!("([\"{label}\"])"),
    }
}

fn arrow(tie: Tie) -> &'static str {
    match tie {
        Tie::Names | Tie::Implies => "-->",
        Tie::Option => "--o",
        Tie::DependsOn => "-.->",
        Tie::Requires => "==>",
        Tie::Excludes => "--x",
    }
}

/// A label: what could mean anything to the language, to Markdown or to HTML is written as its entity code.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || " ._:-/,()=+*@!?".contains(c) {
            out.push(c);
        } else if c == '\n' {
            out.push_str("<br/>");
        } else if c.is_control() {
            out.push(' ');
        } else {
            // writing to a string cannot fail
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

/// The title stands in YAML.
fn title(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn a_label_holds_no_syntax() {
        let drawn = mermaid(&hostile());
        assert!(drawn.starts_with("---\ntitle: \"a \\\"title\\\" <b>\"\n---\nflowchart LR\n"), "{drawn}");
        for line in drawn.lines().skip(4).take(6) {
            assert_eq!(line.matches('"').count(), 2, "{line}");
            let inside = line.split('"').nth(1).expect("a label").replace("<br/>", "");
            assert!(!inside.contains(['<', '>', '`', '%', '[', ']', '|', '&', '\\']), "{line}");
        }
        assert!(drawn.contains("n0 -->|\"says #34;--#62; n9#34;\"| n1"), "{drawn}");
        assert!(drawn.contains("class n2 external"), "{drawn}");
    }
}
