//! Pins of a component, its version, mode and profile, and the ports and other settings of its item: set in one place,
//! removed in all.

use super::spots::{EntryValue, Form, Spot, Stands, spots};
use super::{Draft, EditError, Note, Setting, below, list_path};
use crate::names::{ComponentId, Name};
use crate::yaml::edit::{Edit, New};

impl Draft {
    /// Makes a pin say that value everywhere and somewhere; without a value nowhere.
    pub(super) fn pin(
        &mut self,
        id: &ComponentId,
        name: &Name,
        key: &'static str,
        value: Option<&str>,
    ) -> Result<(), EditError> {
        let spots = spots(&self.node()?, id);
        let Some(value) = value else {
            return spots
                .iter()
                .filter(|spot| spot.has(key))
                .try_for_each(|spot| self.drop_setting(spot, key));
        };
        let new = New::text(value);
        let said = spots.iter().any(|spot| spot.pin(key) == Some(value));
        let (own, others) = match spots.split_first() {
            Some((own, others)) => (Some(own), others),
            None => (None, [].as_slice()),
        };
        match own {
            Some(own) if own.pin(key) == Some(value) => {}
            Some(own) if own.has(key) || !said => self.put_setting(own, key, &new)?,
            Some(_) => {}
            None => {
                let path = vec!["constraints".into(), format!("{}:{name}", id.kind()).into()];
                self.set(path, New::Braces(vec![(key.to_owned(), new)]), None)?;
            }
        }
        for spot in others {
            let Some(old) = spot.pin(key).filter(|old| *old != value) else { continue };
            self.drop_setting(spot, key)?;
            self.notes.push(Note::PinRemoved {
                component: id.clone(),
                pin: key,
                value: old.to_owned(),
                stands: spot.stands.clone(),
            });
        }
        Ok(())
    }

    /// Sets the ports of a container's item; without any, those of all its items go.
    pub(super) fn ports(&mut self, id: &ComponentId, name: &Name, ports: &[String]) -> Result<(), EditError> {
        let spots = spots(&self.node()?, id);
        if ports.is_empty() {
            let with = spots.iter().filter(|spot| spot.has("ports"));
            return with.into_iter().try_for_each(|spot| self.drop_setting(spot, "ports"));
        }
        self.own_setting(id, name, "ports", New::list(ports))
    }

    /// Sets something that only an item can say.
    pub(super) fn setting(
        &mut self,
        id: &ComponentId,
        name: &Name,
        setting: &Setting,
    ) -> Result<(), EditError> {
        let key = setting.key();
        let value = match setting {
            Setting::Extras(all) | Setting::Volumes(all) => New::list(all),
            Setting::Marker(text) | Setting::Image(text) => New::text(text),
            Setting::Env(pairs) => {
                let spots = spots(&self.node()?, id);
                let own = spots.iter().find(|spot| spot.stands != Stands::Constrained && spot.has(key));
                if let Some(path) = own.map(|own| below(&own.of_settings(), key)) {
                    return pairs.iter().try_for_each(|(variable, value)| {
                        self.set(below(&path, variable.as_str()), New::text(value), None)
                    });
                }
                New::Braces(pairs.iter().map(|(key, value)| (key.clone(), New::text(value))).collect())
            }
        };
        self.own_setting(id, name, key, value)
    }

    /// Sets a value of a component's own item, which is listed if it was not.
    fn own_setting(
        &mut self,
        id: &ComponentId,
        name: &Name,
        key: &'static str,
        value: New,
    ) -> Result<(), EditError> {
        let spots = spots(&self.node()?, id);
        if let Some(own) = spots.iter().find(|spot| spot.stands != Stands::Constrained) {
            return self.put_setting(own, key, &value);
        }
        self.notes.push(Note::Listed(id.clone()));
        let item = New::Braces(vec![("name".to_owned(), New::text(name.as_str())), (key.to_owned(), value)]);
        self.apply(&Edit::Append { path: list_path(id.kind()), item })
    }

    fn put_setting(&mut self, spot: &Spot, key: &str, value: &New) -> Result<(), EditError> {
        let path = spot.path.clone();
        let more = || vec![(key.to_owned(), value.clone())];
        match (&spot.form, value) {
            (Form::Bare, New::Text(text)) if key == "mode" => {
                self.apply(&Edit::Pair { path, value: text.clone() })
            }
            (Form::Bare, _) => self.apply(&Edit::Wrap { path, key: "name".to_owned(), more: more() }),
            (Form::Settings, _) => self.set(below(&path, key), value.clone(), None),
            (Form::Entry { key: name, value: is, .. }, _) => {
                let path = below(&path, name.as_str());
                match is {
                    EntryValue::Settings => self.set(below(&path, key), value.clone(), None),
                    EntryValue::Nothing | EntryValue::Mode if key == "mode" => {
                        self.set(path, value.clone(), None)
                    }
                    EntryValue::Mode => {
                        self.apply(&Edit::Wrap { path, key: "mode".to_owned(), more: more() })
                    }
                    EntryValue::Nothing => self.set(path, New::Braces(more()), None),
                }
            }
        }
    }

    /// Removes a setting that is there. What is left is written in its shortest form where no byte of anything else has
    /// to go for that.
    fn drop_setting(&mut self, spot: &Spot, key: &str) -> Result<(), EditError> {
        let rest = spot.without(key);
        let path = spot.path.clone();
        match &spot.form {
            Form::Bare => Ok(()),
            Form::Settings if spot.stands == Stands::Constrained && rest.is_empty() => {
                self.apply(&Edit::Prune { path: below(&path, key), comment: None })
            }
            Form::Settings => {
                self.apply(&Edit::RemoveKey { path: below(&path, key) })?;
                if rest.is_empty() {
                    self.applied(&Edit::Unwrap { path, key: "name".to_owned() });
                }
                Ok(())
            }
            Form::Entry { key: name, sole, value } => {
                let entry = below(&path, name.as_str());
                if rest.is_empty() && *sole && self.applied(&Edit::Unpair { path }) {
                    return Ok(());
                }
                let cleared = rest.is_empty() && self.applied(&Edit::Clear { path: entry.clone() });
                if cleared || *value != EntryValue::Settings {
                    return Ok(());
                }
                self.apply(&Edit::RemoveKey { path: below(&entry, key) })?;
                if rest == ["mode"] {
                    self.applied(&Edit::Unwrap { path: entry, key: "mode".to_owned() });
                }
                Ok(())
            }
        }
    }
}
