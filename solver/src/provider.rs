//! One search: the encoding handed to `PubGrub`, and its answer as a model or a refutation.
//!
//! Owns: the order of decisions, the greedy choice of values, and the call of `PubGrub`. Refuses: deciding what is
//! searched and what becomes of the answer. Whatever is chosen here is only where the search looks first; which
//! solution wins is decided by [`crate::prefer`].

use std::cmp::Reverse;
use std::collections::HashMap;

use pubgrub::{
    Dependencies, DependencyProvider, PackageResolutionStatistics, PubGrubError, SelectedDependencies,
    resolve,
};

use crate::bitset::{BitSet, Value};
use crate::derive::Refutation;
use crate::encode::{ROOT, Shape, Variable, World, counted, uncounted};
use crate::fuel::{self, Stop, tick};
use crate::narrow::Narrowing;
use crate::problem::{GroupId, ItemId, Preference};

/// The values of all decided variables. What is not decided is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model(HashMap<Variable, Value>);

impl Model {
    /// Of these values.
    pub(crate) fn new(values: HashMap<Variable, Value>) -> Self {
        Self(values)
    }

    /// The value of a variable.
    pub(crate) fn value(&self, variable: Variable) -> Value {
        self.0.get(&variable).copied().unwrap_or(0)
    }
}

/// The end of a search.
pub(crate) enum Outcome {
    /// Values that keep every rule.
    Model(Model),
    /// There are none.
    Refuted(Refutation),
}

/// Where a search looks first, taken from the preferences of the problem once.
pub(crate) struct Taste {
    /// By item: the rank of each candidate.
    ranks: HashMap<u32, Vec<u32>>,
}

impl Taste {
    /// The taste of the problem's preferences.
    pub(crate) fn new(world: &World<'_>) -> Self {
        let mut ranks = HashMap::new();
        for preference in &world.problem().preferences {
            if let Preference::Rank(item, of) = preference {
                ranks.entry(item.0).or_insert_with(|| of.clone());
            }
        }
        Self { ranks }
    }

    fn rank(&self, item: u32, value: Value) -> u32 {
        self.ranks.get(&item).and_then(|ranks| ranks.get(value as usize - 1)).copied().unwrap_or(0)
    }
}

/// Searches `world` within `fuel`, looking first near a model, else where `taste` says, and only where `narrowing`
/// leaves something.
pub(crate) fn search(
    world: &World<'_>,
    taste: &Taste,
    near: Option<&Model>,
    narrowing: &Narrowing<'_, '_>,
    fuel: &mut u64,
) -> Result<Outcome, Stop> {
    if near.is_none()
        && !world.is_for_one_engine()
        && let Some(model) = fuel::within(fuel, || evident(world, taste, narrowing))?
    {
        return Ok(Outcome::Model(model));
    }
    let provider = Provider { world, taste, near, narrowing };
    match fuel::within(fuel, || resolve(&provider, Variable::Root, ROOT))? {
        Ok(selected) => Ok(Outcome::Model(model(selected, narrowing))),
        Err(PubGrubError::NoSolution(tree)) => Ok(Outcome::Refuted(Refutation::new(tree))),
        Err(
            PubGrubError::ErrorInShouldCancel(stop)
            | PubGrubError::ErrorChoosingVersion { source: stop, .. }
            | PubGrubError::ErrorRetrievingDependencies { source: stop, .. },
        ) => Err(stop),
    }
}

/// What `PubGrub` would choose, where that is plain to see: every decision that is left is which value an item takes that
/// has to be there, and taking the one that it would take first each time is a solution. All that such a search knows at
/// any time is kept by that solution, so the value is among those that are left whenever it is decided, and as the first
/// of all it is also the first of those; what has no reason is left out first of all.
fn evident(world: &World<'_>, taste: &Taste, narrowing: &Narrowing<'_, '_>) -> Option<Model> {
    let groups = 0..world.problem().groups.len() as u32;
    if !groups.into_iter().all(|group| narrowing.is_decided(GroupId(group))) {
        return None;
    }
    let choose = |item: ItemId, open: &BitSet| {
        open.iter().min_by_key(|value| (taste.rank(item.0, *value), *value)).unwrap_or(0)
    };
    let chosen = narrowing.known().evident(choose)?;
    let items = chosen.items.iter().zip(0..).filter(|(value, _)| **value > 0);
    let mut values: HashMap<Variable, Value> =
        items.map(|(value, item)| (Variable::Item(item), *value)).collect();
    for (group, chain) in world.chains() {
        if chosen.is_part(group) {
            let value = match chain.shape {
                Shape::One => chain.items.iter().position(|item| chosen.value(*item) > 0)? as Value + 1,
                Shape::Counted { .. } | Shape::Enough { .. } | Shape::Free => 1,
            };
            values.insert(Variable::Group(group.0), value);
        }
    }
    Some(Model(values))
}

