//! Whether a certificate stands up to what was asked.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime as PkiTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use thiserror::Error as ThisError;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::certificates::{Roots, provider};
use super::client::Verification;
use super::dane::{Matching, Selector, Tlsa, Usage};
use crate::crypto::der::{Reader, SEQUENCE};
use crate::domain::Domain;
use crate::limits::MAX_CHAIN;
use crate::time::UnixTime;

/// No TLSA record describes what the server showed.
#[derive(Clone, Copy, Debug, ThisError)]
#[error("none of {0} TLSA records fits the server's certificates")]
pub(super) struct NoTlsaFits(pub(super) usize);

/// The verifier that rustls asks in a handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    verification: Arc<Verification>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(verification: Arc<Verification>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { verification, algorithms }
    }

    fn verify(&self, chain: &Chain<'_>) -> Result<(), Error> {
        match &*self.verification {
            Verification::None => Ok(()),
            Verification::Authority(roots) => self.trusted(chain, roots),
            Verification::Name(roots, names) => {
                self.trusted(chain, roots)?;
                named(chain.first, names)
            }
            Verification::Dane(records, names) => self.dane(chain, records, names),
        }
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

    fn dane(&self, chain: &Chain<'_>, records: &[Tlsa], names: &[Domain]) -> Result<(), Error> {
        let public_key = ParsedCertificate::try_from(chain.first)?.subject_public_key_info();
        let itself = records.iter().filter(|record| record.usage == Usage::EndEntity);
        if itself.clone().any(|record| record.matches(chain.first, &public_key)) {
            // Neither names nor dates count (RFC 7672 §3.1.1).
            return Ok(());
        }
        let mut anchors = RootCertStore::empty();
        for record in records.iter().filter(|record| record.usage == Usage::TrustAnchor) {
            anchors.extend(self::anchors(record, chain));
        }
        if anchors.is_empty() {
            return Err(CertificateError::Other(OtherError(Arc::new(NoTlsaFits(records.len())))).into());
        }
        match self.issued(chain, &anchors) {
            // An anchor, but not this server's, or of its name and with another key.
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
                Err(CertificateError::Other(OtherError(Arc::new(NoTlsaFits(records.len())))).into())
            }
            other => other.and_then(|()| named(chain.first, names)),
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
        self.verify(&Chain { first, others, now }).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
