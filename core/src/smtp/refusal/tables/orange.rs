//! Orange's and Wanadoo's wordings: French and English, and a code at the end, `OFR_416` or `OFR004_104`, of which the last
//! three digits count.

use super::{Cause, Group, Stage, any, words};

const REFUSED: &str = "Orange refuses this address for now, mostly after complaints or a rise in volume. Stop sending for at least \
    two hours, then send less and more slowly.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Orange postmaster page, SMTP error codes (OFR) (www.postmastery.com/orange-postmaster-smtp-error-codes-ofr; postmaster.orange.fr)",
    date: "2026-11-28",
    rules: &[
        any(&["_102", "[102]", "blocked for spamming issues"], Cause::Blocked).advise(
            "Cloudmark's list has the sending address. Stop the spam, then ask for a reset at csi.cloudmark.com.",
        ),
        any(&["_104", "[104]", "too many connections, slow down"], Cause::RateLimited)
            .advise("Orange takes few connections at a time from one address. Open fewer, and reuse them."),
        any(&["_305", "[305]"], Cause::AuthenticationFailed),
        any(&["_402", "authentication required"], Cause::AuthenticationRequired),
        words(&["spf"], Cause::SpfFailed),
        any(&["_403", "_405", "_415", "[403]", "[405]", "[415]", "invalid sender"], Cause::BadSenderAddress),
        any(&["_421", "not owned by user"], Cause::SenderNotAllowed)
            .advise("The account may not send in the name of this address. Send from the account's own."),
        any(&["_417", "[417]", "overquota", "boite du destinataire pleine"], Cause::MailboxFull),
        any(&["_416", "_418", "[416]", "[418]", "invalid recipient"], Cause::NoSuchMailbox),
        any(&["_420", "archived recipient", "_426"], Cause::MailboxDisabled),
        any(&["_506", "[506]", "_513", "[513]", "mail rejected"], Cause::Spam).at(&[
            Stage::EndOfMessage,
            Stage::Data,
            Stage::Unknown,
        ]),
        any(&["_514", "taille limite du message atteinte"], Cause::MessageTooLarge),
        any(&["_517"], Cause::DmarcFailed),
        any(&["_505", "[505]"], Cause::SystemUnavailable),
        any(&["_103", "[103]"], Cause::Blocked).advise(REFUSED),
        any(&["_105", "[105]", "_201", "[201]", "_999", "[999]"], Cause::RateLimited).advise(REFUSED),
        words(&["service refused, please try later"], Cause::RateLimited).advise(REFUSED),
    ],
}];
