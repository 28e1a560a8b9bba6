//! A graph in the DOT language.

use std::fmt::Write as _;

use super::{Graph, Node, Sort, Tie};

/// The graph, for `dot -Tsvg`.
pub(in crate::cli) fn dot(graph: &Graph) -> String {
    let mut out =
        format!("digraph hsm {{\n  graph [rankdir=LR, label={}, labelloc=t];\n", text(&graph.title));
    out.push_str(
        "  node [fontname=\"sans-serif\", fontsize=11];\n  edge [fontname=\"sans-serif\", fontsize=9];\n",
    );
    for node in &graph.nodes {
        let lines: Vec<&str> =
            std::iter::once(node.id.as_str()).chain(node.facts.iter().map(String::as_str)).collect();
        // writing to a string cannot fail
        let _ = writeln!(out, "  {} [label={}, {}];", quoted(&node.id), text(&lines.join("\n")), look(node));
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (graph.nodes.get(edge.from), graph.nodes.get(edge.to)) else { continue };
        let _ = writeln!(
            out,
            "  {} -> {} [label={}, {}];",
            quoted(&from.id),
            quoted(&to.id),
            text(&edge.label),
            line(edge.tie)
        );
    }
    out.push_str("}\n");
    out
}

fn look(node: &Node) -> String {
    let shape = match node.sort {
        Sort::File => "shape=note",
        Sort::Package => "shape=box, style=rounded",
        Sort::Container => "shape=box",
        Sort::External => "shape=box, style=dashed",
        Sort::Group => "shape=hexagon",
        Sort::Thing => "shape=ellipse",
    };
    if node.clash { format!("{shape}, color=red, penwidth=2.5") } else { shape.to_owned() }
}

fn line(tie: Tie) -> &'static str {
    match tie {
        Tie::Names => "color=gray40",
        Tie::Option => "color=gray40, arrowhead=odot",
        Tie::Implies => "style=solid",
        Tie::DependsOn => "style=dashed",
        Tie::Requires => "style=bold",
        Tie::Excludes => "color=red, arrowhead=tee",
    }
}

/// An id: in quotes, where only a quote has to be escaped, and a backslash that would escape the closing one.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " "))
}

/// A label: escapes and entities are read in it.
fn text(text: &str) -> String {
    let safe: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    let safe = safe.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{safe}\"")
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn a_label_cannot_end_early() {
        let text = dot(&hostile());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4 + 3 + 3 + 1, "{text}");
        assert!(
            text.contains(
                r#"label="a\"]; evil [label=\"\nback\\slash\nline #quot; &amp;amp; `tick` %%{x}%%""#
            ),
            "{text}"
        );
        for line in lines {
            let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            assert_eq!(quotes % 2, 0, "{line}");
        }
    }
}
