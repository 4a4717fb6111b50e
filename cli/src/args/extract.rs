//! `passerelle extract`

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
The message is printed as it stands in the file: from an mbox, an .emlx, text in UTF-16 or with a byte order mark in front, a
paste whose lines are indented or quoted, or a message that carries another as an attachment.
Exit codes: 0 printed, 2 wrong usage, or no message that could be taken out.

Examples:
  passerelle extract 117.emlx | passerelle verify
  passerelle extract inbox.mbox --message 3 > third.eml")]
pub(crate) struct Extract {
    /// The file that holds the message; `-` or none for standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Which message of an mbox, the first being 1.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) message: Option<u64>,
}
