//! The table of ratios: every row is measured and printed at once.

use std::fs;
use std::time::Duration;

use crate::measure::{Effort, Way, fastest};
use crate::{dkim, report, spf};

/// A library beside which the engine is measured. What it cannot do is `None`.
pub trait Peer {
    /// The name of its column.
    fn name(&self) -> &'static str;

    /// Verifies all signatures of a message by the key of [`mail`](crate::mail); whether it passes.
    fn verify(&self, message: &[u8]) -> Option<bool> {
        let _ = message;
        None
    }

    /// Signs a message; whether there is a signature.
    fn sign(&self, message: &[u8]) -> Option<bool> {
        let _ = message;
        None
    }

    /// The result of SPF for a client in the zone.
    fn spf(&self, client: &crate::zone::Client) -> Option<String> {
        let _ = client;
        None
    }
}

/// A row: ways to do the same work, of which the first is 1.00.
pub struct Row<'r> {
    /// What is done.
    pub work: String,
    /// Who does it.
    pub ways: Vec<Way<'r>>,
}

/// The columns; whatever else a row has goes into the last.
const COLUMNS: [&str; 4] = [OURS, THEIRS, "libopendkim", "libspf2"];
const OURS: &str = "passerelle";
const THEIRS: &str = "mail-auth";

/// Measures the rows whose name contains one of `names`, or all of them, beside `peers`, and prints them.
pub fn run(peers: &[&dyn Peer], names: &[String], effort: Effort) {
    println!("{}\n", machine());
    println!("| work | 1.00 is | {} | besides |", COLUMNS.join(" | "));
    println!("|---|---|{}---|", "---:|".repeat(COLUMNS.len()));
    let mut table = Table { names, effort, behind: Vec::new(), rows: 0 };
    dkim::rows(peers, &mut table);
    report::rows(&mut table);
    spf::rows(peers, &mut table);
    table.conclude();
}

/// The table that is being printed.
pub struct Table<'t> {
    names: &'t [String],
    effort: Effort,
    /// The rows in which mail-auth is ahead.
    behind: Vec<String>,
    /// The rows with mail-auth in them.
    rows: usize,
}

impl Table<'_> {
    /// Whether a row was asked for: what it needs need not be made else.
    pub fn has(&self, work: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| work.contains(name.as_str()))
    }

    /// Whether only a few rows that are quickly done are wanted.
    pub fn is_quick(&self) -> bool {
        self.effort.most == 1
    }

    /// Measures and prints a row.
    pub fn add(&mut self, mut row: Row<'_>) {
        let times = fastest(&mut row.ways, self.effort);
        let named: Vec<(&str, Duration)> =
            row.ways.iter().map(|way| way.name.as_str()).zip(times.iter().copied()).collect();
        let Some(&(base, one)) = named.first() else { return };
        let time = |column: &str| named.iter().find(|(name, _)| *name == column).map(|(_, time)| *time);
        let ratio = |time: Duration| format!("{:.2}", time.as_secs_f64() / one.as_secs_f64().max(1e-12));
        let columns = COLUMNS.map(|column| time(column).map(ratio).unwrap_or_default()).join(" | ");
        let besides = named.iter().skip(1).filter(|(name, _)| !COLUMNS.contains(name));
        let besides: Vec<_> = besides.map(|(name, time)| format!("{name} {}", ratio(*time))).collect();
        println!("| {} | {base}, {} | {columns} | {} |", row.work, shown(one), besides.join(", "));
        if let (Some(ours), Some(theirs)) = (time(OURS), time(THEIRS)) {
            self.rows += 1;
            if theirs <= ours {
                self.behind.push(row.work);
            }
        }
    }

    /// Says in how many rows the engine is ahead of mail-auth.
    fn conclude(&self) {
        match self.behind.as_slice() {
            _ if self.rows == 0 => println!("\n{THEIRS} was not measured."),
            [] => println!("\nAhead of {THEIRS} in each of {} rows.", self.rows),
            behind => println!("\n{THEIRS} is ahead in {} of {} rows: {}.", behind.len(), self.rows, behind.join("; ")),
        }
    }
}

/// The kind of machine, as Linux names it.
fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = text.lines().filter_map(|line| line.strip_prefix("model name")).collect::<Vec<_>>();
    let model = models.first().map_or("an unknown processor", |model| model.trim_start_matches([' ', '\t', ':']));
    format!("On {model}, {} cores; processor time, the fastest of many samples, taken in turns.", models.len())
}

fn shown(time: Duration) -> String {
    let nanoseconds = time.as_secs_f64() * 1e9;
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.2} ms", nanoseconds / 1e6),
    }
}
