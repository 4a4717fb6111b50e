//! Yahoo's wordings. Its servers mark replies in brackets.
//!
//! 5.7.9 is a message that is not authenticated, and not the registry's weak mechanism.

use super::{Cause, Group, any, code, words};

const SLOWER: &str = "Yahoo sees unexpected volume or complaints. Send more slowly, only to people who want it, and try again \
    after some hours.";
const BLOCKED: &str = "Yahoo takes nothing from the sending address any more, and retries do not help. Stop the cause of \
    complaints, then ask for a review in its Sender Hub.";
const UNRESOLVED: &str = "Yahoo asks for the SOA record of the domains in MAIL FROM and From, and takes no mail of those that it cannot \
    resolve. Mend the zone, that of the organization's domain too.";

/// What its Sender Hub lists.
const CODES: Group = Group {
    source: "Yahoo Sender Hub, SMTP Error Codes (senders.yahooinc.com/smtp-error-codes)",
    date: "2026-11-28",
    rules: &[
        any(&["permanently deferred", "[tss09]", "[tss11]", "[ts03]"], Cause::Reputation).advise(BLOCKED),
        any(&["[bl21]", "in spamhaus's list", "[tss07]"], Cause::Blocked)
            .advise("The sending address is listed by Spamhaus. Ask for removal there, the cause being removed."),
        any(&["unresolvable rfc.5321*", "unresolvable from domain", "soa record", "no soa", "valid soa"], Cause::BadSenderAddress).advise(UNRESOLVED),
        words(&["domain", "soa"], Cause::BadSenderAddress).advise(UNRESOLVED),
        any(&["[tss*", "[ts0*", "[ipts*", "temporarily deferred"], Cause::RateLimited).advise(SLOWER),
        words(&["[ph01]"], Cause::Spam)
            .advise("Yahoo takes the content for dangerous or unwanted. Look at the links and at what the message asks for."),
        words(&["[bl23]"], Cause::Blocked).advise(
            "The sending address is on Spamhaus's list of addresses that should not send mail directly. Send by the provider's \
             server, or have the address removed there.",
        ),
        words(&["[bl*"], Cause::Blocked),
        words(&["dmarc"], Cause::DmarcFailed),
        words(&["sender is unauthenticated"], Cause::Unauthenticated),
        code(7, 9, &["policy reasons"], Cause::DmarcFailed).advise(
            "Yahoo could not verify that the domain in From sent this, as that domain's DMARC policy demands. Have SPF or DKIM \
             pass for it; nobody but Yahoo can send from Yahoo's own domains.",
        ),
        code(7, 9, &[], Cause::Unauthenticated),
        words(&["headers are not rfc compliant"], Cause::BadMessage),
        words(&["policy reasons"], Cause::Policy),
        any(&["not a valid mailbox", "mailbox not found", "is no longer valid"], Cause::NoSuchMailbox),
        words(&["doesn't have a", "account"], Cause::NoSuchMailbox),
        any(&["mailbox is disabled", "(554.30)", "not accepting mail"], Cause::MailboxDisabled),
        words(&["over quota"], Cause::MailboxFull),
        words(&["receiving mail too quickly"], Cause::RateLimited),
        words(&["max message per connection"], Cause::RateLimited)
            .advise("Open a new connection for the messages that are left: Yahoo takes a certain number over each."),
        any(&["resources temporarily*", "resources not available"], Cause::SystemUnavailable),
        words(&["unauthorized mail from"], Cause::BadSenderAddress),
        any(&["excessive unknown recipients", "vs1-mf", "vs1-ip"], Cause::Reputation)
            .advise("Too many recipients do not exist. Remove them from the list, and see that the server is no open relay."),
    ],
};

pub(in super::super) const GROUPS: &[Group] = &[CODES];
