//! Commands that edit `hsm.yaml`: each on a manifest as people write them, the file compared byte for byte; and the
//! command that a change is shown as does what the change does.

use std::os::unix::fs::symlink;

use hsm::manifest::Mode;
use hsm::manifest::edit::{Change, GroupFacts, edit, read_text};
use hsm::names::{ComponentId, GroupId, Kind, Name};
use hsm::version::VersionDemand;

use super::{Exit, Project, Run, run};

const MANIFEST: &str = "# Our stack
project:
  name: demo   # for now

dependencies:
  package_groups:
    # which client
    client:
      selection: one   # the first
  packages:
    - 'extra'        # of ours
    - more: dev

services:
    container_groups:
        tools:
            selection: [red, {name: green, version: \"2\"}]   # two
            exclude: [blue]
    containers:
        # the front
        - web

constraints:
  # until it is mended
  package:one: {version: \"<2\"}
# end
";

const REGISTRY: &[(&str, &str)] = &[
    (
        "package_groups/both.yaml",
        "name: both\ntype: package_group\nstrategy: M-of-N\noptions: [{name: loose}]\n",
    ),
    (
        "container_groups/both.yaml",
        "name: both\ntype: container_group\nstrategy: M-of-N\noptions: [{name: two}]\n",
    ),
    ("packages/loose.yaml", "name: loose\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("packages/shared.yaml", "name: shared\nversion: 1.0.0\nsources: {prod: {type: pypi}}\n"),
    ("containers/shared.yaml", "name: shared\nsources: {prod: {type: docker-image, image: \"shared:1\"}}\n"),
    (
        "packages/one.yaml",
        "name: one\nversion: 1.0.0\nsources: {prod: {type: pypi}, dev: {type: local, path: ./one}}\n",
    ),
    (
        "packages/extra.yaml",
        "name: extra\nversion: 1.0.0\nsources: {prod: {type: pypi}, dev: {type: local, path: ./extra}}\nreleases: [{version: 1.1.0}]\n",
    ),
    (
        "packages/more.yaml",
        "name: more\nversion: 1.0.0\nsources: {prod: {type: pypi}, dev: {type: local, path: ./more}}\n",
    ),
    (
        "containers/web.yaml",
        "name: web\nversion: 4.0.0\nsources:\n  prod: {type: docker-image, image: \"web:4\"}\n  dev: {type: build, path: ./web}\nports: [\"80:80\"]\ndeployment_profiles:\n  small: {mode: managed, env: {SIZE: small}}\n  big: {mode: managed, env: {SIZE: big}}\ndefault_profile: small\n",
    ),
    (
        "containers/red.yaml",
        "name: red\nsources: {prod: {type: docker-image, image: \"red:1\"}, dev: {type: build, path: ./red}}\ndeployment_profiles: {small: {mode: managed}}\n",
    ),
];

fn project(manifest: &str) -> Project {
    let project = Project::new(manifest);
    for (path, text) in REGISTRY {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    project
}

/// The manifest after a command that must succeed.
fn edited(args: &[&str]) -> (String, Run) {
    let project = project(MANIFEST);
    let run = project.run(args).ends(Exit::Done);
    (project.read("hsm.yaml"), run)
}

/// A command that puts one text where another stood.
#[track_caller]
fn changes(args: &[&str], from: &str, to: &str) -> Run {
    let (text, run) = edited(args);
    assert_eq!(MANIFEST.matches(from).count(), 1, "`{from}`");
    assert_eq!(text, MANIFEST.replace(from, to), "{args:?}\n{}", run.err);
    run
}

#[test]
fn a_package_is_pinned_where_it_is_listed_and_else_in_constraints() {
    let said = changes(&["package", "mode", "extra", "dev"], "- 'extra' ", "- 'extra': dev ");
    assert_eq!(said.err, "  ~ package:extra: 1.1.0 prod index → 1.1.0 dev ./extra\n    edited hsm.yaml\n");
    changes(&["package", "mode", "more", "any"], "- more: dev\n", "- more\n");
    changes(&["package", "mode", "package:more", "prod"], "more: dev", "more: prod");
    changes(
        &["package", "version", "extra", ">=1,<1.1"],
        "- 'extra' ",
        "- {name: 'extra', version: \">=1,<1.1\"} ",
    );
    changes(&["package", "version", "more", "1.0"], "more: dev", "more: {mode: dev, version: \"1.0\"}");
    changes(
        &["package", "version", "one", "any"],
        "constraints:\n  # until it is mended\n  package:one: {version: \"<2\"}\n",
        "  # until it is mended\n",
    );
    // its own item in the selection comes before `constraints`
    changes(&["package", "mode", "one", "dev"], "selection: one ", "selection: {one: dev} ");
}

#[test]
fn a_container_is_pinned_where_it_is_listed_and_else_in_constraints() {
    changes(&["container", "mode", "web", "dev"], "- web\n", "- web: dev\n");
    changes(&["container", "version", "web", "4.*"], "- web\n", "- {name: web, version: \"4.*\"}\n");
    changes(&["container", "version", "green", "any"], "{name: green, version: \"2\"}", "green");
    let said = changes(&["container", "profile", "web", "big"], "- web\n", "- {name: web, profile: big}\n");
    assert!(said.err.contains("container:web"), "{}", said.err);
    changes(
        &["container", "port", "web", "8080:80", "8443:443"],
        "- web\n",
        "- {name: web, ports: [\"8080:80\", \"8443:443\"]}\n",
    );
    let said = changes(
        &["container", "mode", "two", "prod"],
        "{version: \"<2\"}\n",
        "{version: \"<2\"}\n  container:two: {mode: prod}\n",
    );
    assert_eq!(said.err, "the stack stays as it is\n    edited hsm.yaml\n");
}

#[test]
fn what_is_added_can_be_pinned_at_once() {
    changes(
        &["container", "add", "two", "--mode", "prod", "--port", "1:1"],
        "- web\n",
        "- web\n        - two: {mode: prod, ports: [\"1:1\"]}\n",
    );
    changes(
        &["add", "package:shared", "--version", "1.0.0"],
        "- more: dev\n",
        "- more: dev\n    - {name: shared, version: \"1.0.0\"}\n",
    );
    let listed = changes(&["add", "web", "--profile", "big"], "- web\n", "- {name: web, profile: big}\n");
    assert!(listed.err.contains("container:web is already listed"), "{}", listed.err);
    changes(
        &["package", "add", "loose", "--mode", "prod"],
        "- more: dev\n",
        "- more: dev\n    - loose: prod\n",
    );
}

#[test]
fn the_line_of_a_group_is_edited() {
    changes(
        &["group", "mode", "tools", "prod"],
        "            exclude: [blue]\n",
        "            exclude: [blue]\n            mode: prod\n",
    );
    changes(&["group", "include", "tools", "blue"], "            exclude: [blue]\n", "");
    changes(
        &["group", "profile", "tools", "small"],
        "            exclude: [blue]\n",
        "            exclude: [blue]\n            profile: small\n",
    );
    changes(
        &["group", "exclude", "client", "two", "three"],
        "selection: one   # the first\n",
        "selection: one   # the first\n      exclude: [two, three]\n",
    );
    changes(
        &["group", "add", "spare"],
        "            exclude: [blue]\n",
        "            exclude: [blue]\n        # One spare.\n        # Or another.\n        spare: {}\n",
    );
    let said = changes(
        &["group", "remove", "tools"],
        "    container_groups:\n        tools:\n            selection: [red, {name: green, version: \"2\"}]   # two\n            exclude: [blue]\n",
        "",
    );
    assert!(said.err.contains("the settings of `green` went with it"), "{}", said.err);
}

#[test]
fn what_was_added_can_be_removed_again() {
    let project = project(MANIFEST);
    for [there, back] in [
        ["group add spare", "group remove spare"],
        ["group mode client dev", "group mode client any"],
        ["group exclude client three", "group include client three"],
        ["package mode extra dev", "package mode extra any"],
        ["package version more 1.0", "package version more any"],
        ["container profile web big", "container profile web any"],
        ["container version two <9", "container version two any"],
        ["container port red 1:1", "container port red any"],
        ["container add two", "container remove two"],
    ] {
        for (command, is_edited) in [(there, true), (back, false)] {
            project.run(&command.split(' ').collect::<Vec<_>>()).ends(Exit::Done);
            assert_eq!(
                project.read("hsm.yaml") != MANIFEST,
                is_edited,
                "{command}\n{}",
                project.read("hsm.yaml")
            );
        }
    }
}

#[test]
fn names_and_values_that_do_not_fit_are_refused() {
    let project = project(MANIFEST);
    let said = |args: &[&str]| project.run(args).ends(Exit::Wrong).err;
    for (args, told) in [
        (
            &["package", "mode", "extar", "dev"][..],
            "no registry has a package `extar`; did you mean `package:extra`?",
        ),
        (&["container", "mode", "extra", "dev"], "there is `package:extra`"),
        (&["package", "mode", "container:web", "dev"], "container:web is not a package"),
        (&["package", "mode", "extra", "prid"], "invalid value 'prid'"),
        (&["package", "version", "extra", "=>1"], "is not a version specifier"),
        (
            &["container", "profile", "web", "bug"],
            "container:web has no profile `bug`; did you mean `big`?\n       its profiles: small, big",
        ),
        (&["add", "extra", "--profile", "small"], "package:extra has no profiles: only containers have"),
        (
            &["group", "profile", "tools", "smal"],
            "no option of container_group:tools has the profile `smal`; did you mean `small`?",
        ),
        (
            &["group", "profile", "client", "small"],
            "package_group:client has no profiles: only containers have",
        ),
        (&["group", "exclude", "tools", "bleu"], "has no option `bleu`; did you mean `blue`?"),
        (&["group", "include", "tools", "red"], "container_group:tools does not exclude `red`"),
        (&["group", "remove", "spare"], "hsm.yaml does not name container_group:spare"),
        (&["group", "add", "tols"], "did you mean `container_group:tools`?"),
        (&["container", "port", "web", "none"], "hsm.yaml:"),
    ] {
        let err = said(args);
        assert!(err.contains(told), "{args:?}\n{err}");
    }
    // a pin that leaves no solution is refused and explained
    let run = project.run(&["package", "version", "extra", ">=9"]).ends(Exit::NoSolution);
    assert!(run.err.contains("nothing was written"), "{}", run.err);
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
}

#[test]
fn what_no_registry_has_any_more_can_still_be_removed() {
    let project = project(&MANIFEST.replace("package:one", "package:gone"));
    project.run(&["resolve"]).ends(Exit::Wrong);
    project.run(&["package", "version", "gone", "any"]).ends(Exit::Done);
    assert!(!project.read("hsm.yaml").contains("gone"));
    project.run(&["resolve"]).ends(Exit::Done);
    project.write("hsm.yaml", &MANIFEST.replace("    client:", "    old:"));
    project.run(&["resolve"]).ends(Exit::Wrong);
    project.run(&["group", "remove", "old"]).ends(Exit::Done);
    assert!(!project.read("hsm.yaml").contains("old:"));
    project.run(&["resolve"]).ends(Exit::Done);
}

#[test]
fn an_edit_says_what_it_did_as_json() {
    let (_, run) = edited(&["package", "mode", "extra", "dev", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(
        (said["schema"].as_i64(), said["ok"].as_bool(), said["changed"].as_bool()),
        (Some(1), Some(true), Some(true))
    );
    assert_eq!(said["stack_changes"].as_array().map(Vec::len), Some(1));
}

// ---- commands to paste ----

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn facts(kind: Kind, text: &str, one: bool, comment: Option<&str>) -> GroupFacts {
    let default = if text == "tools" { vec![name("red")] } else { Vec::new() };
    let comment = comment.map(str::to_owned);
    GroupFacts { id: GroupId::new(kind, &name(text)), one, default, comment, shared: false }
}

/// Changes of every sort.
fn all_changes() -> Vec<Change> {
    let component = |kind, text: &str| (ComponentId::new(kind, &name(text)), name(text));
    let package = |text: &str| component(Kind::Package, text);
    let container = |text: &str| component(Kind::Container, text);
    let names = |texts: &[&str]| texts.iter().map(|text| name(text)).collect::<Vec<_>>();
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let demand = |text: &str| VersionDemand::parse(text).ok();
    let client = || facts(Kind::Package, "client", true, None);
    let tools = || facts(Kind::Container, "tools", false, Some("Tools to look at things"));
    let spare = || facts(Kind::Container, "spare", true, Some("One spare.\nOr another.\n"));
    let mut all = vec![
        Change::Select(client(), names(&["two"])),
        Change::Select(tools(), names(&["green", "red"])),
        Change::AddOptions(tools(), names(&["blue"])),
        Change::AddOptions(spare(), names(&["web"])),
        Change::RemoveOptions(tools(), names(&["green"])),
        Change::Mode(Mode::Dev),
        Change::GroupProfile(tools(), Some(name("small"))),
        Change::GroupProfile(tools(), None),
        Change::Include(tools(), names(&["blue"])),
        Change::Exclude(tools(), names(&["green", "red"])),
        Change::Exclude(client(), names(&["two"])),
        Change::AddGroup(spare()),
        Change::AddGroup(client()),
        Change::RemoveGroup(tools()),
        Change::RemoveGroup(client()),
    ];
    let both = GroupFacts { shared: true, ..facts(Kind::Container, "both", false, None) };
    all.push(Change::Select(both.clone(), names(&["two"])));
    for group in [client(), tools(), spare(), both] {
        all.extend(
            [Some(Mode::Dev), Some(Mode::Prod), None].map(|mode| Change::GroupMode(group.clone(), mode)),
        );
    }
    for (id, own) in ["one", "extra", "more", "three"]
        .map(package)
        .into_iter()
        .chain(["web", "red", "green", "two"].map(container))
    {
        all.push(Change::Add(id.clone(), own.clone()));
        let modes = [Some(Mode::Dev), None];
        all.extend(modes.map(|mode| Change::SetMode(id.clone(), own.clone(), mode)));
        let versions = [demand(">=1, <2"), demand("1.0"), demand("==1.*,!=1.5"), None];
        all.extend(versions.map(|version| Change::SetVersion(id.clone(), own.clone(), version)));
    }
    all.extend(["extra", "more"].map(|text| Change::Remove(package(text).0)));
    for (id, own) in ["web", "red", "two"].map(container) {
        let ports = [&["1:1"][..], &["${PORT:-80}:80", "53:53/udp"], &[]];
        all.extend(ports.map(|ports| Change::SetPorts(id.clone(), own.clone(), texts(ports))));
    }
    for profile in [Some(name("big")), None] {
        all.push(Change::SetProfile(container("web").0, name("web"), profile));
    }
    all.push(Change::Remove(container("web").0));
    all
}

#[test]
fn the_command_that_a_change_is_shown_as_does_what_the_change_does() {
    // one without a solution may be edited in every way
    let manifest = MANIFEST.replace("package:one: {version: \"<2\"}", "package:one: {version: \">9\"}");
    let project = project(&manifest);
    let bin = tempfile::TempDir::new().expect("a directory");
    symlink(env!("CARGO_BIN_EXE_hsm"), bin.path().join("hsm")).expect("linked");
    let mut edits = 0;
    for change in all_changes() {
        let wanted = edit(&manifest, &read_text(&manifest).expect("a manifest"), &change);
        project.write("hsm.yaml", &manifest);
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &change.command()]).current_dir(project.dir.path()).env_clear();
        let run = run(shell.env("PATH", bin.path()).env("HOME", project.empty.path()));
        let after = project.read("hsm.yaml");
        match wanted {
            Ok(wanted) => {
                let run = run.ends(Exit::Done);
                assert_eq!(after, wanted.text, "{change}\n{}", run.err);
                edits += usize::from(wanted.text != manifest);
            }
            Err(error) => {
                let run = run.ends(Exit::Wrong);
                assert!(run.err.contains(&error.to_string()), "{change}\n{error}\n{}", run.err);
                assert_eq!(after, manifest, "{change}");
            }
        }
    }
    assert!(edits > 50, "{edits}");
}

#[test]
fn groups_are_added_and_removed_like_components() {
    let said = changes(
        &["add", "container_group:both"],
        "            exclude: [blue]\n",
        "            exclude: [blue]\n        both: {}\n",
    );
    assert!(said.err.contains("edited hsm.yaml"), "{}", said.err);
    let project = project(MANIFEST);
    let run = project.run(&["add", "both"]).ends(Exit::Wrong);
    assert!(run.err.contains("`package_group:both` or `container_group:both`"), "{}", run.err);
    let run = project.run(&["add", "package_group:both", "--port", "1:1"]).ends(Exit::Wrong);
    assert!(run.err.contains("is a group: it takes `--mode` and `--profile` only"), "{}", run.err);
    assert_eq!(project.read("hsm.yaml"), MANIFEST);
    changes(
        &["remove", "tools"],
        "    container_groups:
        tools:
            selection: [red, {name: green, version: \"2\"}]   # two
            exclude: [blue]
",
        "",
    );
    let run = project.run(&["remove", "container_group:both"]).ends(Exit::Wrong);
    assert!(run.err.contains("hsm.yaml does not name container_group:both"), "{}", run.err);
}

#[test]
fn what_is_added_can_have_settings_of_its_own() {
    changes(
        &["package", "add", "loose", "--extra", "io", "--extra", "fast", "--marker", "os_name == 'nt'"],
        "- more: dev\n",
        "- more: dev\n    - {name: loose, extras: [io, fast], marker: \"os_name == 'nt'\"}\n",
    );
    changes(
        &[
            "container",
            "add",
            "web",
            "--env",
            "TZ=UTC",
            "--env",
            "ON=yes",
            "--volume",
            "data:/data",
            "--image",
            "web:1.10",
        ],
        "- web\n",
        "- {name: web, volumes: [\"data:/data\"], env: {TZ: UTC, \"ON\": \"yes\"}, image: \"web:1.10\"}\n",
    );
    let project = project(MANIFEST);
    project.run(&["container", "add", "web", "--env", "A=1"]).ends(Exit::Done);
    project.run(&["container", "add", "web", "--env", "B=2", "--env", "A=3"]).ends(Exit::Done);
    assert_eq!(
        project.read("hsm.yaml"),
        MANIFEST.replace("- web\n", "- {name: web, env: {A: \"3\", B: \"2\"}}\n")
    );
    for (args, why) in [
        (&["container", "add", "web", "--env", "A"][..], "expected NAME=VALUE"),
        (&["add", "web", "--extra", "io"], "container:web has no extras: only packages have"),
        (&["add", "loose", "--image", "x"], "package:loose has no image: only containers have"),
        (&["package", "add", "loose", "--marker", "python is old"], "marker"),
    ] {
        let before = project.read("hsm.yaml");
        let run = project.run(args).ends(Exit::Wrong);
        assert!(run.err.contains(why), "{}", run.err);
        assert_eq!(project.read("hsm.yaml"), before);
    }
}

/// However a list that becomes empty was written: what was added and is removed again leaves no byte.
#[test]
fn adding_and_removing_gives_back_every_byte() {
    let head = "# top\nproject: {name: demo}\nregistry: ./hsm-registry\n";
    for manifest in [
        head.to_owned(),
        format!("{head}services:\n"),
        format!("{head}services:  # ours\n  containers:  # none yet\n\n# end\n"),
        format!("{head}services:\n  containers: []\n"),
        format!("{head}services: {{containers: []}}").replace('\n', "\r\n"),
        format!("\u{feff}{head}services:\n    containers:\n        - two\n"),
    ] {
        let project = project(&manifest);
        for (add, remove) in [
            (&["add", "web"][..], &["remove", "web"][..]),
            (
                &["container", "add", "web", "--mode", "prod", "--port", "1:80"],
                &["container", "remove", "web"],
            ),
            (&["group", "add", "tools"], &["group", "remove", "tools"]),
            (&["container", "mode", "red", "dev"], &["container", "mode", "red", "any"]),
            (&["group", "exclude", "tools", "blue"], &["group", "remove", "tools"]),
        ] {
            project.run(add).ends(Exit::Done);
            assert_ne!(project.read("hsm.yaml"), manifest, "{add:?}");
            project.run(remove).ends(Exit::Done);
            assert_eq!(project.read("hsm.yaml"), manifest, "{add:?}");
        }
        // several, one after the other
        let all = ["web", "loose", "package:shared"];
        for name in &all {
            project.run(&["add", name]).ends(Exit::Done);
        }
        for name in all.iter().rev() {
            project.run(&["remove", name]).ends(Exit::Done);
        }
        assert_eq!(project.read("hsm.yaml"), manifest);
        // a hand between the two is respected
        project.run(&["add", "web"]).ends(Exit::Done);
        let mended = format!("{}\n# by hand\n", project.read("hsm.yaml"));
        project.write("hsm.yaml", &mended);
        project.run(&["remove", "web"]).ends(Exit::Done);
        assert!(project.read("hsm.yaml").ends_with("# by hand\n"));
        // what cannot be read is no trail
        project.write(".hsm/edits.json", "{");
        project.write("hsm.yaml", &manifest);
        project.run(&["add", "web"]).ends(Exit::Done);
        project.run(&["remove", "web"]).ends(Exit::Done);
        assert_eq!(project.read("hsm.yaml"), manifest);
    }
}
