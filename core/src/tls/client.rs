//! What a client asks of a server's certificate.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ClientConnection, Error};

use super::certificates::{BOTH, Identity, Roots, Versions, only, provider};
use super::connection::{Connection, Host};
use super::dane::{Tlsa, Usage};
use super::facts;
use super::fingerprint::Fingerprint;
use super::session::{Session, Version};
use super::verify::Verifier;
use crate::domain::Domain;
use crate::time::UnixTime;

/// A client's side of the handshakes with one destination. Cloning is cheap.
///
/// It is also the one setting for whether TLS is needed at all. A verification other than [`Verification::None`] needs it, and so
/// does [`mandatory`](Self::mandatory): a [`Layer`](super::Layer) tells the machine inside ([`Converse::require_tls`]), which does not
/// fall back to clear text then, whatever the machine's own settings would allow.
///
/// | to be verified | settings |
/// |---|---|
/// | nothing, and clear text will do | `ClientTls::new(Verification::None)` |
/// | nothing, and clear text won't do ([`Dane::Encrypted`](super::Dane::Encrypted)) | `ClientTls::new(Verification::None).mandatory()` |
/// | an authority, whatever the name | `ClientTls::new(Verification::Authority(roots))` |
/// | an authority and a name | `ClientTls::new(Verification::Name(roots, names))` |
/// | DANE ([`Dane::Authenticated`](super::Dane::Authenticated)) | `ClientTls::new(Verification::Dane(records, names))` |
/// | both | `ClientTls::new(Verification::All(vec![Verification::Name(..), Verification::Dane(..)]))` |
/// | this very certificate | `ClientTls::new(Verification::Fingerprint(fingerprints))` |
///
/// [`Converse::require_tls`]: super::Converse::require_tls
#[derive(Clone)]
pub struct ClientTls {
    server_name: Option<Domain>,
    verification: Arc<Verification>,
    identity: Option<Identity>,
    versions: Versions,
    is_mandatory: bool,
    is_lenient: bool,
    provider: Arc<CryptoProvider>,
    config: Arc<ClientConfig>,
}

/// What the server's certificate must stand up to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verification {
    /// Nothing: TLS against those who only listen (RFC 7435). Neither the certificate, of whatever shape, nor the handshake's
    /// signature can fail the connection.
    None,
    /// One of these authorities must vouch for it, whatever its names. The session does not count as verified.
    Authority(Roots),
    /// One of these authorities must vouch for it, and it must be for one of these names.
    Name(Roots, Vec<Domain>),
    /// One of these TLSA records must fit (RFC 7672 §3). The names count with usage 2, DANE-TA, alone: the TLSA base domain and
    /// the others that RFC 7672 §3.2.2 has as reference identifiers. With usage 3, DANE-EE, only the key counts: the certificate may be
    /// of X.509 version 1, or have critical extensions that are not known, and its RSA key 1024 bits, where TLS 1.2 signs with it by
    /// PKCS#1.
    Dane(Vec<Tlsa>, Vec<Domain>),
    /// It must be one with one of these fingerprints. Its dates, names and issuer don't count.
    Fingerprint(Vec<Fingerprint>),
    /// All of these: DANE and an authority, where both the destination and this side ask for something. The session counts as
    /// verified where one of them verifies it.
    All(Vec<Verification>),
}

impl Verification {
    /// Whether a server that stands up to it counts as verified ([`Session::verified`]): it is the one that was meant.
    pub fn verifies(&self) -> bool {
        match self {
            Self::None | Self::Authority(_) => false,
            Self::Name(..) | Self::Dane(..) | Self::Fingerprint(_) => true,
            Self::All(all) => all.iter().any(Self::verifies),
        }
    }

    /// Whether it asks for something.
    pub fn asks(&self) -> bool {
        match self {
            Self::None => false,
            Self::All(all) => all.iter().any(Self::asks),
            _ => true,
        }
    }

    /// Whether a certificate may be trusted for what it is.
    pub(super) fn may_trust_itself(&self) -> bool {
        match self {
            Self::None | Self::Authority(_) | Self::Name(..) => false,
            Self::Dane(records, _) => records.iter().any(|record| record.usage == Usage::EndEntity),
            Self::Fingerprint(_) => true,
            Self::All(all) => all.iter().any(Self::may_trust_itself),
        }
    }
}

impl ClientTls {
    /// Settings that ask for this verification, and name no server in the handshake.
    pub fn new(verification: Verification) -> Self {
        let verification = Arc::new(verification);
        let provider = provider();
        let config = Self::config(&provider, None, &BOTH);
        Self {
            server_name: None,
            verification,
            identity: None,
            versions: &BOTH,
            is_mandatory: false,
            is_lenient: false,
            provider,
            config,
        }
    }

