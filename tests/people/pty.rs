//! A program at a pseudo-terminal: what is typed, what is seen, how it ends. Every wait has a limit.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// How long a test waits for anything.
const LIMIT: Duration = Duration::from_mins(1);

/// A program that runs at a terminal of its own.
pub(crate) struct Session {
    child: Child,
    master: OwnedFd,
    slave: OwnedFd,
    seen: String,
    /// How much of what was seen was waited for already.
    read: usize,
}

impl Session {
    /// Starts it in a session of its own, at a terminal so wide and high.
    pub(crate) fn start(command: &Command, (columns, rows): (u16, u16)) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("sized");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .expect("opened");
        let end = || Stdio::from(File::from(slave.try_clone().expect("cloned")));
        // the terminal has to be the session's own, so that Ctrl-C is a signal where it is none of the keys
        let mut inside = Command::new("/usr/bin/setsid");
        inside.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args()).env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                inside.env(name, value);
            }
        }
        inside.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
        let child = inside.stdin(end()).stdout(end()).stderr(end()).spawn().expect("setsid runs");
        Self { child, master, slave, seen: String::new(), read: 0 }
    }

    /// Waits until this is shown, behind what was waited for before.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        let until = Instant::now() + LIMIT;
        loop {
            if let Some(at) = self.seen[self.read..].find(text) {
                self.read += at + text.len();
                return self;
            }
            let more = Instant::now() < until && self.take(Duration::from_millis(200));
            assert!(
                more,
                "`{text}` was not shown behind what was read:\n{}\n----\n{}",
                &self.seen[..self.read],
                &self.seen[self.read..]
            );
        }
    }

    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        File::from(self.master.try_clone().expect("cloned")).write_all(text.as_bytes()).expect("typed");
        self
    }

    /// Sends it a signal.
    pub(crate) fn signal(&mut self, signal: &str) -> &mut Self {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        self
    }

    /// How its terminal is set.
    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.slave).expect("a terminal")
    }

    /// Waits for the end; the exit code (of a signal as shells count it) and all that was shown.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> (i32, String) {
        let until = Instant::now() + LIMIT;
        loop {
            self.take(Duration::from_millis(20));
            if let Some(status) = self.child.try_wait().expect("waited for") {
                while self.take(Duration::from_millis(20)) {}
                let code = status.code().or(status.signal().map(|signal| 128 + signal));
                return (code.unwrap_or(-1), std::mem::take(&mut self.seen));
            }
            assert!(Instant::now() < until, "it goes on:\n{}", self.seen);
        }
    }

    /// Closes its terminal, as who closes a window.
    pub(crate) fn hangs_up(&mut self) {
        let nothing = || File::open("/dev/null").expect("opened").into();
        (self.slave, self.master) = (nothing(), nothing());
    }

    /// Takes what is shown within that time; whether it is worth waiting for more.
    fn take(&mut self, time: Duration) -> bool {
        let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
        let mut waited = [PollFd::new(&self.master, PollFlags::IN)];
        if poll(&mut waited, Some(&time)).expect("polled") == 0 {
            return self.child.try_wait().expect("waited for").is_none();
        }
        let mut bytes = vec![0; 4096];
        match rustix::io::read(&self.master, &mut bytes) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
                true
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // one that has ended needs neither
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
