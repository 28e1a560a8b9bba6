//! Rings in the order of the work: many of them avoided at once, long ones, ones that cannot be avoided.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::memory::{Memory, ROOT};
use hsm::adapters::docker::{Docker, MAIN_FILE};
use hsm::adapters::{Adapter as _, Settings};
use hsm::compile::compile;
use hsm::container::Problem;
use hsm::diagnostic::{Diagnostic, Finding};
use hsm::load::{LoadOptions, load};
use hsm::solve::{NoStack, Solved, solve};
use hsm::statement::{Claim, Statement};
use hsm_oracle::Dice;

fn world(files: Vec<(String, String)>, manifest: &str) -> Memory {
    let manifest = ("hsm.yaml".to_owned(), manifest.to_owned());
    let entries = files.into_iter().map(|(path, text)| (format!("hsm-registry/{path}"), text));
    Memory::new(entries.chain([manifest]))
}

fn solved(world: &Memory) -> Result<Solved, NoStack> {
    let inputs = load(Path::new(ROOT), world, &LoadOptions::default()).unwrap();
    solve(&inputs, &compile(&inputs), &|| false)
}

/// A container that runs a published image and depends on others.
fn container(name: &str, depends_on: &[String]) -> (String, String) {
    let on = depends_on.join(", ");
    let text = format!(
        "name: {name}\nsources: {{prod: {{type: docker-image, image: \"e/{name}:1\"}}}}\n\
         orchestration: {{depends_on: [{on}]}}\n"
    );
    (format!("containers/{name}.yaml"), text)
}

/// A group that takes one of its options, the first by default.
fn group(name: &str, options: &[String]) -> (String, String) {
    let mut text = format!("name: {name}\ntype: container_group\nstrategy: 1-of-N\noptions:\n");
    for option in options {
        let _ = writeln!(text, "  - name: {option}");
    }
    (format!("container_groups/{name}.yaml"), text)
}

fn present(stack: &Solved) -> BTreeSet<&str> {
    stack.stack.containers.keys().map(|id| id.name().as_str()).collect()
}

#[test]
fn three_hundred_rings_are_avoided_at_once() {
    let mut files = Vec::new();
    let mut manifest = "project: {name: demo}\nservices:\n  container_groups:\n".to_owned();
    for n in 0..300 {
        let name = |kind: &str| format!("{kind}{n}");
        files.push(group(&name("left"), &[name("a"), name("b")]));
        files.push(group(&name("right"), &[name("x"), name("y")]));
        files.push(container(&name("a"), &[name("x")]));
        files.push(container(&name("b"), &[]));
        files.push(container(&name("x"), &[name("a")]));
        files.push(container(&name("y"), &[]));
        let _ = writeln!(manifest, "    left{n}: {{}}\n    right{n}: {{}}");
    }
    let solved = solved(&world(files, &manifest)).unwrap();
    let expected: BTreeSet<String> = (0..300).flat_map(|n| [format!("b{n}"), format!("y{n}")]).collect();
    assert!(present(&solved).into_iter().eq(expected.iter().map(String::as_str)));
}

/// Ten groups whose options all wait for the next group; the way out lies where preferences look for it last.
#[test]
fn what_makes_rings_again_and_again_is_tied_down() {
    let layers = 10;
    let files = |way_out: bool| {
        let mut files = Vec::new();
        for n in 0..layers {
            let names: Vec<String> = ["a", "b", "c"].map(|kind| format!("{kind}{n}")).to_vec();
            let next = format!("g{}", (n + 1) % layers);
            for name in &names {
                let free = way_out && name == "c0";
                files.push(container(name, if free { &[] } else { std::slice::from_ref(&next) }));
            }
            files.push(group(&format!("g{n}"), &names));
        }
        files
    };
    let mut manifest = "project: {name: demo}\nservices:\n  container_groups:\n".to_owned();
    for n in 0..layers {
        let _ = writeln!(manifest, "    g{n}: {{}}");
    }
    let found = solved(&world(files(true), &manifest)).unwrap();
    let mut expected: BTreeSet<String> = (1..layers).map(|n| format!("a{n}")).collect();
    expected.insert("c0".to_owned());
    assert!(present(&found).into_iter().eq(expected.iter().map(String::as_str)));
    let Err(NoStack::Unsolved(conflict)) = solved(&world(files(false), &manifest)) else {
        panic!("every choice makes a ring");
    };
    let rings = conflict.statements.iter().filter(|s| s.claim.to_string().contains("cannot wait in a ring"));
    assert!(rings.count() > 0);
}

