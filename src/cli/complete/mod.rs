//! Completions: the scripts for shells, and the answers to what they ask.
//!
//! Owns: what can be typed where the cursor stands. Refuses: writing anything, saying what is wrong (a project that
//! cannot be read has no names to offer), undoing an interrupted run, and taking longer than a moment.

mod line;
mod names;
mod sources;
mod spot;

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use clap::{Arg, Command, CommandFactory as _};

use super::Exit;
use super::args::{Cli, Complete, Shell};
use super::voice::{self, one_line};
use crate::adapters;
use crate::diagnostic::pages;
use crate::example;
use crate::names::TargetId;
use crate::world::{Real, World};

use names::Project;
use sources::{Source, source, value_name};
use spot::{Next, Spot};

/// After this, names of the project are done without.
const PATIENCE: Duration = Duration::from_secs(1);

/// With more names than this, nothing is read to describe them.
const DESCRIBED: usize = 40;

/// The line up to the cursor, where a shell hands that over.
const LINE: &str = "HSM_COMPLETE_LINE";

/// The part of the last word that the shell puts the answer in place of.
const WORD: &str = "HSM_COMPLETE_WORD";

/// What can be typed.
struct Candidate {
    value: String,
    about: About,
}

enum About {
    Text(String),
    Of(TargetId),
}

impl Candidate {
    fn about(value: String, about: String) -> Self {
        Self { value, about: About::Text(about) }
    }

    fn of(value: String, target: TargetId) -> Self {
        Self { value, about: About::Of(target) }
    }
}

/// The answer to a shell.
enum Answer {
    /// These.
    Names(Vec<Candidate>),
    /// The shell knows files itself.
    Files,
    /// And directories.
    Directories,
}

/// The script for a shell.
pub(super) fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("scripts/hsm.bash"),
        Shell::Zsh => include_str!("scripts/hsm.zsh"),
        Shell::Fish => include_str!("scripts/hsm.fish"),
        Shell::Pwsh => include_str!("scripts/hsm.ps1"),
        Shell::Elvish => include_str!("scripts/hsm.elv"),
    }
}

/// Answers a script. Whatever cannot be read is left out.
pub(super) fn run(args: &Complete, world: &dyn World) -> Exit {
    let shell = args.shell;
    let mut words: Vec<String> = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if words.is_empty() {
        words = line::words(&world.env(LINE).unwrap_or_default(), shell != Shell::Pwsh);
    }
    let (answers, answered) = mpsc::channel();
    let asked = words.clone();
    // a directory far away that does not answer must not keep the shell waiting
    let reads = std::thread::Builder::new().spawn(move || {
        let world = Real::new().ok();
        // nobody listens any more if it took too long
        let _ = answers.send(text(&asked, shell, world.as_ref().map(|world| world as &dyn World)));
    });
    let answer = reads.ok().and_then(|_| answered.recv_timeout(PATIENCE).ok());
    let answer = answer.unwrap_or_else(|| text(&words, shell, None));
    voice::answer(&cut(&answer, &words, world.env(WORD).filter(|_| shell == Shell::Bash)));
    Exit::Done
}

/// What kind of answer it is on the first line, then a line for each name: the name, and behind a tab what it is.
fn text(words: &[String], shell: Shell, world: Option<&dyn World>) -> String {
    let mut root = Cli::command();
    root.build();
    let spot = Spot::of(&root, words);
    let directory = spot.values_of("directory").last().map(str::to_owned);
    let mut project = Lazy { world, directory, tried: false, project: None };
    let mut all = match answer(&root, &spot, &mut project) {
        Answer::Files => return "files\n".to_owned(),
        Answer::Directories => return "directories\n".to_owned(),
        Answer::Names(all) => all,
    };
    all.retain(|candidate| candidate.value.starts_with(&spot.current) && is_safe(&candidate.value));
    let describes = shell != Shell::Bash && all.len() <= DESCRIBED;
    let mut out = "names\n".to_owned();
    for candidate in all {
        let about = match candidate.about {
            About::Text(text) => text,
            About::Of(target) if describes => {
                project.get().map(|project| project.about(&target)).unwrap_or_default()
            }
            About::Of(_) => String::new(),
        };
        // writing to a string cannot fail
        let _ = writeln!(out, "{}{}\t{}", spot.lead, candidate.value, one_line(about.trim()));
    }
    out
}

/// A project that is opened when it is needed.
struct Lazy<'w> {
    world: Option<&'w dyn World>,
    directory: Option<String>,
    /// Whether that was tried.
    tried: bool,
    project: Option<Project<'w>>,
}

