//! The command: the reference host of the engine.
//!
//! It does what the engine does not: it reads files, asks the DNS, looks at the clock and prints. All that is decided
//! is decided in the crate `passerelle`.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod dns;
mod failure;
mod host;
mod input;
mod maildir;
mod net;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::output::escape;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| usage(&error));
    let outcome = match cli.command {
        Command::Verify(args) => commands::verify::run(&args),
        Command::Spf(args) => commands::spf::run(&args),
        Command::Sign(args) => commands::sign::run(&args),
        Command::Keygen(args) => commands::keygen::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Send(args) => commands::send::run(&args),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("passerelle: {}", escape::text(&failure.to_string()));
        ExitCode::from(commands::EXIT_USAGE)
    })
}

/// Help, the version, or what is wrong with the arguments; clap's own exit codes are 0 and 2.
///
/// clap repeats arguments as they came, and a script may have taken them from a hostile message.
fn usage(error: &clap::Error) -> ! {
    let is_tame = |argument: OsString| {
        let text = argument.to_string_lossy();
        escape::text(&text) == text
    };
    if std::env::args_os().all(is_tame) {
        error.exit();
    }
    // Rendered without colours, which drops whole escape sequences; what is left of them is shown.
    error.render().to_string().lines().for_each(|line| eprintln!("{}", escape::text(line)));
    std::process::exit(i32::from(commands::EXIT_USAGE))
}
