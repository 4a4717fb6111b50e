//! STARTTLS (RFC 3207), and the handshake that follows or that the connection begins with.

use super::{ExpectAuth, ExpectGreeting, ExpectHello, State};
use crate::smtp::client::closed::{Closed, ProtocolError, Stage};
use crate::smtp::client::context::Context;
use crate::smtp::client::settings::Without;
use crate::smtp::reply::{Reply, Severity};
use crate::tls::Session;

/// STARTTLS was said.
#[derive(Debug)]
pub(in crate::smtp::client) struct ExpectStartTls;

impl ExpectStartTls {
    pub(super) fn begin(context: &mut Context) -> State {
        context.command(Stage::StartTls, "STARTTLS");
        State::StartTls(Self)
    }

    pub(super) fn reply(self, context: &mut Context, reply: Reply) -> State {
        match reply.severity() {
            Severity::Completion => Handshake::begin(context, false),
            Severity::Intermediate => {
                State::StartTls(self).protocol_error(context, Stage::StartTls, ProtocolError::Code(reply.code))
            }
            _ => match context.without_starttls() {
                Some((_, Without::GoOn)) => ExpectAuth::begin(context),
                _ => State::quit(context, Closed::Refused { stage: Stage::StartTls, reply }),
            },
        }
    }
}

/// Octets are TLS's. What comes in clear text from here on is dropped: it was put there by somebody else.
#[derive(Debug)]
pub(in crate::smtp::client) struct Handshake {
    /// Whether nothing has been said before.
    implicit: bool,
}

impl Handshake {
    pub(in crate::smtp::client) fn begin(context: &mut Context, implicit: bool) -> State {
        context.wait(Stage::Handshake);
        State::Handshake(Self { implicit })
    }

    /// Everything from here on is inside TLS.
    pub(in crate::smtp::client) fn secured(self, context: &mut Context, session: Session) -> State {
        context.secured(session);
        match self.implicit {
            true => ExpectGreeting::begin(context),
            false => ExpectHello::begin(context),
        }
    }
}
