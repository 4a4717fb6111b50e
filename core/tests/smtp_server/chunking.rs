//! The same octets give the same outputs, however they come.

use proptest::prelude::*;

use passerelle::smtp::Reply;
use passerelle::smtp::server::{
    Decision, Decisions, EarlyTalkers, Event, Extensions, Input, Limits, Protocol, Request, Server, Settings,
};
use passerelle::tls::{Converse, End};
use passerelle::{Machine, Output};

use crate::talk::{START, settings};

/// What a session shows to the outside, with content joined.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    sent: Vec<u8>,
    events: Vec<Event>,
}

impl Seen {
    fn note(&mut self, output: Output<Event>) {
        match (output, self.events.last_mut()) {
            (Output::Transmit(octets), _) => self.sent.extend(octets),
            (Output::Event(Event::Content(more)), Some(Event::Content(content))) => content.extend(more),
            (Output::Event(event), _) => self.events.push(event),
            (Output::Ask(..) | Output::Idle { .. }, _) => {}
        }
    }
}

fn decide(request: &Request) -> Decision {
    match request {
        Request::HeaderEnd { received_fields: 2, .. } => Decision::Refuse(Reply::new(554, None, "Two are too many")),
        Request::Rcpt { recipient, .. } if recipient.path.to_string().contains("nobody") => {
            Decision::Refuse(Reply::new(550, None, "No such user"))
        }
        Request::Auth { .. } => Decision::Auth(passerelle::smtp::sasl::server::Decision::Accept),
        _ => Decision::Accept,
    }
}

/// Runs a session. `chunks` are the sizes of the chunks, over and over; with `late` the host decides only when the server
/// wants no more octets.
fn run(settings: &Settings, octets: &[u8], chunks: &[usize], late: bool) -> Seen {
    let now = passerelle::Now::at(START);
    let mut server = Server::new(settings.clone().into(), None, None, [7; 32], now);
    let (mut seen, mut undecided, mut rest) = (Seen::default(), Vec::new(), octets);
    let mut sizes = chunks.iter().cycle();
    loop {
        loop {
            match server.poll() {
                Output::Idle { .. } => break,
                Output::Event(Event::Decide { id, request, peer }) => {
                    let decision = decide(&request);
                    seen.note(Output::Event(Event::Decide { id, request, peer }));
                    match late {
                        true => undecided.push((id, decision)),
                        false => server.handle(now, Input::Decide(id, decision)).unwrap(),
                    }
                }
                output => seen.note(output),
            }
        }
        if server.is_over() {
            return seen;
        }
        if server.wants_octets() && !rest.is_empty() {
            let (chunk, behind) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
            server.handle(now, Input::Octets(chunk)).unwrap();
            rest = behind;
        } else if let Some((id, decision)) = undecided.pop() {
            server.handle(now, Input::Decide(id, decision)).unwrap();
        } else {
            assert!(rest.is_empty(), "the server wants nothing and asks nothing: {server:?}");
            server.handle(now, Input::End(End::Orderly)).unwrap();
        }
    }
}

fn all_settings() -> Vec<Settings> {
    let base = Settings {
        decisions: Decisions::ALL,
        early_talkers: EarlyTalkers::Serve,
        extensions: Extensions { binary_mime: true, dsn: true, ..Extensions::default() },
        limits: Limits { message_size: Some(200), header_size: 100, errors: 60, ..Limits::default() },
        ..settings()
    };
    vec![
        Settings { decisions: Decisions { message: true, ..Decisions::default() }, ..base.clone() },
        Settings { protocol: Protocol::Lmtp, ..base.clone() },
        Settings { irregular: passerelle::smtp::data::IrregularPolicy::Keep, ..base.clone() },
        base,
    ]
}

/// Pieces that sessions are made of, in whatever order.
const PIECES: [&str; 36] = [
    "EHLO client.example.org\r\n",
    "LHLO client.example.org\r\n",
    "HELO [192.0.2.1]\r\n",
    "MAIL FROM:<ann@example.org>\r\n",
    "MAIL FROM:<> BODY=BINARYMIME SIZE=100\r\n",
    "RCPT TO:<bob@example.com>\r\n",
    "RCPT TO:<nobody@example.com>\r\n",
    "DATA\r\n",
    "BDAT 10\r\n",
    "BDAT 5 LAST\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT 300 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "VRFY bob\r\n",
    "BDAT x\r\n",
    "Subject: Hello\r\n",
    "Received: a\r\n",
    "\r\n",
    ".\r\n",
    "..\r\n",
    "text\r\n",
    "\r",
    "\n",
    "\0",
    ".",
    "0123456789",
    "é",
    "\r\n.\r\r\n",
    "\n.\n",
    "\r\n.\r\n",
    "AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
    "STARTTLS\r\n",
    "HELP\r\n",
    "A line that is longer than the header section may be, and that goes on and on until it really is, and then some more.",
];

fn session() -> impl Strategy<Value = Vec<u8>> {
    let message = Just(
        "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nSubject: Hello\r\n\r\nHello.\r\n.\r\n"
            .to_owned(),
    );
    let chunked = Just(
        "MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nBDAT 10\r\nSubject: \r\nBDAT 5 LAST\r\n\r\n.\r\n".to_owned(),
    );
    let piece = prop::sample::select(&PIECES[..]).prop_map(str::to_owned);
    let part = prop_oneof![1 => message, 1 => chunked, 6 => piece];
    let hello = prop::sample::select(vec!["EHLO a.example\r\n", "LHLO a.example\r\n", ""]);
    (hello, prop::collection::vec(part, 1..25))
        .prop_map(|(hello, parts)| (hello.to_owned() + &parts.concat()).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_chunks_give_the_same(octets in session(), sizes in prop::collection::vec(1usize..40, 1..6), late: bool) {
        for settings in all_settings() {
            let whole = run(&settings, &octets, &[octets.len()], false);
            prop_assert_eq!(&run(&settings, &octets, &sizes, late), &whole);
            prop_assert_eq!(&run(&settings, &octets, &[1], !late), &whole);
        }
    }

    #[test]
    fn any_octets_are_survived(octets in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
        for settings in all_settings() {
            prop_assert_eq!(run(&settings, &octets, &[size], false), run(&settings, &octets, &[octets.len().max(1)], true));
        }
    }
}
