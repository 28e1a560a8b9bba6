//! Lists and searches that are narrowed, what this project can have, and what is remembered between runs.

use std::fs;
use std::path::{Path, PathBuf};

use hsm::cli::Exit;

use super::{Project, has, json, run};

const MANIFEST: &str = "project: {name: demo}\nservices:\n  containers: [front]\n";

fn container(name: &str, more: &str) -> String {
    format!("name: {name}\nsources: {{prod: {{type: docker-image, image: \"{name}:1\"}}}}\n{more}")
}

/// A project with these containers besides the entries of all tests.
fn project(containers: &[(&str, &str)]) -> Project {
    let project = Project::new(MANIFEST);
    for (name, more) in containers {
        project.write(&format!("hsm-registry/containers/{name}.yaml"), &container(name, more));
    }
    project
}

fn shop() -> Project {
    let project = project(&[
        ("front", "implies: {container:redis: {}}\ntags: [web]\nowner: Platform\n"),
        ("redis", "description: A cache\ntags: [cache, KV]\nowner: platform\nports: [\"6379:6379\"]\n"),
        ("valkey", "description: Like redis\ntags: [cache]\nports: [\"6379:6379\"]\n"),
        ("memcached", "tags: [cache]\ndeprecated: {use: redis, why: nobody knows it}\n"),
        ("other", "implies: {container:memcached: {}}\n"),
    ]);
    project.write(
        "hsm-registry/container_groups/store.yaml",
        "name: store\ntype: container_group\nstrategy: 1-of-N\noptions: [redis, {name: valkey, deprecated: {use: redis}}]\n",
    );
    project
}

/// The ids that a command gives.
#[track_caller]
fn ids(project: &Project, args: &[&str]) -> Vec<String> {
    let data = json(&project.run(&[args, &["--format", "json"]].concat()).ends(Exit::Done));
    let entries = data["entries"].as_array().expect("a list");
    entries.iter().map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_list_is_narrowed_by_what_entries_say() {
    let project = shop();
    let list = |args: &[&str]| ids(&project, &[&["registry", "list"], args].concat());
    assert_eq!(list(&["--tag", "kv"]), ["container:redis"]);
    assert_eq!(list(&["--tag", "cache", "--owner", "PLATFORM"]), ["container:redis"]);
    assert_eq!(list(&["--implies", "memcached"]), ["container:other"]);
    assert_eq!(list(&["--implies", "container:redis", "--kind", "package"]), [""; 0]);
    assert_eq!(list(&["--provides", "store"]), ["container:redis", "container:valkey"]);
    assert_eq!(list(&["--deprecated"]), ["container:memcached", "container_group:store"]);
    let run = project.run(&["registry", "list", "--deprecated"]).ends(Exit::Done);
    has(&run.out, &["[deprecated: use redis]", "redis, valkey [deprecated]"]);
    let run = project.run(&["registry", "list", "--provides", "stroe"]).ends(Exit::Wrong);
    has(&run.err, &["did you mean `container_group:store`?"]);
    let run = project.run(&["registry", "list", "--implies", "memcache"]).ends(Exit::Wrong);
    has(&run.err, &["did you mean `container:memcached`?"]);
}

#[test]
fn a_search_forgives_typing_errors_where_nothing_fits_as_it_is_typed() {
    let project = shop();
    let search = |args: &[&str]| ids(&project, &[&["registry", "search"], args].concat());
    assert_eq!(search(&["redis"]), ["container:redis", "container_group:store", "container:valkey"]);
    for typed in ["rdeis", "rdis", "rediss", "redos"] {
        assert_eq!(search(&[typed])[0], "container:redis", "{typed}");
    }
    assert_eq!(search(&["memcachd"]), ["container:memcached"]);
    assert_eq!(search(&["valk"]), ["container:valkey", "container_group:store"], "the start of a name");
    assert_eq!(search(&["--tag", "cache"]), ["container:memcached", "container:redis", "container:valkey"]);
    assert_eq!(search(&["like", "--provides", "store"]), ["container:valkey"]);
    let run = project.run(&["registry", "search", "rdeis"]).ends(Exit::Done);
    has(&run.err, &["no entry has `rdeis`; these are like it"]);
    let run = project.run(&["registry", "search"]).ends(Exit::Wrong);
    has(&run.err, &["type what to look for"]);
    let first = project.run(&["registry", "search", "cache"]).ends(Exit::Done).out;
    assert_eq!(project.run(&["registry", "search", "cache"]).out, first, "twice the same");
}

#[test]
fn an_entry_is_shown_with_whether_this_project_can_have_it() {
    let project = shop();
    let before = project.picture();
    let there = project.run(&["registry", "show", "container:redis"]).ends(Exit::Done);
    has(&there.out, &["in this project", "is in the stack: 1, prod", "implied by", "container:front"]);
    let can = project.run(&["registry", "show", "other"]).ends(Exit::Done);
    has(&can.out, &["can be in the stack", "container:other", "container:memcached"]);
    let cannot = project.run(&["registry", "show", "container:valkey"]).ends(Exit::Done);
    has(&cannot.out, &["cannot be in the stack:", "6379", "hsm-registry/containers/valkey.yaml:5:"]);
    has(&cannot.out, &["hsm-registry/containers/front.yaml:3:"]);
    let data =
        json(&project.run(&["registry", "show", "container:valkey", "--format", "json"]).ends(Exit::Done));
    assert_eq!(data["possible"]["is"], false);
    let because = data["possible"]["because"].as_array().expect("a list");
    assert!(because.iter().any(|one| one["file"] == "hsm-registry/containers/valkey.yaml"), "{because:?}");
    let group = project.run(&["registry", "show", "store"]).ends(Exit::Done);
    has(&group.out, &["can be in the stack", "valkey (deprecated)"]);
    let quick = project.run(&["registry", "show", "other", "--no-solve"]).ends(Exit::Done);
    assert!(!quick.out.contains("in this project"), "{}", quick.out);
    assert_eq!(project.picture(), before, "nothing is written");
    // where there is no stack, nobody knows
    project.write("hsm.yaml", &MANIFEST.replace("[front]", "[front, valkey]"));
    let unknown = project.run(&["registry", "show", "other"]).ends(Exit::Done);
    has(&unknown.out, &["not known: there is no stack as things are"]);
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    let outside = project.run(&["registry", "show", "other"]).ends(Exit::Done);
    assert!(!outside.out.contains("in this project"), "{}", outside.out);
}

// ---- what is remembered ----

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("small") % most
    }
}

