//! Very many sessions of our client and server, with optimisation: over a faulty channel, and idle.

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
    count::tests(simulation)?;
    let idle = ["test", "--release", "-p", "passerelle", "--test", "tls_memory", "--test", "limits", "--"];
    count::tests(Run::new("cargo").args(idle).args(["sessions", "--nocapture"]))?;
    Ok(format!("{SESSIONS} sessions over a faulty channel, 10,000 idle ones"))
}
