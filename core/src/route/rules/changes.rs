//! What the changes of rules do to signatures that a message carries.
//!
//! The changes are made on the header section that is at hand, and what the signatures cover is compared. The body is not at hand: a
//! footer is said to break every signature, though one with a length (`l=`) may survive it, and though there are messages that a
//! footer leaves alone. What was so in the end, the gateway tells.

use serde::Serialize;

use super::edit;
use super::ledger::Ledger;
use crate::domain::Domain;
use crate::route::facts::Message;
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

/// What is done to a message, in order, each change with the rule that asks for it; `signs` says whether we sign this message.
pub(crate) fn mutations(
    changes: &[(Option<&str>, Change)],
    message: Option<&Message>,
    signs: Option<bool>,
) -> Vec<Mutation> {
    let mut mutations: Vec<Mutation> = Vec::new();
    for (rule, change) in changes {
        mutations.push(Mutation {
            action: change.as_str(),
            rule: rule.map(str::to_owned),
            value: value(change),
            breaks_dkim: None,
            resign: message.and(signs),
        });
    }
    let Some(message) = message.filter(|_| !changes.is_empty()) else { return mutations };
    let mut header = edit::roomy(&message.header);
    let mut ledger = Ledger::new(&header, |_| false);
    for (number, (_, change)) in changes.iter().enumerate() {
        if let Change::Footer(_) = change {
            ledger.any_body();
        }
        // Where it cannot be changed the message is refused.
        if let Ok(Some(changed)) = edit::changed(&header, change) {
            header = changed;
        }
        ledger.note(number, &header);
    }
    for (number, mutation) in mutations.iter_mut().enumerate() {
        mutation.breaks_dkim = Some(ledger.broken_by(number));
    }
    mutations
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

/// The domain for which we sign: that of the author, where it is certain, ours, and has a key.
pub(crate) fn signing_domain<'p>(policy: &'p Policy, message: &Message) -> Option<&'p Domain> {
    let author = message.author.as_ref()?;
    let sign = policy.signer(&author.domain)?;
    policy.is_own(&author.domain).then_some(&sign.domain)
}
