//! What Python's packages demand of each other and of the interpreter.
//!
//! Versions are the points of the table; Pythons are the minor versions of Python 3.

use std::collections::BTreeMap;

use super::facts::State;
use super::{Judge, Try, Wish};
use crate::model::{Id, Kind, Marker, Name, PythonRange, Requirement, Target};
use crate::versions::{Spec, Version, everything};

/// More minor versions than anybody names.
const PYTHONS: u32 = 30;

fn pythons(such: impl Fn(u32) -> bool) -> u32 {
    (0..PYTHONS).filter(|minor| such(*minor)).map(|minor| 1 << minor).sum()
}

fn of_range(range: PythonRange) -> u32 {
    pythons(|minor| minor >= range.from && range.below.is_none_or(|below| minor < below))
}

fn of_marker(marker: Marker) -> u32 {
    pythons(|minor| match marker {
        Marker::From(from) => minor >= from,
        Marker::Below(below) => minor < below,
    })
}

impl Judge<'_> {
    /// What has nothing in common.
    pub(super) fn python(&self, one: &Try) -> Option<&'static str> {
        // Without any package nobody looks.
        if self.components.iter().all(|component| component.entry.id.kind != Kind::Package) {
            return None;
        }
        let stated = self.project.pyproject.as_ref().and_then(|own| own.requires_python).map(of_range);
        if !self.interpreter_is_left(one, stated) {
            return Some("the interpreter");
        }
        let all = stated.unwrap_or_else(|| pythons(|_| true));
        let mut left: BTreeMap<Name, u32> = BTreeMap::new();
        let mut take = |name: Name, set: u32| *left.entry(name).or_insert_with(everything) &= set;
        for (number, state) in self.packages(one) {
            let component = &self.components[number];
            let counts = self.marker(component.entry.id).is_none_or(|marker| all & !of_marker(marker) == 0);
            let Some(name) = self.distribution(one, number).filter(|_| counts) else { continue };
            if let Some(version) = state.measured.filter(|version| !version.is_opaque()) {
                take(name, only(version));
            }
            if component.releases.iter().all(|release| release.version.is_none()) {
                self.floating(one, number, &mut |set| take(name, set));
            }
            for line in component.entry.dependencies.iter().filter(|line| counts_for(line, all)) {
                take(line.name, line.spec.set());
            }
        }
        let own = self.project.pyproject.iter().flat_map(|own| [&own.dependencies, &own.extra, &own.group]);
        for line in own.flatten().filter(|line| counts_for(line, all)) {
            take(line.name, line.spec.set());
        }
        left.values().any(|set| *set == 0).then_some("the versions of a distribution")
    }

    fn packages<'s>(&'s self, one: &'s Try) -> impl Iterator<Item = (usize, &'s State<'s>)> {
        self.present(one).filter(|(number, _)| self.components[*number].entry.id.kind == Kind::Package)
    }

    /// The marker of a component's item: elsewhere it is not installed. The item of a list lies over that of a selection.
    fn marker(&self, id: Id) -> Option<Marker> {
        self.project.all_items().filter(|item| item.id == id).filter_map(|item| item.marker).last()
    }

    /// What the project states has to lie inside what each component needs; where it states nothing, something has to be
    /// left.
    fn interpreter_is_left(&self, one: &Try, stated: Option<u32>) -> bool {
        let needs = self.packages(one).filter_map(|(number, _)| {
            let entry = self.components[number].entry;
            let elsewhere = self.marker(entry.id).map_or(0, |marker| !of_marker(marker));
            Some(of_range(entry.requires_python?) | elsewhere)
        });
        match stated {
            Some(stated) => needs.fold(0, |outside, set| outside | (stated & !set)) == 0,
            None => needs.fold(pythons(|_| true), |left, set| left & set) != 0,
        }
    }

    /// All that is said of the version of a package that has none.
    fn floating(&self, one: &Try, number: usize, take: &mut dyn FnMut(u32)) {
        let id = self.components[number].entry.id;
        let items = self.project.all_items().filter(|item| item.id == id).filter_map(|item| item.version);
        let constraints = self.project.constraints.iter().filter(|line| line.id == id);
        items.chain(constraints.filter_map(|line| line.version)).for_each(|spec| take(spec.set()));
        let parts = self.parts(one);
        for (need, _) in self.active(one, &parts).filter(|(need, _)| need.component == Some(number)) {
            if let Wish::Demand(what) = need.wish
                && let Some(spec) = what.version
            {
                take(spec.set());
            }
        }
        for line in self.active_conflicts(one, &parts).filter(|line| !line.version.is_any()) {
            let hits = match line.target {
                Target::Component(of) => of == id,
                Target::Group(group) => {
                    group.kind == id.kind
                        && self
                            .project
                            .group(group)
                            .is_some_and(|g| g.options.iter().any(|o| o.name == id.name))
                }
            };
            if hits {
                take(other_than(line.version));
            }
        }
    }
}

fn only(version: Version) -> u32 {
    1 << version.0
}

/// What a line can say that is none of these: `<3` and `>=3` both leave out the pre-releases of 3.
fn other_than(spec: Spec) -> u32 {
    let unsaid = if spec.text() == "<3" { only(Version::NUMBERED[3]) } else { 0 };
    !spec.set() & !unsaid
}

/// Whether the marker of a line holds for all Pythons of the project.
fn counts_for(line: &Requirement, all: u32) -> bool {
    line.marker.is_none_or(|marker| all & !of_marker(marker) == 0)
}
