//! A line of `volumes`: what is mounted, where, and what it is keyed by.
//!
//! Owns: Compose's short syntax `[source:]target[:options]`, with its reading of Windows drives. Refuses: looking at
//! paths.

use super::{brace, scalar_at};
use crate::place::Place;
use crate::registry::layer::Volume;

/// What a line of `volumes` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSpec {
    /// What is mounted; `None`: a new volume without a name, or a `tmpfs`.
    pub source: Option<Source>,
    /// Where it is mounted in the container.
    pub target: String,
    /// Options of the short syntax (`ro`).
    pub options: Option<String>,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A volume's name.
    Named(String),
    /// A path of the host.
    Path(String),
    /// Text that starts with a variable: Compose will tell.
    Open(String),
}

/// Why a text is not a volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// Nothing at all, or nothing between two colons.
    #[error("`{0}` has an empty part: a volume is written `source:target` or `source:target:ro`")]
    Empty(String),
    /// More than source, target, options.
    #[error("`{0}` has too many colons: a volume is written `source:target` or `source:target:ro`")]
    Colons(String),
    /// A volume with a name of one letter.
    #[error("`{0}` is read as a path on a Windows drive: give the volume a name of at least two letters")]
    Drive(String),
}

impl VolumeSpec {
    /// Reads the short syntax.
    pub fn parse(text: &str) -> Result<Self, VolumeError> {
        let mut parts = brace::split(text, ':');
        if parts.iter().any(|part| part.is_empty()) {
            return Err(VolumeError::Empty(text.to_owned()));
        }
        let letter = |part: &str| part.len() == 1 && part.starts_with(|c: char| c.is_ascii_alphabetic());
        let drive = parts.len() > 1 && letter(parts[0]);
        if drive {
            if parts.len() == 2 {
                return Err(VolumeError::Drive(text.to_owned()));
            }
            let length = parts[0].len() + 1 + parts[1].len();
            parts.splice(..2, [&text[..length]]);
        }
        let (source, target, options) = match parts.as_slice() {
            [target] => (None, *target, None),
            [source, target] => (Some(*source), *target, None),
            [source, target, options] => (Some(*source), *target, Some((*options).to_owned())),
            _ => return Err(VolumeError::Colons(text.to_owned())),
        };
        let source =
            source.map(|source| if drive { Source::Path(source.to_owned()) } else { Source::read(source) });
        Ok(Self { source, target: target.to_owned(), options })
    }

    /// What a line of `volumes` says, in whichever form.
    pub fn of(volume: &Volume) -> Result<Self, VolumeError> {
        match volume {
            Volume::Short(text) => Self::parse(&text.value),
            Volume::Remove { target } => {
                Ok(Self { source: None, target: target.value.clone(), options: None })
            }
            Volume::Long { target, node } => {
                let source = scalar_at(node, "source").filter(|text| !text.is_empty());
                let source = source.and_then(|text| match scalar_at(node, "type") {
                    _ if text.starts_with('$') => Some(Source::Open(text.to_owned())),
                    Some("volume") => Some(Source::Named(text.to_owned())),
                    Some("bind") => Some(Source::Path(text.to_owned())),
                    _ => None,
                });
                Ok(Self { source, target: target.value.clone(), options: None })
            }
        }
    }
}

impl Source {
    fn read(text: &str) -> Self {
        match text.chars().next() {
            Some('.' | '/' | '~' | '\\') => Self::Path(text.to_owned()),
            Some('$') if brace::is_open(text) => Self::Open(text.to_owned()),
            _ => Self::Named(text.to_owned()),
        }
    }
}

/// What volumes are keyed by: the mount's target, without a slash at its end.
pub(super) fn key(volume: &Volume) -> String {
    let target = match VolumeSpec::of(volume) {
        Ok(spec) => spec.target,
        Err(_) => text(volume).to_owned(),
    };
    match target.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Where a line stands.
pub fn place(volume: &Volume) -> Place {
    match volume {
        Volume::Short(at) | Volume::Remove { target: at } => at.place,
        Volume::Long { node, .. } => node.place,
    }
}

fn text(volume: &Volume) -> &str {
    match volume {
        Volume::Short(at) | Volume::Long { target: at, .. } | Volume::Remove { target: at } => &at.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, source: Option<Source>, target: &str, options: Option<&str>) {
        let expect = VolumeSpec { source, target: target.to_owned(), options: options.map(str::to_owned) };
        assert_eq!(VolumeSpec::parse(text), Ok(expect), "{text}");
    }

    #[test]
    fn the_short_syntax_is_read_as_compose_reads_it() {
        let path = |text: &str| Some(Source::Path(text.to_owned()));
        let named = |text: &str| Some(Source::Named(text.to_owned()));
        let open = |text: &str| Some(Source::Open(text.to_owned()));
        check("/data", None, "/data", None);
        check("data:/data", named("data"), "/data", None);
        check("data:/data:ro", named("data"), "/data", Some("ro"));
        check("./src:/app/src", path("./src"), "/app/src", None);
        check("../x:/y", path("../x"), "/y", None);
        check("~/x:/y", path("~/x"), "/y", None);
        check("/var/run/docker.sock:/s:ro", path("/var/run/docker.sock"), "/s", Some("ro"));
        check("${D:-./d}:/x", open("${D:-./d}"), "/x", None);
        check("d:/x:/y", path("d:/x"), "/y", None);
        check("d:/x:/y:ro", path("d:/x"), "/y", Some("ro"));
    }

    #[test]
    fn what_is_no_volume_is_refused() {
        assert_eq!(VolumeSpec::parse("d:/data"), Err(VolumeError::Drive("d:/data".to_owned())));
        assert!(matches!(VolumeSpec::parse("a1:"), Err(VolumeError::Empty(_))));
        assert!(matches!(VolumeSpec::parse(""), Err(VolumeError::Empty(_))));
        assert!(matches!(VolumeSpec::parse("aa:/b:ro:x"), Err(VolumeError::Colons(_))));
    }
}
