//! EHLO, and HELO for servers that don't know it (RFC 5321 §3.2); LHLO (RFC 2033 §4.1).

use super::{ExpectAuth, ExpectStartTls, State};
use crate::smtp::capabilities::Capabilities;
use crate::smtp::client::closed::{Closed, ProtocolError, Stage};
use crate::smtp::client::context::Context;
use crate::smtp::client::settings::{Protocol, Without};
use crate::smtp::reply::{Reply, Severity};

/// EHLO, LHLO or HELO was said.
#[derive(Debug)]
pub(in crate::smtp::client) struct ExpectHello {
    verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Ehlo,
    Lhlo,
    Helo,
}

impl ExpectHello {
    /// Also after STARTTLS: what the server offered before counts no more (RFC 3207 §4.2).
    pub(super) fn begin(context: &mut Context) -> State {
        Self::say(
            context,
            match context.settings.protocol {
                Protocol::Smtp => Verb::Ehlo,
                Protocol::Lmtp => Verb::Lhlo,
            },
        )
    }

    fn say(context: &mut Context, verb: Verb) -> State {
        let word = match verb {
            Verb::Ehlo => "EHLO",
            Verb::Lhlo => "LHLO",
            Verb::Helo => "HELO",
        };
        let line = format!("{word} {}", context.settings.name);
        context.command(Stage::Hello, &line);
        State::Hello(Self { verb })
    }

    pub(super) fn reply(self, context: &mut Context, reply: Reply) -> State {
        match (reply.severity(), self.verb) {
            (Severity::Completion, Verb::Ehlo | Verb::Lhlo) => {
                *context.capabilities = Capabilities::parse(&reply);
                next(context)
            }
            (Severity::Completion, Verb::Helo) => {
                *context.capabilities = Capabilities::default();
                next(context)
            }
            (Severity::Intermediate, _) => {
                State::Hello(self).protocol_error(context, Stage::Hello, ProtocolError::Code(reply.code))
            }
            // RFC 5321 §3.2 names 500 and 502 for this, and §4.1.4 has 501, 504 and 550 for what is wrong with EHLO.
            (Severity::Permanent, Verb::Ehlo) => Self::say(context, Verb::Helo),
            _ => State::quit(context, Closed::Refused { stage: Stage::Hello, reply }),
        }
    }
}

/// What comes when it is known what the server offers: TLS if there is none yet.
fn next(context: &mut Context) -> State {
    match context.without_starttls() {
        Some(_) if context.capabilities.starttls => ExpectStartTls::begin(context),
        Some((Without::Fail, _)) => State::quit(context, Closed::NoStartTls),
        Some((Without::GoOn, _)) | None => ExpectAuth::begin(context),
    }
}
