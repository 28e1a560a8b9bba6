//! Indexes and settings of uv: joined where they can be, refused where they clash; and those of a run as flags.

use super::*;

#[test]
fn an_index_has_one_definition_and_names_need_one() {
    let from = |name: &str, index: &str| {
        let index = Some(text(index));
        let origin = PackageOrigin::Pypi { name: None, version: None, extras: Vec::new(), index };
        package(name, Some("1"), Mode::Prod, origin)
    };
    let said = "`a` comes from the index `crop`, which is defined nowhere";
    let mine =
        format!("{PLAIN}\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://u:pw@example.org/simple\"\n");
    says(&[("pyproject.toml", &mine)], &stack([from("a", "crop")]), &[said]);
    let wrong = plan_with(
        &Rehearsal::with([("pyproject.toml", mine.as_str())]),
        &stack([from("a", "crop")]),
        &Settings::default(),
    );
    assert_eq!(wrong.unwrap_err()[0].finding.help().unwrap(), "did you mean `corp`?");
    let after = file(&planned(&[("pyproject.toml", &mine)], &stack([from("a", "corp")]))).to_owned();
    assert!(after.starts_with(&mine[..mine.len() - 1].replace("[]", "[\n    \"a==1\",\n]")), "{after}");

    // an entry may define what others name; it is asked for those alone
    let corp = "index: [{name: corp, url: \"https://example.org/simple\"}]";
    let after =
        file(&planned(&[("pyproject.toml", PLAIN)], &stack([with("b", corp), from("a", "corp")]))).to_owned();
    let index = "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://example.org/simple\"\nexplicit = true\n";
    assert!(after.contains(index), "{after}");
    // the user has said so in other words
    let same = format!(
        "{PLAIN}[tool.uv]\nindex = [{{url = 'https://example.org/simple', explicit = true, name = 'corp'}}]\n"
    );
    let after =
        file(&planned(&[("pyproject.toml", &same)], &stack([with("b", corp), from("a", "corp")]))).to_owned();
    assert_eq!(after.matches("example.org/simple").count(), 1, "{after}");

    let other = "index: [{name: corp, url: \"https://example.org/other\"}]";
    let two = stack([with("b", corp), with("c", other)]);
    let wrong =
        plan_with(&Rehearsal::with([("pyproject.toml", PLAIN)]), &two, &Settings::default()).unwrap_err();
    let first = "{ name = \"corp\", url = \"https://example.org/simple\", explicit = true }";
    let said = format!(
        "two entries want different values for `uv.index`: `{first}` and `{}`",
        first.replace("simple", "other")
    );
    assert_eq!((wrong.len(), wrong[0].finding.to_string()), (1, said));
    assert_eq!(wrong[0].related.len(), 1, "both places are told");
    let said = format!(
        "pyproject.toml:7: `tool.uv.index` is `{{ name = \"corp\", url = \"https://u:**@example.org/simple\" }}`, but the stack \
         needs `{first}`"
    );
    says(&[("pyproject.toml", &mine)], &stack([with("b", corp)]), &[&said]);
    for (yaml, why) in [
        ("index: [{name: corp}]", "an index has a `name` and a `url`"),
        (
            "index: [{name: corp, url: \"https://example.org\", default: true}]",
            "an index of an entry is asked only for the packages that name it",
        ),
        ("extra-index-url: [\"https://example.org\"]", "it would change where every package comes from"),
        ("index: [{name: corp, url: \"https://u:${PW}@example.org\"}]", "it holds a password"),
    ] {
        let wrong = plan_with(
            &Rehearsal::with([("pyproject.toml", PLAIN)]),
            &stack([with("b", yaml)]),
            &Settings::default(),
        );
        let said = wrong.unwrap_err()[0].finding.to_string();
        assert!(said.contains(why), "{yaml}: {said}");
    }
}

