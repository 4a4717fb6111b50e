//! Comparing a password with what is stored, in a time that tells little.

use std::hint::black_box;

use super::Settings;
use crate::crypto::{self, Hash};
use crate::smtp::sasl::secret::{Secret, application_password};
use crate::smtp::sasl::verifier::{Keys, ScramVerifier};

/// What a host has stored of one password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub(super) form: Form,
    application: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Verifier(ScramVerifier),
    Password(Secret),
}

impl Stored {
    /// A SCRAM verifier: for SCRAM with its hash function, and for PLAIN and LOGIN.
    pub fn verifier(verifier: ScramVerifier) -> Self {
        Self { form: Form::Verifier(verifier), application: false }
    }

    /// The password itself, for PLAIN and LOGIN. For SCRAM a host that has it makes verifiers
    /// ([`ScramVerifier::derive`]) before anybody asks: made while somebody waits, they would tell that the user exists.
    pub fn password(password: Secret) -> Self {
        Self { form: Form::Password(password), application: false }
    }

    /// It is an application password: spaces in it don't count, neither those typed nor those stored. A verifier has to be
    /// made of the password without spaces ([`application_password`]). In SCRAM the client has to leave them out, since what
    /// it typed does not come.
    pub fn of_application(mut self) -> Self {
        self.application = true;
        if let Form::Password(password) = &self.form {
            self.form = Form::Password(application_password(password.expose()));
        }
        self
    }

    /// Whether the password is this one. Each way to read what was typed costs one PBKDF2, so that it does not tell what is
    /// stored.
    fn proves(&self, typed: &[Secret], user: &str, settings: &Settings) -> bool {
        let mut proven = false;
        for (index, password) in typed.iter().enumerate() {
            let equal = match &self.form {
                Form::Verifier(verifier) => verifier.proves(password.expose()),
                Form::Password(stored) => {
                    spend(password, user, settings);
                    crypto::equal(stored.expose().as_bytes(), password.expose().as_bytes())
                }
            };
            // Only the first is as typed; the other has lost its spaces.
            proven |= equal && (index == 0 || self.application);
        }
        proven
    }
}

/// Whether one of what is stored for `user` is the password of [`Credentials::Password`](super::Credentials::Password): what
/// [`Decision::Compare`](super::Decision::Compare) does, for hosts that do it outside of the machine, on a thread of its own.
/// It takes one PBKDF2 for each that is stored, two where the password has spaces.
///
/// For a user who does not exist, it is to be called with nothing stored: that takes as long as one who does, and is never
/// right.
pub fn compare(stored: &[Stored], password: &Secret, user: &str, settings: &Settings) -> bool {
    let without_spaces = application_password(password.expose());
    let differs = without_spaces != *password;
    let mut typed = vec![password.clone()];
    typed.extend(differs.then_some(without_spaces));
    if stored.is_empty() {
        typed.iter().for_each(|password| spend(password, user, settings));
    }
    stored.iter().fold(false, |proven, stored| stored.proves(&typed, user, settings) | proven)
}

/// The salt that a user without a verifier seems to have: always the same for one name, and unknown without the secret.
pub(super) fn salt_of(hash: Hash, user: &str, settings: &Settings) -> Vec<u8> {
    let length = settings.salt_length.clamp(1, crate::limits::MAX_SCRAM_SALT);
    let mut salt = Vec::with_capacity(length + 32);
    let hash = [hash.length() as u8]; // 20 or 32
    for block in 0_u8.. {
        if salt.len() >= length {
            break;
        }
        let parts: [&[u8]; 4] = [b"SCRAM salt", &hash, &[block], user.as_bytes()];
        salt.extend_from_slice(&Hash::Sha256.hmac(settings.secret.octets(), &parts));
    }
    salt.truncate(length);
    salt
}

/// Takes the time that a comparison with a verifier takes.
fn spend(password: &Secret, user: &str, settings: &Settings) {
    let salt = salt_of(Hash::Sha256, user, settings);
    black_box(Keys::derive(Hash::Sha256, password.expose(), &salt, settings.iterations).is_some());
}
