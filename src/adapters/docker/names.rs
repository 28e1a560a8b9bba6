//! Names that the engine gives meaning to: the project's, images', services'.
//!
//! Owns: how Compose normalizes a project's name, and the tags of what is built here. Refuses: everything else.

use crate::manifest::Mode;
use crate::names::Name;

/// A project's name as Compose makes it: lower case, without what is no letter, digit, `-` or `_`, and without `-` and
/// `_` in front. `None` when nothing is left.
pub(super) fn project(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let kept: String = lower.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')).collect();
    let kept = kept.trim_start_matches(['-', '_']);
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// The local tag of what a container's source builds: `PROJECT-NAME:MODE`, made fit for an image's name (lower case, one
/// separator at a time).
pub(super) fn local_tag(project: &str, name: &Name, mode: Mode) -> String {
    let mut tag = String::new();
    for c in project.chars().chain(['-']).chain(name.as_str().chars()) {
        let separator = !c.is_ascii_alphanumeric();
        if separator && tag.ends_with(|last: char| !last.is_ascii_alphanumeric()) {
            tag.pop();
            tag.push('-');
        } else {
            tag.push(c.to_ascii_lowercase());
        }
    }
    format!("{tag}:{mode}")
}

/// Whether Compose takes it as a service's name.
pub(super) fn is_service(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_are_named_as_compose_names_them() {
        for (name, expect) in [
            ("my-rag-platform", Some("my-rag-platform")),
            ("My Project!", Some("myproject")),
            ("_-x_", Some("x_")),
            ("Ünï", Some("n")),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(project(name).as_deref(), expect, "{name}");
        }
    }

    #[test]
    fn local_tags_are_names_of_images() {
        for (project, name, expect) in [
            ("demo", "api", "demo-api:dev"),
            ("x_", "Api", "x-api:dev"),
            ("a", "b..c__d", "a-b-c-d:dev"),
            ("a", "b.c", "a-b.c:dev"),
        ] {
            assert_eq!(local_tag(project, &Name::parse(name).unwrap(), Mode::Dev), expect);
        }
    }
}
