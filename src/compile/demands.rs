//! Demands: what components and options demand of each other, as rules.
//!
//! Owns: implications, dependencies, build requirements and conflicts, with their conditions. Refuses: the manifest's
//! own wishes.

use hsm_solver::{CandidateSet, Count, ItemId, Member, StatementId, Then, When};
use indexmap::IndexMap;

use super::candidates::{self, AskedModes, Parts, Said, What};
use super::{Asked, Building, python};
use crate::load::Inputs;
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::{At, Place};
use crate::registry::{Demand, DemandedMode, Demands, Entry, Exclusion, Group, Profile, Rules};
use crate::stack::LinkSort;
use crate::statement::{Claim, Demanded, Offered, Origin};

pub(super) fn all(building: &mut Building<'_>) {
    for number in 0..building.components.len() {
        component(building, ItemId(number as u32));
    }
    for number in 0..building.groups.len() {
        options(building, number);
    }
}

/// Every demand that is written anywhere in the entries that were read, with who makes it.
fn every_demand(inputs: &Inputs) -> impl Iterator<Item = &Demand> {
    fn of_rules(rules: &Rules) -> impl Iterator<Item = &Demand> {
        rules.implies.iter()
    }
    inputs.entries.values().flat_map(|entry| -> Vec<&Demand> {
        match entry.as_ref() {
            Entry::Package(package) => {
                let releases = package.releases.iter().flat_map(|release| {
                    of_rules(&release.rules).chain(release.sources.iter().flat_map(|s| of_rules(&s.rules)))
                });
                of_rules(&package.rules).chain(releases).collect()
            }
            Entry::Container(container) => {
                let releases = container.releases.iter().flat_map(|release| {
                    let sources = release.sources.iter();
                    of_rules(&release.rules)
                        .chain(sources.flat_map(|s| of_rules(&s.rules).chain(s.requires.iter())))
                });
                let profiles = container.profiles.iter().flat_map(|profile| of_rules(&profile.rules));
                of_rules(&container.rules).chain(releases).chain(profiles).collect()
            }
            Entry::Group(group) => group.options.iter().flat_map(|option| of_rules(&option.rules)).collect(),
        }
    })
}

/// What entries ask for, whether they are present or not.
#[derive(Debug, Clone, Default)]
pub(super) struct ByEntries {
    modes: AskedModes,
    /// The external profiles that they name.
    pub(super) externals: Asked,
}

/// What is asked for in the entries that were read.
pub(super) fn by_entries(inputs: &Inputs) -> ByEntries {
    let mut by = ByEntries::default();
    for demand in every_demand(inputs) {
        match (&demand.target.value, &demand.what) {
            (TargetId::Group(group), Demands::Group { profile: Some(profile), .. }) => {
                ask_options(inputs, group, &profile.value, &mut by.externals);
            }
            (TargetId::Component(id), Demands::Component { mode, profile, .. }) => {
                match mode.as_ref().map(|mode| mode.value) {
                    Some(DemandedMode::Is(mode)) => by.modes.extend([(id.clone(), mode)]),
                    Some(DemandedMode::Same) => {
                        by.modes.extend([Mode::Prod, Mode::Dev].map(|mode| (id.clone(), mode)));
                    }
                    None => {}
                }
                if let Some(profile) = profile {
                    ask(inputs, id, &profile.value, &mut by.externals);
                }
            }
            _ => {}
        }
    }
    by
}

/// The modes that somebody asks for of a component.
pub(super) fn asked_modes(inputs: &Inputs, by: &ByEntries) -> AskedModes {
    let mut asked = by.modes.clone();
    for target in inputs.entries.keys() {
        if let TargetId::Component(id) = target {
            let pins = inputs.items(id).iter().filter_map(|item| item.mode.as_ref());
            asked.extend(pins.map(|mode| (id.clone(), mode.value)));
            if inputs.options.require_mode {
                asked.insert((id.clone(), inputs.preferred_mode()));
            }
        }
    }
    for constraint in &inputs.manifest.constraints {
        if let (TargetId::Component(id), Some(mode)) = (&constraint.target.value, &constraint.mode) {
            asked.insert((id.clone(), mode.value));
        }
    }
    asked
}

