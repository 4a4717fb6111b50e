//! A TLS server as others run them: it shows certificates, and signs with keys, that this library would not take for its own.

use std::sync::Arc;

use passerelle::crypto::Sha256;
use passerelle::tls::{ClientTls, Event, Facts, Failure, Input, Layer, ServerTls, Session};
use passerelle::{Machine, Now};
use rcgen::{KeyPair, PublicKeyData};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{default_provider, sign::any_supported_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, ServerConnection, SignatureAlgorithm,
    SignatureScheme,
};

use crate::certificates::NOW;
use crate::pair::drain;
use crate::toy::{Role, Start, Toy};

pub(crate) struct Foreign {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Arc<dyn SigningKey>,
}

pub(crate) fn key(pair: &KeyPair) -> Arc<dyn SigningKey> {
    any_supported_type(&PrivateKeyDer::try_from(pair.serialize_der()).unwrap()).unwrap()
}

impl Foreign {
    /// A handshake with TLS 1.2 or 1.3.
    pub(crate) fn meets(&self, client: &ClientTls, new: bool) -> Result<Facts, Failure> {
        let certified = CertifiedKey::new(vec![self.certificate.clone().into()], self.key.clone());
        Self::meets_with(Arc::new(SingleCertAndKey::from(certified)), client, new)
    }

    /// The same with a certificate that is chosen by what the client offers.
    pub(crate) fn meets_with(
        certificates: Arc<dyn ResolvesServerCert>,
        client: &ClientTls,
        new: bool,
    ) -> Result<Facts, Failure> {
        let versions = if new { &[&TLS13] } else { &[&TLS12] };
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        let now = Now::at(NOW);
        let mut client = Layer::client(Toy::new(Role::Client, Start::Implicit), client, now);
        let mut heard = Vec::new();
        loop {
            let mut wire = &drain(&mut client, &mut heard)[..];
            for event in heard.drain(..) {
                match event {
                    Event::Secured(session) => {
                        let facts = client.facts().unwrap();
                        assert_eq!(facts.session, session);
                        return Ok(facts);
                    }
                    Event::Failed(failure) => return Err(failure),
                    Event::Inner(_) => {}
                }
            }
            while !wire.is_empty() {
                server.read_tls(&mut wire).unwrap();
                server.process_new_packets().unwrap();
            }
            let mut answer = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut answer).unwrap();
            }
            assert!(!answer.is_empty(), "nobody goes on");
            client.handle(now, Input::Wire(&answer)).unwrap();
        }
    }
}

impl Foreign {
    /// A handshake as a client, with one of our servers.
    pub(crate) fn is_client_of(&self, server: &ServerTls, new: bool) -> Result<Session, Failure> {
        let versions = if new { &[&TLS13] } else { &[&TLS12] };
        let certified = CertifiedKey::new(vec![self.certificate.clone().into()], self.key.clone());
        let provider = Arc::new(default_provider());
        let trusting = Trusting(provider.signature_verification_algorithms.supported_schemes());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trusting))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        let mut client = ClientConnection::new(Arc::new(config), "mx.example.com".try_into().unwrap()).unwrap();
        let now = Now::at(NOW);
        let mut server = Layer::server(Toy::new(Role::Server, Start::Implicit), server, now);
        let mut heard = Vec::new();
        loop {
            let mut flight = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut flight).unwrap();
            }
            if !flight.is_empty() && server.wants_wire() {
                server.handle(now, Input::Wire(&flight)).unwrap();
            }
            let mut wire = &drain(&mut server, &mut heard)[..];
            for event in heard.drain(..) {
                match event {
                    Event::Secured(session) => return Ok(session),
                    Event::Failed(failure) => return Err(failure),
                    Event::Inner(_) => {}
                }
            }
            assert!(!(flight.is_empty() && wire.is_empty()), "nobody goes on");
            while !wire.is_empty() {
                client.read_tls(&mut wire).unwrap();
                client.process_new_packets().unwrap();
            }
        }
    }
}

