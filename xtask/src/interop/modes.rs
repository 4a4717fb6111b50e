//! Every client with every server in every mode.

use super::clients::{Client, Delivery};
use super::message::Kind;
use super::peers::{Peer, Tls};
use super::stage::{Stage, Target, serve_domain};
use super::table::Table;
use super::world::{GUARDED, OPEN, Trust};

/// How a message is sent.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    name: &'static str,
    pub(super) tls: Tls,
    pub(super) auth: Option<&'static str>,
    pub(super) lmtp: bool,
    pub(super) bdat: bool,
    pub(super) kind: Kind,
    recipients: usize,
}

const PLAIN: Mode =
    Mode { name: "plain", tls: Tls::Never, auth: None, lmtp: false, bdat: false, kind: Kind::Awkward, recipients: 2 };
const STARTTLS: Mode = Mode { name: "STARTTLS", tls: Tls::Upgraded, ..PLAIN };

const MODES: [Mode; 16] = [
    PLAIN,
    STARTTLS,
    Mode { name: "TLS", tls: Tls::Implicit, ..PLAIN },
    Mode { name: "8BITMIME", kind: Kind::EightBit, ..PLAIN },
    Mode { name: "SMTPUTF8", kind: Kind::Utf8, ..PLAIN },
    Mode { name: "10 MB", kind: Kind::Large, recipients: 1, ..PLAIN },
    Mode { name: "10 MB, STARTTLS", kind: Kind::Large, recipients: 1, ..STARTTLS },
    Mode { name: "1,000 recipients", recipients: 1000, ..PLAIN },
    Mode { name: "BDAT", bdat: true, kind: Kind::EightBit, ..PLAIN },
    Mode { name: "LMTP", lmtp: true, ..PLAIN },
    Mode { name: "AUTH PLAIN", auth: Some("PLAIN"), ..STARTTLS },
    Mode { name: "AUTH LOGIN", auth: Some("LOGIN"), ..STARTTLS },
    Mode { name: "AUTH SCRAM-SHA-1", auth: Some("SCRAM-SHA-1"), ..STARTTLS },
    Mode { name: "AUTH SCRAM-SHA-256", auth: Some("SCRAM-SHA-256"), tls: Tls::Implicit, ..PLAIN },
    Mode { name: "AUTH SCRAM-SHA-1-PLUS", auth: Some("SCRAM-SHA-1-PLUS"), ..STARTTLS },
    Mode { name: "AUTH SCRAM-SHA-256-PLUS", auth: Some("SCRAM-SHA-256-PLUS"), tls: Tls::Implicit, ..PLAIN },
];

/// Clients other than ours, to ours.
pub(super) fn clients_to_serve(stage: &mut Stage, table: &mut Table) {
    let clients = [
        Client::Swaks,
        Client::Msmtp,
        Client::Curl,
        Client::Smtplib,
        Client::Nodemailer,
        Client::Lettre,
        Client::Ruby,
        Client::Perl,
    ];
    for client in clients {
        for mode in MODES {
            scenario(stage, table, client, |stage| ours(stage, mode), mode);
        }
    }
}

/// Clients other than ours, to the MTAs: that both can do what is asked of ours.
pub(super) fn clients_to_mtas(stage: &mut Stage, table: &mut Table) {
    for client in [Client::Swaks, Client::Msmtp, Client::Curl] {
        for mode in MODES.into_iter().filter(|mode| !mode.lmtp) {
            for place in 0..stage.mtas.len() {
                scenario(stage, table, client, move |stage| &stage.mtas[place], mode);
            }
        }
    }
}

/// Ours, to every server.
pub(super) fn send_to_servers(stage: &mut Stage, table: &mut Table) {
    for mode in MODES {
        for place in 0..stage.mtas.len() {
            if !mode.lmtp {
                scenario(stage, table, stage.send, move |stage| &stage.mtas[place], mode);
            }
        }
        for place in 0..stage.servers.len() {
            if mode.lmtp == stage.servers[place].peer.lmtp {
                scenario(stage, table, stage.send, move |stage| &stage.servers[place], mode);
            }
        }
        scenario(stage, table, stage.send, |stage| ours(stage, mode), mode);
    }
}

