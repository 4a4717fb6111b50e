//! The validator page in a real browser. The test is `wasm/tests/browser.mjs`; it finds what it needs in the environment.

use std::time::Duration;

use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::{apt, npm};
use crate::{wasm, workspace};

const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Runs the test with `PASSERELLE_CHROMIUM`, the browser's path, and `PASSERELLE_PLAYWRIGHT`, the module to import.
pub(crate) fn check() -> StepResult {
    let test = workspace::root().join("wasm/tests/browser.mjs");
    if !test.is_file() {
        return Err(Stop::failed("wasm/tests/browser.mjs is missing"));
    }
    let node = npm::node()?;
    let chromium = apt::program("chromium", &["chromium"])?;
    let playwright = npm::playwright()?;
    wasm::package::build(wasm::Profile::Release)?;
    Run::new(node)
        .env("PASSERELLE_CHROMIUM", chromium)
        .env("PASSERELLE_PLAYWRIGHT", playwright)
        .arg(test)
        .patience(PATIENCE)
        .go()
}
