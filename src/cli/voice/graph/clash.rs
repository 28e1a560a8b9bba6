//! The graph of a conflict: who demands what of whom.

use super::{Graph, MANIFEST, Maker, Sort, Tie};
use crate::cli::voice::clash::Clash;
use crate::explain::Absence;
use crate::names::{ComponentId, GroupId, Kind, TargetId};
use crate::statement::{Claim, Demanded, Holder, Offered, Origin, Thing, demand_words};

/// Each statement is an edge from who says it to what it is about, with its number; what is said of one thing alone stands
/// in its node. The node that most statements of a conflict are about is the one that clashes.
pub(in crate::cli) fn of_clashes(clashes: &[Clash<'_>]) -> Graph {
    let mut maker = Maker::default();
    let titles: Vec<&str> = clashes.iter().map(|clash| clash.title.as_str()).collect();
    maker.graph.title = titles.join("; ");
    for (clash, number) in clashes.iter().zip(1..) {
        let before = if clashes.len() > 1 { format!("{number}.") } else { String::new() };
        let mut drawer = Drawer { maker, about: Vec::new(), before };
        for (statement, number) in clash.statements.iter().zip(1..) {
            drawer.claim(number, &statement.claim);
        }
        drawer.options(clash.options);
        maker = drawer.marked();
    }
    maker.graph
}

/// What is not in the stack: the groups that took something else, and what would bring it in.
pub(in crate::cli) fn of_absence(id: &ComponentId, absence: &Absence) -> Graph {
    let mut drawer = Drawer { maker: Maker::default(), about: Vec::new(), before: String::new() };
    drawer.maker.graph.title = format!("{id} is not in the stack");
    let node = drawer.component(id);
    drawer.maker.fact(node, "not in the stack".to_owned());
    for (group, taken) in &absence.instead {
        let from = drawer.maker.node(&group.to_string(), Sort::Group);
        for option in taken {
            let to = drawer.component(&group.option(option));
            drawer.maker.edge(from, to, Tie::Option, "took");
        }
        drawer.maker.edge(from, node, Tie::Option, "could take");
    }
    for (statement, number) in absence.would.iter().zip(1..) {
        drawer.claim(number, &statement.claim);
    }
    drawer.maker.graph
}

struct Drawer {
    maker: Maker,
    /// What each statement is about.
    about: Vec<usize>,
    /// What stands in front of each number.
    before: String,
}

impl Drawer {
    /// The graph, with the node marked that clashes.
    fn marked(self) -> Maker {
        let Self { mut maker, about, .. } = self;
        let times = |node: usize| about.iter().filter(|other| **other == node).count();
        // of several the one that was spoken of last: there the argument ends
        let most = about.iter().enumerate().max_by_key(|(place, node)| (times(**node), *place));
        if let Some(node) = most.and_then(|(_, node)| maker.graph.nodes.get_mut(*node)) {
            node.clash = true;
        }
        maker
    }

    /// Ties groups that are spoken of to their options that are spoken of.
    fn options(&mut self, groups: &[(GroupId, Vec<ComponentId>)]) {
        for (group, options) in groups {
            let Some(&from) = self.maker.places.get(&group.to_string()) else { continue };
            for option in options {
                let Some(&to) = self.maker.places.get(&option.to_string()) else { continue };
                let is_tied = |edge: &super::Edge| (edge.from, edge.to) == (from, to);
                if !self.maker.graph.edges.iter().any(is_tied) {
                    self.maker.edge(from, to, Tie::Option, "option");
                }
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a list of all that can be said, an arm each")]
    fn claim(&mut self, number: usize, claim: &Claim) {
        match claim {
            Claim::Wants(id) => self.of_file(number, MANIFEST, component(id), "lists"),
            Claim::Uses(group) => self.of_file(number, MANIFEST, of_group(group), "uses"),
            Claim::Selects(group, name) => {
                self.of_file(
                    number,
                    MANIFEST,
                    component(&group.option(name)),
                    &format!("selects in {group}"),
                );
            }
            Claim::Excludes(group, name) => {
                let from = self.maker.node(MANIFEST, Sort::File);
                let to = component(&group.option(name));
                self.tie(number, from, to, Tie::Excludes, &format!("excludes from {group}"));
            }
            Claim::PinsVersion(id, version, offered) => {
                self.of_file(number, MANIFEST, component(id), &format!("pins to {version}"));
                self.offered(&component(id), offered);
            }
            Claim::PinsMode(id, mode) => {
                self.of_file(number, MANIFEST, component(id), &format!("pins to {mode} mode"));
            }
            Claim::PinsProfile(id, profile) => {
                self.of_file(number, MANIFEST, component(id), &format!("pins to the profile {profile}"));
            }
            Claim::GroupMode(group, mode) => {
                self.of_file(number, MANIFEST, of_group(group), &format!("puts in {mode} mode"));
            }
            Claim::GroupProfile(group, profile) => {
                self.of_file(number, MANIFEST, of_group(group), &format!("gives the profile {profile}"));
            }
            Claim::RequiresMode(mode) => {
                self.fact(
                    number,
                    &("--require-mode".to_owned(), Sort::Thing),
                    &format!("all in {mode} mode"),
                );
            }
            Claim::TakesOne(group) => {
                self.fact(number, &of_group(group), "exactly one option");
            }
            Claim::TakesBetween { group, min, max } => {
                let fact = if min == max {
                    format!("exactly {min} options")
                } else {
                    format!("{min} to {max} options")
                };
                self.fact(number, &of_group(group), &fact);
            }
            Claim::Implies { by, target: to, demand } => {
                let from = self.origin(by);
                self.demand(number, from, to, demand, "implies");
            }
            Claim::DependsOn(by, to) => {
                let from = self.component(by);
                self.tie(number, from, target(to), Tie::DependsOn, "depends on");
            }
            Claim::Requires { by, mode, target: to, demand } => {
                let from = self.component(by);
                self.demand(number, from, to, demand, &format!("as {mode} source requires"));
            }
            Claim::UsesImage(by, of) => {
                let from = self.component(by);
                self.tie(number, from, component(of), Tie::Requires, "is built with the image of");
            }
            Claim::Conflicts { by, target: to, version } => {
                let from = self.origin(by);
                let label = if version.is_any() {
                    "conflicts with".to_owned()
                } else {
                    format!("conflicts with {version}")
                };
                self.tie(number, from, target(to), Tie::Excludes, &label);
            }
            Claim::NeedsDistribution(id, line) => {
                let from = self.component(id);
                self.tie(number, from, distribution(line), Tie::Requires, &format!("requires {line}"));
            }
            Claim::Installs(id, line) => {
                let from = self.component(id);
                self.tie(number, from, distribution(line), Tie::Requires, &format!("installs {line}"));
            }
            Claim::FileRequires(_, line) => {
                self.of_file(number, "pyproject.toml", distribution(line), &format!("requires {line}"));
            }
            Claim::Checkout(id, version) => {
                self.fact(number, &component(id), &format!("its checkout is version {version}"));
            }
            Claim::NeedsPython(id, pythons) => {
                let from = self.component(id);
                self.tie(number, from, python(), Tie::Requires, &format!("needs {pythons}"));
            }
            Claim::ProjectPython(pythons) => {
                self.of_file(number, "pyproject.toml", python(), &format!("supports {pythons}"));
            }
            Claim::SameDistribution(one, other, name) => {
                for id in [one, other] {
                    let from = self.component(id);
                    self.tie(number, from, distribution(name), Tie::Requires, "is");
                }
            }
            Claim::Holds { by, what } => {
                let from = self.holder(by);
                let (to, label) = held(what);
                self.tie(number, from, to, Tie::Requires, &label);
            }
            Claim::HoldsTwice(id, ports) => {
                let from = self.component(id);
                let label = format!("publishes {ports} twice");
                self.tie(number, from, ("host ports".to_owned(), Sort::Thing), Tie::Requires, &label);
            }
            Claim::Yanked(id, version, _) => {
                self.fact(number, &component(id), &format!("{version} is yanked"));
            }
            Claim::NoSource { component: of, mode, .. } => {
                let mode = mode.map(|mode| format!("{mode} ")).unwrap_or_default();
                self.fact(number, &component(of), &format!("no {mode}source"));
            }
            Claim::Ring { members, built } => self.ring(number, members, *built),
            Claim::NotFound(of) => self.fact(number, &target(of), "no registry has it"),
            Claim::Broken(of) => self.fact(number, &target(of), "its entry has errors"),
        }
    }

    fn ring(&mut self, number: usize, members: &[ComponentId], built: bool) {
        let label = if built { "is built with" } else { "waits for" };
        let next = members.iter().cycle().skip(1);
        for (one, other) in members.iter().zip(next) {
            let from = self.component(one);
            self.tie(number, from, component(other), Tie::DependsOn, label);
        }
    }

    /// An edge from a file of the user's own.
    fn of_file(&mut self, number: usize, file: &str, to: End, label: &str) {
        let from = self.maker.node(file, Sort::File);
        self.tie(number, from, to, Tie::Names, label);
    }

    fn demand(&mut self, number: usize, from: usize, to: &TargetId, demand: &Demanded, word: &str) {
        let more = demand_words(demand);
        let label = if more.is_empty() { word.to_owned() } else { format!("{word} {more}") };
        self.tie(number, from, target(to), Tie::Implies, &label);
        self.offered(&target(to), &demand.offered);
    }

    fn tie(&mut self, number: usize, from: usize, (id, sort): End, tie: Tie, label: &str) {
        let to = self.maker.node(&id, sort);
        self.maker.edge(from, to, tie, format!("{}{number}. {label}", self.before));
        self.about.push(to);
    }

    fn fact(&mut self, number: usize, (id, sort): &End, fact: &str) {
        let node = self.maker.node(id, *sort);
        self.maker.fact(node, format!("{}{number}. {fact}", self.before));
        self.about.push(node);
    }

    /// Which releases there are, where none of them will do.
    fn offered(&mut self, (id, sort): &End, offered: &Offered) {
        let fact = match offered {
            Offered::Enough => return,
            Offered::Unversioned => "has no version".to_owned(),
            Offered::Only(releases) => {
                let mut shown: Vec<&str> =
                    releases.iter().take(4).map(crate::version::Version::as_str).collect();
                shown.extend((releases.len() > 4).then_some("…"));
                format!("there is {}", shown.join(", "))
            }
        };
        let node = self.maker.node(id, *sort);
        self.maker.fact(node, fact);
    }

    fn component(&mut self, id: &ComponentId) -> usize {
        let (id, sort) = component(id);
        self.maker.node(&id, sort)
    }

    fn origin(&mut self, origin: &Origin) -> usize {
        match origin {
            Origin::Manifest => self.maker.node(MANIFEST, Sort::File),
            Origin::Component(id) => self.component(id),
            Origin::Option(group, name) => self.component(&group.option(name)),
        }
    }

    fn holder(&mut self, holder: &Holder) -> usize {
        match holder {
            Holder::Component(id) => self.component(id),
            Holder::Own(service) => self.maker.node(&format!("compose_files: {service}"), Sort::File),
        }
    }
}

/// A node that an edge leads to.
type End = (String, Sort);

fn component(id: &ComponentId) -> End {
    let sort = match id.kind() {
        Kind::Package => Sort::Package,
        Kind::Container => Sort::Container,
    };
    (id.to_string(), sort)
}

fn of_group(id: &GroupId) -> End {
    (id.to_string(), Sort::Group)
}

fn target(id: &TargetId) -> End {
    match id {
        TargetId::Component(id) => component(id),
        TargetId::Group(id) => of_group(id),
    }
}

/// The distribution that a line is about: the name in front.
fn distribution(line: &str) -> End {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(line.len());
    (format!("distribution {}", line[..end].to_ascii_lowercase()), Sort::Thing)
}

fn python() -> End {
    ("Python".to_owned(), Sort::Thing)
}

fn held(what: &Thing) -> (End, String) {
    match what {
        Thing::Ports(ports) => (("host ports".to_owned(), Sort::Thing), format!("publishes {ports}")),
        Thing::ContainerName(name) => ((format!("container name {name}"), Sort::Thing), "has".to_owned()),
        Thing::ServiceName(name) => ((format!("service name {name}"), Sort::Thing), "has".to_owned()),
    }
}
