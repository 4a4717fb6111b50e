//! The differences about DKIM that are explained; each is a section of `core/tests/DIFFERENCES.md`.
//!
//! Where our side refuses, the reason it gives says which class a difference is of. Where it does not, what was done to
//! the message does, together with what the peer says.

use passerelle::dkim::{Diagnosis, Failure, KeyRecordError, SignatureError};

use super::{DkimCase, failure, lenient};
use crate::case::{Class, Difference, Word};

type Is<'a> = &'a Difference<'a, DkimCase>;

const MAIL_AUTH: &str = "mail-auth-dkim";
const DKIMPY: &str = "dkimpy";
const MAIL_DKIM: &str = "Mail::DKIM";
const OPENDKIM: &str = "libopendkim";
const ALL: &[&str] = &[MAIL_AUTH, DKIMPY, MAIL_DKIM, OPENDKIM];

/// Where one difference is of two classes, the first counts.
pub(crate) const CLASSES: &[Class<DkimCase>] = &[
    // We refuse, the peer passes: our reason names the rule that the peer does not apply.
    class("dkim-body-length", ALL, |d| {
        we_refuse(d, |f| matches!(f, Failure::BodyLength { .. })) && lenient(d.case) == Word::Pass
    }),
    class("dkim-body-length-beyond", &[DKIMPY, MAIL_DKIM], |d| {
        we_refuse(d, |f| matches!(f, Failure::BodyHash { diagnosis: Diagnosis::CutShort { .. }, .. }))
    }),
    class("dkim-rsa-sha1", ALL, |d| signature(d, |e| matches!(e, SignatureError::Sha1))),
    class("dkim-tag-list", ALL, |d| signature(d, |e| matches!(e, SignatureError::Tags(_)))),
    class("dkim-required-tags", ALL, |d| signature(d, |e| matches!(e, SignatureError::Missing(_)))),
    class("dkim-version", ALL, |d| signature(d, |e| matches!(e, SignatureError::Version))),
    class("dkim-algorithm", ALL, |d| signature(d, |e| matches!(e, SignatureError::Algorithm))),
    class("dkim-canonicalization-syntax", ALL, |d| signature(d, |e| matches!(e, SignatureError::Canonicalization))),
    class("dkim-names", ALL, |d| signature(d, |e| matches!(e, SignatureError::Name(..)))),
    class("dkim-field-list", ALL, |d| signature(d, |e| matches!(e, SignatureError::Fields))),
    class("dkim-from-not-signed", ALL, |d| signature(d, |e| matches!(e, SignatureError::FromNotSigned))),
    class("dkim-identity-syntax", ALL, |d| signature(d, |e| matches!(e, SignatureError::Identity))),
    class("dkim-identity-domain", &[MAIL_AUTH], |d| signature(d, |e| matches!(e, SignatureError::IdentityDomain))),
    class("dkim-numbers", ALL, |d| signature(d, |e| matches!(e, SignatureError::Number(_)))),
    class("dkim-query-method", ALL, |d| signature(d, |e| matches!(e, SignatureError::Query))),
    class("dkim-timestamps", ALL, |d| {
        signature(d, |e| matches!(e, SignatureError::ExpiresBeforeSigned))
            || we_refuse(d, |f| matches!(f, Failure::Future(_) | Failure::Expired(_)))
    }),
    class("dkim-base64", ALL, |d| {
        signature(d, |e| matches!(e, SignatureError::Base64(_) | SignatureError::BodyHashLength))
            || key(d, |e| {
                use KeyRecordError::{Backslash, Base64, Character, CutAtString, Pem, Quotes, Split};
                matches!(e, Base64 | CutAtString(_) | Split | Quotes | Backslash | Pem | Character { .. })
            })
    }),
    class("dkim-key-tag-list", ALL, |d| key(d, |e| matches!(e, KeyRecordError::Tags(_) | KeyRecordError::MissingKey))),
    class("dkim-key-version", ALL, |d| key(d, |e| matches!(e, KeyRecordError::Version | KeyRecordError::Unrelated(_)))),
    class("dkim-key-hash", ALL, |d| key(d, |e| matches!(e, KeyRecordError::Hash))),
    class("dkim-key-service", ALL, |d| key(d, |e| matches!(e, KeyRecordError::Service))),
    class("dkim-key-strict", &[DKIMPY, MAIL_DKIM], |d| key(d, |e| matches!(e, KeyRecordError::Strict))),
    class("dkim-key-type", ALL, |d| key(d, |e| matches!(e, KeyRecordError::KeyType))),
    class("dkim-key-octets", ALL, |d| key(d, |e| matches!(e, KeyRecordError::Key(_)))),
    // We pass, the peer refuses.
    class("dkim-ed25519", &[MAIL_DKIM], |d| {
        d.theirs.word == Word::PermFail && d.theirs.why.contains("unsupported algorithm ed25519-sha256")
    }),
    class("dkim-bare-line-ends", ALL, |d| has_bare_line_end(&d.case.message)),
    class("dkim-no-final-line-end", &[DKIMPY, MAIL_DKIM, OPENDKIM], |d| {
        they_refuse(d) && !d.case.message.ends_with(b"\r\n")
    }),
    class("dkim-blank-lines", &[MAIL_AUTH], |d| {
        they_refuse(d) && d.theirs.why.contains("FailedBodyHashMatch") && ends_in_blank_lines(&d.case.message)
    }),
    class("dkim-space-before-colon", &[MAIL_AUTH, DKIMPY], |d| {
        they_refuse(d) && d.case.has(&["field:space-before-colon"])
    }),
    class("dkim-several-records", &[DKIMPY, MAIL_DKIM, OPENDKIM], |d| {
        they_refuse(d) && d.case.has(&["key:records-before", "key:two-keys"])
    }),
    class("dkim-case-of-values", &[DKIMPY, MAIL_DKIM], |d| {
        they_refuse(d) && d.case.has(&["a:case", "c:case", "q:case", "key:k-case", "key:s-case"])
    }),
    class("dkim-padding", &[DKIMPY, OPENDKIM], |d| {
        they_refuse(d) && d.case.has(&["b:unpadded", "bh:unpadded", "key:p-unpadded"])
    }),
    class("dkim-own-field", ALL, |d| they_refuse(d) && d.case.has(&["h:itself"])),
    class("dkim-extra-from", &[DKIMPY], |d| they_refuse(d) && d.case.has(&["way:from-added", "field:second-from"])),
    class("dkim-trailing-space", &[DKIMPY], |d| {
        they_refuse(d) && d.case.has(&["list:trailing-space", "list:trailing-fold", "key:trailing-semicolon"])
    }),
    class("dkim-lists-of-words", &[DKIMPY, MAIL_DKIM], |d| {
        they_refuse(d) && d.case.has(&["q:several", "key:s-email", "key:h-both", "key:s-case", "key:h-other"])
    }),
    class("dkim-rsa-public-key", &[MAIL_DKIM, OPENDKIM], |d| they_refuse(d) && d.case.has(&["key:pkcs1"])),
    class("dkim-granularity", &[MAIL_DKIM], |d| they_refuse(d) && d.case.has(&["key:g"])),
    class("dkim-identity-encoding", &[MAIL_AUTH, DKIMPY, OPENDKIM], |d| they_refuse(d) && d.case.has(&["i:quoted-at"])),
    class("dkim-place-of-b", &[OPENDKIM, DKIMPY], |d| {
        let odd = ["tag:ends-in-b", "list:spaced-equals", "b:spaced", "list:folded"];
        they_refuse(d) && d.case.has(&odd)
    }),
    class("dkim-space-at-the-end", &[DKIMPY], |d| {
        we_refuse(d, |f| matches!(f, Failure::BadSignature(_))) && d.case.has(&["way:signature-space"])
    }),
    class("dkim-long-numbers", &[OPENDKIM], |d| they_refuse(d) && d.case.has(&["x:long"])),
    class("dkim-key-notes", &[OPENDKIM], |d| they_refuse(d) && d.case.has(&["key:n"])),
    class("dkim-no-separator", &[OPENDKIM], |d| they_refuse(d) && d.case.has(&["way:no-body"])),
    // The DNS failed.
    class("dkim-dns-failure", ALL, |d| d.case.has(&["dns:failed"])),
    // The peer does not give a verdict.
    class("dkim-exceptions", &[DKIMPY], |d| d.theirs.word == Word::Crash && d.ours.word == Word::PermFail),
];