    /// The server that is asked for (RFC 6066 §3): the MX host, which with DANE is the TLSA base domain (RFC 7672 §8.1).
    #[must_use]
    pub fn server_name(self, name: &Domain) -> Self {
        Self { server_name: Some(name.clone()), ..self }
    }

    /// The certificate to show, should the server ask for one.
    #[must_use]
    pub fn identity(self, identity: Identity) -> Self {
        let config = Self::config(&self.provider, Some(&identity), self.versions);
        Self { identity: Some(identity), config, ..self }
    }

    /// Speaks this version of TLS and no other.
    #[must_use]
    pub fn only(self, version: Version) -> Self {
        self.versions(only(version))
    }

    /// Speaks this version of TLS and newer ones. Both are spoken by default; older ones never are (RFC 8996).
    #[must_use]
    pub fn at_least(self, version: Version) -> Self {
        self.versions(match version {
            Version::Tls12 => &BOTH,
            Version::Tls13 => only(Version::Tls13),
        })
    }

    /// TLS is needed, though nothing may be verified.
    #[must_use]
    pub fn mandatory(self) -> Self {
        Self { is_mandatory: true, ..self }
    }

    /// The verification decides nothing: the connection goes on whatever is wrong with the certificate, and
    /// [`Facts::problem`](super::Facts::problem) says what. For those who look into a server's TLS. [`Session::verified`] is true
    /// only where all was well, so no password goes to a server that is not verified. TLS is needed only where
    /// [`mandatory`](Self::mandatory) says so.
    #[must_use]
    pub fn for_information(self) -> Self {
        Self { is_lenient: true, ..self }
    }

    /// Whether clear text won't do.
    pub fn is_mandatory(&self) -> bool {
        self.is_mandatory || (self.verification.asks() && !self.is_lenient)
    }

    fn versions(self, versions: Versions) -> Self {
        Self { versions, config: Self::config(&self.provider, self.identity.as_ref(), versions), ..self }
    }

    /// Other cryptography than AWS-LC's, with random numbers of its own: simulations, in which a handshake is the same octets each
    /// time. It stands outside what this crate promises, since the type is that of one version of rustls.
    ///
    /// # Panics
    /// Where it has no cipher suite for a version of TLS that is spoken.
    #[doc(hidden)]
    #[must_use]
    pub fn cryptography(self, provider: Arc<CryptoProvider>) -> Self {
        Self { config: Self::config(&provider, self.identity.as_ref(), self.versions), provider, ..self }
    }

    /// Without what is each connection's own: see `connect`.
    fn config(provider: &Arc<CryptoProvider>, identity: Option<&Identity>, versions: Versions) -> Arc<ClientConfig> {
        let host = Host::new(UnixTime(0));
        let verifier = Verifier {
            verification: Arc::new(Verification::None),
            is_lenient: false,
            algorithms: provider.signature_verification_algorithms,
            host: host.clone(),
        };
        let builder = ClientConfig::builder_with_details(provider.clone(), host);
        let builder = builder.with_protocol_versions(versions).expect("there are cipher suites for every version");
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = builder.with_no_client_auth();
        if let Some(identity) = identity {
            config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(identity.certified.clone()));
        }
        // A resumed session shows no certificate, and nothing is kept between connections.
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    pub(super) fn connect(&self, now: UnixTime) -> Result<Connection, Error> {
        let host = Host::new(now);
        let mut config = ClientConfig::clone(&self.config);
        config.time_provider = host.clone();
        let verifier = Verifier {
            verification: self.verification.clone(),
            is_lenient: self.is_lenient,
            algorithms: config.crypto_provider().signature_verification_algorithms,
            host: host.clone(),
        };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        let name = self.server_name.as_ref().and_then(|name| ServerName::try_from(name.as_str().to_owned()).ok());
        config.enable_sni = name.is_some();
        // Names are the verifier's concern; here one is needed only to have none in the ClientHello.
        let name = name.unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))));
        Ok(Connection::new(ClientConnection::new(Arc::new(config), name)?.into(), host))
    }

    /// What was agreed on.
    pub(super) fn session(&self, connection: &Connection) -> Session {
        let (tls, findings) = (connection.tls(), &connection.host().findings);
        let certificate = tls.peer_certificates().and_then(|chain| chain.first());
        // A certificate whose key the server has not proved to hold ties an authentication to nobody.
        let certificate = certificate.filter(|_| findings.is_proven.load(Ordering::Relaxed));
        let verified = self.verification.verifies() && findings.problem.get().is_none();
        let server_name = self.server_name.as_ref().map(ToString::to_string);
        Session { server_name, verified, ..facts::agreed(tls, certificate.map(AsRef::as_ref)) }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server_name, verification, is_mandatory, is_lenient, .. } = self;
        f.debug_struct("ClientTls")
            .field("server_name", server_name)
            .field("verification", verification)
            .field("is_mandatory", is_mandatory)
            .field("is_lenient", is_lenient)
            .finish_non_exhaustive()
    }
}
