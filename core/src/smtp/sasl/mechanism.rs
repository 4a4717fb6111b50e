//! The mechanisms by name, and what is to be known of each before it is offered or chosen.

use crate::crypto::Hash;
use crate::tls::Session;
use crate::words::words;

/// A SASL mechanism. They are ordered from the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// `SCRAM-SHA-256-PLUS` (RFC 7677): with channel binding.
    ScramSha256Plus,
    /// `SCRAM-SHA-1-PLUS` (RFC 5802): with channel binding.
    ScramSha1Plus,
    /// `SCRAM-SHA-256` (RFC 7677).
    ScramSha256,
    /// `SCRAM-SHA-1` (RFC 5802).
    ScramSha1,
    /// `EXTERNAL` (RFC 4422 appendix A): the certificate of the TLS client.
    External,
    /// `OAUTHBEARER` (RFC 7628).
    OAuthBearer,
    /// `XOAUTH2`: what Google had before RFC 7628.
    XOAuth2,
    /// `PLAIN` (RFC 4616).
    Plain,
    /// `LOGIN`: never a standard, and everywhere.
    Login,
}

impl Mechanism {
    /// All of them, from the strongest to the weakest.
    pub const ALL: [Self; 9] = [
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::External,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::Plain,
        Self::Login,
    ];

    /// The mechanism of this name, in upper or lower case (RFC 4954 §4 compares without case).
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(name))
    }

    /// The name, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::External => "EXTERNAL",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// Whether whoever listens learns a password or a token.
    pub fn shows_secret(self) -> bool {
        matches!(self, Self::OAuthBearer | Self::XOAuth2 | Self::Plain | Self::Login)
    }

    /// Whether the authentication is tied to the TLS connection.
    pub fn binds_channel(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus)
    }

    /// The hash function of a SCRAM mechanism.
    pub fn scram_hash(self) -> Option<Hash> {
        match self {
            Self::ScramSha256Plus | Self::ScramSha256 => Some(Hash::Sha256),
            Self::ScramSha1Plus | Self::ScramSha1 => Some(Hash::Sha1),
            _ => None,
        }
    }

    /// Whether the connection has what the mechanism needs: TLS for one that shows a secret (unless `clear_text` allows
    /// that), a channel binding, a certificate of the client. `None` is a connection without TLS.
    pub(super) fn is_possible(self, session: Option<&Session>, clear_text: bool, has_certificate: bool) -> bool {
        match self {
            Self::External => has_certificate,
            _ if self.binds_channel() => session.is_some_and(binds),
            _ => session.is_some() || clear_text || !self.shows_secret(),
        }
    }
}

/// Whether something ties an authentication to the connection.
fn binds(session: &Session) -> bool {
    session.binding.exporter.is_some() || session.binding.server_end_point.is_some()
}

words!(Display for Mechanism);
