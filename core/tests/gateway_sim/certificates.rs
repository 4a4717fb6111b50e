//! Keys and certificates, the same in every run.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use passerelle::tls::{Identity, Roots, ServerTls};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ED25519, PublicKeyData, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ServerConfig};

use crate::cryptography;
use crate::environment::secure::Anything;
use crate::world::{HOSTS, NAME, SIGNERS};

/// What a host shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    /// Its own, by the authority.
    Proper,
    Expired,
    WrongName,
    /// Signed by itself.
    Untrusted,
}

impl Shown {
    const ALL: [Self; 4] = [Self::Proper, Self::Expired, Self::WrongName, Self::Untrusted];
}

/// All of them.
pub(crate) struct Pki {
    /// Of each host, of each kind.
    servers: Vec<[Arc<ServerConfig>; 4]>,
    /// The digest of the key of each host's own certificate, as TLSA 3 1 1 has it.
    digests: Vec<Vec<u8>>,
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) roots: Roots,
    /// An authority, and everybody who vouches for himself.
    pub(crate) everybody: Roots,
    pub(crate) gateway: ServerTls,
}

pub(crate) static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

impl Pki {
    fn new() -> Self {
        let authority_key = key([1; 32]);
        let mut parameters = parameters(&[]);
        parameters.distinguished_name.push(DnType::CommonName, "Simulated authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = parameters.self_signed(&authority_key).expect("an authority");
        let issuer = Issuer::new(parameters, authority_key);
        let roots = Roots::from_pem(authority.pem().as_bytes()).expect("an authority");
        let mut everybody = authority.pem();
        let mut servers = Vec::new();
        let mut digests = Vec::new();
        for (number, host) in HOSTS.iter().enumerate() {
            let key = |kind: Shown| key([16 + 8 * number as u8 + kind as u8; 32]);
            servers.push(Shown::ALL.map(|kind| config(&leaf(host.name, kind, &key(kind), &issuer), &key(kind))));
            everybody += &leaf(host.name, Shown::Untrusted, &key(Shown::Untrusted), &issuer);
            let proper = key(Shown::Proper).subject_public_key_info();
            digests.push(passerelle::crypto::Sha256::digest(&proper).to_vec());
        }
        let own = key([2; 32]);
        let chain = leaf(NAME, Shown::Proper, &own, &issuer);
        let identity = Identity::from_pem(chain.as_bytes(), own.serialize_pem().as_bytes()).expect("a certificate");
        let gateway = ServerTls::new(identity).cryptography(cryptography::provider());
        let builder = ClientConfig::builder_with_provider(cryptography::provider());
        let builder = builder.with_safe_default_protocol_versions().expect("versions of TLS");
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anything));
        let mut client = builder.with_no_client_auth();
        client.resumption = rustls::client::Resumption::disabled();
        let everybody = Roots::from_pem(everybody.as_bytes()).expect("authorities");
        Self { servers, digests, client: Arc::new(client), roots, everybody, gateway }
    }

    pub(crate) fn server(&self, host: usize, shown: Shown) -> Arc<ServerConfig> {
        self.servers[host][shown as usize].clone()
    }

    /// What TLSA 3 1 1 says of a host.
    pub(crate) fn digest(&self, host: usize) -> Vec<u8> {
        self.digests[host].clone()
    }

    /// The key of a signer in PEM.
    pub(crate) fn signing_key(&self, signer: usize) -> String {
        key(SIGNERS[signer].2).serialize_pem()
    }
}

/// The public key of a signer: 32 octets (RFC 8032 §5.1.5).
pub(crate) fn public_key(secret: [u8; 32]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&secret).expect("a secret of 32 octets");
    pair.public_key().as_ref().to_vec()
}

fn key(secret: [u8; 32]) -> KeyPair {
    let der = cryptography::ed25519(secret);
    KeyPair::from_pkcs8_der_and_sign_algo(&der.into(), &PKCS_ED25519).expect("a key")
}

fn parameters(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names");
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2028, 1, 1);
    parameters
}

fn leaf(name: &str, kind: Shown, key: &KeyPair, issuer: &Issuer<'_, KeyPair>) -> String {
    let name = if kind == Shown::WrongName { "elsewhere.example" } else { name };
    let mut parameters = parameters(&[name]);
    if kind == Shown::Expired {
        parameters.not_after = date_time_ymd(2026, 2, 1);
    }
    let certificate = match kind {
        Shown::Untrusted => parameters.self_signed(key),
        _ => parameters.signed_by(key, issuer),
    };
    certificate.expect("a certificate").pem()
}

fn config(chain: &str, key: &KeyPair) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).map(|der| der.expect("a certificate")).collect();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
    let builder = ServerConfig::builder_with_provider(cryptography::provider());
    let builder = builder.with_safe_default_protocol_versions().expect("versions of TLS");
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).expect("a certificate and its key");
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Arc::new(config)
}
