//! Sources of packages that lie on this machine.
//!
//! Owns: their paths from the project's root, and whether a package is there. Refuses: reading what is in them, their
//! project files for the stamp apart.

use std::path::{Path, PathBuf};

use super::{Trouble, wrong};
use crate::diagnostic::Diagnostic;
use crate::manifest::{GitRefKind, Mode};
use crate::place::{At, Place};
use crate::pyproject::joined;
use crate::stack::PackageInStack;
use crate::world::{FileKind, World};

/// Files that say what a package is; a change of theirs changes what is locked.
pub(in crate::adapters) const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// A source on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::adapters) struct Local {
    /// The package.
    pub(in crate::adapters) name: String,
    /// From the project's root, with `/`.
    pub(in crate::adapters) path: String,
    /// Whether it is installed in place; `None` for a file (a wheel, an archive), and where it is not installed itself.
    pub(in crate::adapters) editable: Option<bool>,
    /// Whether it is installed itself, and not only what it requires.
    pub(in crate::adapters) is_package: bool,
    /// A checkout's own path, and the command that gets it.
    pub(in crate::adapters) clone: Option<(String, String)>,
    /// Where it is written.
    pub(in crate::adapters) place: Place,
}

/// What is made of a source on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters) enum How {
    /// It is installed: in place, or as a copy.
    Editable(bool),
    /// Only what it requires is installed.
    Requirements,
}

/// What is made of a source with these keys: those of a directory mean nothing for a file.
pub(in crate::adapters) fn how(
    package: &PackageInStack,
    path: &At<String>,
    editable: Option<&At<bool>>,
    whole: Option<&At<bool>>,
) -> Result<How, Box<Diagnostic>> {
    let clash = |at: &At<bool>, one, other| {
        let name = package.name.as_str().to_owned();
        Err(Box::new(wrong(at.place, Trouble::Keys { name, one, other })))
    };
    let (in_place, parts) = (editable.filter(|e| e.value), whole.filter(|w| !w.value));
    match (in_place, parts) {
        (Some(at), _) if is_file(&path.value) => clash(at, "`editable: true`", "the path of a file"),
        (_, Some(at)) if is_file(&path.value) => clash(at, "`package: false`", "the path of a file"),
        (Some(_), Some(at)) => clash(at, "`package: false`", "`editable: true`"),
        (None, Some(_)) => Ok(How::Requirements),
        (_, None) => Ok(How::Editable(editable.map_or(package.mode == Mode::Dev, |e| e.value))),
    }
}

fn is_file(path: &str) -> bool {
    [".whl", ".tar.gz", ".zip"].iter().any(|end| path.ends_with(end))
}

/// The source at a path of an entry.
pub(in crate::adapters) fn of(
    package: &PackageInStack,
    path: &At<String>,
    clone: Option<(String, String)>,
    how: How,
) -> Result<Local, Box<Diagnostic>> {
    let name = package.name.as_str().to_owned();
    if Path::new(&path.value).is_absolute() || path.value.starts_with('~') {
        return Err(Box::new(wrong(path.place, Trouble::Absolute { name, path: path.value.clone() })));
    }
    let editable = match how {
        How::Editable(editable) if !is_file(&path.value) => Some(editable),
        _ => None,
    };
    let is_package = how != How::Requirements;
    let (path, place) = (joined(&package.root, &path.value), path.place);
    Ok(Local { name, path, editable, is_package, clone, place })
}

/// The command that gets a checkout to where it is expected.
pub(in crate::adapters) fn clone_command(
    url: &At<String>,
    reference: Option<&(GitRefKind, At<String>)>,
    root: &Path,
    path: &At<String>,
) -> String {
    let to = shell(&joined(root, &path.value));
    let url = shell(url.value.trim_start_matches("git+"));
    match reference {
        Some((GitRefKind::Branch | GitRefKind::Tag, name)) => {
            format!("git clone --branch {} -- {url} {to}", shell(&name.value))
        }
        Some((GitRefKind::Rev, name)) => {
            format!("git clone -- {url} {to} && git -C {to} checkout {}", shell(&name.value))
        }
        None => format!("git clone -- {url} {to}"),
    }
}

/// Whether there is a package at each of these sources.
/// `fetch`: a checkout that is missing will be there by then.
pub(in crate::adapters) fn check(
    locals: &[Local],
    root: &Path,
    fetch: bool,
    world: &dyn World,
) -> Vec<Diagnostic> {
    let will_be = |local: &Local| fetch && local.clone.is_some();
    let missing = |local| missing(local, root, world).map(|trouble| (local, trouble));
    let all = locals.iter().filter_map(missing);
    let all = all.filter(|(local, t)| !(matches!(t, Trouble::MissingCheckout { .. }) && will_be(local)));
    all.map(|(local, trouble)| wrong(local.place, trouble)).collect()
}

fn missing(local: &Local, root: &Path, world: &dyn World) -> Option<Trouble> {
    let (name, path) = (local.name.clone(), local.path.clone());
    let Ok(real) = world.canonical(&root.join(&local.path)) else {
        return Some(match local.clone.clone() {
            Some((checkout, how)) if world.canonical(&root.join(&checkout)).is_err() => {
                Trouble::MissingCheckout { name, path: checkout, how }
            }
            Some(_) => Trouble::NoPackage { name, path },
            None => Trouble::MissingPath { name, path },
        });
    };
    let is_file = world.stat(&real).ok().flatten().is_some_and(|s| s.kind == FileKind::File);
    let is_package = || PROJECT_FILES[..2].iter().any(|f| matches!(world.stat(&real.join(f)), Ok(Some(_))));
    (!is_file && !is_package()).then_some(Trouble::NoPackage { name, path })
}

/// The project files of these sources that are there, from the project's root.
pub(in crate::adapters) fn project_files(locals: &[Local], root: &Path, world: &dyn World) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for local in locals {
        let base = Path::new(&local.path);
        if matches!(world.stat(&root.join(base)), Ok(Some(s)) if s.kind == FileKind::File) {
            out.push(base.to_owned());
            continue;
        }
        let files = PROJECT_FILES.iter().map(|f| base.join(f));
        out.extend(files.filter(|f| matches!(world.stat(&root.join(f)), Ok(Some(_)))));
    }
    out.sort();
    out.dedup();
    out
}

fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clone_commands_can_be_pasted() {
        let at = |t: &str| At::new(t.to_owned(), Place { file: crate::place::FileId(0), start: 0, end: 0 });
        let tag = (GitRefKind::Tag, at("v1"));
        assert_eq!(
            clone_command(&at("https://example.org/x.git"), Some(&tag), Path::new(""), &at("../my x")),
            "git clone --branch v1 -- https://example.org/x.git '../my x'"
        );
    }
}
