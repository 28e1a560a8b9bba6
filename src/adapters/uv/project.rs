//! What `pyproject.toml` shall hold for a demand, given what it holds now.
//!
//! Owns: the file that is made where there is none, where requirement lines go, and the comparison with the user's own
//! lines. Refuses: editing text.

use super::demand::Demand;
use super::pyproject::{Line, Reconciled, UserLine, Wanted, Wish, same_name, source_path};
use super::record::Record;
use super::settings::Kind;
use super::splice::{Path, Plain, Toml, dotted, path, quoted};
use super::trouble::Trouble;
use crate::adapters::python::{Asked, wrong};
use crate::diagnostic::Diagnostic;
use crate::names::{Name, nearest};
use crate::requirement::{Requirement, Specifiers};
use crate::secret::blind;
use crate::stack::ProjectFacts;

/// The Python that a project asks for when none of its components does.
const PYTHON: &str = ">=3.11";

/// A file as it is, or as it is begun.
pub(super) struct Begun {
    text: String,
    toml: Toml,
    record: Record,
    is_new: bool,
}

impl Begun {
    /// Reads the file; where there is none, begins one.
    pub(super) fn of(text: Option<&str>, facts: &ProjectFacts, demand: &Demand) -> Result<Self, Trouble> {
        let is_new = text.is_none();
        let text = text.map_or_else(|| template(facts, demand), str::to_owned);
        let toml = Toml::parse(text.clone())?;
        let record = Record::read(&toml)?;
        Ok(Self { text, toml, record, is_new })
    }

    /// Whether hsm has written anything into a file. One that cannot be read is the user's.
    pub(super) fn owned(text: &str) -> bool {
        let record = Toml::parse(text.to_owned()).ok().and_then(|toml| Record::read(&toml).ok());
        record.is_some_and(|record| !record.is_empty())
    }

    /// The text to be edited.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether hsm has written anything into the file.
    pub(super) fn owns(&self) -> bool {
        !self.record.lists.is_empty() || !self.record.values.is_empty()
    }

    /// What it shall hold.
    pub(super) fn wish(&self, facts: &ProjectFacts, demand: &Demand) -> Result<Wish, Trouble> {
        let python = path(["project", "requires-python"]);
        let owned_python = self.record.values.get(&python);
        let has_project = self.toml.has(&path(["project"]));
        let mut wish = Wish::default();
        if demand.lines.is_empty() {
            let stays = owned_python.filter(|_| !self.record.created.contains(&path(["project"])));
            wish.values.extend(stays.map(|text| Wanted { path: python, text: text.clone(), soft: true }));
            return Ok(wish);
        }
        let target = target(facts);
        self.check_place(&target, has_project)?;
        let made_project =
            !(has_project || self.is_virtual()) || self.record.created.contains(&path(["project"]));
        if made_project {
            wish.values.push(soft(["project", "name"], &project_name(facts, demand)));
            wish.values.push(soft(["project", "version"], &project_version(facts)));
        }
        if made_project || self.is_new || owned_python.is_some() {
            wish.values.push(soft(["project", "requires-python"], &python_of(demand)));
        }
        let lines = demand.lines.iter().map(line).collect();
        wish.lists.push((target, lines));
        if let Some(group) = &facts.into_group {
            self.default_groups(group, &mut wish);
        }
        for source in &demand.sources {
            wish.values.push(Wanted {
                path: source_path(&source.name),
                text: source.text.clone(),
                soft: false,
            });
        }
        wish.unsourced = demand.unsourced.iter().map(|(name, _)| name.clone()).collect();
        self.settings(demand, &mut wish);
        Ok(wish)
    }

