//! `hsm schema`: schemas of the files that users write, for editors. Printing one needs no project.

use std::path::Path;

use serde_json::json;

use super::{Context, Fail};
use crate::cli::Exit;
use crate::cli::args::Schema;
use crate::cli::voice::SCHEMA;
use crate::schema::{self, Format};
use crate::transaction::make_own_dir;

pub(super) fn run(context: &Context<'_>, args: &Schema) -> Result<Exit, Fail> {
    if args.write {
        let root = context.root()?;
        let count = write(context, &root)?;
        context.voice.step("written", &format!("{count} of {} in {}", Format::ALL.len(), schema::FOLDER));
        return Ok(Exit::Done);
    }
    match args.of {
        Some(format) => context.voice.data(&schema::text(format.into())),
        None if context.voice.is_json() => {
            let format = |format: Format| json!({"name": format.name(), "files": format.files()});
            context.voice.json(&json!({"schema": SCHEMA, "ok": true, "formats": Format::ALL.map(format)}));
        }
        None => {
            let line = |format: Format| format!("{:<10} {}\n", format.name(), format.files());
            context.voice.data(&Format::ALL.map(line).concat());
        }
    }
    Ok(Exit::Done)
}

/// Writes the schemas of a project that are missing or another version's; how many those were.
pub(super) fn write(context: &Context<'_>, root: &Path) -> Result<usize, Fail> {
    let world = context.world;
    let mut count = 0;
    for (path, text) in schema::files() {
        let path = root.join(path);
        if world.read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            continue;
        }
        if count == 0 {
            make_own_dir(world, root).map_err(|e| Fail::system("make", root, e))?;
            let folder = root.join(schema::FOLDER);
            world.create_dirs(&folder).map_err(|e| Fail::system("make", &folder, e))?;
        }
        world.write(&path, text.as_bytes()).map_err(|e| Fail::system("write", &path, e))?;
        count += 1;
    }
    Ok(count)
}

/// The same after a run that is done: no reason for it to fail.
pub(super) fn keep(context: &Context<'_>, root: &Path) {
    if let Err(Fail::System { path, error, .. }) = write(context, root) {
        context
            .voice
            .detail(&format!("the schemas for editors were not written: {}: {error}", path.display()));
    }
}
