//! `passerelle test-tls`

use std::path::PathBuf;

use clap::Args;
use passerelle::Domain;

use super::values::domain;
use super::world::{Show, World};

#[derive(Debug, Args)]
#[command(after_help = "\
It connects, says EHLO, starts TLS, looks at the certificate and says QUIT. It never says MAIL. Without --config the host has to have
what a route asks for by default: TLS, a certificate of a trusted authority, with the host's name on it.

Exit codes:
  0  every host has what the route asks for
  1  one has not
  2  wrong usage, or a policy with errors
  3  one cannot be reached, or its look-up failed, and may fare better later

Examples:
  passerelle test-tls smtp-relay.example.net:587
  passerelle test-tls google --config gw.toml
  passerelle test-tls mx --to example.com --config gw.toml
  passerelle test-tls example.com --mx -v                     the MX hosts of a domain")]
pub(crate) struct TestTls {
    /// The name of a route in the policy, or a host or an address, with a port if it is not 25.
    #[arg(value_name = "ROUTE|HOST[:PORT]")]
    pub(crate) target: String,
    /// The policy that has the route, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// HOST is a domain, and its MX hosts are meant.
    #[arg(long)]
    pub(crate) mx: bool,
    /// The recipients' domain, for a route that goes by it.
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    pub(crate) to: Option<Domain>,
    /// Trust the authorities in this file instead of the route's or the system's.
    #[arg(long, value_name = "PEM")]
    pub(crate) ca: Option<PathBuf>,
    /// A name that is accepted on the certificate beside the host's, for a HOST; may be given several times. An address has no name
    /// of its own.
    #[arg(long, value_name = "NAME", value_parser = domain)]
    pub(crate) tls_name: Vec<Domain>,
    /// Our name for EHLO, where no policy has one.
    #[arg(long, value_name = "NAME", value_parser = domain, default_value = "tls-test.invalid")]
    pub(crate) helo: Domain,
    /// How long a host may take for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub(crate) patience: u64,

    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) show: Show,
}
