//! MAIL and RCPT (RFC 5321 §4.1.1.2, §4.1.1.3), and the parameters that extensions give them.

use std::sync::Arc;

use crate::mailbox::{ForwardPath, ReversePath};
use crate::smtp::command::CommandError;
use crate::smtp::parameters::{Body, DeliverByMode, Hold, MailParameters, RcptParameters};
use crate::smtp::reply::{EnhancedCode, Reply};

use super::super::decision::Decision;
use super::super::event::{Closed, Recipient, Request, Sender};
use super::super::session::{Enhanced, Session};
use super::{On, State};

/// A reply that refuses: code, subject and detail, text.
type Refusal = (u16, (u16, u16), &'static str);

impl State {
    pub(super) fn mail(mut self, cx: &mut Session, path: ReversePath, parameters: MailParameters) -> Self {
        match self {
            Self::Ready => {}
            Self::Greeted => {
                cx.out_of_order(if cx.is_lmtp() { "Say LHLO first" } else { "Say EHLO first" });
                return self;
            }
            _ => {
                cx.out_of_order("A message has begun already");
                return self;
            }
        }
        if cx.settings.auth_required && cx.peer.identity.is_none() {
            cx.reply(530, (7, 0), "Authentication required"); // RFC 4954 §6
            return self;
        }
        if let Err((code, enhanced, text)) = check_mail(cx, &parameters) {
            cx.reply(code, enhanced, text);
            return self;
        }
        if cx.tally.transactions >= cx.settings.limits.transactions {
            self.abandon(cx, super::super::event::Abort::SessionEnded);
            return cx.close_with((7, 0), "Too many messages in one session", Closed::TooMany);
        }
        let sender = Arc::new(Sender { path, parameters });
        let on = On::Mail(Arc::clone(&sender));
        cx.ask(cx.settings.decisions.mail, on, |_| Decision::Accept, |_| Request::Mail(sender))
    }

    pub(super) fn rcpt(self, cx: &mut Session, path: ForwardPath, parameters: RcptParameters, is_utf8: bool) -> Self {
        let transaction = match self {
            Self::Open(transaction) => transaction,
            state => {
                match state {
                    Self::Chunks(_) => cx.out_of_order("The message is coming already"),
                    _ => cx.say_mail_first(),
                }
                return state;
            }
        };
        if let Err((code, enhanced, text)) = check_rcpt(cx, &parameters) {
            cx.reply(code, enhanced, text);
            return Self::Open(transaction);
        }
        if transaction.recipients.len() >= cx.settings.limits.recipients {
            // RFC 5321 §4.5.3.1.10: the client sends the message for those it has, and the others later. It is no fault of
            // its, or a long list would end the session each time and never come through.
            cx.reply(452, (5, 3), "Too many recipients");
            return Self::Open(transaction);
        }
        if is_utf8 && !transaction.sender.parameters.smtputf8 {
            cx.send(&CommandError::NeedsSmtputf8.reply(), false, Enhanced::Yes);
            return Self::Open(transaction);
        }
        let recipient = Recipient { path, parameters };
        let local = |cx: &Session| match is_local(cx, &recipient.path) {
            true => Decision::Accept,
            false => Decision::Refuse(Reply::new(550, Some(EnhancedCode::new(5, 7, 1)), "Relaying denied")),
        };
        if !cx.settings.decisions.rcpt {
            let decision = local(cx);
            return On::Rcpt { transaction, recipient }.decide(cx, decision);
        }
        let sender = Arc::clone(&transaction.sender);
        let on = On::Rcpt { transaction, recipient: recipient.clone() };
        cx.ask(true, on, |_| Decision::Accept, |_| Request::Rcpt { sender, recipient })
    }
}

/// Whether a recipient is taken where the host does not decide.
fn is_local(cx: &Session, path: &ForwardPath) -> bool {
    let ForwardPath::Mailbox(mailbox) = path else { return true }; // RFC 5321 §4.5.1
    let is_local = mailbox.domain().is_some_and(|domain| cx.settings.local_domains.contains(domain));
    is_local || cx.settings.relay_for_authenticated && cx.peer.identity.is_some()
}

/// Whether the parameters were offered, and can be met.
fn check_mail(cx: &Session, parameters: &MailParameters) -> Result<(), Refusal> {
    if *parameters == MailParameters::default() {
        return Ok(());
    }
    let extensions = &cx.settings.extensions;
    let offered = [
        (parameters.size.is_some(), extensions.size),
        (matches!(parameters.body, Some(Body::SevenBit | Body::EightBitMime)), extensions.eight_bit_mime),
        (parameters.body == Some(Body::BinaryMime), extensions.offers_binary_mime()),
        (parameters.smtputf8, extensions.offers_smtputf8()),
        (parameters.require_tls, extensions.require_tls && cx.peer.tls.is_some()),
        (parameters.ret.is_some() || parameters.envelope_id.is_some(), extensions.dsn),
        (parameters.auth.is_some(), cx.settings.auth.is_some()),
        (parameters.priority.is_some(), extensions.mt_priority),
        (parameters.deliver_by.is_some(), extensions.deliver_by.is_some()),
        (parameters.hold.is_some(), extensions.future_release.is_some()),
    ];
    // RFC 5321 §4.1.1.11; and a client that said HELO has been offered nothing.
    if offered.iter().any(|(used, offered)| *used && !(*offered && cx.peer.is_extended())) {
        return Err((555, (5, 4), "A parameter was not offered"));
    }
    if parameters.size.zip(cx.settings.limits.message_size).is_some_and(|(size, limit)| size > limit) {
        return Err((552, (3, 4), "The message is too large")); // RFC 1870 §6.1
    }
    if let (Some(deliver_by), Some(fewest)) = (parameters.deliver_by, extensions.deliver_by) {
        // RFC 2852 §4: with R the time must be positive, and not below what is offered.
        if deliver_by.mode == DeliverByMode::Return && deliver_by.seconds <= 0 {
            return Err((501, (5, 4), "The time of BY=, with R, must be positive"));
        }
        if deliver_by.mode == DeliverByMode::Return && deliver_by.seconds < i64::from(fewest) {
            return Err((555, (5, 4), "The time of BY= is too short"));
        }
    }
    if let (Some(hold), Some(longest)) = (parameters.hold, extensions.future_release) {
        let seconds = match hold {
            Hold::For(seconds) => seconds,
            Hold::Until(moment) => moment.0.saturating_sub(cx.now.unix.0),
        };
        if seconds > longest.into() {
            return Err((501, (5, 4), "That is later than is offered")); // RFC 4865 §4.2
        }
    }
    Ok(())
}

fn check_rcpt(cx: &Session, parameters: &RcptParameters) -> Result<(), Refusal> {
    let uses_dsn = parameters.notify.is_some() || parameters.original.is_some();
    if uses_dsn && !(cx.settings.extensions.dsn && cx.peer.is_extended()) {
        return Err((555, (5, 4), "A parameter was not offered"));
    }
    Ok(())
}
