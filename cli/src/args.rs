//! The command line, as clap reads it and as `--help` tells it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum};
use passerelle::Domain;

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

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The message, as a file or `-` for standard input. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) message: PathBuf,

    /// The client's address. Without --ip, --helo and --mail-from, all three are taken from the topmost Received and
    /// Return-Path fields that parse.
    #[arg(long, value_name = "ADDRESS", help_heading = "Envelope")]
    pub(crate) ip: Option<IpAddr>,
    /// The name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", help_heading = "Envelope", value_parser = no_controls)]
    pub(crate) helo: Option<String>,
    /// The return path (MAIL FROM); `<>` or an empty string is the null one of a bounce.
    #[arg(long, value_name = "MAILBOX", help_heading = "Envelope", value_parser = no_controls)]
    pub(crate) mail_from: Option<String>,

    /// The name that the Authentication-Results field carries as its author.
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = authserv_id)]
    pub(crate) authserv_id: String,
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

#[derive(Debug, Args)]
pub(crate) struct Spf {
    /// The client's address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: IpAddr,
    /// The name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", value_parser = no_controls)]
    pub(crate) helo: String,
    /// The return path (MAIL FROM); `<>` or an empty string is the null one, for which HELO is checked.
    #[arg(long, value_name = "MAILBOX", value_parser = no_controls)]
    pub(crate) mail_from: String,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}

/// Where answers and the time come from.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// Answer from a transcript instead of the DNS; nothing goes out to the network.
    #[arg(long, value_name = "TRANSCRIPT", conflicts_with = "resolver", help_heading = "DNS and time")]
    pub(crate) dns: Option<PathBuf>,
    /// Ask this resolver instead of the system's, such as 192.0.2.53, [2001:db8::53]:5353.
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

#[derive(Debug, Args)]
#[command(after_help = "\
--key, --selector and --domain may be given several times, for one signature each; the first key goes with the first
selector, and a single --domain serves all keys. Exit codes: 0 signed, 2 wrong usage, or input that cannot be read.

Example: passerelle sign message.eml --domain example.com \\
             --key rsa.pem --selector r2026 --key ed25519.pem --selector e2026")]
pub(crate) struct Sign {
    /// The message, as a file or `-` for standard input. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) message: PathBuf,
    /// A private key: PKCS#8 in PEM, RSA or Ed25519.
    #[arg(long, value_name = "PEM", required = true, action = ArgAction::Append)]
    pub(crate) key: Vec<PathBuf>,
    /// The selector under which the key's TXT record is published (s=).
    #[arg(long, value_name = "NAME", required = true, action = ArgAction::Append)]
    pub(crate) selector: Vec<String>,
    /// The domain that signs (d=).
    #[arg(long, value_name = "NAME", required = true, action = ArgAction::Append)]
    pub(crate) domain: Vec<String>,
    /// How header and body are canonicalized: simple or relaxed, each.
    #[arg(long, value_name = "HEADER/BODY", default_value = "relaxed/relaxed")]
    pub(crate) canonicalization: String,
    /// The fields to sign, separated by colons; one named more often than it occurs cannot be added later
    /// [default: the fields that matter, oversigned]
    #[arg(long, value_name = "NAMES")]
    pub(crate) headers: Option<String>,
    /// The user or agent on whose behalf this is signed (i=), such as @news.example.com.
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) identity: Option<String>,
    /// Let the signature expire after this time (x=).
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) expire: Option<u64>,
    /// The time of signing, in seconds since 1970-01-01 UTC [default: the system clock]
    #[arg(long, value_name = "UNIX")]
    pub(crate) now: Option<u64>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("algorithm").args(["rsa", "ed25519"]))]
