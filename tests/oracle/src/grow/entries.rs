//! Random entries.

use super::{CONTAINERS, MISSING, OUTSIDE, PACKAGES, Taste};
use crate::Dice;
use crate::model::{
    Choice, Component, Conflict, Demand, Depends, Group, Host, Id, Inherited, Kind, Layer, Marker, Mode,
    Name, Port, Profile, PythonRange, Release, Requirement, Rules, Source, Target, Wanted, What,
};
use crate::versions::{Spec, Version};

/// Opaque tags first, so that a place decides between them.
const VERSIONS: [Version; 4] = Version::NUMBERED;

pub(super) fn package(dice: &mut Dice, taste: &Taste, name: Name) -> Component {
    let id = Id::package(name);
    let mut component = empty(id);
    if !dice.percent(15) {
        releases(dice, taste, &mut component);
    }
    component.sources = sources(dice, taste, id);
    component.rules = rules(dice, taste, taste.implies, id);
    if dice.percent(taste.params) {
        component.uses.push((dice.pick(&["names", "only"]), dice.percent(60)));
    }
    if dice.percent(taste.python) {
        component.requires_python = Some(python_range(dice));
    }
    if dice.percent(taste.python) {
        component.dependencies = requirements(dice, id.name);
    }
    component
}

pub(super) fn container(dice: &mut Dice, taste: &Taste, name: Name) -> Component {
    let id = Id::container(name);
    let mut component = empty(id);
    if !dice.percent(8) {
        releases(dice, taste, &mut component);
    }
    component.sources = sources(dice, taste, id);
    component.tagged = component.version.is_some() && component.sources[0].is_some() && dice.percent(15);
    component.rules = rules(dice, taste, taste.implies, id);
    component.layer = layer(dice, taste, id, true);
    component.run = !dice.percent(6);
    if dice.percent(taste.profiles) {
        profiles(dice, taste, &mut component);
    }
    component
}

pub(super) fn empty(id: Id) -> Component {
    Component {
        id,
        version: None,
        tagged: false,
        yanked: false,
        sources: [None, None],
        rules: Rules::default(),
        layer: Layer::default(),
        releases: Vec::new(),
        profiles: Vec::new(),
        default_profile: None,
        run: true,
        uses: Vec::new(),
        requires_python: None,
        dependencies: Vec::new(),
    }
}

fn releases(dice: &mut Dice, taste: &Taste, component: &mut Component) {
    let mut versions: Vec<Version> = VERSIONS.to_vec();
    if component.id.kind == Kind::Container || dice.percent(20) {
        versions.extend(Version::OPAQUE.into_iter().filter(|_| dice.percent(taste.opaque)));
    }
    dice.shuffle(&mut versions);
    if !dice.percent(40) {
        // the plain case: the first is 1.0
        versions.retain(|version| *version != Version(0));
        versions.insert(0, Version(0));
    }
    let mut versions = versions.into_iter();
    // Sometimes the entry is only a frame for its releases.
    let frame = dice.percent(15);
    component.version = if frame { None } else { versions.next() };
    component.yanked = component.version.is_some() && dice.percent(3);
    while (frame && component.releases.is_empty()) || dice.percent(taste.releases) {
        let Some(version) = versions.next() else { return };
        component.releases.push(release(dice, taste, component.id, version));
    }
}

fn release(dice: &mut Dice, taste: &Taste, id: Id, version: Version) -> Release {
    let mut inherited = || match dice.below(8) {
        0 => Inherited::Replaced(source(dice, taste, id, Mode::Prod)),
        1 => Inherited::GivenUp,
        _ => Inherited::Kept,
    };
    let sources = [inherited(), inherited()];
    let sources = sources.map(|source| match source {
        Inherited::Replaced(source) => Inherited::Replaced(source),
        other => other,
    });
    Release {
        version,
        sources,
        rules: rules(dice, taste, taste.implies / 2, id),
        layer: if dice.percent(30) { layer(dice, taste, id, false) } else { Layer::default() },
        yanked: dice.percent(8),
        deprecated: dice.percent(4),
    }
}

fn sources(dice: &mut Dice, taste: &Taste, id: Id) -> [Option<Source>; 2] {
    let (prod, dev) = if dice.percent(taste.sources) {
        match dice.below(16) {
            0 => (false, false),
            1..=3 => (false, true),
            4..=7 => (true, false),
            _ => (true, true),
        }
    } else {
        (true, dice.percent(taste.modes))
    };
    [prod.then(|| source(dice, taste, id, Mode::Prod)), dev.then(|| source(dice, taste, id, Mode::Dev))]
}

