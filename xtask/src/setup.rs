//! `cargo xtask setup`: what the tests need, installed one by one with the seconds each took.

use crate::report::{Report, StepResult, Stop};
use crate::tools::cargo_tools::{CARGO_DENY, CARGO_FUZZ};
use crate::tools::wasm_toolchain::WasmToolchain;
use crate::tools::{apt, npm};
use crate::{checks, interop, wasm};

/// The step of what does not come from cargo, so that no other step of a run waits for the network, or for dpkg.
pub(crate) fn tools() -> StepResult {
    let tools = [
        ("C compiler", checks::c::compiler().map(drop)),
        ("valgrind", checks::c::valgrind().map(drop)),
        ("pkg-config", checks::readme::pkg_config().map(drop)),
        ("npm packages", npm::typescript().map(drop)),
        ("chromium", apt::program("chromium", &["chromium"]).map(drop)),
        ("wasm toolchain", wasm_toolchain().map(drop)),
        ("peers", checks::differential::peers().map(drop)),
        ("mail software", interop::setup().map(drop)),
    ];
    let number = tools.len();
    let mut missing = Vec::new();
    for (name, result) in tools {
        if let Err(Stop::Failed(reason) | Stop::Skipped(reason)) = result {
            missing.push(format!("{name}: {reason}"));
        }
    }
    if missing.is_empty() { Ok(format!("{number} kinds")) } else { Err(Stop::Skipped(missing.join("\n"))) }
}

pub(crate) fn everything() -> Report {
    let mut report = Report::new(false);
    report.step("C compiler", || checks::c::compiler().map(note));
    report.step("valgrind", || checks::c::valgrind().map(note));
    report.step("cargo-deny", || CARGO_DENY.ensure().map(note));
    report.step("cargo-fuzz", || CARGO_FUZZ.ensure().map(note));
    report.step("header generator", checks::header::build_generator);
    report.step("wasm toolchain", wasm_toolchain);
    report.step("wasm bindings", || wasm::package::build_generator().map(note));
    report.step("node", || npm::node().map(note));
    report.step("wasm-opt", || npm::wasm_opt().map(note));
    report.step("typescript", || npm::typescript().map(note));
    report.step("playwright", || npm::playwright().map(note));
    report.step("chromium", || apt::program("chromium", &["chromium"]).map(note));
    report.step("peers", || checks::differential::peers().map(|_| "Python, Perl and C".into()));
    report.step("mail software", interop::setup);
    report
}

fn wasm_toolchain() -> StepResult {
    Ok(match WasmToolchain::ensure()? {
        WasmToolchain::Rustup => "rustup's".into(),
        WasmToolchain::Debian { rustc, library, .. } => format!("{}, {}", rustc.display(), library.display()),
    })
}

fn note(path: std::path::PathBuf) -> String {
    path.display().to_string()
}
