//! Edits of `hsm.yaml`: what a command wants changed, as edits in place.
//!
//! Owns: where in the manifest a selection, an item or a mode stands, and which items keep their pins. Refuses: knowing
//! the registry (its facts are handed in) and writing the file.

use crate::manifest::{GroupLine, Item, Manifest, Mode};
use crate::names::{ComponentId, GroupId, Kind, Name};
use crate::place::{FileId, Sources};
use crate::yaml::edit::{Edit, New, Refusal, apply};
use crate::yaml::{self, Limits, Node, Value};

/// What an edit needs to know of a group's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its id.
    pub id: GroupId,
    /// Whether exactly one option is chosen.
    pub one: bool,
    /// Its default options.
    pub default: Vec<Name>,
    /// `comment`: placed above the group's line when that is made.
    pub comment: Option<String>,
}

/// A change of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Replaces the selection of a group.
    Select(GroupFacts, Vec<Name>),
    /// Adds options to the selection of a group; of a 1-of-N group the last one replaces what was there.
    AddOptions(GroupFacts, Vec<Name>),
    /// Takes options out of the selection of a group.
    RemoveOptions(GroupFacts, Vec<Name>),
    /// Sets `project.mode`.
    Mode(Mode),
    /// Lists a component.
    Add(ComponentId, Name),
    /// Takes a component off the list.
    Remove(ComponentId),
}

/// What an edit did besides what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// A 1-of-N group takes one option, so the former one went.
    #[error("{group} takes one option: `{new}` replaces `{old}`")]
    Replaced {
        /// Which group.
        group: GroupId,
        /// What went.
        old: Name,
        /// What came.
        new: Name,
    },
    /// There was no selection; the defaults that held until now are written out.
    #[error("{group} had no selection; its defaults are now written out")]
    DefaultsWritten {
        /// Which group.
        group: GroupId,
    },
    /// An item that carried pins or settings of its own was removed.
    #[error("the settings of `{0}` went with it")]
    PinsLost(Name),
    /// It was listed already.
    #[error("{0} is already listed")]
    AlreadyListed(ComponentId),
}

/// Why the manifest was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The way in which it is written stands in the way.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An option that is not selected cannot be taken out.
    #[error("`{option}` is not in the selection of {group}")]
    NotSelected {
        /// The option.
        option: Name,
        /// The group.
        group: GroupId,
    },
    /// A component that is not listed cannot be taken off.
    #[error("hsm.yaml does not list {0}")]
    NotListed(ComponentId),
    /// It stands in a group's selection, not in a list.
    #[error("{component} is not listed by itself: it is an option of {group}; use `hsm group remove-option {} {}`", group.name, component.name())]
    IsSelected {
        /// The component.
        component: ComponentId,
        /// The group.
        group: GroupId,
    },
    /// The selection is a single item with settings of its own, not a list.
    #[error("the selection of {0} is not a list; put `[` and `]` around it first")]
    NotAList(GroupId),
    /// One option was expected.
    #[error("{0} takes exactly one option")]
    TakesOne(GroupId),
}

/// The manifest's text after a change, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text; the same as before when there was nothing to do.
    pub text: String,
    /// What was done besides.
    pub notes: Vec<Note>,
}

/// Makes a change in the text from which `manifest` was read.
pub fn edit(text: &str, manifest: &Manifest, change: &Change) -> Result<Edited, EditError> {
    let mut draft = Draft { text: text.to_owned(), notes: Vec::new() };
    match change {
        Change::Select(group, options) => draft.select(manifest, group, options)?,
        Change::AddOptions(group, options) => draft.add_options(manifest, group, options)?,
        Change::RemoveOptions(group, options) => draft.remove_options(manifest, group, options)?,
        Change::Mode(mode) => {
            draft.set(vec!["project".into(), "mode".into()], New::text(mode.as_str()), None)?;
        }
        Change::Add(id, name) => draft.add(manifest, id, name)?,
        Change::Remove(id) => draft.remove(manifest, id)?,
    }
    Ok(Edited { text: draft.text, notes: draft.notes })
}

/// Reads a text as a manifest, wherever it came from.
pub fn read_text(text: &str) -> Option<Manifest> {
    let mut sources = Sources::new();
    let file = sources.add("hsm.yaml", text);
    super::read(&sources, file).0
}

