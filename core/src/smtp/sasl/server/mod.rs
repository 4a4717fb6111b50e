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
mod scram;
mod settings;
mod stored;

use std::sync::Arc;

pub use outcome::{Credentials, Decision, Failure, Identity};
pub use settings::{BearerHints, Settings};
pub use stored::{Stored, compare};

use super::bearer::{BearerError, BearerMessage};
use super::{Entropy, Mechanism, Secret, wire};
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
    Bearer,
    External {
        verified: bool,
    },
    ScramFirst(Box<scram::Opening>),
    ScramFinal(Box<scram::Challenged>, Identity),
    /// The host's word.
    Decision(Box<Asked>),
    /// The client's nod to the last challenge, before the end that is known already.
    Nod(Result<Identity, Failure>),
    Over,
}

/// What the host was asked, as far as its answer needs it.
#[derive(Debug)]
enum Asked {
    Password { identity: Identity, password: Secret },
    Scram { identity: Identity, asked: scram::Asked },
    Bearer { user: Option<String> },
    External { authzid: Option<String> },
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
        let mut exchange =
            Self { settings: Arc::clone(settings), mechanism: Mechanism::Login, user: None, state: State::Over };
        let step = exchange.begin(session, entropy, mechanism, initial);
        let step = step.unwrap_or_else(|failure| exchange.fail(failure));
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

