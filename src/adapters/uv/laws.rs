//! Laws of editing `pyproject.toml`, over generated files and wishes, and a table of forms that users write.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::pyproject::{Line, Reconciled, Wanted, Wish, reconcile, source_path};
use super::splice::{Plain, Toml, path, quoted};
use super::trouble::Trouble;

fn line(text: &str) -> Line {
    let name: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Line { name: Some(name), key: text.to_owned(), text: quoted(text) }
}

fn wish(lines: &[&str]) -> Wish {
    Wish {
        lists: vec![(path(["project", "dependencies"]), lines.iter().map(|l| line(l)).collect())],
        ..Wish::default()
    }
}

fn source(mut wish: Wish, name: &str, text: &str) -> Wish {
    wish.values.push(Wanted { path: source_path(name), text: text.to_owned(), soft: false });
    wish
}

#[track_caller]
fn done(text: &str, wish: &Wish) -> Reconciled {
    match reconcile(text, wish) {
        Ok(done) => done,
        Err(wrong) => panic!("{wrong:#?}\n--- text\n{text}"),
    }
}

/// The text up to the record, which every test would repeat.
fn body(text: &str) -> &str {
    let at = text.find("[tool.hsm]").unwrap_or(text.len());
    text[..at].trim_end()
}

#[track_caller]
fn adds(before: &str, wish: &Wish, expect: &str) {
    let after = done(before, wish).text;
    assert_eq!(body(&after), expect.trim_end(), "--- whole\n{after}");
    assert_eq!(done(&after, wish).text, after, "a second time");
    assert_eq!(done(&after, &Wish::default()).text, before, "and back");
}

#[test]
fn a_trailing_comma_is_kept() {
    adds(
        "[project]\nname = \"x\"\ndependencies = [\n  \"a\",  # why\n  \"b\",  # last\n]\n",
        &wish(&["six==1.16.0", "idna==3"]),
        "[project]\nname = \"x\"\ndependencies = [\n  \"a\",  # why\n  \"b\",  # last\n  \"six==1.16.0\",\n  \"idna==3\",\n]\n",
    );
}

#[test]
fn no_trailing_comma_is_kept_too() {
    adds(
        "[project]\ndependencies = [\n    \"a\",\n    \"b\"  # last, with a comma\n]",
        &wish(&["six", "idna"]),
        "[project]\ndependencies = [\n    \"a\",\n    \"b\",  # last, with a comma\n    \"six\",\n    \"idna\"\n]",
    );
}

#[test]
fn an_empty_array_is_opened() {
    adds(
        "[project]\ndependencies = []  # none\nname = \"x\"\n",
        &wish(&["six"]),
        "[project]\ndependencies = [\n    \"six\",\n]  # none\nname = \"x\"\n",
    );
    adds(
        "[project]\ndependencies = [\n]\n",
        &wish(&["six"]),
        "[project]\ndependencies = [\n    \"six\",\n]\n",
    );
    adds(
        "[project]\ndependencies = [ # c\n  ]\n",
        &wish(&["six"]),
        "[project]\ndependencies = [ # c\n    \"six\",\n  ]\n",
    );
}

#[test]
fn an_array_on_one_line_stays_on_one() {
    adds(
        "[project]\ndependencies = [\"a\"]\n",
        &wish(&["six", "b"]),
        "[project]\ndependencies = [\"a\", \"six\", \"b\"]\n",
    );
    adds(
        "[project]\ndependencies = [ 'a', ]\n",
        &wish(&["six"]),
        "[project]\ndependencies = [ 'a', \"six\", ]\n",
    );
}

#[test]
fn a_missing_key_is_added_at_the_end_of_its_table() {
    adds(
        "[project]\nname = \"x\" # name\n\n# build\n[build-system]\nrequires = []\n",
        &wish(&["six"]),
        "[project]\nname = \"x\" # name\ndependencies = [\n    \"six\",\n]\n\n# build\n[build-system]\nrequires = []\n",
    );
}

