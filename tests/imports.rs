//! Who may name whom, kept by reading the sources.
//!
//! Owns: the rules of the house about paths, macros and names of rooms. Refuses: anything the compiler or clippy can
//! check. Code under `#[cfg(test)]` is free of these rules, comments and texts too, except where a rule says so.

#![expect(clippy::expect_used, reason = "a test that goes wrong should stop there")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The stages of the road, in order: none names a later one.
const ROAD: [&str; 7] = ["load", "compile", "solve", "plan", "order", "execute", "finalize"];

/// Names that say nothing about what a room owns.
const NO_ROOMS: [&str; 6] = ["util", "utils", "common", "helpers", "types", "manager"];

/// What may be named only behind one door: the start of a path, and the rooms that are the door.
const DOORS: &[(&str, &[&str])] = &[
    ("std::fs", &["world"]),
    ("std::env", &["world"]),
    ("std::process", &["world"]),
    ("std::net", &["world"]),
    ("std::os", &["world"]),
    ("std::time::SystemTime", &["world"]),
    ("std::time::Instant", &["world"]),
    ("rustix", &["world"]),
    ("signal_hook", &["world"]),
    ("tempfile", &["world"]),
    ("std::io::stdin", &["cli", "main"]),
    ("std::io::stdout", &["cli", "main"]),
    ("std::io::stderr", &["cli", "main", "world"]),
    ("clap", &["cli"]),
    ("clap_mangen", &["cli/manual"]),
    ("unicode_width", &["cli/ask"]),
    ("anstream", &["cli", "main"]),
    ("anstyle", &["cli"]),
    ("terminal_size", &["cli"]),
    ("indicatif", &["cli"]),
    ("toml_edit", &["adapters/uv", "pyproject"]),
    ("serde_saphyr", &["yaml"]),
    ("granit_parser", &["yaml"]),
    ("yaml_edit", &["yaml"]),
    ("serde_yaml", &[]),
    // the solve keeps out what `order` could not sort, so both ask the same crate what a ring is
    ("petgraph", &["order", "solve/waits"]),
    ("pubgrub", &[]),
    ("pep440_rs", &["version", "requirement"]),
    ("pep508_rs", &["version", "requirement"]),
    ("crate::cli", &["cli", "main"]),
    ("hsm::cli", &["main"]),
];

/// The names of all tools that there are adapters for.
fn tools() -> impl Iterator<Item = &'static str> {
    hsm::adapters::all().map(|(_, adapter)| adapter.name())
}

/// Exceptions to the doors, each with its reason.
const EXCEPT: &[(&str, &str, &str)] = &[
    ("main", "std::process::ExitCode", "the type that `main` returns"),
    ("cli", "std::process::ExitCode", "exit codes are the command line's"),
    ("container", "std::net::IpAddr", "an address as data, to compare what is written"),
];

/// Rooms that a room must not know.
const BLIND: &[(&str, &[&str])] = &[
    ("execute", &["crate::registry", "crate::solve", "crate::compile", "hsm_solver"]),
    ("world", &["crate::registry", "crate::manifest", "crate::stack", "crate::adapters", "hsm_solver"]),
    ("names", &["crate::registry", "crate::manifest", "crate::world"]),
    ("adapters", &["hsm_solver", "crate::solve", "crate::compile", "crate::plan", "crate::execute"]),
];

/// What a room may say in its texts although it holds the name of a tool: words of the file formats.
const FORMAT_WORDS: &[(&str, &str)] = &[
    ("registry", "`uv`"),         // the key of an entry whose content is passed through
    ("compare", "`uv`"),          // the same key
    ("registry", "docker-image"), // a type of source
    ("pyproject", "`uv`"),        // a key of the file whose facts it reads
];

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    what: String,
}

#[test]
fn the_sources_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for base in ["src", "solver/src"] {
        for file in rust_files(&root.join(base)) {
            let text = fs::read_to_string(&file).expect("a source file is text");
            let shown = file.strip_prefix(root).expect("inside").to_string_lossy().replace('\\', "/");
            found.extend(violations(&shown, &text));
        }
    }
    let lines: Vec<String> = found.iter().map(|v| format!("{}:{}: {}", v.file, v.line, v.what)).collect();
    assert!(found.is_empty(), "{} broken rules:\n{}", found.len(), lines.join("\n"));
}