/// The external profiles that the manifest asks for by name.
pub(super) fn pinned_externals(inputs: &Inputs) -> Asked {
    let mut asked = Asked::new();
    for line in &inputs.manifest.services.groups {
        if let Some(profile) = &line.profile {
            ask_options(inputs, &line.group.value, &profile.value, &mut asked);
        }
    }
    for constraint in &inputs.manifest.constraints {
        if let (TargetId::Component(id), Some(profile)) = (&constraint.target.value, &constraint.profile) {
            ask(inputs, id, &profile.value, &mut asked);
        }
    }
    for target in inputs.entries.keys() {
        if let TargetId::Component(id) = target {
            for profile in inputs.items(id).iter().filter_map(|item| item.profile.as_ref()) {
                ask(inputs, id, &profile.value, &mut asked);
            }
        }
    }
    asked
}

fn ask(inputs: &Inputs, id: &ComponentId, profile: &Name, asked: &mut Asked) {
    let is_it = |own: &Profile| own.name.value == *profile && own.external.is_some();
    if let Some(Entry::Container(container)) = inputs.component(id)
        && container.profiles.iter().any(is_it)
    {
        asked.insert((id.clone(), profile.clone()));
    }
}

fn ask_options(inputs: &Inputs, group: &GroupId, profile: &Name, asked: &mut Asked) {
    for option in inputs.group(group).into_iter().flat_map(|group| &group.options) {
        ask(inputs, &group.option(&option.name.value), profile, asked);
    }
}

/// Who demands, and when it counts.
enum Scope {
    /// A component in these candidates.
    Component(ComponentId, ItemId, CandidateSet),
    /// An option of a group that takes part.
    Option { group: GroupId, name: Name, number: hsm_solver::GroupId, member: Member, item: ItemId },
}

impl Scope {
    fn origin(&self) -> Origin {
        match self {
            Self::Component(id, ..) => Origin::Component(id.clone()),
            Self::Option { group, name, .. } => Origin::Option(group.clone(), name.clone()),
        }
    }

    fn when(&self) -> When {
        match self {
            Self::Component(_, item, set) => When::Item(*item, set.clone()),
            Self::Option { number, member, .. } => When::Option(*number, *member),
        }
    }
}

fn component(building: &mut Building<'_>, item: ItemId) {
    let id = building.components[item.0 as usize].id.clone();
    let inputs = building.inputs;
    let Some(entry) = inputs.component(&id) else { return };
    let mut said: IndexMap<(LinkSort, TargetId, Place), (Said<'_>, Vec<u32>)> = IndexMap::new();
    let mut conflicts: IndexMap<Place, (&Exclusion, Vec<u32>)> = IndexMap::new();
    for (choice, candidate) in building.choices(item).iter().zip(0..) {
        let Some(parts) = Parts::of(entry, choice) else { continue };
        for one in parts.says(inputs) {
            let key = (one.sort, one.target.clone(), one.place);
            said.entry(key).or_insert_with(|| (one, Vec::new())).1.push(candidate);
        }
        for line in parts.conflicts() {
            conflicts.entry(line.target.place).or_insert_with(|| (line, Vec::new())).1.push(candidate);
        }
    }
    for (one, candidates) in said.into_values() {
        demand(building, &Scope::Component(id.clone(), item, candidates.into_iter().collect()), &one);
    }
    for (line, candidates) in conflicts.into_values() {
        conflict(building, &Scope::Component(id.clone(), item, candidates.into_iter().collect()), line);
    }
}

fn options(building: &mut Building<'_>, table: usize) {
    let table = &building.groups[table];
    let (id, number, entry) = (table.id.clone(), table.number, table.entry);
    let members = table.members.clone();
    for ((option, item), member) in entry.into_iter().flat_map(|g| &g.options).zip(members).zip(0..) {
        let scope =
            Scope::Option { group: id.clone(), name: option.name.value.clone(), number, member, item };
        let mut implied: Vec<&Demand> = option.rules.implies.iter().collect();
        implied.sort_by_key(|line| &line.target.value);
        for line in implied {
            if let Some(said) = candidates::of_demand(LinkSort::Implies, line) {
                demand(building, &scope, &said);
            }
        }
        let mut conflicts: Vec<&Exclusion> = option.rules.conflicts.iter().collect();
        conflicts.sort_by_key(|line| &line.target.value);
        for line in conflicts {
            conflict(building, &scope, line);
        }
    }
}

/// The parts of a demand, whatever its target.
#[derive(Default, Clone, Copy)]
struct Details<'a> {
    version: Option<&'a At<crate::version::VersionDemand>>,
    mode: Option<DemandedMode>,
    profile: Option<&'a At<Name>>,
    options: &'a [At<Name>],
    image: bool,
}

