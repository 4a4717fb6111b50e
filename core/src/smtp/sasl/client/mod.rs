//! The client's side of an AUTH command.
//!
//! ```
//! use std::sync::Arc;
//! use passerelle::smtp::sasl::client::{Account, Exchange, Settings};
//! use passerelle::smtp::sasl::{Entropy, Secret};
//! use passerelle::smtp::Reply;
//!
//! let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
//! let settings = Arc::new(Settings { secrets_in_clear_text: true, ..Settings::new(account) });
//! // Random octets, in earnest.
//! let mut entropy = Entropy::new([9; 32]);
//! let offered = ["LOGIN".to_owned(), "PLAIN".to_owned()];
//! let (exchange, command) = Exchange::start(&settings, None, &mut entropy, &offered)?;
//! assert_eq!(command.expose(), "AUTH PLAIN AGFubgBwZW5jaWw=");
//! exchange.finish(&Reply::new(235, None, "Welcome"))?;
//! # Ok::<(), passerelle::smtp::sasl::client::Error>(())
//! ```

mod error;
mod settings;

use std::sync::Arc;

use zeroize::Zeroizing;

pub use error::{Error, Words};
pub use settings::{Account, Binding, Settings};

use super::{Entropy, Mechanism, Secret, wire};
use crate::limits::{MAX_AUTH_COMMAND, MAX_SASL_NAME, MAX_SASL_PASSWORD};
use crate::smtp::reply::Reply;
use crate::tls::Session;

/// One AUTH command, from the choice of its mechanism to the server's last reply.
///
/// A reply of 334 goes to [`challenge`](Self::challenge), whatever else comes to [`finish`](Self::finish).
#[derive(Debug)]
pub struct Exchange {
    settings: Arc<Settings>,
    mechanism: Mechanism,
    state: State,
}

/// What the next challenge is.
#[derive(Debug)]
enum State {
    /// An empty one: the initial response goes out now.
    Initial(Secret),
    LoginUser,
    LoginPassword,
    /// None.
    Sent,
    /// None: `*` was sent.
    Cancelled(Error),
}

impl Exchange {
    /// Chooses a mechanism of those that the server `offered` ([`Settings::choose`]) and gives the command line, without CRLF; `session` is
    /// `None` without TLS.
    ///
    /// # Errors
    /// [`Error`] if there is no mechanism, or if the account can't be used with it. Nothing is to be sent then.
    pub fn start(
        settings: &Arc<Settings>,
        session: Option<&Session>,
        entropy: &mut Entropy,
        offered: &[String],
    ) -> Result<(Self, Secret), Error> {
        let _ = entropy;
        let mechanism = settings.choose(offered, session)?;
        let (message, state) = match (&settings.account, mechanism) {
            (Account::Password { user, password, acting_as }, Mechanism::Plain) => {
                (Some(plain(acting_as.as_deref(), user, password)?), State::Sent)
            }
            (Account::Password { user, password, .. }, Mechanism::Login) => {
                check(user, MAX_SASL_NAME, "user")?;
                check(password.expose(), MAX_SASL_PASSWORD, "password")?;
                (None, State::LoginUser)
            }
            _ => return Err(Error::NoMechanism { offered: offered.to_vec() }),
        };
        let mut exchange = Self { settings: Arc::clone(settings), mechanism, state };
        let command = exchange.command(message);
        Ok((exchange, command))
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Takes the text of a 334 reply and gives the line to send, without CRLF. It is `*` where the client cancels; the error then
    /// comes from [`finish`](Self::finish), after the server's reply.
    ///
    /// # Errors
    /// [`Error`] if the server goes on although the client has cancelled. Only closing the connection is left.
    pub fn challenge(&mut self, text: &str) -> Result<Secret, Error> {
        if let State::Cancelled(error) = &self.state {
            return Err(error.clone());
        }
        Ok(self.answer(text).unwrap_or_else(|error| {
            self.state = State::Cancelled(error);
            Secret::new("*")
        }))
    }

    /// Takes the reply that is not 334.
    ///
    /// # Errors
    /// [`Error`] if the client is not authenticated; or, with a reply of 2yz, if the server is not what it claims to be.
    pub fn finish(self, reply: &Reply) -> Result<Mechanism, Error> {
        if let State::Cancelled(error) = self.state {
            return Err(error);
        }
        if !reply.is_completion() {
            return Err(Error::Refused { reply: reply.clone(), words: None });
        }
        match self.state {
            State::Sent => Ok(self.mechanism),
            _ => Err(Error::Malformed("success before the end")),
        }
    }

    /// The command line, with the initial response if it fits; else that answers the first challenge (RFC 4954 §4).
    fn command(&mut self, message: Option<Secret>) -> Secret {
        let name = self.mechanism.as_str();
        match message {
            None => Secret::new(format!("AUTH {name}")),
            Some(message) => {
                // An empty one is sent as `=`.
                let encoded = if message.expose().is_empty() { "=" } else { message.expose() };
                let line = Secret::new(format!("AUTH {name} {encoded}"));
                if line.expose().len() + 2 <= MAX_AUTH_COMMAND {
                    return line;
                }
                self.state = State::Initial(message);
                Secret::new(format!("AUTH {name}"))
            }
        }
    }

    fn answer(&mut self, text: &str) -> Result<Secret, Error> {
        let message = wire::decode(text.trim_ascii().as_bytes()).ok_or(Error::Challenge)?;
        let _ = message;
        match (std::mem::replace(&mut self.state, State::Sent), &self.settings.account) {
            (State::Initial(message), _) => Ok(message),
            (State::LoginUser, Account::Password { user, .. }) => {
                self.state = State::LoginPassword;
                Ok(encode(user.as_bytes()))
            }
            (State::LoginPassword, Account::Password { password, .. }) => Ok(encode(password.expose().as_bytes())),
            _ => Err(Error::Unexpected),
        }
    }
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2), in base64.
fn plain(acting_as: Option<&str>, user: &str, password: &Secret) -> Result<Secret, Error> {
    let acting_as = acting_as.unwrap_or_default();
    if !acting_as.is_empty() {
        check(acting_as, MAX_SASL_NAME, "name to act as")?;
    }
    check(user, MAX_SASL_NAME, "user")?;
    check(password.expose(), MAX_SASL_PASSWORD, "password")?;
    let mut message = Zeroizing::new(String::with_capacity(acting_as.len() + user.len() + password.expose().len() + 2));
    for (index, field) in [acting_as, user, password.expose()].into_iter().enumerate() {
        if index > 0 {
            message.push('\0');
        }
        message.push_str(field);
    }
    Ok(encode(message.as_bytes()))
}

fn check(text: &str, most: usize, what: &'static str) -> Result<(), Error> {
    if text.is_empty() || text.len() > most || text.contains('\0') { Err(Error::Account(what)) } else { Ok(()) }
}

fn encode(octets: &[u8]) -> Secret {
    Secret::new(wire::encode(octets))
}
