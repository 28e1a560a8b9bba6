//! Random small registries and manifests, as the text a user would write. The same seed gives the same text everywhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A small generator of numbers (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn several<'a>(&mut self, of: &[&'a str], percent: usize) -> Vec<&'a str> {
        of.iter().copied().filter(|_| self.percent(percent)).collect()
    }

    pub(crate) fn shuffle<T>(&mut self, of: &mut [T]) {
        for i in (1..of.len()).rev() {
            of.swap(i, self.below(i + 1));
        }
    }
}

const PACKAGES: [&str; 3] = ["p0", "p1", "p2"];
const CONTAINERS: [&str; 3] = ["c0", "c1", "c2"];
const GROUPS: [(&str, &str, &[&str]); 3] = [
    ("package_group", "g", &["p0", "p1", "p2"]),
    ("container_group", "g", &["c0", "c1"]),
    ("container_group", "h", &["c1", "c2", "gone"]),
];

/// A project: its files by path.
pub(crate) fn project(dice: &mut Dice) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for name in PACKAGES {
        files.insert(format!("hsm-registry/packages/{name}.yaml"), package(dice, name));
    }
    for name in CONTAINERS {
        files.insert(format!("hsm-registry/containers/{name}.yaml"), container(dice, name));
    }
    let mut options = BTreeMap::new();
    for (folder, name, of) in GROUPS {
        let mut of: Vec<&str> = dice.several(of, 75);
        of.retain(|option| *option != "gone" || dice.percent(25));
        if of.is_empty() {
            of.push(if folder == "package_group" { "p1" } else { "c1" });
        }
        dice.shuffle(&mut of);
        files.insert(format!("hsm-registry/{folder}s/{name}.yaml"), group(dice, folder, name, &of));
        options.insert((folder, name), of);
    }
    if dice.percent(4) {
        files.insert("hsm-registry/containers/c2.yaml".to_owned(), "name: c2\nnonsense: 1\n".to_owned());
    }
    if dice.percent(3) {
        files.remove("hsm-registry/packages/p2.yaml");
    }
    files.insert("hsm.yaml".to_owned(), manifest(dice, &options));
    if dice.percent(30) {
        files.insert("hsm.lock".to_owned(), lock(dice, &options));
    }
    files
}

fn package(dice: &mut Dice, name: &str) -> String {
    let mut text = format!("name: {name}\n");
    let floats = dice.percent(15);
    if !floats {
        text.push_str("version: \"1.0\"\n");
    }
    let prod = "type: pypi";
    let dev = format!("type: local, path: ./{name}");
    text.push_str(&sources(dice, name, prod, &dev));
    text.push_str(&rules(dice, name, 40));
    if !floats && dice.percent(45) {
        text.push_str("releases:\n  - version: \"2.0\"\n");
        let more = sources(dice, name, prod, &dev) + &rules(dice, name, 30);
        let more = if dice.percent(50) { more } else { rules(dice, name, 30) };
        indent(&mut text, &more, 4);
        if dice.percent(8) {
            text.push_str("    yanked: broken\n");
        }
    }
    text
}

fn container(dice: &mut Dice, name: &str) -> String {
    let mut text = format!("name: {name}\nversion: \"1.0\"\n");
    if dice.percent(15) {
        let on = dice.pick(&["c0", "c1", "c2", "container_group:g", "h"]);
        if on != name {
            let _ = writeln!(text, "orchestration: {{depends_on: [{on}]}}");
        }
    }
    let image = format!("type: docker-image, image: \"{name}:1\"");
    let mut build = format!("type: build, path: ./{name}");
    if dice.percent(20) {
        let of = dice.pick(&CONTAINERS);
        if of != name {
            let _ = write!(build, ", args: {{BASE: \"${{HSM_IMAGE.{of}}}\"}}");
        }
    }
    if dice.percent(20) {
        let demand = component_demand(dice, true);
        let _ = write!(build, ", requires: {{\"container:{}\": {demand}}}", dice.pick(&CONTAINERS));
    }
    text.push_str(&sources(dice, name, &image, &build));
    text.push_str(&rules(dice, name, 35));
    if dice.percent(35) {
        text.push_str("deployment_profiles:\n");
        let (man, ext, two) = (dice.percent(60), dice.percent(60), dice.percent(25));
        if man || !ext {
            text.push_str("  man: {mode: managed}\n");
        }
        if two {
            text.push_str("  two: {mode: managed, env: {A: b}}\n");
        }
        if ext {
            text.push_str("  ext: {mode: external, external: {host: h}}\n");
        }
        if (man || !ext) && dice.percent(50) {
            text.push_str("default_profile: man\n");
        }
    }
    if dice.percent(30) {
        text.push_str("releases:\n  - version: \"2.0\"\n");
        let more = rules(dice, name, 30);
        indent(&mut text, &more, 4);
    }
    text
}

