//! The command line, as clap reads it and as `--help` tells it.

mod completions;
mod config;
mod explain_reply;
mod extract;
mod keygen;
mod man;
mod route;
mod send;
mod serve;
mod sign;
mod spf;
mod test_tls;
mod values;
mod verify;
mod world;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use self::completions::Completions;
pub(crate) use self::config::{Config, ConfigCheck, ConfigCommand, ConfigProve};
pub(crate) use self::explain_reply::ExplainReply;
pub(crate) use self::extract::Extract;
pub(crate) use self::keygen::Keygen;
pub(crate) use self::man::Man;
pub(crate) use self::route::Route;
pub(crate) use self::send::{Send, TlsMode};
pub(crate) use self::serve::Serve;
pub(crate) use self::sign::Sign;
pub(crate) use self::spf::Spf;
pub(crate) use self::test_tls::TestTls;
pub(crate) use self::verify::{Standard, Verify};
pub(crate) use self::world::{Show, When, World};

/// Behind the help of all.
const ABOUT_ALL: &str = "\
Where a FILE is left out or is `-`, the message comes from standard input.

Exit codes:
  0  done: authenticated, pass, signed, accepted
  1  not authenticated, any other SPF result, refused for good
  2  wrong usage, or input that is no message or cannot be read
  3  a temporary error stands in the way; the same may fare better later

Examples:
  passerelle verify message.eml                       is it what it claims to be?
  passerelle sign message.eml --key r2026.pem --selector r2026 --domain example.com
  passerelle help verify                              all about one command, with examples";

/// Says whether mail is what it claims to be, and signs mail.
///
/// The command is a thin host around the passerelle engine: it reads files, asks the DNS and shows reports; the engine
/// decides.
#[derive(Debug, Parser)]
#[command(name = "passerelle", version, arg_required_else_help = true)]
#[command(after_help = ABOUT_ALL)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify messages: SPF, DKIM, DMARC and iprev, with the reasons.
    Verify(Verify),
    /// Evaluate SPF alone for a client address, a HELO name and a return path.
    Spf(Spf),
    /// Sign a message with DKIM and print it, signatures first.
    Sign(Sign),
    /// Make a DKIM key pair: the private key as a file, the public key as a TXT record.
    Keygen(Keygen),
    /// Take mail by SMTP or LMTP, verify it, and file it in a maildir.
    Serve(Box<Serve>),
    /// Hand a message to a server by SMTP or LMTP.
    Send(Box<Send>),
    /// Take a message out of a file that holds one: an mbox, an .emlx, a paste, an attachment.
    Extract(Extract),
    /// Say what a gateway does with a message: who admits it, which rules match, where it goes and under which security.
    Route(Box<Route>),
    /// Check a gateway's policy, or prove that it is no open relay.
    Config(Config),
    /// Test whether a route's hosts have the TLS that the route asks for, and say what to do where not.
    TestTls(Box<TestTls>),
    /// Explain why a server refused: the cause, whether to try again, who has to act, what to do.
    ExplainReply(ExplainReply),
    /// Print what a shell needs to complete this command's arguments.
    Completions(Completions),
    /// Print the manual page, or write the pages of all commands.
    Man(Man),
}

impl Cli {
    /// What clap makes of these arguments, for help as wide as `columns`.
    pub(crate) fn read(arguments: impl Iterator<Item = OsString>, columns: Option<usize>) -> Result<Self, clap::Error> {
        let command = Self::command();
        let command = match columns {
            Some(columns) => command.term_width(columns),
            None => command,
        };
        Self::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
