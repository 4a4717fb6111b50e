//! The server's side of an AUTH command.
//!
//! ```
//! use std::sync::Arc;
//! use passerelle::smtp::sasl::server::{Credentials, Decision, Exchange, Settings, Step};
//! use passerelle::smtp::sasl::{Entropy, SecretKey};
//!
//! let settings = Arc::new(Settings { secrets_in_clear_text: true, ..Settings::new(SecretKey::new([7; 32])) });
//! // Random octets, in earnest.
//! let mut entropy = Entropy::new([9; 32]);
//! // AUTH PLAIN AGFubgBwZW5jaWw=
//! let (mut exchange, step) = Exchange::start(&settings, None, &mut entropy, "PLAIN", Some("AGFubgBwZW5jaWw="));
//! let Step::Verify(Credentials::Password { authcid, password, .. }) = step else { panic!() };
//! assert_eq!((&*authcid, password.expose()), ("ann", "pencil"));
//! let Step::Done(Ok(identity)) = exchange.decide(Decision::Accept)? else { panic!() };
//! assert_eq!(identity.reply().to_string(), "235 2.7.0 Authentication succeeded");
//! # Ok::<(), passerelle::Misuse>(())
//! ```

mod outcome;
mod passwords;
mod settings;
mod stored;

use std::sync::Arc;

pub use outcome::{Credentials, Decision, Failure, Identity};
pub use settings::{BearerHints, Settings};
pub use stored::Stored;

use super::{Entropy, Mechanism, wire};
use crate::limits::MAX_SASL_LINE;
use crate::machine::Misuse;
use crate::tls::Session;

/// One AUTH command, from its line to its end.
///
/// Each call gives a [`Step`]; the step says what the next call is.
#[derive(Debug)]
pub struct Exchange {
    settings: Arc<Settings>,
    mechanism: Mechanism,
    user: Option<String>,
    state: State,
}

/// What comes next in an [`Exchange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send `334`, a space and this text, which is base64 or empty; hand the client's next line to [`Exchange::line`].
    Challenge(String),
    /// Ask the host, and hand its answer to [`Exchange::decide`].
    Verify(Credentials),
    /// It is over; both have a `reply` to send.
    Done(Result<Identity, Failure>),
}

/// What is waited for.
#[derive(Debug)]
enum State {
    Plain,
    LoginUser,
    LoginPassword {
        user: String,
    },
    /// The host's word on what the client said.
    Decision(Box<Credentials>),
    Over,
}

impl Exchange {
    /// Begins with `AUTH mechanism [initial]`. The initial response is still base64 (`=` or nothing stands for an empty one);
    /// `session` is `None` without TLS.
    ///
    /// A client that sends AUTH although it is authenticated already, or during a transaction, gets `503` (RFC 4954 §4): that is up to
    /// the caller.
    pub fn start(
        settings: &Arc<Settings>,
        session: Option<&Session>,
        entropy: &mut Entropy,
        mechanism: &str,
        initial: Option<&str>,
    ) -> (Self, Step) {
        let _ = entropy;
        let mut exchange =
            Self { settings: Arc::clone(settings), mechanism: Mechanism::Login, user: None, state: State::Over };
        let step = exchange.begin(session, mechanism, initial).unwrap_or_else(|failure| exchange.fail(failure));
        (exchange, step)
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user that the client has named so far, right or wrong.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Takes the client's answer to a challenge, without CRLF.
    ///
    /// # Errors
    /// [`Misuse::NotReading`] when no challenge was sent.
    pub fn line(&mut self, line: &[u8]) -> Result<Step, Misuse> {
        if matches!(self.state, State::Decision(_) | State::Over) {
            return Err(Misuse::NotReading);
        }
        Ok(self.take_line(line).unwrap_or_else(|failure| self.fail(failure)))
    }

    /// Takes the host's answer to [`Step::Verify`].
    ///
    /// # Errors
    /// [`Misuse::NothingToDecide`] when nothing was asked, or a decision that [`Credentials`] do not allow.
    pub fn decide(&mut self, decision: Decision) -> Result<Step, Misuse> {
        let State::Decision(credentials) = &self.state else { return Err(Misuse::NothingToDecide) };
        let step = match (&**credentials, &decision) {
            (_, Decision::Unavailable) => Err(Failure::Unavailable),
            (_, Decision::ApplicationPasswordNeeded) => Err(Failure::ApplicationPasswordNeeded),
            (Credentials::Password { authzid, authcid, password }, _) => {
                let stored = match &decision {
                    Decision::Compare(stored) => Some(&stored[..]),
                    Decision::UnknownUser => Some(&[][..]),
                    Decision::AcceptAs(_) => return Err(Misuse::NothingToDecide),
                    _ => None,
                };
                let right = match stored {
                    Some(stored) => stored::proves(stored, password, authcid, &self.settings),
                    None => decision == Decision::Accept,
                };
                if right { Ok(self.identity(authcid.clone(), authzid.clone())) } else { Err(Failure::Credentials) }
            }
            _ => return Err(Misuse::NothingToDecide),
        };
        Ok(match step {
            Ok(identity) => self.done(Ok(identity)),
            Err(failure) => self.fail(failure),
        })
    }

    fn begin(&mut self, session: Option<&Session>, name: &str, initial: Option<&str>) -> Result<Step, Failure> {
        let mechanism = Mechanism::of_name(name).ok_or(Failure::UnknownMechanism)?;
        if !self.settings.offers(mechanism, session) {
            let needs_tls = session.is_none() && self.settings.mechanisms.contains(&mechanism);
            return Err(if needs_tls { Failure::TlsNeeded } else { Failure::UnknownMechanism });
        }
        self.mechanism = mechanism;
        self.state = match mechanism {
            Mechanism::Login => State::LoginUser,
            _ => State::Plain,
        };
        match initial {
            Some(initial) => self.take_line(initial.as_bytes()),
            None if mechanism == Mechanism::Login => Ok(challenge(passwords::LOGIN_USER.as_bytes())),
            // RFC 4954 §4: an empty challenge where the client begins.
            None => Ok(challenge(b"")),
        }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<Step, Failure> {
        if line.len() + 2 > MAX_SASL_LINE {
            return Err(Failure::LineTooLong);
        }
        if line == b"*" {
            return Err(Failure::Cancelled);
        }
        let message = wire::decode(line).ok_or(Failure::NotBase64)?;
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => Ok(self.ask(passwords::plain(&message)?)),
            State::LoginUser => {
                let user = passwords::login_user(&message)?;
                self.user = Some(user.clone());
                self.state = State::LoginPassword { user };
                Ok(challenge(passwords::LOGIN_PASSWORD.as_bytes()))
            }
            State::LoginPassword { user } => Ok(self.ask(passwords::login_password(user, &message)?)),
            State::Decision(_) | State::Over => Err(Failure::Malformed("a line that nothing waits for")),
        }
    }

    fn ask(&mut self, credentials: Credentials) -> Step {
        self.user = credentials.user().map(str::to_owned);
        self.state = State::Decision(Box::new(credentials.clone()));
        Step::Verify(credentials)
    }

    fn identity(&self, user: String, acting_as: Option<String>) -> Identity {
        Identity { mechanism: self.mechanism, user, acting_as }
    }

    fn fail(&mut self, failure: Failure) -> Step {
        self.done(Err(failure))
    }

    fn done(&mut self, outcome: Result<Identity, Failure>) -> Step {
        self.state = State::Over;
        Step::Done(outcome)
    }
}

fn challenge(message: &[u8]) -> Step {
    Step::Challenge(wire::encode(message))
}
