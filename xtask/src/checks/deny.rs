//! Licences, bans and sources, by cargo-deny and `deny.toml`.

use crate::report::StepResult;
use crate::run::Run;
use crate::tools::cargo_tools::CARGO_DENY;

pub(crate) fn check() -> StepResult {
    let program = CARGO_DENY.ensure()?;
    // Advisories would have to be fetched, and a test must not fail on what was published this morning.
    Run::new(program).args(["--workspace", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]).go()
}
