//! Trees of features, as models of product lines are: children that their parent needs, that it may have, of which it
//! has exactly one or at least one; and constraints across the tree. A configuration is drawn first, and the
//! constraints are such that it keeps them.

use std::collections::BTreeSet;

use batsat::{BasicSolver, Lit, SolverInterface, lbool};
use hsm_solver::{CandidateSet, Count, ItemId, Preference, Problem, Then, When};

use super::{Class, Instance, Seed, Sentences, Size, none};

pub(super) fn instances(size: Size) -> Vec<Instance> {
    let sizes: &[u32] = if size == Size::Full { &[500, 2_000, 6_000, 18_000] } else { &[30, 60] };
    let mut all = Vec::new();
    for &features in sizes {
        for seed in 0..2 {
            let model = Model::new(features, seed);
            let name = format!("features-{features}-{seed}");
            let (good, clash) = (model.problem(false), model.problem(true));
            all.push(Instance {
                class: Class::Features,
                name: name.clone(),
                problem: good,
                solvable: Some(true),
            });
            let name = format!("{name}-clash");
            all.push(Instance {
                class: Class::FeaturesInConflict,
                name,
                problem: clash,
                solvable: Some(false),
            });
        }
    }
    all
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sort {
    Mandatory,
    Optional,
    One,
    Some,
}

/// Children of one feature, of one sort.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) parent: u32,
    pub(super) sort: Sort,
    pub(super) children: Vec<u32>,
}

#[derive(Debug)]
enum Cross {
    Needs(u32, u32),
    Excludes(u32, u32),
    NeedsOneOf(u32, u32, u32),
}

/// A tree of features with constraints across it.
#[derive(Debug)]
pub struct Model {
    features: u32,
    /// Further ones that only stand for parts of constraints.
    helpers: u32,
    branches: Vec<Branch>,
    crossing: Vec<Cross>,
    /// Of models that were read: features of each of which one is there (or not).
    clauses: Vec<Vec<(u32, bool)>>,
    /// Features that are wanted.
    wanted: Vec<u32>,
}

/// What is wrong with a model: features by their numbers, the root being 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    /// In no product.
    pub dead: BTreeSet<u32>,
    /// In every product that has their parent, though they are optional, or one of several that it has some of.
    pub false_optional: BTreeSet<u32>,
}

impl Model {
    /// The model of a seed.
    pub fn new(features: u32, seed: u64) -> Self {
        let seed = &mut Seed(0xfea7_0000 + u64::from(features) * 8 + seed);
        let branches = tree(features, seed);
        let chosen = configuration(features, &branches, seed);
        let mut crossing = Vec::new();
        while crossing.len() < features as usize / 6 {
            let (a, b, c) = (seed.below(features), seed.below(features), seed.below(features));
            let on = |feature: u32| chosen[feature as usize];
            let (cross, kept) = match seed.below(10) {
                0..5 => (Cross::Needs(a, b), !on(a) || on(b)),
                5..8 => (Cross::Excludes(a, b), !on(a) || !on(b)),
                _ => (Cross::NeedsOneOf(a, b, c), !on(a) || on(b) || on(c)),
            };
            if a != b && kept {
                crossing.push(cross);
            }
        }
        let wanted = (1..features).filter(|feature| chosen[*feature as usize] && seed.percent(5)).collect();
        Self { features, helpers: 0, branches, crossing, clauses: Vec::new(), wanted }
    }

    /// A model that was read.
    pub(super) fn read(
        features: u32,
        helpers: u32,
        branches: Vec<Branch>,
        clauses: Vec<Vec<(u32, bool)>>,
    ) -> Self {
        Self { features, helpers, branches, crossing: Vec::new(), clauses, wanted: Vec::new() }
    }

    /// How many features there are.
    pub fn features(&self) -> u32 {
        self.features
    }

    /// How many clauses its constraints make.
    pub fn constraints(&self) -> usize {
        self.crossing.len() + self.clauses.len()
    }

    fn variables(&self) -> u32 {
        self.features + self.helpers
    }

