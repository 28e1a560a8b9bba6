//! `.env` is read as the real Compose reads it, and what is written comes back through both.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use hsm::environment::{read, text};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::runner;
use crate::support::have;

/// The names that Compose is asked about.
const NAMES: [&str; 5] = ["A", "B", "C", "P", "A_B"];
const UNSET: &str = "<unset>";

type Values = BTreeMap<String, String>;

fn process(name: &str) -> Option<String> {
    match name {
        "P" => Some("from the process".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// A directory with a Compose file that has the variables it is asked about.
struct Asked(TempDir);

impl Asked {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        let lines = NAMES.map(|name| format!("      {name}: \"${{{name}-{UNSET}}}\"\n")).concat();
        let text = format!("name: asked\nservices:\n  a:\n    image: x\n    environment:\n{lines}");
        fs::write(dir.path().join("compose.yaml"), text).expect("written");
        Self(dir)
    }

    /// What Compose reads; `None`: it refuses the file.
    fn compose(&self, dotenv: &[u8]) -> Option<Values> {
        fs::write(self.0.path().join(".env"), dotenv).expect("written");
        let output = Command::new("docker")
            .args(["compose", "config", "--format", "json"])
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .envs(["P", "EMPTY"].map(|name| (name, process(name).unwrap_or_default())))
            .output()
            .expect("it was found");
        if !output.status.success() {
            return None;
        }
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let all = said["services"]["a"]["environment"].as_object().expect("a mapping").iter();
        let values =
            all.map(|(name, value)| (name.clone(), value.as_str().expect("a text").replace("$$", "$")));
        Some(values.filter(|(_, value)| value != UNSET).collect())
    }
}

/// What hsm reads, of the names that Compose is asked about.
fn ours(dotenv: &[u8]) -> Option<Values> {
    let file = read(dotenv, &process).ok()?;
    let value = |name: &str| process(name).or_else(|| file.get(name).cloned());
    Some(NAMES.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect())
}

/// Files that show one thing each.
const FILES: &[&str] = &[
    "",
    "\n",
    "# nothing\n",
    "A=x",
    "A=x # c\n",
    "A=x#c\n",
    "A= # c\n",
    "A=#c\n",
    "A=\"x\" # c\nB=2\n",
    "A='x'y\nB=2\n",
    "A=\"x\" B=y\n",
    "export A=1\nexport B\n",
    "A\nB=1\n",
    "A",
    "P\nA=1\n",
    "A:x\n",
    "A: x\n",
    "A=x\r\nB=y\r\n",
    "A=\"x\r\ny\"\r\n",
    "\u{feff}A=1\n",
    "A=\"a\\nb\\t\"\n",
    "A='a\\nb'\n",
    "A=\"a\\\"b\"\n",
    "A='a\\'b'\n",
    "A=\"a\\$B\"\n",
    "A=$$B\n",
    "A=\\$B\n",
    "A=${C:-d}\n",
    "A=${X}\n",
    "A='${C}'\n",
    "A=1\nB=${A}\n",
    "A=${B}\nB=1\n",
    "A=\"x\n",
    "A B=1\n",
    "A B\n",
    "=1\n",
    "1A=1\nA=2\n",
    "A-B=1\nB=2\n",
    "A.B=1\nB=1\n",
    "A/B=1\n",
    "é=1\nA=1\n",
    "A=\"\\101\"\nB=\"\\0101|\\0351|\\0777|\\012|\\0|\\08\"\n",
    "A=${\nB=1\n",
    "A=${1}\n",
    "A=$1\n",
    "A=${X:?m}\n",
    "A=${P}\nP=2\nB=$P\n",
    "A=\nB=\n",
    "A=  x  \n",
    "A=\"a\\\\b\"\n",
    "A=\"a\\qb\"\n",
    "A=a\\nb\n",
    "A=a\"b\"\n",
    "A\t=1\n",
    "A=\t#x\nB=1\n",
    "export=1\nA=1\n",
    "export\nA=1\n",
    "export ",
    "exportA=1\n",
    "export\tA=1\n",
    "A=${X:-${Y:-z}}\n",
    "A=${X:-}}\n",
    "A=a$\n",
    "A=$ b\n",
    "A=\"x\n\ny\"\nB=${A}\n",
    "A=1\nA=2\nB=$A\n",
    "A=\"a\\\nb\"\n",
    "A=${X:+y}${P:+z}\n",
    "A=${X!y}\n",
    "A=${EMPTY:-e}${EMPTY-f}\n",
    "A=1\n!\n",
    "A=\u{e9}\u{a0}\n",
    "A=x\u{a0}# y\n",
    "A=\u{85}x\n",
    "A=\"\\\\$P\"\n",
    "A=\"\\\\\\$P\"\n",
    "A=\"\\\\\\\\\"\n",
    "A=\"\\\"\n",
    "A=x\0y\n",
    "A[0]=1\nB=1\n",
    "A=\"${X:-a\nb}\"\n",
    "A=${P:?}\nB=${P?}\n",
    "A=${EMPTY:?}\n",
    "A=${EMPTY?}\n",
    "A=%s{}}\n",
    "A=${P}}${P\n",
];

#[test]
fn each_file_is_read_as_compose_reads_it() {
    if !have("each_file_is_read_as_compose_reads_it", &["compose"]) {
        return;
    }
    let asked = Asked::new();
    let differs = |file: &&&str| ours(file.as_bytes()) != asked.compose(file.as_bytes());
    let told = |file: &&str| {
        format!(
            "{file:?}\n  ours {:?}\n  compose {:?}",
            ours(file.as_bytes()),
            asked.compose(file.as_bytes())
        )
    };
    let wrong: Vec<String> = FILES.iter().filter(differs).map(told).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PIECES: [&str; 34] = [
    "A", "B", "C", "P", "=", "=", "\n", "\n", "\n", "\"", "\"", "'", "'", "\\", "$", "${", "}", "{", "$$",
    "#", " ", " #", "\r\n", "\t", ":", "-", ":-", "?", "+", "export ", "x", "n", "0101", "é",
];

#[test]
fn any_file_is_read_as_compose_reads_it() {
    if !have("any_file_is_read_as_compose_reads_it", &["compose"]) {
        return;
    }
    let asked = Asked::new();
    let piece = || prop::sample::select(&PIECES[..]);
    let line = (piece(), prop::collection::vec(piece(), 0..9)).prop_map(|(first, rest)| {
        // most lines set something, so that there is a value to read
        if first == "=" { rest.concat() } else { format!("A={}\n", rest.concat()) }
    });
    let file = prop::collection::vec(line, 1..4).prop_map(|lines| lines.concat());
    let checked = runner(60).run(&file, |file| {
        prop_assert_eq!(ours(file.as_bytes()), asked.compose(file.as_bytes()), "{:?}", file);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

/// Any value that a variable can have.
pub(crate) fn value() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(
        &[
            "\\",
            "'",
            "\"",
            "$",
            "${P}",
            "`id`",
            "$(id)",
            "\n",
            "\r",
            " ",
            "#",
            " #",
            "=",
            ";",
            "&",
            "!",
            "*",
            "~",
            "%",
            "é",
            "x",
            "\t",
            "\u{1b}[1m",
            "-",
        ][..],
    );
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

#[test]
fn what_is_written_comes_back_through_hsm() {
    let checked = runner(4000).run(&value(), |value| {
        let written = text::dotenv("A", &value);
        prop_assert_eq!(ours(written.as_bytes()).and_then(|all| all.get("A").cloned()), Some(value));
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

#[test]
fn what_is_written_comes_back_through_compose() {
    if !have("what_is_written_comes_back_through_compose", &["compose"]) {
        return;
    }
    let asked = Asked::new();
    let values = (value(), value(), value());
    let checked = runner(25).run(&values, |(a, b, c)| {
        let written = text::dotenv("A", &a) + &text::dotenv("B", &b) + &text::dotenv("C", &c);
        let read = asked.compose(written.as_bytes()).unwrap_or_default();
        prop_assert_eq!((read.get("A"), read.get("B"), read.get("C")), (Some(&a), Some(&b), Some(&c)));
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}
