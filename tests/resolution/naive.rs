//! A stupid second opinion: tries every assignment of candidates, and reads the rules off the entries and the manifest
//! as they are written. It knows nothing of how hsm encodes or searches.

use std::collections::{BTreeMap, BTreeSet};

use hsm::load::Inputs;
use hsm::manifest::{GroupLine, Item, Mode, Strategy};
use hsm::names::{ComponentId, GroupId, Kind, Name, TargetId};
use hsm::place::At;
use hsm::registry::{
    Container, ContainerOrigin, Demand, DemandedMode, Demands, Entry, Exclusion, Group, Package, Profile,
    Rules,
};
use hsm::version::{Version, VersionDemand};

/// What a present component is in: the index of its release, its mode (`None`: external), its profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct State {
    pub(crate) release: usize,
    pub(crate) mode: Option<Mode>,
    pub(crate) profile: Option<Name>,
}

/// What is present, in which state.
pub(crate) type Try = BTreeMap<ComponentId, State>;

/// Which rule a try breaks; `None`: none.
pub(crate) type Verdict = Option<String>;

pub(crate) struct Naive<'a> {
    pub(crate) inputs: &'a Inputs,
    /// Every component with an entry, and the states that it can be in.
    pub(crate) states: BTreeMap<ComponentId, Vec<State>>,
}

impl<'a> Naive<'a> {
    pub(crate) fn new(inputs: &'a Inputs) -> Self {
        let mut states = BTreeMap::new();
        for (target, entry) in &inputs.entries {
            if let TargetId::Component(id) = target {
                let all = match entry.as_ref() {
                    Entry::Package(package) => states_of_package(inputs, id, package),
                    Entry::Container(container) => states_of_container(container),
                    Entry::Group(_) => unreachable!(),
                };
                states.insert(id.clone(), all);
            }
        }
        Self { inputs, states }
    }

    /// How many tries there are once pins and lists are looked at.
    pub(crate) fn size(&self) -> u64 {
        self.open().iter().map(|(_, states)| states.len() as u64).product()
    }

    /// For each component what it can be as far as the manifest alone says.
    fn open(&self) -> Vec<(ComponentId, Vec<Option<State>>)> {
        let required = self.required();
        self.states
            .iter()
            .map(|(id, states)| {
                let mut open: Vec<Option<State>> = Vec::new();
                if !required.contains(id) {
                    open.push(None);
                }
                open.extend(
                    states.iter().filter(|state| self.pinned(id, state).is_none()).cloned().map(Some),
                );
                (id.clone(), open)
            })
            .collect()
    }

    /// Every try that the pins leave.
    pub(crate) fn every(&self, mut see: impl FnMut(&Try)) {
        let open = self.open();
        let mut at = vec![0; open.len()];
        if open.iter().any(|(_, states)| states.is_empty()) {
            return;
        }
        loop {
            let one: Try = open
                .iter()
                .zip(&at)
                .filter_map(|((id, states), i)| states[*i].clone().map(|state| (id.clone(), state)))
                .collect();
            see(&one);
            let Some(next) = (0..at.len()).find(|i| at[*i] + 1 < open[*i].1.len()) else { return };
            at[next] += 1;
            at[..next].iter_mut().for_each(|i| *i = 0);
        }
    }

