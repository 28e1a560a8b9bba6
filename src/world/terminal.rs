//! The terminal on which a person answers.
//!
//! Owns: how it hands over what is typed (key by key, or line by line with its own editing), putting it back as it was,
//! and noticing signals meanwhile. Refuses: knowing what keys mean, and writing anything.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcsetattr,
};

use super::signals::{Hold, Signals};

/// How often a wait looks whether a signal came.
const LOOK: Duration = Duration::from_millis(40);

/// What came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// What was typed.
    Bytes(Vec<u8>),
    /// Nothing, for as long as was to be waited.
    Nothing,
    /// There is nothing more to come.
    End,
    /// The user asked to stop (the signal's number).
    Signal(i32),
}

/// A terminal while somebody is asked. Dropping it puts the terminal back as it was.
pub trait Terminal {
    /// Waits for what is typed; `None`: for as long as it takes.
    fn typed(&mut self, patience: Option<Duration>) -> io::Result<Typed>;
}

/// The terminal at this process's standard input.
pub(super) struct Keyboard {
    input: BorrowedFd<'static>,
    before: Option<Termios>,
    signals: &'static Signals,
    received: usize,
    /// Signals are noticed: the terminal has to be put back first.
    _hold: Hold,
}

impl Keyboard {
    /// `by_key`: without waiting for the end of the line, without showing what is typed, and Ctrl-C as a key.
    pub(super) fn open(signals: &'static Signals, by_key: bool) -> io::Result<Self> {
        let hold = signals.hold();
        let input = rustix::stdio::stdin();
        // what was typed before the question was not meant for it
        tcflush(input, QueueSelector::IFlush)?;
        let mut keyboard =
            Self { input, before: None, signals, received: signals.received().count, _hold: hold };
        if by_key {
            let before = tcgetattr(input)?;
            let mut modes = before.clone();
            modes
                .local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
            modes.input_modes.remove(InputModes::IXON);
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(input, OptionalActions::Now, &modes)?;
            keyboard.before = Some(before);
        }
        Ok(keyboard)
    }

    /// Whether something can be read within that time.
    fn ready(&self, time: Duration) -> io::Result<bool> {
        let time = Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: time.subsec_nanos().into() };
        let mut waited = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut waited, Some(&time)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Terminal for Keyboard {
    fn typed(&mut self, patience: Option<Duration>) -> io::Result<Typed> {
        let mut waited = Duration::ZERO;
        loop {
            let received = self.signals.received();
            if let Some(signal) = received.last.filter(|_| received.count > self.received) {
                return Ok(Typed::Signal(signal));
            }
            let slice = patience.map_or(LOOK, |patience| LOOK.min(patience.saturating_sub(waited)));
            if self.ready(slice)? {
                let mut bytes = vec![0; 4096];
                return match rustix::io::read(self.input, &mut bytes) {
                    // at the end of the input, and where the terminal is gone
                    Ok(0) | Err(rustix::io::Errno::IO) => Ok(Typed::End),
                    Ok(count) => {
                        bytes.truncate(count);
                        Ok(Typed::Bytes(bytes))
                    }
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(error) => Err(error.into()),
                };
            }
            waited += slice;
            if patience.is_some_and(|patience| waited >= patience) {
                return Ok(Typed::Nothing);
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // a terminal that is gone needs nothing
            let _ = tcsetattr(self.input, OptionalActions::Now, before);
        }
    }
}

/// A terminal at which nobody sits.
pub(super) struct Nobody;

impl Terminal for Nobody {
    fn typed(&mut self, _patience: Option<Duration>) -> io::Result<Typed> {
        Ok(Typed::End)
    }
}