#[command(after_help = "Exit codes: 0 made, 2 wrong usage, or a file that exists or cannot be written.")]
pub(crate) struct Keygen {
    /// An RSA key of this many bits: 2048, 3072 or 4096. This is the default, with 2048 bits.
    #[arg(long, value_name = "BITS", num_args = 0..=1, default_missing_value = "2048", value_parser = rsa_bits)]
    pub(crate) rsa: Option<u16>,
    /// An Ed25519 key (RFC 8463). Not all verifiers know it: sign with an RSA key as well.
    #[arg(long)]
    pub(crate) ed25519: bool,
    /// The selector under which the record will be published.
    #[arg(long, value_name = "NAME")]
    pub(crate) selector: String,
    /// The domain that will sign.
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: String,
    /// Where to write the private key; an existing file is never overwritten [default: SELECTOR.DOMAIN.pem]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is relayed: what is accepted is verified and filed. Without --domain, mail to any domain is.
SIGTERM and SIGINT stop the server once the messages under way are done; SIGHUP reads the certificate again.
Exit codes: 0 stopped as asked, 2 wrong usage.

Example: passerelle serve --listen 127.0.0.1:2525 --maildir Maildir --dns examples/dns.json --trace")]
pub(crate) struct Serve {
    /// Listen here: in clear text, with STARTTLS if there is a certificate. Port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Listen here for TLS from the first octet (RFC 8314 §3).
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_cert")]
    pub(crate) listen_tls: Vec<SocketAddr>,
    /// Speak LMTP (RFC 2033) instead of SMTP.
    #[arg(long)]
    pub(crate) lmtp: bool,
    /// This server's name, for the greeting, Received and Authentication-Results.
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = authserv_id)]
    pub(crate) hostname: String,
    /// Accept mail for this domain alone, and for others named likewise.
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    pub(crate) domain: Vec<Domain>,
    /// File messages here, one file each, on the disk before they are acknowledged. The folder is made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) maildir: Option<PathBuf>,

    /// The certificate chain, PEM, the server's own first.
    #[arg(long, value_name = "PEM", requires = "tls_key", help_heading = "TLS and authentication")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, value_name = "PEM", requires = "tls_cert", help_heading = "TLS and authentication")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Offer AUTH to these users: a file of lines user:password or user:SCRAM-SHA-256$...
    #[arg(long, value_name = "FILE", help_heading = "TLS and authentication")]
    pub(crate) auth_users: Option<PathBuf>,
    /// Take mail from authenticated clients alone.
    #[arg(long, requires = "auth_users", help_heading = "TLS and authentication")]
    pub(crate) auth_required: bool,
    /// Offer PLAIN and LOGIN without TLS too, where anybody on the way can read the password.
    #[arg(long, requires = "auth_users", help_heading = "TLS and authentication")]
    pub(crate) auth_without_tls: bool,

    /// Print the dialogue on standard error, `C:` the client's lines and `S:` ours; without passwords.
    #[arg(long, help_heading = "Output")]
    pub(crate) trace: bool,

    #[command(flatten)]
    pub(crate) world: World,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  accepted for every recipient
  1  refused for good, for one recipient at least
  2  wrong usage, a file that cannot be read, or a server that cannot be reached
  3  not accepted for one recipient at least, and worth another try later

Example: passerelle send --to mx.example.com --from ann@example.org --rcpt bob@example.com message.eml")]
pub(crate) struct Send {
    /// The message, as a file or `-` for standard input. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) message: PathBuf,
    /// The server: a host or an address, with a port if it is not 25 (465 with --tls implicit).
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) to: String,
    /// The return path; `<>` or an empty string is the null one.
    #[arg(long, value_name = "MAILBOX", value_parser = no_controls)]
    pub(crate) from: String,
    /// A recipient; may be given several times.
    #[arg(long, value_name = "MAILBOX", required = true, value_parser = no_controls)]
    pub(crate) rcpt: Vec<String>,
    /// Our name for EHLO.
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = no_controls)]
    pub(crate) helo: String,
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
    /// Whether the server's certificate is verified.
    pub(crate) fn verifies(&self) -> bool {
        self.verify || self.ca.is_some()
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

fn resolver(text: &str) -> Result<SocketAddr, String> {
    const DNS_PORT: u16 = 53;
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT)).or_else(|_| text.parse()).map_err(|_| {
        "give an IP address, with a port or without: 192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:53".into()
    })
}

fn rsa_bits(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(bits @ (2048 | 3072 | 4096)) => Ok(bits),
        _ => Err("choose 2048, 3072 or 4096; verifiers need not accept longer keys, and shorter ones are too weak \
                  (RFC 8301 §3.2)"
            .into()),
    }
}

fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).map_err(|error| error.to_string())
}

fn no_controls(text: &str) -> Result<String, String> {
    match text.chars().any(char::is_control) {
        true => Err("it has a control character, which no envelope can have".into()),
        false => Ok(text.into()),
    }
}

fn authserv_id(text: &str) -> Result<String, String> {
    match text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Err("give the host name of the server that verifies, such as mx.example.com".into()),
        false => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_resolver_is_an_address_with_a_port_or_without() {
        for (text, expected) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ] {
            assert_eq!(resolver(text).map(|a| a.to_string()), Ok(expected.to_owned()));
        }
        assert!(resolver("dns.example.com").is_err());
        assert!(resolver("192.0.2.53:0x35").is_err());
    }
}
