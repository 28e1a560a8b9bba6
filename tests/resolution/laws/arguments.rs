//! Arguments: the statements of a conflict cannot hold together, and each is needed; every present component has a
//! chain of reasons that starts in the manifest, and every link of it is true.

use std::collections::BTreeSet;

use hsm::names::{ComponentId, TargetId};
use hsm::solve::{Solved, Unsolved};
use hsm::statement::{Claim, Origin, Statement};
use hsm_oracle::write;
use hsm_solver::{Count, Failure, Options, Problem, StatementId};

use super::case::{self, Answer};

const PROJECTS: u64 = 4_000;

/// The lines on which the statements of a conflict stand.
fn lines(answer: &Answer, conflict: &Unsolved) -> BTreeSet<(String, usize)> {
    let places = conflict.statements.iter().filter_map(|statement| statement.place);
    places
        .map(|place| {
            let at = answer.inputs.sources.position(place);
            (at.path, at.line)
        })
        .collect()
}

#[test]
fn the_statements_of_a_conflict_alone_have_no_solution() {
    let (mut seen, mut alone_seen, mut left_out) = (0, 0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let Some(conflict) = answer.conflict() else { return };
        seen += 1;
        let files = write::write(&case.project);
        let kept = lines(&answer, conflict);
        // Nobody looks into that file once no package is left; and a port that is held twice is so by several lines,
        // of which one is told.
        let is_twice = |statement: &Statement| matches!(statement.claim, Claim::HoldsTwice(..));
        if kept.iter().all(|(path, _)| path == "pyproject.toml") || conflict.statements.iter().any(is_twice) {
            return;
        }
        alone_seen += 1;
        let text = files.text();
        left_out += text.removable.len().saturating_sub(kept.len());
        let alone = case::read(&case.project, &files.only(&kept).files);
        let shown = || {
            let claims: Vec<String> = conflict.statements.iter().map(|s| s.claim.to_string()).collect();
            let files: Vec<String> =
                files.only(&kept).files.into_iter().map(|(p, t)| format!("=== {p}\n{t}")).collect();
            case.say(&format!("alone they have a solution: {claims:#?}\n{}\nof", files.concat()))
        };
        assert!(alone.conflict().is_some(), "{}", shown());
    });
    println!("{seen} conflicts, {alone_seen} held alone, {left_out} statements left out");
    assert!(alone_seen * 10 > seen * 9);
}

/// The problem with those rules alone that these statements say. A group whose count is not among them takes any
/// number.
fn only(problem: &Problem, kept: &BTreeSet<StatementId>) -> Problem {
    let mut rest = Problem::new();
    for item in 0..problem.len() {
        rest.item(problem.candidates(hsm_solver::ItemId(item as u32)));
    }
    for group in problem.groups() {
        let any = Count::Between { min: 0, max: group.members.len() as u32 };
        let count = if kept.contains(&group.statement) { group.count } else { any };
        rest.group(group.statement, count, group.members.clone());
    }
    for _ in 0..problem.resources() {
        rest.resource();
    }
    for rule in problem.rules().iter().filter(|rule| kept.contains(&rule.statement)) {
        rest.rule(rule.statement, rule.when.clone(), rule.then.clone());
    }
    rest
}

#[test]
fn every_statement_of_a_conflict_is_needed() {
    let (mut seen, mut longest) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let Some(conflict) = answer.conflict() else { return };
        assert!(conflict.minimal, "{}", case.say("so small and not minimal"));
        // Rings are found in a solution, and are no part of the problem.
        if conflict.statements.iter().any(|s| matches!(s.claim, Claim::Ring { .. })) {
            return;
        }
        seen += 1;
        longest = longest.max(conflict.statements.len());
        // A sentence that is said several times has several numbers.
        let numbers = |statement: &Statement| -> BTreeSet<StatementId> {
            let known = answer.compiled.statements.iter().zip(0..);
            known.filter(|(other, _)| *other == statement).map(|(_, number)| StatementId(number)).collect()
        };
        let core: Vec<BTreeSet<StatementId>> = conflict.statements.iter().map(numbers).collect();
        assert!(
            core.iter().all(|numbers| !numbers.is_empty()),
            "{}",
            case.say("a statement that nobody made")
        );
        let solve = |kept: &mut dyn Iterator<Item = &BTreeSet<StatementId>>| {
            let kept = kept.flatten().copied().collect();
            hsm_solver::solve(&only(&answer.compiled.problem, &kept), &Options::default())
        };
        assert!(matches!(solve(&mut core.iter()), Err(Failure::Conflict(_))), "{}", case.say("no conflict"));
        for (turn, statement) in conflict.statements.iter().enumerate() {
            assert!(!conflict.statements[..turn].contains(statement), "{}", case.say("a statement twice"));
            let mut rest =
                core.iter().enumerate().filter(|(other, _)| *other != turn).map(|(_, numbers)| numbers);
            assert!(solve(&mut rest).is_ok(), "{}", case.say(&format!("not needed: {}", statement.claim)));
        }
    });
    println!("{seen} conflicts, the longest of {longest} statements");
    assert!(seen > 0 && longest > 4);
}

