//! Names of components, groups, options and profiles. A name is made only by parsing.
//!
//! Owns: what a name may look like and when two names are the same. Refuses: anything else in text form as a name.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The longest name, in bytes.
pub const MAX_NAME: usize = 64;

/// The two kinds of components, and of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A Python package.
    Package,
    /// A container.
    Container,
}

impl Kind {
    /// `package` or `container`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Container => "container",
        }
    }

    /// The other kind.
    pub fn other(self) -> Self {
        match self {
            Self::Package => Self::Container,
            Self::Container => Self::Package,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("a name cannot be empty")]
    Empty,
    /// More than [`MAX_NAME`] bytes.
    #[error("a name has at most {MAX_NAME} characters, this one has {0}")]
    TooLong(usize),
    /// A character that names do not have, or one that may not stand first or last.
    #[error(
        "`{0}` cannot stand there: a name is letters, digits, `.`, `_` and `-`, and starts and ends with a letter or digit"
    )]
    Character(char),
}

/// A name: `[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?`, at most 64 characters.
///
/// Compares letter by letter; names of packages are normalized (PEP 503) when a [`ComponentId`] is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::check(text)?;
        Ok(Self(text.into()))
    }

    /// Whether a text is a name.
    pub fn check(text: &str) -> Result<(), NameError> {
        let edge = |c: char| c.is_ascii_alphanumeric();
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if text.len() > MAX_NAME {
            return Err(NameError::TooLong(text.chars().count()));
        }
        if !edge(first) {
            return Err(NameError::Character(first));
        }
        if let Some(bad) = text.chars().find(|&c| !edge(c) && !matches!(c, '.' | '_' | '-')) {
            return Err(NameError::Character(bad));
        }
        match text.chars().last() {
            Some(last) if !edge(last) => Err(NameError::Character(last)),
            _ => Ok(()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names of Python packages compare (PEP 503): lower case, runs of `-`, `_`, `.` as one `-`.
    pub fn pep503(&self) -> Self {
        match pep503(&self.0) {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(text) => Self(text.into()),
        }
    }
}

/// A text in the form in which names of Python packages compare (PEP 503).
pub fn pep503(text: &str) -> Cow<'_, str> {
    // most are in that form already, and then nothing is copied
    let bytes = text.as_bytes();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if bytes.iter().all(|b| plain(*b)) && !bytes.windows(2).any(|pair| pair == b"--") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    Cow::Owned(out)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A component: `package:NAME` or `container:NAME`. Package names are held normalized (PEP 503).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    kind: Kind,
    name: Name,
}

impl ComponentId {
    /// The component of that kind and name.
    pub fn new(kind: Kind, name: &Name) -> Self {
        let name = match kind {
            Kind::Package => name.pep503(),
            Kind::Container => name.clone(),
        };
        Self { kind, name }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its name; for a package the normalized one.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

/// A group: `package_group:NAME` or `container_group:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId {
    /// The kind of its options.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
}

impl GroupId {
    /// The group of that kind and name.
    pub fn new(kind: Kind, name: &Name) -> Self {
        Self { kind, name: name.clone() }
    }

    /// The component that an option of this group stands for.
    pub fn option(&self, name: &Name) -> ComponentId {
        ComponentId::new(self.kind, name)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_group:{}", self.kind, self.name)
    }
}

/// What an implication or a conflict points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetId {
    /// `package:NAME` or `container:NAME`.
    Component(ComponentId),
    /// `package_group:NAME` or `container_group:NAME`.
    Group(GroupId),
}

/// Why a text is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No `KIND:` in front.
    #[error("expected `package:NAME`, `container:NAME`, `package_group:NAME` or `container_group:NAME`")]
    Kind,
    /// A bad name behind the kind.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// The word for a kind of entry.
pub fn kind_word(kind: Kind, is_group: bool) -> &'static str {
    match (kind, is_group) {
        (kind, false) => kind.as_str(),
        (Kind::Package, true) => "package_group",
        (Kind::Container, true) => "container_group",
    }
}

impl TargetId {
    /// The word for its kind.
    pub fn kind_word(&self) -> &'static str {
        match self {
            Self::Component(id) => kind_word(id.kind(), false),
            Self::Group(id) => kind_word(id.kind, true),
        }
    }

    /// Its name, without the kind.
    pub fn name(&self) -> &Name {
        match self {
            Self::Component(id) => id.name(),
            Self::Group(id) => &id.name,
        }
    }

    /// Reads `KIND:NAME`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let (kind, name) = text.split_once(':').ok_or(TargetError::Kind)?;
        let (kind, group) = match kind {
            "package" => (Kind::Package, false),
            "container" => (Kind::Container, false),
            "package_group" => (Kind::Package, true),
            "container_group" => (Kind::Container, true),
            _ => return Err(TargetError::Kind),
        };
        let name = Name::parse(name)?;
        Ok(if group {
            Self::Group(GroupId::new(kind, &name))
        } else {
            Self::Component(ComponentId::new(kind, &name))
        })
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
        }
    }
}

/// The candidate that a mistyped name most likely means; `None` when nothing is like it.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '.', ' '], "-");
    let wanted = plain(wanted);
    let length = wanted.chars().count();
    // About a third of the letters may be wrong; a short name allows one.
    let allowed = length.div_ceil(3).clamp(1, 4);
    let distance = |name: &str| {
        let name = plain(name);
        // letters that are too few or too many are wrong in any case; most names end here
        let typed = match name.chars().count().abs_diff(length) {
            apart if apart > allowed => apart,
            _ => strsim::damerau_levenshtein(&wanted, &name),
        };
        let part = length >= 3 && name.contains(&wanted) || name.len() >= 3 && wanted.contains(&name);
        if typed <= allowed { Some(typed) } else { part.then_some(allowed + 1) }
    };
    let near = known.into_iter().filter_map(|name| distance(name).map(|d| (d, name)));
    near.min().map(|(_, name)| name)
}
