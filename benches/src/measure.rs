//! How it is measured: several ways to do the same work in turns, by the thread's processor time, the fastest counts.
//!
//! What disturbs a measurement only ever adds to it, and what slows the whole machine down for a while slows all of them
//! down: so none is measured after another, but each a little in every round.

use std::time::Duration;

use crate::clock::cpu_time_of;

/// A way to do the work of a row.
pub struct Way<'w> {
    /// What the table calls it.
    pub name: String,
    run: Box<dyn FnMut() + 'w>,
}

impl<'w> Way<'w> {
    /// Does `run`, whose result is looked at by nobody and yet computed.
    pub fn new<T>(name: &str, mut run: impl FnMut() -> T + 'w) -> Self {
        let run = move || {
            std::hint::black_box(run());
        };
        Self { name: name.to_owned(), run: Box::new(run) }
    }

    /// The time of some runs.
    fn time(&mut self, runs: u32) -> Duration {
        cpu_time_of(|| (0..runs).for_each(|_| (self.run)()))
    }
}

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// A sample has as many runs as this takes, and one at least.
    pub sample: Duration,
    /// How long all the samples of a row take, about.
    pub row: Duration,
    /// Rounds that there are in any case.
    pub least: u32,
    /// And at most.
    pub most: u32,
}

impl Effort {
    /// For a table.
    pub const WHOLE: Self =
        Self { sample: Duration::from_micros(300), row: Duration::from_millis(1400), least: 15, most: 200 };
    /// To see that everything runs.
    pub const ONCE: Self = Self { sample: Duration::ZERO, row: Duration::ZERO, least: 1, most: 1 };
}

/// The least time that one run of each takes.
pub fn fastest(ways: &mut [Way<'_>], effort: Effort) -> Vec<Duration> {
    let mut runs = Vec::with_capacity(ways.len());
    let mut round = Duration::ZERO;
    for way in &mut *ways {
        way.time(1); // the first run brings everything into the caches
        let once = way.time(1).max(Duration::from_nanos(1));
        let count = u32::try_from(effort.sample.as_nanos() / once.as_nanos()).unwrap_or(u32::MAX).max(1);
        round += once * count;
        runs.push(count);
    }
    let rounds = effort.row.as_nanos() / round.as_nanos().max(1);
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX).clamp(effort.least, effort.most);
    let mut fastest = vec![Duration::MAX; ways.len()];
    for _ in 0..rounds {
        for ((way, &runs), fastest) in ways.iter_mut().zip(&runs).zip(&mut fastest) {
            *fastest = (way.time(runs) / runs).min(*fastest);
        }
    }
    fastest
}
