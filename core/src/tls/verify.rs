//! Whether a certificate stands up to what was asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime as PkiTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use thiserror::Error as ThisError;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::certificates::{Roots, provider};
use super::client::Verification;
use super::connection::Host;
use super::dane::{Matching, Selector, Tlsa, Usage};
use super::fingerprint::Fingerprint;
use super::session::Version;
use super::signature::{self, other};
use crate::crypto::der::{Reader, SEQUENCE};
use crate::domain::Domain;
use crate::limits::MAX_CHAIN;
use crate::time::UnixTime;

/// No TLSA record describes what the server showed.
#[derive(Clone, Copy, Debug, ThisError)]
#[error("none of {0} TLSA records fits the server's certificates")]
pub(super) struct NoTlsaFits(pub(super) usize);

/// None of the fingerprints is that of the server's certificate.
#[derive(Clone, Copy, Debug, ThisError)]
#[error("the server's certificate has the fingerprint {found}, which is none of the {expected} that are trusted")]
pub(super) struct NoFingerprintFits {
    found: Fingerprint,
    expected: usize,
}

/// What a certificate is trusted for, and so how the handshake's signature is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Nothing: the signature decides nothing either.
    Nothing,
    /// For what it is: the key in it is all that counts.
    Itself,
    /// Since an authority vouches for it.
    Authority,
}

/// The verifier that rustls asks in a handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) verification: Arc<Verification>,
    /// Whether the connection goes on whatever is found.
    pub(super) is_lenient: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// Where it is noted what was found.
    pub(super) host: Arc<Host>,
}

impl Verifier {
    fn verify(&self, verification: &Verification, chain: &Chain<'_>) -> Result<Trust, Error> {
        match verification {
            Verification::None => Ok(Trust::Nothing),
            Verification::Authority(roots) => self.trusted(chain, roots).map(|()| Trust::Authority),
            Verification::Name(roots, names) => {
                self.trusted(chain, roots)?;
                named(chain.first, names).map(|()| Trust::Authority)
            }
            Verification::Dane(records, names) => self.dane(chain, records, names),
            Verification::Fingerprint(trusted) => {
                let found = Fingerprint::of(chain.first);
                match trusted.contains(&found) {
                    true => Ok(Trust::Itself),
                    false => Err(other(NoFingerprintFits { found, expected: trusted.len() })),
                }
            }
            Verification::All(all) => all
                .iter()
                .try_fold(Trust::Nothing, |trust, verification| Ok(trust.max(self.verify(verification, chain)?))),
        }
    }

    /// The handshake's signature. Where nothing is asked of the certificate, it decides nothing (RFC 7435): whoever could make a
    /// wrong one could as well have shown a certificate of his own.
    fn signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        version: Version,
    ) -> Result<HandshakeSignatureValid, Error> {
        let findings = &self.host.findings;
        let trust = findings.trust.get().copied().unwrap_or(Trust::Nothing);
        let verified = match (trust, version) {
            (Trust::Authority, Version::Tls12) => {
                verify_tls12_signature(message, certificate, signed, &self.algorithms).map(|_| ())
            }
            (Trust::Authority, Version::Tls13) => {
                verify_tls13_signature(message, certificate, signed, &self.algorithms).map(|_| ())
            }
            _ => {
                return self
                    .concluded(trust, signature::verify(message, certificate, signed, version, &self.algorithms));
            }
        };
        self.concluded(trust, verified.map_err(|error| signature::explained(error, certificate, version)))
    }

    fn concluded(&self, trust: Trust, verified: Result<(), Error>) -> Result<HandshakeSignatureValid, Error> {
        let findings = &self.host.findings;
        match verified {
            Ok(()) => findings.is_proven.store(true, Ordering::Relaxed),
            Err(_) if trust == Trust::Nothing => {}
            Err(error) if self.is_lenient => {
                let _ = findings.problem.set(error); // What is wrong with the certificate comes first.
            }
            Err(error) => return Err(error),
        }
        Ok(HandshakeSignatureValid::assertion())
    }

    /// Whether an authority vouches for the certificate, or the host itself does, having given that very certificate: one that
    /// `openssl req -x509` makes is an authority's by its extensions, which no server's may be.
    fn trusted(&self, chain: &Chain<'_>, roots: &Roots) -> Result<(), Error> {
        self.issued(chain, &roots.0).or_else(|error| match error {
            // webpki has found the certificate to be in its time before it says either of these.
            Error::InvalidCertificate(CertificateError::UnknownIssuer) if roots.have(chain.first) => Ok(()),
            Error::InvalidCertificate(CertificateError::Other(other))
                if is_authority(other.0.as_ref()) && roots.have(chain.first) =>
            {
                Ok(())
            }
            error => Err(error),
        })
    }

    fn issued(&self, chain: &Chain<'_>, roots: &RootCertStore) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(chain.first)?;
        verify_server_cert_signed_by_trust_anchor(&certificate, roots, chain.others, chain.now, self.algorithms.all)
    }

    fn dane(&self, chain: &Chain<'_>, records: &[Tlsa], names: &[Domain]) -> Result<Trust, Error> {
        // A certificate without a key that can be read may still be the one that a record has as a whole.
        let public_key = signature::public_key(chain.first).unwrap_or_default();
        let itself = records.iter().filter(|record| record.usage == Usage::EndEntity);
        if itself.clone().any(|record| record.matches(chain.first, &public_key)) {
            // Neither names nor dates count (RFC 7672 §3.1.1), nor anything else but the key.
            return Ok(Trust::Itself);
        }
        let mut anchors = RootCertStore::empty();
        for record in records.iter().filter(|record| record.usage == Usage::TrustAnchor) {
            anchors.extend(self::anchors(record, chain));
        }
        if anchors.is_empty() {
            return Err(other(NoTlsaFits(records.len())));
        }
        match self.issued(chain, &anchors) {
            // An anchor, but not this server's, or of its name and with another key.
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
                Err(other(NoTlsaFits(records.len())))
            }
            other => other.and_then(|()| named(chain.first, names)).map(|()| Trust::Authority),
        }
    }
}

