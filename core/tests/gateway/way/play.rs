//! Dialogues of a way with hosts, as texts, played and compared.
//!
//! | line | |
//! |---|---|
//! | `S0: …`, `S0+tls: …`, `S0+deaf: …` | the host of connection 0 says a line; and then begins TLS, or takes no notice of what it hears |
//! | `C0: …`, `C0*: …` | it hears a line, in clear text or inside TLS |
//! | `E: …` | the way reports |
//! | `! rcpt …`, `! rcpt … notify` | the session hands in a recipient |
//! | `! data`, `! data all` | there are no more; one host has to take them all. Behind it `8bit`, `utf8`, `size 9` |
//! | `! content …`, `! end`, `! abort` | of the content |
//! | `! fresh 0`, `! clear 0`, `! none 0`, `! kept 0` | the place is granted, in clear text, or there is none, or there is the one kept last |
//! | `! connected 0 192.0.2.1`, `! refused 0`, `! eof 0`, `! cut 0`, `! wire 0 …` | what the network does |
//! | `! wait 5000` | so many milliseconds pass, with a call whenever the way wants one |
//! | `! until 5000` | what is asked for has to be answered within so many milliseconds |
//!
//! Where [`World::by_hand`] is not set, places are granted at once, and connections stand unless the address is [dead](World::dead).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use passerelle::gateway::way::{Event, Input, Plan, Reached, Way};
use passerelle::gateway::{ConnectionId, Ids, Kept, NotConnected, Place, Setup};
use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::route::hops::{Hop, HopTls};
use passerelle::route::policy::Policy;
use passerelle::route::security::Encryption;
use passerelle::smtp::client::{Delivery, Needs, Recipient};
use passerelle::smtp::parameters::Notify;
use passerelle::smtp::sasl::SecretKey;
use passerelle::tls::{End, ServerTls};
use passerelle::{Domain, Machine, Millis, Now, Output, UnixTime};

use super::far::Far;
use crate::certificates::{Authority, NOW};

pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("Tests"));

/// A certificate for these names of our authority.
pub(crate) fn server(names: &[&str]) -> ServerTls {
    let leaf = AUTHORITY.certify(names);
    ServerTls::from_pem(leaf.chain.as_bytes(), leaf.key.as_bytes()).unwrap()
}

static SERVER: LazyLock<ServerTls> = LazyLock::new(|| server(&["mx1.b.example", "mx2.b.example"]));

/// What there is around a way.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) setup: Arc<Setup>,
    pub(crate) plan: Plan,
    /// Addresses that nothing answers at.
    pub(crate) dead: BTreeSet<IpAddr>,
    /// Whether places and connections are answered by the script.
    pub(crate) by_hand: bool,
    /// Whether attempts are told.
    pub(crate) attempts: bool,
    pub(crate) server: ServerTls,
    /// Whether hosts speak TLS from the first octet.
    pub(crate) implicit: bool,
}

pub(crate) fn setup(more: &str) -> Setup {
    let text = format!(
        r#"{{"hostname": "gw.example", "domains": ["a.example"], "relay": [{{"name": "apps", "peers": ["192.0.2.0/24"]}}]{more}}}"#
    );
    let files = |name: &str| match name {
        "password" => Ok(b"pencil".to_vec()),
        _ => Err("no such file".to_owned()),
    };
    let compiled = Policy::compile(&text, &files);
    let policy = compiled.policy.unwrap_or_else(|| panic!("{:#?}", compiled.findings));
    Setup::new(Arc::new(policy), SecretKey::new([1; 32])).roots(Some(AUTHORITY.roots()))
}

static SETUP: LazyLock<Arc<Setup>> = LazyLock::new(|| Arc::new(setup("")));

pub(crate) fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A host in clear text at these addresses.
pub(crate) fn hop(host: &str, addresses: &[&str]) -> Hop {
    hop_with(host, addresses, HopTls::new(Encryption::None))
}

pub(crate) fn hop_with(host: &str, addresses: &[&str], mut tls: HopTls) -> Hop {
    if tls.encryption != Encryption::None {
        tls.server_name = Some(domain(host));
    }
    Hop::new(host, addresses.iter().map(|text| address(text)).collect(), domain("gw.example"), tls)
}

