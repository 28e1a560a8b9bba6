//! Paths of a container's sources and mounts, written from the project's root.
//!
//! Owns: `./` and `../` in front, and the way from a registry's own root to the project's. Refuses: looking at disks.

use std::path::Path;

use super::Definition;
use super::volume::{Source, VolumeSpec};
use crate::place::At;
use crate::registry::ContainerOrigin;
use crate::registry::layer::{Layer, Volume};
use crate::yaml::{Key, Node, Value};

/// The path of the definition's source from the project's root, with a leading `./` or `../`; `None` for an image.
pub fn source(definition: &Definition) -> Option<String> {
    match &definition.origin.as_ref()?.value {
        ContainerOrigin::Image { .. } => None,
        ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. } => {
            Some(from_root(&definition.root, &build.path.value))
        }
    }
}

/// A path under `root`, from the project's root: `.`, or with a leading `./` or `../`. Absolute ones, those in a home
/// and those that start with a variable stay.
pub(super) fn from_root(root: &Path, path: &str) -> String {
    if path.starts_with(['/', '~', '$', '\\']) {
        return path.to_owned();
    }
    let root = root.to_string_lossy().replace('$', "$$");
    let mut parts: Vec<&str> = Vec::new();
    for part in root.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    match parts.first() {
        None => ".".to_owned(),
        Some(&"..") => parts.join("/"),
        Some(_) => format!("./{}", parts.join("/")),
    }
}

/// A layer of an entry whose registry has a root of its own: its relative paths, from the project's root.
pub(super) fn rebase(layer: &Layer, root: &Path) -> Layer {
    let mut layer = layer.clone();
    if root.as_os_str().is_empty() {
        return layer;
    }
    for volume in &mut layer.volumes {
        rebase_volume(volume, root);
    }
    for (key, node) in &mut layer.compose {
        if key.value == "env_file" {
            rebase_files(node, root);
        }
    }
    layer
}

/// Top-level parts of an entry whose registry has a root of its own: the files of its secrets and configs.
pub(super) fn rebase_project(parts: &[(At<String>, Node)], root: &Path) -> Vec<(At<String>, Node)> {
    let mut parts = parts.to_vec();
    if root.as_os_str().is_empty() {
        return parts;
    }
    for (section, node) in &mut parts {
        let Value::Map(entries) = &mut node.value else { continue };
        for (_, entry) in
            entries.iter_mut().filter(|_| matches!(section.value.as_str(), "secrets" | "configs"))
        {
            if let Value::Map(keys) = &mut entry.value {
                keys.iter_mut()
                    .filter(|(key, _)| key.text == "file")
                    .for_each(|(_, file)| rebase_files(file, root));
            }
        }
    }
    parts
}

fn rebase_volume(volume: &mut Volume, root: &Path) {
    let Ok(VolumeSpec { source: Some(Source::Path(source)), .. }) = VolumeSpec::of(volume) else { return };
    if !source.starts_with('.') {
        return;
    }
    let moved = from_root(root, &source);
    match volume {
        Volume::Short(text) => text.value = format!("{moved}{}", &text.value[source.len()..]),
        Volume::Long { node, .. } => {
            if let Value::Map(pairs) = &mut node.value {
                for (_, value) in pairs.iter_mut().filter(|(Key { text, .. }, _)| text == "source") {
                    value.value = Value::Scalar { text: moved.clone(), plain: false };
                }
            }
        }
        Volume::Remove { .. } => {}
    }
}

/// A path, a list of them, or a list of mappings with `path`.
fn rebase_files(node: &mut Node, root: &Path) {
    match &mut node.value {
        Value::Scalar { text, .. } => *text = from_root(root, text),
        Value::List(items) => items.iter_mut().for_each(|item| rebase_files(item, root)),
        Value::Map(pairs) => {
            pairs
                .iter_mut()
                .filter(|(key, _)| key.text == "path")
                .for_each(|(_, path)| rebase_files(path, root));
        }
        Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{FileId, Place};

    #[test]
    fn paths_start_at_the_project() {
        for (root, path, expect) in [
            ("", "services/x", "./services/x"),
            ("", "./services/x/", "./services/x"),
            ("", "../x", "../x"),
            ("", ".", "."),
            ("", "a/../../b", "../b"),
            ("vendor/reg", "../x", "./vendor/x"),
            ("vendor/reg", ".", "./vendor/reg"),
            ("../reg", "x", "../reg/x"),
            ("vendor", "/abs", "/abs"),
            ("vendor", "${DIR}/x", "${DIR}/x"),
        ] {
            assert_eq!(from_root(Path::new(root), path), expect, "{root} {path}");
        }
    }

    #[test]
    fn mounts_of_a_registry_with_a_root_are_moved() {
        let at = |text: &str| At::new(text.to_owned(), Place { file: FileId(0), start: 0, end: 0 });
        let volumes = ["./conf:/etc/x:ro", "data:/data", "/abs:/y", "${D:-./e}:/z"];
        let layer = Layer {
            volumes: volumes.iter().map(|line| Volume::Short(at(line))).collect(),
            ..Layer::default()
        };
        let moved = rebase(&layer, Path::new("vendor/reg"));
        let shown: Vec<String> = moved
            .volumes
            .iter()
            .map(|volume| match volume {
                Volume::Short(text) => text.value.clone(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(shown, ["./vendor/reg/conf:/etc/x:ro", "data:/data", "/abs:/y", "${D:-./e}:/z"]);
    }
}
