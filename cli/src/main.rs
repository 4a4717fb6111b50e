//! The command: the reference host of the engine.
//!
//! It does what the engine does not: it reads files, asks the DNS, looks at the clock and prints. All that is decided
//! is decided in the crate `passerelle`.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod dns;
mod failure;
mod files;
mod host;
mod input;
mod maildir;
mod net;
mod output;
mod policy;
mod roots;

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::args::{Cli, Command};
use crate::output::{columns, escape, tell};

fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os(), columns::given()).unwrap_or_else(|error| usage(&error));
    let outcome = match cli.command {
        Command::Verify(args) => commands::verify::run(&args),
        Command::Spf(args) => commands::spf::run(&args),
        Command::Sign(args) => commands::sign::run(&args),
        Command::Keygen(args) => commands::keygen::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Send(args) => commands::send::run(&args),
        Command::Extract(args) => commands::extract::run(&args),
        Command::Route(args) => commands::route::run(&args),
        Command::Config(args) => commands::config::run(&args),
        Command::TestTls(args) => commands::test_tls::run(&args),
        Command::ExplainReply(args) => commands::explain_reply::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    };
    outcome.unwrap_or_else(|failure| {
        tell::error(&failure.to_string());
        ExitCode::from(commands::EXIT_USAGE)
    })
}

/// Help, the version, or what is wrong with the arguments; clap's own exit codes are 0 and 2.
fn usage(error: &clap::Error) -> ! {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    // clap repeats arguments as they came, and a script may have taken them from a hostile message. Rendered without
    // colours, which drops whole escape sequences, and what is left of them is shown.
    let text = error.render().to_string();
    let mut lines = text.strip_prefix("error: ").unwrap_or(&text).lines();
    tell::error(lines.next().unwrap_or_default());
    lines.for_each(|line| eprintln!("{}", escape::text(line)));
    std::process::exit(i32::from(commands::EXIT_USAGE))
}
