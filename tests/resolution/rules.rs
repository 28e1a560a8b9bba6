//! Each rule of resolution by a project in a few lines.

mod reading;

use std::path::{Path, PathBuf};

use crate::memory::{Memory, ROOT, files};
use hsm::compile::compile;
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock;
use hsm::solve::{NoStack, Solved, solve};

fn directory(at: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(at.join(&dir)).unwrap() {
            let entry = entry.unwrap();
            let path = dir.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                todo.push(path);
            } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
                found.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
    found
}

fn inputs(world: &Memory) -> Inputs {
    load(Path::new(ROOT), world, &LoadOptions::default()).unwrap_or_else(|report| {
        panic!("{:#?}", report.diagnostics.iter().map(|d| d.finding.to_string()).collect::<Vec<_>>())
    })
}

fn try_solve(world: &Memory) -> (Inputs, Result<Solved, NoStack>) {
    let inputs = inputs(world);
    let solved = solve(&inputs, &compile(&inputs), &|| false);
    (inputs, solved)
}

fn solved(world: &Memory) -> (Inputs, Solved) {
    let (inputs, solved) = try_solve(world);
    let solved = solved.unwrap_or_else(|none| match none {
        NoStack::Unsolved(conflict) => {
            panic!("{:#?}", conflict.statements.iter().map(|s| s.claim.to_string()).collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    });
    (inputs, solved)
}

/// A world from text: files after lines `=== PATH`; every path but those of `hsm.…` lies in the registry.
fn world(text: &str) -> Memory {
    Memory::new(files(text).into_iter().map(|(path, text)| {
        let path = if path.starts_with("hsm.") { path } else { format!("hsm-registry/{path}") };
        (path, text)
    }))
}

/// The stack in short: `ID RELEASE MODE PROFILE` for components, `ID: OPTIONS` for groups.
fn stack(text: &str) -> String {
    short(&solved(&world(text)).1)
}

fn short(solved: &Solved) -> String {
    let mut lines = Vec::new();
    for (id, package) in &solved.stack.packages {
        lines.push(format!("{id} {} {}", version(package.release.as_ref()), package.mode));
    }
    for (id, container) in &solved.stack.containers {
        let mode = container.mode.map_or("external", hsm::manifest::Mode::as_str);
        let profile = container.profile.as_ref().map(|p| format!(" {p}")).unwrap_or_default();
        lines.push(format!("{id} {} {mode}{profile}", version(container.release.as_ref())));
    }
    for (id, group) in &solved.stack.groups {
        let options: Vec<&str> = group.options.iter().map(hsm::names::Name::as_str).collect();
        lines.push(format!("{id}: {}", options.join(" ")));
    }
    lines.join("\n")
}

fn version(release: Option<&hsm::version::Version>) -> &str {
    release.map_or("-", hsm::version::Version::as_str)
}

/// The statements of a conflict, sorted, each with its line.
fn conflict(text: &str) -> Vec<String> {
    let (inputs, result) = try_solve(&world(text));
    match result {
        Err(NoStack::Unsolved(conflict)) => {
            let mut lines: Vec<String> = conflict
                .statements
                .iter()
                .map(|statement| match statement.place {
                    Some(place) => {
                        let at = inputs.sources.position(place);
                        format!(
                            "{}:{}: {}",
                            at.path.trim_start_matches("hsm-registry/"),
                            at.line,
                            statement.claim
                        )
                    }
                    None => statement.claim.to_string(),
                })
                .collect();
            lines.sort();
            lines
        }
        Err(other) => panic!("{other:?}"),
        Ok(solved) => panic!("{}", short(&solved)),
    }
}

/// What is wrong, each with its line, in the order of the report.
fn report(text: &str) -> Vec<String> {
    let report = load(Path::new(ROOT), &world(text), &LoadOptions::default()).unwrap_err();
    report
        .diagnostics
        .iter()
        .map(|d| {
            let place = d.place.map(|place| {
                let at = report.sources.position(place);
                format!("{}:{}:{}: ", at.path.trim_start_matches("hsm-registry/"), at.line, at.column)
            });
            let help = d.finding.help().map(|help| format!(" [{help}]")).unwrap_or_default();
            format!("{}{}{help}", place.unwrap_or_default(), d.finding)
        })
        .collect()
}

const BOTH: &str = "sources: {prod: {type: pypi}, dev: {type: local, path: ./x}}";
const PROD: &str = "sources: {prod: {type: pypi}}";
const IMAGE: &str = "sources: {prod: {type: docker-image, image: \"i:1\"}}";

#[test]
fn a_pin_binds_and_a_preference_gives_way() {
    let text = |manifest: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p, mode: dev}}\n{manifest}\n=== packages/a.yaml\nname: a\nversion: \"1.0\"\n{PROD}\n"
        )
    };
    assert_eq!(stack(&text("dependencies: {packages: [a]}")), "package:a 1.0 prod");
    let (_, solved) = solved(&world(&text("dependencies: {packages: [a]}")));
    let warnings: Vec<String> = solved.warnings.iter().map(|w| w.finding.to_string()).collect();
    assert_eq!(warnings, ["package:a has no dev source, so it is in prod mode"]);
    assert_eq!(
        conflict(&text("dependencies: {packages: [a: dev]}")),
        [
            "hsm.yaml:2: hsm.yaml pins package:a to dev mode",
            "hsm.yaml:2: hsm.yaml wants package:a",
            "packages/a.yaml:1: package:a has no dev source",
        ]
    );
}

