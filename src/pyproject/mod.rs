//! `pyproject.toml`: what it says of versions, as facts with places.
//!
//! Owns: which requirements, bounds and Pythons the user wrote into the project's file (what hsm wrote there itself is
//! recorded under `[tool.hsm]` and is none of the user's), and what the file of a checkout says of itself. Refuses:
//! editing, judging, and everything else that stands in such a file. What it cannot make sense of it passes over: the
//! package manager tells the user.

mod identity;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use crate::diagnostic::{Diagnostic, Finding};
use crate::names::Name;
use crate::place::{At, FileId, Place};
use crate::requirement::Requirement;
use crate::version::Version;
use table::Table;

pub use identity::Identity;

/// The file's name.
pub const FILE: &str = "pyproject.toml";

/// What the user wrote into the project's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The requirements, in the order of the file's kinds of lists and their places.
    pub lines: Vec<Line>,
    /// Distributions for which all that is demanded is replaced.
    pub overridden: BTreeSet<Name>,
    /// `requires-python`, as it is written.
    pub requires_python: Option<At<String>>,
    /// For each group the groups that are taken with it, itself among them.
    included: BTreeMap<Name, BTreeSet<Name>>,
    /// Lists of which at most one is taken at a time.
    apart: Vec<BTreeSet<List>>,
}

/// A requirement with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it is written.
    pub text: String,
    /// What it says.
    pub requirement: Requirement,
    /// Where it stands.
    pub place: Place,
    /// In which list.
    pub list: List,
}

/// A list of requirements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// `project.dependencies`.
    Project,
    /// One of `project.optional-dependencies`, normalized.
    Extra(Name),
    /// One of `dependency-groups`, normalized.
    Group(Name),
    /// Bounds that hold if something is installed, and are no reason to install it.
    Constraints,
}

/// What the file of a checkout says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// Its version, if it is written there.
    pub version: Option<At<Version>>,
    /// `requires-python`, as it is written.
    pub requires_python: Option<At<String>>,
}

impl Project {
    /// Reads the project's file.
    ///
    /// # Errors
    /// It is not TOML.
    #[expect(clippy::result_large_err, reason = "at most one for each file")]
    pub fn read(text: &str, file: FileId) -> Result<Self, Diagnostic> {
        let table = Table::parse(text, file)
            .map_err(|(place, why)| Diagnostic::error(place, Finding::BadToml(why)))?;
        let mut project = Self { requires_python: requires_python(&table), ..Self::default() };
        project.take(&table, &["project", "dependencies"], &List::Project);
        for (name, key) in names(&table, &["project", "optional-dependencies"]) {
            project.take(&table, &["project", "optional-dependencies", &key], &List::Extra(name));
        }
        project.groups(&table);
        if let Ok(dev) = Name::parse("dev") {
            project.take(&table, &["tool", "uv", "dev-dependencies"], &List::Group(dev));
        }
        project.take(&table, &["tool", "uv", "constraint-dependencies"], &List::Constraints);
        let overrides = table.users_texts(&["tool", "uv", "override-dependencies"]).into_iter();
        project.overridden =
            overrides.filter_map(|line| Requirement::parse(&line.value).ok()).map(|line| line.name).collect();
        project.apart = apart(&table);
        Ok(project)
    }

    /// The lines of a list for these distributions are the user's no longer.
    pub fn hand_over(&mut self, list: &List, names: &BTreeSet<Name>) {
        self.lines.retain(|line| line.list != *list || !names.contains(&line.requirement.name));
    }

    /// Whether two lists are never taken together.
    pub fn are_apart(&self, one: &List, other: &List) -> bool {
        let (one, other) = (self.closure(one), self.closure(other));
        self.apart.iter().any(|set| {
            let among = |list: &BTreeSet<List>| set.intersection(list).next().cloned();
            matches!((among(&one), among(&other)), (Some(a), Some(b)) if a != b)
        })
    }

    /// A list with those that are taken with it.
    fn closure(&self, list: &List) -> BTreeSet<List> {
        let List::Group(name) = list else { return BTreeSet::from([list.clone()]) };
        let included = self.included.get(name).into_iter().flatten();
        included.chain([name]).map(|name| List::Group(name.clone())).collect()
    }

