//! Compile: from what was read to a closed world of finite choices, with a statement for each rule.
//!
//! Owns: the meaning of the manifest and the registry as rules and preferences. Refuses: searching, and any encoding
//! beyond [`hsm_solver::Problem`].
//!
//! - `again`: the same project with another manifest.
//! - `candidates`: every (release, mode, profile) of a component, and what each of them says.
//! - `wishes`: what the manifest demands, as rules.
//! - `demands`: what components and options demand of each other, as rules.
//! - `facts`: what holds by itself: counts of groups, missing sources, yanked releases, missing entries.
//! - `resources`: what only one running container can hold: ports of the host, names.
//! - `checkouts`: the versions that checkouts say of themselves.
//! - `python`: what all that is demanded of a Python distribution, and of Python, has in common.
//! - `prefer`: which solution is the best.
//!
//! Rings in the order of the work are looked for in a solution, and forbidden when there are any (`solve`).

mod again;
pub mod candidates;
pub mod checkouts;
mod demands;
mod facts;
mod prefer;
mod python;
mod resources;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use hsm_solver::{CandidateSet, ItemId, Member, Problem, StatementId};

use crate::load::Inputs;
use crate::names::{ComponentId, GroupId, Name, TargetId};
use crate::place::Place;
use crate::registry::Group;
use crate::statement::{Claim, Statement};
pub use again::{Before, compile_again};
use candidates::AskedModes;
pub use candidates::{Choice, Parts};
pub use facts::distribution;
pub use python::Joined;

/// The closed world, and the way back from its numbers to names.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The problem to be solved.
    pub problem: Problem,
    /// The statements by their numbers.
    pub statements: Vec<Statement>,
    /// The components that can be reached, by [`ItemId`]; further items are helpers that stand for no component.
    pub components: Vec<Component>,
    /// The groups that can be reached, by [`hsm_solver::GroupId`].
    pub groups: Vec<GroupId>,
    /// Distributions from whose versions conflicts take something away, with all that is demanded of them.
    pub joined: BTreeMap<Name, Joined>,
    /// Components with external profiles that entries ask for: who of these is present decides what they cost.
    pub externals: Vec<External>,
    /// What of it another manifest leaves as it is.
    basis: again::Basis,
}

/// External profiles by component.
type Asked = BTreeSet<(ComponentId, Name)>;

/// A component with external profiles that the manifest does not ask for, but some entry does.
///
/// Its preference speaks of a helper, on which there is no rule yet: so far nothing is held against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// The component.
    pub item: ItemId,
    /// The helper. Its candidates: for each of the profiles, that somebody who is present asks for it; the last, that
    /// nobody asks for what was chosen.
    pub asked: ItemId,
    /// The external profiles that entries ask for, with the candidates that have them.
    pub profiles: Vec<(Name, CandidateSet)>,
    /// The candidates with other external profiles.
    pub others: CandidateSet,
}

/// A component that can be reached.
#[derive(Debug, Clone)]
pub struct Component {
    /// Which.
    pub id: ComponentId,
    /// Its candidates, the best first.
    pub choices: Vec<Choice>,
    /// The sound candidates (of what has no entry: its only one) that the manifest's pins leave.
    pub open: CandidateSet,
    /// Whether the manifest's pins leave no source for the preferred mode.
    pub lacks_preferred: bool,
}

impl Compiled {
    /// The sentence of that number.
    pub fn statement(&self, id: StatementId) -> Option<&Statement> {
        self.statements.get(id.0 as usize)
    }
}

/// Compiles what was read.
pub fn compile(inputs: &Inputs) -> Compiled {
    compile_from(inputs, None)
}

fn compile_from(inputs: &Inputs, before: Option<Before<'_>>) -> Compiled {
    let by = before.map_or_else(|| Arc::new(demands::by_entries(inputs)), |before| before.by_entries());
    let asked = demands::asked_modes(inputs, &by);
    let mut building = Building::new(inputs, &asked, before);
    wishes::all(&mut building);
    let mark = again::Mark::of(&building);
    if !before.is_some_and(|before| mark.take_over(&mut building, before)) {
        demands::all(&mut building);
        facts::all(&mut building);
    }
    let basis = mark.since(&building, asked, Arc::clone(&by));
    resources::all(&mut building);
    python::all(&mut building);
    prefer::all(&mut building, &by.externals);
    for number in 0..building.components.len() {
        building.components[number].lacks_preferred = prefer::lacks_preferred(&building, number);
        building.components[number].open = building.open(number);
    }
    let Building { problem, statements, components, groups, joined, externals, .. } = building;
    let groups = groups.into_iter().map(|g| g.id).collect();
    Compiled { problem, statements, components, groups, joined, externals, basis }
}

/// A group as it is compiled.
struct GroupTable<'a> {
    id: GroupId,
    entry: Option<&'a Group>,
    number: hsm_solver::GroupId,
    members: Vec<ItemId>,
    by_option: HashMap<ComponentId, Member>,
}

