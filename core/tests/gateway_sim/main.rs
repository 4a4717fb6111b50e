//! The gateway in a simulated world, under one seed and a virtual clock.
//!
//! Three parts know nothing of each other: the *environment* (network, hosts, DNS, certificates, the process in which the gateway
//! runs), the *workload* (those who send, and try again as mail servers do), and the *auditor*, who sees octets and events alone and
//! says what must never be. Each seed draws which faults there are at all and how often they strike. After a phase in which
//! everything may go wrong nothing does, and every message has to arrive or to be refused.
//!
//! A failure prints its seed, the faults without which it does not come about, and the story of the message.
//! `PASSERELLE_SIM_SEED=n cargo test --test gateway_sim replay -- --nocapture` tells all that happens in one.
//! `PASSERELLE_SIM_SEEDS` says how many seeds are taken, from `PASSERELLE_SIM_SEED` on.

#![cfg(feature = "tls")]

mod auditor;
mod base64;
mod certificates;
#[path = "../support/channel.rs"]
mod channel;
#[path = "../limits/counting.rs"]
mod counting;
#[path = "../support/cryptography.rs"]
mod cryptography;
#[path = "../support/dice.rs"]
mod dice;
mod environment;
mod faults;
mod meddling;
mod mutants;
mod shrinking;
mod simulation;
mod tally;
mod trace;
mod workload;
mod world;

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use faults::Fault;
use mutants::Mutant;
use simulation::Case;
use tally::Tally;

/// Seeds that are taken when nothing else is said: what a debug build does in some seconds.
const SEEDS: u64 = 200;
/// From so many seeds on, everything that can occur has to.
const ENOUGH: u64 = 2000;
/// Seeds within which a broken gateway has to be caught, of those that show soon; `PASSERELLE_SIM_CAUGHT` says how many where all are
/// tried.
const CAUGHT: u64 = 60;

/// States and pairs that occur, beside every fault.
const STATES: [&str; 0] = [];

#[test]
fn seeds_of_the_gateway() {
    let first = number("PASSERELLE_SIM_SEED").unwrap_or(1);
    let seeds = number("PASSERELLE_SIM_SEEDS").unwrap_or(SEEDS);
    let started = Instant::now();
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64).min(seeds.max(1));
    let tally = thread::scope(|scope| {
        // Each thread takes every so many of them.
        let tally = move |thread: u64| tally_of((first..first + seeds).skip(thread as usize).step_by(threads as usize));
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || tally(thread))).collect();
        let mut tally = Tally::default();
        for thread in running {
            tally.add_all(&thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        tally
    });
    let seconds = started.elapsed().as_secs_f64();
    println!("{tally}{seeds} seeds, {:.0} a second", seeds as f64 / seconds);
    if seeds >= ENOUGH {
        let faults = Fault::ALL.iter().map(|fault| fault.name());
        let missing: Vec<&str> = faults.chain(STATES).filter(|name| tally.of(name) == 0).collect();
        assert!(missing.is_empty(), "these never occurred: {missing:?}");
    }
}

fn tally_of(seeds: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let case = Case { seed, ..Case::default() };
        let run = case.run();
        tally.add_all(&run.tally);
        if let Err(wrong) = run.verdict {
            panic!("{}", shrinking::explained(&case, &wrong));
        }
    }
    tally
}

/// The same seed gives the same octets on every wire, TLS included: otherwise no failure could be replayed.
#[test]
fn a_seed_is_a_simulation() {
    for seed in 1..=15 {
        let case = Case { seed, ..Case::default() };
        let (first, second) = (case.run(), case.run());
        assert_eq!((first.hash, first.tally), (second.hash, second.tally), "seed {seed}");
    }
}

/// Each gateway that is broken on purpose is caught, by an invariant that it breaks.
#[test]
fn broken_gateways_are_caught() {
    let within = number("PASSERELLE_SIM_CAUGHT").unwrap_or(CAUGHT);
    let mutants: Vec<_> = Mutant::ALL.iter().filter(|(mutant, _)| within > CAUGHT || mutant.shows_soon()).collect();
    let missed = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, |threads| threads.get()) {
            scope.spawn(|| {
                while let Some((mutant, invariants)) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let caught = (1..=within).find_map(|seed| {
                        let run = Case { seed, mutant: Some(*mutant), ..Case::default() }.run();
                        run.verdict.err().map(|wrong| (seed, wrong))
                    });
                    match caught {
                        Some((seeds, wrong)) if invariants.contains(&wrong.invariant) => {
                            println!("{mutant:?}: {seeds} seeds, {}: {}", wrong.invariant, wrong.what);
                        }
                        other => missed.lock().expect("no panic").push(format!("{mutant:?}: {other:?}")),
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().expect("no panic");
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Tells what happens in one seed.
#[test]
fn replay() {
    if let Some(seed) = number("PASSERELLE_SIM_SEED") {
        let run = Case { seed, is_told: true, ..Case::default() }.run();
        println!("{}{}{:?}", run.story, run.tally, run.verdict);
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number: {text}")))
}