#[test]
fn a_ring_through_a_thousand_is_avoided_at_the_one_place_where_it_can_be() {
    let mut files: Vec<_> = (0..999).map(|n| container(&format!("c{n}"), &[format!("c{}", n + 1)])).collect();
    files.push(container("c999", &["choice".to_owned()]));
    files.push(group("choice", &["c0".to_owned(), "elsewhere".to_owned()]));
    files.push(container("elsewhere", &[]));
    let solved =
        solved(&world(files, "project: {name: demo}\nservices: {containers: [c999, c500]}\n")).unwrap();
    assert!(present(&solved).contains("elsewhere"));
    assert!(!present(&solved).contains("c0"));
}

#[test]
fn a_ring_of_five_hundred_that_cannot_be_avoided_is_shown_whole() {
    let files = (0..500).map(|n| container(&format!("c{n}"), &[format!("c{}", (n + 1) % 500)])).collect();
    let Err(NoStack::Unsolved(conflict)) =
        solved(&world(files, "project: {name: demo}\nservices: {containers: [c7]}\n"))
    else {
        panic!("there is no way out");
    };
    let said: Vec<String> = conflict.statements.iter().map(|s| s.claim.to_string()).collect();
    assert!(conflict.minimal);
    assert_eq!(said.len(), 502, "who wants it, 500 lines, the ring");
    assert_eq!(said[0], "hsm.yaml wants container:c7");
    assert!(said.iter().any(|s| s.starts_with("containers cannot wait in a ring: container:c")));
    for n in 0..500 {
        let line = format!("container:c{n} depends on container:c{}", (n + 1) % 500);
        assert!(said.contains(&line), "{line}");
    }
}

/// Lines of many releases make one ring: it is forbidden once for all of them.
#[test]
fn releases_that_each_say_it_themselves_make_one_ring() {
    let with_releases = |name: &str, other: &str, fine: bool| {
        let mut text = format!("name: {name}\nreleases:\n");
        for n in 2..42 {
            let _ = writeln!(
                text,
                "  - {{version: \"{n}\", orchestration: {{depends_on: [{other}]}}, \
                 sources: {{prod: {{type: docker-image, image: \"e/{name}:{n}\"}}}}}}"
            );
        }
        if fine {
            let _ = writeln!(
                text,
                "  - {{version: \"1\", sources: {{prod: {{type: docker-image, image: \"e/{name}:1\"}}}}}}"
            );
        }
        (format!("containers/{name}.yaml"), text)
    };
    let files = vec![with_releases("a", "b", false), with_releases("b", "a", true)];
    let solved = solved(&world(files, "project: {name: demo}\nservices: {containers: [a, b]}\n")).unwrap();
    let releases: BTreeMap<&str, &str> = solved
        .stack
        .containers
        .iter()
        .map(|(id, c)| (id.name().as_str(), c.release.as_ref().map_or("-", |v| v.as_str())))
        .collect();
    assert_eq!(releases, BTreeMap::from([("a", "41"), ("b", "1")]));
}

