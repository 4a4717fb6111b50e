//! What must not go through, and that each side says so.

use super::clients::{Client, Delivery};
use super::message::Kind;
use super::peers::{Tls, smtp_sink};
use super::stage::Stage;
use super::table::Table;
use super::world::{GUARDED, OPEN, Trust};
use crate::report::Stop;

/// `passerelle send`: some recipient was refused for good.
const REFUSED: i32 = 1;
/// `passerelle send`: later it may go through.
const LATER: i32 = 3;

pub(super) fn run(stage: &mut Stage, table: &mut Table) {
    relaying(stage, table);
    wrong_passwords(stage, table);
    wrong_certificates(stage, table);
    exit_codes(stage, table);
}

/// Clients that try to relay through ours without logging in.
fn relaying(stage: &mut Stage, table: &mut Table) {
    for client in [Client::Swaks, Client::Msmtp, Client::Curl, Client::Smtplib, stage.send] {
        let (port, store) = (stage.serve.peer.port, stage.serve.store);
        let who = format!("{} -> {}", client.name(), stage.serve.peer.name);
        table.scenario(&who, "no login, no relay", || {
            refused(stage, &who, client, store, Attempt { port, domain: GUARDED, ..ATTEMPT })
        });
    }
}

/// Logins with a wrong password, by others at ours and by ours at others.
fn wrong_passwords(stage: &mut Stage, table: &mut Table) {
    let mut pairs: Vec<(Client, &'static str, u16, usize)> = Vec::new();
    for client in [Client::Swaks, Client::Msmtp, Client::Curl, Client::Smtplib] {
        pairs.push((client, stage.serve.peer.name, stage.serve.peer.port, stage.serve.store));
    }
    for target in stage.mtas.iter().chain(&stage.servers).filter(|target| target.peer.mechanisms.contains(&"PLAIN")) {
        if !target.peer.lmtp {
            pairs.push((stage.send, target.peer.name, target.peer.port, target.store));
        }
    }
    for (client, name, port, store) in pairs {
        let who = format!("{} -> {name}", client.name());
        table.scenario(&who, "a wrong password", || {
            let attempt = Attempt { port, domain: GUARDED, auth: Some("PLAIN"), wrong_password: true, ..ATTEMPT };
            refused(stage, &who, client, store, attempt)
        });
    }
}

/// Ours, where it must not trust the server.
fn wrong_certificates(stage: &mut Stage, table: &mut Table) {
    let Some(target) = stage.servers.first() else { return };
    let (name, port, tls_port, store) = (target.peer.name, target.peer.port, target.peer.tls_port, target.store);
    let who = format!("{} -> {name}", stage.send.name());
    for (what, trust) in [("an unknown authority", Trust::Stranger), ("another name", Trust::OtherName)] {
        for (tls, port) in [(Tls::Upgraded, Some(port)), (Tls::Implicit, tls_port)] {
            let Some(port) = port else { continue };
            table.scenario(&who, what, || {
                let attempt = Attempt { port, tls, trust, ..ATTEMPT };
                refused(stage, &who, stage.send, store, attempt)
            });
        }
    }
}

/// Servers that refuse one command or vanish at it, and how `send` ends then.
fn exit_codes(stage: &mut Stage, table: &mut Table) {
    let cases: [(&str, [&str; 2], i32); 6] = [
        ("MAIL refused", ["-f", "MAIL"], REFUSED),
        ("RCPT refused", ["-f", "RCPT"], REFUSED),
        ("data refused", ["-f", "."], REFUSED),
        ("RCPT later", ["-r", "RCPT"], LATER),
        ("data later", ["-r", "."], LATER),
        ("421 at MAIL", ["-Q", "MAIL"], LATER),
    ];
    let who = format!("{} -> smtp-sink", stage.send.name());
    for (number, (what, options, code)) in cases.into_iter().enumerate() {
        table.scenario(&who, what, || {
            const NAMES: [&str; 6] = ["sink-0", "sink-1", "sink-2", "sink-3", "sink-4", "sink-5"];
            let (peer, _) = smtp_sink::start(&stage.world, NAMES[number], &options)?;
            let attempt = Attempt { port: peer.port, tls: Tls::Never, ..ATTEMPT };
            let ended = attempt.make(stage, stage.send)?.1;
            if ended.code == Some(code) {
                Ok(())
            } else {
                Err(Stop::Failed(format!("ended with {:?} and not {code}: {}", ended.code, ended.text.trim())))
            }
        });
    }
}

/// A delivery that is to fail.
#[derive(Clone, Copy)]
struct Attempt {
    port: u16,
    tls: Tls,
    trust: Trust,
    auth: Option<&'static str>,
    wrong_password: bool,
    domain: &'static str,
}

const ATTEMPT: Attempt =
    Attempt { port: 0, tls: Tls::Upgraded, trust: Trust::Ours, auth: None, wrong_password: false, domain: OPEN };

impl Attempt {
    fn make(self, stage: &mut Stage, client: Client) -> Result<(super::message::Message, super::process::Ended), Stop> {
        let message = stage.message(Kind::Awkward);
        let recipients = [format!("bob@{}", self.domain)];
        let delivery = Delivery {
            port: self.port,
            tls: self.tls,
            trust: self.trust,
            lmtp: false,
            bdat: false,
            auth: self.auth,
            wrong_password: self.wrong_password,
            sender: "ann@sender.test",
            recipients: &recipients,
            message: &message,
        };
        let ended = client.send(&stage.world, &delivery)?;
        Ok((message, ended))
    }
}

/// Makes the attempt; it must fail, and its message must never arrive.
fn refused(stage: &mut Stage, who: &str, client: Client, store: usize, attempt: Attempt) -> Result<(), Stop> {
    let (message, ended) = attempt.make(stage, client)?;
    stage.expect_nowhere(who, store, &message);
    if ended.code == Some(0) { Err(Stop::failed("it went through")) } else { Ok(()) }
}