/// Hosts `mx1.b.example`, `mx2.b.example`, … in clear text, each with one address.
pub(crate) fn hops(count: usize) -> Vec<Hop> {
    (1..=count).map(|n| hop(&format!("mx{n}.b.example"), &[&format!("192.0.2.{n}")])).collect()
}

impl World {
    pub(crate) fn new(hops: Vec<Hop>) -> Self {
        Self {
            setup: SETUP.clone(),
            plan: Plan::new(hops, ReversePath::parse("<ann@a.example>").unwrap()),
            dead: BTreeSet::new(),
            by_hand: false,
            attempts: false,
            server: SERVER.clone(),
            implicit: false,
        }
    }

    pub(crate) fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    pub(crate) fn dead(mut self, addresses: &[&str]) -> Self {
        self.dead.extend(addresses.iter().map(|text| address(text)));
        self
    }

    /// Plays a dialogue, in chunks of several sizes.
    #[track_caller]
    pub(crate) fn plays(&self, script: &str) {
        let expected: String = script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .fold(String::new(), |text, line| text + line + "\n");
        for size in [usize::MAX, 1, 7] {
            let played = Play::new(self.clone(), size).script(&expected);
            let played = played.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n");
            assert!(played == expected, "--- expected, in chunks of {size}:\n{expected}\n--- played:\n{played}");
        }
    }
}

/// A way on one end, and a script on the other.
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) way: Way,
    pub(crate) now: Now,
    pub(crate) fars: BTreeMap<ConnectionId, Far>,
    pub(crate) kept: Vec<Kept>,
    ids: BTreeMap<u64, ConnectionId>,
    played: String,
    size: usize,
}

pub(crate) fn start() -> Now {
    Now { monotonic: Millis(1_000_000), unix: UnixTime(NOW) }
}

impl Play {
    pub(crate) fn new(world: World, size: usize) -> Self {
        let mut ids = Ids::new(SecretKey::new([2; 32]));
        let way = Way::new(world.setup.clone(), world.plan.clone(), &mut ids, start());
        let (fars, ids) = (BTreeMap::new(), BTreeMap::new());
        Self { world, way, now: start(), fars, kept: Vec::new(), ids, played: String::new(), size }
    }

    /// A second message, with the time and the kept connections of the first.
    pub(crate) fn next(&mut self) {
        let mut ids = Ids::new(SecretKey::new([3; 32]));
        self.way = Way::new(self.world.setup.clone(), self.world.plan.clone(), &mut ids, self.now);
        self.ids.clear();
    }

