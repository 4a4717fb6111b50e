//! Counters: of states, faults and pairs of them. A run in which one that must occur never did has shown nothing of it.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub(crate) fn add(&mut self, name: &'static str) {
        self.add_times(name, 1);
    }

    pub(crate) fn add_times(&mut self, name: &'static str, times: u64) {
        *self.0.entry(name).or_default() += times;
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (name, times) in &other.0 {
            self.add_times(name, *times);
        }
    }

    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, times) in &self.0 {
            writeln!(f, "{times:>10} {name}")?;
        }
        Ok(())
    }
}
