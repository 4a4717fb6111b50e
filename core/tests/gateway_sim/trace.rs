//! What happened: as one number, by which two runs are the same or not, and as a story for people.

use std::fmt::Write as _;

/// The number, and the lines where somebody wants to read them.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: u64,
    pub(crate) is_told: bool,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    now: u64,
    /// The message that it is about, where it is about one.
    mail: Option<usize>,
    text: String,
}

/// Octets of a line that are shown.
const SHOWN: usize = 160;

impl Trace {
    /// Octets that went somewhere.
    pub(crate) fn octets(&mut self, now: u64, link: u64, to_gateway: bool, octets: &[u8]) {
        self.number(now);
        self.number(link << 1 | u64::from(to_gateway));
        for chunk in octets.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.number(u64::from_le_bytes(word));
        }
        self.number(octets.len() as u64);
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Somebody says something.
    pub(crate) fn says(&mut self, now: u64, mail: Option<usize>, who: &str, octets: &[u8]) {
        if self.is_told && !octets.is_empty() {
            for line in octets.split_inclusive(|octet| *octet == b'\n').take(30) {
                let shown = line.trim_ascii_end();
                let rest = if shown.len() > SHOWN { "…" } else { "" };
                let text = format!("{who} {}{rest}", shown[..shown.len().min(SHOWN)].escape_ascii());
                self.lines.push(Line { now, mail, text });
            }
        }
    }

    /// Something happens.
    pub(crate) fn tell(&mut self, now: u64, mail: Option<usize>, text: impl FnOnce() -> String) {
        if self.is_told {
            self.lines.push(Line { now, mail, text: text() });
        }
    }

    /// The story of a message, or of all of them, with what is about none.
    pub(crate) fn story(&self, mail: Option<usize>) -> String {
        let mut story = String::new();
        let lines: Vec<&Line> =
            self.lines.iter().filter(|line| mail.is_none() || line.mail.is_none() || line.mail == mail).collect();
        for line in lines {
            let _ = writeln!(story, "{:>9.3} {}", line.now as f64 / 1000.0, line.text);
        }
        story
    }
}
