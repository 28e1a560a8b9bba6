//! Edits by example: the lines that go and the lines that come.

use super::*;

const TEXT: &str = "project:
  name: demo
dependencies:
  package_groups:
    # clients
    client:
      strategy: 1-of-N
      selection: qdrant   # for now
      mode: dev
  packages: [core]
services:
  container_groups:
    metrics:
      selection:
        - prometheus
        - {name: grafana, version: \"11\"}   # pinned
    cache:
      mode: dev
";

fn group(kind: Kind, name: &str, one: bool) -> GroupFacts {
    let name = Name::parse(name).expect("a name");
    GroupFacts {
        id: GroupId::new(kind, &name),
        one,
        default: names(&["d1", "d2"]),
        comment: Some("What it is for".to_owned()),
        shared: false,
    }
}

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|n| Name::parse(n).expect("a name")).collect()
}

fn run(change: &Change) -> Result<Edited, EditError> {
    edit(TEXT, &read_text(TEXT).expect("a manifest"), change)
}

/// The changed lines: what went with `-`, what came with `+`.
fn lines(edited: &Edited) -> String {
    between(TEXT, &edited.text)
}

fn between(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let mut out = String::new();
    for change in diff.iter_all_changes().filter(|c| c.tag() != similar::ChangeTag::Equal) {
        out.push_str(&change.tag().to_string());
        out.push_str(change.value());
    }
    out
}

#[test]
fn selecting_in_a_group_of_one_replaces_the_scalar() {
    let edited = run(&Change::Select(group(Kind::Package, "client", true), names(&["milvus"]))).expect("ok");
    assert_eq!(
        lines(&edited),
        "-      selection: qdrant   # for now\n+      selection: milvus   # for now\n"
    );
    let same = run(&Change::Select(group(Kind::Package, "client", true), names(&["qdrant"]))).expect("ok");
    assert_eq!(same.text, TEXT);
    let two = run(&Change::Select(group(Kind::Package, "client", true), names(&["a", "b"])));
    assert!(matches!(two, Err(EditError::TakesOne(_))), "{two:?}");
}

#[test]
fn selecting_in_a_group_of_many_keeps_the_items_that_stay() {
    let metrics = group(Kind::Container, "metrics", false);
    let edited = run(&Change::Select(metrics.clone(), names(&["grafana", "loki"]))).expect("ok");
    assert_eq!(lines(&edited), "-        - prometheus\n+        - loki\n");
    assert!(edited.notes.is_empty());
    let gone = run(&Change::Select(metrics, names(&["loki"]))).expect("ok");
    assert_eq!(
        lines(&gone),
        "-      selection:\n-        - prometheus\n-        - {name: grafana, version: \"11\"}   # pinned\n+      selection: [loki]\n"
    );
    assert_eq!(gone.notes, [Note::PinsLost(Name::parse("grafana").expect("a name"))]);
}

#[test]
fn adding_an_option() {
    let metrics = group(Kind::Container, "metrics", false);
    let edited = run(&Change::AddOptions(metrics, names(&["loki"]))).expect("ok");
    assert_eq!(lines(&edited), "+        - loki\n");
    let one = run(&Change::AddOptions(group(Kind::Package, "client", true), names(&["milvus"]))).expect("ok");
    assert_eq!(one.notes.len(), 1);
    assert_eq!(one.notes[0].to_string(), "package_group:client takes one option: `milvus` replaces `qdrant`");
    let defaults =
        run(&Change::AddOptions(group(Kind::Container, "cache", false), names(&["redis"]))).expect("ok");
    assert_eq!(lines(&defaults), "+      selection: [d1, d2, redis]\n");
    assert_eq!(defaults.notes.len(), 1);
}

#[test]
fn a_group_that_is_not_there_gets_a_line_with_its_comment() {
    let edited = run(&Change::Select(group(Kind::Package, "new", true), names(&["x1"]))).expect("ok");
    assert_eq!(lines(&edited), "+    # What it is for\n+    new:\n+      selection: x1\n");
    let edited = run(&Change::AddOptions(group(Kind::Container, "new", false), names(&["x1"]))).expect("ok");
    assert_eq!(lines(&edited), "+    # What it is for\n+    new:\n+      selection: [x1]\n");
}

