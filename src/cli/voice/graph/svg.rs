//! A picture of a graph, to stand inside an HTML document.
//!
//! Owns: shapes and paths. Refuses: colours (the document's style has them, by class), and where things stand (the layout).

use std::fmt::Write as _;

use super::layout::{Layout, Size, layout};
use super::{Edge, Graph, Node, Sort};
use crate::cli::voice::html::escape;

/// About the width of a letter, in pixels, at the two sizes that are used.
const LETTER: i64 = 8;
const SMALL_LETTER: i64 = 6;

const LINE: i64 = 17;
const PADDING: i64 = 11;
const MARGIN: i64 = 12;

/// Of more nodes than this, or more edges, nobody sees anything.
const MOST_NODES: usize = 300;
const MOST_EDGES: usize = 1000;

/// Whether a picture of it would show anything.
pub(in crate::cli::voice) fn can_be_seen(graph: &Graph) -> bool {
    graph.nodes.len() <= MOST_NODES && graph.edges.len() <= MOST_EDGES
}

/// Of more edges than this only those that say something of their own keep their labels.
const LABELLED: usize = 60;

/// The picture.
pub(in crate::cli::voice) fn svg(graph: &Graph, id: &str) -> String {
    let sizes: Vec<Size> = graph.nodes.iter().map(size).collect();
    let merged = merged(graph);
    let drawn = Graph { edges: merged, ..graph.clone() };
    let labels: Vec<String> = drawn.edges.iter().map(|edge| label(edge, drawn.edges.len())).collect();
    let room = |edge: usize| labels.get(edge).map_or(0, |label| length(label) * SMALL_LETTER + 30);
    let laid = layout(&drawn, &sizes, room);
    let (width, height) = (laid.size.width + 2 * MARGIN, laid.size.height + 2 * MARGIN);
    let mut out = format!(
        "<svg class=\"graph\" role=\"img\" aria-labelledby=\"{id}-title {id}-words\" width=\"{width}\" height=\"{height}\" viewBox=\"{} {} {width} {height}\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-words\">{} nodes and {} edges; the list below says the same in words.</desc>\n",
        -MARGIN,
        -MARGIN,
        escape(&graph.title),
        graph.nodes.len(),
        graph.edges.len(),
    );
    let _ = writeln!(
        out,
        "<defs><marker id=\"{id}-tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 8 4 0 8z\"/></marker></defs>"
    );
    edges(&mut out, &drawn, &laid, &labels, id);
    for ((node, size), (x, y)) in graph.nodes.iter().zip(&sizes).zip(&laid.nodes) {
        out.push_str(&shape(node, *size, *x, *y));
    }
    out.push_str("</svg>\n");
    out
}

/// Edges between the same two nodes as one.
fn merged(graph: &Graph) -> Vec<Edge> {
    let mut out: Vec<Edge> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for edge in &graph.edges {
        let place = *places.entry((edge.from, edge.to)).or_insert_with(|| {
            out.push(Edge { label: String::new(), ..edge.clone() });
            out.len() - 1
        });
        if let Some(known) = out.get_mut(place) {
            let between = if known.label.is_empty() { "" } else { "; " };
            known.label.push_str(between);
            known.label.push_str(&edge.label);
            known.tie = known.tie.max(edge.tie);
        }
    }
    out
}

/// What stands at an edge: in a large graph not what its line says already.
fn label(edge: &Edge, edges: usize) -> String {
    const PLAIN: [&str; 5] = ["option", "implies", "lists", "uses", "depends on"];
    if edges > LABELLED && PLAIN.contains(&edge.label.as_str()) {
        return String::new();
    }
    let short: String = edge.label.chars().take(44).collect();
    if short == edge.label { short } else { format!("{}…", short.trim_end()) }
}

fn length(text: &str) -> i64 {
    // a wide character takes the room of about two
    text.chars().map(|c| if u32::from(c) > 0x2e7f { 2 } else { 1 }).sum()
}

fn size(node: &Node) -> Size {
    let widest = node.facts.iter().map(|fact| length(fact) * (LETTER - 1)).max().unwrap_or_default();
    let lines = i64::try_from(node.facts.len()).unwrap_or_default() + 1;
    let side = if node.sort == Sort::Group { 10 } else { 0 };
    Size { width: widest.max(length(&node.id) * LETTER) + 2 * (PADDING + side), height: lines * LINE + 14 }
}

