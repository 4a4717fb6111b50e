//! What is decided, in the form in which all faces tell it.

use serde::Serialize;

use crate::domain::Domain;
use crate::lookup::CachedPolicy;
use crate::mailbox::Mailbox;
use crate::route::hops::Hop;
use crate::route::policy::Direction;
use crate::route::replies::Reply;
use crate::route::rules::changes::Mutation;
use crate::trail::Trail;

/// What is done with a message, for each of its recipients, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// The version of the policy that decided.
    pub policy_version: String,
    /// Whether at least one recipient is taken.
    pub admitted: bool,
    /// Where none is: the refusal to give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    /// The recipients that are refused, in the order of the envelope.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Where the first group comes from and goes to.
    pub direction: Option<Direction>,
    /// The `[[relay]]` that admitted the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<String>,
    /// The rules that match, in order.
    pub rules: Vec<String>,
    /// What is changed, in order.
    pub mutations: Vec<Mutation>,
    /// The recipients that are taken, together where all that is done with them is the same.
    pub groups: Vec<Group>,
    /// The domain in whose name the message is signed; not known without a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Domain>,
    /// Whether content has a say, so that this stands behind the dot alone.
    pub late: bool,
    /// Whether the message can go on while it comes.
    pub mode: Mode,
    /// How long the gateway may take, in seconds.
    pub deadlines: Deadlines,
    /// Where there is no message yet: the numbers of the rules of which its content will tell. Recipients with the same, and in
    /// the same group, stay together whatever the content is.
    #[serde(skip)]
    pub open: Vec<usize>,
    /// Where there is no message yet: whether `TLS-Required: No` (RFC 8689 §3) would change the way of a group.
    #[serde(skip)]
    pub rests_on_tls_required: bool,
    /// MTA-STS policies that were fetched: the host keeps them in the place of what it had.
    #[serde(skip)]
    pub sts_updates: Vec<(Domain, CachedPolicy)>,
    /// The steps that led here.
    pub trail: Trail,
}

/// A recipient that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refused {
    /// The recipient.
    pub recipient: Mailbox,
    /// The refusal to give.
    pub reply: Reply,
}

/// How long the gateway may take to answer a client, in seconds: `[timeouts]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Deadlines {
    /// RCPT, over all hosts and addresses.
    pub rcpt: u64,
    /// The end of the message, over all tries.
    pub end_of_data: u64,
}

/// Whether a message can go on while it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// To the next host, command by command.
    Stream,
    /// Only when all of it is there.
    Hold,
}

/// Recipients with which the same is done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The recipients.
    pub recipients: Vec<Mailbox>,
    /// The name of the route, where there is one.
    pub route: Option<String>,
    /// Where the message comes from and goes to.
    pub direction: Direction,
    /// What is done.
    pub outcome: Fate,
    /// Why not, where it is not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    /// The reply where TLS is demanded and no host has it.
    #[serde(skip)]
    pub tls_failure: Option<Reply>,
    /// The hosts to try, in order.
    pub hops: Vec<Hop>,
    /// What follows when every one of them failed temporarily.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// The sender that takes the place of the message's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<Mailbox>,
    /// Whether these are recipients of a copy (`also_to`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub copy: bool,
    /// The rules that match for these recipients, in order: their changes are made.
    pub rules: Vec<String>,
    /// The same rules by their places in the policy.
    #[serde(skip)]
    pub applied: Vec<usize>,
}

/// The route that follows another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Fallback {
    /// Its name.
    pub route: String,
    /// Its hosts, in order.
    pub hops: Vec<Hop>,
}

impl Fallback {
    /// This route, with these hosts.
    pub fn new(route: impl Into<String>, hops: Vec<Hop>) -> Self {
        Self { route: route.into(), hops }
    }
}

/// What is done with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It goes to the first host that takes it.
    Deliver,
    /// Not now.
    Defer,
    /// Never.
    Bounce,
    /// It is kept for a person to look at.
    Quarantine,
    /// It is taken and dropped.
    Discard,
}

impl Decision {
    /// The decision as JSON.
    pub fn to_json(&self) -> String {
        // Texts, numbers, and lists of them: they always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What comes of it in one word: the worst of what is done with any recipient.
    pub fn conclusion(&self) -> Conclusion {
        let refused_now =
            |temporary: bool| self.refused.iter().any(|refused| refused.reply.is_temporary() == temporary);
        let any = |fate: Fate| self.groups.iter().any(|group| group.outcome == fate);
        if refused_now(false) || any(Fate::Bounce) {
            Conclusion::Refused
        } else if refused_now(true) || any(Fate::Defer) {
            Conclusion::Deferred
        } else {
            Conclusion::Delivered
        }
    }
}

/// The worst of what is done with any recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// All are delivered, quarantined or discarded, as told.
    Delivered,
    /// One at least is refused or bounced.
    Refused,
    /// One at least is to be tried again.
    Deferred,
}
