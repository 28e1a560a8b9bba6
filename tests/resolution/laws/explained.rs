//! Explanations: every fix of a conflict gives a stack, conflicts have nothing to do with each other, and what is said
//! about a component that is there, or is not, is so.

use std::collections::{BTreeMap, BTreeSet};

use hsm::explain::{
    By, Clash, Conflict, Explanation, Fix, Flag, Of, Remedy, absent, explain, joined, present,
};
use hsm::lock::Lock;
use hsm::manifest::edit::{Change, edit, plainly, read_text};
use hsm::names::{ComponentId, GroupId, TargetId};
use hsm::statement::{Claim, Statement};
use hsm_oracle::write;
use hsm_solver::{Options, StatementId};

use super::case::{self, Answer, Case};

const PROJECTS: u64 = 1_000;

type Files = BTreeMap<String, String>;

fn explained(answer: &Answer) -> Explanation {
    let Some(first) = answer.conflict() else { return Explanation::default() };
    explain(&answer.inputs, &answer.compiled, first.clone(), &|| false)
}

/// The files with these edits of the manifest; `None`: one of them has nothing left to edit.
fn edited<'c>(case: &Case, files: &Files, changes: impl IntoIterator<Item = &'c Change>) -> Option<Files> {
    let mut files = files.clone();
    for change in changes {
        let text = &files["hsm.yaml"];
        let manifest = read_text(text).unwrap_or_else(|| panic!("{}", case.say("unreadable after an edit")));
        let after = edit(text, &manifest, change).ok()?;
        files.insert("hsm.yaml".to_owned(), after.text);
    }
    Some(files)
}

/// What hsm makes of a project with a fix, and what goes with it.
fn fixed(case: &Case, files: &Files, chosen: &[&Fix]) -> Option<Answer> {
    let mut changes = Vec::new();
    let mut project = case.project.clone();
    let mut files = files.clone();
    let remedies = joined(chosen.iter().flat_map(|fix| fix.remedies.iter().cloned()));
    for remedy in &remedies {
        match remedy {
            Remedy::Change(change) => changes.push(change),
            Remedy::ByHand(by_hand) => {
                // somebody who edits by hand may write it as plainly as it can be
                let plain = plainly(&files["hsm.yaml"])?;
                files.insert("hsm.yaml".to_owned(), plain);
                changes.push(&by_hand.change);
            }
            Remedy::LeaveOut(Flag::RequireMode) => project.require_mode = false,
            Remedy::LeaveOut(_) | Remedy::Line(..) => return None,
        }
    }
    Some(case::read(&project, &edited(case, &files, changes)?))
}

#[test]
fn every_fix_gives_a_stack() {
    let (mut seen, mut without, mut tried, mut by_hand, mut vague, mut several) = (0, 0, 0, 0, 0, 0);
    let mut untold = 0;
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let Explanation { conflicts, more } = explained(&answer);
        if more > 0 {
            // those that are not shown are in the way
            untold += 1;
            return;
        }
        if conflicts.is_empty() {
            return;
        }
        seen += 1;
        several += u32::from(conflicts.len() > 1);
        without += u32::from(conflicts.iter().any(|conflict| conflict.fixes.is_empty()));
        let files = write::write(&case.project).text().files;
        for (number, conflict) in conflicts.iter().enumerate() {
            vague += u32::from(matches!(conflict.clash, Clash::Statements | Clash::Demands(_)));
            // one fix of each of the others goes with it
            let others: Option<Vec<&Fix>> = conflicts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .map(|(_, other)| other.fixes.iter().find(|fix| fixed(case, &files, &[fix]).is_some()))
                .collect();
            for fix in &conflict.fixes {
                let shown: Vec<String> = fix.remedies.iter().map(ToString::to_string).collect();
                let beside = others.iter().flatten().copied();
                let all: Vec<&Fix> = [fix].into_iter().chain(beside).collect();
                match fixed(case, &files, &all) {
                    Some(after) if others.is_some() => {
                        tried += 1;
                        assert!(after.is_solvable(), "{}", case.say(&format!("no fix: {shown:?}")));
                    }
                    _ if fix.changes().is_some() => {
                        // alone it can be made in any case
                        assert!(fixed(case, &files, &[fix]).is_some(), "{}", case.say(&format!("{shown:?}")));
                    }
                    _ => {
                        by_hand += 1;
                        assert!(
                            holds_without(case, &files, &answer, &conflicts, number, fix),
                            "{}",
                            case.say(&format!("no fix: {shown:?}"))
                        );
                    }
                }
            }
        }
    });
    println!(
        "{seen} projects in conflict ({several} in several), {tried} edits and {by_hand} changes by hand tried, {without} projects without a fix, {vague} clashes without a name"
    );
    assert!(seen > 100 && tried > seen && by_hand > 50 && several > 5);
    assert!(untold * 50 < seen, "more conflicts than are told are rare");
    assert_eq!(without, 0, "something can be done about every conflict");
    assert!(vague * 50 < seen, "a conflict that comes down to nothing in particular is rare");
}