/// Whether `packages` or `containers` lists a component.
pub fn is_listed(manifest: &Manifest, id: &ComponentId) -> bool {
    listed(manifest, id).next().is_some()
}

struct Draft {
    text: String,
    notes: Vec<Note>,
}

impl Draft {
    fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        self.text = apply(&self.text, edit, Limits::MANIFEST)?;
        Ok(())
    }

    fn set(&mut self, path: Vec<String>, value: New, comment: Option<String>) -> Result<(), EditError> {
        self.apply(&Edit::Set { path, value, comment })
    }

    fn select(&mut self, manifest: &Manifest, group: &GroupFacts, options: &[Name]) -> Result<(), EditError> {
        let options = distinct(&group.id, options);
        if group.one && options.len() != 1 {
            return Err(EditError::TakesOne(group.id.clone()));
        }
        let Some(line) = line_of(manifest, &group.id) else {
            return self.add_line(group, &options);
        };
        let old = selected(line);
        self.note_lost(line, &options);
        match self.selection_is_list(&group.id) {
            // one that stays keeps its pins
            true if group.one && old.len() == 1 && same(&group.id, &old[0].name.value, &options[0]) => Ok(()),
            true if !group.one && !old.is_empty() => self.change_list(group, old, &options),
            // one item with settings, not in a list: it cannot be moved into one byte for byte
            false if !group.one && old.iter().any(|i| has_settings(i) && stays(&group.id, &options, i)) => {
                Err(EditError::NotAList(group.id.clone()))
            }
            _ if group.one && old.len() == 1 && same(&group.id, &old[0].name.value, &options[0]) => Ok(()),
            _ => self.set(selection_path(&group.id), selection_value(group, &options), None),
        }
    }

    /// Removes items that go, from the last, and adds those that come; the others stay as they are written.
    fn change_list(&mut self, group: &GroupFacts, old: &[Item], options: &[Name]) -> Result<(), EditError> {
        let path = selection_path(&group.id);
        let stays = |item: &Item| options.iter().any(|o| same(&group.id, o, &item.name.value));
        if !old.iter().any(stays) {
            return self.set(path, selection_value(group, options), None);
        }
        // what comes is added first, so that the list never runs empty
        for option in options {
            if !old.iter().any(|item| same(&group.id, option, &item.name.value)) {
                self.apply(&Edit::Append { path: path.clone(), item: New::text(option.as_str()) })?;
            }
        }
        for (index, _) in old.iter().enumerate().rev().filter(|(_, item)| !stays(item)) {
            self.apply(&Edit::RemoveItem { path: path.clone(), index })?;
        }
        Ok(())
    }

    fn add_options(
        &mut self,
        manifest: &Manifest,
        group: &GroupFacts,
        options: &[Name],
    ) -> Result<(), EditError> {
        let line = line_of(manifest, &group.id);
        if group.one {
            let options = distinct(&group.id, options);
            let [new] = options.as_slice() else { return Err(EditError::TakesOne(group.id.clone())) };
            if let Some(old) = line.map(selected).and_then(<[Item]>::first)
                && !same(&group.id, &old.name.value, new)
            {
                let old = old.name.value.clone();
                self.notes.push(Note::Replaced { group: group.id.clone(), old, new: new.clone() });
            }
            return self.select(manifest, group, &options);
        }
        let held = self.held(line, group);
        let all: Vec<Name> = held.into_iter().chain(options.iter().cloned()).collect();
        self.select(manifest, group, &all)
    }

    fn remove_options(
        &mut self,
        manifest: &Manifest,
        group: &GroupFacts,
        options: &[Name],
    ) -> Result<(), EditError> {
        let line = line_of(manifest, &group.id);
        let held = self.held(line, group);
        for option in options {
            if !held.iter().any(|h| same(&group.id, h, option)) {
                return Err(EditError::NotSelected { option: option.clone(), group: group.id.clone() });
            }
        }
        let rest: Vec<Name> =
            held.into_iter().filter(|h| !options.iter().any(|o| same(&group.id, h, o))).collect();
        if let Some(line) = line {
            self.note_lost(line, &rest);
        }
        if group.one {
            // without a selection the group goes back to its default
            let written = line.is_some_and(|l| l.selection.is_some());
            return if written {
                self.apply(&Edit::RemoveKey { path: selection_path(&group.id) })
            } else {
                Err(EditError::NotSelected { option: options[0].clone(), group: group.id.clone() })
            };
        }
        if rest.is_empty() {
            return self.set(selection_path(&group.id), New::list::<String>([]), None);
        }
        self.select(manifest, group, &rest)
    }

    /// The options that the manifest selects; without a selection the defaults, which are then written out.
    fn held(&mut self, line: Option<&GroupLine>, group: &GroupFacts) -> Vec<Name> {
        if let Some(line) = line
            && line.selection.is_some()
        {
            return selected(line).iter().map(|item| item.name.value.clone()).collect();
        }
        // a group that the manifest does not name has nothing that could be kept
        if line.is_some() && !group.one && !group.default.is_empty() {
            self.notes.push(Note::DefaultsWritten { group: group.id.clone() });
            return group.default.clone();
        }
        Vec::new()
    }

    fn add_line(&mut self, group: &GroupFacts, options: &[Name]) -> Result<(), EditError> {
        let value = New::Map(vec![("selection".to_owned(), selection_value(group, options))]);
        self.set(group_path(&group.id), value, group.comment.clone())
    }

    fn note_lost(&mut self, line: &GroupLine, options: &[Name]) {
        for item in selected(line) {
            let stays = options.iter().any(|o| same(&line.group.value, o, &item.name.value));
            if !stays && has_settings(item) && !self.notes.contains(&Note::PinsLost(item.name.value.clone()))
            {
                self.notes.push(Note::PinsLost(item.name.value.clone()));
            }
        }
    }

    fn selection_is_list(&self, group: &GroupId) -> bool {
        let Ok(node) = yaml::read(FileId(0), &self.text, Limits::MANIFEST) else { return false };
        find(&node, &selection_path(group)).is_some_and(|n| matches!(n.value, Value::List(_)))
    }

    fn add(&mut self, manifest: &Manifest, id: &ComponentId, name: &Name) -> Result<(), EditError> {
        if listed(manifest, id).next().is_some() {
            self.notes.push(Note::AlreadyListed(id.clone()));
            return Ok(());
        }
        self.apply(&Edit::Append { path: list_path(id.kind()), item: New::text(name.as_str()) })
    }

    fn remove(&mut self, manifest: &Manifest, id: &ComponentId) -> Result<(), EditError> {
        let found: Vec<(usize, &Item)> = listed(manifest, id).collect();
        if found.is_empty() {
            let lines = manifest.dependencies.groups.iter().chain(&manifest.services.groups);
            let line = lines.into_iter().find(|line| {
                selected(line).iter().any(|item| line.group.value.option(&item.name.value) == *id)
            });
            return Err(match line {
                Some(line) => {
                    EditError::IsSelected { component: id.clone(), group: line.group.value.clone() }
                }
                None => EditError::NotListed(id.clone()),
            });
        }
        for (index, item) in found.into_iter().rev() {
            if has_settings(item) {
                self.notes.push(Note::PinsLost(item.name.value.clone()));
            }
            self.apply(&Edit::RemoveItem { path: list_path(id.kind()), index })?;
        }
        Ok(())
    }
}

