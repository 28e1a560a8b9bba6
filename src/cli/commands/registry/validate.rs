//! `registry validate`: what is wrong with registries by themselves.

use std::path::Path;

use super::Site;
use crate::cli::Exit;
use crate::cli::commands::{Context, Fail};
use crate::diagnostic::Severity;
use crate::load;
use crate::road::Stop;
use crate::solve::NoStack;
use crate::validate::{Wanted, validate as find_out};

pub(super) fn validate(
    context: &Context<'_>,
    dir: Option<&Path>,
    strict: bool,
    wanted: Wanted,
) -> Result<Exit, Fail> {
    let (root, shelf) = if let Some(dir) = dir {
        let root = context.start()?;
        let shelf = load::shelf_of(&root, dir, context.world).map_err(Stop::Wrong)?;
        (root, shelf)
    } else {
        let site = Site::find(context)?;
        if site.in_project {
            context.tell_recovered(context.road(&site.root).look_in("hsm registry validate")?.as_ref());
        }
        let shelf = site.shelf(context.world)?;
        (site.root, shelf)
    };
    if shelf.registries.count() == 0 {
        return Err(Fail::usage(super::NO_REGISTRY.to_owned()));
    }
    let found =
        find_out(&root, shelf, wanted, &|| context.world.interrupted()).map_err(|stop| match stop {
            NoStack::Interrupted => Stop::Interrupted(context.world.interrupted_by().unwrap_or(2)),
            NoStack::OutOfFuel | NoStack::Unsolved(_) | NoStack::Invalid(_) => Stop::OutOfFuel,
        })?;
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
        context.voice.step("validated", &format!("{entries}, {groups} among them; {questions} answered"));
    }
    Ok(if fails { Exit::NoSolution } else { Exit::Done })
}

fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