/// Whether there is a stack once the edits of a fix are made, without the lines that are to be changed by hand, and
/// without the statements of the other conflicts.
fn holds_without(
    case: &Case,
    files: &Files,
    answer: &Answer,
    conflicts: &[Conflict],
    number: usize,
    fix: &Fix,
) -> bool {
    let mut gone: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    let said = |answer: &Answer, statement: &Statement| {
        let path = statement.place.map(|place| answer.inputs.sources.position(place).path);
        (statement.claim.to_string(), path)
    };
    let mut changes = Vec::new();
    for remedy in &fix.remedies {
        match remedy {
            Remedy::Line(statement, _) => _ = gone.insert(said(answer, statement)),
            Remedy::Change(change) => changes.push(change),
            Remedy::ByHand(by_hand) => changes.push(&by_hand.change),
            Remedy::LeaveOut(_) => {}
        }
    }
    let others = conflicts.iter().enumerate().filter(|(other, _)| *other != number);
    gone.extend(
        others.flat_map(|(_, other)| &other.unsolved.statements).map(|statement| said(answer, statement)),
    );
    let mut project = case.project.clone();
    project.require_mode &= !fix.remedies.contains(&Remedy::LeaveOut(Flag::RequireMode));
    let Some(files) = edited(case, files, changes) else { return false };
    let after = case::read(&project, &files);
    let known = after.compiled.statements.iter().zip(0..);
    let gone: BTreeSet<StatementId> = known
        .filter(|(statement, _)| gone.contains(&said(&after, statement)))
        .map(|(_, id)| StatementId(id))
        .collect();
    let rest = after.compiled.problem.without(|id| gone.contains(&id));
    hsm_solver::solve(&rest, &Options::default()).is_ok()
}

fn is_own(answer: &Answer, statement: &Statement) -> bool {
    statement.place.is_none_or(|place| place.file == answer.inputs.manifest.file)
        && !matches!(statement.claim, Claim::Ring { .. })
}

#[test]
fn conflicts_share_no_line_of_the_manifest_and_are_always_the_same() {
    let mut several = 0;
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let found = explained(&answer);
        several += u32::from(found.conflicts.len() > 1);
        assert_eq!(format!("{found:?}"), format!("{:?}", explained(&answer)), "{}", case.say("not the same"));
        let mut seen = BTreeSet::new();
        for conflict in &found.conflicts {
            assert!(conflict.fixes.len() <= 5, "{}", case.say("too many fixes"));
            let own = conflict.unsolved.statements.iter().filter(|statement| is_own(&answer, statement));
            for statement in own {
                let line = (statement.place, statement.claim.to_string());
                assert!(seen.insert(line), "{}", case.say(&format!("twice: {}", statement.claim)));
            }
        }
    });
    assert!(several > 5);
}

