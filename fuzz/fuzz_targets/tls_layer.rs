//! Two machines inside TLS and an attacker on the wire: what comes through is what was said, as far as it came, whatever the
//! attacker changes, drops or adds; and neither side panics, holds more than its bound, or goes on after a failure.
#![no_main]

#[path = "../../core/tests/tls/toy.rs"]
#[allow(dead_code)]
mod toy;

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use passerelle::tls::{ClientTls, End, Event, Input, Layer, ServerTls, Verification, Version};
use passerelle::{Machine, Now, Output};
use passerelle_fuzz::fuzz_target;
use toy::{Role, Said, Start, Tell, Toy};

#[derive(Arbitrary, Debug)]
struct Attack {
    old: bool,
    starttls: bool,
    /// Whether the attacker begins after the handshake.
    late: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// A side says a line of this length.
    Say {
        by: bool,
        length: u16,
    },
    /// So many octets of what is on the way arrive.
    Deliver {
        to: bool,
        length: u16,
    },
    /// An octet on the way is changed.
    Change {
        to: bool,
        at: u16,
        by: u8,
    },
    /// Octets on the way are lost.
    Drop {
        to: bool,
        at: u16,
        length: u8,
    },
    /// Octets are put in.
    Insert {
        to: bool,
        at: u16,
        octets: Vec<u8>,
    },
    /// The server's machine waits for its host, or goes on.
    Wait,
    Go,
    Later(u16),
    End {
        to: bool,
        cut: bool,
    },
    Leave {
        by: bool,
    },
}

static SERVER: LazyLock<ServerTls> = LazyLock::new(|| {
    let (chain, key) = (include_bytes!("../certificates/certificate.pem"), include_bytes!("../certificates/key.pem"));
    ServerTls::from_pem(chain, key).expect("a certificate and its key")
});
static CLIENTS: LazyLock<[ClientTls; 2]> =
    LazyLock::new(|| [Version::Tls12, Version::Tls13].map(|version| ClientTls::new(Verification::None).only(version)));

fuzz_target!(|attack: Attack| {
    let start = if attack.starttls { Start::StartTls } else { Start::Implicit };
    let now = Now::at(1_800_000_000);
    let client = &CLIENTS[usize::from(!attack.old)];
    let mut sides = [
        Side::new(Layer::server(Toy::new(Role::Server, start), &SERVER, now)),
        Side::new(Layer::client(Toy::new(Role::Client, start), client, now)),
    ];
    let mut clock = now;
    if attack.late {
        settle(&mut sides, clock);
        assert!(sides.iter().all(|side| side.layer.is_secured()));
    }
    for step in attack.steps.into_iter().take(60) {
        sides.iter_mut().for_each(Side::drain);
        act(&mut sides, step, &mut clock);
    }
    settle(&mut sides, clock);
    let [server, client] = &sides;
    for (hears, says) in [(server, client), (client, server)] {
        // The greeting and the echo aside, what was heard was said, and nothing is missing before it.
        let heard: String = hears.heard.iter().filter(|line| line.starts_with('#')).map(String::as_str).collect();
        assert!(says.said.starts_with(&heard), "{heard} of {}", says.said);
    }
});