/// Adding an adapter touches its own files and the table: no other code names it.
#[test]
fn an_adapter_is_named_in_the_table_and_nowhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // what an entry has for this tool is a key of the format
    let format_keys = ["uv"];
    for tool in tools().filter(|tool| !format_keys.contains(tool)) {
        let mut named = Vec::new();
        for file in rust_files(&root.join("src")) {
            let shown = file.strip_prefix(root).expect("inside").to_string_lossy().replace('\\', "/");
            // another adapter may call the program, too
            if tools().any(|tool| room_of(&shown).starts_with(&format!("adapters/{tool}"))) {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a source file is text");
            let code = without_tests(&Lexed::of(&text).code);
            let lines = words(&code, tool).map(|at| code[..at].matches('\n').count());
            named.extend(
                lines.map(|line| format!("{shown}: {}", text.lines().nth(line).unwrap_or("").trim())),
            );
        }
        let table = |line: &String| line.contains("(Kind::") && line.contains(&format!("&{tool}::"));
        assert_eq!(named.len(), 2, "{tool}: {named:?}");
        assert_eq!(named[0], format!("src/adapters/mod.rs: pub mod {tool};"));
        assert!(table(&named[1]), "{named:?}");
    }
}

#[test]
fn each_rule_catches_what_it_is_for() {
    let cases: &[(&str, &str, &str)] = &[
        ("src/load.rs", "use std::fs;", "std::fs"),
        ("src/load.rs", "use std::{collections::BTreeMap, env as e};", "std::env"),
        ("src/plan/mod.rs", "fn f() { let _ = std::process::id(); }", "std::process"),
        ("src/plan/mod.rs", "fn f() { let t = std::time::Instant::now(); }", "std::time::Instant"),
        ("src/plan/mod.rs", "fn f() { println!(\"x\"); }", "println!"),
        ("src/solve/mod.rs", "use crate::{names::Name, plan::Plan};", "further down the road"),
        ("src/order.rs", "use super::execute::run;", "further down the road"),
        ("src/execute/mod.rs", "use crate::registry::Entry;", "crate::registry"),
        ("src/plan/mod.rs", "use crate::cli::voice;", "crate::cli"),
        ("src/manifest/mod.rs", "use toml_edit::Document;", "toml_edit"),
        ("src/manifest/mod.rs", "fn f() { serde_saphyr::from_str(\"\") }", "serde_saphyr"),
        ("src/yaml/edit.rs", "use clap::Parser;", "clap"),
        ("src/cli/mod.rs", "use pubgrub::Range;", "pubgrub"),
        ("src/cli/commands/man.rs", "use clap_mangen::Man;", "clap_mangen"),
        ("src/plan/util.rs", "", "util"),
        ("src/plan/mod.rs", "#[allow(dead_code)]\nfn f() {}", "#[expect"),
        ("src/plan/mod.rs", "#![allow(dead_code)]", "#[expect"),
        ("src/plan/mod.rs", "fn f() -> &'static str { \"docker compose\" }", "docker"),
        ("src/registry/mod.rs", "fn f() -> &'static str { \"ask docker for a docker-image\" }", "docker"),
        ("src/plan/mod.rs", "fn f() -> &'static str { r#\"run uv sync\"# }", "uv"),
        ("src/plan/mod.rs", "use crate::adapters::docker::MAIN_FILE;", "docker"),
        ("solver/src/lib.rs", "use std::path::Path;", "std::path"),
        ("solver/src/lib.rs", "use hsm::names::Name;", "hsm"),
    ];
    for (file, text, word) in cases {
        let found = violations(file, text);
        assert!(found.iter().any(|v| v.what.contains(word)), "{file}: {text:?} was not caught: {found:?}");
    }
    let fine: &[(&str, &str)] = &[
        ("src/world/real.rs", "use std::{fs, env};"),
        ("src/main.rs", "use std::process::ExitCode;\nfn main() { eprintln!(\"x\"); }"),
        ("src/plan/mod.rs", "// std::fs and uv\n/* docker */ fn f<'a>(c: char) -> bool { c == '\"' }"),
        ("src/plan/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }"),
        ("src/plan/mod.rs", "fn f() -> &'static str { \"a dockerized uvula\" }"),
        (
            "src/registry/read.rs",
            "const A: [&str; 3] = [\"uv\", \"docker-image\", \"the key `uv` is a map\"];",
        ),
        ("src/finalize.rs", "use crate::execute::Journal;"),
        ("src/adapters/uv/mod.rs", "const TOOL: &str = \"uv\";"),
    ];
    for (file, text) in fine {
        assert_eq!(violations(file, text), BTreeSet::new(), "{file}: {text:?} is fine");
    }
}

