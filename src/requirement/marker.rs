//! Environment markers (PEP 508): where they hold.
//!
//! Owns: the questions that are asked of a marker. Refuses: knowing where it is written.

use pep508_rs::{MarkerExpression, MarkerTree, MarkerTreeKind, MarkerValueVersion, VerbatimUrl};
use version_ranges::Ranges;

use super::{RequirementError, Specifiers, Versions};

/// An environment marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(MarkerTree);

impl Default for Marker {
    fn default() -> Self {
        Self::always()
    }
}

impl Marker {
    /// The one that holds everywhere.
    pub fn always() -> Self {
        Self(MarkerTree::TRUE)
    }

    /// Reads a marker.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        MarkerTree::parse_str::<VerbatimUrl>(text)
            .map(Self)
            .map_err(|e| RequirementError::new(text, "an environment marker", &e))
    }

    /// The Pythons that specifiers allow.
    pub fn of_python(specifiers: &Specifiers) -> Self {
        let mut all = MarkerTree::TRUE;
        for specifier in &specifiers.0 {
            let key = MarkerValueVersion::PythonFullVersion;
            all.and(MarkerTree::expression(MarkerExpression::Version { key, specifier: specifier.clone() }));
        }
        Self(all)
    }

    /// Both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        all.and(other.0.clone());
        Self(all)
    }

    /// Whether it holds wherever the other one does.
    pub fn holds_for_all_of(&self, range: &Self) -> bool {
        let mut elsewhere = self.0.negate();
        elsewhere.and(range.0.clone());
        elsewhere.is_false()
    }

    /// Whether it holds nowhere where the other one does.
    pub fn holds_for_none_of(&self, range: &Self) -> bool {
        self.0.is_disjoint(&range.0)
    }

    /// The Pythons for which it holds on some machine.
    pub fn pythons(&self) -> Versions {
        let mut some = Ranges::empty();
        let mut todo = vec![self.0.clone()];
        while let Some(tree) = todo.pop() {
            match tree.kind() {
                MarkerTreeKind::False => {}
                MarkerTreeKind::Version(node) if *node.key() == MarkerValueVersion::PythonFullVersion => {
                    // no question about Python lies below this one, and what is not false holds somewhere
                    for (pythons, _) in node.edges().filter(|(_, below)| !below.is_false()) {
                        some = some.union(pythons);
                    }
                }
                MarkerTreeKind::Version(node) => todo.extend(node.edges().map(|(_, below)| below)),
                _ => return Versions::all(),
            }
        }
        Versions::of_ranges(some)
    }

    /// Its normal form; `None` when it holds everywhere.
    pub fn text(&self) -> Option<String> {
        self.0.try_to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(text: &str) -> Marker {
        Marker::parse(text).unwrap()
    }

    fn python(text: &str) -> Marker {
        Marker::of_python(&Specifiers::parse(text).unwrap())
    }

    #[test]
    fn where_a_marker_holds_within_a_range_of_pythons() {
        for (text, range, all, none) in [
            ("python_version >= '3.8'", ">=3.11", true, false),
            ("python_version < '3.9'", ">=3.11", false, true),
            ("python_version < '3.13'", ">=3.11", false, false),
            ("python_version < '3.13'", ">=3.11,<3.13", true, false),
            ("python_version <= '3.12'", "==3.12.*", true, false),
            ("python_full_version >= '3.11.2'", ">=3.11", false, false),
            ("python_version < '3.12' or python_version >= '3.12'", "", true, false),
            ("python_version < '3.12' and python_version >= '3.12'", "", false, true),
            ("sys_platform == 'linux'", ">=3.11", false, false),
            ("sys_platform == 'linux' or sys_platform != 'linux'", ">=3.11", true, false),
            ("sys_platform == 'win32' and python_version < '3.9'", ">=3.11", false, true),
            ("extra == 'io'", ">=3.11", false, false),
        ] {
            let (marker, range) = (marker(text), python(range));
            assert_eq!(
                (marker.holds_for_all_of(&range), marker.holds_for_none_of(&range)),
                (all, none),
                "{text}"
            );
        }
    }

    #[test]
    fn the_pythons_of_a_marker() {
        let of = |text: &str| Versions::of_python(&Specifiers::parse(text).unwrap());
        for (text, pythons) in [
            ("python_version < '3.13'", "<3.13"),
            ("python_version < '3.13' and sys_platform == 'linux'", "<3.13"),
            ("python_version < '3.13' or sys_platform == 'linux'", ""),
            ("implementation_version >= '3' and python_version == '3.12'", "==3.12.*"),
            ("sys_platform == 'linux'", ""),
            ("python_version < '3' and python_version > '3'", "<1,>1"),
        ] {
            assert_eq!(marker(text).pythons(), of(pythons), "{text}");
        }
    }
}
