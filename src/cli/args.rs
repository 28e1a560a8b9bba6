//! What can be typed.
//!
//! Owns: commands, options and their help. Refuses: doing anything. The only door to clap.

mod back;
mod check;
mod engine;
mod environment;
mod families;
mod lock;
mod managers;
pub(super) mod registry;
mod road;
mod schema;
mod scripts;
mod status;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::manifest::Mode;

pub(super) use back::{Recover, Undo};
pub(super) use check::Check;
pub(super) use engine::{Build, Compose, Down, Up};
pub(super) use environment::{Env, Run};
pub(super) use families::{Container, ContainerPins, Group, Options, OrAny, Package, PackageSettings, Pins};
pub(super) use lock::Lock;
pub(super) use managers::{ContainerManager, PythonManager};
pub(super) use road::{Choice, Overlays, Plan, Resolve, Sync, Then};
pub(super) use schema::Schema;
pub(super) use scripts::{Complete, Man, Shell};
pub(super) use status::{Side, Status};

const STYLES: clap::builder::Styles = clap::builder::Styles::styled()
    .header(anstyle::AnsiColor::Green.on_default().bold())
    .usage(anstyle::AnsiColor::Green.on_default().bold())
    .literal(anstyle::AnsiColor::Cyan.on_default().bold())
    .placeholder(anstyle::AnsiColor::Cyan.on_default());

/// One solve and one transaction for Python packages and the containers they need.
#[derive(Debug, Parser)]
#[command(
    name = "hsm",
    version,
    styles = STYLES,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Examples:
  hsm init --example rag-stack demo   make a project with a registry to try things on
  hsm add                             choose what to add, and see what it changes
  hsm plan                            show what would be done, as diffs
  hsm sync                            resolve, write, lock and install: all or nothing

`hsm --help` explains formats and exit codes too; `hsm COMMAND --help` has examples.",
    after_long_help = "Examples:
  hsm init --example rag-stack demo   make a project with a registry to try things on
  hsm add                             choose what to add, and see what it changes
  hsm plan                            show what would be done, as diffs
  hsm sync                            resolve, write, lock and install: all or nothing
  hsm group select vector-db-client milvus-adapter --sync

Formats (--format):
  text      for people: data on standard output, all else on standard error; the default
  json      data as JSON on standard output, and what went wrong when it fails
  github    text, and errors and warnings as annotations of GitHub Actions on standard output;
            under GitHub Actions they are made without being asked for, on standard error
  sarif     errors and warnings as one SARIF 2.1.0 log on standard output, data on standard error
  dot, mermaid   the graph of the stack or, when there is none, of the conflict (resolve, why)
  html      a report with the graph, in one file that needs no network (resolve)
  dotenv, shell   variables as a .env file, and for a shell to evaluate (env)

Environment:
  NO_COLOR, CLICOLOR_FORCE   no colours, colours everywhere
  COLUMNS                    how wide messages are where there is no terminal
  HSM_SCREEN_READER=1        the same as --plain
  HSM_REGISTRY_PATH          the one registry to use, whatever hsm.yaml says
  CI                         set: nothing is asked

Exit codes:
  0 done
  1 an adapter or the system failed; everything is as before
  2 wrong usage, a malformed file or an unknown name
  3 no solution: the statements cannot hold together
  4 not up to date (--locked, status, plan --exit-code)
  5 something could not be put back; the message says what
  6 another run holds the project
  7 written, but not running (up)
  130, 143 interrupted

Every error and warning about a file has a code; `hsm explain CODE` says what it means."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(super) struct Global {
    /// Work in this directory, or in the project above it
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Say less: only errors and data
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: details, and what the tools say
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: Color,
    /// Say all in sentences, with nothing drawn, as a screen reader likes it
    #[arg(long, global = true)]
    pub plain: bool,
    /// How data, errors and warnings are printed
    #[arg(long, value_name = "FORMAT", global = true)]
    pub format: Option<Format>,
    /// Fetch nothing
    #[arg(long, global = true)]
    pub offline: bool,
    /// Ask nothing
    #[arg(long, global = true, conflicts_with = "yes")]
    pub no_input: bool,
    /// Answer every question with yes
    #[arg(short, long, global = true)]
    pub yes: bool,
}

