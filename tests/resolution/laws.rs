//! Laws of resolution, held against a stupid second opinion over random small projects.
//!
//! The number of projects is multiplied by `HSM_LAWS`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use hsm::compile::compile;
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock;
use hsm::solve::{NoStack, Solved, solve};

use crate::dice::{self, Dice};
use crate::memory::{Memory, ROOT};
use crate::naive::{Naive, State, Try};

const PROJECTS: u64 = 20_000;
/// Larger ones would take the second opinion too long.
const LARGEST: u64 = 400;

fn times() -> u64 {
    std::env::var("HSM_LAWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn inputs(world: &Memory) -> Option<Inputs> {
    load(Path::new(ROOT), world, &LoadOptions::default()).ok()
}

/// The stack in the words of the second opinion.
fn as_try(naive: &Naive<'_>, solved: &Solved) -> Try {
    let mut one = Try::new();
    for (id, package) in &solved.stack.packages {
        let state = |release: usize| State { release, mode: Some(package.mode), profile: None };
        let release = find(naive, id, package.release.as_ref(), state);
        one.insert(id.clone(), state(release));
    }
    for (id, container) in &solved.stack.containers {
        let state =
            |release: usize| State { release, mode: container.mode, profile: container.profile.clone() };
        let release = find(naive, id, container.release.as_ref(), state);
        one.insert(id.clone(), state(release));
    }
    one
}

fn find(
    naive: &Naive<'_>,
    id: &hsm::names::ComponentId,
    version: Option<&hsm::version::Version>,
    state: impl Fn(usize) -> State,
) -> usize {
    (0..3)
        .find(|release| {
            let state = state(*release);
            naive.states[id].contains(&state) && naive.version(id, &state) == version
        })
        .unwrap_or_else(|| panic!("{id} is in no state that it has"))
}

fn show(files: &BTreeMap<String, String>) -> String {
    let mut shown = String::new();
    for (path, text) in files {
        let _ = writeln!(shown, "=== {path}\n{text}");
    }
    shown
}

#[test]
fn every_stack_is_valid_and_justified_and_there_is_one_whenever_there_can_be_0() {
    law(0);
}

#[test]
fn every_stack_is_valid_and_justified_and_there_is_one_whenever_there_can_be_1() {
    law(1);
}

/// One of two halves, so that two processors share the work.
fn law(half: u64) {
    let (mut seed, mut checked, mut solvable, mut refused) = (half, 0, 0, 0);
    while checked < PROJECTS / 2 * times() {
        seed += 2;
        let files = dice::project(&mut Dice::new(seed));
        let Some(inputs) = inputs(&Memory::new(files.clone())) else {
            refused += 1;
            assert!(refused < seed / 4 + 100, "the generator writes too many projects that are not read");
            continue;
        };
        let naive = Naive::new(&inputs);
        if naive.size() > LARGEST {
            continue;
        }
        checked += 1;
        let say = |what: &str| format!("seed {seed}: {what}\n{}", show(&files));
        match solve(&inputs, &compile(&inputs), &|| false) {
            Ok(solved) => {
                solvable += 1;
                check_stack(&naive, &solved, &say);
                if solvable % 4 == 0 {
                    check_best(&files, &inputs, &solved, &say);
                    check_stable(&mut Dice::new(seed), &files, &inputs, &solved, &say);
                }
            }
            Err(NoStack::Unsolved(conflict)) => {
                assert!(!conflict.statements.is_empty(), "{}", say("a conflict of nothing"));
                let claims = || conflict.statements.iter().map(|s| s.claim.to_string()).collect::<Vec<_>>();
                naive.every(|one| {
                    let solution = naive.broken(one).is_none();
                    assert!(!solution, "{one:#?} is a solution, but {:#?}: {}", claims(), say("solvable"));
                });
            }
            Err(other) => panic!("{}", say(&format!("{other:?}"))),
        }
    }
    println!("{checked} projects, {solvable} solvable; {refused} were refused by the reader");
    assert!(solvable * 4 > checked && solvable * 10 < checked * 9, "{solvable} of {checked} are solvable");
}

fn check_stack(naive: &Naive<'_>, solved: &Solved, say: &dyn Fn(&str) -> String) {
    let one = as_try(naive, solved);
    if let Some(broken) = naive.broken(&one) {
        panic!("{one:#?}\n{}", say(&broken));
    }
    let unfounded = naive.unfounded(&one);
    assert!(unfounded.is_empty(), "{unfounded:?} {one:#?}\n{}", say("no reason"));
    let parts: Vec<_> = naive.parts(&one).into_iter().collect();
    let groups: Vec<_> = solved.stack.groups.keys().cloned().collect();
    assert_eq!(parts, groups, "{}", say("groups"));
    assert!(
        one.keys().all(|id| solved.reasons.chain(id).is_some_and(|c| !c.is_empty())),
        "{}",
        say("no chain")
    );
}

/// No valid and justified try is better, with the lock that it leads to.
fn check_best(
    files: &BTreeMap<String, String>,
    inputs: &Inputs,
    solved: &Solved,
    say: &dyn Fn(&str) -> String,
) {
    let locked = if inputs.lock.is_some() {
        let lock = lock::render(inputs, &solved.stack);
        self::inputs(&Memory::new(files.clone()).with(lock::FILE, lock))
            .unwrap_or_else(|| panic!("{}", say("lock")))
    } else {
        inputs.clone()
    };
    let naive = Naive::new(&locked);
    if naive.demands_an_external() {
        return;
    }
    let one = as_try(&naive, solved);
    let cost = naive.cost(&one);
    naive.every(|other| {
        let theirs = naive.cost(other);
        let better = theirs < cost && naive.broken(other).is_none() && naive.unfounded(other).is_empty();
        assert!(!better, "{other:#?} costs {theirs:?}, better than {cost:?} of {one:#?}\n{}", say("better"));
    });
}

/// The order in which keys are written makes no difference, and with its own lock nothing changes.
fn check_stable(
    dice: &mut Dice,
    files: &BTreeMap<String, String>,
    inputs: &Inputs,
    solved: &Solved,
    say: &dyn Fn(&str) -> String,
) {
    let lock = lock::render(inputs, &solved.stack);
    let shuffled = files.iter().map(|(path, text)| (path.clone(), dice::reorder(dice, text)));
    let again = |world: Memory| {
        let inputs = self::inputs(&world).unwrap_or_else(|| panic!("{}", say("read no more")));
        let solved =
            solve(&inputs, &compile(&inputs), &|| false).unwrap_or_else(|_| panic!("{}", say("unsolved")));
        (lock::render(&inputs, &solved.stack), solved.stack.links)
    };
    assert_eq!(
        (lock.clone(), solved.stack.links.clone()),
        again(Memory::new(shuffled)),
        "{}",
        say("shuffled")
    );
    let world = Memory::new(files.clone()).with(lock::FILE, lock.clone());
    assert_eq!((lock, solved.stack.links.clone()), again(world), "{}", say("with its lock"));
}
