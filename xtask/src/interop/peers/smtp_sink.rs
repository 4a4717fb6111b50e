//! Postfix's smtp-sink: takes anything and writes it into files. Neither TLS nor SMTPUTF8.

use super::{Peer, postfix};
use crate::interop::process::{self, Server};
use crate::interop::store::Store;
use crate::interop::world::World;
use crate::report::Stop;

/// Starts one with these options, and a store in which its files are found.
pub(in crate::interop) fn start(world: &World, name: &'static str, options: &[&str]) -> Result<(Peer, Store), Stop> {
    let folder = world.peer(&name.replace(' ', "-"))?;
    let files = world.peer(&format!("{}/files", name.replace(' ', "-")))?;
    let port = process::free_port()?;
    let mut command = postfix::program(world, "smtp-sink");
    // As root it wants an account to change to.
    command.args(["-u", "root", "-d", &format!("{}/m.", files.display()), "-h", "smtp-sink.test"]).args(options);
    command.arg(format!("127.0.0.1:{port}")).arg("100").current_dir(&folder);
    let mut server = Server::start(name, command, folder.join("output"))?;
    server.accepts(port)?;
    let peer = Peer {
        name,
        port,
        tls_port: None,
        mechanisms: &[],
        starttls: false,
        utf8: false,
        lmtp: options.contains(&"-L"),
        no_tls: "smtp-sink has no TLS",
        server,
    };
    Ok((peer, Store::padded(files)))
}
