//! A host that does what the documentation of each event says, between a client and hops that say and do anything. Nothing that they
//! do is the host's misuse, every transaction ends once, and so does every session. The fuzz target `gateway` plays the same host.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use passerelle::gateway::{
    Client, ConnectionId, Ending, Event, Gateway, Held, Hold, Input, Listener, NotConnected, Place, Setup, Taken,
};
use passerelle::route::policy::Policy;
use passerelle::smtp::sasl::SecretKey;
use passerelle::tls::End;
use passerelle::{Answer, DnsAnswer, Machine, Now, Output, Question, QuestionId, Record, RecordType, Status, StsError};

/// The policies that are played with.
const POLICIES: [&str; 3] = [
    // One host: what it is sent streams.
    r#"{"hostname": "gw.example.com", "domains": ["example.com"],
        "relay": [{"name": "apps", "peers": ["192.0.2.0/24"]}],
        "route": [{"name": "smart", "hosts": ["smart.example.net"], "require_tls": false, "require_ca": false, "verify_hostname": false}],
        "rule": [{"name": "out", "match": {"direction": ["outbound"]}, "do": {"route": "smart"}}]}"#,
    // Two hosts, a fallback, a copy, a footer, and a maildir.
    r#"{"hostname": "gw.example.com", "domains": ["example.com"], "quarantine": {"maildir": "held"},
        "relay": [{"name": "apps", "peers": ["192.0.2.0/24"], "submitted": true}],
        "route": [{"name": "smart", "hosts": ["a.example.net", "b.example.net"], "fallback": "last", "require_tls": false, "require_ca": false, "verify_hostname": false},
                  {"name": "last", "hosts": ["c.example.net"], "require_tls": false, "require_ca": false, "verify_hostname": false, "max_messages": 1}],
        "rule": [{"name": "held", "match": {"header": ["Subject: *held*"]}, "do": {"quarantine": true}},
                 {"name": "copies", "match": {"direction": ["outbound"], "to": ["c@x.example"]}, "do": {"also_to": ["keep@y.example"]}},
                 {"name": "footer", "match": {"direction": ["outbound"], "to": ["f@x.example"]}, "do": {"footer": {"text": "below"}}},
                 {"name": "gone", "match": {"direction": ["outbound"], "to": ["d@x.example"]}, "do": {"discard": true}},
                 {"name": "out", "match": {"direction": ["outbound"]}, "do": {"route": "smart"}}]}"#,
    // Strangers, who are verified, and the MX of whoever is written to.
    r#"{"hostname": "gw.example.com", "domains": ["example.com"],
        "relay": [{"name": "apps", "peers": ["192.0.2.0/24"]}],
        "route": [{"name": "inside", "hosts": ["inside.example.com"], "require_tls": false, "require_ca": false, "verify_hostname": false}],
        "rule": [{"name": "bad", "match": {"direction": ["inbound"], "results": ["dmarc=fail"]}, "do": {"reject": "550 5.7.26 no"}},
                 {"name": "in", "match": {"direction": ["inbound"]}, "do": {"route": "inside"}}]}"#,
];

static SETUPS: LazyLock<Vec<Arc<Setup>>> = LazyLock::new(|| {
    let setup = |text: &&str| {
        let files = |_: &str| Err("there are none".to_owned());
        let policy = Policy::compile(text, &files).accepted().expect("the policy of this model is sound");
        Arc::new(Setup::new(Arc::new(policy), SecretKey::new([5; 32])))
    };
    POLICIES.iter().map(setup).collect()
});

/// What the client says, now and then.
const LINES: [&str; 26] = [
    "EHLO client.example\r\n",
    "HELO client.example\r\n",
    "MAIL FROM:<ann@example.com>\r\n",
    "MAIL FROM:<ann@example.com> SIZE=300 BODY=8BITMIME\r\n",
    "MAIL FROM:<>\r\n",
    "MAIL FROM:<eve@stranger.example>\r\n",
    "RCPT TO:<a@x.example>\r\n",
    "RCPT TO:<b@x.example>\r\n",
    "RCPT TO:<c@x.example>\r\n",
    "RCPT TO:<d@x.example>\r\n",
    "RCPT TO:<f@x.example>\r\n",
    "RCPT TO:<a@y.example>\r\n",
    "RCPT TO:<bob@example.com>\r\n",
    "RCPT TO:<Postmaster>\r\n",
    "DATA\r\n",
    "BDAT 20\r\nSubject: x\r\n\r\nabcdef",
    "BDAT 0 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "From: ann@example.com\r\nSubject: x\r\n\r\ntext\r\n",
    "Subject: held\r\nReceived: by gw.example.com\r\nReceived: by gw.example.com; x\r\n",
    "\r\n",
    ".\r\n",
    "a line of text\r\n..\r\n",
    "\r\n.\r\n",
];

