//! A transaction, from MAIL to its end: a struct a state.
//!
//! ```text
//!              RCPT                content, header end            dot                    known
//!  Envelope ─────────▶ Envelope ──────────────────────▶ Content ───────▶ Deciding ──────────────▶ Sending ──▶ Ended
//!                                                          │                                                ▲
//!                                                          └── it streams ──▶ Streamed ─────────────────────┘
//! ```

use std::sync::Arc;

use super::about::About;
use super::chosen::Chosen;
use super::content::{Content, Goes};
use super::context::Context;
use super::deciding::{Deciding, Next};
use super::ended::{Ended, mailbox};
use super::envelope::Envelope;
use super::sending::Sending;
use super::streaming::Streaming;
use super::ways::{Told, WayId, Ways};
use crate::gateway::replies::{ours, worst};
use crate::gateway::{Ending, Event, Held, Hold, Taken, way};
use crate::lookup::{Answer, QuestionId};
use crate::machine::Misuse;
use crate::route::decide::Mode;
use crate::route::replies::Reason;
use crate::smtp::server::{self, DecisionId, Peer, Sender};
use crate::time::Millis;

/// A transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    about: About,
    state: State,
}

#[derive(Debug)]
enum State {
    Envelope(Box<Envelope>),
    Content(Box<Content>),
    Deciding(Box<Deciding>),
    Sending(Box<Sending>),
    Streamed(Box<Streamed>),
    Over,
}

/// A message that has gone on while it came, and has ended.
#[derive(Debug)]
struct Streamed {
    id: DecisionId,
    octets: u64,
    chosen: Chosen,
    streaming: Streaming,
    until: Millis,
}

