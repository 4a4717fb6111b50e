//! The README's first commands, run as a newcomer would.

use crate::readme::first_commands;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

pub(crate) fn check() -> StepResult {
    let markdown = workspace::read(&workspace::root().join("README.md"))?;
    let commands: Vec<String> =
        first_commands(&markdown).into_iter().filter(|command| command.starts_with("cargo run")).collect();
    if commands.is_empty() {
        return Err(Stop::failed("the first ```sh block of README.md has no `cargo run` command"));
    }
    for command in &commands {
        Run::new("sh").args(["-c", command]).go()?;
    }
    Ok(format!("{} commands", commands.len()))
}
