//! The message comes: it is verified and hashed meanwhile, and held, or goes on at once.

use std::sync::Arc;

use super::about::About;
use super::chosen::Chosen;
use super::context::Context;
use super::streaming::Streaming;
use super::ways::{Told, WayId, Ways};
use crate::dkim::BodyHash;
use crate::gateway::content::keys::Published;
use crate::gateway::content::signing;
use crate::gateway::replies::{ours, worst};
use crate::gateway::{Held, Hold};
use crate::limits::{GATEWAY_OWN_RECEIVED, GATEWAY_RECEIVED_FIELDS};
use crate::message::{Header, received_by};
use crate::route::replies::Reason;
use crate::smtp::Reply;
use crate::smtp::client::NeedsScanner;
use crate::smtp::server::{self, DecisionId};

/// A message of which some has come.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) chosen: Chosen,
    /// The header section as far as it has come.
    octets: Vec<u8>,
    pub(super) header: Option<Arc<Header>>,
    /// Octets of the body.
    pub(super) body: u64,
    /// What the body asks of a hop; the line that ends the header section is counted with it.
    scanner: NeedsScanner,
    /// For the signature that may be made.
    pub(super) hash: Option<BodyHash>,
    pub(super) goes: Goes,
    /// Why it will be refused. What still comes of it is dropped.
    pub(super) failed: Option<Reply>,
}

/// Where the body goes.
#[derive(Debug)]
pub(super) enum Goes {
    /// It is held: what waits to be, since the last octets are not yet.
    Held { waiting: Vec<u8> },
    /// It goes on while it comes.
    Streams(Box<Streaming>),
    /// Nowhere: it is thrown away.
    Nowhere,
}

impl Content {
    pub(super) fn new(chosen: Chosen, about: &About) -> Self {
        let goes = match () {
            () if chosen.discards() => Goes::Nowhere,
            // What becomes of it, is known at the end of the header section.
            () => Goes::Held { waiting: Vec::new() },
        };
        let mut scanner = NeedsScanner::new();
        scanner.push(b"\r\n");
        Self {
            hash: signing::body_hash(&about.setup.policy, chosen.is_ours),
            chosen,
            octets: Vec::new(),
            header: None,
            body: 0,
            scanner,
            goes,
            failed: None,
        }
    }

    /// Octets have come.
    pub(super) fn push(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, octets: Vec<u8>) {
        if self.failed.is_some() {
            return;
        }
        if let Some(verifying) = &mut about.verifying {
            verifying.octets(cx.now, &octets);
            about.shared.drive(cx.now, verifying);
        }
        if self.header.is_none() {
            self.octets.extend_from_slice(&octets);
            return;
        }
        self.body = self.body.saturating_add(octets.len() as u64);
        self.scanner.push(&octets);
        if let Some(hash) = &mut self.hash {
            hash.push(&octets);
        }
        match &mut self.goes {
            Goes::Held { waiting } => {
                match waiting.is_empty() {
                    true => *waiting = octets,
                    false => waiting.extend_from_slice(&octets),
                }
                self.keep(cx);
            }
            Goes::Streams(streaming) => streaming.push(cx, ways, &octets),
            Goes::Nowhere => {}
        }
    }

    /// Has the host keep what waits for it.
    pub(super) fn keep(&mut self, cx: &mut Context) {
        if let Goes::Held { waiting } = &mut self.goes
            && !waiting.is_empty()
            && cx.asked_hold.is_none()
        {
            cx.hold(Hold::Append(std::mem::take(waiting)));
        }
    }

    /// The host has answered.
    pub(super) fn held(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, held: Held<'_>) {
        match held {
            Held::Kept => self.keep(cx),
            Held::Full => self.fail(cx, about, ways, ours(Reason::Budget)),
            Held::Octets(_) | Held::Lost => self.fail(cx, about, ways, ours(Reason::Storage)),
        }
    }

