//! A client and a server that says anything: one outcome for each message and one end of the connection, nothing accepted that was
//! not ended, no end in the content, and the same for replies line by line and octet by octet.
//!
//! The first octet is settings, the second how many octets of content follow; the rest is the server's.
#![no_main]

use std::sync::Arc;

use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::Command;
use passerelle::smtp::client::{Client, Envelope, Event, Input, Needs, Protocol, Settings, Stage, Tls};
use passerelle::smtp::data::EncodePolicy;
use passerelle::smtp::sasl::client::{Account, Settings as Authentication};
use passerelle::smtp::sasl::{Entropy, Secret};
use passerelle::tls::{ChannelBinding, Converse, End, Session, Version};
use passerelle::{Domain, Machine, Now, Output};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [flags, length, rest @ ..] = input else { return };
    let Some((content, octets)) = rest.split_at_checked(usize::from(*length)) else { return };
    let by_lines = Host::new(*flags, content).run(octets.split_inclusive(|octet| *octet == b'\n'));
    let by_octets = Host::new(*flags, content).run(octets.chunks(1));
    assert_eq!(by_lines.events, by_octets.events);
    assert_eq!(by_lines.wire, by_octets.wire);
    by_lines.check();
});

struct Host<'a> {
    client: Client,
    now: Now,
    flags: u8,
    content: &'a [u8],
    wire: Vec<u8>,
    events: Vec<Event>,
    sent: usize,
    /// Where in `wire` content was asked for.
    contents: Vec<usize>,
    /// Where in `wire` the message was done with, for each of them.
    ends: Vec<usize>,
    /// Whether the last octets are of an AUTH exchange.
    authenticates: bool,
}

impl<'a> Host<'a> {
    fn new(flags: u8, content: &'a [u8]) -> Self {
        let bit = |bit: u8| flags & 1 << bit != 0;
        let now = Now::at(1_790_000_000);
        let settings = Settings {
            protocol: if bit(0) { Protocol::Lmtp } else { Protocol::Smtp },
            tls: [Tls::Off, Tls::Implicit, Tls::REQUIRED, Tls::OPPORTUNISTIC][usize::from(flags >> 1 & 3)],
            irregular: if bit(3) { EncodePolicy::Repair } else { EncodePolicy::Refuse },
            pipelining: !bit(4),
            chunking: !bit(5),
            chunk_size: 16,
            ..Settings::new(Domain::parse("client.example").expect("a name"))
        };
        let mut client = Client::new(settings, now);
        let authenticates = bit(6);
        if authenticates {
            let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
            client = client.authenticating(Arc::new(Authentication::new(account)), Entropy::new([1; 32]));
        }
        let (wire, events, contents, ends) = Default::default();
        Self { client, now, flags, content, wire, events, sent: 0, contents, ends, authenticates }
    }

