//! Zoho Mail's wordings.

use super::{Cause, Group, Party, any, code, words};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Zoho, SMTP codes (smtp.codes/zoho); ZeptoMail, SMTP Error Codes (www.zoho.com/zeptomail/help/api/smtp-error-codes.html)",
    date: "2026-11-28",
    rules: &[
        words(&["relaying disallowed as"], Cause::SenderNotAllowed)
            .who(Party::Sender)
            .advise("The account may not send in the name of this address. Send from an address of a domain that is verified with it."),
        words(&["unusual sending activity detected"], Cause::AccountDisabled)
            .advise("Zoho has stopped the account for what it sends. Its owner has to unblock it in Zoho's settings or ask its support."),
        words(&["sender address blocked"], Cause::AccountDisabled),
        any(&["mail rejected by destination domain", "restricted by policy error", "delivery failure policy error"], Cause::Policy)
            .advise("The recipient's domain has a filter against this. Its administrator can change it."),
        words(&["detected by zoho mail"], Cause::DangerousContent),
        words(&["temporary system error"], Cause::SystemUnavailable),
        words(&["email size exceeded the policy"], Cause::MessageTooLarge),
        words(&["dmarc policy"], Cause::DmarcFailed),
        code(1, 1, &["user unknown"], Cause::NoSuchMailbox),
    ],
}];
