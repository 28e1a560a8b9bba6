//! What did not come up: in words, each with the last that it said, and as JSON.

use serde_json::{Value as Json, json};

use super::{Voice, json as data};
use crate::adapters::{How, NotUp};
use crate::explain::Explanation;
use crate::place::Sources;

impl Voice {
    /// Each container that did not come up, as an error.
    pub(in crate::cli) fn not_up(&self, containers: &[NotUp]) {
        for one in containers {
            self.error(&text(one, self.look.plain));
        }
    }

    /// The same as JSON on standard output, with what went wrong.
    pub(in crate::cli) fn not_up_json(&self, containers: &[NotUp], message: &str) {
        let mut document = data::failure(&Sources::new(), &[], &Explanation::default(), message);
        document["containers"] = containers.iter().map(container).collect();
        self.json(&document);
    }
}

fn text(one: &NotUp, plain: bool) -> String {
    let mut text = says(one);
    if !one.log.is_empty() {
        text.push_str("; the last lines of its log:");
    }
    let margin = if plain { "" } else { "  | " };
    for line in &one.log {
        text.push('\n');
        text.push_str(margin);
        text.push_str(line);
    }
    text
}

/// The sentence.
fn says(one: &NotUp) -> String {
    let name = &one.name;
    let check = one.check.as_ref().map(|said| format!(": its check says `{said}`")).unwrap_or_default();
    match &one.how {
        How::Ended(code) => format!("{name} has ended with code {code}"),
        How::Restarting(Some(code)) => format!("{name} ends with code {code} whenever it is started"),
        How::Restarting(None) => format!("{name} ends whenever it is started"),
        How::Unhealthy => format!("{name} runs and is unhealthy{check}"),
        How::Starting => format!("{name} runs and is not healthy yet{check}"),
        How::Waits(on) => format!("{name} was not started: it waits for {}", on.join(", ")),
        How::NotStarted => format!("{name} was not started"),
        How::Stopped(word) => format!("{name} does not run (it is {word})"),
    }
}

fn container(one: &NotUp) -> Json {
    let (state, code, waits) = match &one.how {
        How::Ended(code) => ("ended", Some(*code), &[][..]),
        How::Restarting(code) => ("restarting", *code, &[][..]),
        How::Unhealthy => ("unhealthy", None, &[][..]),
        How::Starting => ("starting", None, &[][..]),
        How::Waits(on) => ("not_started", None, on.as_slice()),
        How::NotStarted => ("not_started", None, &[][..]),
        How::Stopped(_) => ("stopped", None, &[][..]),
    };
    json!({
        "name": one.name, "state": state, "code": code, "waits_for": waits, "check": one.check, "says": says(one),
        "log": one.log,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_how_it_is_and_what_it_said_last() {
        let one = |how, log: &[&str]| NotUp {
            name: "db".to_owned(),
            how,
            check: None,
            log: log.iter().map(|line| (*line).to_owned()).collect(),
        };
        let ended = one(How::Ended(3), &["no password", "bye"]);
        let shown = "db has ended with code 3; the last lines of its log:\n  | no password\n  | bye";
        assert_eq!(text(&ended, false), shown);
        assert_eq!(text(&ended, true), shown.replace("  | ", ""));
        let sick = NotUp { check: Some("no answer".to_owned()), ..one(How::Unhealthy, &[]) };
        assert_eq!(text(&sick, false), "db runs and is unhealthy: its check says `no answer`");
        let waits = one(How::Waits(vec!["a".to_owned(), "b".to_owned()]), &[]);
        assert_eq!(text(&waits, false), "db was not started: it waits for a, b");
        assert_eq!(container(&waits)["waits_for"], json!(["a", "b"]));
        assert_eq!(container(&ended)["code"], json!(3));
    }
}