impl<'a> Details<'a> {
    fn of(what: What<'a>) -> Self {
        match what {
            What::Presence | What::Demands(Demands::Removed) => Self::default(),
            What::Image => Self { image: true, ..Self::default() },
            What::Demands(Demands::Component { version, mode, profile, .. }) => Self {
                version: version.as_ref(),
                mode: mode.as_ref().map(|mode| mode.value),
                profile: profile.as_ref(),
                ..Self::default()
            },
            What::Demands(Demands::Group { options, mode, profile, .. }) => Self {
                mode: mode.as_ref().map(|mode| mode.value),
                profile: profile.as_ref(),
                options,
                ..Self::default()
            },
        }
    }
}

fn demand(building: &mut Building<'_>, scope: &Scope, said: &Said<'_>) {
    let details = Details::of(said.what);
    match &said.target {
        TargetId::Component(id) => {
            let Some(target) = building.items.get(id).copied() else { return };
            let statement = say(building, scope, said, details, Some(target), false);
            for (when, mode) in cases(building, scope, details.mode, statement) {
                let set = with_misfits(building, statement, &when, target, (details, mode));
                building.problem.rule(statement, when, Then::Present(target, set));
            }
            if let Some(version) = details.version {
                building.floats(target, statement, python::On::Demand(scope.when()), &version.value);
            }
        }
        TargetId::Group(id) => {
            let Some(table) = building.group(id) else { return };
            let (number, known) = (table.number, table.entry.is_some());
            let members: Vec<Option<Member>> =
                details.options.iter().map(|name| table.member(&name.value)).collect();
            let one = building.problem.groups().get(number.0 as usize).is_some_and(|g| g.count == Count::One);
            let statement = say(building, scope, said, details, None, one);
            let then = if !known || members.is_empty() {
                Then::TakesPart(number)
            } else if one {
                let members: Vec<Member> = members.into_iter().flatten().collect();
                if members.is_empty() { Then::Never } else { Then::OneOf(number, members) }
            } else {
                members
                    .into_iter()
                    .collect::<Option<Vec<Member>>>()
                    .map_or(Then::Never, |all| Then::AllOf(number, all))
            };
            building.problem.rule(statement, scope.when(), then);
            bind_options(building, scope, id, details, statement);
        }
    }
}

/// The candidates of a target that a demand allows.
fn fitting(
    building: &Building<'_>,
    target: ItemId,
    details: Details<'_>,
    mode: Option<Mode>,
) -> CandidateSet {
    let version = building.with_version(target, details.version.map(|version| &version.value));
    let profile = details.profile.map(|profile| building.with_profile(target, &profile.value));
    let all = CandidateSet::all(building.choices(target).len() as u32);
    let unknown = |c: &candidates::Choice| c.flaw == Some(candidates::Flaw::NoEntry);
    let mode = mode.map(|mode| building.such(target, |choice| choice.suits_mode(mode) || unknown(choice)));
    let image = details.image.then(|| building.such(target, |choice| !choice.is_external()));
    all.iter()
        .filter(|c| version.contains(*c))
        .filter(|c| [&profile, &mode, &image].into_iter().flatten().all(|set| set.contains(*c)))
        .collect()
}