const fn class(name: &'static str, peers: &'static [&'static str], applies: fn(Is<'_>) -> bool) -> Class<DkimCase> {
    Class { name, peers, applies }
}

/// We refuse for this reason, and the peer passes.
fn we_refuse(d: Is<'_>, reason: impl FnOnce(&Failure) -> bool) -> bool {
    d.theirs.word == Word::Pass && failure(d.case).is_some_and(|failure| reason(&failure))
}

/// We refuse the field for this reason, and the peer passes.
fn signature(d: Is<'_>, reason: impl FnOnce(&SignatureError) -> bool) -> bool {
    we_refuse(d, |failure| matches!(failure, Failure::Signature(error) if reason(error)))
}

/// We refuse the key record for this reason, and the peer passes.
fn key(d: Is<'_>, reason: impl FnOnce(&KeyRecordError) -> bool) -> bool {
    we_refuse(d, |failure| matches!(failure, Failure::Key(error) if reason(error)))
}

/// We pass, and the peer refuses.
fn they_refuse(d: Is<'_>) -> bool {
    d.ours.word == Word::Pass && d.theirs.word == Word::PermFail
}

/// Whether there is a CR or LF that is not part of a CRLF.
fn has_bare_line_end(message: &[u8]) -> bool {
    let text = message.escape_ascii().to_string().replace("\\r\\n", "");
    text.contains("\\r") || text.contains("\\n")
}

/// Whether the last line of the body that is not empty has nothing but white space.
fn ends_in_blank_lines(message: &[u8]) -> bool {
    let at = message.windows(4).position(|four| four == b"\r\n\r\n");
    let mut body = at.map_or(&[][..], |at| &message[at + 4..]);
    while let Some(rest) = body.strip_suffix(b"\r\n") {
        body = rest;
    }
    let line = body.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    !line.is_empty() && line.trim_ascii().is_empty()
}
