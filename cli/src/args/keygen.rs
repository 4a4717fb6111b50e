//! `passerelle keygen`

use std::path::PathBuf;

use clap::{ArgGroup, Args};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("algorithm").args(["rsa", "ed25519"]))]
#[command(after_help = "\
Exit codes: 0 made, 2 wrong usage, or a file that exists or cannot be written.

Examples:
  passerelle keygen --selector r2026 --domain example.com
  passerelle keygen --ed25519 --selector e2026 --domain example.com --out e2026.pem")]
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

fn rsa_bits(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(bits @ (2048 | 3072 | 4096)) => Ok(bits),
        _ => Err("choose 2048, 3072 or 4096; verifiers need not accept longer keys, and shorter ones are too weak \
                  (RFC 8301 §3.2)"
            .into()),
    }
}