    fn lines(&self) -> impl Iterator<Item = &'a GroupLine> {
        let manifest = &self.inputs.manifest;
        manifest.dependencies.groups.iter().chain(&manifest.services.groups)
    }

    fn items(&self) -> impl Iterator<Item = (ComponentId, &'a Item)> {
        let manifest = &self.inputs.manifest;
        let packages = manifest.dependencies.items.iter().map(|item| (Kind::Package, item));
        let containers = manifest.services.items.iter().map(|item| (Kind::Container, item));
        packages.chain(containers).map(|(kind, item)| (ComponentId::new(kind, &item.name.value), item))
    }

    fn selected(&self) -> impl Iterator<Item = (ComponentId, &'a Item)> {
        self.lines().flat_map(|line| {
            let items = line.selection.iter().flat_map(|selection| &selection.value);
            items.map(|item| (line.group.value.option(&item.name.value), item))
        })
    }

    /// What the manifest lists or selects.
    pub(crate) fn required(&self) -> BTreeSet<ComponentId> {
        self.items().chain(self.selected()).map(|(id, _)| id).collect()
    }

    /// Which pin of the manifest a state breaks.
    fn pinned(&self, id: &ComponentId, state: &State) -> Verdict {
        let (mut own_mode, mut own_profile) = (false, false);
        let constraints = self.inputs.manifest.constraints.iter();
        let constraints = constraints.filter(|c| c.target.value == TargetId::Component(id.clone()));
        let pins = self
            .items()
            .chain(self.selected())
            .filter(|(of, _)| of == id)
            .map(|(_, item)| (&item.version, &item.mode, &item.profile))
            .chain(constraints.map(|c| (&c.version, &c.mode, &c.profile)));
        for (version, mode, profile) in pins {
            own_mode |= mode.is_some();
            own_profile |= profile.is_some();
            if version.as_ref().is_some_and(|v| !self.version_holds(id, state, &v.value)) {
                return Some(format!("a version pin of {id}"));
            }
            if mode.as_ref().is_some_and(|m| !mode_holds(state, m.value)) {
                return Some(format!("a mode pin of {id}"));
            }
            if profile.as_ref().is_some_and(|p| state.profile.as_ref() != Some(&p.value)) {
                return Some(format!("a profile pin of {id}"));
            }
        }
        for line in self.lines().filter(|line| self.options(&line.group.value).contains(id)) {
            if line.exclude.iter().any(|name| line.group.value.option(&name.value) == *id) {
                return Some(format!("the exclusion of {id}"));
            }
            let wrong = |mode: &At<Mode>| self.has_mode(id, mode.value) && !mode_holds(state, mode.value);
            if !own_mode && line.mode.as_ref().is_some_and(wrong) {
                return Some(format!("the mode of {}", line.group.value));
            }
            let wrong = |name: &At<Name>| {
                self.has_profile(id, &name.value) && state.profile.as_ref() != Some(&name.value)
            };
            if !own_profile && line.profile.as_ref().is_some_and(wrong) {
                return Some(format!("the profile of {}", line.group.value));
            }
        }
        None
    }

    fn entry(&self, id: &ComponentId) -> Option<&'a Entry> {
        self.inputs.component(id)
    }

    pub(crate) fn group(&self, id: &GroupId) -> Option<&'a Group> {
        self.inputs.group(id)
    }

    fn options(&self, id: &GroupId) -> Vec<ComponentId> {
        self.group(id)
            .into_iter()
            .flat_map(|g| &g.options)
            .map(|option| id.option(&option.name.value))
            .collect()
    }

    pub(crate) fn version(&self, id: &ComponentId, state: &State) -> Option<&'a Version> {
        match self.entry(id)? {
            Entry::Package(package) => package.releases[state.release].version.as_ref().map(|v| &v.value),
            Entry::Container(container) => {
                container.releases[state.release].version.as_ref().map(|v| &v.value)
            }
            Entry::Group(_) => None,
        }
    }

    fn version_holds(&self, id: &ComponentId, state: &State, demand: &VersionDemand) -> bool {
        match self.version(id, state) {
            Some(version) => demand.allows(version),
            None => id.kind() == Kind::Package || demand.is_any(),
        }
    }

    fn has_mode(&self, id: &ComponentId, mode: Mode) -> bool {
        self.states.get(id).into_iter().flatten().any(|state| state.mode == Some(mode))
    }

    fn has_profile(&self, id: &ComponentId, profile: &Name) -> bool {
        self.profiles(id).iter().any(|own| own.name.value == *profile)
    }

    pub(crate) fn profiles(&self, id: &ComponentId) -> &'a [Profile] {
        match self.entry(id) {
            Some(Entry::Container(container)) => &container.profiles,
            _ => &[],
        }
    }

    /// What a present component says: demands with what they are on.
    pub(crate) fn demands(&self, id: &ComponentId, state: &State) -> Vec<(TargetId, Wish<'a>)> {
        let mut by_target: BTreeMap<&TargetId, &Demand> = BTreeMap::new();
        for rules in self.rules(id, state) {
            for demand in &rules.implies {
                by_target.insert(&demand.target.value, demand);
            }
        }
        let mut all: Vec<(TargetId, Wish<'a>)> = by_target
            .into_values()
            .filter(|demand| demand.what != Demands::Removed)
            .map(|demand| (demand.target.value.clone(), Wish::Demand(&demand.what)))
            .collect();
        all.extend(self.starts(id, state));
        all.extend(self.builds(id, state));
        all
    }

    /// What has to be started before.
    fn starts(&self, id: &ComponentId, state: &State) -> Vec<(TargetId, Wish<'a>)> {
        let Some(Entry::Container(container)) = self.entry(id) else { return Vec::new() };
        // The generator writes `depends_on` at entries only.
        let lines = container.layer.depends_on.iter().filter(|_| state.mode.is_some());
        lines.map(|line| (self.inputs.depends[&line.target.value].clone(), Wish::Presence)).collect()
    }

    /// What a build needs.
    fn builds(&self, id: &ComponentId, state: &State) -> Vec<(TargetId, Wish<'a>)> {
        let Some(Entry::Container(container)) = self.entry(id) else { return Vec::new() };
        let source = container.releases[state.release].sources.iter().find(|s| Some(s.mode) == state.mode);
        let mut all = Vec::new();
        for demand in source.into_iter().flat_map(|s| &s.requires) {
            if demand.what != Demands::Removed {
                all.push((demand.target.value.clone(), Wish::Demand(&demand.what)));
            }
        }
        let text = format!("{:?}", source.map(|s| &s.origin));
        for name in ["c0", "c1", "c2"] {
            if text.contains(&format!("${{HSM_IMAGE.{name}}}")) {
                let name = Name::parse(name).unwrap();
                all.push((TargetId::Component(ComponentId::new(Kind::Container, &name)), Wish::Image));
            }
        }
        all
    }

    /// The rules that hold in a state, lowest layer first.
    fn rules(&self, id: &ComponentId, state: &State) -> Vec<&'a Rules> {
        match self.entry(id).unwrap() {
            Entry::Package(package) => {
                let release = &package.releases[state.release];
                let source = release.sources.iter().find(|s| Some(s.mode) == state.mode);
                [&package.rules, &release.rules].into_iter().chain(source.map(|s| &s.rules)).collect()
            }
            Entry::Container(container) => {
                let release = &container.releases[state.release];
                let source = release.sources.iter().find(|s| Some(s.mode) == state.mode);
                let profile = container
                    .profiles
                    .iter()
                    .find(|profile| Some(&profile.name.value) == state.profile.as_ref());
                [&container.rules, &release.rules]
                    .into_iter()
                    .chain(source.map(|s| &s.rules))
                    .chain(profile.map(|p| &p.rules))
                    .collect()
            }
            Entry::Group(_) => unreachable!(),
        }
    }

    /// The groups that take part: what the manifest names, and what is implied by what counts.
    pub(crate) fn parts(&self, one: &Try) -> BTreeSet<GroupId> {
        let mut parts: BTreeSet<GroupId> = self.lines().map(|line| line.group.value.clone()).collect();
        loop {
            let before = parts.len();
            for (target, _) in self.active(one, &parts) {
                if let TargetId::Group(group) = target {
                    parts.insert(group);
                }
            }
            if parts.len() == before {
                return parts;
            }
        }
    }

    /// Every demand that counts.
    fn active(&self, one: &Try, parts: &BTreeSet<GroupId>) -> Vec<(TargetId, Wish<'a>)> {
        let mut all: Vec<(TargetId, Wish<'a>)> =
            one.iter().flat_map(|(id, state)| self.demands(id, state)).collect();
        for option in self.active_options(one, parts) {
            all.extend(
                option
                    .1
                    .implies
                    .iter()
                    .filter(|d| d.what != Demands::Removed)
                    .map(|demand| (demand.target.value.clone(), Wish::Demand(&demand.what))),
            );
        }
        all
    }

    fn active_options(&self, one: &Try, parts: &BTreeSet<GroupId>) -> Vec<(ComponentId, &'a Rules)> {
        let mut all = Vec::new();
        for group in parts {
            for option in self.group(group).into_iter().flat_map(|g| &g.options) {
                let id = group.option(&option.name.value);
                if one.contains_key(&id) {
                    all.push((id, &option.rules));
                }
            }
        }
        all
    }

    /// Which rule a try breaks.
    pub(crate) fn broken(&self, one: &Try) -> Verdict {
        for id in self.required() {
            if !one.contains_key(&id) {
                return Some(format!("{id} is wanted"));
            }
        }
        for (id, state) in one {
            if let Some(pin) = self.pinned(id, state) {
                return Some(pin);
            }
        }
        let parts = self.parts(one);
        for group in &parts {
            if let Some(verdict) = self.count(group, one) {
                return Some(verdict);
            }
        }
        for line in self.lines() {
            if let Some(mode) = &line.mode
                && !self.some_have(&line.group.value, mode.value, one)
            {
                return Some(format!("no option of {} has the mode", line.group.value));
            }
        }
        for (id, state) in one {
            for (target, wish) in self.demands(id, state) {
                if !self.met(&target, &wish, state, one, &parts) {
                    return Some(format!("{id} demands {target}"));
                }
            }
            for rules in [merged_conflicts(&self.rules(id, state))] {
                if let Some(verdict) = rules.iter().find_map(|line| self.clashes(line, one)) {
                    return Some(verdict);
                }
            }
        }
        if let Some(id) = one.keys().find(|id| !self.leaves_a_version(id, one, &parts)) {
            return Some(format!("nothing is left of {id}"));
        }
        for build in [false, true] {
            if self.has_ring(one, build) {
                return Some(format!("a ring of {}", if build { "builds" } else { "starts" }));
            }
        }
        for (id, rules) in self.active_options(one, &parts) {
            for demand in rules.implies.iter().filter(|d| d.what != Demands::Removed) {
                if !self.met(&demand.target.value, &Wish::Demand(&demand.what), &one[&id], one, &parts) {
                    return Some(format!("the option {id} demands {}", demand.target.value));
                }
            }
            if let Some(verdict) = rules.conflicts.iter().find_map(|line| self.clashes(line, one)) {
                return Some(verdict);
            }
        }
        None
    }

    fn count(&self, id: &GroupId, one: &Try) -> Verdict {
        let Some(group) = self.group(id) else { return Some(format!("{id} has no entry")) };
        let present = self.options(id).iter().filter(|option| one.contains_key(*option)).count();
        let fine = match group.strategy.value {
            Strategy::One => present == 1,
            Strategy::Many => {
                let min = group.min.as_ref().map_or(1, |min| min.value as usize);
                let max = group.max.as_ref().map_or(group.options.len(), |max| max.value as usize);
                (min..=max).contains(&present)
            }
        };
        (!fine).then(|| format!("{present} options of {id}"))
    }

    /// Whether containers wait for each other in a ring: to be built, or to be started.
    fn has_ring(&self, one: &Try, build: bool) -> bool {
        let works = |id: &ComponentId| {
            let (Some(Entry::Container(container)), Some(state)) = (self.entry(id), one.get(id)) else {
                return false;
            };
            let source =
                container.releases[state.release].sources.iter().find(|s| Some(s.mode) == state.mode);
            let is_built = source.is_some_and(|s| !matches!(s.origin, ContainerOrigin::Image { .. }));
            state.mode.is_some() && (!build || is_built)
        };
        let waits = |id: &ComponentId| -> BTreeSet<ComponentId> {
            let mut on = BTreeSet::new();
            let targets = if build { self.builds(id, &one[id]) } else { self.starts(id, &one[id]) };
            for (target, _) in targets {
                match target {
                    TargetId::Component(of) => _ = on.insert(of),
                    TargetId::Group(group) => {
                        on.extend(self.options(&group).into_iter().filter(|of| of != id));
                    }
                }
            }
            on.into_iter().filter(|of| works(of)).collect()
        };
        // What waits for nothing that is left can go; a ring stays.
        let mut left: BTreeSet<ComponentId> = one.keys().filter(|id| works(id)).cloned().collect();
        loop {
            let before = left.len();
            let free: Vec<ComponentId> =
                left.iter().filter(|id| waits(id).is_disjoint(&left)).cloned().collect();
            left.retain(|id| !free.contains(id));
            if left.len() == before {
                return !left.is_empty();
            }
        }
    }

    /// Whether a mode that a group is given is one that some present option has; nothing present, or an external one,
    /// is none to miss it.
    fn some_have(&self, group: &GroupId, mode: Mode, one: &Try) -> bool {
        let options = self.options(group);
        let mut present = options.iter().filter_map(|id| Some((id, one.get(id)?))).peekable();
        present.peek().is_none() || present.any(|(id, state)| state.mode.is_none() || self.has_mode(id, mode))
    }

    fn met(
        &self,
        target: &TargetId,
        wish: &Wish<'_>,
        by: &State,
        one: &Try,
        parts: &BTreeSet<GroupId>,
    ) -> bool {
        match (target, wish) {
            (TargetId::Component(id), Wish::Presence) => one.contains_key(id),
            (TargetId::Component(id), Wish::Image) => one.get(id).is_some_and(|state| state.mode.is_some()),
            (TargetId::Component(id), Wish::Demand(Demands::Component { version, mode, profile, .. })) => {
                one.get(id).is_some_and(|state| {
                    let mode = mode.as_ref().and_then(|mode| demanded(mode.value, by));
                    version.as_ref().is_none_or(|v| self.version_holds(id, state, &v.value))
                        && mode.is_none_or(|mode| mode_holds(state, mode))
                        && profile.as_ref().is_none_or(|p| state.profile.as_ref() == Some(&p.value))
                })
            }
            (TargetId::Group(id), Wish::Presence | Wish::Image) => parts.contains(id),
            (TargetId::Group(id), Wish::Demand(Demands::Group { options, mode, profile, .. })) => {
                let Some(group) = self.group(id) else { return false };
                let known = self.options(id);
                let there = |name: &At<Name>| {
                    let option = id.option(&name.value);
                    known.contains(&option) && one.contains_key(&option)
                };
                let chosen = match group.strategy.value {
                    _ if options.is_empty() => true,
                    Strategy::One => options.iter().any(there),
                    Strategy::Many => options.iter().all(there),
                };
                let mode = mode.as_ref().and_then(|mode| demanded(mode.value, by));
                let present = || known.iter().filter_map(|id| Some((id, one.get(id)?)));
                parts.contains(id)
                    && chosen
                    && mode.is_none_or(|mode| {
                        present().all(|(id, state)| !self.has_mode(id, mode) || mode_holds(state, mode))
                            && (may_be_empty(group) || self.some_have(id, mode, one))
                    })
                    && profile.as_ref().is_none_or(|p| {
                        present().all(|(id, state)| {
                            !self.has_profile(id, &p.value) || state.profile.as_ref() == Some(&p.value)
                        })
                    })
            }
            _ => false,
        }
    }

    fn clashes(&self, line: &Exclusion, one: &Try) -> Verdict {
        let targets = match &line.target.value {
            TargetId::Component(id) => vec![id.clone()],
            TargetId::Group(id) => {
                let group = self.group(id).or_else(|| self.inputs.bystanders.get(id));
                group
                    .into_iter()
                    .flat_map(|g| &g.options)
                    .map(|option| id.option(&option.name.value))
                    .collect()
            }
        };
        targets.into_iter().find_map(|id| {
            let state = one.get(&id)?;
            let demand = &line.version.value;
            let hit =
                demand.is_any() || self.version(&id, state).is_some_and(|version| demand.allows(version));
            hit.then(|| format!("a conflict with {id}"))
        })
    }

    /// Whether all that is said of the version of a package without one leaves one: of those that lie at and between
    /// the versions that are ever named.
    fn leaves_a_version(&self, id: &ComponentId, one: &Try, parts: &BTreeSet<GroupId>) -> bool {
        if id.kind() != Kind::Package || self.version(id, &one[id]).is_some() {
            return true;
        }
        let pins = self.items().chain(self.selected()).filter(|(of, _)| of == id);
        let target = TargetId::Component(id.clone());
        let constraints = self.inputs.manifest.constraints.iter().filter(|c| c.target.value == target);
        let mut demands: Vec<&VersionDemand> = pins
            .filter_map(|(_, item)| item.version.as_ref())
            .chain(constraints.filter_map(|c| c.version.as_ref()))
            .map(|version| &version.value)
            .collect();
        for (of, wish) in self.active(one, parts) {
            if let (true, Wish::Demand(Demands::Component { version: Some(version), .. })) =
                (of == target, wish)
            {
                demands.push(&version.value);
            }
        }
        let own = one.iter().flat_map(|(id, state)| merged_conflicts(&self.rules(id, state)));
        let of_options = self.active_options(one, parts).into_iter().flat_map(|(_, rules)| &rules.conflicts);
        let only = |line: &&Exclusion| {
            let alone: Try = [(id.clone(), one[id].clone())].into();
            let any =
                Exclusion { version: At::new(VersionDemand::any(), line.version.place), ..(*line).clone() };
            self.clashes(&any, &alone).is_some()
        };
        let excluded: Vec<&VersionDemand> =
            own.chain(of_options).filter(only).map(|line| &line.version.value).collect();
        ["0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5"].map(Version::parse).iter().any(|version| {
            demands.iter().all(|demand| demand.allows(version))
                && !excluded.iter().any(|demand| !demand.is_any() && demand.allows(version))
        })
    }

    /// How far a valid try is from the ideal: the levels of preference one after the other, each in the order of ids.
    pub(crate) fn cost(&self, one: &Try) -> Vec<u32> {
        let parts = self.parts(one);
        let mut cost = Vec::new();
        for id in self.states.keys() {
            cost.push(
                one.get(id).map_or(0, |state| u32::from(state.mode.is_none() && !self.has_asked(id, state))),
            );
        }
        for target in self.inputs.entries.keys() {
            if let TargetId::Group(id) = target {
                self.cost_of_options(id, parts.contains(id), one, &mut cost);
            }
        }
        for level in [Self::mode_rank, Self::profile_rank, Self::release_rank] {
            for (id, states) in &self.states {
                let open = states.iter().filter(|state| self.pinned(id, state).is_none());
                let best = open.map(|state| level(self, id, state)).min().unwrap_or(0);
                cost.push(one.get(id).map_or(0, |state| level(self, id, state).saturating_sub(best)));
            }
        }
        cost
    }

    /// Whether the manifest pins an external profile.
    fn has_asked(&self, id: &ComponentId, state: &State) -> bool {
        let asks = |profile: &Option<At<Name>>| profile.as_ref().map(|p| &p.value) == state.profile.as_ref();
        self.items().chain(self.selected()).any(|(of, item)| of == *id && asks(&item.profile))
            || self.lines().any(|line| asks(&line.profile) && self.options(&line.group.value).contains(id))
    }

    fn cost_of_options(&self, id: &GroupId, part: bool, one: &Try, cost: &mut Vec<u32>) {
        let group = self.group(id).unwrap();
        let selected = self.lines().any(|line| line.group.value == *id && line.selection.is_some());
        let locked =
            self.inputs.lock.as_ref().and_then(|lock| lock.groups.get(id)).cloned().unwrap_or_default();
        let default: Vec<Name> = group.default.iter().map(|name| name.value.clone()).collect();
        let places: Vec<Name> = group.options.iter().map(|option| option.name.value.clone()).collect();
        let max = group.max.as_ref().map_or(places.len(), |max| max.value as usize);
        let min = group.min.as_ref().map_or(1, |min| min.value as usize);
        let one_of = group.strategy.value == Strategy::One;
        let wanted: Vec<Name> =
            if one_of || selected { Vec::new() } else { default.iter().take(max).cloned().collect() };
        let mut order: Vec<Name> = Vec::new();
        for name in wanted.iter().chain(&locked).chain(&default).chain(&places) {
            if places.contains(name) && !order.contains(name) {
                order.push(name.clone());
            }
        }
        let there = |name: &Name| one.contains_key(&id.option(name));
        if one_of {
            let chosen = order.iter().position(there).unwrap_or(0) as u32;
            cost.push(if part { chosen } else { 0 });
            return;
        }
        cost.extend(wanted.iter().map(|name| u32::from(part && !there(name))));
        // Nothing beyond what is needed; a group that does not take part has nothing to reproach it with.
        let needed = if one_of { 1 } else { min.max(wanted.len()) };
        let count = order.iter().filter(|name| there(name)).count();
        cost.push(if part { count.saturating_sub(needed) as u32 } else { 0 });
        cost.extend(
            order
                .iter()
                .enumerate()
                .map(|(i, name)| u32::from(if part { !there(name) } else { i >= needed })),
        );
    }

    fn mode_rank(&self, id: &ComponentId, state: &State) -> u32 {
        let preferred = self.inputs.manifest.project.mode.as_ref().map_or(Mode::Prod, |mode| mode.value);
        let mut open = self.states[id].iter().filter(|state| self.pinned(id, state).is_none());
        let available = open.any(|state| state.mode == Some(preferred));
        u32::from(available && state.mode.is_some_and(|mode| mode != preferred))
    }

    fn profile_rank(&self, id: &ComponentId, state: &State) -> u32 {
        let Some(Entry::Container(container)) = self.entry(id) else { return 0 };
        let default = container.default_profile.as_ref().map(|name| &name.value);
        let (managed, external): (Vec<&Profile>, Vec<&Profile>) =
            container.profiles.iter().partition(|profile| profile.external.is_none());
        let rest =
            managed.into_iter().chain(external).map(|p| &p.name.value).filter(|name| Some(*name) != default);
        let order: Vec<Option<&Name>> = [default].into_iter().chain(rest.map(Some)).collect();
        order.iter().position(|name| *name == state.profile.as_ref()).unwrap() as u32
    }

    fn release_rank(&self, id: &ComponentId, state: &State) -> u32 {
        let locked = self.inputs.lock.as_ref().and_then(|lock| lock.components.get(id)?.release.clone());
        let versions: Vec<Option<&Version>> = match self.entry(id).unwrap() {
            Entry::Package(p) => p.releases.iter().map(|r| r.version.as_ref().map(|v| &v.value)).collect(),
            Entry::Container(c) => c.releases.iter().map(|r| r.version.as_ref().map(|v| &v.value)).collect(),
            Entry::Group(_) => unreachable!(),
        };
        let mut order: Vec<usize> = (0..versions.len()).collect();
        // The generator writes an older release before a newer one, and no pre-releases.
        order.reverse();
        order.sort_by_key(|release| locked.is_none() || versions[*release] != locked.as_ref());
        order.iter().position(|release| *release == state.release).unwrap() as u32
    }

    /// Whether some entry demands an external profile: then "nobody asked for it" depends on who is there.
    pub(crate) fn demands_an_external(&self) -> bool {
        let text = |target: &TargetId| {
            let files = self.inputs.files.get(target).into_iter().flatten();
            files.filter_map(|file| self.inputs.sources.get(*file)).any(|s| s.text.contains("profile: ext"))
        };
        self.inputs.entries.keys().any(text)
    }

    /// What is present without a chain of reasons from the manifest.
    pub(crate) fn unfounded(&self, one: &Try) -> BTreeSet<ComponentId> {
        let mut founded: BTreeSet<ComponentId> = self.required();
        let mut groups: BTreeSet<GroupId> = self.lines().map(|line| line.group.value.clone()).collect();
        loop {
            let before = (founded.len(), groups.len());
            for group in &groups {
                founded.extend(self.options(group).into_iter().filter(|id| one.contains_key(id)));
            }
            let known: Try = one
                .iter()
                .filter(|(id, _)| founded.contains(*id))
                .map(|(id, s)| (id.clone(), s.clone()))
                .collect();
            for (target, _) in self.active(&known, &groups) {
                match target {
                    TargetId::Component(id) => _ = founded.insert(id),
                    TargetId::Group(id) => _ = groups.insert(id),
                }
            }
            if before == (founded.len(), groups.len()) {
                return one.keys().filter(|id| !founded.contains(*id)).cloned().collect();
            }
        }
    }
}

