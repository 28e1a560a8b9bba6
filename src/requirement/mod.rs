//! Requirements of Python packages (PEP 508) and sets of versions (PEP 440).
//!
//! Owns: reading and writing requirement lines, joining specifiers, and telling whether some version is left. With
//! [`crate::version`] the only door to `pep440_rs` and `pep508_rs`. Refuses: knowing where a requirement is written.

mod marker;
mod versions;

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Operator, VersionSpecifier, VersionSpecifiers};

use crate::names::Name;
use crate::version::{Version, VersionDemand};
pub use marker::Marker;
pub use versions::{Versions, regions};

/// A conjunction of version specifiers; none at all allow every version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Specifiers(Vec<VersionSpecifier>);

/// Why a text is not a set of specifiers, or a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: {why}")]
pub struct RequirementError {
    /// The text.
    pub text: String,
    /// What it should be.
    pub what: &'static str,
    /// What the parser said, in one line.
    pub why: String,
}

impl RequirementError {
    fn new(text: &str, what: &'static str, why: &dyn fmt::Display) -> Self {
        let why = why.to_string().lines().next().unwrap_or_default().to_owned();
        Self { text: text.to_owned(), what, why }
    }
}

impl Specifiers {
    /// Reads `>=1.2,<2`.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        VersionSpecifiers::from_str(text)
            .map(|s| Self(s.iter().cloned().collect()))
            .map_err(|e| RequirementError::new(text, "a version specifier", &e))
    }

    /// What a demand says: `*` allows everything, a bare version means `==`.
    pub fn of_demand(demand: &VersionDemand) -> Result<Self, RequirementError> {
        let text = demand.as_str();
        if demand.is_any() {
            return Ok(Self::default());
        }
        Self::parse(text).or_else(|e| Self::parse(&format!("=={text}")).map_err(|_| e))
    }

    /// `==` that version; an opaque tag has none.
    pub fn exactly(version: &Version) -> Result<Self, RequirementError> {
        pep440_rs::Version::from_str(version.as_str())
            .map(|v| Self(vec![VersionSpecifier::equals_version(v)]))
            .map_err(|e| RequirementError::new(version.as_str(), "a version of a Python package", &e))
    }

    /// Both. What the other clauses already say is left out.
    pub fn and(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        for clause in &other.0 {
            if !all.contains(clause) {
                all.push(clause.clone());
            }
        }
        let mut at = 0;
        while at < all.len() && all.len() > 1 {
            let rest = all.iter().enumerate().filter(|(i, _)| *i != at);
            let rest = Versions::of(&Self(rest.map(|(_, clause)| clause.clone()).collect()));
            if !rest.is_empty() && rest.is_within(&Versions::of(&Self(vec![all[at].clone()]))) {
                all.remove(at);
            } else {
                at += 1;
            }
        }
        all.sort_by_key(|s| rank(*s.operator()));
        Self(all)
    }

    /// This, and none of `excluded`. Where one set of specifiers cannot say that, the higher versions.
    #[must_use]
    pub fn without(&self, excluded: &Self) -> Self {
        if !self.and(excluded).is_possible() {
            return self.clone();
        }
        let ways: Vec<Self> = excluded.ways_out().iter().map(|way| self.and(way)).collect();
        highest(ways).unwrap_or_else(|| self.clone())
    }

    /// The ways to avoid what is allowed here, each one clause, the highest versions first: together they are all
    /// others.
    pub fn ways_out(&self) -> Vec<Self> {
        let clauses = self.0.iter().flat_map(plain_clauses);
        let mut ways: Vec<Self> = clauses.map(|clause| Self(vec![negated(&clause)])).collect();
        let mut out = Vec::with_capacity(ways.len());
        while let Some(way) = highest(ways.clone()) {
            ways.retain(|other| *other != way);
            out.push(way);
        }
        out
    }

    /// Whether nothing is demanded.
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some version is left.
    pub fn is_possible(&self) -> bool {
        !Versions::of(self).is_empty()
    }

    /// Whether some version is too old.
    pub fn has_lower_bound(&self) -> bool {
        let lower = |o: &Operator| rank(*o) < 3;
        self.0.iter().any(|s| lower(s.operator()))
    }

    /// Whether a version is allowed; an opaque tag only where nothing is demanded.
    pub fn allows(&self, version: &Version) -> bool {
        match pep440_rs::Version::from_str(version.as_str()) {
            Ok(v) => self.0.iter().all(|s| s.contains(&v)),
            Err(_) => self.is_any(),
        }
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, clause) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{clause}")?;
        }
        Ok(())
    }
}