/// Changes something about an entry or the folder, as editors, tools and people do.
fn meddle(folder: &Path, dice: &mut Dice, step: usize) {
    let file = |dice: &mut Dice| folder.join(format!("x{:03}.yaml", dice.up_to(130)));
    let path = file(dice);
    let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    let text = container(&name, &format!("description: as of {step}\n"));
    let time = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
    // broken links and the like stand in the way of some of it
    let _ = match dice.up_to(9) {
        0 => fs::write(&path, text),
        // as many bytes, and the same time of change
        1 => fs::read_to_string(&path).map(|old| old.replace("as of", "AS OF")).and_then(|new| {
            fs::write(&path, new)?;
            time.map_or(Ok(()), |time| fs::File::options().write(true).open(&path)?.set_modified(time))
        }),
        2 => fs::remove_file(&path),
        3 => fs::rename(&path, file(dice)),
        4 => fs::write(&path, "name: [\n"),
        // written beside it and renamed over it, with the time of the old one
        5 => fs::write(folder.join("new"), text).and_then(|()| {
            let new = fs::File::options().write(true).open(folder.join("new"))?;
            time.map_or(Ok(()), |time| new.set_modified(time))?;
            fs::rename(folder.join("new"), &path)
        }),
        6 => fs::remove_file(&path)
            .and_then(|()| std::os::unix::fs::symlink(format!("x{:03}.yaml", dice.up_to(130)), &path)),
        7 => fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(std::time::UNIX_EPOCH)),
        _ => fs::remove_file(&path).and_then(|()| fs::create_dir(&path)),
    };
    if path.is_dir() && dice.up_to(2) == 0 {
        fs::remove_dir(&path).expect("it is empty");
    }
}

#[test]
fn what_is_remembered_changes_no_byte_of_what_is_listed() {
    let project = Project::new(MANIFEST);
    let folder = project.path("hsm-registry/containers");
    for number in 0..130 {
        let name = format!("x{number:03}");
        project.write(
            &format!("hsm-registry/containers/{name}.yaml"),
            &container(&name, "description: as of 0\n"),
        );
    }
    let listed = |args: &[&str], cache: Option<&Path>| {
        let mut command = project.command(args);
        command.env_remove("HOME");
        if let Some(cache) = cache {
            command.env("HSM_CACHE_DIR", cache);
        }
        run(&mut command).ends(Exit::Done)
    };
    let cache = tempfile::tempdir().expect("a directory");
    // what was written just now is not trusted yet
    std::thread::sleep(std::time::Duration::from_millis(120));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut remembered: Option<PathBuf> = None;
    for step in 1..60 {
        let args: &[&str] = match dice.up_to(3) {
            0 => &["registry", "list", "--format", "json"],
            1 => &["registry", "search", "as"],
            _ => &["registry", "list", "--kind", "container"],
        };
        let with = listed(args, Some(cache.path()));
        let without = listed(args, None);
        assert_eq!((&with.out, &with.err), (&without.out, &without.err), "step {step}");
        let index = fs::read_dir(cache.path().join("index")).into_iter().flatten().flatten().next();
        remembered = index.map(|file| file.path()).or(remembered);
        if let (Some(path), 0) = (&remembered, step % 7) {
            // torn, cut, or of somebody else
            let mut bytes = fs::read(path).expect("readable");
            match dice.up_to(3) {
                0 => bytes.truncate(dice.up_to(bytes.len())),
                1 => {
                    let at = dice.up_to(bytes.len());
                    bytes[at] ^= 64;
                }
                _ => bytes = b"something else\n".to_vec(),
            }
            fs::write(path, bytes).expect("written");
        }
        for _ in 0..dice.up_to(4) {
            meddle(&folder, &mut dice, step);
        }
        if step % 5 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(60));
        }
    }
    assert!(remembered.is_some(), "nothing was remembered");
}

#[test]
fn what_is_remembered_is_looked_at_again_only_where_it_changed() {
    let project = Project::new(MANIFEST);
    for number in 0..130 {
        let name = format!("x{number:03}");
        project.write(&format!("hsm-registry/containers/{name}.yaml"), &container(&name, ""));
    }
    std::thread::sleep(std::time::Duration::from_millis(120));
    let cache = tempfile::tempdir().expect("a directory");
    let list = || {
        let mut command = project.command(&["registry", "list"]);
        run(command.env("HSM_CACHE_DIR", cache.path())).ends(Exit::Done)
    };
    let first = list().out;
    let folder = cache.path().join("index");
    let index = || fs::read_dir(&folder).expect("made").next().expect("a file").expect("there").path();
    let made = || fs::metadata(index()).and_then(|meta| meta.modified()).expect("a time");
    let before = made();
    assert_eq!(list().out, first);
    // whoever reads all entries again writes it again
    assert_eq!(made(), before, "nothing was new, so nothing was written");
    assert!(!project.path(".hsm").exists(), "nothing is written into the project");
}