#[test]
fn removing_options() {
    let metrics = group(Kind::Container, "metrics", false);
    let edited = run(&Change::RemoveOptions(metrics.clone(), names(&["prometheus"]))).expect("ok");
    assert_eq!(lines(&edited), "-        - prometheus\n");
    let none = run(&Change::RemoveOptions(metrics.clone(), names(&["loki"])));
    assert!(matches!(none, Err(EditError::NotSelected { .. })), "{none:?}");
    let all = run(&Change::RemoveOptions(metrics, names(&["prometheus", "grafana"]))).expect("ok");
    assert!(all.text.contains("      selection: []"), "{}", all.text);
    let one =
        run(&Change::RemoveOptions(group(Kind::Package, "client", true), names(&["qdrant"]))).expect("ok");
    assert_eq!(lines(&one), "-      selection: qdrant   # for now\n");
}

#[test]
fn components_are_listed_and_taken_off() {
    let id = |kind, name: &str| ComponentId::new(kind, &Name::parse(name).expect("a name"));
    let add = |kind, name: &str| run(&Change::Add(id(kind, name), Name::parse(name).expect("a name")));
    assert_eq!(
        lines(&add(Kind::Package, "extra").expect("ok")),
        "-  packages: [core]\n+  packages: [core, extra]\n"
    );
    assert_eq!(lines(&add(Kind::Container, "redis").expect("ok")), "+  containers:\n+    - redis\n");
    assert_eq!(add(Kind::Package, "Core").expect("ok").notes.len(), 1);
    let removed = run(&Change::Remove(id(Kind::Package, "core"))).expect("ok");
    assert_eq!(lines(&removed), "-  packages: [core]\n+  packages: []\n");
    let selected = run(&Change::Remove(id(Kind::Package, "qdrant")));
    assert_eq!(
        selected.expect_err("not listed").to_string(),
        "package:qdrant is not listed by itself: it is an option of package_group:client; use `hsm group remove-option client qdrant`"
    );
}

#[test]
fn a_single_item_with_settings_is_not_moved_into_a_list() {
    let text = "project: {name: d}\nservices:\n  container_groups:\n    metrics:\n      selection: {name: a1, mode: dev}\n";
    let manifest = read_text(text).expect("a manifest");
    let metrics = group(Kind::Container, "metrics", false);
    let change = Change::AddOptions(metrics.clone(), names(&["b1"]));
    assert_eq!(edit(text, &manifest, &change), Err(EditError::NotAList(metrics.id.clone())));
    let other = edit(text, &manifest, &Change::Select(metrics, names(&["b1"]))).expect("ok");
    assert!(other.text.ends_with("      selection: [b1]\n"), "{}", other.text);
}

#[test]
fn the_mode_is_set() {
    let edited = run(&Change::Mode(Mode::Dev)).expect("ok");
    assert_eq!(lines(&edited), "+  mode: dev\n");
}

#[test]
fn the_adapters_are_set() {
    let edited = run(&Change::PackageManager("uv")).expect("ok");
    assert_eq!(lines(&edited), "+  package_manager: uv\n");
    let edited = run(&Change::ContainerEngine("docker")).expect("ok");
    assert_eq!(lines(&edited), "+  container_engine: docker\n");
}