/// The order in which clauses are written: what fixes, lower bounds, holes, upper bounds.
fn rank(operator: Operator) -> u8 {
    match operator {
        Operator::Equal | Operator::EqualStar | Operator::ExactEqual => 0,
        Operator::TildeEqual => 1,
        Operator::GreaterThan | Operator::GreaterThanEqual => 2,
        Operator::NotEqual | Operator::NotEqualStar => 3,
        Operator::LessThan | Operator::LessThanEqual => 4,
    }
}

/// The clause, `~=` as the two that it stands for.
fn plain_clauses(clause: &VersionSpecifier) -> Vec<VersionSpecifier> {
    if *clause.operator() != Operator::TildeEqual {
        return vec![clause.clone()];
    }
    let version = clause.version();
    let release = version.release();
    let stem =
        pep440_rs::Version::new(&release[..release.len().saturating_sub(1)]).with_epoch(version.epoch());
    vec![
        VersionSpecifier::greater_than_equal_version(version.clone()),
        VersionSpecifier::equals_star_version(stem),
    ]
}

/// What a clause excludes; of `~=` there is no such clause.
fn negated(clause: &VersionSpecifier) -> VersionSpecifier {
    let version = clause.version().clone();
    match clause.operator() {
        Operator::Equal | Operator::ExactEqual | Operator::TildeEqual => {
            VersionSpecifier::not_equals_version(version)
        }
        Operator::EqualStar => VersionSpecifier::not_equals_star_version(version),
        Operator::NotEqual => VersionSpecifier::equals_version(version),
        Operator::NotEqualStar => VersionSpecifier::equals_star_version(version),
        Operator::LessThan => VersionSpecifier::greater_than_equal_version(version),
        Operator::LessThanEqual => VersionSpecifier::greater_than_version(version),
        Operator::GreaterThan => VersionSpecifier::less_than_equal_version(version),
        Operator::GreaterThanEqual => VersionSpecifier::less_than_version(version),
    }
}

/// The one that allows the highest versions, of those that allow any.
fn highest(some: Vec<Specifiers>) -> Option<Specifiers> {
    let sets: Vec<Versions> = some.iter().map(Versions::of).collect();
    let first =
        regions(&sets.iter().collect::<Vec<_>>()).into_iter().find_map(|region| region.first().copied())?;
    some.into_iter().nth(first)
}

/// A requirement line: `name[extras]>=1 ; marker`, or `name @ url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution, normalized (PEP 503).
    pub name: Name,
    /// The name as it is written.
    pub written: String,
    /// The extras, normalized and sorted.
    pub extras: Vec<String>,
    /// The specifiers.
    pub specifiers: Specifiers,
    /// The URL of a direct reference.
    pub url: Option<String>,
    /// The environment marker, in its normal form; `None` when it always holds.
    pub marker: Option<String>,
    /// The environment marker as it is written.
    pub written_marker: Option<String>,
}

impl Requirement {
    /// Reads a line.
    pub fn parse(line: &str) -> Result<Self, RequirementError> {
        const WHAT: &str = "a requirement";
        let read = pep508_rs::Requirement::<pep508_rs::VerbatimUrl>::from_str(line)
            .map_err(|e| RequirementError::new(line, WHAT, &e))?;
        let name =
            Name::parse(read.name.as_ref()).map_err(|e| RequirementError::new(line, WHAT, &e))?.pep503();
        let mut extras: Vec<String> = read.extras.iter().map(ToString::to_string).collect();
        extras.sort();
        extras.dedup();
        let (specifiers, url) = match read.version_or_url {
            None => (Specifiers::default(), None),
            Some(pep508_rs::VersionOrUrl::VersionSpecifier(s)) => {
                (Specifiers(s.iter().cloned().collect()), None)
            }
            Some(pep508_rs::VersionOrUrl::Url(url)) => (Specifiers::default(), Some(url.to_string())),
        };
        let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let written = line.trim().split(end).next().unwrap_or_default().to_owned();
        let marker = read.marker.try_to_string();
        let separator = if url.is_some() { " ;" } else { ";" };
        let written_marker = line.split_once(separator).map(|(_, m)| m.trim().to_owned());
        let written_marker = written_marker.filter(|m| !m.is_empty() && marker.is_some());
        Ok(Self { name, written, extras, specifiers, url, marker, written_marker })
    }

