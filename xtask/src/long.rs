//! `cargo xtask test --long`: what takes hours. It is done in pieces, and after each `target/xtask/long.json` says how far it has come;
//! stopped at any moment, it goes on there the next time. Another commit begins anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::checks::fuzz;
use crate::checks::sim::{self, Simulation};
use crate::report::{Report, StepResult, Stop};
use crate::run::Run;
use crate::workspace;

/// Seeds of the simulation of client and server in all, and in one piece.
const SEEDS: u64 = 4_000_000;
const SEEDS_OF_A_PIECE: u64 = 40_000;

/// Seeds of that of the gateway in all, and in one piece.
const WORLDS: u64 = 1_000_000;
const WORLDS_OF_A_PIECE: u64 = 20_000;

/// Processor time of a fuzz target in all, and seconds in one piece.
const FUZZING: Duration = Duration::from_secs(60 * 60);
const FUZZING_OF_A_PIECE: u64 = 5 * 60;

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    commit: String,
    /// Seeds that were simulated, from 1 on.
    seeds: u64,
    /// The same of the gateway.
    worlds: u64,
    /// Seconds of processor time of each fuzz target.
    fuzzed: BTreeMap<String, f64>,
}

pub(crate) fn run() -> Report {
    let mut report = Report::new(crate::run::in_ci());
    let commit = Run::new("git").args(["rev-parse", "HEAD"]).quietly().ok().and_then(|said| said.line());
    let commit = commit.unwrap_or_default();
    let read = std::fs::read_to_string(path()).ok().and_then(|text| State::parse(&text));
    let mut state = read.filter(|state| state.commit == commit).unwrap_or_else(|| State { commit, ..State::default() });
    println!("{}", state.forecast());
    report.step("simulation of the gateway", || simulate_gateway(&mut state));
    report.step("simulation", || simulate(&mut state));
    report.step("fuzzing", || fuzz(&mut state));
    report
}

fn simulate(state: &mut State) -> StepResult {
    while state.seeds < SEEDS {
        let piece = SEEDS_OF_A_PIECE.min(SEEDS - state.seeds);
        println!("seeds {} to {} of {SEEDS}", state.seeds + 1, state.seeds + piece);
        sim::seeds(Simulation::Sessions, state.seeds + 1, piece)?;
        state.seeds += piece;
        state.write()?;
    }
    Ok(format!("{SEEDS} seeds"))
}

fn simulate_gateway(state: &mut State) -> StepResult {
    while state.worlds < WORLDS {
        let piece = WORLDS_OF_A_PIECE.min(WORLDS - state.worlds);
        println!("worlds {} to {} of {WORLDS}", state.worlds + 1, state.worlds + piece);
        sim::seeds(Simulation::Gateway, state.worlds + 1, piece)?;
        state.worlds += piece;
        state.write()?;
    }
    Ok(format!("{WORLDS} worlds"))
}

fn fuzz(state: &mut State) -> StepResult {
    let (targets, program) = (fuzz::targets()?, fuzz::build(fuzz::Purpose::Long)?);
    loop {
        let left: Vec<String> = targets.iter().filter(|target| state.left(target) > 0.0).cloned().collect();
        if left.is_empty() {
            return Ok(format!("{} targets, {} s of processor time each", targets.len(), FUZZING.as_secs()));
        }
        println!("{} of {} targets are left", left.len(), targets.len());
        // Each is noted as it ends: the last of a round may be hours away.
        let shared = Mutex::new(&mut *state);
        fuzz::run(&program, &left, FUZZING_OF_A_PIECE, |target, processor| {
            let mut state = shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            // Where the system tells no processor time, what was asked for counts.
            let seconds = if processor.is_zero() { FUZZING_OF_A_PIECE as f64 } else { processor.as_secs_f64() };
            *state.fuzzed.entry(target.to_owned()).or_default() += seconds;
            if let Err(Stop::Failed(reason) | Stop::Skipped(reason)) = state.write() {
                println!("{reason}");
            }
        })?;
    }
}

impl State {
    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let fuzzed = value["fuzzed"].as_object()?.iter();
        Some(Self {
            commit: value["commit"].as_str()?.to_owned(),
            seeds: value["seeds"].as_u64()?,
            worlds: value["worlds"].as_u64()?,
            fuzzed: fuzzed.filter_map(|(target, seconds)| Some((target.clone(), seconds.as_f64()?))).collect(),
        })
    }

    fn text(&self) -> String {
        format!(
            "{:#}\n",
            json!({"commit": self.commit, "seeds": self.seeds, "worlds": self.worlds, "fuzzed": self.fuzzed})
        )
    }

    /// In one step, so that whoever stops it never leaves half a file.
    fn write(&self) -> Result<(), Stop> {
        let (path, new) = (path(), path().with_extension("new"));
        workspace::create_dir(path.parent().unwrap_or(&path))?;
        workspace::write(&new, &self.text())?;
        std::fs::rename(&new, &path).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))
    }

    /// Seconds that a target is still to be fuzzed.
    fn left(&self, target: &str) -> f64 {
        (FUZZING.as_secs_f64() - self.fuzzed.get(target).copied().unwrap_or_default()).max(0.0)
    }

    fn forecast(&self) -> String {
        let targets = fuzz::targets().unwrap_or_default();
        let fuzzing: f64 = targets.iter().map(|target| self.left(target)).sum::<f64>() / 3600.0;
        format!(
            "{} of {SEEDS} seeds are simulated, and {} of {WORLDS} worlds of the gateway; about {fuzzing:.1} hours of processor time of fuzzing are left. Stop it when \
             you like.",
            self.seeds, self.worlds
        )
    }
}

fn path() -> PathBuf {
    workspace::root().join("target/xtask/long.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_gone_on_with() {
        let state = State {
            commit: "c0ffee".into(),
            seeds: 80_000,
            worlds: 20_000,
            fuzzed: [("tags".to_owned(), 301.5)].into(),
        };
        assert_eq!(State::parse(&state.text()), Some(state.clone()));
        assert_eq!(state.left("tags"), 3298.5);
        assert_eq!(state.left("domain"), 3600.0);
        assert_eq!(State::parse("{}"), None);
    }
}
