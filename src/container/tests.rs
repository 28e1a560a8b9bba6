//! Layers over each other, told in a line each.

use super::*;
use crate::place::FileId;
use crate::yaml::{Key, Value};

fn at() -> Place {
    Place { file: FileId(0), start: 0, end: 0 }
}

fn text(text: &str) -> At<String> {
    At::new(text.to_owned(), at())
}

fn scalar(text: &str) -> Node {
    Node { place: at(), value: Value::Scalar { text: text.to_owned(), plain: true } }
}

fn null() -> Node {
    Node { place: at(), value: Value::Null }
}

fn map(entries: &[(&str, Node)]) -> Node {
    let entries =
        entries.iter().map(|(key, node)| (Key { text: (*key).to_owned(), place: at() }, node.clone()));
    Node { place: at(), value: Value::Map(entries.collect()) }
}

fn list(items: &[&str]) -> Node {
    Node { place: at(), value: Value::List(items.iter().map(|item| scalar(item)).collect()) }
}

fn port(line: &str) -> Port {
    match line.strip_prefix('!') {
        Some(target) => Port::Remove { target: text(target), protocol: None },
        None => Port::Short(text(line)),
    }
}

fn volume(line: &str) -> Volume {
    match line.strip_prefix('!') {
        Some(target) => Volume::Remove { target: text(target) },
        None => Volume::Short(text(line)),
    }
}

fn empty() -> Definition {
    Definition {
        place: at(),
        origin: None,
        root: PathBuf::new(),
        image: None,
        container_name: None,
        service_name: "x".to_owned(),
        network_aliases: Vec::new(),
        depends_on: Vec::new(),
        ports: Vec::new(),
        volumes: Vec::new(),
        env: IndexMap::new(),
        compose: IndexMap::new(),
        compose_project: Vec::new(),
        run: true,
    }
}

fn joined(layers: &[Layer]) -> Definition {
    let mut definition = empty();
    for layer in layers {
        lay_over(&mut definition, layer);
    }
    definition
}

/// Layers of ports, `|` between layers and a space between lines, `!` before what is removed.
fn ports(layers: &str, expect: &str) {
    let layer =
        |lines: &str| Layer { ports: lines.split_whitespace().map(port).collect(), ..Layer::default() };
    let definition = joined(&layers.split('|').map(layer).collect::<Vec<_>>());
    let shown = definition.ports.iter().map(|port| match port {
        Port::Short(text) => text.value.clone(),
        other => format!("{other:?}"),
    });
    assert_eq!(shown.collect::<Vec<_>>().join(" "), expect, "{layers}");
}

#[test]
fn ports_are_keyed_by_container_port_and_protocol() {
    ports("6333:6333 6334:6334 | 16333:6333", "16333:6333 6334:6334");
    ports("6333:6333 | 6334:6334", "6333:6333 6334:6334");
    ports("53:53 53:53/udp | 5353:53/udp", "53:53 5353:53/udp");
    ports("80:80 81:80 | 82:80", "82:80");
    ports("80:80 | 81:80 82:80", "81:80 82:80");
    ports("80:80 443:443 | !80", "443:443");
    ports("53:53/udp | !53", "53:53/udp");
    ports("53:53/udp | !53/udp", "");
    ports("| !80", "");
    ports("80:80 | !80 | 81:80", "81:80");
    ports("${A:-1:2}:80 | 8080:80", "8080:80");
    ports("127.0.0.1:80:80 | [::1]:80:80", "[::1]:80:80");
}

#[test]
fn of_a_range_replaced_in_part_the_rest_stays() {
    ports("9000-9002:8000-8002 | 7000:8001", "7000:8001 9000:8000 9002:8002");
    ports("[::1]:9000-9001:8000-8001/udp | !8000/udp", "[::1]:9001:8001/udp");
    ports("8000-8001 | !8000", "8001");
    ports("3000-3005:80 | 3000:80", "3000:80");
    ports("80:80 81:81 | 9000-9001:80-81", "9000-9001:80-81");
}

