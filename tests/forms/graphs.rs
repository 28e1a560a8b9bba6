//! `--format dot|mermaid`: a graph of the stack, of what leads to a component, and of a conflict.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::project::{Project, example};
use crate::support::have;

const STACK: &str = "project: {name: demo}
dependencies: {packages: [client]}
services: {container_groups: {cache: {selection: redis}}, containers: [web]}
";

fn stack() -> Project {
    let project = Project::of(STACK);
    project.write(
        "hsm-registry/packages/client.yaml",
        "name: client\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nimplies: {package:other: \">=1\", container_group:cache: redis}\n",
    );
    project.write(
        "hsm-registry/containers/web.yaml",
        "name: web\nsources: {prod: {type: docker-image, image: \"web:4\"}}\norchestration: {depends_on: [cache]}\n",
    );
    project
}

/// Nodes by id with their attributes, and edges with theirs.
type Parsed = (BTreeMap<String, String>, BTreeSet<(String, String, String)>);

/// Reads the part of the DOT language that is written: one statement a line.
fn parse(dot: &str) -> Parsed {
    let (mut nodes, mut edges) = (BTreeMap::new(), BTreeSet::new());
    let mut lines = dot.lines();
    assert_eq!(lines.next(), Some("digraph hsm {"));
    assert_eq!(lines.next_back(), Some("}"));
    for line in lines {
        let line = line.trim().strip_suffix("];").expect("a statement with attributes");
        let mut rest = line;
        let mut ids = Vec::new();
        while let Some(inner) = rest.strip_prefix('"') {
            let mut end = 0;
            let bytes = inner.as_bytes();
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            ids.push(inner[..end].replace("\\\"", "\"").replace("\\\\", "\\"));
            rest = inner[end + 1..].trim_start().trim_start_matches("-> ");
        }
        let attributes = rest.trim_start_matches(|c: char| c != '[').trim_start_matches('[').to_owned();
        match ids.as_slice() {
            [] => {}
            [node] => assert_eq!(nodes.insert(node.clone(), attributes), None, "{node} twice"),
            [from, to] => {
                let label = attributes.split('"').nth(1).unwrap_or_default().to_owned();
                assert!(edges.insert((from.clone(), to.clone(), label)), "{line} twice");
            }
            _ => panic!("{line}"),
        }
    }
    for (from, to, _) in &edges {
        assert!(nodes.contains_key(from) && nodes.contains_key(to), "{from} → {to}: no such node");
    }
    (nodes, edges)
}

#[test]
fn the_graph_of_a_stack_holds_who_brought_what() {
    let project = stack();
    let run = project.run(&["resolve", "--format", "dot"]).ends(0);
    let (nodes, edges) = parse(&run.out);
    let ids: Vec<&str> = nodes.keys().map(String::as_str).collect();
    assert_eq!(
        ids,
        [
            "container:redis",
            "container:web",
            "container_group:cache",
            "hsm.yaml",
            "package:client",
            "package:other"
        ]
    );
    let edge = |from: &str, to: &str, label: &str| (from.to_owned(), to.to_owned(), label.to_owned());
    for expected in [
        edge("hsm.yaml", "container_group:cache", "selects redis"),
        edge("hsm.yaml", "container:web", "lists"),
        edge("container_group:cache", "container:redis", "option"),
        edge("package:client", "package:other", "implies"),
        edge("package:client", "container_group:cache", "implies redis"),
        edge("container:web", "container_group:cache", "depends on"),
    ] {
        assert!(edges.contains(&expected), "{expected:?} is not in {edges:#?}");
    }
    assert_eq!(project.run(&["resolve", "--format", "dot"]).out, run.out);
    assert_eq!(run.err, "");
}

#[test]
fn both_languages_say_the_same() {
    let project = stack();
    let (nodes, edges) = parse(&project.run(&["resolve", "--format", "dot"]).ends(0).out);
    let drawn = project.run(&["resolve", "--format", "mermaid"]).ends(0).out;
    let lines: Vec<&str> = drawn.lines().map(str::trim).collect();
    assert_eq!(lines[3], "flowchart LR");
    let is_edge = |line: &&&str| line.contains("|\"");
    let is_node = |line: &&&str| !is_edge(line) && line.contains('"') && line.starts_with('n');
    assert_eq!(lines.iter().filter(is_node).count(), nodes.len());
    assert_eq!(lines.iter().filter(is_edge).count(), edges.len());
    for line in lines.iter().filter(is_edge) {
        let number =
            |text: &str| text.trim_start_matches('n').parse::<usize>().is_ok_and(|n| n < nodes.len());
        let ends = (line.split(' ').next().unwrap_or_default(), line.rsplit(' ').next().unwrap_or_default());
        assert!(number(ends.0) && number(ends.1), "{line}");
    }
}

#[test]
fn why_draws_what_leads_to_a_component() {
    let project = stack();
    let (nodes, _) = parse(&project.run(&["why", "other", "--format", "dot"]).ends(0).out);
    assert_eq!(nodes.keys().collect::<Vec<_>>(), ["hsm.yaml", "package:client", "package:other"]);
    let group = project.run(&["why", "container_group:cache", "--format", "mermaid"]).ends(0).out;
    assert!(group.contains("container_group:cache") && !group.contains("package:other"), "{group}");
}

#[test]
fn a_conflict_is_drawn_with_the_clash_marked() {
    let project = stack();
    project.write(
        "hsm-registry/packages/other.yaml",
        "name: other\nversion: 1.0.0\nsources: {prod: {type: pypi}}\nconflicts: {\"package:client\": \"*\"}\n",
    );
    let run = project.run(&["resolve", "--format", "dot"]).ends(3);
    let (nodes, edges) = parse(&run.out);
    assert!(nodes.contains_key("package:other") && nodes.contains_key("package:client"), "{nodes:?}");
    assert_eq!(nodes.values().filter(|look| look.contains("color=red")).count(), 1, "{nodes:?}");
    assert!(edges.iter().any(|(_, _, label)| label.ends_with("conflicts with")), "{edges:?}");
    assert!(run.err.contains("error[HSM-E500]"), "{}", run.err);
    let drawn = project.run(&["resolve", "--format", "mermaid"]).ends(3).out;
    assert!(drawn.contains("\n  class n") && drawn.contains(" clash\n"), "{drawn}");
}

#[test]
fn a_graph_is_refused_where_there_is_none() {
    let project = stack();
    for args in [["list", "--format", "dot"], ["check", "--format", "mermaid"], ["plan", "--format", "html"]]
    {
        let run = project.run(&args).ends(2);
        assert!(run.err.starts_with("error: `--format ") && run.out.is_empty(), "{}", run.err);
    }
}

#[test]
fn graphviz_draws_it() {
    if !have("graphviz_draws_it", &["graphviz"]) {
        return;
    }
    for dot in [
        example().run(&["resolve", "--format", "dot"]).ends(0).out,
        stack().run(&["resolve", "--format", "dot"]).ends(0).out,
    ] {
        let mut child = Command::new("dot")
            .arg("-Tplain")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("dot runs");
        child.stdin.take().expect("a pipe").write_all(dot.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
        let plain = String::from_utf8_lossy(&output.stdout);
        let (nodes, edges) = parse(&dot);
        assert_eq!(plain.lines().filter(|line| line.starts_with("node ")).count(), nodes.len());
        assert_eq!(plain.lines().filter(|line| line.starts_with("edge ")).count(), edges.len());
    }
}
