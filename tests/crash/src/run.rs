//! One run of hsm in a place: with the fake tools, perhaps under strace, with a limit of time.
//!
//! Owns: the environment of a run. Refuses: judging how it ended.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::project::root;

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(40);

/// The program under test, and the tools that it finds.
#[derive(Debug, Clone)]
pub(crate) struct Hsm {
    /// The program.
    pub(crate) program: PathBuf,
    /// The directory of the fake tools.
    pub(crate) tools: PathBuf,
    /// How it is broken on purpose, where that is asked for.
    pub(crate) broken: Option<String>,
}

/// A run to be.
pub(crate) struct Run {
    command: Command,
    said: PathBuf,
    limit: Duration,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal.
    pub(crate) signal: Option<i32>,
    /// What it said on both streams.
    pub(crate) said: String,
    /// Whether it took too long and was ended.
    pub(crate) hung: bool,
}

impl Run {
    /// hsm with these arguments in the project of that place.
    pub(crate) fn of(hsm: &Hsm, place: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(&hsm.program);
        command.args(args);
        Self::dressed(command, hsm, place)
    }

    /// The same under strace, with these arguments of strace's.
    pub(crate) fn traced(hsm: &Hsm, place: &Path, args: &[&str], strace: &[String]) -> Self {
        let mut command = Command::new("strace");
        command.args(strace).arg("--").arg(&hsm.program).args(args);
        Self::dressed(command, hsm, place)
    }

    fn dressed(mut command: Command, hsm: &Hsm, place: &Path) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(root(place))
            .env_clear()
            .env("PATH", format!("{}:{path}", hsm.tools.display()))
            .env("HOME", place)
            .env("LC_ALL", "C.UTF-8")
            // What Python leaves beside a build backend is no part of a project.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(broken) = &hsm.broken {
            command.env("HSM_BROKEN", broken);
        }
        Self { command, said: place.join("said"), limit: LIMIT }
    }

    /// Tells the tools what to do wrong.
    pub(crate) fn tool(mut self, what: &str) -> Self {
        if !what.is_empty() {
            self.command.env("CRASH_TOOL", what);
        }
        self
    }

    /// One of many that wait for each other; the tools note when they are at work.
    pub(crate) fn in_a_crowd(mut self, number: usize) -> Self {
        self.limit = LIMIT * 15;
        self.said.set_file_name(format!("said-{number}"));
        self.command.env("CRASH_LOG", "1");
        self
    }

    /// Starts it in a process group of its own.
    pub(crate) fn start(mut self) -> Started {
        let said = File::create(&self.said).expect("a file for what it says");
        self.command.stdout(said.try_clone().expect("a second handle")).stderr(said);
        let child = self.command.spawn().unwrap_or_else(|e| panic!("{:?}: {e}", self.command));
        Started { child, said: self.said, limit: self.limit }
    }

    /// Runs it to its end.
    pub(crate) fn end(self) -> Ended {
        self.start().end()
    }
}

/// A run under way.
pub(crate) struct Started {
    pub(crate) child: Child,
    said: PathBuf,
    limit: Duration,
}

impl Started {
    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let (status, hung) = wait(&mut self.child, self.limit).expect("a child");
        let said = String::from_utf8_lossy(&fs::read(&self.said).unwrap_or_default()).into_owned();
        Ended { code: status.code(), signal: status.signal(), said, hung }
    }
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<(ExitStatus, bool)> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        if start.elapsed() > limit {
            let _gone = kill_process_group(Pid::from_child(child), Signal::KILL);
            return Ok((child.wait()?, true));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
