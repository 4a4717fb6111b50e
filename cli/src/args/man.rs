//! `passerelle man`

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 printed or written, 2 wrong usage, or a folder that cannot be written.

Examples:
  passerelle man | man -l -                           reads the manual page
  passerelle man ~/.local/share/man/man1              writes passerelle.1, passerelle-verify.1 and the others")]
pub(crate) struct Man {
    /// Write a page for each command here, instead of printing that of all. The folder is made if it is missing.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
