//! The command line: what was typed in, words and exit codes out.
//!
//! Owns: arguments, the voice, exit codes, one small file for each command. Nobody imports it.

mod args;
mod ask;
mod commands;
mod complete;
mod exit;
mod manual;
mod offers;
mod stop;
mod voice;

use crate::load::Remote;
use crate::world::{Real, World};

pub use exit::Exit;

/// Does what the process was started for.
pub fn run() -> Exit {
    let world = match Real::new() {
        Ok(world) => world,
        Err(error) => {
            voice::last_words(&format!("failed to watch for signals: {error}"));
            return Exit::Failed;
        }
    };
    run_in(&world)
}

fn run_in(world: &dyn World) -> Exit {
    let cli = match args::parse(voice::one_line) {
        Ok(cli) => cli,
        Err(error) => {
            if !error.use_stderr() {
                // help that nobody reads is no failure
                let _ = error.print();
                return Exit::Done;
            }
            voice::misread(&error);
            return voice::mistyped(args::typed_format(), &args::sentence(&error), Exit::Wrong);
        }
    };
    // what a shell asks must not be mixed with anything that is said
    if let args::Command::Complete(asked) = &cli.command {
        return complete::run(asked, world);
    }
    let mut voice = voice::Voice::new(&cli.global, world);
    if matches!(cli.command, args::Command::Env(_)) {
        voice.beside_data();
    }
    let remote = Remote::new(world, |url| voice.step("fetching", &format!("the registry {url}")));
    if cli.global.offline {
        remote.forbid();
    }
    let context = commands::Context { voice: &voice, global: &cli.global, world, remote: &remote };
    let exit = commands::run(&context, &cli).unwrap_or_else(|fail| {
        stop::tell(&voice, world, &fail);
        stop::exit(&fail)
    });
    voice.finish(exit)
}
