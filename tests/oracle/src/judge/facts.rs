//! What each component can be in, and what it says there.

use super::Judge;
use super::shared::Held;
use crate::model::{
    Choice, Component as Entry, Conflict, Demand, Group as GroupEntry, Host, Id, Inherited, Item, Kind,
    Layer, Lock, Mode, Name, Port, Rules, Source, Target, What,
};
use crate::versions::{Spec, Version};

/// The components (in the order of their ids) and groups that can be reached.
#[derive(Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Reached<'r> {
    pub components: &'r [Id],
    pub groups: &'r [Id],
}

/// What is demanded of a target.
#[derive(Debug, Clone, Copy)]
pub enum Wish<'a> {
    /// That it is there.
    Presence,
    /// That it is there and has an image.
    Image,
    /// What a demand says.
    Demand(&'a What),
}

/// A demand with the numbers of what it names; what has no entry has none.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Need<'a> {
    pub target: Target,
    pub component: Option<usize>,
    pub group: Option<usize>,
    pub wish: Wish<'a>,
}

/// One thing that a component can be in.
#[derive(Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub struct State<'a> {
    pub release: usize,
    pub version: Option<Version>,
    /// What demands are measured by: the version of its checkout, if that says one, else the release's.
    pub measured: Option<Version>,
    /// `None`: external.
    pub mode: Option<Mode>,
    pub profile: Option<usize>,
    /// Whether a pin of the manifest keeps it out.
    pub pinned_out: bool,
    pub(super) source: Option<&'a Source>,
    pub(super) implies: Vec<Need<'a>>,
    pub(super) starts: Vec<Need<'a>>,
    pub(super) builds: Vec<Need<'a>>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) is_started: bool,
    pub(super) is_built: bool,
    pub(super) held: Held,
}

#[derive(Debug)]
pub(super) struct Component<'a> {
    pub(super) entry: &'a Entry,
    pub(super) releases: Vec<Release<'a>>,
    pub(super) states: Vec<State<'a>>,
    pub(super) required: bool,
}

/// A release with what it inherits.
#[derive(Debug)]
pub(super) struct Release<'a> {
    pub(super) version: Option<Version>,
    pub(super) sources: [Option<&'a Source>; 2],
    yanked: bool,
    own: Option<&'a crate::model::Release>,
}

/// A group with the numbers of its options; one that has no entry has none.
#[derive(Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Group<'a> {
    pub entry: &'a GroupEntry,
    pub members: Vec<Option<usize>>,
    pub needs: Vec<Vec<Need<'a>>>,
}

impl<'a> Group<'a> {
    pub(super) fn new(entry: &'a GroupEntry, components: &[Id]) -> Self {
        let id = |option: &Choice| Id { kind: entry.id.kind, name: option.name };
        let members = entry.options.iter().map(|o| components.iter().position(|of| *of == id(o))).collect();
        Self { entry, members, needs: Vec::new() }
    }

    pub(super) fn id(&self) -> Id {
        self.entry.id
    }

    pub(super) fn say(&mut self, reached: &Reached<'_>) {
        let of = |option: &'a Choice| {
            let there = option.rules.implies.iter().filter(|demand| !demand.what.removed);
            there.map(|demand| need(demand.target, Wish::Demand(&demand.what), reached)).collect()
        };
        self.needs = self.entry.options.iter().map(of).collect();
    }
}

fn need<'a>(target: Target, wish: Wish<'a>, reached: &Reached<'_>) -> Need<'a> {
    let (component, group) = match target {
        Target::Component(id) => (reached.components.iter().position(|of| *of == id), None),
        Target::Group(id) => (None, reached.groups.iter().position(|of| *of == id)),
    };
    Need { target, component, group, wish }
}

fn index(mode: Mode) -> usize {
    usize::from(mode == Mode::Dev)
}

impl<'a> Component<'a> {
    pub(super) fn new(entry: &'a Entry, lock: Option<&Lock>, checkout: Option<Version>) -> Self {
        let releases = releases(entry);
        let mut component = Self { entry, releases, states: Vec::new(), required: false };
        let locked = lock.and_then(|lock| lock.components.get(&entry.id));
        for (release, facts) in component.releases.iter().enumerate() {
            if facts.yanked && (locked.is_none() || facts.version.as_ref() != locked) {
                continue;
            }
            // With a default there is always a profile.
            let none = entry.default_profile.is_none().then_some(None);
            for profile in none.into_iter().chain((0..entry.profiles.len()).map(Some)) {
                let external = profile.is_some_and(|profile| entry.profiles[profile].external);
                if external {
                    component.states.push(state(release, facts, None, profile));
                    continue;
                }
                for mode in Mode::BOTH {
                    if facts.sources[index(mode)].is_some() {
                        component.states.push(state(release, facts, Some(mode), profile));
                    }
                }
            }
        }
        for state in &mut component.states {
            let is_checkout = state.mode == Some(Mode::Dev) && entry.id.kind == Kind::Package;
            state.measured = checkout.filter(|_| is_checkout).or(state.version);
        }
        component
    }

