//! What idle SMTP sessions hold: all of the engine's memory counted, the machine itself and what it has on the heap.

use std::sync::Arc;

use passerelle::smtp::server::{Decision, Decisions, Event, Input, Server, Settings};
use passerelle::{Domain, Machine, Now, Output};

use crate::counting::measure;

/// At the place where most idle sessions are; a few hundred tell the rest.
const SESSIONS: usize = 10_000;
const ALLOWED: usize = 4096;

/// A session at each of these places, and then nothing happens.
#[test]
fn idle_sessions() {
    let settings = Arc::new(Settings {
        hostname: "mx.example.com".into(),
        local_domains: vec![Domain::parse("example.com").unwrap()],
        decisions: Decisions { message: true, ..Decisions::default() },
        ..Settings::default()
    });
    let hello = "EHLO a-client-with-a-long-name.mail.example.org\r\n";
    let mail =
        "MAIL FROM:<ann.with.a.long.name@mail.example.org> SIZE=10000 BODY=8BITMIME\r\nRCPT TO:<bob@example.com>\r\n";
    let message = "DATA\r\n";
    let content = "Subject: Hello\r\n\r\nHello\r\n.\r\n";
    for (place, turns) in [
        ("behind the greeting", &[][..]),
        ("behind EHLO", &[hello]),
        ("in the middle of a message", &[hello, mail, message, "Subject: Hello\r\n\r\nHello"]),
        ("behind a recipient, and half a command", &[hello, mail, "RCPT TO:<carol@exam"]),
        ("behind a message", &[hello, mail, message, content]),
        ("behind pipelined commands", &[hello, mail, "RSET\r\nNOOP\r\nRSET\r\nHELP\r\nVRFY bob\r\nNOOP\r\n"]),
    ] {
        let number = if turns.len() == 1 { SESSIONS } else { SESSIONS / 20 };
        let (sessions, count) = measure(|| (0..number).map(|_| idle(&settings, turns)).collect::<Vec<_>>());
        let held = usize::try_from(count.held).unwrap() / number;
        println!("{number} {place}: {held} octets a session");
        assert!(held <= ALLOWED, "{held} octets {place}");
        drop(sessions);
    }
}

fn idle(settings: &Arc<Settings>, turns: &[&str]) -> Server {
    let now = Now::at(1_795_262_400);
    let address = "192.0.2.1:49152".parse().ok();
    let mut server = Server::new(Arc::clone(settings), address, address, [7; 32], now);
    drain(&mut server, now);
    for turn in turns {
        server.handle(now, Input::Octets(turn.as_bytes())).unwrap();
        drain(&mut server, now);
    }
    server
}

fn drain(server: &mut Server, now: Now) {
    loop {
        match server.poll() {
            Output::Idle { .. } => return,
            Output::Event(Event::Decide { id, .. }) => server.handle(now, Input::Decide(id, Decision::Accept)).unwrap(),
            _ => {}
        }
    }
}
