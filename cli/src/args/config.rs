//! `passerelle config`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::world::{Show, World};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 ok, 1 not, 2 wrong usage or a file that cannot be read.

Examples:
  passerelle config check gw.toml             errors, then warnings, then what the policy does
  passerelle config prove gw.toml             that it is no open relay, or the dialogue that shows it is")]
pub(crate) struct Config {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with a policy, what may be a mistake, and what it does.
    Check(ConfigCheck),
    /// Prove that strangers cannot send through us, that nothing marked for TLS goes in clear text, and that every message
    /// has a next step; or print the dialogue that breaks one of these laws.
    Prove(ConfigProve),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigCheck {
    /// The policy, TOML or JSON.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Ask the DNS nothing.
    #[arg(long, conflicts_with_all = ["dns", "resolver"], help_heading = "DNS and time")]
    pub(crate) offline: bool,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigProve {
    /// The policy, TOML or JSON.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The time by which what holds until a day is judged, in seconds since 1970-01-01 UTC [default: the system clock]
    #[arg(long, value_name = "UNIX")]
    pub(crate) now: Option<u64>,

    #[command(flatten)]
    pub(crate) show: Show,
}
