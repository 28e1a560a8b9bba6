//! Random small projects. The same seed gives the same project everywhere.
//!
//! Owns: which features meet, and how often. Each project has a taste: some features often, others not at all, so that
//! few candidates still meet in every way. Refuses: judging.

mod entries;
mod manifest;

use crate::Dice;
use crate::model::{Choice, Component, Id, Item, Name, Project, Rules, Source};
use crate::versions::Version;

/// The packages that there are.
pub const PACKAGES: [Name; 3] = ["p0", "p1", "p2"];
/// The containers that there are.
pub const CONTAINERS: [Name; 4] = ["c0", "c1", "c2", "c3"];
/// A container that no registry has.
pub const MISSING: Name = "gone";
/// The distributions that are no component.
pub const OUTSIDE: [Name; 2] = ["numpy", "lxml"];

const GROUPS: [(Id, &[Name]); 4] = [
    (Id::container("g"), &["c0", "c1", "c3"]),
    (Id::container("h"), &["c1", "c2", MISSING]),
    (Id::package("g"), &["p0", "p1", "p2"]),
    (Id::package("k"), &["p1", "p2"]),
];

/// Whether host ports and names exclude each other already.
const RESOURCES: bool = true;
/// Whether what Python demands is joined already.
const PYTHON: bool = true;

/// How often a feature is met, in percent.
#[derive(Debug, Clone, Copy)]
struct Taste {
    implies: usize,
    conflicts: usize,
    modes: usize,
    sources: usize,
    profiles: usize,
    releases: usize,
    opaque: usize,
    ports: usize,
    names: usize,
    waits: usize,
    params: usize,
    python: usize,
    lines: usize,
    pins: usize,
}

impl Taste {
    fn new(dice: &mut Dice) -> Self {
        let mut often =
            |low: usize, high: usize, chance: usize| if dice.percent(chance) { high } else { low };
        Self {
            implies: often(20, 45, 50),
            conflicts: often(3, 14, 30),
            modes: often(15, 60, 40),
            sources: often(8, 40, 40),
            profiles: often(5, 50, 35),
            releases: often(10, 55, 40),
            opaque: often(0, 35, 20),
            ports: if RESOURCES { often(0, 60, 25) } else { 0 },
            names: if RESOURCES { often(0, 35, 15) } else { 0 },
            waits: often(3, 35, 20),
            params: often(0, 30, 20),
            python: if PYTHON { often(0, 45, 20) } else { 0 },
            lines: often(20, 50, 50),
            pins: often(8, 32, 40),
        }
    }
}

/// The project of a seed.
pub fn project(seed: u64) -> Project {
    let dice = &mut Dice::new(seed);
    let taste = Taste::new(dice);
    grown(dice, &taste, |_, _| ())
}

/// The project of a seed in which some containers are only to be had elsewhere, and others often ask for that.
pub fn external(seed: u64) -> Project {
    let dice = &mut Dice::new(seed);
    let quiet =
        Taste { conflicts: 4, ports: 0, names: 0, params: 0, python: 0, pins: 10, ..Taste::new(dice) };
    let taste = Taste { profiles: 90, implies: 45, releases: 10, modes: 50, ..quiet };
    grown(dice, &taste, |dice, component| {
        let is_elsewhere = component.profiles.iter().any(|profile| profile.external);
        if is_elsewhere && dice.percent(60) {
            component.profiles.retain(|profile| profile.external);
            component.default_profile = None;
            component.sources = [None, None];
            component.tagged = false;
        }
    })
}

fn grown(dice: &mut Dice, taste: &Taste, touch: impl Fn(&mut Dice, &mut Component)) -> Project {
    let mut project = Project::default();
    for name in CONTAINERS {
        let mut container = entries::container(dice, taste, name);
        touch(dice, &mut container);
        project.components.push(container);
    }
    for name in PACKAGES {
        project.components.push(entries::package(dice, taste, name));
    }
    for (id, all) in GROUPS {
        project.groups.push(entries::group(dice, taste, id, all));
    }
    if dice.percent(4) {
        project.broken.push(Id::container("c2"));
    }
    if dice.percent(3) {
        project.components.retain(|component| component.id != Id::package("p2"));
    }
    manifest::manifest(dice, taste, &mut project);
    project
}

/// A component with one release that has both sources, and nothing else.
pub fn plain(id: Id) -> Component {
    let sources = [Some(Source::default()), Some(Source::default())];
    Component { version: Some(Version::NUMBERED[0]), sources, ..entries::empty(id) }
}

/// An item that only names a component.
pub fn item(id: Id) -> Item {
    Item { id, version: None, mode: None, profile: None, ports: Vec::new(), marker: None }
}

/// An option that says nothing.
pub fn choice(name: Name) -> Choice {
    Choice { name, rules: Rules::default(), deprecated: false }
}
