//! DKIM: verification and signing (RFC 6376, RFC 8301, RFC 8463, RFC 8616).
mod body_hash;
pub mod canonicalization;
mod diagnose;
mod encoding;
mod header_hash;
mod key;
mod sign;
mod signature;
mod verdict;
mod verify;

pub use canonicalization::Canonicalization;
pub use diagnose::Diagnosis;
pub use key::{KeyAnswer, KeyRecord, KeyRecordError, KeyRequest, Terms};
pub use sign::{OVERSIGNED_FIELDS, SIGNED_FIELDS, SignError, Signer, Signing};
pub use signature::{Algorithm, Identity, Signature, SignatureError};
pub use verdict::{DkimResult, Failure, Verdict};
pub use verify::{Verifier, VerifyPolicy};
