//! What is said of TLS and of logging in.

use super::super::{Cause, Group, Stage, any};
use super::sources::*;

pub(super) const TLS: &[Group] = &[
    of(POSTFIX, &[any(&["must issue a starttls"], Cause::TlsRequired)]),
    of(POSTFIX_CHECK, &[any(&["encryption is required"], Cause::TlsRequired)]),
    of(POSTFIX_SASL, &[any(&["encryption required"], Cause::TlsRequired)]),
    of(EXIM_ACL, &[any(&["starttls required"], Cause::TlsRequired)]),
    of(DOVECOT, &[any(&["tls required"], Cause::TlsRequired)]),
    of(SISIMAI, &[any(&["starttls is required"], Cause::TlsRequired)]),
    of(GO_SMTP, &[any(&["tls is required"], Cause::TlsRequired)]),
    // STARTTLS itself is not known.
    of(
        POSTFIX,
        &[any(&["command not implemented", "command not recognized"], Cause::TlsFailed).at(&[Stage::StartTls])],
    ),
    of(EXIM, &[any(&["unrecognized command"], Cause::TlsFailed).at(&[Stage::StartTls])]),
    of(OPENSMTPD, &[any(&["command unrecognized"], Cause::TlsFailed).at(&[Stage::StartTls])]),
    of(DOVECOT, &[any(&["unknown command"], Cause::TlsFailed).at(&[Stage::StartTls])]),
    // It fails.
    of(POSTFIX, &[any(&["tls not available"], Cause::TlsFailed)]),
    of(EXIM, &[any(&["tls currently unavailable"], Cause::TlsFailed)]),
    of(SENDMAIL_CF, &[any(&["tls handshake"], Cause::TlsFailed)]),
    of(GEN_SMTP, &[any(&["tls negotiation failed"], Cause::TlsFailed)]),
];

pub(super) const LOGIN: &[Group] = &[
    of(GOOGLE, &[any(&["application-specific password"], Cause::ApplicationPasswordRequired)]),
    of(MAIL_RU, &[any(&["application password"], Cause::ApplicationPasswordRequired)]),
    // Not now.
    of(POSTFIX_SASL, &[any(&["temporary authentication failure"], Cause::SystemUnavailable)]),
    of(EXIM, &[any(&["unable to authenticate at present"], Cause::SystemUnavailable)]),
    of(POSTFIX, &[any(&["too many auth*"], Cause::RateLimited).temporary()]),
    of(GOOGLE, &[any(&["too many login attempts"], Cause::RateLimited).temporary()]),
    // Not with this password.
    of(POSTFIX_SASL, &[any(&["authentication failed"], Cause::AuthenticationFailed)]),
    of(EXIM, &[any(&["incorrect authentication data"], Cause::AuthenticationFailed)]),
    of(GOOGLE, &[any(&["username and password not accepted"], Cause::AuthenticationFailed)]),
    of(EXCHANGE, &[any(&["authentication unsuccessful"], Cause::AuthenticationFailed)]),
    of(ORACLE, &[any(&["bad username or password"], Cause::AuthenticationFailed)]),
    of(EMAILIT, &[any(&["invalid login"], Cause::AuthenticationFailed)]),
    of(ZONE_MTA, &[any(&["invalid credentials"], Cause::AuthenticationFailed)]),
    of(SISIMAI, &[any(&["authentication failure", "authentication credentials invalid"], Cause::AuthenticationFailed)]),
    of(QPSMTPD, &[any(&["wrong password"], Cause::AuthenticationFailed)]),
    // Not without logging in.
    of(POSTFIX_CHECK, &[any(&["not logged in"], Cause::AuthenticationRequired)]),
    of(SENDMAIL, &[any(&["authentication required"], Cause::AuthenticationRequired)]),
    of(HMAILSERVER, &[any(&["smtp authentication", "authentication is required"], Cause::AuthenticationRequired)]),
    of(BOUNCES, &[any(&["client was not authenticated"], Cause::AuthenticationRequired)]),
    of(
        SISIMAI,
        &[any(&["requires authentication", "unauthenticated senders not allowed"], Cause::AuthenticationRequired)],
    ),
    of(TMAIL, &[any(&["smtp auth required"], Cause::AuthenticationRequired)]),
    of(MAILHOP, &[any(&["must authenticate"], Cause::AuthenticationRequired)]),
    of(AFTEROFFICE, &[any(&["please authenticate"], Cause::AuthenticationRequired)]),
    of(POP_FIRST, &[any(&["check your mail first", "pop before smtp"], Cause::AuthenticationRequired)]),
    // Not by this mechanism.
    of(
        EXIM,
        &[any(&["mechanism not supported", "auth command used when not advertised"], Cause::MechanismNotAccepted)],
    ),
    of(DOVECOT_LOGIN, &[any(&["authentication mechanism"], Cause::MechanismNotAccepted)]),
    of(CYRUS, &[any(&["unrecognized authentication type"], Cause::MechanismNotAccepted)]),
    of(CHINESE, &[any(&["auth mode unsupported"], Cause::MechanismNotAccepted)]),
    // Not by this account.
    of(STATISTICS, &[any(&["account has been suspended"], Cause::AccountDisabled).at(&[Stage::Auth, Stage::Mail])]),
    of(BOUNCEFETCH, &[any(&["account suspended"], Cause::AccountDisabled).at(&[Stage::Auth, Stage::Mail])]),
];