#[test]
fn volumes_are_keyed_by_mount_target() {
    let check = |layers: &str, expect: &str| {
        let layer = |lines: &str| Layer {
            volumes: lines.split_whitespace().map(volume).collect(),
            ..Layer::default()
        };
        let definition = joined(&layers.split('|').map(layer).collect::<Vec<_>>());
        let shown = definition.volumes.iter().map(|volume| match volume {
            Volume::Short(text) => text.value.clone(),
            other => format!("{other:?}"),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expect, "{layers}");
    };
    check("data:/data | ./here:/data:ro", "./here:/data:ro");
    check("data:/data logs:/logs | ./here:/data", "./here:/data logs:/logs");
    check("data:/data/ | other:/data", "other:/data");
    check("data:/data | !/data", "");
    check("/data | data:/data", "data:/data");
    check("${D:-./a:b}:/data | x1:/data", "x1:/data");
    check("data:/a data:/b | !/a", "data:/b");
}

#[test]
fn null_in_env_removes_and_otherwise_passes() {
    let layer = |lines: &[(&str, Option<&str>)]| Layer {
        env: lines.iter().map(|(key, value)| (text(key), value.map(text))).collect(),
        ..Layer::default()
    };
    let definition = joined(&[
        layer(&[("A", Some("1")), ("B", Some("2")), ("C", None)]),
        layer(&[("A", None), ("B", Some("3")), ("D", None), ("C", None)]),
    ]);
    let shown: Vec<_> = definition
        .env
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_ref().map(|at| at.value.as_str())))
        .collect();
    assert_eq!(shown, [("B", Some("3")), ("D", None)]);
}

#[test]
fn other_keys_merge_in_depth_and_lists_are_replaced() {
    let layer = |entries: &[(&str, Node)]| Layer {
        compose: entries.iter().map(|(key, node)| (text(key), node.clone())).collect(),
        ..Layer::default()
    };
    let definition = joined(&[
        layer(&[
            ("healthcheck", map(&[("test", list(&["CMD", "a"])), ("interval", scalar("5s"))])),
            ("command", list(&["a", "b"])),
            ("init", scalar("true")),
            ("networks", map(&[("front", null())])),
        ]),
        layer(&[
            ("healthcheck", map(&[("test", list(&["CMD", "b"])), ("retries", scalar("3"))])),
            ("command", list(&["c"])),
            ("init", null()),
            ("tmpfs", null()),
            ("networks", map(&[("back", null())])),
        ]),
    ]);
    let shown: Vec<_> = definition.compose.iter().map(|(key, at)| (key.as_str(), at.value.clone())).collect();
    let health = map(&[("test", list(&["CMD", "b"])), ("interval", scalar("5s")), ("retries", scalar("3"))]);
    let networks = map(&[("front", null()), ("back", null())]);
    assert_eq!(
        shown,
        [("healthcheck", health), ("command", list(&["c"])), ("networks", networks), ("tmpfs", null())]
    );
}

#[test]
fn a_cleared_part_loses_what_was_below() {
    let below = Layer {
        ports: vec![port("80:80")],
        depends_on: vec![DependsOn { target: text("a"), how: None, removed: false }],
        network_aliases: vec![text("x"), text("y")],
        ..Layer::default()
    };
    let above = Layer {
        cleared: [Part::Ports, Part::DependsOn].into(),
        depends_on: vec![DependsOn { target: text("b"), how: None, removed: false }],
        network_aliases: vec![text("y"), text("z")],
        ..Layer::default()
    };
    let definition = joined(&[below, above]);
    assert_eq!(definition.ports, []);
    assert_eq!(definition.depends_on.iter().map(|d| d.target.value.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(
        definition.network_aliases.iter().map(|a| a.value.as_str()).collect::<Vec<_>>(),
        ["x", "y", "z"]
    );
}