/// `sources`, each of the two there or not; a source may imply something itself.
fn sources(dice: &mut Dice, own: &str, prod: &str, dev: &str) -> String {
    let (prod_there, dev_there) = match dice.below(10) {
        0..=3 => (true, false),
        4 => (false, true),
        5 if dice.percent(40) => (false, false),
        _ => (true, true),
    };
    let mut text = String::new();
    if prod_there || dev_there {
        text.push_str("sources:\n");
    }
    for (there, mode, source) in [(prod_there, "prod", prod), (dev_there, "dev", dev)] {
        if there {
            let mut source = source.to_owned();
            let (target, demand) = demand(dice);
            if dice.percent(10) && !target.ends_with(own) {
                let _ = write!(source, ", implies: {{\"{target}\": {demand}}}");
            }
            let _ = writeln!(text, "  {mode}: {{{source}}}");
        }
    }
    text
}

fn indent(text: &mut String, more: &str, by: usize) {
    for line in more.lines() {
        let _ = writeln!(text, "{:by$}{line}", "");
    }
}

/// `implies` and `conflicts`, with this chance for a line each.
fn rules(dice: &mut Dice, own: &str, percent: usize) -> String {
    let mut text = String::new();
    let mut lines = BTreeMap::new();
    while dice.percent(percent) && lines.len() < 2 {
        let (target, demand) = demand(dice);
        if !target.ends_with(own) {
            lines.insert(target, demand);
        }
    }
    if !lines.is_empty() {
        text.push_str("implies:\n");
        for (target, demand) in lines {
            let _ = writeln!(text, "  {target}: {demand}");
        }
    }
    if dice.percent(percent / 4) {
        let target = target(dice);
        if !target.ends_with(own) {
            let version = dice.pick(&["\"*\"", "\"<2\"", "\"==1.0\"", "\">=2\""]);
            let _ = writeln!(text, "conflicts: {{\"{target}\": {version}}}");
        }
    }
    text
}

fn target(dice: &mut Dice) -> String {
    match dice.below(10) {
        0..=3 => format!("package:{}", dice.pick(&PACKAGES)),
        4..=7 => format!("container:{}", dice.pick(&CONTAINERS)),
        8 => "package_group:g".to_owned(),
        _ => format!("container_group:{}", dice.pick(&["g", "h"])),
    }
}

fn demand(dice: &mut Dice) -> (String, String) {
    let target = target(dice);
    let what = if dice.percent(5) {
        "false".to_owned()
    } else if target.contains("_group:") {
        group_demand(dice, &target)
    } else {
        component_demand(dice, target.starts_with("container:"))
    };
    (target, what)
}

fn component_demand(dice: &mut Dice, container: bool) -> String {
    match dice.below(10) {
        0..=3 => String::new(),
        4 => "\"*\"".to_owned(),
        5 => dice.pick(&["\">=2\"", "\"<2\"", "\"1.0\"", "\"==3.0\""]).to_owned(),
        _ => {
            let mut parts = Vec::new();
            if dice.percent(30) {
                parts.push(format!("version: {}", dice.pick(&["\">=2\"", "\"<2\"", "\">=1\""])));
            }
            if dice.percent(70) {
                parts.push(format!("mode: {}", dice.pick(&["dev", "prod", "same"])));
            }
            if container && dice.percent(20) {
                parts.push(format!("profile: {}", dice.pick(&["man", "ext", "two"])));
            }
            format!("{{{}}}", parts.join(", "))
        }
    }
}

fn group_demand(dice: &mut Dice, target: &str) -> String {
    let all: &[&str] = if target.starts_with("package") { &PACKAGES } else { &CONTAINERS };
    match dice.below(8) {
        0..=3 => String::new(),
        4 => dice.pick(all).to_owned(),
        5 => format!("[{}]", dice.several(all, 60).join(", ")),
        _ => {
            let mut parts = Vec::new();
            if dice.percent(50) {
                parts.push(format!("options: [{}]", dice.pick(all)));
            }
            if dice.percent(60) {
                parts.push(format!("mode: {}", dice.pick(&["dev", "prod", "same"])));
            }
            if target.starts_with("container") && dice.percent(30) {
                parts.push(format!("profile: {}", dice.pick(&["man", "ext"])));
            }
            format!("{{{}}}", parts.join(", "))
        }
    }
}