/// Everything in one file that breaks a rule.
fn violations(file: &str, text: &str) -> BTreeSet<Violation> {
    let mut found = BTreeSet::new();
    let solver = file.starts_with("solver/");
    let room = room_of(file);
    let first = room.split('/').next().unwrap_or_default();
    let lexed = Lexed::of(text);
    let code = without_tests(&lexed.code);
    let mut say = |at: usize, what: String| {
        let line = code.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        found.insert(Violation { file: file.to_owned(), line, what });
    };

    for part in room.split('/').filter(|part| NO_ROOMS.contains(part)) {
        say(0, format!("a room called `{part}` says nothing about what it owns"));
    }
    for form in ["#[allow(", "#![allow("] {
        for (at, _) in code.match_indices(form) {
            say(at, "write `#[expect(lint, reason = …)]`".to_owned());
        }
    }
    if !matches!(first, "cli" | "main") {
        for name in ["print", "println", "eprint", "eprintln", "dbg"] {
            for at in words(&code, name).filter(|at| code[at + name.len()..].starts_with('!')) {
                say(at, format!("`{name}!`: only the command line prints"));
            }
        }
    }
    for (at, path) in paths(&code, &room) {
        let starts = |start: &str| path == start || path.starts_with(&format!("{start}::"));
        if solver {
            let bad =
                ["std::fs", "std::env", "std::process", "std::path", "std::io", "std::net", "hsm", "serde"];
            if let Some(bad) = bad.iter().find(|bad| starts(bad)) {
                say(at, format!("`{path}`: the solver knows nothing of `{bad}`"));
            }
            continue;
        }
        if EXCEPT.iter().any(|(except, start, _)| first == *except && starts(start)) {
            continue;
        }
        for (start, doors) in DOORS.iter().filter(|(start, _)| starts(start)) {
            if !doors.iter().any(|door| room == *door || room.starts_with(&format!("{door}/"))) {
                say(at, format!("`{path}`: `{start}` has its door in {doors:?}"));
            }
        }
        for tool in tools().filter(|tool| first != "adapters" && starts(&format!("crate::adapters::{tool}")))
        {
            say(at, format!("`{path}`: only the table of adapters names {tool}"));
        }
        for (_, unknown) in BLIND.iter().filter(|(blind, _)| first == *blind) {
            if let Some(start) = unknown.iter().find(|start| starts(start)) {
                say(at, format!("`{path}`: `{first}` must not know `{start}`"));
            }
        }
        let here = ROAD.iter().position(|stage| *stage == first);
        let there = ROAD.iter().position(|stage| starts(&format!("crate::{stage}")));
        if let (Some(here), Some(there)) = (here, there)
            && there > here
        {
            say(at, format!("`{path}`: `{}` is further down the road", ROAD[there]));
        }
    }
    if !solver && !matches!(first, "adapters") {
        for (at, literal) in lexed.literals.iter().filter(|(at, _)| *at < code.len() && !blank_at(&code, *at))
        {
            let mut rest = literal.clone();
            for (_, word) in FORMAT_WORDS.iter().filter(|(room, _)| first == *room) {
                rest = if literal.as_str() == word.trim_matches('`') {
                    String::new()
                } else {
                    rest.replace(word, "")
                };
            }
            for tool in tools().filter(|tool| words(&rest, tool).next().is_some()) {
                say(*at, format!("{literal:?}: only an adapter speaks of {tool}"));
            }
        }
    }
    found
}

/// `src/adapters/uv/mod.rs` → `adapters/uv`; `src/load.rs` → `load`.
fn room_of(file: &str) -> String {
    let path = file.trim_start_matches("solver/").trim_start_matches("src/").trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).to_owned()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).expect("the sources are there") {
        let path = entry.expect("readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            out.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs")
            && name != "tests.rs"
            && !name.ends_with("_tests.rs")
        {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// Where `word` stands as a whole word.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !text[..*at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// A source without comments and texts, with what the texts said. Positions stay the same.
struct Lexed {
    code: String,
    literals: Vec<(usize, String)>,
}

impl Lexed {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut code = bytes.to_vec();
        let mut literals = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &text.as_bytes()[at..];
            let end = if rest.starts_with(b"//") {
                rest.iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n)
            } else if rest.starts_with(b"/*") {
                at + block_comment(rest)
            } else if rest[0] == b'"'
                || (rest[0] == b'r' && raw_hashes(rest).is_some() && !after_word(bytes, at))
            {
                let (len, content) = literal(rest);
                literals.push((at, String::from_utf8_lossy(content).into_owned()));
                at + len
            } else if rest[0] == b'\'' {
                at + character(rest)
            } else {
                at += 1;
                continue;
            };
            for byte in &mut code[at..end.max(at + 1)] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end.max(at + 1);
        }
        // A blanked character is blanked whole, so what is left is still text.
        let mut code = String::from_utf8(code).expect("only whole characters were blanked");
        for (start, _) in &literals {
            code.replace_range(*start..=*start, "\"");
        }
        Self { code, literals }
    }
}

