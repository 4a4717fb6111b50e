//! Postfix's smtp-sink: takes anything and writes it into files. Neither TLS nor SMTPUTF8.

use super::{Peer, postfix};
use crate::interop::process::{self, Server};
use crate::interop::store::Store;
use crate::interop::world::World;
use crate::report::Stop;

/// Starts one that keeps nothing.
pub(in crate::interop) fn start_forgetting(world: &World, name: &'static str) -> Result<Peer, Stop> {
    launch(world, name, &[])
}

/// Starts one with these options, and a store in which its files are found.
pub(in crate::interop) fn start(world: &World, name: &'static str, options: &[&str]) -> Result<(Peer, Store), Stop> {
    let files = world.peer(&format!("{}/files", name.replace(' ', "-")))?;
    let dump = format!("{}/m.", files.display());
    let options = [options, &["-d", &dump]].concat();
    Ok((launch(world, name, &options)?, Store::padded(files)))
}

fn launch(world: &World, name: &'static str, options: &[&str]) -> Result<Peer, Stop> {
    let folder = world.peer(&name.replace(' ', "-"))?;
    let port = process::free_port()?;
    let mut command = postfix::program(world, "smtp-sink");
    // As root it wants an account to change to.
    command.args(["-u", "root", "-h", "smtp-sink.test"]).args(options);
    command.arg(format!("127.0.0.1:{port}")).arg("100").current_dir(&folder);
    let mut server = Server::start(name, command, folder.join("output"))?;
    server.accepts(port)?;
    Ok(Peer {
        name,
        port,
        tls_port: None,
        mechanisms: &[],
        starttls: false,
        utf8: false,
        chunking: false,
        lmtp: options.contains(&"-L"),
        no_tls: "smtp-sink has no TLS",
        server,
    })
}
