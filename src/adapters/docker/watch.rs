//! `develop.watch` of a service that is built from a checkout that somebody works on.
//!
//! Owns: what an edit of the checkout has to lead to. Refuses: a `develop` that the registry or the manifest writes.
//!
//! What the service mounts of its own source shows there by itself; Compose would leave out a rule that copies it
//! (`sync`), since it could only copy a file onto itself. What is not mounted is in the image, so it shows when that is
//! built anew: one rule for the whole source, without what is mounted. Where all of it is mounted, or nothing (then every
//! edit would be a build, which nobody asked for), there is no rule.

use super::service::Parts;
use crate::container::path;
use crate::container::volume::{Source, VolumeSpec};
use crate::manifest::Mode;
use crate::yaml::Out;

pub(super) fn out(parts: &Parts<'_>) -> Option<Out> {
    let container = parts.stack.containers.get(parts.id)?;
    if container.mode != Some(Mode::Dev) {
        return None;
    }
    let context = path::source(parts.definition)?;
    let specs = parts.definition.volumes.iter().filter_map(|volume| VolumeSpec::of(volume).ok());
    let mounted = specs.filter_map(|spec| match spec.source {
        Some(Source::Path(host)) => below(&context, &host),
        _ => None,
    });
    let mut ignored: Vec<String> = mounted.collect();
    ignored.sort();
    ignored.dedup();
    if ignored.is_empty() || ignored.iter().any(String::is_empty) {
        return None;
    }
    let rule = Out::Map(vec![
        ("action".to_owned(), Out::str("rebuild")),
        ("path".to_owned(), Out::str(context)),
        ("ignore".to_owned(), Out::strs(ignored.iter().map(String::as_str))),
    ]);
    Some(Out::Map(vec![("watch".to_owned(), Out::List(vec![rule]))]))
}

/// The path within `context`; nothing when it is elsewhere, empty when it is all of it.
fn below(context: &str, host: &str) -> Option<String> {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let (context, host) = (parts(context), parts(host));
    let rest = host.strip_prefix(context.as_slice())?;
    (!rest.iter().any(|part| part == "..")).then(|| rest.join("/"))
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn only_what_is_in_the_source_is_below_it() {
        let cases = [
            ("./api", "./api/src", Some("src")),
            ("./api", "./api/src/", Some("src")),
            ("./api", "./api", Some("")),
            ("./api", "./apis/src", None),
            ("./api", "./api/../b", None),
            (".", "./src", Some("src")),
            ("../api", "../api/a/b", Some("a/b")),
            ("../api", "./api/a", None),
        ];
        for (context, host, expect) in cases {
            assert_eq!(below(context, host).as_deref(), expect, "{context} {host}");
        }
    }
}
