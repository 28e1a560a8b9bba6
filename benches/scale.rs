//! What a registry of a hundred thousand entries costs, one in a hundred of them corrupt in one of twelve ways: to list, to
//! search, and to resolve a project that needs a handful of them.
//!
//! ```sh
//! cargo bench --bench scale
//! cargo bench --bench scale -- 10000     # so many entries
//! ```
//!
//! Each run is a process of its own. Cold is without hsm's cache, warm with it; the files themselves are in the memory of
//! the system both times. The times are the least of several rounds, by the clock on the wall and of the processor, the
//! latter in steps of 0.01 s. The peak is the most memory that the process held at once. Every list is compared with what was
//! laid out: all corrupt entries are named, with their places, and no other one is.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ENTRIES: usize = 100_000;

/// Every so many entries one is corrupt.
const CORRUPT: usize = 100;

const ROUNDS: usize = 5;

/// The ways in which entries are corrupt: what it is called, and whether its place is a line of the file.
const WAYS: [(&str, bool); 12] = [
    ("no YAML", true),
    ("a key twice", true),
    ("a wrong type", true),
    ("an unknown key", true),
    ("another name", true),
    ("a bad name", true),
    ("too large", false),
    ("no UTF-8", true),
    ("a directory", false),
    ("a broken link", false),
    ("too many aliases", true),
    ("empty", true),
];

fn main() {
    let entries = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(ENTRIES);
    let dir = tempfile::tempdir().expect("a directory");
    let corrupt = lay_out(dir.path(), entries);
    println!(
        "| {entries} entries, {} of them corrupt | s | processor, s | peak, MiB |\n| --- | --- | --- | --- |",
        corrupt.len()
    );
    let cache = dir.path().join("cache");
    let none = dir.path().join("none");
    let listed = dir.path().join("listed.json");
    let all = ["registry", "list", "--format", "json"];
    run(dir.path(), &all, None, &listed);
    check(&listed, entries, &corrupt);
    let rows: [(&str, &[&str]); 4] = [
        ("list", &["registry", "list"]),
        ("list as JSON", &all),
        ("search of a word", &["registry", "search", "number", "77777"]),
        ("search with a typing error", &["registry", "search", "qeury-engine"]),
    ];
    for (what, args) in rows {
        row(what, "cold", &(0..ROUNDS).map(|_| run(dir.path(), args, None, &none)).collect::<Vec<_>>());
        run(dir.path(), args, Some(&cache), &none);
        row(
            what,
            "warm",
            &(0..ROUNDS).map(|_| run(dir.path(), args, Some(&cache), &none)).collect::<Vec<_>>(),
        );
    }
    run(dir.path(), &all, Some(&cache), &listed);
    check(&listed, entries, &corrupt);
    let resolve =
        |dir: &Path, cache| (0..ROUNDS).map(|_| run(dir, &["resolve"], cache, &none)).collect::<Vec<_>>();
    row("resolve of a few entries", "cold", &resolve(dir.path(), None));
    let large = resolve(dir.path(), Some(&cache));
    row("resolve of a few entries", "warm", &large);
    let small = tempfile::tempdir().expect("a directory");
    lay_out(small.path(), 1_000);
    let few = resolve(small.path(), Some(&small.path().join("cache")));
    row("resolve of as many in a registry of 1,000", "warm", &few);
    println!("\nresolve, warm: {:.1} times as long", least(&large).as_secs_f64() / least(&few).as_secs_f64());
}

fn name(number: usize) -> String {
    const WORDS: [&str; 7] = ["query-engine", "cache", "vector-store", "client", "front", "mail", "graph"];
    format!("{}-{number:06}", WORDS[number % WORDS.len()])
}

/// The folder of an entry, and its file.
fn file(number: usize) -> String {
    let folder = match number % 20 {
        0 => "package_groups",
        1 => "container_groups",
        2..8 => "containers",
        _ => "packages",
    };
    format!("{folder}/{}.yaml", name(number))
}

/// The text of an entry that is in order.
fn text(number: usize) -> String {
    let name = name(number);
    let about = format!(
        "name: {name}\ndescription: The one of number {number}, with a line about what it is good for\nowner: team-{}\ntags: [tag-{}, all]\n",
        number % 50,
        number % 300
    );
    let other = |wanted: std::ops::Range<usize>| {
        let near = (number..number + 200).find(|near| wanted.contains(&(near % 20)) && !is_corrupt(*near));
        self::name(near.unwrap_or(number))
    };
    match number % 20 {
        0 => format!("{about}type: package_group\nstrategy: 1-of-N\noptions:\n  - {}\n", other(9..20)),
        1 => format!("{about}type: container_group\nstrategy: M-of-N\noptions:\n  - {}\n", other(3..8)),
        2..8 => format!(
            "{about}sources: {{prod: {{type: docker-image, image: \"example/{name}:1.{}\"}}}}\nports: [\"{}\"]\nenv: {{TZ: UTC}}\n",
            number % 9,
            1024 + number % 60_000
        ),
        _ => format!(
            "{about}version: 1.{}.0\nsources:\n  prod: {{type: pypi}}\nreleases:\n  - {{version: 0.9.{}}}\nimplies:\n  container:{}: {{}}\n",
            number % 9,
            number % 7,
            other(3..8)
        ),
    }
}

