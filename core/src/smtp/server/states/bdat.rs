//! BDAT (RFC 3030 §2): chunks of counted octets. Whatever becomes of a chunk, as many octets as it announced are taken,
//! and none of them is ever a command.

use crate::smtp::data::IrregularPolicy;
use crate::smtp::line::Irregularity;

use super::super::content::{Fault, Receiving};
use super::super::decision::Decision;
use super::super::session::Session;
use super::data::no_recipients_reply;
use super::{On, State};

/// A chunk of a message comes.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(super) receiving: Receiving,
    size: u64,
    remaining: u64,
    is_last: bool,
    /// Found in octets that are not taken yet.
    irregularity: Option<Irregularity>,
}

/// A chunk comes that is refused.
#[derive(Debug)]
pub(crate) struct Skip {
    remaining: u64,
    reply: (u16, (u16, u16), &'static str),
    is_pardoned: bool,
    pub(super) back: State,
}

impl State {
    pub(super) fn bdat(self, cx: &mut Session, size: u64, is_last: bool) -> Self {
        if !(cx.settings.extensions.chunking && (cx.peer.is_extended() || cx.peer.hello.is_none())) {
            return self.skip(cx, size, (503, (5, 1), "BDAT was not offered"));
        }
        let receiving = match self {
            Self::Chunks(receiving) => *receiving,
            Self::Open(transaction) if transaction.recipients.is_empty() => {
                let reply = no_recipients_reply(cx);
                return Self::Open(transaction).skip(cx, size, reply);
            }
            Self::Open(transaction) => Receiving::new(cx, *transaction),
            state => return state.skip(cx, size, (503, (5, 1), "Say MAIL first")),
        };
        Box::new(Chunk { receiving, size, remaining: size, is_last, irregularity: None }).go_on(cx, Vec::new())
    }

    /// Takes so many octets, and then refuses them.
    pub(super) fn skip(self, cx: &mut Session, size: u64, reply: (u16, (u16, u16), &'static str)) -> Self {
        let skip = Box::new(Skip { remaining: size, reply, is_pardoned: cx.pardons(), back: self });
        if size == 0 { skip.finish(cx) } else { Self::Skip(skip) }
    }
}

impl Skip {
    pub(super) fn read(mut self: Box<Self>, cx: &mut Session, input: &mut &[u8]) -> State {
        let octets = counted(&mut self.remaining, input).len();
        cx.trace_received(|| format!("<{octets} octets>"));
        if self.remaining == 0 { self.finish(cx) } else { State::Skip(self) }
    }

    fn finish(self, cx: &mut Session) -> State {
        cx.refuse_in_group(self.is_pardoned, self.reply);
        self.back
    }
}

impl Chunk {
    pub(super) fn read(mut self: Box<Self>, cx: &mut Session, input: &mut &[u8]) -> State {
        let mut octets = counted(&mut self.remaining, input);
        cx.trace_received(|| format!("<{} octets>", octets.len()));
        if self.receiving.ignores_octets() {
            octets = &[];
        } else if self.receiving.is_text()
            && let Some((before, what)) = self.receiving.irregular.scan(cx.settings.irregular, octets)
        {
            octets = octets.get(..before).unwrap_or_default();
            self.irregularity = Some(what);
        }
        self.go_on(cx, octets.to_vec())
    }

    /// Takes octets of the message; goes on with the next chunk, or ends the message, when they are all there.
    pub(super) fn go_on(mut self: Box<Self>, cx: &mut Session, octets: Vec<u8>) -> State {
        if let Some(rest) = self.receiving.take(cx, octets) {
            return self.ask_about_header(cx, rest);
        }
        if let Some(irregularity) = self.irregularity {
            self.receiving.fail(cx, Fault::Irregular(irregularity));
        }
        if self.remaining > 0 {
            return State::Chunk(self);
        }
        if !self.is_last {
            return self.receiving.after_chunk(cx, self.size);
        }
        if cx.settings.irregular == IrregularPolicy::Refuse
            && let Some(irregularity) = self.receiving.irregular.finish()
        {
            self.receiving.fail(cx, Fault::Irregular(irregularity));
        }
        if self.receiving.wants_header_decision(cx) {
            return self.ask_about_header(cx, Vec::new());
        }
        self.receiving.finish(cx)
    }

    fn ask_about_header(self: Box<Self>, cx: &mut Session, rest: Vec<u8>) -> State {
        let request = self.receiving.header_request();
        cx.ask(true, On::ChunkHeader { chunk: self, rest }, |_| Decision::Accept, |_| request)
    }
}

/// At most `remaining` octets from the front of `input`.
fn counted<'a>(remaining: &mut u64, input: &mut &'a [u8]) -> &'a [u8] {
    let most = usize::try_from(*remaining).unwrap_or(usize::MAX);
    let (octets, rest) = input.split_at(most.min(input.len()));
    *remaining -= octets.len() as u64; // not more than there were
    *input = rest;
    octets
}
