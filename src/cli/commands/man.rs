//! `hsm man`: manual pages, printed or written into a directory. Needs no project.

use super::{Context, Fail};
use crate::cli::Exit;
use crate::cli::args::Man;
use crate::cli::manual::{page, pages};

pub(super) fn run(context: &Context<'_>, args: &Man) -> Result<Exit, Fail> {
    let Some(dir) = &args.dir else {
        let page = page(&args.command).ok_or_else(|| {
            Fail::usage(format!(
                "there is no command `hsm {}`; `hsm --help` lists all",
                args.command.join(" ")
            ))
        })?;
        context.voice.data(&page.text);
        return Ok(Exit::Done);
    };
    let dir = context.start()?.join(dir);
    let world = context.world;
    world.create_dirs(&dir).map_err(|e| Fail::system("make", &dir, e))?;
    let all = pages();
    for page in &all {
        let path = dir.join(&page.file);
        world.write(&path, page.text.as_bytes()).map_err(|e| Fail::system("write", &path, e))?;
    }
    context.voice.step("wrote", &format!("{} pages into {}", all.len(), dir.display()));
    Ok(Exit::Done)
}