    /// The message will be refused, whatever else comes of it.
    pub(super) fn fail(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, reply: Reply) {
        if self.failed.is_some() {
            return;
        }
        self.failed = Some(reply);
        self.hash = None;
        about.verifying = None;
        if let Some(way) = self.chosen.way.take() {
            ways.say(cx, way, crate::gateway::way::Input::Abort);
        }
        self.goes = Goes::Nowhere;
        if cx.is_holding {
            cx.hold(Hold::Drop);
        }
    }

    /// Whether the client's octets have to wait.
    pub(super) fn is_blocked(&self, cx: &Context) -> bool {
        match &self.goes {
            Goes::Held { waiting } => !waiting.is_empty() || cx.asked_hold.is_some(),
            Goes::Streams(streaming) => streaming.is_blocked(),
            Goes::Nowhere => false,
        }
    }

    /// The header section is there; the body has not come.
    pub(super) fn header_end(
        &mut self,
        cx: &mut Context,
        about: &mut About,
        ways: &mut Ways,
        id: DecisionId,
        received_fields: usize,
    ) {
        let (header, _) = Header::split(&self.octets);
        self.octets = Vec::new();
        let hostname = &about.setup.policy.hostname;
        let own = header.named("Received").filter(|field| received_by(*field).as_ref() == Some(hostname)).count();
        if received_fields >= GATEWAY_RECEIVED_FIELDS || own > GATEWAY_OWN_RECEIVED {
            self.fail(cx, about, ways, ours(Reason::Loop));
        }
        if let Some(sign) = signing::signer(&about.setup.policy, &header).filter(|_| self.chosen.is_ours) {
            about.shared.ask(&Published(&sign.signer));
        }
        let header = Arc::new(header);
        self.header = Some(Arc::clone(&header));
        if self.failed.is_none() && self.chosen.streams {
            self.stream(cx, about, ways, &header);
        }
        match &self.failed {
            // The server reads the rest and drops it, and refuses behind its end.
            Some(reply) => cx.decide(id, server::Decision::Refuse(reply.clone())),
            None => cx.decide(id, server::Decision::Accept),
        }
    }

    /// Lets the message go on while it comes.
    fn stream(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, header: &Header) {
        let (Some(way), Some(group)) = (self.chosen.way, self.chosen.group().cloned()) else { return };
        let relay = self.chosen.relay().map(str::to_owned);
        match Streaming::begin(cx, about, ways, way, (&group, relay.as_deref()), header) {
            Ok(streaming) => self.goes = Goes::Streams(Box::new(streaming)),
            Err(_) => self.fail(cx, about, ways, ours(Reason::HeaderUnreadable)),
        }
    }

    /// What a way tells while the message comes.
    pub(super) fn told(&mut self, cx: &mut Context, about: &mut About, ways: &mut Ways, way: WayId, told: Told) {
        if self.chosen.way != Some(way) {
            return;
        }
        match (&mut self.goes, told) {
            (Goes::Streams(streaming), Told::WantsContent(_)) => streaming.begin_content(cx, ways),
            (_, Told::Sent(sent)) => {
                // It is over before it has come: nobody can have taken what has no end.
                let refusals = sent.words.iter().map(|(_, word)| &word.reply).filter(|reply| !reply.is_completion());
                let reply = worst(refusals).cloned().unwrap_or_else(|| ours(Reason::NoConnection));
                self.chosen.way = None;
                self.fail(cx, about, ways, reply);
            }
            _ => {}
        }
    }

    /// Lets the host or the way have more of what waits for it.
    pub(super) fn advance(&mut self, cx: &mut Context, ways: &mut Ways) {
        match &mut self.goes {
            Goes::Held { .. } => self.keep(cx),
            Goes::Streams(streaming) => streaming.feed(cx, ways),
            Goes::Nowhere => {}
        }
    }

    /// What the body asks of a hop, and the line that ends the header section.
    pub(super) fn needs(&self) -> NeedsScanner {
        self.scanner.clone()
    }
}