    /// Takes in the user's lines of a list.
    fn take(&mut self, table: &Table, path: &[&str], list: &List) {
        for line in table.users_texts(path) {
            if let Ok(requirement) = Requirement::parse(&line.value) {
                let text = line.value.trim().to_owned();
                self.lines.push(Line { text, requirement, place: line.place, list: list.clone() });
            }
        }
    }

    fn groups(&mut self, table: &Table) {
        let path = ["dependency-groups"];
        let mut direct: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for (name, key) in names(table, &path) {
            self.take(table, &["dependency-groups", &key], &List::Group(name.clone()));
            let included = table.included(&["dependency-groups", &key]).into_iter();
            direct.insert(name, included.filter_map(|text| normal(&text)).collect());
        }
        for start in direct.keys() {
            let (mut seen, mut todo) = (BTreeSet::from([start.clone()]), vec![start]);
            while let Some(name) = todo.pop() {
                let fresh =
                    direct.get(name).into_iter().flatten().filter(|name| seen.insert((*name).clone()));
                todo.extend(fresh);
            }
            self.included.insert(start.clone(), seen);
        }
    }
}

impl List {
    /// Where a project's requirements are written: into a group, else into the project's own list.
    pub fn of(group: Option<&str>) -> Self {
        group.and_then(normal).map_or(Self::Project, Self::Group)
    }
}

impl Checkout {
    /// Reads the file of a checkout; one that is not TOML says nothing.
    pub fn read(text: &str, file: FileId) -> Self {
        let Ok(table) = Table::parse(text, file) else { return Self::default() };
        let dynamic = table.texts(&["project", "dynamic"]).iter().any(|name| name.value == "version");
        let version = table.text(&["project", "version"]).filter(|_| !dynamic);
        let version = version.map(|version| version.map(|text| Version::parse(&text)));
        Self {
            version: version.filter(|version| !version.value.is_opaque()),
            requires_python: table.text(&["project", "requires-python"]),
        }
    }
}

/// The name of the project that a file is of, as it is written; `None` where it is not TOML, or has none.
pub fn name(text: &str) -> Option<String> {
    let table = Table::parse(text, FileId(0)).ok()?;
    table.text(&["project", "name"]).map(|name| name.value)
}

/// `requires-python`, unless hsm wrote it.
fn requires_python(table: &Table) -> Option<At<String>> {
    const PATH: [&str; 2] = ["project", "requires-python"];
    let found = table.text(&PATH)?;
    let recorded = table.text(&["tool", "hsm", PATH[0], PATH[1]]);
    let is_hsms = recorded.is_some_and(|text| Some(text.value.as_str()) == table.written(found.place));
    Some(found).filter(|_| !is_hsms)
}

/// `tool.uv.conflicts`: of the extras and groups in each of its lists only one is taken at a time.
fn apart(table: &Table) -> Vec<BTreeSet<List>> {
    let own = table.text(&["project", "name"]).and_then(|name| normal(&name.value));
    let member = |pairs: &BTreeMap<String, String>| {
        let of = pairs.get("package").and_then(|name| normal(name));
        match (pairs.get("extra"), pairs.get("group")) {
            _ if of.is_some() && of != own => None,
            (Some(extra), None) => normal(extra).map(List::Extra),
            (None, Some(group)) => normal(group).map(List::Group),
            _ => None,
        }
    };
    table
        .lists_of_tables(&["tool", "uv", "conflicts"])
        .iter()
        .map(|set| set.iter().filter_map(member).collect())
        .collect()
}

/// The keys of a table, each with the name that it stands for.
fn names(table: &Table, path: &[&str]) -> Vec<(Name, String)> {
    table.keys(path).into_iter().filter_map(|key| Some((normal(&key)?, key))).collect()
}

fn normal(text: &str) -> Option<Name> {
    Name::parse(text).ok().map(|name| name.pep503())
}

/// Where a package lies in its checkout: at the checkout's path, or in a directory of it.
pub fn inside(path: &At<String>, subdirectory: Option<&At<String>>) -> At<String> {
    let below = subdirectory.map(|sub| format!("{}/{}", path.value.trim_end_matches('/'), sub.value));
    At::new(below.unwrap_or_else(|| path.value.clone()), path.place)
}

/// Two paths joined, without `.` and with as few `..` as can be, with `/`.
pub fn joined(root: &Path, path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in root.join(path).components() {
        match component {
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            Component::ParentDir => match parts.last() {
                Some(last) if last != ".." => drop(parts.pop()),
                _ => parts.push("..".to_owned()),
            },
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests;
