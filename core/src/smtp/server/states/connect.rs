//! The beginning of a session, up to the greeting (RFC 5321 §3.1).

use crate::smtp::reply::Reply;

use super::super::decision::Decision;
use super::super::event::{Closed, Request};
use super::super::session::Session;
use super::super::settings::{EarlyTalkers, Protocol};
use super::{Handshake, On, State};

impl State {
    /// What a connection begins with.
    pub(crate) fn first(cx: &Session) -> Self {
        if cx.expects_proxy_header() {
            return Self::Proxy(Box::default());
        }
        Self::behind_proxy(cx)
    }

    /// What comes behind the PROXY header, if there is one.
    pub(super) fn behind_proxy(cx: &Session) -> Self {
        match cx.settings.tls.implicit && cx.peer.tls.is_none() {
            true => Self::Handshake(Handshake::Implicit),
            false => Self::Greeting,
        }
    }

    pub(crate) fn decide_on_connection(cx: &mut Session) -> Self {
        cx.ask(cx.settings.decisions.connect, On::Connect, |_| Decision::Accept, |_| Request::Connect)
    }

    /// The client is served.
    pub(super) fn greet(cx: &mut Session) -> Self {
        let protocol = match cx.settings.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        let text = match cx.settings.greeting.as_str() {
            "" => cx.named(protocol),
            greeting => cx.named(&format!("{protocol} {greeting}")),
        };
        cx.bare_reply(220, &text);
        Self::Greeted
    }

    /// The client is not served. It is told so in place of the greeting, and may say QUIT; with 421 it may not.
    pub(super) fn refuse_connection(cx: &mut Session, reply: &Reply) -> Self {
        cx.send(&cx.with_our_name(reply), false, super::super::session::Enhanced::No);
        match reply.code {
            421 => cx.close(Closed::ByHost),
            _ => Self::Refused,
        }
    }
}

impl Session {
    /// The client talks although it is not its turn. Says whether the session goes on.
    pub(crate) fn serves_early_talkers(&self) -> bool {
        self.settings.early_talkers == EarlyTalkers::Serve
    }

    pub(crate) fn early_talker(&mut self, text: &str) -> State {
        self.reply(554, (5, 0), text);
        self.close(Closed::EarlyTalker)
    }

    /// What comes before the greeting has no enhanced status code either.
    pub(crate) fn talked_before_greeting(&mut self) -> State {
        self.bare_reply(554, "You talk before the greeting");
        self.close(Closed::EarlyTalker)
    }

    /// Whether octets wait behind a command that has to be the last of its group, and that is not to be.
    pub(crate) fn goes_on_too_early(&self) -> bool {
        self.more_behind && !self.serves_early_talkers()
    }
}