    /// As a problem; with a clash, two alternatives of the largest 1-of-N group of the last half of the tree are wanted.
    fn problem(&self, clash: bool) -> Problem {
        let mut sentences = Sentences::default();
        let items: Vec<ItemId> = (0..self.features).map(|_| sentences.problem.item(1)).collect();
        let item = |feature: u32| items[feature as usize];
        let is = |feature: u32| When::Item(item(feature), CandidateSet::all(1));
        let there = |feature: u32| Then::Present(item(feature), CandidateSet::all(1));
        sentences.rule(When::Always, there(0));
        for branch in &self.branches {
            let counted = match branch.sort {
                Sort::Mandatory | Sort::Optional => None,
                Sort::One => Some(Count::One),
                Sort::Some => Some(Count::Between { min: 1, max: branch.children.len() as u32 }),
            };
            if let Some(count) = counted {
                let statement = sentences.say();
                let members = branch.children.iter().map(|child| item(*child)).collect();
                let group = sentences.problem.group(statement, count, members);
                sentences.rule(is(branch.parent), Then::TakesPart(group));
                let order = (0..branch.children.len() as u32).collect();
                sentences.problem.prefer(Preference::Fill(group, order));
            }
            for child in &branch.children {
                sentences.rule(is(*child), there(branch.parent));
                if branch.sort == Sort::Mandatory {
                    sentences.rule(is(branch.parent), there(*child));
                }
            }
        }
        for cross in &self.crossing {
            match *cross {
                Cross::Needs(a, b) => sentences.rule(is(a), there(b)),
                Cross::Excludes(a, b) => sentences.rule(is(a), Then::AbsentOr(item(b), none())),
                Cross::NeedsOneOf(a, b, c) => {
                    let some = [b, c].map(|one| (item(one), CandidateSet::all(1)));
                    sentences.rule(is(a), Then::AnyOf(some.into()));
                }
            }
        }
        for wanted in &self.wanted {
            sentences.rule(When::Always, there(*wanted));
        }
        let late = self.branches.iter().skip(self.branches.len() / 2);
        let alternatives = late.filter(|branch| branch.sort == Sort::One);
        if let Some(branch) = alternatives.max_by_key(|branch| branch.children.len()).filter(|_| clash) {
            sentences.rule(When::Always, there(branch.children[0]));
            sentences.rule(When::Always, there(branch.children[1]));
        }
        sentences.problem
    }
}