fn is_corrupt(number: usize) -> bool {
    number % CORRUPT == CORRUPT - 1
}

/// A project and its registry; the corrupt entries by their files, each with its way.
fn lay_out(dir: &Path, entries: usize) -> BTreeMap<String, usize> {
    let registry = dir.join("hsm-registry");
    for folder in ["packages", "containers", "package_groups", "container_groups"] {
        fs::create_dir_all(registry.join(folder)).expect("made");
    }
    let mut corrupt = BTreeMap::new();
    for number in 0..entries {
        let path = registry.join(file(number));
        if is_corrupt(number) {
            let way = (number / CORRUPT) % WAYS.len();
            spoil(&path, &text(number), way);
            corrupt.insert(format!("hsm-registry/{}", file(number)), way);
        } else {
            fs::write(path, text(number)).expect("written");
        }
    }
    let few: Vec<String> = (8..18).map(name).collect();
    let manifest = format!("project: {{name: large}}\ndependencies: {{packages: [{}]}}\n", few.join(", "));
    fs::write(dir.join("hsm.yaml"), manifest).expect("written");
    corrupt
}

/// Writes an entry that is corrupt in one of the ways.
fn spoil(path: &Path, text: &str, way: usize) {
    let bytes: Vec<u8> = match WAYS[way].0 {
        "no YAML" => format!("{text}broken: [\n").into(),
        "a key twice" => format!("{text}owner: somebody else\n").into(),
        "a wrong type" => text.replace("tags: [", "tags: {a: [").replace("all]", "all]}").into(),
        "an unknown key" => format!("{text}colour: blue\n").into(),
        "another name" => text.replacen("name: ", "name: not-", 1).into(),
        "a bad name" => text.replacen("name: ", "name: +", 1).into(),
        "too large" => format!("{text}# {}\n", "x".repeat(1 << 20)).into(),
        "no UTF-8" => [text.as_bytes(), b"# \xff\xfe\n"].concat(),
        "a directory" => return fs::create_dir(path).expect("made"),
        "a broken link" => return symlink("nowhere.yaml", path).expect("made"),
        "too many aliases" => {
            let mut text = format!("{text}x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
            for level in 1..12 {
                let all = vec![format!("*a{}", level - 1); 9].join(", ");
                text.extend([&format!("x-{level}: &a{level} ["), &all, "]\n"]);
            }
            text.into()
        }
        _ => Vec::new(),
    };
    fs::write(path, bytes).expect("written");
}

/// What a run cost.
struct Cost {
    took: Duration,
    /// Time of the processor, in hundredths of a second.
    spent: u64,
    /// The most memory that it held, in KiB.
    peak: u64,
}

/// Runs hsm; what it prints goes into a file.
fn run(dir: &Path, args: &[&str], cache: Option<&Path>, out: &Path) -> Cost {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hsm"));
    command.args(args).current_dir(dir).env_remove("HOME").env_remove("XDG_CACHE_HOME");
    command.env_remove("HSM_CACHE_DIR").stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(cache) = cache {
        command.env("HSM_CACHE_DIR", cache);
    }
    command.stdout(File::create(out).expect("a file"));
    let (before, started) = (spent(), Instant::now());
    let mut child = command.spawn().expect("hsm starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // what ends between two looks has held its most before
        peak = peak.max(held(&status));
        if let Some(code) = child.try_wait().expect("waited") {
            assert!(code.success(), "{args:?}: {code}");
            return Cost { took: started.elapsed(), spent: spent() - before, peak };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn held(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The time of the processor that went into children which have ended, as the system counts it.
fn spent() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn least(costs: &[Cost]) -> Duration {
    costs.iter().map(|cost| cost.took).min().expect("a run")
}

fn row(what: &str, how: &str, costs: &[Cost]) {
    let peak = costs.iter().map(|cost| cost.peak).max().expect("a run");
    let spent = costs.iter().map(|cost| cost.spent).min().expect("a run");
    let took = least(costs).as_secs_f64();
    println!("| {what}, {how} | {took:.3} | {}.{:02} | {} |", spent / 100, spent % 100, peak / 1024);
}

/// Whether exactly the corrupt entries are named, each with the place that there is.
fn check(listed: &Path, entries: usize, corrupt: &BTreeMap<String, usize>) {
    let text = fs::read_to_string(listed).expect("listed");
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let all = all["entries"].as_array().expect("entries");
    assert_eq!(all.len(), entries);
    for entry in all {
        let file = entry["file"].as_str().expect("a file");
        match (entry["error"].as_str(), corrupt.get(file)) {
            (None, None) => {}
            (Some(error), Some(way)) => {
                let (what, has_line) = WAYS[*way];
                assert!(!has_line || error.contains("(line "), "{file}, {what}: {error}");
            }
            (error, way) => {
                let way = way.map(|way| WAYS[*way].0);
                assert_eq!((error.is_some(), way), (false, None), "{file}: {error:?}");
            }
        }
    }
}
