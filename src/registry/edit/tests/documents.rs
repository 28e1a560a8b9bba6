//! Entries, each written in one of very many ways.

use hsm_oracle::dice::Dice;

use crate::names::Kind;
use crate::registry::edit::EntryChange;

pub(super) struct Draw {
    dice: Dice,
    comments: u32,
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), comments: 0 }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.dice.below(bound)
    }

    pub(super) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.dice.pick(from)
    }

    /// A comment behind a value of an item, now and then.
    fn behind(&mut self, of: &str) -> String {
        self.comments += 1;
        if self.one_in(4) { format!("  #in-{of}-{}", self.comments) } else { String::new() }
    }

    /// A comment of nobody's or an empty line, now and then.
    fn above(&mut self, indent: usize, mark: &str, out: &mut String) {
        self.comments += 1;
        match self.below(6) {
            0 => out.push_str(&format!("{:indent$}#{mark}{} - x: [\n", "", self.comments)),
            1 => out.push('\n'),
            _ => {}
        }
    }

    fn quoted(&mut self, text: &str) -> String {
        match self.below(4) {
            0 => format!("\"{text}\""),
            1 => format!("'{text}'"),
            _ => text.to_owned(),
        }
    }

    /// A mapping as an item of a list of lines.
    fn lines(&mut self, of: &str, mut pairs: Vec<String>, indent: usize, out: &mut String) {
        let turn = self.below(pairs.len());
        pairs.rotate_left(turn);
        let gap = 1 + 2 * self.below(2);
        let inner = indent + 1 + gap;
        for (at, pair) in pairs.iter().enumerate() {
            let dash = if at == 0 { format!("{:indent$}-{:gap$}", "", "") } else { " ".repeat(inner) };
            let nested = pair.replace('\n', &format!("\n{:inner$}", ""));
            // nothing can stand behind a line that opens a block but a comment
            out.push_str(&format!("{dash}{nested}{}\n", self.behind(of)));
        }
    }

    /// A list of items, of which each is written as `item` says: its name, its form in one line, its pairs.
    fn list(&mut self, key: &str, mark: &str, items: &[Item]) -> String {
        let mut out = String::new();
        match self.below(4) {
            0 => {
                let all: Vec<&str> = items.iter().map(|item| item.inline.as_str()).collect();
                out.push_str(&format!(
                    "{key}: [{}]{}\n",
                    all.join(self.pick(&[", ", " , "])),
                    self.behind(mark)
                ));
            }
            1 if !items.is_empty() => {
                out.push_str(&format!("{key}: [{}\n", self.behind(mark)));
                for item in items {
                    out.push_str(&format!("    {},{}\n", item.inline, self.behind(&item.name)));
                }
                out.push_str("  ]\n");
            }
            _ if items.is_empty() => out.push_str(&format!("{key}: []\n")),
            _ => {
                out.push_str(&format!("{key}:{}\n", self.behind(mark)));
                let indent = 2 * self.below(3);
                for item in items {
                    self.above(indent, "o", &mut out);
                    if item.pairs.is_empty() || self.one_in(3) {
                        out.push_str(&format!(
                            "{:indent$}- {}{}\n",
                            "",
                            item.inline,
                            self.behind(&item.name)
                        ));
                    } else {
                        self.lines(&item.name, item.pairs.clone(), indent, &mut out);
                    }
                }
            }
        }
        out
    }
}

struct Item {
    name: String,
    inline: String,
    pairs: Vec<String>,
}

/// An entry, and what it holds.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) is_group: bool,
    /// The names of its options.
    pub(super) options: Vec<String>,
    /// The versions in `releases`.
    pub(super) releases: Vec<String>,
    /// Whether `releases` stands there with nothing behind it: then taking back what was added leaves it out.
    pub(super) has_empty_key: bool,
    /// Whether a `~` is replaced.
    pub(super) has_tilde: bool,
}

impl Document {
    /// The comments that a change has to leave where they are.
    pub(super) fn comments_apart_from(&self, change: &EntryChange) -> Vec<String> {
        let (own, last) = match change {
            EntryChange::RemoveOption(name) => (name.to_string(), self.options.len() == 1),
            EntryChange::RemoveRelease(version) => (version.to_string(), self.releases.len() == 1),
            _ => return Vec::new(),
        };
        // a text may hold a `#` too
        let start = |line: &str| ["#in-", "#o", "#t"].iter().find_map(|mark| line.find(mark));
        let comments = self.text.lines().filter_map(|line| Some(line[start(line)?..].trim().to_owned()));
        let stays = |comment: &String| {
            // with the last release goes its key, and what stands in its list
            let of_list = comment.starts_with("#o") || comment.starts_with("#in-list-");
            let of_default = comment.starts_with("#in-default-");
            let of_own = comment.starts_with(&format!("#in-{own}-"));
            let goes = of_own || of_default || (last && of_list);
            !goes
        };
        comments.filter(stays).collect()
    }
}

fn option(draw: &mut Draw, name: &str) -> Item {
    let written = draw.quoted(name);
    let mut pairs = vec![format!("name: {written}")];
    let mut flow = pairs.clone();
    if draw.one_in(2) {
        let text = draw.pick(&["'a, b'", "\"c # d\"", "plain words"]);
        pairs.push(format!("description: {text}"));
        flow.push(format!("description: {text}"));
    }
    match draw.below(4) {
        0 => {
            pairs.push("implies:\n    container:redis: \">=1\"\n    package:x: '*'".to_owned());
            flow.push("implies: {\"container:redis\": \">=1\"}".to_owned());
        }
        1 => {
            pairs.push("implies: {container:redis: {params: {k: [a, b]}}}".to_owned());
            flow.push("implies: {container:redis: '*'}".to_owned());
        }
        2 => {
            pairs.push("implies: *rule".to_owned());
            flow.push("implies: *rule".to_owned());
        }
        _ => {}
    }
    if draw.one_in(3) {
        return Item { name: name.to_owned(), inline: written, pairs: Vec::new() };
    }
    Item { name: name.to_owned(), inline: format!("{{{}}}", flow.join(", ")), pairs }
}

