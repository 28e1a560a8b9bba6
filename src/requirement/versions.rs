//! Sets of versions, and the regions into which several of them cut the line of all versions.
//!
//! Owns: what a specifier means as a set. Refuses: which version there is; only regions matter here.
//!
//! A set agrees with what PEP 440 says of single versions, but where the specification lets `>` and `<` look at the
//! suffixes of versions with the same release (`>1.0a1` and a post-release of `1.0a2`): there, as in the resolver that
//! gets the lines in the end, only the order counts. A `===` is read as `==` without local versions: `1.0` and `1.0.0`
//! are one version.

use std::ops::Bound;

use pep440_rs::{Operator, Version as Pep440, VersionSpecifier, release_specifier_to_range};
use version_ranges::Ranges;

use super::Specifiers;
use crate::version::Version;

/// A set of versions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Versions(Ranges<Pep440>);

impl Versions {
    /// All versions.
    pub fn all() -> Self {
        Self(Ranges::full())
    }

    /// Those that all specifiers allow.
    pub fn of(specifiers: &Specifiers) -> Self {
        Self(specifiers.0.iter().fold(Ranges::full(), |all, one| all.intersection(&range(one))))
    }

    /// The versions of Python that all specifiers allow. A Python is known by its release alone.
    pub fn of_python(specifiers: &Specifiers) -> Self {
        let each = specifiers.0.iter().map(|one| release_specifier_to_range(one.clone()));
        Self(each.fold(Ranges::full(), |all, one| all.intersection(&one)))
    }

    /// That version alone; `None` for an opaque tag.
    pub fn exactly(version: &Version) -> Option<Self> {
        version.pep440().map(|version| Self(Ranges::singleton(version.clone())))
    }

    pub(super) fn of_ranges(ranges: Ranges<Pep440>) -> Self {
        Self(ranges)
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// Those in one of them or in both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// All others.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self(self.0.complement())
    }

    /// Whether it holds no version at all.
    pub fn is_empty(&self) -> bool {
        self.0.intersection(&Ranges::higher_than(first())).is_empty()
    }

    /// Whether all of these are among the others.
    pub fn is_within(&self, other: &Self) -> bool {
        self.and(&other.complement()).is_empty()
    }

    /// Whether a version is among them.
    pub fn contains(&self, version: &Version) -> bool {
        version.pep440().is_some_and(|version| self.0.contains(version))
    }
}

/// The least version that there can be.
fn first() -> Pep440 {
    Pep440::new([0]).with_dev(Some(0))
}

/// What one clause allows.
fn range(clause: &VersionSpecifier) -> Ranges<Pep440> {
    let version = clause.version().clone();
    match clause.operator() {
        // a local version counts as the one that it is made from, unless the clause names one
        Operator::Equal => itself(version),
        Operator::NotEqual => itself(version).complement(),
        Operator::LessThanEqual => Ranges::strictly_lower_than(next(&version)),
        // not its own pre-releases
        Operator::LessThan if !version.any_prerelease() => {
            Ranges::strictly_lower_than(version.with_dev(Some(0)))
        }
        // not its own post-releases
        Operator::GreaterThan if version.is_dev() || version.is_post() => Ranges::higher_than(next(&version)),
        _ => Ranges::from(clause.clone()),
    }
}

/// A version with all its local versions; a local version alone.
fn itself(version: Pep440) -> Ranges<Pep440> {
    if version.is_local() {
        return Ranges::singleton(version);
    }
    let end = next(&version);
    Ranges::from_range_bounds((Bound::Included(version), Bound::Excluded(end)))
}

/// The version right after all local versions of one.
fn next(version: &Pep440) -> Pep440 {
    let version = version.clone().without_local();
    match (version.dev(), version.post()) {
        (Some(dev), _) => version.with_dev(Some(dev.saturating_add(1))),
        (None, Some(post)) => version.with_post(Some(post.saturating_add(1))).with_dev(Some(0)),
        (None, None) => version.with_post(Some(0)).with_dev(Some(0)),
    }
}

