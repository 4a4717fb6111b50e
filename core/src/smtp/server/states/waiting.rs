//! What the host decides, and where the session goes on then.

use std::sync::Arc;

use crate::machine::Misuse;
use crate::smtp::reply::{EnhancedCode, Reply};

use super::super::content::{Fault, Transaction};
use super::super::decision::{Decision, Takes};
use super::super::event::{Abort, Closed, DecisionId, Event, Hello, Recipient, Sender};
use super::super::session::{Enhanced, Session};
use super::{Authenticating, Chunk, Data, State};

/// The host decides.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) id: DecisionId,
    pub(crate) on: On,
}

/// On what, and what is needed to go on.
#[derive(Debug)]
pub(crate) enum On {
    Connect,
    Hello { hello: Hello, back: Box<State> },
    Auth(Box<Authenticating>),
    Mail(Arc<Sender>),
    Rcpt { transaction: Box<Transaction>, recipient: Recipient },
    DataHeader { data: Box<Data>, rest: Vec<u8>, is_whole: bool },
    ChunkHeader { chunk: Box<Chunk>, rest: Vec<u8> },
    Message { recipients: usize, utf8: bool },
    LookUp { back: Box<State> },
}

impl On {
    /// Whether the decision is one that can be taken here.
    pub(crate) fn check(&mut self, cx: &Session, decision: &Decision) -> Result<(), Misuse> {
        let takes = match self {
            Self::Connect | Self::Hello { .. } | Self::DataHeader { .. } | Self::ChunkHeader { .. } => Takes::Accept,
            Self::Mail(_) | Self::Rcpt { .. } | Self::LookUp { .. } => Takes::AcceptWith,
            Self::Message { recipients, .. } if cx.is_lmtp() => Takes::Each(*recipients),
            Self::Message { .. } => Takes::Message,
            Self::Auth(_) => Takes::Auth,
        };
        decision.check(takes)?;
        match (self, decision) {
            (Self::Auth(auth), Decision::Auth(decision)) => auth.answer(decision.clone()),
            _ => Ok(()),
        }
    }

    /// Goes on by a decision that was [checked](Self::check).
    pub(crate) fn decide(self, cx: &mut Session, decision: Decision) -> State {
        if let Decision::Close(reply) = &decision {
            return self.close(cx, reply);
        }
        match self {
            Self::Connect => match decision {
                Decision::Refuse(reply) => State::refuse_connection(cx, &reply),
                _ => State::greet(cx),
            },
            Self::Hello { hello, back } => match decision {
                // The state stays as it was (RFC 5321 §4.1.4).
                Decision::Refuse(reply) => {
                    cx.send(&reply, false, Enhanced::Yes);
                    cx.after_refusal(reply.code, *back)
                }
                _ => back.accept_hello(cx, hello),
            },
            Self::Auth(auth) => auth.decide(cx, decision),
            Self::Mail(sender) => match decision {
                Decision::Refuse(reply) => {
                    cx.send(&reply, sender.parameters.smtputf8, Enhanced::Yes);
                    cx.after_refusal(reply.code, State::Ready)
                }
                decision => {
                    cx.tally.transactions = cx.tally.transactions.saturating_add(1);
                    accepted(cx, &decision, (1, 0), "Sender OK");
                    State::Open(Box::new(Transaction { sender, recipients: Vec::new() }))
                }
            },
            Self::Rcpt { mut transaction, recipient } => match decision {
                Decision::Refuse(reply) => {
                    cx.send(&reply, transaction.sender.parameters.smtputf8, Enhanced::Yes);
                    cx.after_refusal(reply.code, State::Open(transaction))
                }
                decision => {
                    accepted(cx, &decision, (1, 5), "Recipient OK");
                    transaction.recipients.push(recipient);
                    State::Open(transaction)
                }
            },
            Self::DataHeader { mut data, mut rest, is_whole } => {
                if let Decision::Refuse(reply) = decision {
                    data.receiving.fail(cx, Fault::Refused(reply));
                    rest = Vec::new();
                }
                data.go_on(cx, rest, is_whole)
            }
            Self::ChunkHeader { mut chunk, mut rest } => {
                if let Decision::Refuse(reply) = decision {
                    chunk.receiving.fail(cx, Fault::Refused(reply));
                    rest = Vec::new();
                }
                chunk.go_on(cx, rest)
            }
            Self::Message { recipients, utf8 } => decided_on_message(cx, &decision, recipients, utf8),
            Self::LookUp { back } => match decision {
                Decision::Refuse(reply) => {
                    cx.send(&reply, false, Enhanced::Yes);
                    cx.after_refusal(reply.code, *back)
                }
                Decision::AcceptWith(reply) => {
                    cx.send(&reply, false, Enhanced::Yes);
                    *back
                }
                _ => {
                    cx.reply(252, (5, 0), "Cannot tell; send a message and see");
                    *back
                }
            },
        }
    }

