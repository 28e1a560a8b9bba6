//! Random stacks: the file, read by another reader, is the tree that was meant; and Compose takes it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_yaml::Value as Yaml;

use super::super::compose;
use super::real::{Compose, World};
use crate::container::samples::{at, container, pairs, stack, text};
use crate::place::At;
use crate::registry::layer::Port;
use crate::stack::Stack;
use crate::yaml::{Key, Node, Value};

/// A stack and the file that it means, made side by side.
#[derive(Debug, Clone)]
struct Sample {
    stack: Stack,
    means: Yaml,
}

#[derive(Debug, Clone)]
struct Service {
    built: bool,
    env: BTreeMap<String, Option<String>>,
    ports: Vec<(u16, u16, bool)>,
    volumes: BTreeSet<String>,
    aliases: BTreeSet<String>,
    depends_on: Vec<prop::sample::Index>,
    labels: Vec<(String, Scalar)>,
    tree: Tree,
}

/// A scalar as it was written, and what it means.
#[derive(Debug, Clone)]
enum Scalar {
    Quoted(String),
    Plain(&'static str, Yaml),
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf(Scalar),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

/// Texts that some YAML reader takes for something else, or that a careless writer breaks. `$` only as Compose has it.
fn nasty() -> impl Strategy<Value = String> {
    let chunk = prop::sample::select(vec![
        "a",
        "B7",
        " ",
        "  ",
        ":",
        ": ",
        "#",
        " #",
        "'",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "é",
        "日本",
        "\u{1F600}",
        "$$",
        "${V:-d}",
        "${V}",
        "- ",
        "-",
        "[",
        "]",
        "{",
        "%",
        "@",
        "`",
        "&a",
        "*a",
        "!",
        "|",
        ">",
        "?",
        ",",
        "<<",
        "=",
    ]);
    let whole = prop::sample::select(vec![
        "",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "true",
        "false",
        "null",
        "~",
        "0440",
        "0o440",
        "0x1F",
        "1_000",
        "1e3",
        "1.10",
        "12:30:45",
        "22:22",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        ".inf",
        ".nan",
        "-",
        "+1",
        "-0",
        "...",
        "---",
        "!!str x",
        "1.",
        ".5",
        "0b11",
        "123456789012345678901234567890",
        "#",
        " x",
        "x ",
        "\u{85}",
        "\u{2028}",
        "\u{feff}x",
        "a: b",
        "[1]",
        "{a: 1}",
        "<<",
    ]);
    prop_oneof![
        2 => whole.prop_map(str::to_owned),
        3 => prop::collection::vec(chunk, 0..6).prop_map(|chunks| chunks.concat()),
    ]
}

fn scalar() -> impl Strategy<Value = Scalar> {
    let text = |text: &'static str| Scalar::Plain(text, Yaml::from(text));
    let plain = vec![
        Scalar::Plain("true", Yaml::from(true)),
        Scalar::Plain("false", Yaml::from(false)),
        Scalar::Plain("8080", Yaml::from(8080)),
        Scalar::Plain("-1", Yaml::from(-1)),
        Scalar::Plain("0.5", Yaml::from(0.5)),
        text("yes"),
        text("on"),
        text("0440"),
        text("1_000"),
        text("1.10"),
        text("1e3"),
        text("2024-01-01"),
        text("12:30"),
        text("256m"),
        text("unless-stopped"),
    ];
    prop_oneof![nasty().prop_map(Scalar::Quoted), prop::sample::select(plain)]
}

fn tree() -> impl Strategy<Value = Tree> {
    scalar().prop_map(Tree::Leaf).prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            prop::collection::btree_map(nasty(), inner, 0..4).prop_map(Tree::Map),
        ]
    })
}

fn service() -> impl Strategy<Value = Service> {
    let key = "[A-Z][A-Z0-9_]{0,6}";
    let name = "[a-z][a-z0-9]{2,6}";
    (
        any::<bool>(),
        prop::collection::btree_map(key, prop::option::weighted(0.8, nasty()), 0..5),
        prop::collection::vec((1u16.., 1u16.., any::<bool>()), 0..3),
        prop::collection::btree_set(name, 0..3),
        prop::collection::btree_set(name, 0..3),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        prop::collection::vec(("[a-z.]{1,8}", scalar()), 0..4),
        tree(),
    )
        .prop_map(|(built, env, ports, volumes, aliases, depends_on, labels, tree)| Service {
            built,
            env,
            ports,
            volumes,
            aliases,
            depends_on,
            labels,
            tree,
        })
}