/// What a client says that wants to send a message.
const MESSAGE: [&str; 6] = [
    "EHLO client.example\r\n",
    "MAIL FROM:<ann@example.com>\r\n",
    "RCPT TO:<a@x.example>\r\n",
    "DATA\r\n",
    "From: ann@example.com\r\nSubject: x\r\n\r\ntext\r\n",
    ".\r\n",
];

/// What hops say.
const REPLIES: [&str; 16] = [
    "220 hop\r\n",
    "250-hop\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n",
    "250-hop\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n",
    "250 2.0.0 OK\r\n",
    "250 OK\r\n",
    "354 Go on\r\n",
    "450 4.2.1 later\r\n",
    "452 4.5.3 too many\r\n",
    "550-5.1.1 no\r\n550 5.1.1 never\r\n",
    "554 5.7.1 no\r\n",
    "552 too many\r\n",
    "421 4.3.2 bye\r\n",
    "221 bye\r\n",
    "220 go ahead\r\n",
    "999 what\r\n",
    "\0\u{ff}\r\n",
];

/// Decides what happens, by octets: all are used up, and then nothing happens any more.
#[derive(Debug)]
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn below(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % sides.max(1)
    }
}

/// Everything around the session.
struct Model {
    gateway: Gateway,
    now: Now,
    questions: VecDeque<(QuestionId, Question)>,
    places: VecDeque<ConnectionId>,
    connects: VecDeque<(ConnectionId, Vec<IpAddr>)>,
    /// Connections that stand, and whether the hop still speaks.
    open: BTreeMap<ConnectionId, bool>,
    /// What a hop would say that does as it is told.
    due: BTreeMap<ConnectionId, VecDeque<&'static str>>,
    /// How far a client is that does so.
    script: usize,
    holds: VecDeque<Hold>,
    held: Vec<u8>,
    stores: usize,
    has_ended: bool,
    closed: bool,
    /// Octets that the client has been told.
    told: String,
    reached: BTreeSet<&'static str>,
}

