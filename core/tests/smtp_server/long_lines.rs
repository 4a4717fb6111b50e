//! Lines of more than 998 octets: one setting for both sides (`smtp::data::LongLines`).

use passerelle::limits::MAX_LINE_PASSED;
use passerelle::smtp::data::LongLines;
use passerelle::smtp::server::{Abort, Extensions, Protocol, Settings};

use crate::talk::{Talk, settings};

const MAIL: &str = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n";

fn refusing() -> Settings {
    let extensions = Extensions { binary_mime: true, ..Extensions::default() };
    Settings { long_lines: LongLines::Refuse, extensions, ..settings() }
}

fn with_line(octets: usize) -> String {
    format!("Subject: x\r\n\r\nshort\r\n{}\r\nshort\r\n", "x".repeat(octets))
}

#[test]
fn by_default_they_pass_octet_for_octet() {
    for octets in [998, 999, 100_000] {
        for size in [1 << 20, 997] {
            let mut talk = Talk::new(settings());
            talk.send(format!("{MAIL}DATA\r\n"));
            let message = with_line(octets);
            for chunk in message.as_bytes().chunks(size) {
                talk.send(chunk);
            }
            assert_eq!(talk.send(".\r\n"), "250 2.0.0 Message accepted\r\n");
            assert!(talk.messages[0].1 == message.as_bytes(), "nothing is wrapped");
        }
    }
}

#[test]
fn past_the_bound_they_are_refused() {
    let mut talk = Talk::new(settings());
    talk.send(format!("{MAIL}DATA\r\n"));
    talk.send("\r\n");
    let piece = vec![b'x'; 1 << 20];
    (0..MAX_LINE_PASSED / piece.len()).for_each(|_| drop(talk.send(&piece)));
    assert_eq!(talk.aborted, []);
    talk.send("x");
    assert_eq!(talk.aborted, [Abort::LineTooLong]);
    assert!(
        talk.send("\r\n.\r\n").starts_with("554 5.6.0 A line of the message is too long: line 2 has 16777217 octets")
    );
}

#[test]
fn refused_at_our_own_data_with_the_lines_number_and_length() {
    let message = with_line(1200);
    for size in [1, 700, 1200, 5000] {
        let mut talk = Talk::new(refusing());
        talk.send(format!("{MAIL}DATA\r\n"));
        for chunk in message.as_bytes().chunks(size) {
            assert_eq!(talk.send(chunk), "");
        }
        assert_eq!(
            talk.send(".\r\n"),
            "554 5.6.0 A line of the message is too long: line 4 has 1200 octets, and 998 are the most \
             (RFC 5321 section 4.5.3.1.6)\r\n"
        );
        assert_eq!((&talk.aborted[..], talk.messages.len()), (&[Abort::LineTooLong][..], 0));
        // The dialogue is in step, and the next message is another one.
        talk.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
        assert_eq!(talk.send(with_line(998) + ".\r\n"), "250 2.0.0 Message accepted\r\n");
    }
}

#[test]
fn refused_in_chunks_too() {
    let message = with_line(1200);
    let (one, two) = message.split_at(1150);
    let mut talk = Talk::new(refusing());
    talk.send(MAIL);
    let refused = talk.send(format!("BDAT {}\r\n{one}", one.len()));
    assert!(refused.contains("line 4 has at least 1129 octets"), "{refused}");
    let refused = talk.send(format!("BDAT {} LAST\r\n{two}", two.len()));
    assert!(refused.contains("line 4 has 1200 octets, and 998 are the most"), "{refused}");
    assert_eq!(talk.aborted, [Abort::LineTooLong]);
    // A binary message has no lines (RFC 3030 §3).
    talk.send("MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@example.com>\r\n");
    let accepted = talk.send(format!("BDAT {} LAST\r\n{message}", message.len()));
    assert_eq!(accepted, "250 2.0.0 Message accepted\r\n");
}

/// RFC 2033 §4.2: each recipient has a reply.
#[test]
fn refused_for_each_recipient_in_lmtp() {
    let mut talk = Talk::new(Settings { protocol: Protocol::Lmtp, ..refusing() });
    talk.send(MAIL.replace("EHLO", "LHLO") + "RCPT TO:<ann@example.com>\r\nDATA\r\n");
    assert_eq!(talk.send(with_line(999) + ".\r\n").matches("line 4 has 999 octets").count(), 2);
}
