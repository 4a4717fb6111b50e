//! What the host is asked, what it says, and how an exchange ends.

use thiserror::Error;

use crate::smtp::reply::{EnhancedCode, Reply};
use crate::smtp::sasl::{Mechanism, Secret};

use super::Stored;

/// What a client says of itself, for the host to judge.
///
/// User names are prepared by SASLprep (RFC 4013) where they come from a mechanism of passwords; they are not empty. An `authzid` is
/// whom the client wants to act as; it is `None` where that is the user itself. Where there is one, right credentials are not
/// enough: the host has to say by [`Decision::acting_as`] that the user may act as that one, and without it the exchange fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// PLAIN and LOGIN. Answer with any [`Decision`] but [`AcceptAs`](Decision::AcceptAs).
    Password {
        /// Whom to act as, if not `authcid`.
        authzid: Option<String>,
        /// The user.
        authcid: String,
        /// The password as it was typed.
        password: Secret,
    },
    /// SCRAM. The host can't accept, since the password does not come: answer with [`Decision::Compare`],
    /// [`CompareAndRefuse`](Decision::CompareAndRefuse), [`UnknownUser`](Decision::UnknownUser) or
    /// [`Unavailable`](Decision::Unavailable).
    Scram {
        /// SCRAM-SHA-1 or SCRAM-SHA-256, with or without -PLUS.
        mechanism: Mechanism,
        /// Whom to act as, if not `authcid`.
        authzid: Option<String>,
        /// The user.
        authcid: String,
    },
    /// OAUTHBEARER and XOAUTH2.
    Bearer {
        /// The user that the client names; XOAUTH2 always has one. The token may speak for another: the host compares.
        user: Option<String>,
        /// The token.
        token: Secret,
        /// The server's name that the client meant (OAUTHBEARER).
        host: Option<String>,
        /// The port that the client meant (OAUTHBEARER).
        port: Option<u16>,
    },
    /// EXTERNAL: the client's certificate, which is in the [`Session`](crate::tls::Session).
    External {
        /// Whom to act as; `None` is whomever the certificate stands for.
        authzid: Option<String>,
        /// Whether an authority that the host trusts vouches for the certificate.
        verified: bool,
    },
}

impl Credentials {
    /// The user that the client names.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Password { authcid, .. } | Self::Scram { authcid, .. } => Some(authcid),
            Self::Bearer { user, .. } => user.as_deref(),
            Self::External { authzid, .. } => authzid.as_deref(),
        }
    }
}

/// What the host says of [`Credentials`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They are right, and nobody is to be acted for. With an `authzid` in the [`Credentials`] it is the same as
    /// [`Refuse`](Self::Refuse), unless [`acting_as`](Self::acting_as) names that one.
    Accept,
    /// They are right and stand for this user: for tokens and certificates alone, which may say more than the client did. An
    /// `authzid` that is another user is refused, likewise.
    AcceptAs(String),
    /// They are wrong, or the user may not act as it wants to. For SCRAM it is the same as
    /// [`UnknownUser`](Self::UnknownUser).
    Refuse,
    /// There is no such user. The client can't tell it from a wrong password: SCRAM goes on to its end, and PLAIN and LOGIN take
    /// the time that comparing with a verifier takes.
    UnknownUser,
    /// The same, from a host that takes several spellings for one user: the name as it looks users up, for example in lower
    /// case and with a domain. SCRAM shows the same salt to all spellings then, as it does for users that exist.
    UnknownUserAs(String),
    /// What is stored for the user: the exchange compares. A password is right if one of them says so; SCRAM takes the
    /// first verifier that is of its hash function, with those of the same salt and iterations, and where there is none the user
    /// seems unknown. With an `authzid` in the
    /// [`Credentials`] it is the same as [`CompareAndRefuse`](Self::CompareAndRefuse), unless [`acting_as`](Self::acting_as)
    /// names that one.
    ///
    /// For PLAIN and LOGIN the comparison takes one PBKDF2, or two, inside [`Exchange::decide`](super::Exchange::decide): some
    /// milliseconds with 4,096 iterations, a third of a second with 600,000. A host that must not stand still meanwhile has
    /// [`compare`](super::compare) do it elsewhere, and then answers with [`Accept`](Self::Accept) or [`Refuse`](Self::Refuse).
    /// SCRAM takes some microseconds.
    Compare(Vec<Stored>),
    /// The same, and it fails whatever comes of the comparison: the user is locked, or may not act as it wants to. A client that
    /// does not know the password can't tell.
    CompareAndRefuse(Vec<Stored>),
    /// An application password is needed, and this is none: `534 5.7.9`.
    ApplicationPasswordNeeded,
    /// It can't be told now: `454 4.7.0`.
    Unavailable,
    /// This decision, and the user may act as this one: made by [`acting_as`](Self::acting_as).
    ActingAs(String, Box<Decision>),
}

