//! Selections: which options of a group are chosen, and which of their items keep their settings.

use super::{
    Draft, EditError, GroupFacts, Note, below, distinct, find, group_path, has_settings, line_of, same,
    selected,
};
use crate::manifest::{GroupLine, Item, Manifest};
use crate::names::{GroupId, Name};
use crate::yaml::edit::{Edit, New, Step};

impl Draft {
    pub(super) fn select(
        &mut self,
        manifest: &Manifest,
        group: &GroupFacts,
        options: &[Name],
    ) -> Result<(), EditError> {
        let options = distinct(&group.id, options);
        if group.one && options.len() != 1 {
            return Err(EditError::TakesOne(group.id.clone()));
        }
        let Some(line) = line_of(manifest, &group.id) else {
            return self.add_line(group, &options);
        };
        let old = selected(line);
        self.note_lost(line, &options);
        let mut staying = old.iter().filter(|item| stays(&group.id, &options, item));
        let (stay, kept) = (staying.clone().next().is_some(), staying.any(has_settings));
        match self.form(&group.id) {
            // one that stays keeps its pins
            _ if group.one && old.len() == 1 && same(&group.id, &old[0].name.value, &options[0]) => Ok(()),
            Form::List if !group.one && !old.is_empty() => self.change_list(group, old, &options),
            Form::Names if !group.one && stay => self.change_names(group, old, &options),
            // one item with settings, not in a list: it cannot be moved into one byte for byte
            Form::Item if !group.one && kept => Err(EditError::NotAList(group.id.clone())),
            _ => self.set(selection_path(&group.id), selection_value(group, &options), None),
        }
    }

    /// Removes entries that go and adds those that come; the others stay as they are written.
    fn change_names(&mut self, group: &GroupFacts, old: &[Item], options: &[Name]) -> Result<(), EditError> {
        let path = selection_path(&group.id);
        for option in options {
            if !old.iter().any(|item| same(&group.id, option, &item.name.value)) {
                self.set(below(&path, option.as_str()), New::Map(Vec::new()), None)?;
            }
        }
        for item in old.iter().filter(|item| !stays(&group.id, options, item)) {
            self.apply(&Edit::RemoveKey { path: below(&path, item.name.value.as_str()) })?;
        }
        Ok(())
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

    pub(super) fn add_options(
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

    pub(super) fn remove_options(
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

    pub(super) fn note_lost(&mut self, line: &GroupLine, options: &[Name]) {
        for item in selected(line) {
            let stays = options.iter().any(|o| same(&line.group.value, o, &item.name.value));
            if !stays && has_settings(item) && !self.notes.contains(&Note::PinsLost(item.name.value.clone()))
            {
                self.notes.push(Note::PinsLost(item.name.value.clone()));
            }
        }
    }

    fn form(&self, group: &GroupId) -> Form {
        let Ok(node) = self.node() else { return Form::Item };
        match find(&node, &selection_path(group)) {
            Some(selection) if selection.as_list().is_some() => Form::List,
            Some(selection) if selection.as_map().is_some() && selection.get("name").is_none() => Form::Names,
            _ => Form::Item,
        }
    }
}

/// How a selection is written.
enum Form {
    /// A list of items.
    List,
    /// A mapping from names to what is said of each.
    Names,
    /// One item, or nothing.
    Item,
}

fn selection_path(group: &GroupId) -> Vec<Step> {
    below(&group_path(group), "selection")
}

fn selection_value(group: &GroupFacts, options: &[Name]) -> New {
    match options {
        [one] if group.one => New::text(one.as_str()),
        several => New::list(several.iter().map(Name::as_str)),
    }
}

fn stays(group: &GroupId, options: &[Name], item: &Item) -> bool {
    options.iter().any(|o| same(group, o, &item.name.value))
}
