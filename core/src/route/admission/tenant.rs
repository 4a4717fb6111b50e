//! The proof that a message from a shared range is of this organisation.

use std::collections::BTreeSet;

use crate::crypto::equal;
use crate::dkim::DkimResult;
use crate::domain::Domain;
use crate::limits::TENANT_CLOCK_SKEW;
use crate::message::unfold;
use crate::route::facts::{Message, Seal};
use crate::route::policy::Policy;
use crate::time::UnixTime;

/// Whether the field is there exactly once and has this value. A second one may be the sender's own, stamped on in the hope that
/// the right one is looked at.
pub(super) fn has_header(message: &Message, name: &str, value: &str) -> bool {
    let mut fields = message.header.named(name);
    let is_right = fields.next().is_some_and(|field| equal(unfold(field.value()).trim_ascii(), value.as_bytes()));
    is_right && fields.next().is_none()
}

/// What a provider's signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Yes,
    No,
    /// A key that could prove it was not answered.
    Unknown,
}

/// The fields that a reader takes a message by.
const READ: [&str; 6] = ["From", "Reply-To", "To", "Cc", "Subject", "Date"];

/// Whether a fresh passing signature of a domain of ours is there that the provider has made, and leaves nothing open that a
/// reader takes the message by. One that this gateway has a key for is our own, and may come back by anybody's hand.
pub(super) fn signature(
    policy: &Policy,
    message: &Message,
    selectors: Option<&BTreeSet<String>>,
    max_age: u64,
    now: UnixTime,
) -> Signed {
    let mut signed = Signed::No;
    if message.author.is_none() {
        return signed;
    }
    for (verdict, seal) in message.dkim.iter().zip(&message.signatures) {
        let (Some(domain), Some(selector)) = (&verdict.domain, &verdict.selector) else { continue };
        let is_providers = match selectors {
            Some(selectors) => selectors.contains(selector),
            None => !has_key(policy, domain, selector),
        };
        if !policy.is_own(domain) || !is_providers || !is_fresh(seal.timestamp, max_age, now) {
            continue;
        }
        if !covers(seal, message) {
            continue;
        }
        match verdict.result {
            DkimResult::Pass => return Signed::Yes,
            DkimResult::TempError => signed = Signed::Unknown,
            _ => {}
        }
    }
    signed
}

/// Whether each of these fields that stands on the message is signed. A signature counts them from the bottom up (RFC 6376 §5.4.2),
/// so that it still passes where somebody else has put one more on top.
fn covers(seal: &Seal, message: &Message) -> bool {
    READ.iter().all(|name| message.header.named(name).count() <= seal.signs(name))
}

fn has_key(policy: &Policy, domain: &Domain, selector: &str) -> bool {
    let keys = policy.signer(domain).into_iter().flat_map(|sign| &sign.keys);
    keys.into_iter().any(|key| key.selector == selector)
}

/// A signature without a time (RFC 6376 §3.5, `t=`) may be of any age.
fn is_fresh(signed: Option<UnixTime>, max_age: u64, now: UnixTime) -> bool {
    signed.is_some_and(|signed| {
        signed.0 <= now.0.saturating_add(TENANT_CLOCK_SKEW) && now.0.saturating_sub(signed.0) <= max_age
    })
}
