//! A report as one HTML file that needs nothing else: no network, no script.
//!
//! Owns: the document, its style and its headings. Refuses: raw text; all that comes from files goes through `escape`.

mod escape;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::clash::{Clash, Fix};
use super::graph::{Graph, of_clashes as of_clashes_graph, of_stack, svg};
use super::json::severity;
use super::span::{self, Span};
use super::stack::{container_row, package_row, strategy};
use crate::diagnostic::pages::CONFLICT;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::Manifest;
use crate::place::{Place, Sources};
use crate::stack::Stack;

pub(super) use escape::escape;

const STYLE: &str = include_str!("style.css");

/// A report about a stack.
pub(super) fn of_a_stack(
    stack: &Stack,
    manifest: &Manifest,
    sources: &Sources,
    warnings: &[&Diagnostic],
) -> String {
    let title = format!("The stack of {}", stack.project.name);
    let lead = format!(
        "{}, {} and {} that take part.",
        count(stack.packages.len(), "package"),
        count(stack.containers.len(), "container"),
        count(stack.groups.len(), "group")
    );
    let mut body = String::new();
    graph(&mut body, &of_stack(stack, manifest), "Graph", "graph");
    let columns = ["name", "release", "mode", "source"];
    table(&mut body, "Packages", columns, stack.packages.values().map(package_row).collect());
    table(&mut body, "Containers", columns, stack.containers.values().map(container_row).collect());
    let groups = stack.groups.iter().map(|(id, group)| {
        let options: Vec<&str> = group.options.iter().map(crate::names::Name::as_str).collect();
        [id.name.to_string(), strategy(group.one).to_owned(), id.kind.to_string(), options.join(", ")]
    });
    table(&mut body, "Groups", ["name", "takes", "options are", "present"], groups.collect());
    diagnostics(&mut body, sources, warnings);
    document(&title, &lead, false, &body)
}