/// Takes everything of a server.
#[derive(Debug)]
struct Trusting(Vec<SignatureScheme>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}

/// A certificate of X.509 version 1: without version and extensions.
pub(crate) fn version_1(certificate: &[u8]) -> Vec<u8> {
    rebuilt(certificate, |fields| fields.retain(|field| !matches!(field[0], 0xa0 | 0xa3)))
}

/// The certificate with another key in it.
pub(crate) fn with_key(certificate: &[u8], public_key: &[u8]) -> Vec<u8> {
    // Behind version, serial number, algorithm, issuer, validity and subject.
    rebuilt(certificate, |fields| fields[6] = public_key.to_vec())
}

fn rebuilt(certificate: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut parts = elements(content(certificate));
    let mut fields = elements(content(&parts[0]));
    change(&mut fields);
    parts[0] = element(0x30, &fields.concat());
    element(0x30, &parts.concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        length @ ..0x80 => vec![length as u8],
        length @ ..0x100 => vec![0x81, length as u8],
        length => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], &length[..], content].concat()
}

/// The content of an element, and how long it is as a whole.
fn measured(der: &[u8]) -> (&[u8], usize) {
    let (length, head) = match der[1] {
        0x81 => (usize::from(der[2]), 3),
        0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        length => (usize::from(length), 2),
    };
    (&der[head..head + length], head + length)
}

fn content(der: &[u8]) -> &[u8] {
    measured(der).0
}

fn elements(mut der: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (element, rest) = der.split_at(measured(der).1);
        found.push(element.to_vec());
        der = rest;
    }
    found
}

/// An RSA key of 1024 bits, with which AWS-LC does not sign.
#[derive(Clone, Debug)]
pub(crate) struct SmallRsa {
    pub(crate) modulus: Vec<u8>,
    pub(crate) private: Vec<u8>,
    /// The RSAPublicKey.
    pub(crate) pkcs1: Vec<u8>,
    /// How it signs.
    pub(crate) scheme: SignatureScheme,
    /// Whether its signatures are wrong.
    pub(crate) forges: bool,
}

impl SmallRsa {
    pub(crate) fn new(scheme: SignatureScheme) -> Self {
        let pem = include_bytes!("../keys/rsa1024.pem");
        let key: PrivateKeyDer<'_> = rustls::pki_types::pem::PemObject::from_pem_slice(pem).unwrap();
        // PrivateKeyInfo, and in it RSAPrivateKey: version, modulus, exponents.
        let numbers = elements(content(content(&elements(content(key.secret_der()))[2])));
        let number = |place: usize| content(&numbers[place]).iter().copied().skip_while(|octet| *octet == 0).collect();
        let (modulus, exponent, private): (Vec<u8>, Vec<u8>, Vec<u8>) = (number(1), number(2), number(3));
        let integer =
            |number: &[u8]| element(2, &[if number[0] & 0x80 != 0 { &[0][..] } else { &[] }, number].concat());
        let pkcs1 = element(0x30, &[integer(&modulus), integer(&exponent)].concat());
        Self { modulus, private, pkcs1, scheme, forges: false }
    }

    /// The SubjectPublicKeyInfo.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        let name = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
        let algorithm = element(0x30, &[name, vec![5, 0]].concat());
        element(0x30, &[algorithm, element(3, &[&[0], &self.pkcs1[..]].concat())].concat())
    }
}

