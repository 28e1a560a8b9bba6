//! Edits of entries: what a command wants added or removed, as edits in place; and the text of a new entry.
//!
//! Owns: where in an entry an option or a release stands. Refuses: writing the file, and looking at other entries.

pub mod draft;
#[cfg(test)]
#[expect(clippy::format_push_string, reason = "generators are easiest to read so")]
mod tests;

use crate::names::Name;
use crate::place::FileId;
use crate::registry::{Entry, Group};
use crate::version::Version;
use crate::yaml::edit::{Edit, New, Obstacle, Refusal, Step, apply};
use crate::yaml::{self, Limits, Node, Out};

/// A change of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryChange {
    /// Adds an option at the end of a group's.
    AddOption(Name, draft::OptionDraft),
    /// Removes an option, and takes it out of `default`.
    RemoveOption(Name),
    /// Adds a release at the end of `releases`.
    AddRelease(Version, Out),
    /// Removes a release from `releases`.
    RemoveRelease(Version),
}

/// What an edit did besides what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// An option that was removed was a default.
    #[error("`{0}` was in `default`; it no longer is")]
    NoDefault(Name),
}

/// Why an entry was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryEditError {
    /// The way in which it is written stands in the way.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It has that option already.
    #[error("`{0}` is an option already")]
    HasOption(Name),
    /// It has no such option.
    #[error("there is no option `{0}`; its options: {1}")]
    NoOption(Name, String),
    /// It has that release already.
    #[error("there is a release {0} already")]
    HasRelease(Version),
    /// It has no such release.
    #[error("there is no release {0}; its releases: {1}")]
    NoRelease(Version, String),
    /// The release is that of the entry itself.
    #[error(
        "{0} is the entry's own version, and its sources are inherited by the others: change it by hand, or remove the entry"
    )]
    OwnRelease(Version),
    /// The entry is of another kind.
    #[error("only packages and containers have releases, and only groups have options")]
    Kind,
}

/// An entry's text after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// What was done besides.
    pub notes: Vec<Note>,
}

/// Makes a change in the text from which `entry` was read.
pub fn edit(text: &str, entry: &Entry, change: &EntryChange) -> Result<Edited, EntryEditError> {
    let limits = Limits::of_entry(matches!(entry, Entry::Group(_)));
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new(), limits };
    match (change, entry) {
        (EntryChange::AddOption(name, option), Entry::Group(group)) => {
            draft.add_option(group, name, option)?;
        }
        (EntryChange::RemoveOption(name), Entry::Group(group)) => draft.remove_option(group, name)?,
        (EntryChange::AddRelease(version, release), Entry::Package(_) | Entry::Container(_)) => {
            if entry.versions().iter().any(|own| own.release() == version.release()) {
                return Err(EntryEditError::HasRelease(version.clone()));
            }
            draft.apply(&Edit::Append { path: vec!["releases".into()], item: New::from(release) })?;
        }
        (EntryChange::RemoveRelease(version), Entry::Package(_) | Entry::Container(_)) => {
            draft.remove_release(&entry.versions(), version)?;
        }
        _ => return Err(EntryEditError::Kind),
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}

struct Draft {
    text: String,
    notes: Vec<Note>,
    limits: Limits,
}

impl Draft {
    fn apply(&mut self, edit: &Edit) -> Result<(), EntryEditError> {
        self.text = apply(&self.text, edit, self.limits)?;
        Ok(())
    }

    /// The text as a tree.
    fn node(&self) -> Result<Node, EntryEditError> {
        let invalid = |_| Refusal { obstacle: Obstacle::Invalid, by_hand: "mend it first".to_owned() };
        Ok(yaml::read(FileId(0), &self.text, self.limits).map_err(invalid)?)
    }

    fn add_option(
        &mut self,
        group: &Group,
        name: &Name,
        option: &draft::OptionDraft,
    ) -> Result<(), EntryEditError> {
        if group.options.iter().any(|own| group.id.option(&own.name.value) == group.id.option(name)) {
            return Err(EntryEditError::HasOption(name.clone()));
        }
        let root = self.node()?;
        let last = root.get("options").and_then(Node::as_list).and_then(<[Node]>::last);
        let bare = option.is_empty() && last.is_some_and(|last| last.as_str().is_some());
        let item = if bare { New::text(name.as_str()) } else { New::from(&option.to_out(name)) };
        self.apply(&Edit::Append { path: vec!["options".into()], item })
    }

    fn remove_option(&mut self, group: &Group, name: &Name) -> Result<(), EntryEditError> {
        let is = |own: &Name| group.id.option(own) == group.id.option(name);
        let root = self.node()?;
        let options = root.get("options").and_then(Node::as_list).unwrap_or_default();
        let own =
            |node: &Node| node.get("name").unwrap_or(node).as_str().and_then(|text| Name::parse(text).ok());
        let Some(index) = options.iter().position(|node| own(node).is_some_and(|own| is(&own))) else {
            let all: Vec<&str> = group.options.iter().map(|option| option.name.value.as_str()).collect();
            return Err(EntryEditError::NoOption(name.clone(), all.join(", ")));
        };
        self.apply(&Edit::RemoveItem { path: vec!["options".into()], index })?;
        self.no_default(&root, is)
    }

    /// Takes an option out of `default`.
    fn no_default(&mut self, root: &Node, is: impl Fn(&Name) -> bool) -> Result<(), EntryEditError> {
        let path = || vec![Step::from("default")];
        let Some(default) = root.get("default") else { return Ok(()) };
        let named = |node: &Node| node.as_str().and_then(|text| Name::parse(text).ok()).filter(|own| is(own));
        let items = default.as_list();
        let found = match items {
            Some(items) => items.iter().enumerate().find_map(|(at, item)| Some((at, named(item)?))),
            None => named(default).map(|name| (0, name)),
        };
        let Some((index, name)) = found else { return Ok(()) };
        self.notes.push(Note::NoDefault(name));
        match items {
            Some(items) if items.len() > 1 => self.apply(&Edit::RemoveItem { path: path(), index }),
            _ => self.apply(&Edit::RemoveKey { path: path() }),
        }
    }

    fn remove_release(&mut self, all: &[&Version], version: &Version) -> Result<(), EntryEditError> {
        let Some(place) = all.iter().position(|own| own.release() == version.release()) else {
            let all: Vec<&str> = all.iter().map(|own| own.as_str()).collect();
            return Err(EntryEditError::NoRelease(version.clone(), all.join(", ")));
        };
        let root = self.node()?;
        let further = root.get("releases").and_then(Node::as_list).map_or(0, <[Node]>::len);
        let Some(index) = place.checked_sub(all.len() - further) else {
            return Err(EntryEditError::OwnRelease(version.clone()));
        };
        let path = vec![Step::from("releases")];
        let in_lines = !self.stands_in_brackets();
        if further == 1 && in_lines {
            return self.apply(&Edit::RemoveKey { path });
        }
        self.apply(&Edit::RemoveItem { path, index })
    }

    /// Whether `releases` is written as `[…]`: then an empty list can stand there.
    fn stands_in_brackets(&self) -> bool {
        let Ok(root) = self.node() else { return false };
        let at = root.get("releases").map(|node| node.place.start as usize);
        at.and_then(|at| self.text.get(at..)).is_some_and(|rest| rest.starts_with('['))
    }
}
