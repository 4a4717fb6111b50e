//! What ran and how it ended: a table, and a last line of counts.

use std::fmt;
use std::time::{Duration, Instant};

/// How a step ends: `Ok` with a remark for the table (how many tests, what was installed), or why it did not pass.
pub(crate) type StepResult = Result<String, Stop>;

/// Why a step did not pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What it checks is broken, or there was nothing to check.
    Failed(String),
    /// This machine lacks something that could not be installed.
    Skipped(String),
}

impl Stop {
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self::Failed(reason.into())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    note: String,
    took: Duration,
}

/// The rows so far. A failing step does not stop the others.
pub(crate) struct Report {
    rows: Vec<Row>,
    /// On a build server nothing may be skipped: a skipped step would go unnoticed for ever.
    skip_is_failure: bool,
}

impl Report {
    pub(crate) fn new(skip_is_failure: bool) -> Self {
        Self { rows: Vec::new(), skip_is_failure }
    }

    /// Runs one step and notes how it ended.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> StepResult) {
        println!("\n=== {name}");
        let started = Instant::now();
        let result = run();
        self.note(name, result, started.elapsed());
    }

    fn note(&mut self, name: &'static str, result: StepResult, took: Duration) {
        let (outcome, note) = match result {
            Ok(note) => (Outcome::Passed, note),
            Err(Stop::Failed(reason)) => (Outcome::Failed, reason),
            Err(Stop::Skipped(reason)) if self.skip_is_failure => {
                (Outcome::Failed, format!("skipped, which CI=true forbids: {reason}"))
            }
            Err(Stop::Skipped(reason)) => (Outcome::Skipped, reason),
        };
        if outcome != Outcome::Passed {
            println!("{name}: {note}");
        }
        self.rows.push(Row { name, outcome, note, took });
    }

    pub(crate) fn failed(&self) -> bool {
        self.count(Outcome::Failed) > 0
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

impl fmt::Display for Report {
    /// The table; the last line is counts alone, for programs that read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        for row in &self.rows {
            let outcome = match row.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::Skipped => "skipped",
            };
            let mut lines = row.note.lines();
            let first = lines.next().unwrap_or_default();
            let line = format!("{:<width$}  {outcome:<7}  {:>6.1} s  {first}", row.name, row.took.as_secs_f64());
            writeln!(f, "{}", line.trim_end())?;
            for line in lines {
                writeln!(f, "{:indent$}{line}", "", indent = width + 21)?;
            }
        }
        let total: Duration = self.rows.iter().map(|row| row.took).sum();
        writeln!(f, "{:<width$}  {:<7}  {:>6.1} s\n", "total", "", total.as_secs_f64())?;
        writeln!(
            f,
            "{} passed, {} failed, {} skipped",
            self.count(Outcome::Passed),
            self.count(Outcome::Failed),
            self.count(Outcome::Skipped)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(skip_is_failure: bool) -> Report {
        let mut report = Report::new(skip_is_failure);
        report.note("core", Ok("12 tests".into()), Duration::from_millis(1500));
        report.note("c", Err(Stop::Failed("first\nsecond".into())), Duration::from_secs(100));
        report.note("browser", Err(Stop::Skipped("no chromium".into())), Duration::ZERO);
        report
    }

    #[test]
    fn table_ends_with_the_counts_alone_on_a_line() {
        let text = report(false).to_string();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "core     passed      1.5 s  12 tests",
                "c        FAILED    100.0 s  first",
                "                            second",
                "browser  skipped     0.0 s  no chromium",
                "total              101.5 s",
                "",
                "1 passed, 1 failed, 1 skipped",
            ]
        );
        assert!(text.ends_with(" skipped\n"));
    }

    #[test]
    fn in_ci_a_skip_is_a_failure() {
        let text = report(true).to_string();
        assert!(text.ends_with("1 passed, 2 failed, 0 skipped\n"), "{text}");
        assert!(text.contains("no chromium"), "{text}");
    }

    #[test]
    fn a_skip_alone_fails_only_in_ci() {
        for (ci, failed) in [(false, false), (true, true)] {
            let mut report = Report::new(ci);
            report.note("browser", Err(Stop::Skipped("no chromium".into())), Duration::ZERO);
            assert_eq!(report.failed(), failed);
        }
    }

    #[test]
    fn steps_run_on_after_a_failure() {
        let mut report = Report::new(false);
        report.step("one", || Err(Stop::failed("broken")));
        report.step("two", || Ok(String::new()));
        assert!(report.failed());
        assert_eq!(report.count(Outcome::Passed), 1);
    }
}
