//! Microsoft's wordings: Exchange Online's and Outlook.com's.
//!
//! Exchange Online has hundreds of codes of its own, in ranges. Some are the registry's with another meaning: 5.1.10 is an
//! unknown recipient and not a null MX, 5.4.1 an unknown recipient too, 5.7.3 a failed login, 5.7.12 a group that takes no
//! mail from outside.

use super::{Cause, Group, Party, Stage, any, code, range, words};

const DELIST: &str =
    "Microsoft has blocked the sending address. Stop what caused it, then ask for removal at sender.office.com.";
const SNDS: &str = "Outlook.com has the sending address or its network on a list of its own. Look at it in Microsoft's SNDS, \
    then ask its postmaster support to remove it.";
const RECIPIENTS_SIDE: &str = "The recipient takes mail from chosen senders only, or from inside its organization only. The \
    recipient's administrator can change that.";
const BASIC: &str = "Microsoft did not accept the login: SMTP AUTH may be switched off for the mailbox or the organization, and \
    passwords alone are going away. Use OAuth, or have it switched on.";
const SEND_AS: &str = "The account may not send in the name of this address. Send from the account's own address, or have its \
    administrator give it Send As for this one.";
const REGION: &str =
    "The recipient's organization is served elsewhere. Look its MX record up again and use the host that it names.";
const RULE: &str = "The recipient's organization has a rule against this. Its administrator can tell.";
const HELO: &str = "Say a name of one's own in EHLO that exists in DNS, not the recipient's or an address.";
const NDR: &str = "Email non-delivery reports and SMTP errors in Exchange Online \
    (learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/non-delivery-reports-in-exchange-online)";

