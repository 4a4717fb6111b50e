//! What is stored instead of a password (RFC 5802 §3, §5.1).

use std::fmt;
use std::num::NonZeroU32;

use thiserror::Error;
use zeroize::Zeroizing;

use super::secret::Secret;
use super::wire;
use crate::crypto::{self, Hash};
use crate::limits::{MAX_SASL_PASSWORD, MAX_SCRAM_ITERATIONS, MAX_SCRAM_SALT, MIN_SCRAM_ITERATIONS};

/// What a server stores of a password for SCRAM. It proves the password of PLAIN and LOGIN too.
///
/// Whoever steals one can't log in with it (but can guess passwords, and pretend to be the server), so it is a secret: cleared from
/// memory when it is dropped, and not in `Debug`.
///
/// ```
/// use passerelle::crypto::Hash;
/// use passerelle::smtp::sasl::ScramVerifier;
///
/// // The salt has to be random, and another for each user.
/// let verifier = ScramVerifier::derive(Hash::Sha256, "pencil", b"sixteen octets..", 4096)?;
/// let text = verifier.text();
/// assert!(text.expose().starts_with("SCRAM-SHA-256$4096:c2l4dGVlbiBvY3RldHMuLg==$"));
/// assert!(ScramVerifier::parse(text.expose())?.proves("pencil"));
/// # Ok::<(), passerelle::smtp::sasl::VerifierError>(())
/// ```
#[derive(Clone)]
pub struct ScramVerifier {
    pub(super) hash: Hash,
    pub(super) iterations: NonZeroU32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: Zeroizing<Vec<u8>>,
    pub(super) server_key: Zeroizing<Vec<u8>>,
}

/// Why there is no verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifierError {
    /// Not of the form `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`.
    #[error("not of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey")]
    Form,
    /// Neither `SCRAM-SHA-1` nor `SCRAM-SHA-256`.
    #[error("neither SCRAM-SHA-1 nor SCRAM-SHA-256")]
    Mechanism,
    /// Too few iterations, or too many.
    #[error("iterations not from {MIN_SCRAM_ITERATIONS} to {MAX_SCRAM_ITERATIONS}")]
    Iterations,
    /// An empty salt, or one that is too long.
    #[error("the salt does not have 1 to {MAX_SCRAM_SALT} octets")]
    Salt,
    /// A key that has not as many octets as the hash.
    #[error("a key has not as many octets as the hash function gives")]
    Key,
    /// An empty password, one that is too long, or one with characters that SASLprep prohibits (RFC 4013 §2.3).
    #[error("the password is empty, too long, or has characters that SASLprep prohibits")]
    Password,
}

impl ScramVerifier {
    /// Makes the verifier of a password. The `salt` is random and differs between users and between passwords; 16 octets
    /// do.
    ///
    /// # Errors
    /// [`VerifierError`] for iterations out of bounds, and for salts and passwords that can't be used.
    pub fn derive(hash: Hash, password: &str, salt: &[u8], iterations: u32) -> Result<Self, VerifierError> {
        let iterations = checked_iterations(iterations)?;
        let salt = checked_salt(salt.to_vec())?;
        let keys = Keys::derive(hash, password, &salt, iterations).ok_or(VerifierError::Password)?;
        Ok(Self { hash, iterations, salt, stored_key: keys.stored_key(hash), server_key: keys.server_key })
    }

