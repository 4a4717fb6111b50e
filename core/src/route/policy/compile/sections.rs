//! The sections that are there once, and `[[sign]]`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::relays::QUEUE;
use super::{Reader, values};
use crate::crypto::SigningKey;
use crate::dkim::Signer;
use crate::domain::Domain;
use crate::limits::MIN_SRS_KEY;
use crate::route::policy::finding::{Findings, key_mark};
use crate::route::policy::sections::{
    Capacity, Listen, ListenTls, Milter, Quarantine, Queue, Quota, Quotas, Sign, SignKey, SrsSettings, Testing,
    Timeouts,
};
use crate::route::policy::table::{Table, quoted};
use crate::smtp::sasl::Secret;

impl Reader<'_> {
    pub(super) fn srs(&mut self, table: &Table<'_>) -> Option<SrsSettings> {
        let item = table.item("srs")?;
        let table = item.table(&mut self.found, &["domain", "key_file"])?;
        if !table.has("domain") {
            self.found.error(table.place, "domain", "domain is missing: the domain of rewritten senders");
        }
        let domain = table.parse(&mut self.found, "domain", values::domain);
        let (key_file, key) = self.secret(&table, "key_file")?;
        if key.len() < MIN_SRS_KEY {
            let message =
                format!("the key has less than {MIN_SRS_KEY} octets; whoever guesses it makes us an open relay");
            self.found.error(table.place_of("key_file"), "key_file", message);
        }
        Some(SrsSettings { domain: domain?, key_file, key: Secret::new(key) })
    }

    pub(super) fn signers(&mut self, table: &Table<'_>) -> Vec<Sign> {
        let mut signers: Vec<Sign> = Vec::new();
        for item in table.list("sign") {
            let Some(table) = item.table(&mut self.found, &["domain", "keys"]) else { continue };
            if !table.has("domain") {
                self.found.error(table.place, "domain", "domain is missing: that of the author (From)");
            }
            let Some(domain) = table.parse(&mut self.found, "domain", values::domain) else { continue };
            if signers.iter().any(|sign| sign.domain == domain) {
                let message = format!("there is another [[sign]] for {domain}; write all keys into one");
                self.found.error(table.place_of("domain"), "domain", message);
                continue;
            }
            signers.extend(self.signer(&table, domain));
        }
        signers
    }

    fn signer(&mut self, table: &Table<'_>, domain: Domain) -> Option<Sign> {
        let mut signer = Signer::new(domain.clone());
        let mut keys = Vec::new();
        for item in table.list("keys") {
            let Some(table) = item.table(&mut self.found, &["selector", "file"]) else { continue };
            for key in ["selector", "file"] {
                if !table.has(key) {
                    self.found.error(table.place, key, "a key has a selector and a file");
                }
            }
            let selector = table.parse(&mut self.found, "selector", values::domain)?;
            let file = table.item("file")?;
            let path = file.text(&mut self.found)?;
            let octets = self.file(path, file.place(), "file")?;
            let text = self.utf8(octets, path, file.place())?;
            let key = match SigningKey::from_pem(&text) {
                Ok(key) => key,
                Err(error) => {
                    file.wrong(&mut self.found, format!("{} is no private key: {error}", quoted(path)));
                    return None;
                }
            };
            signer = match signer.key(selector.as_str(), key) {
                Ok(signer) => signer,
                Err(error) => {
                    item.wrong(&mut self.found, error.to_string());
                    return None;
                }
            };
            self.found.mark(key_mark(signer.domain(), selector.as_str()), table.place_of("selector"), "selector");
            keys.push(SignKey { selector: selector.to_string(), file: path.to_owned() });
        }
        if keys.is_empty() {
            let message = "keys is missing: [{ selector = \"s2026\", file = \"s2026.pem\" }]";
            self.found.error(table.place_of("keys"), "keys", message);
            return None;
        }
        Some(Sign { domain, keys, signer: Arc::new(signer) })
    }
}

pub(super) fn listen(table: &Table<'_>, found: &mut Findings) -> Listen {
    let keys = ["smtp", "submission", "submissions", "tls", "metrics", "admin"];
    let Some(table) = table.item("listen").and_then(|item| item.table(found, &keys)) else { return Listen::default() };
    let sockets = |key: &str, found: &mut Findings| table.each(found, key, values::socket);
    let tls = table.item("tls").and_then(|item| {
        let table = item.table(found, &["certificate", "key"])?;
        let file = |key: &str, found: &mut Findings| {
            if !table.has(key) {
                found.error(table.place, key, "tls needs certificate and key, both files of PEM");
            }
            table.text(found, key).map(str::to_owned)
        };
        let (certificate, key) = (file("certificate", found), file("key", found));
        Some(ListenTls { certificate: certificate?, key: key? })
    });
    let listen = Listen {
        smtp: sockets("smtp", found),
        submission: sockets("submission", found),
        submissions: sockets("submissions", found),
        tls,
        metrics: table.parse(found, "metrics", values::socket),
        admin: table.text(found, "admin").map(str::to_owned),
    };
    if !listen.submissions.is_empty() && listen.tls.is_none() {
        found.flaw(
            table.place_of("submissions"),
            "tls",
            "submissions is inside TLS, and there is no tls = { certificate, key }",
        );
    }
    let port = |all: &[std::net::SocketAddr], port| all.iter().any(|socket| socket.port() == port);
    if port(&listen.submission, 465) || port(&listen.smtp, 465) {
        found.warn(
            table.place_of("submission"),
            "submission",
            "clients speak TLS at once on port 465; STARTTLS is not tried there: list it under submissions",
        );
    }
    if port(&listen.submissions, 587) || port(&listen.submissions, 25) {
        found.warn(
            table.place_of("submissions"),
            "submissions",
            "clients speak STARTTLS on ports 25 and 587, and not TLS at once: list them under submission or smtp",
        );
    }
    let mut seen = BTreeSet::new();
    for socket in listen.all() {
        if socket.port() != 0 && !seen.insert(*socket) {
            found.error(table.place, "listen", format!("{socket} is there twice"));
        }
    }
    listen
}