impl<'w> Lazy<'w> {
    fn get(&mut self) -> Option<&mut Project<'w>> {
        if !std::mem::replace(&mut self.tried, true) {
            self.project = self.world.and_then(|world| Project::of(self.directory.as_deref(), world));
        }
        self.project.as_mut()
    }
}

fn answer(root: &Command, spot: &Spot<'_>, project: &mut Lazy<'_>) -> Answer {
    match spot.next {
        Next::Value(arg) => values(root, arg, spot, project),
        Next::Option => Answer::Names(options(spot)),
        Next::Word(None) if !spot.ended && !spot.command.has_subcommands() => Answer::Names(options(spot)),
        Next::Word(arg) => {
            let commands =
                spot.command.get_subcommands().filter(|command| !spot.ended && !command.is_hide_set());
            let mut commands: Vec<Candidate> = commands
                .map(|command| {
                    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                    Candidate::about(command.get_name().to_owned(), about)
                })
                .collect();
            match arg.map(|arg| values(root, arg, spot, project)) {
                Some(Answer::Names(more)) => {
                    commands.extend(more);
                    Answer::Names(commands)
                }
                Some(paths) if commands.is_empty() => paths,
                Some(_) | None => Answer::Names(commands),
            }
        }
    }
}

/// Options that were not given yet, or may be given again.
fn options(spot: &Spot<'_>) -> Vec<Candidate> {
    let given = |arg: &Arg| spot.given.iter().any(|(id, _)| *id == arg.get_id().as_str());
    let again = |arg: &Arg| matches!(arg.get_action(), clap::ArgAction::Append | clap::ArgAction::Count);
    let all = spot.command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set());
    let left = all.filter(|arg| !given(arg) || again(arg));
    left.filter_map(|arg| {
        let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
        Some(Candidate::about(format!("--{}", arg.get_long()?), about))
    })
    .collect()
}

fn values(root: &Command, arg: &Arg, spot: &Spot<'_>, project: &mut Lazy<'_>) -> Answer {
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let visible = possible.iter().filter(|value| !value.is_hide_set());
        let about =
            |help: Option<&clap::builder::StyledStr>| help.map(ToString::to_string).unwrap_or_default();
        let all = visible.map(|v| Candidate::about(v.get_name().to_owned(), about(v.get_help())));
        return Answer::Names(all.collect());
    }
    match source(&spot.path, arg.get_id().as_str(), &value_name(arg)) {
        None | Some(Source::Free) => Answer::Names(Vec::new()),
        Some(Source::Directories) => Answer::Directories,
        Some(Source::Files) => Answer::Files,
        Some(Source::Codes) => Answer::Names(codes()),
        Some(Source::Examples) => {
            Answer::Names(example::NAMES.map(|name| Candidate::about(name.to_owned(), String::new())).into())
        }
        Some(Source::Adapters(kind)) => Answer::Names(
            adapters::names(kind).map(|name| Candidate::about(name.to_owned(), String::new())).collect(),
        ),
        Some(Source::Commands) => Answer::Names(commands(root, spot)),
        Some(source) => {
            Answer::Names(project.get().map(|project| project.values(source, spot)).unwrap_or_default())
        }
    }
}

fn codes() -> Vec<Candidate> {
    let pages =
        pages::all().into_iter().map(|page| Candidate::about(page.code.to_owned(), page.title.to_owned()));
    let topics = pages::topics().into_iter();
    pages.chain(topics.map(|topic| Candidate::about(topic.name.to_owned(), topic.title.to_owned()))).collect()
}

/// The commands below those that were typed as values.
fn commands(root: &Command, spot: &Spot<'_>) -> Vec<Candidate> {
    let typed = spot.values_of("command").try_fold(root, |command, word| command.find_subcommand(word));
    let all = typed.into_iter().flat_map(Command::get_subcommands).filter(|command| !command.is_hide_set());
    all.map(|command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        Candidate::about(command.get_name().to_owned(), about)
    })
    .collect()
}

/// Whether a shell takes the value as it is: what a registry says must not become a part of a program.
fn is_safe(value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | ':' | '/' | '='))
}

/// Without the beginning that the shell keeps: it parts words at signs at which we don't.
fn cut(answer: &str, words: &[String], kept: Option<String>) -> String {
    let last = words.last().map(String::as_str).unwrap_or_default();
    let Some(front) = kept.and_then(|word| last.strip_suffix(word.as_str()).map(str::to_owned)) else {
        return answer.to_owned();
    };
    let lines = answer.lines().map(|line| line.strip_prefix(front.as_str()).unwrap_or(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}
