//! Yandex Mail's wordings.

use super::{Cause, Group, any, words};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Yandex Mail help, reports on non-delivery (yandex.com/support/mail/bounces)",
    date: "2026-11-28",
    rules: &[
        words(&["under suspicion of spam"], Cause::Spam),
        words(&["blocked by spam statistics"], Cause::Blocked)
            .advise("Only spam came from this address, so Yandex refuses it for 24 hours. Stop the cause, and try again then."),
        words(&["policy rejection on the target address"], Cause::MailboxDisabled)
            .advise("Yandex has blocked the recipient's account. Reach the recipient in another way; only they can have it opened again."),
        words(&["spf check failed"], Cause::SpfFailed),
        any(&["dmarc policy"], Cause::DmarcFailed),
        words(&["not owned by auth user"], Cause::SenderNotAllowed)
            .who(super::Party::Sender)
            .advise("The account may not send in the name of this address. Send from the account's own address or an alias of it."),
        any(&["no such user", "user unknown", "user not found"], Cause::NoSuchMailbox),
        words(&["callout verification failed"], Cause::BadSenderAddress),
    ],
}];