    /// Whether it can be in a mode.
    pub(super) fn has_mode(&self, mode: Mode) -> bool {
        self.states.iter().any(|state| state.mode == Some(mode))
    }

    pub(super) fn has_profile(&self, name: Name) -> bool {
        self.entry.profiles.iter().any(|profile| profile.name == name)
    }

    pub(super) fn profile(&self, state: &State<'_>) -> Option<Name> {
        state.profile.map(|profile| self.entry.profiles[profile].name)
    }

    pub(super) fn pin(&mut self, pins: &Pins) {
        self.required = pins.required;
        for number in 0..self.states.len() {
            let profile = self.profile(&self.states[number]);
            let id = self.entry.id;
            let state = &mut self.states[number];
            let version = |spec: &Spec| version_holds(id.kind, state.measured, *spec);
            let mode = |mode: &Mode| state.mode.is_none_or(|own| own == *mode);
            let fine = pins.versions.iter().all(version)
                && pins.modes.iter().all(mode)
                && pins.profiles.iter().all(|name| profile == Some(*name))
                && !pins.excluded;
            state.pinned_out = !fine;
            state.held.lay(&pins.ports);
        }
    }

    pub(super) fn say(&mut self, reached: &Reached<'_>) {
        let entry = self.entry;
        for state in &mut self.states {
            let release = &self.releases[state.release];
            let profile = state.profile.map(|profile| &entry.profiles[profile]);
            let rules: Vec<&'a Rules> = [Some(&entry.rules), release.own.map(|own| &own.rules)]
                .into_iter()
                .chain([state.source.map(|source| &source.rules), profile.map(|profile| &profile.rules)])
                .flatten()
                .collect();
            state.implies = merged(&rules)
                .into_iter()
                .map(|demand| need(demand.target, Wish::Demand(&demand.what), reached))
                .collect();
            state.conflicts = merged_conflicts(&rules);
            if state.mode.is_none() {
                continue;
            }
            let layers = layers(entry, release, state);
            let mut before: Vec<Target> = Vec::new();
            for layer in layers {
                // A list replaces the lines below, a mapping is laid over them.
                if !layer.depends_on.is_empty() && layer.depends_on.iter().all(|line| !line.long) {
                    before.clear();
                }
                before.extend(layer.depends_on.iter().map(|line| line.target));
            }
            state.starts = before.into_iter().map(|target| need(target, Wish::Presence, reached)).collect();
            let requires = state.source.iter().flat_map(|source| &source.requires);
            let requires = requires.filter(|demand| !demand.what.removed);
            state.builds =
                requires.map(|demand| need(demand.target, Wish::Demand(&demand.what), reached)).collect();
            if let Some(name) = state.source.and_then(|source| source.image_of) {
                let target = Target::Component(Id { kind: Kind::Container, name });
                state.builds.push(need(target, Wish::Image, reached));
            }
        }
    }
}

fn state<'a>(release: usize, facts: &Release<'a>, mode: Option<Mode>, profile: Option<usize>) -> State<'a> {
    let source = mode.and_then(|mode| facts.sources[index(mode)]);
    State {
        release,
        version: facts.version,
        measured: facts.version,
        mode,
        profile,
        pinned_out: false,
        source,
        implies: Vec::new(),
        starts: Vec::new(),
        builds: Vec::new(),
        conflicts: Vec::new(),
        is_started: false,
        is_built: false,
        held: Held::default(),
    }
}

fn releases(entry: &Entry) -> Vec<Release<'_>> {
    let inherited = |mode: usize| entry.sources[mode].as_ref();
    let mut all = Vec::new();
    if entry.version.is_some() || entry.releases.is_empty() {
        let sources = [inherited(0), inherited(1)];
        all.push(Release { version: entry.version, sources, yanked: entry.yanked, own: None });
    }
    for own in &entry.releases {
        let source = |mode: usize| match &own.sources[mode] {
            Inherited::Kept => inherited(mode),
            Inherited::Replaced(source) => Some(source),
            Inherited::GivenUp => None,
        };
        let sources = [source(0), source(1)];
        all.push(Release { version: Some(own.version), sources, yanked: own.yanked, own: Some(own) });
    }
    all
}

