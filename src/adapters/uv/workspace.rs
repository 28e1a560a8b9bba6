//! Workspaces of uv: a member's lock file and environment lie at the workspace's root.
//!
//! Owns: telling whether the project is a member of one above it. Refuses: working on a part of a workspace.

use std::path::{Component, Path};

use super::splice::{Toml, path};
use super::trouble::Trouble;
use crate::world::World;

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
