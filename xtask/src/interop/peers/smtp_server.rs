//! smtp-server, of the makers of nodemailer, with our program around it that files what arrives.

use std::process::Command;

use super::Peer;
use crate::interop::process::Server;
use crate::interop::store::Store;
use crate::interop::world::World;
use crate::report::Stop;
use crate::tools::npm;
use crate::workspace;

/// Starts one that accepts mail for these domains from anybody, for others from users.
pub(in crate::interop) fn start(
    world: &World,
    name: &'static str,
    lmtp: bool,
    domains: &[&str],
) -> Result<(Peer, Store), Stop> {
    let folder = world.peer(&name.replace(' ', "-"))?;
    let maildir = folder.join("maildir");
    let mut command = Command::new(npm::node()?);
    command.env("PASSERELLE_NPM", npm::mail()?);
    command.arg(workspace::root().join("xtask/interop/smtp_server.cjs"));
    command.args(["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]);
    command.arg("--tls-cert").arg(world.certificate()).arg("--tls-key").arg(world.key());
    command.arg("--auth-users").arg(world.users()).arg("--maildir").arg(&maildir);
    command.args(lmtp.then_some("--lmtp"));
    command.args(domains.iter().flat_map(|domain| ["--domain", domain]));
    let mut server = Server::start(name, command, folder.join("output"))?;
    let ports = server.says_ports(2)?;
    let peer = Peer {
        name,
        port: ports[0],
        tls_port: Some(ports[1]),
        mechanisms: &["PLAIN", "LOGIN"],
        starttls: true,
        utf8: true,
        eight_bit: true,
        chunking: false,
        lmtp,
        no_tls: "",
        server,
    };
    Ok((peer, Store::new(maildir.join("new"))))
}