/// What was typed, understood; or what is wrong with it, in words that show what was typed as `safe` makes it.
pub(super) fn parse(safe: impl Fn(&str) -> String) -> Result<Cli, clap::Error> {
    Cli::try_parse().map_err(|error| {
        let words = words();
        let shown: Vec<String> = words.iter().map(|word| safe(word)).collect();
        if shown == words {
            return error;
        }
        Cli::try_parse_from(std::iter::once("hsm".to_owned()).chain(shown)).err().unwrap_or(error)
    })
}

/// Whether these words, the last that were typed, stand behind a `--`.
pub(super) fn is_behind_dashes(last: &[String]) -> bool {
    let all = words();
    let before = all.len().checked_sub(last.len() + 1).and_then(|at| all.get(at));
    before.is_some_and(|word| word == "--")
}

/// The words that were typed; none where one of them is no text.
fn words() -> Vec<String> {
    let all = clap::Arg::new("all").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    let raw = clap::Command::new("hsm").disable_help_flag(true).disable_version_flag(true).arg(all);
    let Ok(matches) = raw.try_get_matches() else { return Vec::new() };
    matches.get_many("all").into_iter().flatten().cloned().collect()
}

/// The format that was asked for, where the rest of what was typed makes no sense.
pub(super) fn typed_format() -> Option<Format> {
    let words = words();
    format_in(words.iter().map(String::as_str).take_while(|word| *word != "--"))
}

fn format_in<'w>(words: impl Iterator<Item = &'w str>) -> Option<Format> {
    let mut words = words.skip_while(|word| *word != "--format" && !word.starts_with("--format="));
    let first = words.next()?;
    let value = first.strip_prefix("--format=").or_else(|| words.next())?;
    Format::from_str(value, false).ok()
}

/// What is wrong with what was typed, on one line.
pub(super) fn sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// How data, errors and warnings are printed. (Each of them is explained at the end of the help, once for all commands.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Github,
    Sarif,
    Dot,
    Mermaid,
    Html,
    Dotenv,
    Shell,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a project, in a new directory or beside what is there
    #[command(after_help = "Examples:
  hsm init                            (name and version from pyproject.toml, if there is one)
  hsm init --example rag-stack demo")]
    Init(Init),
    /// Read everything and look for mistakes
    #[command(after_help = "Examples:
  hsm check
  hsm check --fix --dry-run           (what would be written instead of old and deprecated names?)
  hsm check --fix
  hsm check --format json")]
    Check(Check),
    /// Choose releases, modes, options and profiles, and show them
    #[command(after_help = "Examples:
  hsm resolve
  hsm resolve --explain
  hsm resolve --explain qdrant
  hsm resolve --explain --fix 1          (make the first fix of a conflict)
  hsm resolve --set project.mode=dev     (what would that change?)")]
    Resolve(Resolve),
    /// Say why a component is, or is not, in the stack
    #[command(after_help = "Examples:
  hsm why qdrant
  hsm why container:redis --all")]
    Why {
        /// A component or group, with its kind in front where two share the name
        name: String,
        /// Show all chains that lead to it, not only the shortest
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        overlays: Overlays,
    },
    /// Show the steps and the diffs of a sync; change nothing
    #[command(after_help = "Examples:
  hsm plan
  hsm plan --exit-code && echo up to date")]
    Plan(Plan),
    /// Write the files, lock and install: all or nothing
    #[command(after_help = "Examples:
  hsm sync
  hsm sync --dry-run
  hsm sync --locked      (for CI: fails when a committed file is out of date)
  hsm sync --upgrade qdrant-adapter")]
    Sync(Sync),
    /// Like sync, without installing anything
    #[command(after_help = "Examples:
  hsm lock
  hsm lock --locked
  hsm lock --digests     (hold published images to what their tags mean now)")]
    Lock(Lock),
    /// Show the stack as a tree: what brought what in, and the options of its groups
    #[command(after_help = "Examples:
  hsm list
  hsm list --depth 2
  hsm list --flat            (a table, and all options of all groups)
  hsm list --format json")]
    List(List),
    /// Compare manifest, lock, files, what is installed and what runs; end with 4 when they differ
    #[command(after_help = "Examples:
  hsm status
  hsm status --only packages || hsm sync")]
    Status(Status),
    /// Sync, build and start the containers, and wait until they are healthy
    #[command(after_help = "Examples:
  hsm up
  hsm up qdrant redis
  hsm up --timeout 120     (fail when they are not healthy after two minutes)")]
    Up(Up),
    /// Stop and remove the containers
    #[command(after_help = "Examples:
  hsm down
  hsm down --volumes       (what they stored goes, too)")]
    Down(Down),
    /// Sync and build the images
    #[command(after_help = "Examples:
  hsm build
  hsm build ingest-api")]
    Build(Build),
    /// Call Compose with the files, directory and name of this project
    #[command(after_help = "Examples:
  hsm compose ps
  hsm compose logs --follow qdrant
  hsm compose -- exec qdrant sh        (what stands behind `--` is all Compose's)

It works on what is committed and syncs nothing. Its exit code is that of Compose.")]
    Compose(Compose),
    /// Sync, then become a program with the project's environment
    #[command(
        override_usage = "hsm run [OPTIONS] <NAME> [ARG]...\n       hsm run [OPTIONS] -- <COMMAND> [ARG]...",
        after_help = "Examples:
  hsm run serve                  (an entrypoint of a package of the stack)
  hsm run rag-ingest:serve       (where several have one of that name)
  hsm run -- pytest -x
  hsm run --frozen -- python -m app

The program finds those of the project's environment first, and sees what `hsm env` prints. It takes
hsm's place: signals go to it, and its exit code is hsm's (127: not found, 126: not to be run)."
    )]
    Run(Run),
    /// Print the variables that programs of the project see
    #[command(after_help = "Examples:
  hsm env
  eval \"$(hsm env --format shell)\"
  hsm env QDRANT_HOST QDRANT_PORT
  hsm env --format github >> \"$GITHUB_ENV\"   (masks go to standard error)