/// The regions into which sets of versions cut the line of all versions, as far as they matter: each is given by the
/// sets that it lies in (their indices, ascending), the highest versions first. Left out are those whose sets are all
/// among the sets of another region: whatever is possible there is possible in the other one. So some sets have a
/// version in common if and only if all of them are among those of one region.
pub fn regions(sets: &[&Versions]) -> Vec<Vec<usize>> {
    let mut cuts: Vec<Cut<'_>> = Vec::new();
    let first = first();
    for (start, end) in sets.iter().flat_map(|set| set.0.iter()) {
        cuts.extend(Cut::before_start(start));
        cuts.extend(Cut::after_end(end));
    }
    cuts.push(Cut { version: &first, after: false });
    cuts.sort();
    cuts.dedup();
    // what lies below the least version is no region
    let below = cuts.iter().position(|cut| *cut.version == first && !cut.after).unwrap_or(0);
    let mut cells: Vec<Vec<usize>> = vec![Vec::new(); cuts.len() - below];
    let cell = |cut: Option<Cut<'_>>, none: usize| {
        cut.map_or(none, |cut| cuts.partition_point(|other| *other < cut).saturating_sub(below))
    };
    for (number, set) in sets.iter().enumerate() {
        for (start, end) in set.0.iter() {
            let from = cell(Cut::before_start(start), 0);
            let to = cell(Cut::after_end(end), cells.len());
            for signature in &mut cells[from..to.max(from)] {
                signature.push(number);
            }
        }
    }
    greatest(cells)
}

/// The signatures that are no part of another one, from the last to the first.
fn greatest(cells: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut kept: Vec<Vec<usize>> = Vec::new();
    let mut by_size: Vec<(usize, Vec<usize>)> = cells.into_iter().enumerate().collect();
    by_size.sort_by(|(i, a), (j, b)| b.len().cmp(&a.len()).then(j.cmp(i)));
    let mut order = Vec::new();
    for (place, signature) in by_size {
        if !kept.iter().any(|other| is_part(&signature, other)) {
            kept.push(signature);
            order.push(place);
        }
    }
    let mut placed: Vec<(usize, Vec<usize>)> = order.into_iter().zip(kept).collect();
    placed.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    placed.into_iter().map(|(_, signature)| signature).collect()
}

/// Whether all of the one are among the other; both are ascending.
fn is_part(one: &[usize], other: &[usize]) -> bool {
    let mut rest = other.iter();
    one.iter().all(|number| rest.any(|known| known == number))
}

/// A place between versions: right before one, or right after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cut<'a> {
    version: &'a Pep440,
    after: bool,
}

impl<'a> Cut<'a> {
    fn before_start(start: &'a Bound<Pep440>) -> Option<Self> {
        match start {
            Bound::Included(version) => Some(Self { version, after: false }),
            Bound::Excluded(version) => Some(Self { version, after: true }),
            Bound::Unbounded => None,
        }
    }