/// A group that may be empty is not asked for an option that has a demanded mode.
fn may_be_empty(group: &Group) -> bool {
    group.strategy.value == Strategy::Many && group.min.as_ref().is_some_and(|min| min.value == 0)
}

/// What is wanted of a target.
pub(crate) enum Wish<'a> {
    Presence,
    Image,
    Demand(&'a Demands),
}

fn demanded(mode: DemandedMode, by: &State) -> Option<Mode> {
    match mode {
        DemandedMode::Is(mode) => Some(mode),
        DemandedMode::Same => by.mode,
    }
}

fn mode_holds(state: &State, mode: Mode) -> bool {
    state.mode.is_none() || state.mode == Some(mode)
}

fn merged_conflicts<'a>(layers: &[&'a Rules]) -> Vec<&'a Exclusion> {
    let mut all: BTreeMap<&TargetId, &Exclusion> = BTreeMap::new();
    for line in layers.iter().flat_map(|rules| &rules.conflicts) {
        all.insert(&line.target.value, line);
    }
    all.into_values().collect()
}

fn states_of_package(inputs: &Inputs, id: &ComponentId, package: &Package) -> Vec<State> {
    let mut all = Vec::new();
    for (release, facts) in package.releases.iter().enumerate() {
        let locked = inputs.lock.as_ref().and_then(|lock| lock.components.get(id)?.release.clone());
        let is_locked = locked.is_some() && locked.as_ref() == facts.version.as_ref().map(|v| &v.value);
        if facts.yanked.is_some() && !is_locked {
            continue;
        }
        all.extend(facts.sources.iter().map(|s| State { release, mode: Some(s.mode), profile: None }));
    }
    all
}

fn states_of_container(container: &Container) -> Vec<State> {
    let mut all = Vec::new();
    for (release, facts) in container.releases.iter().enumerate() {
        let none = container.default_profile.is_none().then_some(None);
        for profile in none.into_iter().chain(container.profiles.iter().map(Some)) {
            let name = profile.map(|p| p.name.value.clone());
            if profile.is_some_and(|p| p.external.is_some()) {
                all.push(State { release, mode: None, profile: name });
            } else {
                let modes = facts.sources.iter().map(|s| s.mode);
                all.extend(modes.map(|mode| State { release, mode: Some(mode), profile: name.clone() }));
            }
        }
    }
    all
}