fn group(dice: &mut Dice, folder: &str, name: &str, options: &[&str]) -> String {
    let mut text = format!("name: {name}\ntype: {folder}\n");
    let default: Vec<&str>;
    if dice.percent(55) {
        text.push_str("strategy: 1-of-N\n");
        default = dice.several(options, 30).into_iter().take(1).collect();
        if let [one] = default[..] {
            let _ = writeln!(text, "default: {one}");
        }
    } else {
        text.push_str("strategy: M-of-N\n");
        let min = dice.below(options.len() + 1);
        if min != 1 {
            let _ = writeln!(text, "min: {min}");
        }
        if dice.percent(40) {
            let _ = writeln!(text, "max: {}", min.max(1) + dice.below(options.len() - min.max(1) + 1));
        }
        default = dice.several(options, 40);
        if !default.is_empty() {
            let _ = writeln!(text, "default: [{}]", default.join(", "));
        }
    }
    text.push_str("options:\n");
    for option in options {
        let _ = writeln!(text, "  - name: {option}");
        let more = rules(dice, option, 30);
        indent(&mut text, &more, 4);
    }
    text
}

/// The same text with its top-level keys in another order.
pub(crate) fn reorder(dice: &mut Dice, text: &str) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        if blocks.is_empty() || !line.starts_with(' ') {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            let _ = writeln!(block, "{line}");
        }
    }
    dice.shuffle(&mut blocks);
    blocks.concat()
}

type Options<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

fn manifest(dice: &mut Dice, options: &Options<'_>) -> String {
    let mut text = "project:\n  name: law\n".to_owned();
    if dice.percent(40) {
        text.push_str("  mode: dev\n");
    }
    for (section, kind, items, names) in [
        ("dependencies", "package", "packages", &PACKAGES),
        ("services", "container", "containers", &CONTAINERS),
    ] {
        let mut inside = String::new();
        let mut lines = String::new();
        for ((folder, name), options) in options {
            if folder.starts_with(kind) && dice.percent(35) {
                let _ = writeln!(lines, "    {name}: {}", group_line(dice, kind, options));
            }
        }
        if !lines.is_empty() {
            let _ = write!(inside, "  {kind}_groups:\n{lines}");
        }
        let listed = dice.several(names, 35);
        if !listed.is_empty() {
            let _ = writeln!(inside, "  {items}:");
            for name in listed {
                let _ = writeln!(inside, "    - {}", item(dice, kind, name));
            }
        }
        if !inside.is_empty() {
            let _ = write!(text, "{section}:\n{inside}");
        }
    }
    if dice.percent(30) {
        let name = dice.pick(&["package:p0", "package:p1", "container:c0", "container:c1"]);
        let what = dice.pick(&["{mode: dev}", "{mode: prod}", "{version: \"<2\"}", "{version: \">=2\"}"]);
        let _ = writeln!(text, "constraints:\n  {name}: {what}");
    }
    text
}

fn group_line(dice: &mut Dice, kind: &str, options: &[&str]) -> String {
    let mut parts = Vec::new();
    if dice.percent(45) {
        let mut selected: Vec<String> = Vec::new();
        for option in dice.several(options, 40) {
            selected.push(item(dice, kind, option));
        }
        parts.push(format!("selection: [{}]", selected.join(", ")));
    }
    if dice.percent(15) {
        parts.push(format!("exclude: [{}]", dice.pick(options)));
    }
    if dice.percent(20) {
        parts.push(format!("mode: {}", dice.pick(&["dev", "prod"])));
    }
    if kind == "container" && dice.percent(10) {
        parts.push(format!("profile: {}", dice.pick(&["man", "ext"])));
    }
    format!("{{{}}}", parts.join(", "))
}

fn item(dice: &mut Dice, kind: &str, name: &str) -> String {
    match dice.below(6) {
        0 => format!("{{name: {name}, mode: {}}}", dice.pick(&["dev", "prod"])),
        1 => format!("{{name: {name}, version: {}}}", dice.pick(&["\"<2\"", "\">=2\"", "\"*\"", "\"1.0\""])),
        2 if kind == "container" && dice.percent(50) => {
            format!("{{name: {name}, profile: {}}}", dice.pick(&["man", "ext"]))
        }
        _ => name.to_owned(),
    }
}

fn lock(dice: &mut Dice, options: &Options<'_>) -> String {
    let mut text = "schema: 1\ncomponents:\n".to_owned();
    for name in PACKAGES {
        let _ = writeln!(text, "  \"package:{name}\": {{release: \"{}\"}}", dice.pick(&["1.0", "2.0"]));
    }
    text.push_str("groups:\n");
    for ((folder, name), options) in options {
        let _ = writeln!(text, "  \"{folder}:{name}\": [{}]", dice.several(options, 50).join(", "));
    }
    text
}
