//! A registry's own tests: small manifests with what they must resolve to, or the conflict they must give.
//!
//! Owns: which files these are, what they expect, and whether it is so. Refuses: a second format: a test is an `hsm.yaml`
//! with one key more.
//!
//! ```yaml
//! # hsm-registry/tests/qdrant-brings-its-server.yaml
//! project: {name: test}
//! dependencies: {package_groups: {vector-db-client: {selection: qdrant-adapter}}}
//! x-expect:
//!   stack:                                # in the words of an implication; `false`: not there
//!     container:qdrant: {version: ">=1.8", mode: prod}
//!     container_group:vector-db: qdrant
//!     container:milvus: false
//! ```
//!
//! `x-expect: {conflict: [package:tenacity]}` expects that there is no stack, and that the lines which say so speak of
//! each of these; an empty list: whatever they speak of.

use std::path::{Path, PathBuf};

use crate::compile::compile;
use crate::diagnostic::{Diagnostic, Expected, Finding, any_error};
use crate::fields::{self, Fields};
use crate::load::{self, Shelf};
use crate::manifest::Mode;
use crate::names::{ComponentId, GroupId, TargetId};
use crate::place::{At, FileId, Place, Sources};
use crate::registry::{Demand, DemandedMode, Demands, demands};
use crate::solve::{NoStack, Unsolved, solve};
use crate::stack::Stack;
use crate::version::Version;
use crate::world::{FileKind, World};
use crate::yaml::{self, Limits};

/// The folder of a registry that holds them.
pub const FOLDER: &str = "tests";

/// What came of one of them.
#[derive(Debug)]
pub struct Case {
    /// Its file, as it is shown.
    pub path: String,
    /// What is not as expected; empty: it passed.
    pub findings: Vec<Diagnostic>,
}

