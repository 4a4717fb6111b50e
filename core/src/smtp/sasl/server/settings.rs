//! What a server offers.

use std::num::NonZeroU32;

use super::stored;
use crate::crypto::Hash;
use crate::limits::MIN_SCRAM_ITERATIONS;
use crate::smtp::sasl::{Mechanism, SecretKey};
use crate::tls::Session;

/// How a server authenticates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What may be offered, in the order in which EHLO lists it. [`offered`](Self::offered) says what is, on a connection.
    pub mechanisms: Vec<Mechanism>,
    /// Whether mechanisms that show a password or a token are offered without TLS. RFC 4954 §4 forbids it to whoever is
    /// not sure that nobody listens.
    pub secrets_in_clear_text: bool,
    /// Whether nothing at all is offered without TLS, mechanisms that show no secret included.
    pub only_inside_tls: bool,
    /// From this come the salts that unknown users seem to have. It has to stay the same across connections and
    /// restarts, or whoever asks twice can tell those users.
    pub secret: SecretKey,
    /// The iterations that unknown users seem to have: as many as the stored verifiers have.
    pub iterations: NonZeroU32,
    /// Octets of salt that unknown users seem to have: as many as the stored verifiers have.
    pub salt_length: usize,
    /// What a client whose token is refused is told.
    pub bearer: BearerHints,
}

/// What a client whose token is refused is told (RFC 7628 §3.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerHints {
    /// The scope that a token needs.
    pub scope: Option<String>,
    /// The address of the OpenID provider's configuration.
    pub openid_configuration: Option<String>,
}

impl Settings {
    /// PLAIN and LOGIN inside TLS, which every host can answer. SCRAM needs a host that stores verifiers, the others one
    /// that knows tokens or certificates: they are for it to add to `mechanisms`.
    pub fn new(secret: SecretKey) -> Self {
        Self {
            mechanisms: vec![Mechanism::Plain, Mechanism::Login],
            secrets_in_clear_text: false,
            only_inside_tls: false,
            secret,
            iterations: NonZeroU32::new(MIN_SCRAM_ITERATIONS).unwrap_or(NonZeroU32::MIN),
            salt_length: 16,
            bearer: BearerHints::default(),
        }
    }

    /// What is offered on a connection, `None` being one without TLS: nothing that shows a secret without TLS, no channel
    /// binding where there is none, EXTERNAL to clients that showed a certificate.
    pub fn offered(&self, session: Option<&Session>) -> Vec<Mechanism> {
        self.mechanisms.iter().copied().filter(|mechanism| self.offers(*mechanism, session)).collect()
    }

    /// The salt that a user without a verifier seems to have in SCRAM: always the same for one name, and unknown without the
    /// secret. A host that has a password in place of a verifier makes the verifier with it
    /// ([`ScramVerifier::derive`](crate::smtp::sasl::ScramVerifier::derive)), so that it is the same after a restart, too.
    pub fn salt(&self, hash: Hash, user: &str) -> Vec<u8> {
        stored::salt_of(hash, user, self)
    }

    pub(super) fn offers(&self, mechanism: Mechanism, session: Option<&Session>) -> bool {
        let certificate = session.is_some_and(|session| session.client_certificate.is_some());
        let has_tls = session.is_some() || !self.only_inside_tls;
        has_tls
            && self.mechanisms.contains(&mechanism)
            && mechanism.is_possible(session, self.secrets_in_clear_text, certificate)
    }
}