impl GroupTable<'_> {
    fn member(&self, name: &Name) -> Option<Member> {
        self.by_option.get(&self.id.option(name)).copied()
    }
}

/// The world while it is being built.
struct Building<'a> {
    inputs: &'a Inputs,
    problem: Problem,
    statements: Vec<Statement>,
    components: Vec<Component>,
    items: BTreeMap<ComponentId, ItemId>,
    groups: Vec<GroupTable<'a>>,
    group_numbers: BTreeMap<GroupId, usize>,
    /// For each component the candidates that the manifest's pins leave.
    allowed: Vec<BTreeSet<u32>>,
    externals: Vec<External>,
    /// For each component its checkouts.
    checkouts: Vec<Vec<checkouts::Table>>,
    /// Demands on the versions of packages that have none of their own.
    floating: Vec<python::Floating>,
    joined: BTreeMap<Name, Joined>,
}

impl<'a> Building<'a> {
    /// All items and groups, in the order of their ids, without any rule.
    fn new(inputs: &'a Inputs, asked: &AskedModes, before: Option<Before<'_>>) -> Self {
        let mut building = Self {
            inputs,
            problem: Problem::new(),
            statements: Vec::new(),
            components: Vec::new(),
            items: BTreeMap::new(),
            groups: Vec::new(),
            group_numbers: BTreeMap::new(),
            allowed: Vec::new(),
            externals: Vec::new(),
            checkouts: Vec::new(),
            floating: Vec::new(),
            joined: BTreeMap::new(),
        };
        let changed = before.as_ref().map(|before| before.changed(asked)).unwrap_or_default();
        let known: BTreeSet<&TargetId> = inputs.entries.keys().chain(inputs.absent.keys()).collect();
        for target in &known {
            if let TargetId::Component(id) = target {
                let number = building.components.len();
                let old = before.and_then(|before| before.choices(inputs, id, number, &changed));
                let choices = old.unwrap_or_else(|| match inputs.entries.get(target) {
                    Some(entry) => candidates::of_entry(inputs, id, entry, asked),
                    None => vec![candidates::no_entry(inputs.preferred_mode())],
                });
                let item = building.problem.item(choices.len() as u32);
                building.allowed.push((0..choices.len() as u32).collect());
                building.items.insert(id.clone(), item);
                building.components.push(Component {
                    id: id.clone(),
                    choices,
                    open: CandidateSet::default(),
                    lacks_preferred: false,
                });
            }
        }
        building.checkouts =
            building.components.iter().map(|component| checkouts::of(inputs, component)).collect();
        for target in &known {
            if let TargetId::Group(id) = target {
                building.add_group(id);
            }
        }
        building
    }

    fn add_group(&mut self, id: &GroupId) {
        let entry = self.inputs.group(id);
        let options = entry.map_or(&[][..], |group| &group.options);
        let mut members = Vec::with_capacity(options.len());
        let mut by_option = HashMap::with_capacity(options.len());
        for (option, member) in options.iter().zip(0..) {
            // Every option of a group that is reached is reached too.
            let id = id.option(&option.name.value);
            members.push(self.items.get(&id).copied().unwrap_or_else(|| self.problem.item(0)));
            by_option.entry(id).or_insert(member);
        }
        let (place, claim, count) = facts::count(self.inputs, id, entry);
        let statement = self.say(place, claim);
        let number = self.problem.group(statement, count, members.clone());
        self.group_numbers.insert(id.clone(), self.groups.len());
        self.groups.push(GroupTable { id: id.clone(), entry, number, members, by_option });
    }

    fn say(&mut self, place: Option<Place>, claim: Claim) -> StatementId {
        self.statements.push(Statement { place, claim });
        StatementId(self.statements.len() as u32 - 1)
    }

    fn group(&self, id: &GroupId) -> Option<&GroupTable<'a>> {
        self.groups.get(*self.group_numbers.get(id)?)
    }

    fn choices(&self, item: ItemId) -> &[Choice] {
        self.components.get(item.0 as usize).map_or(&[], |c| &c.choices)
    }

    /// The candidates of a component that the pins leave, without flawed ones; a missing entry is told elsewhere.
    fn open(&self, number: usize) -> CandidateSet {
        let choices = self.components[number].choices.iter().zip(0..);
        let sound = choices.filter(|(choice, _)| choice.flaw.is_none() || wishes::is_unknown(choice));
        sound.map(|(_, c)| c).filter(|candidate| self.allowed[number].contains(candidate)).collect()
    }

    /// The candidates of an item for which `test` does not hold.
    fn all_but(&self, item: ItemId, test: impl Fn(u32) -> bool) -> CandidateSet {
        (0..self.choices(item).len() as u32).filter(|candidate| !test(*candidate)).collect()
    }

    /// The candidates of an item for which `test` holds.
    fn such(&self, item: ItemId, test: impl Fn(&Choice) -> bool) -> CandidateSet {
        let choices = self.choices(item).iter().zip(0..);
        choices.filter(|(choice, _)| test(choice)).map(|(_, candidate)| candidate).collect()
    }
}
