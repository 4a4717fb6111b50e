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
mod scram;
mod settings;

use std::sync::Arc;

use zeroize::Zeroizing;

pub use error::{Error, Words};
pub use settings::{Account, Binding, Settings};

use super::bearer::{self, BearerError, BearerMessage};
use super::{Entropy, Mechanism, Secret, wire};
use crate::limits::{MAX_AUTH_COMMAND, MAX_SASL_LINE, MAX_SASL_NAME, MAX_SASL_PASSWORD};
use crate::smtp::reply::Reply;
use crate::tls::Session;

/// One AUTH command, from the choice of its mechanism to the server's last reply.
///
/// A reply of 334 goes to [`challenge`](Self::challenge), whatever else comes to [`finish`](Self::finish).
#[derive(Debug)]
pub struct Exchange {
    settings: Arc<Settings>,
    mechanism: Mechanism,
    /// The initial response, if it was too long for the command.
    initial: Option<Secret>,
    state: State,
}

/// What is expected of the server next.
#[derive(Debug)]
enum State {
    LoginUser,
    LoginPassword,
    /// The first message of SCRAM.
    ScramFirst(scram::Opened),
    /// The last message of SCRAM.
    ScramFinal(scram::Proved),
    /// The reply to a token, or a challenge that says why it is refused.
    Bearer,
    /// The reply.
    Sent,
    /// A reply that refuses, after these words if they could be read.
    Refused(Option<Words>),
    /// Any reply: `*` was sent.
    Cancelled(Error),
}

