//! The proof that a policy admits no strangers, and that every message that it admits has a next step under the security asked.
//!
//! # Why looking at so few cases is looking at all
//! Admission looks at a client through a handful of questions, each with few answers, and at nothing else: is the address in the
//! entry's ranges; does the client speak TLS; has it authenticated, as an account of the entry's users or another; is its EHLO name
//! ours; is the sender null, ours or foreign, and registered for the account; does the content prove the tenant. Entries are
//! asked one by one, no entry knows of another, and a client is admitted if one admits it. So all that can happen is, for each
//! entry, the product of those answers ([`Point`]): a few hundred cases, and whatever a client does is one of them. Two
//! clients that answer all questions alike are treated alike, whatever their addresses are; a case in which an entry breaks a law is
//! found, and none is made up, since each is turned into a session that can happen.
//!
//! Rules have no say in admission. What they have a say in (the route, and whether TLS is demanded) is looked at for each rule
//! and for each pair of a rule that demands TLS and one that decides: demands add up, and one rule decides, so that a third
//! changes neither the route nor takes a demand away. Subsets of rules are never enumerated. Each is reached by a session made of
//! what it asks for: as one of its users, from one of its addresses, with its author, header fields, size and results. And whatever
//! sessions show, a route that a rule, the quarantine or a fallback names must not lead back to this host.
//!
//! # What is not proven
//! What the DNS will say: that a route's host exists, that an SPF record lists the right addresses, and none that another entry
//! takes for ours (`config check` asks). Where a tenant is proven by
//! DKIM, who replays a fresh message of ours to others is admitted, with our own content; the header is the better proof.

mod admission;
mod cases;
mod dialogue;
mod next_step;
mod world;

use std::sync::Arc;

use serde::Serialize;

use crate::route::facts::Message;
use crate::route::policy::Policy;
use crate::route::request::{Envelope, Session};
use crate::time::UnixTime;

pub use admission::{Point, Sender, User, admits, points};

/// A law, and whether it holds.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Law {
    /// What it says.
    pub law: &'static str,
    /// Whether it holds for this policy.
    pub holds: bool,
    /// Where it does not: a dialogue that shows it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_lines")]
    pub counterexample: Option<Counterexample>,
}

/// A session that breaks a law.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Counterexample {
    /// Who comes.
    pub session: Session,
    /// The envelope.
    pub envelope: Envelope,
    /// The message.
    pub message: Arc<Message>,
    /// The dialogue, line by line.
    pub lines: Vec<String>,
}

fn as_lines<S: serde::Serializer>(example: &Option<Counterexample>, serializer: S) -> Result<S::Ok, S::Error> {
    example.as_ref().map(|example| &example.lines).serialize(serializer)
}

/// No stranger relays.
pub const NO_STRANGER: &str = "no stranger relays: who sends to others is authenticated, comes from an address of ours, or proves the \
                               tenant (where that is by DKIM, a fresh message of our own can be replayed)";
/// No own domain can be sent as by others.
pub const NO_IMPOSTOR: &str = "no own domain can be sent as by a foreign account or another tenant";
/// Nothing goes in clear text that must not.
pub const NO_CLEAR_TEXT: &str =
    "no credential goes to whom it is not for, and neither a credential nor mail marked for TLS goes in clear text";
/// There is a next step.
pub const NEXT_STEP: &str = "every admitted message has a next step, and it is not this host";

/// Looks at every case.
pub fn prove(policy: &Arc<Policy>, now: UnixTime) -> Vec<Law> {
    let law =
        |law, counterexample: Option<Counterexample>| Law { law, holds: counterexample.is_none(), counterexample };
    let admission = admission::Findings::of(policy);
    let next = next_step::Findings::of(policy, now);
    vec![
        law(NO_STRANGER, admission.stranger),
        law(NO_IMPOSTOR, admission.impostor),
        law(NO_CLEAR_TEXT, next.clear_text),
        law(NEXT_STEP, next.nowhere),
    ]
}
