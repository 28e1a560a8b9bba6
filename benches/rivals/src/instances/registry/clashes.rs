//! Pins that clash: several at once, some of them about the same things, so that what mends one conflict may open or keep
//! another, and some about things that have nothing to do with each other.
//!
//! Owns: which pins a manifest gets. Refuses: the registry itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Range, Registry, Seed, Target};

/// How large the registries are, and how many of their entries the manifest names: for a stack of some 200 components,
/// and for one of more than twice as many.
pub const SIZES: [(u32, u32); 2] = [(4_000, 80), (4_000, 200)];

/// How many instances there are of each size.
pub const INSTANCES: u64 = 8;

/// The instances: entries, how many of them are selected, and the seed.
pub fn all() -> impl Iterator<Item = (u32, u32, u64)> {
    SIZES
        .into_iter()
        .flat_map(|(entries, selected)| (0..INSTANCES).map(move |seed| (entries, selected, seed)))
}

impl Registry {
    /// The manifest's text with pins that clash: between three and eight.
    pub fn clashing(&self, seed: u64) -> String {
        let mut text = self.manifest(false);
        text.push_str("constraints:\n");
        for (id, pin) in self.pins(seed) {
            let _ = writeln!(text, "  {id}: {{version: \"{pin}\"}}");
        }
        text
    }

    /// Pins by the component that they are on. A few are around one component that the manifest names, on what it and
    /// others need; the rest anywhere.
    fn pins(&self, seed: u64) -> BTreeMap<String, String> {
        let seed = &mut Seed(0xc1a5_0000 + seed);
        // a few of each
        let (around, anywhere) = (2 + seed.below(5), 1 + seed.below(2));
        let mut pins = BTreeMap::new();
        let hub = self.hub(seed);
        let mut near: Vec<u32> = hub.into_iter().flat_map(|hub| self.near(hub)).collect();
        for _ in 0..around {
            if !near.is_empty() {
                let number = near.swap_remove(seed.below(near.len() as u32) as usize);
                pins.insert(self.id(Target::Component(number)), self.pin_of(seed, number));
            }
        }
        let mut named: Vec<Target> = self.selected.iter().map(|(target, _)| *target).collect();
        let mut left = anywhere;
        while left > 0 && !named.is_empty() {
            let target = named.swap_remove(seed.below(named.len() as u32) as usize);
            if let Some(target) = self.contradicted(target) {
                pins.insert(self.id(target), "<2".to_owned());
                left -= 1;
            }
        }
        pins
    }

    /// A component that the manifest names and that needs much: the best of a few.
    fn hub(&self, seed: &mut Seed) -> Option<u32> {
        let few =
            (0..4).filter_map(|_| match self.selected[seed.below(self.selected.len() as u32) as usize].0 {
                Target::Component(number) => Some(number),
                Target::Group(_) => None,
            });
        few.max_by_key(|number| self.near(*number).len())
    }

    /// What a component needs, directly and through others, and what else the manifest names that needs the same.
    fn near(&self, hub: u32) -> BTreeSet<u32> {
        let mut near = self.below(hub);
        for (target, _) in &self.selected {
            if let Target::Component(number) = target {
                let own = self.below(*number);
                if own.iter().filter(|one| near.contains(one)).count() > 1 {
                    near.extend(own);
                }
            }
        }
        near
    }

    fn below(&self, number: u32) -> BTreeSet<u32> {
        let (mut below, mut todo) = (BTreeSet::new(), vec![number]);
        while let Some(next) = todo.pop() {
            if below.insert(next) {
                let needed =
                    self.components[next as usize].demands.iter().filter_map(|(target, _)| match target {
                        Target::Component(number) => Some(*number),
                        Target::Group(_) => None,
                    });
                todo.extend(needed);
            }
        }
        below
    }

    /// A pin that some of those that need the component won't like.
    fn pin_of(&self, seed: &mut Seed, number: u32) -> String {
        let component = &self.components[number as usize];
        let newest = component.demands.iter().any(|(_, range)| *range == Range::Newest);
        match seed.below(4) {
            0 => ">=5".to_owned(),
            1 => "<3".to_owned(),
            _ if newest => format!("=={}.0.0", component.releases),
            2 => "<2".to_owned(),
            _ => "==2.0.0".to_owned(),
        }
    }
}
