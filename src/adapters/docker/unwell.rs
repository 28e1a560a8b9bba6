//! What did not come up, and why: Compose's list and the last lines of each container's log.
//!
//! Owns: which containers should be up, how each that is not failed, and whom it waited for. Refuses: changing anything;
//! where Compose can't be asked nothing is said, for then the failure says so itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::listed::{self, Listed};
use super::{commands, compose, depends, state};
use crate::adapters::{How, NotUp, Tool};
use crate::names::ComponentId;
use crate::stack::Stack;
use crate::world::{Outcome, World};

/// How many lines of a log are shown.
const LINES: usize = 10;

pub(super) fn of(
    stack: &Stack,
    only: &[ComponentId],
    tool: &Tool,
    root: &Path,
    world: &dyn World,
) -> Vec<NotUp> {
    let Ok(project) = compose::project(stack) else { return Vec::new() };
    let Ok(listed) = listed::all(tool, &project, root, world) else { return Vec::new() };
    let services = state::services(stack);
    let wanted: BTreeMap<&String, Option<&ComponentId>> = if only.is_empty() {
        // with those of the user's own files
        let theirs = listed.iter().map(|one| (&one.service, None));
        theirs.chain(services.iter().map(|(service, id)| (service, Some(id)))).collect()
    } else {
        let started = commands::started(stack, only);
        services
            .iter()
            .filter(|(_, id)| started.contains(*id))
            .map(|(service, id)| (service, Some(id)))
            .collect()
    };
    let restarted = restarted(&listed, tool, root, world);
    let mut found = Vec::new();
    for (service, id) in &wanted {
        let mut of = listed.iter().filter(|one| one.service == **service).peekable();
        let to_end = id.is_none_or(|id| depends::is_to_end(stack, id));
        let how = match of.peek() {
            None => Some((How::NotStarted, None)),
            Some(_) => of.find_map(|one| {
                let again = restarted.contains(&one.id).then_some(How::Restarting(None));
                Some((how(one, to_end).or(again)?, Some(one)))
            }),
        };
        if let Some((how, one)) = how {
            let asked = one.filter(|_| matches!(how, How::Unhealthy | How::Starting));
            let check = asked.and_then(|one| check(tool, &one.id, root, world));
            let log =
                if how == How::NotStarted { Vec::new() } else { log(tool, &project, service, root, world) };
            let name = id.map_or_else(|| (*service).clone(), |id| id.name().to_string());
            found.push((*id, NotUp { name, how, check, log }));
        }
    }
    blame(stack, &mut found);
    found.sort_by_key(|(_, one)| follows(&one.how));
    found.into_iter().map(|(_, one)| one).collect()
}

/// How a container is that is not up. What ends is up when it has ended well, if it is `to_end`.
fn how(one: &Listed, to_end: bool) -> Option<How> {
    match (one.state.as_str(), one.health.as_str()) {
        ("running", "unhealthy") => Some(How::Unhealthy),
        ("running", "starting") => Some(How::Starting),
        ("running", _) => None,
        ("created", _) => Some(How::NotStarted),
        ("restarting", _) => Some(How::Restarting(Some(one.code))),
        ("exited" | "dead", _) if one.code == 0 && to_end => None,
        ("exited" | "dead", _) => Some(How::Ended(one.code)),
        (other, _) => Some(How::Stopped(other.to_owned())),
    }
}

/// Those that run at this moment, and only because the engine started them again when they had ended.
fn restarted(listed: &[Listed], tool: &Tool, root: &Path, world: &dyn World) -> BTreeSet<String> {
    let young = listed.iter().filter(|one| one.state == "running" && one.health.is_empty() && one.is_young);
    let ids: Vec<&str> = young.map(|one| one.id.as_str()).collect();
    if ids.is_empty() {
        return BTreeSet::new();
    }
    let said = inspected(tool, "{{.Id}} {{.RestartCount}}", &ids, root, world).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let counts = said.lines().filter_map(|line| line.split_once(' '));
    counts.filter(|(_, count)| *count != "0").map(|(id, _)| id.to_owned()).collect()
}

