//! Google's wordings, after its "Gmail SMTP errors and codes" (Workspace help 3726730) and "Email sender guidelines FAQ"
//! (Gmail help 14229414).
//!
//! Some of its codes mean other than the registry's: x.7.23 is reverse DNS and not SPF, x.7.27 SPF and not a null MX,
//! x.7.28 unwanted mail, x.7.29 a connection without TLS and not ARC, x.7.30 DKIM and not REQUIRETLS, 5.4.5 a sending
//! limit and not congestion, 5.7.9 an application password and not a weak mechanism, 5.7.14 a login by browser.

use super::Cause;
use super::rule::{Rule, code, words};

const BROWSER: &str = "Google wants the owner to log in by browser first: open the link in the reply, then make an application \
    password or log in by OAuth.";

pub(super) const RULES: &[Rule] = &[
    // Authentication of the sender.
    code(7, 23, &[], Cause::ReverseDns),
    code(7, 24, &[], Cause::SpfFailed).advise(
        "Google finds entries in the domain's SPF record suspicious. Remove addresses that are not yours, and +all or ?all.",
    ),
    code(7, 26, &["dmarc"], Cause::DmarcFailed).advise(
        "The domain in From has a DMARC policy that asks to refuse this. Have SPF or DKIM pass for that domain itself; mail \
         by another service has to be signed for it.",
    ),
    code(7, 26, &[], Cause::Unauthenticated).advise(
        "Google takes no mail for which neither SPF nor DKIM passes. Publish SPF for the sending address, or sign with DKIM; \
         both for those who send much.",
    ),
    code(7, 27, &[], Cause::SpfFailed),
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
    // Logging in.
    code(7, 9, &["application-specific"], Cause::ApplicationPasswordRequired),
    code(7, 9, &["browser"], Cause::AuthenticationFailed).advise(BROWSER),
    code(7, 9, &[], Cause::ApplicationPasswordRequired),
    code(7, 1, &["application-specific"], Cause::ApplicationPasswordRequired),
    code(7, 8, &[], Cause::AuthenticationFailed).advise(
        "Google refused user name and password. It takes no account's own password by SMTP any more: use an application \
         password or OAuth.",
    ),
    code(7, 14, &[], Cause::AuthenticationFailed).advise(BROWSER),
    code(7, 1, &["log in with your web browser"], Cause::AuthenticationFailed).advise(BROWSER),
    words(&["authentication required"], Cause::AuthenticationRequired),
    words(&["must issue a starttls command first"], Cause::TlsRequired),
    words(&["cannot authenticate due to temporary system problem"], Cause::SystemUnavailable),
    // Limits of the sender's account.
    code(4, 5, &["server busy"], Cause::SystemUnavailable),
    code(4, 5, &[], Cause::SendingLimit).advise(
        "The Google account has sent all that it may in a day. It can send again within 24 hours; a bulk service or the \
         SMTP relay of Workspace has higher limits.",
    ),
    words(&["sending limit exceeded"], Cause::SendingLimit),
    words(&["relay limit exceeded"], Cause::SendingLimit),
    words(&["relay sending limit"], Cause::SendingLimit),
    words(&["email quota exceeded"], Cause::SendingLimit),
    words(&["mail sending denied"], Cause::AccountDisabled),
    // The recipient.
    code(2, 1, &["too quickly"], Cause::RateLimited),
    code(2, 1, &["at a rate"], Cause::RateLimited).advise("The recipient gets too much mail at present. Try again later."),
    // Relaying.
    words(&["mail relay denied"], Cause::RelayDenied),
    words(&["invalid credentials for relay"], Cause::RelayDenied).advise(
        "Workspace's SMTP relay does not know this address or account. Register the address in the Admin console, or log in.",
    ),
    words(&["multiple destination domains per transaction"], Cause::TooManyRecipients)
        .advise("Send to the recipients of one domain in one transaction."),
    words(&["size per transaction exceeded"], Cause::MessageTooLarge),
    // The address or domain that sends.
    words(&["ptr record"], Cause::ReverseDns),
    words(&["ptr records"], Cause::ReverseDns),
    words(&["unauthenticated email", "dmarc policy"], Cause::DmarcFailed),
    words(&["unauthenticated email"], Cause::Unauthenticated),
    words(&["does not have authentication information"], Cause::Unauthenticated),
    words(&["not authorized to send email directly"], Cause::Blocked).advise(
        "Google takes no mail from this kind of address, which looks like one of a household. Send by the provider's server.",
    ),
    words(&["not in whitelist"], Cause::Policy),
    words(&["tls required"], Cause::TlsRequired),
    words(&["low reputation"], Cause::Reputation),
    words(&["unusual rate of unsolicited mail"], Cause::RateLimited).temporary(),
    words(&["unusual rate of unsolicited mail"], Cause::Reputation),
    // The message.
    words(&["nature of the content"], Cause::Spam),
    words(&["likely unsolicited"], Cause::Spam),
    words(&["content presents a potential security issue"], Cause::DangerousContent),
    words(&["not rfc 5322 compliant"], Cause::BadMessage),
    words(&["rfc 5322"], Cause::BadMessage),
    words(&["mail message is malformed"], Cause::BadMessage),
    code(6, 0, &[], Cause::BadMessage),
    // The receiving domain's own rules are marked so.
    words(&["gcdp"], Cause::Policy).advise("The recipient's organization has a rule against this. Its administrator can tell."),
    words(&["policy that prohibited"], Cause::Policy)
        .advise("The recipient's organization has a rule against this. Its administrator can tell."),
    words(&["temporary system problem"], Cause::SystemUnavailable),
    words(&["smtp protocol violation"], Cause::Protocol),
    words(&["too many unauthenticated commands"], Cause::Protocol),
];
