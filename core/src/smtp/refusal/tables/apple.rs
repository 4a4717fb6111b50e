//! iCloud Mail's wordings.

use super::{Cause, Group, any, words};

const LOCAL: &str = "Apple refuses the message by a policy that it does not tell. Check SPF, DKIM and DMARC, and the sending \
    address's name; if mail to iCloud still fails, write to its postmaster with the reply's text.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "iCloud, SMTP codes (smtp.codes/icloud), after Apple's Postmaster information for iCloud Mail (support.apple.com/102322)",
    date: "2026-11-28",
    rules: &[
        any(&["blocked for failing both spf and dkim*", "[hme1]"], Cause::Unauthenticated),
        words(&["dmarc policy"], Cause::DmarcFailed),
        any(&["domain present in the spamhaus", "due to listing in spamhaus"], Cause::Blocked).advise(
            "Spamhaus lists the sending address, or a domain that the message links to. Ask for removal there, the cause being removed.",
        ),
        any(&["[hm07]", "[hm08]"], Cause::Spam).advise(LOCAL),
        any(&["[cs01]", "[cs02]", "due to local policy"], Cause::Policy).advise(LOCAL),
        words(&["deferred due to excessive volume"], Cause::RateLimited)
            .advise("The recipient or iCloud gets too much mail from here at present. Send more slowly and try again later."),
        any(&["recipient no longer on server"], Cause::MailboxMoved)
            .advise("The recipient's mailbox is gone from iCloud. Ask for the new address, or do not write to it again."),
        words(&["inactive email address"], Cause::NoSuchMailbox)
            .advise("The owner has switched the address off, or it is gone. Do not write to it again."),
        any(&["unknown or illegal alias", "user does not exist", "user lookup success but no user record found"], Cause::NoSuchMailbox),
        words(&["user is over quota"], Cause::MailboxFull),
        words(&["not accepting connections"], Cause::Blocked),
        words(&["too many errors"], Cause::RateLimited)
            .advise("Too many commands of this client failed. Remove recipients that do not exist, and try again later."),
        words(&["service unavailable - try again later"], Cause::SystemUnavailable),
        words(&["blocked - see"], Cause::Blocked).advise("Proofpoint, which filters for Apple, blocks the sending address. Ask it to look again at ipcheck.proofpoint.com."),
    ],
}];
