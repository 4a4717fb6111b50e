//! `passerelle route`

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use passerelle::mailbox::Mailbox;

use super::values::{mailbox, no_controls, reverse_path};
use super::world::{Show, World};

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is sent. The decision is the one that the gateway makes, with each step's reason.

Exit codes:
  0  all recipients are delivered, or quarantined or discarded as a rule says
  1  one at least is refused or bounced
  2  wrong usage, or a policy with errors
  3  one at least is to be tried again later

Examples:
  passerelle route --config gw.toml --from ann@example.com --to bob@example.net --peer 192.0.2.7 --tls --user ann
  passerelle route --config gw.toml --from '<>' --to ann@example.com --message bounce.eml -v
  passerelle route --config gw.toml --from ann@example.com --to bob@example.net --dns answers.json --json")]
pub(crate) struct Route {
    /// The policy, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The sender (MAIL FROM); `<>` or an empty string is the null one of a bounce.
    #[arg(long, value_name = "MAILBOX", value_parser = reverse_path, help_heading = "Envelope")]
    pub(crate) from: String,
    /// A recipient (RCPT TO); may be given several times.
    #[arg(long, value_name = "MAILBOX", value_parser = mailbox, required = true, help_heading = "Envelope")]
    pub(crate) to: Vec<Mailbox>,
    /// The sender asks for TLS all the way (REQUIRETLS, RFC 8689).
    #[arg(long, help_heading = "Envelope")]
    pub(crate) requiretls: bool,
    /// The client's address; without it, no network has it.
    #[arg(long, value_name = "ADDRESS", help_heading = "Session")]
    pub(crate) peer: Option<IpAddr>,
    /// The account that the client has authenticated as.
    #[arg(long, value_name = "USER", value_parser = no_controls, help_heading = "Session")]
    pub(crate) user: Option<String>,
    /// The client speaks TLS.
    #[arg(long, help_heading = "Session")]
    pub(crate) tls: bool,
    /// The name that the client gave with EHLO.
    #[arg(long, value_name = "NAME", value_parser = no_controls, default_value = "", help_heading = "Session")]
    pub(crate) helo: String,
    /// The message. Without it, what rests on content stays open.
    #[arg(long, value_name = "FILE")]
    pub(crate) message: Option<PathBuf>,
    /// The seed of choices among equal hosts.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// MTA-STS policies that were had before, as JSON; those fetched now are written back.
    #[arg(long, value_name = "FILE")]
    pub(crate) sts_cache: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}
