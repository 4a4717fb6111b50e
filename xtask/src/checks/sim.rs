//! The simulation of our client and server, at length: with optimisation, since the number of sessions is the point.

use super::count;
use crate::report::StepResult;
use crate::run::Run;

/// Connections that are made.
const SESSIONS: &str = "100000";

pub(crate) fn check() -> StepResult {
    let simulation = Run::new("cargo")
        .args(["test", "--release", "-p", "passerelle", "--test", "smtp_sim"])
        .args(["sessions_over_a_faulty_channel", "--", "--nocapture"])
        .env("PASSERELLE_SIM_SESSIONS", SESSIONS);
    count::tests(simulation).map(|_| format!("{SESSIONS} sessions over a faulty channel"))
}
