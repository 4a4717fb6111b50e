//! DKIM: verification and signing (RFC 6376, with RFC 8301, RFC 8463 and RFC 8616).
//!
//! Both work in a stream. The header section comes first and whole; the body comes in chunks of any size and is not
//! kept. However many signatures a message has, its body is hashed once, or twice where they differ in
//! canonicalization.
//!
//! # Verifying
//!
//! A [`Verifier`] is made when the header section is complete. It then knows which keys it needs, so the questions for
//! them go out while the body still arrives. The public-key operations come at the end, once.
//!
//! ```
//! use passerelle::dkim::{DkimResult, Verifier, VerifyPolicy};
//! use passerelle::message::Header;
//! use passerelle::{Answer, DnsAnswer, Evaluation, Record, UnixTime};
//!
//! # use std::sync::Arc;
//! # use passerelle::{Domain, crypto::SigningKey, dkim::{Signer, Signing}};
//! # let key = SigningKey::from_pem(include_str!("../../tests/keys/ed25519.pem")).unwrap();
//! # let record = key.key_record();
//! # let plain = b"From: joe@example.com\r\n\r\nHi.\r\n";
//! # let signer = Signer::new(Domain::parse("example.com").unwrap()).key("sel", key).unwrap();
//! # let (header, body) = Header::split(plain);
//! # let mut signing = Signing::new(&Arc::new(signer), &header, UnixTime(1_700_000_000)).unwrap();
//! # signing.body(body);
//! # let message = [signing.finish().unwrap(), plain.to_vec()].concat();
//! let (header, body) = Header::split(&message);
//! let mut verifier = Verifier::new(&header, &VerifyPolicy::default(), UnixTime(1_700_000_000));
//! let dns = |_: &_| Answer::Dns(DnsAnswer::found([Record::Txt(record.clone().into_bytes())]));
//! let keys = verifier.key_requests().into_iter().map(|request| Some(Evaluation::new(request).run_with(dns))).collect();
//! for chunk in body.chunks(1024) {
//!     verifier.body(chunk);
//! }
//! let verdicts = verifier.finish(keys);
//! assert_eq!(verdicts[0].result, DkimResult::Pass);
//! assert_eq!(verdicts[0].domain.as_ref().unwrap().as_str(), "example.com");
//! ```
//!
//! # Signing
//!
//! A [`Signer`] says how a domain signs and holds its keys; a [`Signing`] is the signing of one message. Whether it should
//! be signed at all, an [`Examination`] says: what it finds is to be refused, or unwise, or worth a remark.
//!
//! ```
//! use std::sync::Arc;
//!
//! use passerelle::crypto::SigningKey;
//! use passerelle::dkim::{Signer, Signing};
//! use passerelle::message::Header;
//! use passerelle::{Domain, UnixTime};
//!
//! # let pem = include_str!("../../tests/keys/ed25519.pem");
//! let key = SigningKey::from_pem(pem)?;
//! let signer = Arc::new(Signer::new(Domain::parse("example.com")?).key("2025a", key)?);
//!
//! let message = b"From: joe@example.com\r\nSubject: Hi\r\n\r\nHi.\r\n";
//! let (header, body) = Header::split(message);
//! let mut signing = Signing::new(&signer, &header, UnixTime(1_700_000_000))?;
//! signing.body(body);
//! let signed = [&signing.finish()?, &message[..]].concat();
//! assert!(signed.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod body_hash;
pub mod canonicalization;
mod cause;
mod cover;
mod diagnose;
mod effort;
mod encoding;
mod escaped;
mod examine;
mod failure;
mod header_diagnosis;
mod header_edits;
mod header_hash;
mod header_inquiry;
mod header_trials;
mod key;
mod key_error;
pub(crate) mod mime;
mod published;
mod sign;
mod signature;
mod verdict;
mod verify;
mod window;

pub use canonicalization::Canonicalization;
pub use cause::{Cause, DkimResult};
pub use cover::{Cover, Covers};
pub use diagnose::Diagnosis;
pub use examine::{Examination, Finding, Severity};
pub use failure::Failure;
pub use header_diagnosis::{HeaderChange, HeaderDiagnosis, KeyFit};
pub use key::{Absence, KeyAnswer, KeyRecord, KeyRequest, Terms};
pub use key_error::KeyRecordError;
pub use mime::TransferEncoding;
pub use published::{KeyState, Published, judge};
pub use sign::{BodyHash, OVERSIGNED_FIELDS, SIGNED_FIELDS, SignError, Signer, Signing};
pub use signature::{Algorithm, Identity, Signature, SignatureError};
pub use verdict::Verdict;
pub use verify::{Verifier, VerifyPolicy};