    /// Takes the client's answer to a challenge, without CRLF. (Of a line that its reader found too long nothing comes here: the
    /// caller ends the exchange with [`Failure::LineTooLong`].)
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
    /// [`Misuse::NothingToDecide`] when nothing was asked, or for a decision that the [`Credentials`] do not allow; the exchange goes
    /// on waiting.
    pub fn decide(&mut self, decision: Decision) -> Result<Step, Misuse> {
        let State::Decision(asked) = &self.state else { return Err(Misuse::NothingToDecide) };
        if !asked.allows(&decision) {
            return Err(Misuse::NothingToDecide);
        }
        let State::Decision(asked) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(Misuse::NothingToDecide); // seen above that it is one
        };
        let (decision, may_act_as) = decision.split();
        match decision {
            Decision::Unavailable => return Ok(self.fail(Failure::Unavailable)),
            Decision::ApplicationPasswordNeeded => return Ok(self.fail(Failure::ApplicationPasswordNeeded)),
            _ => {}
        }
        Ok(match *asked {
            Asked::Password { identity, password } => {
                let compare = |stored: &[Stored]| stored::compare(stored, &password, &identity.user, &self.settings);
                let may_act = identity.acting_as.is_none() || identity.acting_as == may_act_as;
                let (right, may) = match &decision {
                    Decision::Accept => (true, may_act),
                    Decision::Compare(stored) => (compare(stored), may_act),
                    Decision::CompareAndRefuse(stored) => (compare(stored), false),
                    Decision::UnknownUser | Decision::UnknownUserAs(_) => (compare(&[]), false),
                    _ => (false, false),
                };
                self.done(if right && may { Ok(identity) } else { Err(Failure::Credentials) })
            }
            Asked::Scram { identity, asked } => {
                let may_act = identity.acting_as.is_none() || identity.acting_as == may_act_as;
                let may = may_act && matches!(decision, Decision::Compare(_));
                let (stored, name) = match decision {
                    Decision::Compare(stored) | Decision::CompareAndRefuse(stored) => (stored, None),
                    Decision::UnknownUserAs(name) => (Vec::new(), Some(name)),
                    _ => (Vec::new(), None),
                };
                let name = name.as_deref().unwrap_or(&identity.user);
                let (challenged, text) = asked.challenge(stored, may, name, &self.settings);
                self.state = State::ScramFinal(Box::new(challenged), identity);
                challenge(text.as_bytes())
            }
            Asked::Bearer { user } => match decision {
                Decision::Accept => self.done(Ok(self.identity(user.unwrap_or_default(), None))),
                Decision::AcceptAs(user) => self.done(Ok(self.identity(user, None))),
                _ => self.refuse_token(),
            },
            Asked::External { authzid } => {
                let user = match decision {
                    Decision::Accept => String::new(),
                    Decision::AcceptAs(user) => user,
                    _ => return Ok(self.fail(Failure::Credentials)),
                };
                let acting_as = authzid.filter(|authzid| *authzid != user);
                match acting_as.is_none() || acting_as == may_act_as {
                    true => self.done(Ok(self.identity(user, acting_as))),
                    false => self.fail(Failure::Credentials),
                }
            }
        })
    }

    fn begin(
        &mut self,
        session: Option<&Session>,
        entropy: &mut Entropy,
        name: &str,
        initial: Option<&str>,
    ) -> Result<Step, Failure> {
        let mechanism = Mechanism::of_name(name).ok_or(Failure::UnknownMechanism)?;
        if !self.settings.offers(mechanism, session) {
            let needs_tls = session.is_none() && self.settings.mechanisms.contains(&mechanism);
            return Err(if needs_tls { Failure::TlsNeeded } else { Failure::UnknownMechanism });
        }
        self.mechanism = mechanism;
        self.state = match (mechanism, mechanism.scram_hash()) {
            (_, Some(hash)) => State::ScramFirst(Box::new(scram::Opening {
                mechanism,
                hash,
                nonce: entropy.nonce(),
                binding: session.map(|session| session.binding.clone()).unwrap_or_default(),
                offers_binding: self.settings.offered(session).iter().any(|m| m.binds_channel()),
            })),
            (Mechanism::Login, _) => State::LoginUser,
            (Mechanism::OAuthBearer | Mechanism::XOAuth2, _) => State::Bearer,
            (Mechanism::External, _) => {
                let certificate = session.and_then(|session| session.client_certificate.as_ref());
                State::External { verified: certificate.is_some_and(|certificate| certificate.verified) }
            }
            _ => State::Plain,
        };
        match initial {
            // RFC 4954 §4 refuses an initial response where the server begins, but LOGIN is no standard, and many send it.
            Some("=") => self.take_line(b""),
            Some(initial) => self.take_line(initial.as_bytes()),
            None if mechanism == Mechanism::Login => Ok(challenge(passwords::LOGIN_USER.as_bytes())),
            // RFC 4954 §4: an empty challenge where the client begins.
            None => Ok(challenge(b"")),
        }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<Step, Failure> {
        // What a client says to the reason why it is refused does not matter: RFC 7628 §3.2.3 has an octet 1, XOAUTH2 nothing.
        if let State::Nod(Err(failure)) = self.state {
            return Err(failure);
        }
        if line.len() + 2 > MAX_SASL_LINE {
            return Err(Failure::LineTooLong);
        }
        // RFC 5321 §4.1.1 has blanks at the end of a command tolerated, and the same programs write them here.
        let blanks = line.iter().rev().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        let line = line.get(..line.len() - blanks).unwrap_or_default();
        if line == b"*" {
            return Err(Failure::Cancelled);
        }
        let message = wire::decode(line).ok_or(Failure::NotBase64)?;
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => Ok(self.ask_password(passwords::plain(&message)?)),
            State::LoginUser => {
                let user = passwords::login_user(&message)?;
                self.user = Some(user.clone());
                self.state = State::LoginPassword { user };
                Ok(challenge(passwords::LOGIN_PASSWORD.as_bytes()))
            }
            State::LoginPassword { user } => Ok(self.ask_password(passwords::login_password(user, &message)?)),
            State::Bearer => self.take_token(&message),
            State::External { verified } => {
                let text = passwords::text(&message, "EXTERNAL is not UTF-8 without NUL")?;
                let authzid = passwords::authorization(text)?;
                let asked = Asked::External { authzid: authzid.clone() };
                Ok(self.ask(asked, Credentials::External { authzid, verified }))
            }
            State::ScramFirst(opening) => {
                let (asked, mut credentials) = opening.first(&message)?;
                let Credentials::Scram { authcid, authzid, .. } = &mut credentials else {
                    return Err(Failure::Malformed("SCRAM")); // SCRAM asks for nothing else
                };
                let identity = self.identity(authcid.clone(), authzid.clone());
                Ok(self.ask(Asked::Scram { identity, asked }, credentials))
            }
            State::ScramFinal(challenged, identity) => {
                let last = challenged.last(&message)?;
                // RFC 4954 §4: 235 carries no data, so what the server has to say last is a challenge.
                self.state = State::Nod(Ok(identity));
                Ok(challenge(last.as_bytes()))
            }
            State::Nod(Ok(_)) if !message.is_empty() => Err(Failure::Malformed("more than the mechanism has")),
            State::Nod(outcome) => Ok(self.done(outcome)),
            State::Decision(_) | State::Over => Err(Failure::Malformed("a line that nothing waits for")),
        }
    }

    fn ask_password(&mut self, (authzid, authcid, password): passwords::Fields) -> Step {
        let identity = self.identity(authcid.clone(), authzid.clone());
        let asked = Asked::Password { identity, password: password.clone() };
        self.ask(asked, Credentials::Password { authzid, authcid, password })
    }

    fn take_token(&mut self, message: &[u8]) -> Result<Step, Failure> {
        let message = BearerMessage::parse(self.mechanism, message).map_err(Failure::Malformed)?;
        let BearerMessage { user, host, port, token } = message;
        let Some(token) = token else { return Ok(self.refuse_token()) };
        Ok(self.ask(Asked::Bearer { user: user.clone() }, Credentials::Bearer { user, token, host, port }))
    }

    /// Tells why, and fails when the client has nodded (RFC 7628 §3.2.3).
    fn refuse_token(&mut self) -> Step {
        let hints = self.settings.bearer.clone();
        let is_standard = self.mechanism == Mechanism::OAuthBearer;
        let error = BearerError {
            status: if is_standard { "invalid_token" } else { "401" }.to_owned(),
            scope: hints.scope,
            openid_configuration: hints.openid_configuration.filter(|_| is_standard),
        };
        self.state = State::Nod(Err(Failure::Credentials));
        challenge(error.write((!is_standard).then_some("bearer")).as_bytes())
    }

    fn ask(&mut self, asked: Asked, credentials: Credentials) -> Step {
        self.user = credentials.user().map(str::to_owned);
        self.state = State::Decision(Box::new(asked));
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

impl Asked {
    /// Whether this is an answer to what was asked.
    fn allows(&self, decision: &Decision) -> bool {
        match decision {
            Decision::Refuse | Decision::UnknownUser | Decision::UnknownUserAs(_) | Decision::Unavailable => true,
            Decision::Accept => !matches!(self, Self::Scram { .. }),
            Decision::AcceptAs(_) => matches!(self, Self::Bearer { .. } | Self::External { .. }),
            Decision::Compare(_) | Decision::CompareAndRefuse(_) => {
                matches!(self, Self::Password { .. } | Self::Scram { .. })
            }
            Decision::ApplicationPasswordNeeded => matches!(self, Self::Password { .. }),
            Decision::ActingAs(_, decision) => self.allows(decision),
        }
    }
}

fn challenge(message: &[u8]) -> Step {
    Step::Challenge(wire::encode(message))
}
