//! `passerelle serve` and `passerelle send`, or what stands in for them where the peers are tried by themselves.

use std::process::Command;

use super::peers::{Peer, aiosmtpd};
use super::process::Server;
use super::store::Store;
use super::world::World;
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

/// What the command has on both sides.
const MECHANISMS: [&str; 6] =
    ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"];

/// What sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Send {
    Passerelle,
    /// Python's smtplib.
    StandIn,
}

/// What serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Serve {
    Passerelle,
    /// aiosmtpd.
    StandIn,
}

impl Send {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passerelle => "send",
            Self::StandIn => "(smtplib)",
        }
    }

    pub(super) fn mechanisms(self) -> &'static [&'static str] {
        match self {
            Self::Passerelle => &MECHANISMS,
            Self::StandIn => &["PLAIN", "LOGIN"],
        }
    }

    pub(super) fn no_lmtp(self) -> Option<&'static str> {
        match self {
            Self::Passerelle => None,
            Self::StandIn => Some("reads one reply after the data, whatever the recipients"),
        }
    }

    pub(super) fn command(self, world: &World, bdat: bool) -> Command {
        match self {
            Self::Passerelle => {
                let mut command = Command::new(program());
                command.arg("send");
                command
            }
            Self::StandIn => {
                let mut command = Command::new(&world.mail.python);
                command.arg(workspace::root().join("xtask/interop/smtplib_send.py")).args(bdat.then_some("--bdat"));
                command
            }
        }
    }
}

impl Serve {
    /// Starts it for these domains, one that speaks SMTP or one that speaks LMTP.
    pub(super) fn start(self, world: &World, lmtp: bool, domains: &[&str]) -> Result<(Peer, Store), Stop> {
        let name = if lmtp { "serve LMTP" } else { "serve" };
        match self {
            Self::Passerelle => serve(world, name, lmtp, domains),
            Self::StandIn => {
                let name = if lmtp { "(aiosmtpd LMTP)" } else { "(aiosmtpd)" };
                aiosmtpd::start(world, name, lmtp, domains)
            }
        }
    }
}

/// Builds the command; measured is what its users run.
pub(super) fn build() -> Result<(), Stop> {
    Run::new("cargo").args(["build", "--release", "-p", "passerelle-cli"]).go().map(drop)
}

fn program() -> std::path::PathBuf {
    workspace::target().join("release/passerelle")
}

fn serve(world: &World, name: &'static str, lmtp: bool, domains: &[&str]) -> Result<(Peer, Store), Stop> {
    let folder = world.peer(&name.replace(' ', "-"))?;
    let (maildir, dns) = (folder.join("maildir"), folder.join("dns.json"));
    // Nothing is known, and nobody outside is asked.
    workspace::write(&dns, "{\"default\": \"NXDOMAIN\", \"answers\": []}\n")?;
    let mut command = Command::new(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--hostname", "serve.test"]);
    command.arg("--tls-cert").arg(world.certificate()).arg("--tls-key").arg(world.key());
    command.arg("--auth-users").arg(world.users()).arg("--maildir").arg(&maildir).arg("--dns").arg(dns);
    command.args(lmtp.then_some("--lmtp"));
    command.args(domains.iter().flat_map(|domain| ["--domain", domain]));
    let mut server = Server::start(name, command, folder.join("output"))?;
    let ports = server.says_ports(2)?;
    let peer = Peer {
        name,
        port: ports[0],
        tls_port: Some(ports[1]),
        mechanisms: &MECHANISMS,
        starttls: true,
        utf8: true,
        chunking: true,
        lmtp,
        no_tls: "",
        server,
    };
    Ok((peer, Store::new(maildir.join("new"))))
}