#[test]
fn dotted_keys_are_followed() {
    adds(
        "project.name = \"x\"\ntool.uv.package = true\nproject.version = \"1\"\n",
        &source(wish(&["six"]), "six", "{ path = \"six\" }"),
        "project.name = \"x\"\ntool.uv.package = true\nproject.version = \"1\"\nproject.dependencies = [\n    \"six\",\n]\n\n\
         [tool.uv.sources]\nsix = { path = \"six\" }",
    );
    adds(
        "[tool.uv]\nsources.a = { path = \"a\" }\nenvironments = []\n[project]\nname='x'\ndependencies=['a']\n",
        &source(wish(&["six"]), "six", "{ path = \"six\" }"),
        "[tool.uv]\nsources.a = { path = \"a\" }\nsources.six = { path = \"six\" }\nenvironments = []\n[project]\nname='x'\n\
         dependencies=['a', \"six\"]\n",
    );
}

#[test]
fn inline_tables_are_followed() {
    adds(
        "project = { name = \"x\", version = \"1\" }\n[tool]\nuv = { package = false }\n",
        &source(wish(&["six"]), "six", "{ path = \"six\" }"),
        "project = { name = \"x\", version = \"1\", dependencies = [\"six\"] }\n[tool]\n\
         uv = { package = false, sources = { six = { path = \"six\" } } }",
    );
    adds(
        "tool.uv = {}\n[project]\nname = \"x\"\ndependencies = []\n",
        &source(wish(&["six"]), "six", "{ path = \"six\" }"),
        "tool.uv = {sources = { six = { path = \"six\" } }}\n[project]\nname = \"x\"\ndependencies = [\n    \"six\",\n]\n",
    );
}

#[test]
fn sources_as_tables_of_their_own_stay() {
    adds(
        "[project]\ndependencies = [\"a\"]\n[tool.uv.sources.a]\npath = \"a\"\n",
        &source(wish(&["six"]), "six", "{ path = \"six\" }"),
        "[project]\ndependencies = [\"a\", \"six\"]\n[tool.uv.sources.a]\npath = \"a\"\n\n[tool.uv.sources]\nsix = { path = \"six\" }",
    );
}

#[test]
fn crlf_and_no_final_newline_stay() {
    let before = "[project]\r\ndependencies = [\r\n  \"a\"\r\n]\r\n# end";
    let after = done(before, &wish(&["six"])).text;
    assert!(!after.replace("\r\n", "").contains('\n'), "{after:?}");
    assert!(!after.ends_with('\n'));
    assert_eq!(done(&after, &Wish::default()).text, before);
}

#[test]
fn a_changed_version_takes_the_place_and_keeps_the_comment() {
    let first = done("[project]\ndependencies = [\n    \"a\",\n]\n", &wish(&["six==1.15", "idna==3"])).text;
    let mine = first.replacen("\"six==1.15\",", "\"six==1.15\", # for old code", 1);
    let after = done(&mine, &wish(&["six==1.16", "idna==3"])).text;
    assert_eq!(
        body(&after),
        "[project]\ndependencies = [\n    \"a\",\n    \"six==1.16\", # for old code\n    \"idna==3\",\n]"
    );
    let gone = done(&after, &wish(&["idna==3"])).text;
    assert_eq!(
        body(&gone),
        "[project]\ndependencies = [\n    \"a\",\n    # for old code\n    \"idna==3\",\n]"
    );
}

#[test]
fn a_line_changed_by_hand_is_the_users_again() {
    let first = done("[project]\ndependencies = []\n", &wish(&["six==1.15"])).text;
    let mine = first.replacen("\"six==1.15\"", "\"six>=1.15\"", 1);
    let after = done(&mine, &wish(&["six==1.15"]));
    assert_eq!(body(&after.text), "[project]\ndependencies = [\n    \"six>=1.15\",\n    \"six==1.15\",\n]");
    assert_eq!(after.notes, [Trouble::Edited { line: 3, found: "six>=1.15".to_owned() }]);
    assert_eq!(after.users.len(), 1);
    let gone = done(&after.text, &Wish::default()).text;
    assert_eq!(gone, "[project]\ndependencies = [\n    \"six>=1.15\",\n]\n");
}

