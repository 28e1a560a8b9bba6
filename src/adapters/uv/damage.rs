//! Damage in the environment: installed packages of which files are missing.
//!
//! Owns: comparing what an installation's `RECORD` lists with what is there. uv believes in a package as long as its
//! `.dist-info` directory stands, so it would leave such a package as it is. Refuses: files that were changed and are still
//! there: somebody may be looking for a bug in them.

use std::path::{Component, Path, PathBuf};

use crate::world::{FileKind, World};

/// The distributions in an environment that miss a file, sorted.
pub(super) fn incomplete(environment: &Path, world: &dyn World) -> Vec<String> {
    let mut names: Vec<String> = site_packages(environment, world)
        .iter()
        .flat_map(|site| {
            let infos = directories(site, world).into_iter();
            infos.filter_map(|info| {
                let distribution = info.strip_suffix(".dist-info")?.split_once('-')?.0.to_owned();
                misses_a_file(site, &site.join(&info), world).then_some(distribution)
            })
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn site_packages(environment: &Path, world: &dyn World) -> Vec<PathBuf> {
    let lib = environment.join("lib");
    let mut sites: Vec<PathBuf> =
        directories(&lib, world).iter().map(|python| lib.join(python).join("site-packages")).collect();
    sites.push(environment.join("Lib").join("site-packages"));
    sites
}

/// The directories in a directory; none where there is no such directory.
fn directories(dir: &Path, world: &dyn World) -> Vec<String> {
    let all = world.list(dir).unwrap_or_default();
    all.into_iter().filter(|(_, kind)| *kind == FileKind::Dir).map(|(name, _)| name).collect()
}

/// Without a record nobody can tell.
fn misses_a_file(site: &Path, info: &Path, world: &dyn World) -> bool {
    let Ok(record) = world.read(&info.join("RECORD")) else { return false };
    let record = String::from_utf8_lossy(&record);
    record.lines().filter_map(recorded).any(|path| matches!(world.stat(&joined(site, &path)), Ok(None)))
}

/// The path in a line of a record, if it is one that must be there: compiled files come and go.
fn recorded(line: &str) -> Option<PathBuf> {
    let path = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",")?.0.replace("\"\"", "\""),
        None => line.split_once(',')?.0.to_owned(),
    };
    let path = PathBuf::from(path);
    let compiled = path.extension().is_some_and(|e| e == "pyc");
    (!compiled && path.is_relative() && !path.as_os_str().is_empty()).then_some(path)
}

/// Scripts are recorded as `../../../bin/x`: that has to hold even where a directory on the way is gone.
fn joined(site: &Path, path: &Path) -> PathBuf {
    let mut full = site.to_path_buf();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                full.pop();
            }
            Component::Normal(name) => full.push(name),
            _ => {}
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_the_files_that_must_be_there() {
        let path = |line: &str| recorded(line).map(|p| p.to_string_lossy().into_owned());
        assert_eq!(path("six.py,sha256=abc,34549").as_deref(), Some("six.py"));
        assert_eq!(path("\"a, b.py\",sha256=abc,1").as_deref(), Some("a, b.py"));
        assert_eq!(path("x/__pycache__/a.cpython-311.pyc,,"), None);
        assert_eq!(path("/elsewhere/a.py,,"), None);
        assert_eq!(path(""), None);
    }

    #[test]
    fn scripts_lie_above_the_packages() {
        let site = Path::new("/p/.venv/lib/python3.11/site-packages");
        assert_eq!(joined(site, Path::new("../../../bin/idna")), Path::new("/p/.venv/bin/idna"));
    }
}
