//! `cargo xtask bench`: everything that is measured, beside the peers, and one table of ratios.

use std::path::PathBuf;

use crate::checks::c;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::apt;
use crate::workspace;

/// The peers in C: the Debian package and the header that it brings.
const PEERS: [(&str, &str); 2] = [("libopendkim-dev", "opendkim/dkim.h"), ("libspf2-dev", "spf2/spf.h")];

/// The table beside the peers, which is a workspace of its own.
const TABLE: &str = "benches/peers/Cargo.toml";

/// Prints the table's rows whose name contains one of `names`; or all of them, and runs all other benchmarks.
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
    let target = workspace::target();
    // What mail-auth brings asks for newer compilers than it needs.
    Run::new("cargo")
        .args(["build", "--release", "--ignore-rust-version", "--manifest-path"])
        .arg(workspace::root().join(TABLE))
        .arg("--target-dir")
        .arg(target.join("peers"))
        .go()?;
    println!();
    let table = Run::new(target.join("peers/release/passerelle-peers")).args(names).go()?;
    if !names.is_empty() {
        return Ok(table);
    }
    let cargo = || Run::new("cargo").env("CRITERION_HOME", target.join("bench"));
    let package = ["bench", "-p", "passerelle-benches"];
    let benches = ["--bench", "message", "--bench", "smtp_data", "--bench", "smtp_server", "--bench", "gateway"];
    cargo().args(package).args(benches).args(["--", "--noplot"]).go()?;
    // What verification costs in memory, with the whole 100 MB.
    cargo().args(["test", "--release", "-p", "passerelle", "--test", "limits", "--", "--show-output"]).go()
}

/// Whether the C compiler finds a header.
fn is_installed(header: &str) -> Result<bool, Stop> {
    let probe: PathBuf = workspace::target().join("probe.c");
    workspace::create_dir(&workspace::target())?;
    workspace::write(&probe, &format!("#include <{header}>\n"))?;
    Ok(Run::new("cc").arg("-E").arg(&probe).quietly()?.success)
}