#[test]
fn a_source_changed_by_hand_is_the_users_again() {
    let stack = source(wish(&["six"]), "six", "{ path = \"six\" }");
    let first = done("[project]\ndependencies = []\n", &stack).text;
    let mine = first.replacen("{ path = \"six\" }", "{ path = \"../six\" }", 1);
    let wrong = reconcile(&mine, &stack).unwrap_err();
    assert!(matches!(&wrong[..], [Trouble::TakenSource { name, line: 7, .. }] if name == "six"), "{wrong:?}");
    let gone = done(&mine, &Wish::default());
    assert_eq!(gone.text, "[project]\ndependencies = []\n\n[tool.uv.sources]\nsix = { path = \"../six\" }\n");
    assert_eq!(gone.notes.len(), 1);
}

#[test]
fn the_users_own_source_is_reported_and_stays() {
    let text = "[project]\ndependencies = []\n[tool.uv.sources]\nSix_ty = { path = \"mine\" }\n";
    let wrong = reconcile(text, &source(wish(&["six-ty"]), "six-ty", "{ path = \"six\" }")).unwrap_err();
    assert!(matches!(&wrong[..], [Trouble::TakenSource { line: 4, .. }]), "{wrong:?}");
    let same = done(text, &source(wish(&["six-ty"]), "six-ty", "{path='mine'}")).text;
    assert_eq!(same.matches("mine").count(), 1, "the same meaning is no second entry");
    let unsourced = Wish { unsourced: vec!["six-ty".to_owned()], ..wish(&["six-ty"]) };
    assert!(reconcile(text, &unsourced).is_err());
}

fn adopting(mut wish: Wish, names: &[&str]) -> Wish {
    wish.adopt = names.iter().map(|name| (*name).to_owned()).collect();
    wish
}

#[test]
fn what_is_handed_over_becomes_what_is_wanted_and_goes_with_it() {
    let text = "[project]\ndependencies = [\n    \"a\",\n    \"Six_ty>=1\", # mine\n    \"six.ty<9 ; python_version < '3.9'\",\n]\n\n\
                [tool.uv.sources.six_ty]\npath = \"mine\"\n\n[tool.uv.sources.a]\npath = \"a\"\n";
    let stack = adopting(source(wish(&["six-ty==2"]), "six-ty", "{ path = \"six\" }"), &["six-ty"]);
    let after = done(text, &stack);
    assert_eq!(
        body(&after.text),
        "[project]\ndependencies = [\n    \"a\",\n    \"six-ty==2\", # mine\n]\n\n[tool.uv.sources.a]\npath = \"a\"\n\n\
         [tool.uv.sources]\nsix_ty = { path = \"six\" }"
    );
    assert_eq!(after.notes, []);
    assert_eq!(done(&after.text, &stack).text, after.text, "a second time");
    let plain = Wish { adopt: std::collections::BTreeSet::new(), ..stack };
    assert_eq!(done(&after.text, &plain).text, after.text, "it is hsm's from then on");
    assert_eq!(
        done(&after.text, &Wish::default()).text,
        "[project]\ndependencies = [\n    \"a\",\n    # mine\n]\n\n[tool.uv.sources.a]\npath = \"a\"\n"
    );
    // the index by its name alone: a source of the user's would send it elsewhere
    let text = "[project]\ndependencies = [\"six==2\"]\n[tool.uv.sources]\nsix = { path = \"mine\" }\n";
    let index = Wish { unsourced: vec!["six".to_owned()], ..adopting(wish(&["six==2"]), &["six"]) };
    let after = done(text, &index).text;
    assert_eq!(body(&after), "[project]\ndependencies = [\"six==2\"]\n[tool.uv.sources]");
    assert_eq!(done(&after, &Wish::default()).text, "[project]\ndependencies = []\n[tool.uv.sources]\n");
}