fn release(draw: &mut Draw, version: &str, kind: Kind) -> Item {
    let mut pairs = vec![format!("version: {}", draw.quoted(version))];
    let mut flow = pairs.clone();
    let (block, inline) = match kind {
        Kind::Package => (
            "sources:\n    prod:\n        type: pypi\n        extras: [io]",
            "sources: {prod: {type: pypi, extras: [io]}}",
        ),
        Kind::Container => ("env:\n  A: \"on\"\n  B: '1'", "env: {A: \"on\", B: '1'}"),
    };
    if draw.one_in(2) {
        pairs.push(block.to_owned());
        flow.push(inline.to_owned());
    }
    if draw.one_in(3) {
        pairs.push("implies: *rule".to_owned());
        flow.push("implies: *rule".to_owned());
    }
    Item { name: version.to_owned(), inline: format!("{{{}}}", flow.join(", ")), pairs }
}

/// An entry, written in one of very many ways.
pub(super) fn document(draw: &mut Draw) -> Document {
    let kind = if draw.one_in(2) { Kind::Package } else { Kind::Container };
    let is_group = draw.one_in(2);
    let mut of = Document {
        text: String::new(),
        kind,
        is_group,
        options: Vec::new(),
        releases: Vec::new(),
        has_empty_key: false,
        has_tilde: false,
    };
    let mut parts: Vec<String> = vec![
        format!("name: {}{}\n", draw.quoted("demo"), draw.behind("x")),
        "x-also: *kept # c\n".to_owned(),
        format!("description: >-\n  Several words\n  and more{}\n", if draw.one_in(2) { "" } else { "\n" }),
    ];
    if is_group {
        group(draw, &mut of, &mut parts);
    } else {
        component(draw, &mut of, &mut parts);
    }
    draw.dice.shuffle(&mut parts);
    let mut out = String::new();
    draw.above(0, "t", &mut out);
    out.push_str("x-kept: &kept [a,  'b']\nx-rule: &rule {\"container:redis\":  '*'}\n");
    for part in parts {
        draw.above(0, "t", &mut out);
        out.push_str(&part);
    }
    draw.above(0, "t", &mut out);
    if draw.one_in(4) {
        out = out.replace('\n', "\r\n");
    }
    if draw.one_in(4) {
        out.insert(0, '\u{feff}');
    }
    if draw.one_in(4) {
        out.truncate(out.trim_end().len());
    }
    of.text = out;
    of
}

fn group(draw: &mut Draw, of: &mut Document, parts: &mut Vec<String>) {
    let names = ["alpha", "Beta_X", "gamma", "delta"];
    let mut options = draw.dice.several(&names, 50);
    if options.is_empty() {
        options.push("alpha");
    }
    let many = draw.one_in(2);
    parts.push(format!("strategy: {}\n", if many { "M-of-N" } else { "1-of-N" }));
    if many && draw.one_in(2) {
        parts.push(format!("min: {}{}\n", draw.below(2), draw.behind("x")));
    }
    let default = draw.pick(&options);
    match draw.below(5) {
        0 => parts.push(format!("default: {}{}\n", draw.quoted(default), draw.behind("default"))),
        1 => parts.push(format!("default: [{default}]{}\n", draw.behind("default"))),
        2 if many => {
            let mut lines = "default:\n".to_owned();
            for name in &options {
                lines.push_str(&format!("  - {name}{}\n", draw.behind("default")));
            }
            parts.push(lines);
        }
        3 if many => parts.push(format!("default: [{}]\n", options.join(", "))),
        _ => {}
    }
    let items: Vec<Item> = options.iter().map(|name| option(draw, name)).collect();
    of.options = options.into_iter().map(str::to_owned).collect();
    parts.push(draw.list("options", "list", &items));
}

fn component(draw: &mut Draw, of: &mut Document, parts: &mut Vec<String>) {
    let has_own = draw.one_in(2);
    if has_own {
        parts.push(format!("version: {}{}\n", draw.quoted("1.0.0"), draw.behind("x")));
    }
    let source = match of.kind {
        Kind::Package => ["sources: {prod: {type: pypi}}\n", "sources:\n  prod:\n    type: pypi\n"],
        Kind::Container => [
            "sources: {prod: {type: docker-image, image: \"demo\"}}\n",
            "sources:\n    prod:\n        type: docker-image\n        image: demo\n",
        ],
    };
    parts.push(draw.pick(&source).to_owned());
    let releases = draw.dice.several(&["1.1.0", "1.2.0", "0.9.1"], 50);
    match draw.below(8) {
        0 => {
            of.has_empty_key = true;
            of.has_tilde = draw.one_in(2);
            let nothing = if of.has_tilde { " ~" } else { "" };
            parts.push(format!("releases:{nothing}{}\n", draw.behind("x")));
        }
        1 => {}
        _ => {
            let items: Vec<Item> = releases.iter().map(|version| release(draw, version, of.kind)).collect();
            of.releases = releases.into_iter().map(str::to_owned).collect();
            parts.push(draw.list("releases", "list", &items));
        }
    }
}
