//! Fetching: one reference, one commit deep, where the server allows that.
//!
//! Owns: what is asked for and what then. Refuses: deciding where it lies.

use std::path::Path;

use super::{Source, is_commit};
use crate::adapters::git::cache::{NotGot, fetched, said};
use crate::adapters::git::command;
use crate::manifest::GitRefKind;
use crate::world::{Command, Outcome, World};

/// Where in the repository the reference lands.
const TIP: &str = "refs/hsm/tip";

/// All branches and tags.
const ALL: [&str; 2] = ["+refs/heads/*:refs/hsm/heads/*", "+refs/tags/*:refs/hsm/tags/*"];

/// More than any history has: git's own word for all of it.
const WHOLE: &str = "--depth=2147483647";

/// Makes an empty bare repository of a directory.
pub(super) fn make(repository: &Path, world: &dyn World) -> Result<(), NotGot> {
    // without a template there are no hooks either
    let own = ["init", "--quiet", "--bare", "--template=", "."];
    done(&world.run(&local(repository, &own))?)
}

/// Fetches a commit, or what the reference is now; says which commit it is.
pub(super) fn fetch(
    repository: &Path,
    source: &Source,
    commit: Option<&str>,
    world: &dyn World,
) -> Result<String, NotGot> {
    super::super::tool(repository, world).map_err(|error| NotGot::Tool(error.to_string()))?;
    match commit {
        Some(commit) => fetch_commit(repository, source, commit, world),
        None => fetch_reference(repository, source, world),
    }
}

/// A server gives one commit when it is asked for it, when it is the tip, or with all the rest.
fn fetch_commit(
    repository: &Path,
    source: &Source,
    commit: &str,
    world: &dyn World,
) -> Result<String, NotGot> {
    let is_there = || Ok::<_, NotGot>(named(repository, commit, world)?.is_some());
    if is_there()? {
        return Ok(commit.to_owned());
    }
    let own = format!("+{commit}:refs/hsm/at/{commit}");
    let alone = remote(repository, source, &["--depth=1"], &[&own], world)?;
    if alone.ok() && is_there()? {
        return Ok(commit.to_owned());
    }
    interrupted(world)?;
    worth_more(&alone, world)?;
    fetched(&everything(repository, source, world)?, world)?;
    if is_there()? { Ok(commit.to_owned()) } else { Err(NotGot::NoCommit(commit.to_owned())) }
}

fn fetch_reference(repository: &Path, source: &Source, world: &dyn World) -> Result<String, NotGot> {
    let spec = tip(source);
    let no_reference = || NotGot::no_such(source.reference.as_ref());
    let shallow = remote(repository, source, &["--depth=1"], &[&spec], world)?;
    if shallow.ok() {
        return commit_of_tip(repository, source, world);
    }
    interrupted(world)?;
    worth_more(&shallow, world)?;
    let is_rev = matches!(source.reference, Some((GitRefKind::Rev, _)));
    if is_missing(&shallow) && !is_rev {
        return Err(no_reference());
    }
    if let (true, Some((_, name))) = (is_rev, &source.reference) {
        // the beginning of a commit's name, which only who has them all can complete
        fetched(&everything(repository, source, world)?, world)?;
        let tries = [format!("refs/hsm/tags/{}", name.as_str()), format!("refs/hsm/heads/{}", name.as_str())];
        for spec in tries.iter().map(String::as_str).chain([name.as_str()]) {
            if let Some(commit) = named(repository, spec, world)? {
                return Ok(commit);
            }
        }
        return Err(no_reference());
    }
    // a plain file server knows nothing of depths
    let whole = remote(repository, source, &[], &[&spec], world)?;
    if is_missing(&whole) {
        return Err(no_reference());
    }
    // what it said first is nearer to the cause
    worth_more(&whole, world)?;
    done(if whole.ok() { &whole } else { &shallow })?;
    commit_of_tip(repository, source, world)
}

/// The commit that was fetched; a tag may name something else.
fn commit_of_tip(repository: &Path, source: &Source, world: &dyn World) -> Result<String, NotGot> {
    if let Some(commit) = named(repository, TIP, world)? {
        return Ok(commit);
    }
    Err(match &source.reference {
        Some((kind @ (GitRefKind::Branch | GitRefKind::Tag), name)) => {
            let what = if *kind == GitRefKind::Tag { "tag" } else { "branch" };
            NotGot::NoCommitThere { what, name: name.as_str().to_owned() }
        }
        reference => NotGot::no_such(reference.as_ref()),
    })
}

