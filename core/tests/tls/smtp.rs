//! The SMTP machines inside TLS: one message, from our client to our server.

use std::sync::Arc;

use passerelle::mailbox::{ForwardPath, Host, ReversePath};
use passerelle::smtp::client::{self, Client, Delivery, Envelope};
use passerelle::smtp::server::{self, Decision, Decisions, Extensions, Request, Server, TlsPolicy};
use passerelle::tls::{ClientTls, Event, Input, Layer, ServerTls, Session, Verification};
use passerelle::{Domain, Machine, Now, Output};

use crate::certificates::{Authority, NOW};

const MESSAGE: &[u8] = b"Subject: Hello\r\n\r\n.Hello.\r\n";

/// What came of a message.
#[derive(Debug, Default)]
struct Outcome {
    received: Vec<u8>,
    accepted: bool,
    server: Option<Session>,
    client: Option<Session>,
}

/// Sends a message, the wire in chunks; `first` comes before the client's first octet, in the same chunk.
fn deliver(server: &server::Settings, client: &client::Settings, chunk: usize, first: &[u8]) -> Outcome {
    let now = Now::at(NOW);
    let (server_tls, client_tls) = settings();
    let server = Server::new(Arc::new(server.clone()), Some("192.0.2.1:49152".parse().unwrap()), None, [7; 32], now);
    let mut server = Layer::server(server, &server_tls, now);
    let mut client = Layer::client(Client::new(client.clone(), now), &client_tls, now);
    let mut outcome = Outcome::default();
    let (mut to_server, mut to_client) = (first.to_vec(), Vec::new());
    loop {
        let mut is_quiet = true;
        loop {
            match client.poll() {
                Output::Transmit(octets) => to_server.extend(octets),
                Output::Event(Event::Secured(session)) => outcome.client = Some(session),
                Output::Event(Event::Inner(client::Event::Ready(_))) => {
                    let from = ReversePath::parse("<ann@example.com>").unwrap();
                    let to = ForwardPath::parse("<bob@example.org>").unwrap();
                    let envelope = Box::new(Envelope::new(from, [to]));
                    client.handle(now, Input::Inner(client::Input::Send(envelope))).unwrap();
                }
                Output::Event(Event::Inner(client::Event::WantsContent)) => {
                    client.handle(now, Input::Inner(client::Input::Content(MESSAGE))).unwrap();
                    client.handle(now, Input::Inner(client::Input::ContentEnd)).unwrap();
                }
                Output::Event(Event::Inner(client::Event::Sent(sent))) => {
                    outcome.accepted = matches!(sent.recipients[0].delivery, Delivery::Accepted(_));
                    client.handle(now, Input::Inner(client::Input::Quit)).unwrap();
                }
                Output::Event(Event::Failed(failure)) => panic!("{failure}"),
                Output::Event(Event::Inner(_)) => {}
                other => {
                    assert!(matches!(other, Output::Idle { .. }), "{other:?}");
                    break;
                }
            }
        }
        for chunk in std::mem::take(&mut to_server).chunks(chunk) {
            is_quiet = false;
            if server.wants_wire() {
                server.handle(now, Input::Wire(chunk)).unwrap();
            }
            loop {
                match server.poll() {
                    Output::Transmit(octets) => to_client.extend(octets),
                    Output::Event(Event::Secured(session)) => outcome.server = Some(session),
                    Output::Event(Event::Inner(server::Event::Content(octets))) => outcome.received.extend(octets),
                    Output::Event(Event::Inner(server::Event::Decide { id, request, .. })) => {
                        assert!(matches!(request, Request::Message(_)));
                        server.handle(now, Input::Inner(server::Input::Decide(id, Decision::Accept))).unwrap();
                    }
                    Output::Event(Event::Failed(failure)) => panic!("{failure}"),
                    Output::Event(Event::Inner(_)) => {}
                    _ => break,
                }
            }
        }
        if to_client.is_empty() {
            while let Output::Transmit(octets) = server.poll() {
                to_client.extend(octets);
            }
        }
        for chunk in std::mem::take(&mut to_client).chunks(chunk) {
            is_quiet = false;
            if client.wants_wire() {
                client.handle(now, Input::Wire(chunk)).unwrap();
            }
        }
        if is_quiet {
            assert!(server.is_over() && client.is_over());
            return outcome;
        }
    }
}

fn settings() -> (ServerTls, ClientTls) {
    let authority = Authority::new("Test");
    let name = Domain::parse("mx.example.org").unwrap();
    let client = ClientTls::new(Verification::Name(authority.roots(), vec![name.clone()])).server_name(&name);
    (authority.certify(&["mx.example.org"]).server(), client)
}

fn server() -> server::Settings {
    server::Settings {
        hostname: "mx.example.org".into(),
        local_domains: vec![Domain::parse("example.org").unwrap()],
        decisions: Decisions { message: true, ..Decisions::default() },
        extensions: Extensions { starttls: true, ..Extensions::default() },
        ..server::Settings::default()
    }
}

fn client(tls: client::Tls) -> client::Settings {
    client::Settings { tls, ..client::Settings::new(Host::Domain(Domain::parse("client.example.com").unwrap())) }
}

fn check(outcome: &Outcome) {
    assert!(outcome.accepted, "{outcome:?}");
    assert_eq!(outcome.received, MESSAGE);
    let (server, client) = (outcome.server.as_ref().unwrap(), outcome.client.as_ref().unwrap());
    assert!(client.verified);
    assert_eq!(server.binding, client.binding);
}

#[test]
fn a_message_by_starttls() {
    for chunk in [1, 7, 100_000] {
        check(&deliver(&server(), &client(client::Tls::REQUIRED), chunk, b""));
    }
}

#[test]
fn a_message_by_implicit_tls() {
    let server = server::Settings { tls: TlsPolicy { implicit: true, ..TlsPolicy::default() }, ..server() };
    for chunk in [1, 7, 100_000] {
        check(&deliver(&server, &client(client::Tls::Implicit), chunk, b""));
    }
}

/// A proxy sends its header and the ClientHello in one segment.
#[test]
fn a_message_by_implicit_tls_behind_a_proxy() {
    let tls = TlsPolicy { implicit: true, ..TlsPolicy::default() };
    let server = server::Settings { tls, proxy_from: vec!["192.0.2.1/32".parse().unwrap()], ..server() };
    for chunk in [1, 7, 100_000] {
        let header = b"PROXY TCP4 198.51.100.1 192.0.2.1 40000 465\r\n";
        check(&deliver(&server, &client(client::Tls::Implicit), chunk, header));
    }
}
