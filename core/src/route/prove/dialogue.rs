//! Cases as sessions that can happen, written as a dialogue.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::Counterexample;
use crate::domain::Domain;
use crate::mailbox::Mailbox;
use crate::message::Header;
use crate::route::facts::Message;
use crate::route::policy::{Policy, Relay};
use crate::route::request::{Envelope, Session};

/// A recipient that is nobody's here.
pub(super) const FOREIGN: &str = "victim@elsewhere.example";
/// An address that documentation has (RFC 5737).
pub(super) const STRANGER_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));

/// An address that no entry lists.
pub(super) fn outside(policy: &Policy) -> IpAddr {
    let is_listed = |address: &IpAddr| policy.relays.iter().any(|relay| relay.peers.contains(*address));
    let candidates = (1..=254).map(|last| IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)));
    let others = (1..=223).map(|first| IpAddr::V4(Ipv4Addr::new(first, 7, 7, 7)));
    std::iter::once(STRANGER_V4)
        .chain(candidates)
        .chain(others)
        .find(|address| !is_listed(address))
        .unwrap_or(STRANGER_V4)
}

/// A domain of ours.
pub(super) fn own_domain(policy: &Policy) -> Option<Domain> {
    let exact = policy.domains.exact().next().cloned();
    exact.or_else(|| policy.domains.below().next().and_then(|name| name.prepend("mail").ok()))
}

/// What is in a message, beside what every message has.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// The author, where it is not the sender.
    pub(super) author: Option<Mailbox>,
    pub(super) fields: Vec<(String, String)>,
    /// The proof of the tenant, which has no business in what is printed.
    pub(super) secret: Option<(String, String)>,
    pub(super) size: Option<u64>,
    /// What verification says of it.
    pub(super) results: Vec<(String, String)>,
}

#[allow(clippy::too_many_arguments)] // All that makes up a session.
pub(super) fn counterexample(
    policy: &Policy,
    relay: &Relay,
    peer: IpAddr,
    helo: &str,
    tls: bool,
    user: Option<String>,
    from: Option<Mailbox>,
    to: &str,
    secret: Option<(String, String)>,
) -> Counterexample {
    let session = Session::new().peer(Some(peer)).helo(helo.to_owned()).user(user).tls(tls);
    let to: Vec<Mailbox> = to.parse().into_iter().collect();
    let envelope = Envelope::new(from, to);
    let listed = match relay.spf.first() {
        Some(name) if !relay.peers.contains(peer) => format!(", an address that the SPF record of {name} lists"),
        _ => String::new(),
    };
    let why = format!("# from {peer}{listed}; the entry {} admits it", relay.name);
    written(policy, session, envelope, &Content { secret, ..Content::default() }, &why)
}

/// The session with its dialogue. The replies are those that the gateway gives to what is admitted.
pub(super) fn written(
    policy: &Policy,
    session: Session,
    envelope: Envelope,
    content: &Content,
    why: &str,
) -> Counterexample {
    let gateway = &policy.hostname;
    let (helo, peer) = (&session.helo, session.peer.unwrap_or(STRANGER_V4));
    let mut lines = vec![why.to_owned()];
    lines.extend(content.results.iter().map(|(method, result)| format!("# verification says {method}={result}")));
    lines.extend([format!("S: 220 {gateway} ESMTP"), format!("C: EHLO {helo}")]);
    let greeting = format!("S: 250 {gateway} greets {helo} [{peer}]");
    lines.push(greeting.clone());
    if session.tls {
        lines.extend(["C: STARTTLS".to_owned(), "S: 220 2.0.0 Ready to start TLS".to_owned()]);
        lines.extend([format!("C: EHLO {helo}"), greeting]);
    }
    if let Some(user) = &session.user {
        lines.push(format!("C: AUTH SCRAM-SHA-256 (as {user})"));
        lines.push("S: 235 2.7.0 Authentication successful".to_owned());
    }
    let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let requiretls = if envelope.requiretls { " REQUIRETLS" } else { "" };
    lines.extend([format!("C: MAIL FROM:<{from}>{requiretls}"), "S: 250 2.1.0 Sender ok".to_owned()]);
    for to in &envelope.to {
        lines.extend([format!("C: RCPT TO:<{to}>"), "S: 250 2.1.5 Recipient ok".to_owned()]);
    }
    let author = match &content.author {
        Some(author) => author.to_string(),
        None if from.is_empty() => format!("mailer-daemon@{gateway}"),
        None => from,
    };
    let has = |name: &str| content.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name));
    let defaults = [("From", format!("<{author}>")), ("Subject", "A counterexample".to_owned())];
    let defaults = defaults.into_iter().filter(|(name, _)| !has(name)).map(|(name, value)| format!("{name}: {value}"));
    let mut fields: Vec<String> = defaults.collect();
    fields.extend(content.fields.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(["C: DATA".to_owned(), "S: 354 Go ahead".to_owned()]);
    // The secret itself has no business in what is printed.
    let shown = content.secret.iter().map(|(name, _)| format!("C: {name}: (the secret)"));
    lines.extend(fields.iter().map(|field| format!("C: {field}")).chain(shown));
    fields.extend(content.secret.iter().map(|(name, value)| format!("{name}: {value}")));
    let body = content.size.map_or_else(|| "Hello".to_owned(), |size| format!("(so much that it is {size} octets)"));
    lines.extend(["C: ".to_owned(), format!("C: {body}")]);
    lines.extend(["C: .", "S: 250 2.0.0 Taken"].map(str::to_owned));
    let octets = format!("{}\r\n\r\nHello\r\n", fields.join("\r\n"));
    let (header, _) = Header::split(octets.as_bytes());
    let size = content.size.unwrap_or(0).max(octets.len() as u64);
    let mut message = Message::new(header, size);
    for (method, result) in &content.results {
        message = message.result(method, result);
    }
    Counterexample { session, envelope, message: Arc::new(message), lines }
}
