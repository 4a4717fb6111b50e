//! The dialogue as a host may show it.

use std::sync::Arc;

use passerelle::smtp::sasl::SecretKey;
use passerelle::smtp::sasl::server as sasl;
use passerelle::smtp::server::{Event, Settings, Timeouts, Trace};

use crate::talk::{Talk, settings};

fn lines(talk: &Talk) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Trace(Trace::Received(line)) => Some(format!("C: {line}")),
        Event::Trace(Trace::Sent(line)) => Some(format!("S: {line}")),
        _ => None,
    };
    talk.events.iter().filter_map(line).collect()
}

#[test]
fn a_dialogue() {
    let mut talk = Talk::new(Settings { trace: true, ..settings() });
    talk.send("HELO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
    talk.send("Hello\r\n.\r\nQUIT\r\n");
    assert_eq!(
        lines(&talk),
        [
            "S: 220 mx.example.com ESMTP",
            "C: HELO a.example",
            "S: 250 mx.example.com",
            "C: MAIL FROM:<>",
            "S: 250 2.1.0 Sender OK",
            "C: RCPT TO:<bob@example.com>",
            "S: 250 2.1.5 Recipient OK",
            "C: DATA",
            "S: 354 Go ahead; end with <CRLF>.<CRLF>",
            "C: <7 octets> .",
            "S: 250 2.0.0 Message accepted",
            "C: QUIT",
            "S: 221 2.0.0 Bye",
        ]
    );
}

/// Passwords are not in it, right or wrong, well-formed or not.
#[test]
fn no_passwords() {
    let auth = sasl::Settings { secrets_in_clear_text: true, ..sasl::Settings::new(SecretKey::new([1; 32])) };
    let timeouts = Timeouts { auth_delay: 0, ..Timeouts::default() };
    let mut talk = Talk::new(Settings { trace: true, auth: Some(Arc::new(auth)), timeouts, ..settings() });
    talk.send("EHLO a.example\r\n");
    for octets in [
        "AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
        "AUTH PLAIN\r\n",
        "AGFubgBwZW5jaWw=\r\n",
        "auth plain AGFubgBwZW5jaWw= x\r\n",
        " AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
        "AUTH\tPLAIN AGFubgBwZW5jaWw=\r\n",
    ] {
        talk.send(octets);
    }
    // In clear text it was not asked for, and a client that does not read the refusal sends it all the same.
    let lines_of = |talk: &mut Talk, octets: &[&str]| {
        octets.iter().for_each(|octets| drop(talk.send(octets)));
        lines(talk)
    };
    let auth = sasl::Settings::new(SecretKey::new([1; 32]));
    for (hello, auth, command) in [
        ("EHLO", Some(auth.clone()), "AUTH PLAIN\r\n"),
        ("EHLO", Some(auth.clone()), "AUTH LOGIN\r\n"),
        ("EHLO", Some(auth.clone()), "AUTH CRAM-MD5\r\n"),
        ("EHLO", None, "AUTH PLAIN\r\n"),
        ("HELO", Some(auth.clone()), "AUTH PLAIN\r\n"),
        ("EHLO", Some(auth), "AUTH PLAIN LOGIN\t\r\n"),
    ] {
        let mut talk = Talk::new(Settings { trace: true, auth: auth.map(Arc::new), timeouts, ..settings() });
        let hello = format!("{hello} a.example\r\n");
        let said = [
            &*hello,
            command,
            "AGFubgBwZW5jaWw=\r\n",
            "NOOP\r\n",
            "AGFubgBwZW5jaWw=\r\n",
            "MAIL FROM:<>\r\n",
            "NONSENSE\r\n",
        ];
        let lines = lines_of(&mut talk, &said);
        assert!(lines.iter().all(|line| !line.contains("AGFu")), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| *line == "C: <not shown>").count(), 2, "{lines:?}");
        assert!(lines.contains(&"C: NONSENSE".to_owned()), "what comes later is shown again: {lines:?}");
    }
    let lines = lines(&talk);
    assert!(lines.iter().any(|line| line == "C: AUTH PLAIN <response>"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "C: <response>"), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("AGFu")), "{lines:?}");
}

/// Nor behind an AUTH that was refused for its octets or its length, nor when something else is said before the password.
#[test]
fn no_passwords_behind_an_auth_that_is_no_command() {
    let too_long = format!("AUTH LOGIN {}\r\n", "A".repeat(13_000));
    for auth in [
        "AUTH PLAIN\r\r\n",
        "AUTH PLAIN\0\r\n",
        "auth login\n\r\n",
        " AUTH PLAIN\rx\r\n",
        &*too_long,
        "AUTH LOGIN\r\n",
        "AUTH NONSENSE\r\n",
    ] {
        for between in ["", "NOOP\r\n", "RSET\r\n", "EHLO a.example\r\n", "NONSENSE\r\n"] {
            let timeouts = Timeouts { auth_delay: 0, ..Timeouts::default() };
            let offered = Some(Arc::new(sasl::Settings::new(SecretKey::new([1; 32]))));
            let mut talk = Talk::new(Settings { trace: true, auth: offered, timeouts, ..settings() });
            for octets in ["EHLO a.example\r\n", auth, between, "AGFubgBwZW5jaWw=\r\n", "cGVuY2ls\r\n"] {
                talk.send(octets);
            }
            talk.send("MAIL FROM:<>\r\nQUALM\r\n");
            let lines = lines(&talk);
            let shows = |what: &str| lines.iter().any(|line| line.contains(what));
            assert!(!shows("AGFu") && !shows("cGVu"), "{auth:?} {between:?}: {lines:?}");
            assert!(shows("C: QUALM"), "{auth:?} {between:?}: {lines:?}");
        }
    }
}