/// The reference, and where it lands.
fn tip(source: &Source) -> String {
    match &source.reference {
        Some((GitRefKind::Branch, name)) => format!("+refs/heads/{}:{TIP}", name.as_str()),
        Some((GitRefKind::Tag, name)) => format!("+refs/tags/{}:{TIP}", name.as_str()),
        Some((GitRefKind::Rev, name)) => format!("+{}:{TIP}", name.as_str()),
        None => format!("+HEAD:{TIP}"),
    }
}

/// Fails where the server gives nothing, however it is asked.
fn worth_more(outcome: &Outcome, world: &dyn World) -> Result<(), NotGot> {
    match fetched(outcome, world) {
        Err(error @ NotGot::Server { .. }) => Err(error),
        _ => Ok(()),
    }
}

fn is_missing(outcome: &Outcome) -> bool {
    !outcome.ok() && String::from_utf8_lossy(&outcome.stderr).contains("couldn't find remote ref")
}

/// All branches and tags with their whole history, and the reference itself.
pub(super) fn everything(repository: &Path, source: &Source, world: &dyn World) -> Result<Outcome, NotGot> {
    let is_shallow = world.stat(&repository.join("shallow"))?.is_some();
    let depth: &[&str] = if is_shallow { &[WHOLE] } else { &[] };
    remote(repository, source, depth, &ALL, world)
}

/// The history of the reference, so many commits more; all of it where nothing is said.
pub(super) fn deepen(
    repository: &Path,
    source: &Source,
    by: Option<u32>,
    world: &dyn World,
) -> Result<Outcome, NotGot> {
    let depth = by.map_or_else(|| WHOLE.to_owned(), |by| format!("--deepen={by}"));
    remote(repository, source, &[&depth], &[&tip(source)], world)
}

/// The commit that a name is in the repository.
fn named(repository: &Path, name: &str, world: &dyn World) -> Result<Option<String>, NotGot> {
    let own = ["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")];
    let outcome = world.run(&local(repository, &own))?;
    let commit = String::from_utf8_lossy(&outcome.stdout).trim().to_owned();
    Ok((outcome.ok() && is_commit(&commit)).then_some(commit))
}

fn remote(
    repository: &Path,
    source: &Source,
    options: &[&str],
    specs: &[&str],
    world: &dyn World,
) -> Result<Outcome, NotGot> {
    let mut own =
        vec!["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
    own.extend(options);
    own.extend(["--", source.url.as_str()]);
    own.extend(specs);
    let command = command::remote(repository, &source.url, &with_settings(&own), world);
    Ok(world.run(&Command { env: env(command.env), ..command })?)
}

/// A call that stays on this machine.
pub(super) fn local(repository: &Path, own: &[&str]) -> Command {
    let command = command::local(repository, &with_settings(own));
    Command { env: env(command.env), ..command }
}

/// The repository is named, and nothing of it is tidied up in the background.
fn with_settings<'a>(own: &[&'a str]) -> Vec<&'a str> {
    let settings = ["--git-dir=.", "-c", "gc.auto=0", "-c", "maintenance.auto=false"];
    settings.into_iter().chain(own.iter().copied()).collect()
}

/// What git says is read, so it says it in one language; ssh asks nobody; nothing stands for something else.
fn env(mut all: Vec<(String, String)>) -> Vec<(String, String)> {
    let own = [
        ("LC_ALL", "C"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("SSH_ASKPASS", "/bin/false"),
        ("SSH_ASKPASS_REQUIRE", "force"),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all
}

pub(super) fn done(outcome: &Outcome) -> Result<(), NotGot> {
    if outcome.ok() { Ok(()) } else { Err(NotGot::Failed(said(outcome))) }
}

pub(super) fn interrupted(world: &dyn World) -> Result<(), NotGot> {
    if world.interrupted() {
        return Err(NotGot::System(std::io::ErrorKind::Interrupted.into()));
    }
    Ok(())
}
