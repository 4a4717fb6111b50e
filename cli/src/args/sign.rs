//! `passerelle sign`

use std::path::PathBuf;

use clap::{ArgAction, Args};

#[derive(Debug, Args)]
#[command(after_help = "\
--key, --selector and --domain may be given several times, for one signature each; the first key goes with the first
selector, and a single --domain serves all keys. A message that cannot be valid is refused, and one that it is unwise to
sign, too, unless --force is given.
Exit codes: 0 signed, 2 refused, wrong usage, or input that is no message or cannot be read.

Examples:
  passerelle sign message.eml --domain example.com \\
      --key rsa.pem --selector r2026 --key ed25519.pem --selector e2026")]
pub(crate) struct Sign {
    /// The message, as a file; `-` or none for standard input. Files whose lines end with LF are converted to CRLF.
    #[arg(value_name = "FILE")]
    pub(crate) message: Option<PathBuf>,
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
    /// Sign in spite of what is unwise, such as an author of another domain or a Bcc field, and only warn of it. What cannot
    /// be valid is refused all the same.
    #[arg(long)]
    pub(crate) force: bool,
}
