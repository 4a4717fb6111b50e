//! The server speaks first (RFC 5321 §3.1).

use super::{ExpectHello, State};
use crate::smtp::client::closed::{Closed, ProtocolError, Stage};
use crate::smtp::client::context::Context;
use crate::smtp::reply::{Reply, Severity};

/// The greeting is to come.
#[derive(Debug)]
pub(in crate::smtp::client) struct ExpectGreeting;

impl ExpectGreeting {
    pub(in crate::smtp::client) fn begin(context: &mut Context) -> State {
        context.expect(Stage::Greeting);
        State::Greeting(Self)
    }

    pub(super) fn reply(self, context: &mut Context, reply: Reply) -> State {
        match reply.severity() {
            Severity::Completion => ExpectHello::begin(context),
            Severity::Intermediate => {
                State::Greeting(self).protocol_error(context, Stage::Greeting, ProtocolError::Code(reply.code))
            }
            // 554, and what else servers say; they wait for QUIT (RFC 5321 §3.1).
            Severity::Transient | Severity::Permanent => {
                State::quit(context, Closed::Refused { stage: Stage::Greeting, reply })
            }
        }
    }
}
