//! What must not change a byte: the order of what has no order, the own lock, something unrelated. And what must not
//! change whether there is an answer: preferences.

use std::fmt::Write as _;

use hsm::lock;
use hsm::solve::{NoStack, Solved};
use hsm_oracle::Dice;
use hsm_oracle::judge::Judge;
use hsm_oracle::model::{Component, Group, Id, Kind, Line, Mode, Project};
use hsm_oracle::{grow, write};

use super::case::{self, Answer};
use crate::memory::Memory;

const PROJECTS: u64 = 3_000;

/// Everything that an answer says, without places.
fn told(answer: &Answer) -> String {
    match &answer.result {
        Ok(solved) => {
            let mut told = without_places(&format!("{:#?}", solved.stack));
            for id in solved.reasons.ids() {
                let chain = solved.reasons.chain(id).unwrap_or_default();
                let claims: Vec<String> = chain.iter().map(|reason| reason.claim.to_string()).collect();
                let _ = writeln!(told, "{id}: {}", claims.join("; "));
            }
            told
        }
        Err(NoStack::Unsolved(conflict)) => {
            conflict.statements.iter().map(|s| s.claim.to_string()).collect::<Vec<_>>().join("\n")
        }
        Err(NoStack::Invalid(found)) => {
            found.iter().map(|d| d.finding.to_string()).collect::<Vec<_>>().join("\n")
        }
        Err(other) => format!("{other:?}"),
    }
}

fn lines_of(answer: &Answer) -> Vec<String> {
    told(answer).lines().map(str::to_owned).collect()
}

/// The debug form without what says where something is written.
fn without_places(text: &str) -> String {
    let noise = ["file: FileId(", "start: ", "end: "];
    let mut kept = String::new();
    let mut inside_id = false;
    for line in text.lines() {
        let content = line.trim_start();
        if content.starts_with("file: FileId(") {
            inside_id = true;
        }
        if !inside_id && !noise.iter().any(|noise| content.starts_with(noise)) {
            kept.push_str(line);
            kept.push('\n');
        }
        if content.starts_with("),") {
            inside_id = false;
        }
    }
    kept
}

fn locked(answer: &Answer) -> Option<String> {
    let solved = answer.result.as_ref().ok()?;
    Some(case::lock_text(answer, solved))
}

#[test]
fn the_order_of_files_keys_and_lists_changes_no_byte() {
    let (mut solvable, mut unsolvable) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let files = write::write(&case.project);
        let dice = &mut Dice::new(case.seed);
        let plain = case.answer();
        let keys = case::read(&case.project, &files.with_other_keys(dice).files);
        let listed = case::read_in(
            &case.project,
            &Memory::new(files.with_other_lists(dice).files).listing_otherwise(dice.below(7)),
        );
        let differ = |a: &[String], b: &[String]| {
            let lines = a.iter().zip(b).filter(|(a, b)| a != b);
            lines.map(|(a, b)| format!("{a}\n   but {b}")).collect::<Vec<_>>().join("\n")
        };
        let (own, theirs): (Vec<String>, Vec<String>) = (lines_of(&plain), lines_of(&keys));
        assert!(own == theirs, "{}\n{}", differ(&own, &theirs), case.say("other keys, another answer"));
        // An argument follows the order of the manifest's lists; its statements are the same.
        let sorted = |answer: &Answer| {
            let mut lines = lines_of(answer);
            if answer.conflict().is_some() {
                lines.sort();
            }
            lines
        };
        let (own, theirs) = (sorted(&plain), sorted(&listed));
        assert!(own == theirs, "{}\n{}", differ(&own, &theirs), case.say("other lists, another answer"));
        assert_eq!(locked(&plain), locked(&keys), "{}", case.say("other keys, another lock"));
        // The hash of an entry may know the order of its lists.
        let decided = |answer: &Answer| {
            locked(answer).map(|text| text.split("\nentries:").next().unwrap_or_default().to_owned())
        };
        assert_eq!(decided(&plain), decided(&listed), "{}", case.say("other lists, another lock"));
        solvable += u64::from(plain.is_solvable());
        unsolvable += u64::from(plain.conflict().is_some());
    });
    println!("{solvable} solvable, {unsolvable} not");
}

#[test]
fn with_its_own_lock_a_project_stays_as_it_is() {
    let mut seen = 0;
    case::each(PROJECTS, 0, 1, |case| {
        let plain = case.answer();
        let Some(lock) = locked(&plain) else { return };
        seen += 1;
        let world = Memory::new(write::write(&case.project).text().files).with(lock::FILE, lock.clone());
        let again = case::read_in(&case.project, &world);
        assert_eq!(told(&plain), told(&again), "{}", case.say(&format!("another answer with\n{lock}")));
        assert_eq!(Some(lock), locked(&again), "{}", case.say("another lock with its own lock"));
    });
    println!("{seen} locked");
    assert!(seen > 0);
}

