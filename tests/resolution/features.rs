//! Feature models as registries: a tree of features with alternatives and options, and clauses across it. Whether there
//! is a stack is what a small solver of clauses says, and a stack keeps every clause.
//!
//! A model is written down in two ways: features that are there or not, with groups, implications and conflicts; and
//! features that are always there in one of two releases, on or off, each clause a package of which each release meets
//! one of its literals.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::memory::{Memory, ROOT};
use hsm::compile::compile;
use hsm::load::{LoadOptions, load};
use hsm::solve::{NoStack, Solved, solve};
use hsm_oracle::Dice;

/// A feature, positive where it is there; never 0.
type Literal = i32;

fn below(dice: &mut Dice, bound: Literal) -> Literal {
    Literal::try_from(dice.below(usize::try_from(bound).unwrap())).unwrap()
}

/// How children hang below their parent.
#[derive(Clone, Copy, PartialEq)]
enum Below {
    Mandatory,
    Optional,
    One,
    Some,
}

/// A feature model: feature 1 is the root.
struct Model {
    features: Literal,
    tree: Vec<(Below, Literal, Vec<Literal>)>,
    across: Vec<Vec<Literal>>,
}

impl Model {
    fn random(dice: &mut Dice, features: Literal, percent_across: Literal) -> Self {
        let mut tree = Vec::new();
        let mut open = vec![1];
        let mut next = 2;
        while next <= features {
            let parent = open.swap_remove(dice.below(open.len()));
            let children: Vec<Literal> = (next..=features).take(1 + dice.below(6)).collect();
            next = children.last().map_or(next, |last| last + 1);
            open.extend(&children);
            let below = match dice.below(4) {
                0 => Below::Mandatory,
                1 => Below::Optional,
                2 => Below::One,
                _ => Below::Some,
            };
            tree.push((below, parent, children));
        }
        let across = (0..features * percent_across / 100).map(|_| {
            let literals = 2 + dice.below(2);
            let literal = |dice: &mut Dice| {
                let feature = 2 + below(dice, features - 1);
                if dice.percent(35) { feature } else { -feature }
            };
            (0..literals).map(|_| literal(dice)).collect::<BTreeSet<_>>().into_iter().collect()
        });
        Self { features, tree, across: across.collect() }
    }

    /// All that must hold, as clauses.
    fn clauses(&self) -> Vec<Vec<Literal>> {
        let mut all = vec![vec![1]];
        for (below, parent, children) in &self.tree {
            all.extend(children.iter().map(|child| vec![-child, *parent]));
            match below {
                Below::Optional => {}
                Below::Mandatory => all.extend(children.iter().map(|child| vec![-parent, *child])),
                Below::One | Below::Some => all.push([-parent].into_iter().chain(children.clone()).collect()),
            }
            if *below == Below::One {
                for (i, one) in children.iter().enumerate() {
                    all.extend(children[..i].iter().map(|other| vec![-one, -other]));
                }
            }
        }
        all.extend(self.across.clone());
        all
    }
}

/// Whether clauses can be met together: tries, and follows what has only one way left.
fn solvable(clauses: &[Vec<Literal>], pins: &[Literal]) -> bool {
    let mut todo: Vec<BTreeSet<Literal>> = vec![pins.iter().copied().collect()];
    while let Some(mut set) = todo.pop() {
        let mut branch = None;
        let mut clash = set.iter().any(|literal| set.contains(&-literal));
        let mut changed = true;
        while changed && !clash {
            (changed, branch) = (false, None);
            for clause in clauses {
                if clause.iter().any(|literal| set.contains(literal)) {
                    continue;
                }
                let open: Vec<Literal> =
                    clause.iter().copied().filter(|literal| !set.contains(&-literal)).collect();
                match open.as_slice() {
                    [] => clash = true,
                    [only] => changed |= set.insert(*only),
                    [first, ..] => branch = branch.or(Some(*first)),
                }
            }
        }
        match branch {
            _ if clash => {}
            None => return true,
            Some(literal) => {
                for way in [-literal, literal] {
                    let mut next = set.clone();
                    next.insert(way);
                    todo.push(next);
                }
            }
        }
    }
    false
}

