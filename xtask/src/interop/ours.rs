//! `passerelle serve` and `passerelle send`, or what stands in for them where the peers are tried by themselves.

use std::process::Command;

use super::peers::{Peer, aiosmtpd};
use super::process::Server;
use super::store::Store;
use super::world::World;
use crate::built;
use crate::report::Stop;
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

/// How it serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Smtp,
    Lmtp,
    /// SMTP, for those who log in alone.
    Users,
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
    /// Starts it for these domains.
    pub(super) fn start(self, world: &World, service: Service, domains: &[&str]) -> Result<(Peer, Store), Stop> {
        match (self, service) {
            (Self::Passerelle, Service::Smtp) => serve(world, "serve", &[], domains),
            (Self::Passerelle, Service::Lmtp) => serve(world, "serve LMTP", &["--lmtp"], domains),
            (Self::Passerelle, Service::Users) => serve(world, "serve users", &["--auth-required"], domains),
            (Self::StandIn, Service::Smtp) => aiosmtpd::start(world, "(aiosmtpd)", false, domains),
            (Self::StandIn, Service::Lmtp) => aiosmtpd::start(world, "(aiosmtpd LMTP)", true, domains),
            // Without a domain that is open to all it takes mail from users only.
            (Self::StandIn, Service::Users) => aiosmtpd::start(world, "(aiosmtpd users)", false, &[]),
        }
    }
}

/// Builds the command; measured is what its users run.
pub(super) fn build() -> Result<(), Stop> {
    if built::RELEASE.is_there() {
        return Ok(());
    }
    built::release_command().map(drop)
}

fn program() -> std::path::PathBuf {
    workspace::target().join("release/passerelle")
}

fn serve(world: &World, name: &'static str, options: &[&str], domains: &[&str]) -> Result<(Peer, Store), Stop> {
    let folder = world.peer(&name.replace(' ', "-"))?;
    let (maildir, dns) = (folder.join("maildir"), folder.join("dns.json"));
    // Nothing is known, and nobody outside is asked.
    workspace::write(&dns, "{\"default\": \"NXDOMAIN\", \"answers\": []}\n")?;
    let mut command = Command::new(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--hostname", "serve.test"]);
    command.arg("--tls-cert").arg(world.certificate()).arg("--tls-key").arg(world.key());
    command.arg("--auth-users").arg(world.users()).arg("--maildir").arg(&maildir).arg("--dns").arg(dns);
    command.args(options).args(domains.iter().flat_map(|domain| ["--domain", domain]));
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
        eight_bit: true,
        lmtp: options.contains(&"--lmtp"),
        no_tls: "",
        server,
    };
    Ok((peer, Store::new(maildir.join("new"))))
}
