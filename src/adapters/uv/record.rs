//! The record `[tool.hsm]`: the exact text of every entry of `pyproject.toml` that hsm wrote.
//!
//! Owns: its form. It mirrors the file: `tool.hsm.project.dependencies` lists the owned elements of
//! `project.dependencies`, `tool.hsm.tool.uv.sources.x` is the text of the owned source of `x`; `created` names the
//! tables and arrays that were made for them, `opened` the arrays that were `[]` on one line.

use std::collections::{BTreeMap, BTreeSet};

use super::splice::{Path, Plain, Toml, dotted, path, quoted, undotted};
use super::trouble::Trouble;

/// What hsm owns in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Elements of arrays.
    pub(super) lists: BTreeMap<Path, Vec<String>>,
    /// Texts of values.
    pub(super) values: BTreeMap<Path, String>,
    /// Tables and arrays that were made.
    pub(super) created: BTreeSet<Path>,
    /// Arrays that were empty and on one line.
    pub(super) opened: BTreeSet<Path>,
}

const NOTE: &str =
    "# What hsm wrote into this file and keeps up to date. An entry changed by hand is yours again.";

impl Record {
    /// Reads the record of a file; none is an empty one.
    pub(super) fn read(toml: &Toml) -> Result<Self, Trouble> {
        let mut record = Self::default();
        let Some(table) = toml.plain().get(&path(["tool", "hsm"])).cloned() else { return Ok(record) };
        let Plain::Table(table) = table else { return Err(Trouble::Record("tool.hsm".to_owned())) };
        for (key, value) in &table {
            match key.as_str() {
                "created" => record.created = paths(key, value)?,
                "opened" => record.opened = paths(key, value)?,
                "project" | "dependency-groups" | "tool" => record.take(vec![key.clone()], value)?,
                // Something that was added at the end of the file, under hsm's header, would be lost.
                _ => return Err(Trouble::Record(format!("tool.hsm.{key}"))),
            }
        }
        Ok(record)
    }

    fn take(&mut self, at: Path, value: &Plain) -> Result<(), Trouble> {
        match value {
            Plain::Table(table) => {
                for (key, value) in table {
                    let mut below = at.clone();
                    below.push(key.clone());
                    self.take(below, value)?;
                }
            }
            Plain::List(items) => {
                let mut texts = strings(&dotted(&at), items)?;
                texts.sort();
                self.lists.insert(at, texts);
            }
            Plain::Text(text) => drop(self.values.insert(at, text.clone())),
            Plain::Other(_) => return Err(Trouble::Record(format!("tool.hsm.{}", dotted(&at)))),
        }
        Ok(())
    }

    /// Whether nothing is owned.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.values.is_empty() && self.created.is_empty()
    }

    /// The lines under the header.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut out = vec![NOTE.to_owned()];
        // In one order: keys of one table that stand apart are moved together by tools that print the file anew.
        let mut paths: Vec<&Path> = self.lists.keys().chain(self.values.keys()).collect();
        paths.sort();
        for path in paths {
            if let Some(items) = self.lists.get(path) {
                out.push(format!("{} = [", dotted(path)));
                out.extend(items.iter().map(|i| format!("    {},", quoted(i))));
                out.push("]".to_owned());
            } else if let Some(text) = self.values.get(path) {
                out.push(format!("{} = {}", dotted(path), quoted(text)));
            }
        }
        let names =
            |paths: &BTreeSet<Path>| paths.iter().map(|p| quoted(&dotted(p))).collect::<Vec<_>>().join(", ");
        if !self.created.is_empty() {
            out.push(format!("created = [{}]", names(&self.created)));
        }
        if !self.opened.is_empty() {
            out.push(format!("opened = [{}]", names(&self.opened)));
        }
        out
    }
}

fn paths(key: &str, value: &Plain) -> Result<BTreeSet<Path>, Trouble> {
    let wrong = || Trouble::Record(format!("tool.hsm.{key}"));
    let Plain::List(items) = value else { return Err(wrong()) };
    strings(key, items)?.iter().map(|t| undotted(t).ok_or_else(wrong)).collect()
}

fn strings(key: &str, items: &[Plain]) -> Result<Vec<String>, Trouble> {
    let text = |item: &Plain| match item {
        Plain::Text(text) => Ok(text.clone()),
        _ => Err(Trouble::Record(format!("tool.hsm.{key}"))),
    };
    items.iter().map(text).collect()
}
