//! The stack's assembly: from chosen candidates to everything the adapters need to know.
//!
//! Owns: which links hold, what they hand over, and the facts of each chosen candidate. Refuses: choices.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hsm_solver::Selection;
use indexmap::IndexMap;

use super::Chosen;
use super::params::{self, Turn};
use crate::compile::candidates::{self, Parts, Said, What};
use crate::compile::{self, Choice, Compiled};
use crate::container;
use crate::diagnostic::{Diagnostic, Finding, Wiring};
use crate::load::Inputs;
use crate::manifest::{Item, Mode};
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::At;
use crate::registry::layer::Layer;
use crate::registry::{
    Container, ContainerRelease, ContainerSource, Demands, Entry, Exclusion, GroupOption, Package,
    PackageRelease, PackageSource, Param, Profile,
};
use crate::requirement::{Specifiers, Versions};
use crate::stack::{ContainerInStack, GroupInStack, Link, LinkSort, PackageInStack, ProjectFacts, Stack};
use crate::statement::Origin;
use crate::version::VersionDemand;

/// The stack with what is worth telling about it, or what cannot be carried out.
pub(super) fn assemble(
    inputs: &Inputs,
    compiled: &Compiled,
    selection: &Selection,
    chosen: &Chosen<'_>,
) -> Result<(Stack, Vec<Diagnostic>), Vec<Diagnostic>> {
    let groups = groups(inputs, compiled, selection);
    let said = said(inputs, chosen, &groups);
    let mut handed = Handed::new(inputs, chosen, &groups, &said);
    let mut own = own_params(&said);
    let mut errors = Vec::new();
    let (mut packages, mut containers) = (BTreeMap::new(), BTreeMap::new());
    for (&id, &choice) in chosen {
        let Some(parts) = inputs.component(id).and_then(|entry| Parts::of(entry, choice)) else { continue };
        let mut handed = handed.remove(id);
        handed.take_sides(compiled, selection, inputs.component(id), choice);
        let own = own.remove(id).unwrap_or_default();
        match parts {
            Parts::Package(entry, release, Some(source)) => {
                let parts = PackageParts { entry, release, source };
                packages.insert(id.clone(), package(inputs, id, parts, handed, &own, &mut errors));
            }
            // A package's candidate always has a source.
            Parts::Package(_, _, None) => {}
            Parts::Container(entry, release, source, profile) => {
                let parts = ContainerParts { entry, release, source, profile };
                let container = container(inputs, id, choice, parts, &handed, own);
                errors.extend(container.unfilled());
                containers.insert(id.clone(), container);
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let warnings = modes(inputs, compiled, chosen);
    let stack = Stack {
        project: ProjectFacts::of(&inputs.manifest),
        packages,
        containers,
        groups,
        links: links(&said),
        digests: BTreeMap::new(),
    };
    Ok((stack, warnings))
}

fn groups(inputs: &Inputs, compiled: &Compiled, selection: &Selection) -> BTreeMap<GroupId, GroupInStack> {
    let mut all = BTreeMap::new();
    for (id, number) in compiled.groups.iter().zip(0..) {
        let (Some(options), Some(entry)) = (selection.options(hsm_solver::GroupId(number)), inputs.group(id))
        else {
            continue;
        };
        let names = options.iter().filter_map(|member| entry.options.get(*member as usize));
        let one = entry.strategy.value == crate::manifest::Strategy::One;
        all.insert(id.clone(), GroupInStack { one, options: names.map(|o| o.name.value.clone()).collect() });
    }
    all
}

/// Everything that present components and options say, in order of origin and target.
fn said<'a>(
    inputs: &'a Inputs,
    chosen: &Chosen<'_>,
    groups: &BTreeMap<GroupId, GroupInStack>,
) -> Vec<(Origin, Said<'a>)> {
    let mut all = Vec::new();
    for (&id, &choice) in chosen {
        if let Some(parts) = inputs.component(id).and_then(|entry| Parts::of(entry, choice)) {
            all.extend(parts.says(inputs).into_iter().map(|said| (Origin::Component(id.clone()), said)));
        }
    }
    for (id, present) in groups {
        for option in present_options(inputs, id, present) {
            let lines = option.rules.implies.iter();
            let said = lines.filter_map(|line| candidates::of_demand(LinkSort::Implies, line));
            all.extend(said.map(|said| (Origin::Option(id.clone(), option.name.value.clone()), said)));
        }
    }
    all.sort_by(|(a, x), (b, y)| (a, &x.target, x.sort).cmp(&(b, &y.target, y.sort)));
    all
}

/// The entries of a group's present options, in the order of their places.
fn present_options<'a>(
    inputs: &'a Inputs,
    id: &GroupId,
    present: &GroupInStack,
) -> impl Iterator<Item = &'a GroupOption> {
    let names: HashSet<Name> = present.options.iter().cloned().collect();
    let options = inputs.group(id).into_iter().flat_map(|group| &group.options);
    options.filter(move |option| names.contains(&option.name.value))
}