#[test]
fn the_preferred_mode_comes_before_the_newest_release() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p, mode: dev}}\ndependencies: {{packages: [a]}}\n\
         === packages/a.yaml\nname: a\nreleases:\n  - version: \"1.0\"\n    {BOTH}\n  - version: \"2.0\"\n    {PROD}\n"
    );
    assert_eq!(stack(&text), "package:a 1.0 dev");
    assert_eq!(stack(&text.replace("mode: dev", "mode: prod")), "package:a 2.0 prod");
}

#[test]
fn a_constraint_holds_only_for_what_is_there() {
    let text = |more: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a]}}\nconstraints: {{package:b: {{version: \"<2\", mode: dev}}}}\n\
             === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\n{more}\n\
             === packages/b.yaml\nname: b\nversion: \"1\"\n{BOTH}\nreleases: [{{version: \"2\"}}]\n"
        )
    };
    assert_eq!(stack(&text("")), "package:a 1 prod");
    assert_eq!(stack(&text("implies: {package:b: \"*\"}")), "package:a 1 prod\npackage:b 1 dev");
    assert_eq!(
        conflict(&text("implies: {package:b: \">=2\"}")),
        [
            "hsm.yaml:2: hsm.yaml wants package:a",
            "hsm.yaml:3: hsm.yaml pins package:b to <2",
            "packages/a.yaml:4: package:a implies package:b >=2",
        ]
    );
}

const GROUP: &str = "=== hsm.yaml\nproject: {name: p}\nservices: {container_groups: {g: LINE}}\n\
    === container_groups/g.yaml\nname: g\ntype: container_group\nSTRATEGY\noptions: [{name: x}, {name: y}, {name: z}]\n\
    === containers/x.yaml\nname: x\nversion: \"1\"\nIMAGE\n\
    === containers/y.yaml\nname: y\nversion: \"1\"\nIMAGE\n\
    === containers/z.yaml\nname: z\nversion: \"1\"\nIMAGE\ndeployment_profiles: {here: {mode: managed}}\n";

fn group(line: &str, strategy: &str) -> String {
    GROUP.replace("LINE", line).replace("STRATEGY", strategy).replace("IMAGE", IMAGE)
}

fn options(line: &str, strategy: &str) -> String {
    let stack = stack(&group(line, strategy));
    stack
        .lines()
        .last()
        .and_then(|line| line.split_once(": "))
        .map(|(_, options)| options.to_owned())
        .unwrap_or_default()
}

#[test]
fn groups_take_what_is_selected_or_by_default_and_no_more() {
    let (one, many) = ("strategy: 1-of-N", "strategy: M-of-N");
    assert_eq!(options("{}", one), "x");
    assert_eq!(options("{}", "strategy: 1-of-N\ndefault: y"), "y");
    assert_eq!(options("{selection: z}", "strategy: 1-of-N\ndefault: y"), "z");
    assert_eq!(options("{exclude: [x]}", one), "y");
    assert_eq!(options("{}", many), "x");
    assert_eq!(options("{}", "strategy: M-of-N\nmin: 2\ndefault: [z]"), "x z");
    assert_eq!(options("{}", "strategy: M-of-N\ndefault: [z, y]"), "y z");
    assert_eq!(options("{}", "strategy: M-of-N\nmax: 1\ndefault: [z]"), "z");
    assert_eq!(options("{selection: [y]}", "strategy: M-of-N\ndefault: [z]"), "y");
    assert_eq!(options("{selection: [y]}", "strategy: M-of-N\nmin: 2"), "x y");
    assert_eq!(options("{selection: []}", "strategy: M-of-N\nmin: 0\ndefault: [x]"), "");
    assert_eq!(options("{selection: []}", "strategy: M-of-N\ndefault: [y]"), "y");
    assert_eq!(options("{exclude: [x]}", "strategy: M-of-N\ndefault: [x]"), "y");
}

#[test]
fn a_group_that_may_be_empty_is_left_empty_though_its_only_option_would_do_elsewhere() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\nservices: {{container_groups: {{a: {{selection: []}}, b: {{}}}}}}\n\
         === container_groups/a.yaml\nname: a\ntype: container_group\nstrategy: M-of-N\nmin: 0\noptions: [{{name: x}}]\n\
         === container_groups/b.yaml\nname: b\ntype: container_group\nstrategy: 1-of-N\noptions: [{{name: x}}, {{name: y}}]\n\
         === containers/x.yaml\nname: x\nversion: \"1\"\n{IMAGE}\n=== containers/y.yaml\nname: y\nversion: \"1\"\n{IMAGE}\n"
    );
    assert_eq!(stack(&text), "container:y 1 prod\ncontainer_group:a: \ncontainer_group:b: y");
}

