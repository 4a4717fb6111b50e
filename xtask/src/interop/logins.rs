//! GNU SASL's own client, which binds a login to its TLS connection and sends no mail.

use std::process::Command;
use std::time::Duration;

use super::peers::Peer;
use super::process;
use super::stage::Stage;
use super::table::Table;
use super::world::{PASSWORD, REALM, TLS_NAME, USER, WRONG_PASSWORD, World};
use crate::report::Stop;

const MECHANISMS: [&str; 6] =
    ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"];
const PATIENCE: Duration = Duration::from_secs(20);

/// Logs in at ours, and at Postfix and Exim to see that it can.
pub(super) fn gsasl(stage: &mut Stage, table: &mut Table) {
    let controls = stage.mtas.iter().filter(|target| target.peer.mechanisms.contains(&"SCRAM-SHA-1"));
    for peer in [&stage.serve].into_iter().chain(controls).map(|target| &target.peer) {
        let who = format!("gsasl -> {}", peer.name);
        for mechanism in MECHANISMS {
            let what = format!("AUTH {mechanism}");
            if !peer.mechanisms.contains(&mechanism) {
                table.cannot(&who, &what, &format!("{}: has no such mechanism", peer.name));
                continue;
            }
            table.scenario(&who, &what, || login(&stage.world, peer, mechanism, PASSWORD)?.success("gsasl"));
            table.scenario(&who, &format!("{what}, wrong"), || {
                match login(&stage.world, peer, mechanism, WRONG_PASSWORD)?.code {
                    Some(0) => Err(Stop::failed("a wrong password was taken")),
                    _ => Ok(()),
                }
            });
        }
    }
}

fn login(world: &World, peer: &Peer, mechanism: &str, password: &str) -> Result<process::Ended, Stop> {
    let mut command = Command::new("gsasl");
    command.args(["--smtp", "--client"]);
    // With a binding at hand but not used it would tell a server that offers one of an attack.
    command.args((!mechanism.ends_with("-PLUS")).then_some("--no-cb"));
    command.args(["--mechanism", mechanism, "--authentication-id", USER, "--authorization-id", ""]);
    command.args(["--password", password, "--realm", REALM, "--hostname", TLS_NAME, "--service", "smtp"]);
    command.arg("--x509-ca-file").arg(world.ca()).arg("--quiet");
    command.args(["--connect", &format!("127.0.0.1:{}", peer.port)]);
    process::run("gsasl", &mut command, None, PATIENCE)
}