#[test]
fn the_users_identical_line_is_enough() {
    let text = "[project]\ndependencies = [\"six==1.16\"]\n";
    assert_eq!(done(text, &wish(&["six==1.16"])).text, text);
}

#[test]
fn broken_files_are_refused_with_a_line() {
    let wrong = reconcile("[project]\nname = \n", &wish(&["six"])).unwrap_err();
    assert!(wrong[0].to_string().starts_with("pyproject.toml cannot be edited: line 2: "), "{}", wrong[0]);
    let wrong = reconcile("[project]\ndependencies = \"six\"\n", &wish(&["six"])).unwrap_err();
    assert_eq!(
        wrong[0].to_string(),
        "pyproject.toml cannot be edited: `project.dependencies` is string where an array is expected"
    );
    let wrong = reconcile("[project]\ndependencies = []\n[tool]\nhsm = 3\n", &wish(&["six"])).unwrap_err();
    assert!(matches!(wrong[..], [Trouble::Record(_)]), "{wrong:?}");
    let first = done("[project]\ndependencies = []\n", &wish(&["six"])).text;
    let wrong = reconcile(&format!("{first}mine = \"1\"\n"), &wish(&["six"])).unwrap_err();
    assert_eq!(
        wrong,
        [Trouble::Record("tool.hsm.mine".to_owned())],
        "what is added under hsm's header is not lost"
    );
}

#[test]
fn strings_are_written_so_that_they_read_back() {
    for text in ["a", "a ; x == 'b'", "a ; x == \"b\"", "a\\b", "'\"", "é\u{7f}\n\t"] {
        assert_eq!(Plain::parse(&quoted(text)), Some(Plain::Text(text.to_owned())), "{text:?}");
    }
}

// ---- generated files ----------------------------------------------------------------------------------------------

const ARRAYS: &[&str] = &[
    "[]",
    "[ ]",
    "[\n]",
    "[\n    ]",
    "[ # none\n]",
    "[\n  # none\n  # at all\n]",
    "[\"u1\"]",
    "[\"u1\",]",
    "[ 'u1' , \"u2>=1\" ]",
    "[\n    \"u1\",\n    \"u2>=1\",\n]",
    "[\n    \"u1\",\n    \"u2>=1\"\n]",
    "[\n\t\"u1\", # one\n\n\t# between, with a comma\n\t'u2' # last, too\n\t# end\n]",
    "[\n  \"u1\", \"u2\",\n  \"u3\", \"u4\"\n]",
    "[\n  \"u1\"\n, \"u2\"\n, \"u3\"\n]",
    "[\"u1\",\n \"u2\"]",
    "[\"u1\",\n \"u2\",  ]",
    "[\n  \"\"\"u1\"\"\",\n  '''u2''' ,\n  ]",
    "[\n  \"u1 ; python_version < '3.9'\", # ] , [\n]",
];

const PROJECTS: &[&str] = &[
    "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = @\n",
    "[project]\nname = \"x\"\nversion = \"1\"\n",
    "[project]\nname = \"x\" # dependencies\n\n# more\n\n",
    "[project] # here\ndependencies = @ # them\nname = \"x\"\n[project.scripts]\na = \"b\"\n",
    "[project.urls]\na = \"b\"\n[project]\n  name = \"x\"\n  dependencies = @\n",
    "# nothing here\n",
    "[project]\n",
    "[project.optional-dependencies]\ndev = @\n",
];

const ROOTS: &[&str] = &["", "# a comment\n\n", "\u{feff}", "\n\n"];