/// Something that has to do with nothing else: before and behind all others, a group among it.
fn with_something_unrelated(project: &Project, dice: &mut Dice) -> Project {
    let mut more = project.clone();
    // The first package of all makes `pyproject.toml` matter.
    let reached = Judge::new(project, None).ids();
    let package = reached.iter().any(|id| id.kind == Kind::Package).then(|| Id::package("a9"));
    for id in package.into_iter().chain([Id::container("z9")]) {
        let name = id.name;
        more.components.push(grow::plain(id));
        if dice.percent(50) {
            more.items.push(grow::item(id));
        } else {
            let options = vec![grow::choice(name)];
            let group = Id { kind: id.kind, name: "n9" };
            more.groups.push(Group {
                id: group,
                many: dice.percent(50),
                min: None,
                max: None,
                default: Vec::new(),
                options,
            });
            let selection = dice.percent(50).then(|| vec![grow::item(id)]);
            more.lines.push(Line { group, selection, exclude: Vec::new(), mode: None, profile: None });
        }
    }
    more
}

#[test]
fn something_unrelated_leaves_the_rest_alone() {
    let (mut seen, mut locks) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let dice = &mut Dice::new(case.seed);
        let plain = case.answer();
        let mut project = with_something_unrelated(&case.project, dice);
        if let Ok(solved) = &plain.result
            && dice.percent(50)
        {
            project.lock = Some(case::lock_of(solved));
            locks += 1;
        }
        let more = case::answer(&project);
        match (&plain.result, &more.result) {
            (Ok(own), Ok(theirs)) => {
                seen += 1;
                let rest = |solved: &Solved| {
                    let mut words = case::words(solved);
                    words.retain(|one| !matches!(one.id.name, "a9" | "z9"));
                    let mut groups = case::groups(solved);
                    groups.retain(|(id, _)| id.name != "n9");
                    (words, groups)
                };
                assert_eq!(rest(own), rest(theirs), "{}", case.say("something unrelated changed the rest"));
                assert!(case::words(theirs).len() > case::words(own).len(), "{}", case.say("added"));
            }
            (Err(NoStack::Unsolved(own)), Err(NoStack::Unsolved(theirs))) => {
                let claims = |conflict: &hsm::solve::Unsolved| -> Vec<String> {
                    conflict.statements.iter().map(|s| s.claim.to_string()).collect()
                };
                assert_eq!(claims(own), claims(theirs), "{}", case.say("something unrelated in a conflict"));
            }
            (Err(NoStack::Invalid(_)), Err(NoStack::Invalid(_))) => {}
            (own, theirs) => panic!("{}", case.say(&format!("{:?}, {:?}", own.is_ok(), theirs.is_ok()))),
        }
    });
    println!("{seen} with something unrelated, {locks} with their lock");
    assert!(seen > 0 && locks > 0);
}

/// Another taste, the same rules.
fn with_other_preferences(project: &Project, dice: &mut Dice) -> Project {
    let mut other = project.clone();
    if !other.require_mode {
        other.mode = if dice.percent(50) { Some(Mode::Dev) } else { None };
    }
    for group in &mut other.groups {
        dice.shuffle(&mut group.options);
        dice.shuffle(&mut group.default);
        if dice.percent(50) {
            group.default.clear();
        }
    }
    for component in &mut other.components {
        dice.shuffle(&mut component.profiles);
        dice.shuffle(&mut component.releases);
    }
    // A lock can also allow what is yanked.
    let yanked = |c: &Component| c.yanked || c.releases.iter().any(|release| release.yanked);
    if !other.components.iter().any(yanked) {
        other.lock = None;
    }
    other
}

#[test]
fn a_preference_never_decides_whether_there_is_a_stack() {
    let (mut solvable, mut unsolvable) = (0, 0);
    case::each(PROJECTS, 0, 1, |case| {
        let plain = case.answer();
        let other = case::answer(&with_other_preferences(&case.project, &mut Dice::new(case.seed)));
        assert_eq!(plain.is_solvable(), other.is_solvable(), "{}", case.say("a preference decides"));
        solvable += u64::from(plain.is_solvable());
        unsolvable += u64::from(plain.conflict().is_some());
    });
    println!("{solvable} solvable, {unsolvable} not");
}
