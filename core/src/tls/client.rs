//! What a client asks of a server's certificate.

use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ClientConnection, Error};

use super::certificates::{BOTH, Identity, Roots, Versions, only, provider};
use super::connection::{Connection, Host};
use super::dane::Tlsa;
use super::facts;
use super::session::{Session, Version};
use super::verify::Verifier;
use crate::domain::Domain;
use crate::time::UnixTime;

/// A client's side of the handshakes with one destination. Cloning is cheap.
#[derive(Clone)]
pub struct ClientTls {
    server_name: Option<Domain>,
    verification: Arc<Verification>,
    identity: Option<Identity>,
    versions: Versions,
    config: Arc<ClientConfig>,
}

/// What the server's certificate must stand up to.
#[derive(Clone, Debug)]
pub enum Verification {
    /// Nothing: TLS against those who only listen (RFC 7435).
    None,
    /// One of these authorities must vouch for it, whatever its names. The session does not count as verified.
    Authority(Roots),
    /// One of these authorities must vouch for it, and it must be for one of these names.
    Name(Roots, Vec<Domain>),
    /// One of these TLSA records must fit (RFC 7672 §3). The names count with usage 2, DANE-TA, alone: the TLSA base domain and
    /// the others that RFC 7672 §3.2.2 has as reference identifiers.
    Dane(Vec<Tlsa>, Vec<Domain>),
}

impl ClientTls {
    /// Settings that ask for this verification, and name no server in the handshake.
    pub fn new(verification: Verification) -> Self {
        Self::build(None, Arc::new(verification), None, &BOTH)
    }

    /// The server that is asked for (RFC 6066 §3): the MX host, which with DANE is the TLSA base domain (RFC 7672 §8.1).
    #[must_use]
    pub fn server_name(self, name: &Domain) -> Self {
        Self { server_name: Some(name.clone()), ..self }
    }

    /// The certificate to show, should the server ask for one.
    #[must_use]
    pub fn identity(self, identity: Identity) -> Self {
        Self::build(self.server_name, self.verification, Some(identity), self.versions)
    }

    /// Speaks this version of TLS and no other.
    #[must_use]
    pub fn only(self, version: Version) -> Self {
        Self::build(self.server_name, self.verification, self.identity, only(version))
    }

    fn build(
        server_name: Option<Domain>,
        verification: Arc<Verification>,
        identity: Option<Identity>,
        versions: Versions,
    ) -> Self {
        let provider = provider();
        let verifier = Verifier::new(verification.clone(), provider.signature_verification_algorithms);
        // The time is each connection's own: see `connect`.
        let builder = ClientConfig::builder_with_details(provider, Host::new(UnixTime(0)));
        let builder = builder.with_protocol_versions(versions).expect("AWS-LC has cipher suites for every version");
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = builder.with_no_client_auth();
        if let Some(identity) = &identity {
            config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(identity.certified.clone()));
        }
        // A resumed session shows no certificate, and nothing is kept between connections.
        config.resumption = Resumption::disabled();
        Self { server_name, verification, identity, versions, config: Arc::new(config) }
    }

    pub(super) fn connect(&self, now: UnixTime) -> Result<Connection, Error> {
        let host = Host::new(now);
        let mut config = ClientConfig::clone(&self.config);
        config.time_provider = host.clone();
        let name = self.server_name.as_ref().and_then(|name| ServerName::try_from(name.as_str().to_owned()).ok());
        config.enable_sni = name.is_some();
        // Names are the verifier's concern; here one is needed only to have none in the ClientHello.
        let name = name.unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))));
        Ok(Connection::new(ClientConnection::new(Arc::new(config), name)?.into(), host))
    }

    /// What was agreed on.
    pub(super) fn session(&self, connection: &Connection) -> Session {
        let tls = connection.tls();
        let certificate = tls.peer_certificates().and_then(|chain| chain.first());
        let verified = match &*self.verification {
            Verification::None | Verification::Authority(_) => false,
            Verification::Name(..) | Verification::Dane(..) => true,
        };
        let server_name = self.server_name.as_ref().map(ToString::to_string);
        Session { server_name, verified, ..facts::agreed(tls, certificate.map(AsRef::as_ref)) }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server_name, verification, .. } = self;
        f.debug_struct("ClientTls").field("server_name", server_name).field("verification", verification).finish()
    }
}
