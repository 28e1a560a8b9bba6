//! Components that `packages` and `containers` list.

use super::{Draft, EditError, Note, has_settings, list_path, listed, selected};
use crate::manifest::{Item, Manifest};
use crate::names::{ComponentId, Name};
use crate::yaml::edit::{Edit, New};

impl Draft {
    pub(super) fn add(
        &mut self,
        manifest: &Manifest,
        id: &ComponentId,
        name: &Name,
    ) -> Result<(), EditError> {
        if listed(manifest, id).next().is_some() {
            self.notes.push(Note::AlreadyListed(id.clone()));
            return Ok(());
        }
        self.apply(&Edit::Append { path: list_path(id.kind()), item: New::text(name.as_str()) })
    }

    pub(super) fn remove(&mut self, manifest: &Manifest, id: &ComponentId) -> Result<(), EditError> {
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
