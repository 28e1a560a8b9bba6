//! The closed world that is to be solved: items, groups, resources, rules, preferences.
//!
//! Owns: the vocabulary and the builder. Refuses: any meaning beyond it; what an item or a statement *is* stays with
//! the caller, who keeps tables from these numbers to its own things.

use std::fmt;

use crate::bitset::BitSet;

/// A sentence of the caller's: the unit that conflicts speak in. Numbered by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(pub u32);

/// Something that is absent or in exactly one of its candidates. Numbered from 0 in the order of [`Problem::item`];
/// ties are broken by this number, so the caller adds items in the order of its own stable ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// A group of items. Numbered from 0 in the order of [`Problem::group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// Something that one item at most can hold: a port of the host, a name. Numbered from 0 in the order of
/// [`Problem::resource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// A candidate of an item: an index into its candidates, counted from 0, the best first.
pub type Candidate = u32;

/// An option of a group: an index into its members, counted from 0, in the order of their places.
pub type Member = u32;

/// A set of an item's candidates (never says anything about absence).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CandidateSet {
    /// Ascending, each once.
    all: Vec<Candidate>,
    /// The same as values, if they fit into a word: bit `1 + candidate`.
    word: Option<u64>,
}

impl Default for CandidateSet {
    fn default() -> Self {
        Self::ascending(Vec::new())
    }
}

impl fmt::Debug for CandidateSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CandidateSet").field(&self.all).finish()
    }
}

impl CandidateSet {
    /// The candidates `0..n`.
    pub fn all(n: u32) -> Self {
        Self::ascending((0..n).collect())
    }

    fn ascending(all: Vec<Candidate>) -> Self {
        let fits = all.last().is_none_or(|last| *last < u64::BITS - 1);
        let word = fits.then(|| all.iter().fold(0, |word, candidate| word | 1 << (candidate + 1)));
        Self { all, word }
    }

    /// As values of an item that has so many candidates: `1 + candidate` for those that exist.
    pub(crate) fn values(&self, candidates: u32) -> BitSet {
        match self.word {
            Some(word) if candidates >= u64::BITS - 1 => BitSet::of_word(word),
            Some(word) => BitSet::of_word(word).and(&BitSet::range(1, candidates)),
            None => self.iter().take_while(|one| *one < candidates).map(|one| one + 1).collect(),
        }
    }

    /// Whether `candidate` is in the set.
    pub fn contains(&self, candidate: Candidate) -> bool {
        self.all.binary_search(&candidate).is_ok()
    }

    /// The candidates, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.all.iter().copied()
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl FromIterator<Candidate> for CandidateSet {
    fn from_iter<I: IntoIterator<Item = Candidate>>(iter: I) -> Self {
        let mut all: Vec<Candidate> = iter.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self::ascending(all)
    }
}

/// How many of a group's options are present, for whatever reason, when the group takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Count {
    /// 1-of-N.
    One,
    /// M-of-N: at least `min`, at most `max`.
    Between {
        /// The least number of options.
        min: u32,
        /// The greatest number of options.
        max: u32,
    },
}

/// The condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum When {
    /// Holds in every solution.
    Always,
    /// The item is present in one of these candidates.
    Item(ItemId, CandidateSet),
    /// The group takes part.
    TakesPart(GroupId),
    /// The group takes part and this option is present, for whatever reason.
    Option(GroupId, Member),
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Then {
    /// The item is present, in one of these candidates.
    Present(ItemId, CandidateSet),
    /// The item is absent, or in one of these candidates. An empty set keeps it out.
    AbsentOr(ItemId, CandidateSet),
    /// The group takes part.
    TakesPart(GroupId),
    /// The group takes part, and at least one of these options is present: in a group of [`Count::One`], the chosen
    /// one is one of these.
    OneOf(GroupId, Vec<Member>),
    /// The group takes part, and all of these options are present.
    AllOf(GroupId, Vec<Member>),
    /// At least one of these items is present in one of the given candidates.
    AnyOf(Vec<(ItemId, CandidateSet)>),
    /// The resource is held by this item, and by no other one. The item is the name of the holder: usually that of the
    /// condition, but it may be one that stands for somebody outside. It need not be present, and the demand is no
    /// reason for it to be. Demands that name the same holder never clash.
    Holds(ResourceId, ItemId),
    /// Cannot be met: something that does not exist was demanded.
    Never,
}

/// A preference. Earlier ones outweigh later ones; none can make a solvable problem unsolvable. What each costs is
/// written down at the crate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Preference {
    /// Prefer the item in a candidate of low rank; absence has rank 0. `ranks[c]` is the rank of candidate `c`.
    Rank(ItemId, Vec<u32>),
    /// If the group takes part, prefer these options present, the first the most, each on its own.
    Wanted(GroupId, Vec<Member>),
    /// If the group takes part, no more options than its bounds and rules ask for (beyond the wanted ones that are
    /// there), and, where more are needed, these first, in this order. Every option is named once.
    Fill(GroupId, Vec<Member>),
}

