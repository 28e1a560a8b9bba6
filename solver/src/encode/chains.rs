//! Groups as chains of their options, and how far they are counted.
//!
//! Owns: the order of the options, the shape of each group, and the values of its nodes. Refuses: edges.

use std::collections::HashMap;

use crate::bitset::{BitSet, Value};
use crate::problem::{Count, ItemId, Member, Preference, Problem, StatementId};

/// How a group's options are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Exactly one.
    One,
    /// Within bounds.
    Counted {
        /// The least number.
        min: u32,
        /// The greatest number, at most the number of options.
        max: u32,
    },
    /// At least so many; counted no further than is asked for.
    Enough {
        /// The least number.
        min: u32,
        /// A count of this stands for so many or more. At least `min`, and 1.
        upto: u32,
    },
    /// Any number: the sentence that bounds it is left out, or says nothing.
    Free,
}

/// How exactly groups are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Every group to the last option, so that any bound on its number can be told to the search.
    All,
    /// So are groups of at most so many options. Of others only what their own bounds ask for is counted, since a
    /// counter costs as much as the square of its length.
    UpTo(usize),
}

/// A group as the encoding sees it.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// How it is counted.
    pub(crate) shape: Shape,
    /// The distinct members by place.
    pub(crate) items: Vec<ItemId>,
    /// The place of each member.
    places: Vec<u32>,
    /// The options that are wanted, by place.
    pub(crate) wanted: Vec<bool>,
}

impl Chain {
    /// The place of a member, if there is such a member.
    pub(crate) fn place(&self, member: Member) -> Option<u32> {
        self.places.get(member as usize).copied()
    }

    /// The values with which it takes part.
    pub(crate) fn active(&self) -> BitSet {
        match self.shape {
            Shape::One => BitSet::range(1, self.items.len() as u32),
            Shape::Counted { .. } | Shape::Enough { .. } | Shape::Free => BitSet::range(1, 1),
        }
    }

    /// The greatest number of options that it can have.
    pub(crate) fn most(&self) -> u32 {
        match self.shape {
            Shape::One => 1,
            Shape::Counted { max, .. } => max,
            Shape::Enough { .. } | Shape::Free => self.items.len() as u32,
        }
    }

    /// Whether a bound on the number of its options can be told to the search.
    pub(crate) fn counts_all(&self) -> bool {
        matches!(self.shape, Shape::Counted { .. })
    }
}

impl Shape {
    /// What a number of options is in a counter.
    pub(crate) fn counted(self, number: u32) -> u32 {
        match self {
            Self::Enough { upto, .. } => number.min(upto),
            Self::One | Self::Counted { .. } | Self::Free => number,
        }
    }

    /// Whether a counter can go from `before` to `count` over an option that is there or not.
    pub(crate) fn follows(self, before: u32, count: u32, present: bool) -> bool {
        self.counted(before + u32::from(present)) == count
    }
}

/// The value of a counter node: `count` options up to and including this place; `present`: this one is among them.
/// Ascending values are few before many, and with this option before without.
pub(crate) const fn counted(count: u32, present: bool) -> Value {
    1 + 2 * count + if present { 0 } else { 1 }
}

/// What the value of a counter node says (not for 0): the inverse of [`counted`].
pub(crate) const fn uncounted(value: Value) -> (u32, bool) {
    ((value - 1) / 2, (value - 1).is_multiple_of(2))
}

/// The value of a node of an uncounted group whose option is present, and absent.
pub(crate) const FREE: (Value, Value) = (1, 2);

/// The chains of all groups.
pub(super) fn chains(
    problem: &Problem,
    counting: Counting,
    keep: &impl Fn(StatementId) -> bool,
) -> Vec<Chain> {
    let mut wishes: Vec<(Vec<Member>, Vec<Member>)> = vec![Default::default(); problem.groups.len()];
    for preference in &problem.preferences {
        match preference {
            Preference::Rank(..) => {}
            Preference::Wanted(group, members) => {
                if let Some(wish) = wishes.get_mut(group.0 as usize) {
                    wish.0.extend(members);
                }
            }
            Preference::Fill(group, members) => {
                if let Some(wish) = wishes.get_mut(group.0 as usize) {
                    wish.1.extend(members);
                }
            }
        }
    }
    problem
        .groups
        .iter()
        .zip(wishes)
        .map(|(group, (wanted, fill))| {
            let shape = match group.count {
                _ if !keep(group.statement) => Shape::Free,
                Count::One => Shape::One,
                Count::Between { min, max } => {
                    Shape::Counted { min, max: max.min(group.members.len() as u32) }
                }
            };
            let mut chain = chain(shape, &group.members, &wanted, &fill);
            chain.shape = shape_of(&chain, counting);
            chain
        })
        .collect()
}

/// How a chain is counted: no further than it has to be.
fn shape_of(chain: &Chain, counting: Counting) -> Shape {
    match (chain.shape, counting) {
        (Shape::Counted { min, max }, Counting::UpTo(most))
            if max as usize >= chain.items.len() && chain.items.len() > most =>
        {
            let wanted = chain.wanted.iter().filter(|wanted| **wanted).count() as u32;
            if min == 0 { Shape::Free } else { Shape::Enough { min, upto: min.max(wanted) } }
        }
        (shape, _) => shape,
    }
}

fn chain(shape: Shape, members: &[ItemId], wanted: &[Member], fill: &[Member]) -> Chain {
    let mut best_first: Vec<ItemId> = Vec::with_capacity(members.len());
    let mut place_of: HashMap<ItemId, u32> = HashMap::with_capacity(members.len());
    let named = wanted.iter().chain(fill).filter_map(|member| members.get(*member as usize));
    for item in named.chain(members) {
        place_of.entry(*item).or_insert_with(|| {
            best_first.push(*item);
            best_first.len() as u32
        });
    }
    let all = best_first.len() as u32;
    best_first.reverse();
    let places: Vec<u32> =
        members.iter().map(|item| all - place_of.get(item).copied().unwrap_or(all)).collect();
    let mut is_wanted = vec![false; best_first.len()];
    for place in wanted.iter().filter_map(|member| places.get(*member as usize)) {
        if let Some(flag) = is_wanted.get_mut(*place as usize) {
            *flag = true;
        }
    }
    Chain { shape, items: best_first, places, wanted: is_wanted }
}
