//! The command line that makes a change, to be shown and pasted.

use std::fmt;

use super::{Change, GroupFacts, Setting};
use crate::names::{ComponentId, Name};

/// The value that removes a pin.
const ANY: &str = "any";

impl Change {
    /// The command line, quoted for a POSIX shell.
    pub fn command(&self) -> String {
        self.words().iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// The program's name and its arguments.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Select(group, options) => of_group("select", group, texts(options)),
            Self::AddOptions(group, options) => of_group("add-option", group, texts(options)),
            Self::RemoveOptions(group, options) => of_group("remove-option", group, texts(options)),
            Self::Mode(mode) => words(["hsm", "mode"], mode.as_str(), []),
            Self::PackageManager(name) => words(["hsm", "python-manager", "set"], name, []),
            Self::ContainerEngine(name) => words(["hsm", "container-manager", "set"], name, []),
            Self::Add(id, name) => of_component("add", id, name, []),
            Self::Remove(id) => of_component("remove", id, id.name(), []),
            Self::SetMode(id, name, mode) => {
                of_component("mode", id, name, [mode.map_or(ANY, |mode| mode.as_str())])
            }
            Self::SetVersion(id, name, version) => {
                let version = version.as_ref().filter(|version| !version.is_any());
                of_component("version", id, name, [version.map_or(ANY, |version| version.as_str())])
            }
            Self::SetProfile(id, name, profile) => {
                of_component("profile", id, name, [profile.as_ref().map_or(ANY, Name::as_str)])
            }
            Self::SetPorts(id, name, ports) if ports.is_empty() => of_component("port", id, name, [ANY]),
            Self::SetPorts(id, name, ports) => {
                of_component("port", id, name, ports.iter().map(String::as_str))
            }
            Self::Set(id, name, setting) => {
                let mut all = of_component("add", id, name, []);
                all.extend(options(setting));
                all
            }
            Self::GroupMode(group, mode) => of_group("mode", group, [mode.map_or(ANY, |mode| mode.as_str())]),
            Self::GroupProfile(group, profile) => {
                of_group("profile", group, [profile.as_ref().map_or(ANY, Name::as_str)])
            }
            Self::Include(group, options) => of_group("include", group, texts(options)),
            Self::Exclude(group, options) => of_group("exclude", group, texts(options)),
            Self::AddGroup(group) => of_group("add", group, []),
            Self::RemoveGroup(group) => of_group("remove", group, []),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command())
    }
}

fn of_component<'a>(
    verb: &'a str,
    id: &ComponentId,
    name: &'a Name,
    values: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    words(["hsm", id.kind().as_str(), verb], name.as_str(), values)
}

/// The options of `add` that set something.
fn options(setting: &Setting) -> Vec<String> {
    let each = |option: &str, values: &[String]| -> Vec<String> {
        values.iter().flat_map(|value| option_and_value(option, value)).collect()
    };
    match setting {
        Setting::Extras(extras) => each("--extra", extras),
        Setting::Marker(marker) => option_and_value("--marker", marker),
        Setting::Volumes(volumes) => each("--volume", volumes),
        Setting::Env(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
            each("--env", &pairs)
        }
        Setting::Image(image) => option_and_value("--image", image),
    }
}

/// An option and its value; one that looks like an option is joined to it.
fn option_and_value(option: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') {
        vec![format!("{option}={value}")]
    } else {
        vec![option.to_owned(), value.to_owned()]
    }
}

fn of_group<'a>(verb: &'a str, group: &GroupFacts, values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let name = if group.shared { group.id.to_string() } else { group.id.name.to_string() };
    words(["hsm", "group", verb], &name, values)
}

fn texts(options: &[Name]) -> impl Iterator<Item = &str> {
    options.iter().map(Name::as_str)
}

/// A command and its values; one that looks like an option stands behind `--`.
fn words<'a, const N: usize>(
    command: [&str; N],
    first: &str,
    values: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut words: Vec<String> = command.map(str::to_owned).to_vec();
    let values: Vec<&str> = values.into_iter().collect();
    words.extend(values.iter().any(|value| value.starts_with('-')).then(|| "--".to_owned()));
    words.push(first.to_owned());
    words.extend(values.into_iter().map(str::to_owned));
    words
}

/// A word for a shell: bare where it is the same to every shell, else in single quotes.
pub fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(bare) && !word.starts_with('=') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
