//! Which of two valid tries is better: the levels of preference one after the other, each in the order of the ids.

use super::facts::{Component, Group, State, Wish};
use super::valid::bounds;
use super::{Judge, Try};
use crate::model::{Mode, Name};

impl Judge<'_> {
    /// How far a valid try is from the ideal, the most important first.
    pub fn cost(&self, one: &Try) -> Vec<u32> {
        let parts = self.parts(one);
        let mut cost = Vec::new();
        for number in 0..self.components.len() {
            let state = self.state(one, number);
            cost.push(state.map_or(0, |state| u32::from(self.is_unasked(number, state, one, &parts))));
        }
        for (number, group) in self.groups.iter().enumerate() {
            self.options_cost(group, parts[number], one, &mut cost);
        }
        for level in [Self::mode_rank, Self::profile_rank, Self::release_rank] {
            for number in 0..self.components.len() {
                let component = &self.components[number];
                let open = component.states.iter().filter(|state| !state.pinned_out);
                let best = open.map(|state| level(self, component, state)).min().unwrap_or(0);
                let state = self.state(one, number);
                cost.push(state.map_or(0, |state| level(self, component, state).saturating_sub(best)));
            }
        }
        cost
    }

    /// Whether a component is external though nobody asks for that: no pin, and no demand that counts.
    fn is_unasked(&self, number: usize, state: &State<'_>, one: &Try, parts: &[bool]) -> bool {
        let component = &self.components[number];
        let Some(name) = component.profile(state).filter(|_| state.mode.is_none()) else { return false };
        if self.is_pinned_to(number, name) {
            return false;
        }
        !self.active(one, parts).any(|(need, _)| {
            let Wish::Demand(what) = need.wish else { return false };
            let is_option =
                need.group.is_some_and(|group| self.groups[group].members.contains(&Some(number)));
            what.profile == Some(name) && (need.component == Some(number) || is_option)
        })
    }

    fn is_pinned_to(&self, number: usize, name: Name) -> bool {
        let id = self.components[number].entry.id;
        let items = self.project.all_items().filter(|item| item.id == id).filter_map(|item| item.profile);
        let constraints = self.project.constraints.iter().filter(|line| line.id == id);
        let lines = self.project.lines.iter().filter(|line| {
            let group = self.groups.iter().find(|group| group.entry.id == line.group);
            group.is_some_and(|group| group.members.contains(&Some(number)))
        });
        items
            .chain(constraints.filter_map(|line| line.profile))
            .chain(lines.filter_map(|line| line.profile))
            .any(|pinned| pinned == name)
    }

    fn options_cost(&self, group: &Group<'_>, part: bool, one: &Try, cost: &mut Vec<u32>) {
        let entry = group.entry;
        let selected =
            self.project.lines.iter().any(|line| line.group == entry.id && line.selection.is_some());
        let locked = self.lock.and_then(|lock| lock.groups.get(&entry.id)).cloned().unwrap_or_default();
        let places: Vec<Name> = entry.options.iter().map(|option| option.name).collect();
        let (min, max) = bounds(group);
        let wanted: Vec<Name> = if entry.many && !selected {
            let open = |name: &Name| {
                let place = places.iter().position(|of| of == name);
                let member = place.and_then(|place| group.members[place]);
                member.is_some_and(|member| self.components[member].states.iter().any(|s| !s.pinned_out))
            };
            entry.default.iter().copied().filter(open).collect()
        } else {
            Vec::new()
        };
        let mut order: Vec<Name> = Vec::new();
        for name in wanted.iter().chain(&locked).chain(&entry.default).chain(&places) {
            if places.contains(name) && !order.contains(name) {
                order.push(name);
            }
        }
        let there = |name: &Name| {
            let place = places.iter().position(|of| of == name);
            place.and_then(|place| group.members[place]).is_some_and(|member| one[member].is_some())
        };
        if !entry.many {
            let chosen = order.iter().position(there).unwrap_or(0) as u32;
            cost.push(if part { chosen } else { 0 });
            return;
        }
        // As many of the defaults as it may have; one that is not there makes room for the next.
        for (turn, name) in wanted.iter().enumerate() {
            let is_full = turn >= max && wanted[..max].iter().all(there);
            cost.push(u32::from(part && !there(name) && !is_full));
        }
        // Nothing beyond what is needed and the defaults that are there; a group that does not take part has nothing to
        // reproach it with.
        let had = wanted.iter().filter(|name| there(name)).count();
        let count = order.iter().filter(|name| there(name)).count();
        cost.push(if part { count.saturating_sub(min.max(had)) as u32 } else { 0 });
        let needed = min.max(max.min(wanted.len()));
        let missing =
            order.iter().enumerate().map(|(turn, name)| if part { !there(name) } else { turn >= needed });
        cost.extend(missing.map(u32::from));
    }

    fn mode_rank(&self, component: &Component<'_>, state: &State<'_>) -> u32 {
        let preferred = self.project.preferred();
        let has = |state: &State<'_>| !state.pinned_out && state.mode == Some(preferred);
        let other = |mode: Mode| mode != preferred;
        u32::from(state.mode.is_some_and(other) && component.states.iter().any(has))
    }

    #[expect(clippy::unused_self, reason = "one of three levels")]
    fn profile_rank(&self, component: &Component<'_>, state: &State<'_>) -> u32 {
        let entry = component.entry;
        let default =
            entry.default_profile.and_then(|name| entry.profiles.iter().position(|p| p.name == name));
        let all = || 0..entry.profiles.len();
        let managed = all().filter(|number| !entry.profiles[*number].external);
        let external = all().filter(|number| entry.profiles[*number].external);
        let rest = managed.chain(external).filter(|number| Some(*number) != default).map(Some);
        [default].into_iter().chain(rest).position(|number| number == state.profile).unwrap_or(0) as u32
    }

    fn release_rank(&self, component: &Component<'_>, state: &State<'_>) -> u32 {
        let locked = self.lock.and_then(|lock| lock.components.get(&component.entry.id));
        let mut order: Vec<usize> = (0..component.releases.len()).collect();
        order.sort_by_key(|release| {
            let version = component.releases[*release].version;
            (
                version.is_none() || version.as_ref() != locked,
                version.map(crate::versions::Version::rank),
                *release,
            )
        });
        order.iter().position(|release| *release == state.release).unwrap_or(0) as u32
    }
}