/// Whether the error is that the server's certificate is that of an authority.
pub(super) fn is_authority(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// What the server showed, and when.
struct Chain<'a> {
    first: &'a CertificateDer<'a>,
    others: &'a [CertificateDer<'a>],
    now: PkiTime,
}

/// The trust anchors that a record of usage 2 describes: certificates that the server showed behind its own, or the record's
/// own data, which the server need not show (RFC 7671 §5.2).
fn anchors(record: &Tlsa, chain: &Chain<'_>) -> Vec<TrustAnchor<'static>> {
    let mut found = Vec::new();
    for certificate in chain.others.iter().take(MAX_CHAIN) {
        let Ok(anchor) = anchor_from_trusted_cert(certificate) else { continue };
        let public_key = sequence(&anchor.subject_public_key_info);
        if record.matches(certificate, &public_key) {
            found.push(anchor.to_owned());
        }
    }
    match (record.matching, record.selector) {
        (Matching::Full, Selector::Certificate) => {
            let certificate = CertificateDer::from(record.data.as_slice());
            found.extend(anchor_from_trusted_cert(&certificate).map(|anchor| anchor.to_owned()));
        }
        (Matching::Full, Selector::PublicKey) => {
            // A key has no name, so it stands behind every issuer that is named in the chain.
            let key = Reader(&record.data).next(SEQUENCE);
            let shown = std::iter::once(chain.first).chain(chain.others.iter().take(MAX_CHAIN));
            for (key, certificate) in key.into_iter().flat_map(|key| shown.clone().map(move |shown| (key, shown))) {
                let Ok(certificate) = EndEntityCert::try_from(certificate) else { continue };
                found.push(TrustAnchor {
                    subject: Der::from(certificate.issuer().to_vec()),
                    subject_public_key_info: Der::from(key.to_vec()),
                    name_constraints: None,
                });
            }
        }
        (Matching::Sha256 | Matching::Sha512, _) => {}
    }
    found
}

/// A SEQUENCE with this content.
fn sequence(content: &[u8]) -> Vec<u8> {
    crate::crypto::der::element(SEQUENCE, content)
}

/// Whether the certificate is for one of the names.
fn named(certificate: &CertificateDer<'_>, names: &[Domain]) -> Result<(), Error> {
    let certificate = ParsedCertificate::try_from(certificate)?;
    let mut result = Err(CertificateError::NotValidForName.into());
    for name in names {
        // A domain that no certificate can be for is no match.
        let Ok(name) = ServerName::try_from(name.as_str()) else { continue };
        result = verify_server_name(&certificate, &name);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// What a client that trusts these authorities, and asks for this name, makes of a server's chain.
pub(super) fn judged(chain: &[CertificateDer<'_>], roots: &Roots, name: &Domain, now: UnixTime) -> Result<(), Error> {
    let (first, others) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
    let certificate = ParsedCertificate::try_from(first)?;
    let now = PkiTime::since_unix_epoch(std::time::Duration::from_secs(now.0));
    let algorithms = provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&certificate, &roots.0, others, now, algorithms)?;
    named(first, std::slice::from_ref(name))
}

/// Whether one of the authorities vouches for a client's certificate.
pub(super) fn is_client_of(roots: &Roots, chain: &[CertificateDer<'_>], now: UnixTime) -> bool {
    let Some((first, others)) = chain.split_first() else { return false };
    let Ok(certificate) = EndEntityCert::try_from(first) else { return false };
    let now = PkiTime::since_unix_epoch(std::time::Duration::from_secs(now.0));
    let algorithms = provider().signature_verification_algorithms.all;
    certificate.verify_for_usage(algorithms, &roots.0.roots, others, now, KeyUsage::client_auth(), None, None).is_ok()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: PkiTime,
    ) -> Result<ServerCertVerified, Error> {
        let findings = &self.host.findings;
        match self.verify(&self.verification, &Chain { first, others, now }) {
            Ok(trust) => {
                let _ = findings.trust.set(trust); // There is one handshake.
            }
            Err(error) if self.is_lenient => {
                let _ = findings.problem.set(error);
            }
            Err(error) => return Err(error),
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(message, certificate, signature, Version::Tls12)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(message, certificate, signature, Version::Tls13)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self.verification.may_trust_itself() {
            true => signature::schemes_for_small_keys(&self.algorithms),
            false => self.algorithms.supported_schemes(),
        }
    }
}
