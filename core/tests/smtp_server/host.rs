//! A host that does what the documentation of each event says, and leaves to dice what it leaves open; and clients that say
//! anything, in clear text and inside TLS, in any pieces, with any end. Whatever they say is never the host's misuse: every call
//! is unwrapped. The fuzz target `smtp_server_host` has the same host.

use std::sync::Arc;

use passerelle::smtp::Reply;
use passerelle::smtp::data::{IrregularPolicy, LongLines};
use passerelle::smtp::sasl::server::{Credentials, Decision as Verdict, Settings as Authentication, Stored};
use passerelle::smtp::sasl::{Mechanism, SecretKey};
use passerelle::smtp::server::{
    Decision, DecisionId, Decisions, EarlyTalkers, Event, Extensions, Input, Limits, Protocol, Request, Server,
    Settings, Timeouts, TlsPolicy,
};
use passerelle::tls::{
    self, ChannelBinding, ClientTls, Converse, End, Layer, ServerTls, Session, Verification, Version,
};
use passerelle::{Domain, Machine, Misuse, Now, Output};

/// Octets that decide; when they are used up, all is zero.
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn below(&mut self, bound: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first) % bound.max(1)
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == number - 1
    }

    fn octets(&mut self) -> &'a [u8] {
        let length = self.below(64).min(self.0.len());
        let (octets, rest) = self.0.split_at(length);
        self.0 = rest;
        octets
    }
}

/// What sessions are made of.
const PIECES: [&str; 40] = [
    "EHLO a.example\r\n",
    "LHLO a.example\r\n",
    "HELO a.example\r\n",
    "MAIL FROM:<ann@example.org>\r\n",
    "MAIL FROM:<> BODY=BINARYMIME\r\n",
    "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<carol@example.com>\r\n",
    "RCPT TO:<bob@example.com>\r\n",
    "DATA\r\n",
    "Subject: x\r\n\r\ntext\r\n.\r\n",
    "BDAT 5\r\nHello",
    "BDAT 9 LAST\r\nA: b\r\n\r\nx",
    "BDAT 300\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT x\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "VRFY bob\r\n",
    "EXPN list\r\n",
    "HELP\r\n",
    "STARTTLS\r\n",
    "AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
    "AUTH PLAIN Ym9iAGFubgBwZW5jaWw=\r\n",
    "AUTH PLAIN\r\n",
    "AUTH LOGIN\r\n",
    "AUTH EXTERNAL =\r\n",
    "AUTH SCRAM-SHA-256 biwsbj1hbm4scj1mbw==\r\n",
    "AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==\r\n",
    "AGFubgBwZW5jaWw=\r\n",
    "YW5u\r\n",
    "*\r\n",
    "\r\n",
    "XCLIENT ADDR=203.0.113.9\r\n",
    "XCLIENT NAME=a.example LOGIN=ann\r\n",
    "PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n",
    "GET / HTTP/1.1\r\n",
    ".\r\n",
    "\n",
    "\0",
    "\x16\x03\x01\x00\x05hello",
];

fn said(dice: &mut Dice<'_>) -> Vec<u8> {
    match dice.below(8) {
        0 => dice.octets().to_vec(),
        _ => PIECES[dice.below(PIECES.len())].into(),
    }
}