/// Recipients, senders, routes and logins.
const CODES: Group = Group {
    source: NDR,
    date: "2026-11-28",
    rules: &[
        // Recipients.
        code(1, 10, &[], Cause::NoSuchMailbox),
        code(4, 1, &["relay access denied"], Cause::RelayDenied),
        code(4, 1, &[], Cause::NoSuchMailbox)
            .advise("The recipient is not in the directory of its domain. Check the address; a new one may take a day to be known.")
            .permanent(),
        code(7, 504, &[], Cause::NoSuchMailbox),
        code(2, 1, &["content filter agent quarantined"], Cause::Spam),
        code(2, 2, &["submission"], Cause::SendingLimit),
        code(2, 14, &[], Cause::SystemMisconfigured),
        range(2, 121, 122, &[], Cause::RateLimited).advise("The recipient gets more mail in an hour than it may. Try again later."),
        words(&["sender thread limit exceeded"], Cause::RateLimited)
            .advise("The account sends over too many connections at once. Use fewer, and try again later."),
        code(3, 2, &["thread limit exceeded"], Cause::RateLimited)
            .advise("The recipient's mailbox gets too much mail at once. Try again later."),
        code(3, 190, &[], Cause::SystemMisconfigured),
        range(7, 123, 124, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
        range(7, 12, 13, &["not authenticated"], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
        code(7, 12, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
        code(7, 13, &["accountdisabled*"], Cause::MailboxDisabled),
        range(7, 129, 136, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
        code(7, 193, &[], Cause::SenderNotAllowed).advise(RECIPIENTS_SIDE),
        any(
            &["resolver.rst.authrequired", "resolver.rst.notauthorized", "resolver.rst.restrictedtorecipientspermission",
              "resolver.rst.sendernotauthenticated*"],
            Cause::SenderNotAllowed,
        )
        .advise(RECIPIENTS_SIDE),
        any(&["resolver.adr.recipientnotfound", "resolver.adr.exrecipnotfound", "resolver.adr.recipnotfound"], Cause::NoSuchMailbox),
        words(&["resolver.rst.recipsizelimit"], Cause::MessageTooLarge),
        range(1, 4, 6, &["rfc 2606"], Cause::NoSuchDomain),
        code(1, 6, &["single label domains"], Cause::BadRecipientAddress),
        // Senders.
        code(1, 0, &["sender denied"], Cause::SenderNotAllowed),
        code(1, 8, &["bad outbound sender"], Cause::AccountDisabled)
            .advise("Microsoft has stopped the account for sending spam. Secure it, then have the administrator unblock it."),
        code(1, 20, &[], Cause::BadMessage).advise("From has several addresses, so a Sender field with one is needed (RFC 5322)."),
        code(1, 90, &[], Cause::SendingLimit),
        code(7, 705, &[], Cause::SendingLimit)
            .advise("Microsoft has stopped the organization for sending too much. Its administrator has to find out who did."),
        code(7, 750, &[], Cause::SenderNotAllowed).advise("Send from a domain that is registered with the organization.").who(Party::Sender),
        // Routes.
        range(4, 11, 14, &[], Cause::Loop),
        code(4, 62, &[], Cause::Network).advise(REGION).who(Party::Operator),
        words(&["wrong office 365 region"], Cause::Network).advise(REGION).who(Party::Operator),
        code(4, 300, &[], Cause::Expired),
        range(4, 310, 312, &[], Cause::NoSuchDomain),
        code(4, 317, &["starttls"], Cause::TlsRequired),
        range(4, 313, 319, &[], Cause::Network),
        code(4, 4, &["no mail-enabled subscriptions"], Cause::TakesNoMail),
        code(7, 64, &[], Cause::RelayDenied)
            .advise("Microsoft could not tell which organization this is for. Correct the connector, or the MX record."),
        words(&["unable to relay"], Cause::RelayDenied),
        code(7, 51, &[], Cause::RelayDenied).advise("A connector of the recipient's organization takes mail from chosen addresses or certificates only."),
        // Logging in, and TLS.
        code(7, 3, &["requested action aborted"], Cause::Policy),
        code(7, 3, &[], Cause::AuthenticationFailed).advise(BASIC),
        code(7, 57, &[], Cause::AuthenticationRequired)
            .advise("Log in before sending by this server, or send to the host that the recipient's MX record names."),
        words(&["client was not authenticated"], Cause::AuthenticationRequired),
        code(7, 139, &[], Cause::AuthenticationFailed).advise(BASIC),
        words(&["authentication unsuccessful"], Cause::AuthenticationFailed).advise(BASIC),
        range(7, 320, 329, &[], Cause::TlsFailed),
        // Authentication of the message.
        code(7, 26, &["ipv6"], Cause::Unauthenticated).advise("Over IPv6 Microsoft wants SPF or DKIM that passes. Have one, or send over IPv4."),
        code(7, 509, &[], Cause::DmarcFailed),
        code(7, 512, &[], Cause::BadMessage),
        code(6, 11, &[], Cause::BadMessage)
            .advise("The message has line feeds without carriage returns, which the receiving server does not take. Correct the program that makes it."),
        // An administrator's rules.
        words(&["transport.rules.rejectmessage"], Cause::Policy).advise(RULE),
        range(7, 900, 999, &[], Cause::Policy).advise(RULE),
        words(&["as345"], Cause::Policy),
        words(&["x-dg-ref header is too long"], Cause::MessageTooLarge),
        words(&["helo / ehlo requires domain address"], Cause::Protocol).advise(HELO),
        words(&["insufficient system resource*"], Cause::SystemFull),
        words(&["temporary server error"], Cause::SystemUnavailable),
        words(&["connection dropped"], Cause::Network),
    ],
};

/// Sending in another's name.
const IN_ANOTHERS_NAME: Group = Group {
    source: "Resolving 554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException when sending via Office365 SMTP (www.kouhan.cn); \
        Scan to email with Microsoft 365 (tonercom.net), on 5.7.60",
    date: "2026-11-28",
    rules: &[
        code(7, 60, &[], Cause::SenderNotAllowed).advise(SEND_AS).who(Party::Sender),
        any(
            &[
                "sendasdenied*",
                "sendasdeniedexception*",
                "mapiexceptionsendasdenied",
                "permissions to send as this sender",
                "permission to send as this sender",
            ],
            Cause::SenderNotAllowed,
        )
        .advise(SEND_AS)
        .who(Party::Sender),
    ],
};

/// What its domains for consumers demand of those who send much.
const HIGH_VOLUME: Group = Group {
    source: "Microsoft Sender Requirements Enforced: how to avoid 550 5.7.15 rejections (powerdmarc.com/microsoft-sender-requirements)",
    date: "2026-11-28",
    rules: &[code(7, 515, &[], Cause::Unauthenticated)
        .advise("Outlook.com demands that SPF, DKIM and DMARC pass of domains that send much. Have all three.")],
};

/// Blocks, by their marks, and the ranges of denied access, the particular ones first.
const BLOCKS: Group = Group {
    source: "Outlook.com Postmaster, troubleshooting and SMTP error codes (sendersupport.olc.protection.outlook.com/pm/troubleshooting.aspx)",
    date: "2026-11-28",
    rules: &[
        any(&["s3140", "s3150"], Cause::Blocked).advise(SNDS),
        any(&["on our block list", "is on our block list"], Cause::Blocked).advise(SNDS),
        any(&["rp-001", "rp-002", "rp-003"], Cause::RateLimited).advise(SNDS),
        words(&["dy-002"], Cause::DangerousContent),
        any(&["ou-001", "ou-002", "sc-001", "sc-002", "sc-003", "sc-004", "dy-001"], Cause::Blocked).advise(SNDS),
        words(&["messages from", "weren't sent"], Cause::Blocked).advise(SNDS).permanent(),
        range(7, 650, 652, &[], Cause::RateLimited).advise(SNDS).temporary(),
        words(&["temporarily rate limited due to ip reputation"], Cause::RateLimited).advise(SNDS),
    ],
};

const DENIED: Group = Group {
    source: NDR,
    date: "2026-11-28",
    rules: &[
        code(7, 513, &[], Cause::Blocked)
            .advise("The recipient's organization blocks the sending address itself. Ask its administrator.")
            .who(Party::Recipient),
        range(7, 500, 699, &[], Cause::RateLimited).temporary(),
        range(7, 700, 749, &[], Cause::SystemUnavailable).temporary(),
        range(7, 850, 899, &[], Cause::RateLimited).temporary(),
        range(7, 501, 503, &[], Cause::Spam).advise(
            "Microsoft has seen spam from this account or address. Secure it and stop the cause; the account's administrator can ask for it to be let in again.",
        ),
        code(7, 505, &[], Cause::Policy),
        code(7, 506, &[], Cause::Protocol).advise(HELO),
        code(7, 507, &[], Cause::Blocked).who(Party::Recipient).advise("The recipient's organization blocks the sending address itself. Ask its administrator."),
        code(7, 508, &[], Cause::RateLimited),
        code(7, 510, &[], Cause::Policy).advise("The recipient's domain takes no mail over IPv6. Send over IPv4.").who(Party::Operator),
        code(7, 520, &[], Cause::Policy).advise("The organization does not let mail be forwarded to the outside."),
        range(7, 500, 699, &[], Cause::Blocked).advise(DELIST),
        code(7, 703, &[], Cause::Policy),
        code(7, 708, &[], Cause::Blocked)
            .advise("Microsoft takes no mail from this address of its own network: organizations on trial have little trust at first."),
        range(7, 700, 749, &[], Cause::SendingLimit)
            .advise("Microsoft has stopped the organization for what it sends. Its administrator has to find out who did, and ask support."),
        range(7, 800, 899, &[], Cause::Blocked).advise("Microsoft has banned the sending domain for spam. Stop it, then ask its support."),
        words(&["recipient address rejected: access denied"], Cause::NoSuchMailbox).permanent(),
        words(&["mailbox unavailable"], Cause::NoSuchMailbox).permanent().at(&[Stage::Rcpt, Stage::Unknown]),
    ],
};

pub(in super::super) const GROUPS: &[Group] = &[IN_ANOTHERS_NAME, CODES, HIGH_VOLUME, BLOCKS, DENIED];
