//! `cargo xtask bench`: everything that is measured, beside the peers, and one table of ratios.

use std::path::PathBuf;

use crate::checks::c;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::apt;
use crate::workspace;

const PACKAGE: [&str; 4] = ["-p", "passerelle-benches", "--features", "peers"];
/// The peers in C: the Debian package and the header that it brings.
const PEERS: [(&str, &str); 2] = [("libopendkim-dev", "opendkim/dkim.h"), ("libspf2-dev", "spf2/spf.h")];

/// Runs the benchmarks whose name contains one of `names`, or all of them.
pub(crate) fn run(names: &[&str]) -> StepResult {
    c::compiler()?;
    for (package, header) in PEERS {
        if !is_installed(header)? {
            // The table says that the column is empty, and why.
            if let Err(Stop::Failed(reason) | Stop::Skipped(reason)) = apt::install(&[package]) {
                println!("without {package}: {reason}");
            }
        }
    }
    let results = workspace::target().join("bench");
    // What an earlier run has left is not of the same run.
    if results.exists() {
        std::fs::remove_dir_all(&results).map_err(|error| Stop::failed(format!("target/bench: {error}")))?;
    }
    let cargo = || Run::new("cargo").env("CRITERION_HOME", &results);
    if names.is_empty() {
        cargo().arg("bench").args(PACKAGE).args(["--benches", "--", "--noplot"]).go()?;
    }
    for name in names {
        cargo().arg("bench").args(PACKAGE).args(["--benches", "--", "--noplot", name]).go()?;
    }
    // What verification costs in memory, with the whole 100 MB.
    let memory = ["test", "--release", "-p", "passerelle", "--test", "limits", "--", "--show-output"];
    cargo().args(memory).go()?;
    println!();
    cargo().args(["run", "--quiet", "--profile", "bench"]).args(PACKAGE).args(["--bin", "ratios"]).arg(&results).go()
}

/// Whether the C compiler finds a header.
fn is_installed(header: &str) -> Result<bool, Stop> {
    let probe: PathBuf = workspace::target().join("probe.c");
    workspace::create_dir(&workspace::target())?;
    workspace::write(&probe, &format!("#include <{header}>\n"))?;
    Ok(Run::new("cc").arg("-E").arg(&probe).quietly()?.success)
}