/// Causes come before what follows from them.
fn follows(how: &How) -> u8 {
    match how {
        How::Ended(_) | How::Restarting(_) | How::Unhealthy | How::Stopped(_) => 0,
        How::Starting => 1,
        How::Waits(_) | How::NotStarted => 2,
    }
}

/// Says of what was not started which of the others it waited for, directly or not.
fn blame(stack: &Stack, found: &mut [(Option<&ComponentId>, NotUp)]) {
    let ill: BTreeMap<ComponentId, String> = found
        .iter()
        .filter(|(_, one)| one.how != How::NotStarted)
        .filter_map(|(id, one)| Some(((*id)?.clone(), one.name.clone())))
        .collect();
    for (id, one) in found.iter_mut().filter(|(_, one)| one.how == How::NotStarted) {
        let Some(id) = *id else { continue };
        let waited = commands::started(stack, std::slice::from_ref(id));
        let because: BTreeSet<&String> = waited.iter().filter_map(|id| ill.get(id)).collect();
        if !because.is_empty() {
            one.how = How::Waits(because.into_iter().cloned().collect());
        }
    }
}

/// The last line that the check of a container said the last time.
fn check(tool: &Tool, id: &str, root: &Path, world: &dyn World) -> Option<String> {
    let health = inspected(tool, "{{json .State.Health}}", &[id], root, world)?;
    said_by_check(&serde_json::from_slice(&health).ok()?)
}

/// What the engine knows of containers, a line each. Only its own program tells it.
fn inspected(tool: &Tool, format: &str, ids: &[&str], root: &Path, world: &dyn World) -> Option<Vec<u8>> {
    if tool.prefix.is_empty() {
        return None;
    }
    let engine = Tool { prefix: Vec::new(), ..tool.clone() };
    let args = [&["inspect", "--format", format], ids].concat();
    let args = args.into_iter().map(str::to_owned).collect();
    let outcome = listed::ended(&engine, args, root, world).ok().filter(Outcome::ok)?;
    Some(outcome.stdout)
}

fn said_by_check(health: &Json) -> Option<String> {
    let said = health.get("Log")?.as_array()?.last()?.get("Output")?.as_str()?;
    let said = without_colours(said);
    said.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// The last lines that a service said, on either stream, in the order in which it said them.
fn log(tool: &Tool, project: &str, service: &str, root: &Path, world: &dyn World) -> Vec<String> {
    let mut args = commands::call(project, &[]);
    args.extend(["logs", "--no-color", "--no-log-prefix", "--timestamps", "--tail"].map(str::to_owned));
    args.extend([LINES.to_string(), service.to_owned()]);
    let Ok(outcome) = listed::ended(tool, args, root, world) else { return Vec::new() };
    let plain = |bytes: &[u8]| without_colours(&String::from_utf8_lossy(bytes));
    last(&plain(&outcome.stdout), &plain(&outcome.stderr))
}

/// The text without what sets colours or clears lines (`ESC [ … letter`), which Compose adds and containers write.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !matches!(c, '0'..='9' | ';' | ':' | '?' | ' '));
        plain.push_str(end.and_then(|end| part.get(end + 1..)).unwrap_or(part));
    }
    plain
}

/// Each line begins with when it was said. Those without a time go on from the line before them.
fn last(out: &str, err: &str) -> Vec<String> {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for text in [out, err] {
        let mut time = "";
        for line in text.lines() {
            let said = match line.split_once(' ').unwrap_or((line, "")) {
                (first, rest) if is_time(first) => {
                    time = first;
                    rest
                }
                _ => line,
            };
            lines.push((time, said));
        }
    }
    lines.sort_by_key(|(time, _)| *time);
    let lines = lines.into_iter().map(|(_, line)| line.trim_end().to_owned()).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    lines[lines.len().saturating_sub(LINES)..].to_vec()
}

