//! How many tests ran, from what their runners print: a run of no test at all must not pass for a success.

use crate::report::{StepResult, Stop};
use crate::run::Run;

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs a test runner in view; fails if a test failed or none ran.
pub(crate) fn tests(run: Run) -> StepResult {
    all([run])
}

/// Runs test runners one after the other, also when one fails.
pub(crate) fn all(runs: impl IntoIterator<Item = Run>) -> StepResult {
    let (mut counts, mut failure) = (Counts::default(), Ok(()));
    for run in runs {
        let (output, result) = run.tee()?;
        counts.add_all(&count(&output));
        failure = failure.and(result);
    }
    if counts.failed > 0 {
        return Err(Stop::Failed(format!("{} of {} tests failed", counts.failed, counts.passed + counts.failed)));
    }
    failure?;
    if counts.passed == 0 {
        return Err(Stop::failed("no test ran"));
    }
    let ignored = if counts.ignored > 0 { format!(", {} ignored", counts.ignored) } else { String::new() };
    Ok(format!("{} tests{ignored}", counts.passed))
}

/// Sums up the closing lines of libtest (`test result: …`, one a binary) and of Node's runner (`# pass 3`, `ℹ pass 3`).
fn count(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines() {
        if let Some((_, result)) = line.split_once("test result: ") {
            let words: Vec<&str> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                counts.add(pair[1], pair[0]);
            }
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))
            && let Some((word, number)) = rest.split_once(' ')
        {
            counts.add(word, number);
        }
    }
    counts
}

impl Counts {
    fn add_all(&mut self, more: &Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.ignored += more.ignored;
    }

    fn add(&mut self, word: &str, number: &str) {
        let number = number.parse().unwrap_or(0);
        match word {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" => self.failed += number,
            "ignored" | "skipped" | "todo" => self.ignored += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, count};

    #[test]
    fn libtest_lines_are_summed_up() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\n\
            test result: FAILED. 40 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 2.50s\n";
        assert_eq!(count(output), Counts { passed: 42, failed: 3, ignored: 1 });
    }

    #[test]
    fn both_reporters_of_node_are_understood() {
        for mark in ["#", "ℹ"] {
            let output = format!("{mark} tests 4\n{mark} suites 0\n{mark} pass 3\n{mark} fail 0\n{mark} skipped 1\n");
            assert_eq!(count(&output), Counts { passed: 3, failed: 0, ignored: 1 });
        }
    }

    #[test]
    fn other_output_counts_for_nothing() {
        assert_eq!(count("pass 3\n# a comment\n3 passed\n"), Counts::default());
    }
}
