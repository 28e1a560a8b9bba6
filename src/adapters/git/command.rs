//! Calls of git.
//!
//! Owns: what every call carries, so that a repository runs nothing, asks nothing and fetches nothing but itself. Refuses:
//! running anything.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::url::GitUrl;
use crate::world::{Command, World};

/// What another repository's surroundings (a hook that runs hsm) must not decide.
pub(super) const NOT_FROM_THE_SHELL: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// Settings of every call: nothing of a repository is run. They hold for the call, and are not written into a clone.
const SETTINGS: [&str; 3] = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "submodule.recurse=false"];

/// How many seconds a server may say nothing.
pub(super) const SILENCE_VARIABLE: &str = "HSM_FETCH_TIMEOUT";

/// The same where that is not set: somebody may have to look for a key or to log in.
const SILENCE: u64 = 120;

/// The arguments of a call.
pub(super) fn args<S: AsRef<str>>(own: &[S]) -> Vec<String> {
    let settings = SETTINGS.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]);
    settings.chain(own.iter().map(|arg| arg.as_ref().to_owned())).collect()
}

/// The environment of a call that may use these protocols.
pub(super) fn env(protocols: &str) -> Vec<(String, String)> {
    [("GIT_TERMINAL_PROMPT", "0"), ("GIT_LFS_SKIP_SMUDGE", "1"), ("GIT_ALLOW_PROTOCOL", protocols)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A call that stays on this machine.
pub(super) fn local<S: AsRef<str>>(dir: &Path, own: &[S]) -> Command {
    Command {
        program: PathBuf::from(super::NAME),
        args: args(own),
        dir: dir.to_owned(),
        env: env("none"),
        env_remove: NOT_FROM_THE_SHELL.map(str::to_owned).into(),
        ..Command::default()
    }
}

/// A call that talks to where a URL leads. It has to tell how it gets on (`--progress`): when it says nothing for too long,
/// it is ended.
pub(super) fn remote<S: AsRef<str>>(dir: &Path, url: &GitUrl, own: &[S], world: &dyn World) -> Command {
    Command { env: env(url.protocols()), silence: Some(silence(world)), ..local(dir, own) }
}

/// How long a server may say nothing.
pub(super) fn silence(world: &dyn World) -> Duration {
    let set = world.env(SILENCE_VARIABLE).and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(set.filter(|seconds| *seconds > 0).unwrap_or(SILENCE))
}
