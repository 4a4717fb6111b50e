//! A message that goes on while it comes: to one host, without a second.

use super::about::About;
use super::context::Context;
use super::front::Front;
use super::ways::{WayId, Ways};
use crate::gateway::content::rewrite::{Rewritten, Source};
use crate::gateway::way;
use crate::limits::GATEWAY_UNSENT;
use crate::message::{EditError, Header};
use crate::route::decide::Group;

/// A message on its way.
#[derive(Debug)]
pub(super) struct Streaming {
    pub(super) way: WayId,
    /// What the host has not taken yet: at first the header section, as it goes out.
    waiting: Vec<u8>,
    /// So many octets of that are done.
    done: usize,
    /// Whether the host waits for content.
    is_wanted: bool,
    /// Whether the end has come.
    is_whole: bool,
    has_ended: bool,
    pub(super) rewritten: Rewritten,
}

impl Streaming {
    /// The header section has come, and goes out as it is to be.
    pub(super) fn begin(
        cx: &mut Context,
        about: &About,
        ways: &mut Ways,
        way: WayId,
        (group, relay): (&Group, Option<&str>),
        header: &Header,
    ) -> Result<Self, EditError> {
        let front = Front::new(cx, about, header, None, relay);
        let mut rewritten = front.rewrite(group).finish(Source::Elsewhere(None))?;
        let waiting = std::mem::take(&mut rewritten.head);
        ways.say(cx, way, way::Input::Data { needs: None, all_or_none: false });
        Ok(Self { way, waiting, done: 0, is_wanted: false, is_whole: false, has_ended: false, rewritten })
    }

    pub(super) fn push(&mut self, cx: &mut Context, ways: &mut Ways, octets: &[u8]) {
        if self.done > 0 && self.done >= self.waiting.len() / 2 {
            self.waiting.drain(..self.done);
            self.done = 0;
        }
        self.waiting.extend_from_slice(octets);
        self.feed(cx, ways);
    }

    /// The host waits for content.
    pub(super) fn begin_content(&mut self, cx: &mut Context, ways: &mut Ways) {
        self.is_wanted = true;
        self.feed(cx, ways);
    }

    /// Hands on what the host takes.
    pub(super) fn feed(&mut self, cx: &mut Context, ways: &mut Ways) {
        while self.is_wanted && ways.wants_content(self.way) {
            let rest = self.waiting.get(self.done..).unwrap_or_default();
            let piece = rest.get(..GATEWAY_UNSENT).unwrap_or(rest);
            if piece.is_empty() {
                break;
            }
            self.done += piece.len();
            let piece = piece.to_vec();
            ways.say(cx, self.way, way::Input::Content(&piece));
        }
        if self.done == self.waiting.len() {
            (self.waiting, self.done) = (Vec::new(), 0);
            if self.is_whole && self.is_wanted && !self.has_ended && ways.wants_content(self.way) {
                self.has_ended = true;
                ways.say(cx, self.way, way::Input::ContentEnd);
            }
        }
    }

    /// The message is whole: the host is told, once it has all of it.
    pub(super) fn end(&mut self, cx: &mut Context, ways: &mut Ways) {
        self.is_whole = true;
        self.feed(cx, ways);
    }

    /// Whether the client's octets have to wait.
    pub(super) fn is_blocked(&self) -> bool {
        self.waiting.len() - self.done >= GATEWAY_UNSENT
    }

    /// Whether the host was told that it has all: it may take the message from now on.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }
}
