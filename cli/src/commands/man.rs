//! `passerelle man`

use std::fs;
use std::process::ExitCode;

use clap::CommandFactory;

use super::EXIT_YES;
use crate::args::{Cli, Man};
use crate::failure::Failure;
use crate::output::print;

pub(crate) fn run(args: &Man) -> Result<ExitCode, Failure> {
    match &args.folder {
        Some(folder) => {
            let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
            written.map_err(|error| Failure::file("write the manual pages into", folder, &error))?;
        }
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Failure::new(format!("cannot write the manual page: {error}")))?;
            print(&page)?;
        }
    }
    Ok(ExitCode::from(EXIT_YES))
}
