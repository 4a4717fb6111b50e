//! `cargo xtask setup`: what the tests need, installed one by one with the seconds each took.

use crate::report::{Report, StepResult};
use crate::tools::cargo_tools::{CARGO_DENY, CARGO_FUZZ};
use crate::tools::wasm_toolchain::WasmToolchain;
use crate::tools::{apt, npm};
use crate::{checks, interop, wasm};

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
