//! What OVHcloud says of its servers' replies.

use super::{Cause, Group, Party, Stage, any, words};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "OVHcloud, Unable to send or receive emails (help.ovhcloud.com, KB0051869)",
    date: "2026-11-28",
    rules: &[
        words(&[], Cause::AuthenticationFailed).reply(535).who(Party::Sender).advise(
            "User name and password are wrong, or OVHcloud has blocked the account for spam. Look at its state in the Control \
             Panel; a new password can lift the block.",
        ),
        words(&[], Cause::AuthenticationRequired).reply(503).at(&[Stage::Mail, Stage::Rcpt]),
        any(&["no smtp service here"], Cause::Blocked),
        words(&["relay denied"], Cause::RelayDenied),
        words(&["message does not have authentication information"], Cause::Unauthenticated),
        any(&["exceeded storage allocation"], Cause::MailboxFull),
        any(&["mailbox name invalid", "mailbox name not allowed"], Cause::BadRecipientAddress).at(&[Stage::Rcpt, Stage::Unknown]),
        words(&["mailbox unavailable"], Cause::NoSuchMailbox).permanent(),
    ],
}];
