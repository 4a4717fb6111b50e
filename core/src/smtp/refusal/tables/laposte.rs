//! laposte.net's wordings: French and English, and a code at the end, `LPN007_405`, of which the last three digits count.

use super::{Cause, Group, any, words};

const REFUSED: &str = "laposte.net refuses this address for now, mostly after errors or complaints. Open at most two connections, \
    send fewer messages over each, remove recipients that do not exist, and try again after some hours.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Laposte.net postmaster page, SMTP error codes (LPN) (www.postmastery.com/laposte-net-postmaster-smtp-error-codes-lpn)",
    date: "2026-11-28",
    rules: &[
        any(&["_101", "blocked using spamhaus"], Cause::Blocked)
            .advise("The sending address is listed by Spamhaus. Ask for removal there, the cause being removed."),
        any(&["_102", "ont ete bloques par nos services"], Cause::Blocked),
        any(&["_104", "too many connections"], Cause::RateLimited).advise(REFUSED),
        words(&["_401"], Cause::SpfFailed),
        any(&["_402", "authentication required"], Cause::AuthenticationRequired),
        any(&["_421", "not owned by user"], Cause::SenderNotAllowed)
            .advise("The account may not send in the name of this address. Send from the account's own."),
        any(&["_403", "_405", "invalid sender"], Cause::BadSenderAddress)
            .advise("The sender's address must be able to receive mail: its domain needs an MX record, and the mailbox has to exist."),
        any(&["_417", "recipient overquota"], Cause::MailboxFull),
        any(&["_416", "lpn416", "invalid recipient"], Cause::NoSuchMailbox),
        any(&["_420", "archived recipient", "_426", "account isblocked", "account is blocked"], Cause::MailboxDisabled),
        any(&["_517", "dmarc verification failed"], Cause::DmarcFailed),
        words(&["_510"], Cause::Policy).advise(
            "laposte.net refuses the message for what it says or links to, or by a policy. Look at the content; do not just send it again.",
        ),
        words(&["_505"], Cause::SystemUnavailable),
        words(&["_630"], Cause::Policy),
        any(&["_503", "_107", "_108", "_109", "_423", "_424", "service refused"], Cause::RateLimited).advise(REFUSED),
    ],
}];