fn section(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Package => ("dependencies", "package_groups", "packages"),
        Kind::Container => ("services", "container_groups", "containers"),
    }
}

fn group_path(group: &GroupId) -> Vec<String> {
    let (section, groups, _) = section(group.kind);
    vec![section.to_owned(), groups.to_owned(), group.name.to_string()]
}

fn selection_path(group: &GroupId) -> Vec<String> {
    let mut path = group_path(group);
    path.push("selection".to_owned());
    path
}

fn list_path(kind: Kind) -> Vec<String> {
    let (section, _, list) = section(kind);
    vec![section.to_owned(), list.to_owned()]
}

fn selection_value(group: &GroupFacts, options: &[Name]) -> New {
    match options {
        [one] if group.one => New::text(one.as_str()),
        several => New::list(several.iter().map(Name::as_str)),
    }
}

fn line_of<'m>(manifest: &'m Manifest, group: &GroupId) -> Option<&'m GroupLine> {
    let lines = match group.kind {
        Kind::Package => &manifest.dependencies.groups,
        Kind::Container => &manifest.services.groups,
    };
    lines.iter().find(|line| line.group.value == *group)
}

fn selected(line: &GroupLine) -> &[Item] {
    line.selection.as_ref().map_or(&[], |s| s.value.as_slice())
}