/// The candidates that fit, and those that only their checkouts keep from it: these are named by sentences of their own.
fn with_misfits(
    building: &mut Building<'_>,
    statement: StatementId,
    when: &When,
    target: ItemId,
    (details, mode): (Details<'_>, Option<Mode>),
) -> CandidateSet {
    let fitting_otherwise = fitting(building, target, Details { version: None, ..details }, mode);
    let set = fitting(building, target, details, mode);
    let Some(version) = details.version else { return set };
    let misfits = building.misfits(statement, when, target, &|known| version.value.allows(known));
    set.iter().chain(misfits.into_iter().filter(|c| fitting_otherwise.contains(*c))).collect()
}

/// The mode and profile of a demand on a group bind those of its options that have them; if none that is present has
/// the mode, that is a conflict.
fn bind_options(
    building: &mut Building<'_>,
    scope: &Scope,
    group: &GroupId,
    details: Details<'_>,
    statement: StatementId,
) {
    let Some(members) = building.group(group).map(|table| table.members.clone()) else { return };
    if details.mode.is_none() && details.profile.is_none() {
        return;
    }
    let may_be_empty = building.group(group).and_then(|t| t.entry).is_some_and(|group| {
        group.strategy.value == crate::manifest::Strategy::Many && super::facts::bounds(group).0 == 0
    });
    for (when, mode) in cases(building, scope, details.mode, statement) {
        for item in &members {
            let by_mode = mode.filter(|mode| building.has_mode(*item, *mode));
            let by_profile = details.profile.filter(|profile| building.has_profile(*item, &profile.value));
            if by_mode.is_some() || by_profile.is_some() {
                let details = Details { profile: by_profile, ..Details::default() };
                let set = fitting(building, *item, details, by_mode);
                building.problem.rule(statement, when.clone(), Then::AbsentOr(*item, set));
            }
        }
        if let Some(mode) = mode {
            let some = building.some_with_mode(&members, mode);
            let lacking =
                if may_be_empty { lacking(building, &members, mode, &when, statement) } else { when };
            building.problem.rule(statement, lacking, Then::AnyOf(some));
        }
    }
}

/// The condition that `when` holds and that an option is present and run which has no source for that mode. A helper
/// stands for it: its second candidate, forced by such an option.
fn lacking(
    building: &mut Building<'_>,
    members: &[ItemId],
    mode: Mode,
    when: &When,
    statement: StatementId,
) -> When {
    let helper = building.problem.item(2);
    let yes: CandidateSet = [1].into_iter().collect();
    building.problem.rule(statement, when.clone(), Then::Present(helper, CandidateSet::all(2)));
    for item in members.iter().copied() {
        if building.has_mode(item, mode) {
            continue;
        }
        let here = building.such(item, |choice| !choice.is_external() && !super::wishes::is_unknown(choice));
        building.problem.rule(statement, When::Item(item, here), Then::AbsentOr(helper, yes.clone()));
    }
    When::Item(helper, yes)
}

/// The cases that a demanded mode makes: one, or with `same` one for each mode of the one who demands.
fn cases(
    building: &mut Building<'_>,
    scope: &Scope,
    mode: Option<DemandedMode>,
    statement: StatementId,
) -> Vec<(When, Option<Mode>)> {
    match mode {
        None => vec![(scope.when(), None)],
        Some(DemandedMode::Is(mode)) => vec![(scope.when(), Some(mode))],
        Some(DemandedMode::Same) => {
            let (item, set) = match scope {
                Scope::Component(_, item, set) => (*item, set.clone()),
                Scope::Option { item, .. } => {
                    (mirror(building, scope, *item, statement), [0, 1, 2].into_iter().collect())
                }
            };
            let mode_of = |building: &Building<'_>, candidate: u32| match scope {
                Scope::Component(..) => {
                    building.choices(item).get(candidate as usize).and_then(|choice| choice.mode)
                }
                Scope::Option { .. } => MIRROR[candidate as usize],
            };
            MIRROR
                .into_iter()
                .map(|mode| {
                    let part = set.iter().filter(|c| mode_of(building, *c) == mode).collect::<CandidateSet>();
                    (part, mode)
                })
                .filter(|(part, _)| !part.is_empty())
                .map(|(part, mode)| (When::Item(item, part), mode))
                .collect()
        }
    }
}

