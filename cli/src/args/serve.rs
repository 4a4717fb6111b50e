//! `passerelle serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use passerelle::Domain;
use passerelle::smtp::server::Network;

use super::values::{authserv_id, domain};
use super::world::World;

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is relayed: what is accepted is verified and filed. Without --domain, mail to any domain is.
SIGTERM and SIGINT stop the server once the messages under way are done; SIGHUP reads the certificate again.
Exit codes: 0 stopped as asked, 2 wrong usage.

Examples:
  passerelle serve --listen 127.0.0.1:2525 --maildir Maildir --dns examples/dns.json --trace")]
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
    /// File messages here, and not in --maildir, that the policy of their author's domain (DMARC) wants quarantined or rejected.
    #[arg(long, value_name = "DIR", requires = "maildir")]
    pub(crate) quarantine: Option<PathBuf>,

    /// Serve at most this many clients at a time; without it, as many as there may be open files, and 32,768 at most.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: Option<u32>,
    /// Expect a PROXY header (haproxy) from this neighbour, an address or a network, and take its word for who the client is.
    #[arg(long, value_name = "NETWORK")]
    pub(crate) proxy_from: Vec<Network>,
    /// Refuse messages with a line of more than 998 octets (RFC 5321 section 4.5.3.1.6), which otherwise are taken as they are.
    #[arg(long)]
    pub(crate) refuse_long_lines: bool,

    /// The certificate chain, PEM, the server's own first.
    #[arg(long, value_name = "PEM", requires = "tls_key", help_heading = "TLS and authentication")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, value_name = "PEM", requires = "tls_cert", help_heading = "TLS and authentication")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Offer AUTH to these users: a file of lines user:password or user:SCRAM-SHA-256$... Beside it a FILE.secret is made, so
    /// that names that nobody has look the same after a restart, too.
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
