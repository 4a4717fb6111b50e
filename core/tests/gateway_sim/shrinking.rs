//! A seed that fails, made small: faults are left out one by one while it fails in the same way.

use std::fmt::Write as _;

use crate::auditor::Wrong;
use crate::faults::Fault;
use crate::simulation::Case;

/// Lines of a story that are told: its end. `replay` tells all of it.
const LINES: usize = 400;

/// What is wrong, the faults that it takes, and the story of the message.
pub(crate) fn explained(case: &Case, wrong: &Wrong) -> String {
    let mut small = case.clone();
    let fails = |case: &Case| case.run().verdict.err().filter(|other| other.invariant == wrong.invariant);
    let all: Vec<Fault> = case.run().faults.into_iter().collect();
    for fault in &all {
        small.left_out.insert(*fault);
        if fails(&small).is_none() {
            small.left_out.remove(fault);
        }
    }
    small.is_told = true;
    let run = small.run();
    let left: Vec<&str> =
        all.iter().filter(|fault| !small.left_out.contains(fault)).map(|fault| fault.name()).collect();
    let mut text = format!("seed {}: {}: {}\n", case.seed, wrong.invariant, wrong.what);
    if let Err(small) = &run.verdict {
        let _ = writeln!(text, "with these faults alone: {left:?}: {}", small.what);
    }
    let lines: Vec<&str> = run.story.lines().collect();
    text + &lines[lines.len().saturating_sub(LINES)..].join("\n")
}
