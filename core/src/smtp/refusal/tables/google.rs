//! Google's wordings.
//!
//! Some of its codes mean other than the registry's: x.7.23 is reverse DNS and not SPF, x.7.27 SPF and not a null MX,
//! x.7.28 unwanted mail, x.7.29 a connection without TLS and not ARC, x.7.30 DKIM and not REQUIRETLS, 5.4.5 a sending
//! limit and not congestion, 5.7.9 an application password and not a weak mechanism, 5.7.14 a login by browser.

use super::{Cause, Group, Party, Stage, any, code, words};

const BROWSER: &str = "Google wants the owner to log in by browser first: open the link in the reply, then make an application \
    password or log in by OAuth.";
const REGISTER: &str = "Workspace's SMTP relay does not know this address or account. Register the sending address in the \
    Admin console (Apps, Gmail, Routing, SMTP relay service), or log in; give a name of the domain's own with EHLO and an \
    address of the domain in MAIL.";
const DAILY: &str = "The Google account or organization has sent all that it may in a day. It can send again within 24 hours; a \
    bulk service or the SMTP relay of Workspace has higher limits.";
const EHLO: &str = "Google's relay closes connections whose EHLO name does not identify the client: give the sending host's full \
    name, or a name of the Workspace domain, and not localhost or a bare word.";
const LOOP_OR_DOMAINS: &str = "Send to the recipients of one domain in one transaction.";

/// The SMTP relay of Workspace.
const RELAY: Group = Group {
    source: "SMTP relay service error messages (support.google.com/a/answer/6140680)",
    date: "2026-11-28",
    rules: &[
        words(&["mail relay denied"], Cause::RelayDenied).advise(REGISTER),
        words(&["invalid credentials for relay"], Cause::RelayDenied).advise(REGISTER),
        words(&["mail sending denied"], Cause::AccountDisabled)
            .advise("The sending account is disabled, or not registered in the Workspace organization. Its administrator can tell."),
        words(&["peak smtp relay limit exceeded"], Cause::RateLimited)
            .advise("The organization relays faster than it may. Google defers its mail for now: send more slowly and try again later."),
        any(
            &["daily smtp relay limit exceeded", "daily smtp relay sending limit exceeded", "relay limit exceeded", "relay sending limit"],
            Cause::SendingLimit,
        )
        .advise(DAILY),
        any(&["account has been disabled", "account is disabled"], Cause::AccountDisabled).at(&[Stage::Auth, Stage::Mail]),
        words(&["suspended"], Cause::AccountDisabled).at(&[Stage::Ehlo, Stage::Auth, Stage::Mail, Stage::EndOfMessage]).advise(
            "Google has suspended the sending account or its domain. Its administrator has to look at the Admin console.",
        ),
        words(&["try again later, closing connection", "(ehlo)"], Cause::Protocol).advise(EHLO),
        words(&["try again later, closing connection"], Cause::Protocol).at(&[Stage::Ehlo]).advise(EHLO),
        words(&["try again later, closing connection"], Cause::RateLimited).advise(
            "Google's relay closes the connection: too many are made, or the name given with EHLO does not identify the client. \
             Give the sending host's full name with EHLO, open fewer connections, and try again later.",
        ),
    ],
};

/// What is said to whoever logs in.
const LOGIN: Group = Group {
    source: "Gmail SMTP errors and codes (support.google.com/a/answer/3726730)",
    date: "2026-11-28",
    rules: &[
        words(&["too many login attempts"], Cause::RateLimited)
            .advise("Google has seen too many logins of this account. Wait, log in less often, and keep connections open for several messages."),
        code(7, 9, &["application-specific"], Cause::ApplicationPasswordRequired).who(Party::Sender),
        code(7, 9, &["browser"], Cause::AuthenticationFailed).advise(BROWSER).who(Party::Sender),
        code(7, 9, &[], Cause::ApplicationPasswordRequired),
        words(&["application-specific password required"], Cause::ApplicationPasswordRequired),
        code(7, 8, &[], Cause::AuthenticationFailed).advise(
            "Google refused user name and password. It takes no account's own password by SMTP any more: use an application \
             password or OAuth.",
        ),
        words(&["username and password not accepted"], Cause::AuthenticationFailed).advise(
            "Google refused user name and password. It takes no account's own password by SMTP any more: use an application \
             password or OAuth.",
        ),
        code(7, 14, &[], Cause::AuthenticationFailed).advise(BROWSER).who(Party::Sender),
        any(&["log in with your web browser", "log in via your web browser", "log in through your web browser"], Cause::AuthenticationFailed)
            .advise(BROWSER)
            .who(Party::Sender),
        words(&["authentication required"], Cause::AuthenticationRequired),
        words(&["must issue a starttls command first"], Cause::TlsRequired),
        any(&["cannot authenticate due to temporary system problem", "cannot authenticate due to a temporary system problem"], Cause::SystemUnavailable),
        any(&["unrecognized authentication type", "xoauth is no longer supported"], Cause::MechanismNotAccepted)
            .advise("Google takes PLAIN and LOGIN inside TLS, XOAUTH2 and OAUTHBEARER. Log in with one of these."),
        any(&["no identity changes permitted", "starttls may not be repeated"], Cause::Protocol),
        words(&["optional argument not permitted"], Cause::Protocol),
    ],
};

