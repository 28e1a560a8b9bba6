//! The verdict: old or new, never else, and no debris.
//!
//! Owns: what hsm promises of a run that ended badly. Refuses: making it end badly.

use std::path::Path;

use rustix::process::Signal;

use crate::picture::{Picture, Times, debris, few};
use crate::project::root;
use crate::run::{Ended, Hsm, Run};

/// The two states that there may be.
#[derive(Clone)]
pub(crate) struct States {
    /// Before the run.
    pub(crate) old: Picture,
    /// After it.
    pub(crate) new: Picture,
}

/// Which of them it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Old,
    New,
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// The command that comes after the one that ended badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Recover,
    Plan,
    /// The same command once more, without a fault.
    Again(&'static [&'static str]),
}

/// Judges a run, and what the next command makes of it.
pub(crate) fn judge(
    hsm: &Hsm,
    place: &Path,
    states: &States,
    ended: &Ended,
    next: Next,
) -> Result<Verdict, String> {
    if ended.hung {
        return Err("it did not end".to_owned());
    }
    if ended.said.contains("panicked at") {
        return Err("it panicked".to_owned());
    }
    // A signal that can be caught ends hsm at once only where nothing has to be put back.
    if ended.signal.is_some_and(|signal| signal != Signal::KILL.as_raw()) {
        states.which(place, Times::Count)?;
    }
    let settled = match ended.code {
        Some(0) => Some(states.is(place, Verdict::New, "it said it was done")?),
        // Killed, or stopped by a signal outside of the transaction: the next command decides.
        None => None,
        Some(5) => {
            says_what_is_left(&ended.said)?;
            None
        }
        Some(_) => {
            if ended.said.trim().is_empty() {
                return Err("it failed without a word".to_owned());
            }
            Some(states.is(place, Verdict::Old, "it said that nothing had changed")?)
        }
    };
    let verdict = follow(hsm, place, states, next, settled)?;
    no_debris(place)?;
    Ok(verdict)
}

/// What `hsm recover` makes of a place.
pub(crate) fn settle(hsm: &Hsm, place: &Path, states: &States, times: Times) -> Result<Verdict, String> {
    let ended = Run::of(hsm, place, &["recover"]).end();
    if ended.hung || ended.code != Some(0) {
        return Err(format!("`hsm recover` ended with {:?}: {}", ended.code, ended.said));
    }
    let verdict = states.which(place, times)?;
    no_debris(place)?;
    Ok(verdict)
}

fn no_debris(place: &Path) -> Result<(), String> {
    let left = debris(&root(place));
    if left.is_empty() { Ok(()) } else { Err(format!("debris: {}", few(&left))) }
}

/// The next command, and `hsm recover` for what that is not there to tidy up.
fn follow(
    hsm: &Hsm,
    place: &Path,
    states: &States,
    next: Next,
    settled: Option<Verdict>,
) -> Result<Verdict, String> {
    let args: &[&str] = match next {
        Next::Recover => &["recover"],
        Next::Plan => &["plan"],
        Next::Again(args) => args,
    };
    let after = Run::of(hsm, place, args).end();
    if after.hung || after.code != Some(0) {
        return Err(format!("`hsm {}` ended with {:?}: {}", args.join(" "), after.code, after.said));
    }
    let verdict = match (next, settled) {
        (Next::Again(_), _) => states.is(place, Verdict::New, "the second try said it was done")?,
        (_, Some(settled)) => states.is(place, settled, "the next command")?,
        (_, None) => states.which(place, Times::Count)?,
    };
    if next != Next::Recover {
        let last = Run::of(hsm, place, &["recover"]).end();
        if last.code != Some(0) {
            return Err(format!("`hsm recover` ended with {:?}: {}", last.code, last.said));
        }
        states.is(place, verdict, "a further `hsm recover`")?;
    }
    Ok(verdict)
}

impl States {
    /// Which of the two it is; `times` says whether the old one has to have its old times too.
    pub(crate) fn which(&self, place: &Path, times: Times) -> Result<Verdict, String> {
        let now = Picture::of(place);
        let old = self.old.differences(&now, times);
        let new = self.new.differences(&now, Times::DontCount);
        match (old.is_empty(), new.is_empty()) {
            (true, _) => Ok(Verdict::Old),
            (_, true) => Ok(Verdict::New),
            _ => Err(format!("neither old ({}) nor new ({})", few(&old), few(&new))),
        }
    }

    /// Whether it is this one; `why` says why it should be.
    pub(crate) fn is(&self, place: &Path, verdict: Verdict, why: &str) -> Result<Verdict, String> {
        let now = Picture::of(place);
        let differences = match verdict {
            Verdict::Old => self.old.differences(&now, Times::Count),
            Verdict::New => self.new.differences(&now, Times::DontCount),
        };
        if differences.is_empty() {
            return Ok(verdict);
        }
        Err(format!("{why}, but it is not {verdict:?}: {}", few(&differences)))
    }
}

/// A message about something that is left names a path.
fn says_what_is_left(said: &str) -> Result<(), String> {
    let names =
        ["hsm.yaml", "hsm.lock", "pyproject.toml", "uv.lock", "docker-compose.hpm.yml", ".venv", ".hsm"];
    if names.iter().any(|name| said.contains(name)) {
        Ok(())
    } else {
        Err(format!("exit code 5 without saying what is left: {said}"))
    }
}