#[test]
fn too_many_or_too_few_options_are_a_conflict() {
    assert_eq!(
        conflict(&group("{selection: [x, y]}", "strategy: 1-of-N")),
        [
            "container_groups/g.yaml:3: container_group:g takes exactly one of its options",
            "hsm.yaml:2: hsm.yaml selects `x` in container_group:g",
            "hsm.yaml:2: hsm.yaml selects `y` in container_group:g",
        ]
    );
    assert_eq!(
        conflict(&group("{exclude: [x, y]}", "strategy: M-of-N\nmin: 2")),
        [
            "container_groups/g.yaml:4: container_group:g takes at least 2 and at most 3 of its options",
            "hsm.yaml:2: hsm.yaml excludes `x` from container_group:g",
            "hsm.yaml:2: hsm.yaml excludes `y` from container_group:g",
            "hsm.yaml:2: hsm.yaml uses container_group:g",
        ]
    );
}

#[test]
fn options_count_for_whatever_reason_they_are_present() {
    let text = group("{}", "strategy: 1-of-N").replace("services: {", "services: {containers: [y], ");
    assert_eq!(stack(&text), "container:y 1 prod\ncontainer_group:g: y");
}

#[test]
fn a_group_line_binds_the_options_that_have_its_profile() {
    let many = "strategy: M-of-N\ndefault: [y, z]";
    assert_eq!(
        stack(&group("{profile: here}", many)),
        "container:y 1 prod\ncontainer:z 1 prod here\ncontainer_group:g: y z"
    );
    assert_eq!(
        conflict(&group("{mode: dev}", "strategy: 1-of-N")),
        [
            "container_groups/g.yaml:3: container_group:g takes exactly one of its options",
            "hsm.yaml:2: hsm.yaml puts the options of container_group:g in dev mode",
            "hsm.yaml:2: hsm.yaml uses container_group:g",
        ]
    );
}

#[test]
fn an_item_wins_over_the_line_of_its_group() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{package_groups: {{g: {{selection: [{{name: a, mode: prod}}, b], mode: dev}}}}}}\n\
         === package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: M-of-N\noptions: [{{name: a}}, {{name: b}}]\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{BOTH}\n=== packages/b.yaml\nname: b\nversion: \"1\"\n{BOTH}\n"
    );
    assert_eq!(stack(&text), "package:a 1 prod\npackage:b 1 dev\npackage_group:g: a b");
}

