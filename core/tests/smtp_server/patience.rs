//! A host that runs out of places has less patience with the silent.

use passerelle::smtp::server::{Abort, Closed, Input, TlsPolicy};
use passerelle::smtp::server::{Decision, Decisions, Settings};
use passerelle::{Machine, Millis};

use crate::talk::{Talk, settings};

const MAIL: &str = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n";
const BUSY: &str = "421 4.3.2 Too busy to wait for you any longer\r\n";

fn hurry(talk: &mut Talk, millis: u64) {
    talk.server.handle(talk.now, Input::Patience(millis)).unwrap();
    talk.drain();
}

/// It counts from when the client began to be silent, wherever that is.
#[test]
fn the_silent_are_sent_away_sooner() {
    for (said, aborted) in [("", 0), ("EHLO a.example\r\n", 0), (MAIL, 1), ("DATA", 1), ("BDAT", 1)] {
        let mut talk = Talk::new(settings());
        match said {
            "DATA" => drop(talk.send(format!("{MAIL}DATA\r\n"))),
            "BDAT" => drop(talk.send(format!("{MAIL}BDAT 10\r\nx"))),
            _ => drop(talk.send(said)),
        }
        talk.read();
        assert_eq!(talk.pass(20_000), "");
        hurry(&mut talk, 30_000);
        assert_eq!(talk.wake, Some(talk.now.monotonic + 10_000));
        assert_eq!(talk.pass(9_999), "");
        assert_eq!(talk.pass(1), BUSY);
        assert_eq!((talk.closed, talk.aborted.len()), (Some(Closed::Reclaimed), aborted));
    }
}

/// With no patience at all, whoever is waited for goes at once; a handshake ends without a word.
#[test]
fn a_place_is_taken_back_at_once() {
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\n");
    hurry(&mut talk, 0);
    assert_eq!(talk.pass(0), BUSY);
    let mut talk = Talk::new(Settings { tls: TlsPolicy { implicit: true, required: false }, ..settings() });
    hurry(&mut talk, 0);
    assert_eq!((talk.pass(0), talk.closed), (String::new(), Some(Closed::Reclaimed)));
}

#[test]
fn what_the_host_decides_is_waited_for_as_before() {
    let decisions = Decisions { mail: true, ..Decisions::default() };
    let mut talk = Talk::with_host(Settings { decisions, ..settings() }, Box::new(|_| None));
    talk.send("EHLO a.example\r\n");
    talk.send("MAIL FROM:<>\r\n");
    hurry(&mut talk, 0);
    assert_eq!(talk.pass(60_000), "");
    assert_eq!(talk.decide(Decision::Accept), "250 2.1.0 Sender OK\r\n");
    // The time of what is waited for next begins there.
    assert_eq!(talk.pass(0), BUSY);
    assert_eq!(talk.aborted, [Abort::SessionEnded]);
}

#[test]
fn patience_comes_back() {
    let mut talk = Talk::new(settings());
    talk.read();
    hurry(&mut talk, 1000);
    hurry(&mut talk, u64::MAX);
    assert_eq!(talk.wake, Some(Millis(1000 + 300_000)));
    assert_eq!(talk.pass(299_999), "");
    assert_eq!(talk.pass(1), "421 4.4.2 Timeout\r\n");
}

/// Where the host is short of places, few octets of a message are silence: by DATA, by BDAT, and of a chunk that is refused.
#[test]
fn who_drips_octets_is_silent() {
    let begins =
        [format!("{MAIL}DATA\r\n"), format!("{MAIL}BDAT 1000000\r\n"), "EHLO a.example\r\nBDAT 1000000\r\n".into()];
    for begin in begins {
        let mut talk = Talk::new(settings());
        talk.send(&begin);
        talk.read();
        hurry(&mut talk, 10_000);
        let begun = talk.server.heard_at();
        for _ in 0..9 {
            assert_eq!(talk.pass(1_000), "");
            talk.send("x");
        }
        assert_eq!(talk.server.heard_at(), begun);
        // Enough of it, in however many pieces, counts.
        for _ in 0..8 {
            talk.send("0123456789abcd\r\n".repeat(32));
        }
        assert_eq!(talk.server.heard_at(), talk.now.monotonic);
        assert_eq!(talk.pass(9_999), "", "{begin}");
        talk.send("x");
        assert_eq!(talk.pass(1), BUSY, "{begin}");
        assert_eq!(talk.closed, Some(Closed::Reclaimed));
    }
    // With all the time of the settings every octet counts.
    let mut talk = Talk::new(settings());
    talk.send(format!("{MAIL}DATA\r\n"));
    talk.read();
    assert_eq!(talk.pass(179_000), "");
    talk.send("x");
    assert_eq!(talk.pass(179_000), "");
}
