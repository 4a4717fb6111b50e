//! Hosts that say anything at any time: whatever they do, every recipient is answered once and in order, every message has one end,
//! every place is given back, and no two hosts can have the message.

use std::collections::{BTreeMap, VecDeque};

use passerelle::gateway::way::{Event, Input, Keeps, Outcome, Way};
use passerelle::gateway::{ConnectionId, Ids, Kept, NotConnected, Place};
use passerelle::smtp::client::Delivery;
use passerelle::smtp::sasl::SecretKey;
use passerelle::tls::End;
use passerelle::{Machine, Now, Output};
use proptest::prelude::*;

use super::play::{World, hop_with, recipient, start};
use passerelle::route::hops::HopTls;
use passerelle::route::security::Encryption;

const REPLIES: [&str; 16] = [
    "220 mx\r\n",
    "250 mx\r\n",
    "250-mx\r\n250-PIPELINING\r\n250-SIZE 100\r\n250 8BITMIME\r\n",
    "250-mx\r\n250-LIMITS RCPTMAX=1 MAILMAX=1\r\n250 PIPELINING\r\n",
    "250 Ok\r\n",
    "250 Ok\r\n",
    "354 Go on\r\n",
    "354 Go on\r\n",
    "250 Ok\r\n250 Ok\r\n250 Ok\r\n354 Go on\r\n",
    "421 4.3.2 Going down\r\n",
    "450 4.2.0 Later\r\n",
    "550 5.1.1 No\r\n",
    "552 5.3.4 Too much\r\n",
    "250-half\r\n",
    "HTTP/1.1 400 Bad\r\n",
    "\0",
];

#[derive(Clone, Debug)]
enum Step {
    /// The host of one of the connections says this.
    Says(u8, u8),
    /// It says what it should, as far as it goes well.
    GoesWell(u8, u8),
    Ends(u8, End),
    Passes(u32),
    Rcpt,
    Data(bool),
    Content,
    ContentEnd,
    Abort,
}

/// What a reply that is waited for is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Greeting,
    Hello,
    Data,
    Dot,
    Other,
}

/// A host, as octets show it.
#[derive(Debug)]
struct Far {
    heard: Vec<u8>,
    asked: VecDeque<Asked>,
    in_content: bool,
    /// Whether it said something that nobody had asked for.
    is_out_of_step: bool,
    /// Whether it has the message: `None` is not known.
    has_it: Option<Option<bool>>,
    /// A reply of several lines that has not ended.
    is_half: bool,
}

impl Far {
    fn new(asked: Option<Asked>) -> Self {
        let asked = asked.into_iter().collect();
        Self { heard: Vec::new(), asked, in_content: false, is_out_of_step: false, has_it: None, is_half: false }
    }

    fn hears(&mut self, octets: &[u8]) {
        self.heard.extend(octets);
        while let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            if self.in_content {
                if line == b".\r\n" {
                    self.in_content = false;
                    self.asked.push_back(Asked::Dot);
                    self.has_it = Some(None);
                }
                continue;
            }
            self.asked.push_back(match &line[..4] {
                b"EHLO" | b"HELO" => Asked::Hello,
                b"DATA" => Asked::Data,
                _ => Asked::Other,
            });
        }
    }

    fn says(&mut self, text: &str) {
        for line in text.split_inclusive("\r\n") {
            let is_reply =
                line.len() > 4 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit) && line.ends_with("\r\n");
            if self.is_out_of_step || !is_reply {
                self.is_out_of_step = true;
                return;
            }
            self.is_half = line.as_bytes()[3] == b'-';
            if self.is_half {
                continue;
            }
            let code: u16 = line[..3].parse().unwrap();
            match self.asked.pop_front() {
                // The refusal of one that can't wait, in the middle of the content: nothing was ended.
                None => self.is_out_of_step = true,
                Some(Asked::Data) => self.in_content = code == 354,
                Some(Asked::Dot) if code != 354 => self.has_it = Some(Some(code / 100 == 2)),
                _ => {}
            }
            self.is_out_of_step |= code == 421;
        }
    }

    /// What an honest host would say now.
    fn honest(&self) -> &'static str {
        match self.asked.front() {
            Some(Asked::Greeting) => "220 mx\r\n",
            Some(Asked::Hello) => "250-mx\r\n250 PIPELINING\r\n",
            Some(Asked::Data) => "354 Go on\r\n",
            Some(_) => "250 Ok\r\n",
            None => "",
        }
    }
}

