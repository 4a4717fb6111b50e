//! What a client authenticates with, and the choice of a mechanism.

use crate::smtp::sasl::mechanism::Mechanism;
use crate::smtp::sasl::secret::Secret;
use crate::tls::Session;

use super::Error;

/// What a client authenticates with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// By a SCRAM mechanism, PLAIN or LOGIN.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
        /// Whom to act as, if somebody else. LOGIN can't say it.
        acting_as: Option<String>,
    },
    /// By OAUTHBEARER or XOAUTH2.
    Token {
        /// The user.
        user: String,
        /// The access token.
        token: Secret,
        /// The server's name and port, which OAUTHBEARER may tell (RFC 7628 §3.1).
        server: Option<(String, u16)>,
    },
    /// By EXTERNAL: the certificate of the TLS client.
    Certificate {
        /// Whom to act as, if not whomever the certificate stands for.
        acting_as: Option<String>,
    },
}

/// Which channel binding SCRAM -PLUS uses where the connection has both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// `tls-exporter` (RFC 9266).
    #[default]
    Exporter,
    /// `tls-server-end-point` (RFC 5929), for a server behind which TLS ends elsewhere.
    ServerEndPoint,
}

/// How a client authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// With what.
    pub account: Account,
    /// The mechanisms that may be used; the strongest of them that the server offers is.
    pub mechanisms: Vec<Mechanism>,
    /// Whether a password or a token may be shown to anybody, on a connection without TLS too.
    pub secrets_in_clear_text: bool,
    /// Whether a password or a token may be shown to a server inside TLS that was not verified ([`Session::verified`]): whoever can
    /// take the connection over can make himself a certificate. Only PLAIN, LOGIN, OAUTHBEARER and XOAUTH2 show one.
    pub secrets_to_unverified: bool,
    /// Which channel binding is used where there are two.
    pub binding: Binding,
}

impl Settings {
    /// Any mechanism, and nothing secret but to a verified server inside TLS.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            mechanisms: Mechanism::ALL.to_vec(),
            secrets_in_clear_text: false,
            secrets_to_unverified: false,
            binding: Binding::default(),
        }
    }

    /// Whether a password or a token may be shown over this connection; `None` is one without TLS.
    fn may_show(&self, session: Option<&Session>) -> bool {
        let inside_tls = session.is_some_and(|session| session.verified || self.secrets_to_unverified);
        inside_tls || self.secrets_in_clear_text
    }

    /// The strongest mechanism of those that the server `offered`, the settings allow, the account is for, and the
    /// connection makes possible; `session` is `None` without TLS.
    ///
    /// # Errors
    /// [`Error::SecretInClearText`] if only TLS is missing, [`Error::SecretToUnverified`] if only the server is not verified,
    /// [`Error::NoMechanism`] otherwise.
    pub fn choose(&self, offered: &[String], session: Option<&Session>) -> Result<Mechanism, Error> {
        let known = offered.iter().filter_map(|name| Mechanism::of_name(name));
        let mut candidates: Vec<Mechanism> =
            known.filter(|mechanism| self.mechanisms.contains(mechanism) && self.account.is_for(*mechanism)).collect();
        candidates.sort();
        // Whether there is a certificate, the host knows: it has handed one to TLS, or not.
        let possible = |may_show| {
            let mut allowed = candidates.iter().copied().filter(|mechanism| may_show || !mechanism.shows_secret());
            allowed.find(|mechanism| mechanism.is_possible(session, true, session.is_some()))
        };
        possible(self.may_show(session)).ok_or_else(|| match (possible(true), session) {
            (Some(_), None) => Error::SecretInClearText,
            (Some(_), Some(_)) => Error::SecretToUnverified,
            (None, _) => Error::NoMechanism { offered: offered.to_vec() },
        })
    }
}

impl Account {
    fn is_for(&self, mechanism: Mechanism) -> bool {
        match self {
            Self::Password { acting_as: Some(_), .. } if mechanism == Mechanism::Login => false,
            Self::Password { .. } => {
                mechanism.scram_hash().is_some() || matches!(mechanism, Mechanism::Plain | Mechanism::Login)
            }
            Self::Token { .. } => matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2),
            Self::Certificate { .. } => mechanism == Mechanism::External,
        }
    }
}