fn scenario(stage: &mut Stage, table: &mut Table, client: Client, pick: impl Fn(&Stage) -> &Target, mode: Mode) {
    let (peer, store) = (&pick(stage).peer, pick(stage).store);
    let who = format!("{} -> {}", client.name(), peer.name);
    let reason = client.cannot(&mode).map(|reason| (client.name(), reason));
    if let Some((name, reason)) = reason.or_else(|| cannot(peer, mode).map(|reason| (peer.name, reason))) {
        table.cannot(&who, mode.name, &format!("{name}: {reason}"));
        return;
    }
    let name = peer.name;
    let port = if mode.tls == Tls::Implicit { peer.tls_port.unwrap_or(peer.port) } else { peer.port };
    table.scenario(&who, mode.name, || {
        // What only users may send shows that the client was let in as one.
        let recipients = recipients(mode, if mode.auth.is_some() { GUARDED } else { OPEN });
        let message = stage.message(mode.kind);
        let delivery = Delivery {
            port,
            tls: mode.tls,
            trust: Trust::Ours,
            lmtp: mode.lmtp,
            bdat: mode.bdat,
            auth: mode.auth,
            wrong_password: false,
            sender: sender(mode.kind),
            recipients: &recipients,
            message: &message,
        };
        client.send(&stage.world, &delivery)?.success(client.name())?;
        stage.expect(&format!("{who}, {}", mode.name), store, &message, &recipients)?;
        if mode.bdat { stage.went_in_bdat(name, &message) } else { Ok(()) }
    });
}

/// MTAs, to ours: each is given the message by smtplib and delivers it by its route for the domain.
pub(super) fn mtas_to_serve(stage: &mut Stage, table: &mut Table) {
    for place in 0..stage.mtas.len() {
        for mode in MODES {
            let serve = ours(stage, mode);
            let (mta, store) = (&stage.mtas[place].peer, serve.store);
            let who = format!("{} -> {}", mta.name, serve.peer.name);
            if let Some(reason) = mta_cannot(mta, mode).or_else(|| cannot(&serve.peer, mode)) {
                table.cannot(&who, mode.name, reason);
                continue;
            }
            let (name, port) = (mta.name, mta.port);
            table.scenario(&who, mode.name, || {
                let recipients = recipients(mode, &serve_domain(&way(mode)));
                let message = stage.message(mode.kind);
                let delivery = Delivery {
                    port,
                    tls: Tls::Never,
                    trust: Trust::Ours,
                    lmtp: false,
                    bdat: false,
                    auth: None,
                    wrong_password: false,
                    sender: sender(mode.kind),
                    recipients: &recipients,
                    message: &message,
                };
                Client::Smtplib.send(&stage.world, &delivery)?.success("smtplib")?;
                stage.expect(&format!("{who}, {}", mode.name), store, &message, &recipients)?;
                if mode.bdat { stage.went_in_bdat(name, &message) } else { Ok(()) }
            });
        }
    }
}

/// Which of our servers a mode is for.
fn ours(stage: &Stage, mode: Mode) -> &Target {
    match mode {
        Mode { lmtp: true, .. } => &stage.serve_lmtp,
        Mode { auth: Some(_), .. } => &stage.serve_users,
        _ => &stage.serve,
    }
}

fn way(mode: Mode) -> String {
    let way = match (mode.auth, mode.lmtp, mode.tls) {
        (Some(mechanism), _, _) => return format!("auth-{mechanism}"),
        (None, true, _) => "lmtp",
        (None, false, Tls::Never) => "plain",
        (None, false, Tls::Upgraded) => "starttls",
        (None, false, Tls::Implicit) => "tls",
    };
    way.to_owned()
}

fn sender(kind: Kind) -> &'static str {
    if kind == Kind::Utf8 { "zoë@sender.test" } else { "ann@sender.test" }
}

fn recipients(mode: Mode, domain: &str) -> Vec<String> {
    let name = if mode.kind == Kind::Utf8 { "пётр" } else { "bob" };
    (0..mode.recipients).map(|number| format!("{name}{number}@{domain}")).collect()
}

/// Why a server cannot take it.
fn cannot(peer: &Peer, mode: Mode) -> Option<&'static str> {
    let no_tls =
        (mode.tls == Tls::Upgraded && !peer.starttls) || (mode.tls == Tls::Implicit && peer.tls_port.is_none());
    match mode.auth {
        _ if no_tls => Some(peer.no_tls),
        _ if mode.bdat && !peer.chunking => Some("has no CHUNKING"),
        _ if mode.kind == Kind::EightBit && !peer.eight_bit => Some("has no 8BITMIME"),
        _ if mode.kind == Kind::Utf8 && !peer.utf8 => Some("has no SMTPUTF8"),
        Some(mechanism) if !peer.mechanisms.contains(&mechanism) => Some("has no such mechanism"),
        _ => None,
    }
}

/// Why an MTA cannot deliver it.
fn mta_cannot(mta: &Peer, mode: Mode) -> Option<&'static str> {
    let speaks: &[&str] = match mta.name {
        "Postfix" => &["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"],
        "Exim" => &["PLAIN", "LOGIN"],
        // It has LOGIN too, but takes PLAIN where that is offered.
        _ => &["PLAIN"],
    };
    match mode.auth {
        Some(mechanism) if !speaks.contains(&mechanism) => Some("does not log in by this mechanism"),
        _ if mode.bdat && mta.name != "Exim" => Some("delivers with DATA only"),
        _ if mode.kind == Kind::Utf8 && !mta.utf8 => Some("has no SMTPUTF8"),
        _ => None,
    }
}
