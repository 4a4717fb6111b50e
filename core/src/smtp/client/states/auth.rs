//! AUTH (RFC 4954).

use super::State;
use crate::smtp::client::closed::{Closed, Stage};
use crate::smtp::client::context::Context;
use crate::smtp::reply::{Reply, Severity};
use crate::smtp::sasl::client::{Error, Exchange};

/// An AUTH exchange.
#[derive(Debug)]
pub(in crate::smtp::client) struct ExpectAuth {
    exchange: Exchange,
}

impl ExpectAuth {
    /// Authenticates, where there is something to do it with.
    pub(super) fn begin(context: &mut Context) -> State {
        let Some(credentials) = &mut context.credentials else { return State::ready(context) };
        let offered = &context.capabilities.auth;
        match Exchange::start(&credentials.settings, context.tls.as_deref(), &mut credentials.entropy, offered) {
            Ok((exchange, line)) => {
                context.command(Stage::Auth, line.expose());
                State::Auth(Box::new(Self { exchange }))
            }
            Err(error) => State::quit(context, Closed::Authentication(error)),
        }
    }

    pub(super) fn reply(mut self: Box<Self>, context: &mut Context, reply: Reply) -> State {
        if reply.severity() == Severity::Intermediate {
            return match self.exchange.challenge(&reply.text()) {
                Ok(line) => {
                    context.command(Stage::Auth, line.expose());
                    State::Auth(self)
                }
                Err(error) => State::closed(context, Closed::Authentication(error)),
            };
        }
        match self.exchange.finish(&reply) {
            Ok(mechanism) => {
                context.authenticated = Some(mechanism);
                State::ready(context)
            }
            // A server that is not what it claims to be gets not even a QUIT.
            Err(error @ (Error::ServerNotProven | Error::ServerSignature)) => {
                State::closed(context, Closed::Authentication(error))
            }
            Err(error) => State::quit(context, Closed::Authentication(error)),
        }
    }
}
