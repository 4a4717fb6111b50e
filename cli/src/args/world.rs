//! What several commands share: where answers and the time come from, and how a report is shown.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::resolver;

/// Where answers and the time come from.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// Answer from a transcript instead of the DNS; nothing goes out to the network.
    #[arg(long, value_name = "TRANSCRIPT", conflicts_with = "resolver", help_heading = "DNS and time")]
    pub(crate) dns: Option<PathBuf>,
    /// Ask this resolver instead of the system's, such as 192.0.2.53, [2001:db8::53]:5353; what it says of DNSSEC (AD) is
    /// believed where it runs on this host.
    #[arg(long, value_name = "IP[:PORT]", value_parser = resolver, help_heading = "DNS and time")]
    pub(crate) resolver: Option<SocketAddr>,
    /// Write all answers to this file as a transcript that --dns can replay. An existing file is replaced.
    #[arg(long, value_name = "FILE", help_heading = "DNS and time")]
    pub(crate) record: Option<PathBuf>,
    /// How long to wait for answers in all; what is missing then counts as a temporary error.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, help_heading = "DNS and time",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
    /// The time by which signatures are judged, in seconds since 1970-01-01 UTC [default: the system clock]
    #[arg(long, value_name = "UNIX", help_heading = "DNS and time")]
    pub(crate) now: Option<u64>,
}

/// How a report is shown.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Print the report as JSON, on one line.
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Show each step that led to the verdict.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Colour the output for people; `auto` does so on a terminal unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}
