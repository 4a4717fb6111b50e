//! Lines that are too long or have octets that no line has.

use crate::talk::{Talk, settings};

const BARE_LF: &str = "500 5.5.2 There is a bare LF in the line; lines end with CRLF\r\n";

/// Whoever ends lines with LF hears of it at once, and only once a line; LF ends no command nevertheless.
#[test]
fn bare_lf() {
    let mut talk = Talk::new(settings());
    talk.read();
    assert_eq!(talk.send("HELO a.example\n"), BARE_LF);
    assert_eq!(talk.send("MAIL FROM:<>\nQUIT\n"), "");
    assert_eq!(talk.send("QUIT\r\n"), "", "it belongs to the same line");
    assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
    assert_eq!(talk.send("NOOP\nNOOP\r\nNOOP\r\n"), [BARE_LF, "250 2.0.0 OK\r\n"].concat());
}

#[test]
fn bare_cr_and_nul() {
    let mut talk = Talk::new(settings());
    talk.read();
    assert_eq!(talk.send("NOOP\rQUIT\r\n"), "500 5.5.2 There is a bare CR in the line; lines end with CRLF\r\n");
    assert_eq!(talk.send("NOOP\0\r\n"), "500 5.5.2 There is a NUL octet in the line; lines end with CRLF\r\n");
    assert_eq!(talk.send(b"NOOP \xff\r\n"), "500 5.5.2 There are octets in the line that no command has\r\n");
    assert_eq!(talk.send("\r\n"), "500 5.5.2 Command not recognized\r\n");
}

#[test]
fn long_lines() {
    let mut talk = Talk::new(settings());
    talk.read();
    for length in [2047, 13_000, 200_000] {
        let line = "NOOP ".to_owned() + &"x".repeat(length - 5) + "\r\n";
        for chunk in line.as_bytes().chunks(1000) {
            talk.server.handle_octets(talk.now, chunk);
        }
        talk.drain();
        assert_eq!(talk.read(), "500 5.5.2 The line is too long\r\n", "{length}");
    }
    assert_eq!(talk.send("NOOP ".to_owned() + &"x".repeat(2041) + "\r\n"), "250 2.0.0 OK\r\n");
}

/// Short for the tests here.
trait HandleOctets {
    fn handle_octets(&mut self, now: passerelle::Now, octets: &[u8]);
}

impl HandleOctets for passerelle::smtp::server::Server {
    fn handle_octets(&mut self, now: passerelle::Now, octets: &[u8]) {
        passerelle::tls::Converse::octets(self, now, octets).unwrap();
    }
}
