//! What the `build` steps have compiled, for the steps behind them: test programs by package, so that nothing is compiled
//! twice and a step that runs tests holds no lock of cargo's.
//!
//! cargo compiles a crate anew for each set of features that the named packages together ask for. So all of them are named
//! together, once.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::checks::count;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::{parallel, workspace};

/// The packages whose tests and programs are built together, and what core has in them.
const TOGETHER: [&str; 12] = [
    "-p",
    "passerelle",
    "-p",
    "passerelle-cli",
    "-p",
    "passerelle-ffi",
    "-p",
    "passerelle-differential",
    "-p",
    "passerelle-benches",
    "--features",
    "passerelle/psl",
];

/// A build, whose name is that of its step.
pub(crate) struct Build {
    pub(crate) step: &'static str,
    options: &'static [&'static str],
}

/// All tests, with AWS-LC; [`tests_and_programs`] is its step.
pub(crate) const TESTS: Build = Build { step: "build", options: &["--all-targets"] };

/// core's tests with the cryptography in Rust.
pub(crate) const RUST_CRYPTO: Build = Build {
    step: "build-rust",
    options: &["-p", "passerelle", "--no-default-features", "--features", "rust-crypto,toml"],
};

/// core's tests that need optimisation.
pub(crate) const RELEASE: Build = Build {
    step: "build-release",
    options: &[
        "--release",
        "-p",
        "passerelle",
        "--test",
        "smtp_sim",
        "--test",
        "gateway_sim",
        "--test",
        "tls_memory",
        "--test",
        "limits",
    ],
};

/// A test program, or a benchmark.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    package: String,
    kind: String,
    name: String,
    path: PathBuf,
    /// The package's folder, in which cargo runs tests.
    folder: PathBuf,
}

impl Build {
    /// The step: compiles, and notes the programs.
    pub(crate) fn compile(&self) -> StepResult {
        let together: &[&str] = if self.step == TESTS.step { &TOGETHER } else { &[] };
        let said = Run::new("cargo")
            .args(["test", "--no-run", "--message-format", "json-render-diagnostics"])
            .args(together)
            .args(self.options)
            .read()?;
        let programs = said.lines().filter(|line| program(line).is_some()).count();
        if programs == 0 {
            return Err(Stop::failed("cargo built no test"));
        }
        workspace::write(&self.list(), &said)?;
        Ok(format!("{programs} test programs"))
    }

    /// Whether its step has passed in this run.
    pub(crate) fn is_there(&self) -> bool {
        parallel::has_passed(self.step)
    }

    /// Runs the test programs of a package.
    pub(crate) fn run(&self, package: &str) -> StepResult {
        count::all(self.programs(package, None)?)
    }

    /// The test programs of a package, or those of them that are named.
    pub(crate) fn programs(&self, package: &str, names: Option<&[&str]>) -> Result<Vec<Run>, Stop> {
        let list = workspace::read(&self.list())?;
        let programs = list.lines().filter_map(program).filter(|program| {
            program.package == package
                && program.kind != "bench"
                && names.is_none_or(|names| names.contains(&program.name.as_str()))
        });
        let run =
            |program: Program| Run::new(&program.path).env("CARGO_MANIFEST_DIR", &program.folder).dir(&program.folder);
        Ok(programs.map(run).collect())
    }

    /// The benchmarks of a package, run as tests; their number.
    pub(crate) fn run_benches(&self, package: &str) -> Result<usize, Stop> {
        let list = workspace::read(&self.list())?;
        let programs: Vec<Program> =
            list.lines().filter_map(program).filter(|one| one.package == package && one.kind == "bench").collect();
        for program in &programs {
            Run::new(&program.path).dir(&program.folder).go()?;
        }
        Ok(programs.len())
    }

    fn list(&self) -> PathBuf {
        workspace::root().join("target/xtask").join(format!("{}.json", self.step))
    }
}

/// The step of what is built without optimisation: all tests, and what the steps behind it run or link.
///
/// cargo puts a library of C and a program under their own names only where it is told to build them, not where a test
/// needs them.
pub(crate) fn tests_and_programs() -> StepResult {
    let tests = TESTS.compile()?;
    Run::new("cargo").arg("build").args(TOGETHER).args(["--lib", "--bins"]).go()?;
    Ok(tests)
}

/// A program of the tests' own, such as a peer around a library, built unless its step has built it.
pub(crate) fn own_program(name: &str) -> Result<PathBuf, Stop> {
    if !TESTS.is_there() {
        Run::new("cargo").arg("build").args(TOGETHER).args(["--bin", name]).go()?;
    }
    Ok(workspace::target().join("debug").join(name))
}

/// The step that compiles the generators of the header and of the bindings.
pub(crate) const GENERATORS: &str = "build-generators";

pub(crate) fn generators() -> StepResult {
    Run::new("cargo")
        .args(["build", "-p", "xtask", "--features", "header,bindings"])
        .args(["--bin", "generate-header", "--bin", "generate-bindings"])
        .go()
}

/// Whether their step has passed in this run.
pub(crate) fn generators_are_there() -> bool {
    parallel::has_passed(GENERATORS)
}

/// The step of what is built with optimisation: core's tests, and the command as its users run it.
pub(crate) fn release() -> StepResult {
    let tests = RELEASE.compile()?;
    release_command()?;
    Ok(format!("{tests}, the command"))
}

/// The command with optimisation.
pub(crate) fn release_command() -> StepResult {
    Run::new("cargo").args(["build", "--release", "-p", "passerelle-cli"]).go()
}

/// The doctests of core, in the build with everything.
pub(crate) fn doctests() -> StepResult {
    count::tests(Run::new("cargo").args(["test", "--doc"]).args(TOGETHER))
}

/// The test program that a message of cargo tells of. Benchmarks have no tests of cargo's own, and count.
fn program(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    let kind = message["target"]["kind"][0].as_str()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    Some(Program {
        package: workspace::manifest_value(&manifest, "package", "name")?,
        kind: kind.to_owned(),
        name: message["target"]["name"].as_str()?.to_owned(),
        path: path.into(),
        folder: folder.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_told_from_other_messages() {
        let message = |test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{}/xtask/Cargo.toml","executable":{executable},
                "target":{{"kind":["test"],"name":"limits"}},"profile":{{"test":{test}}}}}"#,
                workspace::root().display()
            )
        };
        let found = program(&message(true, "\"/t/limits-1\"")).unwrap();
        assert_eq!((found.package.as_str(), found.name.as_str()), ("xtask", "limits"));
        assert_eq!(program(&message(false, "\"/t/limits-1\"")), None);
        assert_eq!(program(&message(true, "null")), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(program("no json"), None);
    }
}
