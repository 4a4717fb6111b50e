//! STARTTLS (RFC 3207) and TLS from the beginning (RFC 8314).

use crate::tls;

use super::super::session::Session;
use super::State;

/// A TLS handshake is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// With the connection; the greeting comes behind it.
    Implicit,
    /// Agreed on by STARTTLS.
    StartTls,
}

impl State {
    pub(super) fn starttls(self, cx: &mut Session) -> Self {
        if !cx.settings.extensions.starttls {
            cx.bad_command();
            cx.reply(502, (5, 1), "STARTTLS is not offered");
            return self;
        }
        match self {
            _ if cx.is_secured => cx.out_of_order("TLS is on already"),
            Self::Ready if cx.peer.is_extended() => {
                cx.reply(220, (0, 0), "Ready to start TLS");
                return Self::Handshake(Handshake::StartTls);
            }
            Self::Ready | Self::Greeted => cx.out_of_order("Say EHLO first"),
            _ => cx.out_of_order("Not while a message has begun"),
        }
        self
    }
}

impl Handshake {
    /// TLS is on. What the client said before, anybody may have said: it is forgotten (RFC 3207 §4.2).
    pub(crate) fn finish(self, cx: &mut Session, session: tls::Session) -> State {
        (cx.is_secured, cx.has_spoken) = (true, false);
        let peer = cx.peer_mut();
        peer.tls = Some(session);
        peer.hello = None;
        peer.identity = None;
        match self {
            Self::Implicit => State::Greeting,
            Self::StartTls => State::Greeted,
        }
    }
}