/// A host of the way that does what each event says.
struct Host {
    way: Way,
    now: Now,
    fars: BTreeMap<ConnectionId, Far>,
    kept: Vec<Kept>,
    /// Places that were granted and not given back.
    places: Vec<ConnectionId>,
    /// What is decided by chance: places and connections.
    chances: VecDeque<u8>,
    /// Everybody who may have the message, as their octets show it.
    histories: Vec<Option<Option<bool>>>,
    rcpts: usize,
    answered: usize,
    sent: Vec<Outcome>,
    was_wanted: bool,
    has_ended: bool,
}

impl Host {
    fn input(&mut self, input: Input<'_>) {
        self.way.handle(self.now, input).expect("nothing that a host says is misuse");
        self.drain();
    }

    fn drain(&mut self) {
        while let Output::Event(event) = self.way.poll() {
            self.event(event);
        }
    }

    fn chance(&mut self) -> u8 {
        self.chances.pop_front().unwrap_or(0)
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Place { id, .. } => {
                let place = match self.chance() % 8 {
                    7 => Place::None,
                    5 | 6 if !self.kept.is_empty() => self.kept.pop().map(|kept| Place::Kept(Box::new(kept))).unwrap(),
                    4 => Place::Fresh { clear: true },
                    _ => Place::Fresh { clear: false },
                };
                if matches!(place, Place::Kept(_)) {
                    self.fars.insert(id, Far::new(None));
                }
                if !matches!(place, Place::None) {
                    self.places.push(id);
                }
                self.way.handle(self.now, Input::Place(id, place)).unwrap();
            }
            Event::Connect { id, addresses, .. } => {
                let input = match self.chance() % 4 {
                    3 => Input::NotConnected { id, why: NotConnected::Refused },
                    chance => {
                        self.fars.insert(id, Far::new(Some(Asked::Greeting)));
                        Input::Connected { id, address: addresses[usize::from(chance) % addresses.len()] }
                    }
                };
                self.way.handle(self.now, input).unwrap();
            }
            Event::Send { id, octets } => self.fars.get_mut(&id).expect("a connection that stands").hears(&octets),
            Event::Close { id } => self.gives_back(id),
            Event::Keep { id, connection } => {
                self.kept.push(*connection);
                self.gives_back(id);
            }
            Event::Rcpt { index, .. } => {
                assert_eq!(index, self.answered, "they are answered in their order");
                self.answered += 1;
            }
            Event::WantsContent { from } => {
                assert_eq!(from, 0);
                self.was_wanted = true;
            }
            Event::Sent(outcome) => self.sent.push(*outcome),
            _ => {}
        }
    }

    fn gives_back(&mut self, id: ConnectionId) {
        let place = self.places.iter().position(|place| *place == id);
        if let Some(far) = self.fars.remove(&id) {
            self.histories.push(far.has_it);
        }
        // One that was waited for in vain has none.
        if let Some(place) = place {
            self.places.remove(place);
        }
    }

    fn connection(&self, choice: u8) -> Option<ConnectionId> {
        let ids: Vec<_> = self.fars.keys().copied().collect();
        ids.get(usize::from(choice) % ids.len().max(1)).copied()
    }

    fn says(&mut self, id: ConnectionId, text: &str) {
        let Some(far) = self.fars.get_mut(&id) else { return };
        far.says(text);
        if self.way.wants_octets(id) {
            self.input(Input::Octets { id, octets: text.as_bytes() });
        }
    }

    fn step(&mut self, step: &Step) {
        let is_done = !self.sent.is_empty();
        match step {
            Step::Says(who, what) => {
                if let Some(id) = self.connection(*who) {
                    self.says(id, REPLIES[usize::from(*what) % REPLIES.len()]);
                }
            }
            Step::GoesWell(who, count) => {
                for _ in 0..*count {
                    let Some(id) = self.connection(*who) else { return };
                    let text = self.fars.get(&id).map_or("", Far::honest);
                    self.says(id, text);
                }
            }
            Step::Ends(who, end) => {
                if let Some(id) = self.connection(*who) {
                    self.input(Input::Closed { id, end: *end });
                }
            }
            Step::Passes(millis) => self.passes(u64::from(*millis)),
            Step::Rcpt if !self.has_ended && !is_done => {
                self.rcpts += 1;
                self.input(Input::Rcpt(recipient("bob@b.example")));
            }
            Step::Data(all) if !self.has_ended && self.rcpts > 0 && !is_done => {
                self.has_ended = true;
                self.input(Input::Data { needs: None, all_or_none: *all });
            }
            Step::Content if self.was_wanted => self.input(Input::Content(b"Subject: x\r\n")),
            Step::ContentEnd if self.was_wanted => self.input(Input::ContentEnd),
            Step::Abort => {
                self.has_ended = true;
                self.input(Input::Abort);
            }
            _ => {}
        }
    }

    fn passes(&mut self, millis: u64) {
        let until = self.now.monotonic + millis;
        for _ in 0..1000 {
            let Output::Idle { wake: Some(wake) } = self.way.poll() else { break };
            if wake > until {
                break;
            }
            self.now.monotonic = wake.max(self.now.monotonic);
            self.input(Input::Tick);
        }
        self.now.monotonic = until;
        self.input(Input::Tick);
    }
}

