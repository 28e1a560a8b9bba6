//! The voice: the only place that prints. Data goes to standard output, everything else to standard error.
//!
//! Owns: how much is said, in which format and colours, and the look of everything that is said. Refuses: deciding what
//! is true; what it prints was decided elsewhere.

#![expect(clippy::unused_self, reason = "all that is said is said by the voice, whatever it needs for it")]

mod bars;
mod blame;
mod clash;
mod conflict;
mod diff;
mod entries;
mod github;
mod graph;
mod html;
mod json;
mod page;
pub(super) mod plan;
mod report;
mod rows;
mod safe;
mod sarif;
mod snippet;
mod span;
mod spoken;
pub(super) mod stack;
pub(super) mod status;
mod tree;
mod unwell;
mod why;
mod width;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

use super::Exit;
use super::args::{Color, Format, Global};
use crate::diagnostic::Severity;
use crate::road::Resolved;
use crate::stack::Stack;
use crate::world::World;

use width::Look;

pub(super) use blame::commands;
pub(super) use json::{SCHEMA, links as links_json};
pub(super) use rows::Line;
pub(super) use safe::one_line;

const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
const STEP: Style = AnsiColor::Cyan.on_default().bold();

/// One of the two that a program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Says things.
#[derive(Debug)]
pub(super) struct Voice {
    quiet: bool,
    verbose: u8,
    format: Format,
    /// Where annotations for GitHub Actions go.
    annotations: Option<Stream>,
    /// Where GitHub Actions checked the repository out.
    workspace: Option<PathBuf>,
    /// The project, once it is found.
    root: OnceLock<PathBuf>,
    /// What `--format sarif` prints at the end.
    log: Mutex<sarif::Log>,
    /// Why data could not be written.
    unwritten: OnceLock<std::io::Error>,
    /// Whether somebody watches lines that move.
    moves: bool,
    look: Look,
}