/// `said` is sorted by origin and target, so what is said twice stands together.
fn links(said: &[(Origin, Said<'_>)]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::with_capacity(said.len());
    let mut same = 0;
    for (from, said) in said {
        let (mode, options) = match said.what {
            What::Demands(Demands::Component { mode, .. }) => (mode, &[][..]),
            What::Demands(Demands::Group { mode, options, .. }) => (mode, options.as_slice()),
            What::Demands(Demands::Removed) | What::Presence | What::Image => (&None, &[][..]),
        };
        let link = Link {
            from: from.clone(),
            to: said.target.clone(),
            options: options.iter().map(|name| name.value.clone()).collect(),
            sort: said.sort,
            mode: mode.as_ref().map(|mode| mode.value),
        };
        if links.last().is_some_and(|last| (&last.from, &last.to) != (&link.from, &link.to)) {
            same = links.len();
        }
        if !links[same..].contains(&link) {
            links.push(link);
        }
    }
    links
}

/// What others hand to one component.
#[derive(Default)]
struct Received<'a> {
    params: Vec<(Turn, &'a [Param])>,
    extras: BTreeSet<String>,
    demands: Vec<At<VersionDemand>>,
    excluded: Vec<At<VersionDemand>>,
}

impl Received<'_> {
    /// Where a conflict can be avoided by lower and by higher versions, and one line cannot say both: those that all
    /// else leaves, the higher ones if that leaves both.
    fn take_sides(
        &mut self,
        compiled: &Compiled,
        selection: &Selection,
        entry: Option<&Entry>,
        choice: &Choice,
    ) {
        let name = entry.and_then(|entry| compile::distribution(entry, choice)).map(|(name, _)| name);
        let Some(joined) = name.and_then(|name| compiled.joined.get(&name)) else { return };
        let mut left = joined.left(selection);
        for excluded in &self.excluded {
            let Ok(out) = Specifiers::of_demand(&excluded.value) else { continue };
            let ways = out.ways_out();
            let fits = |way: &&Specifiers| !left.and(&Versions::of(way)).is_empty();
            let Some(way) = ways.iter().find(fits) else { continue };
            left = left.and(&Versions::of(way));
            if let (true, Ok(way)) = (ways.len() > 1, VersionDemand::parse(&way.to_string())) {
                self.demands.push(At::new(way, excluded.place));
            }
        }
    }
}

/// What is handed to each component.
struct Handed<'a>(BTreeMap<ComponentId, Received<'a>>);

