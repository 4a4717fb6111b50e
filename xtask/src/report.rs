//! What ran and how it ended: a table, and a last line of counts.

use std::fmt;
use std::time::{Duration, Instant};

use crate::run::processor_time;

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

/// How one step ended.
pub(crate) struct Row {
    name: &'static str,
    outcome: Outcome,
    note: String,
    took: Duration,
    /// The processor time of the step and its programs, where it is known.
    processor: Option<Duration>,
}

/// The rows so far. A failing step does not stop the others.
pub(crate) struct Report {
    rows: Vec<Row>,
    /// On a build server nothing may be skipped: a skipped step would go unnoticed for ever.
    skip_is_failure: bool,
    /// How long the whole took, where steps ran at the same time.
    took: Option<Duration>,
}

impl Report {
    pub(crate) fn new(skip_is_failure: bool) -> Self {
        Self { rows: Vec::new(), skip_is_failure, took: None }
    }

    /// Runs one step and notes how it ended.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> StepResult) {
        println!("\n=== {name}");
        let (started, before) = (Instant::now(), processor_time());
        let result = run();
        let processor = processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
        let note = self.note(name, result, started.elapsed(), processor);
        if !note.starts_with("passed") {
            println!("{name}: {note}");
        }
    }

    /// Notes how a step ended, and says it in words.
    pub(crate) fn note(
        &mut self,
        name: &'static str,
        result: StepResult,
        took: Duration,
        processor: Option<Duration>,
    ) -> String {
        let (outcome, note) = match result {
            Ok(note) => (Outcome::Passed, note),
            Err(Stop::Failed(reason)) => (Outcome::Failed, reason),
            Err(Stop::Skipped(reason)) if self.skip_is_failure => {
                (Outcome::Failed, format!("skipped, which CI=true forbids: {reason}"))
            }
            Err(Stop::Skipped(reason)) => (Outcome::Skipped, reason),
        };
        let said = format!("{} in {:.1} s: {note}", outcome.word(), took.as_secs_f64());
        self.rows.push(Row { name, outcome, note, took, processor });
        said
    }

    /// Notes how long all took together.
    pub(crate) fn took(&mut self, took: Duration) {
        self.took = Some(took);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn failed(&self) -> bool {
        self.count(Outcome::Failed) > 0
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Report {
    /// The table: how each step ended, its time, its processor time, a remark. The last line is counts alone, for programs
    /// that read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max("total".len());
        let seconds =
            |time: Option<Duration>| time.map_or(String::new(), |time| format!("{:.1} s", time.as_secs_f64()));
        for row in &self.rows {
            let (outcome, took, processor) = (row.outcome.word(), seconds(Some(row.took)), seconds(row.processor));
            let mut lines = row.note.lines();
            let first = lines.next().unwrap_or_default();
            let line = format!("{:<width$}  {outcome:<7}  {took:>8}  {processor:>8}  {first}", row.name);
            writeln!(f, "{}", line.trim_end())?;
            for line in lines {
                writeln!(f, "{:indent$}{line}", "", indent = width + 31)?;
            }
        }
        let took = self.took.unwrap_or_else(|| self.rows.iter().map(|row| row.took).sum());
        let processor: Option<Duration> = self.rows.iter().map(|row| row.processor).sum();
        let line = format!("{:<width$}  {:<7}  {:>8}  {:>8}", "total", "", seconds(Some(took)), seconds(processor));
        writeln!(f, "{}\n", line.trim_end())?;
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
        let seconds = Duration::from_secs;
        report.note("core", Ok("12 tests".into()), Duration::from_millis(1500), Some(seconds(2)));
        report.note("c", Err(Stop::Failed("first\nsecond".into())), seconds(100), Some(seconds(120)));
        report.note("browser", Err(Stop::Skipped("no chromium".into())), Duration::ZERO, Some(Duration::ZERO));
        report
    }

    #[test]
    fn table_ends_with_the_counts_alone_on_a_line() {
        let mut report = report(false);
        report.took(Duration::from_secs(101));
        let text = report.to_string();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "core     passed      1.5 s     2.0 s  12 tests",
                "c        FAILED    100.0 s   120.0 s  first",
                "                                      second",
                "browser  skipped     0.0 s     0.0 s  no chromium",
                "total              101.0 s   122.0 s",
                "",
                "1 passed, 1 failed, 1 skipped",
            ]
        );
        assert!(text.ends_with(" skipped\n"));
    }

    #[test]
    fn without_processor_times_the_table_has_none() {
        let mut report = Report::new(false);
        report.note("core", Ok("12 tests".into()), Duration::from_secs(2), None);
        assert!(report.to_string().contains("total              2.0 s\n"), "{report}");
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
            report.note("browser", Err(Stop::Skipped("no chromium".into())), Duration::ZERO, None);
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
