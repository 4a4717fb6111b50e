//! Wordings that mean the same whatever enhanced status code comes with them.

use super::{Cause, Group, Stage, any, code, words};

pub(in super::super) const GROUPS: &[Group] = &[
    Group {
        source: "Sisimai, bounce reasons (libsisimai.org/en/reason); Postfix, smtpd; ZoneMTA, bounce rules",
        date: "2026-11-28",
        rules: &[
            // The sender's address, with a code that speaks of addresses.
            code(1, 0, &["sender address rejected"], Cause::BadSenderAddress),
            code(1, 1, &["sender address rejected"], Cause::BadSenderAddress),
            code(1, 2, &["sender address rejected"], Cause::BadSenderAddress),
            any(&["sender verify failed", "sender verification failed", "could not verify sender"], Cause::BadSenderAddress),
            any(
                &["not owned by user", "not owned by auth user", "mail from not owned*", "sender address must match authenticated user",
                  "not authorized to send as", "does not belong to authenticated user"],
                Cause::SenderNotAllowed,
            )
            .who(super::Party::Sender)
            .advise("The account that is logged in may not send in the name of this address. Send from the account's own, or have this one added to it."),
            any(&["domain name required for sender address", "sender address rejected: need fully-qualified address"], Cause::BadSenderAddress),
            words(&["recipient address rejected: need fully-qualified address"], Cause::BadRecipientAddress),
            // The mailbox, with a code that says that it is unknown.
            code(1, 1, &["unverified address"], Cause::SystemUnavailable)
                .temporary()
                .at(&[Stage::Rcpt, Stage::Unknown])
                .advise("The server is still asking whether the recipient exists. Try again later; nothing has to be changed."),
            code(1, 1, &["too many messages"], Cause::RateLimited).temporary(),
            code(2, 1, &["too quickly"], Cause::RateLimited),
            code(2, 1, &["rate that prevents*"], Cause::RateLimited),
            any(&["recipient address rejected: access denied"], Cause::NoSuchMailbox).permanent(),
            // Not this way, and not now.
            any(&["relay access denied", "relaying denied", "relaying not allowed", "relay not permitted"], Cause::RelayDenied),
            any(&["greylist*", "grey-list*", "graylist*", "greylisted"], Cause::Greylisted).temporary(),
            any(&["connection rate limit exceeded", "too many open connections", "too many connections", "too many concurrent*"], Cause::RateLimited),
            any(&["insufficient disk space", "insufficient system storage"], Cause::SystemFull),
            // Lists.
            any(&["is blacklisted using", "blacklisted by", "listed by spamhaus", "blocked using"], Cause::Blocked),
            // Logging in first.
            any(&["sender address rejected: not logged in", "must issue an auth command first", "authentication is required"], Cause::AuthenticationRequired),
            words(&["authentication required"], Cause::AuthenticationRequired).at(&[Stage::Ehlo, Stage::Mail, Stage::Data]).reply(530),
        ],
    },
];