fn listed<'m>(manifest: &'m Manifest, id: &'m ComponentId) -> impl Iterator<Item = (usize, &'m Item)> {
    let items = match id.kind() {
        Kind::Package => &manifest.dependencies.items,
        Kind::Container => &manifest.services.items,
    };
    items.iter().enumerate().filter(|(_, item)| ComponentId::new(id.kind(), &item.name.value) == *id)
}

/// Whether two names are one option: names of packages compare normalized.
fn same(group: &GroupId, a: &Name, b: &Name) -> bool {
    group.option(a) == group.option(b)
}

fn stays(group: &GroupId, options: &[Name], item: &Item) -> bool {
    options.iter().any(|o| same(group, o, &item.name.value))
}

fn distinct(group: &GroupId, options: &[Name]) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    for option in options {
        if !out.iter().any(|o| same(group, o, option)) {
            out.push(option.clone());
        }
    }
    out
}

fn has_settings(item: &Item) -> bool {
    item.version.is_some()
        || item.mode.is_some()
        || item.profile.is_some()
        || !item.extras.is_empty()
        || item.marker.is_some()
        || item.layer != crate::registry::layer::Layer::default()
}

fn find<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "project:
  name: demo
dependencies:
  package_groups:
    # clients
    client:
      strategy: 1-of-N
      selection: qdrant   # for now
      mode: dev
  packages: [core]
