//! Mimecast's wordings. Most refusals are policies of its customer, the recipient.

use super::{Cause, Group, Party, any, words};

const CUSTOMER: &str = "A policy of the recipient's organization refuses this. Its administrator can find the message in Mimecast \
    and permit the sender.";
const TLS: &str = "The route to the recipient wants TLS, of version 1.2 or later and with strong ciphers. Use STARTTLS, and check what \
    versions and ciphers are on.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Policies - Mimecast SMTP Error Codes (mimecastsupport.zendesk.com/hc/en-us/articles/34000709564691)",
    date: "2026-11-28",
    rules: &[
        // Authentication of the message, and of whoever submits it.
        words(&["spf sender invalid"], Cause::SpfFailed),
        words(&["dkim sender invalid"], Cause::DkimFailed),
        words(&["dmarc sender invalid"], Cause::DmarcFailed),
        any(&["incorrect authentication data", "submitter failed to authenticate", "submitter failed to disabled"], Cause::AuthenticationFailed),
        any(&["this route requires encryption", "this route requires tls version*", "this route requires high-strength ciphers"], Cause::TlsRequired)
            .advise(TLS),
        words(&["configuration is invalid for this certificate"], Cause::TlsFailed),
        // Names and lists.
        any(&["internal resources are temporarily unavailable", "internal resource temporarily unavailable"], Cause::Greylisted)
            .advise("Mimecast greylists this sender, or looks up its name. Try again from the same address after a minute, for up to 12 hours."),
        any(&["local ct ip reputation", "poor reputation sender"], Cause::Reputation)
            .advise("Mimecast takes the sending address for one of bad name. Stop the cause, then ask it for a review of the address."),
        any(&["ip temporarily blacklisted"], Cause::RateLimited),
        words(&["sender address blocked"], Cause::Blocked).who(Party::Recipient).advise(CUSTOMER),
        any(
            &["administrative prohibition envelope blocked", "administrative prohibition - envelope blocked", "envelope blocked", "envelope rejected",
              "blocked senders"],
            Cause::SenderNotAllowed,
        )
        .advise(CUSTOMER),
        any(&["anti-spoofing policy", "content examination policy", "host network not allowed", "host network, not allowed"], Cause::Policy).advise(CUSTOMER),
        any(&["hostname is not authorized", "account outbounds disabled"], Cause::AccountDisabled),
        words(&["account inbounds disabled"], Cause::TakesNoMail).who(Party::Recipient),
        any(&["open relay not allowed", "open relay is not allowed"], Cause::RelayDenied)
            .advise("Neither the sender's nor the recipient's domain is known to Mimecast for this address. Have the sending address added as an authorized outbound."),
        // Limits.
        any(&["recipient temporarily unavailable"], Cause::RateLimited)
            .advise("Too many recipients did not exist, so Mimecast refuses the address for a while. Remove them, and try again later."),
        any(&["account service is temporarily unavailable", "exceeding outbound thread limit"], Cause::RateLimited)
            .advise("Too many connections at a time for the account. Open fewer; a block ends after five minutes."),
        words(&["too many recipients"], Cause::TooManyRecipients).advise("Mimecast takes 100 recipients in one transaction."),
        words(&["maximum email size exceeded"], Cause::MessageTooLarge),
        // Recipients, routes and the dialogue.
        words(&["invalid address"], Cause::BadRecipientAddress),
        words(&["user unknown"], Cause::NoSuchMailbox),
        words(&["invalid recipient"], Cause::NoSuchMailbox),
        words(&["incorrect hostname used for inbounds"], Cause::SystemMisconfigured),
        words(&["mail loop detected"], Cause::Loop),
        words(&["journal message past expiration"], Cause::Expired),
        words(&["message ended early"], Cause::Protocol),
        any(&["unable to process connection at this time", "unable to process command", "unable to process an email at this time"], Cause::SystemUnavailable),
    ],
}];