These are the addresses of containers, what packages set, and .env. What stands in the environment
wins, then .env, then what packages set. Formats: dotenv (the default), shell, github, json.
It goes by what is locked and syncs nothing.")]
    Env(Env),
    /// Add, remove and pin packages in hsm.yaml
    #[command(subcommand)]
    Package(Package),
    /// Add, remove and pin containers in hsm.yaml
    #[command(subcommand)]
    Container(Container),
    /// Name groups and choose their options in hsm.yaml
    #[command(subcommand)]
    Group(Group),
    /// Look into the registries, and write their entries
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Set the mode that every component prefers, in hsm.yaml
    #[command(after_help = "Examples:
  hsm mode dev
  hsm mode prod --sync")]
    Mode {
        /// The mode
        mode: ModeArg,
        #[command(flatten)]
        then: Then,
    },
    /// Add components and groups of the registry to hsm.yaml
    #[command(after_help = "Examples:
  hsm add                          (on a terminal: asks which, and shows what it changes)
  hsm add redis
  hsm add package:neo4j-client --sync
  hsm add metrics                     (a group takes part with its default options)
  hsm add postgres --version 16 --mode dev --port 15432:5432")]
    Add {
        /// Components and groups, with their kind in front where two share the name; on a terminal they are asked for when
        /// none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        pins: ContainerPins,
        #[command(flatten)]
        settings: PackageSettings,
        #[command(flatten)]
        then: Then,
    },
    /// Remove components and groups from hsm.yaml
    #[command(after_help = "Examples:
  hsm remove redis
  hsm remove container:redis --sync
  hsm remove package_group:metrics")]
    Remove {
        /// Components and groups, with their kind in front where two share the name; on a terminal they are asked for when
        /// none is given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        then: Then,
    },
    /// Say what a code such as HSM-E021 means, with an example
    #[command(after_help = "Examples:
  hsm explain HSM-E021
  hsm explain 021
  hsm explain              (lists all codes)
  hsm explain json         (what --format json prints)
  hsm explain promises     (what holds when a run ends badly)")]
    Explain {
        /// The code, with or without HSM- in front; all are listed when none is given
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
    /// Print a JSON Schema of hsm.yaml or of a registry's files, for editors
    #[command(after_help = "Examples:
  hsm schema                          (lists the formats)
  hsm schema manifest > hsm.schema.json
  hsm schema --write                  (all of them, where hsm init and hsm sync put them)

A file names its schema in its first line, from the folder that it is in:
  # yaml-language-server: $schema=.hsm/schemas/manifest.json")]
    Schema(Schema),
    /// Set, or print, the adapter that installs the packages
    #[command(name = "python-manager")]
    PythonManager {
        #[command(subcommand)]
        command: Option<PythonManager>,
    },
    /// Set, or print, the adapter that runs the containers
    #[command(name = "container-manager")]
    ContainerManager {
        #[command(subcommand)]
        command: Option<ContainerManager>,
    },
    /// Finish or undo an interrupted run
    #[command(after_help = "Examples:
  hsm recover
  hsm recover --dry-run")]
    Recover(Recover),
    /// Take the last run back that changed something
    #[command(after_help = "Examples:
  hsm undo
  hsm undo --dry-run
  hsm undo --force         (also what was changed since; that is kept in .hsm/kept)")]
    Undo(Undo),
    /// Print the script that completes hsm's command lines in a shell
    #[command(after_help = "Examples:
  bash         hsm completions bash > ~/.local/share/bash-completion/completions/hsm
  zsh          hsm completions zsh > ~/.zfunc/_hsm
               (and in ~/.zshrc: fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit)
  fish         hsm completions fish > ~/.config/fish/completions/hsm.fish
  PowerShell   hsm completions powershell >> $PROFILE
  elvish       hsm completions elvish >> ~/.config/elvish/rc.elv

The script asks `hsm` for names while you type: those of the registry, of hsm.yaml and of hsm.lock.")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page, or write all of them into a directory
    #[command(after_help = "Examples:
  hsm man | man -l -
  hsm man group select | man -l -
  hsm man --dir ~/.local/share/man/man1")]
    Man(Man),
    /// Complete a command line (for completion scripts)
    #[command(
        hide = true,
        after_help = "Example:
  hsm complete fish -- hsm group select ''"
    )]
    Complete(Complete),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where; the current directory when not given
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Start from a complete example
    #[arg(long, value_name = "NAME")]
    pub example: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Show a table of the stack, and every option of its groups
    #[arg(long)]
    pub flat: bool,
    /// Show so many levels of the tree; what has more below it ends with …
    #[arg(long, value_name = "N", default_value_t = 8, conflicts_with = "flat", value_parser = clap::value_parser!(u16).range(1..))]
    pub depth: u16,
}

