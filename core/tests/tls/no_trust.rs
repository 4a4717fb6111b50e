//! Certificates that need no trust: nothing in them fails a connection that is not verified, and with DANE-EE or a fingerprint only
//! the key counts (RFC 7435; RFC 7671 §5.1, RFC 7672 §3.1.1).

use std::sync::Arc;

use passerelle::crypto::Sha256;
use passerelle::tls::dane::Tlsa;
use passerelle::tls::{
    ClientCertificates, ClientTls, Fingerprint, Identity, ResultType, SettingsError, Verification, Version,
};
use passerelle::{Domain, Record};
use rcgen::{CustomExtension, KeyPair};
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::certificates::Authority;
use crate::foreign::{Foreign, SmallRsa, key, made, version_1, with_key};

/// A name for it, the server, and the key in its certificate.
type Odd = (&'static str, Foreign, Vec<u8>);

/// A self-signed certificate of version 1, and one with a critical extension that nobody knows.
fn odd_certificates() -> Vec<Odd> {
    let (certificate, pair, public_key) = made(|_| {});
    let old = Foreign { certificate: version_1(&certificate), key: key(&pair) };
    let (certificate, pair, another_key) = made(|parameters| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
        extension.set_criticality(true);
        parameters.custom_extensions.push(extension);
    });
    let critical = Foreign { certificate, key: key(&pair) };
    vec![("X.509 version 1", old, public_key), ("an unknown critical extension", critical, another_key)]
}

/// A certificate with an RSA key of 1024 bits, and how the server signs with it.
fn small(scheme: SignatureScheme, forges: bool) -> (Foreign, Vec<u8>) {
    let (certificate, ..) = made(|_| {});
    let small = SmallRsa { forges, ..SmallRsa::new(scheme) };
    let public_key = small.public_key();
    (Foreign { certificate: with_key(&certificate, &public_key), key: Arc::new(small) }, public_key)
}

/// What trusts the certificate for what it is.
fn trusting(certificate: &[u8], public_key: &[u8]) -> Vec<Verification> {
    let record = |selector, data: &[u8]| {
        let record = Record::Tlsa { usage: 3, selector, matching: 1, data: Sha256::digest(data).to_vec() };
        Tlsa::of(&record).unwrap()
    };
    let names = || vec![Domain::parse("mx.example.com").unwrap()];
    vec![
        Verification::Dane(vec![record(0, certificate)], names()),
        Verification::Dane(vec![record(1, public_key)], names()),
        Verification::Fingerprint(vec![Fingerprint::of(certificate)]),
    ]
}

#[test]
fn without_verification_no_certificate_fails_the_connection() {
    for (what, server, _) in odd_certificates() {
        for new in [false, true] {
            let facts =
                server.meets(&ClientTls::new(Verification::None), new).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(!facts.session.verified && facts.is_proven && facts.problem.is_none(), "{what}: {facts:?}");
            assert_eq!(facts.chain, std::slice::from_ref(&server.certificate));
            assert!(facts.session.binding.server_end_point.is_some());
        }
    }
    for (scheme, new, is_proven) in [
        (SignatureScheme::RSA_PKCS1_SHA256, false, true),
        (SignatureScheme::RSA_PSS_SHA256, false, false),
        (SignatureScheme::RSA_PSS_SHA256, true, false),
    ] {
        let (server, _) = small(scheme, false);
        let facts = server.meets(&ClientTls::new(Verification::None), new).unwrap();
        assert_eq!((facts.session.verified, facts.is_proven), (false, is_proven), "{scheme:?}");
    }
}

/// Nor does the handshake's signature. But a certificate whose key the server does not hold ties no authentication to it: whoever
/// shows the certificate of another must not get through with SCRAM -PLUS.
#[test]
fn without_verification_a_wrong_signature_binds_nothing() {
    let (certificate, ..) = made(|_| {});
    let another = KeyPair::generate().unwrap();
    let forger = Foreign { certificate: certificate.clone(), key: key(&another) };
    for new in [false, true] {
        let facts = forger.meets(&ClientTls::new(Verification::None), new).unwrap();
        assert!(!facts.is_proven && !facts.session.verified);
        assert_eq!(facts.session.binding.server_end_point, None);
        assert_eq!(facts.session.binding.exporter.is_some(), new, "the exporter is the connection's own");
        // With any verification it is the end.
        let trusted = ClientTls::new(Verification::Fingerprint(vec![Fingerprint::of(&certificate)]));
        assert_eq!(forger.meets(&trusted, new).unwrap_err().result, ResultType::CertificateNotTrusted);
        let told = forger.meets(&trusted.for_information(), new).unwrap();
        assert!(!told.session.verified && told.problem.is_some());
    }
    // No certificate at all, but octets.
    let pair = KeyPair::generate().unwrap();
    let garbage = Foreign { certificate: b"no certificate".to_vec(), key: key(&pair) };
    for new in [false, true] {
        assert!(!garbage.meets(&ClientTls::new(Verification::None), new).unwrap().is_proven);
        let trusted = ClientTls::new(Verification::Fingerprint(vec![Fingerprint::of(b"no certificate")]));
        let failure = garbage.meets(&trusted, new).unwrap_err();
        assert!(failure.reason.contains("no public key"), "{failure}");
    }
}

