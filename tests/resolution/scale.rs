//! Large projects: what is long, wide or many costs no more than its length, and says no more than can be read.

use std::fmt::Write as _;
use std::path::Path;

use crate::memory::{Memory, ROOT, entries_read};
use hsm::compile::compile;
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock;
use hsm::names::{ComponentId, Kind, Name};
use hsm::road::{Road, Stop, Wish};
use hsm::solve::{NoStack, Solved, solve};

fn id(number: usize) -> ComponentId {
    ComponentId::new(Kind::Package, &Name::parse(&format!("p{number}")).unwrap())
}

/// A project with these files and `count` packages `p0`, `p1`, …, of which each says what `says` adds to its entry.
fn project(
    manifest: &str,
    groups: &[(&str, String)],
    count: usize,
    says: impl Fn(usize) -> String,
) -> Memory {
    let entry = |number| {
        let text =
            format!("name: p{number}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\n{}", says(number));
        (format!("hsm-registry/packages/p{number}.yaml"), text)
    };
    let groups = groups.iter().map(|(name, text)| {
        let text = format!("name: {name}\ntype: package_group\n{text}");
        (format!("hsm-registry/package_groups/{name}.yaml"), text)
    });
    let manifest = ("hsm.yaml".to_owned(), format!("project: {{name: large}}\ndependencies:\n{manifest}"));
    Memory::new((0..count).map(entry).chain(groups).chain([manifest]))
}

fn options(count: usize) -> String {
    (0..count).fold("options:\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "  - name: p{number}");
        text
    })
}

fn items(indent: &str, count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{indent}- p{number}");
        text
    })
}

fn run(world: &Memory) -> (Inputs, Result<Solved, NoStack>) {
    let inputs = load(Path::new(ROOT), world, &LoadOptions::default())
        .unwrap_or_else(|report| panic!("{:#?}", &report.diagnostics[..report.diagnostics.len().min(3)]));
    let solved = solve(&inputs, &compile(&inputs), &|| false);
    (inputs, solved)
}

fn stack_of(world: &Memory) -> (Inputs, Solved) {
    let (inputs, solved) = run(world);
    (
        inputs,
        solved.unwrap_or_else(|none| panic!("{}", format!("{none:?}").chars().take(500).collect::<String>())),
    )
}

const LONG: usize = 10_000;

#[test]
fn a_chain_of_ten_thousand_has_ten_thousand_reasons_and_holds_each_once() {
    let next = |n| if n + 1 < LONG { format!("implies: {{package:p{}: }}\n", n + 1) } else { String::new() };
    let (inputs, solved) = stack_of(&project("  packages: [p0]\n", &[], LONG, next));
    assert_eq!(solved.stack.packages.len(), LONG);
    assert_eq!(solved.reasons.ids().count(), LONG);
    let chain = solved.reasons.chain(&id(LONG - 1)).unwrap();
    assert_eq!(chain.len(), LONG);
    assert_eq!(chain[0].claim.to_string(), "hsm.yaml wants package:p0");
    assert_eq!(chain[LONG - 1].claim.to_string(), "package:p9998 implies package:p9999");
    // Each chain is part of the longest; held apart they would be fifty million statements.
    assert_eq!(solved.reasons.len(), LONG);
    let links = solved.reasons.links();
    assert_eq!(links.table.len(), LONG);
    let mut followed = Vec::new();
    let mut next_link = links.last.iter().find(|(of, _)| **of == id(LONG - 1)).unwrap().1;
    while let Some(link) = next_link.map(|number| links.table[number]) {
        followed.push(link.statement);
        next_link = link.after;
    }
    followed.reverse();
    assert!(followed == chain, "the links of a chain are its statements");
    let text = lock::render(&inputs, &solved.stack);
    let again = project("  packages: [p0]\n", &[], LONG, next).with(lock::FILE, text.clone());
    let (inputs, solved) = stack_of(&again);
    assert!(lock::render(&inputs, &solved.stack) == text, "the lock changes");
}