/// A mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    Prod,
    Dev,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Prod => Self::Prod,
            ModeArg::Dev => Self::Dev,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::exit::Exit;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn walk(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                if sub.has_subcommands() {
                    walk(sub, &path);
                    continue;
                }
                let after = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.starts_with("Example") && after.contains(&path), "{path}: {after}");
            }
        }
        walk(&Cli::command(), "hsm");
    }

    #[test]
    fn the_help_names_every_exit_code() {
        let help = Cli::command().get_after_long_help().map(ToString::to_string).unwrap_or_default();
        for exit in Exit::ALL {
            match exit {
                Exit::Interrupted | Exit::Terminated => assert!(help.contains("130, 143 interrupted\n")),
                exit => {
                    let line = format!("  {} {}\n", exit.code(), exit.meaning());
                    assert!(help.contains(&line), "missing: {line}");
                }
            }
        }
    }

    #[test]
    fn the_format_is_found_among_whatever_was_typed() {
        let found = |words: &[&str]| format_in(words.iter().copied());
        assert_eq!(found(&["frobnicate", "--format", "json", "-x"]), Some(Format::Json));
        assert_eq!(found(&["--format=sarif"]), Some(Format::Sarif));
        for none in [&["--format"][..], &["json"], &["--format", "jsn"], &["--formatjson"]] {
            assert_eq!(found(none), None, "{none:?}");
        }
    }

    #[test]
    fn upgrade_takes_no_name_or_several() {
        let sync = |args: &[&str]| match Cli::parse_from([&["hsm", "sync"], args].concat()).command {
            Command::Sync(sync) => sync.choice.upgrade,
            _ => None,
        };
        assert_eq!(sync(&[]), None);
        assert_eq!(sync(&["--upgrade"]), Some(vec![]));
        assert_eq!(sync(&["--upgrade", "a", "--upgrade", "b"]), Some(vec!["a".to_owned(), "b".to_owned()]));
    }
}
