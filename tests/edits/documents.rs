//! Manifests, each written in one of very many ways.

use hsm::names::Kind;
use hsm_oracle::dice::Dice;

pub(crate) struct Draw {
    dice: Dice,
    comments: u32,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), comments: 0 }
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.dice.below(bound as usize) as u64
    }

    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.dice.pick(from)
    }

    /// A comment behind a value, now and then.
    fn behind(&mut self) -> String {
        self.comments += 1;
        if self.one_in(4) { format!("  #c{}", self.comments) } else { String::new() }
    }

    /// A comment or an empty line, now and then.
    fn above(&mut self, indent: usize, out: &mut String) {
        self.comments += 1;
        match self.below(8) {
            0 => out.push_str(&format!("{:indent$}#o{} - x: [\n", "", self.comments)),
            1 => out.push('\n'),
            _ => {}
        }
    }

    fn name(&mut self, name: &str) -> String {
        match self.below(4) {
            0 => format!("\"{name}\""),
            1 => format!("'{name}'"),
            _ => name.to_owned(),
        }
    }

    fn pins(&mut self, kind: Kind, ports: bool) -> Vec<String> {
        let mut out = Vec::new();
        if self.one_in(3) {
            out.push(format!("version: {}", self.pick(&["\"<2\"", "'>=1'", "==1.*"])));
        }
        if self.one_in(3) {
            out.push(format!("mode: {}", self.pick(&["dev", "prod", "\"dev\""])));
        }
        if kind == Kind::Container {
            if self.one_in(3) {
                out.push(format!("profile: {}", self.pick(&["small", "big"])));
            }
            if ports && self.one_in(3) {
                out.push("ports: [\"80:80\", '81:81']".to_owned());
            }
        }
        out
    }

    fn braces(&mut self, first: Option<String>, kind: Kind, ports: bool) -> String {
        let mut all: Vec<String> = first.into_iter().collect();
        all.extend(self.pins(kind, ports));
        format!("{{{}}}", all.join(self.pick(&[", ", " , ", ",  "])))
    }

    /// An item on one line.
    fn inline(&mut self, name: &str, kind: Kind) -> String {
        let written = self.name(name);
        match self.below(6) {
            0 | 1 => written,
            2 => format!("{{{written}: {}}}", self.pick(&["dev", "prod"])),
            3 => format!("{written}: dev"),
            4 => format!("{{{written}: {}}}", self.braces(None, kind, true)),
            _ => self.braces(Some(format!("name: {written}")), kind, true),
        }
    }

    fn item(&mut self, name: &str, kind: Kind, indent: usize, out: &mut String) {
        let written = self.name(name);
        self.above(indent, out);
        let behind = self.behind();
        let inner = indent + 2 + 2 * self.below(2) as usize;
        match self.below(8) {
            0 | 1 => out.push_str(&format!("{:indent$}- {written}{behind}\n", "")),
            2 => {
                out.push_str(&format!(
                    "{:indent$}- {written}: {}{behind}\n",
                    "",
                    self.pick(&["dev", "prod"])
                ));
            }
            3 => out.push_str(&format!("{:indent$}- {written}:{behind}\n", "")),
            4 => {
                let braces = self.braces(Some(format!("name: {written}")), kind, true);
                out.push_str(&format!("{:indent$}- {braces}{behind}\n", ""));
            }
            5 => {
                let braces = self.braces(None, kind, true);
                out.push_str(&format!("{:indent$}- {written}: {braces}{behind}\n", ""));
            }
            6 => {
                let mut lines = vec![format!("name: {written}")];
                lines.extend(self.pins(kind, true));
                let turn = self.below(lines.len() as u64) as usize;
                lines.rotate_left(turn);
                let gap = inner - indent - 1;
                for (at, line) in lines.iter().enumerate() {
                    let dash =
                        if at == 0 { format!("{:indent$}-{:gap$}", "", "") } else { " ".repeat(inner) };
                    out.push_str(&format!("{dash}{line}{}\n", self.behind()));
                    if at + 1 < lines.len() {
                        self.above(inner, out);
                    }
                }
            }
            _ => {
                out.push_str(&format!("{:indent$}- {written}:{behind}\n", ""));
                self.lines(kind, true, indent + 4, out);
            }
        }
    }

    fn lines(&mut self, kind: Kind, ports: bool, indent: usize, out: &mut String) {
        for line in self.pins(kind, ports) {
            self.above(indent, out);
            out.push_str(&format!("{:indent$}{line}{}\n", "", self.behind()));
        }
    }

    pub(crate) fn some<'a>(&mut self, from: &[&'a str]) -> Vec<&'a str> {
        from.iter().copied().filter(|_| self.one_in(2)).collect()
    }

    fn list(&mut self, key: &str, names: &[&str], kind: Kind, indent: usize, out: &mut String) {
        let names = self.some(names);
        self.above(indent, out);
        if names.is_empty() || self.one_in(3) {
            let items: Vec<String> = names.iter().map(|name| self.inline(name, kind)).collect();
            out.push_str(&format!("{:indent$}{key}: [{}]{}\n", "", items.join(", "), self.behind()));
            return;
        }
        out.push_str(&format!("{:indent$}{key}:{}\n", "", self.behind()));
        let indent = indent + 2 * self.below(2) as usize;
        for name in names {
            self.item(name, kind, indent, out);
        }
    }

    fn selection(&mut self, names: &[&str], kind: Kind, indent: usize, out: &mut String) {
        let name = self.pick(names);
        match self.below(5) {
            0 => {
                let inline = match self.inline(name, kind) {
                    bare if bare.ends_with(": dev") => format!("{{{bare}}}"),
                    inline => inline,
                };
                out.push_str(&format!("{:indent$}selection: {inline}{}\n", "", self.behind()));
            }
            1 => {
                out.push_str(&format!("{:indent$}selection:{}\n", "", self.behind()));
                for name in
                    self.some(names).into_iter().chain([name]).collect::<std::collections::BTreeSet<_>>()
                {
                    self.above(indent + 2, out);
                    let value = match self.below(3) {
                        0 => String::new(),
                        1 => " dev".to_owned(),
                        _ => format!(" {}", self.braces(None, kind, true)),
                    };
                    out.push_str(&format!(
                        "{:>width$}{name}:{value}{}\n",
                        "",
                        self.behind(),
                        width = indent + 2
                    ));
                }
            }
            2 => {}
            _ => self.list("selection", names, kind, indent, out),
        }
    }

    fn group(&mut self, name: &str, options: &[&str], kind: Kind, indent: usize, out: &mut String) {
        self.above(indent, out);
        let written = self.name(name);
        let start = out.len();
        out.push_str(&format!("{:indent$}{written}:{}\n", "", self.behind()));
        let inner = indent + 2 + self.below(2) as usize;
        self.selection(options, kind, inner, out);
        match self.below(4) {
            0 => out.push_str(&format!("{:inner$}exclude: {}{}\n", "", self.pick(options), self.behind())),
            1 => out.push_str(&format!("{:inner$}exclude: [{}]\n", "", self.some(options).join(", "))),
            2 => out.push_str(&format!(
                "{:inner$}exclude:\n{:inner$}- {}{}\n",
                "",
                "",
                options[1],
                self.behind()
            )),
            _ => {}
        }
        if self.one_in(3) {
            out.push_str(&format!("{:inner$}mode: dev{}\n", "", self.behind()));
        }
        if kind == Kind::Container && self.one_in(3) {
            out.push_str(&format!("{:inner$}profile: small{}\n", "", self.behind()));
        }
        if out[start..].lines().count() == 1 && self.one_in(2) {
            out.truncate(start);
            out.push_str(&format!("{:indent$}{written}: {{}}\n", ""));
        }
    }

    fn constraints(&mut self, out: &mut String) {
        self.above(0, out);
        let targets = self.some(&["package:alpha", "package:Beta_X", "container:redis", "container:db"]);
        if targets.is_empty() {
            return;
        }
        let kind = |target: &str| if target.starts_with('p') { Kind::Package } else { Kind::Container };
        if self.one_in(4) {
            let all: Vec<String> =
                targets.iter().map(|t| format!("\"{t}\": {}", self.braces(None, kind(t), false))).collect();
            out.push_str(&format!("constraints: {{{}}}{}\n", all.join(", "), self.behind()));
            return;
        }
        out.push_str(&format!("constraints:{}\n", self.behind()));
        for target in targets {
            self.above(2, out);
            if self.one_in(2) {
                out.push_str(&format!(
                    "  {target}: {}{}\n",
                    self.braces(None, kind(target), false),
                    self.behind()
                ));
            } else {
                out.push_str(&format!("  {target}:{}\n", self.behind()));
                self.lines(kind(target), false, 6, out);
            }
        }
    }
}