services:
  container_groups:
    metrics:
      selection:
        - prometheus
        - {name: grafana, version: \"11\"}   # pinned
    cache:
      mode: dev
";

    fn group(kind: Kind, name: &str, one: bool) -> GroupFacts {
        let name = Name::parse(name).expect("a name");
        GroupFacts {
            id: GroupId::new(kind, &name),
            one,
            default: names(&["d1", "d2"]),
            comment: Some("What it is for".to_owned()),
        }
    }

    fn names(names: &[&str]) -> Vec<Name> {
        names.iter().map(|n| Name::parse(n).expect("a name")).collect()
    }

    fn run(change: &Change) -> Result<Edited, EditError> {
        edit(TEXT, &read_text(TEXT).expect("a manifest"), change)
    }

    /// The changed lines: what went with `-`, what came with `+`.
    fn lines(edited: &Edited) -> String {
        let diff = similar::TextDiff::from_lines(TEXT, edited.text.as_str());
        let mut out = String::new();
        for change in diff.iter_all_changes().filter(|c| c.tag() != similar::ChangeTag::Equal) {
            out.push_str(&change.tag().to_string());
            out.push_str(change.value());
        }
        out
    }

    #[test]
    fn selecting_in_a_group_of_one_replaces_the_scalar() {
        let edited =
            run(&Change::Select(group(Kind::Package, "client", true), names(&["milvus"]))).expect("ok");
        assert_eq!(
            lines(&edited),
            "-      selection: qdrant   # for now\n+      selection: milvus   # for now\n"
        );
        let same =
            run(&Change::Select(group(Kind::Package, "client", true), names(&["qdrant"]))).expect("ok");
        assert_eq!(same.text, TEXT);
        let two = run(&Change::Select(group(Kind::Package, "client", true), names(&["a", "b"])));
        assert!(matches!(two, Err(EditError::TakesOne(_))), "{two:?}");
    }

    #[test]
    fn selecting_in_a_group_of_many_keeps_the_items_that_stay() {
        let metrics = group(Kind::Container, "metrics", false);
        let edited = run(&Change::Select(metrics.clone(), names(&["grafana", "loki"]))).expect("ok");
        assert_eq!(lines(&edited), "-        - prometheus\n+        - loki\n");
        assert!(edited.notes.is_empty());
        let gone = run(&Change::Select(metrics, names(&["loki"]))).expect("ok");
        assert_eq!(
            lines(&gone),
            "-      selection:\n-        - prometheus\n-        - {name: grafana, version: \"11\"}   # pinned\n+      selection: [loki]\n"
        );
        assert_eq!(gone.notes, [Note::PinsLost(Name::parse("grafana").expect("a name"))]);
    }

    #[test]
    fn adding_an_option() {
        let metrics = group(Kind::Container, "metrics", false);
        let edited = run(&Change::AddOptions(metrics, names(&["loki"]))).expect("ok");
        assert_eq!(lines(&edited), "+        - loki\n");
        let one =
            run(&Change::AddOptions(group(Kind::Package, "client", true), names(&["milvus"]))).expect("ok");
        assert_eq!(one.notes.len(), 1);
        assert_eq!(
            one.notes[0].to_string(),
            "package_group:client takes one option: `milvus` replaces `qdrant`"
        );
        let defaults =
            run(&Change::AddOptions(group(Kind::Container, "cache", false), names(&["redis"]))).expect("ok");
        assert_eq!(lines(&defaults), "+      selection: [d1, d2, redis]\n");
        assert_eq!(defaults.notes.len(), 1);
    }

    #[test]
    fn a_group_that_is_not_there_gets_a_line_with_its_comment() {
        let edited = run(&Change::Select(group(Kind::Package, "new", true), names(&["x1"]))).expect("ok");
        assert_eq!(lines(&edited), "+    # What it is for\n+    new:\n+      selection: x1\n");
        let edited =
            run(&Change::AddOptions(group(Kind::Container, "new", false), names(&["x1"]))).expect("ok");
        assert_eq!(lines(&edited), "+    # What it is for\n+    new:\n+      selection: [x1]\n");
    }

    #[test]
    fn removing_options() {
        let metrics = group(Kind::Container, "metrics", false);
        let edited = run(&Change::RemoveOptions(metrics.clone(), names(&["prometheus"]))).expect("ok");
        assert_eq!(lines(&edited), "-        - prometheus\n");
        let none = run(&Change::RemoveOptions(metrics.clone(), names(&["loki"])));
        assert!(matches!(none, Err(EditError::NotSelected { .. })), "{none:?}");
        let all = run(&Change::RemoveOptions(metrics, names(&["prometheus", "grafana"]))).expect("ok");
        assert!(all.text.contains("      selection: []"), "{}", all.text);
        let one = run(&Change::RemoveOptions(group(Kind::Package, "client", true), names(&["qdrant"])))
            .expect("ok");
        assert_eq!(lines(&one), "-      selection: qdrant   # for now\n");
    }

    #[test]
    fn components_are_listed_and_taken_off() {
        let id = |kind, name: &str| ComponentId::new(kind, &Name::parse(name).expect("a name"));
        let add = |kind, name: &str| run(&Change::Add(id(kind, name), Name::parse(name).expect("a name")));
        assert_eq!(
            lines(&add(Kind::Package, "extra").expect("ok")),
            "-  packages: [core]\n+  packages: [core, extra]\n"
        );
        assert_eq!(lines(&add(Kind::Container, "redis").expect("ok")), "+  containers:\n+    - redis\n");
        assert_eq!(add(Kind::Package, "Core").expect("ok").notes.len(), 1);
        let removed = run(&Change::Remove(id(Kind::Package, "core"))).expect("ok");
        assert_eq!(lines(&removed), "-  packages: [core]\n+  packages: []\n");
        let selected = run(&Change::Remove(id(Kind::Package, "qdrant")));
        assert_eq!(
            selected.expect_err("not listed").to_string(),
            "package:qdrant is not listed by itself: it is an option of package_group:client; use `hsm group remove-option client qdrant`"
        );
    }

    #[test]
    fn a_single_item_with_settings_is_not_moved_into_a_list() {
        let text = "project: {name: d}\nservices:\n  container_groups:\n    metrics:\n      selection: {name: a1, mode: dev}\n";
        let manifest = read_text(text).expect("a manifest");
        let metrics = group(Kind::Container, "metrics", false);
        let change = Change::AddOptions(metrics.clone(), names(&["b1"]));
        assert_eq!(edit(text, &manifest, &change), Err(EditError::NotAList(metrics.id.clone())));
        let other = edit(text, &manifest, &Change::Select(metrics, names(&["b1"]))).expect("ok");
        assert!(other.text.ends_with("      selection: [b1]\n"), "{}", other.text);
    }

    #[test]
    fn the_mode_is_set() {
        let edited = run(&Change::Mode(Mode::Dev)).expect("ok");
        assert_eq!(lines(&edited), "+  mode: dev\n");
    }
}