fn source(dice: &mut Dice, taste: &Taste, id: Id, mode: Mode) -> Source {
    let mut source = Source::default();
    if dice.percent(12) {
        source.rules = rules(dice, taste, 60, id);
    }
    match (id.kind, mode) {
        (Kind::Package, Mode::Prod) => {
            source.distribution = dice.percent(3).then(|| dice.pick(&PACKAGES));
        }
        (Kind::Container, _) => {
            if dice.percent(15) {
                source.layer = layer(dice, taste, id, false);
            }
            if dice.percent(taste.waits / 2) {
                let target = Target::Component(Id::container(dice.pick(&CONTAINERS)));
                source.requires.push(Demand { target, what: component_demand(dice, taste, target) });
            }
            if mode == Mode::Dev && dice.percent(taste.waits) {
                source.image_of = Some(dice.pick(&CONTAINERS));
            }
        }
        (Kind::Package, Mode::Dev) => {}
    }
    source
}

fn profiles(dice: &mut Dice, taste: &Taste, component: &mut Component) {
    let names = dice.several(&["two", "man", "ext", "far"], 50);
    for name in names {
        let external = matches!(name, "ext" | "far");
        let own = dice.percent(25);
        component.profiles.push(Profile {
            name,
            external,
            rules: if own { rules(dice, taste, 50, component.id) } else { Rules::default() },
            layer: if own && !external { layer(dice, taste, component.id, false) } else { Layer::default() },
        });
    }
    let managed: Vec<Name> = component.profiles.iter().filter(|p| !p.external).map(|p| p.name).collect();
    if !managed.is_empty() && dice.percent(45) {
        component.default_profile = Some(dice.pick(&managed));
    }
}

fn layer(dice: &mut Dice, taste: &Taste, id: Id, entry: bool) -> Layer {
    let mut layer = Layer::default();
    if id.kind == Kind::Package {
        return layer;
    }
    while dice.percent(taste.ports) && layer.ports.len() < 2 {
        let port = port(dice, !entry);
        // one layer says a container's port once
        if !layer.ports.iter().any(|other: &Port| other.udp == port.udp) {
            layer.ports.push(port);
        }
    }
    if dice.percent(taste.names) {
        layer.container_name = Some(dice.pick(&["one", "two"]));
    }
    if dice.percent(taste.names) {
        layer.service_name = Some(dice.pick(&["one", "c0", "c1"]));
    }
    if dice.percent(taste.waits) {
        let target = match dice.below(8) {
            0 => Target::Group(Id::container(dice.pick(&["g", "h"]))),
            1 if dice.percent(20) => Target::Component(Id::container(MISSING)),
            _ => Target::Component(Id::container(dice.pick(&CONTAINERS))),
        };
        layer.depends_on.push(Depends { target, long: dice.percent(30) });
    }
    layer
}

/// An item of `ports`; only what lies over another layer can remove.
pub(super) fn port(dice: &mut Dice, over: bool) -> Port {
    let host = match dice.below(10) {
        0 => Host::Nothing,
        1 => Host::Variable,
        2 if over => Host::Removed,
        _ => Host::At(dice.pick(&[8080, 8081, 8082])),
    };
    let count = if matches!(host, Host::At(_)) && dice.percent(20) { 2 } else { 1 };
    let address = match host {
        Host::At(_) => {
            dice.pick(&[None, None, None, Some("127.0.0.1"), Some("127.0.0.2"), Some("0.0.0.0"), Some("::")])
        }
        _ => None,
    };
    Port { target: dice.pick(&[80, 81]), count, udp: dice.percent(15), host, address, long: dice.percent(20) }
}

/// `implies` and `conflicts`, with this chance for a line each.
fn rules(dice: &mut Dice, taste: &Taste, percent: usize, own: Id) -> Rules {
    let mut rules = Rules::default();
    while dice.percent(percent) && rules.implies.len() < 2 {
        let demand = demand(dice, taste);
        let itself = demand.target == Target::Component(own) && !dice.percent(10);
        if !itself && rules.implies.iter().all(|other: &Demand| other.target != demand.target) {
            rules.implies.push(demand);
        }
    }
    if dice.percent(taste.conflicts) {
        let target = target(dice);
        if target != Target::Component(own) || dice.percent(5) {
            let version = if dice.percent(40) { Spec::ANY } else { spec(dice, target) };
            rules.conflicts.push(Conflict { target, version });
        }
    }
    rules
}

fn target(dice: &mut Dice) -> Target {
    match dice.below(20) {
        0..=6 => Target::Component(Id::package(dice.pick(&PACKAGES))),
        7..=13 => Target::Component(Id::container(dice.pick(&CONTAINERS))),
        14..=15 => Target::Group(Id::package(dice.pick(&["g", "k"]))),
        16..=18 => Target::Group(Id::container(dice.pick(&["g", "h"]))),
        _ if dice.percent(25) => Target::Component(Id::container(MISSING)),
        _ if dice.percent(25) => Target::Group(Id::container(MISSING)),
        _ => Target::Component(Id::container(dice.pick(&CONTAINERS))),
    }
}

