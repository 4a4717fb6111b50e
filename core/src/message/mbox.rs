//! Several messages in one file.

use crate::limits::{MAX_MBOX_LINE, MAX_MBOX_STARTS};

use super::line_endings::is_mbox_separator;

/// Finds the messages of an mbox (RFC 4155) while it is read, in constant memory.
///
/// The first is what follows the separator in the first line, or the whole of a file that has none there. Another begins
/// where an empty line is followed by a separator with a date in it and then by a header field: text may have lines
/// that begin with "From ", too, and not every program that writes an mbox quotes them. How the file is cut into
/// chunks does not matter.
///
/// ```
/// use passerelle::message::Mbox;
///
/// let mut mbox = Mbox::new();
/// let mut second = Vec::new();
/// let file = b"From a Thu Jan  1 00:00:00 1970\nSubject: 1\n\nOne\n\nFrom b Thu Jan  1 00:00:00 1970\nSubject: 2\n\nTwo\n";
/// let mut take = |message: u64, octets: &[u8]| {
///     if message == 2 {
///         second.extend_from_slice(octets);
///     }
/// };
/// mbox.push(file, &mut take);
/// mbox.finish(&mut take);
/// assert_eq!((mbox.messages(), second), (2, b"Subject: 2\n\nTwo\n".to_vec()));
/// ```
#[derive(Clone, Debug)]
pub struct Mbox {
    place: Place,
    /// What is held back until it is known to which message it belongs.
    held: Vec<u8>,
    /// Octets that came before those held.
    passed: u64,
    messages: u64,
    starts: Vec<u64>,
}

/// Where in the file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the first line.
    First,
    /// In a file that is no mbox.
    Elsewhere,
    /// In a line; `octets` that it has so far, up to 2, and whether they are but a CR.
    Line { octets: u8, blank: bool },
    /// In a line that may be a separator.
    Separator,
    /// In the line behind a separator of so many octets.
    Field { separator: usize },
}

const NEW_LINE: Place = Place::Line { octets: 0, blank: true };

impl Default for Mbox {
    fn default() -> Self {
        Self { place: Place::First, held: Vec::new(), passed: 0, messages: 0, starts: Vec::new() }
    }
}

impl Mbox {
    /// At the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages have begun so far.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Where in the file the messages begin, each behind its separator: the first [`MAX_MBOX_STARTS`].
    pub fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// Takes the next octets of the file, and hands on those of messages: with the number of their message, the first
    /// being 1. A message's own octets come as they are, with the empty line before the next separator.
    pub fn push(&mut self, mut octets: &[u8], take: &mut impl FnMut(u64, &[u8])) {
        while !octets.is_empty() {
            octets = match self.place {
                Place::Elsewhere => {
                    self.pass(octets, take);
                    return;
                }
                Place::Line { .. } => self.line(octets, take),
                Place::First | Place::Separator | Place::Field { .. } => self.hold(octets, take),
            };
        }
    }

    /// Ends the file.
    pub fn finish(&mut self, take: &mut impl FnMut(u64, &[u8])) {
        self.release(Place::Elsewhere, take);
    }

