//! Versions and version demands of components, and requirements of Python packages (PEP 440, PEP 508).
//!
//! Owns: which release a demand allows and which release is newer. Refuses: choosing one. The only door to `pep440_rs`
//! and `pep508_rs`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A release's version: PEP 440 where it parses, else an opaque tag.
#[derive(Debug, Clone)]
pub struct Version {
    raw: String,
    parsed: Option<pep440_rs::Version>,
}

impl Version {
    /// Takes any text: what is not PEP 440 is an opaque tag.
    pub fn parse(raw: &str) -> Self {
        Self { raw: raw.to_owned(), parsed: pep440_rs::Version::from_str(raw).ok() }
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// What it is for PEP 440; `None` for an opaque tag.
    pub(crate) fn pep440(&self) -> Option<&pep440_rs::Version> {
        self.parsed.as_ref()
    }

    /// Whether it is an opaque tag.
    pub fn is_opaque(&self) -> bool {
        self.parsed.is_none()
    }

    /// Whether it is a pre-release or a development release.
    pub fn is_prerelease(&self) -> bool {
        self.parsed.as_ref().is_some_and(pep440_rs::Version::any_prerelease)
    }

    /// The final release that a pre-release comes before.
    pub fn final_release(&self) -> Option<Self> {
        let parsed = self.parsed.as_ref().filter(|parsed| parsed.any_prerelease())?;
        let last = parsed.only_release();
        Some(Self { raw: last.to_string(), parsed: Some(last) })
    }

    /// Whether the two are one release.
    pub fn same_release(&self, other: &Self) -> bool {
        self.release() == other.release()
    }

    /// What makes it the release that it is: versions are equal by PEP 440, opaque tags letter by letter.
    pub fn release(&self) -> ReleaseKey<'_> {
        ReleaseKey(self.parsed.as_ref().ok_or(&self.raw))
    }

    /// The order of preference, best first: finals before pre-releases, newer before older, opaque tags last (among
    /// themselves equal: their place decides).
    pub fn preference(&self, other: &Self) -> Ordering {
        match (&self.parsed, &other.parsed) {
            (Some(a), Some(b)) => self.is_prerelease().cmp(&other.is_prerelease()).then_with(|| b.cmp(a)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// What two spellings of one release have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReleaseKey<'a>(Result<&'a pep440_rs::Version, &'a String>);

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// What is demanded of a version: anything, or a set of specifiers. A bare version means `==`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDemand {
    raw: String,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Any,
    /// `==TEXT` or a bare TEXT: matches the raw text first, then by PEP 440 where both parse.
    Exact {
        text: String,
        specifiers: Option<pep440_rs::VersionSpecifiers>,
    },
    Specifiers(pep440_rs::VersionSpecifiers),
}

/// Why a text is not a version demand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{raw}` is not a version specifier ({why}); write for example `>=1.2,<2`, `==1.2.*` or a bare version"
)]
pub struct VersionDemandError {
    /// The text.
    pub raw: String,
    /// What the parser said, in one line.
    pub why: String,
}

impl VersionDemand {
    /// Whatever release there is (`*`).
    pub fn any() -> Self {
        Self { raw: "*".to_owned(), rule: Rule::Any }
    }

    /// Reads `*`, PEP 440 specifiers, or a bare version.
    pub fn parse(raw: &str) -> Result<Self, VersionDemandError> {
        let text = raw.trim();
        let rule = if text.is_empty() || text == "*" {
            Rule::Any
        } else if let Some(exact) = exact_text(text) {
            let specifiers = pep440_rs::VersionSpecifiers::from_str(&format!("=={exact}")).ok();
            Rule::Exact { text: exact.to_owned(), specifiers }
        } else {
            let why = |e: pep440_rs::VersionSpecifiersParseError| VersionDemandError {
                raw: raw.to_owned(),
                why: first_line(&e),
            };
            Rule::Specifiers(pep440_rs::VersionSpecifiers::from_str(text).map_err(why)?)
        };
        Ok(Self { raw: text.to_owned(), rule })
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Whether every release will do.
    pub fn is_any(&self) -> bool {
        self.rule == Rule::Any
    }

    /// Whether the demand allows that release. An opaque tag is only allowed by `*` and by its own text.
    pub fn allows(&self, version: &Version) -> bool {
        let by_pep440 =
            |s: &pep440_rs::VersionSpecifiers| version.parsed.as_ref().is_some_and(|v| s.contains(v));
        match &self.rule {
            Rule::Any => true,
            Rule::Exact { text, specifiers } => {
                *text == version.raw || specifiers.as_ref().is_some_and(by_pep440)
            }
            Rule::Specifiers(s) => by_pep440(s),
        }
    }
}

impl fmt::Display for VersionDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// The text of a single `==TEXT`/`===TEXT` or of a bare version; `None` when other operators or several clauses stand.
fn exact_text(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("===").or_else(|| text.strip_prefix("==")).unwrap_or(text).trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!' | '*');
    (!rest.is_empty() && rest.chars().all(plain)).then_some(rest)
}

/// Why a text of Python's packaging cannot be read: the parser's words, in one line.
pub type PythonProblem = String;

/// The first line of what the parser says.
fn first_line(error: &impl fmt::Display) -> PythonProblem {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("Failed to parse version: ").trim_end_matches(':').to_owned()
}

/// Checks a requirement (PEP 508), and gives the name of its distribution.
pub fn check_requirement(text: &str) -> Result<String, PythonProblem> {
    pep508_rs::Requirement::<pep508_rs::VerbatimUrl>::from_str(text)
        .map(|requirement| requirement.name.to_string())
        .map_err(|e| first_line(&e))
}

/// Checks an environment marker (PEP 508).
pub fn check_marker(text: &str) -> Result<(), PythonProblem> {
    pep508_rs::MarkerTree::from_str(text).map(|_| ()).map_err(|e| first_line(&e))
}

/// Checks version specifiers (PEP 440), as in `requires_python`.
pub fn check_specifiers(text: &str) -> Result<(), PythonProblem> {
    pep440_rs::VersionSpecifiers::from_str(text).map(|_| ()).map_err(|e| first_line(&e))
}
