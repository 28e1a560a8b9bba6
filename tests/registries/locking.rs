//! The commit that is used: the lock's, whatever became of the branch.

use std::fs;

use crate::place::{Place, manifest};
use crate::support::{Picture, have};

#[test]
fn a_lock_holds_the_commit_although_the_branch_moves() {
    if !have("a moving branch", &["git"]) {
        return;
    }
    let place = Place::new();
    let first = place.tip();
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), first);
    let lock = place.read("project/hsm.lock");
    let text = format!("registries:\n  - name: team\n    git: {}\n    branch: main\n", place.url());
    assert!(lock.contains(&text), "{lock}");
    let before = Picture::of(&place.at("project"), true, &[]);
    let second = place.move_on("7.4");
    // neither what is shown nor what is written follows the branch
    let run = place.without_git("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7\n"), "{}", run.text());
    place.without_git("project", &["lock"]).ends_with(0);
    place.without_git("project", &["lock", "--locked"]).ends_with(0);
    assert_eq!(before.differences(&Picture::of(&place.at("project"), true, &[])), "");
    // nor on another machine, which has to fetch what the branch has left behind
    fs::remove_dir_all(place.at("cache")).expect("removed");
    let run = place.run("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7\n"), "{}", run.text());
    // without a lock the tip counts
    fs::remove_file(place.at("project/hsm.lock")).expect("removed");
    let run = place.run("project", &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7.4"), "{}", run.text());
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), second);
}

#[test]
fn two_clones_get_the_same_bytes() {
    if !have("two clones", &["git"]) {
        return;
    }
    let place = Place::new();
    place.project("somewhere/else/deeper", "branch: main");
    place.run("project", &["lock"]).ends_with(0);
    fs::remove_dir_all(place.at("cache")).expect("removed");
    place.run("somewhere/else/deeper", &["lock"]).ends_with(0);
    for file in ["hsm.lock", "docker-compose.hpm.yml"] {
        let (here, there) =
            (place.read(&format!("project/{file}")), place.read(&format!("somewhere/else/deeper/{file}")));
        assert_eq!(here, there);
        assert!(!here.contains(&place.at("cache").display().to_string()), "{here}");
    }
}

#[test]
fn a_manifest_that_names_another_branch_makes_the_lock_stale() {
    if !have("another branch", &["git"]) {
        return;
    }
    let place = Place::new();
    place.run("project", &["lock"]).ends_with(0);
    place.git(&["checkout", "--quiet", "-b", "next"]);
    let next = place.move_on("8");
    place.project("project", "branch: next");
    let run = place.run("project", &["lock", "--locked"]).ends_with(4);
    assert!(run.stderr.contains("hsm.lock"), "{}", run.text());
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), next);
    place.run("project", &["lock", "--locked"]).ends_with(0);
}

#[test]
fn a_lock_from_nowhere_is_damaged_and_leads_nowhere() {
    if !have("a damaged lock", &["git"]) {
        return;
    }
    let place = Place::new();
    place.run("project", &["lock"]).ends_with(0);
    let (lock, commit) = (place.read("project/hsm.lock"), place.locked("project"));
    for bad in ["../../../etc", "--upload-pack=x", "main", &commit[..39], &commit.to_uppercase()] {
        place.write("project/hsm.lock", &lock.replace(&commit, bad));
        let run = place.without_git("project", &["resolve"]).ends_with(2);
        assert!(run.stderr.contains("HSM-E215") && run.stderr.contains("hsm.lock:7:"), "{}", run.text());
    }
}

#[test]
fn the_ways_to_name_a_commit_lead_to_it() {
    if !have("references", &["git"]) {
        return;
    }
    let place = Place::new();
    let first = place.tip();
    place.git(&["tag", "light", &first]);
    place.git(&["tag", "--annotate", "--message", "heavy", "heavy", &first]);
    let second = place.move_on("7.4");
    let short = &first[..10];
    let cases = [
        ("tag: light".to_owned(), &first),
        ("tag: heavy".to_owned(), &first),
        (format!("rev: {first}"), &first),
        (format!("rev: \"{short}\""), &first),
        ("rev: light".to_owned(), &first),
        ("rev: main".to_owned(), &second),
        ("branch: main".to_owned(), &second),
    ];
    for (reference, commit) in cases {
        place.project("other", &reference);
        place.run("other", &["lock"]).ends_with(0);
        assert_eq!(place.locked("other"), *commit, "{reference}");
        fs::remove_file(place.at("other/hsm.lock")).expect("removed");
    }
    // with neither, it is what the repository itself shows first
    place.write("other/hsm.yaml", &manifest(&format!("{{git: \"{}\"}}", place.url())));
    place.run("other", &["lock"]).ends_with(0);
    assert_eq!(place.locked("other"), second);
    for (reference, what) in
        [("branch: none", "branch `none`"), ("tag: main", "tag `main`"), ("rev: none", "commit `none`")]
    {
        place.project("other", reference);
        fs::remove_file(place.at("other/hsm.lock")).ok();
        let run = place.run("other", &["lock"]).ends_with(2);
        assert!(run.stderr.contains(what) && run.stderr.contains("HSM-E202"), "{}", run.text());
    }
}
