//! Where on a command line the cursor stands: which command, what was typed for it, and what can come next.
//!
//! Owns: reading a line that is not finished by the tree of commands. Refuses: knowing names of a project.

use clap::{Arg, Command};

/// The cursor's place.
pub(super) struct Spot<'c> {
    /// The names of the commands that were typed, without hsm's own.
    pub path: Vec<&'c str>,
    /// The last of them.
    pub command: &'c Command,
    /// What was typed for arguments of all of them, by their ids.
    pub given: Vec<(&'c str, String)>,
    /// What can be typed here.
    pub next: Next<'c>,
    /// The word that is being typed, as far as it is what [`Next`] says.
    pub current: String,
    /// Whether `--` was typed: then no command comes any more.
    pub ended: bool,
    /// What stands in front of that in the same word: `--mode=`.
    pub lead: String,
}

/// What can come next.
#[derive(Clone, Copy)]
pub(super) enum Next<'c> {
    /// A value of an option.
    Value(&'c Arg),
    /// An option.
    Option,
    /// A command, or a value where there is one to be given.
    Word(Option<&'c Arg>),
}

impl<'c> Spot<'c> {
    /// Where the last of the words is typed; the first is the program.
    pub(super) fn of(root: &'c Command, words: &[String]) -> Self {
        let (current, before) =
            words.split_last().map_or((String::new(), [].as_slice()), |(c, b)| (c.clone(), b));
        let mut reader = Reader {
            path: Vec::new(),
            command: root,
            given: Vec::new(),
            values: 0,
            open: None,
            ended: false,
        };
        for word in before.iter().skip(1) {
            reader.take(word);
        }
        reader.spot(current)
    }

    /// What was typed for an argument.
    pub(super) fn values_of(&self, id: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(own, _)| *own == id).map(|(_, value)| value.as_str())
    }
}

struct Reader<'c> {
    path: Vec<&'c str>,
    command: &'c Command,
    given: Vec<(&'c str, String)>,
    /// How many values were typed that belong to no option.
    values: usize,
    /// An option that waits for its value.
    open: Option<&'c Arg>,
    /// Whether `--` was typed.
    ended: bool,
}

impl<'c> Reader<'c> {
    fn take(&mut self, word: &str) {
        if let Some(arg) = self.open.take()
            && !(is_option(word) && least(arg) == 0)
        {
            self.given.push((arg.get_id().as_str(), word.to_owned()));
            return;
        }
        if self.ended {
            return self.value(word);
        }
        if word == "--" {
            self.ended = true;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            self.option(by_long(self.command, name), value);
        } else if let Some(cluster) = word.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
            self.cluster(cluster);
        } else if let Some(command) = self.command.find_subcommand(word).filter(|_| self.values == 0) {
            self.path.push(command.get_name());
            self.command = command;
        } else {
            self.value(word);
        }
    }

    fn option(&mut self, arg: Option<&'c Arg>, value: Option<&str>) {
        let Some(arg) = arg else { return };
        match value {
            Some(value) => self.given.push((arg.get_id().as_str(), value.to_owned())),
            None if takes_value(arg) => {
                self.given.extend((least(arg) == 0).then(|| (arg.get_id().as_str(), String::new())));
                self.open = Some(arg);
            }
            None => self.given.push((arg.get_id().as_str(), String::new())),
        }
    }

    /// Short options in one word: `-qC DIR`, `-CDIR`.
    fn cluster(&mut self, cluster: &str) {
        for (at, letter) in cluster.char_indices() {
            let arg = by_short(self.command, letter);
            let rest = &cluster[at + letter.len_utf8()..];
            if arg.is_some_and(takes_value) && !rest.is_empty() {
                return self.option(arg, Some(rest.strip_prefix('=').unwrap_or(rest)));
            }
            self.option(arg, None);
        }
    }

    fn value(&mut self, word: &str) {
        if let Some(arg) = self.positional() {
            self.given.push((arg.get_id().as_str(), word.to_owned()));
        }
        self.values += 1;
    }

    /// The argument that the next value belongs to.
    fn positional(&self) -> Option<&'c Arg> {
        let all: Vec<&Arg> = self.command.get_positionals().collect();
        let nth = all.get(self.values).copied();
        nth.or_else(|| all.last().copied().filter(|last| most(last) > 1))
    }

    fn spot(self, current: String) -> Spot<'c> {
        let (lead, current, next) = self.next(current);
        Spot {
            path: self.path,
            command: self.command,
            given: self.given,
            next,
            current,
            ended: self.ended,
            lead,
        }
    }

    fn next(&self, current: String) -> (String, String, Next<'c>) {
        if let Some(arg) = self.open
            && !(is_option(&current) && least(arg) == 0)
        {
            return (String::new(), current, Next::Value(arg));
        }
        if !self.ended && current.starts_with('-') {
            if let Some((name, value)) = current.strip_prefix("--").and_then(|long| long.split_once('='))
                && let Some(arg) = by_long(self.command, name).filter(|arg| takes_value(arg))
            {
                return (format!("--{name}="), value.to_owned(), Next::Value(arg));
            }
            return (String::new(), current, Next::Option);
        }
        (String::new(), current, Next::Word(self.positional()))
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// How many values an argument takes at least, each time that it is given.
fn least(arg: &Arg) -> usize {
    arg.get_num_args().map_or(1, |count| count.min_values())
}

/// How many values it takes at most, in all.
fn most(arg: &Arg) -> usize {
    match arg.get_action() {
        clap::ArgAction::Append => usize::MAX,
        _ => arg.get_num_args().map_or(1, |count| count.max_values()),
    }
}

fn by_long<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
    })
}