pub(super) fn quotas(table: &Table<'_>, found: &mut Findings) -> Quotas {
    let Some(table) = table.item("limits").and_then(|item| item.table(found, &["per_user", "per_organisation"])) else {
        return Quotas::default();
    };
    let mut quota = |key: &str| {
        let table = table.item(key)?.table(found, &["messages", "recipients", "window"])?;
        let number = |key: &str, found: &mut Findings| table.number(found, key, 0, u64::MAX);
        let (messages, recipients) = (number("messages", found), number("recipients", found));
        if messages.is_none() && recipients.is_none() {
            found.error(table.place, key, "a quota has messages, recipients, or both");
        }
        if !table.has("window") {
            found.error(
                table.place,
                "window",
                "window is missing: the time in which so many may be sent, such as \"24h\"",
            );
        }
        Some(Quota { messages, recipients, window: table.parse(found, "window", values::duration)? })
    };
    Quotas { per_user: quota("per_user"), per_organisation: quota("per_organisation") }
}

pub(super) fn queue(table: &Table<'_>, found: &mut Findings) -> Queue {
    let Some(table) = table.item("queue").and_then(|item| item.table(found, &["when", "store"])) else {
        return Queue::default();
    };
    let when = table.item("when").and_then(|item| item.word(found, &QUEUE)).unwrap_or_default();
    Queue { when, store: table.text(found, "store").map(str::to_owned) }
}

pub(super) fn quarantine(table: &Table<'_>, found: &mut Findings) -> Option<Quarantine> {
    let item = table.item("quarantine")?;
    let table = item.table(found, &["route", "maildir"])?;
    let (route, maildir) = (table.text(found, "route"), table.text(found, "maildir"));
    match (route, maildir) {
        (Some(route), None) => Some(Quarantine::Route(route.to_owned())),
        (None, Some(folder)) => Some(Quarantine::Maildir(folder.to_owned())),
        _ => {
            item.wrong(found, "a quarantine is a route or a maildir");
            None
        }
    }
}

pub(super) fn authorities(table: &Table<'_>, found: &mut Findings) -> Option<String> {
    let table = table.item("tls")?.table(found, &["ca"])?;
    table.text(found, "ca").map(str::to_owned)
}

pub(super) fn testing(table: &Table<'_>, found: &mut Findings) -> Testing {
    let Some(item) = table.item("testing") else { return Testing::default() };
    let Some(inner) = item.table(found, &["mx_port", "loopback_mx"]) else { return Testing::default() };
    let mx_port = inner.number(found, "mx_port", 1, 65_535).and_then(|port| u16::try_from(port).ok());
    let loopback_mx = inner.flag(found, "loopback_mx", false);
    found.warn(item.place(), "testing", "MX delivery is bent for tests: nothing of this belongs into a gateway in use");
    Testing { mx_port, loopback_mx }
}

pub(super) fn timeouts(table: &Table<'_>, found: &mut Findings) -> Timeouts {
    let keys = ["rcpt", "end_of_data", "connect", "idle", "tls_failure"];
    let otherwise = Timeouts::default();
    let Some(table) = table.item("timeouts").and_then(|item| item.table(found, &keys)) else { return otherwise };
    let mut millis = |key: &str, otherwise| {
        table.parse(found, key, values::duration).map_or(otherwise, |seconds| seconds.saturating_mul(1000))
    };
    Timeouts {
        rcpt: millis("rcpt", otherwise.rcpt),
        end_of_data: millis("end_of_data", otherwise.end_of_data),
        connect: millis("connect", otherwise.connect),
        idle: millis("idle", otherwise.idle),
        tls_failure: millis("tls_failure", otherwise.tls_failure),
    }
}

pub(super) fn capacity(table: &Table<'_>, found: &mut Findings) -> Capacity {
    let keys = ["held", "spill", "per_destination", "wait", "message", "connections"];
    let otherwise = Capacity::default();
    let Some(table) = table.item("capacity").and_then(|item| item.table(found, &keys)) else { return otherwise };
    let number = |key: &str, otherwise: u32, found: &mut Findings| {
        let number = table.number(found, key, 1, u64::from(u32::MAX));
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
    };
    Capacity {
        held: table.parse(found, "held", values::size).unwrap_or(otherwise.held),
        spill: table.text(found, "spill").map(str::to_owned),
        per_destination: number("per_destination", otherwise.per_destination, found),
        wait: table.parse(found, "wait", values::duration).map_or(otherwise.wait, |s| s.saturating_mul(1000)),
        message: table.parse(found, "message", values::size).unwrap_or(otherwise.message),
        connections: number("connections", otherwise.connections, found),
    }
}

pub(super) fn milter(table: &Table<'_>, found: &mut Findings) -> Milter {
    let keys = ["listen", "on_reject", "trusted_authserv_ids"];
    let Some(table) = table.item("milter").and_then(|item| item.table(found, &keys)) else { return Milter::default() };
    Milter {
        listen: table.text(found, "listen").map(str::to_owned),
        on_reject: table.text(found, "on_reject").map(str::to_owned),
        trusted_authserv_ids: table.each(found, "trusted_authserv_ids", |text| Ok(text.to_owned())),
    }
}