#[test]
fn implications_carry_modes_versions_and_what_same_means() {
    let text = |item: &str, demand: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [{item}]}}\n\
             === packages/a.yaml\nname: a\nversion: \"1\"\n{BOTH}\nimplies: {{package:b: {demand}}}\n\
             === packages/b.yaml\nname: b\nversion: \"1\"\n{BOTH}\nreleases: [{{version: \"2\"}}]\n"
        )
    };
    assert_eq!(stack(&text("a", "")), "package:a 1 prod\npackage:b 2 prod");
    assert_eq!(stack(&text("a", "\"1\"")), "package:a 1 prod\npackage:b 1 prod");
    assert_eq!(stack(&text("a", "{version: \"<2\", mode: dev}")), "package:a 1 prod\npackage:b 1 dev");
    assert_eq!(stack(&text("a: dev", "{mode: same}")), "package:a 1 dev\npackage:b 2 dev");
    assert_eq!(
        conflict(&text("a", "\">=3\"")),
        [
            "hsm.yaml:2: hsm.yaml wants package:a",
            "packages/a.yaml:4: package:a implies package:b >=3, but the releases of package:b are 2, 1",
        ]
    );
}

#[test]
fn a_release_or_source_takes_back_what_its_entry_demands() {
    let text = |more: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a]}}\n\
             === packages/a.yaml\nname: a\nversion: \"1\"\nimplies: {{package:b: \"*\"}}\n{more}\n\
             === packages/b.yaml\nname: b\nversion: \"1\"\n{BOTH}\n"
        )
    };
    assert_eq!(stack(&text(PROD)), "package:a 1 prod\npackage:b 1 prod");
    assert_eq!(
        stack(&text("sources: {prod: {type: pypi, implies: {package:b: false}}}")),
        "package:a 1 prod"
    );
    assert_eq!(
        stack(&text("sources: {prod: {type: pypi, implies: {package:b: {mode: dev}}}}")),
        "package:a 1 prod\npackage:b 1 dev"
    );
}

#[test]
fn an_option_implies_only_while_its_group_takes_part() {
    let text = |manifest: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{{manifest}}}\n\
             === package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: 1-of-N\noptions: [{{name: a, implies: {{package:b: {{mode: same}}}}}}]\n\
             === packages/a.yaml\nname: a\nversion: \"1\"\n{BOTH}\n=== packages/b.yaml\nname: b\nversion: \"1\"\n{BOTH}\n"
        )
    };
    assert_eq!(stack(&text("packages: [a]")), "package:a 1 prod");
    assert_eq!(
        stack(&text("packages: [a: dev], package_groups: {g: {}}")),
        "package:a 1 dev\npackage:b 1 dev\npackage_group:g: a"
    );
}

#[test]
fn the_implied_group_is_the_first_choice_though_it_brings_more_in() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\nservices: {{container_groups: {{z: {{}}}}}}\n\
         === container_groups/z.yaml\nname: z\ntype: container_group\nstrategy: 1-of-N\noptions:\n  - {{name: x, implies: {{container_group:a: }}}}\n  - {{name: y}}\n\
         === container_groups/a.yaml\nname: a\ntype: container_group\nstrategy: M-of-N\noptions: [{{name: w}}]\n\
         === containers/x.yaml\nname: x\nversion: \"1\"\n{IMAGE}\n=== containers/y.yaml\nname: y\nversion: \"1\"\n{IMAGE}\n=== containers/w.yaml\nname: w\nversion: \"1\"\n{IMAGE}\n"
    );
    assert_eq!(
        stack(&text),
        "container:w 1 prod\ncontainer:x 1 prod\ncontainer_group:a: w\ncontainer_group:z: x"
    );
}

const DATABASE: &str = "=== containers/db.yaml\nname: db\nversion: \"1\"\nSOURCES\norchestration: {depends_on: [disk]}\n\
    implies: {container:tool: \"*\"}\ndeployment_profiles:\n  here: {mode: managed}\n  there: {mode: external, external: {host: h}}\nDEFAULT\n\
    === containers/disk.yaml\nname: disk\nversion: \"1\"\nIMAGE\n=== containers/tool.yaml\nname: tool\nversion: \"1\"\nIMAGE\n";

