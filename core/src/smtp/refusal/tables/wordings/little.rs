//! What little words say where nothing else does.

use super::super::{Cause, Group, Stage, any, words};
use super::sources::*;

pub(super) const LITTLE: &[Group] = &[
    // The server's disk or memory.
    of(POSTFIX_CHECK, &[any(&["insufficient system storage"], Cause::SystemFull)]),
    of(POSTFIX_CLEANUP, &[any(&["queue file write error", "file write error"], Cause::SystemFull)]),
    of(EXIM, &[any(&["space shortage"], Cause::SystemFull)]),
    of(SENDMAIL, &[any(&["insufficient disk space"], Cause::SystemFull)]),
    of(QMAIL, &[any(&["out of memory"], Cause::SystemFull)]),
    // Its configuration.
    of(POSTFIX, &[any(&["server configuration problem"], Cause::SystemMisconfigured)]),
    of(POSTFIX_CHECK, &[any(&["server configuration error"], Cause::SystemMisconfigured)]),
    of(SENDMAIL_EXIT, &[any(&["configuration error"], Cause::SystemMisconfigured)]),
    of(OPENSMTPD_CODES, &[any(&["system incorrectly configured"], Cause::SystemMisconfigured)]),
    // What was said to it.
    of(
        RFC_5321,
        &[
            any(&["syntax error"], Cause::BadSenderAddress).reply(501).at(&[Stage::Mail]),
            any(&["syntax error"], Cause::BadRecipientAddress).reply(501).at(&[Stage::Rcpt]),
            any(&["syntax error", "command unrecognized", "command not implemented", "bad sequence"], Cause::Protocol),
        ],
    ),
    of(
        POSTFIX,
        &[any(&["command not recognized", "need mail command", "need rcpt", "nested mail command"], Cause::Protocol)],
    ),
    of(EXIM, &[any(&["unrecognized command", "synchronization error"], Cause::Protocol)]),
    of(SENDMAIL, &[any(&["sender already specified"], Cause::Protocol)]),
    of(QMAIL, &[any(&["unimplemented"], Cause::Protocol)]),
    of(OPENSMTPD, &[any(&["pipelining"], Cause::Protocol)]),
    // The way to it, and the time that it took.
    of(EXIM_DELIVER, &[any(&["retry timeout exceeded"], Cause::Expired)]),
    of(OPENSMTPD_CODES, &[any(&["delivery time expired"], Cause::Expired)]),
    of(ZONE_MTA, &[any(&["message expired"], Cause::Expired)]),
    of(POSTFIX_SASL, &[any(&["connection lost"], Cause::Network)]),
    of(EXIM_DELIVER, &[any(&["connection dropped"], Cause::Network)]),
    of(SENDMAIL_DELIVER, &[any(&["connection reset", "connection refused"], Cause::Network)]),
    of(QMAIL, &[any(&["timeout"], Cause::Network)]),
    of(BOUNCES, &[any(&["timed out"], Cause::Network)]),
    // Not now.
    of(POSTFIX_CHECK, &[any(&["service unavailable"], Cause::SystemUnavailable).temporary()]),
    of(POSTFIX, &[any(&["internal error"], Cause::SystemUnavailable).temporary()]),
    of(EXIM, &[any(&["temporary local problem", "try later"], Cause::SystemUnavailable).temporary()]),
    of(EXIM_LOG, &[any(&["unexpected failure"], Cause::SystemUnavailable).temporary()]),
    of(SENDMAIL, &[any(&["try again later", "try again"], Cause::SystemUnavailable).temporary()]),
    of(
        OPENSMTPD,
        &[any(&["temporary failure", "temporary error", "internal server error"], Cause::SystemUnavailable)
            .temporary()],
    ),
    of(DOVECOT_LMTP, &[any(&["temporary internal error"], Cause::SystemUnavailable).temporary()]),
    of(RFC_5321, &[any(&["local error in processing", "service not available"], Cause::SystemUnavailable).temporary()]),
    of(GOOGLE, &[any(&["server busy", "temporary system problem"], Cause::SystemUnavailable).temporary()]),
    of(BOUNCES, &[any(&["temporarily unavailable"], Cause::SystemUnavailable).temporary()]),
    of(CHINESE, &[any(&["queue unavailable"], Cause::SystemUnavailable).temporary()]),
    // Not at all, and no more is said.
    of(SENDMAIL_CF, &[any(&["access denied"], Cause::Policy).permanent()]),
    of(EXIM, &[any(&["administrative prohibition"], Cause::Policy).permanent()]),
    of(OPENSMTPD_CODES, &[any(&["delivery not authorized"], Cause::Policy).permanent()]),
    of(CYRUS, &[any(&["message refused"], Cause::Policy).permanent()]),
    of(SISIMAI, &[any(&["policy", "denied by", "not authorized"], Cause::Policy).permanent()]),
    of(
        ZONE_MTA,
        &[any(&["prohibited", "rejected by", "refused by", "you are not allowed"], Cause::Policy).permanent()],
    ),
    of(BOUNCES, &[any(&["message rejected"], Cause::Policy).permanent()]),
    of(SISIMAI, &[words(&["policy"], Cause::Policy)]),
    of(
        RFC_5321,
        &[words(&["mailbox unavailable"], Cause::NoSuchMailbox).permanent().at(&[Stage::Rcpt, Stage::Unknown])],
    ),
];