    /// Settings of the demand that something in the file speaks against, and indexes that are defined nowhere.
    pub(super) fn clashes(&self, demand: &Demand) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        for setting in &demand.settings {
            for (users, line) in self.users(&setting.path) {
                if setting.meets_element(&users) == Some(false) {
                    let (path, found) = (dotted(&setting.path), blind(&users).into_owned());
                    let wanted = setting.value.text().to_owned();
                    errors.push(wrong(setting.place, Trouble::TakenSetting { path, line, found, wanted }));
                }
            }
        }
        let at = path(["tool", "uv", "index"]);
        let users = self.users(&at).into_iter().map(|(users, _)| users);
        let own = demand.settings.iter().filter(|s| s.path == at).map(|s| s.value.text().to_owned());
        let known: Vec<String> = users.chain(own).filter_map(|text| index_name(&text)).collect();
        for source in &demand.sources {
            let Some(index) = source.index.as_ref().filter(|index| !known.contains(&index.value)) else {
                continue;
            };
            let near = nearest(&index.value, known.iter().map(String::as_str)).map(str::to_owned);
            let (name, index) = (source.name.clone(), index.clone());
            errors.push(wrong(index.place, Trouble::NoIndex { name, index: index.value, near }));
        }
        errors
    }

    /// The elements of an array that are the user's own, with their lines.
    fn users(&self, at: &Path) -> Vec<(String, usize)> {
        let mut own = self.record.lists.get(at).cloned().unwrap_or_default();
        let elements = self.toml.elements(at).ok().flatten().unwrap_or_default();
        let mut users: Vec<(String, usize)> = Vec::new();
        // of equal ones the last is hsm's
        for element in elements.into_iter().rev() {
            match own.iter().position(|key| *key == element.key) {
                Some(i) => drop(own.remove(i)),
                None => users.push((element.key, self.toml.line(element.span.start))),
            }
        }
        users
    }

    /// The settings that entries need; what the user has said in other words is enough.
    fn settings(&self, demand: &Demand, wish: &mut Wish) {
        for setting in &demand.settings {
            match &setting.value {
                Kind::Value(text) => {
                    wish.values.push(Wanted { path: setting.path.clone(), text: text.clone(), soft: false });
                }
                Kind::Element { key, text, .. } => {
                    if self.users(&setting.path).iter().any(|(u, _)| setting.meets_element(u) == Some(true)) {
                        continue;
                    }
                    let line = Line { name: None, key: key.clone(), text: text.clone() };
                    match wish.lists.iter_mut().find(|(p, _)| *p == setting.path) {
                        Some((_, lines)) => lines.push(line),
                        None => wish.lists.push((setting.path.clone(), vec![line])),
                    }
                }
            }
        }
    }

    fn check_place(&self, target: &Path, has_project: bool) -> Result<(), Trouble> {
        if self.is_virtual() && *target == path(["project", "dependencies"]) {
            return Err(Trouble::VirtualRoot);
        }
        if !has_project && self.toml.has(&path(["build-system"])) {
            return Err(Trouble::NoProject);
        }
        let dynamic = path(["project", "dynamic"]);
        let names = self.toml.elements(&dynamic)?.unwrap_or_default();
        let dependencies = names.iter().find(|e| e.key == "dependencies");
        match dependencies.filter(|_| *target == path(["project", "dependencies"])) {
            Some(at) => Err(Trouble::Dynamic { line: self.toml.line(at.span.start) }),
            None => Ok(()),
        }
    }

    /// Whether it is the root of a workspace and no project itself: what a project is would be made of it, were one added.
    fn is_virtual(&self) -> bool {
        !self.toml.has(&path(["project"])) && self.toml.has(&path(["tool", "uv", "workspace"]))
    }

    /// A group that is not among the default ones would be taken out again by the user's next `uv sync`. The setting
    /// replaces uv's own default (`dev`), so that one is named with it.
    fn default_groups(&self, group: &str, wish: &mut Wish) {
        let at = path(["tool", "uv", "default-groups"]);
        let made = !self.toml.has(&at) || self.record.created.contains(&at);
        if matches!(self.toml.plain().get(&at), Some(Plain::Text(_))) {
            return;
        }
        let has_dev = self.toml.has(&path(["dependency-groups", "dev"]))
            || self.toml.has(&path(["tool", "uv", "dev-dependencies"]));
        let dev = (made && has_dev && group != "dev").then_some("dev");
        // names of groups compare normalized
        let users = self.users(&at);
        let is_there = |name: &&str| users.iter().any(|(own, _)| same_name(own, name));
        let names = dev.into_iter().chain([group]).filter(|name| !is_there(name));
        let lines = names.map(|n| Line { name: None, key: n.to_owned(), text: quoted(n) }).collect();
        wish.lists.push((at, lines));
    }

    /// What the demand meets in the file: errors, and what is only worth telling.
    pub(super) fn meets(
        &self,
        facts: &ProjectFacts,
        demand: &Demand,
        done: &Reconciled,
    ) -> (Vec<Trouble>, Vec<Trouble>) {
        let (mut errors, mut notes) = (Vec::new(), done.notes.clone());
        let target = target(facts);
        let here = done.users.iter().filter(|u| is_same(&u.path, &target));
        let others = self.other_lines(&target);
        let users = here.map(|u| (u, true)).chain(others.iter().map(|u| (u, false)));
        for (user, beside) in users {
            let Ok(theirs) = Requirement::parse(&user.key) else { continue };
            for asked in demand.lines.iter().filter(|a| a.requirement.name == theirs.name) {
                let (line, found) = (user.line, blind(&user.key).into_owned());
                let own = asked.requirement.to_string();
                let address = asked.requirement.url.as_ref();
                if theirs.url.is_some()
                    && (asked.sourced || address.is_some_and(|a| Some(a) != theirs.url.as_ref()))
                {
                    errors.push(Trouble::Apart { line, found, own });
                } else if beside && asked.component.is_some() && own != user.key {
                    notes.push(Trouble::Beside { line, found, own });
                }
            }
        }
        (errors, notes)
    }

    /// The user's requirement lines elsewhere in the file that are always installed with hsm's.
    fn other_lines(&self, target: &Path) -> Vec<UserLine> {
        let at = path(["project", "dependencies"]);
        if at == *target {
            return Vec::new();
        }
        let elements = self.toml.elements(&at).ok().flatten().unwrap_or_default();
        let line = |e: super::splice::Element| UserLine {
            path: at.clone(),
            line: self.toml.line(e.span.start),
            key: e.key,
        };
        elements.into_iter().map(line).collect()
    }
}

