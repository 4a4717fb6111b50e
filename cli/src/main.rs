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
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Verify(args) => commands::verify::run(&args),
        Command::Spf(args) => commands::spf::run(&args),
        Command::Sign(args) => commands::sign::run(&args),
        Command::Keygen(args) => commands::keygen::run(&args),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("passerelle: {}", output::escape::text(&failure.to_string()));
        ExitCode::from(commands::EXIT_USAGE)
    })
}
