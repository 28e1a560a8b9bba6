//! What is said of words that were typed: nothing in them acts on the terminal, and what is offered can be pasted.

use super::{Exit, Project};

const MANIFEST: &str = "project: {name: demo}\nservices: {containers: [web]}\n";

/// Both kinds have this name, and the manifest lists neither.
fn with_two_of_a_name() -> Project {
    let project = Project::new(MANIFEST);
    project.write(
        "hsm-registry/packages/two.yaml",
        "name: two\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n",
    );
    project.write(
        "hsm-registry/containers/two.yaml",
        "name: two\nsources: {prod: {type: docker-image, image: \"two:1\"}}\n",
    );
    project
}

#[test]
fn nothing_that_is_typed_acts_on_the_terminal() {
    let project = Project::new(MANIFEST);
    let odd = "a\u{1b}]0;t\u{7}b\u{202e}c\rd\u{9b}1me";
    let shown = "a␛]0;t␇b\u{fffd}c␍d\u{fffd}1me";
    for args in [
        &["add", odd][..],
        &["remove", odd],
        &["why", odd],
        &["explain", odd],
        &["registry", "search", odd],
        &["registry", "show", odd],
        &["group", "select", "tools", odd],
        &["container", "profile", "web", odd],
        &["package", "init", odd],
        &["man", odd],
        &["init", "--example", odd],
        &[odd],
        &["list", odd],
        &["mode", odd],
    ] {
        for colour in ["always", "never"] {
            let run = project.run(&[&["--color", colour][..], args].concat());
            let said = format!("{}{}", run.err, run.out);
            assert!(said.contains(shown), "{args:?}: {said:?}");
            let own = said.replace("\u{1b}[", "");
            let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!own.contains(acts), "{args:?}: {said:?}");
        }
    }
}

#[test]
fn the_question_that_is_offered_has_an_answer() {
    let project = with_two_of_a_name();
    let run = project.run(&["remove", "two"]).ends(Exit::Wrong);
    let hint = "hsm.yaml does not list `two` by itself; `hsm why package:two` and `hsm why container:two` say whether";
    assert!(run.err.contains(hint), "{}", run.err);
    for name in ["package:two", "container:two"] {
        project.run(&["why", name]).ends(Exit::Done);
    }
    let run = project.run(&["remove", "red"]).ends(Exit::Wrong);
    assert!(run.err.contains("`hsm why container:red` says whether"), "{}", run.err);
    let run = project.run(&["remove", "wep"]).ends(Exit::Wrong);
    assert!(run.err.contains("hsm.yaml does not list `wep`; did you mean `web`?"), "{}", run.err);
    let run = project.run(&["remove", "nothing-like-it"]).ends(Exit::Wrong);
    assert!(run.err.contains("does not list `nothing-like-it`; no registry has it either"), "{}", run.err);
}

#[test]
fn files_are_printed_as_they_are_whatever_the_format() {
    let project = Project::new(MANIFEST);
    for args in [&["completions", "bash"][..], &["man"], &["registry", "show", "web", "--raw"]] {
        let plain = project.run(args).ends(Exit::Done);
        let json = project.run(&[args, &["--format", "json"]].concat()).ends(Exit::Done);
        assert_eq!(plain.out, json.out, "{args:?}");
    }
}

#[test]
fn nothing_is_said_in_favour_of_an_entry_that_nobody_looked_at() {
    let project = Project::new(
        "project: {name: demo}\nregistry: [./hsm-registry, ./other]\nservices: {containers: [red]}\n",
    );
    project.write("hsm-registry/containers/red.yaml", "name: [\n");
    project.write("other/registry.yaml", "name: other\n");
    project.write("other/containers/red.yaml", "name: [\n");
    let run = project.run(&["registry", "container", "remove", "red"]).ends(Exit::Done);
    assert!(
        run.err.contains("something is wrong with the project, as before; `hsm check` says what\n"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("fine"), "{}", run.err);
    project.run(&["check"]).ends(Exit::Wrong);
}
