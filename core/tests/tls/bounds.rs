//! What a peer can make the layer hold, and what floods come to.

use passerelle::limits::MAX_TLS_PENDING;
use passerelle::tls::{ClientTls, Event, Input, Verification};
use passerelle::{Machine, Misuse};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use std::io::Write;
use std::sync::Arc;

use crate::certificates::Leaf;
use crate::pair::{Pair, drain, failure, lines};
use crate::toy::{Start, Tell};

fn pair() -> Pair {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    let mut pair = Pair::new(&server, &ClientTls::new(Verification::None), Start::StartTls);
    pair.run();
    pair
}

#[test]
fn nothing_is_deciphered_while_the_machine_waits() {
    let mut pair = pair();
    pair.client_says("WAIT\r\n");
    assert!(!pair.server.wants_wire());
    pair.client.handle(pair.now, Input::Inner(Tell::Say("later\r\n"))).unwrap();
    let wire = drain(&mut pair.client, &mut pair.heard_by_client);
    assert_eq!(pair.server.handle(pair.now, Input::Wire(&wire)), Err(Misuse::NotReading));
    pair.server.handle(pair.now, Input::Inner(Tell::Go)).unwrap();
    assert!(pair.server.wants_wire());
    pair.server.handle(pair.now, Input::Wire(&wire)).unwrap();
    pair.run();
    assert_eq!(lines(&pair.heard_by_server), ["WAIT", "later"]);
}

/// Records behind the one that makes the machine wait stay as they came, and are read when it goes on.
#[test]
fn records_wait_for_the_machine() {
    let mut pair = pair();
    for text in ["one\r\nWAIT\r\n", "two\r\n", "WAIT\r\n", "three\r\n"] {
        pair.client.handle(pair.now, Input::Inner(Tell::Say(text))).unwrap();
    }
    pair.run();
    assert_eq!(lines(&pair.heard_by_server), ["one", "WAIT"]);
    pair.server.handle(pair.now, Input::Inner(Tell::Go)).unwrap();
    assert_eq!(lines(&pair.run().heard_by_server), ["one", "WAIT", "two", "WAIT"]);
    pair.server.handle(pair.now, Input::Inner(Tell::Go)).unwrap();
    assert_eq!(lines(&pair.run().heard_by_server).last(), Some(&"three"));
}

#[test]
fn a_host_that_does_not_poll_is_stopped() {
    let mut pair = pair();
    let line = "x".repeat(4000) + "\r\n";
    let mut held = 0;
    while pair.server.wants_wire() {
        pair.client.handle(pair.now, Input::Inner(Tell::Say(&line))).unwrap();
        let wire = drain(&mut pair.client, &mut pair.heard_by_client);
        pair.server.handle(pair.now, Input::Wire(&wire)).unwrap();
        held += wire.len();
        assert!(held < MAX_TLS_PENDING + wire.len());
    }
    assert!(held >= MAX_TLS_PENDING);
    assert_eq!(pair.server.handle(pair.now, Input::Wire(b"x")), Err(Misuse::NotReading));
    drain(&mut pair.server, &mut pair.heard_by_server);
    assert!(pair.server.wants_wire());
    assert_eq!(lines(&pair.heard_by_server).len(), held.div_ceil(4000 + 2 + 22));
}

/// A client of rustls's own, that can misbehave in ways ours can't.
fn hostile(pair: &mut Pair) -> ClientConnection {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().dangerous();
    let config = builder.with_custom_certificate_verifier(Arc::new(Anything)).with_no_client_auth();
    let name = ServerName::try_from("mx.example.com").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    while client.is_handshaking() || client.wants_write() {
        exchange(pair, &mut client);
    }
    client
}

/// Hands over what the client has to say; gives back how many octets the server answered.
fn exchange(pair: &mut Pair, client: &mut ClientConnection) -> usize {
    let mut wire = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut wire).unwrap();
    }
    if pair.server.wants_wire() {
        pair.server.handle(pair.now, Input::Wire(&wire)).unwrap();
    }
    let answer = drain(&mut pair.server, &mut pair.heard_by_server);
    let mut rest = answer.as_slice();
    while !rest.is_empty() {
        client.read_tls(&mut rest).unwrap();
        let _ = client.process_new_packets();
    }
    answer.len()
}

fn implicit() -> Pair {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    Pair::new(&server, &ClientTls::new(Verification::None), Start::Implicit)
}

/// Requests for new keys (RFC 8446 §4.6.3) are answered once before the next octets go out, and too many in a row are no
/// conversation.
#[test]
fn a_flood_of_key_updates() {
    let mut pair = implicit();
    let mut client = hostile(&mut pair);
    let (mut given, mut answered) = (0, 0);
    while pair.server.wants_wire() && given < 2000 {
        client.refresh_traffic_keys().unwrap();
        answered += exchange(&mut pair, &mut client);
        given += 1;
    }
    assert!(given <= 40 && answered < 100, "{given} requests, {answered} octets");
    failure(&pair.heard_by_server);
}

/// A few are.
#[test]
fn new_keys_now_and_then() {
    let mut pair = implicit();
    let mut client = hostile(&mut pair);
    for _ in 0..100 {
        client.refresh_traffic_keys().unwrap();
        client.writer().write_all(b"hello\r\n").unwrap();
        exchange(&mut pair, &mut client);
    }
    assert_eq!(lines(&pair.heard_by_server), ["hello"; 100]);
}

/// Clear-text records during the handshake, of which TLS 1.3 ignores a few (RFC 8446 §5), and TLS 1.2 none.
#[test]
fn a_flood_of_empty_records() {
    for record in [
        &b"\x14\x03\x03\x00\x01\x01"[..],
        b"\x16\x03\x03\x00\x00",
        b"\x17\x03\x03\x00\x00",
        b"\x15\x03\x03\x00\x02\x01\x5a",
    ] {
        let mut pair = implicit();
        let mut given = 0;
        while pair.server.wants_wire() && given < 1000 {
            pair.server.handle(pair.now, Input::Wire(record)).unwrap();
            drain(&mut pair.server, &mut pair.heard_by_server);
            given += 1;
        }
        assert!(given <= 40, "{given} records {record:?}");
        failure(&pair.heard_by_server);
    }
}

/// A handshake message says that it is long; it is refused before it has come.
#[test]
fn a_handshake_message_that_is_too_long() {
    let mut pair = implicit();
    // A ClientHello of 2^24 - 1 octets, in full records.
    let mut record = b"\x16\x03\x01\x40\x00\x01\xff\xff\xff".to_vec();
    record.resize(5 + 16_384, 0);
    let mut given = 0;
    while pair.server.wants_wire() {
        pair.server.handle(pair.now, Input::Wire(&record)).unwrap();
        drain(&mut pair.server, &mut pair.heard_by_server);
        given += record.len();
        record.truncate(5);
        record.resize(5 + 16_384, 0);
    }
    assert!(given <= 80_000, "{given} octets");
    failure(&pair.heard_by_server);
}

#[test]
fn a_tick_before_anything() {
    let mut pair = implicit();
    pair.server.handle(pair.now, Input::Tick).unwrap();
    pair.run();
    assert!(pair.heard_by_server.iter().any(|event| matches!(event, Event::Secured(_))));
}

#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