/// A project's files.
#[derive(Default)]
struct Written {
    packages: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    listed: Vec<String>,
    taking_part: Vec<String>,
    constraints: String,
}

impl Written {
    fn package(&mut self, name: String) -> &mut String {
        self.packages.entry(name).or_default()
    }

    fn group(&mut self, head: &str, options: impl Iterator<Item = String>) -> String {
        let name = format!("g{}", self.groups.len());
        let mut text = format!("{head}\noptions:\n");
        for option in options {
            let _ = writeln!(text, "  - {{name: {option}}}");
        }
        self.groups.insert(name.clone(), text);
        name
    }

    fn world(self) -> Memory {
        let packages = self.packages.into_iter().map(|(name, text)| {
            let head = if text.contains("releases:") { String::new() } else { "version: 1.0.0\n".to_owned() };
            let text = format!("name: {name}\n{head}sources: {{prod: {{type: pypi}}}}\n{text}");
            (format!("hsm-registry/packages/{name}.yaml"), text)
        });
        let groups = self.groups.into_iter().map(|(name, text)| {
            (format!("hsm-registry/package_groups/{name}.yaml"), format!("name: {name}\n{text}"))
        });
        let taking_part: Vec<String> = self.taking_part.iter().map(|name| format!("{name}: {{}}")).collect();
        let manifest = format!(
            "project: {{name: model}}\ndependencies: {{package_groups: {{{}}}, packages: [{}]}}\nconstraints: {{{}}}\n",
            taking_part.join(", "),
            self.listed.join(", "),
            self.constraints
        );
        Memory::new(packages.chain(groups).chain([("hsm.yaml".to_owned(), manifest)]))
    }
}

/// Features that are there or not. What is not may be said by a helper that excludes its feature.
fn by_presence(model: &Model, pins: &[Literal]) -> Memory {
    let mut to = Written::default();
    let mut implied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut excluded: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for feature in 1..=model.features {
        to.package(format!("f{feature}"));
    }
    for (below, parent, children) in &model.tree {
        let parent = format!("f{parent}");
        for child in children {
            implied.entry(format!("f{child}")).or_default().insert(format!("package:{parent}"));
        }
        let head = match below {
            Below::One => "strategy: 1-of-N",
            Below::Some => "strategy: M-of-N",
            Below::Mandatory | Below::Optional => "strategy: M-of-N\nmin: 0",
        };
        let group = to.group(head, children.iter().map(|child| format!("f{child}")));
        let of_parent = implied.entry(parent).or_default();
        of_parent.insert(format!("package_group:{group}"));
        if *below == Below::Mandatory {
            of_parent.extend(children.iter().map(|child| format!("package:f{child}")));
        }
    }
    for clause in
        model.across.iter().filter(|clause| clause.iter().all(|literal| !clause.contains(&-literal)))
    {
        let first = clause.iter().position(|literal| *literal < 0);
        let rest = clause.iter().enumerate().filter(|(i, _)| Some(*i) != first).map(|(_, literal)| *literal);
        let rest: Vec<Literal> = rest.collect();
        if let (Some(first), [only]) = (first, rest.as_slice()) {
            let from = format!("f{}", -clause[first]);
            let to = format!("package:f{}", only.abs());
            if *only > 0 { &mut implied } else { &mut excluded }.entry(from).or_default().insert(to);
            continue;
        }
        let mut names = Vec::new();
        for literal in rest {
            let name = if literal > 0 { format!("f{literal}") } else { format!("not-f{}", -literal) };
            to.package(name.clone());
            if literal < 0 {
                excluded.entry(name.clone()).or_default().insert(format!("package:f{}", -literal));
            }
            names.push(name);
        }
        let group = to.group("strategy: M-of-N", names.into_iter());
        match first {
            Some(first) => {
                let from = implied.entry(format!("f{}", -clause[first])).or_default();
                from.insert(format!("package_group:{group}"));
            }
            None => to.taking_part.push(group),
        }
    }
    for (key, lines, demand) in [("implies", implied, ""), ("conflicts", excluded, "\"*\"")] {
        for (name, targets) in lines {
            let text = to.package(name);
            let _ = writeln!(text, "{key}:");
            for target in targets {
                let _ = writeln!(text, "  {target}: {demand}");
            }
        }
    }
    to.listed.push("f1".to_owned());
    for pin in pins {
        match pin {
            1 => {}
            1.. => to.listed.push(format!("f{pin}")),
            _ => {
                let _ = write!(to.constraints, "package:f{}: {{version: \"9\"}}, ", -pin);
            }
        }
    }
    to.world()
}

