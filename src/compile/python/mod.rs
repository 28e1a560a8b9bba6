//! Python: what all that is demanded of a distribution, and of Python itself, has in common.
//!
//! Owns: which lines count (of components, of their `dependencies`, of the user's `pyproject.toml`, of the project's and
//! the components' Pythons) and in which candidates. Refuses: choosing a version of a distribution: that is the package
//! manager's, only that one can be left matters here.
//!
//! A line counts if its markers hold for all Pythons of the project; one that holds for a part of them is left to the
//! package manager. What hsm itself wrote into `pyproject.toml` follows from the rest and does not count.

mod join;

use std::collections::BTreeMap;

use hsm_solver::{CandidateSet, ItemId, Selection, StatementId, Then, When};
use indexmap::IndexMap;

use super::candidates::{Choice, Parts};
use super::{Building, checkouts, facts};
use crate::names::{ComponentId, Name};
use crate::place::{At, Place};
use crate::pyproject::List;
use crate::registry::{Entry, PackageOrigin};
use crate::requirement::{Marker, Requirement, Specifiers, Versions};
use crate::statement::Claim;
use crate::version::VersionDemand;

/// A demand on the version of a package that has none of its own: it is one on its distribution.
#[derive(Debug, Clone)]
pub(super) struct Floating {
    item: ItemId,
    statement: StatementId,
    on: On,
    /// Those that it leaves.
    versions: Versions,
}

impl Floating {
    /// The same where statements have other numbers.
    pub(super) fn moved(&self, number: impl Fn(StatementId) -> StatementId) -> Self {
        Self { statement: number(self.statement), ..self.clone() }
    }
}

/// When a demand on a version counts.
#[derive(Debug, Clone)]
pub(super) enum On {
    /// If the package is present.
    Pin,
    /// If this holds; the package is present then.
    Demand(When),
    /// If this holds and the package is present: none of these versions.
    Conflict(When),
}

impl Building<'_> {
    /// Takes in a demand on a version, if the package has none of its own.
    pub(super) fn floats(&mut self, item: ItemId, statement: StatementId, on: On, demand: &VersionDemand) {
        let entry = self.components.get(item.0 as usize).and_then(|c| self.inputs.component(&c.id));
        let Some(Entry::Package(package)) = entry else { return };
        if demand.is_any() || package.releases.iter().any(|release| release.version.is_some()) {
            return;
        }
        let Ok(specifiers) = Specifiers::of_demand(demand) else { return };
        let versions = match on {
            On::Pin | On::Demand(_) => Versions::of(&specifiers),
            // what can be written: `<2` and `>=2` both leave out the pre-releases of 2, but no line asks for just these
            On::Conflict(_) => {
                let none = Versions::all().complement();
                specifiers.ways_out().iter().fold(none, |some, way| some.or(&Versions::of(way)))
            }
        };
        self.floating.push(Floating { item, statement, on, versions });
    }
}

/// A demand on the versions of a distribution, or of Python.
#[derive(Clone)]
struct Line {
    versions: Versions,
    holds: Holds,
    says: Says,
    /// What kind of line it is.
    kind: Kind,
    /// The list of the file in which it stands, or would stand.
    list: List,
}

/// The sentence of a line: said once it is known that it can clash.
#[derive(Clone)]
enum Says {
    Known(StatementId),
    Checkout(ItemId, Place),
    New(Place, Box<Claim>),
}

impl Says {
    fn new(place: Place, claim: Claim) -> Self {
        Self::New(place, Box::new(claim))
    }
}

/// What kinds of lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What a component is itself: at most one holds at a time.
    Own,
    /// What is demanded of another one.
    Demand,
    /// A bound that holds if something else demands the distribution.
    Bound,
}

/// When a line holds.
#[derive(Debug, Clone)]
enum Holds {
    /// If this does.
    If(When),
    /// If this does and the item is in one of these candidates.
    Both(When, ItemId, CandidateSet),
}

/// What is demanded of a distribution from which conflicts take something away, for whoever has to say in one line what
/// is left.
#[derive(Debug, Clone)]
pub struct Joined(Vec<(Holds, Versions)>);

impl Joined {
    fn of(building: &Building<'_>, lines: &[Line]) -> Self {
        let list = hsms_list(building);
        let together = lines.iter().filter(|line| !building.inputs.python.are_apart(&line.list, &list));
        Self(together.map(|line| (line.holds.clone(), line.versions.clone())).collect())
    }

