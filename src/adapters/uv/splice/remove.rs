//! Whatever is at a path taken out, in any form in which it is written.

use toml_edit::Item;

use super::{Path, SpliceError, Toml};

impl Toml {
    /// Takes out what is at a path: a value, a table with a header of its own and those below it, dotted keys, or an array
    /// of tables.
    pub(in crate::adapters::uv) fn remove_all(&mut self, path: &[String]) -> Result<(), SpliceError> {
        match self.item(path) {
            None => Ok(()),
            Some(Item::ArrayOfTables(tables)) => {
                let all: Vec<usize> = (0..tables.len()).collect();
                self.change_elements(path, &[], &all)
            }
            Some(Item::Table(table)) => {
                let has_header = !table.is_dotted() && !table.is_implicit();
                let mut below: Vec<Path> =
                    self.keys(path).into_iter().map(|key| [path, &[key]].concat()).collect();
                // what stands under the header goes with it
                below.retain(|key| !has_header || self.raw(key).is_none());
                below.iter().try_for_each(|key| self.remove_all(key))?;
                if has_header { self.remove_block(path) } else { Ok(()) }
            }
            Some(_) => self.unset(path),
        }
    }
}
