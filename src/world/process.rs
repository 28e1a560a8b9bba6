//! Running programs: input and output without deadlock, signals to the whole process group, nothing left behind.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group, waitid,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTTIN, SIGTTOU};

use super::signals::Signals;
use super::{Break, Command, Outcome, OutputTo, WAS_SILENT};

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(8);
/// A second signal within this time is an echo of the first (a wrapper passes on what the terminal sent too).
const ECHO: Duration = Duration::from_millis(500);
/// How long what is left of a group may take to vanish, or to let go of the output.
const LEFTOVERS: Duration = Duration::from_secs(1);
/// The longest pause between two looks at the program.
const LOOK: Duration = Duration::from_millis(20);

/// What stands at the end of the standard error of a program that was ended because it would have waited for an answer.
const WANTED_TERMINAL: &str = "it wanted to ask something, but it has no terminal here; it was ended";

/// Runs a program; see [`super::World::run`]. `input` is its input when the command has none.
pub(super) fn run(command: &Command, signals: &'static Signals, input: Option<File>) -> io::Result<Outcome> {
    let hold = signals.hold();
    let mut child = prepare(command, input).spawn()?;
    let pid = Pid::from_child(&child);
    feed(&mut child, command.stdin.clone())?;
    let heard = Heard::default();
    let show = command.output == OutputTo::Shown;
    let stdout = child.stdout.take().map(|pipe| collect(pipe, false, &heard)).transpose()?;
    let stderr = child.stderr.take().map(|pipe| collect(pipe, show, &heard)).transpose()?;

    let mut watch = Watch::new(pid, command.output == OutputTo::Inherited, signals);
    watch.until = command.limit.map(|limit| Instant::now() + limit);
    watch.silence = command.silence.map(|longest| (heard, longest));
    let ended_well = watch.until_end()?;
    let own_group = command.output != OutputTo::Inherited;
    if own_group && !ended_well && !Break::ChildrenNotSignalled.here() {
        // Before the leader is reaped: until then its number can't belong to anyone else.
        let _nobody_left = kill_process_group(pid, Signal::KILL);
    }
    let status = child.wait()?;
    if own_group && !ended_well {
        wait_until_gone(pid);
    }
    drop(hold);
    let mut outcome = Outcome {
        code: status.code(),
        signal: std::os::unix::process::ExitStatusExt::signal(&status),
        stdout: stdout.as_ref().map(finish).unwrap_or_default(),
        stderr: stderr.as_ref().map(finish).unwrap_or_default(),
    };
    if let Some(reason) = watch.reason {
        outcome.stderr.extend_from_slice(format!("\n{reason}\n").as_bytes());
    }
    Ok(outcome)
}

/// Becomes a program; see [`super::World::replace`]. Files of this process, locks among them, are closed in it, and signals
/// do what they do by themselves.
pub(super) fn replace(command: &Command) -> io::Error {
    prepare(&Command { output: OutputTo::Inherited, ..command.clone() }, None).exec()
}

fn prepare(command: &Command, input: Option<File>) -> std::process::Command {
    let mut std = std::process::Command::new(&command.program);
    std.args(&command.args);
    if !command.dir.as_os_str().is_empty() {
        std.current_dir(&command.dir);
    }
    for name in &command.env_remove {
        std.env_remove(name);
    }
    std.envs(command.env.iter().map(|(k, v)| (k, v)));
    std.stdin(match (&command.stdin, command.output, input) {
        (Some(_), _, _) => Stdio::piped(),
        (None, OutputTo::Inherited, _) => Stdio::inherit(),
        // Its end is reached, so there is nothing to read; but as long as it is open the lock is held.
        (None, _, Some(input)) => Stdio::from(input),
        (None, _, None) => Stdio::null(),
    });
    match command.output {
        OutputTo::Inherited => {}
        OutputTo::Captured | OutputTo::Shown => {
            std.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        }
    }
    std
}

fn feed(child: &mut Child, bytes: Option<Vec<u8>>) -> io::Result<()> {
    if let (Some(bytes), Some(mut pipe)) = (bytes, child.stdin.take()) {
        // A program that doesn't read all of it closes the pipe; that is its right.
        std::thread::Builder::new().spawn(move || drop(pipe.write_all(&bytes)))?;
    }
    Ok(())
}

/// When a program was heard of last.
#[derive(Debug, Clone)]
struct Heard {
    since: Instant,
    /// Milliseconds since then.
    last: Arc<AtomicU64>,
}

impl Default for Heard {
    fn default() -> Self {
        Self { since: Instant::now(), last: Arc::default() }
    }
}

impl Heard {
    fn now(&self) {
        self.last.store(self.elapsed(), Ordering::Relaxed);
    }

