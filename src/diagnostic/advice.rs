//! The code of each finding, and what to do about it.

use super::finding::{Finding, UrlProblem};
use super::{WhyUnfetched, Wiring};

impl Finding {
    /// A code that stays the same from version to version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wiring(wiring) => wiring.code(),
            Self::Proven(proven) => proven.code(),
            Self::Upkeep(upkeep) => upkeep.code(),
            Self::Outdated(outdated) => outdated.code(),
            Self::Expected(expected) => expected.code(),
            Self::Breaking { .. } => "HSM-E630",
            Self::Lost(_) => "HSM-E631",
            Self::Syntax(_) => "HSM-E001",
            Self::BadToml(_) => "HSM-E077",
            Self::NotUtf8 => "HSM-E002",
            Self::TooLarge { .. } => "HSM-E003",
            Self::TooDeep { .. } => "HSM-E004",
            Self::TooManyAliases { .. } => "HSM-E005",
            Self::AliasInItself => "HSM-E006",
            Self::SeveralDocuments => "HSM-E007",
            Self::DuplicateKey { .. } => "HSM-E009",
            Self::KeyNotText => "HSM-E010",
            Self::Tag { .. } => "HSM-E011",
            Self::BadMerge => "HSM-E012",
            Self::UnknownKey { .. } => "HSM-E020",
            Self::WrongType { .. } => "HSM-E021",
            Self::MissingField { .. } => "HSM-E022",
            Self::ExactlyOne { .. } => "HSM-E023",
            Self::NotForKind { .. } => "HSM-E024",
            Self::OldLayout { .. } => "HSM-E025",
            Self::OldFolder { .. } => "HSM-E080",
            Self::ItemShape { .. } => "HSM-E026",
            Self::BadName { .. } => "HSM-E030",
            Self::BadValue { .. } => "HSM-E031",
            Self::BadVersion(_) => "HSM-E032",
            Self::BadPython { .. } => "HSM-E033",
            Self::BadTarget { .. } => "HSM-E034",
            Self::ConstraintOnGroup { .. } => "HSM-E035",
            Self::BadNumber { .. } => "HSM-E036",
            Self::BadSourceType { .. } => "HSM-E037",
            Self::SeveralReferences { .. } => "HSM-E038",
            Self::BadUrl { .. } => "HSM-E039",
            Self::AbsolutePath { .. } => "HSM-E040",
            Self::EmptyText { .. } => "HSM-E041",
            Self::NameMismatch { .. } => "HSM-E050",
            Self::TypeMismatch { .. } => "HSM-E051",
            Self::UnknownName { .. } => "HSM-E052",
            Self::OtherEnding { .. } => "HSM-E076",
            Self::ListedTwice { .. } => "HSM-E053",
            Self::EqualReleases { .. } => "HSM-E054",
            Self::MinAboveMax { .. } => "HSM-E055",
            Self::AboveOptions { .. } => "HSM-E056",
            Self::CountOfOne { .. } => "HSM-E057",
            Self::DefaultNotOption { .. } => "HSM-E058",
            Self::SeveralDefaults => "HSM-E059",
            Self::NoOptions => "HSM-E060",
            Self::UnknownProfile { .. } => "HSM-E061",
            Self::ExternalDefault { .. } => "HSM-E062",
            Self::ExternalOnManaged => "HSM-E063",
            Self::SourceWithoutRelease { .. } => "HSM-E064",
            Self::Misplaced { .. } => "HSM-E065",
            Self::BadDependency { .. } => "HSM-E069",
            Self::BadPort(_) => "HSM-E074",
            Self::BadVolume(_) => "HSM-E075",
            Self::CommaInParam => "HSM-E066",
            Self::BadEnvLine { .. } => "HSM-E067",
            Self::HostOnly { .. } => "HSM-E068",
            Self::RegistryUnreadable { .. } => "HSM-E070",
            Self::Unreadable { .. } => "HSM-E071",
            Self::TwoFiles { .. } => "HSM-E072",
            Self::HsmTooOld { .. } => "HSM-E073",
            Self::Container(problem) => problem.code(),
            Self::Environment(problem) => problem.code(),
            Self::Adapter(trouble) => trouble.code(),
        }
    }

    /// Whether it says that statements clash, each of which is fine by itself; else a text or a name is wrong.
    pub fn is_clash(&self) -> bool {
        match self {
            Self::Container(problem) => problem.is_clash(),
            Self::Adapter(trouble) => trouble.is_clash(),
            _ => false,
        }
    }

    /// Whether it says that the machine or the network failed: no text is wrong.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Wiring(Wiring::NotFetched(unfetched)) => !matches!(unfetched.why, WhyUnfetched::Wrong(_)),
            _ => false,
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Container(problem) => return problem.help(),
            Self::Environment(problem) => return problem.help(),
            Self::Adapter(trouble) => return trouble.help(),
            Self::Wiring(wiring) => return wiring.help(),
            Self::Proven(proven) => return proven.help(),
            Self::Upkeep(upkeep) => return upkeep.help(),
            Self::Outdated(outdated) => return outdated.help(),
            Self::Expected(expected) => return expected.help(),
            Self::Lost(_) => {
                return Some(
                    "a project may want it; change one of the numbered lines, or say so to those who use it"
                        .to_owned(),
                );
            }
            Self::Breaking { why, .. } => {
                return Some(format!("{why}; where that is meant, say so to those who use it"));
            }
            Self::UnknownKey { nearest: Some(near), .. }
            | Self::BadValue { nearest: Some(near), .. }
            | Self::BadSourceType { nearest: Some(near), .. }
            | Self::DefaultNotOption { nearest: Some(near), .. }
            | Self::UnknownProfile { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::UnknownKey { known, .. } => {
                format!("known keys: {}; keys that start with `x-` are free", known.join(", "))
            }
            Self::BadSourceType { known, .. } => format!("known types: {}", known.join(", ")),
            Self::UnknownName { renamed: Some(new), .. } => {
                format!("it is called `{new}` now: `hsm check --fix` writes that")
            }
            Self::UnknownName { other_kind: Some(other), .. } => {
                format!("the registry has `{other}`, which is of another kind")
            }
            Self::UnknownName { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::UnknownName { kind, name, .. } => {
                format!("it would be `{}s/{name}.yaml` in a registry", kind.replace(' ', "_"))
            }
            Self::OldLayout { new, .. } => format!("write {new}"),
            Self::OldFolder { new, .. } => format!("move them to {new}"),
            Self::Misplaced { belongs, .. } => {
                format!("write {belongs}")
            }
            Self::ItemShape { first } => {
                format!("write `- {first}: dev` or `- {{name: {first}, mode: dev}}`")
            }
            other => return other.plain_help().map(str::to_owned),
        })
    }

    /// Help that does not depend on the data.
    fn plain_help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Syntax(_) => "check indentation and quotes around this place",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::TooLarge { .. } | Self::TooDeep { .. } => {
                "split the file, or check that it is the right one"
            }
            Self::TooManyAliases { .. } => "write the values out",
            Self::SeveralDocuments => "remove `---` and what follows it",
            Self::DuplicateKey { .. } => "keep one of the two",
            Self::KeyNotText => "write the key as a text, in quotes where needed",
            Self::Tag { .. } => "remove the tag; quotes make a text",
            Self::NotForKind { .. } => "remove the key",
            Self::MissingField { what: "a release", key: "version" } => {
                "write `version`, or (for a container) a published image with a tag"
            }
            Self::BadDependency { .. } => "write the name of a container or of a group of containers",
            Self::BadTarget { .. } => "write the kind in front: `package:NAME`, `container_group:NAME`",
            Self::ConstraintOnGroup { .. } => "write `mode` and `profile` on the group's own line",
            Self::BadUrl { why: UrlProblem::Password, .. } => {
                "leave the password out: git asks the credential helper"
            }
            Self::AbsolutePath { .. } => "write the path from the project's root",
            Self::OtherEnding { .. } => "rename the file",
            Self::NameMismatch { .. } => "rename the file or change `name`",
            Self::TypeMismatch { .. } => "move the file or change `type`",
            Self::ListedTwice { .. } | Self::EqualReleases { .. } => "remove one of the two",
            Self::CountOfOne { .. } => "remove the key, or write `strategy: M-of-N`",
            Self::ExternalOnManaged => "write `mode: external`, or remove `external`",
            Self::SourceWithoutRelease { .. } => {
                "leave the source's version out (then it is the release), or widen it"
            }
            Self::RegistryUnreadable { .. } => {
                "write the directory under `registry:` in hsm.yaml, or set HSM_REGISTRY_PATH"
            }
            _ => return None,
        })
    }
}
