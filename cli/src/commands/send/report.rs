//! What became of a message: for people, as JSON, and as the exit code.

use std::net::SocketAddr;

use passerelle::smtp::client::{Closed, Delivery, Envelope, Omitted, Outcome, Ready, Stage};
use passerelle::smtp::refusal::{self, Context, Refusal};
use passerelle::smtp::reply::Reply;
use passerelle::smtp::sasl::client::Error;
use passerelle::tls::{End, Failure as TlsFailure, Session};
use serde::Serialize;

use super::destination::Silence;
use crate::args::Send;
use crate::commands::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::failure::Failure;
use crate::output::{escape, print, print_json, tell};

/// What became of a message.
pub(super) struct Report {
    server: String,
    peer: Option<SocketAddr>,
    ready: Option<Ready>,
    recipients: Vec<Recipient>,
    omitted: Vec<Omitted>,
    tls_failure: Option<TlsFailure>,
    /// Whether the message's turn came.
    is_outcome: bool,
    /// Whether another address of the server may do better.
    wants_next: bool,
}

/// What became of one recipient.
#[derive(Serialize)]
struct Recipient {
    recipient: String,
    outcome: Fate,
    /// Whether the same is worth another try.
    temporary: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Said>,
    /// Why, where no reply says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    #[serde(skip)]
    sentence: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Fate {
    /// It is the server's now.
    Accepted,
    /// The server has refused it, in its own words.
    Refused,
    /// We have not sent it, since the server lacks something.
    Withheld,
    /// It did not come to that.
    NotSent,
    /// The connection ended before the reply.
    Unconfirmed,
}

#[derive(Serialize)]
struct Said {
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    enhanced: Option<String>,
    text: String,
}

impl From<&Reply> for Said {
    fn from(reply: &Reply) -> Self {
        let enhanced = reply.enhanced.map(|code| code.to_string());
        Self { code: reply.code, enhanced, text: reply.lines.join("\n") }
    }
}

impl Report {
    pub(super) fn new(server: &str, peer: Option<SocketAddr>) -> Self {
        Self {
            server: server.to_owned(),
            peer,
            ready: None,
            recipients: Vec::new(),
            omitted: Vec::new(),
            tls_failure: None,
            is_outcome: false,
            wants_next: false,
        }
    }

    /// No address of the server could be reached.
    pub(super) fn unreached(envelope: &Envelope, server: &str, why: String) -> Self {
        tell::error(&why);
        let mut report = Self::new(server, None);
        let fate = |to: String| Recipient::new(to, Fate::NotSent, true, None, Some(why.clone()), None);
        report.recipients = envelope.recipients.iter().map(|recipient| fate(recipient.to.to_string())).collect();
        report.wants_next = true;
        report
    }

    /// The connection is set up.
    pub(super) fn ready(&mut self, ready: Ready) {
        self.ready = Some(ready);
    }

    /// TLS failed.
    pub(super) fn tls_failed(&mut self, failure: TlsFailure) {
        tell::error(&format!("{failure}. {}", failure.advice));
        self.tls_failure = Some(failure);
    }

    /// The message had its turn.
    pub(super) fn outcome(&mut self, outcome: Outcome) {
        let server = &self.server;
        let fates = outcome.recipients.into_iter();
        self.recipients = fates.map(|fate| delivered(fate.to.to_string(), &fate.delivery, server)).collect();
        self.omitted = outcome.omitted;
        self.is_outcome = true;
    }

    /// The connection is over. Where the message had no turn, that is what became of it. How the server was silent, if it has not
    /// said a word.
    pub(super) fn closed(&mut self, envelope: &Envelope, closed: Closed) -> Option<Silence> {
        if self.is_outcome {
            return None;
        }
        tell::error(&format!("not sent: {closed}"));
        let said = said(&closed);
        let fate = match said {
            Some(_) => Fate::Refused,
            None if closed.is_temporary() => Fate::NotSent,
            None => Fate::Withheld,
        };
        let refusal = explained(said, &self.server);
        if let Some(refusal) = &refusal {
            tell::note(refusal.advice);
        }
        let to = envelope.recipients.iter().map(|recipient| recipient.to.to_string());
        let reply = said.map(|(_, reply)| reply);
        let reason = closed.to_string();
        let one = |to| Recipient::new(to, fate, closed.is_temporary(), reply, Some(reason.clone()), refusal);
        self.recipients = to.map(one).collect();
        self.wants_next = is_of_the_address(&closed);
        match closed {
            Closed::TimedOut { stage: Stage::Greeting | Stage::Handshake } => Some(Silence::Lasting),
            Closed::Lost { stage: Stage::Greeting, end: End::Orderly | End::Cut } => Some(Silence::Closed),
            _ => None,
        }
    }

    /// Whether another address of the server may do better.
    pub(super) fn wants_next_address(&self) -> bool {
        self.wants_next
    }

    /// Whether another try may do better for one recipient at least.
    pub(super) fn is_temporary(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.temporary)
    }

    /// 0 accepted for all; 3 if one is worth another try; else 1.
    pub(super) fn exit(&self) -> u8 {
        if self.is_temporary() {
            EXIT_TEMPORARY
        } else if self.recipients.iter().all(|recipient| recipient.outcome == Fate::Accepted) {
            EXIT_YES
        } else {
            EXIT_NO
        }
    }

    pub(super) fn print(&self, args: &Send) -> Result<(), Failure> {
        for omitted in &self.omitted {
            tell::note(left_out(*omitted));
        }
        if args.json {
            return print_json(&self.json()?);
        }
        // Where the message had no turn, it was said why.
        let lines = self.recipients.iter().filter(|_| self.is_outcome).map(|recipient| {
            format!("{}: {}\n", escape::text(&recipient.recipient), escape::text(&recipient.sentence))
        });
        print(lines.collect::<String>().as_bytes())
    }