    fn silent_for(&self) -> Duration {
        Duration::from_millis(self.elapsed().saturating_sub(self.last.load(Ordering::Relaxed)))
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn collect(mut pipe: impl Read + Send + 'static, show: bool, heard: &Heard) -> io::Result<Receiver<Vec<u8>>> {
    let (send, receive) = channel();
    let heard = heard.clone();
    std::thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    heard.now();
                    if show {
                        let mut screen = io::stderr().lock();
                        let _closed = screen.write_all(&buffer[..n]).and_then(|()| screen.flush());
                    }
                    if send.send(buffer[..n].to_vec()).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    })?;
    Ok(receive)
}

/// All that was collected. What runs on in the background may hold the pipe; nobody waits for that.
fn finish(pipe: &Receiver<Vec<u8>>) -> Vec<u8> {
    let until = Instant::now() + LEFTOVERS;
    let mut all = Vec::new();
    loop {
        match pipe.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(chunk) => all.extend_from_slice(&chunk),
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => return all,
        }
    }
}

fn wait_until_gone(group: Pid) {
    let until = Instant::now() + LEFTOVERS;
    while test_kill_process_group(group).is_ok() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Watches over one running program.
struct Watch {
    pid: Pid,
    interactive: bool,
    signals: &'static Signals,
    /// How many signals were dealt with.
    handled: usize,
    /// When it was first asked to end.
    asked: Option<Instant>,
    killed: bool,
    /// Why it was ended, where it does not know itself.
    reason: Option<&'static str>,
    /// When it has to have ended.
    until: Option<Instant>,
    /// How long it may say nothing.
    silence: Option<(Heard, Duration)>,
}

impl Watch {
    fn new(pid: Pid, interactive: bool, signals: &'static Signals) -> Self {
        // A signal that came just before the start counts for the program too, unless the user talks to it directly.
        let handled = if interactive { signals.received().count } else { 0 };
        Self {
            pid,
            interactive,
            signals,
            handled,
            asked: None,
            killed: false,
            reason: None,
            until: None,
            silence: None,
        }
    }

    /// Waits until the program has ended, without reaping it; says whether it ended with 0.
    fn until_end(&mut self) -> io::Result<bool> {
        let mut pause = Duration::from_millis(1);
        loop {
            let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(WaitId::Pid(self.pid), look) {
                Ok(Some(status)) => return Ok(status.exit_status() == Some(0)),
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if self.interactive {
                self.pass_on();
            } else {
                self.stop_if_asked();
                self.end_if_stopped();
            }
            // Only a new signal cuts the pause short; one that was dealt with doesn't.
            self.signals.wait(pause);
            pause = (pause * 2).min(LOOK);
        }
    }

    /// The terminal sends Ctrl-C to an interactive program itself; other signals are passed on.
    fn pass_on(&mut self) {
        let received = self.signals.received();
        if received.count > self.handled {
            self.handled = received.count;
            if let Some(signal) = received.last.filter(|&s| s != SIGINT) {
                let _ended = kill_process(self.pid, named(signal));
            }
        }
    }

    fn stop_if_asked(&mut self) {
        let received = self.signals.received();
        if received.count > self.handled {
            self.handled = received.count;
            match self.asked {
                None => {
                    self.asked = Some(Instant::now());
                    self.send(received.last.map_or(Signal::TERM, named));
                }
                Some(first) if received.at.is_some_and(|at| at.saturating_duration_since(first) > ECHO) => {
                    self.kill();
                }
                Some(_) => {}
            }
        }
        let silent = self.silence.as_ref().is_some_and(|(heard, longest)| heard.silent_for() > *longest);
        if self.asked.is_none() && (silent || self.until.is_some_and(|until| Instant::now() > until)) {
            self.reason = silent.then_some(WAS_SILENT);
            self.asked = Some(Instant::now());
            self.send(Signal::TERM);
        }
        if self.asked.is_some_and(|at| at.elapsed() > GRACE) {
            self.kill();
        }
    }

    /// A program in the background that reads from the terminal is stopped by the system and would wait for ever.
    fn end_if_stopped(&mut self) {
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if let Ok(Some(status)) = waitid(WaitId::Pid(self.pid), look)
            && status.stopping_signal().is_some_and(|s| s == SIGTTIN || s == SIGTTOU)
        {
            self.reason = Some(WANTED_TERMINAL);
            self.kill();
        }
    }

    /// Sends a signal to the program and all that it started.
    fn send(&self, signal: Signal) {
        let _ended = if Break::ChildrenNotSignalled.here() {
            kill_process(self.pid, signal)
        } else {
            kill_process_group(self.pid, signal)
        };
    }

    fn kill(&mut self) {
        if !self.killed {
            self.killed = true;
            self.send(Signal::KILL);
        }
    }
}

fn named(signal: i32) -> Signal {
    match signal {
        SIGINT => Signal::INT,
        SIGHUP => Signal::HUP,
        _ => Signal::TERM,
    }
}
