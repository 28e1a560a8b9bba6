//! The command `status`.

use super::{Context, Fail};
use crate::cli::Exit;
use crate::cli::args::{Choice, Status};
use crate::cli::voice::status as words;
use crate::names::Kind;
use crate::road::Wish;

pub(super) fn run(context: &Context<'_>, args: &Status) -> Result<Exit, Fail> {
    let root = context.root()?;
    let road = context.road(&root);
    context.tell_recovered(road.look_in("hsm status")?.as_ref());
    let mut wish = Wish { only: args.only.map(Kind::from), ..context.wish(&Choice::default())? };
    // one that is missing is something to tell, and no reason to stop
    wish.settings.fetch_sources = true;
    let status = road.status(&wish)?;
    context.voice.diagnostics(&status.resolved.inputs.sources, &status.resolved.solved.warnings);
    if status.underway {
        context.voice.note("another run is at work: this is how things stand at this moment");
    }
    if context.voice.is_json() {
        context.voice.json(&words::to_json(&status));
    } else {
        context.voice.data(&words::text(&status));
    }
    Ok(if status.is_clean() { Exit::Done } else { Exit::NotUpToDate })
}
