//! How long the client waits: RFC 5321 §4.5.3.2, on a clock that the test moves.

use passerelle::smtp::client::{Settings, Timeouts};

use crate::dialogue::{dialogue, envelope, settings};

const MINUTE: u64 = 60_000;

/// One millisecond less than the limit changes nothing, the limit ends the connection.
#[track_caller]
fn limit(begins: &str, millis: u64, ends: &str) {
    let script = format!("{begins}\n! wait {}\n! wait 1\n{ends}", millis - 1);
    dialogue(&settings(), &[envelope(&["bob@mx.example"])], &script);
}

#[test]
fn each_has_its_own() {
    let message = |ends: &str| {
        let why = ends.split("closed, ").nth(1).unwrap();
        format!("E: bob@mx.example: not sent, {why}\n{ends}")
    };
    limit("", 5 * MINUTE, "E: closed, waiting for the greeting took too long");
    let mut script = "S: 220 mx.example\nC: EHLO client.example\n".to_owned();
    limit(&script, 5 * MINUTE, "E: closed, waiting for the reply to EHLO took too long");
    script += "S: 250 mx.example\nE: ready\n! send\nC: MAIL FROM:<ann@client.example>\n";
    limit(&script, 5 * MINUTE, &message("E: closed, waiting for the reply to MAIL took too long"));
    script += "S: 250 Ok\nC: RCPT TO:<bob@mx.example>\n";
    limit(&script, 5 * MINUTE, &message("E: closed, waiting for the reply to RCPT took too long"));
    script += "S: 250 Ok\nC: DATA\n";
    limit(&script, 2 * MINUTE, &message("E: closed, waiting for the reply to DATA took too long"));
    script += "S: 354 Go on\nE: wants content\n";
    limit(&script, 3 * MINUTE, &message("E: closed, waiting for the end of the content took too long"));
    script += "! wait 179999\n! content x\nC: x\n! wait 179999\n! content y\nC: y\n";
    limit(&script, 3 * MINUTE, &message("E: closed, waiting for the end of the content took too long"));
    script += "! end\nC: .\n";
    let why = "waiting for the reply to the end of the content took too long";
    limit(&script, 10 * MINUTE, &format!("E: bob@mx.example: unconfirmed, {why}\nE: closed, {why}"));
    script += "S: 250 Ok\nE: bob@mx.example: accepted, 250 Ok\n! wait 100000000\n! quit\nC: QUIT\n";
    limit(&script, MINUTE / 2, "E: closed, the connection was closed as asked");
}

/// A reply that comes octet by octet is one reply: its beginnings gain no time.
#[test]
fn a_slow_reply() {
    let script = "
        S: 220-mx.example
        ! wait 200000
        S: 220-mx.example
        ! wait 99999
        S: 220-mx.example
        ! wait 1
        E: closed, waiting for the greeting took too long";
    dialogue(&settings(), &[], script);
}

/// In a group each reply has its own time, from the reply before.
#[test]
fn in_groups() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 PIPELINING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        C: DATA
        ! wait 299999
        S: 250 Ok
        ! wait 299999
        S: 250 Ok
        ! wait 119999
        ! wait 1
        E: bob@mx.example: not sent, waiting for the reply to DATA took too long
        E: closed, waiting for the reply to DATA took too long";
    dialogue(&settings(), &[envelope(&["bob@mx.example"])], script);
}

#[test]
fn the_whole_session() {
    let timeouts = Timeouts { session: Some(MINUTE), ..Timeouts::default() };
    let settings = Settings { timeouts, ..settings() };
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        ! wait 59000
        S: 250 mx.example
        E: ready
        ! wait 999
        ! send
        C: MAIL FROM:<ann@client.example>
        ! wait 1
        E: bob@mx.example: not sent, the session took too long; it ended before the reply to MAIL
        E: closed, the session took too long; it ended before the reply to MAIL";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], script);
}

/// A host that comes late with octets that came late: the time was up.
#[test]
fn octets_do_not_stop_the_clock() {
    let mut play = crate::dialogue::Play::new(
        passerelle::smtp::client::Client::new(settings(), crate::dialogue::start()),
        &[],
        crate::dialogue::WHOLE,
    );
    play.now.monotonic = play.now.monotonic + 10 * MINUTE;
    play.server(b"220-mx");
    assert!(matches!(play.events[..], [passerelle::smtp::client::Event::Closed(_)]));
}
