//! From the stack and the project's own file to the requirements file, as text.
//!
//! Owns: how a requirement is written for pip. Refuses: the header of the file, and what pip makes of it.

use std::fmt::Write as _;
use std::path::Path;

use super::LOCK;
use super::trouble::Trouble;
use crate::adapters::Trouble as AdapterTrouble;
use crate::adapters::python::{self, Asked, Demand, Local, Origin, general, wrong};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::GitRefKind;
use crate::names::ComponentId;
use crate::place::FileId;
use crate::pyproject::{self, Identity, List, Project};
use crate::requirement::{Requirement, Specifiers};
use crate::stack::Stack;
use crate::world::World;

/// What the file shall hold.
pub(super) struct Wanted {
    /// The text below the header; `None`: the stack asks for nothing.
    pub(super) text: Option<String>,
    /// Sources on this machine.
    pub(super) locals: Vec<Local>,
    /// Worth telling.
    pub(super) notes: Vec<Diagnostic>,
}

/// The requirements of a stack; all that is wrong with it for pip otherwise.
pub(super) fn of(stack: &Stack, root: &Path, world: &dyn World) -> Result<Wanted, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let demand = python::demand::of(stack, &mut errors);
    let index = index(stack, &demand, &mut errors);
    let mut lines = Vec::new();
    for asked in &demand.lines {
        match written(stack, asked, &demand) {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(*error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let notes = notes(stack);
    let locals = demand.locals();
    if lines.is_empty() {
        return Ok(Wanted { text: None, locals, notes });
    }
    let mut text = format!(
        "# By hand: python3 -m venv .venv && .venv/bin/pip install -r {name} -c {LOCK}\n",
        name = super::REQUIREMENTS
    );
    if !demand.python.is_any() {
        let _infallible = writeln!(text, "# requires-python: {}", demand.python);
    }
    if let Some(index) = index {
        let _infallible = writeln!(text, "--index-url {index}");
    }
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    own(root, world, &mut text);
    Ok(Wanted { text: Some(text), locals, notes })
}

/// What the project itself needs: it is installed in place where it says how it is built, else its dependencies are.
fn own(root: &Path, world: &dyn World, text: &mut String) {
    let bytes = world.read(&root.join(pyproject::FILE)).unwrap_or_default();
    let file = String::from_utf8_lossy(&bytes);
    let identity = Identity::read(&file).unwrap_or_default();
    let built = identity.name.filter(|_| identity.is_project && identity.is_built);
    let lines: Vec<String> = if let Some(name) = built {
        vec![format!("-e .  # {name}")]
    } else {
        let project = Project::read(&file, FileId(0)).unwrap_or_default();
        let own = project.lines.into_iter().filter(|line| line.list == List::Project);
        own.map(|line| line.requirement.to_string()).collect()
    };
    if !lines.is_empty() {
        let _infallible = writeln!(text, "# what pyproject.toml itself asks for\n{}", lines.join("\n"));
    }
}

/// A line as pip reads it.
fn written(stack: &Stack, asked: &Asked, demand: &Demand) -> Result<String, Box<Diagnostic>> {
    let line = &asked.requirement;
    let origin = asked.component.as_ref().and_then(|id| Some((id, demand.origins.get(id)?)));
    let Some((id, origin)) = origin else { return Ok(line.to_string()) };
    let url = |url: String| Requirement { url: Some(url), ..line.clone() }.to_string();
    match origin {
        Origin::Index(_) => Ok(line.to_string()),
        Origin::Url { url: address, subdirectory } => {
            let part = subdirectory.as_ref().map(|sub| format!("#subdirectory={sub}"));
            Ok(url(format!("{address}{}", part.unwrap_or_default())))
        }
        // whether large files come is what git on this machine does
        Origin::Git { url: address, reference, subdirectory, lfs: _ } => {
            let at = reference.as_ref().map(|(_, name): &(GitRefKind, String)| format!("@{name}"));
            let part = subdirectory.as_ref().map(|sub| format!("#subdirectory={sub}"));
            let (at, part) = (at.unwrap_or_default(), part.unwrap_or_default());
            let address = format!("git+{}{at}{part}", with_scheme(address));
            // without a host it cannot stand behind a name
            let bare = Requirement { specifiers: Specifiers::default(), ..line.clone() };
            Ok(if address.starts_with("git+file:") { format!("{address}  # {bare}") } else { url(address) })
        }
        Origin::Local(local) => here(local, line).map_err(|trouble| Box::new(wrong(local.place, trouble))),
        Origin::Workspace => {
            let trouble = Trouble::Workspace { name: id.name().to_string() };
            Err(Box::new(of_package(stack, id, trouble)))
        }
    }
}

/// `git@host:path` is no address for pip.
fn with_scheme(address: &str) -> String {
    match address.split_once(':') {
        Some((host, path)) if !path.starts_with("//") && !host.contains('/') => {
            format!("ssh://{host}/{path}")
        }
        _ => address.to_owned(),
    }
}

/// What lies on this machine: pip wants its path, and the line that it stands for is kept behind it.
fn here(local: &Local, line: &Requirement) -> Result<String, Trouble> {
    let plain = |c: char| c.is_alphanumeric() || "-_./@+ ".contains(c);
    if !local.is_package {
        return Err(Trouble::NotItself { name: local.name.clone() });
    }
    let path = if local.path.starts_with('.') { local.path.clone() } else { format!("./{}", local.path) };
    if !path.chars().all(plain) || path.contains(" -") || path.contains("  ") || path.trim() != path {
        return Err(Trouble::Path { name: local.name.clone(), path: local.path.clone() });
    }
    let extras = if line.extras.is_empty() { String::new() } else { format!("[{}]", line.extras.join(",")) };
    let place = if path.contains(' ') { format!("\"{path}{extras}\"") } else { format!("{path}{extras}") };
    let option = if local.editable == Some(true) { "-e " } else { "" };
    let bare = Requirement { specifiers: Specifiers::default(), ..line.clone() };
    Ok(format!("{option}{place}  # {bare}"))
}

/// The one index of all packages, where one is named. pip asks every index that it knows for every package: with two of
/// them a stranger's package of the same name could come in.
fn index(stack: &Stack, demand: &Demand, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let of = |origin: &Origin| match origin {
        Origin::Index(index) => Some(index.as_ref().map(|index| index.value.clone())),
        _ => None,
    };
    let all: Vec<(&ComponentId, Option<String>)> =
        demand.origins.iter().filter_map(|(id, origin)| Some((id, of(origin)?))).collect();
    let (first, index) = all.iter().find_map(|(id, index)| Some((*id, index.clone()?)))?;
    let name = first.name().to_string();
    let trouble = if !index.contains("://") {
        Trouble::NamedIndex { name, index }
    } else if let Some((other, _)) = all.iter().find(|(_, other)| other.as_ref() != Some(&index)) {
        Trouble::Indexes { name, index, other: other.name().to_string() }
    } else {
        return Some(index);
    };
    errors.push(of_package(stack, first, trouble));
    None
}

/// Trouble with where a package comes from.
fn of_package(stack: &Stack, id: &ComponentId, trouble: Trouble) -> Diagnostic {
    match stack.packages.get(id) {
        Some(package) => wrong(package.origin.place, trouble),
        None => general(Severity::Error, trouble),
    }
}

fn notes(stack: &Stack) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    for package in stack.packages.values() {
        if let Some(node) = &package.uv {
            let name = package.name.to_string();
            let trouble: AdapterTrouble = Trouble::Settings { name }.into();
            notes.push(Diagnostic::warning(node.place, trouble.into()));
        }
    }
    if stack.project.into_group.is_some() {
        notes.push(general(Severity::Warning, Trouble::Into));
    }
    notes
}
