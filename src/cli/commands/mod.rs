//! One small file for each command or family of commands.

mod after;
mod back;
mod checkouts;
mod edit;
mod env;
mod explain;
mod init;
mod inspect;
mod man;
mod managers;
mod names;
mod registry;
mod run;
mod schema;
mod status;
mod sync;
mod why;

use std::io;
use std::path::{Path, PathBuf};

use super::args::{Cli, Command, Format, Global};
use super::ask::{Ask, NoAnswer};
use super::voice::Voice;
use super::{Exit, complete};
use crate::adapters::Settings;
use crate::load::{self, LoadOptions, Opened, Remote, Upgrade};
use crate::lock::LockedRegistry;
use crate::manifest::edit::{EditError, quoted};
use crate::manifest::overlay::Overlay;
use crate::names::Name;
use crate::road::{self, Road, Stop, Wish};
use crate::transaction::Recovered;
use crate::world::World;

/// What every command has at hand.
pub(super) struct Context<'a> {
    pub voice: &'a Voice,
    pub global: &'a Global,
    pub world: &'a dyn World,
    pub remote: &'a Remote<'a>,
}

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Fail {
    /// On the road.
    Stop(Box<Stop>),
    /// What was typed makes no sense here; what would.
    Usage(String),
    /// The manifest could not be edited.
    Edit(EditError),
    /// A question was not answered; nothing was done.
    GivenUp,
    /// An edit would leave no solution; it was not made.
    WouldNotSolve(Box<Stop>),
    /// A program could not be started.
    Program {
        /// Which.
        program: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused something.
    System {
        /// What was attempted: a verb.
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl From<Stop> for Fail {
    fn from(stop: Stop) -> Self {
        Self::Stop(Box::new(stop))
    }
}

impl From<EditError> for Fail {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

impl From<NoAnswer> for Fail {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Left => Self::GivenUp,
            NoAnswer::Signal(signal) => Stop::Interrupted(signal).into(),
            NoAnswer::Terminal(error) => Self::system("ask at", Path::new("the terminal"), error),
        }
    }
}

impl Fail {
    fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    fn system(attempt: &'static str, path: &Path, error: io::Error) -> Self {
        Self::System { attempt, path: path.to_owned(), error }
    }
}

/// Does what was asked for.
pub(super) fn run(context: &Context<'_>, cli: &Cli) -> Result<Exit, Fail> {
    refuse_format(context.global, &cli.command)?;
    match &cli.command {
        Command::Init(args) => init::run(context, args),
        Command::Check(args) => inspect::check(context, args),
        Command::Resolve(args) => inspect::resolve(context, args),
        Command::Why { name, all, overlays } => {
            let overlays = context.overlays(overlays)?;
            why::why(context, name, *all, &LoadOptions { overlays, ..LoadOptions::default() })
        }
        Command::List(args) => inspect::list(context, args),
        Command::Plan(args) => sync::plan(context, args),
        Command::Sync(args) => sync::sync(context, args),
        Command::Lock(args) => sync::lock(context, args),
        Command::Status(args) => status::run(context, args),
        Command::Explain { code } => explain::run(context, code.as_deref()),
        Command::Schema(args) => schema::run(context, args),
        Command::PythonManager { command } => managers::python(context, command.as_ref()),
        Command::ContainerManager { command } => managers::container(context, command.as_ref()),
        Command::Recover(args) => back::recover(context, args),
        Command::Undo(args) => back::undo(context, args),
        Command::Completions { shell } => {
            context.voice.data(complete::script(*shell));
            Ok(Exit::Done)
        }
        Command::Man(args) => man::run(context, args),
        Command::Complete(args) => Ok(complete::run(args, context.world)),
        Command::Up(args) => after::up(context, args),
        Command::Build(args) => after::build(context, args),
        Command::Down(args) => after::down(context, args),
        Command::Compose(args) => after::compose(context, args),
        Command::Env(args) => env::run(context, args),
        Command::Run(args) => run::run(context, args),
        Command::Group(args) => edit::group(context, args),
        Command::Mode { mode, then } => edit::mode(context, (*mode).into(), then),
        Command::Add { names, pins, settings, then } => edit::add(context, names, pins, settings, then),
        Command::Remove { names, then } => edit::remove(context, names, then),
        Command::Package(args) => edit::package(context, args),
        Command::Registry(args) => registry::run(context, args),
        Command::Container(args) => edit::container(context, args),
    }
}

/// Graphs are made of stacks only, reports of what `hsm resolve` finds, and lines for other programs of variables.
fn refuse_format(global: &Global, command: &Command) -> Result<(), Fail> {
    let variables = matches!(command, Command::Env(_));
    if variables && global.format == Some(Format::Sarif) {
        return Err(Fail::usage("`hsm env` prints dotenv, shell, github or json"));
    }
    let (name, by) = match global.format {
        Some(Format::Dot) => ("dot", "`hsm resolve` and `hsm why`"),
        Some(Format::Mermaid) => ("mermaid", "`hsm resolve` and `hsm why`"),
        Some(Format::Html) => ("html", "`hsm resolve`"),
        Some(Format::Dotenv) => ("dotenv", "`hsm env`"),
        Some(Format::Shell) => ("shell", "`hsm env`"),
        Some(Format::Text | Format::Json | Format::Github | Format::Sarif) | None => return Ok(()),
    };
    let made = match command {
        Command::Resolve(args) => match name {
            "html" => !matches!(args.explain, Some(Some(_))),
            _ => matches!(name, "dot" | "mermaid"),
        },
        Command::Why { .. } => matches!(name, "dot" | "mermaid"),
        Command::Env(_) => matches!(name, "dotenv" | "shell"),
        _ => false,
    };
    if made { Ok(()) } else { Err(Fail::usage(format!("`--format {name}` is for {by}"))) }
}

/// A name without its kind, as it is typed and as names of packages compare.
fn spellings(typed: &str) -> Vec<String> {
    let bare = typed.split_once(':').map_or(typed, |(_, name)| name);
    let normal = Name::parse(bare).map(|name| name.pep503().to_string());
    let mut all = vec![bare.to_owned()];
    all.extend(normal.ok().filter(|normal| normal != bare));
    all
}

impl<'a> Context<'a> {
    /// The directory in which the command works: `-C`, else the current one.
    fn start(&self) -> Result<PathBuf, Fail> {
        let current = self.world.current_dir().map_err(|e| Fail::system("find", Path::new("."), e))?;
        Ok(self.global.directory.as_ref().map_or(current.clone(), |dir| current.join(dir)))
    }

    /// The project's root: the directory itself or the nearest one above it.
    fn root(&self) -> Result<PathBuf, Fail> {
        let root = road::find_project(&self.start()?, self.world)?;
        self.voice.in_project(&root);
        if let (Some(given), Ok(current)) = (&self.global.directory, self.world.current_dir()) {
            let current = self.world.canonical(&current).unwrap_or(current);
            if !current.starts_with(&root) {
                self.voice.leads(format!("-C {}", quoted(&given.to_string_lossy())));
            }
        }
        Ok(root)
    }

    /// Who asks.
    fn ask(&self) -> Ask<'_> {
        Ask::new(self.voice, self.world, self.global)
    }

    /// Yes or no; no where nobody can be asked.
    fn confirm(&self, question: &str) -> Result<bool, Fail> {
        Ok(self.ask().confirm(question)?)
    }

    /// The manifest and the registries of a project, listed.
    fn opened(&self, root: &Path) -> Result<Opened<'a>, Fail> {
        let read = |pins: &[LockedRegistry]| load::open(root, self.world, pins);
        Ok(self.remote.reading(read).map_err(|report| road::unread(report, self.world))?)
    }

    fn road<'r>(&'r self, root: &'r Path) -> Road<'r> {
        Road { root, world: self.world, remote: Some(self.remote) }
    }

    /// What the global options say of a run.
    fn settings(&self) -> Settings {
        let yes = self.global.yes;
        Settings { offline: self.global.offline, yes, fetch_sources: yes, ..Settings::default() }
    }

    /// What a command is to do, as far as these options say.
    fn wish(&self, choice: &super::args::Choice) -> Result<Wish, Fail> {
        if let Some(names) = choice.upgrade.as_deref().filter(|names| !names.is_empty()) {
            names::upgrade(names, self.road(&self.root()?))?;
        }
        let upgrade = match &choice.upgrade {
            None => Upgrade::None,
            Some(names) if names.is_empty() => Upgrade::All,
            Some(names) => Upgrade::Names(names.iter().flat_map(|n| spellings(n)).collect()),
        };
        let for_tools =
            choice.upgrade.as_ref().map(|names| names.iter().flat_map(|n| spellings(n)).collect());
        let load = LoadOptions { require_mode: choice.require_mode, upgrade, ..LoadOptions::default() };
        let settings = Settings { upgrade: for_tools, ..self.settings() };
        Ok(Wish { load, settings, ..Wish::default() })
    }

    /// Files first, then single values, each in the order in which they were given: the last wins.
    fn overlays(&self, args: &super::args::Overlays) -> Result<Vec<Overlay>, Fail> {
        let mut all = Vec::with_capacity(args.overlay.len() + args.set.len());
        let current = self.world.current_dir().map_err(|e| Fail::system("find", Path::new("."), e))?;
        for path in &args.overlay {
            let bytes = self.world.read(&current.join(path)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    Fail::Usage(format!("there is no file `{}` to lay over hsm.yaml", path.display()))
                }
                _ => Fail::system("read", path, error),
            })?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Fail::Usage(format!("`{}` is not UTF-8 text", path.display())))?;
            all.push(Overlay { shown: path.display().to_string(), text: text.into() });
        }
        for set in &args.set {
            all.push(Overlay::set(set).map_err(|error| Fail::Usage(error.to_string()))?);
        }
        Ok(all)
    }

    /// Says what became of an interrupted run.
    fn tell_recovered(&self, recovered: Option<&Recovered>) {
        match recovered {
            None => {}
            Some(Recovered::Finished { what }) => {
                self.voice
                    .note(&format!("an interrupted `{what}` had been completed; its traces were removed"));
            }
            Some(Recovered::Undone { what, undone }) => {
                let files: Vec<String> = undone.put_back.iter().map(|p| p.display().to_string()).collect();
                self.voice.note(&format!("an interrupted `{what}` was undone ({})", files.join(", ")));
                for kept in &undone.kept {
                    self.voice.warn(&format!(
                        "`{}` was changed since; that version is kept as `{}`",
                        kept.path.display(),
                        kept.now.display()
                    ));
                }
            }
        }
    }
}
