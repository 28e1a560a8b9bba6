//! `hsm explain`: what a code means, and what is worth a page besides. Needs no project.

use super::{Context, Fail};
use crate::cli::Exit;
use crate::diagnostic::pages;

pub(super) fn run(context: &Context<'_>, code: Option<&str>) -> Result<Exit, Fail> {
    let Some(typed) = code else {
        context.voice.pages(&pages::all(), &pages::topics());
        return Ok(Exit::Done);
    };
    if let Some(topic) =
        pages::topics().into_iter().find(|topic| topic.name.eq_ignore_ascii_case(typed.trim()))
    {
        context.voice.topic(&topic);
        return Ok(Exit::Done);
    }
    let page = pages::find(typed).ok_or_else(|| {
        let near = pages::near(typed).map(|near| format!("; did you mean `{near}`?"));
        let list = || "; `hsm explain` lists all".to_owned();
        Fail::usage(format!("there is no code `{typed}`{}", near.unwrap_or_else(list)))
    })?;
    context.voice.page(&page);
    Ok(Exit::Done)
}