/// What the candidates of a mirror stand for.
const MIRROR: [Option<Mode>; 3] = [Some(Mode::Prod), Some(Mode::Dev), None];

/// An item that is present if and only if an option counts, and then shows the mode of its component.
fn mirror(building: &mut Building<'_>, scope: &Scope, item: ItemId, statement: StatementId) -> ItemId {
    let mirror = building.problem.item(MIRROR.len() as u32);
    building.problem.rule(
        statement,
        scope.when(),
        Then::Present(mirror, CandidateSet::all(MIRROR.len() as u32)),
    );
    for (mode, candidate) in MIRROR.into_iter().zip(0..) {
        let set = building.such(item, |choice| choice.mode == mode);
        if !set.is_empty() {
            let shown = [candidate].into_iter().collect();
            building.problem.rule(statement, When::Item(item, set), Then::AbsentOr(mirror, shown));
        }
    }
    mirror
}

fn say(
    building: &mut Building<'_>,
    scope: &Scope,
    said: &Said<'_>,
    details: Details<'_>,
    target: Option<ItemId>,
    one_of: bool,
) -> StatementId {
    let version = details.version.map(|version| &version.value);
    let offered = match (target, version) {
        (Some(target), Some(version)) => building.offered(target, version),
        _ => Offered::Enough,
    };
    let wanted = details.profile.map(|profile| &profile.value);
    let there = target.and_then(|target| building.profiles(target));
    let instead = there.filter(|there| wanted.is_some_and(|wanted| !there.contains(wanted)));
    let demand = Demanded {
        instead,
        version: version.cloned(),
        offered,
        mode: details.mode,
        profile: details.profile.map(|profile| profile.value.clone()),
        options: details.options.iter().map(|name| name.value.clone()).collect(),
        one_of,
    };
    let target = said.target.clone();
    let claim = match (said.sort, scope, &target) {
        (LinkSort::Implies, ..) | (_, Scope::Option { .. }, _) => {
            Claim::Implies { by: scope.origin(), target, demand }
        }
        (LinkSort::DependsOn, Scope::Component(id, ..), _) => Claim::DependsOn(id.clone(), target),
        (LinkSort::Requires, Scope::Component(id, ..), TargetId::Component(of)) if details.image => {
            Claim::UsesImage(id.clone(), of.clone())
        }
        (LinkSort::Requires, Scope::Component(id, item, set), _) => {
            let mode = set.iter().next().and_then(|c| building.choices(*item).get(c as usize)?.mode);
            Claim::Requires { by: id.clone(), mode: mode.unwrap_or(Mode::Dev), target, demand }
        }
    };
    building.say(Some(said.place), claim)
}

fn conflict(building: &mut Building<'_>, scope: &Scope, line: &Exclusion) {
    let inputs = building.inputs;
    let targets: Vec<ComponentId> = match &line.target.value {
        TargetId::Component(id) => vec![id.clone()],
        TargetId::Group(id) => {
            let group: Option<&Group> = inputs.group(id).or_else(|| inputs.bystanders.get(id));
            group
                .into_iter()
                .flat_map(|group| &group.options)
                .map(|option| id.option(&option.name.value))
                .collect()
        }
    };
    let claim = Claim::Conflicts {
        by: scope.origin(),
        target: line.target.value.clone(),
        version: line.version.value.clone(),
    };
    let mut statement = None;
    for id in targets {
        // What cannot be reached is absent anyway.
        let Some(item) = building.items.get(&id).copied().filter(|_| inputs.component(&id).is_some()) else {
            continue;
        };
        let version = &line.version.value;
        let set = building.without_version(item, version);
        let statement =
            *statement.get_or_insert_with(|| building.say(Some(line.target.place), claim.clone()));
        let misfits = building
            .misfits(statement, &scope.when(), item, &|known| !candidates::keeps_out(version, Some(known)));
        let set = set.iter().chain(misfits).collect();
        building.problem.rule(statement, scope.when(), Then::AbsentOr(item, set));
        building.floats(item, statement, python::On::Conflict(scope.when()), version);
    }
}
