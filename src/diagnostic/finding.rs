//! What can be wrong with an input, as data; the sentences are made from it here.
//!
//! Owns: the findings, their codes, their sentences and what to do about each. Refuses: places (the diagnostic has them).

use super::{Expected, Lost, Outdated, Proven, Upkeep, Wiring};
use crate::compare::Breaks;
use crate::container::port::PortError;
use crate::container::volume::VolumeError;
use crate::names::{NameError, TargetError, TargetId};
use crate::version::VersionDemandError;

/// What can be wrong. The message says what was found and what was expected; [`Finding::help`] what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// What does not fit between the files.
    #[error(transparent)]
    Wiring(#[from] Wiring),
    /// What is proved about a registry.
    #[error(transparent)]
    Proven(#[from] Proven),
    /// What is careless in a registry.
    #[error(transparent)]
    Upkeep(#[from] Upkeep),
    /// A change of a registry that may break projects.
    #[error("{target}: {what}")]
    Breaking {
        /// Whose.
        target: TargetId,
        /// What changed.
        what: String,
        /// Why it may break one.
        why: Breaks,
    },
    /// What follows from a change of a registry for something else in it.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// What is to be left.
    #[error(transparent)]
    Outdated(#[from] Outdated),
    /// What is not as a test of a registry expects it.
    #[error(transparent)]
    Expected(#[from] Expected),
    /// The text is not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// The text is not TOML.
    #[error("not valid TOML: {0}")]
    BadToml(String),
    /// What an adapter found.
    #[error(transparent)]
    Adapter(#[from] crate::adapters::Trouble),
    /// The file is not UTF-8 from this byte on.
    #[error("not UTF-8: this byte starts no character")]
    NotUtf8,
    /// Too many bytes.
    #[error("the file has more than {limit} bytes, the limit")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Too many levels.
    #[error("lists and mappings are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Aliases repeat too much.
    #[error("aliases repeat more than {limit} values")]
    TooManyAliases {
        /// The limit.
        limit: usize,
    },
    /// An alias stands inside the value that it names.
    #[error("this alias stands inside the value that it repeats")]
    AliasInItself,
    /// A second document.
    #[error("a second document starts here; a file holds one")]
    SeveralDocuments,
    /// A key twice.
    #[error("the key `{key}` stands here twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that is not a text.
    #[error("a key must be a text")]
    KeyNotText,
    /// A tag.
    #[error("the tag `{tag}` has no meaning here")]
    Tag {
        /// As written.
        tag: String,
    },
    /// `<<` with something else than mappings.
    #[error("`<<` must merge a mapping or a list of mappings")]
    BadMerge,

    /// A key that is not known there.
    #[error("{what} has no key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands: "a package".
        what: &'static str,
        /// The known key that is most like it.
        nearest: Option<String>,
        /// All known keys.
        known: Vec<&'static str>,
    },
    /// A value of the wrong type.
    #[error("{what} must be {expected}, not {found}")]
    WrongType {
        /// Which value: "`ports`".
        what: String,
        /// What was expected: "a list".
        expected: &'static str,
        /// What was found: "a mapping".
        found: String,
    },
    /// A key that must be there is not.
    #[error("{what} needs the key `{key}`")]
    MissingField {
        /// Of what: "a package".
        what: &'static str,
        /// The key.
        key: &'static str,
    },
    /// One of several keys must be there.
    #[error("{what} needs exactly one of {}", quoted(keys))]
    ExactlyOne {
        /// Of what.
        what: &'static str,
        /// The keys.
        keys: &'static [&'static str],
    },
    /// A key that only another kind has.
    #[error("`{key}` is for {belongs}, not for {what}")]
    NotForKind {
        /// The key.
        key: String,
        /// Where it stands: "a package".
        what: &'static str,
        /// What it is for: "containers".
        belongs: &'static str,
    },
    /// A key of an earlier layout of the manifest.
    #[error("`{key}` is not a key of hsm.yaml any more")]
    OldLayout {
        /// The key as written, with its parents.
        key: &'static str,
        /// What to write instead.
        new: &'static str,
    },
    /// A folder of an earlier layout of a registry.
    #[error("`{path}` is not a folder of a registry any more, and the entries in it are not read")]
    OldFolder {
        /// The folder.
        path: String,
        /// What it is called now.
        new: &'static str,
    },
    /// A list item that is a mapping of another shape.
    #[error("an item is a name, `NAME: MODE`, or a mapping with `name`")]
    ItemShape {
        /// The first key.
        first: String,
    },

    /// Not a name.
    #[error("`{text}` is not a name: {why}")]
    BadName {
        /// As written.
        text: String,
        /// Why not.
        why: NameError,
    },
    /// A value that is none of the known ones.
    #[error("{what} must be one of {}, not `{text}`", quoted(known))]
    BadValue {
        /// Which value: "`mode`".
        what: String,
        /// As written.
        text: String,
        /// The known value that is most like it.
        nearest: Option<String>,
        /// What is known.
        known: &'static [&'static str],
    },
    /// Not a version specifier.
    #[error(transparent)]
    BadVersion(VersionDemandError),
    /// Not a requirement, marker or specifier of Python's packaging.
    #[error("`{text}` is not {expected}: {why}")]
    BadPython {
        /// As written.
        text: String,
        /// What was expected: "a requirement (PEP 508)".
        expected: &'static str,
        /// What the parser said.
        why: String,
    },
    /// Not a target.
    #[error("`{text}` is no target: {why}")]
    BadTarget {
        /// As written.
        text: String,
        /// Why not.
        why: TargetError,
    },
    /// A group where only components stand.
    #[error("`{target}` is a group; a constraint is on a package or a container")]
    ConstraintOnGroup {
        /// The target.
        target: TargetId,
    },
    /// Not a whole number.
    #[error("{what} must be a whole number from 0, not {found}")]
    BadNumber {
        /// Which value.
        what: String,
        /// What was found.
        found: String,
    },
    /// A source type that is not known.
    #[error("`{text}` is no type of source for {what}")]
    BadSourceType {
        /// As written.
        text: String,
        /// Of what: "a package".
        what: &'static str,
        /// The known type that is most like it.
        nearest: Option<String>,
        /// The known types.
        known: &'static [&'static str],
    },
    /// More than one git reference.
    #[error("{what} takes one of `ref`, `rev`, `tag` and `branch`, not several")]
    SeveralReferences {
        /// Of what.
        what: &'static str,
    },
    /// A git URL or reference that is not safe or not known.
    #[error("`{text}` cannot be used: {why}")]
    BadUrl {
        /// As written, passwords masked.
        text: String,
        /// Why not.
        why: UrlProblem,
    },
    /// A path that starts at the root of a machine or of a home.
    #[error("{what} is `{path}`, which is there on one machine only")]
    AbsolutePath {
        /// Which value.
        what: String,
        /// As written.
        path: String,
    },
    /// A value that no file system or tool takes.
    #[error("{what} must not be empty")]
    EmptyText {
        /// Which value.
        what: String,
    },

    /// `name` and file name differ.
    #[error("the entry's name is `{name}`, but its file is called `{stem}.yaml`")]
    NameMismatch {
        /// As written.
        name: String,
        /// Of the file.
        stem: String,
    },
    /// `type` and folder differ.
    #[error("the entry's type is `{found}`, but it lies in `{folder}/`")]
    TypeMismatch {
        /// As written.
        found: String,
        /// The folder.
        folder: &'static str,
    },
    /// A name that no registry has.
    #[error("there is no {kind} `{name}`")]
    UnknownName {
        /// `package`, `container`, `package_group`, `container_group`.
        kind: &'static str,
        /// As written.
        name: String,
        /// The name that is most like it.
        nearest: Option<String>,
        /// The same name in another kind.
        other_kind: Option<TargetId>,
        /// The entry that was once called so.
        renamed: Option<String>,
    },
    /// A file that would be the entry if it ended in `.yaml`.
    #[error("`{path}` is not read: an entry's file ends in `.yaml`")]
    OtherEnding {
        /// The file, as shown.
        path: String,
    },
    /// A name that stands twice in a list.
    #[error("{what} `{name}` is listed twice")]
    ListedTwice {
        /// What it is: "the option".
        what: &'static str,
        /// As written the second time.
        name: String,
    },
    /// Two equal releases.
    #[error("the release {version} stands here twice")]
    EqualReleases {
        /// As written the second time.
        version: String,
    },
    /// `min` above `max`.
    #[error("`min` is {min}, above `max`, which is {max}")]
    MinAboveMax {
        /// `min`.
        min: u32,
        /// `max`.
        max: u32,
    },
    /// `min` or `max` above the number of options.
    #[error("`{key}` is {value}, but the group has {options} option{}", plural(*options))]
    AboveOptions {
        /// `min` or `max`.
        key: &'static str,
        /// Its value.
        value: u32,
        /// How many options there are.
        options: usize,
    },
    /// `min` or `max` of a 1-of-N group.
    #[error("`{key}` is for M-of-N groups; of a 1-of-N group exactly one option is chosen")]
    CountOfOne {
        /// `min` or `max`.
        key: &'static str,
    },
    /// A `default` that is no option.
    #[error("the default `{name}` is not among the options")]
    DefaultNotOption {
        /// As written.
        name: String,
        /// The option that is most like it.
        nearest: Option<String>,
    },
    /// Several defaults of a 1-of-N group.
    #[error("a 1-of-N group has at most one default")]
    SeveralDefaults,
    /// A group without options.
    #[error("a group needs at least one option")]
    NoOptions,
    /// A profile that the entry does not have.
    #[error("there is no profile `{name}`")]
    UnknownProfile {
        /// As written.
        name: String,
        /// The profile that is most like it.
        nearest: Option<String>,
    },
    /// `default_profile` is external.
    #[error("the default profile `{name}` is external, and an external one is only taken when asked for")]
    ExternalDefault {
        /// Its name.
        name: String,
    },
    /// `external` on a managed profile.
    #[error("`external` is for a profile with `mode: external`")]
    ExternalOnManaged,
    /// A pypi source whose version leaves its release out.
    #[error("the source's version `{demand}` does not contain the release {release}")]
    SourceWithoutRelease {
        /// The source's version.
        demand: String,
        /// The release.
        release: String,
    },
    /// A key of Compose that has its own place.
    #[error("`{key}` does not belong in {inside}")]
    Misplaced {
        /// The key.
        key: String,
        /// Where it stands: "`compose`", "a container".
        inside: &'static str,
        /// Where it belongs.
        belongs: &'static str,
    },
    /// A line of `ports` that Compose would not take.
    #[error(transparent)]
    BadPort(PortError),
    /// A line of `volumes` that Compose would not take.
    #[error(transparent)]
    BadVolume(VolumeError),
    /// A line of `depends_on` that is no container.
    #[error("`{text}` is nothing that a container can wait for")]
    BadDependency {
        /// As written.
        text: String,
    },
    /// A parameter's value that cannot be joined.
    #[error("a param's value cannot hold a comma: values are joined with commas")]
    CommaInParam,
    /// An entry of a list of `KEY=VALUE`.
    #[error("`{text}` is not `KEY=VALUE`")]
    BadEnvLine {
        /// As written.
        text: String,
    },
    /// A path or URL that is there on one machine only, where that is allowed.
    #[error("`{text}` is there on one machine only")]
    HostOnly {
        /// As written.
        text: String,
    },
    /// A registry's directory that cannot be listed.
    #[error("the registry directory `{path}` cannot be read: {why}")]
    RegistryUnreadable {
        /// As shown.
        path: String,
        /// What the system said.
        why: String,
    },
    /// A file that cannot be read.
    #[error("`{path}` cannot be read: {why}")]
    Unreadable {
        /// As shown.
        path: String,
        /// What the system said.
        why: String,
    },
    /// Two files for one name.
    #[error("`{first}` and `{second}` are one name: names of packages compare without case, `-`, `_`, `.`")]
    TwoFiles {
        /// One file's name.
        first: String,
        /// The other's.
        second: String,
    },
    /// Something with the chosen containers.
    #[error(transparent)]
    Container(#[from] crate::container::Problem),
    /// Something with variables.
    #[error(transparent)]
    Environment(#[from] crate::environment::Problem),
    /// The registry wants another hsm.
    #[error("this registry needs hsm {needed}, this is {have}")]
    HsmTooOld {
        /// `requires_hsm`.
        needed: String,
        /// This program's version.
        have: String,
    },
}

/// Why a URL or a git reference is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// It starts with a dash.
    #[error("it starts with `-`, which a program would take for an option")]
    Dash,
    /// `ext::` and the like.
    #[error("`::` names a helper program")]
    Helper,
    /// A control character or a space.
    #[error("it holds a space or a control character")]
    Character,
    /// A password.
    #[error("it holds a password, which would be written to committed files")]
    Password,
    /// A variable where none is replaced.
    #[error(
        "nothing puts a value into `${{…}}` there; a package manager takes passwords from variables of its own, netrc or a keyring"
    )]
    Variable,
    /// A scheme that is not allowed.
    #[error("it must start with https://, ssh://, git@HOST: or file://")]
    Scheme,
}

fn quoted(known: &[&str]) -> String {
    known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
