//! The command line, as clap reads it and as `--help` tells it.

mod keygen;
mod send;
mod serve;
mod sign;
mod spf;
mod values;
mod verify;
mod world;

use clap::{Parser, Subcommand};

pub(crate) use self::keygen::Keygen;
pub(crate) use self::send::{Send, TlsMode};
pub(crate) use self::serve::Serve;
pub(crate) use self::sign::Sign;
pub(crate) use self::spf::Spf;
pub(crate) use self::verify::{Standard, Verify};
pub(crate) use self::world::{When, World};

const EXIT_CODES: &str = "\
Exit codes:
  0  authenticated: DMARC passes, or there is no policy and a passing SPF or DKIM domain aligns
  1  not authenticated
  2  wrong usage, or input that cannot be read
  3  a temporary error stands in the way; the same message may fare better later";

/// Says whether mail is what it claims to be, and signs mail.
///
/// The command is a thin host around the passerelle engine: it reads files, asks the DNS and shows reports; the engine
/// decides.
#[derive(Debug, Parser)]
#[command(name = "passerelle", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify a message: SPF, DKIM, DMARC and iprev, with the reasons.
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Evaluate SPF alone for a client address, a HELO name and a return path.
    #[command(after_help = "Exit codes: 0 pass, 1 any other result, 2 wrong usage, 3 temperror")]
    Spf(Spf),
    /// Sign a message with DKIM and print it, signatures first.
    Sign(Sign),
    /// Make a DKIM key pair: the private key as a file, the public key as a TXT record.
    Keygen(Keygen),
    /// Take mail by SMTP or LMTP, verify it, and file it in a maildir.
    Serve(Box<Serve>),
    /// Hand a message to a server by SMTP or LMTP.
    Send(Box<Send>),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
