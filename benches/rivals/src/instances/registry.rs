//! Registries as projects have them: packages and containers with a few releases, in two modes or with profiles, groups
//! of alternatives, version ranges that agree on something older than the newest. As files, and as the problem that hsm
//! compiles from them.
//!
//! - `clashes`: pins that clash, several at once.

pub mod clashes;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use hsm::compile::compile;
use hsm::load::{LoadOptions, load};
use hsm::world::Rehearsal;
use hsm_solver::Problem;

use super::{Class, Instance, Seed, Size};

/// How many entries a registry has and how many of them the manifest names.
pub const SIZES: [(u32, u32); 3] = [(1_000, 20), (10_000, 100), (100_000, 200)];

pub(super) fn instances(size: Size) -> Vec<Instance> {
    let sizes = if size == Size::Full { &SIZES[..] } else { &[(300, 8)] };
    let mut all = Vec::new();
    for &(entries, selected) in sizes {
        let seeds = if size == Size::Full { 3 } else { 6 };
        for seed in 0..seeds {
            let registry = Registry::new(entries, selected, seed);
            let name = format!("registry-{entries}-{selected}-{seed}");
            let problem = registry.problem(false);
            all.push(Instance { class: Class::Registry, name: name.clone(), problem, solvable: Some(true) });
            let problem = registry.problem(true);
            let name = format!("{name}-clash");
            all.push(Instance { class: Class::RegistryInConflict, name, problem, solvable: Some(false) });
        }
    }
    all
}

/// Nothing demands more of what is this many layers above the bottom.
const LAYERS: u32 = 4;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Component(u32),
    Group(u32),
}

#[derive(Clone, Copy, PartialEq)]
enum Range {
    Any,
    AtLeast(u32),
    /// Below the fifth release; everything has five or more.
    Capped,
    /// The newest needs something new, the older ones something that is older.
    Newest,
}

struct Component {
    container: bool,
    releases: u32,
    demands: Vec<(Target, Range)>,
    conflicts: Vec<u32>,
    second_mode: bool,
}

struct Group {
    many: bool,
    options: Vec<u32>,
    /// For each option what else it brings in.
    implies: Vec<Option<u32>>,
}

/// A registry and a manifest over it.
pub struct Registry {
    components: Vec<Component>,
    groups: Vec<Group>,
    /// What the manifest names, with a pin or not.
    selected: Vec<(Target, Range)>,
}

impl Registry {
    /// So many entries, so many of them named by the manifest.
    pub fn new(entries: u32, selected: u32, seed: u64) -> Self {
        let seed = &mut Seed(0x4e61_0000 + u64::from(entries) * 16 + seed);
        let groups = entries / 12;
        let components = entries - groups;
        let layer = components.div_ceil(LAYERS);
        let mut registry = Self { components: Vec::new(), groups: Vec::new(), selected: Vec::new() };
        for number in 0..components {
            let below = (number / layer + 1) * layer..((number / layer + 2) * layer).min(components);
            let component = Self::component(seed, number, below, groups);
            registry.components.push(component);
        }
        for number in 0..groups {
            let group = registry.group(seed, number, groups);
            registry.groups.push(group);
        }
        let mut named = BTreeSet::new();
        while registry.selected.len() < selected as usize {
            let target = if seed.percent(20) {
                Target::Group(seed.below(groups))
            } else {
                Target::Component(not_an_option(seed.below(components)))
            };
            let exists = !matches!(target, Target::Component(number) if number >= components);
            if exists && named.insert(target) {
                let range =
                    [Range::Any, Range::Any, Range::AtLeast(2), Range::Capped][seed.below(4) as usize];
                registry.selected.push((target, range));
            }
        }
        registry
    }

    fn component(seed: &mut Seed, number: u32, below: std::ops::Range<u32>, groups: u32) -> Component {
        let mut demands: Vec<(Target, Range)> = Vec::new();
        let mut conflicts = Vec::new();
        let width = below.end.saturating_sub(below.start);
        for _ in 0..if width == 0 { 0 } else { seed.below(4) } {
            let target = if seed.percent(12) {
                // The groups of a layer are those whose options are in the next one.
                Target::Group(below.start / width.max(1) + LAYERS * seed.below(groups.div_ceil(LAYERS)))
            } else {
                // Half of all demands are for a few that are popular.
                let among = if seed.percent(50) { (width / 40).max(1) } else { width };
                Target::Component(not_an_option(below.start + seed.below(among)))
            };
            let range = match seed.below(20) {
                _ if matches!(target, Target::Group(_)) => Range::Any,
                0..6 => Range::Any,
                6..14 => Range::AtLeast(1 + seed.below(3)),
                14..17 => Range::Capped,
                _ => Range::Newest,
            };
            let exists = match target {
                Target::Group(group) => group < groups,
                Target::Component(component) => component < below.end,
            };
            if exists && demands.iter().all(|(known, _)| *known != target) {
                demands.push((target, range));
            } else if let Target::Component(component) = target
                && exists
                && !conflicts.contains(&component)
            {
                conflicts.push(component);
            }
        }
        let releases = 5 + seed.below(4);
        Component { container: number % 5 > 2, releases, demands, conflicts, second_mode: seed.percent(40) }
    }