#[test]
fn the_effects_of_a_fix_are_what_it_does() {
    let (mut seen, mut several) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let answer = case.answer();
        let files = write::write(&case.project).text().files;
        let Explanation { conflicts, more } = explained(&answer);
        if more > 0 {
            return;
        }
        for (number, conflict) in conflicts.iter().enumerate() {
            // of several conflicts, the others are mended by their first fix
            let others = conflicts.iter().enumerate().filter(|(other, _)| *other != number);
            let beside: Vec<&Fix> = others.filter_map(|(_, other)| other.fixes.first()).collect();
            for fix in conflict.fixes.iter().filter(|fix| !fix.effects.is_empty()) {
                let all: Vec<&Fix> = [fix].into_iter().chain(beside.iter().copied()).collect();
                let Some(Ok(solved)) = fixed(case, &files, &all).map(|answer| answer.result) else {
                    panic!("{}", case.say(&format!("effects without a stack: {:?}", fix.effects)));
                };
                let after = Lock::of(&solved.stack);
                several += u32::from(!beside.is_empty());
                for effect in &fix.effects {
                    seen += 1;
                    let is = after.components.get(&effect.component);
                    assert_eq!(effect.after.as_ref(), is, "{}", case.say(&effect.to_string()));
                }
            }
        }
    });
    println!("{seen} effects, {several} fixes of one of several conflicts");
    assert!(seen > 100 && several > 10);
}

/// What a fix is and does, whoever makes it.
fn told(fix: &Fix) -> (Vec<String>, Vec<String>) {
    let texts = |all: &[Remedy]| all.iter().map(ToString::to_string).collect();
    (texts(&fix.remedies), fix.effects.iter().map(ToString::to_string).collect())
}

#[test]
fn however_the_manifest_is_written_the_same_fixes_are_offered() {
    let (mut seen, mut by_hand) = (0, 0);
    case::each(PROJECTS / 2, 0, 1, |case| {
        let plain = explained(&case.answer());
        if plain.conflicts.is_empty() {
            return;
        }
        let mut files = write::write(&case.project).text().files;
        // line ends that leave no safe place for most edits
        let text = files["hsm.yaml"].replace('\n', "\r");
        files.insert("hsm.yaml".to_owned(), text);
        let odd = explained(&case::read(&case.project, &files));
        for (conflict, other) in plain.conflicts.iter().zip(&odd.conflicts) {
            seen += 1;
            let all = |conflict: &Conflict| conflict.fixes.iter().map(told).collect::<Vec<_>>();
            assert_eq!(all(conflict), all(other), "{}", case.say("other fixes"));
        }
        for fix in odd.conflicts.iter().flat_map(|conflict| &conflict.fixes) {
            for remedy in &fix.remedies {
                let Remedy::ByHand(hand) = remedy else { continue };
                by_hand += 1;
                assert!(hand.refusal.by_hand.ends_with("by hand"), "{}", case.say(&hand.refusal.by_hand));
                assert!(hand.place.start as usize <= files["hsm.yaml"].len(), "{}", case.say("no place"));
            }
            let alone = odd.conflicts.len() == 1;
            if let Some(after) = fixed(case, &files, &[fix]).filter(|_| alone) {
                assert!(after.is_solvable(), "{}", case.say(&format!("no fix: {:?}", fix.remedies)));
            }
        }
    });
    println!("{seen} conflicts, {by_hand} edits by hand");
    assert!(seen > 50 && by_hand > 50);
}

/// Whether a statement is about something.
fn is_about(statement: &Statement, id: &GroupId) -> bool {
    match &statement.claim {
        Claim::Uses(group) => group == id,
        Claim::Implies { target, .. } | Claim::Requires { target, .. } | Claim::DependsOn(_, target) => {
            *target == TargetId::Group(id.clone())
        }
        _ => false,
    }
}

#[test]
fn each_chain_of_a_group_leads_to_it_and_says_what_no_other_one_says() {
    let (mut groups, mut chains) = (0, 0);
    case::each(PROJECTS / 2, 0, 1, |case| {
        let answer = case.answer();
        let Ok(solved) = &answer.result else { return };
        let held = Lock::of(&solved.stack);
        for id in held.groups.keys() {
            let why = present(&answer.inputs, &held, &TargetId::Group(id.clone()), true, &|| false);
            let why = why.unwrap_or_else(|| panic!("{}", case.say(&format!("{id} is there"))));
            groups += 1;
            assert!(!why.chains.is_empty(), "{}", case.say(&format!("no chain to {id}")));
            for (number, chain) in why.chains.iter().enumerate() {
                chains += 1;
                let last = chain.last().expect("a chain has a statement");
                assert!(is_about(last, id), "{}", case.say(&format!("{} does not lead to {id}", last.claim)));
                let says_all = |other: &Vec<Statement>| other.iter().all(|said| chain.contains(said));
                let others = why.chains.iter().enumerate().filter(|(other, _)| *other != number);
                for (_, other) in others {
                    assert!(
                        !says_all(other),
                        "{}",
                        case.say(&format!("a chain of {id} says more than needed"))
                    );
                }
            }
            let options: BTreeSet<String> = held.groups[id].iter().map(ToString::to_string).collect();
            for decision in &why.decisions {
                assert!(
                    options.contains(&decision.chosen.to_string()),
                    "{}",
                    case.say(&format!("{decision:?}"))
                );
            }
            let several = answer.inputs.group(id).is_some_and(|group| group.options.len() > 1);
            assert!(
                !several || why.decisions.len() == options.len(),
                "{}",
                case.say(&format!("{id}: {:?}", why.decisions))
            );
        }
    });
    println!("{groups} groups, {chains} chains");
    assert!(groups > 100 && chains > groups);
}

