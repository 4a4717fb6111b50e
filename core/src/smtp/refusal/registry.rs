//! What codes mean: IANA's registry of enhanced status codes (RFC 5248).

use super::Cause;
use crate::smtp::reply::EnhancedCode;

/// What an enhanced status code of the registry means, whatever its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What it is about.
    pub subject: u16,
    /// What about it.
    pub detail: u16,
    /// The cause that it stands for.
    pub cause: Cause,
    /// It says little, so servers use it for much: words count for more.
    pub vague: bool,
}

/// What the registry says of a code; `None` where it does not have it.
pub fn meaning(code: EnhancedCode) -> Option<Meaning> {
    let place = MEANINGS.binary_search_by_key(&(code.subject, code.detail), |entry| (entry.0, entry.1));
    let &(subject, detail, cause) = MEANINGS.get(place.ok()?)?;
    // X.7.1 is what servers say that have nothing better.
    let vague = detail == 0 || (subject, detail) == (7, 1);
    Some(Meaning { subject, detail, cause, vague })
}

/// Where the meanings are from.
pub(super) const SOURCE: &str = "IANA, Simple Mail Transfer Protocol (SMTP) Enhanced Status Codes Registry";
/// Of the registry that they are taken from.
pub(super) const DATE: &str = "2024-12-06";

/// Subject, detail, and cause; in ascending order.
const MEANINGS: &[(u16, u16, Cause)] = &[
    // RFC 3463 §3.1
    (0, 0, Cause::Unspecified),
    // RFC 3463 §3.2: addresses.
    (1, 0, Cause::Unspecified),
    (1, 1, Cause::NoSuchMailbox),
    (1, 2, Cause::NoSuchDomain),
    (1, 3, Cause::BadRecipientAddress),
    (1, 4, Cause::BadRecipientAddress),
    (1, 5, Cause::Unspecified), // for 2yz only
    (1, 6, Cause::MailboxMoved),
    (1, 7, Cause::BadSenderAddress),
    (1, 8, Cause::BadSenderAddress),
    (1, 9, Cause::ContentNotSupported), // RFC 3886: a relay on that does not speak as we do
    (1, 10, Cause::TakesNoMail),        // RFC 7505: the recipient's domain has a null MX
    // RFC 3463 §3.3: mailboxes.
    (2, 0, Cause::Unspecified),
    (2, 1, Cause::MailboxDisabled),
    (2, 2, Cause::MailboxFull),
    (2, 3, Cause::MessageTooLarge),
    (2, 4, Cause::MailingList),
    // RFC 3463 §3.4: the mail system.
    (3, 0, Cause::SystemUnavailable),
    (3, 1, Cause::SystemFull),
    (3, 2, Cause::SystemUnavailable),
    (3, 3, Cause::ContentNotSupported),
    (3, 4, Cause::MessageTooLarge),
    (3, 5, Cause::SystemMisconfigured),
    (3, 6, Cause::PriorityTooLow), // RFC 6710
    // RFC 3463 §3.5: network and routing.
    (4, 0, Cause::Network),
    (4, 1, Cause::Network),
    (4, 2, Cause::Network),
    (4, 3, Cause::Network),
    (4, 4, Cause::Network),
    (4, 5, Cause::RateLimited),
    (4, 6, Cause::Loop),
    (4, 7, Cause::Expired),
    // RFC 3463 §3.6: the protocol.
    (5, 0, Cause::Protocol),
    (5, 1, Cause::Protocol),
    (5, 2, Cause::Protocol),
    (5, 3, Cause::TooManyRecipients),
    (5, 4, Cause::Protocol),
    (5, 5, Cause::Protocol),
    (5, 6, Cause::Protocol), // RFC 4954: a line of AUTH too long
    // RFC 3463 §3.7: content.
    (6, 0, Cause::ContentNotSupported),
    (6, 1, Cause::ContentNotSupported),
    (6, 2, Cause::ContentNotSupported),
    (6, 3, Cause::ContentNotSupported),
    (6, 4, Cause::ContentNotSupported),
    (6, 5, Cause::ContentNotSupported),
    (6, 6, Cause::BadMessage),                        // RFC 4468: BURL's content is not there
    (6, 7, Cause::InternationalizationNotSupported),  // RFC 6531
    (6, 8, Cause::InternationalizationNotSupported),  // RFC 6531
    (6, 9, Cause::InternationalizationNotSupported),  // RFC 6531
    (6, 10, Cause::InternationalizationNotSupported), // RFC 6531: 6.8 once more
    // RFC 3463 §3.8: security and policy.
    (7, 0, Cause::Policy),
    (7, 1, Cause::Policy),
    (7, 2, Cause::MailingList),
    (7, 3, Cause::ContentNotSupported),
    (7, 4, Cause::MechanismNotAccepted),
    (7, 5, Cause::TlsFailed),
    (7, 6, Cause::TlsFailed),
    (7, 7, Cause::BadMessage), // the message was damaged or tampered with
    // RFC 4954 and RFC 5248: authentication.
    (7, 8, Cause::AuthenticationFailed),
    (7, 9, Cause::MechanismNotAccepted),
    (7, 10, Cause::TlsRequired),
    (7, 11, Cause::TlsRequired),
    (7, 12, Cause::MechanismNotAccepted),
    (7, 13, Cause::AccountDisabled),
    (7, 14, Cause::AuthenticationRequired),
    // RFC 6710: priority.
    (7, 15, Cause::PriorityTooLow),
    (7, 16, Cause::MessageTooLarge),
    // RFC 7293: owners.
    (7, 17, Cause::OwnerChanged),
    (7, 18, Cause::OwnerChanged),
    (7, 19, Cause::OwnerChanged),
    // RFC 7372: authentication of the message.
    (7, 20, Cause::DkimFailed),
    (7, 21, Cause::DkimFailed),
    (7, 22, Cause::DkimFailed),
    (7, 23, Cause::SpfFailed),
    (7, 24, Cause::SpfFailed),
    (7, 25, Cause::ReverseDns),
    (7, 26, Cause::Unauthenticated),
    (7, 27, Cause::BadSenderAddress), // RFC 7505: the sender's domain has a null MX
    (7, 28, Cause::RateLimited),      // a flood of mail
    (7, 29, Cause::Unauthenticated),  // RFC 8617: ARC
    (7, 30, Cause::RequireTlsNotSupported), // RFC 8689
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(MEANINGS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        for &(subject, detail, cause) in MEANINGS {
            assert_eq!(meaning(EnhancedCode::new(5, subject, detail)).map(|meaning| meaning.cause), Some(cause));
        }
        assert_eq!(meaning(EnhancedCode::new(5, 7, 31)), None);
    }
}
