//! Many recipients: commands ahead of replies, and never so many that both sides wait for each other (RFC 2920 §3.1).

use passerelle::limits::{MAX_COMMANDS_AHEAD, MAX_OCTETS_AHEAD};
use passerelle::smtp::client::{Client, Delivery};

use crate::dialogue::{Play, WHOLE, envelope, settings, start};
use crate::server::Server;

fn many(count: usize) -> Play {
    let recipients: Vec<String> = (0..count).map(|number| format!("user{number:05}@mx.example")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    Play::new(Client::new(settings(), start()), &[envelope(&recipients)], WHOLE)
}

#[test]
fn five_thousand_recipients() {
    let mut play = many(5000);
    let mut server = Server::new("250 PIPELINING");
    server.rcpt = |number| if number % 3 == 1 { "550 5.1.1 No" } else { "250 Ok" };
    let message = b"A: b\r\n\r\nx\r\n";
    assert_eq!(server.serve(&mut play, message), message);
    for (number, recipient) in play.outcomes()[0].recipients.iter().enumerate() {
        match number % 3 {
            1 => assert!(matches!(recipient.delivery, Delivery::Refused { .. }), "{recipient:?}"),
            _ => assert!(recipient.delivery.is_accepted(), "{recipient:?}"),
        }
    }
    assert!(server.most_commands > 50, "groups are large: {}", server.most_commands);
    assert!(server.most_commands <= MAX_COMMANDS_AHEAD);
}

/// A server that reads and does not answer is told no more than the bound.
#[test]
fn a_server_that_does_not_answer() {
    let mut play = many(5000);
    play.server(b"220 mx.example\r\n");
    play.server(b"250-mx.example\r\n250 PIPELINING\r\n");
    let before = play.wire.len();
    play.act("! send");
    play.drain();
    let ahead = &play.wire[before..];
    assert!(ahead.len() as u64 <= MAX_OCTETS_AHEAD + 600, "{}", ahead.len());
    assert_eq!(ahead.split(|octet| *octet == b'\n').count() - 1, MAX_COMMANDS_AHEAD);
    // Each reply makes room for one more.
    play.server(b"250 Ok\r\n");
    assert_eq!(play.wire.iter().filter(|octet| **octet == b'\n').count(), 1 + MAX_COMMANDS_AHEAD + 1);
}

/// With as many recipients, all refused: the replies are in before DATA would be the next, so it is not said.
#[test]
fn all_of_many_are_refused() {
    let mut play = many(1000);
    let mut server = Server::new("250 PIPELINING");
    server.rcpt = |_| "550 5.1.1 No";
    play.server(b"220 mx.example\r\n");
    for _ in 0..1000 {
        let replies = server.replies(&play.wire);
        play.server(&replies);
        if play.client.is_ready() && play.envelopes.len() == 1 {
            play.act("! send");
            play.drain();
        }
        if !play.outcomes().is_empty() {
            break;
        }
    }
    assert!(play.outcomes()[0].recipients.iter().all(|to| matches!(to.delivery, Delivery::Refused { .. })));
}
