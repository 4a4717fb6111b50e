//! The wordings of GMX, WEB.DE, mail.com and IONOS. They use no enhanced status codes; the last line tells.

use super::{Cause, Group, Stage, any, words};
use crate::smtp::refusal::stages::HELO;

const POLICY: &str = "The receiving system refuses by a rule of its own, mostly for the sending address's name or for what it \
    sends. Open the link in the reply, which tells which rule it is and how to write to its postmaster.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "GMX Postmaster, Error messages when sending emails to GMX (postmaster.gmx.net/en/error-messages; smtp.codes/unitedinternet)",
    date: "2026-11-28",
    rules: &[
        any(&["bad dns ptr resource record", "invalid dns ptr resource record"], Cause::ReverseDns),
        words(&["invalid dns mx or a/aaaa resource record"], Cause::BadSenderAddress)
            .advise("The domain of the sender's address has neither an MX nor an address record. Publish one, or send from another domain."),
        words(&["spf policy"], Cause::SpfFailed),
        words(&["dmarc"], Cause::DmarcFailed),
        any(&["block listed", "black listed", "blocklisted", "blacklisted"], Cause::Blocked),
        any(&["rate limit", "rate limit reached", "too many connections"], Cause::RateLimited),
        any(&["bad reputation", "poor reputation"], Cause::Reputation),
        any(&["policy violations"], Cause::Reputation).temporary().advise(
            "Too many recipients did not exist, or the EHLO name changes from one connection to the next. Mend that, and try again later.",
        ),
        any(&["policy restrictions", "policy violations", "policy reasons"], Cause::Policy).advise(POLICY),
        words(&["a virus"], Cause::DangerousContent),
        words(&["syntax error in parameters or arguments"], Cause::Protocol).advise(HELO).at(&[Stage::Greeting, Stage::Ehlo]),
        words(&["syntax error in parameters or arguments"], Cause::Protocol)
            .advise("The sending server is set up wrongly in GMX's eyes. Check its EHLO name and PTR record, then ask GMX's postmaster."),
        any(&["quota exceeded", "mailbox is full", "exceeded storage allocation", "exhausted allowed storage", "too many messages on the server"], Cause::MailboxFull),
        any(&["user unknown", "user is unknown", "unknown local part", "mailbox unavailable"], Cause::NoSuchMailbox).permanent(),
        words(&["user is inactive"], Cause::MailboxDisabled),
        words(&["no smtp service"], Cause::Blocked),
    ],
}];
