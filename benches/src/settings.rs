//! How long is measured: short, for the whole set runs in a few minutes.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};

/// criterion without plots, and with its files where `ratios` looks for them.
pub fn criterion() -> Criterion {
    Criterion::default().without_plots().configure_from_args()
}

/// A group of measurements of the same work. Its name, and those in it, are the table's.
pub fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(40)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500));
    group
}
