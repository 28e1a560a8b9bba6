//! Manual pages: complete, the same on every day, and without mistakes for those that set them.

use std::fs;
use std::process::Command;

use crate::project::{Project, run};
use crate::support::have;

#[test]
fn pages_are_written_and_stay_the_same() {
    let project = Project::new();
    let pages = |dir: &str| {
        project.run(&["man", "--dir", dir]).ends(0);
        let mut all: Vec<(String, String)> = fs::read_dir(project.path(dir))
            .expect("a directory")
            .map(|entry| {
                let path = entry.expect("readable").path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).expect("text"))
            })
            .collect();
        all.sort();
        all
    };
    let all = pages("one");
    assert_eq!(all, pages("two"));
    let printed = project.run(&["man", "group", "select"]).ends(0);
    assert!(all.contains(&("hsm-group-select.1".to_owned(), printed.out)), "the same page");
    for (name, text) in &all {
        assert!(text.starts_with(".TH HSM") && text.contains(" 1 \"\" \"hsm "), "{name}: no date: {text}");
    }
    let main = &all.iter().find(|(name, _)| name == "hsm.1").expect("a main page").1;
    for part in ["EXAMPLES", "ENVIRONMENT", "\"EXIT STATUS\"", "FILES", "hsm.yaml", "NO_COLOR", "130, 143"] {
        assert!(main.contains(part), "{part}:\n{main}");
    }
    let none = project.run(&["man", "group", "selct"]).ends(2);
    assert!(none.err.contains("there is no command `hsm group selct`"), "{}", none.err);
    project.run(&["man", "group", "--dir", "x"]).ends(2);
}

#[test]
fn pages_are_without_mistakes() {
    if !have("pages_are_without_mistakes", &["mandoc"]) {
        return;
    }
    let project = Project::new();
    project.run(&["man", "--dir", "man"]).ends(0);
    let all =
        fs::read_dir(project.path("man")).expect("a directory").map(|entry| entry.expect("readable").path());
    let mut mandoc = Command::new("mandoc");
    let lint = run(mandoc.args(["-T", "lint", "-W", "warning"]).args(all));
    // breaks beside spaces are the crate's way to part a list from what is above it, and do no harm
    let known = |line: &str| line.contains("skipping paragraph macro: br") || line.contains("missing date");
    let wrong: Vec<&str> = lint.out.lines().filter(|line| !known(line)).collect();
    assert_eq!((wrong, lint.err.as_str()), (Vec::<&str>::new(), ""));
}
