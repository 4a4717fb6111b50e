//! DATA (RFC 5321 §4.1.1.4).

use crate::smtp::data::{DataDecoder, DecodePolicy, Progress};
use crate::smtp::parameters::Body;

use super::super::content::{Fault, Receiving, Transaction};
use super::super::decision::Decision;
use super::super::event::Abort;
use super::super::session::Session;
use super::{On, State};

/// The message comes, with its dots stuffed.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(super) receiving: Receiving,
    decoder: DataDecoder,
}

impl State {
    pub(super) fn data(self, cx: &mut Session) -> Self {
        let transaction = match self {
            Self::Open(transaction) => transaction,
            state => {
                match state {
                    Self::Chunks(_) => cx.out_of_order("The message is coming by BDAT"), // RFC 3030 §2
                    _ => cx.say_mail_first(),
                }
                return state;
            }
        };
        if transaction.recipients.is_empty() {
            no_recipients(cx);
            return Self::Open(transaction);
        }
        if transaction.sender.parameters.body == Some(Body::BinaryMime) {
            cx.out_of_order("A binary message comes by BDAT"); // RFC 3030 §3
            return Self::Open(transaction);
        }
        if cx.goes_on_too_early() {
            cx.aborted(Abort::SessionEnded);
            return cx.early_talker("You sent the message before the reply to DATA");
        }
        cx.bare_reply(354, "Go ahead; end with <CRLF>.<CRLF>");
        Self::Data(Box::new(Data::new(cx, *transaction)))
    }
}

/// `503` or `554` (RFC 5321 §3.3); LMTP has 503 alone (RFC 2033 §4.2).
pub(super) fn no_recipients(cx: &mut Session) {
    let (reply, is_pardoned) = (no_recipients_reply(cx), cx.pardons());
    cx.refuse_in_group(is_pardoned, reply);
}

pub(super) fn no_recipients_reply(cx: &Session) -> (u16, (u16, u16), &'static str) {
    match cx.is_lmtp() {
        true => (503, (5, 1), "No valid recipients"),
        false => (554, (5, 1), "No valid recipients"),
    }
}

impl Data {
    fn new(cx: &Session, transaction: Transaction) -> Self {
        let policy = DecodePolicy { irregular: cx.settings.irregular, line_limit: None };
        Self { receiving: Receiving::new(cx, transaction), decoder: DataDecoder::new(policy) }
    }

    pub(super) fn read(mut self: Box<Self>, cx: &mut Session, input: &mut &[u8]) -> State {
        let wanted = !self.receiving.ignores_octets();
        if !wanted {
            self.decoder.discard();
        }
        let mut octets = Vec::with_capacity(if wanted { input.len() } else { 0 });
        let is_whole = matches!(self.decoder.decode(input, &mut octets), Progress::Done(_));
        self.go_on(cx, octets, is_whole)
    }

    /// Takes octets of the message, and its end if that has come.
    pub(super) fn go_on(mut self: Box<Self>, cx: &mut Session, octets: Vec<u8>, is_whole: bool) -> State {
        if let Some(rest) = self.receiving.take(cx, octets) {
            return self.ask_about_header(cx, rest, is_whole);
        }
        if let Some(irregularity) = self.decoder.seen().irregularity.filter(|_| self.decoder.is_refused()) {
            self.receiving.fail(cx, Fault::Irregular(irregularity));
        }
        if !is_whole {
            return State::Data(self);
        }
        if self.receiving.wants_header_decision(cx) {
            return self.ask_about_header(cx, Vec::new(), is_whole);
        }
        cx.trace_received(|| format!("<{} octets> .", self.decoder.seen().octets));
        self.receiving.finish(cx)
    }

    fn ask_about_header(self: Box<Self>, cx: &mut Session, rest: Vec<u8>, is_whole: bool) -> State {
        let request = self.receiving.header_request();
        cx.ask(true, On::DataHeader { data: self, rest, is_whole }, |_| Decision::Accept, |_| request)
    }
}
