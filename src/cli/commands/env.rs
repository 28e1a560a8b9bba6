//! `hsm env`: the variables that programs of the project see.

use serde_json::json;

use super::{Context, Fail};
use crate::cli::Exit;
use crate::cli::args::{Choice, Env, Format};
use crate::cli::voice::SCHEMA;
use crate::environment::{Environment, Variable, text};
use crate::names;
use crate::road::{Resolved, Road};

/// One variable with its name.
type Named<'e> = (&'e String, &'e Variable);

pub(super) fn run(context: &Context<'_>, args: &Env) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm env")?.as_ref());
    let variables = road.variables()?;
    let resolved = locked(context, road)?;
    let environment = road.environment(&resolved, &variables)?;
    let wanted = wanted(&environment, &args.variables)?;
    if context.voice.is_json() {
        json(context, &resolved, &environment, &wanted);
        return Ok(Exit::Done);
    }
    if args.variables.is_empty() {
        context.voice.diagnostics(&resolved.inputs.sources, &environment.unset());
    }
    print(context, &wanted);
    Ok(Exit::Done)
}

/// The stack of what is locked.
pub(super) fn locked(context: &Context<'_>, road: Road<'_>) -> Result<Resolved, Fail> {
    let resolved = road.resolve(&context.wish(&Choice::default())?)?;
    if !road.is_locked(&resolved)? {
        context.voice.warn("`hsm.lock` is out of date, so these are not what runs; run `hsm sync`");
    }
    Ok(resolved)
}

/// The variables that were asked for, in that order; all of them when none was.
fn wanted<'e>(environment: &'e Environment, names: &[String]) -> Result<Vec<Named<'e>>, Fail> {
    let all = &environment.variables;
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |name: &String| all.get_key_value(name).ok_or_else(|| not_there(environment, name));
    names.iter().map(find).collect()
}

/// Why a variable cannot be printed.
fn not_there(environment: &Environment, name: &str) -> Fail {
    if let Some(incomplete) = environment.incomplete.get(name) {
        let needs: Vec<String> = incomplete.unset.iter().map(|unset| format!("`{}`", unset.name)).collect();
        return Fail::usage(format!("`{name}` cannot be told: {} is not set", needs.join(", ")));
    }
    let near = names::nearest(name, environment.variables.keys().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Fail::usage(format!("nothing of the project sets `{name}`{near}"))
}

fn print(context: &Context<'_>, wanted: &[Named<'_>]) {
    let lines = |line: fn(&str, &str) -> String| {
        wanted.iter().map(|(name, variable)| line(name, &variable.value)).collect::<String>()
    };
    match context.global.format {
        Some(Format::Shell) => {
            let (fit, unfit): (Vec<Named<'_>>, Vec<Named<'_>>) =
                wanted.iter().partition(|(name, _)| text::is_shell_name(name));
            for (name, _) in unfit {
                context
                    .voice
                    .warn(&format!("`{name}` is left out: no shell can hold a variable of that name"));
            }
            let line = |(name, variable): &Named<'_>| text::shell(name, &variable.value);
            context.voice.exact(&fit.iter().map(line).collect::<String>());
        }
        Some(Format::Github) => {
            let hidden = wanted.iter().filter(|(_, variable)| variable.secret);
            // before any of them can get into a log
            context.voice.mask(&hidden.map(|(_, v)| text::github_masks(&v.value)).collect::<String>());
            context.voice.exact(&lines(text::github));
        }
        _ => context.voice.exact(&lines(text::dotenv)),
    }
}

fn json(context: &Context<'_>, resolved: &Resolved, environment: &Environment, wanted: &[Named<'_>]) {
    let variable = |(name, variable): &Named<'_>| {
        json!({
            "name": name, "value": variable.value, "from": variable.by.name(), "secret": variable.secret,
        })
    };
    let left_out = environment.incomplete.iter().map(|(name, incomplete)| {
        let needs: Vec<&String> = incomplete.unset.iter().map(|unset| &unset.name).collect();
        json!({"name": name, "from": incomplete.from.to_string(), "needs": needs})
    });
    context.voice.json(&json!({
        "schema": SCHEMA, "ok": true,
        "variables": wanted.iter().map(variable).collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "warnings": context.voice.list_json(&resolved.inputs.sources, &environment.unset()),
    }));
}
