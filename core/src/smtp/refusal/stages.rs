//! What a reply code says by itself, at each stage (RFC 5321 §4.2 and §4.3.2, RFC 1870, RFC 3207, RFC 4954, RFC 7504).

use super::Cause;
use super::context::{Party, Stage};
use crate::smtp::reply::EnhancedCode;

/// A cause, and what is particular about it at a stage.
pub(super) struct Plain {
    pub(super) cause: Cause,
    pub(super) advice: Option<&'static str>,
    pub(super) who: Option<Party>,
    pub(super) source: &'static str,
    pub(super) date: &'static str,
}

const RFC_5321: (&str, &str) = ("RFC 5321, Simple Mail Transfer Protocol, §4.2 and §4.3.2", "2008-10");
const RFC_1870: (&str, &str) = ("RFC 1870, SMTP Service Extension for Message Size Declaration, §6", "1995-11");
const RFC_3207: (&str, &str) = ("RFC 3207, SMTP Service Extension for Secure SMTP over TLS, §4", "2002-02");
const RFC_4954: (&str, &str) = ("RFC 4954, SMTP Service Extension for Authentication, §6", "2007-07");
const RFC_7504: (&str, &str) = ("RFC 7504, SMTP 521 and 556 Reply Codes", "2015-06");
const RFC_3463: (&str, &str) = ("RFC 3463, Enhanced Mail System Status Codes, §3", "2003-01");

/// The name that was given with EHLO is what such a server does not like.
pub(super) const HELO: &str = "The server does not accept the name given with EHLO. Give the sending host's full name, which \
    exists in DNS and leads to the sending address, never localhost, a bare word or the server's own name.";
const SHUT_OUT: &str = "The server refuses this client before a word was said, so it is the sending address or its name in \
    DNS that it does not like. Look the address up in block lists, and check its PTR record.";
const NO_PLACE: &str = "The server takes no connection now. Open fewer at a time, try the domain's next MX host, and try \
    again later.";
const CLOSING: &str = "The server closes the connection; nothing was accepted that it had not said 250 to. Connect again \
    later, and go more slowly if it happens often.";
const NOT_TAKEN: &str = "The server closed the connection in place of accepting the message. It has not taken it: send it again \
    later over a new connection.";
const NO_TLS: &str = "The server does not start TLS, though it may have offered it. Try again later; where TLS is needed, \
    whoever runs the server has to mend it.";
const DECLARED: &str = "The size declared with MAIL is more than the server takes. Make the message smaller, or send a link in \
    place of attachments.";
const REFUSED_SENDER: &str =
    "The server refuses this sender. Check the address in MAIL, and whether this client may send for it.";
const REFUSED_MESSAGE: &str = "The server has read the message and refuses it by a rule of its own. Look at what it says and \
    links to and at its header fields, and ask the receiving side's postmaster which rule it is.";

