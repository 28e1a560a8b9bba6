//! What is read for a project: only what it can reach, and all that is wrong with it in one report.

use super::*;
use crate::memory::entries_read;

#[test]
fn a_lock_that_cannot_be_understood_is_an_error() {
    let manifest = "=== hsm.yaml\nproject: {name: p}\n";
    assert_eq!(
        report(&format!("{manifest}=== hsm.lock\nschema: 2\n")),
        [
            "hsm.lock:1:9: hsm.lock has the format 2, this hsm knows format 1 [use the hsm that wrote it, or remove the file]"
        ]
    );
    let damaged = report(&format!("{manifest}=== hsm.lock\nschema: 1\ngroups: {{nonsense: [a]}}\n"));
    assert_eq!(damaged.len(), 1);
    assert!(
        damaged[0].starts_with("hsm.lock:2:10: hsm.lock is damaged: `nonsense` is no group"),
        "{damaged:?}"
    );
}

#[test]
fn the_report_holds_everything_that_is_wrong_with_any_file() {
    let text = group("{strategy: M-of-N, selection: [xx], exclude: [a], profile: her}", "strategy: 1-of-N")
        .replace(
            "services: {",
            "dependencies: {packages: [b, redis]}\nconstraints: {package:bb: {mode: dev}}\nservices: {",
        )
        + &format!(
            "=== packages/a.yaml\nname: a\n{PROD}\n=== packages/b.yaml\nname: b\nnonsense: 1\n=== containers/redis.yaml\nname: redis\n{IMAGE}\n"
        );
    let lines: Vec<String> = report(&text)
        .into_iter()
        .map(|line| line.split(" [known").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "hsm.yaml:2:30: there is no package `redis` [the registry has `container:redis`, which is of another kind]",
            "hsm.yaml:3:15: there is no package `bb` [did you mean `b`?]",
            "hsm.yaml:4:45: container_group:g is 1-of-N, not M-of-N [remove `strategy`: the registry says it]",
            "hsm.yaml:4:65: container_group:g has no option `xx` [did you mean `x`?]",
            "hsm.yaml:4:80: container_group:g has no option `a` [did you mean `x`?]",
            "hsm.yaml:4:93: no option of container_group:g has a profile `her` [did you mean `here`?]",
            "packages/b.yaml:2:1: a package has no key `nonsense`",
        ]
    );
}

#[test]
fn a_broken_entry_only_closes_the_choices_that_need_it() {
    let text = group("{}", "strategy: 1-of-N").replace("name: x\nversion: \"1\"", "name: x\nnonsense: 1");
    let (inputs, solved) = solved(&world(&text));
    assert_eq!(short(&solved), "container:y 1 prod\ncontainer_group:g: y");
    let warnings: Vec<String> = solved
        .warnings
        .iter()
        .map(|w| {
            format!(
                "{}: {}",
                w.place.map(|p| inputs.sources.position(p).to_string()).unwrap_or_default(),
                w.finding
            )
        })
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0]
            .starts_with("hsm-registry/container_groups/g.yaml:4:18: the entry of container:x has errors"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].starts_with("hsm-registry/containers/x.yaml:2:1: in the entry of container:x"),
        "{warnings:?}"
    );
    // Nothing else left: the entry is what is to be mended.
    let text = group("{exclude: [y, z]}", "strategy: 1-of-N")
        .replace("name: x\nversion: \"1\"", "name: x\nnonsense: 1");
    let (_, result) = try_solve(&world(&text));
    let Err(NoStack::Unsolved(conflict)) = result else { panic!("{result:?}") };
    assert!(conflict.broken_entry);
}

#[test]
fn a_group_adds_options_to_the_one_that_it_extends() {
    let files = files(&format!(
        "=== hsm.yaml\nproject: {{name: p}}\nregistry: [./own, {{name: corp, path: ./corp}}]\ndependencies: {{package_groups: {{g: {{selection: [a, b]}}}}}}\n\
         === own/package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: M-of-N\nextends: corp/g\noptions: [{{name: b}}]\n\
         === corp/package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: M-of-N\noptions: [{{name: a}}]\n\
         === corp/packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\n=== own/packages/b.yaml\nname: b\nversion: \"1\"\n{PROD}\n"
    ));
    let (_, solved) = solved(&Memory::new(files));
    assert_eq!(short(&solved), "package:a 1 prod\npackage:b 1 prod\npackage_group:g: a b");
}

#[test]
fn only_entries_that_can_be_reached_are_opened() {
    let mut world = world(&format!(
        "=== hsm.yaml\nproject: {{name: p}}\ndependencies: {{packages: [a]}}\n\
         === packages/a.yaml\nname: a\nversion: \"1\"\n{PROD}\nimplies: {{package_group:g: }}\nconflicts: {{package:n7: \"*\"}}\n\
         === package_groups/g.yaml\nname: g\ntype: package_group\nstrategy: 1-of-N\noptions: [{{name: n1}}, {{name: n2}}]\n"
    ));
    for n in 0..10_000 {
        world = world.with(
            &format!("hsm-registry/packages/n{n}.yaml"),
            format!("name: n{n}\nversion: \"1\"\n{PROD}\n"),
        );
    }
    let (inputs, solved) = solved(&world);
    assert_eq!(short(&solved), "package:a 1 prod\npackage:n1 1 prod\npackage_group:g: n1");
    assert_eq!(inputs.opened, 4);
    assert_eq!(entries_read(&world).len(), 4);
}

#[test]
fn git_registries_that_are_not_there_are_told_at_their_place() {
    let text = "=== hsm.yaml\nproject: {name: p}\nregistry: {git: \"https://example.org/r.git\"}\n";
    assert_eq!(
        report(text),
        [
            "hsm.yaml:2:17: the registry https://example.org/r.git is not in the cache [let hsm fetch it once: run `hsm resolve` without --offline and --frozen]"
        ]
    );
}
