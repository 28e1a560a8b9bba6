use super::*;
use crate::place::Sources;

fn read(text: &str) -> Project {
    Project::read(text, FileId(0)).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

const PROJECT: &str = r#"
[project]
name = "app"
requires-python = ">=3.11"
dependencies = ["Foo_Bar>=1", "six==1.16.0", "six==1.16.0", "not a requirement at all!"]

[project.optional-dependencies]
IO = ["numpy<2"]

[dependency-groups]
dev = ["pytest>8", {include-group = "Lint"}]
lint = ["ruff", {include-group = "dev"}]
docs = ["sphinx"]

[tool.uv]
dev-dependencies = ["mypy"]
constraint-dependencies = ["pandas<3"]
override-dependencies = ["Pillow>=1"]
conflicts = [[{extra = "io"}, {group = "lint"}], [{package = "other", extra = "a"}, {group = "docs"}]]

[tool.hsm]
project.dependencies = ["six==1.16.0"]
"#;

#[test]
fn the_users_requirements_are_read_with_their_lists() {
    let project = read(PROJECT);
    let lines: Vec<(&str, &str, &List)> = project
        .lines
        .iter()
        .map(|line| (line.text.as_str(), line.requirement.name.as_str(), &line.list))
        .collect();
    let group = |text| List::Group(name(text));
    assert_eq!(
        lines,
        [
            ("Foo_Bar>=1", "foo-bar", &List::Project),
            ("six==1.16.0", "six", &List::Project),
            ("numpy<2", "numpy", &List::Extra(name("io"))),
            ("pytest>8", "pytest", &group("dev")),
            ("ruff", "ruff", &group("lint")),
            ("sphinx", "sphinx", &group("docs")),
            ("mypy", "mypy", &group("dev")),
            ("pandas<3", "pandas", &List::Constraints),
        ]
    );
    assert_eq!(project.overridden, BTreeSet::from([name("pillow")]));
    assert_eq!(project.requires_python.map(|python| python.value).as_deref(), Some(">=3.11"));
}

#[test]
fn each_fact_has_its_place() {
    let mut sources = Sources::new();
    let file = sources.add(FILE, PROJECT);
    let project = Project::read(PROJECT, file).unwrap();
    let at = |place: Place| sources.position(place).to_string();
    assert_eq!(at(project.lines[0].place), "pyproject.toml:5:17");
    assert_eq!(at(project.lines[2].place), "pyproject.toml:8:7");
    assert_eq!(at(project.requires_python.unwrap().place), "pyproject.toml:4:19");
}

#[test]
fn what_hsm_recorded_is_not_the_users() {
    let text =
        "[project]\nrequires-python = \">=3.11\"\n[tool.hsm]\nproject.requires-python = '\">=3.11\"'\n";
    assert_eq!(read(text).requires_python, None);
    let edited = text.replacen(">=3.11", ">=3.12", 1);
    assert_eq!(read(&edited).requires_python.map(|python| python.value).as_deref(), Some(">=3.12"));
}

#[test]
fn lists_in_conflict_are_apart_with_all_that_includes_them() {
    let project = read(PROJECT);
    let (io, lint, dev, docs) = (
        List::Extra(name("io")),
        List::Group(name("lint")),
        List::Group(name("dev")),
        List::Group(name("docs")),
    );
    assert!(project.are_apart(&io, &lint) && project.are_apart(&lint, &io));
    assert!(project.are_apart(&io, &dev), "dev includes lint; that they include each other does no harm");
    assert!(!project.are_apart(&lint, &dev) && !project.are_apart(&io, &io));
    assert!(!project.are_apart(&io, &docs), "what belongs to another package is not this one's");
    assert!(!project.are_apart(&io, &List::Project));
}

#[test]
fn a_text_that_is_no_toml_has_a_place() {
    let text = "[project]\nname = \n";
    let mut sources = Sources::new();
    let file = sources.add(FILE, text);
    let error = Project::read(text, file).unwrap_err();
    assert_eq!(sources.position(error.place.unwrap()).line, 2, "{error:?}");
}

#[test]
fn a_checkout_says_its_version() {
    let version =
        |text: &str| Checkout::read(text, FileId(0)).version.map(|version| version.value.as_str().to_owned());
    assert_eq!(version("[project]\nversion = '1.2'").as_deref(), Some("1.2"));
    assert_eq!(version("project = {version = '1.2.post1'}").as_deref(), Some("1.2.post1"));
    for none in [
        "",
        "[project]",
        "[project]\ndynamic = ['version']\nversion = '1'",
        "[project]\nversion = 'x y'",
        "[[",
    ] {
        assert_eq!(version(none), None, "{none}");
    }
}

#[test]
fn paths_are_joined_without_detours() {
    assert_eq!(joined(Path::new(""), "./packages/x/"), "packages/x");
    assert_eq!(joined(Path::new("registry"), "../x"), "x");
    assert_eq!(joined(Path::new(""), "../../x/./y"), "../../x/y");
    assert_eq!(joined(Path::new("a"), ".."), ".");
}
