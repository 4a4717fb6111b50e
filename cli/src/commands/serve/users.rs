//! `--auth-users FILE`: who may authenticate.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use passerelle::crypto::Hash;
use passerelle::limits::MIN_SCRAM_ITERATIONS;
use passerelle::smtp::sasl::server::{Decision, Stored};
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
}

impl Users {
    /// Reads a file of lines `user:password` or `user:SCRAM-SHA-256$…`. Empty lines and those that begin with `#` don't count.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let mut stored = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| Failure::new(format!("{}, line {}: {what}", path.display(), number + 1));
            let (user, password) = line.split_once(':').ok_or_else(|| wrong("write it as user:password"))?;
            let forms = forms(password).map_err(|error| wrong(&error))?;
            if stored.insert(user.to_owned(), forms).is_some() {
                return Err(wrong("the user is there already"));
            }
        }
        Ok(Self { stored, secret: entropy()? })
    }

    /// From this come the salts that unknown users seem to have.
    pub(super) fn secret(&self) -> SecretKey {
        SecretKey::new(self.secret)
    }

    /// The iterations that unknown users seem to have.
    pub(super) fn iterations(&self) -> NonZeroU32 {
        NonZeroU32::new(MIN_SCRAM_ITERATIONS).unwrap_or(NonZeroU32::MIN)
    }

    /// What the engine is to compare with.
    pub(super) fn decide(&self, user: Option<&str>, acting_as: Option<&str>) -> Decision {
        match user.and_then(|user| self.stored.get(user)) {
            // Nobody acts for another here.
            Some(_) if acting_as.is_some() => Decision::Refuse,
            Some(stored) => Decision::Compare(stored.clone()),
            None => Decision::UnknownUser,
        }
    }
}

/// A verifier as it is, or those that a password gives, made before anybody asks.
fn forms(password: &str) -> Result<Vec<Stored>, String> {
    if password.starts_with("SCRAM-") {
        return Ok(vec![Stored::verifier(ScramVerifier::parse(password).map_err(|error| error.to_string())?)]);
    }
    let salt = entropy().map_err(|failure| failure.to_string())?;
    let derive = |hash| ScramVerifier::derive(hash, password, &salt[..16], MIN_SCRAM_ITERATIONS).map(Stored::verifier);
    [Hash::Sha256, Hash::Sha1].into_iter().map(derive).collect::<Result<_, _>>().map_err(|error| error.to_string())
}
