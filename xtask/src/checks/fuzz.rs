//! A short run of each fuzz target: that they build, start and hold for five seconds. Finding new bugs takes hours, elsewhere.
//!
//! All targets are one program (`fuzz/src/all.rs`), since what costs is to compile and to link with the fuzzer's flags.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::cargo_tools::CARGO_FUZZ;
use crate::workspace;

/// Seconds of one target.
const SECONDS: u64 = 5;

/// The memory limit, and how long one input may take before it counts as a hang.
const LIBFUZZER: [&str; 2] = ["-rss_limit_mb=2048", "-timeout=10"];

/// The program with all targets: its name, and that of the feature which makes it.
const ALL: &str = "all";

pub(crate) fn check() -> StepResult {
    let targets = targets()?;
    let program = build(Purpose::Short)?;
    let runs = run(&program, &targets, SECONDS, |_, _| ())?;
    Ok(format!("{} targets, {SECONDS} s each, {runs} inputs", targets.len()))
}

/// Runs the targets, as many at once as there are processors, and returns how many inputs they were fed. `held` is told of
/// each that held, and of its processor time.
pub(crate) fn run(
    program: &Path,
    targets: &[String],
    seconds: u64,
    held: impl Fn(&str, Duration) + Sync,
) -> Result<u64, Stop> {
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = one(program, target, seconds).map(|(inputs, processor)| {
                        held(target, processor);
                        inputs
                    });
                    outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((target, outcome));
                }
            });
        }
    });
    let (mut runs, mut failures) = (0, Vec::new());
    for (target, outcome) in outcomes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        match outcome {
            Ok(inputs) => runs += inputs,
            Err(Stop::Failed(reason) | Stop::Skipped(reason)) => failures.push(format!("{target}: {reason}")),
        }
    }
    if failures.is_empty() { Ok(runs) } else { Err(Stop::Failed(failures.join("\n"))) }
}

/// The number of inputs that a target was fed without breaking, and the processor time that they took.
fn one(program: &Path, target: &str, seconds: u64) -> Result<(u64, Duration), Stop> {
    let fuzz = folder();
    // libFuzzer adds what it finds to the first folder and only reads the others.
    let (found, broken) = (fuzz.join("corpus").join(target), fuzz.join("artifacts").join(target));
    workspace::create_dir(&found)?;
    workspace::create_dir(&broken)?;
    let seeds = Some(fuzz.join("seeds").join(target)).filter(|seeds| seeds.is_dir());
    let said = Run::new(program)
        .env("PASSERELLE_FUZZ_TARGET", target)
        .arg(found)
        .args(seeds)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .args(LIBFUZZER)
        .quietly()?;
    let text = said.text();
    match inputs(&text) {
        Some(inputs @ 1..) if said.success => {
            println!("{target:24} {inputs:>10} inputs");
            Ok((inputs, said.processor))
        }
        _ => {
            println!("{target}\n{text}");
            Err(Stop::failed("an input breaks it, or it does not run; see above"))
        }
    }
}

/// For how long the program is to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Seconds: what it costs to build it counts.
    Short,
    /// Hours: how fast it is counts.
    Long,
}

/// Builds the program with all targets, as cargo-fuzz does it, and returns its path.
pub(crate) fn build(purpose: Purpose) -> Result<PathBuf, Stop> {
    let fuzz = folder();
    // cargo-fuzz would bring an incomplete lock file up to date without a word.
    let metadata = Run::new("cargo")
        .args(["metadata", "--locked", "--format-version", "1", "--manifest-path"])
        .arg(fuzz.join("Cargo.toml"))
        .quietly()?;
    if !metadata.success {
        return Err(Stop::Failed(format!("fuzz/Cargo.lock is not complete: {}", metadata.text())));
    }
    let build = cargo_fuzz(&CARGO_FUZZ.ensure()?, "build");
    let (build, target_dir) = match purpose {
        Purpose::Short => (
            // cargo-fuzz asks for one codegen unit; what LLVM does for coverage grows with the square of a unit. The sanitizer of
            // addresses, which doubles what there is to compile, is for hours of fuzzing: core has no unsafe code, and the C face's
            // tests run under valgrind.
            build
                .args(["--sanitizer", "none"])
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("RUSTFLAGS", "-Ccodegen-units=64"),
            workspace::target().join("fuzz"),
        ),
        Purpose::Long => (build, fuzz.join("target")),
    };
    build.arg("--target-dir").arg(&target_dir).args(["--features", ALL, ALL]).go()?;
    // cargo-fuzz always names the host, which gives a folder of its own.
    let built = std::fs::read_dir(&target_dir).into_iter().flatten().flatten();
    let mut programs = built.map(|entry| entry.path().join("release").join(ALL)).filter(|program| program.is_file());
    programs
        .next()
        .ok_or_else(|| Stop::Failed(format!("cargo fuzz build left no program below {}", target_dir.display())))
}

