//! The handshake's signature, verified with the key of a certificate that nobody has to understand otherwise.
//!
//! Where a certificate is trusted for what it is, or not at all, it may be of X.509 version 1, and may have critical extensions
//! that are not known here: only the key in it counts (RFC 7671 §5.1, RFC 7672 §3.1.1, RFC 7435 §3). The readers of certificates
//! in webpki refuse such ones, and its algorithms RSA keys under 2048 bits.

use std::sync::Arc;

use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, PeerMisbehaved, SignatureScheme};
use thiserror::Error as ThisError;
use webpki::RawPublicKeyEntity;

use super::session::Version;
use crate::crypto::der::{Reader, SEQUENCE, element};
use crate::crypto::{PublicKey, Sha256, sha384, sha512};
use crate::limits::MIN_RSA_BITS;

/// Bits of the smallest RSA key that rustls verifies with.
const SMALL: u32 = 2048;

/// The server's key is too small for the signature that it has made.
#[derive(Clone, Copy, Debug, ThisError)]
#[error("the RSA key of the server's certificate has {bits} bits, too few for the signature that it made in {}", version.as_str())]
pub(super) struct SmallKey {
    bits: u32,
    version: Version,
}

/// No key can be read out of a certificate.
#[derive(Clone, Copy, Debug, ThisError)]
#[error("there is no public key in the server's certificate that can be read")]
pub(super) struct NoKey;

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1), in DER. Of what stands before it nothing is understood but where
/// it ends.
pub(super) fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    const VERSION: u8 = 0xa0;
    const INTEGER: u8 = 0x02;
    let mut signed = Reader(Reader(Reader(certificate).next(SEQUENCE)?).next(SEQUENCE)?);
    signed.next(VERSION); // Left out in version 1.
    signed.next(INTEGER)?; // serialNumber
    for _signature_issuer_validity_subject in 0..4 {
        signed.next(SEQUENCE)?;
    }
    signed.next(SEQUENCE).map(|key| element(SEQUENCE, key))
}

/// Verifies the signature of a handshake with the key in the certificate.
pub(super) fn verify(
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
    version: Version,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let key = public_key(certificate).ok_or_else(|| other(NoKey))?;
    if let Some((bits, key)) = small_rsa(&key) {
        return verify_small(message, &key, signed, version).unwrap_or_else(|| Err(other(SmallKey { bits, version })));
    }
    let key = SubjectPublicKeyInfoDer::from(key);
    if version == Version::Tls13 {
        return verify_tls13_signature_with_raw_key(message, &key, signed, algorithms).map(|_| ());
    }
    let candidates = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let Some((_, candidates)) = candidates else {
        return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
    };
    let key = RawPublicKeyEntity::try_from(&key).map_err(|_| other(NoKey))?;
    // In TLS 1.2 a scheme does not say which curve (RFC 5246 §7.4.1.4.1).
    match candidates.iter().any(|algorithm| key.verify_signature(*algorithm, message, signed.signature()).is_ok()) {
        true => Ok(()),
        false => Err(CertificateError::BadSignature.into()),
    }
}

/// The error of a signature that could not be verified; that the key is too small says more than what webpki says.
pub(super) fn explained(error: Error, certificate: &[u8], version: Version) -> Error {
    match small_rsa_bits(certificate) {
        Some(bits) => other(SmallKey { bits, version }),
        None => error,
    }
}

/// The bits of the certificate's key, if it is an RSA key that rustls finds too small.
pub(super) fn small_rsa_bits(certificate: &[u8]) -> Option<u32> {
    public_key(certificate).and_then(|key| small_rsa(&key)).map(|(bits, _)| bits)
}

/// A key that rustls finds too small, and its bits.
fn small_rsa(key: &[u8]) -> Option<(u32, PublicKey)> {
    let key = PublicKey::rsa(key).ok()?;
    (key.bits() < SMALL).then(|| (key.bits(), key))
}

/// By PKCS#1 v1.5, which TLS 1.2 has; `None` where that is not what the peer has used, or the key is smaller still.
fn verify_small(
    message: &[u8],
    key: &PublicKey,
    signed: &DigitallySignedStruct,
    version: Version,
) -> Option<Result<(), Error>> {
    if version != Version::Tls12 || key.bits() < MIN_RSA_BITS {
        return None;
    }
    let digest = match signed.scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => Sha256::digest(message).to_vec(),
        SignatureScheme::RSA_PKCS1_SHA384 => sha384(message).to_vec(),
        SignatureScheme::RSA_PKCS1_SHA512 => sha512(message).to_vec(),
        _ => return None,
    };
    Some(match key.verify_pkcs1(&digest, signed.signature()) {
        true => Ok(()),
        false => Err(CertificateError::BadSignature.into()),
    })
}

/// What is offered where a small key may have to do: PKCS#1 comes first of what RSA can do, since with PSS, which TLS 1.3 asks for, such a
/// key is of no use.
pub(super) fn schemes_for_small_keys(algorithms: &WebPkiSupportedAlgorithms) -> Vec<SignatureScheme> {
    let mut schemes = algorithms.supported_schemes();
    schemes.sort_by_key(|scheme| match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => 1,
        SignatureScheme::RSA_PKCS1_SHA384 => 2,
        SignatureScheme::RSA_PKCS1_SHA512 => 3,
        SignatureScheme::RSA_PSS_SHA256 | SignatureScheme::RSA_PSS_SHA384 | SignatureScheme::RSA_PSS_SHA512 => 4,
        _ => 0,
    });
    schemes
}

pub(super) fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    CertificateError::Other(OtherError(Arc::new(error))).into()
}