impl PublicKeyData for SmallRsa {
    fn der_bytes(&self) -> &[u8] {
        &self.pkcs1
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for SmallRsa {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme).then(|| Box::new(self.clone()) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for SmallRsa {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let (arc, digest) = match self.scheme {
            SignatureScheme::RSA_PKCS1_SHA256 => (1, Sha256::digest(message).to_vec()),
            SignatureScheme::RSA_PKCS1_SHA384 => (2, passerelle::crypto::sha384(message).to_vec()),
            SignatureScheme::RSA_PKCS1_SHA512 => (3, passerelle::crypto::sha512(message).to_vec()),
            // By PSS, of which nobody verifies more than that it is.
            _ => return Ok(vec![1; self.modulus.len()]),
        };
        let name = element(6, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc]);
        let info = [element(0x30, &[name, vec![5, 0]].concat()), element(4, &digest)].concat();
        let info = element(0x30, &info);
        let padding = vec![0xff; self.modulus.len() - 3 - info.len()];
        let mut encoded = [&[0, 1][..], &padding, &[0], &info].concat();
        if self.forges {
            *encoded.last_mut().unwrap() ^= 1;
        }
        Ok(power(&encoded, &self.private, &self.modulus))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// `base ^ exponent mod modulus`, big-endian, for a modulus of whole limbs whose highest bit is set: by Montgomery's multiplication.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let limbs = |octets: &[u8]| -> Vec<u64> {
        octets.rchunks(8).map(|chunk| chunk.iter().fold(0, |limb, octet| limb << 8 | u64::from(*octet))).collect()
    };
    let (n, base) = (limbs(modulus), limbs(base));
    let k = n.len();
    let low = |wide: u128| (wide as u64, wide >> 64);
    // What is below 2n, with what was carried, below n.
    let reduced = |mut limbs: Vec<u64>, carry: u64| -> Vec<u64> {
        if carry > 0 || limbs.iter().rev().ge(n.iter().rev()) {
            let mut borrow = 0i128;
            for (limb, n) in limbs.iter_mut().zip(&n) {
                borrow += i128::from(*limb) - i128::from(*n);
                *limb = borrow as u64;
                borrow >>= 64;
            }
        }
        limbs
    };
    let double = |a: &[u64]| {
        reduced(
            a.iter()
                .scan(0, |carry, limb| {
                    let sum = *limb << 1 | *carry;
                    *carry = limb >> 63;
                    Some(sum)
                })
                .collect(),
            a[k - 1] >> 63,
        )
    };
    // -1/n modulo a limb, by Newton's iteration.
    let inverse = (0..6).fold(1u64, |x, _| x.wrapping_mul(2u64.wrapping_sub(n[0].wrapping_mul(x)))).wrapping_neg();
    let multiply = |a: &[u64], b: &[u64]| -> Vec<u64> {
        let mut t = vec![0u64; k + 2];
        for digit in b {
            let mut carry = 0u128;
            for j in 0..k {
                (t[j], carry) = low(u128::from(t[j]) + u128::from(a[j]) * u128::from(*digit) + carry);
            }
            (t[k], carry) = low(u128::from(t[k]) + carry);
            t[k + 1] = carry as u64;
            let m = u128::from(t[0].wrapping_mul(inverse));
            carry = low(u128::from(t[0]) + m * u128::from(n[0])).1;
            for j in 1..k {
                (t[j - 1], carry) = low(u128::from(t[j]) + m * u128::from(n[j]) + carry);
            }
            (t[k - 1], carry) = low(u128::from(t[k]) + carry);
            t[k] = t[k + 1] + carry as u64;
        }
        let carry = t[k];
        t.truncate(k);
        reduced(t, carry)
    };
    let mut one = vec![0; k];
    one[0] = 1;
    let mut in_form = one.clone();
    (0..64 * k).for_each(|_| in_form = double(&in_form));
    let mut square = in_form.clone();
    (0..64 * k).for_each(|_| square = double(&square));
    let base = multiply(&base, &square);
    for bit in exponent.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)) {
        in_form = multiply(&in_form, &in_form);
        if bit {
            in_form = multiply(&in_form, &base);
        }
    }
    multiply(&in_form, &one).iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

/// A self-signed certificate's octets and its key.
pub(crate) fn made(change: impl FnOnce(&mut rcgen::CertificateParams)) -> (Vec<u8>, KeyPair, Vec<u8>) {
    let pair = KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["elsewhere.example".to_owned()]).unwrap();
    change(&mut parameters);
    let certificate = parameters.self_signed(&pair).unwrap().der().to_vec();
    let public_key = pair.subject_public_key_info();
    (certificate, pair, public_key)
}
