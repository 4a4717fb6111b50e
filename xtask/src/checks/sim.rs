//! Very many sessions of our client and server, with optimisation: over a faulty channel, and idle. And the gateway in very many
//! simulated worlds.

use super::count;
use crate::built;
use crate::report::StepResult;
use crate::run::Run;

/// Connections that are made.
const SESSIONS: &str = "100000";

/// Worlds in which the gateway is simulated.
const WORLDS: &str = "500";

/// The tests and their words.
const FAULTY: (&[&str], [&str; 2]) = (&["smtp_sim"], ["sessions_over_a_faulty_channel", "--nocapture"]);
const GATEWAY: (&[&str], [&str; 2]) = (&["gateway_sim"], ["gateway", "--nocapture"]);
const IDLE: (&[&str], [&str; 2]) = (&["tls_memory", "limits"], ["sessions", "--nocapture"]);

pub(crate) fn check() -> StepResult {
    tests(FAULTY, &[("PASSERELLE_SIM_SESSIONS", SESSIONS)])?;
    tests(IDLE, &[])?;
    Ok(format!("{SESSIONS} sessions over a faulty channel, 10,000 idle ones"))
}

pub(crate) fn gateway() -> StepResult {
    tests(GATEWAY, &[("PASSERELLE_SIM_SEEDS", WORLDS)])?;
    Ok(format!("{WORLDS} worlds, and gateways that are broken on purpose are caught"))
}

fn tests((names, words): (&[&str], [&str; 2]), variables: &[(&str, &str)]) -> StepResult {
    let set = |run: Run| variables.iter().fold(run, |run, (variable, number)| run.env(variable, number));
    if built::RELEASE.is_there() {
        let runs = built::RELEASE.programs("passerelle", Some(names))?;
        return count::all(runs.into_iter().map(|run| set(run).args(words)));
    }
    let cargo = Run::new("cargo").args(["test", "--release", "-p", "passerelle"]);
    let cargo = names.iter().fold(cargo, |cargo, name| cargo.args(["--test", name]));
    count::tests(set(cargo).arg("--").args(words))
}

/// A simulation, for runs that go on for hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simulation {
    /// Of client and server.
    Sessions,
    /// Of the gateway.
    Gateway,
}

/// So many seeds of a simulation.
pub(crate) fn seeds(simulation: Simulation, first: u64, number: u64) -> StepResult {
    let (name, words) = match simulation {
        Simulation::Sessions => FAULTY,
        Simulation::Gateway => (GATEWAY.0, ["seeds_of_the_gateway", "--nocapture"]),
    };
    let cargo = Run::new("cargo").args(["test", "--release", "-p", "passerelle", "--test"]).args(name);
    let cargo = cargo.env("PASSERELLE_SIM_SEED", first.to_string()).env("PASSERELLE_SIM_SEEDS", number.to_string());
    count::tests(cargo.arg("--").args(words))
}