/// `2026-11-28T12:00:00.123456789Z`: it sorts as it is.
fn is_time(word: &str) -> bool {
    let head = |at: usize, c: u8| word.as_bytes().get(at) == Some(&c);
    word.ends_with('Z') && head(4, b'-') && head(7, b'-') && head(10, b'T') && head(13, b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::samples::{container, container_id, stack};

    fn listed(state: &str, health: &str, code: i64) -> Listed {
        Listed {
            id: "1".to_owned(),
            service: "a".to_owned(),
            state: state.to_owned(),
            health: health.to_owned(),
            code,
            is_young: false,
            image: String::new(),
            hash: None,
        }
    }

    #[test]
    fn each_state_is_up_or_says_how_it_is_not() {
        let cases = [
            ("running", "", 0, None),
            ("running", "healthy", 0, None),
            ("running", "starting", 0, Some(How::Starting)),
            ("running", "unhealthy", 0, Some(How::Unhealthy)),
            ("exited", "", 3, Some(How::Ended(3))),
            ("exited", "", 0, Some(How::Ended(0))),
            ("restarting", "", 1, Some(How::Restarting(Some(1)))),
            ("created", "", 0, Some(How::NotStarted)),
            ("paused", "", 0, Some(How::Stopped("paused".to_owned()))),
        ];
        for (state, health, code, expect) in cases {
            assert_eq!(how(&listed(state, health, code), false), expect, "{state} {health} {code}");
        }
        assert_eq!(how(&listed("exited", "", 0), true), None);
        assert_eq!(how(&listed("exited", "", 1), true), Some(How::Ended(1)));
    }

    #[test]
    fn what_was_not_started_names_whom_it_waited_for() {
        let db = container("db");
        let mid = container("mid").depends_on(&["db"]);
        let api = container("api").depends_on(&["mid"]);
        let stack = stack([db, mid, api, container("lone")]);
        let ids = ["db", "mid", "api", "lone"].map(container_id);
        let one = |name: &str, how: How| NotUp { name: name.to_owned(), how, check: None, log: Vec::new() };
        let mut found = vec![
            (Some(&ids[0]), one("db", How::Ended(1))),
            (Some(&ids[1]), one("mid", How::NotStarted)),
            (Some(&ids[2]), one("api", How::NotStarted)),
            (Some(&ids[3]), one("lone", How::NotStarted)),
        ];
        blame(&stack, &mut found);
        let waits = How::Waits(vec!["db".to_owned()]);
        let hows: Vec<How> = found.into_iter().map(|(_, one)| one.how).collect();
        assert_eq!(hows, [How::Ended(1), waits.clone(), waits, How::NotStarted]);
    }

    #[test]
    fn the_last_line_of_the_last_check_is_told() {
        let health = r#"{"Log": [{"Output": "old"}, {"Output": "first\n\u001b[31mno answer\u001b[0m\n\n"}]}"#;
        let said = |text: &str| said_by_check(&serde_json::from_str(text).unwrap());
        assert_eq!(said(health).as_deref(), Some("no answer"));
        for none in ["null", "{}", r#"{"Log": null}"#, r#"{"Log": []}"#, r#"{"Log": [{"Output": "\n"}]}"#] {
            assert_eq!(said(none), None, "{none}");
        }
    }

    #[test]
    fn colours_go_and_nothing_else_does() {
        assert_eq!(without_colours("\u{1b}[2Ka \u{1b}[1;31mred\u{1b}[0m [b]\n"), "a red [b]\n");
        for odd in ["", "\u{1b}", "\u{1b}[", "\u{1b}[12", "ä\u{1b}[ä"] {
            assert!(without_colours(odd).chars().all(|c| odd.contains(c)), "{odd:?}");
        }
    }

    #[test]
    fn lines_of_both_streams_stand_in_the_order_in_which_they_were_said() {
        let out = "2026-11-28T12:00:00.1Z one\n2026-11-28T12:00:00.3Z three\nof two lines\n";
        let err = "2026-11-28T12:00:00.2Z two\n2026-11-28T12:00:00.4Z \n";
        assert_eq!(last(out, err), ["one", "two", "three", "of two lines"]);
        let many: Vec<String> = (0..30).map(|n| format!("2026-11-28T12:00:00.{n:02}Z {n}\n")).collect();
        let kept = last(&many.concat(), "");
        assert_eq!((kept.len(), kept[0].as_str()), (LINES, "20"));
        assert_eq!(last("", ""), [""; 0]);
    }
}
