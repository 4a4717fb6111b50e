//! The dialogue as a host may show it.

use std::sync::Arc;

use passerelle::smtp::client::{Client, Envelope, Event, Settings, Trace};
use passerelle::smtp::sasl::client::{Account, Settings as Authentication};
use passerelle::smtp::sasl::{Entropy, Mechanism, Secret};

use crate::dialogue::{Play, WHOLE, envelope, settings, start};

fn traced() -> Settings {
    Settings { trace: true, ..settings() }
}

fn lines(play: &Play) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Trace(Trace::Received(line)) => Some(format!("S: {line}")),
        Event::Trace(Trace::Sent(line)) => Some(format!("C: {line}")),
        _ => None,
    };
    play.events.iter().filter_map(line).collect()
}

fn played(settings: Settings, envelopes: &[Envelope], sizes: (usize, usize), script: &str) -> Vec<String> {
    let mut play = Play::new(Client::new(settings, start()), envelopes, sizes);
    let script: String = script.lines().map(|line| line.trim().to_owned() + "\n").collect();
    play.script(&script);
    lines(&play)
}

/// The same whatever the chunks.
#[test]
fn a_dialogue() {
    let script = "
        S: 220-mx.example
        S: 220 ESMTP
        C: EHLO
        S: 250-mx.example
        S: 250 PIPELINING
        ! send
        S: 250 2.1.0 Ok
        S: 250 2.1.5 Ok
        S: 354 Go on
        ! content Hello
        ! content .
        ! end
        S: 250 2.0.0 Queued
        ! quit
        S: 221 Bye";
    for sizes in [WHOLE, (1, 1), (3, 7)] {
        assert_eq!(
            played(traced(), &[envelope(&["bob@mx.example"])], sizes, script),
            [
                "S: 220-mx.example",
                "S: 220 ESMTP",
                "C: EHLO client.example",
                "S: 250-mx.example",
                "S: 250 PIPELINING",
                "C: MAIL FROM:<ann@client.example>",
                "C: RCPT TO:<bob@mx.example>",
                "C: DATA",
                "S: 250 2.1.0 Ok",
                "S: 250 2.1.5 Ok",
                "S: 354 Go on",
                "C: <10 octets> .",
                "S: 250 2.0.0 Queued",
                "C: QUIT",
                "S: 221 Bye",
            ]
        );
    }
    assert!(played(settings(), &[envelope(&["bob@mx.example"])], WHOLE, script).is_empty(), "only where asked for");
}

#[test]
fn chunks_and_content_that_is_broken_off() {
    let begins = "
        S: 220 mx.example
        C: EHLO
        S: 250-mx.example
        S: 250 CHUNKING
        ! send
        S: 250 Ok
        C: RCPT
        S: 250 Ok
        ! content 0123456789";
    let chunked = Settings { chunk_size: 8, ..traced() };
    let script = format!("{begins}\nS: 250 Ok\n! end\nS: 250 Ok");
    let lines = played(chunked, &[envelope(&["bob@mx.example"])], WHOLE, &script);
    assert_eq!(
        lines[lines.len() - 6..],
        ["C: BDAT 8", "C: <8 octets>", "S: 250 Ok", "C: BDAT 4 LAST", "C: <4 octets>", "S: 250 Ok"]
    );
    let begins = begins.replace("CHUNKING", "SIZE").replace("! content", "C: DATA\nS: 354 Go on\n! content");
    let lines = played(traced(), &[envelope(&["bob@mx.example"])], WHOLE, &format!("{begins}\nS: 552 Too much"));
    assert_eq!(lines[lines.len() - 2..], ["S: 552 Too much", "C: <12 octets>"]);
}

/// What is no reply is shown as far as it came: it tells what the server is instead.
#[test]
fn what_is_no_reply() {
    let lines = played(traced(), &[], WHOLE, "S: SSH-2.0-OpenSSH_9.2p1");
    assert_eq!(lines, ["S: SSH-2.0-OpenSSH_9.2p1 <a line does not begin with a reply code>"]);
}

/// Passwords are not in it, and lines that were never polled neither.
#[test]
fn no_passwords_and_nothing_that_was_not_said() {
    let client = |mechanism| {
        let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
        let account =
            Authentication { mechanisms: vec![mechanism], secrets_in_clear_text: true, ..Authentication::new(account) };
        Client::new(traced(), start()).authenticating(Arc::new(account), Entropy::new([1; 32]))
    };
    let mut play = Play::new(client(Mechanism::Plain), &[], WHOLE);
    play.script("S: 220 mx.example\nC:\nS: 250-mx.example\nS: 250 AUTH PLAIN LOGIN\nC:\nS: 235 Welcome\n");
    assert_eq!(lines(&play)[4..], ["C: AUTH PLAIN <response>", "S: 235 Welcome"]);
    let mut play = Play::new(client(Mechanism::Login), &[], WHOLE);
    play.script("S: 220 mx.example\n");
    for line in ["250-mx.example\nS: 250 AUTH PLAIN LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 Welcome"] {
        play.script(&format!("S: {line}\n"));
    }
    let lines_of_login = lines(&play);
    assert_eq!(lines_of_login.iter().filter(|line| *line == "C: <response>").count(), 2, "{lines_of_login:?}");
    assert!(lines_of_login.contains(&"C: AUTH LOGIN".to_owned()), "{lines_of_login:?}");
    // A reply slipped in before AUTH could be polled.
    let mut play = Play::new(client(Mechanism::Plain), &[], WHOLE);
    play.script("S: 220 mx.example\nC:\nS: 250-mx.example\nS: 250 AUTH PLAIN\nS: 235 Welcome\n");
    assert_eq!(lines(&play)[2..], ["S: 250-mx.example", "S: 250 AUTH PLAIN", "S: 235 Welcome"]);
}
