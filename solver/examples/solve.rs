//! Solves a problem that is written down as text (the format is described at [`hsm_solver::text`]).
//!
//! ```sh
//! cargo run --release -p hsm-solver --example solve -- FILE     # or the text on the standard input
//! ```
//!
//! Prints `solution` (or `solution not-proved-best`), then a line for each item that is present (`i3 0`: candidate 0
//! of item 3), for each group that takes part (`g1 0 2`: its options) and for each preference (`cost 0 0 1`); or
//! `conflict` (or `conflict not-minimal`) and the statements, in the order in which they argue. The exit code is 0 for a
//! solution, 3 for a conflict, 2 for a text that can't be read, 1 if there is no answer. `--fuel N` bounds the steps,
//! `--engine pubgrub` and `--engine cdcl` leave one engine to do all of it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::ExitCode;

use hsm_solver::{
    Count, Engine, Failure, GroupId, ItemId, Member, Options, Preference, Problem, Selection, solve, text,
};

fn main() -> ExitCode {
    let (path, fuel, engine) = match arguments() {
        Ok(given) => given,
        Err(word) => {
            eprintln!("what is `{word}`? usage: solve [--fuel N] [--engine pubgrub|cdcl] [FILE]");
            return ExitCode::from(2);
        }
    };
    let read = path.as_ref().map_or_else(
        || {
            let mut all = String::new();
            std::io::stdin().read_to_string(&mut all).map(|_| all)
        },
        std::fs::read_to_string,
    );
    let name = path.as_deref().unwrap_or("standard input");
    let problem = match read.map(|all| text::read(&all)) {
        Ok(Ok(problem)) => problem,
        Ok(Err(error)) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    };
    match solve(&problem, &Options { fuel, engine, ..Options::default() }) {
        Ok(selection) => {
            print(&problem, &selection);
            ExitCode::SUCCESS
        }
        Err(Failure::Conflict(conflict)) => {
            println!("conflict{}", if conflict.minimal { "" } else { " not-minimal" });
            println!("{}", join(conflict.core.iter().map(|statement| format!("s{}", statement.0))));
            ExitCode::from(3)
        }
        Err(failure @ (Failure::Interrupted | Failure::OutOfFuel)) => {
            println!("no answer: {failure:?}");
            ExitCode::from(1)
        }
    }
}

/// What was given on the command line.
type Arguments = (Option<String>, Option<u64>, Option<Engine>);

/// The file, if one is given, the fuel and the engine; or the word that is none of them.
fn arguments() -> Result<Arguments, String> {
    let (mut path, mut fuel, mut engine) = (None, None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--fuel" {
            let steps = words.next().unwrap_or_default();
            fuel = Some(steps.parse().map_err(|_| steps)?);
        } else if word == "--engine" {
            let name = words.next().unwrap_or_default();
            engine = Some(match name.as_str() {
                "pubgrub" => Engine::PubGrub,
                "cdcl" => Engine::Cdcl,
                _ => return Err(name),
            });
        } else if word != "-" && (word.starts_with('-') || path.replace(word.clone()).is_some()) {
            return Err(word);
        }
    }
    Ok((path, fuel, engine))
}

fn print(problem: &Problem, selection: &Selection) {
    println!("solution{}", if selection.optimal { "" } else { " not-proved-best" });
    for (item, candidate) in selection.items.iter().enumerate() {
        if let Some(candidate) = candidate {
            println!("i{item} {candidate}");
        }
    }
    for (group, options) in selection.groups.iter().enumerate() {
        if let Some(options) = options {
            println!("g{group} {}", join(options));
        }
    }
    let mut wanted = Vec::new();
    for preference in problem.preferences() {
        println!("cost {}", join(cost(problem, selection, preference, &wanted)));
        if let Preference::Wanted(group, members) = preference {
            wanted.push((*group, members.as_slice()));
        }
    }
}

fn join<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" ")
}

/// What a preference costs, as the crate defines it; `wanted` are the wishes of the preferences before it.
fn cost(
    problem: &Problem,
    selection: &Selection,
    preference: &Preference,
    wanted: &[(GroupId, &[Member])],
) -> Vec<u32> {
    match preference {
        Preference::Rank(item, ranks) => {
            let rank = selection.candidate(*item).and_then(|candidate| ranks.get(candidate as usize));
            vec![rank.copied().unwrap_or(0)]
        }
        Preference::Wanted(group, members) => missing(problem, selection, *group, members),
        Preference::Fill(group, order) => fill(problem, selection, *group, order, wanted),
    }
}

/// What is named after as many options as the group can have is missed only if one of those is.
fn missing(problem: &Problem, selection: &Selection, group: GroupId, members: &[Member]) -> Vec<u32> {
    let most = match problem.groups().get(group.0 as usize).map(|entry| entry.count) {
        Some(Count::Between { max, .. }) => max as usize,
        Some(Count::One) | None => 1,
    };
    let takes_part = selection.options(group).is_some();
    let (mut first, mut are_there) = (BTreeSet::new(), true);
    let mut costs = Vec::new();
    for (member, item) in members.iter().filter_map(|one| Some((*one, item(problem, group, *one)?))) {
        let is_there = is_in(problem, selection, group, member);
        if first.len() < most {
            are_there &= is_there;
            first.insert(item);
        }
        let counts = first.contains(&item) || !are_there;
        costs.push(u32::from(takes_part && !is_there && counts));
    }
    costs
}

fn fill(
    problem: &Problem,
    selection: &Selection,
    group: GroupId,
    order: &[Member],
    wanted: &[(GroupId, &[Member])],
) -> Vec<u32> {
    let Some(entry) = problem.groups().get(group.0 as usize) else { return Vec::new() };
    let Count::Between { min, max } = entry.count else {
        let chosen = order.iter().position(|one| is_in(problem, selection, group, *one));
        let takes_part = selection.options(group).is_some();
        return vec![if takes_part { chosen.unwrap_or(order.len()) as u32 } else { 0 }];
    };
    let of_group = wanted.iter().filter(|(own, _)| *own == group).flat_map(|(_, members)| members.iter());
    let mut named = BTreeSet::new();
    let order = order.iter().filter(|one| item(problem, group, **one).is_some_and(|item| named.insert(item)));
    let Some(options) = selection.options(group) else {
        let first_choice = min.max(max.min(distinct(problem, group, of_group).len() as u32));
        let by_place = (0..).map(|place| u32::from(place >= first_choice));
        return std::iter::once(0).chain(order.zip(by_place).map(|(_, cost)| cost)).collect();
    };
    let had = of_group.filter(|one| is_in(problem, selection, group, **one));
    let needed = min.max(distinct(problem, group, had).len() as u32);
    let excess = (distinct(problem, group, options).len() as u32).saturating_sub(needed);
    std::iter::once(excess)
        .chain(order.map(|one| u32::from(!is_in(problem, selection, group, *one))))
        .collect()
}

fn distinct<'a>(
    problem: &Problem,
    group: GroupId,
    members: impl IntoIterator<Item = &'a Member>,
) -> BTreeSet<ItemId> {
    members.into_iter().filter_map(|one| item(problem, group, *one)).collect()
}

fn item(problem: &Problem, group: GroupId, member: Member) -> Option<ItemId> {
    problem.groups().get(group.0 as usize)?.members.get(member as usize).copied()
}

/// Whether an option is present.
fn is_in(problem: &Problem, selection: &Selection, group: GroupId, member: Member) -> bool {
    item(problem, group, member).is_some_and(|item| selection.candidate(item).is_some())
}
