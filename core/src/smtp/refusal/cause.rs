//! Causes of refusals, and what can be done about each.

use super::context::Party;
use crate::words::words;

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $who:ident, $advice:literal;)+) => {
        /// Why a server refused. Displayed and serialized as a word such as `no-such-mailbox`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Cause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Who can do something about it, as a rule.
            pub const fn who(self) -> Party {
                match self { $(Self::$name => Party::$who,)+ }
            }

            /// What can be done about it.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

causes! {
    /// The recipient's mailbox does not exist.
    NoSuchMailbox = "no-such-mailbox", Sender,
        "Check the recipient's address. If it is right, the mailbox is gone: do not write to it again.";
    /// The mailbox exists and takes no mail.
    MailboxDisabled = "mailbox-disabled", Recipient,
        "The mailbox takes no mail at present. Reach the recipient in another way.";
    /// The recipient has another address now.
    MailboxMoved = "mailbox-moved", Sender,
        "The recipient has moved. Ask for the new address; the reply may name it.";
    /// Another person or domain may have the address now (RFC 7293).
    OwnerChanged = "owner-changed", Sender,
        "The address belongs to somebody else by now. Do not send what was meant for the one before.";
    /// The mailbox is full.
    MailboxFull = "mailbox-full", Recipient,
        "The recipient has to make room. Try again in some days, or reach the recipient in another way.";
    /// The recipient's address is not one.
    BadRecipientAddress = "bad-recipient-address", Sender,
        "Check how the recipient's address is written.";
    /// The recipient's domain does not exist, or mail for it has no place to go.
    NoSuchDomain = "no-such-domain", Sender,
        "Check the part of the recipient's address behind the @. If it is right, the domain takes no mail.";
    /// The domain or host says that it takes no mail at all (RFC 7504, RFC 7505).
    TakesNoMail = "takes-no-mail", Sender,
        "The domain takes no mail. Reach the recipient in another way.";
    /// The sender's address is malformed, or its domain does not exist or takes no mail.
    BadSenderAddress = "bad-sender-address", Sender,
        "Send from an address whose domain exists in DNS and accepts mail.";
    /// The recipient or its organization takes mail from chosen senders only, or the account that sends may not use this
    /// sender's address.
    SenderNotAllowed = "sender-not-allowed", Recipient,
        "This sender may not write to this recipient. Only the recipient or its administrator can change that.";
    /// The mailing list could not be expanded, or this sender may not write to it.
    MailingList = "mailing-list", Recipient,
        "Ask whoever runs the mailing list whether this sender may write to it.";
    /// More octets than the server, the mailbox or the sender's rights allow.
    MessageTooLarge = "message-too-large", Sender,
        "Make the message smaller, or send a link in place of attachments.";
    /// More recipients than the server takes at once.
    TooManyRecipients = "too-many-recipients", Operator,
        "Send to fewer recipients in one transaction.";
    /// Too much at a time, for now.
    RateLimited = "rate-limited", Operator,
        "Send more slowly, over fewer connections, and try again later.";
    /// The server wants to see whether we try again.
    Greylisted = "greylisted", Operator,
        "Try again from the same address after some minutes; nothing has to be changed.";
    /// The sender's account has sent all that it may for now.
    SendingLimit = "sending-limit", Sender,
        "The account has used up what it may send. Wait until the limit starts anew, or have it raised.";
    /// Neither SPF nor DKIM, or none of several checks, says that the sender is real.
    Unauthenticated = "unauthenticated", Operator,
        "Authenticate the mail: publish SPF for the sending addresses, sign with DKIM for the domain in From, and publish DMARC.";
    /// SPF did not pass.
    SpfFailed = "spf-failed", Operator,
        "Add the sending address to the SPF record of the domain in MAIL FROM, and check that the record can be evaluated.";
    /// DKIM did not pass.
    DkimFailed = "dkim-failed", Operator,
        "Sign with DKIM for the domain in From, publish the key, and see that nothing changes the message after it is signed.";
    /// DMARC did not pass, or there is no policy.
    DmarcFailed = "dmarc-failed", Operator,
        "Publish a DMARC record, and have SPF or DKIM pass for the domain in From itself.";
    /// The sending address has no reverse DNS that leads back to it.
    ReverseDns = "reverse-dns", Operator,
        "Have a PTR record made for the sending address, whose name has that address in turn, and use that name in EHLO.";
    /// The message looks like spam.
    Spam = "spam", Sender,
        "Look at what the message says and links to, and at who was meant to get it; do not just send it again.";
    /// A virus, or a kind of attachment that is not let through.
    DangerousContent = "dangerous-content", Sender,
        "Remove the attachment or link that was found dangerous, and check the sending machine for malware.";
    /// The message is malformed.
    BadMessage = "bad-message", Operator,
        "Correct the message: it needs exactly one From, one Date and a Message-ID, and no field twice that may stand once (RFC 5322).";
    /// The content cannot be taken in this form.
    ContentNotSupported = "content-not-supported", Sender,
        "Send the content in another form or encoding: the way to the recipient does not carry this one.";
    /// Addresses or header fields outside ASCII are not taken.
    InternationalizationNotSupported = "internationalization-not-supported", Sender,
        "Use addresses and header fields in ASCII: the way to the recipient does not carry others (RFC 6531).";
    /// The sending address or domain is on a block list.
    Blocked = "blocked", Operator,
        "Find the list that the reply names, remove the reason for being on it, and then ask for removal.";
    /// The sending address or domain has a bad name.
    Reputation = "reputation", Operator,
        "Find and stop what earned complaints; then send little, to people who want it, until the reputation has recovered.";
    /// It has to be done inside TLS.
    TlsRequired = "tls-required", Operator,
        "Use STARTTLS, or implicit TLS, before anything else.";
    /// TLS failed, or its certificate did.
    TlsFailed = "tls-failed", Operator,
        "Check versions of TLS, certificates and their names, and TLSA records on both sides.";
    /// REQUIRETLS cannot be kept on the way (RFC 8689).
    RequireTlsNotSupported = "requiretls-not-supported", Sender,
        "The next hop cannot promise TLS for the whole way. Send without REQUIRETLS only if that may be.";
    /// The client has to authenticate itself first.
    AuthenticationRequired = "authentication-required", Operator,
        "Log in with AUTH before sending, or use the server that this sender's provider names for submission.";
    /// The credentials are wrong.
    AuthenticationFailed = "authentication-failed", Operator,
        "Check user name and password, and whether the account may log in by SMTP at all.";
    /// The account's own password is not accepted: an application password or OAuth is.
    ApplicationPasswordRequired = "application-password-required", Sender,
        "Make an application password in the account's security settings, or log in by OAuth.";
    /// The mechanism is not accepted, or not outside TLS.
    MechanismNotAccepted = "mechanism-not-accepted", Operator,
        "Log in with another mechanism that the server offers, inside TLS.";
    /// The sender's account is disabled.
    AccountDisabled = "account-disabled", Sender,
        "The sending account is locked. Ask its provider; change its password in case somebody else has used it.";
    /// The server does not take mail for this recipient from this client.
    RelayDenied = "relay-denied", Operator,
        "Send to the server that the recipient's MX record names, or log in first at the server that relays for this sender.";
    /// A command was not understood, or not at that moment.
    Protocol = "protocol", Operator,
        "This is a fault between the two programs. Keep the dialogue as it was and report it to whoever runs them.";
    /// The message runs in a circle.
    Loop = "loop", Operator,
        "Look at the Received fields: two systems forward to each other. Correct the forwarding or the MX record.";
    /// It took too long.
    Expired = "expired", Operator,
        "It could not be delivered in time. Find out from the earlier refusals why, and send it again.";
    /// The next hop cannot be reached or found.
    Network = "network", Provider,
        "Try again later. If it lasts, check the MX record of the recipient's domain and the way there.";
    /// The system takes nothing for now.
    SystemUnavailable = "system-unavailable", Provider,
        "Try again later; nothing has to be changed.";
    /// The system has no room.
    SystemFull = "system-full", Provider,
        "Try again later: the receiving system has no room.";
    /// The receiving system is set up wrongly.
    SystemMisconfigured = "system-misconfigured", Provider,
        "Tell whoever runs the receiving system.";
    /// The message is of too low a priority to be taken now (RFC 6710).
    PriorityTooLow = "priority-too-low", Sender,
        "Try again later, or with a priority that this sender may use.";
    /// A rule of the receiving side, which is not told.
    Policy = "policy", Recipient,
        "The receiving side does not want this. Its postmaster can tell which rule it is.";
    /// The reply does not say why.
    Unspecified = "unspecified", Provider,
        "The reply does not say why. Its text may, or the postmaster of the receiving side.";
}

words!(Display, Serialize for Cause);
