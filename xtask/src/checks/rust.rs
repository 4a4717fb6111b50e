//! The steps that are cargo's own commands.

use super::count;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

/// core with all that it has; without the list it is tested with the cryptography in Rust.
pub(crate) const PSL: [&str; 2] = ["--features", "psl"];

/// core alone with the cryptography in Rust.
pub(crate) const RUST_CRYPTO: [&str; 3] = ["--no-default-features", "--features", "rust-crypto"];

pub(crate) fn fmt() -> StepResult {
    Run::new("cargo").args(["fmt", "--all", "--check"]).go()
}

pub(crate) fn xtask() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "-p", "xtask"]))
}

pub(crate) fn clippy() -> StepResult {
    let clippy = || Run::new("cargo").arg("clippy");
    clippy().args(["--workspace", "--all-targets", "--", "-D", "warnings"]).go()?;
    // In the workspace build both are on; each alone must compile without unused code.
    clippy().args(["-p", "passerelle", "--all-targets", "--", "-D", "warnings"]).go()?;
    clippy().args(["-p", "passerelle", "--all-targets"]).args(RUST_CRYPTO).args(["--", "-D", "warnings"]).go()
}

pub(crate) fn doc() -> StepResult {
    // The command has no library, and its program's page would overwrite that of the crate of the same name.
    Run::new("cargo")
        .env("RUSTDOCFLAGS", "-D warnings")
        .args(["doc", "--workspace", "--no-deps", "--exclude", "passerelle-cli", "--exclude", "xtask"])
        .go()
}

pub(crate) fn core() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle", "--no-fail-fast"]).args(PSL))
}

pub(crate) fn core_rust_crypto() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle", "--no-fail-fast"]).args(RUST_CRYPTO))
}

pub(crate) fn cli() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle-cli", "--no-fail-fast"]))
}

/// criterion runs every benchmark once when it is run as a test; in the profile of the tests, so that nothing is built twice.
pub(crate) fn bench() -> StepResult {
    let benches = workspace::files(&workspace::root().join("benches/benches"), ".rs").len();
    if benches == 0 {
        return Err(Stop::failed("no benchmark in benches/benches"));
    }
    Run::new("cargo").args(["test", "-p", "passerelle-benches", "--benches"]).go()?;
    Ok(format!("{benches} files of benchmarks"))
}
