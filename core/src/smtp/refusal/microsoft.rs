//! Microsoft's wordings: Exchange Online's, after "Email non-delivery reports and SMTP errors in Exchange Online", and
//! Outlook.com's, after "SMTP error codes" of its postmaster site.
//!
//! Exchange Online has hundreds of codes of its own, in ranges. Some are the registry's with another meaning: 5.1.10 is an
//! unknown recipient and not a null MX, 5.4.1 an unknown recipient too, 5.7.3 a failed login, 5.7.12 a group that takes no
//! mail from outside.

use super::Cause;
use super::rule::{Rule, code, range, words};

const DELIST: &str =
    "Microsoft has blocked the sending address. Stop what caused it, then ask for removal at sender.office.com.";
const SNDS: &str = "Outlook.com has the sending address or its network on a list of its own. Look at it in Microsoft's SNDS, \
    then ask its postmaster support to remove it.";
const RECIPIENTS_SIDE: &str = "The recipient takes mail from chosen senders only, or from inside its organization only. The \
    recipient's administrator can change that.";
const BASIC: &str = "Microsoft did not accept the login: SMTP AUTH may be switched off for the mailbox or the organization, and \
    passwords alone are going away. Use OAuth, or have it switched on.";

pub(super) const RULES: &[Rule] = &[
    // Recipients.
    code(1, 10, &[], Cause::NoSuchMailbox),
    code(4, 1, &["relay access denied"], Cause::RelayDenied),
    code(4, 1, &[], Cause::NoSuchMailbox)
        .advise("The recipient is not in the directory of its domain. Check the address; a new one may take a day to be known.")
        .permanent(),
    code(7, 504, &[], Cause::NoSuchMailbox),
    code(2, 2, &["submission"], Cause::SendingLimit),
    code(2, 14, &[], Cause::SystemMisconfigured),
    range(2, 121, 122, &[], Cause::RateLimited).advise("The recipient gets more mail in an hour than it may. Try again later."),
    code(3, 2, &["thread limit exceeded"], Cause::RateLimited)
        .advise("The recipient's mailbox gets too much mail at once. Try again later."),
    code(3, 190, &[], Cause::SystemMisconfigured),
    range(7, 123, 124, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    code(7, 12, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    range(7, 129, 136, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    code(7, 193, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    words(&["resolver.rst.authrequired"], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    words(&["resolver.rst.notauthorized"], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    words(&["resolver.rst.restrictedtorecipientspermission"], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
    words(&["resolver.adr.recipientnotfound"], Cause::NoSuchMailbox),
    words(&["resolver.adr.exrecipnotfound"], Cause::NoSuchMailbox),
    // Senders.
    code(1, 0, &["sender denied"], Cause::SenderNotAllowed),
    code(1, 8, &["bad outbound sender"], Cause::AccountDisabled)
        .advise("Microsoft has stopped the account for sending spam. Secure it, then have the administrator unblock it."),
    code(1, 20, &[], Cause::BadMessage).advise("From has several addresses, so a Sender field with one is needed (RFC 5322)."),
    code(1, 90, &[], Cause::SendingLimit),
    code(7, 60, &[], Cause::SenderNotAllowed).advise("The account may not send in the name of this address."),
    code(7, 705, &[], Cause::SendingLimit)
        .advise("Microsoft has stopped the organization for sending too much. Its administrator has to find out who did."),
    code(7, 750, &[], Cause::SenderNotAllowed).advise("Send from a domain that is registered with the organization."),
    // Routes.
    code(4, 11, &[], Cause::Loop),
    code(4, 14, &[], Cause::Loop),
    code(4, 62, &[], Cause::Network)
        .advise("The recipient's organization is served elsewhere. Look its MX record up again and use the host that it names."),
    words(&["wrong office 365 region"], Cause::Network)
        .advise("The recipient's organization is served elsewhere. Look its MX record up again and use the host that it names."),
    code(4, 300, &[], Cause::Expired),
    range(4, 310, 312, &[], Cause::NoSuchDomain),
    range(4, 313, 319, &[], Cause::Network),
    code(7, 64, &[], Cause::RelayDenied)
        .advise("Microsoft could not tell which organization this is for. Correct the connector, or the MX record."),
    words(&["unable to relay"], Cause::RelayDenied),
    // Logging in, and TLS.
    code(7, 3, &["requested action aborted"], Cause::Policy),
    code(7, 3, &[], Cause::AuthenticationFailed).advise(BASIC),
    code(7, 57, &[], Cause::AuthenticationRequired)
        .advise("Log in before sending by this server, or send to the host that the recipient's MX record names."),
    code(7, 139, &[], Cause::AuthenticationFailed).advise(BASIC),
    range(7, 320, 329, &[], Cause::TlsFailed),
    // Authentication of the message.
    code(7, 509, &[], Cause::DmarcFailed),
    code(7, 515, &[], Cause::Unauthenticated)
        .advise("Outlook.com demands that SPF, DKIM and DMARC pass of domains that send much. Have all three."),
    code(7, 512, &[], Cause::BadMessage),
    // Blocks, by their marks.
    words(&["s3140"], Cause::Blocked).advise(SNDS),
    words(&["s3150"], Cause::Blocked).advise(SNDS),
    code(7, 1, &["on our block list"], Cause::Blocked).advise(SNDS),
    words(&["rp-001"], Cause::RateLimited).advise(SNDS),
    words(&["rp-002"], Cause::RateLimited).advise(SNDS),
    words(&["rp-003"], Cause::RateLimited).advise(SNDS),
    words(&["ou-001"], Cause::Blocked).advise(SNDS),
    words(&["ou-002"], Cause::Blocked).advise(SNDS),
    words(&["sc-001"], Cause::Blocked).advise(SNDS),
    words(&["sc-002"], Cause::Blocked).advise(SNDS),
    words(&["sc-003"], Cause::Blocked).advise(SNDS),
    words(&["sc-004"], Cause::Blocked).advise(SNDS),
    words(&["dy-001"], Cause::Blocked).advise(SNDS),
    words(&["dy-002"], Cause::Blocked).advise(SNDS),
    // The ranges of denied access, the particular ones first.
    range(7, 650, 651, &[], Cause::RateLimited).advise(SNDS).temporary(),
    range(7, 500, 699, &[], Cause::RateLimited).temporary(),
    range(7, 850, 899, &[], Cause::RateLimited).temporary(),
    code(7, 501, &[], Cause::Spam),
    code(7, 505, &[], Cause::Policy),
    code(7, 506, &[], Cause::Protocol).advise("Say a name of one's own in EHLO that exists in DNS, not the recipient's or an address."),
    code(7, 507, &[], Cause::Policy),
    code(7, 508, &[], Cause::RateLimited),
    code(7, 510, &[], Cause::Policy).advise("The recipient's domain takes no mail over IPv6. Send over IPv4."),
    code(7, 513, &[], Cause::Blocked).advise("The recipient's organization blocks the sending address itself. Ask its administrator."),
    code(7, 520, &[], Cause::Policy).advise("The organization does not let mail be forwarded to the outside."),
    range(7, 500, 699, &[], Cause::Blocked).advise(DELIST),
    code(7, 703, &[], Cause::Policy),
    code(7, 708, &[], Cause::Blocked)
        .advise("Microsoft takes no mail from this address of its own network: organizations on trial have little trust at first."),
    range(7, 800, 899, &[], Cause::Blocked).advise("Microsoft has banned the sending domain for spam. Stop it, then ask its support."),
    // An administrator's rules.
    words(&["transport.rules.rejectmessage"], Cause::Policy)
        .advise("The recipient's organization has a rule against this. Its administrator can tell."),
    code(6, 11, &[], Cause::BadMessage),
];