/// The layers of a state, lowest first, without the manifest's.
pub(super) fn layers<'a>(entry: &'a Entry, release: &Release<'a>, state: &State<'a>) -> Vec<&'a Layer> {
    let profile = state.profile.map(|profile| &entry.profiles[profile].layer);
    [Some(&entry.layer), release.own.map(|own| &own.layer), state.source.map(|source| &source.layer), profile]
        .into_iter()
        .flatten()
        .collect()
}

/// A later layer's line replaces the whole line of an earlier one on the same target, and `false` removes it.
fn merged<'a>(rules: &[&'a Rules]) -> Vec<&'a Demand> {
    let mut all: Vec<&Demand> = Vec::new();
    for demand in rules.iter().flat_map(|rules| &rules.implies) {
        all.retain(|other| other.target != demand.target);
        all.push(demand);
    }
    all.retain(|demand| !demand.what.removed);
    all
}

fn merged_conflicts(rules: &[&Rules]) -> Vec<Conflict> {
    let mut all: Vec<Conflict> = Vec::new();
    for line in rules.iter().flat_map(|rules| &rules.conflicts) {
        all.retain(|other| other.target != line.target);
        all.push(*line);
    }
    all
}

/// Whether a release is allowed. What has no version: of a package everything, of a container only `*`.
pub(super) fn version_holds(kind: Kind, version: Option<Version>, spec: Spec) -> bool {
    match version {
        Some(version) => spec.allows(version),
        None => kind == Kind::Package || spec.is_any(),
    }
}

/// What the manifest says of one component.
#[derive(Debug, Default)]
pub(super) struct Pins {
    required: bool,
    versions: Vec<Spec>,
    modes: Vec<Mode>,
    profiles: Vec<Name>,
    excluded: bool,
    ports: Vec<Vec<Port>>,
}

impl Pins {
    pub(super) fn new(judge: &Judge<'_>, number: usize) -> Self {
        let component = &judge.components[number];
        let (id, project) = (component.entry.id, judge.project);
        let mut pins = Self::default();
        for Item { version, mode, profile, ports, .. } in project.all_items().filter(|item| item.id == id) {
            pins.required = true;
            pins.versions.extend(version);
            pins.modes.extend(mode);
            pins.profiles.extend(profile);
            pins.ports.push(ports.clone());
        }
        for line in project.constraints.iter().filter(|line| line.id == id) {
            pins.versions.extend(line.version);
            pins.modes.extend(line.mode);
            pins.profiles.extend(line.profile);
        }
        let (own_mode, own_profile) = (!pins.modes.is_empty(), !pins.profiles.is_empty());
        for line in &project.lines {
            let is_option = project.group(line.group).is_some_and(|group| {
                id.kind == group.id.kind && group.options.iter().any(|o| o.name == id.name)
            });
            if !is_option {
                continue;
            }
            pins.excluded |= line.exclude.contains(&id.name);
            pins.modes.extend(line.mode.filter(|mode| !own_mode && component.has_mode(*mode)));
            pins.profiles.extend(line.profile.filter(|name| !own_profile && component.has_profile(name)));
        }
        if project.require_mode {
            pins.modes.push(project.preferred());
        }
        pins
    }
}

/// What a managed container holds while it runs.
pub(super) fn hold(component: &mut Component<'_>) {
    let entry = component.entry;
    for number in 0..component.states.len() {
        let state = &component.states[number];
        let managed = entry.id.kind == Kind::Container && state.mode.is_some();
        let runs = managed && entry.run;
        let is_built = managed && state.mode == Some(Mode::Dev);
        let held = if runs {
            let layers = layers(entry, &component.releases[state.release], state);
            let mut held = Held { service: Some(entry.id.name), ..Held::default() };
            for layer in layers {
                held.lay(std::slice::from_ref(&layer.ports));
                held.name = layer.container_name.or(held.name);
                held.service = layer.service_name.or(held.service);
            }
            held
        } else {
            Held { idle: true, ..Held::default() }
        };
        let state = &mut component.states[number];
        state.is_started = runs;
        state.is_built = is_built;
        state.held = held;
    }
}

/// Whether a port holds anything that can be compared.
pub(super) fn is_held(port: &Port) -> bool {
    matches!(port.host, Host::At(_))
}