const PINS: &str = "project: {name: demo}
dependencies:
  packages:
    - core   # ours
    - \"Other_One\"
    - third: dev   # for now
    - {name: fourth, version: \"<2\"}
services:
  container_groups:
    infra:
      selection: [redis, {name: db, profile: small}]
      exclude: [mail]
    cache: {}
  containers:
    - name: web
      # open
      ports: [\"80:80\"]
      mode: dev
";

/// The changed lines of [`PINS`].
fn pinned(change: &Change) -> String {
    let edited = edit(PINS, &read_text(PINS).expect("a manifest"), change).expect("edited");
    assert!(read_text(&edited.text).is_some(), "{}", edited.text);
    between(PINS, &edited.text)
}

fn package(name: &str) -> (ComponentId, Name) {
    let name = Name::parse(name).expect("a name");
    (ComponentId::new(Kind::Package, &name), name)
}

fn container(name: &str) -> (ComponentId, Name) {
    let name = Name::parse(name).expect("a name");
    (ComponentId::new(Kind::Container, &name), name)
}

fn demand(text: &str) -> VersionDemand {
    VersionDemand::parse(text).expect("a demand")
}

#[test]
fn a_pin_goes_to_the_item_as_it_is_written() {
    let mode = |(id, name), mode| pinned(&Change::SetMode(id, name, mode));
    let version = |(id, name), text: &str| pinned(&Change::SetVersion(id, name, Some(demand(text))));
    assert_eq!(mode(package("core"), Some(Mode::Dev)), "-    - core   # ours\n+    - core: dev   # ours\n");
    assert_eq!(
        mode(package("other-one"), Some(Mode::Dev)),
        "-    - \"Other_One\"\n+    - \"Other_One\": dev\n"
    );
    assert_eq!(
        mode(package("third"), Some(Mode::Prod)),
        "-    - third: dev   # for now\n+    - third: prod   # for now\n"
    );
    assert_eq!(mode(package("third"), None), "-    - third: dev   # for now\n+    - third   # for now\n");
    assert_eq!(
        version(package("core"), ">=1,<2"),
        "-    - core   # ours\n+    - {name: core, version: \">=1,<2\"}   # ours\n"
    );
    assert_eq!(
        version(package("third"), "1.0"),
        "-    - third: dev   # for now\n+    - third: {mode: dev, version: \"1.0\"}   # for now\n"
    );
    assert_eq!(version(package("fourth"), "*"), "-    - {name: fourth, version: \"<2\"}\n+    - fourth\n");
    assert_eq!(mode(container("web"), None), "-      mode: dev\n");
    let ports = |ports: &[&str], (id, name)| {
        pinned(&Change::SetPorts(id, name, ports.iter().copied().map(str::to_owned).collect()))
    };
    assert_eq!(ports(&[], container("web")), "-      ports: [\"80:80\"]\n");
    assert_eq!(
        ports(&["8080:80", "53:53/udp"], container("web")),
        "-      ports: [\"80:80\"]\n+      ports: [\"8080:80\", \"53:53/udp\"]\n"
    );
    assert_eq!(
        ports(&["1:1"], container("redis")),
        "-      selection: [redis, {name: db, profile: small}]\n+      selection: [{name: redis, ports: [\"1:1\"]}, {name: db, profile: small}]\n"
    );
    assert_eq!(ports(&["1:1"], container("new")), "+    - {name: new, ports: [\"1:1\"]}\n");
}

#[test]
fn what_is_not_listed_is_pinned_in_constraints() {
    let (id, name) = container("qdrant");
    let profile = Name::parse("small").ok();
    assert_eq!(
        pinned(&Change::SetProfile(id.clone(), name.clone(), profile)),
        "+constraints:\n+  container:qdrant: {profile: small}\n"
    );
    let text = format!("{PINS}constraints:\n  # why\n  container:qdrant:\n    version: '<2'\n# end\n");
    let change = |change: &Change| {
        let after = edit(&text, &read_text(&text).expect("a manifest"), change).expect("edited").text;
        between(&text, &after)
    };
    assert_eq!(change(&Change::SetMode(id.clone(), name.clone(), Some(Mode::Dev))), "+    mode: dev\n");
    let (other, other_name) = package("deep");
    assert_eq!(
        change(&Change::SetMode(other, other_name, Some(Mode::Dev))),
        "+  package:deep:\n+    mode: dev\n"
    );
    assert_eq!(
        change(&Change::SetVersion(id, name, None)),
        "-constraints:\n-  container:qdrant:\n-    version: '<2'\n"
    );
}

#[test]
fn pins_in_several_places_agree_afterwards() {
    let text = "project: {name: d}
services:
  container_groups:
    infra:
      selection: [{name: redis, mode: prod}, web]
  containers: [redis]
constraints:
  container:redis: {mode: prod, version: \"<2\"}
";
    let (id, name) = container("redis");
    let edited =
        edit(text, &read_text(text).expect("a manifest"), &Change::SetMode(id, name, Some(Mode::Dev)))
            .expect("ok");
    assert_eq!(
        between(text, &edited.text),
        "-      selection: [{name: redis, mode: prod}, web]
-  containers: [redis]
+      selection: [redis, web]
+  containers: [{redis: dev}]
-  container:redis: {mode: prod, version: \"<2\"}
+  container:redis: {version: \"<2\"}
"
    );
    let said: Vec<String> = edited.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "`mode: prod` of container:redis in the selection of container_group:infra was removed",
            "`mode: prod` of container:redis in `constraints` was removed"
        ]
    );
}

#[test]
fn the_line_of_a_group_is_made_changed_and_removed() {
    let infra = || group(Kind::Container, "infra", false);
    assert_eq!(pinned(&Change::GroupMode(infra(), Some(Mode::Dev))), "+      mode: dev\n");
    assert_eq!(
        pinned(&Change::Exclude(infra(), names(&["grafana", "mail"]))),
        "-      exclude: [mail]\n+      exclude: [mail, grafana]\n"
    );
    assert_eq!(pinned(&Change::Include(infra(), names(&["mail"]))), "-      exclude: [mail]\n");
    assert_eq!(
        pinned(&Change::RemoveGroup(infra())),
        "-    infra:\n-      selection: [redis, {name: db, profile: small}]\n-      exclude: [mail]\n"
    );
    assert_eq!(
        pinned(&Change::AddGroup(group(Kind::Package, "client", true))),
        "+  package_groups:\n+    # What it is for\n+    client: {}\n"
    );
    let wrong = |change: &Change| {
        edit(PINS, &read_text(PINS).expect("a manifest"), change).expect_err("refused").to_string()
    };
    assert_eq!(
        wrong(&Change::Include(infra(), names(&["redis"]))),
        "container_group:infra does not exclude `redis`"
    );
    let client = || group(Kind::Package, "client", true);
    assert_eq!(wrong(&Change::RemoveGroup(client())), "hsm.yaml does not name package_group:client");
    assert_eq!(
        wrong(&Change::GroupProfile(client(), Name::parse("small").ok())),
        "package_group:client has no profiles: only containers have"
    );
    let (id, name) = package("core");
    assert_eq!(
        wrong(&Change::SetPorts(id, name, vec!["1:1".to_owned()])),
        "package:core has no ports: only containers have"
    );
}

#[test]
fn a_change_is_a_command_to_paste() {
    let (id, name) = package("numpy");
    let (redis, redis_name) = container("redis");
    let shared = GroupFacts { shared: true, ..group(Kind::Container, "vector-db", true) };
    for (change, command) in [
        (
            Change::SetVersion(id.clone(), name.clone(), Some(demand(">=1,<2"))),
            "hsm package version numpy '>=1,<2'",
        ),
        (Change::SetVersion(id.clone(), name.clone(), Some(demand("1.2"))), "hsm package version numpy 1.2"),
        (Change::SetVersion(redis.clone(), redis_name.clone(), None), "hsm container version redis any"),
        (
            Change::SetPorts(redis.clone(), redis_name.clone(), vec!["it's".to_owned(), String::new()]),
            r"hsm container port redis 'it'\''s' ''",
        ),
        (
            Change::SetPorts(redis.clone(), redis_name.clone(), vec!["-x".to_owned()]),
            "hsm container port -- redis -x",
        ),
        (Change::SetMode(id.clone(), name.clone(), Some(Mode::Prod)), "hsm package mode numpy prod"),
        (
            Change::SetPorts(redis.clone(), redis_name, vec!["1:1".to_owned(), "${P}:2".to_owned()]),
            "hsm container port redis 1:1 '${P}:2'",
        ),
        (Change::Add(id, name), "hsm package add numpy"),
        (Change::Remove(redis), "hsm container remove redis"),
        (Change::Mode(Mode::Dev), "hsm mode dev"),
        (Change::PackageManager("uv"), "hsm python-manager set uv"),
        (Change::ContainerEngine("docker"), "hsm container-manager set docker"),
        (
            Change::Select(shared.clone(), names(&["qdrant"])),
            "hsm group select container_group:vector-db qdrant",
        ),
        (Change::GroupProfile(shared, None), "hsm group profile container_group:vector-db any"),
        (
            Change::Exclude(group(Kind::Container, "infra", false), names(&["a", "b"])),
            "hsm group exclude infra a b",
        ),
        (Change::RemoveGroup(group(Kind::Container, "infra", false)), "hsm group remove infra"),
    ] {
        assert_eq!(change.to_string(), command);
    }
}
