//! Very many sessions of our client and server, with optimisation: over a faulty channel, and idle.

use super::count;
use crate::built;
use crate::report::StepResult;
use crate::run::Run;

/// Connections that are made.
const SESSIONS: &str = "100000";

/// The tests and their words.
const FAULTY: (&[&str], [&str; 2]) = (&["smtp_sim"], ["sessions_over_a_faulty_channel", "--nocapture"]);
const IDLE: (&[&str], [&str; 2]) = (&["tls_memory", "limits"], ["sessions", "--nocapture"]);

pub(crate) fn check() -> StepResult {
    tests(FAULTY, Some(SESSIONS))?;
    tests(IDLE, None)?;
    Ok(format!("{SESSIONS} sessions over a faulty channel, 10,000 idle ones"))
}

fn tests((names, words): (&[&str], [&str; 2]), sessions: Option<&str>) -> StepResult {
    let set = |run: Run| match sessions {
        Some(sessions) => run.env("PASSERELLE_SIM_SESSIONS", sessions),
        None => run,
    };
    if built::RELEASE.is_there() {
        let runs = built::RELEASE.programs("passerelle", Some(names))?;
        return count::all(runs.into_iter().map(|run| set(run).args(words)));
    }
    let cargo = Run::new("cargo").args(["test", "--release", "-p", "passerelle"]);
    let cargo = names.iter().fold(cargo, |cargo, name| cargo.args(["--test", name]));
    count::tests(set(cargo).arg("--").args(words))
}

/// So many seeds of the simulation, for runs that go on for hours.
pub(crate) fn seeds(first: u64, number: u64) -> StepResult {
    let (name, words) = FAULTY;
    let cargo = Run::new("cargo").args(["test", "--release", "-p", "passerelle", "--test"]).args(name);
    let cargo = cargo.env("PASSERELLE_SIM_SEED", first.to_string()).env("PASSERELLE_SIM_SEEDS", number.to_string());
    count::tests(cargo.arg("--").args(words))
}