    /// Lets it hold only where a further marker holds too.
    pub fn restrict(&mut self, marker: &str) -> Result<(), RequirementError> {
        let further = Marker::parse(marker)?;
        let own = self.marker.as_deref().map(Marker::parse).transpose()?.unwrap_or_default();
        let both = own.and(&further).text();
        self.written_marker = match (self.written_marker.take(), marker.trim()) {
            _ if both.is_none() => None,
            (Some(own), further) if both != self.marker => Some(format!("({own}) and ({further})")),
            (None, further) => Some(further.to_owned()),
            (own, _) => own,
        };
        self.marker = both;
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        match &self.url {
            Some(url) => write!(f, " @ {url}")?,
            None => write!(f, "{}", self.specifiers)?,
        }
        match &self.written_marker {
            Some(marker) => write!(f, " ; {marker}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Specifiers {
        Specifiers::parse(text).unwrap()
    }

    #[track_caller]
    fn joined(a: &str, b: &str, expect: &str) {
        assert_eq!(spec(a).and(&spec(b)).to_string(), expect, "{a} and {b}");
    }

    #[test]
    fn joining_leaves_out_what_is_said_already() {
        joined(">=1.20", ">=1.26", ">=1.26");
        joined("<3", ">=1.26", ">=1.26,<3");
        joined(">=3.11", ">=3.10,<3.13", ">=3.11,<3.13");
        joined(">=3.10", "==3.12.*", "==3.12.*");
        joined(">=1,!=1.5", "<2", ">=1,!=1.5,<2");
        joined("==1.2", ">=1", "==1.2");
        joined("~=1.4", ">=1", "~=1.4");
    }

    #[test]
    fn a_join_without_a_version_keeps_both_and_says_so() {
        let none = spec(">=2").and(&spec("<1"));
        assert!(!none.is_possible());
        assert_eq!(none.to_string(), ">=2,<1");
        assert!(!spec("==1.0").and(&spec("==2.0")).is_possible());
        assert!(spec(">=1").is_possible());
    }

    #[track_caller]
    fn without(demand: &str, excluded: &str, expect: &str) {
        assert_eq!(spec(demand).without(&spec(excluded)).to_string(), expect, "{demand} without {excluded}");
    }

    #[test]
    fn an_exclusion_is_written_as_its_complement() {
        without(">=1", "<2", ">=2");
        without(">=1", "==1.5", ">=1,!=1.5");
        without(">=1", "==1.5.*", ">=1,!=1.5.*");
        without(">=3", "<2", ">=3");
        without("<3", ">=2", "<2");
        without(">=1", ">=1,<2", ">=2");
        without(">=1.4", "~=1.4", ">=1.4,!=1.*");
        without(">=0", ">=1,<2", ">=2");
        without("<2", ">=1,<2", "<1");
        without("", ">=1,!=1.5,<2", ">=2");
    }

    #[test]
    fn lines_are_read_and_written() {
        let r = Requirement::parse("Foo_Bar[b, a] >=1.0, <2 ; python_version < '3.13'").unwrap();
        assert_eq!((r.name.as_str(), r.written.as_str()), ("foo-bar", "Foo_Bar"));
        assert_eq!(r.to_string(), "Foo_Bar[a,b]>=1.0,<2 ; python_version < '3.13'");
        let r = Requirement::parse("x @ https://example.org/x-1.0.tar.gz").unwrap();
        assert_eq!(r.to_string(), "x @ https://example.org/x-1.0.tar.gz");
        let e = Requirement::parse("x >> 1").unwrap_err();
        assert!(e.to_string().starts_with("`x >> 1` is not a requirement: "), "{e}");
    }

    #[test]
    fn a_further_marker_restricts_a_line() {
        for (line, marker, expect) in [
            ("a>=1", "python_version < '3.13'", "a>=1 ; python_version < '3.13'"),
            (
                "a ; os_name == 'nt'",
                "python_version < '3.13'",
                "a ; (os_name == 'nt') and (python_version < '3.13')",
            ),
            ("a ; os_name == 'nt'", "os_name == 'nt'", "a ; os_name == 'nt'"),
            ("a", "os_name == 'nt' or os_name != 'nt'", "a"),
        ] {
            let mut requirement = Requirement::parse(line).unwrap();
            requirement.restrict(marker).unwrap();
            assert_eq!(requirement.to_string(), expect);
            assert_eq!(Requirement::parse(expect).unwrap().marker, requirement.marker);
        }
    }
}