/// One rule with the statement that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The sentence that says so.
    pub statement: StatementId,
    /// When it applies.
    pub when: When,
    /// What it demands.
    pub then: Then,
}

/// An interface with options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The sentence that gives the count.
    pub statement: StatementId,
    /// How many options are present when the group takes part.
    pub count: Count,
    /// The options, in the order of their places. A member that is named again is the same option: it counts once.
    pub members: Vec<ItemId>,
}

/// The closed world that is to be solved.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    pub(crate) items: Vec<u32>,
    pub(crate) groups: Vec<Group>,
    pub(crate) resources: u32,
    pub(crate) rules: Vec<Rule>,
    pub(crate) preferences: Vec<Preference>,
    index: Index,
}

/// The rules by what their conditions speak of, so that a solve looks only at those that it reaches. The rules on one
/// subject are a list: each knows the one before it.
#[derive(Debug, Clone, Default)]
struct Index {
    always: Vec<u32>,
    /// By item, by group: the last rule on it, if there is one.
    on_item: Vec<Option<u32>>,
    on_group: Vec<Option<u32>>,
    /// By rule: the one before it on the same subject.
    before: Vec<Option<u32>>,
    /// The rules on what did not exist when they were added.
    early: Vec<u32>,
}

/// What a condition speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    Item(ItemId),
    Group(GroupId),
}

impl When {
    /// What it speaks of, if it is a condition at all.
    pub(crate) fn subject(&self) -> Option<Subject> {
        match self {
            Self::Always => None,
            Self::Item(item, _) => Some(Subject::Item(*item)),
            Self::TakesPart(group) | Self::Option(group, _) => Some(Subject::Group(*group)),
        }
    }
}

/// Problems are equal if what was added to them is.
impl PartialEq for Problem {
    fn eq(&self, other: &Self) -> bool {
        (&self.items, &self.groups, self.resources, &self.rules, &self.preferences)
            == (&other.items, &other.groups, other.resources, &other.rules, &other.preferences)
    }
}

impl Eq for Problem {}

impl Problem {
    /// An empty world; its only solution is that everything is absent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an item with `candidates` candidates (none: it can only be absent).
    pub fn item(&mut self, candidates: u32) -> ItemId {
        self.items.push(candidates);
        ItemId(self.items.len() as u32 - 1)
    }

    /// Adds a group over `members`.
    pub fn group(&mut self, statement: StatementId, count: Count, members: Vec<ItemId>) -> GroupId {
        self.groups.push(Group { statement, count, members });
        GroupId(self.groups.len() as u32 - 1)
    }

    /// Adds a resource. Nobody holds it until a rule says so.
    pub fn resource(&mut self) -> ResourceId {
        self.resources += 1;
        ResourceId(self.resources - 1)
    }

    /// Adds a rule.
    pub fn rule(&mut self, statement: StatementId, when: When, then: Then) {
        let number = self.rules.len() as u32;
        let index = &mut self.index;
        let (all, last, subject) = match when.subject() {
            None => (0, None, 0),
            Some(Subject::Item(item)) => (self.items.len(), Some(&mut index.on_item), item.0 as usize),
            Some(Subject::Group(group)) => (self.groups.len(), Some(&mut index.on_group), group.0 as usize),
        };
        let mut before = None;
        match last {
            None => index.always.push(number),
            Some(last) if subject < all => {
                last.resize(all, None);
                if let Some(last) = last.get_mut(subject) {
                    before = last.replace(number);
                }
            }
            Some(_) => index.early.push(number),
        }
        index.before.push(before);
        self.rules.push(Rule { statement, when, then });
    }

    /// Adds a preference, less important than all before it.
    pub fn prefer(&mut self, preference: Preference) {
        self.preferences.push(preference);
    }

    /// How many candidates an item has.
    pub fn candidates(&self, item: ItemId) -> u32 {
        self.items.get(item.0 as usize).copied().unwrap_or(0)
    }

    /// The groups, by number.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many resources there are.
    pub fn resources(&self) -> u32 {
        self.resources
    }

    /// The rules, in the order in which they were added.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules without a condition.
    pub(crate) fn always(&self) -> &[u32] {
        &self.index.always
    }

    /// The rules on something that did not exist when they were added.
    pub(crate) fn early(&self) -> &[u32] {
        &self.index.early
    }

    /// The other rules on a subject, the last first.
    pub(crate) fn rules_on(&self, subject: Subject) -> impl Iterator<Item = u32> {
        let last = match subject {
            Subject::Item(item) => self.index.on_item.get(item.0 as usize),
            Subject::Group(group) => self.index.on_group.get(group.0 as usize),
        };
        let before = |number: &u32| self.index.before.get(*number as usize).copied().flatten();
        std::iter::successors(last.copied().flatten(), before)
    }

    /// The preferences, the most important first.
    pub fn preferences(&self) -> &[Preference] {
        &self.preferences
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