    /// The versions that all lines leave that hold in a selection.
    pub fn left(&self, selection: &Selection) -> Versions {
        let present =
            |item: ItemId, set: &CandidateSet| selection.candidate(item).is_some_and(|c| set.contains(c));
        let is_so = |when: &When| match when {
            When::Always => true,
            When::Item(item, set) => present(*item, set),
            When::TakesPart(group) => selection.options(*group).is_some(),
            When::Option(group, member) => selection.options(*group).is_some_and(|all| all.contains(member)),
        };
        let holds = |holds: &Holds| match holds {
            Holds::If(when) => is_so(when),
            Holds::Both(when, item, set) => is_so(when) && present(*item, set),
        };
        let all = self.0.iter().filter(|(when, _)| holds(when));
        all.fold(Versions::all(), |all, (_, versions)| all.and(versions))
    }
}

/// Adds the rules.
pub(super) fn all(building: &mut Building<'_>) {
    let pythons = Pythons::of(building);
    let mut lines: BTreeMap<Name, Vec<Line>> = BTreeMap::new();
    let mut needs: Vec<Line> = Vec::new();
    for number in 0..building.components.len() {
        component(building, ItemId(number as u32), &pythons, &mut lines, &mut needs);
    }
    floating(building, &pythons, &mut lines);
    users(building, &pythons, &mut lines);
    lines.retain(|name, _| !building.inputs.python.overridden.contains(name));
    for number in 0..building.components.len() {
        own_lines(building, ItemId(number as u32), &pythons, &mut lines);
    }
    for (name, of_name) in lines {
        if of_name.iter().any(|line| matches!(line.holds, Holds::Both(..))) {
            building.joined.insert(name, Joined::of(building, &of_name));
        }
        join::by_lists(building, &of_name);
    }
    match pythons.stated {
        Some((place, text, versions)) => project_python(building, place, &text, &versions, needs),
        None => join::all(building, &needs),
    }
}

/// The Pythons of the project, as the user states them.
struct Pythons {
    stated: Option<(Place, String, Versions)>,
    /// The same as a marker; always, where nothing is stated.
    marker: Marker,
}

impl Pythons {
    fn of(building: &Building<'_>) -> Self {
        let stated = building.inputs.python.requires_python.as_ref();
        let read = stated.and_then(|text| Some((text, Specifiers::parse(&text.value).ok()?)));
        let marker = read.as_ref().map_or_else(Marker::always, |(_, all)| Marker::of_python(all));
        let stated =
            read.map(|(text, all)| (text.place, text.value.trim().to_owned(), Versions::of_python(&all)));
        Self { stated, marker }
    }

    /// Whether a marker holds for all of them; one that holds for none does not count either.
    fn all_meet(&self, marker: &Marker) -> bool {
        marker.holds_for_all_of(&self.marker) && !marker.holds_for_none_of(&self.marker)
    }

    fn all_meet_text(&self, marker: Option<&str>) -> bool {
        marker.is_none_or(|text| Marker::parse(text).is_ok_and(|marker| self.all_meet(&marker)))
    }
}

/// The list into which hsm writes.
fn hsms_list(building: &Building<'_>) -> List {
    let into = building.inputs.manifest.dependencies.into_group.as_ref();
    let group = into.and_then(|group| Name::parse(&group.value).ok());
    group.map_or(List::Project, |name| List::Group(name.pep503()))
}

/// The marker of a component's item: elsewhere it is not installed.
fn item_marker(building: &Building<'_>, id: &ComponentId) -> Marker {
    let written = building.inputs.items(id).iter().rev().find_map(|item| item.marker.as_ref());
    written.and_then(|marker| Marker::parse(&marker.value).ok()).unwrap_or_default()
}