#[test]
fn a_chain_of_ten_thousand_that_ends_in_a_conflict_names_each_of_its_links() {
    let next = |n| {
        if n + 1 < LONG {
            format!("implies: {{package:p{}: }}\n", n + 1)
        } else {
            "conflicts: {package:p0: \"*\"}\n".to_owned()
        }
    };
    let (_, solved) = run(&project("  packages: [p0]\n", &[], LONG, next));
    let Err(NoStack::Unsolved(conflict)) = solved else { panic!("it is solved") };
    assert_eq!(conflict.statements.len(), LONG + 1);
    assert_eq!(conflict.statements[0].claim.to_string(), "hsm.yaml wants package:p0");
    assert_eq!(conflict.statements[LONG].claim.to_string(), "package:p9999 conflicts with package:p0");
}

#[test]
fn ten_thousand_listed_packages_are_the_stack() {
    let world = project(&format!("  packages:\n{}", items("    ", LONG)), &[], LONG, |_| String::new());
    let (inputs, solved) = stack_of(&world);
    assert_eq!(solved.stack.packages.len(), LONG);
    assert_eq!(inputs.opened, LONG);
    assert!(solved.optimal);
}

#[test]
fn five_hundred_options_and_five_hundred_selected() {
    let one = "  package_groups: {g: {}}\n";
    let (_, solved) = stack_of(&project(
        one,
        &[("g", format!("strategy: 1-of-N\ndefault: p499\n{}", options(500)))],
        500,
        |_| String::new(),
    ));
    assert_eq!(solved.stack.packages.keys().collect::<Vec<_>>(), [&id(499)]);
    let half = format!("strategy: M-of-N\nmin: 250\nmax: 250\n{}", options(500));
    let (_, solved) = stack_of(&project(one, &[("g", half)], 500, |_| String::new()));
    assert_eq!(solved.stack.packages.len(), 250);
    assert!(solved.stack.packages.contains_key(&id(249)));
    let many = format!("  package_groups:\n    g:\n      selection:\n{}", items("        ", 500));
    let (_, solved) =
        stack_of(&project(&many, &[("g", format!("strategy: M-of-N\n{}", options(500)))], 500, |_| {
            String::new()
        }));
    assert_eq!(solved.stack.packages.len(), 500);
}

#[test]
fn one_pin_too_many_of_five_hundred_names_only_what_it_takes() {
    let manifest = format!("  package_groups:\n    g:\n      selection:\n{}", items("        ", 500));
    let group = format!("strategy: M-of-N\nmax: 250\n{}", options(500));
    let (_, solved) = run(&project(&manifest, &[("g", group)], 500, |_| String::new()));
    let Err(NoStack::Unsolved(conflict)) = solved else { panic!("it is solved") };
    // 251 selected options, and how many the group takes.
    assert_eq!(conflict.statements.len(), 252);
}

#[test]
fn of_twenty_thousand_entries_only_the_fifty_that_can_be_reached_are_read() {
    let next = |n| if n % 50 == 49 { String::new() } else { format!("implies: {{package:p{}: }}\n", n + 1) };
    let world = project("  packages: [p15000]\n", &[], 20_000, next);
    let (inputs, solved) = stack_of(&world);
    assert_eq!((inputs.opened, solved.stack.packages.len()), (50, 50));
    let read = entries_read(&world);
    let expected =
        (15_000..15_050).map(|n| Path::new(ROOT).join(format!("hsm-registry/packages/p{n}.yaml"))).collect();
    assert_eq!(read, expected);
}