/// Six containers that are built from each other and wait for each other, two of them the options of a group.
fn tangle(dice: &mut Dice) -> Memory {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let any = |dice: &mut Dice| NAMES[dice.below(NAMES.len())];
    let mut files = vec![group("g", &["e".to_owned(), "f".to_owned()])];
    for name in NAMES {
        let mut text = format!("name: {name}\nsources:\n  dev: {{type: build, path: ./{name}");
        if dice.percent(25) {
            let _ = write!(text, ", args: {{BASE: \"${{HSM_IMAGE.{}}}\"}}", any(dice));
        }
        if dice.percent(30) {
            let target = if dice.percent(30) {
                "container_group:g".to_owned()
            } else {
                format!("container:{}", any(dice))
            };
            let demand = if dice.percent(60) { "{mode: dev}" } else { "{}" };
            let _ = write!(text, ", requires: {{\"{target}\": {demand}}}");
        }
        text.push_str("}\n");
        if dice.percent(70) {
            let _ = writeln!(text, "  prod: {{type: docker-image, image: \"e/{name}:1\"}}");
        }
        if dice.percent(15) {
            text.push_str("run: false\n");
        }
        if dice.percent(50) {
            let on = if dice.percent(30) { "g" } else { any(dice) };
            let _ = writeln!(text, "orchestration: {{depends_on: [{on}]}}");
        }
        if dice.percent(40) {
            let waits = ["depends_on: {}".to_owned(), format!("depends_on: [{}]", any(dice))];
            let releases = waits.iter().map(|waits| format!("orchestration: {{{waits}}}")).zip(7..);
            text.push_str("releases:\n");
            for (waits, release) in releases {
                let _ = writeln!(text, "  - {{version: \"{release}\", {waits}}}");
            }
        }
        files.push((format!("containers/{name}.yaml"), text));
    }
    let mode = ["dev", "prod"][dice.below(2)];
    let (one, other) = ("a", ["b", "c", "d"][dice.below(3)]);
    world(
        files,
        &format!(
            "project: {{name: demo, mode: {mode}}}\nservices:\n  containers: [{one}, {other}]\n  \
             container_groups: {{g: {{}}}}\n"
        ),
    )
}

/// What is solved can be built and started: the work of the stack, as the adapter has it, has an order.
#[test]
fn the_work_of_every_stack_has_an_order() {
    let (mut builds, mut starts, mut rings) = (0, 0, 0);
    for seed in 1..2_000 {
        let memory = tangle(&mut Dice::new(seed));
        let inputs = load(Path::new(ROOT), &memory, &LoadOptions::default())
            .unwrap_or_else(|report| panic!("seed {seed}: {:?}", report.diagnostics));
        let solved = match solve(&inputs, &compile(&inputs), &|| false) {
            Ok(solved) => solved,
            Err(NoStack::Unsolved(conflict)) => {
                let in_ring = |s: &Statement| matches!(s.claim, Claim::Ring { .. });
                rings += usize::from(conflict.statements.iter().any(in_ring));
                continue;
            }
            Err(other) => panic!("seed {seed}: {other:?}"),
        };
        let stack = &solved.stack;
        let engine = Docker.lifecycle().unwrap();
        for steps in [engine.build(stack, &[]), engine.up(stack, &[], None)] {
            let ring = |d: &Diagnostic| matches!(&d.finding, Finding::Container(Problem::BuildRing(_)));
            match steps {
                Ok(steps) => builds += usize::from(steps.len() > 2),
                Err(found) => assert!(!found.iter().any(ring), "seed {seed}: {found:?}"),
            }
        }
        let Ok(part) = Docker.plan(stack, Path::new(ROOT), &Settings::default(), &memory) else { continue };
        let file = part.files.iter().find(|file| file.path == Path::new(MAIN_FILE));
        let Some(text) = file.and_then(|file| file.after.as_ref()) else { continue };
        let text: serde_yaml::Value = serde_yaml::from_slice(text).unwrap();
        starts += ordered(&text, &format!("seed {seed}"));
    }
    println!("{builds} builds in steps, {starts} waits to start, {rings} rings without a way out");
    assert!(builds > 300 && starts > 1_000 && rings > 100, "these dice prove little");
}

/// Counts who waits for whom to start in a Compose file, and fails when they cannot all start.
fn ordered(file: &serde_yaml::Value, whose: &str) -> usize {
    let services = file["services"].as_mapping().unwrap();
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, service) in services {
        let waits = service["depends_on"].as_mapping();
        let waits = waits.into_iter().flat_map(|all| all.keys().filter_map(serde_yaml::Value::as_str));
        left.insert(name.as_str().unwrap(), waits.collect());
    }
    let waits = left.values().map(Vec::len).sum();
    while !left.is_empty() {
        let ready: Vec<&str> = left
            .iter()
            .filter(|(_, waits)| !waits.iter().any(|on| left.contains_key(on)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!ready.is_empty(), "{whose}: none of these can start first: {left:?}");
        for name in ready {
            left.remove(name);
        }
    }
    waits
}
