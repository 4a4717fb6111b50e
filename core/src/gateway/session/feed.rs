//! A message that is held, and handed to a way as it takes it.

use super::context::Context;
use super::ways::{WayId, Ways};
use crate::gateway::content::rewrite::{Body, Rewritten};
use crate::gateway::{Hold, way};
use crate::limits::GATEWAY_READ;

/// What goes out, and how far it has.
#[derive(Debug)]
pub(super) struct Feed {
    /// What is at hand: the header section, and the body where it is another.
    head: Vec<u8>,
    /// Octets that are held, behind it.
    held: u64,
    /// Octets that were handed on.
    done: u64,
    /// Where what was asked for begins in what is held.
    asked: Option<u64>,
    /// Whether the host waits for content.
    is_wanted: bool,
    has_ended: bool,
}

impl Feed {
    pub(super) fn new(rewritten: Rewritten, held: u64) -> Self {
        let Rewritten { mut head, body, .. } = rewritten;
        if let Body::New(body) = body {
            head.extend_from_slice(&body);
        }
        Self { head, held, done: 0, asked: None, is_wanted: false, has_ended: false }
    }

    /// Whether a host was told that it has all: it may take the message from now on.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// A host waits for the content, from this octet on.
    pub(super) fn wanted(&mut self, cx: &mut Context, ways: &mut Ways, way: WayId, from: u64) {
        (self.done, self.is_wanted, self.has_ended) = (from, true, false);
        self.go_on(cx, ways, way);
    }

    /// Hands on what the way takes of what is at hand, and asks for what is held.
    pub(super) fn go_on(&mut self, cx: &mut Context, ways: &mut Ways, way: WayId) {
        while self.is_wanted && !self.has_ended && ways.wants_content(way) && cx.asked_hold.is_none() {
            let at = usize::try_from(self.done).unwrap_or(usize::MAX);
            let rest = self.head.get(at..).unwrap_or_default();
            let piece = rest.get(..GATEWAY_READ).unwrap_or(rest);
            if !piece.is_empty() {
                ways.say(cx, way, way::Input::Content(piece));
                self.done += piece.len() as u64;
                continue;
            }
            let from = self.done.saturating_sub(self.head.len() as u64);
            if from < self.held {
                let octets = usize::try_from(self.held - from).unwrap_or(usize::MAX).min(GATEWAY_READ);
                self.asked = Some(from);
                return cx.hold(Hold::Read { from, octets });
            }
            self.has_ended = true;
            ways.say(cx, way, way::Input::ContentEnd);
        }
    }

    /// The host has handed back what was asked for.
    pub(super) fn read(&mut self, cx: &mut Context, ways: &mut Ways, way: WayId, octets: &[u8]) {
        // The host may have refused it meanwhile, and another want all of it again.
        let is_next = self.asked.take() == self.done.checked_sub(self.head.len() as u64);
        if is_next && self.is_wanted && !self.has_ended && ways.wants_content(way) {
            ways.say(cx, way, way::Input::Content(octets));
            self.done += octets.len() as u64;
        }
        self.go_on(cx, ways, way);
    }
}