    fn group(&self, seed: &mut Seed, number: u32, groups: u32) -> Group {
        let layer = (self.components.len() as u32).div_ceil(LAYERS);
        // A group has options of one kind, packages or containers, in a row that begins where its neighbours' rows are
        // nearly at an end.
        let (place, container) = (number / LAYERS / 2, number / LAYERS % 2 == 1);
        let (row, rows) = (layer / 5, (groups / LAYERS / 2).max(1));
        let first = (number % LAYERS * layer).div_ceil(5);
        let options: Vec<u32> = (0..(3 + seed.below(6)).min(row))
            .map(|option| (first + (place * row / rows + option) % row) * 5 + if container { 3 } else { 0 })
            .filter(|option| *option < self.components.len() as u32)
            .collect();
        let mut implies = Vec::with_capacity(options.len());
        for _ in &options {
            let other = seed.below(groups);
            // Only downwards.
            implies.push((seed.percent(30) && other % LAYERS > number % LAYERS).then_some(other));
        }
        Group { many: seed.percent(25) && options.len() > 2, implies, options }
    }

    /// The problem that hsm makes of it, with a pin that can't hold or without.
    pub fn problem(&self, clash: bool) -> Problem {
        let mut files = vec![("hsm.yaml".to_owned(), self.manifest(clash))];
        files.extend(self.reached().into_iter().map(|target| self.entry(target)));
        let world = Rehearsal::with(files);
        match load(&Rehearsal::root(), &world, &LoadOptions::default()) {
            Ok(inputs) => compile(&inputs).problem,
            Err(report) => unreachable!("{:?}", report.diagnostics),
        }
    }

    /// Writes a project with this registry, whose manifest has a solution or none.
    pub fn lay_out(&self, root: &Path, clash: bool) -> io::Result<()> {
        self.lay_out_with(root, &self.manifest(clash))
    }

    /// Writes a project with this registry and this manifest.
    pub fn lay_out_with(&self, root: &Path, manifest: &str) -> io::Result<()> {
        fs::write(root.join("hsm.yaml"), manifest)?;
        for kind in ["package", "container", "package_group", "container_group"] {
            fs::create_dir_all(root.join(format!("hsm-registry/{kind}s")))?;
        }
        self.files().try_for_each(|(path, text)| fs::write(root.join(path), text))
    }

    /// Every entry: its path in the project, and its text.
    pub fn files(&self) -> impl Iterator<Item = (String, String)> {
        let components = (0..self.components.len() as u32).map(Target::Component);
        let groups = (0..self.groups.len() as u32).map(Target::Group);
        components.chain(groups).map(|target| self.entry(target))
    }

    fn reached(&self) -> BTreeSet<Target> {
        let mut reached = BTreeSet::new();
        let mut todo: Vec<Target> = self.selected.iter().map(|(target, _)| *target).collect();
        while let Some(target) = todo.pop() {
            if !reached.insert(target) {
                continue;
            }
            match target {
                Target::Component(number) => {
                    let component = &self.components[number as usize];
                    todo.extend(component.demands.iter().map(|(target, _)| *target));
                }
                Target::Group(number) => {
                    let group = &self.groups[number as usize];
                    todo.extend(group.options.iter().map(|option| Target::Component(*option)));
                    todo.extend(group.implies.iter().flatten().map(|group| Target::Group(*group)));
                }
            }
        }
        reached
    }

    /// The manifest's text.
    pub fn manifest(&self, clash: bool) -> String {
        let mut lines: [Vec<String>; 4] = Default::default();
        for &(target, range) in &self.selected {
            let container = self.is_container(target);
            match target {
                Target::Component(_) => lines[2 * usize::from(container)].push(match pin(range) {
                    Some(pin) => format!("{{name: {}, version: \"{pin}\"}}", self.name(target)),
                    None => self.name(target),
                }),
                Target::Group(_) => lines[2 * usize::from(container) + 1].push(self.name(target)),
            }
        }
        let mut text = "project: {name: bench, mode: prod}\nregistry: ./hsm-registry\n".to_owned();
        for (section, items, groups, lines) in [
            ("dependencies", "packages", "package_groups", &lines[..2]),
            ("services", "containers", "container_groups", &lines[2..]),
        ] {
            let _ = write!(text, "{section}:\n  {items}: [{}]\n  {groups}:\n", lines[0].join(", "));
            for group in &lines[1] {
                let _ = writeln!(text, "    {group}: {{}}");
            }
        }
        let deep = self.selected.iter().filter_map(|(target, _)| self.contradicted(*target)).next_back();
        let mut all = self.selected.iter().map(|(target, _)| *target);
        let shallow = all.rfind(|target| matches!(target, Target::Component(_)));
        if let Some((target, none)) =
            deep.map(|target| (target, "<2")).or(shallow.map(|target| (target, "<1"))).filter(|_| clash)
        {
            let _ = writeln!(text, "constraints:\n  {}: {{version: \"{none}\"}}", self.id(target));
        }
        text
    }