    /// Hands on the rest of a line, and returns what follows. Nothing is held meanwhile.
    fn line<'o>(&mut self, octets: &'o [u8], take: &mut impl FnMut(u64, &[u8])) -> &'o [u8] {
        let Place::Line { octets: before, blank } = self.place else { return octets };
        let end = memchr::memchr(b'\n', octets);
        let (line, rest) = octets.split_at(end.map_or(octets.len(), |at| at + 1));
        let text = &line[..end.unwrap_or(line.len())];
        let length = usize::from(before) + text.len();
        let blank = blank && (text.is_empty() || (length == 1 && text == b"\r"));
        self.place = match end {
            Some(_) if blank => Place::Separator,
            Some(_) => NEW_LINE,
            None => Place::Line { octets: length.min(2) as u8, blank },
        };
        self.pass(line, take);
        rest
    }

    /// Holds octets back up to the end of the line, or up to where it is known what the line is.
    fn hold<'o>(&mut self, octets: &'o [u8], take: &mut impl FnMut(u64, &[u8])) -> &'o [u8] {
        let before = match self.place {
            Place::Field { separator } => separator,
            _ => 0,
        };
        let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
        let room = MAX_MBOX_LINE - (self.held.len() - before); // what is held is kept below that
        let (part, rest) = octets.split_at(end.min(room));
        self.held.extend_from_slice(part);
        let line = &self.held[before..];
        let (whole, full) = (line.ends_with(b"\n"), line.len() == MAX_MBOX_LINE);
        let behind = match line {
            b"\n" | b"\r\n" => Place::Separator,
            _ if whole => NEW_LINE,
            _ => Place::Line { octets: 2, blank: false },
        };
        match self.place {
            Place::First => match is_mbox_separator(line) {
                None if !full => {}
                Some(true) => {
                    self.drop_separator(self.held.len());
                    self.place = NEW_LINE;
                }
                None | Some(false) => {
                    self.begin();
                    self.release(Place::Elsewhere, take);
                }
            },
            Place::Separator if whole && is_dated_separator(line) => {
                self.place = Place::Field { separator: self.held.len() };
            }
            Place::Separator if whole || full || !may_become_separator(line) => self.release(behind, take),
            Place::Field { separator } => match begins_field(line) {
                None if !whole && !full => {}
                Some(true) => {
                    self.drop_separator(separator);
                    self.release(behind, take);
                }
                None | Some(false) => self.release(behind, take),
            },
            Place::Separator | Place::Line { .. } | Place::Elsewhere => {}
        }
        rest
    }

    /// A message begins behind the first octets held, which are nobody's.
    fn drop_separator(&mut self, length: usize) {
        self.held.drain(..length);
        self.passed += length as u64;
        self.begin();
    }

    fn begin(&mut self) {
        self.messages += 1;
        if self.starts.len() < MAX_MBOX_STARTS {
            self.starts.push(self.passed);
        }
    }

    fn release(&mut self, place: Place, take: &mut impl FnMut(u64, &[u8])) {
        self.place = place;
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            if self.messages == 0 {
                self.begin(); // The file ends in its first line.
            }
            self.pass(&held, take);
        }
    }

    fn pass(&mut self, octets: &[u8], take: &mut impl FnMut(u64, &[u8])) {
        self.passed += octets.len() as u64;
        take(self.messages, octets);
    }
}

const START: &[u8] = b"From ";

fn may_become_separator(line: &[u8]) -> bool {
    line.starts_with(START) || START.starts_with(line) || line == b"\r"
}

/// Whether this line is `From SENDER DATE`, with a date as `asctime` writes it: a weekday, a month, a time and a year,
/// in that order (RFC 4155, appendix A). What programs put between and behind, such as a time zone, is let pass.
fn is_dated_separator(line: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let is_time =
        |word: &[u8]| matches!(word, [_, _, b':', _, _] | [_, _, b':', _, _, b':', _, _]) && word[0].is_ascii_digit();
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    let mut words = line.split(|octet| octet.is_ascii_whitespace()).filter(|word| !word.is_empty());
    line.starts_with(START)
        && words.any(|word| DAYS.contains(&word.strip_suffix(b",").unwrap_or(word)))
        && words.any(|word| MONTHS.contains(&word))
        && words.any(is_time)
        && words.any(is_year)
}

/// Whether a line begins a header field; `None` while it may.
fn begins_field(line: &[u8]) -> Option<bool> {
    let name = line.iter().position(|octet| !octet.is_ascii_graphic() || *octet == b':').unwrap_or(line.len());
    let blanks = line[name..].iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    match line.get(name + blanks) {
        None => None,
        Some(b':') => Some(name > 0),
        Some(_) => Some(false),
    }
}