fn sample() -> impl Strategy<Value = Sample> {
    prop::collection::btree_map("[a-z][a-z0-9-]{0,8}[a-z0-9]", service(), 1..5)
        .prop_map(|services| made(&services))
}

fn made(services: &BTreeMap<String, Service>) -> Sample {
    let names: Vec<&String> = services.keys().collect();
    let mut containers = Vec::new();
    let (mut written, mut volumes) = (serde_yaml::Mapping::new(), serde_yaml::Mapping::new());
    for (position, (name, service)) in services.iter().enumerate() {
        // only on those before it, so that there is no ring
        let mut needs: Vec<&str> = Vec::new();
        for index in service.depends_on.iter().filter(|_| position > 0) {
            let need = names[index.index(position)].as_str();
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        let mut made = container(name).depends_on(&needs);
        let mut means = serde_yaml::Mapping::new();
        if service.built {
            made = made.built(name);
            means.insert("image".into(), format!("demo-{}:dev", tag(name)).into());
            means.insert("build".into(), map([("context", format!("./{name}").into())]));
            means.insert("pull_policy".into(), "build".into());
        } else {
            means.insert("image".into(), format!("{name}:1").into());
        }
        add_lists(service, &mut made, &mut means, &mut volumes);
        if !needs.is_empty() {
            let started = || map([("condition", "service_started".into())]);
            let long: serde_yaml::Mapping = needs.iter().map(|need| (Yaml::from(*need), started())).collect();
            means.insert("depends_on".into(), long.into());
        }
        add_passed(service, &mut made, &mut means);
        containers.push(made);
        written.insert(name.as_str().into(), means.into());
    }
    let mut means = serde_yaml::Mapping::new();
    means.insert("name".into(), "demo".into());
    means.insert("services".into(), written.into());
    if !volumes.is_empty() {
        means.insert("volumes".into(), volumes.into());
    }
    Sample { stack: stack(containers), means: means.into() }
}

fn add_lists(
    service: &Service,
    made: &mut crate::stack::ContainerInStack,
    means: &mut serde_yaml::Mapping,
    volumes: &mut serde_yaml::Mapping,
) {
    let definition = &mut made.definition;
    let port =
        |(host, inside, udp): &(u16, u16, bool)| format!("{host}:{inside}{}", if *udp { "/udp" } else { "" });
    let ports: Vec<String> = service.ports.iter().map(port).collect();
    definition.ports = ports.iter().map(|port| Port::Short(text(port))).collect();
    if !ports.is_empty() {
        means.insert("ports".into(), ports.into());
    }
    let mounts: Vec<String> = service.volumes.iter().map(|name| format!("{name}:/{name}")).collect();
    let lines: Vec<&str> = mounts.iter().map(String::as_str).collect();
    *made = made.clone().volumes(&lines);
    for name in &service.volumes {
        volumes.insert(name.as_str().into(), serde_yaml::Mapping::new().into());
    }
    if !mounts.is_empty() {
        means.insert("volumes".into(), mounts.into());
    }
    made.definition.env =
        service.env.iter().map(|(key, value)| (key.clone(), value.as_deref().map(text))).collect();
    if !service.env.is_empty() {
        let pair = |(key, value): (&String, &Option<String>)| {
            (Yaml::from(key.as_str()), value.as_deref().map_or(Yaml::Null, Yaml::from))
        };
        means.insert(
            "environment".into(),
            service.env.iter().map(pair).collect::<serde_yaml::Mapping>().into(),
        );
    }
    made.definition.network_aliases = service.aliases.iter().map(|alias| text(alias)).collect();
    if !service.aliases.is_empty() {
        let aliases: Vec<Yaml> = service.aliases.iter().map(|alias| alias.as_str().into()).collect();
        means.insert("networks".into(), map([("default", map([("aliases", aliases.into())]))]));
    }
}

/// Keys that pass through: labels with scalars of all sorts, and a free tree.
fn add_passed(service: &Service, made: &mut crate::stack::ContainerInStack, means: &mut serde_yaml::Mapping) {
    let labels: BTreeMap<String, Tree> =
        service.labels.iter().map(|(key, value)| (key.clone(), Tree::Leaf(value.clone()))).collect();
    for (key, tree) in [("labels", Tree::Map(labels)), ("x-tree", service.tree.clone())] {
        made.definition.compose.insert(key.to_owned(), At::new(node(&tree), at()));
        means.insert(key.into(), meant(&tree));
    }
}

fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    entries.into_iter().map(|(key, value)| (Yaml::from(key), value)).collect::<serde_yaml::Mapping>().into()
}

