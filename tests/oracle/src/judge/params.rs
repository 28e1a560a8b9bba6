//! What implications hand over.

use super::{Judge, Need, Try, Wish};
use crate::model::{Id, Kind, Name, Target};

/// For each key its values, none twice.
pub type Joined = Vec<(Name, Vec<Name>)>;

impl Judge<'_> {
    /// What the implications of one component join to: in the order of who implies (an option by `GROUP/OPTION`), then of
    /// the list.
    pub fn merged_params(&self, one: &Try, of: Id) -> Joined {
        let parts = self.parts(one);
        let mut all: Vec<(Kind, String, &Need<'_>)> = Vec::new();
        for (number, state) in self.present(one) {
            let id = self.components[number].entry.id;
            let needs = state.implies.iter().chain(&state.builds);
            all.extend(needs.map(|need| (id.kind, id.name.to_owned(), need)));
        }
        for (group, turn, _) in self.options(one, &parts) {
            let group = &self.groups[group];
            let by = format!("{}/{}", group.entry.id.name, group.entry.options[turn].name);
            all.extend(group.needs[turn].iter().map(|need| (group.entry.id.kind, by.clone(), need)));
        }
        all.retain(|(_, _, need)| match need.target {
            Target::Component(id) => id == of,
            Target::Group(_) => need.group.is_some_and(|group| {
                let entry = self.groups[group].entry;
                entry.id.kind == of.kind && entry.options.iter().any(|option| option.name == of.name)
            }),
        });
        all.sort_by(|a, b| (a.0, &a.1, a.2.target.turn()).cmp(&(b.0, &b.1, b.2.target.turn())));
        join(all.iter().map(|(_, _, need)| need.params()))
    }

    /// The params of a component's own implications, over their targets in the order of the ids; for a key that these
    /// don't have, those of the implications that it has as an option.
    pub fn own_params(&self, one: &Try, of: Id) -> Joined {
        let Some(number) = self.components.iter().position(|component| component.entry.id == of) else {
            return Vec::new();
        };
        let Some(state) = self.state(one, number) else { return Vec::new() };
        let parts = self.parts(one);
        let as_option = self.options(one, &parts).filter(|(_, _, member)| *member == number);
        let as_option = as_option.flat_map(|(group, turn, _)| &self.groups[group].needs[turn]);
        let mut own = by_target(state.implies.iter().chain(&state.builds));
        for (key, values) in by_target(as_option) {
            if own.iter().all(|(of, _)| *of != key) {
                own.push((key, values));
            }
        }
        own
    }

    /// The environment of a present package, or the key that nobody sets.
    ///
    /// # Errors
    /// The key.
    pub fn env(&self, one: &Try, of: Id) -> Result<Vec<String>, Name> {
        let own = self.own_params(one, of);
        let entry = self.components.iter().find(|component| component.entry.id == of).map(|c| c.entry);
        let uses = entry.into_iter().flat_map(|entry| &entry.uses);
        uses.map(|(key, has_default)| match own.iter().find(|(of, _)| of == key) {
            Some((_, values)) => Ok(values.join(",")),
            None if *has_default => Ok("none".to_owned()),
            None => Err(*key),
        })
        .collect()
    }

    /// Whether a present package wants a param that nobody sets.
    pub fn lacks_params(&self, one: &Try) -> bool {
        let ids = self.present(one).map(|(number, _)| self.components[number].entry.id);
        ids.filter(|id| id.kind == Kind::Package).any(|id| self.env(one, id).is_err())
    }
}

impl Need<'_> {
    fn params(&self) -> &[(Name, Vec<Name>)] {
        match self.wish {
            Wish::Demand(what) => &what.params,
            Wish::Presence | Wish::Image => &[],
        }
    }
}

fn by_target<'n>(needs: impl Iterator<Item = &'n Need<'n>>) -> Joined {
    let mut all: Vec<&Need<'_>> = needs.collect();
    all.sort_by_key(|need| need.target.turn());
    join(all.into_iter().map(Need::params))
}

fn join<'p>(all: impl Iterator<Item = &'p [(Name, Vec<Name>)]>) -> Joined {
    let mut joined = Joined::new();
    for (key, values) in all.flatten() {
        let at = joined.iter().position(|(of, _)| of == key).unwrap_or_else(|| {
            joined.push((key, Vec::new()));
            joined.len() - 1
        });
        for value in values {
            if !joined[at].1.contains(value) {
                joined[at].1.push(value);
            }
        }
    }
    joined
}
