//! `--auth-users FILE`: who may authenticate.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use passerelle::crypto::Hash;
use passerelle::limits::MIN_SCRAM_ITERATIONS;
use passerelle::smtp::sasl::server::{Credentials, Decision, Stored};
use passerelle::smtp::sasl::{Mechanism, ScramVerifier, SecretKey};

use crate::failure::Failure;
use crate::net::entropy;

/// What the command can check with passwords and verifiers.
pub(super) const MECHANISMS: [Mechanism; 6] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha1,
    Mechanism::Plain,
    Mechanism::Login,
];

/// The users, each with what is stored of the password.
pub(super) struct Users {
    stored: BTreeMap<String, Vec<Stored>>,
    secret: [u8; 32],
    look: Look,
}

/// What of a verifier everybody sees who names its user: users that do not exist, and those whose password is in the file, look
/// like the file's first verifier.
#[derive(Clone, Copy)]
struct Look {
    iterations: NonZeroU32,
    salt_length: usize,
}

impl Users {
    /// Reads a file of lines `user:password` or `user:SCRAM-SHA-256$…`. Empty lines and those that begin with `#` don't count.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let look = Look::of(&text);
        let mut stored = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| Failure::new(format!("{}, line {}: {what}", path.display(), number + 1));
            let (user, password) = line.split_once(':').ok_or_else(|| wrong("write it as user:password"))?;
            let forms = forms(password, look).map_err(|error| wrong(&error))?;
            if stored.insert(user.to_owned(), forms).is_some() {
                return Err(wrong("the user is there already"));
            }
        }
        Ok(Self { stored, secret: entropy()?, look })
    }

    /// From this come the salts that unknown users seem to have.
    pub(super) fn secret(&self) -> SecretKey {
        SecretKey::new(self.secret)
    }

    /// The iterations that unknown users seem to have.
    pub(super) fn iterations(&self) -> NonZeroU32 {
        self.look.iterations
    }

    /// The octets of salt that unknown users seem to have.
    pub(super) fn salt_length(&self) -> usize {
        self.look.salt_length
    }

    /// What the engine is to compare with.
    pub(super) fn decide(&self, credentials: &Credentials) -> Decision {
        let Some(stored) = credentials.user().and_then(|user| self.stored.get(user)) else {
            return Decision::UnknownUser;
        };
        let (stored, authzid) = match credentials {
            // All are made of one password: the first tells, in the time that a user who does not exist takes.
            Credentials::Password { authzid, .. } => (stored.iter().take(1).cloned().collect(), authzid),
            Credentials::Scram { authzid, .. } => (stored.clone(), authzid),
            // Not among the mechanisms.
            Credentials::Bearer { .. } | Credentials::External { .. } => return Decision::Refuse,
        };
        // Nobody acts for another here; that is found out behind the proof, or the refusal would tell that the user exists.
        if authzid.is_some() { Decision::CompareAndRefuse(stored) } else { Decision::Compare(stored) }
    }
}

impl Look {
    /// That of the first verifier in a file of users.
    fn of(text: &str) -> Self {
        let mut verifiers = text.lines().filter_map(|line| ScramVerifier::parse(line.split_once(':')?.1).ok());
        match verifiers.next() {
            Some(verifier) => Self { iterations: verifier.iterations(), salt_length: verifier.salt().len() },
            None => {
                Self { iterations: NonZeroU32::new(MIN_SCRAM_ITERATIONS).unwrap_or(NonZeroU32::MIN), salt_length: 16 }
            }
        }
    }
}

/// A verifier as it is, or those that a password gives, made before anybody asks.
fn forms(password: &str, look: Look) -> Result<Vec<Stored>, String> {
    if password.starts_with("SCRAM-") {
        return Ok(vec![Stored::verifier(ScramVerifier::parse(password).map_err(|error| error.to_string())?)]);
    }
    // A salt for each: users that do not exist seem to have two as well.
    let derive = |hash| {
        let mut salt = Vec::new();
        while salt.len() < look.salt_length {
            salt.extend(entropy().map_err(|failure| failure.to_string())?);
        }
        salt.truncate(look.salt_length);
        let verifier = ScramVerifier::derive(hash, password, &salt, look.iterations.get());
        verifier.map(Stored::verifier).map_err(|error| error.to_string())
    };
    [Hash::Sha256, Hash::Sha1].into_iter().map(derive).collect()
}
