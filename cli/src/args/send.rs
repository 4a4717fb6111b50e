//! `passerelle send`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use passerelle::Domain;

use super::values::{domain, no_controls};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  accepted for every recipient
  1  refused for good by the server's own word (5xx), or not sent because the server lacks what is
     needed: an extension, STARTTLS, a mechanism, a verified certificate for the password
  2  wrong usage, or a file that cannot be read; nothing was sent
  3  all that another try may mend: 4xx, a server that cannot be found or reached, a connection that
     was refused, lost or silent, a failed TLS handshake, replies that are no SMTP
Of several recipients: 3 if one is worth another try, else 1 if one is refused; --json has each.

Examples:
  passerelle send --to mx.example.com --from ann@example.org --rcpt bob@example.com message.eml")]
pub(crate) struct Send {
    /// The message, as a file; `-` or none for standard input. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) message: Option<PathBuf>,
    /// The server: a host or an address, with a port if it is not 25 (465 with --tls implicit, which port 465 means by itself).
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) to: String,
    /// The return path; `<>` or an empty string is the null one.
    #[arg(long, value_name = "MAILBOX", value_parser = no_controls)]
    pub(crate) from: String,
    /// A recipient; may be given several times.
    #[arg(long, value_name = "MAILBOX", required = true, value_parser = no_controls)]
    pub(crate) rcpt: Vec<String>,
    /// Our name for EHLO [default: the machine's full name, else our address in brackets]
    #[arg(long, value_name = "NAME", value_parser = no_controls)]
    pub(crate) helo: Option<String>,
    /// Speak LMTP (RFC 2033) instead of SMTP.
    #[arg(long)]
    pub(crate) lmtp: bool,

    /// When TLS begins, if at all [default: by STARTTLS if the server offers it]
    #[arg(long, value_name = "WHEN", help_heading = "TLS and authentication")]
    pub(crate) tls: Option<TlsMode>,
    /// The server's certificate must be for its name and from an authority that the system trusts.
    #[arg(long, help_heading = "TLS and authentication")]
    pub(crate) verify: bool,
    /// Like --verify, with the authorities in this file.
    #[arg(long, value_name = "PEM", help_heading = "TLS and authentication")]
    pub(crate) ca: Option<PathBuf>,
    /// The name that the certificate must be for, if not that of --to.
    #[arg(long, value_name = "NAME", value_parser = domain, help_heading = "TLS and authentication")]
    pub(crate) tls_name: Option<Domain>,
    /// Authenticate as this user with the password, or token, in the first line of the file.
    #[arg(long, value_name = "USER:FILE", help_heading = "TLS and authentication")]
    pub(crate) auth: Option<String>,
    /// By this mechanism alone, such as SCRAM-SHA-256 [default: the strongest that the server offers]
    #[arg(long, value_name = "MECHANISM", requires = "auth", help_heading = "TLS and authentication")]
    pub(crate) auth_mechanism: Option<String>,
    /// Show the password, if the mechanism does, to a server whose certificate is not verified. Without it --auth verifies by
    /// itself, as --verify does.
    #[arg(long, requires = "auth", help_heading = "TLS and authentication")]
    pub(crate) auth_unverified: bool,
    /// Show the password without TLS too, if the mechanism does.
    #[arg(long, requires = "auth", help_heading = "TLS and authentication")]
    pub(crate) auth_without_tls: bool,

    /// Ask that every hop uses verified TLS (REQUIRETLS, RFC 8689).
    #[arg(long, help_heading = "The message")]
    pub(crate) require_tls: bool,
    /// The message is binary (BINARYMIME, RFC 3030): its octets go as they are.
    #[arg(long, help_heading = "The message")]
    pub(crate) binary: bool,
    /// Turn bare CR and LF into CRLF instead of refusing the message.
    #[arg(long, help_heading = "The message")]
    pub(crate) repair: bool,
    /// Ask for notifications of success, failure and delay (DSN, RFC 3461).
    #[arg(long, help_heading = "The message")]
    pub(crate) notify: bool,
    /// The name of the transaction in notifications (ENVID).
    #[arg(long, value_name = "ID", help_heading = "The message")]
    pub(crate) envelope_id: Option<String>,
    /// Use DATA even where the server offers CHUNKING.
    #[arg(long, help_heading = "The message")]
    pub(crate) no_chunking: bool,
    /// Wait for each reply even where the server offers PIPELINING.
    #[arg(long, help_heading = "The message")]
    pub(crate) no_pipelining: bool,

    /// Print what became of the message as one JSON object, each recipient in it.
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print the dialogue on standard error, `C:` our lines and `S:` the server's; without passwords.
    #[arg(long, help_heading = "Output")]
    pub(crate) trace: bool,
    /// Tell of TLS and authentication too.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// The time by which certificates are judged, in seconds since 1970-01-01 UTC [default: the system clock]
    #[arg(long, value_name = "UNIX")]
    pub(crate) now: Option<u64>,
}

impl Send {
    /// Whether the server's certificate is verified. A password is for a server that one knows.
    pub(crate) fn verifies(&self) -> bool {
        let shows_to_anybody = self.auth_unverified || self.auth_without_tls;
        self.verify || self.ca.is_some() || (self.auth.is_some() && !shows_to_anybody)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsMode {
    /// Never.
    None,
    /// By STARTTLS (RFC 3207), or nothing is sent.
    Starttls,
    /// From the first octet (RFC 8314).
    Implicit,
}