/// cargo-fuzz needs options of rustc that only nightly accepts, or a released compiler that is told to.
fn cargo_fuzz(program: &Path, subcommand: &str) -> Run {
    let nightly = Run::new("cargo").args(["+nightly", "--version"]).quietly().is_ok_and(|said| said.success);
    let cargo = Run::new("cargo").quiet_env("PATH", path_with(program.parent()));
    let cargo = if nightly { cargo.arg("+nightly") } else { cargo.env("RUSTC_BOOTSTRAP", "1") };
    cargo.args(["fuzz", subcommand, "--fuzz-dir", "fuzz", "--debug-assertions"])
}

/// A cargo subcommand is found through `PATH`.
fn path_with(folder: Option<&Path>) -> std::ffi::OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let dirs = folder.map(Path::to_owned).into_iter().chain(std::env::split_paths(&old));
    std::env::join_paths(dirs).unwrap_or(old)
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// The targets: files in `fuzz_targets`, each of which must have its line in the manifest, and the lines no others.
pub(crate) fn targets() -> Result<Vec<String>, Stop> {
    let files = workspace::files(&folder().join("fuzz_targets"), ".rs");
    let files: Vec<String> = files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
    let lines = lines(&workspace::read(&folder().join("Cargo.toml"))?);
    let missing = |of: &[String], among: &[String]| -> Vec<String> {
        of.iter().filter(|name| !among.contains(name)).cloned().collect()
    };
    let (no_line, no_file) = (missing(&files, &lines), missing(&lines, &files));
    if files.is_empty() || !no_line.is_empty() || !no_file.is_empty() {
        return Err(Stop::Failed(format!(
            "{} fuzz targets; without a line in fuzz/Cargo.toml: [{}]; without a file in fuzz/fuzz_targets: [{}]",
            files.len(),
            no_line.join(", "),
            no_file.join(", ")
        )));
    }
    Ok(files)
}

/// The names of the targets in the manifest: `{ name = "NAME", path = "fuzz_targets/NAME.rs", … },`.
fn lines(manifest: &str) -> Vec<String> {
    let targets = manifest.lines().filter(|line| line.contains("fuzz_targets/"));
    targets.filter_map(|line| Some(line.split_once("name = \"")?.1.split_once('"')?.0.to_owned())).collect()
}

/// The number in libFuzzer's closing line `Done 123 runs in 6 second(s)`.
fn inputs(text: &str) -> Option<u64> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("Done "))?;
    line.split_once(" runs")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_line_and_every_line_its_target() {
        assert!(targets().unwrap().contains(&"verify".to_owned()));
    }

    #[test]
    fn lines_of_the_manifest_name_targets() {
        let manifest = "bin = [\n  { name = \"all\", path = \"src/all.rs\" },\n  \
            { name = \"tags\", path = \"fuzz_targets/tags.rs\", test = false },\n]\n[package]\nname = \"x\"\n";
        assert_eq!(lines(manifest), ["tags"]);
    }

    #[test]
    fn the_closing_line_counts() {
        assert_eq!(inputs("#2 INITED\nDone 4711 runs in 6 second(s)\n"), Some(4711));
        assert_eq!(inputs("Done 0 runs in 6 second(s)"), Some(0));
        assert_eq!(inputs("==1== ERROR: libFuzzer: deadly signal"), None);
    }
}
