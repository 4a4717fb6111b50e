//! What the server says of what it does: lines that threads of their own print. A reader that stops reading holds up nobody;
//! the lines that find no place are counted, and told of when it reads again. What clients can cause at will is told of a few
//! times a minute, and then as a number.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Lines that may wait for their reader.
const LINES_AHEAD: usize = 4096;
/// Lines of one kind in one [`WINDOW`].
const OF_ONE_KIND: u64 = 10;
/// Kinds that are told apart.
const KINDS: usize = 100;
const WINDOW: Duration = Duration::from_secs(60);
/// How long the last lines may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

static OUT: OnceLock<Printer> = OnceLock::new();
static ERR: OnceLock<Printer> = OnceLock::new();
static FLOOD: Mutex<Flood> = Mutex::new(Flood { kinds: BTreeMap::new() });

/// One line of what the server does.
pub(super) fn say(line: &str) {
    OUT.get_or_init(|| Printer::new(|line| writeln!(std::io::stdout(), "{line}"))).print(line.to_owned());
}

/// One line of a dialogue, on standard error.
pub(super) fn trace(line: String) {
    ERR.get_or_init(|| Printer::new(|line| writeln!(std::io::stderr(), "{line}"))).print(line);
}

/// A line that clients can cause as often as they like. Of those that are of one kind only so many are printed, and the others
/// counted.
pub(super) fn say_of_many(kind: &str, line: &str) {
    let mut flood = FLOOD.lock().unwrap_or_else(PoisonError::into_inner);
    flood.take(kind, line, Instant::now()).iter().for_each(|line| say(line));
}

/// What was counted and not printed, once its minute is over.
pub(super) fn say_what_was_counted() {
    let mut flood = FLOOD.lock().unwrap_or_else(PoisonError::into_inner);
    flood.ended(Instant::now()).iter().for_each(|line| say(line));
}

/// Waits for the last lines, but not for a reader that does not read.
pub(super) fn finish() {
    for printer in [&OUT, &ERR].into_iter().filter_map(OnceLock::get) {
        let (done, is_done) = sync_channel(1);
        if printer.sender.try_send(Said::Finish(done)).is_ok() {
            let _ = is_done.recv_timeout(LAST_WORDS);
        }
    }
}

enum Said {
    Line(String),
    Finish(SyncSender<()>),
}

struct Printer {
    sender: SyncSender<Said>,
    dropped: &'static AtomicU64,
}

impl Printer {
    fn new(print: fn(&str) -> std::io::Result<()>) -> Self {
        let (sender, lines) = sync_channel(LINES_AHEAD);
        let dropped: &'static AtomicU64 = Box::leak(Box::default()); // one for each of two printers
        std::thread::spawn(move || print_all(&lines, dropped, print));
        Self { sender, dropped }
    }

    fn print(&self, line: String) {
        if self.sender.try_send(Said::Line(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn print_all(lines: &Receiver<Said>, dropped: &AtomicU64, print: fn(&str) -> std::io::Result<()>) {
    while let Ok(said) = lines.recv() {
        // A reader that went away is no reason to stop.
        match said {
            Said::Line(line) => drop(print(&line)),
            Said::Finish(done) => drop(done.send(())),
        }
        match dropped.swap(0, Ordering::Relaxed) {
            0 => {}
            count => drop(print(&format!("{count} lines are missing here: nobody read them"))),
        }
    }
}

/// How often lines of each kind came lately.
struct Flood {
    kinds: BTreeMap<String, Kind>,
}

struct Kind {
    since: Instant,
    count: u64,
}

impl Flood {
    /// What to print for a line.
    fn take(&mut self, kind: &str, line: &str, now: Instant) -> Vec<String> {
        let mut lines = self.ended(now);
        // What is told of a handshake has words of the peer's in it.
        let kind = if self.kinds.len() < KINDS || self.kinds.contains_key(kind) { kind } else { "others" };
        let known = self.kinds.entry(kind.to_owned()).or_insert(Kind { since: now, count: 0 });
        known.count += 1;
        if known.count <= OF_ONE_KIND {
            lines.push(line.to_owned());
        }
        if known.count == OF_ONE_KIND {
            lines.push(format!("more of these are counted for a minute: {kind}"));
        }
        lines
    }

    /// The kinds whose time is over are forgotten; says how many lines of them were not printed.
    fn ended(&mut self, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        self.kinds.retain(|name, kind| {
            let is_over = now.saturating_duration_since(kind.since) >= WINDOW;
            if let (true, more @ 1..) = (is_over, kind.count.saturating_sub(OF_ONE_KIND)) {
                lines.push(format!("{more} more in a minute: {name}"));
            }
            !is_over
        });
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_kind_becomes_a_number() {
        let mut flood = Flood { kinds: BTreeMap::new() };
        let start = Instant::now();
        let mut lines = Vec::new();
        for number in 0..1000 {
            lines.extend(flood.take("TLS failed", &format!("[{number}] TLS failed"), start));
        }
        lines.extend(flood.take("turned away", "turned away x", start));
        assert_eq!(lines.len(), 12, "{lines:?}");
        assert_eq!(flood.ended(start + WINDOW), ["990 more in a minute: TLS failed"]);
        assert_eq!(flood.take("TLS failed", "[1000] TLS failed", start + WINDOW), ["[1000] TLS failed"]);
    }
}
