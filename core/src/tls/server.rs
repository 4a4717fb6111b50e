//! What a server has to show in a handshake.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime as PkiTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection, SignatureScheme};

use super::certificates::{BOTH, Identity, Roots, SettingsError, Versions, only, provider};
use super::connection::{Connection, Host};
use super::facts;
use super::session::{ClientCertificate, Session, Version};
use super::signature;
use super::verify;
use crate::time::UnixTime;

/// A server's certificates and what it asks of clients. Cloning is cheap.
///
/// To change certificates at run time, make new settings and give them to the sessions that begin then; those under way
/// keep what they have.
#[derive(Clone)]
pub struct ServerTls {
    identities: Arc<Vec<Identity>>,
    clients: ClientCertificates,
    versions: Versions,
    provider: Arc<CryptoProvider>,
    config: Arc<ServerConfig>,
}

/// Whether a server asks for a client's certificate. A client that shows none is served all the same: what a
/// certificate allows, such as AUTH EXTERNAL, is decided later.
#[derive(Clone, Debug, Default)]
pub enum ClientCertificates {
    /// It does not ask.
    #[default]
    Ignored,
    /// It asks, and takes any certificate whose key the client holds; none counts as verified.
    Asked,
    /// It asks, takes any, and notes in [`ClientCertificate::verified`] whether one of these authorities vouches for it.
    Verified(Roots),
}

impl ServerTls {
    /// A server with one certificate, which also is the default for names that no other is for.
    pub fn new(identity: Identity) -> Self {
        Self::build(Arc::new(vec![identity]), ClientCertificates::Ignored, &BOTH, provider())
    }

    /// A server with one certificate, read from PEM: see [`Identity::from_pem`].
    ///
    /// # Errors
    /// [`SettingsError`] says what is wrong with chain or key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, SettingsError> {
        Identity::from_pem(chain, key).map(Self::new)
    }

    /// A further certificate, shown to clients that ask for one of its names (RFC 6066 §3). Two certificates for one name may
    /// differ in the kind of key: the first whose signatures the client can verify is shown.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        // Nothing else depends on them before there is a connection, so that many take no more than each of them.
        Arc::make_mut(&mut self.identities).push(identity);
        self
    }

    /// Whether clients are asked for a certificate.
    #[must_use]
    pub fn client_certificates(self, clients: ClientCertificates) -> Self {
        Self::build(self.identities, clients, self.versions, self.provider)
    }

    /// Speaks this version of TLS and no other.
    #[must_use]
    pub fn only(self, version: Version) -> Self {
        Self::build(self.identities, self.clients, only(version), self.provider)
    }

    /// Other cryptography than AWS-LC's, with random numbers of its own: simulations, in which a handshake is the same octets each
    /// time. It stands outside what this crate promises, since the type is that of one version of rustls.
    ///
    /// # Panics
    /// Where it has no cipher suite for a version of TLS that is spoken.
    #[doc(hidden)]
    #[must_use]
    pub fn cryptography(self, provider: Arc<CryptoProvider>) -> Self {
        Self::build(self.identities, self.clients, self.versions, provider)
    }

    fn build(
        identities: Arc<Vec<Identity>>,
        clients: ClientCertificates,
        versions: Versions,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        // Time and certificates are each connection's own: see `connect`.
        let host = Host::new(UnixTime(0));
        let resolver = Resolver { identities: Arc::default(), host: host.clone() };
        let builder = ServerConfig::builder_with_details(provider.clone(), host);
        let builder = builder.with_protocol_versions(versions).expect("there are cipher suites for every version");
        let mut config = match clients {
            ClientCertificates::Ignored => builder.with_no_client_auth(),
            ClientCertificates::Asked | ClientCertificates::Verified(_) => {
                builder.with_client_cert_verifier(Arc::new(AnyClient(algorithms)))
            }
        }
        .with_cert_resolver(Arc::new(resolver));
        // No sessions are resumed: nothing is kept between connections, and a ticket's key would be state of the process.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Self { identities, clients, versions, provider, config: Arc::new(config) }
    }

    pub(super) fn connect(&self, now: UnixTime) -> Result<Connection, Error> {
        let host = Host::new(now);
        let mut config = ServerConfig::clone(&self.config);
        config.time_provider = host.clone();
        config.cert_resolver = Arc::new(Resolver { identities: self.identities.clone(), host: host.clone() });
        Ok(Connection::new(ServerConnection::new(Arc::new(config))?.into(), host))
    }

    /// What was agreed on.
    pub(super) fn session(&self, connection: &Connection, now: UnixTime) -> Session {
        let tls = connection.tls();
        let server_name = match tls {
            rustls::Connection::Server(server) => server.server_name().map(str::to_owned),
            rustls::Connection::Client(_) => None,
        };
        let client_certificate = tls.peer_certificates().and_then(|chain| {
            let verified = match &self.clients {
                ClientCertificates::Verified(roots) => verify::is_client_of(roots, chain, now),
                ClientCertificates::Asked | ClientCertificates::Ignored => false,
            };
            Some(ClientCertificate { der: chain.first()?.to_vec(), verified })
        });
        let shown = connection.host().shown.get().and_then(|certified| certified.cert.first());
        let agreed = facts::agreed(tls, shown.map(AsRef::as_ref));
        Session { server_name, client_certificate, ..agreed }
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("identities", &self.identities).field("clients", &self.clients).finish()
    }
}

/// Chooses the certificate, and notes which it was.
#[derive(Debug)]
struct Resolver {
    identities: Arc<Vec<Identity>>,
    host: Arc<Host>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let usable = |identity: &&Identity| identity.certified.key.choose_scheme(hello.signature_schemes()).is_some();
        let named = |identity: &&Identity| name.as_deref().is_some_and(|name| identity.is_for(name));
        let mut all = self.identities.iter();
        // A name that no certificate is for gets the default's, which says what is wrong better than an alert.
        let identity = all.clone().filter(named).find(usable).or_else(|| all.find(usable))?;
        Some(self.host.shown.get_or_init(|| identity.certified.clone()).clone())
    }
}

/// Takes any certificate, of whatever shape, if the client proves to hold its key.
#[derive(Debug)]
struct AnyClient(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: PkiTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify(message, certificate, signed, Version::Tls12, &self.0)
            .map(|()| HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify(message, certificate, signed, Version::Tls13, &self.0)
            .map(|()| HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::schemes_for_small_keys(&self.0)
    }
}
