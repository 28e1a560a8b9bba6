//! A few versions and what is said of them. Owns: which release a specifier allows, and which is newer. Refuses: any
//! version that is not in the table.

/// A release of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub usize);

/// A specifier of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spec(pub usize);

/// The version as it is written, and its number (tenths; a pre-release lies below its final); `None`: an opaque tag.
const VERSIONS: [(&str, Option<u32>); 12] = [
    ("1.0", Some(100)),
    ("1.5", Some(150)),
    ("2.0", Some(200)),
    ("3.0rc1", Some(299)),
    ("edge", None),
    ("7-alpine", None),
    // Points between, where specifiers of what floats can meet.
    ("0.5", Some(50)),
    ("1.2", Some(120)),
    ("1.7", Some(170)),
    ("2.5", Some(250)),
    ("3.0", Some(300)),
    ("3.5", Some(350)),
];

/// The pre-release, and the final that it comes before.
const PRE: (u32, u32) = (299, 300);

const SPECS: [&str; 17] = [
    "*", "<2", ">=2", "==1.0", "1.0", ">=1", "==3.0", "<3", ">1.0", "~=1.0", "!=2.0", "==1.*", ">=1,<2",
    "==edge", "7-alpine", "<=1.5", ">2.0",
];

impl Version {
    /// The releases that are PEP 440 versions.
    pub const NUMBERED: [Self; 4] = [Self(0), Self(1), Self(2), Self(3)];
    /// The opaque ones.
    pub const OPAQUE: [Self; 2] = [Self(4), Self(5)];

    /// As it is written.
    pub fn text(self) -> &'static str {
        VERSIONS[self.0].0
    }

    /// Whether it is no PEP 440 version.
    pub fn is_opaque(self) -> bool {
        VERSIONS[self.0].1.is_none()
    }

    /// What is preferred has the lower rank: finals, pre-releases, opaque tags; the newest first.
    pub fn rank(self) -> (u32, u32) {
        match VERSIONS[self.0].1 {
            Some(number) => (u32::from(number == PRE.0), u32::MAX - number),
            None => (2, 0),
        }
    }
}

impl Spec {
    /// Whatever release there is.
    pub const ANY: Self = Self(0);
    /// Those that only speak of PEP 440 versions.
    pub const NUMBERED: [Self; 15] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
        Self(8),
        Self(9),
        Self(10),
        Self(11),
        Self(12),
        Self(15),
        Self(16),
    ];
    /// Those that allow nearly everything.
    pub const MILD: [Self; 4] = [Self(0), Self(5), Self(7), Self(10)];
    /// Those that name an opaque tag.
    pub const OPAQUE: [Self; 2] = [Self(13), Self(14)];

    /// As it is written.
    pub fn text(self) -> &'static str {
        SPECS[self.0]
    }

    /// Whether it is `*`.
    pub fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether it allows a release.
    pub fn allows(self, version: Version) -> bool {
        self.is_any() || self.text().split(',').all(|clause| clause_allows(clause, version))
    }

    /// The versions that it allows, as a set of bits.
    pub fn set(self) -> u32 {
        (0..VERSIONS.len()).filter(|i| self.allows(Version(*i))).map(|i| 1 << i).sum()
    }
}

/// Every version of the table that is not opaque, as a set of bits.
pub fn everything() -> u32 {
    (0..VERSIONS.len()).filter(|i| !Version(*i).is_opaque()).map(|i| 1 << i).sum()
}

fn clause_allows(clause: &str, version: Version) -> bool {
    let digits = clause.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
    let (operator, text) = clause.split_at(digits);
    let equality = matches!(operator, "" | "==");
    if equality && text == version.text() {
        return true;
    }
    let Some(own) = VERSIONS[version.0].1 else { return false };
    let (text, is_prefix) = text.strip_suffix(".*").map_or((text, false), |text| (text, true));
    let Some(bound) = number(text) else { return false };
    match operator {
        "" | "==" if is_prefix => {
            own >= bound && own < bound + 100 && !(own == PRE.0 && bound + 100 == PRE.1)
        }
        "" | "==" => own == bound,
        "!=" => own != bound,
        ">=" => own >= bound,
        "<=" => own <= bound,
        ">" => own > bound,
        // what comes before a final does not count as less than it
        "<" => own < bound && !(own == PRE.0 && bound == PRE.1),
        "~=" => own >= bound && own < (bound / 100 + 1) * 100 && !(own == PRE.0 && bound / 100 == 2),
        _ => false,
    }
}

/// `2` and `1.5` as numbers.
fn number(text: &str) -> Option<u32> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some(major.parse::<u32>().ok()? * 100 + minor.parse::<u32>().ok()? * 10)
}