/// What a component says of others and of Python. Every line is read once, whatever the number of candidates.
fn component(
    building: &Building<'_>,
    item: ItemId,
    pythons: &Pythons,
    lines: &mut BTreeMap<Name, Vec<Line>>,
    needs: &mut Vec<Line>,
) {
    let id = &building.components[item.0 as usize].id;
    let Some(entry @ Entry::Package(_)) = building.inputs.component(id) else { return };
    let mut told: IndexMap<Place, (&At<String>, Vec<u32>)> = IndexMap::new();
    let mut python: IndexMap<Place, (&At<String>, Vec<u32>)> = IndexMap::new();
    for (choice, candidate) in building.choices(item).iter().zip(0..).filter(|(c, _)| c.flaw.is_none()) {
        let Some(Parts::Package(package, release, _)) = Parts::of(entry, choice) else { continue };
        for line in package.dependencies.iter().chain(&release.dependencies) {
            told.entry(line.place).or_insert_with(|| (line, Vec::new())).1.push(candidate);
        }
        let stated = release.requires_python.as_ref().or(package.requires_python.as_ref());
        let of_checkout = || checkouts::checkout(building.inputs, entry, choice)?.requires_python.as_ref();
        if let Some(text) = stated.or_else(of_checkout) {
            python.entry(text.place).or_insert_with(|| (text, Vec::new())).1.push(candidate);
        }
    }
    if told.is_empty() && python.is_empty() {
        return;
    }
    let marker = item_marker(building, id);
    let list = hsms_list(building);
    let within = |candidates: Vec<u32>| Holds::If(When::Item(item, candidates.into_iter().collect()));
    let line = |versions: Versions, text: &At<String>, claim: Claim, candidates: Vec<u32>| {
        let (holds, says) = (within(candidates), Says::new(text.place, claim));
        Line { versions, holds, says, kind: Kind::Demand, list: list.clone() }
    };
    let counts = pythons.all_meet(&marker);
    for (text, candidates) in told.into_values().filter(|_| counts) {
        let Ok(requirement) = Requirement::parse(&text.value) else { continue };
        let Some(versions) = counted(pythons, &requirement) else { continue };
        let claim = Claim::NeedsDistribution(id.clone(), text.value.trim().to_owned());
        lines.entry(requirement.name).or_default().push(line(versions, text, claim, candidates));
    }
    for (text, candidates) in python.into_values() {
        let Ok(specifiers) = Specifiers::parse(&text.value) else { continue };
        // where the component is not installed, any Python will do
        let versions = Versions::of_python(&specifiers).or(&marker.pythons().complement());
        let claim = Claim::NeedsPython(id.clone(), text.value.trim().to_owned());
        needs.push(line(versions, text, claim, candidates));
    }
}

/// What a component is itself, where something else is said of its distribution too.
fn own_lines(
    building: &Building<'_>,
    item: ItemId,
    pythons: &Pythons,
    lines: &mut BTreeMap<Name, Vec<Line>>,
) {
    let id = &building.components[item.0 as usize].id;
    let Some(entry @ Entry::Package(package)) = building.inputs.component(id) else { return };
    let mut sources = package.releases.iter().flat_map(|release| &release.sources);
    let spoken_of =
        lines.contains_key(&id.name().pep503()) || sources.any(|source| source.origin.name().is_some());
    if !spoken_of || !pythons.all_meet(&item_marker(building, id)) {
        return;
    }
    let mut told: IndexMap<(Name, Place, Versions), (Says, Vec<u32>)> = IndexMap::new();
    for (choice, candidate) in building.choices(item).iter().zip(0..).filter(|(c, _)| c.flaw.is_none()) {
        if let Some((name, place, versions, says)) = own(building, item, entry, choice)
            && lines.contains_key(&name)
        {
            let told = told.entry((name, place, versions)).or_insert_with(|| (says, Vec::new()));
            told.1.push(candidate);
        }
    }
    let list = hsms_list(building);
    for ((name, _, versions), (says, candidates)) in told {
        let holds = Holds::If(When::Item(item, candidates.into_iter().collect()));
        let line = Line { versions, holds, says, kind: Kind::Own, list: list.clone() };
        lines.entry(name).or_default().push(line);
    }
}

/// What a candidate is of a distribution.
type Saying = (Name, Place, Versions, Says);

