//! The project's own commands: `cargo xtask test`, `cargo xtask wasm`, and the rest of the usage text below.
//!
//! A command installs what it needs, says what it runs, and fails when there is nothing to run.

mod bench;
mod checks;
mod interop;
mod readme;
mod report;
mod run;
mod select;
mod setup;
mod steps;
mod tools;
mod wasm;
mod workspace;

use std::process::ExitCode;

use report::{Report, StepResult, Stop};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [AREA...]    run every test, or those of the named areas, and end with a table
  setup             install what the tests need, without running them
  wasm [--release]  build the npm package into wasm/pkg
  header            regenerate ffi/include/passerelle.h
  bench [NAME...]   run the benchmarks beside the peers, or those whose name contains NAME, and print the ratios
  differential [--cases N] [--seed S] [--case NUMBER | --list]
                    compare with other implementations, on as many cases and from this seed
  interop [--controls] [--throughput] [WORD...]
                    serve and send with other mail software, the scenarios in whose lines the words appear
  help              this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test", areas @ ..] => test(areas),
        ["setup"] => finish(&setup::everything()),
        ["wasm"] => single(wasm::package::build(wasm::Profile::Dev)),
        ["wasm", "--release"] => single(wasm::package::build(wasm::Profile::Release)),
        ["header"] => single(checks::header::regenerate()),
        ["bench", names @ ..] => single(bench::run(names)),
        ["interop", words @ ..] => single(interop::run(words)),
        [] | ["help" | "--help" | "-h", ..] => {
            print!("{USAGE}\nareas of test:\n{}", select::describe(&steps::STEPS));
            ExitCode::SUCCESS
        }
        [other, ..] => usage_error(&format!("there is no command {other:?}, or not with these arguments\n\n{USAGE}")),
    }
}

fn test(areas: &[&str]) -> ExitCode {
    match select::select(&steps::STEPS, areas) {
        Ok(chosen) => {
            let mut report = Report::new(run::in_ci());
            for step in chosen {
                report.step(step.name, step.run);
            }
            finish(&report)
        }
        Err(reason) => usage_error(&reason),
    }
}

fn finish(report: &Report) -> ExitCode {
    print!("\n{report}");
    if report.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A command that is one step: its reason, if it did not succeed, and the exit code.
fn single(result: StepResult) -> ExitCode {
    match result {
        Ok(note) => {
            println!("{note}");
            ExitCode::SUCCESS
        }
        Err(Stop::Failed(reason) | Stop::Skipped(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn usage_error(reason: &str) -> ExitCode {
    eprintln!("xtask: {reason}");
    ExitCode::from(2)
}
