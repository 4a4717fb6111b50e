//! The states of a client, a struct each.
//!
//! ```text
//!   Handshake ──▶ Greeting ──▶ Hello ──▶ StartTls ──▶ Handshake
//!  (implicit)                   │  ▲                      │
//!                               ▼  └──────────────────────┘
//!                              Auth ──▶ Ready ◀──▶ Transaction
//!                                         │
//!                                         ▼
//!                                      Quitting ──▶ Over
//! ```

mod auth;
mod greeting;
mod hello;
mod starttls;

pub(super) use auth::ExpectAuth;
pub(super) use greeting::ExpectGreeting;
pub(super) use hello::ExpectHello;
pub(super) use starttls::{ExpectStartTls, Handshake};

use super::closed::{Closed, ProtocolError, Stage};
use super::context::Context;
use super::event::{Event, Ready};
use super::transaction::Transaction;
use crate::smtp::reply::Reply;

/// Where the conversation is.
#[derive(Debug)]
pub(super) enum State {
    /// The greeting is to come.
    Greeting(ExpectGreeting),
    /// EHLO, LHLO or HELO was said.
    Hello(ExpectHello),
    /// STARTTLS was said.
    StartTls(ExpectStartTls),
    /// Octets are TLS's.
    Handshake(Handshake),
    /// An AUTH exchange.
    Auth(Box<ExpectAuth>),
    /// A message can be sent.
    Ready,
    /// A message is being sent.
    Transaction(Box<Transaction>),
    /// QUIT was said.
    Quitting(Closed),
    /// Nothing comes any more.
    Over,
}

impl State {
    /// The state after a reply to what was asked in `stage`.
    pub(super) fn reply(self, context: &mut Context, stage: Stage, reply: Reply) -> Self {
        match self {
            Self::Greeting(state) => state.reply(context, reply),
            Self::Hello(state) => state.reply(context, reply),
            Self::StartTls(state) => state.reply(context, reply),
            Self::Auth(state) => state.reply(context, reply),
            Self::Transaction(state) => state.reply(context, stage, reply),
            Self::Quitting(why) => Self::closed(context, why),
            // Nothing was asked in these.
            state @ (Self::Handshake(_) | Self::Ready | Self::Over) => state,
        }
    }

    /// The state after a reply to nothing.
    pub(super) fn unasked(self, context: &mut Context, reply: &Reply) -> Self {
        let error = ProtocolError::Unasked(reply.code);
        match self {
            Self::Transaction(state) => state.unasked(context, reply),
            state => {
                let stage = state.stage(context);
                state.protocol_error(context, stage, error)
            }
        }
    }

    /// The state after something that is no SMTP, where `stage` was waited for.
    pub(super) fn protocol_error(self, context: &mut Context, stage: Stage, error: ProtocolError) -> Self {
        self.end(context, Closed::Protocol { stage, error })
    }

    /// The connection is over, whatever was going on.
    pub(super) fn end(self, context: &mut Context, why: Closed) -> Self {
        match self {
            Self::Transaction(transaction) => transaction.end(context, why),
            // That QUIT got no reply changes nothing.
            Self::Quitting(why) => Self::closed(context, why),
            Self::Over => Self::Over,
            _ => Self::closed(context, why),
        }
    }

    /// What is waited for.
    pub(super) fn stage(&self, context: &Context) -> Stage {
        match self {
            Self::Handshake(_) => Stage::Handshake,
            Self::Ready | Self::Over => Stage::Idle,
            Self::Transaction(transaction) => transaction.stage(context),
            _ => context.awaited().unwrap_or(Stage::Idle),
        }
    }

    /// The connection is over, and nothing more is said.
    pub(super) fn closed(context: &mut Context, why: Closed) -> Self {
        context.over(why);
        Self::Over
    }

    /// The connection is of no use; QUIT is said, and its reply waited for (RFC 5321 §4.1.1.10).
    pub(super) fn quit(context: &mut Context, why: Closed) -> Self {
        context.command(Stage::Quit, "QUIT");
        Self::Quitting(why)
    }

    /// Everything is set up.
    pub(super) fn ready(context: &mut Context) -> Self {
        let ready = Ready {
            capabilities: (*context.capabilities).clone(),
            tls: context.tls.as_deref().cloned(),
            authenticated: context.authenticated,
        };
        context.credentials = None;
        context.was_ready = true;
        context.events.push_back(Event::Ready(Box::new(ready)));
        Self::Ready
    }
}