pub(crate) const PACKAGES: [&str; 3] = ["alpha", "Beta_X", "gamma"];
pub(crate) const CONTAINERS: [&str; 3] = ["redis", "web", "db"];

/// A manifest, written in one of very many ways.
pub(crate) fn document(draw: &mut Draw) -> String {
    let mut out = String::new();
    draw.above(0, &mut out);
    out.push_str("project: {name: demo}\nx-kept: &kept [a,  'b']\n");
    let mut parts = [0, 1, 2, 3];
    for at in (1..parts.len()).rev() {
        parts.swap(at, draw.below(at as u64 + 1) as usize);
    }
    for part in parts {
        draw.above(0, &mut out);
        match part {
            0 if !draw.one_in(5) => {
                out.push_str(&format!("dependencies:{}\n", draw.behind()));
                let start = out.len();
                if draw.one_in(2) {
                    out.push_str("  package_groups:\n");
                    draw.group("client", &PACKAGES, Kind::Package, 4, &mut out);
                }
                if out.len() == start || draw.one_in(2) {
                    draw.list("packages", &PACKAGES, Kind::Package, 2, &mut out);
                }
            }
            1 if !draw.one_in(5) => {
                out.push_str(&format!("services:{}\n", draw.behind()));
                let start = out.len();
                if draw.one_in(2) {
                    out.push_str("  container_groups:\n");
                    draw.group("infra", &CONTAINERS, Kind::Container, 4, &mut out);
                    if draw.one_in(2) {
                        draw.group("tools", &CONTAINERS, Kind::Container, 4, &mut out);
                    }
                }
                if out.len() == start || draw.one_in(2) {
                    draw.list("containers", &CONTAINERS, Kind::Container, 2, &mut out);
                }
            }
            2 => draw.constraints(&mut out),
            _ => out.push_str(&format!("x-also-{part}: *kept # c\n")),
        }
    }
    if draw.one_in(4) {
        out = out.replace('\n', "\r\n");
    }
    if draw.one_in(4) {
        out.insert(0, '\u{feff}');
    }
    if draw.one_in(4) {
        out.truncate(out.trim_end().len());
    }
    out
}