impl<'a> Handed<'a> {
    fn new(
        inputs: &'a Inputs,
        chosen: &Chosen<'_>,
        groups: &BTreeMap<GroupId, GroupInStack>,
        said: &[(Origin, Said<'a>)],
    ) -> Self {
        let mut handed = Self(BTreeMap::new());
        handed.pins(inputs);
        for (origin, said) in said {
            let (Some(turn), What::Demands(what)) = (Turn::of(origin), said.what) else { continue };
            match (&said.target, what) {
                (TargetId::Component(id), Demands::Component { version, params, extras, .. }) => {
                    let received = handed.0.entry(id.clone()).or_default();
                    received.params.push((turn, params));
                    received.extras.extend(extras.iter().map(|extra| extra.value.clone()));
                    received.demands.extend(version.clone());
                }
                (TargetId::Group(id), Demands::Group { params, .. }) => {
                    for option in groups.get(id).into_iter().flat_map(|group| &group.options) {
                        let received = handed.0.entry(id.option(option)).or_default();
                        received.params.push((turn.clone(), params));
                    }
                }
                _ => {}
            }
        }
        handed.conflicts(inputs, chosen, groups);
        for received in handed.0.values_mut() {
            received.params.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        handed
    }

    fn remove(&mut self, id: &ComponentId) -> Received<'a> {
        self.0.remove(id).unwrap_or_default()
    }

    /// What the manifest demands of versions, and the extras of its items.
    fn pins(&mut self, inputs: &Inputs) {
        let constraints = inputs.manifest.constraints.iter();
        let constrained = constraints.filter_map(|line| match &line.target.value {
            TargetId::Component(id) => Some((id, line.version.as_ref()?)),
            TargetId::Group(_) => None,
        });
        for target in inputs.entries.keys() {
            let TargetId::Component(id) = target else { continue };
            for item in inputs.items(id) {
                let received = self.0.entry(id.clone()).or_default();
                received.extras.extend(item.extras.iter().map(|extra| extra.value.clone()));
                received.demands.extend(item.version.clone());
            }
        }
        for (id, version) in constrained {
            self.0.entry(id.clone()).or_default().demands.push(version.clone());
        }
    }

    /// The releases that present components and options conflict with.
    fn conflicts(&mut self, inputs: &Inputs, chosen: &Chosen<'_>, groups: &BTreeMap<GroupId, GroupInStack>) {
        let components = chosen.iter().filter_map(|(&id, &choice)| Parts::of(inputs.component(id)?, choice));
        let mut lines: Vec<&Exclusion> = components.flat_map(Parts::conflicts).collect();
        for (id, present) in groups {
            lines.extend(present_options(inputs, id, present).flat_map(|option| &option.rules.conflicts));
        }
        for line in lines {
            let targets: Vec<ComponentId> = match &line.target.value {
                TargetId::Component(id) => vec![id.clone()],
                TargetId::Group(id) => {
                    let group = inputs.group(id).or_else(|| inputs.bystanders.get(id));
                    let options = group.into_iter().flat_map(|group| &group.options);
                    options.map(|option| id.option(&option.name.value)).collect()
                }
            };
            for id in targets {
                self.0.entry(id).or_default().excluded.push(line.version.clone());
            }
        }
    }
}

/// What each component hands out itself: its own params, or where it has none of a key, those of the options that it
/// is.
fn own_params(said: &[(Origin, Said<'_>)]) -> BTreeMap<ComponentId, params::Joined> {
    type ByTarget<'a> = BTreeMap<ComponentId, Vec<(&'a TargetId, &'a [Param])>>;
    let (mut by_component, mut by_option) = (ByTarget::new(), ByTarget::new());
    for (origin, said) in said {
        let What::Demands(Demands::Component { params, .. } | Demands::Group { params, .. }) = said.what
        else {
            continue;
        };
        let handed = match origin {
            Origin::Manifest => continue,
            Origin::Component(id) => by_component.entry(id.clone()),
            Origin::Option(group, name) => by_option.entry(group.option(name)),
        };
        handed.or_default().push((&said.target, params));
    }
    let joined = |handed: ByTarget<'_>| -> BTreeMap<ComponentId, params::Joined> {
        handed.into_iter().map(|(id, handed)| (id, params::own(handed.into_iter()))).collect()
    };
    let mut all = joined(by_component);
    for (id, of_options) in joined(by_option) {
        let own = all.entry(id).or_default();
        for (key, values) in of_options {
            own.entry(key).or_insert(values);
        }
    }
    all
}

#[derive(Clone, Copy)]
struct PackageParts<'a> {
    entry: &'a Package,
    release: &'a PackageRelease,
    source: &'a PackageSource,
}

fn package(
    inputs: &Inputs,
    id: &ComponentId,
    parts: PackageParts<'_>,
    received: Received<'_>,
    own: &params::Joined,
    errors: &mut Vec<Diagnostic>,
) -> PackageInStack {
    let PackageParts { entry, release, source } = parts;
    let floats = release.version.is_none();
    let mut env = IndexMap::new();
    for (key, value) in &entry.env {
        match params::fill(value, own) {
            Ok(text) => {
                env.insert(key.value.clone(), text);
            }
            Err(key) => {
                let finding = Finding::Wiring(Wiring::NoParam { component: id.clone(), key });
                errors.push(Diagnostic::error(value.place, finding));
            }
        }
    }
    let items: &[Item] = inputs.items(id);
    PackageInStack {
        name: entry.common.name.value.clone(),
        registry: entry.common.registry.clone(),
        root: entry.common.root.clone(),
        release: release.version.as_ref().map(|version| version.value.clone()),
        mode: source.mode,
        origin: At::new(source.origin.clone(), source.place),
        demands: if floats { received.demands } else { Vec::new() },
        excluded: if floats { received.excluded } else { Vec::new() },
        extras: received.extras.into_iter().collect(),
        marker: items.iter().rev().find_map(|item| item.marker.clone()),
        requires_python: release
            .requires_python
            .clone()
            .or_else(|| entry.requires_python.clone())
            .or_else(|| inputs.checkout(entry, source)?.requires_python.clone())
            .into_iter()
            .collect(),
        dependencies: entry.dependencies.iter().chain(&release.dependencies).cloned().collect(),
        env,
        uv: entry.uv.clone(),
    }
}

#[derive(Clone, Copy)]
struct ContainerParts<'a> {
    entry: &'a Container,
    release: &'a ContainerRelease,
    source: Option<&'a ContainerSource>,
    profile: Option<&'a Profile>,
}

fn container(
    inputs: &Inputs,
    id: &ComponentId,
    choice: &Choice,
    parts: ContainerParts<'_>,
    received: &Received<'_>,
    own_params: params::Joined,
) -> ContainerInStack {
    let ContainerParts { entry, release, source, profile } = parts;
    let layers: Vec<&Layer> = inputs.item_layers(id);
    ContainerInStack {
        name: entry.common.name.value.clone(),
        registry: entry.common.registry.clone(),
        release: release.version.as_ref().map(|version| version.value.clone()),
        mode: choice.mode,
        profile: profile.map(|profile| profile.name.value.clone()),
        external: profile.and_then(|profile| profile.external.clone()),
        definition: container::join(entry, release, source, profile, &layers),
        params: params::join(received.params.iter().flat_map(|(_, params)| params.iter())),
        own_params,
    }
}

/// The components that are not in the preferred mode because no release that the pins allow has a source for it.
fn modes(inputs: &Inputs, compiled: &Compiled, chosen: &Chosen<'_>) -> Vec<Diagnostic> {
    let preferred = inputs.preferred_mode();
    let pinned = inputs.pinned_modes();
    let mut warnings = Vec::new();
    for component in compiled.components.iter().filter(|component| component.lacks_preferred) {
        let taken: Option<Mode> = chosen.get(&component.id).and_then(|choice| choice.mode);
        if let Some(taken) = taken.filter(|taken| *taken != preferred && !pinned.contains(&component.id))
            && let Some(entry) = inputs.component(&component.id)
        {
            let finding = Finding::Wiring(Wiring::NotInPreferredMode {
                component: component.id.clone(),
                has_it: component.choices.iter().any(|c| c.flaw.is_none() && c.mode == Some(preferred)),
                preferred,
                taken,
            });
            warnings.push(Diagnostic::warning(entry.common().name.place, finding));
        }
    }
    warnings
}