/// What is said of the sender, the recipient and the message.
const CODES: Group = Group {
    source: "Gmail SMTP errors and codes (support.google.com/a/answer/3726730)",
    date: "2026-11-28",
    rules: &[
        // Authentication of the message.
        code(7, 23, &[], Cause::ReverseDns),
        code(7, 24, &[], Cause::SpfFailed).advise(
            "Google finds entries in the domain's SPF record suspicious. Remove addresses that are not yours, and +all or ?all.",
        ),
        code(7, 26, &["dmarc"], Cause::DmarcFailed).advise(
            "The domain in From has a DMARC policy that asks to refuse this. Have SPF or DKIM pass for that domain itself; mail \
             by another service has to be signed for it.",
        ),
        code(7, 26, &["hard fail"], Cause::SpfFailed),
        code(7, 26, &[], Cause::Unauthenticated).advise(
            "Google takes no mail for which neither SPF nor DKIM passes. Publish SPF for the sending address, or sign with DKIM; \
             both for those who send much.",
        ),
        code(7, 27, &[], Cause::SpfFailed),
        code(7, 28, &["message-id"], Cause::RateLimited).advise("Google has had too many messages with the same Message-ID. Give each message its own."),
        code(7, 28, &[], Cause::RateLimited)
            .advise(
                "Google counts too much unwanted mail from this address or domain. Send more slowly and try again later; \
                 Postmaster Tools shows the rate of complaints.",
            )
            .temporary(),
        code(7, 28, &[], Cause::Reputation).advise(
            "Google refuses this address or domain for the unwanted mail it counted. Find and stop its source; Postmaster Tools \
             shows the rate of complaints.",
        ),
        code(7, 29, &[], Cause::TlsRequired).advise("Google takes mail of those who send much inside TLS only. Use STARTTLS."),
        code(7, 30, &[], Cause::DkimFailed),
        code(7, 31, &[], Cause::DmarcFailed).advise("Publish a DMARC record for the domain in From; p=none is enough."),
        code(7, 32, &[], Cause::DmarcFailed).advise(
            "The domain in From is neither that of MAIL FROM nor that of the DKIM signature. Sign for the domain in From, or \
             send from it.",
        ),
        code(7, 40, &[], Cause::DmarcFailed).advise("Publish a DMARC record for the domain in From; p=none is enough."),
        words(&["unauthenticated email", "dmarc policy"], Cause::DmarcFailed),
        words(&["ipv6 sending guidelines", "ptr records"], Cause::ReverseDns).advise(
            "Over IPv6 Google wants a PTR record that leads back to the address, and SPF or DKIM that passes. Have both, or send over IPv4.",
        ),
        any(&["unauthenticated email", "does not have authentication information", "fails to pass authentication checks"], Cause::Unauthenticated),
        any(&["ptr record", "ptr records"], Cause::ReverseDns),
        // Limits.
        code(4, 5, &["server busy"], Cause::SystemUnavailable),
        code(4, 5, &[], Cause::SendingLimit).advise(DAILY),
        any(&["sending limit exceeded", "daily sending quota exceeded", "email quota exceeded"], Cause::SendingLimit).advise(DAILY),
        words(&["this mail has been rate limited"], Cause::RateLimited),
        code(2, 1, &["too quickly"], Cause::RateLimited).advise("The recipient gets too much mail at present. Try again later."),
        code(2, 1, &["at a rate"], Cause::RateLimited).advise("The recipient gets too much mail at present. Try again later."),
        words(&["multiple destination domains per transaction"], Cause::TooManyRecipients).advise(LOOP_OR_DOMAINS),
        words(&["size per transaction exceeded"], Cause::TooManyRecipients).advise(
            "The rules of the recipients' domain are more than one transaction may cost. Send to this recipient in a transaction of its own.",
        ),
        words(&["too many recipients"], Cause::TooManyRecipients),
        // The address or domain that sends.
        words(&["not authorized to send email directly"], Cause::Blocked).advise(
            "Google takes no mail from this kind of address, which looks like one of a household. Send by the provider's server.",
        ),
        words(&["not in whitelist"], Cause::Policy).advise("The recipient's organization takes mail from chosen addresses only. Its administrator can add this one."),
        words(&["tls required"], Cause::TlsRequired),
        words(&["low reputation"], Cause::Reputation),
        words(&["unusual rate of unsolicited mail"], Cause::RateLimited).temporary(),
        words(&["unusual rate of unsolicited mail"], Cause::Reputation),
        any(&["helo/ehlo argument*", "empty helo/ehlo*"], Cause::Protocol).advise(EHLO),
        words(&["is not a valid rfc 5321 address"], Cause::BadRecipientAddress).at(&[Stage::Rcpt]),
        words(&["is not a valid rfc 5321 address"], Cause::BadSenderAddress),
        words(&["connection expired"], Cause::Network),
        // The message.
        any(&["nature of the content", "likely unsolicited"], Cause::Spam),
        any(&["presents a potential security issue", "illegal attachment"], Cause::DangerousContent),
        any(
            &["not rfc 5322 compliant", "rfc 5322", "rfc 2822", "missing a valid address in from:", "missing a valid address in the from:",
              "missing a valid message-id", "multiple addresses in from:", "mail message is malformed", "encoded-word syntax is not permitted",
              "unicode character in a disallowed header"],
            Cause::BadMessage,
        ),
        any(&["attachments", "header value", "header name limit", "header size limit", "header size limits"], Cause::MessageTooLarge).reply(552),
        words(&["exceeded 50 hops"], Cause::Loop),
        code(6, 0, &[], Cause::BadMessage),
        // The receiving domain's own rules are marked so.
        words(&["gcdp"], Cause::Policy).advise("The recipient's organization has a rule against this. Its administrator can tell."),
        words(&["policy that prohibited"], Cause::Policy)
            .advise("The recipient's organization has a rule against this. Its administrator can tell."),
        any(&["temporary system problem", "temporarily rejected"], Cause::SystemUnavailable),
        any(&["smtp protocol violation", "too many unauthenticated commands", "too many unrecognized commands"], Cause::Protocol),
    ],
};

pub(in super::super) const GROUPS: &[Group] = &[RELAY, LOGIN, CODES];