fn database(item: &str, sources: &str, default: &str) -> String {
    let database = DATABASE.replace("SOURCES", sources).replace("IMAGE", IMAGE).replace("DEFAULT", default);
    format!("=== hsm.yaml\nproject: {{name: p}}\nservices: {{containers: [{item}]}}\n{database}")
}

#[test]
fn an_external_is_the_last_choice_and_brings_in_only_what_it_implies() {
    let disk = "container:disk 1 prod";
    let tool = "container:tool 1 prod";
    assert_eq!(stack(&database("db", IMAGE, "")), format!("container:db 1 prod\n{disk}\n{tool}"));
    assert_eq!(
        stack(&database("db", IMAGE, "default_profile: here")),
        format!("container:db 1 prod here\n{disk}\n{tool}")
    );
    let external = format!("container:db 1 external there\n{tool}");
    assert_eq!(stack(&database("{name: db, profile: there}", IMAGE, "")), external);
    assert_eq!(stack(&database("{name: db, profile: there, mode: dev}", IMAGE, "")), external);
    // Without a source it is the only way.
    assert_eq!(stack(&database("db", "", "")), external);
}

#[test]
fn build_requirements_bring_base_images_in_and_need_one_that_is_run_here() {
    let text = |more: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\nservices: {{containers: [app: dev]}}\n{more}\n\
             === containers/app.yaml\nname: app\nversion: \"1\"\nsources:\n  dev: {{type: build, path: ./app, args: {{BASE: \"${{HSM_IMAGE.base}}\"}}}}\n\
             === containers/base.yaml\nname: base\nversion: \"1\"\nrun: false\n{IMAGE}\n\
             deployment_profiles: {{away: {{mode: external, external: {{host: h}}}}}}\n"
        )
    };
    assert_eq!(stack(&text("")), "container:app 1 dev\ncontainer:base 1 prod");
    assert_eq!(
        conflict(&text("constraints: {container:base: {profile: away}}")),
        [
            "containers/app.yaml:4: container:app is built with the image of container:base",
            "hsm.yaml:2: hsm.yaml wants container:app",
            "hsm.yaml:3: hsm.yaml pins container:base to the profile away",
        ]
    );
}

#[test]
fn conflicts_keep_releases_and_whole_groups_out() {
    let text = |conflicts: &str, more: &str| {
        format!(
            "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a, {more}]}}\n\
             === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nconflicts: {{{conflicts}}}\n\
             === packages/b.yaml\nname: b\nversion: \"1\"\n{PROD}\nreleases: [{{version: \"2\"}}]\n\
             === package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: 1-of-N\noptions: [{{name: b}}]\n"
        )
    };
    assert_eq!(stack(&text("package:b: \">=2\"", "b")), "package:a 1 prod\npackage:b 1 prod");
    assert_eq!(
        conflict(&text("package_group:g: \"*\"", "b")),
        [
            "hsm.yaml:2: hsm.yaml wants package:a",
            "hsm.yaml:2: hsm.yaml wants package:b",
            "packages/a.yaml:4: package:a conflicts with package_group:g",
        ]
    );
}

#[test]
fn a_floating_package_collects_what_is_demanded_of_its_version() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a, {{name: f, version: \">=1\"}}]}}\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nimplies: {{package:f: {{version: \"<3\", extras: [x]}}}}\nconflicts: {{package:f: \"==2\"}}\n\
         === packages/f.yaml\nname: f\n{PROD}\n"
    );
    let (_, solved) = solved(&world(&text));
    let floating = solved.stack.packages.values().find(|p| p.release.is_none()).unwrap();
    let texts = |demands: &[hsm::place::At<hsm::version::VersionDemand>]| -> Vec<String> {
        demands.iter().map(|d| d.value.to_string()).collect()
    };
    assert_eq!(texts(&floating.demands), [">=1", "<3"]);
    assert_eq!(texts(&floating.excluded), ["==2"]);
    assert_eq!(floating.extras, ["x"]);
}