/// Any settings that sessions depend on.
pub(crate) fn settings(dice: &mut Dice<'_>, implicit: bool) -> Settings {
    let mut authentication = Authentication::new(SecretKey::new([7; 32]));
    authentication.mechanisms = Mechanism::ALL.to_vec();
    authentication.secrets_in_clear_text = true;
    let neighbours = |yes: bool| if yes { vec!["192.0.2.1".parse().expect("an address")] } else { Vec::new() };
    Settings {
        hostname: "mx.example.com".into(),
        protocol: if dice.one_in(4) { Protocol::Lmtp } else { Protocol::Smtp },
        local_domains: vec![Domain::parse("example.com").expect("a name")],
        decisions: if dice.one_in(3) { Decisions { message: true, ..Decisions::default() } } else { Decisions::ALL },
        extensions: Extensions { starttls: true, binary_mime: true, dsn: true, ..Extensions::default() },
        auth: (!dice.one_in(4)).then(|| Arc::new(authentication)),
        early_talkers: if dice.one_in(2) { EarlyTalkers::Refuse } else { EarlyTalkers::Serve },
        irregular: if dice.one_in(3) { IrregularPolicy::Keep } else { IrregularPolicy::Refuse },
        long_lines: if dice.one_in(3) { LongLines::Pass { longest: 10 } } else { LongLines::default() },
        limits: match dice.below(3) {
            0 => Limits { message_size: Some(20), header_size: 12, recipients: 1, errors: 3, ..Limits::default() },
            _ => Limits::default(),
        },
        timeouts: Timeouts { greeting_delay: [0, 1000][dice.below(2)], ..Timeouts::default() },
        proxy_from: neighbours(dice.one_in(5)),
        xclient_from: neighbours(dice.one_in(2)),
        tls: TlsPolicy { implicit, required: dice.one_in(6) },
        trace: dice.one_in(4),
        ..Settings::default()
    }
}

/// An answer to the request, any of those that its documentation has.
fn decide(request: &Request, is_lmtp: bool, dice: &mut Dice<'_>) -> Decision {
    let refusal = Reply::new([421, 450, 452, 550, 554][dice.below(5)], None, "No");
    let done = || Reply::new(250, None, "Done");
    match request {
        Request::Auth { credentials, .. } => match dice.below(8) {
            0 => Decision::Close(refusal),
            _ => Decision::Auth(verdict(credentials, dice)),
        },
        Request::Connect | Request::Hello(_) | Request::HeaderEnd { .. } => match dice.below(6) {
            0 => Decision::Refuse(refusal),
            1 => Decision::Close(refusal),
            _ => Decision::Accept,
        },
        Request::Mail(_) | Request::Rcpt { .. } | Request::Vrfy(_) | Request::Expn(_) => match dice.below(8) {
            0 => Decision::Refuse(refusal),
            1 => Decision::Close(refusal),
            2 => Decision::AcceptWith(done()),
            _ => Decision::Accept,
        },
        Request::Message(message) => match dice.below(8) {
            0 => Decision::Refuse(refusal),
            1 => Decision::Close(refusal),
            2 => Decision::AcceptWith(done()),
            3 => Decision::Discard(dice.one_in(2).then(done)),
            4 => Decision::Quarantine(dice.one_in(2).then(done)),
            5 if is_lmtp => Decision::Each(message.recipients.iter().map(|_| done()).collect()),
            _ => Decision::Accept,
        },
    }
}

fn verdict(credentials: &Credentials, dice: &mut Dice<'_>) -> Verdict {
    let stored = || vec![Stored::password("pencil".into())];
    let common = |dice: &mut Dice<'_>| match dice.below(4) {
        0 => Verdict::UnknownUser,
        1 => Verdict::UnknownUserAs("ann".into()),
        2 => Verdict::Unavailable,
        _ => Verdict::Refuse,
    };
    let verdict = match (credentials, dice.below(4)) {
        (Credentials::Password { .. }, 0) => Verdict::Accept,
        (Credentials::Password { .. }, 1) => Verdict::ApplicationPasswordNeeded,
        (Credentials::Password { .. } | Credentials::Scram { .. }, 2) => Verdict::Compare(stored()),
        (Credentials::Password { .. } | Credentials::Scram { .. }, 3) => Verdict::CompareAndRefuse(stored()),
        (Credentials::Bearer { .. } | Credentials::External { .. }, 0) => Verdict::Accept,
        (Credentials::Bearer { .. } | Credentials::External { .. }, 1) => Verdict::AcceptAs("ann".into()),
        _ => common(dice),
    };
    if dice.one_in(3) { verdict.acting_as("bob") } else { verdict }
}