impl Transaction {
    /// MAIL was accepted.
    pub(super) fn new(cx: &mut Context, peer: &Arc<Peer>, sender: Arc<Sender>) -> Self {
        let mut about = About::new(cx, Arc::clone(peer), sender);
        // Questions about who may send go out before the first recipient comes.
        let admission = about.decide(cx, Vec::new(), None, 0);
        about.shared.ask(&admission);
        Self { about, state: State::Envelope(Box::default()) }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// The number behind the last question.
    pub(super) fn next_question_id(&self) -> u32 {
        self.about.shared.next()
    }

    /// The next question for the host.
    pub(super) fn next_question(&mut self) -> Option<(QuestionId, crate::lookup::Question)> {
        self.about.shared.next_question()
    }

    pub(super) fn answer(&mut self, cx: &Context, id: QuestionId, answer: Answer) -> Result<(), Misuse> {
        let About { shared, verifying, .. } = &mut self.about;
        shared.supply(cx.now, id, answer, verifying.as_mut())?;
        if let Some(verifying) = verifying {
            shared.drive(cx.now, verifying);
        }
        Ok(())
    }

    /// RCPT has come.
    pub(super) fn rcpt(&mut self, cx: &mut Context, id: DecisionId, recipient: &server::Recipient) {
        match &mut self.state {
            State::Envelope(envelope) => envelope.rcpt(cx, &mut self.about, id, recipient),
            _ => cx.decide(id, server::Decision::Refuse(ours(Reason::NotAnswered))),
        }
    }

    /// The message begins to come.
    fn content(&mut self) -> Option<&mut Content> {
        if let State::Envelope(envelope) = &mut self.state {
            let chosen = envelope.chosen.take()?;
            self.state = State::Content(Box::new(Content::new(chosen, &self.about)));
        }
        match &mut self.state {
            State::Content(content) => Some(content),
            _ => None,
        }
    }

    /// Octets of the message have come.
    pub(super) fn octets(&mut self, cx: &mut Context, ways: &mut Ways, octets: Vec<u8>) {
        self.content();
        if let State::Content(content) = &mut self.state {
            content.push(cx, &mut self.about, ways, octets);
        }
    }

    /// The header section has come.
    pub(super) fn header_end(&mut self, cx: &mut Context, ways: &mut Ways, id: DecisionId, received_fields: usize) {
        self.content();
        match &mut self.state {
            State::Content(content) => content.header_end(cx, &mut self.about, ways, id, received_fields),
            _ => cx.decide(id, server::Decision::Accept),
        }
    }

    /// The message is whole.
    pub(super) fn message(&mut self, cx: &mut Context, ways: &mut Ways, id: DecisionId, message: Box<server::Message>) {
        self.content();
        let State::Content(content) = std::mem::replace(&mut self.state, State::Over) else {
            return cx.decide(id, server::Decision::Refuse(ours(Reason::NotAnswered)));
        };
        let mut content = *content;
        let octets = message.size;
        if let Some(reply) = content.failed.take() {
            let mut ended = Ended::refused(id, octets, reply);
            ended.decision = content.chosen.first.take();
            return self.end(cx, ended, true);
        }
        match std::mem::replace(&mut content.goes, Goes::Nowhere) {
            Goes::Nowhere => {
                let mut ended = Ended::discarded(id, octets);
                ended.decision = content.chosen.first.take();
                self.end(cx, ended, true);
            }
            Goes::Streams(mut streaming) => {
                let until = cx.now.monotonic + self.about.setup.policy.timeouts.end_of_data;
                streaming.end(cx, ways);
                ways.say(cx, streaming.way, way::Input::Until(until));
                let streamed = Streamed { id, octets, chosen: content.chosen, streaming: *streaming, until };
                self.state = State::Streamed(Box::new(streamed));
            }
            goes @ Goes::Held { .. } => {
                content.goes = goes;
                let deciding = Deciding::new(cx, &mut self.about, id, message, content);
                self.state = State::Deciding(Box::new(deciding));
            }
        }
    }

    /// The message will not come, or the client was told so.
    pub(super) fn aborted(&mut self, cx: &mut Context, ways: &mut Ways, is_heard: bool) {
        let (mut decision, mut reply) = (None, None);
        let way = match std::mem::replace(&mut self.state, State::Over) {
            State::Envelope(envelope) => {
                let mut envelope = *envelope;
                decision = envelope.decision();
                envelope.chosen.and_then(|chosen| chosen.way)
            }
            State::Content(content) => {
                let mut content = *content;
                decision = content.chosen.first.take();
                reply = content.failed.take();
                let way = content.chosen.way.take();
                content.fail(cx, &mut self.about, ways, ours(Reason::TooLate));
                way
            }
            State::Deciding(mut deciding) => {
                deciding.abandon(cx, &mut self.about, ways);
                None
            }
            State::Sending(mut sending) => {
                let mut ended = sending.abandon(cx, ways);
                ended.ending = Ending::Aborted;
                return self.end(cx, ended, is_heard);
            }
            State::Streamed(streamed) => Some(streamed.streaming.way),
            State::Over => return,
        };
        if let Some(way) = way {
            ways.say(cx, way, way::Input::Abort);
        }
        if let Some(decision) = decision {
            cx.event(Event::Decided { id: self.about.id.clone(), decision: Arc::from(decision) });
        }
        // What we have refused ourselves at the end of the header section, the server tells at the end of the message.
        let (ending, fate) = match reply.as_ref().map(|reply| reply.code / 100) {
            Some(5) => (Ending::Refused, Taken::Refused),
            Some(_) => (Ending::Deferred, Taken::Deferred),
            None => (Ending::Aborted, Taken::Abandoned),
        };
        let mut done = self.about.done(ending, fate);
        done.reply = reply;
        cx.event(Event::Done(Box::new(done)));
        self.release(cx);
    }

    fn end(&mut self, cx: &mut Context, ended: Ended, is_heard: bool) {
        self.state = State::Over;
        ended.conclude(cx, &self.about, is_heard);
        self.release(cx);
    }

    /// Nothing is held any more.
    fn release(&mut self, cx: &mut Context) {
        if cx.is_holding {
            cx.hold(Hold::Drop);
        }
        cx.forsake_store();
    }

    pub(super) fn told(&mut self, cx: &mut Context, ways: &mut Ways, way: WayId, told: Told, is_gone: bool) {
        let about = &mut self.about;
        match (&mut self.state, told) {
            (State::Envelope(envelope), Told::Rcpt(word)) => envelope.said(cx, about, way, word),
            (State::Envelope(envelope), Told::Sent(_)) => envelope.lost(cx, about, way),
            (State::Content(content), told) => content.told(cx, about, ways, way, told),
            (State::Deciding(deciding), told) => deciding.told(way, &told),
            (State::Sending(sending), told) => {
                if let Some(ended) = sending.told(cx, ways, way, told) {
                    self.end(cx, ended, !is_gone);
                }
            }
            (State::Streamed(streamed), told) if streamed.streaming.way == way => match told {
                Told::WantsContent(_) => streamed.streaming.begin_content(cx, ways),
                Told::Sent(sent) => {
                    let ended = streamed.sent(cx, about, sent);
                    self.end(cx, ended, !is_gone);
                }
                Told::Rcpt(_) => {}
            },
            _ => {}
        }
    }

    pub(super) fn held(&mut self, cx: &mut Context, ways: &mut Ways, held: Held<'_>, is_gone: bool) {
        match &mut self.state {
            State::Content(content) => content.held(cx, &mut self.about, ways, held),
            State::Deciding(deciding) => deciding.held(cx, &mut self.about, ways, held),
            State::Sending(sending) => {
                if let Some(ended) = sending.held(cx, ways, held) {
                    self.end(cx, ended, !is_gone);
                }
            }
            _ => {}
        }
    }

    pub(super) fn stored(&mut self, cx: &mut Context, ways: &mut Ways, is_stored: bool, is_gone: bool) {
        if let State::Sending(sending) = &mut self.state
            && let Some(ended) = sending.stored(cx, ways, is_stored)
        {
            self.end(cx, ended, !is_gone);
        }
    }

    /// Goes on as far as it can. `is_gone` says that the client can't be told anything any more.
    pub(super) fn advance(&mut self, cx: &mut Context, ways: &mut Ways, is_gone: bool) {
        match &mut self.state {
            State::Envelope(envelope) => envelope.advance(cx, &mut self.about, ways),
            State::Content(content) => content.advance(cx, ways),
            State::Deciding(deciding) => {
                if is_gone {
                    deciding.abandon(cx, &mut self.about, ways);
                }
                match deciding.advance(cx, &mut self.about, ways) {
                    Some(Next::Sending(sending)) => {
                        self.state = State::Sending(sending);
                        self.advance(cx, ways, is_gone);
                    }
                    Some(Next::Ended(ended)) => self.end(cx, *ended, !is_gone),
                    None => {}
                }
            }
            State::Sending(sending) => {
                if let Some(ended) = sending.advance(cx, &mut self.about, ways, is_gone) {
                    self.end(cx, ended, !is_gone);
                }
            }
            State::Streamed(streamed) => {
                if is_gone && !streamed.streaming.has_ended() {
                    let ended = streamed.give_up(cx, ways);
                    return self.end(cx, ended, false);
                }
                streamed.streaming.feed(cx, ways);
            }
            State::Over => {}
        }
    }

    /// Whether the client's octets have to wait.
    pub(super) fn is_blocked(&self, cx: &Context) -> bool {
        matches!(&self.state, State::Content(content) if content.is_blocked(cx))
    }

    /// When to be called.
    pub(super) fn wake(&self) -> Option<Millis> {
        match &self.state {
            State::Envelope(envelope) => envelope.wake(),
            State::Deciding(deciding) => deciding.wake(),
            State::Sending(sending) => sending.wake(),
            State::Streamed(streamed) => Some(streamed.until),
            State::Content(_) | State::Over => None,
        }
    }
}

impl Streamed {
    fn sent(&mut self, cx: &mut Context, about: &mut About, mut sent: super::ways::Sent) -> Ended {
        let to = &self.chosen.to;
        sent.words.retain(|(path, _)| mailbox(path).is_some_and(|mailbox| to.contains(mailbox)));
        let is_taken = !sent.words.is_empty() && sent.words.iter().all(|(_, word)| word.is_accepted());
        let any_taken = sent.unconfirmed || sent.words.iter().any(|(_, word)| word.is_accepted());
        let mut ended = match is_taken {
            true => Ended::new(self.id, self.octets, Ending::Accepted),
            false => {
                let words = sent.words.iter().map(|(_, word)| &word.reply).filter(|reply| !reply.is_completion());
                let reply = worst(words).cloned().unwrap_or_else(|| ours(Reason::NoConnection));
                Ended::refused(self.id, self.octets, reply)
            }
        };
        ended.second_copy_possible = any_taken && !is_taken;
        ended.sent = Some(sent);
        self.tell(cx, about, &mut ended);
        ended
    }

    fn give_up(&mut self, cx: &mut Context, ways: &mut Ways) -> Ended {
        ways.say(cx, self.streaming.way, way::Input::Abort);
        let mut ended = Ended::refused(self.id, self.octets, ours(Reason::TooLate));
        ended.mode = Some(Mode::Stream);
        ended
    }

    /// What was decided about all of them, and what was changed on the message.
    fn tell(&mut self, cx: &mut Context, about: &mut About, ended: &mut Ended) {
        let all = about.decide(cx, about.accepted(), None, 0);
        let mut decision = about.shared.ask(&all).map(Box::new).or_else(|| self.chosen.first.take());
        if let Some(decision) = &mut decision {
            self.streaming.rewritten.tell(&mut decision.trail);
        }
        ended.decision = decision;
        ended.mode = Some(Mode::Stream);
        ended.broke = self.streaming.rewritten.broke();
    }
}
