//! One line a scenario, and the counts at the end.

use std::time::Instant;

use crate::report::{StepResult, Stop};

/// The scenarios so far.
pub(super) struct Table {
    filter: Vec<String>,
    passed: usize,
    cannot: usize,
    failed: Vec<String>,
}

impl Table {
    /// Only scenarios whose names contain all the words are run.
    pub(super) fn new(filter: &[&str]) -> Self {
        let filter = filter.iter().map(|word| word.to_lowercase()).collect();
        Self { filter, passed: 0, cannot: 0, failed: Vec::new() }
    }

    /// Runs a scenario, unless nobody asked for it.
    pub(super) fn scenario(&mut self, who: &str, what: &str, run: impl FnOnce() -> Result<(), Stop>) {
        if !self.wants(who, what) {
            return;
        }
        let started = Instant::now();
        let result = run();
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("{who:<34}  {what:<24}  ok  {seconds:.1} s");
            }
            Err(Stop::Skipped(reason)) => self.cannot(who, what, &reason),
            Err(Stop::Failed(reason)) => {
                println!("{who:<34}  {what:<24}  FAILED  {reason}");
                self.failed.push(format!("{who}, {what}: {reason}"));
            }
        }
    }

    /// Notes a scenario that a peer has no part in, and why.
    pub(super) fn cannot(&mut self, who: &str, what: &str, reason: &str) {
        if self.wants(who, what) {
            self.cannot += 1;
            println!("{who:<34}  {what:<24}  --  {reason}");
        }
    }

    pub(super) fn result(self) -> StepResult {
        let counts = format!(
            "{} scenarios passed, {} failed, {} that a peer has no part in",
            self.passed,
            self.failed.len(),
            self.cannot
        );
        match (self.failed.is_empty(), self.passed) {
            (true, 0) => Err(Stop::failed("no scenario ran")),
            (true, _) => Ok(counts),
            (false, _) => Err(Stop::Failed(format!("{counts}\n{}", self.failed.join("\n")))),
        }
    }

    fn wants(&self, who: &str, what: &str) -> bool {
        let line = format!("{who} {what}").to_lowercase();
        self.filter.iter().all(|word| line.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_named_and_nothing_run_is_one() {
        let mut table = Table::new(&["swaks"]);
        table.scenario("curl -> serve", "plain", || panic!("not asked for"));
        assert!(Table::new(&[]).result().is_err());
        table.scenario("swaks -> serve", "plain", || Ok(()));
        table.scenario("swaks -> serve", "TLS", || Err(Stop::failed("no handshake")));
        let Err(Stop::Failed(reason)) = table.result() else { panic!("it passed") };
        assert_eq!(reason.lines().last(), Some("swaks -> serve, TLS: no handshake"));
    }
}
