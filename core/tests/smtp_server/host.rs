//! A host that does what the documentation of each event says, and leaves to dice what it leaves open; and clients that say
//! anything, in clear text and inside TLS, in any pieces, with any end. Whatever they say is never the host's misuse: every call
//! is unwrapped. The fuzz target `smtp_server_host` has the same host.

use std::collections::BTreeSet;
use std::sync::Arc;

use passerelle::smtp::Reply;
use passerelle::smtp::data::{IrregularPolicy, LongLines};
use passerelle::smtp::sasl::server::{Credentials, Decision as Verdict, Settings as Authentication, Stored};
use passerelle::smtp::sasl::{Mechanism, SecretKey};
use passerelle::smtp::server::{
    Abort, Decision, DecisionId, Decisions, EarlyTalkers, Event, Extensions, Input, Limits, Protocol, Request, Server,
    Settings, Timeouts, TlsPolicy,
};
use passerelle::tls::{ChannelBinding, Converse, End, Session, Version};
use passerelle::{Domain, Machine, Now, Output};

/// Octets that decide; when they are used up, all is zero.
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first) % bound.max(1)
    }

    pub(crate) fn one_in(&mut self, number: usize) -> bool {
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
const PIECES: [&str; 28] = [
    "EHLO a.example\r\n",
    "LHLO a.example\r\n",
    "HELO a.example\r\n",
    "MAIL FROM:<ann@example.org>\r\n",
    "MAIL FROM:<> BODY=BINARYMIME\r\n",
    "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<carol@example.com>\r\n",
    "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
    "RCPT TO:<bob@example.com>\r\n",
    "DATA\r\n",
    "Subject: x\r\n\r\ntext\r\n.\r\n",
    "BDAT 5\r\nHello",
    "BDAT 9 LAST\r\nA: b\r\n\r\nx",
    "BDAT 0 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY bob\r\n",
    "EXPN list\r\n",
    "STARTTLS\r\n",
    "STARTTLS\r\n",
    "AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
    "AUTH PLAIN Ym9iAGFubgBwZW5jaWw=\r\n",
    "AUTH LOGIN\r\n",
    "AUTH EXTERNAL =\r\n",
    "AUTH SCRAM-SHA-256 biwsbj1hbm4scj1mbw==\r\n",
    "AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==\r\n",
    "AGFubgBwZW5jaWw=\r\n",
    "YW5u\r\n",
    "XCLIENT NAME=a.example LOGIN=ann\r\n",
];

/// What ends a session, or keeps it from going on, and so comes seldom.
const RARE: [&str; 14] = [
    "QUIT\r\n",
    "HELP\r\n",
    "BDAT x\r\n",
    "BDAT 300\r\n",
    "*\r\n",
    "\r\n",
    ".\r\n",
    "\n",
    "\0",
    "AUTH PLAIN\r\n",
    "XCLIENT ADDR=203.0.113.9\r\n",
    "PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n",
    "GET / HTTP/1.1\r\n",
    "\x16\x03\x01\x00\x05hello",
];

pub(crate) fn said(dice: &mut Dice<'_>) -> Vec<u8> {
    match dice.below(24) {
        22 => dice.octets().to_vec(),
        23 => RARE[dice.below(RARE.len())].into(),
        _ => PIECES[dice.below(PIECES.len())].into(),
    }
}

/// The name that a client is to say first.
pub(crate) fn hello(is_lmtp: bool) -> &'static [u8] {
    if is_lmtp { b"LHLO a.example\r\n" } else { b"EHLO a.example\r\n" }
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
        early_talkers: if dice.one_in(3) { EarlyTalkers::Refuse } else { EarlyTalkers::Serve },
        irregular: if dice.one_in(3) { IrregularPolicy::Keep } else { IrregularPolicy::Refuse },
        long_lines: if dice.one_in(3) { LongLines::Pass { longest: 10 } } else { LongLines::default() },
        limits: match dice.below(3) {
            0 => Limits { message_size: Some(20), header_size: 12, recipients: 1, errors: 3, ..Limits::default() },
            _ => Limits::default(),
        },
        timeouts: Timeouts { greeting_delay: if dice.one_in(8) { 1000 } else { 0 }, ..Timeouts::default() },
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
        Request::Auth { credentials, .. } => match dice.below(20) {
            19 => Decision::Close(refusal),
            _ => Decision::Auth(verdict(credentials, dice)),
        },
        Request::Connect | Request::Hello(_) | Request::HeaderEnd { .. } => match dice.below(20) {
            18 => Decision::Refuse(refusal),
            19 => Decision::Close(refusal),
            _ => Decision::Accept,
        },
        Request::Mail(_) | Request::Rcpt { .. } | Request::Vrfy(_) | Request::Expn(_) => match dice.below(20) {
            16 | 17 => Decision::Refuse(refusal),
            18 => Decision::Close(refusal),
            19 => Decision::AcceptWith(done()),
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
pub(crate) struct Desk {
    pub(crate) now: Now,
    pub(crate) is_lmtp: bool,
    undecided: Vec<(DecisionId, Request)>,
    /// Answered already; an answer that is repeated, or comes too late, counts for nothing.
    decided: Vec<(DecisionId, Decision)>,
    closed: usize,
    /// What has come about.
    pub(crate) reached: Reached,
}

/// What a session came to, so that a test can see that sessions come to everything.
pub(crate) type Reached = BTreeSet<&'static str>;

impl Desk {
    pub(crate) fn new(settings: &Settings) -> Self {
        let is_lmtp = settings.protocol == Protocol::Lmtp;
        let now = Now::at(1_790_000_000);
        Self { now, is_lmtp, undecided: Vec::new(), decided: Vec::new(), closed: 0, reached: Reached::new() }
    }

    pub(crate) fn note(&mut self, event: Event) {
        assert_eq!(self.closed, 0, "nothing comes behind the end: {event:?}");
        match event {
            Event::Decide { id, request, .. } => {
                self.reached.insert(match &request {
                    Request::Connect => "a connection to decide on",
                    Request::Hello(_) => "a name to decide on",
                    Request::Auth { credentials: Credentials::Password { authzid: Some(_), .. }, .. } => "an authzid",
                    Request::Auth { credentials: Credentials::Password { .. }, .. } => "a password",
                    Request::Auth { credentials: Credentials::Scram { .. }, .. } => "SCRAM",
                    Request::Auth { .. } => "a token",
                    Request::Mail(_) | Request::Rcpt { .. } => "an envelope to decide on",
                    Request::HeaderEnd { .. } => "a header section to decide on",
                    Request::Message(_) => "a message to decide on",
                    Request::Vrfy(_) | Request::Expn(_) => "a question about an address",
                });
                self.undecided.push((id, request));
            }
            Event::Closed(_) => {
                self.closed += 1;
                if !self.undecided.is_empty() {
                    self.reached.insert("an end before a decision");
                }
            }
            Event::Authenticated(_) => _ = self.reached.insert("somebody authenticated"),
            Event::Discarded | Event::Quarantined => _ = self.reached.insert("a message discarded or quarantined"),
            Event::Aborted(Abort::Undecided) => _ = self.reached.insert("a decision that comes too late"),
            _ => {}
        }
    }

    pub(crate) fn pass(&mut self, dice: &mut Dice<'_>) {
        self.now.monotonic = self.now.monotonic + [1, 1000, 60_000, 300_000, 3_600_000][dice.below(5)];
    }

    /// An input of the host's own.
    pub(crate) fn input(&mut self, dice: &mut Dice<'_>) -> Option<Input<'static>> {
        match dice.below(40) {
            37 if dice.one_in(3) => Some(Input::Shutdown),
            38 => Some(Input::Patience([u64::MAX, 1000, 0][dice.below(3)])),
            39 if !self.decided.is_empty() => {
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
pub(crate) fn run_in_clear(dice: &mut Dice<'_>) -> Reached {
    let implicit = dice.one_in(6);
    let settings = settings(dice, implicit);
    let mut desk = Desk::new(&settings);
    let address = Some("192.0.2.1:2525".parse().expect("an address"));
    let mut server = Server::new(Arc::new(settings), address, None, [7; 32], desk.now);
    let (mut ended, mut shakes_hands) = (false, false);
    let mut opening = vec![hello(desk.is_lmtp)];
    while !dice.is_empty() {
        match dice.below(12) {
            0 if dice.one_in(3) => {
                desk.pass(dice);
                server.tick(desk.now);
            }
            1 if !ended && dice.one_in(12) => {
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
            5..=9 if shakes_hands && !ended => {
                shakes_hands = false;
                let is_late = server.is_over();
                desk.reached.insert(if is_late { "a handshake done too late" } else { "a handshake" });
                opening = vec![hello(desk.is_lmtp)];
                server.secured(desk.now, session()).unwrap();
            }
            // Nothing is read while hands are shaken.
            _ if !ended && !shakes_hands && server.wants_octets() => {
                let octets = opening.pop().map_or_else(|| said(dice), <[u8]>::to_vec);
                server.octets(desk.now, &octets).unwrap();
            }
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
    desk.reached
}

pub(crate) fn polled<M: Machine>(machine: &mut M) -> Option<Output<M::Event>> {
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