impl Model {
    /// As a registry, by path: a package for each feature, which implies its parent. Optional children are options of
    /// a group that has the parent as an option too, so that it never takes part without it.
    pub fn registry(&self) -> Vec<(String, String)> {
        let mut implies: Vec<Vec<String>> = vec![Vec::new(); self.variables() as usize];
        let mut conflicts: Vec<Vec<String>> = vec![Vec::new(); self.variables() as usize];
        let mut files = Vec::new();
        let called =
            |options: &[u32]| -> Vec<String> { options.iter().map(|option| format!("f{option}")).collect() };
        let mut group = |name: &str, count: &str, options: &[String]| {
            let text =
                format!("name: {name}\ntype: package_group\n{count}\noptions: [{}]\n", options.join(", "));
            files.push((format!("package_groups/{name}.yaml"), text));
        };
        for (number, branch) in self.branches.iter().enumerate() {
            let parent = branch.parent as usize;
            for child in &branch.children {
                implies[*child as usize].push(format!("package:f{parent}: '*'"));
            }
            let name = format!("g{number}");
            match branch.sort {
                Sort::Mandatory => {
                    implies[parent]
                        .extend(branch.children.iter().map(|child| format!("package:f{child}: '*'")));
                    continue;
                }
                Sort::Optional => {
                    let with_parent: Vec<u32> =
                        [branch.parent].iter().chain(&branch.children).copied().collect();
                    group(&name, "strategy: M-of-N", &called(&with_parent));
                }
                Sort::One => group(&name, "strategy: 1-of-N", &called(&branch.children)),
                Sort::Some => group(&name, "strategy: M-of-N", &called(&branch.children)),
            }
            implies[parent].push(format!("package_group:{name}: null"));
        }
        for (number, cross) in self.crossing.iter().enumerate() {
            match *cross {
                Cross::Needs(a, b) => implies[a as usize].push(format!("package:f{b}: '*'")),
                Cross::Excludes(a, b) => conflicts[a as usize].push(format!("package:f{b}: '*'")),
                Cross::NeedsOneOf(a, b, c) => {
                    let options = if b == c { vec![b] } else { vec![b, c] };
                    group(&format!("x{number}"), "strategy: M-of-N", &called(&options));
                    implies[a as usize].push(format!("package_group:x{number}: null"));
                }
            }
        }
        let mut absent: BTreeSet<u32> = BTreeSet::new();
        for (number, clause) in self.clauses.iter().enumerate() {
            // What is said of a feature that has to be absent is said by it; the rest by the root.
            let by = clause.iter().position(|(_, is)| !is);
            let rest = clause.iter().enumerate().filter(|(place, _)| Some(*place) != by);
            let rest: Vec<(u32, bool)> = rest.map(|(_, literal)| *literal).collect();
            let by = by.map_or(0, |place| clause[place].0) as usize;
            match rest.as_slice() {
                [] => conflicts[by].push(format!("package:f{by}: '*'")),
                [(feature, true)] => implies[by].push(format!("package:f{feature}: '*'")),
                [(feature, false)] => conflicts[by].push(format!("package:f{feature}: '*'")),
                several => {
                    let name =
                        |(feature, is): &(u32, bool)| format!("{}{feature}", if *is { "f" } else { "not-f" });
                    let options: Vec<String> = several.iter().map(name).collect();
                    group(&format!("x{number}"), "strategy: M-of-N", &options);
                    implies[by].push(format!("package_group:x{number}: null"));
                    absent.extend(several.iter().filter(|(_, is)| !is).map(|(feature, _)| *feature));
                }
            }
        }
        for feature in absent {
            let text = format!(
                "name: not-f{feature}\nversion: 1\nsources: {{prod: {{type: pypi}}}}\nconflicts: {{package:f{feature}: '*'}}\n"
            );
            files.push((format!("packages/not-f{feature}.yaml"), text));
        }
        for (feature, (implies, conflicts)) in implies.into_iter().zip(conflicts).enumerate() {
            let lines = |lines: Vec<String>| {
                lines.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
            };
            let text = format!(
                "name: f{feature}\nversion: 1\nsources: {{prod: {{type: pypi}}}}\nimplies: {{{}}}\nconflicts: {{{}}}\n",
                lines(implies),
                lines(conflicts)
            );
            files.push((format!("packages/f{feature}.yaml"), text));
        }
        files
    }

    /// Whether the children of that branch are optional.
    pub fn is_optional(&self, branch: u32) -> bool {
        self.branches.get(branch as usize).is_some_and(|branch| branch.sort == Sort::Optional)
    }