fn shape(node: &Node, size: Size, x: i64, y: i64) -> String {
    let clash = if node.clash { " clash" } else { "" };
    let mut out =
        format!("<g class=\"node {}{clash}\"><title>{}</title>", node.sort.word(), escape(&node.id));
    let (right, bottom, middle) = (x + size.width, y + size.height, y + size.height / 2);
    // writing to a string cannot fail
    let _ = match node.sort {
        Sort::Group => write!(
            out,
            "<path class=\"box\" d=\"M{} {y} {} {y} {right} {middle} {} {bottom} {} {bottom} {x} {middle}z\"/>",
            x + 12,
            right - 12,
            right - 12,
            x + 12
        ),
        Sort::File => write!(
            out,
            "<path class=\"box\" d=\"M{x} {y} {} {y} {right} {} {right} {bottom} {x} {bottom}z\"/>",
            right - 10,
            y + 10
        ),
        Sort::Package | Sort::Thing => {
            rectangle(&mut out, size, (x, y), if node.sort == Sort::Thing { 18 } else { 9 })
        }
        Sort::Container | Sort::External => rectangle(&mut out, size, (x, y), 2),
    };
    let center = x + size.width / 2;
    let _ =
        write!(out, "<text class=\"name\" x=\"{center}\" y=\"{}\">{}</text>", y + LINE + 3, escape(&node.id));
    for (number, fact) in node.facts.iter().enumerate() {
        let line = y + LINE * (i64::try_from(number).unwrap_or_default() + 2) + 3;
        let _ = write!(out, "<text class=\"fact\" x=\"{center}\" y=\"{line}\">{}</text>", escape(fact));
    }
    out.push_str("</g>\n");
    out
}

fn rectangle(out: &mut String, size: Size, (x, y): (i64, i64), round: i64) -> std::fmt::Result {
    write!(
        out,
        "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
        size.width, size.height
    )
}

/// The lines first, then their labels: a line never goes through a label.
fn edges(out: &mut String, graph: &Graph, laid: &Layout, labels: &[String], id: &str) {
    let name = |node: usize| graph.nodes.get(node).map(|node| node.id.as_str()).unwrap_or_default();
    for (edge, points) in graph.edges.iter().zip(&laid.edges) {
        let words = escape(&format!("{} {} {}", name(edge.from), edge.label, name(edge.to)));
        // writing to a string cannot fail
        let _ = writeln!(
            out,
            "<path class=\"edge {}\" d=\"{}\" marker-end=\"url(#{id}-tip)\"><title>{words}</title></path>",
            edge.tie.word(),
            curve(points, edge.from == edge.to)
        );
    }
    for (points, label) in laid.edges.iter().zip(labels).filter(|(_, label)| !label.is_empty()) {
        let (x, y) = beside(points);
        let _ = writeln!(out, "<text class=\"label\" x=\"{x}\" y=\"{y}\">{}</text>", escape(label));
    }
}

/// A line through points that leaves and meets each of them level.
fn curve(points: &[(i64, i64)], itself: bool) -> String {
    let Some(&(x, y)) = points.first() else { return String::new() };
    let mut out = format!("M{x} {y}");
    if itself {
        // writing to a string cannot fail
        let _ = write!(out, "c34 -30 34 30 0 6");
        return out;
    }
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let half = (to_x - x) / 2;
        let _ = write!(out, "C{} {y} {} {to_y} {to_x} {to_y}", x + half, to_x - half);
    }
    out
}

/// Where an edge's label stands: in the middle of the first stretch between two columns.
fn beside(points: &[(i64, i64)]) -> (i64, i64) {
    let (one, two) = match points {
        [one, two, ..] => (*one, *two),
        [one] => (*one, *one),
        [] => return (0, 0),
    };
    (i64::midpoint(one.0, two.0), i64::midpoint(one.1, two.1) - 4)
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn names_stay_text() {
        let drawn = svg(&hostile(), "graph");
        assert!(!drawn.contains("<img") && !drawn.contains("</script"), "{drawn}");
        assert_eq!(drawn.matches("<g ").count(), drawn.matches("</g>").count());
        assert_eq!(drawn.matches("<text").count(), drawn.matches("</text>").count());
        assert_eq!(drawn.matches("class=\"edge ").count(), 3);
    }
}