    fn run<'o>(mut self, chunks: impl Iterator<Item = &'o [u8]>) -> Self {
        self.go_on();
        for chunk in chunks {
            if self.client.is_over() {
                break;
            }
            // A chunk that is dropped by the other side of a handshake would be TLS's.
            self.client.octets(self.now, chunk).expect("octets are wanted");
            self.go_on();
        }
        if !self.client.is_over() {
            self.client.end(self.now, End::Cut).expect("it is not over");
            self.drain();
        }
        self
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll() {
                Output::Transmit(octets) => self.wire.extend(octets),
                Output::Event(event) => {
                    match event {
                        Event::WantsContent => self.contents.push(self.wire.len()),
                        Event::Sent(_) if self.ends.len() < self.contents.len() => self.ends.push(self.wire.len()),
                        _ => {}
                    }
                    self.events.push(event);
                }
                Output::Ask(..) => panic!("a client asks nothing"),
                Output::Idle { .. } => break,
            }
        }
    }

    /// Does what a host does: begins TLS, sends a message, then another, then quits.
    fn go_on(&mut self) {
        self.drain();
        if self.client.starts_tls() {
            let session = Session {
                version: Version::Tls13,
                cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
                server_name: None,
                client_certificate: None,
                verified: true,
                binding: ChannelBinding { exporter: Some([7; 32]), server_end_point: None },
            };
            self.client.secured(self.now, session).expect("TLS was asked for");
            self.drain();
        }
        for _ in 0..8 {
            let input = if self.client.is_ready() {
                self.sent += 1;
                match self.sent {
                    1 | 2 => Input::Send(Box::new(self.envelope())),
                    _ => {
                        self.sent = 2;
                        Input::Quit
                    }
                }
            } else if self.client.wants_content() {
                let given = self.content;
                self.client.handle(self.now, Input::Content(given)).expect("content is wanted");
                self.drain();
                if self.client.stage() == Stage::Idle || self.client.is_over() || !self.client.wants_content() {
                    continue;
                }
                if self.flags & 128 == 0 { Input::ContentEnd } else { Input::Abort }
            } else {
                return;
            };
            self.client.handle(self.now, input).expect("it is time for that");
            self.drain();
        }
    }

    fn envelope(&self) -> Envelope {
        let path = |text: &str| ForwardPath::parse(text).expect("a path");
        let from = ReversePath::parse("<ann@client.example>").expect("a path");
        let mut envelope = Envelope::new(from, [path("<bob@mx.example>"), path("<carl@mx.example>")]);
        envelope.needs = (self.sent == 2).then(|| Needs::of(self.content));
        envelope
    }

    fn check(&self) {
        let (last, before) = self.events.split_last().expect("the connection is over");
        assert!(matches!(last, Event::Closed(_)) && !before.iter().any(|event| matches!(event, Event::Closed(_))));
        let outcomes: Vec<_> = before
            .iter()
            .filter_map(|event| if let Event::Sent(outcome) = event { Some(outcome) } else { None })
            .collect();
        assert_eq!(outcomes.len(), self.sent);
        let mut ended = 0;
        let mut from = 0;
        for (&begins, &ends) in self.contents.iter().zip(&self.ends) {
            self.check_commands(&self.wire[from..begins]);
            let content = &self.wire[begins..ends];
            ended += usize::from(if self.chunks(begins) { check_chunks(content) } else { check_data(content) });
            from = ends;
        }
        self.check_commands(&self.wire[from..]);
        let accepted = outcomes.iter().filter(|outcome| outcome.recipients.iter().any(|to| to.delivery.is_accepted()));
        assert!(accepted.count() <= ended);
    }

    /// Whether the content that begins here goes by BDAT: there was no DATA.
    fn chunks(&self, begins: usize) -> bool {
        !self.wire[..begins].ends_with(b"DATA\r\n")
    }

    fn check_commands(&self, wire: &[u8]) {
        let wire = wire.strip_prefix(b".\r\n").unwrap_or(wire);
        for line in wire.split_inclusive(|octet| *octet == b'\n') {
            let line = line.strip_suffix(b"\r\n").expect("a line");
            // A lone dot ends what nobody is to get; the lines of an AUTH exchange are base64.
            assert!(
                line == b"." || Command::parse(line).is_ok() || (self.authenticates && line.iter().all(u8::is_ascii)),
                "{}",
                line.escape_ascii()
            );
        }
    }
}

/// Content by DATA: no irregular octet and no end, but for the last. Whether it is there.
fn check_data(content: &[u8]) -> bool {
    let whole = [b"\r\n", content].concat();
    let irregular = |at: usize| match whole[at] {
        b'\n' => whole[at - 1] != b'\r',
        b'\r' => whole.get(at + 1).is_some_and(|next| *next != b'\n'),
        octet => octet == 0,
    };
    assert!(!(0..whole.len()).any(|at| at > 0 && irregular(at)), "{}", content.escape_ascii());
    let end = whole.windows(5).position(|window| window == b"\r\n.\r\n");
    assert!(end.is_none_or(|at| at + 5 == whole.len()), "{}", content.escape_ascii());
    end.is_some()
}

/// Content by BDAT: chunks as long as they say, and RSET. Whether there is a last one.
fn check_chunks(mut content: &[u8]) -> bool {
    let mut has_last = false;
    while !content.is_empty() {
        let end = content.iter().position(|octet| *octet == b'\n').expect("a line");
        match Command::parse(content[..end].strip_suffix(b"\r").expect("a line")) {
            Ok(Command::Bdat { size, last }) => {
                assert!(!has_last);
                has_last = last;
                content = &content[end + 1 + usize::try_from(size).expect("a small size")..];
            }
            Ok(Command::Rset) => content = &content[end + 1..],
            other => panic!("{other:?}"),
        }
    }
    has_last
}
