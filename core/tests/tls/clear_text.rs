//! Clear text around STARTTLS, and where TLS should be.

use passerelle::tls::{ClientTls, End, Event, Failure, Input, Layer, ResultType, Verification};
use passerelle::{Machine, Misuse, Now, Output};

use crate::certificates::{Leaf, NOW};
use crate::pair::{Pair, Side, drain, failure, lines};
use crate::toy::{Role, Said, Start, Tell, Toy};

fn pair(start: Start) -> Pair {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    Pair::new(&server, &ClientTls::new(Verification::None), start)
}

fn wire(side: &mut Side, octets: &[u8]) {
    side.handle(Now::at(NOW), Input::Wire(octets)).unwrap();
}

/// The pair, with what an attacker puts behind STARTTLS on the way to the server.
fn inject_at_server(inject: impl FnOnce(&mut Side)) -> Pair {
    let mut pair = pair(Start::StartTls);
    let greeting = drain(&mut pair.server, &mut pair.heard_by_server);
    wire(&mut pair.client, &greeting);
    assert_eq!(drain(&mut pair.client, &mut pair.heard_by_client), b"STARTTLS\r\n");
    inject(&mut pair.server);
    pair.run().client_says("after\r\n");
    pair
}

fn injected_reached(heard: &[Event<Said>]) -> bool {
    heard.iter().any(|event| matches!(event, Event::Inner(Said::Line(line, _)) if line.contains("INJECTED")))
}

#[test]
fn what_a_client_sends_behind_starttls_is_dropped() {
    let one_chunk = inject_at_server(|server| wire(server, b"STARTTLS\r\nINJECTED\r\nINJEC"));
    let more_chunks = inject_at_server(|server| {
        for chunk in b"STARTTLS\r\nINJECTED\r\nINJEC".chunks(3) {
            wire(server, chunk);
        }
    });
    for pair in [one_chunk, more_chunks] {
        assert!(!injected_reached(&pair.heard_by_server));
        assert_eq!(lines(&pair.heard_by_server), ["after"]);
    }
}

/// After the server has answered, there is TLS: clear text is a failure.
#[test]
fn what_an_attacker_sends_after_the_reply_is_no_tls() {
    let pair = inject_at_server(|server| {
        wire(server, b"STARTTLS\r\n");
        assert_eq!(server.poll(), Output::Event(Event::Inner(Said::Line("STARTTLS".into(), false))));
        assert_eq!(server.poll(), Output::Transmit(b"220 go\r\n".to_vec()));
        // Whether the host has polled to the end or not.
        wire(server, b"INJECTED\r\n");
    });
    assert!(!injected_reached(&pair.heard_by_server));
    assert_eq!(failure(&pair.heard_by_server).result, ResultType::ValidationFailure);
    assert!(lines(&pair.heard_by_server).is_empty());
}

#[test]
fn what_a_server_sends_behind_its_reply_is_dropped() {
    for injected in [&[&b"220 go\r\n250 INJECTED\r\n250 INJ"[..]][..], &[b"220 go\r\n", b"250 INJECTED\r\n250 INJ"]] {
        let mut pair = pair(Start::StartTls);
        let greeting = drain(&mut pair.server, &mut pair.heard_by_server);
        wire(&mut pair.client, &greeting);
        let starttls = drain(&mut pair.client, &mut pair.heard_by_client);
        wire(&mut pair.server, &starttls);
        assert_eq!(drain(&mut pair.server, &mut pair.heard_by_server), b"220 go\r\n");
        for chunk in injected {
            wire(&mut pair.client, chunk);
        }
        pair.run().client_says("after\r\n");
        assert!(!injected_reached(&pair.heard_by_client));
        assert_eq!(lines(&pair.heard_by_server), ["after"]);
        assert_eq!(lines(&pair.heard_by_client), ["echo after"]);
    }
}

#[test]
fn clear_text_in_place_of_a_handshake() {
    for garbage in
        [&b"EHLO client.example\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", &[0; 64], &[0xff; 64], b"\x16\x03\x01\xff\xff"]
    {
        for chunk in [1, 3, garbage.len()] {
            let mut pair = pair(Start::Implicit);
            for chunk in garbage.chunks(chunk) {
                wire(&mut pair.server, chunk);
            }
            let sent = drain(&mut pair.server, &mut pair.heard_by_server);
            // An alert: a record of type 21, fatal.
            assert_eq!((sent.first(), sent.get(5)), (Some(&21), Some(&2)), "{garbage:?}");
            assert!(failure(&pair.heard_by_server).reason.contains("does not speak TLS"), "{garbage:?}");
            assert_eq!(pair.heard_by_server.last(), Some(&Event::Inner(Said::Ended(End::TlsFailed, 0))));
            assert!(pair.server.is_over() && !pair.server.wants_wire());
        }
    }
}

#[test]
fn a_server_that_speaks_clear_text_to_implicit_tls() {
    let mut pair = pair(Start::Implicit);
    assert!(!drain(&mut pair.client, &mut pair.heard_by_client).is_empty());
    wire(&mut pair.client, b"220 mx.example.com ESMTP\r\n");
    drain(&mut pair.client, &mut pair.heard_by_client);
    let Failure { result, advice, .. } = pair.failure();
    assert_eq!(result, ResultType::ValidationFailure);
    assert!(advice.contains("implicit TLS (port 465) and STARTTLS"), "{advice}");
}

#[test]
fn without_settings_there_is_clear_text_alone() {
    let now = Now::at(NOW);
    let mut side = Layer::clear(Toy::new(Role::Server, Start::StartTls), now);
    let mut heard = Vec::new();
    wire(&mut side, b"hello\r\nQUIT\r\n");
    assert_eq!(drain(&mut side, &mut heard), b"220 ready\r\necho hello\r\n221 bye\r\n");
    assert!(side.is_over());

    let mut side = Layer::clear(Toy::new(Role::Server, Start::StartTls), now);
    wire(&mut side, b"STARTTLS\r\n");
    drain(&mut side, &mut heard);
    assert!(failure(&heard).reason.contains("no settings"));
    assert!(side.is_over());
}

#[test]
fn the_inner_machine_s_misuse_is_the_host_s() {
    let mut side = Layer::clear(Toy::new(Role::Server, Start::StartTls), Now::at(NOW));
    assert_eq!(side.handle(Now::at(NOW), Input::Inner(Tell::Go)), Err(Misuse::NothingToDecide));
    side.handle(Now::at(NOW), Input::End(End::Orderly)).unwrap();
    assert_eq!(side.handle(Now::at(NOW), Input::Wire(b"x")), Err(Misuse::AfterEnd));
    assert_eq!(side.handle(Now::at(NOW), Input::End(End::Cut)), Err(Misuse::AfterEnd));
}
