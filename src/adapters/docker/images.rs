//! Which image each container has: published, or built here under a local tag.
//!
//! Owns: what `${HSM_IMAGE.name}` stands for. Refuses: how it is built.

use std::collections::BTreeMap;

use super::{compose, names};
use crate::container::Problem;
use crate::container::text;
use crate::diagnostic::{Diagnostic, Finding};
use crate::manifest::Mode;
use crate::names::{ComponentId, Kind, Name};
use crate::place::At;
use crate::registry::ContainerOrigin;
use crate::stack::{ContainerInStack, Stack};

/// A container's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    /// Its name with its tag.
    pub(super) reference: String,
    /// Whether it is built here.
    pub(super) built: bool,
}

/// The images of all containers that are not external, those that are held to a digest with it.
pub(super) fn of(stack: &Stack, project: &str) -> Result<BTreeMap<ComponentId, Image>, Vec<Diagnostic>> {
    let mut images = named(stack, project)?;
    for (id, held) in &stack.digests {
        if let Some(image) = images.get_mut(id).filter(|image| !image.built && is_of(held, &image.reference))
        {
            image.reference.clone_from(held);
        }
    }
    Ok(images)
}

/// Whether an image with a digest is that of this name.
fn is_of(held: &str, name: &str) -> bool {
    held.strip_prefix(name).is_some_and(|rest| rest.starts_with('@'))
}

/// The names of the published images: not of those that have a digest already, or that a variable decides.
pub(super) fn published(stack: &Stack) -> Result<BTreeMap<ComponentId, String>, Vec<Diagnostic>> {
    let images = named(stack, &compose::project(stack)?)?;
    let open = |image: &Image| !image.built && !image.reference.contains(['@', '$']);
    Ok(images.into_iter().filter(|(_, image)| open(image)).map(|(id, image)| (id, image.reference)).collect())
}

/// The images as they are named.
fn named(stack: &Stack, project: &str) -> Result<BTreeMap<ComponentId, Image>, Vec<Diagnostic>> {
    let mut images = BTreeMap::new();
    let mut found = Vec::new();
    let mut own_tags: BTreeMap<String, &ComponentId> = BTreeMap::new();
    for (id, container) in stack.containers.iter().filter(|(_, container)| container.external.is_none()) {
        match image(container, project) {
            Ok((image, false)) => {
                images.insert(id.clone(), image);
            }
            Ok((image, true)) => {
                if let Some(other) = own_tags.insert(image.reference.clone(), id) {
                    let problem = Problem::SameName {
                        what: "local image tag",
                        name: image.reference.clone(),
                        first: other.to_string(),
                        second: id.to_string(),
                    };
                    found.push(Diagnostic::error(container.definition.place, Finding::Container(problem)));
                }
                images.insert(id.clone(), image);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    if found.is_empty() { Ok(images) } else { Err(found) }
}

/// The image of the container of that name.
pub(super) fn lookup(images: &BTreeMap<ComponentId, Image>, name: &str) -> Option<String> {
    let id = ComponentId::new(Kind::Container, &Name::parse(name).ok()?);
    images.get(&id).map(|image| image.reference.clone())
}

/// A container's image, and whether its name was made here.
fn image(container: &ContainerInStack, project: &str) -> Result<(Image, bool), Vec<Diagnostic>> {
    let definition = &container.definition;
    let (named, built): (Option<&At<String>>, bool) =
        match definition.origin.as_ref().map(|origin| &origin.value) {
            Some(ContainerOrigin::Build(build) | ContainerOrigin::Git { build, .. }) => {
                (definition.image.as_ref().or(build.image.as_ref()), true)
            }
            Some(ContainerOrigin::Image { image }) => (definition.image.as_ref().or(Some(image)), false),
            None => (definition.image.as_ref(), false),
        };
    match named {
        Some(text) => {
            let reference = container.with_values(None, |values| text::fill_text(text, values))?;
            Ok((Image { reference, built }, false))
        }
        None if built => {
            let mode = container.mode.unwrap_or(Mode::Dev);
            Ok((Image { reference: names::local_tag(project, &container.name, mode), built }, true))
        }
        None => {
            let problem = Problem::NoImage { name: container.name.to_string() };
            Err(vec![Diagnostic::error(definition.place, Finding::Container(problem))])
        }
    }
}
