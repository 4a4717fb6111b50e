//! The peers: one is a crate, the others are programs that read a case a line and write a verdict a line.

pub(crate) mod mail_auth;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::case::{Case, Theirs, Word};

/// A program beside which our side is put.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The program and its arguments.
    pub(crate) command: Vec<PathBuf>,
}

impl Program {
    /// What it says about each of `cases`.
    ///
    /// # Errors
    /// A sentence, when it cannot be run, ends early, or says something else than a verdict.
    pub(crate) fn judge<C: Case>(&self, cases: &[C]) -> Result<Vec<Theirs>, String> {
        let shown = self.command.iter().map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ");
        let (program, arguments) = self.command.split_first().ok_or("a peer without a program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{shown}: {error}"))?;
        let mut input = child.stdin.take().ok_or("no pipe")?;
        let output = child.stdout.take().ok_or("no pipe")?;
        let lines: Vec<String> = cases.iter().map(Case::line).collect();
        // It answers while it is still being asked: somebody else must ask, or both pipes fill.
        let asking = thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
        let mut said = Vec::with_capacity(cases.len());
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| format!("{shown}: {error}"))?;
            said.push(parse(&line).ok_or_else(|| format!("{shown}: not a verdict: {line:?}"))?);
        }
        // That it stopped reading shows in the number of verdicts.
        let _ = asking.join();
        let status = child.wait().map_err(|error| format!("{shown}: {error}"))?;
        match said.len() == cases.len() && status.success() {
            true => Ok(said),
            false => Err(format!("{shown}: {status} after {} of {} verdicts", said.len(), cases.len())),
        }
    }
}

/// `word`, or `word` and a reason behind a space.
fn parse(line: &str) -> Option<Theirs> {
    let (word, why) = line.split_once(' ').unwrap_or((line, ""));
    Some(Theirs { word: Word::parse(word)?, why: why.to_owned() })
}