/// What the host knows besides its machine.
struct Desk {
    now: Now,
    is_lmtp: bool,
    undecided: Vec<(DecisionId, Request)>,
    /// Answered already; an answer that is repeated, or comes too late, counts for nothing.
    decided: Vec<(DecisionId, Decision)>,
    closed: usize,
}

impl Desk {
    fn new(settings: &Settings) -> Self {
        let is_lmtp = settings.protocol == Protocol::Lmtp;
        let now = Now::at(1_790_000_000);
        Self { now, is_lmtp, undecided: Vec::new(), decided: Vec::new(), closed: 0 }
    }

    fn note(&mut self, event: Event) {
        assert_eq!(self.closed, 0, "nothing comes behind the end: {event:?}");
        match event {
            Event::Decide { id, request, .. } => self.undecided.push((id, request)),
            Event::Closed(_) => self.closed += 1,
            _ => {}
        }
    }

    fn pass(&mut self, dice: &mut Dice<'_>) {
        self.now.monotonic = self.now.monotonic + [1, 1000, 60_000, 300_000, 3_600_000][dice.below(5)];
    }

    /// An input of the host's own.
    fn input(&mut self, dice: &mut Dice<'_>) -> Option<Input<'static>> {
        match dice.below(8) {
            0 => Some(Input::Shutdown),
            1 => Some(Input::Patience([0, 1000, u64::MAX][dice.below(3)])),
            2 if !self.decided.is_empty() => {
                let (id, decision) = self.decided[dice.below(self.decided.len())].clone();
                Some(Input::Decide(id, decision))
            }
            _ if !self.undecided.is_empty() => {
                let (id, request) = self.undecided.remove(0);
                let decision = decide(&request, self.is_lmtp, dice);
                self.decided.push((id, decision.clone()));
                Some(Input::Decide(id, decision))
            }
            _ => None,
        }
    }
}

/// A session in clear text, of a host that has TLS of its own.
pub(crate) fn run_in_clear(dice: &mut Dice<'_>) {
    let settings = settings(dice, false);
    let mut desk = Desk::new(&settings);
    let address = Some("192.0.2.1:2525".parse().expect("an address"));
    let mut server = Server::new(Arc::new(settings), address, None, [7; 32], desk.now);
    let (mut ended, mut shakes_hands) = (false, false);
    while !dice.is_empty() {
        match dice.below(12) {
            0 => {
                desk.pass(dice);
                server.tick(desk.now);
            }
            1 if !ended && dice.one_in(3) => {
                ended = true;
                server.end(desk.now, [End::Orderly, End::Cut, End::TlsFailed][dice.below(3)]).unwrap();
            }
            2 | 3 => {
                if let Some(input) = desk.input(dice) {
                    server.handle(desk.now, input).unwrap();
                }
            }
            // A host need not poll at once.
            4 => continue,
            // The handshake takes its time, and the machine may give up meanwhile.
            _ if shakes_hands && !ended => {
                shakes_hands = false;
                server.secured(desk.now, session()).unwrap();
            }
            _ if !ended && server.wants_octets() => server.octets(desk.now, &said(dice)).unwrap(),
            _ => {
                if let Some(input) = desk.input(dice) {
                    server.handle(desk.now, input).unwrap();
                }
            }
        }
        while let Some(output) = polled(&mut server) {
            if let Output::Event(event) = output {
                desk.note(event);
            }
        }
        shakes_hands |= server.starts_tls();
    }
    assert_eq!(desk.closed == 1, server.is_over());
}

fn polled<M: Machine>(machine: &mut M) -> Option<Output<M::Event>> {
    match machine.poll() {
        Output::Idle { .. } => None,
        output => Some(output),
    }
}

fn session() -> Session {
    Session {
        version: Version::Tls13,
        cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
        server_name: None,
        client_certificate: None,
        verified: false,
        binding: ChannelBinding { exporter: Some([7; 32]), server_end_point: None },
    }
}

/// A session behind the layer, with TLS from the first octet or by STARTTLS, and somebody on the way who changes octets.
pub(crate) fn run_in_tls(certificate: &ServerTls, dice: &mut Dice<'_>) {
    let implicit = dice.one_in(2);
    let settings = settings(dice, implicit);
    let mut desk = Desk::new(&settings);
    let address = Some("192.0.2.1:2525".parse().expect("an address"));
    let server = Server::new(Arc::new(settings), address, None, [7; 32], desk.now);
    let mut server = Layer::server(server, certificate, desk.now);
    let mut client = Layer::client(Speaker::new(implicit), &ClientTls::new(Verification::None), desk.now);
    let (mut ended, mut wire) = (false, Vec::new());
    let mut opening = if implicit { 0 } else { 4 };
    while !dice.is_empty() {
        match dice.below(12) {
            0 => {
                desk.pass(dice);
                server.handle(desk.now, tls::Input::Tick).unwrap();
            }
            1 if !ended && dice.one_in(4) => {
                ended = true;
                server.handle(desk.now, tls::Input::End([End::Orderly, End::Cut][dice.below(2)])).unwrap();
            }
            2 if dice.one_in(4) && !wire.is_empty() => {
                let at = dice.below(wire.len());
                wire[at] ^= 1 << dice.below(8);
            }
            3 | 4 => {
                if let Some(input) = desk.input(dice) {
                    server.handle(desk.now, tls::Input::Inner(input)).unwrap();
                }
            }
            5..=7 if opening > 0 => {
                opening -= 1;
                let line: &[u8] = [b"" as &[u8], b"", b"STARTTLS\r\n", b"EHLO a.example\r\n"][opening];
                let tell = if line.is_empty() { Tell::StartTls } else { Tell::Say(line) };
                let _ = client.handle(desk.now, tls::Input::Inner(tell));
            }
            5..=7 => {
                let _ = client.handle(desk.now, tls::Input::Inner(Tell::Say(&said(dice))));
            }
            _ if !ended && server.wants_wire() && !wire.is_empty() => {
                let length = if dice.one_in(3) { 1 + dice.below(wire.len()) } else { wire.len() };
                let octets: Vec<u8> = wire.drain(..length).collect();
                server.handle(desk.now, tls::Input::Wire(&octets)).unwrap();
            }
            _ => {}
        }
        while let Some(output) = polled(&mut server) {
            match output {
                Output::Transmit(octets) if client.wants_wire() => {
                    let _ = client.handle(desk.now, tls::Input::Wire(&octets));
                }
                Output::Event(tls::Event::Inner(event)) => desk.note(event),
                _ => {}
            }
        }
        while let Some(output) = polled(&mut client) {
            if let Output::Transmit(octets) = output {
                wire.extend(octets);
            }
        }
    }
}

/// A client that says what it is told, and listens to nothing.
#[derive(Debug)]
struct Speaker {
    to_say: Vec<u8>,
    starts_tls: bool,
    over: bool,
}

enum Tell<'a> {
    Say(&'a [u8]),
    StartTls,
}

impl Speaker {
    fn new(implicit: bool) -> Self {
        Self { to_say: Vec::new(), starts_tls: implicit, over: false }
    }
}

impl Machine for Speaker {
    type Input<'a> = Tell<'a>;
    type Event = ();

    fn handle(&mut self, _: Now, input: Tell<'_>) -> Result<(), Misuse> {
        match input {
            Tell::Say(octets) => self.to_say.extend(octets),
            Tell::StartTls => self.starts_tls = true,
        }
        Ok(())
    }

    fn poll(&mut self) -> Output<()> {
        match self.to_say.is_empty() {
            true => Output::Idle { wake: None },
            false => Output::Transmit(std::mem::take(&mut self.to_say)),
        }
    }
}

impl Converse for Speaker {
    fn octets(&mut self, _: Now, _: &[u8]) -> Result<(), Misuse> {
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        self.over = true;
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        self.starts_tls = false;
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.starts_tls && self.to_say.is_empty()
    }

    fn wants_octets(&self) -> bool {
        !self.over
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
