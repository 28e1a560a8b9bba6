//! Workspaces of uv: a member's lock file and environment lie at the workspace's root.
//!
//! Owns: telling whether the project is a member of one above it. Refuses: working on a part of a workspace.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::splice::{Toml, path};
use super::trouble::Trouble;
use crate::world::{FileKind, World};

/// Refuses a project that is a member of a workspace above it.
pub(super) fn check(root: &Path, world: &dyn World) -> Result<(), Trouble> {
    let Ok(root) = world.canonical(root) else { return Ok(()) };
    for above in root.ancestors().skip(1) {
        let Some(toml) = project_file(above, world) else { continue };
        if !toml.has(&path(["tool", "uv", "workspace"])) {
            continue;
        }
        let Ok(inside) = root.strip_prefix(above) else { continue };
        let names =
            |key| toml.elements(&path(["tool", "uv", "workspace", key])).ok().flatten().unwrap_or_default();
        let matched = |key| names(key).iter().any(|e| matches(&e.key, inside));
        if matched("members") && !matched("exclude") {
            return Err(Trouble::InWorkspace(above.display().to_string()));
        }
        return Ok(());
    }
    Ok(())
}

/// The project files of the members of the project's own workspace, from its root: what they say is locked with it.
pub(super) fn members(root: &Path, world: &dyn World) -> Vec<PathBuf> {
    let Some(toml) = project_file(root, world) else { return Vec::new() };
    let globs = |key| {
        let all = toml.elements(&path(["tool", "uv", "workspace", key])).ok().flatten().unwrap_or_default();
        all.into_iter().map(|e| e.key).collect::<Vec<String>>()
    };
    let exclude = globs("exclude");
    let mut found = BTreeSet::new();
    for glob in globs("members") {
        let parts: Vec<&str> = glob.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        below(root, Path::new(""), &parts, world, &mut found);
    }
    found.retain(|dir| !exclude.iter().any(|glob| matches(glob, dir)));
    let files = found.into_iter().map(|dir| dir.join("pyproject.toml"));
    files.filter(|file| matches!(world.stat(&root.join(file)), Ok(Some(_)))).collect()
}

/// Takes in the directories below one that the rest of a glob names.
fn below(root: &Path, dir: &Path, parts: &[&str], world: &dyn World, found: &mut BTreeSet<PathBuf>) {
    let Some((first, rest)) = parts.split_first() else {
        found.insert(dir.to_owned());
        return;
    };
    if !first.contains(['*', '?']) {
        return below(root, &dir.join(first), rest, world, found);
    }
    let deep = *first == "**";
    if deep {
        below(root, dir, rest, world, found);
    }
    for (name, kind) in world.list(&root.join(dir)).unwrap_or_default() {
        let hidden = name.starts_with('.') || kind != FileKind::Dir;
        if !hidden && (deep || single(first.as_bytes(), name.as_bytes())) {
            below(root, &dir.join(&name), if deep { parts } else { rest }, world, found);
        }
    }
}

fn project_file(dir: &Path, world: &dyn World) -> Option<Toml> {
    let bytes = world.read(&dir.join("pyproject.toml")).ok()?;
    Toml::parse(String::from_utf8(bytes).ok()?).ok()
}

/// Whether a path is one that a glob names.
fn matches(glob: &str, path: &Path) -> bool {
    let parts: Vec<String> = path
        .components()
        .filter_map(|c| {
            if let Component::Normal(part) = c { Some(part.to_string_lossy().into_owned()) } else { None }
        })
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let glob: Vec<&str> = glob.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    whole(&glob, &parts)
}

fn whole(glob: &[&str], parts: &[&str]) -> bool {
    match (glob.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            whole(rest, parts) || parts.split_first().is_some_and(|(_, more)| whole(glob, more))
        }
        (Some((first, rest)), Some((part, more))) => {
            single(first.as_bytes(), part.as_bytes()) && whole(rest, more)
        }
        _ => false,
    }
}

fn single(glob: &[u8], text: &[u8]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            single(rest, text) || text.split_first().is_some_and(|(_, more)| single(glob, more))
        }
        (Some((b'?', rest)), Some((_, more))) => single(rest, more),
        (Some((g, rest)), Some((t, more))) => g == t && single(rest, more),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_where_their_files_are() {
        let text =
            "[tool.uv.workspace]\nmembers = ['packages/*', 'deep/**', './one']\nexclude = ['packages/old']\n";
        let world = crate::world::Rehearsal::with([
            ("pyproject.toml", text),
            ("packages/a/pyproject.toml", ""),
            ("packages/old/pyproject.toml", ""),
            ("packages/none/readme", ""),
            ("packages/.hidden/pyproject.toml", ""),
            ("deep/x/y/pyproject.toml", ""),
            ("one/pyproject.toml", ""),
        ]);
        let found = members(&crate::world::Rehearsal::root(), &world);
        let shown: Vec<String> = found.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(shown, ["deep/x/y/pyproject.toml", "one/pyproject.toml", "packages/a/pyproject.toml"]);
    }

    #[test]
    fn globs_of_members() {
        for (glob, path, expect) in [
            ("packages/*", "packages/a", true),
            ("packages/*", "packages/a/b", false),
            ("packages/**", "packages/a/b", true),
            ("./apps/web", "apps/web", true),
            ("*-core", "rag-core", true),
            ("apps/?", "apps/ab", false),
        ] {
            assert_eq!(matches(glob, Path::new(path)), expect, "{glob} {path}");
        }
    }
}
