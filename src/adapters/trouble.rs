//! Trouble: what an adapter finds wrong with the stack, or with the files that it shares with the user.
//!
//! Owns: what all kinds of trouble have. Refuses: the kinds; each adapter brings its own, as an enum with data.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A kind of trouble. Its `Display` says what is wrong.
pub trait Problem: Error + Send + Sync + 'static {
    /// A code that stays the same from version to version; its page is among [`super::Adapter::pages`].
    fn code(&self) -> &'static str;

    /// Whether two things that are fine by themselves cannot hold together.
    fn is_clash(&self) -> bool {
        false
    }

    /// What to do about it.
    fn help(&self) -> Option<String> {
        None
    }
}

/// Trouble of some adapter. Two are the same when they have one code and say the same.
#[derive(Clone)]
pub struct Trouble(Arc<dyn Problem>);

impl Trouble {
    /// See [`Problem::code`].
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// See [`Problem::is_clash`].
    pub fn is_clash(&self) -> bool {
        self.0.is_clash()
    }

    /// See [`Problem::help`].
    pub fn help(&self) -> Option<String> {
        self.0.help()
    }
}

impl<P: Problem> From<P> for Trouble {
    fn from(problem: P) -> Self {
        Self(Arc::new(problem))
    }
}

impl PartialEq for Trouble {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code() && self.to_string() == other.to_string() && self.help() == other.help()
    }
}

impl Eq for Trouble {}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Trouble {}
