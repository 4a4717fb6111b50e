//! What two sides agreed on, read off the connection.

use std::sync::atomic::Ordering;

use rustls::ProtocolVersion;

use super::connection::Connection;
use super::diagnose;
use super::failure::Failure;
use super::session::{ChannelBinding, Session, Version};
use crate::crypto::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE};
use crate::crypto::{Sha256, sha384, sha512};

/// All that a handshake tells, for those who look into a peer's TLS; [`Session`] is what a conversation has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// What was agreed on: version, cipher suite, the server's name in the ClientHello (SNI), whether the server is verified.
    pub session: Session,
    /// The group of the key exchange, as IANA names it: `X25519MLKEM768`, `x25519`, `secp256r1`.
    pub key_exchange: Option<String>,
    /// The certificates that the peer showed, in DER and in its order, its own first.
    pub chain: Vec<Vec<u8>>,
    /// Whether the peer has proved to hold the key of the first. Without a verification nobody insists on it.
    pub is_proven: bool,
    /// Why the peer does not stand up to the verification, where the connection goes on nevertheless
    /// ([`ClientTls::for_information`](super::ClientTls::for_information)): the same [`Failure`] with which it would have ended otherwise.
    pub problem: Option<Failure>,
}

impl Facts {
    pub(super) fn of(connection: &Connection, session: Session) -> Self {
        let (tls, findings) = (connection.tls(), &connection.host().findings);
        let chain = tls.peer_certificates().unwrap_or_default().iter().map(|certificate| certificate.to_vec());
        let group = tls.negotiated_key_exchange_group().map(|group| group.name());
        Self {
            // A client that shows a certificate is made to prove it.
            is_proven: match tls {
                rustls::Connection::Client(_) => findings.is_proven.load(Ordering::Relaxed),
                rustls::Connection::Server(_) => session.client_certificate.is_some(),
            },
            session,
            key_exchange: group.map(|group| group.as_str().map_or_else(|| u16::from(group).to_string(), iana_group)),
            chain: chain.collect(),
            problem: findings.problem.get().map(diagnose::failure),
        }
    }
}

/// rustls writes `X25519` and `secp256r1`; IANA has the former in lower case.
fn iana_group(name: &str) -> String {
    match name {
        "X25519" | "X448" => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

/// What both sides know. `certificate` is the server's, in DER.
pub(super) fn agreed(tls: &rustls::Connection, certificate: Option<&[u8]>) -> Session {
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
        // No other is spoken.
        _ => Version::Tls12,
    };
    let suite = tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    Session {
        version,
        cipher_suite: suite.map(iana_name).unwrap_or_default(),
        server_name: None,
        client_certificate: None,
        verified: false,
        binding: ChannelBinding {
            exporter: exporter(tls, version),
            server_end_point: certificate.and_then(server_end_point),
        },
    }
}

/// rustls calls the suites of TLS 1.3 `TLS13_…`, IANA `TLS_…`.
fn iana_name(name: &str) -> String {
    name.replacen("TLS13_", "TLS_", 1)
}

/// `tls-exporter` (RFC 9266 §2). With TLS 1.2 it is safe only where the extended master secret is used (§4.2), which rustls
/// does not tell, so there is none.
fn exporter(tls: &rustls::Connection, version: Version) -> Option<[u8; 32]> {
    (version == Version::Tls13)
        .then(|| tls.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok())
        .flatten()
}

/// `tls-server-end-point`: the certificate's hash, by the function that its signature uses, where that is one, and SHA-256
/// in place of MD5 and SHA-1 (RFC 5929 §4.1).
fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    Some(match signature_hash(certificate)? {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => sha384(certificate).to_vec(),
        Hash::Sha512 => sha512(certificate).to_vec(),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The function for a certificate's hash. `None` where RFC 5929 leaves it undefined (Ed25519), or for one not known here.
fn signature_hash(certificate: &[u8]) -> Option<Hash> {
    let mut certificate = Reader(Reader(certificate).next(SEQUENCE)?);
    certificate.next(SEQUENCE)?; // what is signed
    let mut algorithm = Reader(certificate.next(SEQUENCE)?);
    match algorithm.next(OBJECT_IDENTIFIER)? {
        // 1.2.840.113549.1.1: PKCS#1. MD5, SHA-1, SHA-256, SHA-384, SHA-512 (RFC 8017 §A.2.4).
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            0x04 | 0x05 | 0x0b => Some(Hash::Sha256),
            0x0c => Some(Hash::Sha384),
            0x0d => Some(Hash::Sha512),
            0x0a => pss_hash(algorithm),
            _ => None,
        },
        // 1.2.840.10045.4.1: ECDSA with SHA-1 (RFC 3279 §2.2.3).
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Some(Hash::Sha256),
        // 1.2.840.10045.4.3: ECDSA with SHA-2 (RFC 5758 §3.2).
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            0x02 => Some(Hash::Sha256),
            0x03 => Some(Hash::Sha384),
            0x04 => Some(Hash::Sha512),
            _ => None,
        },
        _ => None,
    }
}

/// RSASSA-PSS names its hash in its parameters, SHA-1 where it names none (RFC 8017 §A.2.3).
fn pss_hash(mut algorithm: Reader<'_>) -> Option<Hash> {
    const HASH_ALGORITHM: u8 = 0xa0;
    let mut parameters = Reader(algorithm.next(SEQUENCE)?);
    let Some(hash) = parameters.next(HASH_ALGORITHM) else { return Some(Hash::Sha256) };
    match Reader(Reader(hash).next(SEQUENCE)?).next(OBJECT_IDENTIFIER)? {
        // 1.3.14.3.2.26: SHA-1.
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Some(Hash::Sha256),
        // 2.16.840.1.101.3.4.2: SHA-2 (RFC 8017 §B.1).
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last] => match last {
            0x01 => Some(Hash::Sha256),
            0x02 => Some(Hash::Sha384),
            0x03 => Some(Hash::Sha512),
            _ => None,
        },
        _ => None,
    }
}