/// Runs all tests of the registries, by file name.
///
/// # Errors
/// When the user asks to stop, or a folder cannot be read.
pub fn cases(
    root: &Path,
    shelf: &mut Shelf<'_>,
    world: &dyn World,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Case>, NoStack> {
    let dirs: Vec<PathBuf> = shelf.registries.dirs().map(|(_, dir)| dir.join(FOLDER)).collect();
    let mut all = Vec::new();
    for dir in dirs {
        for name in files(&root.join(&dir), world) {
            if interrupted() {
                return Err(NoStack::Interrupted);
            }
            let path = root.join(&dir).join(&name);
            let shown = shelf.registries.shown_path(&path);
            let findings =
                run(root, shelf, &shown, world.read_regular(&path, Limits::MANIFEST.bytes), interrupted)?;
            all.push(Case { path: shown, findings });
        }
    }
    Ok(all)
}

/// The names of the files, sorted. A registry without the folder has no tests.
fn files(dir: &Path, world: &dyn World) -> Vec<String> {
    let all = world.list(dir).unwrap_or_default().into_iter();
    let is_test = |name: &str| {
        !name.starts_with('.') && Path::new(name).extension().is_some_and(|ending| ending == "yaml")
    };
    let files = all.filter(|(name, kind)| *kind != FileKind::Dir && is_test(name));
    let mut names: Vec<String> = files.map(|(name, _)| name).collect();
    names.sort();
    names
}

fn run(
    root: &Path,
    shelf: &mut Shelf<'_>,
    shown: &str,
    bytes: std::io::Result<Vec<u8>>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Diagnostic>, NoStack> {
    let file = match bytes {
        Ok(bytes) => yaml::take(&mut shelf.sources, shown, &bytes, Limits::MANIFEST),
        Err(error) => {
            Err(Diagnostic::missing(Finding::Unreadable { path: shown.to_owned(), why: error.to_string() }))
        }
    };
    let file = match file {
        Ok(file) => file,
        Err(found) => return Ok(vec![found]),
    };
    let (wanted, mut found) = expectation(&shelf.sources, file);
    let inputs = load::trial(root, shelf, file, &mut found);
    let (Some(wanted), Some(inputs)) = (wanted, inputs.filter(|_| !any_error(&found))) else {
        return Ok(found);
    };
    let said = match solve(&inputs, &compile(&inputs), interrupted) {
        Ok(solved) => wanted.of_stack(&solved.stack),
        Err(NoStack::Unsolved(unsolved)) => wanted.of_conflict(&unsolved),
        Err(NoStack::Invalid(found)) => found,
        Err(stop @ (NoStack::Interrupted | NoStack::OutOfFuel)) => return Err(stop),
    };
    Ok(said)
}

/// What a test expects.
enum Wanted {
    Stack(Vec<Demand>),
    Conflict(Place, Vec<At<TargetId>>),
}

fn expectation(sources: &Sources, file: FileId) -> (Option<Wanted>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let text = sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
    let parsed = yaml::parse(file, &text, Limits::MANIFEST);
    let whole = Place { file, start: 0, end: 0 };
    let missing = |place| vec![Diagnostic::error(place, Finding::Expected(Expected::Nothing))];
    // What is wrong with the file as YAML is said by the reader of manifests.
    let Some(node) = parsed.node else { return (None, found) };
    let Some((key, value)) = node.as_map().and_then(|all| all.iter().find(|(key, _)| key.text == "x-expect"))
    else {
        return (None, missing(whole));
    };
    let Some(mut fields) = Fields::of(value, "`x-expect`", &mut found) else { return (None, found) };
    let wanted = match (fields.has("stack"), fields.has("conflict")) {
        (true, false) => Wanted::Stack(demands(&mut fields, "stack", &mut found)),
        (false, true) => {
            let place = fields.place_of("conflict").unwrap_or(key.place);
            let listed = fields.list("conflict", &mut found);
            let mut targets = Vec::new();
            for node in listed {
                let Some(text) = fields::text(node, "a component or group", &mut found) else { continue };
                match TargetId::parse(&text.value) {
                    Ok(target) => targets.push(At::new(target, text.place)),
                    Err(why) => {
                        found.push(Diagnostic::error(
                            text.place,
                            Finding::BadTarget { text: text.value, why },
                        ));
                    }
                }
            }
            Wanted::Conflict(place, targets)
        }
        _ => return (None, missing(key.place)),
    };
    fields.finish(&mut found);
    (Some(wanted), found)
}

impl Wanted {
    fn of_stack(&self, stack: &Stack) -> Vec<Diagnostic> {
        match self {
            Self::Stack(demands) => demands.iter().filter_map(|demand| differs(demand, stack)).collect(),
            Self::Conflict(place, _) => {
                vec![Diagnostic::error(*place, Finding::Expected(Expected::Conflict))]
            }
        }
    }

    fn of_conflict(&self, unsolved: &Unsolved) -> Vec<Diagnostic> {
        let lines: Vec<(Option<Place>, String)> = unsolved
            .statements
            .iter()
            .map(|statement| (statement.place, statement.claim.to_string()))
            .collect();
        let explained = |place: Place, expected: Expected| {
            let mut said = Diagnostic::error(place, Finding::Expected(expected));
            for ((at, line), number) in lines.iter().zip(1..) {
                if let Some(at) = at {
                    said = said.with(*at, format!("{number}. {line}"));
                }
            }
            said
        };
        match self {
            Self::Stack(demands) => {
                let place = demands.first().map(|demand| demand.target.place);
                let place = place.or_else(|| lines.iter().find_map(|(place, _)| *place));
                let said = place.map(|place| explained(place, Expected::Stack));
                vec![said.unwrap_or_else(|| Diagnostic::missing(Finding::Expected(Expected::Stack)))]
            }
            Self::Conflict(_, targets) => {
                let is_named =
                    |target: &TargetId| lines.iter().any(|(_, line)| names(line, &target.to_string()));
                let unnamed = targets.iter().filter(|target| !is_named(&target.value));
                unnamed.map(|target| explained(target.place, Expected::Named(target.value.clone()))).collect()
            }
        }
    }
}

/// Whether a sentence names a target: the name does not go on on either side.
fn names(line: &str, target: &str) -> bool {
    let goes_on = |next: Option<char>| next.is_some_and(|next| next.is_alphanumeric() || "-_".contains(next));
    line.match_indices(target).any(|(at, _)| {
        let after = line[at + target.len()..].strip_prefix('.').unwrap_or(&line[at + target.len()..]);
        !goes_on(line[..at].chars().next_back()) && !goes_on(after.chars().next())
    })
}

/// How a stack differs from what is expected of it.
fn differs(demand: &Demand, stack: &Stack) -> Option<Diagnostic> {
    let (is, meets) = match &demand.target.value {
        TargetId::Component(id) => {
            let is = chosen(stack, id);
            let meets = component_meets(&demand.what, is.as_ref());
            (is.map(|is| is.words()), meets)
        }
        TargetId::Group(id) => {
            let options = stack.groups.get(id).map(|group| group.options.clone());
            let meets = group_meets(id, &demand.what, options.as_deref(), stack);
            let words = options.map(|options| {
                let names: Vec<&str> = options.iter().map(crate::names::Name::as_str).collect();
                if names.is_empty() { "no option".to_owned() } else { names.join(", ") }
            });
            (words, meets)
        }
    };
    if meets {
        return None;
    }
    let expected = Expected::Is { target: demand.target.value.clone(), is };
    Some(Diagnostic::error(demand.target.place, Finding::Expected(expected)))
}

/// What a stack has of a component.
struct Chosen {
    release: Option<Version>,
    mode: Option<Mode>,
    profile: Option<String>,
}

impl Chosen {
    fn words(&self) -> String {
        let release = self.release.as_ref().map(ToString::to_string);
        let mode = self.mode.map_or_else(|| "external".to_owned(), |mode| mode.to_string());
        release.into_iter().chain([mode]).chain(self.profile.clone()).collect::<Vec<_>>().join(" ")
    }
}

fn chosen(stack: &Stack, id: &ComponentId) -> Option<Chosen> {
    if let Some(package) = stack.packages.get(id) {
        return Some(Chosen { release: package.release.clone(), mode: Some(package.mode), profile: None });
    }
    let container = stack.containers.get(id)?;
    let profile = container.profile.as_ref().map(ToString::to_string);
    Some(Chosen { release: container.release.clone(), mode: container.mode, profile })
}

fn component_meets(what: &Demands, is: Option<&Chosen>) -> bool {
    let (Demands::Component { version, mode, profile, .. }, Some(is)) = (what, is) else {
        return matches!(what, Demands::Removed) && is.is_none();
    };
    let allows = version.as_ref().is_none_or(|demand| match &is.release {
        Some(release) => demand.value.allows(release),
        None => demand.value.is_any(),
    });
    let in_mode = mode.as_ref().is_none_or(|mode| match mode.value {
        DemandedMode::Is(mode) => is.mode == Some(mode),
        DemandedMode::Same => true,
    });
    allows
        && in_mode
        && profile.as_ref().is_none_or(|profile| is.profile.as_deref() == Some(profile.value.as_str()))
}

fn group_meets(id: &GroupId, what: &Demands, is: Option<&[crate::names::Name]>, stack: &Stack) -> bool {
    let (Demands::Group { options, mode, profile, .. }, Some(is)) = (what, is) else {
        return matches!(what, Demands::Removed) && is.is_none();
    };
    let has_all =
        options.iter().all(|option| is.iter().any(|name| id.option(name) == id.option(&option.value)));
    has_all
        && is.iter().filter_map(|name| chosen(stack, &id.option(name))).all(|chosen| {
            let in_mode = mode.as_ref().is_none_or(|mode| match mode.value {
                DemandedMode::Is(mode) => chosen.mode.is_none_or(|own| own == mode),
                DemandedMode::Same => true,
            });
            in_mode
                && profile
                    .as_ref()
                    .is_none_or(|profile| chosen.profile.as_deref() == Some(profile.value.as_str()))
        })
}