#[test]
fn twice_as_many_entries_are_twice_as_many_files_and_twice_as_many_rules() {
    let next = |count| {
        move |n| {
            let implied =
                if n + 1 < count { format!("implies: {{package:p{}: }}\n", n + 1) } else { String::new() };
            format!("{implied}releases: [{{version: 0.9.0}}]\nconflicts: {{package:q: \"*\"}}\n")
        }
    };
    let sizes = |count| {
        // what cannot be reached is there too, and costs nothing
        let more = next(count);
        let world = project("  packages: [p0]\n", &[], count + 1_000, move |n| {
            if n < count { more(n) } else { String::new() }
        });
        let inputs = load(Path::new(ROOT), &world, &LoadOptions::default()).unwrap();
        let compiled = compile(&inputs);
        let problem = &compiled.problem;
        [inputs.opened, world.reads().len(), compiled.components.len(), problem.rules().len()]
    };
    let (once, twice, thrice) = (sizes(500), sizes(1_000), sizes(1_500));
    for ((a, b), c) in once.into_iter().zip(twice).zip(thrice) {
        assert!(b > a, "it grows");
        assert_eq!(b - a, c - b, "the same again for as many again: {once:?}, {twice:?}, {thrice:?}");
    }
    assert_eq!(once[0], 500);
}

#[test]
fn an_interrupted_load_reads_no_more_files() {
    let count = 1_000;
    let next = |n| if n + 1 < count { format!("implies: {{package:p{}: }}\n", n + 1) } else { String::new() };
    let road = |world: &Memory| {
        let road = Road { root: Path::new(ROOT), world, remote: None };
        road.resolve(&Wish::default()).map(|resolved| resolved.solved.stack.packages.len())
    };
    let whole = project("  packages: [p0]\n", &[], count, next);
    assert_eq!(road(&whole).unwrap(), count);
    let stopped = project("  packages: [p0]\n", &[], count, next).interrupted_after(100);
    assert!(matches!(road(&stopped), Err(Stop::Interrupted(2))));
    assert_eq!(stopped.reads().len(), 100);
    // Nobody has that name, and looking into all entries for who once had it is cut short as well.
    let unknown = project("  packages: [nobody]\n", &[], count, next).interrupted_after(100);
    assert!(matches!(road(&unknown), Err(Stop::Interrupted(2))));
    assert_eq!(unknown.reads().len(), 100);
}

#[test]
fn what_is_listed_twice_among_thousands_is_found_with_both_places() {
    let count = 5_000;
    let manifest = format!("  packages:\n{}    - P0\n", items("    ", count));
    let world = project(&manifest, &[], count, |_| String::new());
    let report = load(Path::new(ROOT), &world, &LoadOptions::default()).unwrap_err();
    let [twice] = report.diagnostics.as_slice() else { panic!("{:?}", report.diagnostics.len()) };
    let at = |place| report.sources.position(place).line;
    assert_eq!(
        (twice.place.map(at), twice.related.iter().map(|r| at(r.place)).collect::<Vec<_>>()),
        (Some(5_004), vec![4])
    );
}

#[test]
fn an_entry_with_eighteen_thousand_options_of_the_longest_names_fits_and_so_does_its_lock() {
    let count = 18_000;
    let name = |n: usize| format!("{n:0>64}");
    let mut group = "name: g\ntype: package_group\nstrategy: M-of-N\nmin: 0\noptions:\n".to_owned();
    for n in 0..count {
        let _ = writeln!(group, "  - name: \"{}\"", name(n));
    }
    assert!(group.len() > 1 << 20);
    let parsed = hsm::yaml::parse(hsm::place::FileId(0), &group, hsm::yaml::Limits::of_entry(true));
    assert_eq!(parsed.diagnostics, []);
    let mut lock = "schema: 1\ncomponents:\n".to_owned();
    for n in 0..3 * count {
        let _ = writeln!(
            lock,
            "  package:{}:\n    registry: r\n    release: \"1\"\n    mode: prod\n    source:\n      type: pypi",
            name(n)
        );
    }
    assert!(lock.len() > 4 << 20);
    let world = project("  packages: []\n", &[], 0, |_| String::new()).with(lock::FILE, lock);
    let (inputs, _) = run(&world);
    assert_eq!(inputs.lock.map(|lock| lock.components.len()), Some(3 * count));
}