fn by_short(command: &Command, letter: char) -> Option<&Arg> {
    command.get_arguments().find(|arg| arg.get_short() == Some(letter))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use proptest::prelude::*;

    use super::*;
    use crate::cli::args::Cli;

    fn told(line: &str) -> String {
        let mut root = Cli::command();
        root.build();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let spot = Spot::of(&root, &words);
        let next = match spot.next {
            Next::Value(arg) => format!("value of {}", arg.get_id()),
            Next::Option => "option".to_owned(),
            Next::Word(arg) => format!("word {}", arg.map_or("-", |arg| arg.get_id().as_str())),
        };
        let given: Vec<String> = spot.given.iter().map(|(id, value)| format!("{id}={value}")).collect();
        format!("{} | {} | {next} {}{}", spot.path.join(" "), given.join(" "), spot.lead, spot.current)
    }

    #[test]
    fn the_cursor_is_found() {
        for (line, expected) in [
            ("hsm ", " |  | word - "),
            ("hsm gr", " |  | word - gr"),
            ("hsm group ", "group |  | word - "),
            ("hsm group select ", "group select |  | word group "),
            ("hsm group select db qd", "group select | group=db | word options qd"),
            ("hsm group select db qdrant ", "group select | group=db options=qdrant | word options "),
            ("hsm -C some/dir -q add red ", "add | directory=some/dir quiet= names=red | word names "),
            ("hsm -qCdir add ", "add | quiet= directory=dir | word names "),
            ("hsm -C ", " |  | value of directory "),
            ("hsm add --mode=pr", "add |  | value of mode --mode=pr"),
            ("hsm add --mode pr", "add |  | value of mode pr"),
            ("hsm add x --mo", "add | names=x | option --mo"),
            ("hsm add -- --mo", "add |  | word names --mo"),
            ("hsm mode dev ", "mode | mode=dev | word - "),
            ("hsm sync --upgrade ", "sync | upgrade= | value of upgrade "),
            ("hsm sync --upgrade --lo", "sync | upgrade= | option --lo"),
            ("hsm resolve --explain qd", "resolve | explain= | value of explain qd"),
            ("hsm unknown ", " |  | word - "),
            ("hsm container profile qdrant ex", "container profile | name=qdrant | word profile ex"),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_has_a_spot(words in prop::collection::vec(prop_oneof![
            Just(String::new()), Just("-".to_owned()), Just("--".to_owned()), Just("group".to_owned()),
            Just("select".to_owned()), Just("--mode=".to_owned()), Just("-C".to_owned()), "-{0,2}[a-z=é]{0,4}",
        ], 0..8)) {
            let _spot = told(&words.join(" "));
        }
    }
}