fn plays(keeps: Keeps, encryption: Encryption, chances: Vec<u8>, steps: &[Step]) {
    let hops = ["mx1.b.example", "mx2.b.example", "mx3.b.example"];
    let hops = hops.iter().enumerate().map(|(n, host)| {
        hop_with(host, &[&format!("192.0.2.{n}"), &format!("2001:db8::{n}")], HopTls::new(encryption))
    });
    let world = World::new(hops.collect()).plan(|plan| plan.keeps = keeps);
    let mut ids = Ids::new(SecretKey::new([2; 32]));
    let mut host = Host {
        way: Way::new(world.setup.clone(), world.plan.clone(), &mut ids, start()),
        now: start(),
        fars: BTreeMap::new(),
        kept: Vec::new(),
        places: Vec::new(),
        chances: chances.into(),
        histories: Vec::new(),
        rcpts: 0,
        answered: 0,
        sent: Vec::new(),
        was_wanted: false,
        has_ended: false,
    };
    steps.iter().for_each(|step| host.step(step));
    // Time alone brings every question to an end.
    host.passes(200_000);
    if !host.has_ended {
        assert_eq!(host.answered, host.rcpts, "every recipient is answered in time");
        host.step(&Step::Abort);
    }
    host.passes(200_000);
    host.step(&Step::ContentEnd);
    host.passes(500_000);
    assert_eq!(host.sent.len(), 1, "one end");
    assert_eq!(host.sent[0].recipients.len(), host.rcpts);
    assert!(host.answered <= host.rcpts);
    assert!(host.way.is_over(), "{:?}", host.way);
    assert!(host.places.is_empty() && host.fars.is_empty(), "every place is given back");
    let may_have_it = host.histories.iter().filter(|has_it| matches!(has_it, Some(None | Some(true)))).count();
    let outcome = &host.sent[0];
    let is_accepted = outcome.recipients.iter().any(|recipient| recipient.delivery.is_accepted());
    let is_unconfirmed =
        outcome.recipients.iter().any(|recipient| matches!(recipient.delivery, Delivery::Unconfirmed(_)));
    assert!(may_have_it <= 1, "at most one host can have it: {:?}", host.histories);
    assert_eq!(outcome.unconfirmed, is_unconfirmed);
    if is_accepted {
        assert!(host.histories.contains(&Some(Some(true))), "no acceptance that the host has not given");
    } else if may_have_it == 1 {
        assert!(is_unconfirmed, "what a host may have is not said to be refused: {:?}", outcome.recipients);
    }
    if matches!(keeps, Keeps::OneHost) {
        assert!(host.histories.iter().filter(|has_it| has_it.is_some()).count() <= 1, "one host gets the end of it");
    }
}

fn step() -> impl Strategy<Value = Step> {
    let end = proptest::sample::select(vec![End::Orderly, End::Cut]);
    prop_oneof![
        4 => (any::<u8>(), any::<u8>()).prop_map(|(who, what)| Step::Says(who, what)),
        8 => (any::<u8>(), 1..5u8).prop_map(|(who, count)| Step::GoesWell(who, count)),
        1 => (any::<u8>(), end).prop_map(|(who, end)| Step::Ends(who, end)),
        1 => (0..130_000u32).prop_map(Step::Passes),
        3 => Just(Step::Rcpt),
        2 => any::<bool>().prop_map(Step::Data),
        2 => Just(Step::Content),
        2 => Just(Step::ContentEnd),
        1 => proptest::bool::weighted(0.1).prop_map(|aborts| if aborts { Step::Abort } else { Step::Content }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn whatever_hosts_say_the_message_has_one_end_and_one_taker(
        keeps in any::<bool>(),
        may in any::<bool>(),
        chances in proptest::collection::vec(any::<u8>(), 0..12),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let keeps = if keeps { Keeps::UntilEnd } else { Keeps::OneHost };
        let encryption = if may { Encryption::May } else { Encryption::None };
        let steps: Vec<Step> = std::iter::once(Step::Rcpt).chain(steps).collect();
        plays(keeps, encryption, chances, &steps);
    }
}