const TOOLS: &[&str] = &[
    "",
    "[tool.uv]\npackage = true\n",
    "[tool.uv]\nsources = { u1 = { path = \"u1\" } }\n",
    "[tool.uv]\nsources = {}\n",
    "[tool.uv]\nsources.u1 = { path = \"u1\" }\nsources.u2.path = \"u2\"\ndefault-groups = @\n",
    "[tool.uv.sources]\nu1 = { path = \"u1\" }\n",
    "[tool.uv.sources]\n",
    "[tool.uv.sources.u1]\npath = \"u1\"\n\n[tool.uv.sources.u2]\npath = \"u2\"\n",
    "[tool]\nuv = { package = true }\n",
    "[tool]\nuv = {}\n",
    "[tool]\nuv.package = true\nruff.line-length = 3\n",
    "[tool]\nuv.sources.u1 = { path = \"u1\" }\n",
    "[tool.ruff]\nselect = @\n[[tool.uv.index]]\nname = \"i\"\nurl = \"https://example.org\"\n",
    "[[tool.mypy.overrides]]\nmodule = \"a\"\n[[tool.mypy.overrides]]\nmodule = \"b\"\n",
];

const GROUPS: &[&str] = &[
    "",
    "[dependency-groups]\ndev = @\n",
    "[dependency-groups]\nStack = @\n",
    "[dependency-groups]\nstack = [{include-group = \"dev\"}, \"u9\"]\ndev = []\n",
    "dependency-groups.dev = @\n",
];

const ENDS: &[&str] = &["", "\n", "\n\n\n", "# end", "# end\n", "   ", "\n# end  \n \n"];

fn file() -> impl Strategy<Value = String> {
    let pick = |from: &'static [&'static str]| proptest::sample::select(from);
    let parts = (pick(ROOTS), pick(PROJECTS), pick(TOOLS), pick(GROUPS), pick(ENDS));
    (parts, proptest::collection::vec(pick(ARRAYS), 6), 0..6usize, any::<bool>(), any::<bool>())
        .prop_filter_map("not TOML", |((root, project, tool, group, end), arrays, order, crlf, blank)| {
            let mut blocks = [project, tool, group];
            blocks.rotate_left(order % 3);
            if order > 2 {
                blocks.swap(0, 1);
            }
            blocks.sort_by_key(|b| !b.starts_with("dependency-groups."));
            let mut text = String::from(root);
            for block in blocks {
                text.push_str(block);
                if blank {
                    text.push('\n');
                }
            }
            text.push_str(end);
            for array in arrays {
                text = text.replacen('@', array, 1);
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            Toml::parse(text.clone()).ok().map(|_| text)
        })
}

fn a_wish() -> impl Strategy<Value = Wish> {
    let names = proptest::sample::subsequence(vec!["six", "idna", "rag-core", "numpy", "attrs"], 0..5);
    (names, proptest::collection::vec((0..3usize, 0..4usize), 5), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(names, how, group, groups, setting)| {
            let mut wish = Wish::default();
            let mut lines = Vec::new();
            for (name, (version, from)) in names.iter().zip(how) {
                lines.push(line(
                    &[name, "==1.0 ; python_version < '3.13'", "[x,y]>=2,<3"][..=version].concat(),
                ));
                match from {
                    0 => wish = source(wish, name, &format!("{{ path = \"pk/{name}\", editable = true }}")),
                    1 => wish = source(wish, name, "{ git = \"https://example.org/x.git\", rev = \"v1\" }"),
                    _ => wish.unsourced.push((*name).to_owned()),
                }
            }
            let at =
                if group { path(["dependency-groups", "stack"]) } else { path(["project", "dependencies"]) };
            if !lines.is_empty() {
                wish.lists.push((at, lines));
            }
            if groups && !names.is_empty() {
                wish.lists.push((path(["tool", "uv", "default-groups"]), vec![line("stack")]));
            }
            if setting && !names.is_empty() {
                let text = "{ name = \"six\", url = \"https://example.org\", explicit = true }".to_owned();
                let index = |key: String| Line { name: None, text: key.clone(), key };
                let both = vec![index(text.replace("six", "a")), index(text)];
                wish.lists.push((path(["tool", "uv", "index"]), both));
                let text = "[{ name = \"six\", version = \"1\" }]".to_owned();
                wish.values.push(Wanted {
                    path: path(["tool", "uv", "dependency-metadata"]),
                    text,
                    soft: false,
                });
                let built = path(["tool", "uv", "extra-build-dependencies", "six"]);
                wish.lists.push((built, vec![line("setuptools")]));
                let deep =
                    [["config-settings-package", "six", "a"], ["config-settings-package", "idna", "b"]];
                for [one, two, three] in deep {
                    let text = "[\"x\", 1]".to_owned();
                    wish.values.push(Wanted {
                        path: path(["tool", "uv", one, two, three]),
                        text,
                        soft: false,
                    });
                }
                let text = "\"allow\"".to_owned();
                wish.values.push(Wanted { path: path(["tool", "uv", "prerelease"]), text, soft: false });
            }
            wish
        })
}

