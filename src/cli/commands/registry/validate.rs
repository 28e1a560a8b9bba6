//! `registry validate` and `registry test`: what is wrong with registries by themselves.

use std::path::{Path, PathBuf};

use super::Site;
use crate::cli::Exit;
use crate::cli::commands::{Context, Fail};
use crate::diagnostic::{Diagnostic, Severity, any_error};
use crate::load::{self, Shelf};
use crate::road::Stop;
use crate::solve::NoStack;
use crate::validate::cases::cases;
use crate::validate::{MOST_OPTIONS, Wanted, validate as find_out};

pub(super) fn validate(
    context: &Context<'_>,
    dir: Option<&Path>,
    strict: bool,
    wanted: Wanted,
) -> Result<Exit, Fail> {
    let (root, shelf) = opened(context, dir, "hsm registry validate")?;
    let found = find_out(&root, shelf, wanted, &|| context.world.interrupted())
        .map_err(|stop| stopped(context, &stop))?;
    let sources = &found.inputs.sources;
    let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let fails = errors > 0 || (strict && !found.findings.is_empty());
    if context.voice.is_json() {
        context.voice.findings_json(sources, &found.findings, !fails);
    } else {
        context.voice.diagnostics(sources, &found.findings);
        let entries = count(found.entries(), "entry", "entries");
        let groups = count(found.groups(), "group", "groups");
        let questions = count(found.asked, "question", "questions");
        if found.uncompared > 0 {
            let groups = count(found.uncompared, "group", "groups");
            context.voice.note(&format!(
                "of {groups} with more than {MOST_OPTIONS} options only those that want the same port or name were compared: `--pairs` compares all"
            ));
        }
        context.voice.step("validated", &format!("{entries}, {groups} among them; {questions} answered"));
    }
    Ok(if fails { Exit::NoSolution } else { Exit::Done })
}

/// The tests that registries bring along.
pub(super) fn test(context: &Context<'_>, dir: Option<&Path>) -> Result<Exit, Fail> {
    let (root, mut shelf) = opened(context, dir, "hsm registry test")?;
    let cases = cases(&root, &mut shelf, context.world, &|| context.world.interrupted())
        .map_err(|stop| stopped(context, &stop))?;
    let failed = cases.iter().filter(|case| any_error(&case.findings)).count();
    let findings: Vec<Diagnostic> = cases.iter().flat_map(|case| case.findings.clone()).collect();
    if context.voice.is_json() {
        context.voice.findings_json(&shelf.sources, &findings, failed == 0);
    } else {
        context.voice.diagnostics(&shelf.sources, &findings);
        for case in &cases {
            let verb = if any_error(&case.findings) { "failed" } else { "passed" };
            context.voice.step(verb, &case.path);
        }
        if cases.is_empty() {
            context.voice.note("there are no tests: no registry has a folder `tests` with files `NAME.yaml`");
        } else {
            let tests = count(cases.len(), "test", "tests");
            context.voice.step("tested", &format!("{tests}, {failed} failed"));
        }
    }
    Ok(if failed > 0 { Exit::NoSolution } else { Exit::Done })
}

/// The registry in a directory, or those of the project.
fn opened<'w>(context: &Context<'w>, dir: Option<&Path>, what: &str) -> Result<(PathBuf, Shelf<'w>), Fail> {
    let (root, shelf) = if let Some(dir) = dir {
        let root = context.start()?;
        let shelf = load::shelf_of(&root, dir, context.world).map_err(Stop::Wrong)?;
        (root, shelf)
    } else {
        let site = Site::find(context)?;
        if site.in_project {
            context.tell_recovered(context.road(&site.root).look_in(what)?.as_ref());
        }
        let shelf = site.shelf(context, context.world)?;
        (site.root, shelf)
    };
    if shelf.registries.count() == 0 {
        return Err(Fail::usage(super::NO_REGISTRY.to_owned()));
    }
    Ok((root, shelf))
}

fn stopped(context: &Context<'_>, stop: &NoStack) -> Stop {
    match stop {
        NoStack::Interrupted => Stop::Interrupted(context.world.interrupted_by().unwrap_or(2)),
        NoStack::OutOfFuel | NoStack::Unsolved(_) | NoStack::Invalid(_) => Stop::OutOfFuel,
    }
}

fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
