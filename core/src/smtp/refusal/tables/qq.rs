//! QQ Mail's wordings. Its limits are 550 though they pass.

use super::{Cause, Group, any, words};

const LIMIT: &str = "QQ counts what an address, a domain and a sender send in a minute, an hour and a day, and refuses the rest with \
    550. It passes: stop for now, then send the message again later and more slowly.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "QQ Mail help center, reasons of returned mail (service.mail.qq.com/detail/122); QQ, SMTP codes (smtp.codes/qq)",
    date: "2026-11-28",
    rules: &[
        any(
            &["ip frequency limited", "domain frequency limited", "sender frequency limited", "connection frequency limited",
              "frequency of receiving messages is limited"],
            Cause::RateLimited,
        )
        .advise(LIMIT),
        any(&["mailbox unavailable or access denied", "mailbox unavailable or access denined"], Cause::RateLimited)
            .advise("The recipient gets too much mail at present, and QQ refuses more with 550. It passes: send the message again later."),
        words(&["spf check failed"], Cause::SpfFailed),
        words(&["dmarc check failed"], Cause::DmarcFailed),
        any(&["suspected bounce attacks", "suspected spam ip", "connection denied"], Cause::Blocked)
            .advise("QQ takes the sending address for a source of spam. Stop the cause, send less, and ask its postmaster for a review."),
        any(&["mail content denied", "spam is embedded in the email", "content rejected", "rejected by antispam server", "suspected spam"], Cause::Spam),
        words(&["mail is rejected by recipients"], Cause::SenderNotAllowed),
        words(&["deactivated mailbox"], Cause::MailboxDisabled),
        words(&["mailbox not found"], Cause::NoSuchMailbox),
        words(&["bad address syntax"], Cause::BadRecipientAddress),
        words(&["message too large"], Cause::MessageTooLarge),
        words(&["bad syntax"], Cause::Protocol),
    ],
}];
