//! What is allowed in a container and may still surprise: for `check`.
//!
//! Owns: host paths that another machine may not have, and literal values that look like secrets. Refuses: what is an
//! error, and showing the value of a secret.

use super::volume::{self, Source, VolumeSpec};
use super::{Definition, Problem};
use crate::place::Place;
use crate::secret;

/// The hints about one container, in the order of its volumes and variables.
pub fn hints(definition: &Definition) -> Vec<(Place, Problem)> {
    let volumes = definition.volumes.iter().filter_map(|volume| {
        // one that cannot be read is an error of its own
        let path = match VolumeSpec::of(volume).ok()?.source? {
            Source::Path(path) if path.starts_with(['/', '~']) => path,
            // hsm's own variables stand for paths of the project
            Source::Open(path) if !path.starts_with("${HSM_") => path,
            _ => return None,
        };
        Some((volume::place(volume), Problem::HostPath(path)))
    });
    let values = definition.env.iter().filter_map(|(key, value)| {
        let value = value.as_ref()?;
        secret::is_literal(key, &value.value).then(|| (value.place, Problem::LiteralSecret(key.clone())))
    });
    volumes.chain(values).collect()
}
