//! Why a client is not authenticated.

use thiserror::Error;

use crate::smtp::reply::Reply;

/// Why a client is not authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server offers nothing that the account, the connection and the settings allow.
    #[error("{}", no_mechanism(offered))]
    NoMechanism {
        /// What it offers, which may be nothing.
        offered: Vec<String>,
    },
    /// What the server offers would show the password or the token to whoever listens.
    #[error("without TLS the server offers only mechanisms that show the password or the token")]
    SecretInClearText,
    /// What the server offers would show the password or the token to a server that nobody has verified.
    #[error("the server is not verified, and offers only mechanisms that would show it the password or the token")]
    SecretToUnverified,
    /// The account's user, password or token can't be sent: empty, too long, or with characters that the mechanism prohibits.
    #[error("the {0} can't be sent: it is empty, too long, or has characters that the mechanism prohibits")]
    Account(&'static str),
    /// The server refused.
    #[error("the server refused: {reply}{}", words.as_ref().map(|words| format!(" ({words})")).unwrap_or_default())]
    Refused {
        /// Its reply.
        reply: Reply,
        /// What it said of the reason in the exchange.
        words: Option<Words>,
    },
    /// The server says that it is done without having proved that it knows the password: it is not the server that it claims to
    /// be, and nothing may be sent to it.
    #[error("the server did not prove that it knows the password")]
    ServerNotProven,
    /// The server's proof is wrong: it does not know the password.
    #[error("the server's proof that it knows the password is wrong")]
    ServerSignature,
    /// A challenge is longer than [`MAX_SASL_LINE`](crate::limits::MAX_SASL_LINE), or not base64.
    #[error("a challenge is too long or not base64")]
    Challenge,
    /// A challenge is not what the mechanism asks for.
    #[error("malformed challenge: {0}")]
    Malformed(&'static str),
    /// A challenge that the mechanism does not have.
    #[error("a challenge too many")]
    Unexpected,
    /// The server asks for fewer iterations than [`MIN_SCRAM_ITERATIONS`](crate::limits::MIN_SCRAM_ITERATIONS), which would
    /// help whoever listens, or for more than [`MAX_SCRAM_ITERATIONS`](crate::limits::MAX_SCRAM_ITERATIONS).
    #[error("the server asks for {0} iterations")]
    Iterations(String),
    /// The server's nonce does not begin with ours: it answers somebody else.
    #[error("the server's nonce does not begin with ours")]
    Nonce,
}

fn no_mechanism(offered: &[String]) -> String {
    match offered {
        [] => "the server offers no authentication here (AUTH)".to_owned(),
        offered => format!("the server offers no mechanism that can be used here; it offers: {}", offered.join(" ")),
    }
}

/// What a server says of why it refuses, each text without control characters and at most
/// [`MAX_SASL_ERROR_TEXT`](crate::limits::MAX_SASL_ERROR_TEXT) octets long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// `status` (RFC 7628 §3.2.2), such as `invalid_token` or `401`; the `e` of SCRAM (RFC 5802 §7), such as
    /// `invalid-proof`.
    pub status: String,
    /// `scope`: what the token would have to be for.
    pub scope: Option<String>,
    /// `openid-configuration`: where to learn how to get a token.
    pub openid_configuration: Option<String>,
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.status)?;
        self.scope.iter().try_for_each(|scope| write!(f, ", scope {scope}"))
    }
}
