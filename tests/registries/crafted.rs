//! Trees and references that no tool of git makes: names that lead out, that clash or that are no text, trees that grow
//! beyond all bounds, and references that name no commit.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, manifest};
use crate::runs::Run;
use crate::support::{Picture, have};

const REDIS: &str =
    "name: redis\nversion: \"7\"\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n";
const CACHE: &str = "name: cache\ntype: container_group\nstrategy: 1-of-N\noptions: [{name: redis}]\n";

/// Runs git in the repository with this on its standard input.
fn feed(place: &Place, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(place.at("origin"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git can be started");
    child.stdin.take().expect("piped").write_all(input).expect("fed");
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn blob(place: &Place, text: &str) -> String {
    feed(place, &["hash-object", "-w", "--stdin"], text.as_bytes())
}

/// A tree of these entries: the mode, the object and the name; names are bytes.
fn tree(place: &Place, entries: &[(&str, &str, &[u8])]) -> String {
    let mut input = Vec::new();
    for (mode, object, name) in entries {
        let kind = match *mode {
            "040000" => "tree",
            "160000" => "commit",
            _ => "blob",
        };
        input.extend_from_slice(format!("{mode} {kind} {object}\t").as_bytes());
        input.extend_from_slice(name);
        input.push(0);
    }
    feed(place, &["mktree", "-z", "--missing"], &input)
}

/// Makes a commit of this tree what `main` is.
fn become_main(place: &Place, tree: &str) -> String {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    let args = [&identity[..], &["commit-tree", "-m", "crafted", tree]].concat();
    let commit = feed(place, &args, b"");
    place.git(&["update-ref", "refs/heads/main", &commit]);
    commit
}

/// A tree that holds the registry of these tests, with more in its folder of containers and beside it.
fn registry(place: &Place, containers: &[(&str, &str, &[u8])], beside: &[(&str, &str, &[u8])]) -> String {
    let [redis, cache] = [REDIS, CACHE].map(|text| blob(place, text));
    let containers = [&[("100644", redis.as_str(), &b"redis.yaml"[..])][..], containers].concat();
    let containers = tree(place, &containers);
    let groups = tree(place, &[("100644", &cache, b"cache.yaml")]);
    let own: [(&str, &str, &[u8]); 2] =
        [("040000", &containers, b"containers"), ("040000", &groups, b"container_groups")];
    tree(place, &[&own[..], beside].concat())
}

/// hsm, ended if it takes too long.
#[track_caller]
fn in_time(place: &Place, args: &[&str]) -> Run {
    let mut command = place.command("project", args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let began = Instant::now();
    while child.try_wait().expect("waited").is_none() {
        let is_late = began.elapsed() > Duration::from_mins(1);
        if is_late {
            child.kill().expect("killed");
        }
        assert!(!is_late, "it takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
    Run::of(&child.wait_with_output().expect("ended"))
}

#[test]
fn names_that_lead_out_or_are_no_text_are_nothing() {
    if !have("crafted names", &["git"]) {
        return;
    }
    let place = Place::new();
    let evil = blob(&place, &REDIS.replace("redis:7", "evil:1"));
    let inner = tree(&place, &[("100644", &evil, b"redis.yaml"), ("100644", &evil, b"evil.yaml")]);
    let out = tree(&place, &[("040000", &inner, b"containers")]);
    let odd: [(&str, &str, &[u8]); 6] = [
        ("100644", &evil, b"..yaml"),
        ("100644", &evil, b"a\nb.yaml"),
        ("100644", &evil, b"\xff\xfe.yaml"),
        ("100644", &evil, b"a\\..\\b.yaml"),
        ("040000", &inner, b".."),
        ("040000", &inner, b".git"),
    ];
    let beside: [(&str, &str, &[u8]); 4] = [
        ("040000", &inner, b".."),
        ("040000", &out, b"."),
        ("040000", &inner, b".git"),
        ("040000", &inner, b"\xff"),
    ];
    let tree = registry(&place, &odd, &beside);
    let commit = become_main(&place, &tree);
    fs::create_dir_all(place.at("home")).expect("a directory");
    let before = Picture::of(place.dir.path(), false, &["cache", "project"]);
    for args in [&["lock"][..], &["resolve"], &["registry", "list"], &["registry", "vendor"], &["check"]] {
        let run = in_time(&place, args);
        assert!(run.code < 2, "{args:?}: {}", run.text());
        assert!(!run.text().contains("evil:1"), "{}", run.text());
    }
    assert_eq!(place.locked("project"), commit);
    assert_eq!(before.differences(&Picture::of(place.dir.path(), false, &["cache", "project"])), "");
    // what is not its name's file is told where it is wanted
    for name in ["../redis", ".git/evil", "a\\\\..\\\\b"] {
        let git = format!("{{git: \"{}\", branch: main}}", place.url());
        let text = format!("project: {{name: p}}\nregistry: {git}\nservices: {{containers: [\"{name}\"]}}\n");
        place.write("project/hsm.yaml", &text);
        let run = in_time(&place, &["resolve"]).ends_with(2);
        assert!(run.stderr.contains("hsm.yaml:3:") && !run.text().contains("evil:1"), "{}", run.text());
    }
}

#[test]
fn names_that_differ_in_case_alone_are_two() {
    if !have("case", &["git"]) {
        return;
    }
    let place = Place::new();
    let other = blob(&place, &REDIS.replace("redis:7", "other:1"));
    let tree = registry(&place, &[("100644", &other, b"Redis.yaml"), ("100644", &other, b"REDIS.YAML")], &[]);
    become_main(&place, &tree);
    let run = in_time(&place, &["resolve"]).ends_with(0);
    assert!(run.stdout.contains("redis:7") && !run.stdout.contains("other:1"), "{}", run.text());
}

#[test]
fn folders_that_are_links_or_submodules_hold_nothing() {
    if !have("folders", &["git"]) {
        return;
    }
    for mode in ["120000", "160000"] {
        let place = Place::new();
        fs::create_dir_all(place.at("outside")).expect("a directory");
        place.write("outside/redis.yaml", REDIS);
        let target = if mode == "120000" { blob(&place, "../../outside") } else { place.tip() };
        let cache = blob(&place, CACHE);
        let groups = tree(&place, &[("100644", &cache, b"cache.yaml")]);
        let own: [(&str, &str, &[u8]); 2] =
            [(mode, &target, b"containers"), ("040000", &groups, b"container_groups")];
        let tree = tree(&place, &own);
        become_main(&place, &tree);
        let run = in_time(&place, &["resolve"]);
        assert!(run.code != 0 && run.stderr.contains("redis"), "{mode}: {}", run.text());
        assert!(!run.text().contains("redis:7"), "{mode}: {}", run.text());
    }
}

/// Each level holds the one below ten times: a few objects, and more paths than anybody can list.
#[test]
fn a_tree_that_grows_beyond_all_bounds_is_not_walked() {
    if !have("a bomb", &["git"]) {
        return;
    }
    let place = Place::new();
    let mut object = blob(&place, REDIS);
    let mut mode = "100644";
    for _ in 0..12 {
        let names: Vec<String> = (0..10).map(|number| format!("{number}.yaml")).collect();
        let entries: Vec<(&str, &str, &[u8])> =
            names.iter().map(|name| (mode, object.as_str(), name.as_bytes())).collect();
        object = tree(&place, &entries);
        mode = "040000";
    }
    let tree = registry(&place, &[("040000", &object, b"deep")], &[("040000", &object, b"wide")]);
    let commit = become_main(&place, &tree);
    in_time(&place, &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), commit);
    // and at the place of what is read
    let groups = tree_of_many(&place);
    let tree = tree_at(&place, &groups);
    become_main(&place, &tree);
    fs::remove_file(place.at("project/hsm.lock")).expect("removed");
    let run = in_time(&place, &["lock"]);
    assert!(run.code != 0 && run.stderr.contains("the limit"), "{}", run.text());
}

/// A folder that names one large file so often that all of it together would not fit into memory.
fn tree_of_many(place: &Place) -> String {
    let large = blob(place, &format!("# {}\n", "x".repeat(4 << 20 >> 1)));
    let names: Vec<String> = (0..2_000).map(|number| format!("e{number:04}.yaml")).collect();
    let entries: Vec<(&str, &str, &[u8])> =
        names.iter().map(|name| ("100644", large.as_str(), name.as_bytes())).collect();
    tree(place, &entries)
}

fn tree_at(place: &Place, containers: &str) -> String {
    tree(place, &[("040000", containers, b"containers")])
}

#[test]
fn a_reference_counts_for_the_commit_behind_it_and_only_for_one() {
    if !have("references", &["git"]) {
        return;
    }
    let place = Place::new();
    let commit = place.tip();
    let object = |spec: &str| place.git(&["rev-parse", spec]);
    for (name, of) in [
        ("of-tree", object("HEAD^{tree}")),
        ("of-blob", object("HEAD:containers/redis.yaml")),
        ("once", commit.clone()),
    ] {
        place.git(&["tag", "--annotate", "--message", name, name, &of]);
        place.git(&["tag", &format!("light-{name}"), &of]);
    }
    place.git(&["-c", "advice.nestedTag=false", "tag", "--annotate", "--message", "twice", "twice", "once"]);
    for tag in ["once", "light-once", "twice"] {
        place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{}\", tag: {tag}}}", place.url())));
        let _none = fs::remove_file(place.at("project/hsm.lock"));
        in_time(&place, &["lock"]).ends_with(0);
        assert_eq!(place.locked("project"), commit, "{tag}");
    }
    let fails = |reference: &str, said: &str| {
        place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{}\", {reference}}}", place.url())));
        let _none = fs::remove_file(place.at("project/hsm.lock"));
        let run = in_time(&place, &["lock"]);
        assert!(matches!(run.code, 1 | 2) && run.stderr.contains("HSM-E202"), "{reference}: {}", run.text());
        assert!(run.stderr.contains(said), "{reference}: {}", run.text());
        assert!(!place.at("project/hsm.lock").exists());
    };
    for tag in ["of-tree", "of-blob", "light-of-tree", "light-of-blob"] {
        fails(&format!("tag: {tag}"), "names no commit");
    }
    fails(&format!("rev: {}", object("HEAD^{tree}")), "commit");
    fails(&format!("rev: {}", object("HEAD:containers/redis.yaml")), "commit");
    // a branch that looks like an option is nobody's to name, and in the way of nothing
    place.git(&["update-ref", "refs/heads/--upload-pack=touch", &commit]);
    fails("branch: \"--upload-pack=touch\"", "starts with `-`");
    fails(&format!("rev: \"{}\"", &commit[..2]), "commit");
    assert!(!place.at("origin/x").exists() && !place.at("project/x").exists());
    place.write(
        "project/hsm.yaml",
        &manifest(&format!("{{git: \"{}\", rev: {}}}", place.url(), &commit[..8])),
    );
    in_time(&place, &["lock"]).ends_with(0);
}