    /// What an analyser finds that puts the model into clauses and asks a SAT solver about each feature. What one set
    /// of values shows is not asked again.
    pub fn anomalies(&self) -> Anomalies {
        let mut solver = BasicSolver::default();
        let on: Vec<Lit> = (0..self.variables()).map(|_| Lit::new(solver.new_var_default(), true)).collect();
        let is = |feature: u32| on[feature as usize];
        let mut clause = |literals: &[Lit]| {
            solver.add_clause_reuse(&mut literals.to_vec());
        };
        clause(&[is(0)]);
        let mut optional: Vec<(u32, u32)> = Vec::new();
        for branch in &self.branches {
            for child in &branch.children {
                clause(&[!is(*child), is(branch.parent)]);
            }
            let some: Vec<Lit> =
                [!is(branch.parent)].into_iter().chain(branch.children.iter().map(|c| is(*c))).collect();
            match branch.sort {
                Sort::Mandatory => {
                    branch.children.iter().for_each(|child| clause(&[!is(branch.parent), is(*child)]));
                }
                Sort::Optional => {}
                Sort::One | Sort::Some => clause(&some),
            }
            if branch.sort == Sort::One {
                for (place, one) in branch.children.iter().enumerate() {
                    branch.children[..place].iter().for_each(|other| clause(&[!is(*one), !is(*other)]));
                }
            }
            let several = branch.sort == Sort::Some && branch.children.len() > 1;
            if several || branch.sort == Sort::Optional {
                optional.extend(branch.children.iter().map(|child| (branch.parent, *child)));
            }
        }
        for cross in &self.crossing {
            match *cross {
                Cross::Needs(a, b) => clause(&[!is(a), is(b)]),
                Cross::Excludes(a, b) => clause(&[!is(a), !is(b)]),
                Cross::NeedsOneOf(a, b, c) => clause(&[!is(a), is(b), is(c)]),
            }
        }
        for several in &self.clauses {
            let literals: Vec<Lit> = several
                .iter()
                .map(|(feature, there)| if *there { is(*feature) } else { !is(*feature) })
                .collect();
            clause(&literals);
        }
        let mut alive = vec![false; self.features as usize];
        let mut left_out: BTreeSet<(u32, u32)> = BTreeSet::new();
        let mut found = Anomalies::default();
        let mut ask = |assumed: &[Lit], alive: &mut Vec<bool>, left_out: &mut BTreeSet<(u32, u32)>| {
            if solver.solve_limited(assumed) != lbool::TRUE {
                return false;
            }
            let holds = |feature: u32| solver.value_lit(is(feature)) == lbool::TRUE;
            (0..self.features).for_each(|feature| alive[feature as usize] |= holds(feature));
            left_out.extend(optional.iter().filter(|(parent, child)| holds(*parent) && !holds(*child)));
            true
        };
        for feature in 0..self.features {
            if !alive[feature as usize] && !ask(&[is(feature)], &mut alive, &mut left_out) {
                found.dead.insert(feature);
            }
        }
        for (parent, child) in &optional {
            let is_new = !found.dead.contains(child) && !left_out.contains(&(*parent, *child));
            if is_new && !ask(&[is(*parent), !is(*child)], &mut alive, &mut left_out) {
                found.false_optional.insert(*child);
            }
        }
        found
    }
}

/// Features from 0, the root; each has its children after it.
fn tree(features: u32, seed: &mut Seed) -> Vec<Branch> {
    let mut branches = Vec::new();
    let (mut next, mut parent) = (1, 0);
    while next < features {
        for _ in 0..=seed.below(3) {
            let sort = match seed.below(100) {
                0..25 => Sort::Mandatory,
                25..60 => Sort::Optional,
                60..85 => Sort::One,
                _ => Sort::Some,
            };
            let least = if matches!(sort, Sort::One | Sort::Some) { 2 } else { 1 };
            let children: Vec<u32> = (next..features).take((least + seed.below(5)) as usize).collect();
            if children.is_empty() {
                return branches;
            }
            if children.len() < least as usize {
                // The last feature is alone.
                branches.push(Branch { parent, sort: Sort::Optional, children: (next..features).collect() });
                return branches;
            }
            next += children.len() as u32;
            branches.push(Branch { parent, sort, children });
        }
        parent = (parent + 1).min(next - 1);
    }
    branches
}

/// Draws a configuration: parents come before their children.
fn configuration(features: u32, branches: &[Branch], seed: &mut Seed) -> Vec<bool> {
    let mut chosen = vec![false; features as usize];
    chosen[0] = true;
    for branch in branches {
        if !chosen[branch.parent as usize] {
            continue;
        }
        let lucky = seed.below(branch.children.len() as u32) as usize;
        for (place, child) in branch.children.iter().enumerate() {
            chosen[*child as usize] = match branch.sort {
                Sort::Mandatory => true,
                Sort::Optional => seed.percent(40),
                Sort::One => place == lucky,
                Sort::Some => place == lucky || seed.percent(30),
            };
        }
    }
    chosen
}
