//! What is said of the sender and of the client that speaks.

use super::super::{Cause, Group, Party, Stage, any};
use super::sources::*;
use crate::smtp::refusal::stages::HELO;

const ASKED: &str = "The server asked the sender's own server whether the address exists, and got no yes. See that the address takes mail.";

/// The sender's address, before the recipient's: both may not exist.
pub(super) const SENDER: &[Group] = &[
    of(SISIMAI, &[any(&["null sender is not allowed", "empty envelope senders not allowed"], Cause::BadSenderAddress)]),
    of(
        QMAIL,
        &[any(&["badmailfrom list", "sender is in my badmailfrom*"], Cause::SenderNotAllowed).who(Party::Recipient)],
    ),
    of(OPENSMTPD, &[any(&["sender rejected"], Cause::SenderNotAllowed).who(Party::Recipient)]),
    of(
        SISIMAI,
        &[any(&["sender is spammer", "sender not pre-approved"], Cause::SenderNotAllowed).who(Party::Recipient)],
    ),
    of(ZONE_MTA, &[any(&["sender refused"], Cause::SenderNotAllowed).who(Party::Recipient)]),
    of(BOUNCES, &[any(&["sender denied"], Cause::SenderNotAllowed).who(Party::Recipient)]),
    // Asking the sender's server gave no yes.
    of(POSTFIX_CHECK, &[any(&["unverified address"], Cause::BadSenderAddress).at(&[Stage::Mail]).advise(ASKED)]),
    of(CHINESE, &[any(&["sender is unvalidated"], Cause::BadSenderAddress).advise(ASKED)]),
    of(NOT_VERIFIED, &[any(&["sender not verified"], Cause::BadSenderAddress)]),
    // It is wrong, or nobody has it.
    of(POSTFIX_CHECK, &[any(&["sender address rejected"], Cause::BadSenderAddress)]),
    of(EXIM_ACL, &[any(&["sender verify failed"], Cause::BadSenderAddress)]),
    of(EXIM, &[any(&["verification failed for"], Cause::BadSenderAddress)]),
    of(
        SENDMAIL_CF,
        &[any(&["domain of sender address", "domain name required for sender address"], Cause::BadSenderAddress)],
    ),
    of(SENDMAIL_DELIVER, &[any(&["invalid sender"], Cause::BadSenderAddress)]),
    of(PLAN9, &[any(&["sender domain must exist"], Cause::BadSenderAddress)]),
    of(RFC_7505, &[any(&["sender address has null mx"], Cause::BadSenderAddress)]),
    of(
        SISIMAI,
        &[any(
            &[
                "valid sender domain",
                "sender domain is empty",
                "unroutable sender address",
                "bogus mail from",
                "emetteur invalide",
            ],
            Cause::BadSenderAddress,
        )],
    ),
    of(CHINESE, &[any(&["mail from invalid"], Cause::BadSenderAddress)]),
    of(POSTFIX_CHECK, &[any(&["address rejected", "domain not found"], Cause::BadSenderAddress).at(&[Stage::Mail])]),
    of(SENDMAIL_CF, &[any(&["does not exist", "user unknown"], Cause::BadSenderAddress).at(&[Stage::Mail])]),
    of(SENDMAIL_EXIT, &[any(&["host unknown"], Cause::BadSenderAddress).at(&[Stage::Mail])]),
];

/// The client: its name and its address.
pub(super) const CLIENT: &[Group] = &[
    of(
        POSTFIX_CHECK,
        &[any(&["helo command rejected", "need fully-qualified hostname"], Cause::Protocol).advise(HELO)],
    ),
    of(POSTFIX, &[any(&["helo hostname", "ehlo hostname"], Cause::Protocol).advise(HELO)]),
    of(EXIM, &[any(&["syntactically invalid helo*", "syntactically invalid ehlo*"], Cause::Protocol).advise(HELO)]),
    of(
        SENDMAIL,
        &[any(&["helo requires domain address", "ehlo requires domain address"], Cause::Protocol).advise(HELO)],
    ),
    of(SENDMAIL_CF, &[any(&["helo name"], Cause::Protocol).advise(HELO)]),
    of(GOOGLE, &[any(&["helo/ehlo argument*"], Cause::Protocol).advise(HELO)]),
    of(MOMENTUM, &[any(&["helo/ehlo"], Cause::Protocol).advise(HELO)]),
    of(BOUNCES, &[any(&["helo argument*", "invalid helo", "bad helo"], Cause::Protocol).advise(HELO)]),
    of(CHINESE, &[any(&["helohost error"], Cause::Protocol).advise(HELO)]),
    // Its address has no name.
    of(POSTFIX_CHECK, &[any(&["cannot find your hostname", "cannot find your reverse hostname"], Cause::ReverseDns)]),
    of(SENDMAIL_CF, &[any(&["ip name lookup failed"], Cause::ReverseDns)]),
    of(
        SISIMAI,
        &[any(
            &[
                "ptr record",
                "ptr records",
                "no ptr",
                "missing ptr",
                "ptr resource record",
                "generic dns ptr*",
                "reverse dns",
                "rdns",
                "reverse lookup",
                "cannot resolve your address",
                "unresolvable relay host name",
                "hosts with dynamic ip",
                "dynamic ip",
            ],
            Cause::ReverseDns,
        )],
    ),
    of(BOUNCES, &[any(&["invalid ptr", "reverse hostname"], Cause::ReverseDns)]),
];