    /// Something that this one needs in its second release or later, whatever release it is in itself.
    fn contradicted(&self, target: Target) -> Option<Target> {
        let Target::Component(number) = target else { return None };
        let mut demands = self.components[number as usize].demands.iter();
        let contradicted = |(target, range): &&(Target, Range)| {
            matches!(target, Target::Component(_)) && matches!(range, Range::AtLeast(2..) | Range::Newest)
        };
        demands.find(contradicted).map(|(target, _)| *target)
    }

    fn is_container(&self, target: Target) -> bool {
        match target {
            Target::Component(number) => self.components[number as usize].container,
            Target::Group(number) => number / LAYERS % 2 == 1,
        }
    }

    fn name(&self, target: Target) -> String {
        match (target, self.is_container(target)) {
            (Target::Component(number), false) => format!("library-{number}"),
            (Target::Component(number), true) => format!("server-{number}"),
            (Target::Group(number), _) => format!("choice-{number}"),
        }
    }

    fn kind(&self, target: Target) -> &'static str {
        match (target, self.is_container(target)) {
            (Target::Component(_), false) => "package",
            (Target::Component(_), true) => "container",
            (Target::Group(_), false) => "package_group",
            (Target::Group(_), true) => "container_group",
        }
    }

    fn id(&self, target: Target) -> String {
        format!("{}:{}", self.kind(target), self.name(target))
    }

    fn entry(&self, target: Target) -> (String, String) {
        let (kind, name) = (self.kind(target), self.name(target));
        let text = match target {
            Target::Component(number) => self.component_text(&name, &self.components[number as usize]),
            Target::Group(number) => self.group_text(&name, kind, &self.groups[number as usize]),
        };
        (format!("hsm-registry/{kind}s/{name}.yaml"), text)
    }

    fn component_text(&self, name: &str, component: &Component) -> String {
        let mut text = format!("name: {name}\nversion: {}.0.0\nsources:\n", component.releases);
        if component.container {
            let _ = writeln!(text, "  prod: {{type: docker-image, image: \"example/{name}\"}}");
            if component.second_mode {
                let external = "{mode: external, external: {host: db.example.org, port: 5432}}";
                let _ = writeln!(
                    text,
                    "deployment_profiles:\n  here: {{mode: managed}}\n  away: {external}\ndefault_profile: here"
                );
            }
        } else {
            text.push_str("  prod: {type: pypi}\n");
            if component.second_mode {
                let _ = writeln!(text, "  dev: {{type: local, path: ./packages/{name}, editable: true}}");
            }
        }
        text.push_str("releases:\n");
        for release in (1..component.releases).rev() {
            let _ = writeln!(text, "  - version: {release}.0.0");
            let older = component.demands.iter().filter(|(_, range)| *range == Range::Newest);
            let older: Vec<String> =
                older.map(|(target, _)| format!("{}: \">=2\"", self.id(*target))).collect();
            if !older.is_empty() {
                let _ = writeln!(text, "    implies: {{{}}}", older.join(", "));
            }
        }
        if !component.demands.is_empty() {
            text.push_str("implies:\n");
            for (target, range) in &component.demands {
                let _ = match (target, range) {
                    (Target::Group(_), _) => writeln!(text, "  {}: {{}}", self.id(*target)),
                    (_, Range::Newest) => writeln!(text, "  {}: \">=5\"", self.id(*target)),
                    (_, range) => {
                        writeln!(text, "  {}: \"{}\"", self.id(*target), pin(*range).unwrap_or("*"))
                    }
                };
            }
        }
        if !component.conflicts.is_empty() {
            let all: Vec<String> = component
                .conflicts
                .iter()
                .map(|number| format!("\"{}\": \"<2\"", self.id(Target::Component(*number))))
                .collect();
            let _ = writeln!(text, "conflicts: {{{}}}", all.join(", "));
        }
        text
    }

    fn group_text(&self, name: &str, kind: &str, group: &Group) -> String {
        let strategy = if group.many { "M-of-N\nmin: 1\nmax: 3" } else { "1-of-N" };
        let mut text = format!("name: {name}\ntype: {kind}\nstrategy: {strategy}\noptions:\n");
        for (option, implied) in group.options.iter().zip(&group.implies) {
            let _ = writeln!(text, "  - name: {}", self.name(Target::Component(*option)));
            if let Some(implied) = implied {
                let _ = writeln!(text, "    implies: {{{}: {{}}}}", self.id(Target::Group(*implied)));
            }
        }
        text
    }
}

/// The options of groups are not demanded by themselves.
fn not_an_option(number: u32) -> u32 {
    if matches!(number % 5, 0 | 3) { number + 1 } else { number }
}

/// A range as it is written.
fn pin(range: Range) -> Option<&'static str> {
    match range {
        Range::Any | Range::Newest => None,
        Range::AtLeast(1) => Some(">=1"),
        Range::AtLeast(2) => Some(">=2"),
        Range::AtLeast(_) => Some(">=3"),
        Range::Capped => Some("<5"),
    }
}