/// The name of an index in its definition.
fn index_name(text: &str) -> Option<String> {
    match Plain::parse(text)?.get(&path(["name"]))? {
        Plain::Text(name) => Some(name.clone()),
        _ => None,
    }
}

/// Where requirement lines go.
fn target(facts: &ProjectFacts) -> Path {
    match &facts.into_group {
        Some(group) => path(["dependency-groups", group]),
        None => path(["project", "dependencies"]),
    }
}

/// Names of groups compare normalized.
fn is_same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.first() == b.first() && a.iter().zip(b).all(|(a, b)| same_name(a, b))
}

fn line(asked: &Asked) -> Line {
    let text = asked.requirement.to_string();
    Line { name: Some(asked.requirement.name.as_str().to_owned()), text: quoted(&text), key: text }
}

fn soft<const N: usize>(keys: [&str; N], text: &str) -> Wanted {
    Wanted { path: path(keys), text: quoted(text), soft: true }
}

fn template(facts: &ProjectFacts, demand: &Demand) -> String {
    let (name, version) = (quoted(&project_name(facts, demand)), quoted(&project_version(facts)));
    format!("[project]\nname = {name}\nversion = {version}\n\n[tool.uv]\npackage = false\n")
}

/// The project's name as a distribution can have it, and none of those that it depends on.
fn project_name(facts: &ProjectFacts, demand: &Demand) -> String {
    let kept: String = facts
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    let name = Name::parse(kept.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .map_or_else(|_| "stack".to_owned(), |n| n.pep503().as_str().to_owned());
    let taken = demand.lines.iter().any(|a| a.requirement.name.as_str() == name);
    if taken { format!("{name}-stack") } else { name }
}

fn project_version(facts: &ProjectFacts) -> String {
    let known = facts.version.clone().filter(|v| !crate::version::Version::parse(v).is_opaque());
    known.unwrap_or_else(|| "0.1.0".to_owned())
}

/// The narrowest `requires-python` that all components allow, with a lower bound: without one uv would resolve for
/// Pythons that nobody runs.
fn python_of(demand: &Demand) -> String {
    let Ok(floor) = Specifiers::parse(PYTHON) else { return PYTHON.to_owned() };
    let bounded = demand.python.has_lower_bound();
    let both = demand.python.and(&floor);
    if bounded || !both.is_possible() { demand.python.to_string() } else { both.to_string() }
}