fn is_within(small: &str, big: &str) -> bool {
    let mut big = big.chars();
    small.chars().all(|c| big.any(|b| b == c))
}

fn holds(text: &str, wish: &Wish) -> Result<(), TestCaseError> {
    let toml = Toml::parse(text).map_err(|e| TestCaseError::fail(e.to_string()))?;
    for (at, lines) in &wish.lists {
        let key = |k: &str| if at[0] == "dependency-groups" { k.to_lowercase() } else { k.to_owned() };
        let (last, parent) = at.split_last().unwrap();
        let name = toml.keys(parent).into_iter().find(|k| key(k) == *last).unwrap();
        let mut full = parent.to_vec();
        full.push(name);
        let have: Vec<String> = toml.elements(&full).unwrap().unwrap().into_iter().map(|e| e.key).collect();
        for line in lines {
            prop_assert!(have.contains(&line.key), "{} is missing in\n{text}", line.key);
        }
    }
    for wanted in &wish.values {
        prop_assert_eq!(toml.plain().get(&wanted.path).cloned(), Plain::parse(&wanted.text));
    }
    Ok(())
}

/// Everything but scalars that are no strings, which each language prints in its own way.
fn as_json(plain: &Plain) -> serde_json::Value {
    match plain {
        Plain::Table(t) => t.iter().map(|(k, v)| (k.clone(), as_json(v))).collect(),
        Plain::List(l) => l.iter().map(as_json).collect(),
        Plain::Text(text) => text.as_str().into(),
        Plain::Other(_) => serde_json::Value::Null,
    }
}

const READER: &str = "
import json, sys, tomllib
def plain(v):
    if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list): return [plain(x) for x in v]
    return v if isinstance(v, str) else None
print(json.dumps([plain(tomllib.loads(t.removeprefix(chr(0xfeff)))) for t in json.load(sys.stdin)]))
";

