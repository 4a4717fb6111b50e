//! `passerelle verify`

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use passerelle::network::Network;

use super::values::{authserv_id, no_controls, received_field, reverse_path};
use super::world::{Show, World};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  authenticated: DMARC passes, or there is no policy and a passing SPF or DKIM domain aligns
  1  not authenticated, or not decided: it depends on where the message came from, which nobody vouches for
  2  wrong usage, or input that is no message or cannot be read
  3  a temporary error stands in the way; the same message may fare better later
Of several messages the worst counts: 2 if there is one, else 1, else 3, else 0.

Examples:
  passerelle verify message.eml
  passerelle verify message.eml -v --ip 192.0.2.25 --helo mx.example.com --mail-from ann@example.com
  passerelle verify Maildir/ more.eml --json          an object a line: file, and report or error
  passerelle verify message.eml --record answers.json; passerelle verify message.eml --dns answers.json")]
pub(crate) struct Verify {
    /// Messages: files, folders with all that is in them (of a maildir `new` and `cur`), or `-` for standard input, which is
    /// read where none is named. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) messages: Vec<PathBuf>,

    /// The client's address. What is not given of --ip, --helo and --mail-from is taken from the message's own Received and
    /// Return-Path fields, which proves nothing: SPF of it is shown, and does not count.
    #[arg(long, value_name = "ADDRESS", help_heading = "Envelope")]
    pub(crate) ip: Option<IpAddr>,
    /// The name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", help_heading = "Envelope", value_parser = no_controls)]
    pub(crate) helo: Option<String>,
    /// The return path (MAIL FROM); `<>` or an empty string is the null one of a bounce.
    #[arg(long, value_name = "MAILBOX", help_heading = "Envelope", value_parser = reverse_path)]
    pub(crate) mail_from: Option<String>,
    /// Your own server wrote the Received field that tells of the client: what it says counts. With a number, it is that
    /// field, counted from the top; otherwise the topmost, those behind hops of your own aside.
    #[arg(long, value_name = "N", help_heading = "Envelope", num_args = 0..=1, value_parser = received_field)]
    pub(crate) trust_received: Option<Option<usize>>,
    /// Networks of your own relays: Received fields that name one as the client are passed over, as those with private,
    /// loopback and link-local addresses always are. Several may be given, or the option several times.
    #[arg(long, value_name = "CIDR", help_heading = "Envelope", value_delimiter = ',')]
    pub(crate) trusted_relay: Vec<Network>,

    /// The name that the Authentication-Results field carries as its author.
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = authserv_id)]
    pub(crate) authserv_id: String,
    /// Show what this server said of the message, from its topmost Authentication-Results field, beside what is said here.
    /// May be given several times. Trust only names of which your own server lets no forged field through.
    #[arg(long, value_name = "NAME", value_parser = authserv_id)]
    pub(crate) trust_authserv_id: Vec<String>,
    /// Let a DKIM signature with a body length (l=) pass, although anything may follow the signed part.
    #[arg(long)]
    pub(crate) accept_body_length: bool,
    /// By which standard DMARC is evaluated; `both` shows where they differ and why, and goes by RFC 9989.
    #[arg(long, value_name = "STANDARD", default_value = "rfc9989")]
    pub(crate) dmarc: Standard,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Standard {
    /// With the walk up the DNS tree.
    Rfc9989,
    /// Obsolete, with the public suffix list.
    Rfc7489,
    /// Both, over the same answers.
    Both,
}
