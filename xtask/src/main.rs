//! The project's own commands: `cargo xtask test`, `cargo xtask wasm`, and the rest of the usage text in `command.rs`.
//!
//! A command installs what it needs, says what it runs, and fails when there is nothing to run.

mod bench;
mod built;
mod checks;
mod command;
mod interop;
mod long;
mod parallel;
mod report;
mod run;
mod schedule;
mod select;
mod setup;
mod steps;
mod times;
mod tools;
mod wasm;
mod workspace;

use std::process::ExitCode;

use command::Command;
use report::{Report, StepResult, Stop};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match command::parse(&words) {
        Ok(Command::Test(areas)) => test(&areas),
        Ok(Command::Long) => finish(&long::run()),
        Ok(Command::Step(name)) => step(name),
        Ok(Command::Setup) => finish(&setup::everything()),
        Ok(Command::Wasm(profile)) => single(wasm::package::build(profile)),
        Ok(Command::Header) => single(checks::header::regenerate()),
        Ok(Command::Bench(names)) => single(bench::run(&names)),
        Ok(Command::Differential(options)) => single(checks::differential::run(&options)),
        Ok(Command::Interop(words)) => single(interop::run(&words)),
        Ok(Command::Help) => {
            print!("{}\nareas of test:\n{}", command::USAGE, select::describe(&steps::STEPS));
            ExitCode::SUCCESS
        }
        Err(reason) => usage_error(&reason),
    }
}

fn test(areas: &[&str]) -> ExitCode {
    match select::select(&steps::STEPS, areas) {
        Ok(chosen) => match chosen.as_slice() {
            [step] => finish(&parallel::alone(step)),
            steps => match parallel::run(steps) {
                Ok(report) => finish(&report),
                Err(stop) => single(Err(stop)),
            },
        },
        Err(reason) => usage_error(&reason),
    }
}

fn step(name: &str) -> ExitCode {
    match steps::STEPS.iter().find(|step| step.name == name) {
        Some(step) => parallel::child(step).map_or(ExitCode::FAILURE, |_| ExitCode::SUCCESS),
        None => usage_error(name),
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
