//! Haraka, a server in JavaScript, with a plugin of ours that files what arrives.

use std::process::Command;

use super::Peer;
use crate::interop::process::{self, Server};
use crate::interop::store::Store;
use crate::interop::world::{PASSWORD, USER, World};
use crate::report::Stop;
use crate::tools::npm;
use crate::workspace;

/// Starts one that accepts mail for these domains from anybody, for others from users.
pub(in crate::interop) fn start(world: &World, domains: &[&str]) -> Result<(Peer, Store), Stop> {
    let haraka = npm::mail()?.join("Haraka");
    let folder = world.peer("haraka")?;
    let maildir = folder.join("maildir");
    for name in ["maildir/tmp", "maildir/new", "config", "plugins"] {
        workspace::create_dir(&folder.join(name))?;
    }
    let (port, tls_port) = (process::free_port()?, process::free_port()?);
    let config = |name: &str, text: &str| workspace::write(&folder.join("config").join(name), text);
    config("me", "haraka.test\n")?;
    config("maildir", &format!("{}\n", maildir.display()))?;
    config("host_list", &format!("{}\n", domains.join("\n")))?;
    config("plugins", "tls\nauth/flat_file\nmaildir\n")?;
    config("smtp.ini", &format!("listen=127.0.0.1:{port},127.0.0.1:{tls_port}\nsmtps_port={tls_port}\nnodes=0\n"))?;
    config("tls.ini", "key=key.pem\ncert=certificate.pem\n")?;
    let users = format!("[core]\nmethods=PLAIN,LOGIN\nconstrain_sender=false\n[users]\n{USER}={PASSWORD}\n");
    config("auth_flat_file.ini", &users)?;
    // It refuses the longest line that RFC 5321 allows, unless told otherwise, and wants to be told all.
    let connection = workspace::read(&haraka.join("config/connection.ini"))?;
    config("connection.ini", &connection.replace("data_line_length=992", "data_line_length=1000"))?;
    workspace::copy(&world.certificate(), &folder.join("config/certificate.pem"))?;
    workspace::copy(&world.key(), &folder.join("config/key.pem"))?;
    workspace::copy(&workspace::root().join("xtask/interop/haraka_maildir.js"), &folder.join("plugins/maildir.js"))?;
    let mut command = Command::new(npm::node()?);
    command.arg(haraka.join("bin/haraka")).arg("-c").arg(&folder).current_dir(&folder);
    let mut server = Server::start("Haraka", command, folder.join("output"))?;
    server.accepts(port)?;
    let peer = Peer {
        name: "Haraka",
        port,
        tls_port: Some(tls_port),
        mechanisms: &["PLAIN", "LOGIN"],
        starttls: true,
        utf8: true,
        eight_bit: true,
        chunking: false,
        lmtp: false,
        no_tls: "",
        server,
    };
    Ok((peer, Store::new(maildir.join("new"))))
}
