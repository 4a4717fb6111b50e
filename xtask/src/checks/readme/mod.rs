//! Every command of every README, run as a newcomer would run it.
//!
//! Commands are the lines of blocks in a shell's language, and code in sentences that begins with a program of ours. What
//! is quick is run: the commands of a file are one shell script, in a folder with links to everything in the repository's
//! root, in which `passerelle` is in the path and absolute paths lead into the folder. A server is ended with its
//! block. What is slow, asks the network or tells how to call a program (`passerelle verify FILE [--json]`) is checked
//! against what it names: options, packages, targets, features, areas of the tests. What is neither fails the step, and
//! so does a block in no known language. A command that is to fail says so behind it: `# exit 1`.

mod known;
mod markdown;
mod script;
mod shell;

use std::path::PathBuf;

use known::{Fate, Known};
use markdown::Kind;
use script::Script;

use super::{c, fuzz, rust};
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::apt;
use crate::workspace;

/// Languages of commands.
const SHELL: [&str; 4] = ["sh", "console", "bash", "shell"];

/// Languages of what is no command. Nothing at all will do for a drawing.
const DATA: [&str; 17] = [
    "",
    "text",
    "json",
    "rust",
    "toml",
    "js",
    "javascript",
    "ts",
    "typescript",
    "html",
    "c",
    "python",
    "yaml",
    "diff",
    "ini",
    "nginx",
    "mermaid",
];

pub(crate) fn check() -> StepResult {
    // What the commands use besides.
    for tool in [c::compiler, c::valgrind, pkg_config] {
        tool()?;
    }
    let program = rust::command()?;
    let mut known = Known::new(program.clone(), fuzz::targets()?)?;
    let (mut ran, mut checked, mut unknown, mut failures) = (0, 0, Vec::new(), Vec::new());
    let files = files()?;
    for file in &files {
        let text = workspace::read(&workspace::root().join(file))?;
        let mut script = Script::new(file, &program)?;
        for code in markdown::code(&text) {
            let is_block = matches!(code.kind, Kind::Block(_));
            let commands = match &code.kind {
                Kind::Block(info) => {
                    let language = info.split([' ', ',']).next().unwrap_or_default();
                    if SHELL.contains(&language) {
                        shell::lines(&code.text, code.line)
                    } else {
                        if !DATA.contains(&language) || known::hides_command(&code.text) {
                            unknown.push(format!(
                                "{file}:{}: commands without a language, or no known language",
                                code.line
                            ));
                        }
                        Vec::new()
                    }
                }
                Kind::Span if known::is_command(&code.text) => shell::lines(&code.text, code.line),
                Kind::Span => Vec::new(),
            };
            for command in &commands {
                // The chapters of the manual have folders of their own, in which the command's tests run them.
                match known.fate(&command.text, is_block && !file.starts_with("docs/")) {
                    Ok(Fate::Run) => script.add(command),
                    Ok(Fate::Checked) => {
                        println!("{file}:{}: checked: {}", command.number, command.text);
                        checked += 1;
                    }
                    Err(reason) => unknown.push(format!("{file}:{}: `{}`: {reason}", command.number, command.text)),
                }
            }
            if is_block {
                script.end_block();
            }
        }
        ran += script.commands();
        if let Err(Stop::Failed(reason) | Stop::Skipped(reason)) = script.run() {
            failures.push(reason);
        }
    }
    failures.extend(unknown);
    if !failures.is_empty() {
        return Err(Stop::Failed(failures.join("\n")));
    }
    if ran == 0 {
        return Err(Stop::failed("no command was run"));
    }
    Ok(format!("{ran} commands run, {checked} checked, in {} files", files.len()))
}

/// With which the C library is found once it is installed.
pub(crate) fn pkg_config() -> Result<PathBuf, Stop> {
    apt::program("pkg-config", &["pkg-config"])
}

/// The Markdown files that are committed, but for the history, which tells of what is gone.
fn files() -> Result<Vec<String>, Stop> {
    let said = Run::new("git").args(["ls-files", "*.md"]).quietly()?;
    let list = String::from_utf8_lossy(&said.stdout).into_owned();
    let files: Vec<String> = list.lines().filter(|file| *file != "CHANGELOG.md").map(str::to_owned).collect();
    if files.iter().any(|file| file == "README.md") {
        Ok(files)
    } else {
        Err(Stop::Failed(format!("git ls-files shows no README.md: {}", said.text())))
    }
}
