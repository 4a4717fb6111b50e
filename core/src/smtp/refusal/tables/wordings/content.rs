//! What is said of the message itself.

use super::super::{Cause, Group, any, words};
use super::sources::*;

/// Authentication of the message.
pub(super) const AUTHENTICITY: &[Group] = &[of(
    "RFC 7372, Email Authentication Status Codes; Sisimai, AuthFailure (libsisimai.org/en/reason)",
    &[
        words(&["dmarc"], Cause::DmarcFailed),
        words(&["spf", "dkim"], Cause::Unauthenticated),
        words(&["dkim"], Cause::DkimFailed),
        any(&["spf", "sender policy framework", "is not allowed to send mail from"], Cause::SpfFailed),
        words(&["sender is unauthenticated"], Cause::Unauthenticated),
    ],
)];

pub(super) const CONTENT: &[Group] = &[
    of(
        SISIMAI,
        &[any(
            &["virus", "malware", "infected", "illegal attachment", "executable attachment"],
            Cause::DangerousContent,
        )],
    ),
    of(INDIMAIL_QUEUE, &[any(&["banned attachment"], Cause::DangerousContent)]),
    of(HARAKA_HEADERS, &[any(&["phishing"], Cause::DangerousContent)]),
    // What is no message.
    of(EXIM_LIST, &[any(&["headers fail syntax check", "message headers fail*"], Cause::BadMessage)]),
    of(OPENSMTPD, &[any(&["rfc 2822", "line too long"], Cause::BadMessage)]),
    of(GOOGLE, &[any(&["rfc 5322", "not rfc 5322 compliant", "duplicate header*"], Cause::BadMessage)]),
    of(MOMENTUM, &[any(&["invalid header*"], Cause::BadMessage)]),
    of(BOUNCES, &[any(&["not rfc compliant"], Cause::BadMessage)]),
    of(ZONE_MTA, &[any(&["malformed message"], Cause::BadMessage)]),
    of(EXCHANGE_ONLINE, &[any(&["multiple from*"], Cause::BadMessage)]),
    of(QMAIL, &[any(&["smtplf.html"], Cause::BadMessage), words(&["djb/docs/smtplf"], Cause::BadMessage).quoted()]),
    of(INDIMAIL, &[any(&["bare lf"], Cause::BadMessage)]),
    // What nobody asked for.
    of(POSTFIX_CLEANUP, &[any(&["content rejected", "message content"], Cause::Spam)]),
    of(SISIMAI, &[any(&["spam", "unsolicited", "antispam*", "content denied", "content filter*"], Cause::Spam)]),
    of(ZONE_MTA, &[any(&["junkmail", "suspicious content"], Cause::Spam)]),
    of(BOUNCES, &[any(&["junk mail", "bulk mail"], Cause::Spam)]),
    of(CHINESE, &[any(&["anti-spam*"], Cause::Spam)]),
];
