//! A server and a client that says anything: each message that MAIL began has one end, only what was framed as content is content,
//! one reply a command, and the same for lines and for octets.
//!
//! The first two octets are settings and the host's mind; the rest is the client's.
#![no_main]

use std::sync::Arc;

use passerelle::smtp::data::IrregularPolicy;
use passerelle::smtp::reply::{EnhancedCode, Reply};
use passerelle::smtp::sasl::server::{Decision as Verdict, Settings as Authentication};
use passerelle::smtp::sasl::{Mechanism, SecretKey};
use passerelle::smtp::server::{
    Decision, Decisions, EarlyTalkers, Event, Extensions, Input, Protocol, Request, Server, Settings,
};
use passerelle::tls::{ChannelBinding, Converse, End, Session, Version};
use passerelle::{Domain, Machine, Now, Output};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [flags, mind, octets @ ..] = input else { return };
    let by_lines = Host::new(*flags, *mind).run(octets.split_inclusive(|octet| *octet == b'\n'));
    let by_octets = Host::new(*flags, *mind).run(octets.chunks(1));
    // What is pipelined behind STARTTLS is dropped, and how much that is depends on the chunks.
    if !by_lines.has_secured && !by_octets.has_secured {
        assert_eq!(by_lines.wire, by_octets.wire, "{}", octets.escape_ascii());
        assert_eq!(by_lines.content, by_octets.content);
        assert_eq!(by_lines.accepted, by_octets.accepted);
    }
    by_lines.check(octets);
    by_octets.check(octets);
});

struct Host {
    server: Server,
    now: Now,
    mind: u8,
    asked: u8,
    wire: Vec<u8>,
    /// Content of all messages, one behind the other.
    content: Vec<u8>,
    /// Octets of content since the last end of a message.
    under_way: u64,
    accepted: u64,
    begun: u64,
    ended: u64,
    closed: u64,
    has_secured: bool,
}

impl Host {
    fn new(flags: u8, mind: u8) -> Self {
        let bit = |bit: u8| flags & 1 << bit != 0;
        let now = Now::at(1_790_000_000);
        let mut authentication = Authentication::new(SecretKey::new([7; 32]));
        authentication.mechanisms = Mechanism::ALL.to_vec();
        authentication.secrets_in_clear_text = true;
        let settings = Settings {
            hostname: "mx.example.com".into(),
            protocol: if bit(0) { Protocol::Lmtp } else { Protocol::Smtp },
            local_domains: vec![Domain::parse("example.com").expect("a name")],
            decisions: if bit(1) {
                Decisions::ALL
            } else {
                Decisions { message: true, mail: true, ..Decisions::default() }
            },
            extensions: Extensions {
                starttls: bit(2),
                binary_mime: bit(3),
                dsn: bit(3),
                require_tls: bit(3),
                limits: bit(3),
                mt_priority: bit(3),
                deliver_by: bit(3).then_some(60),
                future_release: bit(3).then_some(86_400),
                ..Extensions::default()
            },
            auth: bit(4).then(|| Arc::new(authentication)),
            irregular: if bit(5) { IrregularPolicy::Keep } else { IrregularPolicy::Refuse },
            early_talkers: EarlyTalkers::Serve,
            proxy_from: if bit(6) { vec!["192.0.2.1".parse().expect("a network")] } else { Vec::new() },
            xclient_from: if bit(7) { vec!["192.0.2.1".parse().expect("a network")] } else { Vec::new() },
            ..Settings::default()
        };
        let address = Some("192.0.2.1:2525".parse().expect("an address"));
        let server = Server::new(settings.into(), address, None, [7; 32], now);
        Self {
            server,
            now,
            mind,
            asked: 0,
            wire: Vec::new(),
            content: Vec::new(),
            under_way: 0,
            accepted: 0,
            begun: 0,
            ended: 0,
            closed: 0,
            has_secured: false,
        }
    }

    fn run<'o>(mut self, chunks: impl Iterator<Item = &'o [u8]>) -> Self {
        self.drain();
        for chunk in chunks {
            if self.server.is_over() {
                break;
            }
            self.server.octets(self.now, chunk).expect("octets are wanted");
            self.drain();
        }
        if !self.server.is_over() {
            self.server.end(self.now, End::Orderly).expect("it is not over");
            self.drain();
        }
        self
    }

    fn drain(&mut self) {
        loop {
            match self.server.poll() {
                Output::Transmit(octets) => self.wire.extend(octets),
                Output::Event(event) => self.event(event),
                Output::Ask(..) => panic!("a server asks nothing"),
                Output::Idle { .. } if self.server.starts_tls() => {
                    self.has_secured = true;
                    let session = Session {
                        version: Version::Tls13,
                        cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
                        server_name: None,
                        client_certificate: None,
                        verified: false,
                        binding: ChannelBinding { exporter: Some([7; 32]), server_end_point: None },
                    };
                    self.server.secured(self.now, session).expect("TLS was agreed on");
                }
                Output::Idle { wake } => match wake {
                    // A reply that is held back, as after a wrong password.
                    Some(at) if !self.server.wants_octets() && !self.server.is_over() => {
                        self.now.monotonic = at.max(self.now.monotonic);
                        self.server.tick(self.now);
                    }
                    _ => return,
                },
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Content(octets) => {
                self.under_way += octets.len() as u64;
                self.content.extend(octets);
            }
            Event::Aborted(_) => {
                self.ended += 1;
                self.under_way = 0;
            }
            Event::Closed(_) => self.closed += 1,
            Event::Decide { id, request, .. } => {
                let decision = self.decide(request);
                self.server.handle(self.now, Input::Decide(id, decision)).expect("a decision that fits");
            }
            _ => {}
        }
    }

    fn decide(&mut self, request: Request) -> Decision {
        self.asked = self.asked.wrapping_add(1);
        let refuses = self.mind != 0 && self.asked.is_multiple_of(self.mind);
        let no = Reply::new(550, Some(EnhancedCode::new(5, 7, 1)), "No");
        match request {
            Request::Auth { .. } if refuses => Decision::Auth(Verdict::UnknownUser),
            Request::Auth { .. } => Decision::Auth(Verdict::Refuse),
            Request::Message(message) => {
                assert_eq!(message.size, self.under_way, "all of the content was handed on");
                assert!(!message.recipients.is_empty());
                self.ended += 1;
                self.under_way = 0;
                self.accepted += u64::from(!refuses);
                if refuses { Decision::Refuse(no) } else { Decision::Accept }
            }
            Request::Mail(_) if !refuses => {
                self.begun += 1;
                Decision::Accept
            }
            _ if refuses => Decision::Refuse(no),
            _ => Decision::Accept,
        }
    }

    fn check(&self, octets: &[u8]) {
        let said = || octets.escape_ascii();
        assert_eq!(self.begun, self.ended, "each message has one end: {}", said());
        assert_eq!(self.closed, 1, "one end of the session: {}", said());
        assert!(self.content.len() <= octets.len(), "content comes from the client");
        // Whole lines, each with a code; never a line of the client's.
        assert!(self.wire.is_empty() || self.wire.ends_with(b"\r\n"));
        for line in self.wire.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
            assert!(matches!(line, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', .., b'\r']), "{}", said());
        }
    }
}
