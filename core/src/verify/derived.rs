//! The envelope as the message's own trace fields tell it: which field counts, and whether anybody vouches for it.

use std::net::IpAddr;

use super::Envelope;
use super::envelope::start;
use crate::limits::{MAX_SKIPPED_HOPS_TOLD, MAX_SPF_HELO};
use crate::message::{Client, Header, client, has_from_clause, return_path};
use crate::network::{Network, is_internal};
use crate::trail::Trail;

/// What of a message's own trace fields the host believes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Believed {
    /// Whether the host's own server wrote the field that the client is taken from, and thereby all fields above.
    pub received: Vouched,
    /// The host's own relays: a field that says that the message came from one of them was written behind it, and the
    /// next one counts.
    pub relays: Vec<Network>,
}

/// Which `Received` field the host vouches for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vouched {
    /// None: the file may have been written by anybody.
    #[default]
    None,
    /// That which counts by itself: the host's own server has written what is on top.
    Topmost,
    /// This one, counted from the top, from 1.
    Field(usize),
}

impl Believed {
    /// Nothing: what the fields say is shown and counts for nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Sets [`received`](Self::received).
    #[must_use]
    pub fn received(self, received: Vouched) -> Self {
        Self { received, ..self }
    }

    /// Adds a network to [`relays`](Self::relays).
    #[must_use]
    pub fn relay(mut self, network: Network) -> Self {
        self.relays.push(network);
        self
    }
}

/// What was taken from the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) ip: Option<IpAddr>,
    pub(super) helo: Option<String>,
    pub(super) mail_from: Option<String>,
    pub(super) received_field: Option<usize>,
    /// Which `Return-Path` field, counted from the top, from 1.
    pub(super) return_path_field: Option<usize>,
    pub(super) is_vouched_for: bool,
    /// What is to be said about fields that were passed over, in words.
    pub(super) remarks: Vec<String>,
}

/// A `Received` field with a client.
struct Hop {
    /// Its place among the `Received` fields, from 1.
    field: usize,
    /// Its place among all fields.
    place: usize,
    client: Client,
    /// A field above says that the message came from somewhere, and it can't be read from where.
    is_below_unread: bool,
}

pub(super) fn complete(mut envelope: Envelope, header: &Header, believed: &Believed) -> Envelope {
    let mut derived = Derived::default();
    let needs_client = envelope.ip.is_none() || envelope.helo.is_none();
    let hop = match believed.received {
        Vouched::None if !needs_client => None,
        _ => choose(header, believed, envelope.ip, &mut derived.remarks),
    };
    derived.is_vouched_for = match (believed.received, &hop) {
        (Vouched::None, _) | (_, None) => false,
        (Vouched::Field(_), Some(_)) => true,
        (Vouched::Topmost, Some(hop)) => {
            if hop.is_below_unread {
                derived.remarks.push(format!(
                    "a field above Received field {} does not say from which address the message came, so that it has \
                     to be said which field is vouched for",
                    hop.field
                ));
            }
            !hop.is_below_unread
        }
    };
    // What stands below the field that is vouched for was there when the message arrived.
    let below = hop.as_ref().filter(|_| derived.is_vouched_for).map_or(usize::MAX, |hop| hop.place);
    if let Some(Hop { field, client, .. }) = hop.filter(|_| needs_client) {
        derived.received_field = Some(field);
        if envelope.ip.is_none() {
            derived.ip = Some(client.ip);
        }
        if envelope.helo.is_none() {
            derived.helo = client.helo;
        }
    }
    if envelope.mail_from.is_none() {
        let fields = header.fields().enumerate().filter(|(_, field)| field.is("Return-Path"));
        let mut paths = fields.zip(1..).take_while(|((place, _), _)| *place < below);
        let found = paths.find_map(|((_, field), which)| return_path(field).map(|path| (path, which)));
        if let Some((path, which)) = found {
            derived.mail_from = Some(path);
            derived.return_path_field = Some(which);
        }
    }
    envelope.ip = envelope.ip.or(derived.ip);
    envelope.helo = envelope.helo.or_else(|| derived.helo.clone());
    envelope.mail_from = envelope.mail_from.or_else(|| derived.mail_from.clone());
    envelope.derived = Some(Box::new(derived));
    envelope
}

/// The field that tells of the client.
fn choose(header: &Header, believed: &Believed, given: Option<IpAddr>, remarks: &mut Vec<String>) -> Option<Hop> {
    let given = given.map(|ip| ip.to_canonical());
    let hops = hops(header);
    if let Vouched::Field(wanted) = believed.received {
        let hop = hops.into_iter().find(|hop| hop.field == wanted);
        if hop.is_none() {
            remarks.push(format!("Received field {wanted} does not say from which address the message came"));
        }
        return hop;
    }
    if let Some(at) = hops.iter().position(|hop| Some(hop.client.ip) == given) {
        return hops.into_iter().nth(at);
    }
    let mut skipped = 0usize;
    for hop in hops {
        let ip = hop.client.ip;
        let why = if is_internal(ip) {
            "an internal address"
        } else if believed.relays.iter().any(|relay| relay.contains(ip)) {
            "a relay of one's own"
        } else {
            return Some(hop);
        };
        skipped += 1;
        if skipped <= MAX_SKIPPED_HOPS_TOLD {
            remarks.push(format!("Received field {} passed over: {ip} is {why}", hop.field));
        }
    }
    if skipped > 0 {
        remarks.push("no Received field tells of a client outside".to_owned());
    }
    None
}

fn hops(header: &Header) -> Vec<Hop> {
    let fields = header.fields().enumerate().filter(|(_, field)| field.is("Received"));
    let mut is_below_unread = false;
    let mut hops = Vec::new();
    for ((place, field), which) in fields.zip(1..) {
        match client(field) {
            Some(client) => hops.push(Hop { field: which, place, client, is_below_unread }),
            None => is_below_unread |= has_from_clause(field),
        }
    }
    hops
}

/// What the envelope is based on, as a step of the trail.
pub(super) fn trace(trail: &mut Trail, envelope: &Envelope) {
    let Some(derived) = &envelope.derived else { return };
    let mut words = Vec::new();
    let field = derived.received_field.unwrap_or_default();
    if let Some(ip) = derived.ip {
        words.push(format!("client address {ip} from Received field {field}"));
    }
    if let Some(helo) = &derived.helo {
        words.push(format!("HELO name {} from Received field {field}", start(helo, MAX_SPF_HELO)));
    }
    if let Some(path) = &derived.mail_from {
        let field = derived.return_path_field.unwrap_or_default();
        words.push(format!("reverse-path <{path}> from Return-Path field {field}"));
    }
    let outcome = match (words.is_empty(), derived.is_vouched_for) {
        (true, _) if envelope.ip.is_none() => "unknown",
        (true, _) => return,
        (false, true) => "taken from the message, where the host vouches for it",
        (false, false) => "taken from the message, which proves nothing by itself",
    };
    words.extend(derived.remarks.iter().cloned());
    if envelope.ip.is_none() {
        words.push("no Received field tells of the client, without which SPF cannot be checked".to_owned());
    } else if envelope.mail_from.is_none() {
        words.push("no Return-Path field tells of the reverse-path, so SPF is checked for HELO alone".to_owned());
    }
    trail.push("envelope", outcome, words.join(", "), "RFC 5321 §4.4");
}
