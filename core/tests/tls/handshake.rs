//! Handshakes that come about, and what is known of the session then.

use passerelle::Domain;
use passerelle::crypto::Sha256;
use passerelle::tls::{ClientCertificates, ClientTls, Event, ResultType, ServerTls, Verification, Version};

use crate::certificates::{Authority, Leaf, for_clients};
use crate::pair::{Pair, failure, lines, session};
use crate::toy::{Said, Start};

fn trusting(authority: &Authority, name: &str) -> ClientTls {
    let name = Domain::parse(name).unwrap();
    ClientTls::new(Verification::Name(authority.roots(), vec![name.clone()])).server_name(&name)
}

#[test]
fn both_sides_come_to_the_same_session() {
    let authority = Authority::new("Test");
    let leaf = authority.certify(&["mx.example.com"]);
    let client = trusting(&authority, "mx.example.com");
    for start in [Start::Implicit, Start::StartTls] {
        let mut pair = Pair::new(&leaf.server(), &client, start);
        pair.run().client_says("hello\r\n");
        let (ours, theirs) = (pair.session(), session(&pair.heard_by_server));
        assert_eq!(ours.version, Version::Tls13);
        assert_eq!(ours.cipher_suite, "TLS_AES_256_GCM_SHA384");
        assert_eq!(theirs.server_name.as_deref(), Some("mx.example.com"));
        assert!(ours.verified && !theirs.verified);
        assert_eq!(ours.binding, theirs.binding);
        assert!(ours.binding.exporter.is_some());
        // The certificate is signed by ECDSA with SHA-256.
        assert_eq!(ours.binding.server_end_point, Some(Sha256::digest(&leaf.der).to_vec()));
        assert_eq!(lines(&pair.heard_by_server), ["hello"]);
        assert_eq!(pair.heard_by_client.last(), Some(&Event::Inner(Said::Line("echo hello".into(), true))));
    }
}

#[test]
fn two_connections_have_different_exporters() {
    let authority = Authority::new("Test");
    let server = authority.certify(&["mx.example.com"]).server();
    let client = trusting(&authority, "mx.example.com");
    let exporters = [(); 2].map(|()| Pair::new(&server, &client, Start::Implicit).run().session().binding.exporter);
    assert_ne!(exporters[0], exporters[1]);
}

