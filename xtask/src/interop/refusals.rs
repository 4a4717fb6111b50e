//! What must not go through: without a login, with a wrong one, with a certificate that is another's.

use super::clients::{Client, Delivery};
use super::message::Kind;
use super::peers::Tls;
use super::stage::Stage;
use super::table::Table;
use super::world::GUARDED;
use crate::report::Stop;

/// Clients that try to relay through ours without logging in.
pub(super) fn run(stage: &mut Stage, table: &mut Table) {
    for client in [Client::Swaks, Client::Msmtp, Client::Curl, Client::Smtplib, stage.send] {
        let (port, store) = (stage.serve.peer.port, stage.serve.store);
        let who = format!("{} -> {}", client.name(), stage.serve.peer.name);
        table.scenario(&who, "no login, no relay", || {
            let message = stage.message(Kind::Awkward);
            let recipients = [format!("bob@{GUARDED}")];
            let delivery = Delivery {
                port,
                tls: Tls::StartTls,
                lmtp: false,
                auth: None,
                sender: "ann@sender.test",
                recipients: &recipients,
                message: &message,
            };
            let ended = client.send(&stage.world, &delivery)?;
            stage.expect_nowhere(&who, store, &message);
            if ended.code == Some(0) { Err(Stop::failed("it was relayed")) } else { Ok(()) }
        });
    }
}
