//! Yahoo's wordings, after "SMTP Error Codes" of its Sender Hub. Its servers mark replies in brackets.
//!
//! 5.7.9 is a message that is not authenticated, and not the registry's weak mechanism.

use super::Cause;
use super::rule::{Rule, code, words};

const SLOWER: &str = "Yahoo sees unexpected volume or complaints. Send more slowly, only to people who want it, and try again \
    after some hours.";
const BLOCKED: &str = "Yahoo takes nothing from the sending address any more, and retries do not help. Stop the cause of \
    complaints, then ask for a review in its Sender Hub.";

pub(super) const RULES: &[Rule] = &[
    words(&["permanently deferred"], Cause::Reputation).advise(BLOCKED),
    words(&["[tss09]"], Cause::Reputation).advise(BLOCKED),
    words(&["[tss11]"], Cause::Reputation).advise(BLOCKED),
    words(&["[ts03]"], Cause::Reputation).advise(BLOCKED),
    words(&["[tss*"], Cause::RateLimited).advise(SLOWER),
    words(&["[ts0*"], Cause::RateLimited).advise(SLOWER),
    words(&["temporarily deferred"], Cause::RateLimited).advise(SLOWER),
    words(&["[ph01]"], Cause::Spam)
        .advise("Yahoo takes the content for dangerous or unwanted. Look at the links and at what the message asks for."),
    words(&["[bl21]"], Cause::Blocked).advise("The sending address is listed by Spamhaus. Ask for removal there, the cause being removed."),
    words(&["[bl23]"], Cause::Blocked).advise(
        "The sending address is on Spamhaus's list of addresses that should not send mail directly. Send by the provider's \
         server, or have the address removed there.",
    ),
    words(&["[bl*"], Cause::Blocked),
    words(&["dmarc"], Cause::DmarcFailed),
    code(7, 9, &["sender is unauthenticated"], Cause::Unauthenticated),
    code(7, 9, &["policy reasons"], Cause::DmarcFailed).advise(
        "Yahoo could not verify that the domain in From sent this, as that domain's DMARC policy demands. Have SPF or DKIM \
         pass for it; nobody but Yahoo can send from Yahoo's own domains.",
    ),
    code(7, 9, &[], Cause::Unauthenticated),
    words(&["sender is unauthenticated"], Cause::Unauthenticated),
    // Logging in.
    words(&["too many bad auth attempts"], Cause::AuthenticationFailed).advise(
        "Yahoo refused the login several times. Make an application password in the account's security settings, and wait.",
    ),
    words(&["(#auth*"], Cause::AuthenticationFailed).advise(
        "Yahoo refused user name and password. It takes no account's own password by SMTP: use an application password or OAuth.",
    ),
    words(&["(#mbr*"], Cause::AuthenticationFailed),
    // Recipients.
    words(&["doesn't have a", "account"], Cause::NoSuchMailbox),
    words(&["not a valid mailbox"], Cause::NoSuchMailbox),
    words(&["mailbox is disabled"], Cause::MailboxDisabled),
    words(&["(554.30)"], Cause::MailboxDisabled),
    words(&["not accepting mail"], Cause::MailboxDisabled),
    words(&["over quota"], Cause::MailboxFull),
    words(&["receiving mail too quickly"], Cause::RateLimited),
    words(&["max message per connection"], Cause::RateLimited)
        .advise("Open a new connection for the messages that are left: Yahoo takes a certain number over each."),
    words(&["resources temporarily"], Cause::SystemUnavailable),
    words(&["unauthorized mail from"], Cause::BadSenderAddress),
];