    /// Plays a script, and gives it with the way's part as it was.
    pub(crate) fn script(&mut self, script: &str) -> String {
        self.drain();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let is_input = line.starts_with('S') || line.starts_with('!');
            if is_input {
                writeln!(self.played, "{line}").unwrap();
                self.act(line);
                self.drain();
            }
        }
        std::mem::take(&mut self.played)
    }

    fn id(&self, number: &str) -> ConnectionId {
        let number = number.parse().expect("a connection's number");
        *self.ids.get(&number).unwrap_or_else(|| panic!("there is no connection {number}\n{}", self.played))
    }

    fn number(&mut self, id: ConnectionId) -> u64 {
        let known = self.ids.iter().find(|(_, known)| **known == id).map(|(number, _)| *number);
        known.unwrap_or_else(|| {
            let number = self.ids.len() as u64;
            self.ids.insert(number, id);
            number
        })
    }

    fn input(&mut self, input: Input<'_>) {
        self.way.handle(self.now, input).unwrap();
    }

    fn act(&mut self, line: &str) {
        if let Some(said) = line.strip_prefix('S') {
            let (who, text) = said.split_once(':').expect("S0: …");
            let (number, then) = who.split_once('+').unwrap_or((who, ""));
            let (id, now) = (self.id(number), self.now);
            let far = self.fars.get_mut(&id).unwrap_or_else(|| panic!("nobody is there\n{}", self.played));
            far.say(now, text.trim_start(), then == "tls");
            far.is_deaf = then == "deaf";
            return;
        }
        let words: Vec<&str> = line.trim_start_matches("! ").split(' ').collect();
        match words[..] {
            ["rcpt", to] => self.input(Input::Rcpt(recipient(to))),
            ["rcpt", to, "notify"] => {
                let mut recipient = recipient(to);
                recipient.parameters.notify = Some(Notify::default());
                self.input(Input::Rcpt(recipient));
            }
            ["data"] => self.input(Input::Data { needs: None, all_or_none: false }),
            ["data", "all"] => self.input(Input::Data { needs: None, all_or_none: true }),
            ["data", ref words @ ..] => {
                let has = |word: &str| words.contains(&word);
                let size =
                    words.iter().skip_while(|word| **word != "size").nth(1).map_or(20, |size| size.parse().unwrap());
                let needs = Needs { size, eight_bit: has("8bit"), utf8_header: has("utf8"), ..Needs::default() };
                self.input(Input::Data { needs: Some(needs), all_or_none: has("all") });
            }
            ["content", ..] => {
                let text = format!("{}\r\n", line.trim_start_matches("! content "));
                self.input(Input::Content(text.as_bytes()));
            }
            ["end"] => self.input(Input::ContentEnd),
            ["abort"] => self.input(Input::Abort),
            ["fresh", number] => self.input(Input::Place(self.id(number), Place::Fresh { clear: false })),
            ["clear", number] => self.input(Input::Place(self.id(number), Place::Fresh { clear: true })),
            ["none", number] => self.input(Input::Place(self.id(number), Place::None)),
            ["kept", number] => {
                let kept = self.kept.pop().expect("a kept connection");
                let id = self.id(number);
                self.input(Input::Place(id, Place::Kept(Box::new(kept))));
            }
            ["connected", number, to] => self.connect(self.id(number), address(to)),
            ["refused", number] => self.input(Input::NotConnected { id: self.id(number), why: NotConnected::Refused }),
            ["eof", number] => self.input(Input::Closed { id: self.id(number), end: End::Orderly }),
            ["cut", number] => self.input(Input::Closed { id: self.id(number), end: End::Cut }),
            ["wire", number, ref text @ ..] => {
                let text = text.join(" ") + "\r\n";
                self.octets(self.id(number), text.as_bytes());
            }
            ["wait", millis] => self.pass(millis.parse().unwrap()),
            ["until", millis] => self.input(Input::Until(self.now.monotonic + millis.parse().unwrap())),
            ["next"] => self.next(),
            _ => panic!("{line}"),
        }
    }

    fn connect(&mut self, id: ConnectionId, address: IpAddr) {
        let far = Far::new(&self.world.server, self.world.implicit, self.now);
        self.fars.insert(id, far);
        self.input(Input::Connected { id, address });
    }

    /// Hands the way some of what the other ends have to say; false where they say nothing.
    fn deliver(&mut self) -> bool {
        let Some((id, far)) = self.fars.iter_mut().find(|(_, far)| !far.sent.is_empty()) else { return false };
        let (id, count) = (*id, far.sent.len().min(self.size));
        let octets: Vec<u8> = far.sent.drain(..count).collect();
        self.octets(id, &octets);
        true
    }

    fn octets(&mut self, id: ConnectionId, octets: &[u8]) {
        for chunk in octets.chunks(self.size) {
            if self.way.wants_octets(id) {
                self.input(Input::Octets { id, octets: chunk });
            }
            self.events();
        }
    }

    /// Lets time pass, with a call at each moment that the way wants one.
    pub(crate) fn pass(&mut self, millis: u64) {
        let until = self.now.monotonic + millis;
        while let Output::Idle { wake: Some(wake) } = self.way.poll() {
            if wake > until {
                break;
            }
            let late = wake < self.now.monotonic;
            assert!(!late, "it wants to be called in the past: {wake:?}, {:?}", self.now);
            self.now.monotonic = wake;
            self.input(Input::Tick);
            self.drain();
        }
        self.now.monotonic = until;
        self.input(Input::Tick);
    }

    /// Lets everything go on that can.
    pub(crate) fn drain(&mut self) {
        self.events();
        while self.deliver() {
            self.events();
        }
    }

    fn events(&mut self) {
        while let Output::Event(event) = self.way.poll() {
            self.event(event);
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Place { id, key } => {
                let number = self.number(id);
                if self.world.by_hand {
                    let fresh = if key.fresh { ", a new one" } else { "" };
                    writeln!(self.played, "E: place {number} {}:{}{fresh}", key.host, key.port).unwrap();
                } else {
                    self.input(Input::Place(id, Place::Fresh { clear: false }));
                }
            }
            Event::Connect { id, addresses, within, .. } => {
                let number = self.number(id);
                let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let within = if self.world.by_hand { format!(" within {within}") } else { String::new() };
                writeln!(self.played, "E: connect {number} {}{within}", list.join(" ")).unwrap();
                if self.world.by_hand {
                    return;
                }
                match addresses.iter().find(|address| !self.world.dead.contains(address)) {
                    Some(address) => self.connect(id, *address),
                    None => self.input(Input::NotConnected { id, why: NotConnected::Unreachable }),
                }
            }
            Event::Send { id, octets } => {
                let number = self.number(id);
                let Some(far) = self.fars.get_mut(&id) else { panic!("octets for a connection that does not stand") };
                far.hear(self.now, &octets);
                let inside = if far.is_secured() { "*" } else { "" };
                for line in far.lines() {
                    writeln!(self.played, "C{number}{inside}: {line}").unwrap();
                }
            }
            Event::Close { id } => {
                let number = self.number(id);
                self.fars.remove(&id);
                writeln!(self.played, "E: close {number}").unwrap();
            }
            Event::Keep { id, connection } => {
                let number = self.number(id);
                self.kept.push(*connection);
                writeln!(self.played, "E: keep {number}").unwrap();
            }
            Event::TlsFailed { key } => writeln!(self.played, "E: TLS failed at {}", key.host).unwrap(),
            Event::Attempt(attempt) if self.world.attempts => {
                let domain = attempt.policy_domain.as_ref().map_or("no domain".to_owned(), ToString::to_string);
                let reached = match attempt.reached {
                    Reached::Secured { version, verified } => {
                        format!("{}{}", version.as_str(), if verified { ", verified" } else { "" })
                    }
                    other => format!("{other:?}"),
                };
                let failure = attempt.failure.as_ref().map_or(String::new(), |failure| format!(", {}", failure.result));
                let success = attempt.is_success();
                writeln!(
                    self.played,
                    "E: attempt {} {} {domain}: {reached}{failure}, {success:?}",
                    attempt.host, attempt.policy
                )
                .unwrap();
            }
            Event::Rcpt { index, delivery, host } => {
                writeln!(self.played, "E: rcpt {index}: {}", told(&delivery, host.as_deref())).unwrap();
            }
            Event::WantsContent { from } => writeln!(self.played, "E: wants content from {from}").unwrap(),
            Event::Sent(outcome) => {
                for recipient in &outcome.recipients {
                    let to = recipient.recipient.to.to_string();
                    let text = told(&recipient.delivery, recipient.host.as_deref());
                    writeln!(self.played, "E: {}: {text}", to.trim_matches(['<', '>'])).unwrap();
                }
                if outcome.unconfirmed {
                    writeln!(self.played, "E: a second copy is possible").unwrap();
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn recipient(to: &str) -> Recipient {
    ForwardPath::parse(&format!("<{to}>")).unwrap().into()
}

fn told(delivery: &Delivery, host: Option<&str>) -> String {
    let text = match delivery {
        Delivery::Accepted(reply) => format!("accepted, {reply}"),
        Delivery::Refused { reply, .. } => reply.to_string(),
        Delivery::Withheld { reply, .. } => format!("withheld, {reply}"),
        Delivery::NotSent(why) => format!("not sent, {why}"),
        Delivery::Unconfirmed(why) => format!("unconfirmed, {why}"),
    };
    match host {
        Some(host) => format!("{text} ({host})"),
        None => text,
    }
}

/// The lines up to the reply to MAIL.
pub(crate) fn open(number: u64) -> String {
    format!(
        "S{number}: 220 mx
        C{number}: EHLO gw.example
        S{number}: 250 mx
        C{number}: MAIL FROM:<ann@a.example>
        S{number}: 250 Ok
        "
    )
}

/// A recipient that the host takes.
pub(crate) fn takes(number: u64, to: &str) -> String {
    format!("C{number}: RCPT TO:<{to}>\nS{number}: 250 Ok\n")
}

/// The first recipient, taken by the host of the first connection, at 192.0.2.1.
pub(crate) fn bob() -> String {
    format!(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        {}{}E: rcpt 0: accepted, 250 Ok (mx1.b.example)
        ",
        open(0),
        takes(0, "bob@b.example")
    )
}