#[test]
fn every_present_component_has_a_true_chain_of_reasons() {
    let (mut seen, mut longest) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let Ok(solved) = &answer.result else { return };
        for id in solved.reasons.ids() {
            let chain = solved.reasons.chain(id).unwrap_or_default();
            seen += 1;
            longest = longest.max(chain.len());
            if let Err(why) = check_chain(&answer, solved, id, &chain) {
                let claims: Vec<String> = chain.iter().map(|s| s.claim.to_string()).collect();
                panic!("{}", case.say(&format!("{id}: {why} in {claims:#?}")));
            }
        }
        let present: Vec<&ComponentId> =
            solved.stack.packages.keys().chain(solved.stack.containers.keys()).collect();
        let reasoned: Vec<&ComponentId> = solved.reasons.ids().collect();
        assert_eq!(present, reasoned, "{}", case.say("reasons"));
    });
    println!("{seen} chains, the longest of {longest} statements");
    assert!(seen > 0 && longest > 3);
}

/// What a chain has shown so far.
#[derive(Default)]
struct Shown {
    components: BTreeSet<ComponentId>,
    groups: BTreeSet<hsm::names::GroupId>,
}

fn check_chain(
    answer: &Answer,
    solved: &Solved,
    id: &ComponentId,
    chain: &[&Statement],
) -> Result<(), String> {
    let mut shown = Shown::default();
    let is_there =
        |id: &ComponentId| solved.stack.packages.contains_key(id) || solved.stack.containers.contains_key(id);
    for (turn, statement) in chain.iter().enumerate() {
        let by_manifest = matches!(statement.claim, Claim::Wants(_) | Claim::Uses(_) | Claim::Selects(..));
        if by_manifest != (turn == 0) {
            return Err("starts or comes back to the manifest at the wrong place".to_owned());
        }
        let place = statement.place.ok_or("no place")?;
        if answer.inputs.sources.line(place).is_empty() {
            return Err("an empty line".to_owned());
        }
        link(solved, &mut shown, &statement.claim)?;
        if let Some(absent) = shown.components.iter().find(|id| !is_there(id)) {
            return Err(format!("{absent} is not there"));
        }
        if let Some(absent) = shown.groups.iter().find(|id| !solved.stack.groups.contains_key(id)) {
            return Err(format!("{absent} does not take part"));
        }
    }
    if shown.components.contains(id) { Ok(()) } else { Err("does not lead to it".to_owned()) }
}

/// One link: its condition has to be shown already, and in the stack's own list of what holds.
fn link(solved: &Solved, shown: &mut Shown, claim: &Claim) -> Result<(), String> {
    let holds = |origin: &Origin, target: &TargetId| {
        solved.stack.links.iter().any(|link| link.from == *origin && link.to == *target)
    };
    match claim {
        Claim::Wants(id) => _ = shown.components.insert(id.clone()),
        Claim::Uses(group) => _ = shown.groups.insert(group.clone()),
        Claim::Selects(group, name) => {
            shown.groups.insert(group.clone());
            shown.components.insert(group.option(name));
        }
        Claim::TakesOne(group) | Claim::TakesBetween { group, .. } => {
            if !shown.groups.contains(group) {
                return Err(format!("{group} is not shown yet"));
            }
            let options = solved.stack.groups.get(group).into_iter().flat_map(|part| &part.options);
            shown.components.extend(options.map(|name| group.option(name)));
        }
        Claim::Implies { by, target, demand } => {
            let known = match by {
                Origin::Manifest => false,
                Origin::Component(id) => shown.components.contains(id),
                Origin::Option(group, name) => {
                    // that the option's component is there is enough, where its group takes part anyway
                    shown.components.contains(&group.option(name)) && solved.stack.groups.contains_key(group)
                }
            };
            if !known || !holds(by, target) {
                return Err(format!("{claim} is not so"));
            }
            bring_in(solved, shown, target, &demand.options);
        }
        Claim::DependsOn(by, target) | Claim::Requires { by, target, .. } => {
            if !shown.components.contains(by) || !holds(&Origin::Component(by.clone()), target) {
                return Err(format!("{claim} is not so"));
            }
            let options = if let Claim::Requires { demand, .. } = claim { &demand.options[..] } else { &[] };
            bring_in(solved, shown, target, options);
        }
        Claim::UsesImage(by, of) => {
            let target = TargetId::Component(of.clone());
            if !shown.components.contains(by) || !holds(&Origin::Component(by.clone()), &target) {
                return Err(format!("{claim} is not so"));
            }
            shown.components.insert(of.clone());
        }
        other => return Err(format!("{other} brings nothing in")),
    }
    Ok(())
}

fn bring_in(solved: &Solved, shown: &mut Shown, target: &TargetId, options: &[hsm::names::Name]) {
    match target {
        TargetId::Component(id) => _ = shown.components.insert(id.clone()),
        TargetId::Group(group) => {
            shown.groups.insert(group.clone());
            let present = solved.stack.groups.get(group).into_iter().flat_map(|part| &part.options);
            let named =
                present.filter(|name| options.iter().any(|own| group.option(own) == group.option(name)));
            shown.components.extend(named.map(|name| group.option(name)));
        }
    }
}
