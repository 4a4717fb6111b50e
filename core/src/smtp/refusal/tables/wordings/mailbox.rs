//! What is said of the mailbox.

use super::super::{Cause, Group, any};
use super::sources::*;

const ASKING: &str =
    "The server is still asking whether the recipient exists. Try again later; nothing has to be changed.";

/// It takes no more.
pub(super) const FULL: &[Group] = &[
    of(
        SISIMAI,
        &[any(
            &[
                "over quota",
                "over the quota",
                "over disk quota",
                "mailbox full",
                "mailbox is full",
                "full mailbox",
                "mailfolder is full",
                "account is over quota",
                "quota exceeded",
                "exceeded quota",
                "quota violation",
                "disk quota",
                "disc quota exceeded",
                "exceeded storage allocation",
                "not enough storage space",
                "does not have enough space",
                "maximum allowed storage",
                "mailbox size limit exceeded",
                "over the allowed quota",
                "exceeded the local limit",
                "disk space limit",
                "space has been used up",
                "boite du destinataire pleine",
                "exceeding its mailbox quota",
                "too many messages on the server",
                "mailbox quota usage exceeded",
            ],
            Cause::MailboxFull,
        )],
    ),
    of(GOOGLE, &[any(&["out of storage"], Cause::MailboxFull)]),
    of(
        BOUNCES,
        &[any(
            &["overquota", "recipient overquota", "inbox is full", "account is full", "quota exceed"],
            Cause::MailboxFull,
        )],
    ),
];

/// It takes nothing.
pub(super) const SHUT: &[Group] = &[
    of(
        SISIMAI,
        &[any(
            &[
                "mailbox disabled",
                "mailbox is disabled",
                "mailbox is frozen",
                "mailbox is inactive",
                "mailbox currently suspended",
                "currently suspended",
                "account has been disabled",
                "account has been suspended",
                "account has been temporarily suspended",
                "account is locked",
                "inactive account",
                "inactive user",
                "temporarily inactive",
                "user suspended",
                "deactivated mailbox",
                "temporary locked",
                "recipient suspend*",
            ],
            Cause::MailboxDisabled,
        )],
    ),
    of(
        BOUNCES,
        &[any(
            &["mailbox locked", "account closed", "account is disabled", "user inactive", "not accepting mail"],
            Cause::MailboxDisabled,
        )],
    ),
    of(ZONE_MTA, &[any(&["is expired account"], Cause::MailboxDisabled)]),
    of(IANA, &[any(&["account disabled"], Cause::MailboxDisabled)]),
    of(COREMAIL, &[any(&["user disabled", "user hangup", "user rejected"], Cause::MailboxDisabled)]),
    of(CHINESE, &[any(&["user is locked"], Cause::MailboxDisabled)]),
    of(BOUNCEFETCH, &[any(&["account suspended"], Cause::MailboxDisabled)]),
    of(BMH, &[any(&["account inactive", "account expired"], Cause::MailboxDisabled)]),
];

/// It is elsewhere.
pub(super) const MOVED: &[Group] =
    &[of(POSTFIX_REWRITE, &[any(&["has moved", "user has moved"], Cause::MailboxMoved)])];

/// It is not there, or its domain is not, or its address is not one.
pub(super) const MAILBOX: &[Group] = &[
    of(POSTFIX_CHECK, &[any(&["undeliverable address"], Cause::NoSuchMailbox)]),
    of(POSTFIX_REWRITE, &[any(&["user unknown"], Cause::NoSuchMailbox)]),
    of(POSTFIX, &[any(&["no valid recipients"], Cause::NoSuchMailbox)]),
    of(EXIM_ROUTE, &[any(&["unrouteable address", "unknown local part", "unknown local user"], Cause::NoSuchMailbox)]),
    of(DOVECOT_LMTP, &[any(&["user doesn't exist"], Cause::NoSuchMailbox)]),
    of(CYRUS, &[any(&["mailbox unknown"], Cause::NoSuchMailbox)]),
    of(
        SISIMAI,
        &[any(
            &[
                "unknown user",
                "no such user",
                "no such mailbox",
                "no such recipient",
                "no such person",
                "no such address",
                "no mailbox here",
                "no mailbox found",
                "no mailbox by that name",
                "no account by that name",
                "mailbox not found",
                "unknown mailbox",
                "mailbox not present",
                "mailbox does not exist",
                "user not found",
                "user not known",
                "user not exist",
                "user does not exist",
                "user was not found",
                "not a known user",
                "not a valid user",
                "not a valid mailbox",
                "not a valid recipient",
                "not an active address",
                "recipient not found",
                "recipient unknown",
                "unknown recipient",
                "recipient does not exist",
                "recipient not exist",
                "recipient is not local",
                "recipient notfound",
                "address unknown",
                "address does not exist",
                "address could not be found",
                "address not present in directory",
                "address no longer*",
                "address rejected.",
                "no longer valid",
                "no longer accepts mail",
                "invalid recipient",
                "invalid mailbox",
                "mailbox invalid",
                "invalid user",
                "bad recipient",
                "badrcptto*",
                "rcptto list",
                "account that you tried to reach does not exist",
                "there is no one at this address",
                "no thank you rejected",
                "in name directory",
                "email address is wrong",
                "utilisateur inconnu",
                "no existe",
            ],
            Cause::NoSuchMailbox,
        )],
    ),
    of(
        BOUNCES,
        &[any(
            &[
                "mailbox not available",
                "account not found",
                "unknown address",
                "unknown or illegal alias",
                "not our customer",
            ],
            Cause::NoSuchMailbox,
        )],
    ),
    of(ZONE_MTA, &[any(&["account does not exist"], Cause::NoSuchMailbox)]),
    of(STATISTICS, &[any(&["unroutable address"], Cause::NoSuchMailbox)]),
    // Its domain is not.
    of(POSTFIX_CHECK, &[any(&["domain not found"], Cause::NoSuchDomain)]),
    of(POSTFIX_DNS, &[any(&["host or domain name not found"], Cause::NoSuchDomain)]),
    of(SENDMAIL_EXIT, &[any(&["host unknown"], Cause::NoSuchDomain)]),
    of(SISIMAI, &[any(&["domain does not exist", "unknown domain", "name or service not known"], Cause::NoSuchDomain)]),
    of(STATISTICS, &[any(&["no such domain", "domain is not hosted here"], Cause::NoSuchDomain)]),
    of(POSTFIX_CHECK, &[any(&["does not accept mail"], Cause::TakesNoMail)]),
    of(RFC_5321, &[any(&["no smtp service here"], Cause::TakesNoMail)]),
    of(POSTFIX_CHECK, &[any(&["unverified address"], Cause::SystemUnavailable).temporary().advise(ASKING)]),
    // Its address is not one.
    of(POSTFIX, &[any(&["bad address syntax", "bad recipient address syntax"], Cause::BadRecipientAddress)]),
    of(POSTFIX_CHECK, &[any(&["need fully-qualified address"], Cause::BadRecipientAddress)]),
    of(EXIM_ROUTE, &[any(&["malformed address", "domain missing or malformed"], Cause::BadRecipientAddress)]),
    of(SENDMAIL_CF, &[any(&["invalid address"], Cause::BadRecipientAddress)]),
    // It is a list, or no more is said.
    of(SISIMAI, &[any(&["mailing list", "not subscribed", "members-only list"], Cause::MailingList)]),
    of(CHINESE, &[any(&["list access denied"], Cause::MailingList)]),
    of(POSTFIX_CHECK, &[any(&["address rejected"], Cause::NoSuchMailbox).permanent()]),
];