    /// Reads `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`, the last three in base64: the form of RFC 5803, as PostgreSQL
    /// and others write it.
    ///
    /// # Errors
    /// [`VerifierError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, VerifierError> {
        let (name, rest) = text.split_once('$').ok_or(VerifierError::Form)?;
        let hash = match name {
            "SCRAM-SHA-1" => Hash::Sha1,
            "SCRAM-SHA-256" => Hash::Sha256,
            _ => return Err(VerifierError::Mechanism),
        };
        let (parameters, keys) = rest.split_once('$').ok_or(VerifierError::Form)?;
        let (iterations, salt) = parameters.split_once(':').ok_or(VerifierError::Form)?;
        let (stored_key, server_key) = keys.split_once(':').ok_or(VerifierError::Form)?;
        let iterations = number(iterations.as_bytes()).ok_or(VerifierError::Iterations)?;
        let octets = |text: &str| wire::decode(text.as_bytes()).ok_or(VerifierError::Form);
        let key =
            |text| octets(text).and_then(|key| (key.len() == hash.length()).then_some(key).ok_or(VerifierError::Key));
        Ok(Self {
            hash,
            iterations: checked_iterations(iterations)?,
            salt: checked_salt(octets(salt)?.to_vec())?,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }

    /// The text that [`parse`](Self::parse) reads.
    pub fn text(&self) -> Secret {
        let name = match self.hash {
            Hash::Sha1 => "SCRAM-SHA-1",
            Hash::Sha256 => "SCRAM-SHA-256",
        };
        let [salt, stored, server] = [&self.salt, &*self.stored_key, &*self.server_key].map(|o| wire::encode(o));
        Secret::new(format!("{name}${}:{salt}${stored}:{server}", self.iterations))
    }

    /// The hash function: what SCRAM mechanism it is for.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The iterations of PBKDF2.
    pub fn iterations(&self) -> NonZeroU32 {
        self.iterations
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// Whether this is the password. It takes one PBKDF2.
    pub fn proves(&self, password: &str) -> bool {
        Keys::derive(self.hash, password, &self.salt, self.iterations)
            .is_some_and(|keys| crypto::equal(&keys.stored_key(self.hash), &self.stored_key))
    }
}

impl PartialEq for ScramVerifier {
    fn eq(&self, other: &Self) -> bool {
        (self.hash, self.iterations, &self.salt) == (other.hash, other.iterations, &other.salt)
            && crypto::equal(&self.stored_key, &other.stored_key)
            && crypto::equal(&self.server_key, &other.server_key)
    }
}

impl Eq for ScramVerifier {}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramVerifier")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// What comes of a password (RFC 5802 §3).
pub(super) struct Keys {
    pub(super) client_key: Zeroizing<Vec<u8>>,
    pub(super) server_key: Zeroizing<Vec<u8>>,
}

impl Keys {
    /// `None` for a password that can't be used. The caller has bounded salt and iterations.
    pub(super) fn derive(hash: Hash, password: &str, salt: &[u8], iterations: NonZeroU32) -> Option<Self> {
        let password = (password.len() <= MAX_SASL_PASSWORD).then(|| wire::prepare(password)).flatten()?;
        let salted = hash.pbkdf2(password.as_bytes(), salt, iterations);
        Some(Self {
            client_key: hash.hmac(&salted, &[b"Client Key"]),
            server_key: hash.hmac(&salted, &[b"Server Key"]),
        })
    }

    pub(super) fn stored_key(&self, hash: Hash) -> Zeroizing<Vec<u8>> {
        hash.digest(&self.client_key)
    }
}

/// The bounds of iterations, whoever asks for them.
pub(super) fn checked_iterations(iterations: u32) -> Result<NonZeroU32, VerifierError> {
    NonZeroU32::new(iterations)
        .filter(|i| (MIN_SCRAM_ITERATIONS..=MAX_SCRAM_ITERATIONS).contains(&i.get()))
        .ok_or(VerifierError::Iterations)
}

pub(super) fn checked_salt(salt: Vec<u8>) -> Result<Vec<u8>, VerifierError> {
    if (1..=MAX_SCRAM_SALT).contains(&salt.len()) { Ok(salt) } else { Err(VerifierError::Salt) }
}

/// `posit-number` of RFC 5802 §7: no sign, no zero in front. `None` past what `u32` holds.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    let well_formed = matches!(digits.first(), Some(b'1'..=b'9')) && digits.iter().all(u8::is_ascii_digit);
    well_formed.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}
