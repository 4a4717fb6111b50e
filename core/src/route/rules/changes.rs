//! What the changes of rules do to signatures that a message carries.
//!
//! A signature covers the fields that it names, counted from the bottom up, and the body (RFC 6376 §5.4.2). So a field that is
//! added on top breaks those signatures alone that name it more often than it stood there.

use serde::Serialize;

use crate::domain::Domain;
use crate::route::facts::{Message, Seal};
use crate::route::policy::{Change, Policy};

/// A change, and what it does to signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mutation {
    /// The key of `do`.
    pub action: &'static str,
    /// The rule; `None` where the gateway does it on its own account.
    pub rule: Option<String>,
    /// What is added, removed, or put in the place of something.
    pub value: String,
    /// The domains whose signatures on the message break; `None` without a message.
    pub breaks_dkim: Option<Vec<Domain>>,
    /// Whether our own signature can be made after it; `None` without a message.
    pub resign: Option<bool>,
}

impl Mutation {
    /// A change of a rule. `signs` says whether we sign this message.
    pub(crate) fn of(change: &Change, rule: &str, message: Option<&Message>, signs: Option<bool>) -> Self {
        Self {
            action: change.as_str(),
            rule: Some(rule.to_owned()),
            value: value(change),
            breaks_dkim: message.map(|message| message.signers(|seal| breaks(change, message, seal))),
            resign: message.and(signs),
        }
    }

    /// A secret field that goes no further.
    pub(crate) fn secret(name: &str, message: &Message, signs: Option<bool>) -> Self {
        let change = Change::RemoveHeader(name.to_owned());
        let mut mutation = Self::of(&change, "", Some(message), signs);
        mutation.rule = None;
        mutation
    }
}

fn value(change: &Change) -> String {
    use crate::route::policy::NewSender;
    let list = |mailboxes: &[crate::mailbox::Mailbox]| {
        mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    match change {
        Change::RemoveHeader(name) => name.clone(),
        Change::AddHeader(field) => format!("{}: {}", field.name, field.value),
        Change::SubjectPrefix(prefix) => prefix.clone(),
        Change::Sender(NewSender::Srs) => "srs".to_owned(),
        Change::Sender(NewSender::Address(mailbox)) => mailbox.to_string(),
        Change::To(mailboxes) | Change::AlsoTo(mailboxes) => list(mailboxes),
        Change::Footer(footer) => footer.text.clone(),
    }
}

/// Whether a signature does not verify any more after the change.
fn breaks(change: &Change, message: &Message, seal: &Seal) -> bool {
    let present = |name: &str| message.header.named(name).count();
    match change {
        // Even a signature with a length (`l=`) covers the part in which the footer of a MIME message goes.
        Change::Footer(_) => true,
        // A signature that is not there any more verifies nothing.
        Change::RemoveHeader(name) if name.eq_ignore_ascii_case("DKIM-Signature") => true,
        Change::RemoveHeader(name) => present(name) > 0 && seal.signs(name) > 0,
        Change::AddHeader(field) => seal.signs(&field.name) > present(&field.name),
        // A message without a subject is given one.
        Change::SubjectPrefix(_) => seal.signs("Subject") > 0,
        // These are of the envelope.
        Change::Sender(_) | Change::To(_) | Change::AlsoTo(_) => false,
    }
}

/// The domain for which we sign: that of the author, where it is certain, ours, and has a key.
pub(crate) fn signing_domain<'p>(policy: &'p Policy, message: &Message) -> Option<&'p Domain> {
    let author = message.author.as_ref()?;
    let sign = policy.signer(&author.domain)?;
    policy.is_own(&author.domain).then_some(&sign.domain)
}