    fn json(&self) -> Result<String, Failure> {
        #[derive(Serialize)]
        struct Object<'a> {
            exit: u8,
            server: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            address: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tls: Option<Tls<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tls_failure: Option<Failed<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            authenticated: Option<&'a str>,
            recipients: &'a [Recipient],
            left_out: Vec<&'static str>,
        }
        #[derive(Serialize)]
        struct Tls<'a> {
            version: &'a str,
            cipher_suite: &'a str,
            verified: bool,
        }
        #[derive(Serialize)]
        struct Failed<'a> {
            result: &'a str,
            reason: &'a str,
            advice: &'a str,
        }
        let session: Option<&Session> = self.ready.as_ref().and_then(|ready| ready.tls.as_ref());
        let object = Object {
            exit: self.exit(),
            server: &self.server,
            address: self.peer.map(|peer| peer.to_string()),
            tls: session.map(|session| Tls {
                version: session.version.as_str(),
                cipher_suite: &session.cipher_suite,
                verified: session.verified,
            }),
            tls_failure: self.tls_failure.as_ref().map(|failure| Failed {
                result: failure.result.as_str(),
                reason: &failure.reason,
                advice: failure.advice,
            }),
            authenticated: self.ready.as_ref().and_then(|ready| Some(ready.authenticated?.as_str())),
            recipients: &self.recipients,
            left_out: self.omitted.iter().map(|omitted| left_out(*omitted)).collect(),
        };
        serde_json::to_string(&object).map_err(|error| Failure::new(error.to_string()))
    }
}

impl Recipient {
    fn new(
        recipient: String,
        outcome: Fate,
        temporary: bool,
        reply: Option<&Reply>,
        reason: Option<String>,
        mut refusal: Option<Refusal>,
    ) -> Self {
        // What becomes of the recipient is more than the reply alone says.
        refusal.iter_mut().for_each(|refusal| refusal.temporary = temporary);
        let sentence = String::new();
        Self { recipient, outcome, temporary, reply: reply.map(Said::from), reason, refusal, sentence }
    }
}

/// Whether the connection was over for a reason that another address may not have (RFC 5321 §5.1): before it could be spoken of a message.
fn is_of_the_address(closed: &Closed) -> bool {
    match closed {
        Closed::Refused { stage, .. } | Closed::Protocol { stage, .. } => *stage == Stage::Greeting,
        Closed::ShuttingDown { stage, .. } | Closed::Lost { stage, .. } | Closed::TimedOut { stage } => {
            matches!(stage, Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::Handshake)
        }
        _ => false,
    }
}

/// In which words the server ended the connection, if it said some, and at what.
fn said(closed: &Closed) -> Option<(Stage, &Reply)> {
    match closed {
        Closed::Refused { stage, reply } | Closed::ShuttingDown { stage, reply } => Some((*stage, reply)),
        Closed::Authentication(Error::Refused { reply, .. }) => Some((Stage::Auth, reply)),
        _ => None,
    }
}

fn explained(said: Option<(Stage, &Reply)>, server: &str) -> Option<Refusal> {
    said.map(|(stage, reply)| refusal::classify(reply, Context::new().peer(server).at(stage)))
}

fn delivered(to: String, delivery: &Delivery, server: &str) -> Recipient {
    let temporary = delivery.is_temporary();
    let mut reply = delivery.reply();
    let (fate, refusal, reason, sentence) = match delivery {
        Delivery::Accepted(reply) => (Fate::Accepted, None, None, format!("accepted: {reply}")),
        Delivery::Refused { stage, reply } => {
            let what = match stage {
                Stage::Mail => "refused with its sender",
                Stage::Rcpt => "refused",
                _ => "refused with the message",
            };
            let refusal = explained(Some((*stage, reply)), server);
            let sentence = format!("{what}: {reply}{}", advice(refusal));
            (Fate::Refused, refusal, None, sentence)
        }
        Delivery::Withheld { reply, .. } => {
            (Fate::Withheld, None, None, format!("not sent, since it would not be taken: {reply}"))
        }
        Delivery::NotSent(closed) => {
            let refusal = explained(said(closed), server);
            reply = said(closed).map(|(_, reply)| reply);
            let sentence = format!("not sent: {closed}; it can be sent again{}", advice(refusal));
            (Fate::NotSent, refusal, Some(closed.to_string()), sentence)
        }
        Delivery::Unconfirmed(closed) => {
            reply = said(closed).map(|(_, reply)| reply);
            let sentence = format!("perhaps delivered: {closed}; sent again it may arrive twice");
            (Fate::Unconfirmed, explained(said(closed), server), Some(closed.to_string()), sentence)
        }
    };
    Recipient { sentence, ..Recipient::new(to, fate, temporary, reply, reason, refusal) }
}

/// What to do about a refusal, for the end of a sentence.
fn advice(refusal: Option<Refusal>) -> String {
    refusal.map_or_else(String::new, |refusal| format!(" - {}", refusal.advice))
}

fn left_out(omitted: Omitted) -> &'static str {
    match omitted {
        Omitted::EnvelopeId => {
            "left out, since it is empty or longer than 100 characters: the name of the transaction (ENVID)"
        }
        Omitted::OriginalRecipient => "left out, since it is too long: an original recipient (ORCPT)",
        Omitted::Dsn => "left out, since the server does not offer DSN: what was asked of notifications",
        Omitted::Auth => "left out, since the server does not offer AUTH: who submitted the message",
        Omitted::Priority => "left out, since the server does not offer MT-PRIORITY: the priority",
        Omitted::DeliverBy => "left out, since the server does not offer DELIVERBY: the time to deliver by",
        _ => "something that was asked for was left out",
    }
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
