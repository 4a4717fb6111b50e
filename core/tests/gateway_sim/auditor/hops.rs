//! What the hosts hear and say.

use passerelle::UnixTime;

use super::dialogue::{Dialogue, END, Spoken};
use super::{Auditor, Verdict, content, decisions, path, wrong};
use crate::certificates::Shown;
use crate::world::{Demand, HOSTS};

/// A connection to a host.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) session: u64,
    pub(crate) host: usize,
    pub(crate) shown: Shown,
    dialogue: Dialogue,
    pub(crate) is_secured: bool,
    offers_requiretls: bool,
    mail: String,
    recipients: Vec<String>,
    message: Option<Vec<u8>>,
    messages: u64,
}

/// A host has taken a message.
#[derive(Debug)]
pub(crate) struct Taking {
    pub(crate) link: u64,
    host: usize,
    pub(crate) recipients: Vec<String>,
    /// Whether it is for the archive.
    pub(crate) is_copy: bool,
    /// The gateway knows of it when it has so many octets of the host.
    pub(crate) upto: u64,
    pub(crate) is_known: bool,
}

impl Taking {
    pub(crate) fn host_name(&self) -> &'static str {
        HOSTS[self.host].name
    }
}

impl Hop {
    pub(crate) fn new(session: u64, host: usize, shown: Shown) -> Self {
        Self {
            session,
            host,
            shown,
            dialogue: Dialogue::new(),
            is_secured: false,
            offers_requiretls: false,
            mail: String::new(),
            recipients: Vec::new(),
            message: None,
            messages: 0,
        }
    }

    /// Whether it is proven to be the one that was meant.
    pub(crate) fn is_verified(&self) -> bool {
        self.is_secured && self.shown == Shown::Proper
    }
}

impl Auditor {
    pub(super) fn hop_hears(&mut self, _: UnixTime, link: u64, octets: &[u8], secured: bool) -> Verdict {
        let Some(hop) = self.hops.get_mut(&link) else { return Ok(()) };
        hop.is_secured = secured;
        let session = hop.session;
        let mail = self.clients.get(&session).and_then(|client| client.transaction.message);
        let host = &HOSTS[hop.host];
        for spoken in hop.dialogue.said(octets) {
            match spoken {
                Spoken::Command(line) => {
                    let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
                    if verb == "AUTH" {
                        self.tally.add("hop: credentials are shown");
                        if !(hop.is_secured && hop.shown == Shown::Proper) {
                            let what = format!("{} hears {verb}, secured: {secured}, {:?}", host.name, hop.shown);
                            return Err(wrong("credential", mail, what));
                        }
                    }
                    if matches!(&*verb, "MAIL" | "RCPT" | "DATA" | "BDAT") {
                        self.tally.add(if secured { "hop: in TLS" } else { "hop: in clear text" });
                        if host.demand == Demand::Verified && !(secured && hop.shown == Shown::Proper) {
                            let what = format!("{} hears {line}, secured: {secured}, {:?}", host.name, hop.shown);
                            return Err(wrong("clear text", mail, what));
                        }
                    }
                    match &*verb {
                        "MAIL" => {
                            hop.mail = line;
                            hop.recipients.clear();
                            hop.message = None;
                        }
                        "RSET" => hop.recipients.clear(),
                        _ => {}
                    }
                }
                Spoken::Message(content) => hop.message = Some(content),
                Spoken::Reply { .. } => {}
            }
        }
        Ok(())
    }

    pub(super) fn hop_says(&mut self, now: UnixTime, link: u64, octets: &[u8], upto: u64) -> Verdict {
        let Some(hop) = self.hops.get_mut(&link) else { return Ok(()) };
        for spoken in hop.dialogue.heard(octets) {
            let Spoken::Reply { to, code, text } = spoken else { continue };
            let Some(hop) = self.hops.get_mut(&link) else { return Ok(()) };
            let verb = to.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match &*verb {
                "EHLO" => hop.offers_requiretls = text.lines().any(|line| line == "REQUIRETLS"),
                "RCPT" if (200..300).contains(&code) => hop.recipients.push(path(&to)),
                END => {
                    let message = hop.message.take();
                    if let (200..300, Some(message)) = (code, message) {
                        self.taken(now, link, &message, upto)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A host has taken a message.
    fn taken(&mut self, now: UnixTime, link: u64, message: &[u8], upto: u64) -> Verdict {
        let Some(hop) = self.hops.get_mut(&link) else { return Ok(()) };
        let host = &HOSTS[hop.host];
        let recipients = std::mem::take(&mut hop.recipients);
        hop.messages += 1;
        if recipients.is_empty() {
            return Ok(());
        }
        let Some(number) = content::number(message) else {
            return Err(wrong("content", None, format!("{} takes what nobody sent", host.name)));
        };
        let mail = &self.mails[number];
        let hop = &*hop;
        let Some(client) = self.clients.get_mut(&hop.session) else {
            return Err(wrong("relay", Some(number), format!("{} takes it for no session", host.name)));
        };
        let transaction = &mut client.transaction;
        if transaction.message.is_some_and(|own| own != number) {
            return Err(wrong(
                "content",
                Some(number),
                format!("{} takes it in the transaction of another", host.name),
            ));
        }
        self.tally.add(if host.is_archive { "hop: takes a copy for the archive" } else { "hop: takes a message" });
        for to in &recipients {
            let is_copy = host.is_archive && to == content::ARCHIVE;
            if !is_copy && !transaction.named().any(|named| named == to) {
                return Err(wrong(
                    "relay",
                    Some(number),
                    format!("{} takes it for {to}, to whom it is not", host.name),
                ));
            }
            if !content::may_send(mail, to, client.has_auth && transaction.is_secured, is_copy) {
                let what = format!("{} takes it for {to} from {} by {:?}", host.name, mail.from, mail.who);
                return Err(wrong("relay", Some(number), what));
            }
            let before = transaction.takings.iter().find(|taking| taking.recipients.contains(to));
            if let (Some(before), false) = (before, is_copy) {
                let what = format!("{} and {} take it for {to} in one transaction", before.host_name(), host.name);
                return Err(wrong("once", Some(number), what));
            }
            let times = self.taken.entry((number, to.clone())).or_default();
            *times += 1;
            if *times > 1 {
                self.tally.add(if is_copy { "twice: in the archive" } else { "twice: in the window of RFC 1047" });
            }
        }
        if transaction.mail.to_ascii_uppercase().contains("REQUIRETLS") && !host.is_archive {
            self.tally.add("hop: takes a message with REQUIRETLS");
            if !hop.is_verified() || !hop.mail.to_ascii_uppercase().contains("REQUIRETLS") {
                let what = format!("{} takes it, verified: {}, and said {}", host.name, hop.is_verified(), hop.mail);
                return Err(wrong("clear text", Some(number), what));
            }
        }
        content::passed_on(mail, message, false)?;
        content::signed(mail, message, &mut self.tally)?;
        decisions::allows(now, mail, client, hop, &recipients, &mut self.tally)?;
        client.transaction.takings.push(Taking {
            link,
            host: hop.host,
            is_copy: host.is_archive,
            recipients,
            upto,
            is_known: false,
        });
        Ok(())
    }
}
