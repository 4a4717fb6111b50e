//! What is said of a message that was sent.

use passerelle::smtp::client::{Closed, Delivery, Omitted, Outcome, Ready, Stage};
use passerelle::smtp::refusal::{self, Context};
use passerelle::smtp::reply::{Reply, Severity};
use passerelle::smtp::sasl::client::Error;
use passerelle::tls::Failure as TlsFailure;

use crate::output::{escape, tell};

/// How sending went, at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worst {
    Accepted,
    Temporary,
    Permanent,
}

/// The connection is set up.
pub(super) fn ready(ready: &Ready) {
    match &ready.tls {
        Some(tls) => {
            let verified = if tls.verified { "verified" } else { "not verified" };
            tell::note(&format!("{} {}, certificate {verified}", tls.version.as_str(), tls.cipher_suite));
        }
        None => tell::note("no TLS"),
    }
    if let Some(mechanism) = ready.authenticated {
        tell::note(&format!("authenticated by {}", mechanism.as_str()));
    }
}

/// What became of the message: a line for each recipient.
pub(super) fn outcome(outcome: &Outcome, server: &str) -> Worst {
    let mut worst = Worst::Accepted;
    for recipient in &outcome.recipients {
        let delivery = &recipient.delivery;
        println!("{}: {}", escape::text(&recipient.to.to_string()), escape::text(&sentence(delivery, server)));
        worst = worst.max(match delivery {
            Delivery::Accepted(_) => Worst::Accepted,
            _ if delivery.is_temporary() => Worst::Temporary,
            _ => Worst::Permanent,
        });
    }
    for omitted in &outcome.omitted {
        tell::note(match omitted {
            Omitted::EnvelopeId => {
                "left out, since it is empty or longer than 100 characters: the name of the transaction (ENVID)"
            }
            Omitted::OriginalRecipient => "left out, since it is too long: an original recipient (ORCPT)",
            Omitted::Dsn => "left out, since the server does not offer DSN: what was asked of notifications",
            Omitted::Auth => "left out, since the server does not offer AUTH: who submitted the message",
            Omitted::Priority => "left out, since the server does not offer MT-PRIORITY: the priority",
            Omitted::DeliverBy => "left out, since the server does not offer DELIVERBY: the time to deliver by",
            _ => "something that was asked for was left out",
        });
    }
    worst
}

/// The connection ended before the message's turn came.
pub(super) fn closed(closed: &Closed, server: &str) -> Worst {
    tell::error(&format!("not sent: {closed}"));
    match closed {
        Closed::Refused { reply, .. } | Closed::Authentication(Error::Refused { reply, .. }) => {
            let stage = if let Closed::Refused { stage, .. } = closed { *stage } else { Stage::Auth };
            advise(reply, server, stage);
            if reply.severity() == Severity::Permanent { Worst::Permanent } else { Worst::Temporary }
        }
        Closed::ShuttingDown { stage, reply } => {
            advise(reply, server, *stage);
            Worst::Temporary
        }
        Closed::NoStartTls | Closed::Authentication(_) | Closed::Protocol { .. } => Worst::Permanent,
        _ => Worst::Temporary,
    }
}

/// TLS failed.
pub(super) fn tls_failed(failure: &TlsFailure) {
    tell::error(&format!("{failure}. {}", failure.advice));
}

fn sentence(delivery: &Delivery, server: &str) -> String {
    match delivery {
        Delivery::Accepted(reply) => format!("accepted: {reply}"),
        Delivery::Refused { stage, reply } => {
            let what = match stage {
                Stage::Mail => "refused with its sender",
                Stage::Rcpt => "refused",
                _ => "refused with the message",
            };
            format!("{what}: {reply}{}", advice(reply, server, *stage))
        }
        Delivery::Withheld { reply, .. } => format!("not sent, since it would not be taken: {reply}"),
        Delivery::NotSent(closed) => format!("not sent: {closed}; it can be sent again"),
        Delivery::Unconfirmed(closed) => format!("perhaps delivered: {closed}; sent again it may arrive twice"),
    }
}

fn advise(reply: &Reply, server: &str, stage: Stage) {
    tell::note(refusal::classify(reply, Context::new().peer(server).at(stage)).advice);
}

/// What to do about a refusal.
fn advice(reply: &Reply, server: &str, stage: Stage) -> String {
    format!(" - {}", refusal::classify(reply, Context::new().peer(server).at(stage)).advice)
}