#[test]
fn why_something_is_there_and_what_would_come_next() {
    let (mut seen, mut decisions, mut forced) = (0, 0, 0);
    case::each(PROJECTS / 2, 0, 1, |case| {
        let answer = case.answer();
        let Ok(solved) = &answer.result else { return };
        let held = Lock::of(&solved.stack);
        for id in held.components.keys() {
            let target = TargetId::Component(id.clone());
            let why = present(&answer.inputs, &held, &target, true, &|| false);
            let why = why.unwrap_or_else(|| panic!("{}", case.say(&format!("{id} is there"))));
            seen += 1;
            let shortest = solved.reasons.chain(id).map(|chain| chain.len());
            assert_eq!(
                why.chains.first().map(Vec::len),
                shortest,
                "{}",
                case.say(&format!("chains of {id}"))
            );
            assert!(why.chains.is_sorted_by_key(Vec::len), "{}", case.say(&format!("chains of {id}")));
            for decision in &why.decisions {
                decisions += 1;
                match &decision.by {
                    By::Statements(statements) => {
                        forced += 1;
                        assert!(
                            !statements.is_empty() && decision.next.is_none(),
                            "{}",
                            case.say(&format!("{decision:?}"))
                        );
                    }
                    By::NoSource(mode) => {
                        let held = &held.components[id];
                        assert!(
                            held.mode == Some(mode.other()) && decision.next.is_none(),
                            "{}",
                            case.say(&format!("{decision:?}"))
                        );
                    }
                    // a default option may go without another one coming
                    _ if matches!(decision.of, Of::Member(_)) => {}
                    _ => assert!(decision.next.is_some(), "{}", case.say(&format!("{decision:?}"))),
                }
                assert_ne!(
                    Some(&decision.chosen),
                    decision.next.as_ref(),
                    "{}",
                    case.say("next is the same")
                );
            }
        }
    });
    println!("{seen} components, {decisions} decisions, {forced} of them forced");
    assert!(seen > 100 && decisions > 100 && forced > 20);
}

#[test]
fn what_would_have_something_has_it() {
    let (mut seen, mut nearest, mut impossible) = (0, 0, 0);
    case::each(PROJECTS / 2, 0, 1, |case| {
        let answer = case.answer();
        let Ok(solved) = &answer.result else { return };
        let held = Lock::of(&solved.stack);
        let files = write::write(&case.project).text().files;
        let known: Vec<ComponentId> =
            answer.compiled.components.iter().map(|component| component.id.clone()).collect();
        for id in known
            .iter()
            .filter(|id| !held.components.contains_key(id) && answer.inputs.component(id).is_some())
        {
            seen += 1;
            let why_not = absent(&answer.inputs, &held, id, &|| false);
            impossible += u32::from(why_not.nearest.is_empty());
            for fix in &why_not.nearest {
                nearest += 1;
                let after = fixed(case, &files, &[fix]).and_then(|answer| answer.result.ok());
                let has_it = after.is_some_and(|solved| Lock::of(&solved.stack).components.contains_key(id));
                assert!(has_it, "{}", case.say(&format!("{id} is not there with {:?}", fix.remedies)));
            }
        }
    });
    println!("{seen} absent components, {nearest} ways to have one, {impossible} that cannot be had");
    assert!(seen > 100 && nearest > 50);
}