/// A report about conflicts.
pub(super) fn of_clashes(clashes: &[Clash<'_>]) -> String {
    let mut body = String::new();
    let mut first_fix = 1;
    for (clash, number) in clashes.iter().zip(1..) {
        if clashes.len() > 1 {
            // writing to a string cannot fail
            let _ = writeln!(body, "<h2 class=\"conflict\">Conflict {number}: {}</h2>", escape(&clash.title));
        }
        because(&mut body, clash, number);
        fixes(&mut body, clash.fixes, &number.to_string(), "What would mend it", first_fix);
        first_fix += clash.fixes.len();
        graph(
            &mut body,
            &of_clashes_graph(std::slice::from_ref(clash)),
            "Who asks what of whom",
            &format!("graph-{number}"),
        );
    }
    let title = match clashes {
        [one] => one.title.clone(),
        several => format!("{} conflicts", several.len()),
    };
    let lead = format!("Each statement is fine by itself; together they leave no choice ({CONFLICT}).");
    document(&title, &lead, true, &body)
}

fn because(out: &mut String, clash: &Clash<'_>, number: usize) {
    // writing to a string cannot fail
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"because-{number}\">\n<h2 id=\"because-{number}\">Because</h2>\n<ol class=\"argument\">"
    );
    for statement in &clash.statements {
        let _ = writeln!(out, "<li><p class=\"claim\">{}</p>", escape(&statement.claim.to_string()));
        if let Some(place) = statement.place {
            quote(out, clash.sources, place, "");
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n");
    if clash.minimal && clash.statements.len() > 1 {
        out.push_str("<p>Without any one of them, the others can hold together.</p>\n");
    }
    out.push_str("</section>\n");
}

/// A report about files that have errors.
pub(super) fn of_errors(sources: &Sources, found: &[&Diagnostic]) -> String {
    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
    let mut body = String::new();
    diagnostics(&mut body, sources, found);
    let lead = "Nothing was resolved: first the files have to be mended.";
    document(&format!("{} in the files", count(errors, "error")), lead, true, &body)
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The whole document. The policy lets nothing in but this very style.
fn document(title: &str, lead: &str, bad: bool, body: &str) -> String {
    let title = escape(title);
    let class = if bad { " class=\"bad\"" } else { "" };
    format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body{class}>
<header>
<h1>{title}</h1>
<p class=\"lead\">{lead}</p>
</header>
<main>
{body}</main>
<footer><p>Made by hsm {version}. This file needs no network.</p></footer>
</body>
</html>
",
        hash = base64(&Sha256::digest(STYLE.as_bytes())),
        lead = escape(lead),
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn graph(out: &mut String, graph: &Graph, heading: &str, id: &str) {
    // writing to a string cannot fail
    let _ = writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>", escape(heading));
    if svg::can_be_seen(graph) {
        // what scrolls has to be reached with the keyboard
        let _ = writeln!(
            out,
            "<div class=\"scroll wide\" tabindex=\"0\" role=\"group\" aria-label=\"picture of the graph\">\n{}</div>",
            svg::svg(graph, id)
        );
        out.push_str(LEGEND);
    } else {
        let _ = writeln!(
            out,
            "<p>A picture of {} nodes and {} edges would show nothing; <code>hsm why NAME --format dot</code> draws what leads to one component.</p>",
            graph.nodes.len(),
            graph.edges.len()
        );
    }
    out.push_str("<details><summary>The graph in words</summary>\n<ul>\n");
    let name = |node: usize| graph.nodes.get(node).map(|node| node.id.as_str()).unwrap_or_default();
    for edge in &graph.edges {
        let words = format!("{}: {}: {}", name(edge.from), edge.label, name(edge.to));
        let _ = writeln!(out, "<li>{}</li>", escape(&words));
    }
    out.push_str("</ul></details>\n</section>\n");
}

const LEGEND: &str = "<ul class=\"legend\" aria-label=\"what the shapes mean\">
<li><svg width=\"26\" height=\"16\" aria-hidden=\"true\" class=\"package\"><rect class=\"box\" x=\"1\" y=\"1\" width=\"24\" height=\"14\" rx=\"7\"/></svg>package</li>
<li><svg width=\"26\" height=\"16\" aria-hidden=\"true\" class=\"container\"><rect class=\"box\" x=\"1\" y=\"1\" width=\"24\" height=\"14\" rx=\"2\"/></svg>container</li>
<li><svg width=\"26\" height=\"16\" aria-hidden=\"true\" class=\"external\"><rect class=\"box\" x=\"1\" y=\"1\" width=\"24\" height=\"14\" rx=\"2\"/></svg>runs elsewhere</li>
<li><svg width=\"26\" height=\"16\" aria-hidden=\"true\" class=\"group\"><path class=\"box\" d=\"M6 1 20 1 25 8 20 15 6 15 1 8z\"/></svg>group</li>
<li><svg width=\"30\" height=\"16\" aria-hidden=\"true\"><path class=\"edge implies\" d=\"M1 8h28\"/></svg>implies</li>
<li><svg width=\"30\" height=\"16\" aria-hidden=\"true\"><path class=\"edge depends\" d=\"M1 8h28\"/></svg>depends on</li>
<li><svg width=\"30\" height=\"16\" aria-hidden=\"true\"><path class=\"edge requires\" d=\"M1 8h28\"/></svg>requires, holds</li>
</ul>
";

fn table(out: &mut String, heading: &str, columns: [&str; 4], rows: Vec<[String; 4]>) {
    if rows.is_empty() {
        return;
    }
    let id = heading.to_ascii_lowercase();
    // writing to a string cannot fail
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table of {id}\"><table>\n<thead><tr>"
    );
    for column in columns {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for [first, rest @ .., last] in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(&first));
        for cell in rest {
            let _ = write!(out, "<td>{}</td>", escape(&cell));
        }
        let _ = writeln!(out, "<td><code>{}</code></td></tr>", escape(&last));
    }
    out.push_str("</tbody></table></div>\n</section>\n");
}

fn diagnostics(out: &mut String, sources: &Sources, found: &[&Diagnostic]) {
    if found.is_empty() {
        return;
    }
    out.push_str("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n");
    for d in found {
        let word = severity(d.severity);
        // writing to a string cannot fail
        let _ = writeln!(
            out,
            "<div class=\"{word}\"><h3>{word} {}: {}</h3>",
            d.finding.code(),
            escape(&d.finding.to_string())
        );
        let related = d.related.iter().map(|related| (related.place, related.what.as_ref()));
        for (place, what) in d.place.into_iter().map(|place| (place, "")).chain(related) {
            quote(out, sources, place, what);
        }
        for witness in &d.witnesses {
            let _ = writeln!(out, "<p>Example: {}</p>", escape(&witness.to_string()));
        }
        if let Some(help) = d.help() {
            let _ = writeln!(out, "<p>{}</p>", escape(&help));
        }
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

fn fixes(out: &mut String, fixes: &[Fix], id: &str, heading: &str, first: usize) {
    if fixes.is_empty() {
        return;
    }
    // writing to a string cannot fail
    let _ = writeln!(out, "<section aria-labelledby=\"fixes-{id}\">\n<h2 id=\"fixes-{id}\">{heading}</h2>");
    for (fix, number) in fixes.iter().zip(first..) {
        // writing to a string cannot fail
        let _ = writeln!(out, "<div class=\"fix\"><h3>{number}. {}</h3>", escape(&fix.title));
        if !fix.commands.is_empty() {
            let _ = writeln!(out, "<pre><code>{}</code></pre>", escape(&fix.commands.join("\n")));
        }
        if !fix.effects.is_empty() {
            out.push_str("<p>Then:</p><ul>");
            for effect in &fix.effects {
                let _ = write!(out, "<li>{}</li>", escape(effect));
            }
            out.push_str("</ul>\n");
        }
        out.push_str("</div>\n");
    }
    out.push_str(
        "<p>Each was tried and is enough; <code>hsm resolve --explain --fix N</code> makes one that is an edit of hsm.yaml.</p>\n</section>\n",
    );
}

/// How many lines are shown before and behind the one that is meant.
const AROUND: usize = 2;

/// The lines around a place, with their numbers, and the place marked; `what` says what is there.
fn quote(out: &mut String, sources: &Sources, place: Place, what: &str) {
    let (Some(source), Some(span)) = (sources.get(place.file), span::of(sources, place)) else { return };
    // writing to a string cannot fail
    let _ = write!(
        out,
        "<figure><figcaption><code>{}</code>, line {}, column {}{}{}</figcaption>\n<pre tabindex=\"0\"><code>",
        escape(&span.path),
        span.line,
        span.from,
        if what.is_empty() { "" } else { ": " },
        escape(what)
    );
    let first = span.line.saturating_sub(AROUND).max(1);
    let lines = source.text.lines().enumerate().skip(first - 1).take(span.line + AROUND + 1 - first);
    for (number, line) in lines.map(|(number, line)| (number + 1, line.trim_start_matches('\u{feff}'))) {
        let shown = if number == span.line { marked(line, &span) } else { escape(line) };
        let _ = writeln!(out, "<span class=\"no\">{number}</span>{shown}");
    }
    out.push_str("</code></pre></figure>\n");
}

fn marked(line: &str, span: &Span) -> String {
    let part = |from: usize, to: usize| -> String { line.chars().skip(from).take(to - from).collect() };
    let (from, to) = (span.from - 1, span.to.max(span.from) - 1);
    let rest: String = line.chars().skip(to).collect();
    format!("{}<mark>{}</mark>{}", escape(&part(0, from)), escape(&part(from, to)), escape(&rest))
}

/// Base 64, as a policy writes a hash.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |number: usize| u32::from(chunk.get(number).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = (bits >> (18 - 6 * place)) & 63;
            out.push(if place > chunk.len() { '=' } else { char::from(LETTERS[letter as usize]) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{ComponentId, Kind, Name};
    use crate::statement::{Claim, Statement};

    #[test]
    fn base_64_is_written_as_others_do() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[test]
    fn a_conflict_shows_its_lines_its_graph_and_what_would_mend_it() {
        let mut sources = Sources::new();
        let text = "services:\n  # </pre><script>alert(1)</script>\n  containers: [redis]\n";
        let file = sources.add("hsm.yaml", text);
        let at = text.find("redis").expect("there") as u32;
        let id = ComponentId::new(Kind::Container, &Name::parse("redis").expect("a name"));
        let statement =
            Statement { place: Some(Place { file, start: at, end: at + 5 }), claim: Claim::Wants(id) };
        let fixes = [Fix {
            title: "remove `redis` & be done".to_owned(),
            commands: vec!["hsm remove redis".to_owned()],
            effects: vec!["- container:redis".to_owned()],
        }];
        let title = "it cannot be".to_owned();
        let statements = vec![&statement];
        let clash =
            Clash { sources: &sources, title, statements, options: &[], minimal: true, fixes: &fixes };
        let page = of_clashes(&[clash]);
        assert!(page.contains("<span class=\"no\">3</span>  containers: [<mark>redis</mark>]\n"), "{page}");
        assert!(page.contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<pre><code>hsm remove redis</code></pre>"), "{page}");
        assert!(page.contains("remove `redis` &amp; be done"), "{page}");
        assert!(page.contains("class=\"node container clash\""), "{page}");
    }
}
