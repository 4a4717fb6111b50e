//! With cryptography whose random numbers a seed determines, a conversation is the same octets each time.

use passerelle::tls::{ClientTls, Identity, Roots, ServerTls, Verification, Version};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

use crate::cryptography;
use crate::pair::Pair;
use crate::toy::Start;

/// A certificate that signs itself, the same each time, and its key, in PEM.
fn certificate() -> (String, String) {
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&cryptography::ed25519([7; 32]).into(), &PKCS_ED25519).unwrap();
    let certificate = CertificateParams::new(vec!["mx.example.com".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// What goes over the wire in both directions.
fn wire(seed: u64, version: Version) -> (Vec<u8>, Vec<u8>) {
    let (certificate, key) = certificate();
    let (chain, key) = (certificate.as_bytes(), key.as_bytes());
    let names = vec!["mx.example.com".parse().unwrap()];
    let verification = Verification::Name(Roots::from_pem(chain).unwrap(), names);
    let server = ServerTls::new(Identity::from_pem(chain, key).unwrap()).cryptography(cryptography::provider());
    let client = ClientTls::new(verification).only(version).cryptography(cryptography::provider());
    cryptography::seed(seed);
    let mut pair = Pair::new(&server, &client, Start::StartTls);
    pair.run().client_says("hello\r\n").client_says("QUIT\r\n");
    let session = pair.session();
    assert!(session.verified && session.version == version, "{session:?}");
    (pair.from_server, pair.from_client)
}

#[test]
fn two_conversations_with_the_same_random_numbers_are_the_same_octets() {
    for version in [Version::Tls12, Version::Tls13] {
        let first = wire(1, version);
        assert_eq!(first, wire(1, version), "{version:?}");
        let other = wire(2, version);
        assert!(first.0 != other.0 && first.1 != other.1, "{version:?}");
    }
}

#[test]
fn the_settings_behind_the_cryptography_do_not_undo_it() {
    let (certificate, key) = certificate();
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let run = || {
        let server = ServerTls::new(identity.clone()).cryptography(cryptography::provider());
        let server = server.identity(identity.clone()).only(Version::Tls13);
        let client = ClientTls::new(Verification::None).cryptography(cryptography::provider());
        let client = client.identity(identity.clone()).at_least(Version::Tls12).for_information();
        cryptography::seed(3);
        let mut pair = Pair::new(&server, &client, Start::Implicit);
        pair.run();
        (pair.from_server, pair.from_client)
    };
    assert_eq!(run(), run());
}
