//! Pictures of a place: what a user would call the state of his project.
//!
//! Owns: what counts as equal, and what counts as debris. Refuses: knowing which state is right.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// All files of a project and beside it that a user would miss: all but hsm's own directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture(BTreeMap<String, Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    kind: char,
    mode: u32,
    owner: (u32, u32),
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// `None`: whatever there is.
    content: Option<Vec<u8>>,
    /// Of files, in nanoseconds.
    time: i128,
}

/// Whether times of change count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Count,
    DontCount,
}

/// What may be in hsm's own directory when no run is under way.
const OWN: [&str; 8] =
    ["", "/.gitignore", "/edits.json", "/lock", "/state.json", "/journal", "/schemas", "/undo"];

/// What the last run had saved, for `hsm undo`.
const UNDO: [&str; 3] = ["/undo/committed", "/undo/after", "/undo/data"];

impl Picture {
    pub(crate) fn of(place: &Path) -> Self {
        let mut all = BTreeMap::new();
        look(place, "", &mut all);
        let counts = |path: &str| path.starts_with("project/") || path.starts_with("elsewhere");
        all.retain(|path, _| counts(path) && !path.starts_with("project/.hsm"));
        Self(all)
    }

    /// The same, but for what the files of these names hold.
    pub(crate) fn with_any(mut self, names: &[&str]) -> Self {
        for (path, item) in &mut self.0 {
            if path.rsplit('/').next().is_some_and(|name| names.contains(&name)) {
                item.content = None;
            }
        }
        self
    }

    /// What is not the same in another picture, by path.
    pub(crate) fn differences(&self, other: &Self, times: Times) -> Vec<String> {
        let mut all = Vec::new();
        for path in self.0.keys().chain(other.0.keys().filter(|p| !self.0.contains_key(*p))) {
            match (self.0.get(path), other.0.get(path)) {
                (Some(a), Some(b)) => {
                    all.extend(a.against(b, times).map(|difference| format!("{path}: {difference}")));
                }
                (Some(_), None) => all.push(format!("{path}: missing")),
                (None, _) => all.push(format!("{path}: should not be there")),
            }
        }
        all
    }
}

impl Item {
    /// What is not the same in another one.
    fn against(&self, other: &Self, times: Times) -> Option<String> {
        if self.kind != other.kind {
            return Some(format!("{} became {}", self.kind, other.kind));
        }
        if self.mode != other.mode {
            return Some(format!("mode {:o} became {:o}", self.mode, other.mode));
        }
        if self.owner != other.owner {
            return Some(format!("owner {:?} became {:?}", self.owner, other.owner));
        }
        if self.attributes != other.attributes {
            return Some("its extended attributes differ".to_owned());
        }
        if let (Some(a), Some(b)) = (&self.content, &other.content)
            && a != b
        {
            let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            return Some(format!("{:?} became {:?}", text(a), text(b)));
        }
        (times == Times::Count && self.time != other.time).then(|| "its time of change differs".to_owned())
    }
}

/// A few of many, as text.
pub(crate) fn few(all: &[String]) -> String {
    let more = if all.len() > 4 { format!("; and {} more", all.len() - 4) } else { String::new() };
    format!("{}{more}", all[..all.len().min(4)].join("; "))
}

/// What lies about in hsm's own directory that no finished run leaves there.
pub(crate) fn debris(root: &Path) -> Vec<String> {
    let mut all = BTreeMap::new();
    look(&root.join(".hsm"), "", &mut all);
    all.into_keys()
        .map(|path| format!("/{path}"))
        .filter(|path| !OWN.contains(&path.as_str()) && !path.starts_with("/schemas/"))
        .filter(|path| !UNDO.iter().any(|own| path.starts_with(own)))
        .map(|path| format!(".hsm{path}"))
        .collect()
}

fn look(place: &Path, within: &str, all: &mut BTreeMap<String, Item>) {
    let Ok(entries) = fs::read_dir(place.join(within)) else { return };
    for entry in entries {
        let entry = entry.expect("readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if within.is_empty() { name } else { format!("{within}/{name}") };
        let full = place.join(&path);
        let meta = fs::symlink_metadata(&full).expect("there");
        let (kind, content) = if meta.is_symlink() {
            ('l', fs::read_link(&full).expect("a link").into_os_string().into_encoded_bytes())
        } else if meta.is_dir() {
            look(place, &path, all);
            ('d', Vec::new())
        } else {
            ('f', fs::read(&full).unwrap_or_default())
        };
        let time = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
        let item = Item {
            kind,
            mode: meta.mode() & 0o7777,
            owner: (meta.uid(), meta.gid()),
            attributes: if kind == 'f' { attributes(&full) } else { Vec::new() },
            content: Some(content),
            // Files come and go beside others: the times of directories say nothing.
            time: if kind == 'f' { time } else { 0 },
        };
        all.insert(path, item);
    }
}

fn attributes(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut names = vec![0_u8; 4096];
    let length = rustix::fs::listxattr(path, &mut names[..]).unwrap_or(0);
    names.truncate(length);
    let mut all = Vec::new();
    for name in names.split(|b| *b == 0).filter(|n| !n.is_empty()) {
        let mut value = vec![0_u8; 4096];
        let length = rustix::fs::getxattr(path, OsStr::from_bytes(name), &mut value[..]).unwrap_or(0);
        value.truncate(length);
        all.push((name.to_vec(), value));
    }
    all.sort();
    all
}
