//! A short run of each fuzz target: that they build, start and hold for five seconds. Finding new bugs takes hours, elsewhere.

use std::path::{Path, PathBuf};

use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::cargo_tools::CARGO_FUZZ;
use crate::workspace;

/// Time limit of one target, memory limit, and how long one input may take before it counts as a hang.
const LIBFUZZER: [&str; 3] = ["-max_total_time=5", "-rss_limit_mb=2048", "-timeout=10"];

pub(crate) fn check() -> StepResult {
    let fuzz = workspace::root().join("fuzz");
    let targets = targets(&fuzz);
    if targets.is_empty() {
        return Err(Stop::failed("no fuzz target in fuzz/fuzz_targets"));
    }
    CARGO_FUZZ.ensure()?;
    cargo_fuzz("build").go()?;
    for target in &targets {
        let features = features(target);
        // libFuzzer adds what it finds to the first folder and only reads the others.
        let found = fuzz.join("corpus").join(target);
        workspace::create_dir(&found)?;
        let seeds = fuzz.join("seeds").join(target);
        let seeds = Some(seeds).filter(|seeds| seeds.is_dir());
        cargo_fuzz("run").args(features).arg(target).arg(found).args(seeds).arg("--").args(LIBFUZZER).go()?;
    }
    Ok(format!("{} targets, 5 s each", targets.len()))
}

/// What a target needs besides the defaults: TLS brings the cryptography that the fuzzer can't see into.
fn features(target: &str) -> &'static [&'static str] {
    if target.starts_with("tls") { &["--features", "tls"] } else { &[] }
}

/// cargo-fuzz needs options of rustc that only nightly accepts, or a released compiler that is told to.
fn cargo_fuzz(subcommand: &str) -> Run {
    let nightly = Run::new("cargo").args(["+nightly", "--version"]).quietly().is_ok_and(|said| said.success);
    let cargo = Run::new("cargo").env("PATH", path_with_tools());
    let cargo = if nightly { cargo.arg("+nightly") } else { cargo.env("RUSTC_BOOTSTRAP", "1") };
    cargo.args(["fuzz", subcommand, "--fuzz-dir", "fuzz", "--debug-assertions"])
}

/// A cargo subcommand is found through `PATH`.
fn path_with_tools() -> std::ffi::OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(workspace::tools().join("bin")).chain(std::env::split_paths(&old));
    std::env::join_paths(dirs).unwrap_or(old)
}

fn targets(fuzz: &Path) -> Vec<String> {
    let files: Vec<PathBuf> = workspace::files(&fuzz.join("fuzz_targets"), ".rs");
    files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect()
}