fn demand(dice: &mut Dice, taste: &Taste) -> Demand {
    let target = target(dice);
    let what = if dice.percent(4) {
        What { removed: true, ..What::default() }
    } else {
        match target {
            Target::Component(_) => component_demand(dice, taste, target),
            Target::Group(id) => group_demand(dice, taste, id),
        }
    };
    Demand { target, what }
}

fn component_demand(dice: &mut Dice, taste: &Taste, target: Target) -> What {
    let container = matches!(target, Target::Component(id) if id.kind == Kind::Container);
    let mut what = What::default();
    if dice.percent(28) {
        what.version = Some(spec(dice, target));
    }
    if dice.percent(taste.modes) {
        what.mode = Some(wanted(dice));
    }
    if container && dice.percent(taste.profiles / 2) {
        what.profile = Some(dice.pick(&["man", "two", "ext", "far"]));
    }
    params(dice, taste, &mut what);
    what
}

fn group_demand(dice: &mut Dice, taste: &Taste, id: Id) -> What {
    let all: &[Name] = if id.kind == Kind::Package { &PACKAGES } else { &CONTAINERS };
    let mut what = What::default();
    if dice.percent(45) {
        what.options = dice.several(all, 35);
    }
    if dice.percent(taste.modes) {
        what.mode = Some(wanted(dice));
    }
    if id.kind == Kind::Container && dice.percent(taste.profiles / 2) {
        what.profile = Some(dice.pick(&["man", "two", "ext"]));
    }
    params(dice, taste, &mut what);
    what
}

fn params(dice: &mut Dice, taste: &Taste, what: &mut What) {
    for key in ["names", "only"] {
        if dice.percent(taste.params / 2) {
            what.params.push((key, dice.several(&["x", "y", "z"], 60)));
        }
    }
    dice.shuffle(&mut what.params);
}

fn wanted(dice: &mut Dice) -> Wanted {
    dice.pick(&[Wanted::Is(Mode::Dev), Wanted::Is(Mode::Prod), Wanted::Same])
}

pub(super) fn spec(dice: &mut Dice, target: Target) -> Spec {
    let container = matches!(target, Target::Component(id) if id.kind == Kind::Container);
    match dice.below(20) {
        0..=1 if container => dice.pick(&Spec::OPAQUE),
        0..=11 => dice.pick(&Spec::MILD),
        _ => dice.pick(&Spec::NUMBERED),
    }
}

pub(super) fn python_range(dice: &mut Dice) -> PythonRange {
    let from = dice.pick(&[9, 10, 11, 12]);
    PythonRange { from, below: dice.percent(40).then(|| from + dice.pick(&[1, 2, 4])) }
}

/// Lines on other distributions.
pub(super) fn requirements(dice: &mut Dice, own: Name) -> Vec<Requirement> {
    let mut all = Vec::new();
    while all.len() < 2 && (all.is_empty() || dice.percent(40)) {
        let name = if dice.percent(50) { dice.pick(&OUTSIDE) } else { dice.pick(&PACKAGES) };
        let marker =
            dice.percent(25).then(|| dice.pick(&[Marker::From(10), Marker::From(12), Marker::Below(12)]));
        if name != own {
            all.push(Requirement { name, spec: dice.pick(&Spec::NUMBERED), marker });
        }
    }
    all
}

pub(super) fn group(dice: &mut Dice, taste: &Taste, id: Id, all: &[Name]) -> Group {
    let mut options = dice.several(all, 80);
    options.retain(|name| *name != MISSING || dice.percent(25));
    if options.is_empty() {
        options.push(all[0]);
    }
    dice.shuffle(&mut options);
    let many = dice.percent(50);
    let mut group = Group { id, many, min: None, max: None, default: Vec::new(), options: Vec::new() };
    if many {
        let min = dice.below(options.len() + 1);
        group.min = (min != 1 || dice.percent(20)).then_some(min);
        group.max = dice.percent(40).then(|| min.max(1) + dice.below(options.len() - min.max(1) + 1));
        group.default = dice.several(&options, 35);
    } else if dice.percent(30) {
        group.default.push(dice.pick(&options));
    }
    group.options = options
        .into_iter()
        .map(|name| {
            let own = Id { kind: id.kind, name };
            Choice { name, rules: rules(dice, taste, taste.implies / 2, own), deprecated: dice.percent(3) }
        })
        .collect();
    group
}