/// Runs of `-` become one.
fn tag(name: &str) -> String {
    let mut tag = name.to_owned();
    while tag.contains("--") {
        tag = tag.replace("--", "-");
    }
    tag
}

fn node(tree: &Tree) -> Node {
    let value = match tree {
        Tree::Leaf(Scalar::Quoted(text)) => Value::Scalar { text: text.clone(), plain: false },
        Tree::Leaf(Scalar::Plain(text, _)) => Value::Scalar { text: (*text).to_owned(), plain: true },
        Tree::List(items) => Value::List(items.iter().map(node).collect()),
        Tree::Map(pairs) => Value::Map(
            pairs.iter().map(|(key, value)| (Key { text: key.clone(), place: at() }, node(value))).collect(),
        ),
    };
    Node { place: at(), value }
}

fn meant(tree: &Tree) -> Yaml {
    match tree {
        Tree::Leaf(Scalar::Quoted(text)) => text.as_str().into(),
        Tree::Leaf(Scalar::Plain(_, yaml)) => yaml.clone(),
        Tree::List(items) => items.iter().map(meant).collect::<Vec<_>>().into(),
        Tree::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| (Yaml::from(key.as_str()), meant(value)))
            .collect::<serde_yaml::Mapping>()
            .into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_reader_sees_what_was_meant(sample in sample()) {
        let text = compose::files(&sample.stack).unwrap().main.unwrap();
        let read: Yaml = serde_yaml::from_str(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(&read, &sample.means, "{}", text);
        prop_assert_eq!(compose::files(&sample.stack).unwrap().main.unwrap(), text);
    }
}

#[test]
fn compose_takes_every_file() {
    let Some(compose) = Compose::find("compose_takes_every_file") else { return };
    let mut runner = TestRunner::deterministic();
    let world = World::new();
    for _ in 0..40 {
        let sample = sample().new_tree(&mut runner).unwrap().current();
        let text = compose::files(&sample.stack).unwrap().main.unwrap();
        // without variables filled in, as hsm asks; and filled in, which checks what services refer to as well
        for more in [&["--no-interpolate"][..], &[]] {
            let outcome = compose.config(&world, &text, more);
            let said = String::from_utf8_lossy(&outcome.stderr);
            assert!(outcome.ok(), "{said}\n{text}");
        }
    }
}

#[test]
fn compose_reads_environment_and_labels_as_they_were_meant() {
    let Some(compose) = Compose::find("compose_reads_environment_and_labels_as_they_were_meant") else {
        return;
    };
    let world = World::new();
    let values = [
        "yes",
        "0440",
        "1_000",
        "1.10",
        "2024-01-01",
        "12:30:45",
        "null",
        "~",
        "5$$",
        "a: b # c",
        "\"'\\",
        "é\n x",
    ];
    let keys: Vec<String> = (0..values.len()).map(|number| format!("K{number}")).collect();
    let env: Vec<(&str, Option<&str>)> = keys.iter().map(String::as_str).zip(values.map(Some)).collect();
    let mut a = container("a").env(&env);
    let labels = pairs("{labels: {plain: 0440, date: 2024-01-01, thousand: 1_000, short: 1.10, yes: yes}}");
    a.definition.compose = labels.into_iter().map(|(key, node)| (key.value, At::new(node, at()))).collect();
    let text = compose::files(&stack([a])).unwrap().main.unwrap();
    let outcome = compose.show(&world, &text);
    let read: Yaml = serde_yaml::from_slice(&outcome.stdout).unwrap();
    let service = &read["services"]["a"];
    for (key, value) in keys.iter().zip(values) {
        // printed again, a dollar sign is doubled again
        assert_eq!(service["environment"][key.as_str()], Yaml::from(value), "{key}");
    }
    for (key, value) in
        [("plain", "0440"), ("date", "2024-01-01"), ("thousand", "1_000"), ("short", "1.10"), ("yes", "yes")]
    {
        assert_eq!(service["labels"][key], Yaml::from(value), "{key}");
    }
}