    /// The host has not decided in time: the client may try again.
    pub(crate) fn time_out(self, cx: &mut Session) -> State {
        if matches!(self, Self::Message { .. }) {
            cx.aborted(Abort::Undecided);
        }
        let decision = match self {
            Self::Auth(_) => Decision::Auth(crate::smtp::sasl::server::Decision::Unavailable),
            // In place of a greeting, 4yz other than 421 makes no sense (RFC 5321 §4.3.2).
            Self::Connect => Decision::Close(Reply::new(421, None, "Try again later")),
            _ => Decision::Refuse(Reply::new(451, Some(EnhancedCode::new(4, 3, 0)), "Try again later")),
        };
        self.decide(cx, decision)
    }

    /// Whether a MAIL was accepted of which the host has not heard the end.
    pub(super) fn has_message(&self) -> bool {
        match self {
            Self::Hello { back, .. } | Self::LookUp { back } => back.has_message(),
            Self::Rcpt { .. } => true,
            Self::DataHeader { data, .. } => !data.receiving.has_failed(),
            Self::ChunkHeader { chunk, .. } => !chunk.receiving.has_failed(),
            Self::Connect | Self::Auth(_) | Self::Mail(_) | Self::Message { .. } => false,
        }
    }

    fn close(self, cx: &mut Session, reply: &Reply) -> State {
        if self.has_message() {
            cx.aborted(Abort::SessionEnded);
        }
        let (reply, enhanced) = match self {
            Self::Connect => (&cx.with_our_name(reply), Enhanced::No),
            _ => (reply, Enhanced::Yes),
        };
        let replies =
            if let (Self::Message { recipients, .. }, true) = (&self, cx.is_lmtp()) { *recipients } else { 1 };
        (0..replies).for_each(|_| cx.send(reply, false, enhanced));
        cx.close(Closed::ByHost)
    }
}

/// The reply to a command that was accepted.
fn accepted(cx: &mut Session, decision: &Decision, enhanced: (u16, u16), text: &str) {
    match decision {
        Decision::AcceptWith(reply) => cx.send(reply, false, Enhanced::Yes),
        _ => cx.reply(250, enhanced, text),
    }
}

/// The reply to a whole message; in LMTP one for each recipient (RFC 2033 §4.2).
fn decided_on_message(cx: &mut Session, decision: &Decision, recipients: usize, utf8: bool) -> State {
    let mut code = 250;
    let replies = if cx.is_lmtp() { recipients } else { 1 };
    match decision {
        Decision::Discard(_) => cx.event(Event::Discarded),
        Decision::Quarantine(_) => cx.event(Event::Quarantined),
        _ => {}
    }
    cx.as_one_error(|cx| match decision {
        Decision::Each(each) => each.iter().for_each(|reply| cx.send(reply, utf8, Enhanced::Yes)),
        Decision::AcceptWith(reply) | Decision::Discard(Some(reply)) | Decision::Quarantine(Some(reply)) => {
            (0..replies).for_each(|_| cx.send(reply, utf8, Enhanced::Yes));
        }
        Decision::Refuse(reply) => {
            code = reply.code;
            (0..replies).for_each(|_| cx.send(reply, utf8, Enhanced::Yes));
        }
        _ => (0..replies).for_each(|_| cx.reply(250, (0, 0), "Message accepted")),
    });
    State::after_message(cx, code)
}
