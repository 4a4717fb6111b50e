//! What hostile inputs cost, in instructions: twice the input may cost twice as much, and not more.
//!
//! Times would depend on the machine and on what else it does; callgrind counts instructions, and the same program on
//! the same input gives nearly the same count everywhere. `benches/src/bin/cost.rs` has the inputs.

use std::path::Path;
use std::thread;

use super::c;
use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

/// How much more a doubled input may cost. What grows with its square costs four times as much, and what grows with its
/// logarithm besides costs a tenth more than twice.
const MOST: f64 = 2.3;

pub(crate) fn check() -> StepResult {
    let valgrind = c::valgrind()?;
    let program = workspace::target().join("debug/cost");
    if !(built::TESTS.is_there() && program.is_file()) {
        Run::new("cargo").args(["build", "-p", "passerelle-benches", "--bin", "cost"]).go()?;
    }
    let listed = Run::new(&program).quietly()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let cases: Vec<(&str, usize)> = listed.lines().filter_map(case).collect();
    if cases.is_empty() {
        return Err(Stop::failed("benches/src/bin/cost.rs lists no case"));
    }
    println!("{:32}{:>10}{:>14}{:>14}  ratio", "input", "size", "instructions", "at twice that");
    let (mut worst, mut failures) = (0.0, Vec::new());
    for &(name, size) in &cases {
        let ratio = ratio(&valgrind, &program, name, size)?;
        if ratio > MOST {
            failures.push(format!("{name} ({ratio:.2})"));
        }
        worst = ratio.max(worst);
    }
    // Work that is known to be quadratic must be found out, or the counting counts something else.
    if ratio(&valgrind, &program, "control", 200)? <= MOST {
        return Err(Stop::failed("the control, whose cost is quadratic, seems to be linear"));
    }
    match failures.as_slice() {
        [] => Ok(format!("{} inputs, the worst ratio {worst:.2}", cases.len())),
        _ => Err(Stop::Failed(format!("more than {MOST} times the cost for twice the input: {}", failures.join(", ")))),
    }
}

/// The cost of a case at twice the size, in costs at the size.
fn ratio(valgrind: &Path, program: &Path, name: &str, size: usize) -> Result<f64, Stop> {
    let (once, twice) = thread::scope(|scope| {
        let once = scope.spawn(|| count(valgrind, program, name, size));
        (once.join(), count(valgrind, program, name, 2 * size))
    });
    let (once, twice) = (once.map_err(|_| Stop::failed("a thread of xtask panicked"))??, twice?);
    let ratio = twice as f64 / once as f64;
    println!("{name:32}{size:>10}{once:>14}{twice:>14}  {ratio:.2}");
    Ok(ratio)
}

/// A line of the program's list.
fn case(line: &str) -> Option<(&str, usize)> {
    let (name, size) = line.split_once(' ')?;
    Some((name, size.parse().ok()?))
}

/// The instructions inside the function `measured` of the program, which checks its own result.
fn count(valgrind: &Path, program: &Path, name: &str, size: usize) -> Result<u64, Stop> {
    let said = Run::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=cost::measured*"])
        .arg(program)
        .args([name, &size.to_string()])
        .quietly()?;
    let text = said.text();
    match collected(&text) {
        Some(count @ 1..) if said.success => Ok(count),
        _ => Err(Stop::Failed(format!("{name} at {size}: {text}"))),
    }
}

/// The number in callgrind's line `==1== Collected : 1234`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once("Collected : "))?.1;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{case, collected};

    #[test]
    fn what_the_programs_print_is_understood() {
        assert_eq!(collected("==9== \n==9== Collected : 12345\n==9== \n"), Some(12345));
        assert_eq!(collected("==9== no such line\n"), None);
        assert_eq!(case("labels 63"), Some(("labels", 63)));
        assert_eq!(case("labels"), None);
    }
}
