//! A group's line: whether it is there, its mode and profile, and what it excludes.

use super::{Draft, EditError, GroupFacts, Note, below, distinct, find, group_path, line_of, same};
use crate::manifest::Manifest;
use crate::names::{GroupId, Name};
use crate::yaml::edit::{Edit, New};

impl Draft {
    pub(super) fn add_group(&mut self, manifest: &Manifest, group: &GroupFacts) -> Result<(), EditError> {
        if line_of(manifest, &group.id).is_some() {
            self.notes.push(Note::AlreadyNamed(group.id.clone()));
            return Ok(());
        }
        self.set(group_path(&group.id), New::Map(Vec::new()), group.comment.clone())
    }

    pub(super) fn remove_group(&mut self, manifest: &Manifest, group: &GroupFacts) -> Result<(), EditError> {
        let line = line_of(manifest, &group.id).ok_or_else(|| EditError::NotNamed(group.id.clone()))?;
        self.note_lost(line, &[]);
        self.apply(&Edit::Prune { path: group_path(&group.id), comment: group.comment.clone() })
    }

    /// Sets or removes a key of the group's line.
    pub(super) fn line_value(
        &mut self,
        manifest: &Manifest,
        group: &GroupFacts,
        key: &str,
        value: Option<New>,
    ) -> Result<(), EditError> {
        let path = group_path(&group.id);
        let Some(value) = value else {
            let there = find(&self.node()?, &below(&path, key)).is_some();
            return if there { self.apply(&Edit::RemoveKey { path: below(&path, key) }) } else { Ok(()) };
        };
        if line_of(manifest, &group.id).is_some() {
            return self.set(below(&path, key), value, None);
        }
        self.notes.push(Note::Named(group.id.clone()));
        self.set(path, New::Map(vec![(key.to_owned(), value)]), group.comment.clone())
    }

    pub(super) fn exclude(
        &mut self,
        manifest: &Manifest,
        group: &GroupFacts,
        options: &[Name],
    ) -> Result<(), EditError> {
        let old = self.excluded(&group.id)?;
        let comes = |option: &Name| !old.names.iter().any(|(_, own)| same(&group.id, own, option));
        let new: Vec<Name> = distinct(&group.id, options).into_iter().filter(comes).collect();
        if new.is_empty() {
            return Ok(());
        }
        if !old.is_list {
            let all = old.names.iter().map(|(_, own)| own).chain(&new).map(Name::as_str);
            return self.line_value(manifest, group, "exclude", Some(New::list(all)));
        }
        let path = below(&group_path(&group.id), "exclude");
        let items = new.iter().map(|option| New::text(option.as_str()));
        items.into_iter().try_for_each(|item| self.apply(&Edit::Append { path: path.clone(), item }))
    }

    pub(super) fn include(&mut self, group: &GroupId, options: &[Name]) -> Result<(), EditError> {
        let old = self.excluded(group)?;
        for option in options {
            if !old.names.iter().any(|(_, own)| same(group, own, option)) {
                return Err(EditError::NotExcluded { option: option.clone(), group: group.clone() });
            }
        }
        let goes = |own: &Name| options.iter().any(|option| same(group, own, option));
        let path = below(&group_path(group), "exclude");
        if old.names.iter().all(|(_, own)| goes(own)) {
            return self.apply(&Edit::RemoveKey { path });
        }
        let indices = old.names.iter().filter(|(_, own)| goes(own)).map(|(index, _)| *index);
        let indices: Vec<usize> = indices.collect();
        let mut from_the_last = indices.into_iter().rev();
        from_the_last.try_for_each(|index| self.apply(&Edit::RemoveItem { path: path.clone(), index }))
    }

    fn excluded(&self, group: &GroupId) -> Result<Excluded, EditError> {
        let root = self.node()?;
        let Some(node) = find(&root, &below(&group_path(group), "exclude")) else {
            return Ok(Excluded { names: Vec::new(), is_list: false });
        };
        let option =
            |(index, node): (usize, &crate::yaml::Node)| Some((index, Name::parse(node.as_str()?).ok()?));
        let nodes = crate::fields::one_or_list(node);
        let names = nodes.into_iter().enumerate().filter_map(option).collect();
        Ok(Excluded { names, is_list: node.as_list().is_some() })
    }
}

/// The value of `exclude`.
struct Excluded {
    /// The options, each with its index in the list.
    names: Vec<(usize, Name)>,
    is_list: bool,
}
