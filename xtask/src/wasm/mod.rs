//! The npm package: building it, and its tests in Node.

pub(crate) mod package;

use crate::checks::count;
use crate::checks::rust::RUST_CRYPTO;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::npm;
use crate::tools::wasm_toolchain::WasmToolchain;
use crate::workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// Cargo's options, and the folder in which its artifacts are.
    fn cargo(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Dev => (&[], "debug"),
            Self::Release => (&["--profile", "wasm"], "wasm"),
        }
    }
}

/// The name of the step that builds the package with optimisation.
pub(crate) const STEP: &str = "wasm";

/// The `wasm` step: what is tested is what is shipped, so the package is built with optimisation.
pub(crate) fn check() -> StepResult {
    let tests = workspace::files(&workspace::root().join("wasm/tests"), ".test.mjs");
    if tests.is_empty() {
        return Err(Stop::failed("no wasm/tests/*.test.mjs"));
    }
    let size = package::build(Profile::Release)?;
    let node = npm::node()?;
    let tests = count::tests(
        Run::new(node)
            .env("PASSERELLE_TYPESCRIPT", npm::typescript()?)
            .args(["--test", "--test-reporter=spec"])
            .args(tests),
    )?;
    Ok(format!("{tests}; {size}"))
}

/// core by itself, as a library.
pub(crate) fn core() -> StepResult {
    let (options, _) = Profile::Release.cargo();
    WasmToolchain::ensure()?.cargo("build").args(["-p", "passerelle", "--lib"]).args(RUST_CRYPTO).args(options).go()
}
