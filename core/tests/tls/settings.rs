//! What a host gives, and what is wrong with it.

use passerelle::tls::{Identity, Roots, SettingsError};

use crate::certificates::{Authority, Leaf};

#[test]
fn errors_say_what_is_wrong() {
    let (one, two) = (Leaf::self_signed(&["one.example"]), Leaf::self_signed(&["two.example"]));
    let read = |chain: &str, key: &str| Identity::from_pem(chain.as_bytes(), key.as_bytes()).map(|_| ());
    assert_eq!(read(&one.chain, &one.key), Ok(()));
    assert_eq!(read("", &one.key), Err(SettingsError::NoCertificate));
    assert_eq!(read(&one.key, &one.key), Err(SettingsError::NoCertificate));
    assert_eq!(read(&one.chain, ""), Err(SettingsError::NoKey));
    assert_eq!(read(&one.chain, &one.chain), Err(SettingsError::NoKey));
    assert_eq!(read(&one.chain, &two.key), Err(SettingsError::KeyMismatch));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(read(&one.chain, encrypted), Err(SettingsError::EncryptedKey));
    let cut = &one.chain[..one.chain.len() / 2];
    assert!(matches!(read(cut, &one.key), Err(SettingsError::Pem(_))));
    let none = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert!(matches!(read(none, &one.key), Err(SettingsError::Certificate(_))));
    assert!(matches!(Roots::from_pem(none.as_bytes()), Err(SettingsError::Certificate(_))));
    assert!(matches!(Roots::from_pem(b""), Err(SettingsError::NoCertificate)));
}

/// The order of a chain is the server's business; that its own certificate comes first is told by the key.
#[test]
fn the_server_s_certificate_comes_first() {
    let authority = Authority::new("Test");
    let leaf = authority.certify(&["mx.example.com"]);
    let reversed = authority.pem.clone() + leaf.chain.strip_suffix(&authority.pem).unwrap();
    assert_eq!(
        Identity::from_pem(reversed.as_bytes(), leaf.key.as_bytes()).map(|_| ()),
        Err(SettingsError::KeyMismatch)
    );
}

#[test]
fn names_are_those_of_the_certificate() {
    let leaf = Leaf::self_signed(&["MX.Example.com", "*.example.net"]);
    assert_eq!(leaf.identity().names().collect::<Vec<_>>(), ["mx.example.com", "*.example.net"]);
}

#[test]
fn roots_in_der_leave_out_what_is_none() {
    let authority = Authority::new("Test");
    let (roots, left_out) = Roots::from_der([authority.der.as_slice(), b"none"]);
    assert_eq!((roots.len(), left_out), (1, 1));
}

/// Whoever serves many domains hands in many certificates: each costs the same, however many there are.
#[test]
fn many_identities_are_added_in_linear_time() {
    let identity = Leaf::self_signed(&["one.example"]).identity();
    let start = std::time::Instant::now();
    let mut server = passerelle::tls::ServerTls::new(identity.clone());
    for _ in 0..30_000 {
        server = server.identity(identity.clone());
    }
    // Some 450 million copies, if each time all were copied.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    drop(server);
}
