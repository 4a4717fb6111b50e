//! What is known of a signature that does not verify over the header fields.

use std::fmt;

use crate::crypto::KeyType;

/// What is known of a signature that does not verify over the header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderDiagnosis {
    /// Whether the published key made the signature.
    pub key: KeyFit,
    /// What was changed: if [`proven`](Self::proven), the signature verifies when that is undone; else what the copies in
    /// `z=` say, which somebody may have changed as well.
    pub changes: Vec<HeaderChange>,
    /// Whether the changes are proven.
    pub proven: bool,
    /// Names in `h=` of which the message has no field: they were taken out since, or listed so that none be added.
    pub absent: Vec<String>,
}

/// Whether a key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFit {
    /// It did, of other header fields than are here.
    Made,
    /// It did, with another hash function than SHA-256.
    MadeWithOtherHash,
    /// It did not, or the signature was damaged.
    Other,
    /// There is no telling.
    Unknown(KeyType),
}

/// A change of the header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderChange {
    /// This was put in front of the Subject.
    SubjectTag(String),
    /// A field was added although the signature covers that there is none, or not one more.
    Added {
        /// Its name.
        name: String,
    },
    /// A field was changed.
    Changed {
        /// Its name.
        name: String,
        /// What it was when the message was signed.
        signed: String,
        /// What it is.
        found: String,
    },
    /// A field was taken out.
    Removed {
        /// Its name.
        name: String,
        /// What it was when the message was signed.
        signed: String,
    },
    /// Fields were folded or spaced otherwise, which the simple canonicalization does not tolerate. This is the one, if
    /// it is one alone.
    Folding(Option<String>),
}

impl fmt::Display for HeaderChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubjectTag(tag) => write!(f, "'{tag}' was put in front of the Subject"),
            Self::Added { name } => write!(f, "a field {name} was added, which the signature rules out"),
            Self::Changed { name, signed, found } => {
                write!(f, "{name} was '{signed}' when it was signed and is '{found}' here")
            }
            Self::Removed { name, signed } => write!(f, "the field {name} was taken out, which was '{signed}'"),
            Self::Folding(Some(name)) => {
                write!(f, "{name} was folded or spaced otherwise (the signer can allow that with c=relaxed/relaxed)")
            }
            Self::Folding(None) => {
                f.write_str("fields were folded or spaced otherwise (the signer can allow that with c=relaxed/relaxed)")
            }
        }
    }
}

impl fmt::Display for HeaderDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            KeyFit::Other => {
                return f.write_str(
                    "another key signed than the one that is published, or the signature was damaged: publish the key that \
                     signs, under a selector of its own",
                );
            }
            KeyFit::MadeWithOtherHash => {
                return f.write_str("the published key signed with another hash function than SHA-256");
            }
            _ if self.proven => return list(f, &self.changes),
            KeyFit::Made => f.write_str("the published key signed, and a signed header field was changed since")?,
            KeyFit::Unknown(kind) => {
                f.write_str("a signed header field was changed, or another key signed")?;
                if kind == KeyType::Ed25519 {
                    f.write_str(" (an Ed25519 signature does not tell which)")?;
                }
            }
        }
        if !self.changes.is_empty() {
            f.write_str(". By the copies in z=, ")?;
            list(f, &self.changes)?;
        }
        if !self.absent.is_empty() {
            let names = self.absent.join(", ");
            write!(f, ". Listed in h= and not here, so either taken out or not meant to be added: {names}")?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, changes: &[HeaderChange]) -> fmt::Result {
    for (number, change) in changes.iter().enumerate() {
        write!(f, "{}{change}", if number == 0 { "" } else { ", and " })?;
    }
    Ok(())
}