/// What the candidate is itself.
fn own(building: &Building<'_>, item: ItemId, entry: &Entry, choice: &Choice) -> Option<Saying> {
    let (name, _) = facts::distribution(entry, choice)?;
    let Some(Parts::Package(_, release, Some(source))) = Parts::of(entry, choice) else { return None };
    let known = checkouts::checkout(building.inputs, entry, choice);
    if let Some(version) = known.and_then(|checkout| checkout.version.as_ref()) {
        let versions = Versions::exactly(&version.value)?;
        return Some((name, version.place, versions, Says::Checkout(item, version.place)));
    }
    let (place, specifiers, versions) = match &source.origin {
        PackageOrigin::Pypi { version: Some(version), .. } => {
            let specifiers = Specifiers::of_demand(&version.value).ok()?;
            let versions = Versions::of(&specifiers);
            (version.place, specifiers, versions)
        }
        origin => {
            let version = release.version.as_ref()?;
            let specifiers = Specifiers::exactly(&version.value).ok()?;
            let versions = match origin {
                // an index may have a local version of it
                PackageOrigin::Pypi { .. } => Versions::of(&specifiers),
                _ => Versions::exactly(&version.value)?,
            };
            (version.place, specifiers, versions)
        }
    };
    let id = building.components.get(item.0 as usize)?.id.clone();
    let claim = Claim::Installs(id, format!("{name}{specifiers}"));
    (!specifiers.is_any()).then_some((name, place, versions, Says::new(place, claim)))
}

/// The versions that a requirement allows; `None` if it does not count or allows all.
fn counted(pythons: &Pythons, requirement: &Requirement) -> Option<Versions> {
    if requirement.url.is_some() || requirement.specifiers.is_any() {
        return None;
    }
    pythons.all_meet_text(requirement.marker.as_deref()).then(|| Versions::of(&requirement.specifiers))
}

/// Demands on packages without a version of their own.
fn floating(building: &mut Building<'_>, pythons: &Pythons, lines: &mut BTreeMap<Name, Vec<Line>>) {
    let list = hsms_list(building);
    for Floating { item, statement, on, versions } in std::mem::take(&mut building.floating) {
        let id = building.components[item.0 as usize].id.clone();
        let Some(entry) = building.inputs.component(&id) else { continue };
        if !pythons.all_meet(&item_marker(building, &id)) {
            continue;
        }
        let mut by_name: BTreeMap<Name, Vec<u32>> = BTreeMap::new();
        for (choice, candidate) in building.choices(item).iter().zip(0..).filter(|(c, _)| c.flaw.is_none()) {
            if let Some((name, _)) = facts::distribution(entry, choice) {
                by_name.entry(name).or_default().push(candidate);
            }
        }
        let is_one = by_name.len() == 1;
        for (name, candidates) in by_name {
            let present: CandidateSet = candidates.into_iter().collect();
            let holds = match &on {
                On::Pin => Holds::If(When::Item(item, present)),
                On::Demand(when) if is_one => Holds::If(when.clone()),
                // of several distributions only that of the chosen source is meant
                On::Demand(when) | On::Conflict(when) => Holds::Both(when.clone(), item, present),
            };
            let versions = versions.clone();
            let (says, list) = (Says::Known(statement), list.clone());
            lines.entry(name).or_default().push(Line { versions, holds, says, kind: Kind::Demand, list });
        }
    }
}

/// The user's own lines.
fn users(building: &Building<'_>, pythons: &Pythons, lines: &mut BTreeMap<Name, Vec<Line>>) {
    for line in &building.inputs.python.lines {
        let Some(versions) = counted(pythons, &line.requirement) else { continue };
        let kind = if line.list == List::Constraints { Kind::Bound } else { Kind::Demand };
        let claim = Claim::FileRequires(line.list.clone(), line.text.clone());
        let (holds, says, list) = (Holds::If(When::Always), Says::new(line.place, claim), line.list.clone());
        let name = line.requirement.name.clone();
        lines.entry(name).or_default().push(Line { versions, holds, says, kind, list });
    }
}

/// What the user supports, every component has to support: the ranges have to lie inside theirs.
fn project_python(
    building: &mut Building<'_>,
    place: Place,
    text: &str,
    versions: &Versions,
    needs: Vec<Line>,
) {
    let mut stated = None;
    for line in needs.into_iter().filter(|line| !versions.is_within(&line.versions)) {
        let helper = *stated.get_or_insert_with(|| {
            let statement = building.say(Some(place), Claim::ProjectPython(text.to_owned()));
            let helper = building.problem.item(1);
            building.problem.rule(statement, When::Always, Then::Present(helper, CandidateSet::all(1)));
            helper
        });
        join::rule(building, &line, Then::AbsentOr(helper, CandidateSet::default()));
    }
}