impl Voice {
    /// The voice that the global options ask for. Sets the colours of this process.
    pub(super) fn new(global: &Global, world: &dyn World) -> Self {
        match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        let look = Look::new(world, global.plain);
        // what a tool says with `-v` comes between; a dumb terminal moves nothing
        let still = global.quiet || global.verbose > 0 || look.plain;
        let moves =
            !still && std::io::stderr().is_terminal() && world.env("TERM").is_none_or(|t| t != "dumb");
        // what nobody asked for does not get between the data: the runner reads both streams
        let under_actions =
            || global.format.is_none() && world.env("GITHUB_ACTIONS").as_deref() == Some("true");
        let annotations = match global.format {
            Some(Format::Github) => Some(Stream::Out),
            _ => under_actions().then_some(Stream::Err),
        };
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            format: global.format.unwrap_or(Format::Text),
            annotations,
            workspace: world.env("GITHUB_WORKSPACE").map(PathBuf::from),
            root: OnceLock::new(),
            log: Mutex::default(),
            unwritten: OnceLock::new(),
            moves,
            look,
        }
    }

    /// Learns where the project is: paths start there.
    pub(super) fn in_project(&self, root: &Path) {
        self.root.get_or_init(|| root.to_owned());
    }

    /// Learns what has to stand in every command, so that it finds the project.
    pub(super) fn leads(&self, leading: String) {
        LEADING.get_or_init(|| leading);
    }

    /// Ends what is printed at the end of a command; its exit code, if all could be written.
    pub(super) fn finish(&self, exit: Exit) -> Exit {
        if self.format == Format::Sarif {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            self.json(&log.document(self.root.get().map(PathBuf::as_path), exit));
        }
        match self.unwritten.get() {
            Some(error) => {
                self.error(&format!("failed to write to standard output: {error}"));
                if exit == Exit::Done { Exit::Failed } else { exit }
            }
            None => exit,
        }
    }

    /// A stack as a graph or as a report; whether one of them is wanted.
    pub(super) fn drawn(&self, resolved: &Resolved) -> bool {
        let (stack, manifest) = (&resolved.solved.stack, &resolved.inputs.manifest);
        match self.format {
            Format::Html => {
                let (sources, warnings) = (&resolved.inputs.sources, &resolved.solved.warnings);
                let warnings = report::sorted(sources, warnings);
                self.data(&html::of_a_stack(stack, manifest, sources, &warnings));
            }
            _ if self.is_drawn() => self.graph(&graph::of_stack(stack, manifest)),
            _ => return false,
        }
        true
    }

    /// What leads to some components as a graph; whether one is wanted.
    pub(super) fn drawn_to(&self, resolved: &Resolved, ids: &[String]) -> bool {
        if self.is_drawn() {
            let whole = graph::of_stack(&resolved.solved.stack, &resolved.inputs.manifest);
            let title = format!("what leads to {}", ids.last().map_or("it", String::as_str));
            self.graph(&graph::Graph { title, ..whole.leading_to(ids) });
        }
        self.is_drawn()
    }

    fn is_drawn(&self) -> bool {
        matches!(self.format, Format::Dot | Format::Mermaid)
    }

    fn graph(&self, graph: &graph::Graph) {
        self.data(&if self.format == Format::Dot { graph::dot(graph) } else { graph::mermaid(graph) });
    }

    /// Whether data is wanted as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Data as text: to standard output, unless that is to hold one log and nothing else.
    pub(super) fn data(&self, text: &str) {
        self.wrote(match self.format {
            Format::Sarif => anstream::stderr().lock().write_all(text.as_bytes()),
            // what holds nothing but text is the same with colours and without, and there may be much of it
            _ if safe::is_text(text) => io::stdout().lock().write_all(text.as_bytes()),
            _ => anstream::stdout().lock().write_all(text.as_bytes()),
        });
    }

    /// Data for another program: to standard output, every byte of it.
    pub(super) fn exact(&self, text: &str) {
        self.wrote(io::stdout().lock().write_all(text.as_bytes()));
    }

    /// Commands that make a runner hide something: to standard error, beside the data, however little is said.
    pub(super) fn mask(&self, commands: &str) {
        let mut stderr = std::io::stderr().lock();
        // a log that cannot be written has nothing to hide
        let _ = stderr.write_all(commands.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Whether findings go to a place beside the data: annotations, or a log.
    pub(super) fn annotates(&self) -> bool {
        self.annotations.is_some() || self.format == Format::Sarif
    }

    /// Learns that standard output is for data alone: annotations go beside it.
    pub(super) fn beside_data(&mut self) {
        self.annotations = self.annotations.map(|_| Stream::Err);
    }

    /// Data as JSON: to standard output.
    pub(super) fn json(&self, value: &impl serde::Serialize) {
        let mut out = io::BufWriter::with_capacity(1 << 16, anstream::stdout().lock());
        let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
        self.wrote(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
    }

    /// Notes that data could not be written. Who reads it may stop reading; that is no failure of ours.
    fn wrote(&self, result: io::Result<()>) {
        let result = result.and_then(|()| io::stdout().flush());
        if let Err(error) = result
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.unwritten.get_or_init(|| error);
        }
    }

    /// The stack as a table.
    pub(super) fn table(&self, stack: &Stack) {
        self.data(&stack::table(stack, self.look.plain));
    }

    /// What groups offer.
    pub(super) fn offers(&self, offers: &[stack::Offer]) {
        self.data(&stack::offers(offers, self.look.plain));
    }

    /// What ties the parts of a stack together, as JSON.
    pub(super) fn links(&self, resolved: &Resolved) -> Json {
        tree::links(&graph::of_stack(&resolved.solved.stack, &resolved.inputs.manifest))
    }

    /// The stack as a tree, with what its groups offer, down to a level.
    pub(super) fn tree(&self, resolved: &Resolved, offers: &[stack::Offer], depth: usize) {
        let (stack, manifest) = (&resolved.solved.stack, &resolved.inputs.manifest);
        let graph = graph::of_stack(stack, manifest);
        let version = stack.project.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let preferred = resolved.inputs.preferred_mode();
        let title = format!("{}{version}, prefers {preferred}", stack.project.name);
        let source = tree::Source { title, graph: &graph, offers, depth, aligned: !self.look.is_narrow() };
        self.data(&if self.look.plain { tree::plain(&source) } else { tree::text(&source) });
    }

    /// What was done.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            err(&safe::lines(text));
        }
    }

    /// A step that begins or ended.
    pub(super) fn step(&self, verb: &str, what: &str) {
        let width = if self.look.plain { 0 } else { 10 };
        if !self.quiet {
            err(&format!("{STEP}{verb:>width$}{STEP:#} {}", safe::lines(what)));
        }
    }

    /// What only `-v` shows.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            err(&safe::lines(text));
        }
    }

    /// A warning without a place.
    pub(super) fn warn(&self, text: &str) {
        if !self.quiet {
            warning(&self.look.beside(text, 9));
            self.annotate(|_| github::plain(Severity::Warning, text));
        }
        self.log(|log| log.message(Severity::Warning, text));
    }

    /// Part of a question, with what moves the cursor: to standard error, as it is.
    pub(super) fn draw(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        // a question that cannot be shown is not answered either
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Whether questions may have colours.
    pub(super) fn is_coloured(&self) -> bool {
        anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
    }

    /// Whether nothing is to be drawn: all is said in sentences.
    pub(super) fn is_plain(&self) -> bool {
        self.look.plain
    }

    /// How wide and how high the terminal is.
    pub(super) fn size(&self) -> (usize, usize) {
        let size = terminal_size::terminal_size_of(std::io::stderr());
        size.map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)))
    }

    /// Who is told how a run goes.
    pub(super) fn progress(&self) -> plan::Steps<'_> {
        plan::Steps::new(self)
    }

    /// A remark.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            err(&format!("{NOTE}note{NOTE:#}: {}", safe::lines(&self.look.beside(text, 6))));
        }
    }

    /// An error without a place: what was attempted, on what, and what to do.
    pub(super) fn error(&self, text: &str) {
        error(&self.look.beside(text, 7));
        self.annotate(|_| github::plain(Severity::Error, text));
        self.log(|log| log.message(Severity::Error, text));
    }

    /// Takes something into the log, where one is wanted.
    fn log(&self, take: impl FnOnce(&mut sarif::Log)) {
        if self.format == Format::Sarif {
            take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Prints an annotation, where they are wanted. What makes it gets the way from the repository's root to the project.
    fn annotate(&self, make: impl FnOnce(&str) -> String) {
        let Some(stream) = self.annotations else { return };
        let below = self.root.get().zip(self.workspace.as_ref());
        let base = below.and_then(|(root, workspace)| root.strip_prefix(workspace).ok());
        let base = base.map(|base| base.to_string_lossy().into_owned()).unwrap_or_default();
        match stream {
            Stream::Out => self.data(&format!("{}\n", make(&base))),
            Stream::Err => err(&make(&base)),
        }
    }
}

/// What leads to the project where commands do not find it by themselves: `-C DIR`.
static LEADING: OnceLock<String> = OnceLock::new();

/// A command of hsm as it has to be typed here.
fn typed(command: &str) -> String {
    match (LEADING.get(), command.strip_prefix("hsm ")) {
        (Some(leading), Some(rest)) => format!("hsm {leading} {rest}"),
        _ => command.to_owned(),
    }
}

/// Data for a shell that completes: whoever reads it needs no other word.
pub(super) fn answer(text: &str) {
    // a shell that has gone needs no answer
    let _ = io::stdout().write_all(text.as_bytes());
}

/// An error before there is a voice.
pub(super) fn last_words(text: &str) {
    error(text);
}

/// The document of a command that was typed wrongly, where one is wanted; people were told already.
pub(super) fn mistyped(format: Option<Format>, text: &str, exit: Exit) -> Exit {
    let document = match format {
        Some(Format::Json) => {
            json::failure(&crate::place::Sources::new(), &[], &crate::explain::Explanation::default(), text)
        }
        Some(Format::Sarif) => {
            let mut log = sarif::Log::default();
            log.message(Severity::Error, text);
            log.document(None, exit)
        }
        _ => return exit,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    // a closed output leaves nobody to tell
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
    exit
}

/// What a command line that makes no sense is answered with. Its own words come back in it: colours, or characters that
/// would act on the terminal, but not both.
pub(super) fn misread(error: &clap::Error) {
    let text = error.render().to_string();
    let safe = safe::lines(&text);
    // a closed output leaves nobody to tell
    let _ = if safe == text { error.print() } else { write!(anstream::stderr().lock(), "{safe}") };
}

fn error(text: &str) {
    err(&format!("{ERROR}error{ERROR:#}: {}", safe::lines(text)));
}

fn warning(text: &str) {
    err(&format!("{WARNING}warning{WARNING:#}: {}", safe::lines(text)));
}

/// One message to standard error.
fn err(text: &str) {
    // a closed standard error leaves nobody to tell
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
