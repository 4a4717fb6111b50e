//! `passerelle spf`

use std::net::IpAddr;

use clap::Args;

use super::values::{no_controls, reverse_path};
use super::world::{Show, World};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 pass, 1 any other result, 2 wrong usage, 3 temperror.

Examples:
  passerelle spf --ip 192.0.2.25 --helo mx.example.com --mail-from ann@example.com
  passerelle spf --ip 2001:db8::25 --helo mx.example.com --mail-from '<>' -v")]
pub(crate) struct Spf {
    /// The client's address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: IpAddr,
    /// The name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", value_parser = no_controls)]
    pub(crate) helo: String,
    /// The return path (MAIL FROM); `<>` or an empty string is the null one, for which HELO is checked.
    #[arg(long, value_name = "MAILBOX", value_parser = reverse_path)]
    pub(crate) mail_from: String,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}
