//! Certificates, keys and authorities as the host has them: in PEM.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, InconsistentKeys, RootCertStore, SupportedProtocolVersion};
use thiserror::Error as ThisError;
use webpki::EndEntityCert;

use super::failure::Failure;
use super::session::Version;
use super::{diagnose, signature, verify};
use crate::domain::Domain;
use crate::time::UnixTime;

/// A certificate with the chain behind it, and its key. Cloning is cheap.
#[derive(Clone)]
pub struct Identity {
    pub(super) certified: Arc<CertifiedKey>,
    /// In lower case; a wildcard as it stands in the certificate, `*.example.com`.
    names: Arc<[String]>,
}

impl Identity {
    /// Reads a chain, the certificate itself first, and its private key (PKCS#8, PKCS#1 or SEC1).
    ///
    /// # Errors
    /// [`SettingsError`] says what is wrong with which of the two.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, SettingsError> {
        let chain = certificates(chain)?;
        let key = match PrivateKeyDer::from_pem_slice(key) {
            Ok(key) => key,
            Err(_) if is_encrypted(key) => return Err(SettingsError::EncryptedKey),
            Err(pem::Error::NoItemsFound) => return Err(SettingsError::NoKey),
            Err(error) => return Err(SettingsError::Pem(error.to_string())),
        };
        let names = names(chain.first().ok_or(SettingsError::NoCertificate)?)?;
        let small = chain.first().and_then(|own| signature::small_rsa_bits(own));
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => SettingsError::KeyMismatch,
            other => match small {
                Some(bits) => SettingsError::Key(format!("it is an RSA key of {bits} bits; take one of 2048 bits")),
                None => SettingsError::Key(other.to_string()),
            },
        })?;
        Ok(Self { certified: Arc::new(certified), names })
    }

    /// The names that the certificate is for: its dNSName entries (RFC 6125 §6.4), in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// What a client that trusts these authorities makes of the certificate where it asks for `name`: the judgement that it
    /// would come to in a handshake.
    ///
    /// # Errors
    /// [`Failure`] says why it would not connect, and what to do.
    pub fn judged(&self, roots: &Roots, name: &Domain, now: UnixTime) -> Result<(), Failure> {
        verify::judged(&self.certified.cert, roots, name, now).map_err(|error| diagnose::failure(&error))
    }

    /// Whether the certificate is for this name, or by a wildcard for it. `name` is in lower case.
    pub(super) fn is_for(&self, name: &str) -> bool {
        self.names().any(|own| match own.strip_prefix("*.") {
            // A wildcard stands for one label (RFC 6125 §6.4.3).
            Some(parent) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
            None => own == name,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.names).finish()
    }
}

/// The authorities that a host trusts. The engine brings none of its own. Cloning is cheap.
#[derive(Clone)]
pub struct Roots(pub(super) Arc<RootCertStore>, Arc<[CertificateDer<'static>]>);

impl Roots {
    /// Reads certificates of authorities. A server that shows one of these very certificates as its own is trusted too, in its
    /// time and for its names: that is how one trusts a server whose certificate signs itself.
    ///
    /// # Errors
    /// [`SettingsError`] when there is none, or one can't be read.
    pub fn from_pem(text: &[u8]) -> Result<Self, SettingsError> {
        let certificates = certificates(text)?;
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| SettingsError::Certificate(error.to_string()))?;
        }
        Ok(Self(Arc::new(store), certificates.into()))
    }

    /// Takes certificates of authorities in DER, those that can't be read aside: stores of operating systems have some. Gives
    /// the number of those left out as well.
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> (Self, usize) {
        let mut store = RootCertStore::empty();
        let certificates = certificates.into_iter().map(|der| CertificateDer::from(der).into_owned());
        let (_, left_out) = store.add_parsable_certificates(certificates);
        (Self(Arc::new(store), Arc::default()), left_out)
    }

    /// Whether the host has given exactly this certificate, octet for octet.
    pub(super) fn have(&self, certificate: &CertificateDer<'_>) -> bool {
        self.1.iter().any(|own| own == certificate)
    }

    /// Whether both come from one reading: a file that is read anew gives others.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none; then nothing can be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.len())
    }
}

/// What is wrong with a certificate or key that the host has given.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum SettingsError {
    /// The text is not PEM.
    #[error("the PEM text can't be read: {0}")]
    Pem(String),
    /// There is no certificate.
    #[error("there is no certificate in the text (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// A certificate is none.
    #[error("a certificate can't be used: {0}")]
    Certificate(String),
    /// There is no key.
    #[error("there is no private key in the text (-----BEGIN PRIVATE KEY-----)")]
    NoKey,
    /// The key is encrypted.
    #[error("the private key is encrypted with a passphrase: decrypt it first (openssl pkey -in KEY -out PLAIN)")]
    EncryptedKey,
    /// The key is of a kind that can't be used.
    #[error("the private key can't be used: {0}")]
    Key(String),
    /// The key belongs to another certificate.
    #[error("the private key is not that of the first certificate; a chain begins with the server's own certificate")]
    KeyMismatch,
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    match certificates.map_err(|error| SettingsError::Pem(error.to_string()))? {
        none if none.is_empty() => Err(SettingsError::NoCertificate),
        some => Ok(some),
    }
}

fn is_encrypted(key: &[u8]) -> bool {
    [&b"BEGIN ENCRYPTED PRIVATE KEY"[..], b"Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|mark| memchr::memmem::find(key, mark).is_some())
}

fn names(certificate: &CertificateDer<'_>) -> Result<Arc<[String]>, SettingsError> {
    let certificate =
        EndEntityCert::try_from(certificate).map_err(|error| SettingsError::Certificate(error.to_string()))?;
    Ok(certificate.valid_dns_names().map(str::to_ascii_lowercase).collect())
}

/// AWS-LC, with the cipher suites and groups that rustls holds safe.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Versions of TLS, as rustls has them.
pub(super) type Versions = &'static [&'static SupportedProtocolVersion];

pub(super) static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

pub(super) fn only(version: Version) -> Versions {
    static ONLY_12: [&SupportedProtocolVersion; 1] = [&TLS12];
    static ONLY_13: [&SupportedProtocolVersion; 1] = [&TLS13];
    match version {
        Version::Tls12 => &ONLY_12,
        Version::Tls13 => &ONLY_13,
    }
}