fn model(selected: SelectedDependencies<Variable, Value>, narrowing: &Narrowing<'_, '_>) -> Model {
    let mut values: HashMap<Variable, Value> = selected.into_iter().collect();
    values.extend(narrowing.settled());
    Model(values)
}

pub(crate) struct Provider<'a, 'p> {
    world: &'a World<'p>,
    taste: &'a Taste,
    near: Option<&'a Model>,
    narrowing: &'a Narrowing<'a, 'p>,
}

/// Nothing to choose first, then what has to be there, of which the options of loosely counted groups come last (they
/// are left out unless something else has asked for them by then), then few values before many, then by number.
type Priority = (bool, bool, bool, Reverse<u32>, Reverse<Variable>);

impl DependencyProvider for Provider<'_, '_> {
    type P = Variable;
    type V = Value;
    type VS = BitSet;
    type Priority = Priority;
    type M = String;
    type Err = Stop;

    fn prioritize(&self, variable: &Variable, set: &BitSet, _: &PackageResolutionStatistics) -> Priority {
        let count = set.count();
        let is_loose = matches!(variable, Variable::Node(group, _)
            if self.world.chain(GroupId(*group)).is_some_and(|chain| !chain.counts_all()));
        (count <= 1, !set.has(0), !is_loose, Reverse(count), Reverse(*variable))
    }

    fn choose_version(&self, variable: &Variable, set: &BitSet) -> Result<Option<Value>, Stop> {
        tick();
        // Absence first, always: this is what keeps out whatever has no reason.
        if set.has(0) {
            return Ok(Some(0));
        }
        if let Some(value) = self.near.map(|model| model.value(*variable)).filter(|value| set.has(*value)) {
            return Ok(Some(value));
        }
        Ok(match *variable {
            Variable::Item(item) => set.iter().min_by_key(|value| (self.taste.rank(item, *value), *value)),
            Variable::Group(_) => set.iter().last(),
            Variable::Node(group, place) => self.node(group, place, set),
            Variable::Resource(_)
            | Variable::Choice(_)
            | Variable::Root
            | Variable::Never
            | Variable::Bundle(_) => set.first(),
        })
    }

    fn get_dependencies(
        &self,
        variable: &Variable,
        value: &Value,
    ) -> Result<Dependencies<Variable, BitSet, String>, Stop> {
        let mut edges = Vec::new();
        self.narrowing.bounds_of(*variable, *value, &mut |edge| edges.push((edge.target, edge.set.clone())));
        Ok(Dependencies::Available(edges.into_iter().collect()))
    }

    fn should_cancel(&self) -> Result<(), Stop> {
        if fuel::interrupted() { Err(Stop::Interrupted) } else { Ok(()) }
    }
}

impl Provider<'_, '_> {
    /// The count next to what is aimed at, from above; with this option if that leaves the count as it is.
    fn node(&self, group: u32, place: u32, set: &BitSet) -> Option<Value> {
        let chain = self.world.chain(GroupId(group))?;
        let wanted = chain.wanted.get(place as usize).copied().unwrap_or(false);
        if let Shape::Free = chain.shape {
            return if wanted { set.first() } else { set.iter().last() };
        }
        let is_end = place as usize + 1 == chain.items.len();
        let aim = if is_end { chain.shape.counted(self.narrowing.aim(group)) } else { 0 };
        let value = set.iter().find(|value| uncounted(*value).0 >= aim).or_else(|| {
            let most = uncounted(set.iter().last()?).0;
            set.iter().find(|value| uncounted(*value).0 == most)
        })?;
        // A full count says nothing of whether this option is one too many: it is if there are enough without it.
        let (count, _) = uncounted(value);
        let without = counted(count, false);
        let is_enough = matches!(chain.shape, Shape::Enough { upto, .. } if upto == count)
            && !wanted
            && set.has(without)
            && self.narrowing.sure_before(group, place) >= count;
        Some(if is_enough { without } else { value })
    }
}