#[test]
fn params_join_in_the_order_of_those_who_imply() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [b, a], package_groups: {{g: {{}}}}}}\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nimplies: {{container:db: {{params: {{names: [one, two], only: a}}}}}}\nenv: {{DB: \"${{HSM_PARAMS.names}}\", X: \"${{HSM_PARAMS.no:-d}}\"}}\n\
         === packages/b.yaml\nname: b\nversion: \"1\"\n{PROD}\nimplies: {{container_group:h: {{params: {{names: [three, one]}}}}}}\n\
         === packages/o.yaml\nname: o\nversion: \"1\"\n{PROD}\n\
         === package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: 1-of-N\noptions: [{{name: o, implies: {{container:db: {{params: {{names: four}}}}}}}}]\n\
         === container_groups/h.yaml\nname: h\ntype: container_group\nstrategy: 1-of-N\noptions: [{{name: db}}]\n\
         === containers/db.yaml\nname: db\nversion: \"1\"\n{IMAGE}\n"
    );
    let (_, solved) = solved(&world(&text));
    let database = solved.stack.containers.values().next().unwrap();
    // a, b, g/o: in the order of the ids.
    assert_eq!(database.params["names"], ["one", "two", "three", "four"]);
    assert_eq!(database.params["only"], ["a"]);
    let a = solved.stack.packages.values().next().unwrap();
    assert_eq!((a.env["DB"].as_str(), a.env["X"].as_str()), ("one,two", "d"));
}

#[test]
fn a_param_that_nobody_sets_is_an_error() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a]}}\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nenv: {{DB: \"${{HSM_PARAMS.names}}\"}}\n"
    );
    let (_, result) = try_solve(&world(&text));
    let Err(NoStack::Invalid(found)) = result else { panic!("{result:?}") };
    assert_eq!(found[0].finding.to_string(), "no implication of package:a sets the param `names`");
}

#[test]
fn a_yanked_release_is_taken_only_when_locked() {
    let text = format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [PIN]}}\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nreleases: [{{version: \"2\", yanked: it eats files}}]\n"
    );
    assert_eq!(stack(&text.replace("PIN", "a")), "package:a 1 prod");
    let locked = "=== hsm.lock\nschema: 1\ncomponents: {\"package:a\": {release: \"2\"}}\n";
    assert_eq!(stack(&format!("{}{locked}", text.replace("PIN", "a"))), "package:a 2 prod");
    assert_eq!(
        conflict(&text.replace("PIN", "{name: a, version: \">=2\"}")),
        [
            "hsm.yaml:2: hsm.yaml pins package:a to >=2",
            "hsm.yaml:2: hsm.yaml wants package:a",
            "packages/a.yaml:4: package:a 2 is yanked: it eats files",
        ]
    );
}

#[test]
fn the_lock_keeps_releases_and_options_until_told_to_upgrade() {
    let text = format!(
        "{}=== hsm.lock\nschema: 1\ncomponents: {{\"container:z\": {{release: \"1\"}}}}\ngroups: {{\"container_group:g\": [z]}}\n",
        group("{}", "strategy: 1-of-N\ndefault: y")
            .replace("name: z\nversion: \"1\"", "name: z\nversion: \"1\"\nreleases: [{version: \"2\"}]")
    );
    assert_eq!(stack(&text), "container:z 1 prod\ncontainer_group:g: z");
    let options = LoadOptions { upgrade: hsm::load::Upgrade::All, ..LoadOptions::default() };
    let inputs = load(Path::new(ROOT), &world(&text), &options).unwrap();
    let upgraded = solve(&inputs, &compile(&inputs), &|| false).unwrap();
    assert_eq!(short(&upgraded), "container:z 2 prod\ncontainer_group:g: z");
}

#[test]
fn the_example_resolves() {
    let world =
        Memory::new(directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures/rag-stack")));
    let (inputs, solved) = solved(&world);
    let ids: Vec<String> = solved.reasons.ids().map(ToString::to_string).collect();
    assert!(ids.contains(&"container:qdrant".to_owned()), "{ids:?}");
    assert!(solved.reasons.ids().all(|id| solved.reasons.chain(id).is_some_and(|chain| !chain.is_empty())));
    // Nothing of it depends on what is solved again with its own lock.
    let text = lock::render(&inputs, &solved.stack);
    let (again, relocked) = self::solved(&world.with(lock::FILE, text.clone()));
    assert_eq!(lock::render(&again, &relocked.stack), text);
}
