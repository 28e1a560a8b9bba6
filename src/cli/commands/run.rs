//! `hsm run`: a program with the project's environment.

use std::path::Path;

use super::{Context, Fail, sync};
use crate::cli::Exit;
use crate::cli::args::{self, Choice, Run};
use crate::container::variable;
use crate::environment::{Environment, words};
use crate::names;
use crate::road::{Entrypoint, Resolved, Road};

pub(super) fn run(context: &Context<'_>, args: &Run) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    // what is wrong in it is said before anything is done
    let variables = road.variables()?;
    let resolved = ready(context, road, args)?;
    let environment = road.environment(&resolved, &variables)?;
    context.voice.diagnostics(&resolved.inputs.sources, &environment.unset());
    let lookup = |name: &str| {
        let own = environment.variables.get(name).map(|variable| variable.value.clone());
        own.or_else(|| variables.get(name))
    };
    let words = if args::is_behind_dashes(&args.words) {
        args.words.clone()
    } else {
        let (name, more) = args.words.split_first().ok_or_else(|| Fail::usage(NOTHING))?;
        let mut words = of_entrypoint(&resolved, name, &lookup)?;
        words.extend(more.iter().cloned());
        words
    };
    started(context, road, &resolved, &environment, &words)
}

const NOTHING: &str = "name an entrypoint, or a program behind `--`";

/// The stack, after a sync or as it is.
fn ready(context: &Context<'_>, road: Road<'_>, args: &Run) -> Result<Resolved, Fail> {
    if args.frozen {
        context.remote.forbid();
        return super::env::locked(context, road);
    }
    let wish = context.wish(&Choice::default())?;
    // the program does not hold the project: the lock is given back before it starts
    let (done, _lock) = sync::written(context, road, &wish, "hsm run", !args.no_wait)?;
    if done.report.changed {
        sync::say_done(context, &done);
    }
    Ok(done.planned.resolved)
}

/// The command of an entrypoint, its variables replaced.
fn of_entrypoint(
    resolved: &Resolved,
    typed: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Fail> {
    let all = resolved.entrypoints();
    let meant: Vec<&Entrypoint<'_>> = all.iter().filter(|one| one.is_called(typed)).collect();
    let one = match meant.as_slice() {
        [one] => one,
        [] => return Err(unknown(&all, typed)),
        several => {
            let names: Vec<String> = several.iter().map(|one| format!("`{}`", one.full_name())).collect();
            return Err(Fail::usage(format!("`{typed}` is {}: name one of them", names.join(" and "))));
        }
    };
    let wrong = |why: &dyn std::fmt::Display| {
        Fail::usage(format!("the entrypoint `{}` cannot be run: {why}", one.full_name()))
    };
    let words = words(one.command).map_err(|error| wrong(&error))?;
    let replaced = words.iter().map(|word| {
        let resolved = variable::resolve(word, lookup);
        match resolved.unset.first() {
            Some(unset) => Err(wrong(&format!("`{}` is not set", unset.name))),
            None if resolved.malformed => Err(wrong(&"a `${…}` in it is no variable")),
            None => Ok(resolved.text),
        }
    });
    replaced.collect()
}

fn unknown(all: &[Entrypoint<'_>], typed: &str) -> Fail {
    let near = names::nearest(typed, all.iter().map(|one| one.name));
    let what = near.map_or_else(
        || format!("`hsm run -- {typed}` runs a program of that name"),
        |near| format!("did you mean `{near}`?"),
    );
    Fail::usage(format!("no package of the stack has an entrypoint `{typed}`; {what}"))
}

/// Becomes the program.
fn started(
    context: &Context<'_>,
    road: Road<'_>,
    resolved: &Resolved,
    environment: &Environment,
    words: &[String],
) -> Result<Exit, Fail> {
    let command = road.program(resolved, environment, words, &context.start()?)?;
    context.voice.detail(&format!("running {}", Path::new(&words[0]).display()));
    match context.world.replace(&command) {
        Ok(outcome) => Ok(Exit::passed(outcome.code, outcome.signal)),
        Err(error) => Err(Fail::Program { program: command.program, error }),
    }
}
