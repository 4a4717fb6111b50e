//! The same messages through Rust, C and WebAssembly: the reports must be the same, byte for byte.
//!
//! A sample is a folder `samples/NAME` with `message.eml`, its transcript `dns.json` and `args`, one word a line: the
//! envelope and the time as options of `passerelle verify`. All three programs take the same words.

use std::path::{Path, PathBuf};

use super::c;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::npm;
use crate::{wasm, workspace};

/// A program that prints a report, and the words that come before those of the sample.
struct Surface {
    name: &'static str,
    program: PathBuf,
    words: Vec<PathBuf>,
}

pub(crate) fn check() -> StepResult {
    let samples = samples(&workspace::root().join("samples"));
    if samples.is_empty() {
        return Err(Stop::failed("no samples/*/message.eml"));
    }
    let surfaces = [rust()?, c()?, javascript()?];
    let mut differing = Vec::new();
    for sample in &samples {
        let words = words(sample)?;
        let mut reports = Vec::new();
        for surface in &surfaces {
            reports.push(surface.report(&words)?);
        }
        for (surface, report) in surfaces.iter().zip(&reports).skip(1) {
            if *report != reports[0] {
                let folder = workspace::target().join("same");
                workspace::create_dir(&folder)?;
                let name = sample.file_name().unwrap_or_default().to_string_lossy();
                workspace::write(&folder.join(format!("{name}.{}.json", surfaces[0].name)), &reports[0])?;
                workspace::write(&folder.join(format!("{name}.{}.json", surface.name)), report)?;
                differing.push(format!("{name}: {} differs from {}", surface.name, surfaces[0].name));
            }
        }
    }
    if differing.is_empty() {
        Ok(format!("{} samples, {} surfaces", samples.len(), surfaces.len()))
    } else {
        Err(Stop::Failed(format!("{}\nthe reports are in target/same", differing.join("\n"))))
    }
}

fn rust() -> Result<Surface, Stop> {
    Run::new("cargo").args(["build", "-p", "passerelle-cli"]).go()?;
    let program = workspace::target().join("debug/passerelle");
    Ok(Surface { name: "rust", program, words: vec!["verify".into(), "--json".into()] })
}

/// `ffi/examples/verify.c` takes the words of `passerelle verify`.
fn c() -> Result<Surface, Stop> {
    Ok(Surface { name: "c", program: c::example("verify")?, words: Vec::new() })
}

/// `wasm/tests/verify.mjs` is a script that takes the words of `passerelle verify`.
fn javascript() -> Result<Surface, Stop> {
    wasm::package::build(wasm::Profile::Release)?;
    let script = workspace::root().join("wasm/tests/verify.mjs");
    Ok(Surface { name: "wasm", program: npm::node()?, words: vec![script] })
}

impl Surface {
    /// The report, which must be one; a verdict other than "authentic" may end the program with another code than 0.
    fn report(&self, words: &[String]) -> Result<String, Stop> {
        let said = Run::new(&self.program).args(&self.words).args(words).quietly()?;
        let report = String::from_utf8_lossy(&said.stdout).trim_end().to_owned();
        if report.starts_with('{') {
            Ok(report)
        } else {
            Err(Stop::Failed(format!("{} gave no report for {}:\n{}", self.name, words.join(" "), said.text())))
        }
    }
}

fn samples(folder: &Path) -> Vec<PathBuf> {
    workspace::files(folder, "").into_iter().filter(|sample| sample.join("message.eml").is_file()).collect()
}

fn words(sample: &Path) -> Result<Vec<String>, Stop> {
    let path = |name| sample.join(name).display().to_string();
    let mut words = vec![path("message.eml"), "--dns".into(), path("dns.json")];
    words.extend(workspace::read(&sample.join("args"))?.lines().map(str::to_owned));
    Ok(words)
}