/// Features that are there in any case, on (2) or off (1).
fn by_release(model: &Model, pins: &[Literal]) -> Memory {
    let mut to = Written::default();
    let release = |literal: Literal| if literal > 0 { 2 } else { 1 };
    for feature in 1..=model.features {
        to.package(format!("f{feature}")).push_str("releases: [{version: 2}, {version: 1}]\n");
        to.listed.push(format!("f{feature}"));
    }
    for (number, clause) in model.clauses().into_iter().enumerate() {
        let name = format!("c{number}");
        let mut text = "releases:\n".to_owned();
        for (place, literal) in clause.iter().enumerate() {
            let (place, feature, release) = (place + 1, literal.abs(), release(*literal));
            let _ =
                writeln!(text, "  - {{version: {place}, implies: {{package:f{feature}: \"{release}\"}}}}");
        }
        *to.package(name.clone()) = text;
        to.listed.push(name);
    }
    for pin in pins {
        let _ = write!(to.constraints, "package:f{}: {{version: \"{}\"}}, ", pin.abs(), release(*pin));
    }
    to.world()
}

fn run(world: &Memory) -> Option<Solved> {
    let inputs = load(Path::new(ROOT), world, &LoadOptions::default())
        .unwrap_or_else(|report| panic!("{:#?}", &report.diagnostics[..report.diagnostics.len().min(3)]));
    match solve(&inputs, &compile(&inputs), &|| false) {
        Ok(solved) => Some(solved),
        Err(NoStack::Unsolved(_)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// The features that a stack has on.
fn on(solved: &Solved) -> BTreeSet<Literal> {
    let packages = solved.stack.packages.values();
    let chosen = packages
        .filter(|package| package.release.as_ref().is_some_and(|v| matches!(v.as_str(), "1.0.0" | "2")));
    chosen.filter_map(|package| package.name.as_str().strip_prefix('f')?.parse().ok()).collect()
}

#[test]
fn a_feature_model_has_a_stack_where_its_clauses_can_be_met() {
    let (mut with, mut without) = (0, 0);
    for seed in 0..24 {
        let dice = &mut Dice::new(seed);
        let features = 10 + below(dice, 70);
        let across = 20 + below(dice, 60);
        let model = Model::random(dice, features, across);
        let clauses = model.clauses();
        for round in 0..4 {
            let pins = (0..round * 2).map(|_| 1 + below(dice, features));
            let pins: BTreeSet<Literal> = pins.collect();
            let pins: Vec<Literal> =
                pins.into_iter().map(|pin| if dice.percent(60) { pin } else { -pin }).collect();
            let expected = solvable(&clauses, &pins);
            for (way, world) in
                [("presence", by_presence(&model, &pins)), ("release", by_release(&model, &pins))]
            {
                let say = format!("seed {seed}, round {round}, by {way}, pins {pins:?}");
                let solved = run(&world);
                assert_eq!(solved.is_some(), expected, "{say}");
                let Some(solved) = solved else { continue };
                let on = on(&solved);
                let holds = |literal: &Literal| on.contains(&literal.abs()) == (*literal > 0);
                for clause in
                    clauses.iter().chain(pins.iter().map(|pin| vec![*pin]).collect::<Vec<_>>().iter())
                {
                    assert!(clause.iter().any(holds), "{say}: {clause:?} does not hold with {on:?}");
                }
            }
            if expected { with += 1 } else { without += 1 }
        }
    }
    assert!(with > 10 && without > 10, "{with} with a stack, {without} without");
}
