//! Which names complete which argument.
//!
//! Owns: for every argument that takes a value, where its values come from. Refuses: finding them.

use crate::cli::offers::Purpose;
use crate::names::Kind;

/// Where the values of an argument come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Directories of the machine; the shell knows them.
    Directories,
    /// Files of the machine; the shell knows them.
    Files,
    /// Whoever types: there is nothing to choose from.
    Free,
    /// Codes of diagnostics, and topics.
    Codes,
    /// Examples of `hsm init`.
    Examples,
    /// hsm's commands.
    Commands,
    /// Adapters of a side.
    Adapters(Kind),
    /// Components of the registries that are not listed.
    Unlisted(Option<Kind>),
    /// Components that are listed.
    Listed(Option<Kind>),
    /// All components of the registries.
    Visible(Option<Kind>),
    /// Names of registries.
    Registries,
    /// Components that are listed, selected or locked.
    Stack(Option<Kind>),
    /// Components and groups of the registries.
    Anything,
    /// Releases of the component that was typed.
    Releases(Kind),
    /// Profiles of the containers that were typed.
    Profiles,
    /// Profiles of the options of the group that was typed.
    GroupProfiles,
    /// Entrypoints of packages that are listed, selected or locked.
    Entrypoints,
    /// All groups.
    Groups,
    /// Groups that the manifest does not name.
    UnnamedGroups,
    /// Groups that the manifest names.
    NamedGroups,
    /// Groups that have options for that.
    GroupsFor(Purpose),
    /// Options for that of the group that was typed.
    OptionsFor(Purpose),
}

/// Where the values of an argument come from, by its command, its id and the name of its value; `None`: nobody said.
pub(super) fn source(path: &[&str], id: &str, value: &str) -> Option<Source> {
    let purpose = |word: &str| Purpose::ALL.into_iter().find(|purpose| purpose.word() == word);
    Some(match (path, value) {
        (_, "DIR") => Source::Directories,
        (_, "FILE" | "PATH") => Source::Files,
        (["explain"], "CODE") => Source::Codes,
        (["init"], "NAME") => Source::Examples,
        (["man"], "COMMAND") => Source::Commands,
        (["python-manager", "set"], "NAME") => Source::Adapters(Kind::Package),
        (["container-manager", "set"], "NAME") => Source::Adapters(Kind::Container),
        (["registry", rest @ ..], _) => of_registry(rest, id, value)?,
        ([family, "version"], "SPEC") => Source::Releases(kind_of(family)?),
        (["container", "profile" | "add"] | ["add"], "PROFILE") => Source::Profiles,
        (["group", "profile"], "PROFILE") => Source::GroupProfiles,
        (["group", "add"], "GROUP") => Source::UnnamedGroups,
        (["group", "remove"], "GROUP") => Source::NamedGroups,
        (["group", word], "GROUP") => purpose(word).map_or(Source::Groups, Source::GroupsFor),
        (["group", word], "OPTION") => Source::OptionsFor(purpose(word)?),
        (["add"], "NAME") => Source::Unlisted(None),
        (["remove"], "NAME") => Source::Listed(None),
        (["up" | "build"], "NAME") => Source::Stack(Some(Kind::Container)),
        (["run"], "NAME") => Source::Entrypoints,
        (["why"], "NAME") => Source::Anything,
        (["resolve"], "NAME") if id == "explain" => Source::Anything,
        (_, "NAME") if id == "upgrade" => Source::Stack(None),
        (["package", "init"], "NAME") => Source::Free,
        ([family, "add"], "NAME") => Source::Unlisted(Some(kind_of(family)?)),
        ([family, "remove"], "NAME") => Source::Listed(Some(kind_of(family)?)),
        ([family, _], "NAME") => Source::Stack(Some(kind_of(family)?)),
        (_, value) => free(value)?,
    })
}

/// The same for the family `registry`.
fn of_registry(path: &[&str], id: &str, value: &str) -> Option<Source> {
    Some(match (path, id, value) {
        (_, "registry", _) | (["update" | "vendor"], "name", _) => Source::Registries,
        (["show" | "path"], _, "NAME") | (["list" | "search"], "implies", _) => Source::Anything,
        (["group", ..], "name" | "names" | "group", _) | (["list" | "search"], "provides", _) => {
            Source::Groups
        }
        (["group", "remove-option"], _, "OPTION") => Source::OptionsFor(Purpose::Select),
        (["group", _], _, "OPTION") => Source::Visible(None),
        ([family, _], "name" | "names", _) => Source::Visible(Some(kind_of(family)?)),
        // names that are made up, or that only the entry knows
        (["add"] | [_, _], _, "NAME") | (["list" | "search"], "owner", _) => Source::Free,
        (_, _, value) => free(value)?,
    })
}

/// A value that is not one of the names that a project or the program knows.
fn free(value: &str) -> Option<Source> {
    let known = ["NAME", "GROUP", "OPTION", "PROFILE", "CODE", "COMMAND"];
    (!known.contains(&value)).then_some(Source::Free)
}

fn kind_of(family: &str) -> Option<Kind> {
    [Kind::Package, Kind::Container].into_iter().find(|kind| kind.as_str() == family)
}

/// The name of an argument's value.
pub(super) fn value_name(arg: &clap::Arg) -> String {
    let given = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    given.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn every_argument_has_a_source() {
        fn walk(command: &clap::Command, path: &mut Vec<String>, without: &mut Vec<String>) {
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            for arg in command.get_arguments() {
                let takes = arg.get_action().takes_values() && arg.get_possible_values().is_empty();
                if takes && source(&parts, arg.get_id().as_str(), &value_name(arg)).is_none() {
                    without.push(format!("hsm {}: {} ({})", parts.join(" "), arg.get_id(), value_name(arg)));
                }
            }
            for sub in command.get_subcommands() {
                path.push(sub.get_name().to_owned());
                walk(sub, path, without);
                path.pop();
            }
        }
        let mut root = Cli::command();
        root.build();
        let mut without = Vec::new();
        walk(&root, &mut Vec::new(), &mut without);
        assert!(without.is_empty(), "say in `source` what completes:\n{}", without.join("\n"));
    }
}
