//! AUTH (RFC 4954).

use std::sync::Arc;

use crate::limits::{MAX_SASL_LINE, MAX_SMTP_AUTH_DELAY};
use crate::machine::Misuse;
use crate::smtp::line::{Line, LineReader};
use crate::smtp::reply::Reply;
use crate::smtp::sasl::server::{self as sasl, Exchange, Failure, Step};

use super::super::decision::Decision;
use super::super::event::{Closed, Event, Identity, Request};
use super::super::session::{Enhanced, Session};
use super::{On, State};

/// An exchange is under way. Only a session that is `Ready` begins one, and goes back to that.
#[derive(Debug)]
pub(crate) struct Authenticating {
    exchange: Exchange,
    /// What came of the host's decision.
    decided: Option<Step>,
}

/// The reply to a failure is held back, so that guessing takes time.
#[derive(Clone, Debug)]
pub(crate) struct Delayed {
    pub(crate) millis: u64,
    reply: Reply,
}

impl State {
    pub(super) fn auth(self, cx: &mut Session, mechanism: &str, initial: Option<&str>) -> Self {
        let Some(settings) = cx.settings.auth.clone() else {
            cx.bad_command();
            cx.reply(502, (5, 1), "AUTH is not offered");
            return self;
        };
        match self {
            _ if cx.peer.identity.is_some() => cx.out_of_order("You have authenticated already"),
            Self::Ready if cx.peer.is_extended() => {
                if cx.goes_on_too_early() {
                    return cx.early_talker("You went on before the reply to AUTH");
                }
                let peer = Arc::clone(&cx.peer);
                let (exchange, step) =
                    Exchange::start(&settings, peer.tls.as_ref(), &mut cx.entropy, mechanism, initial);
                return Authenticating { exchange, decided: None }.step(cx, step);
            }
            Self::Ready | Self::Greeted => cx.out_of_order("Say EHLO first"),
            _ => cx.out_of_order("Not while a message has begun"), // RFC 4954 §4
        }
        self
    }
}

impl Authenticating {
    pub(super) fn read(
        mut self: Box<Self>,
        cx: &mut Session,
        lines: &mut LineReader,
        input: &mut &[u8],
    ) -> (State, bool) {
        let step = match lines.read(input) {
            None => return (State::Auth(self), false),
            // A line that is too long, or irregular, is no base64 either way.
            Some(Line::TooLong) => self.exchange.line(&[b'='; MAX_SASL_LINE]),
            Some(Line::Irregular(_)) => self.exchange.line(b"?"),
            Some(Line::Whole(line)) => self.exchange.line(line),
        };
        cx.trace_received(|| "<response>".into());
        cx.more_behind = !input.is_empty();
        let state = match step {
            Ok(step) => self.step(cx, step),
            // Cannot happen: the state is this one only while a challenge is out.
            Err(_) => self.fail(cx, Failure::Unavailable),
        };
        (state, true)
    }

    fn step(self, cx: &mut Session, step: Step) -> State {
        match step {
            Step::Challenge(text) => {
                cx.bare_reply(334, &text);
                State::Auth(Box::new(self))
            }
            Step::Verify(credentials) => {
                let request = Request::Auth { mechanism: self.exchange.mechanism(), credentials };
                let refuse = |_: &Session| Decision::Auth(sasl::Decision::UnknownUser);
                cx.ask(cx.settings.decisions.auth, On::Auth(Box::new(self)), refuse, |_| request)
            }
            Step::Done(Ok(identity)) => {
                let reply = identity.reply();
                let identity = Arc::new(Identity {
                    user: identity.user,
                    acts_for: identity.acting_as,
                    mechanism: Some(identity.mechanism),
                });
                cx.peer_mut().identity = Some(Arc::clone(&identity));
                cx.event(Event::Authenticated(identity));
                cx.send(&reply, false, Enhanced::Yes);
                State::Ready
            }
            Step::Done(Err(failure)) => self.fail(cx, failure),
        }
    }

    fn fail(self, cx: &mut Session, failure: Failure) -> State {
        let mechanism = Some(self.exchange.mechanism()).filter(|_| failure != Failure::UnknownMechanism);
        cx.event(Event::AuthenticationFailed { mechanism, user: self.exchange.user().map(str::to_owned), failure });
        let reply = failure.reply();
        if !counts(failure) {
            cx.bad_command();
            cx.send(&reply, false, Enhanced::Yes);
            return State::Ready;
        }
        cx.tally.auth_failures = cx.tally.auth_failures.saturating_add(1);
        let doublings = cx.tally.auth_failures.saturating_sub(1).min(16);
        let millis = (cx.settings.timeouts.auth_delay << doublings).min(MAX_SMTP_AUTH_DELAY);
        let delayed = Delayed { millis, reply };
        if millis == 0 { delayed.release(cx) } else { State::Delayed(Box::new(delayed)) }
    }

    /// Hands the host's decision to the exchange, if it takes such a one.
    pub(super) fn answer(&mut self, decision: sasl::Decision) -> Result<(), Misuse> {
        self.decided = Some(self.exchange.decide(decision)?);
        Ok(())
    }

    pub(super) fn decide(mut self, cx: &mut Session, decision: Decision) -> State {
        if let (None, Decision::Auth(decision)) = (&self.decided, decision) {
            self.decided = self.exchange.decide(decision).ok();
        }
        match self.decided.take() {
            Some(step) => self.step(cx, step),
            None => self.fail(cx, Failure::Unavailable),
        }
    }
}

/// Whether a failure is a try at a password, which is slowed down and counted.
fn counts(failure: Failure) -> bool {
    !matches!(failure, Failure::UnknownMechanism | Failure::TlsNeeded | Failure::Unavailable)
}

impl Delayed {
    /// The reply, and the end after too many failures.
    pub(crate) fn release(self, cx: &mut Session) -> State {
        cx.send(&self.reply, false, Enhanced::Yes);
        match cx.tally.auth_failures >= cx.settings.limits.auth_failures {
            true => cx.close_with((7, 0), "Too many failures of authentication", Closed::TooManyAuthFailures),
            false => State::Ready,
        }
    }
}