#[test]
fn tls_1_2() {
    let authority = Authority::new("Test");
    let server = authority.certify(&["mx.example.com"]).server();
    let client = trusting(&authority, "mx.example.com");
    for (server, client) in
        [(server.clone().only(Version::Tls12), client.clone()), (server, client.only(Version::Tls12))]
    {
        let mut pair = Pair::new(&server, &client, Start::StartTls);
        pair.run().client_says("hello\r\n");
        let (ours, theirs) = (pair.session(), session(&pair.heard_by_server));
        assert_eq!(ours.version, Version::Tls12);
        assert_eq!(ours.cipher_suite, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        assert_eq!(ours.binding, theirs.binding);
        assert_eq!(ours.binding.exporter, None);
        assert!(ours.binding.server_end_point.is_some());
        assert_eq!(lines(&pair.heard_by_server), ["hello"]);
    }
}

#[test]
fn no_version_in_common() {
    let authority = Authority::new("Test");
    let server = authority.certify(&["mx.example.com"]).server();
    let client = trusting(&authority, "mx.example.com");
    for (ours, theirs) in [(Version::Tls12, Version::Tls13), (Version::Tls13, Version::Tls12)] {
        let mut pair = Pair::new(&server.clone().only(ours), &client.clone().only(theirs), Start::Implicit);
        pair.run();
        for failure in [pair.failure(), failure(&pair.heard_by_server)] {
            assert_eq!(failure.result, ResultType::ValidationFailure);
            assert!(failure.advice.contains("TLS 1.2 or 1.3"), "{failure:?}");
        }
        assert!(pair.server.is_over() && pair.client.is_over());
    }
}

/// Which certificate a client is shown that asks for `name`: its first name.
fn shown(server: &ServerTls, authority: &Authority, name: Option<&str>, names: &[&str]) -> String {
    let found = names.iter().find(|candidate| {
        let verification = Verification::Name(authority.roots(), vec![Domain::parse(candidate).unwrap()]);
        let client = ClientTls::new(verification);
        let client = match name {
            Some(name) => client.server_name(&Domain::parse(name).unwrap()),
            None => client,
        };
        let mut pair = Pair::new(server, &client, Start::Implicit);
        pair.run().heard_by_client.iter().any(|event| matches!(event, Event::Secured(_)))
    });
    found.unwrap().to_string()
}

#[test]
fn the_certificate_is_chosen_by_name() {
    let authority = Authority::new("Test");
    let names = ["default.example", "mx.example.com", "any.example.net"];
    let server = authority.certify(&["default.example"]).server();
    let server = server.identity(authority.certify(&["mx.example.com"]).identity());
    let server = server.identity(authority.certify(&["*.example.net"]).identity());
    let shown = |name| shown(&server, &authority, name, &names);
    assert_eq!(shown(Some("mx.example.com")), "mx.example.com");
    assert_eq!(shown(Some("MX.Example.COM")), "mx.example.com");
    assert_eq!(shown(Some("one.example.net")), "any.example.net");
    // A wildcard stands for one label.
    assert_eq!(shown(Some("example.net")), "default.example");
    assert_eq!(shown(Some("two.one.example.net")), "default.example");
    assert_eq!(shown(Some("elsewhere.example")), "default.example");
    assert_eq!(shown(None), "default.example");
}

#[test]
fn settings_are_replaced_at_run_time() {
    let authority = Authority::new("Test");
    let client = trusting(&authority, "mx.example.com");
    let (old, new) = (authority.certify(&["mx.example.com"]), authority.certify(&["mx.example.com"]));
    let mut server = old.server();
    let mut before = Pair::new(&server, &client, Start::StartTls);
    server = new.server();
    let mut after = Pair::new(&server, &client, Start::StartTls);
    let end_point = |pair: &mut Pair| pair.run().session().binding.server_end_point;
    assert_eq!(end_point(&mut before), Some(Sha256::digest(&old.der).to_vec()));
    assert_eq!(end_point(&mut after), Some(Sha256::digest(&new.der).to_vec()));
    before.client_says("still here\r\n");
    assert_eq!(lines(&before.heard_by_server), ["still here"]);
}

#[test]
fn client_certificates() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Other"));
    let server = authority.certify(&["mx.example.com"]).server();
    let own = authority.certify_as(&["client.example"], for_clients);
    let foreign = other.certify_as(&["client.example"], for_clients);
    let server_only = Leaf::self_signed(&["client.example"]);
    let verifying = || ClientCertificates::Verified(authority.roots());
    for (asked, shown, expected) in [
        (ClientCertificates::Ignored, Some(&own), None),
        (ClientCertificates::Asked, None, None),
        (ClientCertificates::Asked, Some(&own), Some(false)),
        (verifying(), None, None),
        (verifying(), Some(&own), Some(true)),
        (verifying(), Some(&foreign), Some(false)),
        (verifying(), Some(&server_only), Some(false)),
    ] {
        for version in [Version::Tls12, Version::Tls13] {
            let mut client = trusting(&authority, "mx.example.com");
            if let Some(leaf) = shown {
                client = client.identity(leaf.identity());
            }
            let server = server.clone().client_certificates(asked.clone()).only(version);
            let mut pair = Pair::new(&server, &client, Start::Implicit);
            pair.run().client_says("hello\r\n");
            assert_eq!(lines(&pair.heard_by_server), ["hello"]);
            let certificate = session(&pair.heard_by_server).client_certificate;
            assert_eq!(certificate.as_ref().map(|c| c.verified), expected, "{asked:?}");
            assert_eq!(certificate.map(|c| c.der), expected.and(shown).map(|leaf| leaf.der.clone()));
        }
    }
}

/// A scanner that tries RSA alone, at a server with an ECDSA key: the reason says what is missing.
#[test]
fn a_client_that_verifies_no_signature_of_ours() {
    use passerelle::tls::{Input, Layer};
    use passerelle::{Machine, Now, Output};

    // ClientHello of TLS 1.2: ECDHE_RSA_WITH_AES_128_GCM_SHA256; x25519; rsa_pkcs1_sha256 (RFC 5246 §7.4.1.2).
    let extensions = [
        &b"\x00\x0a\x00\x04\x00\x02\x00\x1d"[..],
        b"\x00\x0b\x00\x02\x01\x00",
        b"\x00\x0d\x00\x04\x00\x02\x04\x01",
        b"\x00\x17\x00\x00",
    ]
    .concat();
    let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let hello = [b"\x03\x03", &[7; 32][..], b"\x00\x00\x02\xc0\x2f\x01\x00", &length, &extensions].concat();
    let handshake = [b"\x01\x00", &u16::try_from(hello.len()).unwrap().to_be_bytes()[..], &hello].concat();
    let record = [b"\x16\x03\x01", &u16::try_from(handshake.len()).unwrap().to_be_bytes()[..], &handshake].concat();
    let server = Authority::new("Test").certify(&["mx.example.com"]).server();
    let now = Now::at(crate::certificates::NOW);
    let mut layer = Layer::server(crate::toy::Toy::new(crate::toy::Role::Server, Start::Implicit), &server, now);
    layer.handle(now, Input::Wire(&record)).unwrap();
    let reason = loop {
        match layer.poll() {
            Output::Event(Event::Failed(failure)) => break failure.reason,
            Output::Idle { .. } => panic!("it does not fail"),
            _ => {}
        }
    };
    assert_eq!(reason, "the client verifies no kind of signature that this server's keys can make");
}
