//! TLS: at once, by STARTTLS, and what is put behind it in clear text.

use passerelle::Misuse;
use passerelle::smtp::client::{Client, Event, Settings, Tls, Without};
use passerelle::tls::Converse;

use crate::dialogue::{Play, WHOLE, dialogue, envelope, session, settings, start};

fn with(tls: Tls) -> Settings {
    Settings { tls, ..settings() }
}

#[test]
fn starttls() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-PIPELINING
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 Go on
        E: starts TLS
        ! tls
        C: EHLO client.example
        S: 250 mx.example
        E: ready, TLS
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>";
    // PIPELINING was offered in clear text only, and is forgotten.
    dialogue(&with(Tls::REQUIRED), &[envelope(&["bob@mx.example"])], script);
    dialogue(&with(Tls::OPPORTUNISTIC), &[envelope(&["bob@mx.example"])], script);
}

#[test]
fn implicit() {
    let script = "
        E: starts TLS
        ! tls
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        E: ready, TLS";
    dialogue(&with(Tls::Implicit), &[], script);
}

/// In the same octets as the reply to STARTTLS, and in their middle: whatever was put there is not read.
#[test]
fn injected_behind_the_reply_to_starttls() {
    let injected = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 Go on
        S: 250-evil.example
        S: 250-AUTH PLAIN
        S: 250 SMTPUTF8
        E: starts TLS
        ! tls
        C: EHLO client.example
        S: 250 mx.example
        E: ready, TLS";
    dialogue(&with(Tls::REQUIRED), &[], injected);
    let played = |octets: &str| {
        let mut play = Play::new(Client::new(with(Tls::REQUIRED), start()), &[], WHOLE);
        play.server(b"220 mx.example\r\n");
        play.server(b"250-mx.example\r\n250 STARTTLS\r\n");
        play.server(octets.as_bytes());
        assert!(play.client.starts_tls());
        play.client.secured(play.now, session(true)).unwrap();
        play.drain();
        play.server(b"250 mx.example\r\n");
        let Some(Event::Ready(ready)) = play.events.last() else { panic!("{:?}", play.events) };
        (ready.capabilities.clone(), play.wire)
    };
    let clean = played("220 Go on\r\n");
    assert_eq!(clean.0.name, "mx.example");
    // Half a reply must not be completed by what comes inside TLS.
    for injected in ["250 evil.example\r\n", "250-evil.example\r\n", "250-evil", "\0", "421 no\r\n", "x"] {
        assert_eq!(played(&format!("220 Go on\r\n{injected}")), clean, "{injected:?}");
    }
}

/// A reply that is there before the client has asked comes from somebody who has put it there.
#[test]
fn replies_ahead_of_starttls() {
    for replies in
        ["220 mx.example\r\n250-mx.example\r\n250 STARTTLS\r\n220 Go on\r\n", "220 mx.example\r\n250 mx.example\r\n"]
    {
        let mut play = Play::new(Client::new(with(Tls::OPPORTUNISTIC), start()), &[], WHOLE);
        play.server(replies.as_bytes());
        assert!(matches!(play.events[..], [Event::Closed(_)]), "{:?}", play.events);
        assert!(play.client.is_over() && !play.client.starts_tls());
    }
}

#[test]
fn not_offered() {
    let begins = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250 mx.example";
    let fails = "
        C: QUIT
        S: 221 Bye
        E: closed, the server does not offer STARTTLS";
    dialogue(&with(Tls::REQUIRED), &[], &format!("{begins}{fails}"));
    dialogue(&with(Tls::OPPORTUNISTIC), &[], &format!("{begins}\nE: ready"));
}

#[test]
fn not_offered_to_helo() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 502 No
        C: HELO client.example
        S: 250 mx.example
        C: QUIT
        S: 221 Bye
        E: closed, the server does not offer STARTTLS";
    dialogue(&with(Tls::REQUIRED), &[], script);
}

#[test]
fn refused() {
    let begins = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 454 4.7.0 Not now";
    let fails = "
        C: QUIT
        S: 221 Bye
        E: closed, the reply to STARTTLS was a refusal: 454 4.7.0 Not now";
    let strict = Tls::StartTls { not_offered: Without::GoOn, refused: Without::Fail };
    dialogue(&with(Tls::REQUIRED), &[], &format!("{begins}{fails}"));
    dialogue(&with(strict), &[], &format!("{begins}{fails}"));
    dialogue(&with(Tls::OPPORTUNISTIC), &[], &format!("{begins}\nE: ready"));
}

#[test]
fn the_handshake_fails_or_takes_too_long() {
    let begins = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 Go on
        E: starts TLS";
    dialogue(&with(Tls::REQUIRED), &[], &format!("{begins}\n! tls failed\nE: closed, TLS failed in the handshake"));
    let late = "! wait 119999\n! wait 1\nE: closed, waiting for the TLS handshake took too long";
    dialogue(&with(Tls::REQUIRED), &[], &format!("{begins}\n{late}"));
}

/// Octets during the handshake are TLS's, and TLS that nobody asked for is a mistake of the host.
#[test]
fn a_host_that_mixes_things_up() {
    let mut client = Client::new(with(Tls::Implicit), start());
    assert_eq!(client.octets(start(), b"220 mx.example\r\n"), Err(Misuse::NotReading));
    assert!(!client.wants_octets());
    let mut client = Client::new(with(Tls::REQUIRED), start());
    assert!(matches!(client.secured(start(), session(true)), Err(Misuse::OutOfOrder(_))));
    assert!(!client.starts_tls());
}

/// While STARTTLS itself has not been polled, TLS must not begin.
#[test]
fn tls_begins_when_everything_in_clear_text_is_out() {
    let mut client = Client::new(with(Tls::Implicit), start());
    assert!(client.starts_tls());
    client.secured(start(), session(true)).unwrap();
    assert!(!client.starts_tls() && client.wants_octets());
}