fn after_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// How many `#` a raw text has; `None` when it is none.
fn raw_hashes(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    (rest.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

/// The length of a text and what is between its quotes.
fn literal(rest: &[u8]) -> (usize, &[u8]) {
    if rest[0] == b'r' {
        let hashes = raw_hashes(rest).unwrap_or_default();
        let start = hashes + 2;
        let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
        let end = (start..rest.len()).find(|at| rest[*at..].starts_with(&close)).unwrap_or(rest.len());
        return ((end + close.len()).min(rest.len()), &rest[start..end]);
    }
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    ((at + 1).min(rest.len()), &rest[1..at.min(rest.len())])
}

/// The length of a character literal; 1 for a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|b| *b == b'\'').map_or(1, |n| n + 4);
    }
    // One character, of up to four bytes, and a quote.
    (2..=5)
        .find(|n| {
            rest.get(*n) == Some(&b'\'')
                && std::str::from_utf8(&rest[1..*n]).is_ok_and(|s| s.chars().count() == 1)
        })
        .map_or(1, |n| n + 1)
}

/// The code with every item under `#[cfg(test)]` blanked.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for (start, mark) in code.match_indices("#[cfg(test)]") {
        let mut depth = 0_usize;
        let mut end = code.len();
        for (n, c) in code[start + mark.len()..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => {
                    end = start + mark.len() + n + 1;
                    break;
                }
                '}' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => {
                    end = start + mark.len() + n + 1;
                    break;
                }
                _ => {}
            }
        }
        let blank: String = code[start..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

fn blank_at(code: &str, at: usize) -> bool {
    code.as_bytes().get(at) == Some(&b' ')
}

/// Every path that the code names, with `use` lists taken apart and `super` and `self` resolved.
fn paths(code: &str, room: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut used: Vec<(usize, usize)> = Vec::new();
    for at in words(code, "use") {
        let Some(len) = code[at..].find(';') else { continue };
        let tree = &code[at + 3..at + len];
        if tree.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == ':' || c == '{' || c == '_') {
            for path in expand(tree) {
                out.push((at, resolved(&path, room)));
            }
            used.push((at, at + len));
        }
    }
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !part(bytes[at]) || bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (part(bytes[at])
                || (bytes[at..].starts_with(b"::") && bytes.get(at + 2).is_some_and(|b| part(*b))))
        {
            at += if bytes[at] == b':' { 2 } else { 1 };
        }
        let path = &code[start..at];
        if path.contains("::") && !used.iter().any(|(from, to)| (*from..*to).contains(&start)) {
            out.push((start, resolved(path, room)));
        }
    }
    out
}

/// `a::{b, c::d as e}` → `a::b`, `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        return vec![path.trim_start_matches("::").trim_end_matches("::self").to_owned()];
    };
    let prefix = tree[..open].trim().trim_start_matches("::").to_owned();
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let whole = |part: &String| match part.trim() {
        "self" => vec![prefix.trim_end_matches("::").to_owned()],
        part => expand(&format!("{prefix}{part}")),
    };
    parts.iter().filter(|part| !part.trim().is_empty()).flat_map(whole).collect()
}

/// `super::x` seen from `a/b` → `crate::a::x`.
fn resolved(path: &str, room: &str) -> String {
    let mut here: Vec<&str> =
        if room == "lib" || room == "main" { Vec::new() } else { room.split('/').collect() };
    let mut parts = path.split("::").peekable();
    if !matches!(parts.peek(), Some(&("super" | "self"))) {
        return path.to_owned();
    }
    while let Some(&step @ ("super" | "self")) = parts.peek() {
        if step == "super" {
            here.pop();
        }
        parts.next();
    }
    ["crate"].into_iter().chain(here).chain(parts).collect::<Vec<_>>().join("::")
}