#[test]
fn another_reader_reads_the_same() {
    use crate::world::{Command, Real, World as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut texts = Vec::new();
    while texts.len() < 300 {
        let (text, wish) = (file(), a_wish()).new_tree(&mut runner).unwrap().current();
        texts.push(done(&text, &wish).text);
    }
    let command = Command {
        program: "python3".into(),
        args: vec!["-c".to_owned(), READER.to_owned()],
        dir: "/".into(),
        stdin: Some(serde_json::to_vec(&texts).unwrap()),
        ..Command::default()
    };
    let outcome = match Real::new().unwrap().run(&command) {
        Ok(outcome) if !outcome.stderr.ends_with(b"No module named 'tomllib'\n") => outcome,
        _ => return, // No Python here, or an old one: the law above has its own reader.
    };
    assert!(outcome.ok(), "{}", String::from_utf8_lossy(&outcome.stderr));
    let read: Vec<serde_json::Value> = serde_json::from_slice(&outcome.stdout).unwrap();
    for (text, read) in texts.iter().zip(read) {
        assert_eq!(as_json(&Toml::parse(text.as_str()).unwrap().plain()), read, "{text}");
    }
}

/// What a text means beside what these distributions are in the arrays of requirements, in the sources, and in the record.
fn without(text: &str, names: &[&str]) -> Plain {
    fn drop_lines(plain: &mut Plain, names: &[&str]) {
        match plain {
            Plain::List(list) => list.retain(|item| match item {
                Plain::Text(text) => !names.iter().any(|name| text.trim().starts_with(name)),
                _ => true,
            }),
            Plain::Table(table) => table.retain(|_, value| {
                drop_lines(value, names);
                !matches!(value, Plain::Table(t) if t.is_empty())
                    && !matches!(value, Plain::List(l) if l.is_empty())
            }),
            _ => {}
        }
    }
    let mut plain = Toml::parse(text).unwrap().plain();
    if let Some(sources) = plain.table_mut(&path(["tool", "uv", "sources"])) {
        sources.retain(|name, _| !names.contains(&name.as_str()));
    }
    plain.table_mut(&path(["tool"])).unwrap().remove("hsm");
    drop_lines(&mut plain, names);
    plain
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_handed_over_is_hsms_and_nothing_else_is(
        text in file(),
        names in proptest::sample::subsequence(vec!["u1", "u2", "u3"], 1..4),
        sourced in any::<bool>(),
        group in any::<bool>(),
    ) {
        let at = if group { path(["dependency-groups", "stack"]) } else { path(["project", "dependencies"]) };
        let lines: Vec<String> = names.iter().map(|name| format!("{name}==7")).collect();
        let mut stack = adopting(Wish::default(), &names);
        stack.lists.push((at.clone(), lines.iter().map(|text| line(text)).collect()));
        for name in &names {
            if sourced {
                stack = source(stack, name, "{ url = \"https://example.org/x.whl\" }");
            } else {
                stack.unsourced.push((*name).to_owned());
            }
        }
        let after = reconcile(&text, &stack).map_err(|e| TestCaseError::fail(format!("{e:#?}\n--- text\n{text}")))?;
        holds(&after.text, &stack)?;
        let toml = Toml::parse(after.text.as_str()).unwrap();
        let list = toml.keys(&at[..1]).into_iter().find(|key| key.to_lowercase() == at[1]).unwrap();
        let elements = toml.elements(&[at[0].clone(), list]).unwrap().unwrap();
        for name in &names {
            let of = elements.iter().filter(|e| e.key.trim().starts_with(name)).count();
            prop_assert_eq!(of, 1, "{}\n{}", name, &after.text);
            let source = toml.keys(&path(["tool", "uv", "sources"])).contains(&(*name).to_owned());
            prop_assert_eq!(source, sourced);
        }
        prop_assert_eq!(without(&text, &names), without(&after.text, &names));
        let plain = Wish { adopt: std::collections::BTreeSet::new(), ..stack };
        for wish in [&plain, &adopting(plain.clone(), &names)] {
            prop_assert_eq!(&done(&after.text, wish).text, &after.text, "a second plan is not empty");
        }
        let gone = done(&after.text, &Wish::default());
        prop_assert!(is_within(&gone.text, &text), "bytes were added\n{}\n---\n{}", text, gone.text);
        prop_assert_eq!(without(&text, &names), without(&gone.text, &names));
        prop_assert_eq!(gone.notes, []);
    }

    #[test]
    fn what_is_added_can_be_taken_back_to_the_byte(text in file(), wishes in proptest::collection::vec(a_wish(), 1..4)) {
        let mut now = text.clone();
        for (n, wish) in wishes.iter().enumerate() {
            let after = match reconcile(&now, wish) {
                Ok(done) => done.text,
                Err(wrong) => return Err(TestCaseError::fail(format!("{wrong:#?}\n--- text\n{now}"))),
            };
            if n == 0 {
                prop_assert!(is_within(&text, &after), "bytes were lost\n--- before\n{text}\n--- after\n{after}");
            }
            holds(&after, wish)?;
            let again = reconcile(&after, wish).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
            prop_assert_eq!(&again.text, &after, "a second plan is not empty");
            prop_assert!(again.notes.is_empty(), "{:?}\n{}", again.notes, after);
            now = after;
        }
        let back = reconcile(&now, &Wish::default()).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert_eq!(back.text, text, "--- with entries\n{}", now);
    }
}