/// Plays a session to its end, and gives what was reached.
pub(crate) fn run(dice: &mut Dice<'_>) -> BTreeSet<&'static str> {
    let setup = &SETUPS[dice.below(SETUPS.len())];
    let peer = ["192.0.2.7:2525", "203.0.113.5:2525"][usize::from(dice.below(4) == 0)];
    let client =
        Client::new(peer.parse().ok(), None, [Listener::Smtp, Listener::Submission][usize::from(dice.below(16) == 0)]);
    let now = Now::at(1_790_000_000);
    let mut model = Model {
        gateway: Gateway::new(Arc::clone(setup), client, [7; 32], now),
        now,
        questions: VecDeque::new(),
        places: VecDeque::new(),
        connects: VecDeque::new(),
        open: BTreeMap::new(),
        due: BTreeMap::new(),
        script: 0,
        holds: VecDeque::new(),
        held: Vec::new(),
        stores: 0,
        has_ended: false,
        closed: false,
        told: String::new(),
        reached: BTreeSet::new(),
    };
    model.drain();
    while !dice.is_empty() && !model.gateway.is_over() {
        model.step(dice);
        model.drain();
    }
    model.finish();
    model.reached
}

impl Model {
    fn input(&mut self, input: Input<'_>) {
        self.gateway.handle(self.now, input).expect("what a host does by the documentation is no misuse");
    }

    fn step(&mut self, dice: &mut Dice<'_>) {
        match dice.below(32) {
            0..=7 => self.client(dice),
            8..=10 => self.answer(dice),
            11..=13 => self.place(dice),
            14..=15 => self.connected(dice),
            16..=24 => self.hop(dice),
            25..=27 => self.hold(dice),
            28 => self.stored(dice.below(2) == 0),
            29 => self.pass([1, 50, 1_000, 30_000, 130_000][dice.below(5)]),
            30 if dice.below(8) == 0 => {
                let setup = Arc::clone(&SETUPS[dice.below(SETUPS.len())]);
                self.input(Input::Renew(setup));
            }
            _ if dice.below(24) == 0 => self.rare(dice),
            _ => self.client(dice),
        }
    }

    fn rare(&mut self, dice: &mut Dice<'_>) {
        match dice.below(3) {
            0 => self.input(Input::Shutdown),
            1 => self.input(Input::Patience(1_000)),
            _ => self.end([End::Orderly, End::Cut][dice.below(2)]),
        }
    }

    fn end(&mut self, end: End) {
        if !std::mem::replace(&mut self.has_ended, true) {
            self.input(Input::End(end));
        }
    }

    fn client(&mut self, dice: &mut Dice<'_>) {
        let mut octets = LINES[dice.below(LINES.len())].as_bytes().to_vec();
        if dice.below(4) > 0 {
            octets = MESSAGE[self.script % MESSAGE.len()].as_bytes().to_vec();
            self.script += usize::from(self.gateway.wants_wire());
        } else if dice.below(16) == 0 {
            let at = dice.below(octets.len());
            octets[at] ^= 1 << dice.below(8);
        }
        let pieces = if dice.below(4) == 0 { 3 } else { octets.len() };
        for piece in octets.chunks(pieces.max(1)) {
            if self.has_ended || !self.gateway.wants_wire() {
                return;
            }
            self.input(Input::Wire(piece));
            self.drain();
        }
    }

    fn answer(&mut self, dice: &mut Dice<'_>) {
        if self.questions.is_empty() {
            return;
        }
        let at = dice.below(self.questions.len());
        let Some((id, question)) = self.questions.remove(at) else { return };
        let answer = match &question {
            Question::Dns(_, record_type) => Answer::Dns(match dice.below(12) {
                0 => DnsAnswer::empty(Status::NxDomain),
                1 => DnsAnswer::empty(Status::ServFail),
                2 => DnsAnswer::empty(Status::Timeout),
                _ => match record_type {
                    RecordType::A => {
                        DnsAnswer::found([Record::A([198, 51, 100, 1].into()), Record::A([198, 51, 100, 2].into())])
                    }
                    RecordType::Txt if dice.below(2) == 0 => DnsAnswer::found([Record::Txt(b"v=spf1 +all".to_vec())]),
                    RecordType::Txt => DnsAnswer::found([Record::Txt(b"v=DMARC1; p=reject".to_vec())]),
                    _ => DnsAnswer::empty(Status::NoError),
                },
            }),
            Question::StsPolicy(_) => Answer::StsPolicy(Err(StsError::Fetch)),
            _ => Answer::Quota(Some(0)),
        };
        self.input(Input::Answer(id, answer));
    }

    fn place(&mut self, dice: &mut Dice<'_>) {
        let Some(id) = self.places.pop_front() else { return };
        let place = match dice.below(8) {
            0 => Place::None,
            clear => Place::Fresh { clear: clear == 1 },
        };
        self.input(Input::Place(id, place));
    }

    fn connected(&mut self, dice: &mut Dice<'_>) {
        let Some((id, addresses)) = self.connects.pop_front() else { return };
        if dice.below(6) == 0 || addresses.is_empty() {
            return self.input(Input::NotConnected { id, why: NotConnected::TimedOut });
        }
        let address = addresses[dice.below(addresses.len())];
        self.open.insert(id, true);
        self.due.insert(id, VecDeque::from(["220 hop\r\n"]));
        self.input(Input::Connected { id, address });
    }

    fn hop(&mut self, dice: &mut Dice<'_>) {
        let speaking: Vec<ConnectionId> = self.open.iter().filter(|(_, speaks)| **speaks).map(|(id, _)| *id).collect();
        if speaking.is_empty() {
            return;
        }
        let id = speaking[dice.below(speaking.len())];
        if dice.below(24) == 0 {
            self.open.insert(id, false);
            return self.input(Input::Closed { id, end: [End::Orderly, End::Cut][dice.below(2)] });
        }
        let mut reply = REPLIES[dice.below(REPLIES.len())].as_bytes();
        if dice.below(6) > 0 {
            let due = self.due.get_mut(&id).and_then(VecDeque::pop_front);
            let Some(due) = due else { return };
            reply = due.as_bytes();
        }
        for piece in reply.chunks(if dice.below(8) == 0 { 5 } else { reply.len() }) {
            if !self.open.contains_key(&id) || !self.gateway.wants_octets(id) {
                return;
            }
            self.input(Input::Octets { id, octets: piece });
            self.drain();
        }
    }

    fn hold(&mut self, dice: &mut Dice<'_>) {
        let fault = dice.below(16);
        while let Some(hold) = self.holds.pop_front() {
            let held: Vec<u8>;
            let answer = match hold {
                Hold::Append(_) if fault == 0 => Held::Full,
                Hold::Append(_) | Hold::Read { .. } if fault == 1 => Held::Lost,
                Hold::Append(octets) => {
                    self.held.extend(octets);
                    Held::Kept
                }
                Hold::Read { from, octets } => {
                    let rest = self.held.get(from as usize..).unwrap_or_default();
                    held = rest[..octets.min(rest.len())].to_vec();
                    Held::Octets(&held)
                }
                Hold::Drop => {
                    self.held.clear();
                    continue;
                }
            };
            self.reached.insert("something is held");
            return self.input(Input::Held(answer));
        }
    }

    fn stored(&mut self, is_stored: bool) {
        if self.stores > 0 {
            self.stores -= 1;
            self.reached.insert("something is stored");
            self.input(Input::Stored(is_stored));
        }
    }

    fn pass(&mut self, millis: u64) {
        self.now.monotonic = self.now.monotonic + millis;
        self.input(Input::Tick);
    }

    fn drain(&mut self) {
        // Bounded: a session that always has something to say would never end.
        for _ in 0..10_000 {
            match self.gateway.poll() {
                Output::Idle { .. } => return,
                Output::Transmit(octets) => {
                    assert!(!self.closed, "nothing comes behind the end");
                    self.told.push_str(&String::from_utf8_lossy(&octets));
                }
                Output::Ask(id, question) => self.questions.push_back((id, question)),
                Output::Event(event) => self.event(event),
            }
        }
        panic!("it never falls silent");
    }

    fn event(&mut self, event: Event) {
        assert!(!self.closed, "nothing comes behind the end: {event:?}");
        match event {
            Event::Place { id, .. } => self.places.push_back(id),
            Event::Connect { id, addresses, .. } => self.connects.push_back((id, addresses)),
            Event::Send { id, octets } => {
                assert!(self.open.contains_key(&id), "octets for a hop that is not connected");
                let due = self.due.entry(id).or_default();
                for line in octets.split_inclusive(|octet| *octet == b'\n') {
                    due.extend(match line.get(..4) {
                        Some(b"EHLO") => Some("250-hop\r\n250-PIPELINING\r\n250 8BITMIME\r\n"),
                        Some(b"MAIL" | b"RCPT" | b"RSET") => Some("250 2.0.0 OK\r\n"),
                        Some(b"DATA") => Some("354 Go on\r\n"),
                        _ if line == b".\r\n" => Some("250 2.0.0 Queued\r\n"),
                        _ => None,
                    });
                }
            }
            Event::Close { id } => {
                self.places.retain(|other| *other != id);
                self.connects.retain(|(other, _)| *other != id);
                self.open.remove(&id);
                self.due.remove(&id);
            }
            Event::Keep { id, .. } => {
                assert!(self.open.remove(&id).is_some(), "a connection that is none");
                self.reached.insert("a connection is kept");
            }
            Event::Hold(hold) => self.holds.push_back(hold),
            Event::Store { from, octets, .. } => {
                // What is asked before is done before.
                self.stores += 1;
                assert!(from + octets <= self.held.len() as u64 || !self.holds.is_empty(), "more than is held");
            }
            Event::Done(done) => {
                if done.end == Ending::Accepted {
                    let accepted = done.recipients.iter().filter(|recipient| recipient.fate == Taken::Accepted);
                    assert!(accepted.clone().count() > 0 && accepted.clone().all(|recipient| recipient.host.is_some()));
                }
                self.reached.insert(done.end.as_str());
            }
            Event::Closed(_) => self.closed = true,
            _ => {}
        }
    }

    /// The client goes, the hops do, and time passes: whatever was under way has an end.
    fn finish(&mut self) {
        self.end(End::Cut);
        self.drain();
        for _ in 0..40 {
            while let Some((id, question)) = self.questions.pop_front() {
                self.input(Input::Answer(id, Answer::timeout(&question)));
                self.drain();
            }
            while let Some(id) = self.places.pop_front() {
                self.input(Input::Place(id, Place::None));
                self.drain();
            }
            while let Some((id, _)) = self.connects.pop_front() {
                self.input(Input::NotConnected { id, why: NotConnected::Refused });
                self.drain();
            }
            while let Some(id) = self.open.iter().find(|(_, speaks)| **speaks).map(|(id, _)| *id) {
                self.open.insert(id, false);
                self.input(Input::Closed { id, end: End::Cut });
                self.drain();
            }
            while !self.holds.is_empty() {
                self.hold(&mut Dice::new(&[9]));
                self.drain();
            }
            while self.stores > 0 {
                self.stored(false);
                self.drain();
            }
            if self.gateway.is_over() {
                break;
            }
            self.pass(60_000);
            self.drain();
        }
        assert!(self.gateway.is_over() && self.closed, "the session never ends: {:?}", self.gateway);
        assert!(self.open.is_empty(), "connections are left");
    }
}