#[test]
fn settings_are_joined_by_their_kind() {
    let plan = |a: &str, b: &str| {
        let world = Rehearsal::with([("pyproject.toml", PLAIN)]);
        plan_with(&world, &stack([with("a", a), with("b", b)]), &Settings::default())
    };
    for (a, b, expect) in [
        (
            "no-build-isolation-package: [x]",
            "no-build-isolation-package: [y, x]",
            "no-build-isolation-package = [\n    \"x\",\n    \"y\",\n]",
        ),
        (
            "constraint-dependencies: [n<3]",
            "constraint-dependencies: [n>=2]",
            "constraint-dependencies = [\n    \"n<3\",\n    \"n>=2\",\n]",
        ),
        (
            "extra-build-dependencies: {X_y: [c]}",
            "extra-build-dependencies: {x.y: [d]}",
            "x-y = [\n    \"c\",\n    \"d\",\n]",
        ),
        (
            "config-settings: {a: b}",
            "config-settings: {a: b, c: [d, e]}",
            "[tool.uv.config-settings]\na = \"b\"\nc = [\"d\", \"e\"]",
        ),
        (
            "extra-build-variables: {x: {A: \"1\"}}",
            "extra-build-variables: {x: {B: \"2\"}}",
            "[tool.uv.extra-build-variables.x]\nA = \"1\"\nB = \"2\"",
        ),
        ("exclude-newer-package: {x: 2024-01-01}", "required-version: \">=0.9\"", "x = \"2024-01-01\""),
        ("quite-new: {x: true}", "quite-new: {y: 1}", "[tool.uv.quite-new]\nx = true\ny = 1"),
    ] {
        let part = plan(a, b).unwrap();
        assert!(file(&part).contains(expect), "{a} + {b}: {}", file(&part));
        let back = file(&planned(&[("pyproject.toml", file(&part))], &stack([]))).to_owned();
        assert_eq!(back, PLAIN, "{a} + {b}");
    }
    for (a, b, path) in [
        ("constraint-dependencies: [n<2]", "constraint-dependencies: [N>=2]", "uv.constraint-dependencies"),
        (
            "override-dependencies: [\"n<2 ; python_version < '3.12'\"]",
            "override-dependencies: [\"n>2 ; python_version < '3.12'\"]",
            "uv.override-dependencies",
        ),
        (
            "dependency-metadata: [{name: X_y, version: \"1\"}]",
            "dependency-metadata: [{name: x-y, version: \"1\", requires-dist: []}]",
            "uv.dependency-metadata",
        ),
        ("config-settings: {a: b}", "config-settings: {a: c}", "uv.config-settings.a"),
        ("exclude-newer: 2024-01-01", "exclude-newer: 2025-01-01", "uv.exclude-newer"),
    ] {
        let wrong = plan(a, b).unwrap_err();
        let said = wrong[0].finding.to_string();
        assert!(said.starts_with(&format!("two entries want different values for `{path}`: ")), "{said}");
        assert_eq!(wrong[0].related.len(), 1, "{said}");
        assert_eq!(wrong.len(), 1);
    }
    let mistyped = plan("pre-release: allow", "{}").unwrap_err();
    assert_eq!(mistyped[0].finding.to_string(), "uv has no setting `pre-release`");
    assert_eq!(mistyped[0].finding.help().unwrap(), "did you mean `prerelease`?");
}

#[test]
fn settings_are_passed_through_and_clash() {
    let a = "override-dependencies: [numpy<2]\nprerelease: allow\nextra-build-dependencies: {a: [setuptools]}\n\
             dependency-metadata: [{name: a, version: 1.0, requires-dist: []}]\n";
    let b = "override-dependencies: [numpy<2, scipy<2]\nprerelease: allow\n";
    let after = file(&planned(&[("pyproject.toml", PLAIN)], &stack([with("a", a), with("b", b)]))).to_owned();
    for part in [
        "override-dependencies = [\n    \"numpy<2\",\n    \"scipy<2\",\n]\n",
        "prerelease = \"allow\"\n",
        "[tool.uv.extra-build-dependencies]\na = [\n    \"setuptools\",\n]\n",
        "\n\n[[tool.uv.dependency-metadata]]\nname = \"a\"\nversion = \"1.0\"\nrequires-dist = []\n\n",
    ] {
        assert!(after.contains(part), "{part}\n---\n{after}");
    }
    let back = file(&planned(&[("pyproject.toml", &after)], &stack([]))).to_owned();
    assert_eq!(back, PLAIN);
    let said = "two entries want different values for `uv.prerelease`: `\"allow\"` and `\"never\"`";
    says(
        &[("pyproject.toml", PLAIN)],
        &stack([with("a", "prerelease: allow"), with("b", "prerelease: never")]),
        &[said],
    );
    let mine = format!("{PLAIN}[tool.uv]\nprerelease = \"never\"\n");
    let said = "pyproject.toml:7: `tool.uv.prerelease` is `\"never\"`, but the stack needs `\"allow\"`";
    says(&[("pyproject.toml", &mine)], &stack([with("a", "prerelease: allow")]), &[said]);
    let said = "`uv.sources` cannot be passed through: hsm writes sources itself: give the package a source";
    says(&[("pyproject.toml", PLAIN)], &stack([with("a", "sources: {}")]), &[said]);
}

#[test]
fn settings_of_the_run_become_flags() {
    let commands = |settings: Settings| {
        let world = Rehearsal::with([("pyproject.toml", PLAIN)]);
        let part = plan_with(&world, &stack([pypi("Six", Some("1"))]), &settings).unwrap();
        let all: Vec<String> = part.actions.iter().map(|a| a.args[3..].join(" ")).collect();
        (part.files.len(), all.join(", "))
    };
    let all = Settings::default;
    assert_eq!(commands(Settings { lock_only: true, ..all() }), (1, "lock".to_owned()));
    assert_eq!(commands(Settings { frozen: true, ..all() }), (0, "sync --frozen".to_owned()));
    assert_eq!(commands(Settings { locked: true, ..all() }), (1, "lock --check, sync --locked".to_owned()));
    assert_eq!(
        commands(Settings { offline: true, ..all() }),
        (1, "lock --offline, sync --locked --offline".to_owned())
    );
    let upgrade =
        |names: &[&str]| Settings { upgrade: Some(names.iter().map(|n| (*n).to_owned()).collect()), ..all() };
    assert_eq!(commands(upgrade(&[])).1, "lock --upgrade, sync --locked");
    assert_eq!(commands(upgrade(&["six", "container:x"])).1, "lock --upgrade-package Six, sync --locked");
}
