//! The steps that are cargo's own commands.

use std::path::PathBuf;

use super::count;
use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

/// core with all that it has; without the list it is tested with the cryptography in Rust.
pub(crate) const PSL: [&str; 2] = ["--features", "psl"];

/// core alone with the cryptography in Rust.
pub(crate) const RUST_CRYPTO: [&str; 3] = ["--no-default-features", "--features", "rust-crypto"];

/// The same for its tests, whose policies are TOML.
pub(crate) const RUST_CRYPTO_TESTS: [&str; 3] = ["--no-default-features", "--features", "rust-crypto,toml"];

pub(crate) fn fmt() -> StepResult {
    Run::new("cargo").args(["fmt", "--all", "--check"]).go()?;
    Run::new("cargo").args(["fmt", "--all", "--check", "--manifest-path", "fuzz/Cargo.toml"]).go()
}

pub(crate) fn xtask() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "-p", "xtask"]))
}

/// Warnings denied, with either cryptography by itself: with both, code that only one needs would not be missed.
pub(crate) fn clippy() -> StepResult {
    let clippy = |words: &[&str]| {
        Run::new("cargo").args(["clippy", "--all-targets"]).args(words).args(["--", "-D", "warnings"]).go()
    };
    clippy(&["--workspace", "--exclude", "passerelle-wasm", "--features", "passerelle/psl"])?;
    clippy(&[
        "-p",
        "passerelle",
        "-p",
        "passerelle-wasm",
        "--no-default-features",
        "--features",
        "passerelle/rust-crypto",
    ])
}

pub(crate) fn doc() -> StepResult {
    // The command has no library, and its program's page would overwrite that of the crate of the same name.
    Run::new("cargo")
        .env("RUSTDOCFLAGS", "-D warnings")
        .args(["doc", "--workspace", "--no-deps", "--exclude", "passerelle-cli", "--exclude", "xtask"])
        .go()
}

pub(crate) fn core() -> StepResult {
    if built::TESTS.is_there() {
        return built::TESTS.run("passerelle");
    }
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle", "--no-fail-fast"]).args(PSL))
}

pub(crate) fn core_rust_crypto() -> StepResult {
    if built::RUST_CRYPTO.is_there() {
        return built::RUST_CRYPTO.run("passerelle");
    }
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle", "--no-fail-fast"]).args(RUST_CRYPTO_TESTS))
}

pub(crate) fn cli() -> StepResult {
    if built::TESTS.is_there() {
        return built::TESTS.run("passerelle-cli");
    }
    count::tests(Run::new("cargo").args(["test", "-p", "passerelle-cli", "--no-fail-fast"]))
}

/// The command, built.
pub(crate) fn command() -> Result<PathBuf, Stop> {
    if !built::TESTS.is_there() {
        Run::new("cargo").args(["build", "-p", "passerelle-cli"]).go()?;
    }
    Ok(workspace::target().join("debug/passerelle"))
}

/// criterion runs every benchmark once when it is run as a test; in the profile of the tests, so that nothing is built twice.
pub(crate) fn bench() -> StepResult {
    let benches = workspace::files(&workspace::root().join("benches/benches"), ".rs").len();
    if benches == 0 {
        return Err(Stop::failed("no benchmark in benches/benches"));
    }
    if built::TESTS.is_there() {
        let ran = built::TESTS.run_benches("passerelle-benches")?;
        return Ok(format!("{ran} files of benchmarks"));
    }
    Run::new("cargo").args(["test", "-p", "passerelle-benches", "--benches"]).go()?;
    Ok(format!("{benches} files of benchmarks"))
}
