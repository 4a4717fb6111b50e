//! The steps that a message took, as its `Received` fields tell them (RFC 5321 §4.4).

use std::net::IpAddr;

use serde::Serialize;

use super::date;
use super::header::Field;
use super::received::client_address;
use super::unfold;
#[cfg(feature = "tls")]
use crate::domain::Domain;
use crate::mailbox::{Cursor, is_wsp};

/// One step, from what whoever took the message in wrote. Anybody on the way can have written it, and all those below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// Which `Received` field it is, counted from the top, from 1 on.
    pub field: usize,
    /// The name that the client gave.
    pub from: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The host that took it in.
    pub by: Option<String>,
    /// The protocol, such as `ESMTPS`.
    pub with: Option<String>,
    /// Whether the field says that the connection was encrypted: by the protocol's name (RFC 3848), or by a comment on TLS.
    pub tls: bool,
    /// When, in Unix time.
    pub time: Option<i64>,
    /// Seconds since the step before; less than none where clocks differ.
    pub delay: Option<i64>,
}

impl Hop {
    pub(super) fn of(number: usize, field: Field<'_>) -> Self {
        let value = unfold(field.value());
        let text = String::from_utf8_lossy(&value);
        // The date is behind the last semicolon; a comment or an identifier may have one, too.
        let (clauses, date) = text.rsplit_once(';').unwrap_or((&text, ""));
        let mut hop = Self { field: number, ip: client_address(field), time: date::parse(date), ..Self::default() };
        hop.read(clauses);
        hop.tls |= hop.with.as_deref().is_some_and(is_over_tls);
        hop
    }

    fn read(&mut self, clauses: &str) {
        let mut cursor = Cursor::new(clauses);
        loop {
            cursor.take_while(is_wsp);
            if cursor.eat('(') {
                let Ok(comment) = cursor.comment() else { return };
                self.tls |= tells_of_tls(comment);
                continue;
            }
            let word = cursor.take_while(|c| !is_wsp(c) && c != '(');
            let clause = match word {
                "" => return,
                word if word.eq_ignore_ascii_case("from") => &mut self.from,
                word if word.eq_ignore_ascii_case("by") => &mut self.by,
                word if word.eq_ignore_ascii_case("with") => &mut self.with,
                _ => continue,
            };
            cursor.take_while(is_wsp);
            let value = cursor.take_while(|c| !is_wsp(c) && c != '(');
            if clause.is_none() && !value.is_empty() {
                *clause = Some(value.to_owned());
            }
        }
    }

    /// The steps of fields from top to bottom, the oldest first, each with the time since the one before.
    pub(super) fn in_order(mut hops: Vec<Self>) -> Vec<Self> {
        hops.reverse();
        let mut before = None;
        for hop in &mut hops {
            hop.delay = hop.time.zip(before).map(|(time, before)| time - before);
            before = hop.time.or(before);
        }
        hops
    }
}

/// The host that a `Received` field says has taken the message in.
#[cfg(feature = "tls")]
pub(crate) fn received_by(field: Field<'_>) -> Option<Domain> {
    Domain::parse(Hop::of(0, field).by?.trim_end_matches(';')).ok()
}

/// Whether a protocol is one over TLS (RFC 3848, RFC 6531 §4.3), as far as its name goes.
fn is_over_tls(protocol: &str) -> bool {
    let name = protocol.to_ascii_uppercase();
    matches!(
        name.strip_suffix('A').unwrap_or(&name),
        "ESMTPS" | "LMTPS" | "UTF8SMTPS" | "UTF8LMTPS" | "SMTPS" | "HTTPS"
    )
}

/// `(using TLSv1.3 with cipher …)`, `(version=TLS1_3 cipher=…)`, `(TLS) tls …`.
fn tells_of_tls(comment: &str) -> bool {
    let mut words = comment.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        let tail = word.get(..3).filter(|start| start.eq_ignore_ascii_case("tls")).and_then(|_| word.get(3..));
        tail.is_some_and(|tail| tail.trim_start_matches(['v', 'V']).bytes().all(|b| b.is_ascii_digit()))
    })
}