impl Exchange {
    /// Chooses a mechanism of those that the server `offered` ([`Settings::choose`]) and gives the command line, without CRLF;
    /// `session` is `None` without TLS.
    ///
    /// # Errors
    /// [`Error`] if there is no mechanism, or if the account can't be used with it. Nothing is to be sent then.
    pub fn start(
        settings: &Arc<Settings>,
        session: Option<&Session>,
        entropy: &mut Entropy,
        offered: &[String],
    ) -> Result<(Self, Secret), Error> {
        let mechanism = settings.choose(offered, session)?;
        let (message, state) = match (&settings.account, mechanism.scram_hash()) {
            (Account::Password { user, password, acting_as }, Some(hash)) => {
                check(password.expose(), MAX_SASL_PASSWORD, "password")?;
                wire::prepare(password.expose()).ok_or(Error::Account("password"))?;
                let user = wire::prepare(checked_user(user)?).ok_or(Error::Account("user"))?;
                let names = scram::Names { user: &user, acting_as: checked_acting_as(acting_as.as_deref())? };
                let channel = session.map(|session| (session, settings.binding));
                let server_binds =
                    offered.iter().filter_map(|name| Mechanism::of_name(name)).any(|m| m.binds_channel());
                let (opened, message) =
                    scram::Opened::new(mechanism, hash, &names, entropy.nonce(), channel, server_binds);
                (Some(encode(message.as_bytes())), State::ScramFirst(opened))
            }
            (Account::Password { user, password, .. }, None) if mechanism == Mechanism::Login => {
                checked_user(user)?;
                check(password.expose(), MAX_SASL_PASSWORD, "password")?;
                (None, State::LoginUser)
            }
            (Account::Password { user, password, acting_as }, None) => {
                (Some(plain(checked_acting_as(acting_as.as_deref())?, checked_user(user)?, password)?), State::Sent)
            }
            (Account::Token { user, token, server }, _) => {
                let message = token_message(user, token, server.as_ref())?.write(mechanism);
                (Some(encode(message.as_bytes())), State::Bearer)
            }
            (Account::Certificate { acting_as }, _) => {
                let acting_as = checked_acting_as(acting_as.as_deref())?.unwrap_or_default();
                (Some(encode(acting_as.as_bytes())), State::Sent)
            }
        };
        if message.as_ref().is_some_and(|message| message.expose().len() + 2 > MAX_SASL_LINE) {
            return Err(Error::Account("token"));
        }
        let (command, initial) = command(mechanism, message);
        Ok((Self { settings: Arc::clone(settings), mechanism, initial, state }, command))
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
    /// [`Error`] if the client is not authenticated; or, with a reply of 2yz, if the server is not what it claims to be. Then nothing more
    /// should be said to it.
    pub fn finish(self, reply: &Reply) -> Result<Mechanism, Error> {
        let refused = |words| Error::Refused { reply: reply.clone(), words };
        match self.state {
            State::Cancelled(error) => Err(error),
            State::Refused(words) if !reply.is_completion() => Err(refused(words)),
            _ if !reply.is_completion() => Err(refused(None)),
            _ if self.initial.is_some() => Err(Error::Malformed("success before the end")),
            State::Sent | State::Bearer => Ok(self.mechanism),
            State::ScramFirst(_) | State::ScramFinal(_) => Err(Error::ServerNotProven),
            State::Refused(_) if self.mechanism.scram_hash().is_some() => Err(Error::ServerNotProven),
            State::Refused(_) | State::LoginUser | State::LoginPassword => {
                Err(Error::Malformed("success before the end"))
            }
        }
    }

    fn answer(&mut self, text: &str) -> Result<Secret, Error> {
        // Nothing rests on what such a challenge says, and some servers say something in clear text.
        if let Some(initial) = self.initial.take() {
            return Ok(initial);
        }
        let message = || wire::decode(text.trim_ascii_end().as_bytes()).ok_or(Error::Challenge);
        match (std::mem::replace(&mut self.state, State::Sent), &self.settings.account) {
            // Nor on these: the user comes first.
            (State::LoginUser, Account::Password { user, .. }) => {
                self.state = State::LoginPassword;
                Ok(encode(user.as_bytes()))
            }
            (State::LoginPassword, Account::Password { password, .. }) => Ok(encode(password.expose().as_bytes())),
            (State::ScramFirst(opened), Account::Password { password, .. }) => {
                let (proved, answer) = opened.prove(&message()?, password)?;
                self.state = State::ScramFinal(proved);
                Ok(encode(answer.as_bytes()))
            }
            (State::ScramFinal(proved), _) => {
                if let Some(error) = proved.check(&message()?)? {
                    self.state = State::Refused(Some(Words { status: bearer::clean(&error), ..Words::default() }));
                }
                Ok(Secret::new(""))
            }
            (State::Bearer, _) => {
                // Whatever it says, the server's reply says that it refuses: that is waited for.
                let error = message().ok().and_then(|message| BearerError::parse(&message));
                self.state = State::Refused(error.map(|BearerError { status, scope, openid_configuration }| Words {
                    status,
                    scope,
                    openid_configuration,
                }));
                // RFC 7628 §3.2.3 has an octet 1; Google's documents have nothing.
                Ok(if self.mechanism == Mechanism::OAuthBearer { encode(b"\x01") } else { Secret::new("") })
            }
            _ => Err(Error::Unexpected),
        }
    }
}

/// The command line, with the initial response if it fits; else it is what answers the first challenge (RFC 4954 §4).
fn command(mechanism: Mechanism, message: Option<Secret>) -> (Secret, Option<Secret>) {
    let bare = || Secret::new(format!("AUTH {mechanism}"));
    let Some(message) = message else { return (bare(), None) };
    // An empty one is sent as `=`.
    let encoded = if message.expose().is_empty() { "=" } else { message.expose() };
    let line = Secret::new(format!("AUTH {mechanism} {encoded}"));
    if line.expose().len() + 2 <= MAX_AUTH_COMMAND { (line, None) } else { (bare(), Some(message)) }
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2), in base64.
fn plain(acting_as: Option<&str>, user: &str, password: &Secret) -> Result<Secret, Error> {
    check(password.expose(), MAX_SASL_PASSWORD, "password")?;
    let fields = [acting_as.unwrap_or_default(), user, password.expose()];
    // Room for all of it from the start: growing would leave copies behind.
    let mut message = Zeroizing::new(String::with_capacity(fields.iter().map(|field| field.len() + 1).sum()));
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            message.push('\0');
        }
        message.push_str(field);
    }
    Ok(encode(message.as_bytes()))
}

fn token_message(user: &str, token: &Secret, server: Option<&(String, u16)>) -> Result<BearerMessage, Error> {
    checked_user(user)?;
    if user.contains('\u{1}') {
        return Err(Error::Account("user"));
    }
    if !bearer::is_token(token.expose()) {
        return Err(Error::Account("token"));
    }
    if server.is_some_and(|(name, _)| !name.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(Error::Account("server's name"));
    }
    Ok(BearerMessage {
        user: Some(user.to_owned()),
        host: server.map(|(name, _)| name.clone()),
        port: server.map(|(_, port)| *port),
        token: Some(token.clone()),
    })
}

fn checked_user(user: &str) -> Result<&str, Error> {
    check(user, MAX_SASL_NAME, "user").map(|()| user)
}

fn checked_acting_as(name: Option<&str>) -> Result<Option<&str>, Error> {
    let name = name.filter(|name| !name.is_empty());
    name.map_or(Ok(()), |name| check(name, MAX_SASL_NAME, "name to act as")).map(|()| name)
}

fn check(text: &str, most: usize, what: &'static str) -> Result<(), Error> {
    if text.is_empty() || text.len() > most || text.contains('\0') { Err(Error::Account(what)) } else { Ok(()) }
}

fn encode(octets: &[u8]) -> Secret {
    Secret::new(wire::encode(octets))
}
