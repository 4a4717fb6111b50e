//! `smtp_server` and `smtp_client`, with each other over the loopback.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use passerelle::Domain;
use passerelle::smtp::server::Decision;
use passerelle::tls::ServerTls;

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/smtp_client.rs"]
mod smtp_client;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/smtp_server.rs"]
mod smtp_server;

const MESSAGE: &[u8] = b"From: ann@client.example\r\nSubject: Hello\r\n\r\n.Hello.\r\n";

/// What the server took, in clear text or not, and what the client was told.
fn exchange(names: &str, recipient: &str) -> (Vec<Vec<u8>>, Result<bool, String>) {
    let made = rcgen::generate_simple_self_signed(vec![names.to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tls = ServerTls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut taken = Vec::new();
        let settings = Arc::new(smtp_server::settings("mx.example.com").unwrap());
        let served = smtp_server::serve(stream, settings, &tls, |message, octets| {
            assert_eq!(message.protocol, "ESMTPS");
            taken.push(octets.to_vec());
            Decision::Accept
        });
        (taken, served.map_err(|error| error.to_string()))
    });
    let host = Domain::parse("mx.example.com").unwrap();
    let tls = smtp_client::client_tls(&host, certificate.as_bytes()).unwrap();
    let envelope = smtp_client::envelope("ann@client.example", recipient, MESSAGE).unwrap();
    let sent = smtp_client::send(TcpStream::connect(address).unwrap(), &tls, envelope, MESSAGE);
    let (taken, served) = server.join().unwrap();
    // A client that does not trust the server breaks off.
    assert!(served.is_ok() || sent.is_err(), "{served:?}");
    let accepted = sent.map(|outcome| outcome.recipients.iter().all(|recipient| recipient.delivery.is_accepted()));
    (taken, accepted.map_err(|error| error.to_string()))
}

#[test]
fn a_message_goes_from_the_client_to_the_server_by_starttls() {
    assert_eq!(exchange("mx.example.com", "bob@mx.example.com"), (vec![MESSAGE.to_vec()], Ok(true)));
}

#[test]
fn the_server_relays_nothing_and_the_client_says_so() {
    assert_eq!(exchange("mx.example.com", "bob@elsewhere.example"), (vec![], Ok(false)));
}

#[test]
fn a_certificate_for_another_name_is_refused_and_nothing_is_sent() {
    let (taken, accepted) = exchange("other.example.com", "bob@mx.example.com");
    assert!(taken.is_empty() && accepted.is_err(), "{accepted:?}");
}
