//! `passerelle completions`

use std::process::ExitCode;

use clap::CommandFactory;

use super::EXIT_YES;
use crate::args::{Cli, Completions};
use crate::failure::Failure;
use crate::output::print;

pub(crate) fn run(args: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "passerelle", &mut script);
    print(&script)?;
    Ok(ExitCode::from(EXIT_YES))
}