impl Decision {
    /// This decision, and the user may act as `authzid` (RFC 4422 §3.4.1), which is the one in the [`Credentials`]; if it is
    /// another one, it counts for nothing.
    #[must_use]
    pub fn acting_as(self, authzid: impl Into<String>) -> Self {
        Self::ActingAs(authzid.into(), Box::new(self))
    }

    /// The decision itself, and as whom the user may act.
    pub(super) fn split(self) -> (Self, Option<String>) {
        match self {
            // Of several the outermost counts.
            Self::ActingAs(authzid, decision) => (decision.split().0, Some(authzid)),
            decision => (decision, None),
        }
    }
}

/// Who was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// By which mechanism.
    pub mechanism: Mechanism,
    /// Whose credentials they are. Empty if a token or a certificate was accepted by a host that did not say whose it is.
    pub user: String,
    /// Whom the user acts as, if somebody else.
    pub acting_as: Option<String>,
}

impl Identity {
    /// The reply: 235 (RFC 4954 §6).
    pub fn reply(&self) -> Reply {
        Reply::new(235, Some(EnhancedCode::new(2, 7, 0)), "Authentication succeeded")
    }
}

/// Why an exchange failed. [`reply`](Self::reply) tells the client less than the value tells the host's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The mechanism is not offered.
    #[error("the mechanism is not offered")]
    UnknownMechanism,
    /// The mechanism is offered inside TLS alone.
    #[error("the mechanism is offered inside TLS alone")]
    TlsNeeded,
    /// The client cancelled with `*`.
    #[error("the client cancelled")]
    Cancelled,
    /// A line is not base64.
    #[error("a line is not base64")]
    NotBase64,
    /// A line is longer than [`MAX_SASL_LINE`](crate::limits::MAX_SASL_LINE).
    #[error("a line is too long")]
    LineTooLong,
    /// A message is not what the mechanism asks for.
    #[error("malformed message: {0}")]
    Malformed(&'static str),
    /// The credentials are wrong, or there is no such user.
    #[error("wrong credentials")]
    Credentials,
    /// The client saw another TLS connection, or another list of mechanisms, than this one: somebody is in between.
    #[error("channel binding: {0}")]
    ChannelBinding(&'static str),
    /// An application password is needed.
    #[error("an application password is needed")]
    ApplicationPasswordNeeded,
    /// The host can't tell now.
    #[error("the host can't tell now")]
    Unavailable,
}

impl Failure {
    /// The reply (RFC 4954 §4, §6).
    pub fn reply(self) -> Reply {
        let (code, (class, subject, detail), text) = match self {
            Self::UnknownMechanism => (504, (5, 5, 4), "Unrecognized authentication type"),
            Self::TlsNeeded => (538, (5, 7, 11), "Encryption required for requested authentication mechanism"),
            Self::Cancelled => (501, (5, 7, 0), "Authentication cancelled"),
            Self::NotBase64 => (501, (5, 5, 2), "Cannot decode base64"),
            Self::LineTooLong => (500, (5, 5, 6), "Authentication exchange line is too long"),
            Self::Malformed(_) => (501, (5, 5, 2), "Malformed authentication message"),
            Self::Credentials | Self::ChannelBinding(_) => (535, (5, 7, 8), "Authentication credentials invalid"),
            Self::ApplicationPasswordNeeded => (534, (5, 7, 9), "Application password required"),
            Self::Unavailable => (454, (4, 7, 0), "Temporary authentication failure"),
        };
        Reply::new(code, Some(EnhancedCode::new(class, subject, detail)), text)
    }
}