/// What a code says at a stage; `None` where that is too little.
pub(super) fn of_code(code: u16, stage: Stage) -> Option<Plain> {
    use Stage::{Auth, Data, Ehlo, EndOfMessage, Greeting, Mail, Rcpt, StartTls, Unknown};
    let (source, cause, advice) = match (code, stage) {
        // The server goes away, or has no time.
        (421, Greeting) => (RFC_5321, Cause::SystemUnavailable, Some(NO_PLACE)),
        (421, EndOfMessage) => (RFC_5321, Cause::SystemUnavailable, Some(NOT_TAKEN)),
        (421, _) => (RFC_5321, Cause::SystemUnavailable, Some(CLOSING)),
        (432, _) => (RFC_4954, Cause::MechanismNotAccepted, None), // the password has to be changed over
        (450 | 451, _) => (RFC_5321, Cause::SystemUnavailable, None),
        (452, Rcpt) => (RFC_5321, Cause::TooManyRecipients, None),
        (452, _) => (RFC_5321, Cause::SystemFull, None),
        (454, StartTls) => (RFC_3207, Cause::TlsFailed, Some(NO_TLS)),
        (454, Auth) => (RFC_4954, Cause::SystemUnavailable, None),
        (454, _) => (RFC_5321, Cause::SystemUnavailable, None),
        // What was said was not understood, or not at that moment.
        (500 | 502 | 503 | 504 | 550 | 553 | 554, StartTls) => (RFC_3207, Cause::TlsFailed, Some(NO_TLS)),
        (504, Auth) => (RFC_4954, Cause::MechanismNotAccepted, None),
        (501 | 504 | 550 | 552 | 553 | 554, Ehlo) => (RFC_5321, Cause::Protocol, Some(HELO)),
        (501, Mail) => (RFC_5321, Cause::BadSenderAddress, None),
        (501, Rcpt) => (RFC_5321, Cause::BadRecipientAddress, None),
        (455 | 500..=505 | 555, _) => (RFC_5321, Cause::Protocol, None),
        // Not at all.
        (521 | 556, _) => (RFC_7504, Cause::TakesNoMail, None),
        (550..=554, Greeting) => (RFC_5321, Cause::Blocked, Some(SHUT_OUT)),
        // Logging in.
        (530, _) => (RFC_4954, Cause::AuthenticationRequired, None),
        (534, _) => (RFC_4954, Cause::MechanismNotAccepted, None),
        (535, _) | (550 | 553 | 554, Auth) => (RFC_4954, Cause::AuthenticationFailed, None),
        (538, _) => (RFC_4954, Cause::TlsRequired, None),
        // The mailbox, the sender, or the message.
        (551, _) => (RFC_5321, Cause::MailboxMoved, None),
        (550, Rcpt) => (RFC_5321, Cause::NoSuchMailbox, None),
        (552, Mail) => (RFC_1870, Cause::MessageTooLarge, Some(DECLARED)),
        (552, Data | EndOfMessage) => (RFC_1870, Cause::MessageTooLarge, None),
        (552, _) => (RFC_5321, Cause::MailboxFull, None),
        (553, Mail) => (RFC_5321, Cause::BadSenderAddress, None),
        (553, Rcpt | Unknown) => (RFC_5321, Cause::BadRecipientAddress, None),
        (550 | 554, Mail) => (RFC_5321, Cause::Policy, Some(REFUSED_SENDER)),
        (550 | 553 | 554, EndOfMessage) => (RFC_5321, Cause::Policy, Some(REFUSED_MESSAGE)),
        (550 | 553 | 554, _) => (RFC_5321, Cause::Policy, None),
        _ => return None,
    };
    let who = match (code, stage) {
        (550..=554, Greeting) => Some(Party::Operator),
        (550 | 554, Mail) | (550 | 553 | 554, EndOfMessage) => Some(Party::Sender),
        _ => None,
    };
    Some(Plain { cause, advice, who, source: source.0, date: source.1 })
}

/// What the subject of an enhanced status code says, where its detail is general or not registered. Codes that say more
/// than such a subject come first, so this is for those that say little.
pub(super) fn of_subject(enhanced: EnhancedCode, code: u16, stage: Stage) -> Option<Plain> {
    if !(matches!(code, 450 | 550 | 552..=554) || enhanced.subject == 7 && code == 451) {
        return None;
    }
    let cause = match (enhanced.subject, stage) {
        (1, Stage::Mail) => Cause::BadSenderAddress,
        (1, _) => Cause::NoSuchMailbox,
        (2, _) if code != 552 => Cause::MailboxDisabled,
        (3, _) => Cause::SystemUnavailable,
        (4, _) => Cause::Network,
        (5, _) => Cause::Protocol,
        (6, _) => Cause::ContentNotSupported,
        (7, _) => Cause::Policy,
        _ => return None,
    };
    let (source, date) = RFC_3463;
    Some(Plain { cause, advice: None, who: None, source, date })
}
