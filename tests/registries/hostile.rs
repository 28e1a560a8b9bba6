//! What a repository or an address must not get hsm or git to do.

use std::fs;
use std::os::unix::fs::symlink;

use crate::place::{Place, manifest};
use crate::support::have;

#[test]
fn links_submodules_and_large_files_are_names_and_nothing_else() {
    if !have("links", &["git"]) {
        return;
    }
    let place = Place::new();
    place.write(
        "secret.yaml",
        "name: linked\nversion: \"1\"\nsources: {prod: {type: docker-image, image: \"secret:1\"}}\n",
    );
    symlink("../../secret.yaml", place.at("origin/containers/linked.yaml")).expect("a link");
    place.write("origin/containers/large.yaml", &format!("name: large\n# {}\n", "x".repeat(5 << 20)));
    place.git(&["add", "--all", "."]);
    let commit = place.tip();
    place.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},containers/module.yaml")]);
    place.git(&["commit", "--quiet", "--message", "odd ones"]);
    let git = format!("{{git: \"{}\", branch: main}}", place.url());
    for (name, why) in [("linked", "symbolic link"), ("module", "submodule"), ("large", "too large")] {
        let text = format!("project: {{name: p}}\nregistry: {git}\nservices: {{containers: [{name}]}}\n");
        place.write("project/hsm.yaml", &text);
        let run = place.run("project", &["resolve"]).ends_with(2);
        assert!(run.stderr.contains(why) && !run.text().contains("secret:1"), "{}", run.text());
        assert!(
            run.stderr.contains(&format!("team@{}/containers/{name}.yaml", &place.tip()[..12])),
            "{}",
            run.text()
        );
    }
    // who does not reach them is not bothered
    place.write("project/hsm.yaml", &manifest(&git));
    place.run("project", &["resolve"]).ends_with(0);
}

#[test]
fn a_path_of_an_entry_is_judged_as_in_a_directory() {
    if !have("paths", &["git"]) {
        return;
    }
    let place = Place::new();
    let entry = |path: &str| {
        let text = format!("name: built\nversion: \"1\"\nsources: {{prod: {{type: build, path: {path}}}}}\n");
        place.write("origin/containers/built.yaml", &text);
        place.commit(path);
        let git = format!("{{git: \"{}\", branch: main}}", place.url());
        let text = format!("project: {{name: p}}\nregistry: {git}\nservices: {{containers: [built]}}\n");
        place.write("project/hsm.yaml", &text);
        place.run("project", &["lock"])
    };
    let run = entry("/etc").ends_with(2);
    assert!(run.stderr.contains("/containers/built.yaml:3:"), "{}", run.text());
    entry("../built").ends_with(0);
    let written = place.read("project/docker-compose.hpm.yml");
    assert!(written.contains("../built") && !written.contains("cache"), "{written}");
    // a registry that says where its paths start is told that it has no place
    place.write("origin/registry.yaml", "name: team\nroot: ..\n");
    fs::remove_file(place.at("project/hsm.lock")).expect("removed");
    let run = entry("./built").ends_with(0);
    assert!(run.stderr.contains("HSM-W219"), "{}", run.text());
    assert!(place.read("project/docker-compose.hpm.yml").contains("./built"));
}

#[test]
fn addresses_that_would_run_something_or_hold_a_secret_are_refused_unrun() {
    let place = Place { dir: tempfile::tempdir().expect("a temporary directory") };
    let pwned = place.at("pwned");
    for (url, word) in [
        (format!("--upload-pack=touch${{IFS}}{}", pwned.display()), "`-`"),
        (format!("ext::sh -c touch% {}", pwned.display()), "::"),
        ("ssh://-oProxyCommand=touch/x".to_owned(), "`-`"),
        ("https://me:word@example.org/x".to_owned(), "password"),
        ("https://token@example.org/x".to_owned(), "token"),
        ("http://example.org/x".to_owned(), "https and ssh"),
        ("git://example.org/x".to_owned(), "https and ssh"),
        ("../x".to_owned(), ""),
        ("file://host/x".to_owned(), ""),
    ] {
        place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{url}\", branch: main}}")));
        let run = place.without_git("project", &["resolve"]).ends_with(2);
        assert!(run.stderr.contains(word) && run.stderr.contains("hsm.yaml:2:"), "{url}: {}", run.text());
        assert!(!run.text().contains("me:word"), "{}", run.text());
    }
    for reference in ["--upload-pack=x", "a..b", "a:b", "x y"] {
        let git = format!("{{git: \"https://example.org/x\", branch: \"{reference}\"}}");
        place.write("project/hsm.yaml", &manifest(&git));
        place.without_git("project", &["resolve"]).ends_with(2);
    }
    assert!(!pwned.exists());
}

#[test]
fn an_address_that_the_settings_of_git_make_another_is_held_to_the_same_protocols() {
    if !have("rewritten addresses", &["git"]) {
        return;
    }
    let place = Place::new();
    let mark = place.at("ran");
    place.write(
        "home/.gitconfig",
        &format!(
            "[url \"ext::sh -c touch% {} \"]\n\tinsteadOf = https://example.org/\n[protocol]\n\tallow = always\n",
            mark.display()
        ),
    );
    place.write("project/hsm.yaml", &manifest("{git: \"https://example.org/x\", branch: main}"));
    let run = place.run("project", &["resolve"]).ends_with(1);
    assert!(run.stderr.contains("not allowed"), "{}", run.text());
    assert!(!mark.exists(), "a helper was run");
}

#[test]
fn settings_of_the_user_that_would_run_something_of_a_repository_do_not() {
    if !have("hooks", &["git"]) {
        return;
    }
    let place = Place::new();
    let mark = place.at("ran");
    let hooks = place.at("home/hooks");
    for hook in ["post-checkout", "reference-transaction", "post-merge"] {
        crate::place::script(&hooks.join(hook), &format!("touch '{}'", mark.display()));
    }
    place.write(
        "home/.gitconfig",
        &format!("[core]\n\thooksPath = {}\n[fetch]\n\trecurseSubmodules = true\n", hooks.display()),
    );
    place.run("project", &["lock"]).ends_with(0);
    assert!(!mark.exists(), "a hook was run");
}
