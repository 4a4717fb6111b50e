//! Mail.ru's wordings.

use super::{Cause, Group, Stage, any, words};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Popular errors in sending and delivery, after Mail.ru (mailout.ru/2015/09); DMARC for mail.ru (help.mail.ru/mail-help/postmaster/dmarc)",
    date: "2026-11-28",
    rules: &[
        words(&["message sending for this account is disabled"], Cause::AccountDisabled)
            .advise("Mail.ru has locked the account for sending. Change its password and confirm who owns it."),
        words(&["spam message rejected"], Cause::Spam)
            .advise("Mail.ru takes the message for spam. Open the link in the reply and ask for a review; it names the message."),
        words(&["dmarc policy"], Cause::DmarcFailed)
            .advise("The domain in From asks to refuse this. Send for mail.ru's own domains by mail.ru's servers only, and sign for others."),
        any(&["hosts with dynamic ip", "dynamic ips", "generic dns ptr-records"], Cause::ReverseDns)
            .advise("Mail.ru takes no mail from addresses whose name looks like one of a household. Have a PTR record with a name of one's own, or send by the provider."),
        any(&["mailbox full", "user quota exceeded"], Cause::MailboxFull),
        any(&["user not found", "no such user"], Cause::NoSuchMailbox),
        words(&["authentication failed"], Cause::AuthenticationFailed).at(&[Stage::Auth]),
    ],
}];