    fn after_end(end: &'a Bound<Pep440>) -> Option<Self> {
        match end {
            Bound::Included(version) => Some(Self { version, after: true }),
            Bound::Excluded(version) => Some(Self { version, after: false }),
            Bound::Unbounded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn spec(text: &str) -> Specifiers {
        Specifiers::parse(text).unwrap()
    }

    fn set(text: &str) -> Versions {
        Versions::of(&spec(text))
    }

    #[track_caller]
    fn holds(specifiers: &str, inside: &[&str], outside: &[&str]) {
        let set = set(specifiers);
        for text in inside {
            assert!(set.contains(&Version::parse(text)), "{specifiers} holds {text}");
        }
        for text in outside {
            assert!(!set.contains(&Version::parse(text)), "{specifiers} does not hold {text}");
        }
    }

    #[test]
    fn a_clause_is_a_set_of_versions() {
        holds("==1.0", &["1.0", "1", "1.0.0", "1.0+cpu"], &["1.0.post1", "1.0a1", "1.0.1"]);
        holds("==1.0+cpu", &["1.0+cpu"], &["1.0", "1.0+gpu"]);
        holds("===1.0", &["1.0"], &["1.0+cpu", "1.0.1"]);
        holds("!=1.0", &["1.0.1", "1.0.post1", "1.0rc1"], &["1.0", "1.0+cpu"]);
        holds("==1.5.*", &["1.5", "1.5.3", "1.5a1", "1.5.post2"], &["1", "1.6", "1.6.dev0", "1.4"]);
        holds("!=1.5.*", &["1", "1.6.dev0"], &["1.5", "1.5.3", "1.5a1"]);
        holds("~=1.4", &["1.4", "1.9.post1", "1.4+x"], &["1.3", "2", "2.0a1", "2.0.dev1", "1.4rc1"]);
        holds("~=1.4.2", &["1.4.2", "1.4.9"], &["1.5", "1.4.1"]);
        holds("~=1!1.4", &["1!1.5"], &["1.5", "1!2"]);
        holds("<=1.0", &["1.0", "1.0+cpu", "1.0a1"], &["1.0.post1", "1.0.1.dev0"]);
        holds("<1.0", &["0.9", "0.9.post1"], &["1.0", "1.0a1", "1.0.dev3", "1.0+cpu"]);
        holds("<1.0rc1", &["1.0a1", "1.0rc1.dev1"], &["1.0rc1", "1.0"]);
        holds("<1.0.post2", &["1.0", "1.0.post1"], &["1.0.post2", "1.0.post2.dev1"]);
        holds(">1.0", &["1.0.1", "1.1a1"], &["1.0", "1.0+cpu", "1.0.post1"]);
        holds(">1.0.post1", &["1.0.post2", "1.0.post2.dev1"], &["1.0.post1", "1.0.post1+cpu"]);
        holds(">1.0a1", &["1.0a2", "1.0"], &["1.0a1", "1.0a1.post1"]);
        holds(">1.0.dev1", &["1.0.dev2", "1.0a1"], &["1.0.dev1", "1.0.dev1+x"]);
        holds("<2,>=1!0", &[], &["1", "1!0", "1!1"]);
    }

    #[test]
    fn sets_without_a_version_are_empty() {
        for text in
            ["<0", "<0.dev0", ">=2,<1", ">1.0,<=1.0.post9", "<1.0,>=1.0.dev0", "==1.0,!=1.0", "~=1.4,>=2"]
        {
            assert!(set(text).is_empty(), "{text}");
        }
        for text in ["<0.1", ">=1.0,<=1.0", ">1.0,<1.0.1", "==1.0,===1.0", "==1.0,==1.0+cpu", "<1.0,>0.9"] {
            assert!(!set(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn regions_are_the_greatest_and_the_highest_first() {
        let sets = ["<2", ">=1", ">=2,<3", "!=1.5"].map(set);
        let sets: Vec<&Versions> = sets.iter().collect();
        assert_eq!(regions(&sets), [vec![1, 2, 3], vec![0, 1, 3]]);
        assert_eq!(regions(&[]), [Vec::<usize>::new()]);
        let nothing = set("<0");
        assert_eq!(regions(&[&nothing]), [Vec::<usize>::new()]);
    }

    fn version() -> impl Strategy<Value = String> {
        let small = 0_u64..3;
        let suffix = prop_oneof![
            4 => Just(String::new()),
            1 => small.clone().prop_map(|n| format!("a{n}")),
            1 => small.clone().prop_map(|n| format!("rc{n}")),
        ];
        let post =
            prop_oneof![3 => Just(String::new()), 1 => small.clone().prop_map(|n| format!(".post{n}"))];
        let dev = prop_oneof![3 => Just(String::new()), 1 => small.clone().prop_map(|n| format!(".dev{n}"))];
        let epoch = prop_oneof![9 => Just(String::new()), 1 => Just("1!".to_owned())];
        (epoch, prop::collection::vec(small, 1..4), suffix, post, dev).prop_map(
            |(epoch, release, pre, post, dev)| {
                let release: Vec<String> = release.iter().map(u64::to_string).collect();
                format!("{epoch}{}{pre}{post}{dev}", release.join("."))
            },
        )
    }

    fn local() -> impl Strategy<Value = String> {
        (version(), prop_oneof![4 => Just(""), 1 => Just("+cpu"), 1 => Just("+cpu.1")])
            .prop_map(|(version, local)| format!("{version}{local}"))
    }

    fn clause() -> impl Strategy<Value = String> {
        let ordered = (prop_oneof![Just("<"), Just("<="), Just(">"), Just(">=")], version());
        let exact = (prop_oneof![Just("=="), Just("!=")], local());
        let plain = |(operator, version): (&str, String)| format!("{operator}{version}");
        let numbers = prop::collection::vec(0_u64..3, 2..4)
            .prop_map(|all| all.iter().map(u64::to_string).collect::<Vec<_>>().join("."));
        prop_oneof![
            ordered.prop_map(plain),
            exact.prop_map(plain),
            (prop_oneof![Just("=="), Just("!=")], numbers.clone()).prop_map(|(o, v)| format!("{o}{v}.*")),
            numbers.prop_map(|v| format!("~={v}")),
        ]
    }

    /// Where the specification looks at suffixes of versions with the same release, and not only at the order (the crate
    /// does so whatever the epochs are); and `==1.5.*`, which for the crate holds `1`.
    fn is_exception(clause: &VersionSpecifier, version: &Pep440) -> bool {
        let own = clause.version();
        let padded = |v: &Pep440| {
            let mut release = v.release().to_vec();
            release.resize(4, 0);
            release
        };
        match clause.operator() {
            Operator::LessThan | Operator::GreaterThan => padded(own) == padded(version),
            Operator::EqualStar | Operator::NotEqualStar | Operator::TildeEqual => {
                version.release().len() < own.release().len()
            }
            _ => false,
        }
    }

    /// `HSM_LAWS=10` tries ten times as many.
    fn cases(cases: u32) -> ProptestConfig {
        let times = std::env::var("HSM_LAWS").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
        ProptestConfig {
            cases: cases * times,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(440),
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(cases(10_000))]

        #[test]
        fn a_set_agrees_with_what_is_said_of_single_versions(text in clause(), version in local()) {
            let specifiers = spec(&text);
            let known = Version::parse(&version);
            let parsed = known.pep440().unwrap();
            if is_exception(&specifiers.0[0], parsed) {
                return Ok(());
            }
            prop_assert_eq!(Versions::of(&specifiers).contains(&known), specifiers.0[0].contains(parsed));
        }
    }

    proptest! {
        #![proptest_config(cases(1_000))]

        #[test]
        fn sets_have_a_version_in_common_where_a_region_is_in_all_of_them(
            texts in prop::collection::vec(clause(), 1..7), version in local(),
        ) {
            let sets: Vec<Versions> = texts.iter().map(|text| set(text)).collect();
            let refs: Vec<&Versions> = sets.iter().collect();
            let regions = regions(&refs);
            for chosen in 0_u32..1 << sets.len() {
                let numbers: Vec<usize> = (0..sets.len()).filter(|n| chosen & (1 << n) != 0).collect();
                let joined = numbers.iter().fold(Versions::all(), |all, n| all.and(&sets[*n]));
                let in_one = regions.iter().any(|region| numbers.iter().all(|n| region.contains(n)));
                prop_assert_eq!(!joined.is_empty(), in_one, "{:?} of {:?}", numbers, texts);
            }
            let known = Version::parse(&version);
            let around: Vec<usize> = (0..sets.len()).filter(|n| sets[*n].contains(&known)).collect();
            prop_assert!(regions.iter().any(|region| around.iter().all(|n| region.contains(n))));
        }
    }
}