#[test]
fn what_is_trusted_for_itself_needs_to_be_nothing_else() {
    let authority = Authority::new("Test");
    for (what, server, public_key) in odd_certificates() {
        for new in [false, true] {
            for verification in trusting(&server.certificate, &public_key) {
                let met = server.meets(&ClientTls::new(verification.clone()), new);
                let facts = met.unwrap_or_else(|failure| panic!("{what}, {verification:?}: {failure}"));
                assert!(facts.session.verified && facts.is_proven, "{what}: {facts:?}");
                // Beside an authority it has to be more.
                let name = Verification::Name(authority.roots(), vec![Domain::parse("elsewhere.example").unwrap()]);
                let both = ClientTls::new(Verification::All(vec![verification, name]));
                assert!(server.meets(&both, new).is_err(), "{what}");
            }
            let strict = ClientTls::new(Verification::Authority(authority.roots()));
            let failure = server.meets(&strict, new).unwrap_err();
            assert_eq!(failure.result, ResultType::CertificateNotTrusted, "{what}: {failure}");
        }
    }
}

/// The other way round: a server that asks for certificates takes any, of whatever shape, whose key the client holds.
#[test]
fn a_server_takes_client_certificates_of_any_shape() {
    let authority = Authority::new("Test");
    let settings = authority.certify(&["mx.example.com"]).server().client_certificates(ClientCertificates::Asked);
    for (what, client, _) in odd_certificates() {
        for new in [false, true] {
            let session = client.is_client_of(&settings, new).unwrap_or_else(|failure| panic!("{what}: {failure}"));
            let shown = session.client_certificate.unwrap();
            assert_eq!((shown.der, shown.verified), (client.certificate.clone(), false), "{what}");
        }
    }
    let (small, _) = small(SignatureScheme::RSA_PKCS1_SHA256, false);
    assert!(small.is_client_of(&settings, false).unwrap().client_certificate.is_some());
    let (small, _) = self::small(SignatureScheme::RSA_PSS_SHA256, false);
    assert!(small.is_client_of(&settings, true).unwrap_err().reason.contains("1024 bits"));
}

/// RSA with 1024 bits: by PKCS#1, which TLS 1.2 has, whatever the digest; elsewhere the reason names the size.
#[test]
fn rsa_with_1024_bits() {
    for scheme in
        [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::RSA_PKCS1_SHA384, SignatureScheme::RSA_PKCS1_SHA512]
    {
        let (server, public_key) = small(scheme, false);
        for verification in trusting(&server.certificate, &public_key) {
            let facts =
                server.meets(&ClientTls::new(verification), false).unwrap_or_else(|e| panic!("{scheme:?}: {e}"));
            assert!(facts.session.verified);
            assert_eq!(facts.session.version, Version::Tls12);
        }
    }
    let (forger, public_key) = small(SignatureScheme::RSA_PKCS1_SHA256, true);
    for verification in trusting(&forger.certificate, &public_key) {
        assert!(forger.meets(&ClientTls::new(verification), false).is_err());
    }
    for (new, version) in [(false, "TLS1.2"), (true, "TLS1.3")] {
        let (server, public_key) = small(SignatureScheme::RSA_PSS_SHA256, false);
        for verification in trusting(&server.certificate, &public_key) {
            let failure = server.meets(&ClientTls::new(verification), new).unwrap_err();
            assert_eq!(failure.result, ResultType::ValidationFailure);
            let text = failure.to_string();
            assert!(text.contains("1024 bits") && text.contains(version), "{text}");
        }
    }
}

/// A server that goes by the client's order signs with a small key as it can be verified.
#[test]
fn pkcs1_comes_first_where_a_small_key_may_have_to_do() {
    /// Signs by the first scheme of RSA that the client offers.
    #[derive(Debug)]
    struct First(SmallRsa, Vec<u8>);
    impl ResolvesServerCert for First {
        fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            let rsa = |scheme: &&SignatureScheme| scheme.as_str().is_some_and(|name| name.starts_with("RSA_"));
            let scheme = *hello.signature_schemes().iter().find(rsa)?;
            let key = SmallRsa { scheme, ..self.0.clone() };
            Some(Arc::new(CertifiedKey::new(vec![self.1.clone().into()], Arc::new(key))))
        }
    }
    let small = SmallRsa::new(SignatureScheme::RSA_PSS_SHA256);
    let (public_key, (certificate, ..)) = (small.public_key(), made(|_| {}));
    let certificate = with_key(&certificate, &public_key);
    let server = Arc::new(First(small, certificate.clone()));
    for verification in trusting(&certificate, &public_key) {
        let facts = Foreign::meets_with(server.clone(), &ClientTls::new(verification), false).unwrap();
        assert!(facts.session.verified);
    }
}

/// An authority does not make a small key larger, and the reason is the same.
#[test]
fn a_small_key_that_an_authority_has_certified() {
    let authority = Authority::new("Test");
    for (scheme, new) in [(SignatureScheme::RSA_PSS_SHA256, true), (SignatureScheme::RSA_PKCS1_SHA256, false)] {
        let small = SmallRsa::new(scheme);
        let certificate = authority.certify_key(&["mx.example.com"], &small);
        let server = Foreign { certificate, key: Arc::new(small) };
        let failure = server.meets(&ClientTls::new(Verification::Authority(authority.roots())), new).unwrap_err();
        assert!(failure.reason.contains("1024 bits"), "{failure}");
    }
}

/// AWS-LC signs with no key under 2048 bits, and says only that it does not like it.
#[test]
fn our_own_key_of_1024_bits_is_refused_with_its_size() {
    let (small, _) = small(SignatureScheme::RSA_PKCS1_SHA256, false);
    let certificate = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &small.certificate);
    let chain = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
    let refused = Identity::from_pem(chain.as_bytes(), include_bytes!("../keys/rsa1024.pem")).map(|_| ());
    let Err(SettingsError::Key(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("1024 bits"), "{why}");
}