fn act(sides: &mut [Side; 2], step: Step, clock: &mut Now) {
    let now = *clock;
    match step {
        Step::Say { by, length } => sides[usize::from(by)].say(now, length),
        Step::Deliver { to, length } => deliver(sides, to, usize::from(length), now),
        Step::Change { to, at, by } => {
            let wire = &mut sides[usize::from(!to)].sent;
            let length = wire.len().max(1);
            if let Some(octet) = wire.get_mut(usize::from(at) % length) {
                *octet ^= by;
            }
        }
        Step::Drop { to, at, length } => {
            let wire = &mut sides[usize::from(!to)].sent;
            let start = usize::from(at).min(wire.len());
            wire.drain(start..(start + usize::from(length)).min(wire.len()));
        }
        Step::Insert { to, at, octets } => {
            let wire = &mut sides[usize::from(!to)].sent;
            let start = usize::from(at).min(wire.len());
            wire.splice(start..start, octets);
        }
        Step::Wait => sides[1].tell(now, Tell::Say("WAIT\r\n")),
        Step::Go => {
            // Misuse, where it does not wait.
            let _ = sides[0].layer.handle(now, Input::Inner(Tell::Go));
        }
        Step::Later(seconds) => {
            clock.monotonic = clock.monotonic + 1000 * u64::from(seconds);
            clock.unix.0 += u64::from(seconds);
            for side in sides {
                side.layer.handle(*clock, Input::Tick).expect("time may pass");
            }
        }
        Step::End { to, cut } => {
            let side = &mut sides[usize::from(to)];
            if !std::mem::replace(&mut side.ended, true) {
                let end = if cut { End::Cut } else { End::Orderly };
                side.layer.handle(now, Input::End(end)).expect("the first end");
            }
        }
        Step::Leave { by } => sides[usize::from(by)].tell(now, Tell::Leave),
    }
}

/// Hands over octets from the front of what the other side has sent.
fn deliver(sides: &mut [Side; 2], to: bool, length: usize, now: Now) {
    let [server, client] = sides;
    let (from, to) = if to { (server, client) } else { (client, server) };
    let length = length.min(from.sent.len());
    if length > 0 && !to.ended && to.layer.wants_wire() {
        let octets: Vec<u8> = from.sent.drain(..length).collect();
        to.layer.handle(now, Input::Wire(&octets)).expect("octets are wanted");
    }
}

/// Everything arrives.
fn settle(sides: &mut [Side; 2], now: Now) {
    for _ in 0..200 {
        sides.iter_mut().for_each(Side::drain);
        if sides.iter().all(|side| side.sent.is_empty()) {
            break;
        }
        let _ = sides[0].layer.handle(now, Input::Inner(Tell::Go));
        deliver(sides, true, 5000, now);
        deliver(sides, false, 5000, now);
    }
    sides.iter_mut().for_each(Side::drain);
}

struct Side {
    layer: Layer<Toy>,
    /// On the way to the other side.
    sent: Vec<u8>,
    /// Lines for the other side, numbered, so that none is like another.
    said: String,
    lines: usize,
    heard: Vec<String>,
    secured: bool,
    failed: bool,
    ended: bool,
}

impl Side {
    fn new(layer: Layer<Toy>) -> Self {
        let (said, heard) = (String::new(), Vec::new());
        Self { layer, sent: Vec::new(), said, lines: 0, heard, secured: false, failed: false, ended: false }
    }

    /// Says a line, once there is TLS: what is said in clear text, the attacker may change.
    fn say(&mut self, now: Now, length: u16) {
        if self.layer.is_secured() {
            let line = format!("#{}{}", self.lines, "x".repeat(usize::from(length)));
            self.lines += 1;
            self.said.push_str(&line);
            self.tell(now, Tell::Say(&(line + "\r\n")));
        }
    }

    fn tell(&mut self, now: Now, tell: Tell<'_>) {
        self.layer.handle(now, Input::Inner(tell)).expect("the toy may be told that");
    }

    fn drain(&mut self) {
        loop {
            match self.layer.poll() {
                Output::Transmit(octets) => {
                    assert!(!self.failed, "nothing is sent after a failure");
                    self.sent.extend(octets);
                }
                Output::Event(Event::Secured(_)) => {
                    assert!(!std::mem::replace(&mut self.secured, true) && !self.failed);
                }
                Output::Event(Event::Failed(failure)) => {
                    assert!(!std::mem::replace(&mut self.failed, true), "{failure}");
                    assert!(self.layer.is_over());
                }
                Output::Event(Event::Inner(Said::Line(line, inside))) => {
                    assert_eq!(inside, self.secured);
                    if inside {
                        self.heard.push(line);
                    }
                }
                Output::Event(Event::Inner(Said::Ended(..))) => {}
                Output::Ask(..) => unreachable!("the toy asks nothing"),
                Output::Idle { .. } => return,
            }
        }
    }
}
