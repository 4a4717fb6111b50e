//! Our server and our client over a faulty channel, under one seed and a virtual clock.
//!
//! A simulation takes a few messages from a sending host to a receiving one. Connections break where the seed says; the
//! sending host connects again and sends what was not delivered, as real ones do. In the end each message must have
//! arrived whole, or not at all with the sender knowing it, and never twice unless a connection broke between the end of
//! the message and the reply to it (RFC 1047).
//!
//! A failure prints its seed; `PASSERELLE_SIM_SEED=n cargo test --test smtp_sim replay -- --nocapture` runs it again with the
//! dialogue. `PASSERELLE_SIM_SESSIONS` says how many connections `sessions` makes, or `PASSERELLE_SIM_SEEDS` how many seeds it takes.

#![cfg(feature = "tls")]

#[path = "../support/channel.rs"]
mod channel;
#[path = "../support/dice.rs"]
mod dice;
mod receiver;
mod scenario;
mod sender;
mod simulation;

use scenario::Scenario;
use simulation::{Cut, Simulation, Totals};

/// Connections that the test makes when nothing else is said: what a debug build does in some seconds.
const SESSIONS: u64 = 1500;

#[test]
fn sessions_over_a_faulty_channel() {
    let wanted = number("PASSERELLE_SIM_SESSIONS").unwrap_or(SESSIONS);
    let first = number("PASSERELLE_SIM_SEED").unwrap_or(1);
    let behind_last = number("PASSERELLE_SIM_SEEDS").map(|seeds| first + seeds);
    let mut totals = Totals::default();
    for seed in first.. {
        if behind_last.map_or(totals.sessions >= wanted, |behind| seed == behind) {
            break;
        }
        totals.add(&simulate(seed, None, false));
    }
    println!("{totals}");
    // The faults do happen, or nothing was shown.
    assert!(totals.cut * 10 > totals.sessions, "{totals}");
    assert!(totals.unconfirmed > 0 && totals.delivered > totals.sessions / 2, "{totals}");
    assert!(wanted < SESSIONS || totals.secured > 0 && totals.authenticated > 0 && totals.twice > 0, "{totals}");
}

/// A session that is cut at each of its octets, in either direction, and by either kind of end.
#[test]
fn cuts_at_every_octet() {
    for seed in [11, 12, 13] {
        let scenario = Scenario::small(seed);
        let whole = run(seed, Simulation::new(scenario.clone(), Some(Cut::NEVER), false));
        assert_eq!(whole.cut, 0);
        let mut totals = Totals::default();
        for at in 0..=whole.to_server {
            for orderly in [false, true] {
                let cut = Cut { to_server: Some(at), to_client: None, orderly };
                totals.add(&run(seed, Simulation::new(scenario.clone(), Some(cut), false)));
            }
        }
        for at in 0..=whole.to_client {
            for orderly in [false, true] {
                let cut = Cut { to_server: None, to_client: Some(at), orderly };
                totals.add(&run(seed, Simulation::new(scenario.clone(), Some(cut), false)));
            }
        }
        println!("seed {seed}: {totals}");
        assert!(totals.cut > whole.to_server && totals.unconfirmed > 0, "{totals}");
    }
}

/// The same seed gives the same simulation: otherwise no failure could be replayed. Where there is TLS, its random numbers are
/// AWS-LC's own, and the octets of the wire may differ.
#[test]
fn a_seed_is_a_simulation() {
    for seed in (1..60).filter(|seed| !Scenario::random(*seed).is_secured()) {
        assert_eq!(simulate(seed, None, false), simulate(seed, None, false), "seed {seed}");
    }
}

/// Runs one seed with the dialogue printed.
#[test]
fn replay() {
    if let Some(seed) = number("PASSERELLE_SIM_SEED") {
        println!("{}", simulate(seed, None, true));
    }
}

fn simulate(seed: u64, cut: Option<Cut>, is_verbose: bool) -> Totals {
    run(seed, Simulation::new(Scenario::random(seed), cut, is_verbose))
}

fn run(seed: u64, simulation: Simulation) -> Totals {
    let cut = simulation.first_cut();
    simulation.run().unwrap_or_else(|wrong| {
        panic!("{wrong}\nreplay with PASSERELLE_SIM_SEED={seed}; the first connection is cut at {cut:?}")
    })
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number: {text}")))
}
