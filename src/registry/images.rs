//! `${HSM_IMAGE.NAME}`: a source that uses the image of another container.
//!
//! Owns: finding those names in a source. Refuses: filling them in.

use super::{ContainerOrigin, ContainerSource};
use crate::names::Name;
use crate::place::Place;

impl ContainerSource {
    /// The containers whose images it uses, each once, with the place where it names them.
    pub fn images(&self) -> Vec<(Name, Place)> {
        let mut found: Vec<(Name, Place)> = Vec::new();
        let mut look = |text: &str, place: Place| {
            for (_, rest) in
                text.match_indices("${HSM_IMAGE.").map(|(at, open)| (at, &text[at + open.len()..]))
            {
                let end = rest.find(['}', ':']).unwrap_or(0);
                if let Ok(name) = Name::parse(&rest[..end])
                    && !found.iter().any(|(known, _)| *known == name)
                {
                    found.push((name, place));
                }
            }
        };
        let build = match &self.origin {
            ContainerOrigin::Image { image } => {
                look(&image.value, image.place);
                return found;
            }
            ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. } => build,
        };
        for (_, node) in build.args.iter().chain(&build.other) {
            node.scalars(&mut look);
        }
        for text in [&build.dockerfile, &build.target, &build.image].into_iter().flatten() {
            look(&text.value, text.place);
        }
        found
    }
}
