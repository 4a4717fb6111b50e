//! Canonicalization (RFC 6376 §3.4): the form in which header fields and bodies are hashed.
//!
//! Bodies are canonicalized as they stream by. What is the same before and after goes to the hash straight from the
//! input, in runs as long as possible; only what changes is written anew. Nothing depends on how the input is cut.
//!
//! Only CRLF ends a line. A bare CR or LF is content like any other octet (RFC 6376 §5.3 leaves it to the signer to
//! avoid them).

use std::fmt;

/// One of the two canonicalization algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Canonicalization {
    /// Tolerates almost no change (RFC 6376 §3.4.1, §3.4.3).
    #[default]
    Simple,
    /// Tolerates changes of white space, and of the case of field names (RFC 6376 §3.4.2, §3.4.4).
    Relaxed,
}

impl Canonicalization {
    /// The word in `c=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Relaxed => "relaxed",
        }
    }
}

impl fmt::Display for Canonicalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Appends the relaxed form of a header field, with its CRLF (RFC 6376 §3.4.2).
pub fn relaxed_field(name: &[u8], value: &[u8], to: &mut Vec<u8>) {
    to.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    to.push(b':');
    let start = to.len();
    let mut rest = value;
    let mut space = false;
    while !rest.is_empty() {
        let word = memchr::memchr3(b' ', b'\t', b'\r', rest).unwrap_or(rest.len());
        // A CR that is not part of a CRLF is content.
        let bare_cr = rest.get(word) == Some(&b'\r') && rest.get(word + 1) != Some(&b'\n');
        let (content, after) = rest.split_at(word + usize::from(bare_cr));
        if !content.is_empty() {
            if space && to.len() > start {
                to.push(b' ');
            }
            space = false;
            to.extend_from_slice(content);
        }
        rest = match after {
            [b' ' | b'\t', after @ ..] if !bare_cr => {
                space = true;
                after
            }
            [b'\r', b'\n', after @ ..] if !bare_cr => after, // unfolding: CRLF stands before white space only
            _ => after,
        };
    }
    to.extend_from_slice(b"\r\n");
}

/// What takes the canonical form of a body, piece by piece.
pub trait Sink {
    /// A place in what was written.
    type Mark;

    /// Takes the next octets.
    fn write(&mut self, octets: &[u8]);

    /// The place where the next octets will be.
    fn mark(&mut self) -> Self::Mark;

    /// Forgets what was written behind a mark.
    fn back_to(&mut self, mark: Self::Mark);
}

impl Sink for Vec<u8> {
    type Mark = usize;

    fn write(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    fn mark(&mut self) -> usize {
        self.len()
    }

    fn back_to(&mut self, mark: usize) {
        self.truncate(mark);
    }
}

/// A body canonicalization in progress.
#[derive(Clone, Debug)]
pub enum Body {
    /// RFC 6376 §3.4.3.
    Simple(Simple),
    /// RFC 6376 §3.4.4.
    Relaxed(Relaxed),
}

impl Body {
    /// At the start of a body.
    pub fn new(algorithm: Canonicalization) -> Self {
        match algorithm {
            Canonicalization::Simple => Self::Simple(Simple::default()),
            Canonicalization::Relaxed => Self::Relaxed(Relaxed::default()),
        }
    }

    /// Takes the next octets of the body.
    pub fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        match self {
            Self::Simple(body) => body.push(chunk, to),
            Self::Relaxed(body) => body.push(chunk, to),
        }
    }

    /// Ends the body.
    pub fn finish(self, to: &mut impl Sink) {
        match self {
            Self::Simple(body) => body.finish(to),
            Self::Relaxed(body) => body.finish(to),
        }
    }
}

/// Line ends that are held back: whether they count is known when content follows, or the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    /// CRLFs.
    lines: u64,
    /// A CR behind them that may be half of one more.
    cr: bool,
}

impl Held {
    /// Writes the CRLFs out, because something follows them.
    fn write_lines(&mut self, to: &mut impl Sink) {
        const MANY: [u8; 128] = repeated(b"\r\n");
        while self.lines > 0 {
            let count = self.lines.min(MANY.len() as u64 / 2);
            to.write(&MANY[..2 * count as usize]);
            self.lines -= count;
        }
    }
}

const fn repeated<const N: usize>(unit: &[u8]) -> [u8; N] {
    let mut octets = [0; N];
    let mut at = 0;
    while at < N {
        octets[at] = unit[at % unit.len()];
        at += 1;
    }
    octets
}

/// The simple body canonicalization: CRLFs at the end become one (RFC 6376 §3.4.3).
#[derive(Clone, Debug, Default)]
pub struct Simple {
    held: Held,
}

impl Simple {
    fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        let mut rest = chunk;
        // What is held back grows, or is let go by the first octet that is no line end.
        while let Some((&octet, tail)) = rest.split_first() {
            match (self.held.cr, octet) {
                (true, b'\n') => self.held = Held { lines: self.held.lines + 1, cr: false },
                (true, _) => {
                    self.held.write_lines(to);
                    to.write(b"\r");
                    self.held.cr = false;
                    continue;
                }
                (false, b'\r') => self.held.cr = true,
                (false, _) => break,
            }
            rest = tail;
        }
        if rest.is_empty() {
            return;
        }
        self.held.write_lines(to);
        let mut content = rest;
        if let [before @ .., b'\r'] = content {
            content = before;
            self.held.cr = true;
        }
        while let [before @ .., b'\r', b'\n'] = content {
            content = before;
            self.held.lines += 1;
        }
        to.write(content);
    }

    fn finish(mut self, to: &mut impl Sink) {
        if self.held.cr {
            self.held.write_lines(to);
            to.write(b"\r");
        }
        // Also for a body that is empty (RFC 6376 §3.4.3).
        to.write(b"\r\n");
    }
}

/// The relaxed body canonicalization: white space at line ends goes, other white space becomes one SP, CRLFs at the
/// end become one, or none where nothing else is (RFC 6376 §3.4.4).
///
/// What is written never ends with a CRLF before the end: CRLFs, and the white space behind them, are held back until
/// content follows.
#[derive(Clone, Debug, Default)]
pub struct Relaxed {
    held: Held,
    /// White space was seen behind what is held and is not written yet. With `held.cr` it stands before the CR.
    space: bool,
    /// Something was written.
    any: bool,
    /// The last octets, [`AHEAD`] of them or more, stayed as they were. It says which way is faster, no more.
    steady: bool,
}

/// How much is written before it is looked at.
const AHEAD: usize = 16 * 1024;

impl Relaxed {
    fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        let limit = decided(chunk);
        let mut at = 0;
        while at < chunk.len() {
            if at < limit && self.is_idle() {
                if self.steady
                    && let Some(end) = write_ahead(chunk, at, limit, to)
                {
                    self.any = true;
                    at = end;
                    continue;
                }
                let end = unchanged_until(chunk, at, limit);
                self.steady = end - at >= AHEAD;
                // Shorter runs are copied as fast as they are found.
                if end - at >= BLOCK {
                    self.any = true;
                    to.write(&chunk[at..end]);
                    at = end;
                    continue;
                }
            }
            let end = chunk.len().min(at + REWRITTEN);
            self.rewrite(&chunk[at..end], to);
            at = end;
        }
    }

    /// Whether nothing is held back.
    fn is_idle(&self) -> bool {
        self.held == Held::default() && !self.space
    }

    /// Takes at most [`REWRITTEN`] octets.
    fn rewrite(&mut self, octets: &[u8], to: &mut impl Sink) {
        let mut gathered = Gathered::default();
        let mut rest = octets;
        while let Some((&octet, after)) = rest.split_first() {
            if std::mem::take(&mut self.held.cr) {
                if octet == b'\n' {
                    self.held.lines += 1;
                    self.space = false;
                    rest = after;
                    continue;
                }
                self.begin_content(&mut gathered, to);
                gathered.push(b'\r');
            }
            match octet {
                b' ' | b'\t' => {
                    self.space = true;
                    let more = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                    rest = after.get(more..).unwrap_or_default();
                }
                b'\r' => {
                    self.held.cr = true;
                    rest = after;
                }
                _ => {
                    self.begin_content(&mut gathered, to);
                    (rest, self.space) = gathered.squeeze(rest);
                }
            }
        }
        to.write(gathered.octets());
    }

    /// Writes what is held back, and notes that content follows.
    fn begin_content(&mut self, gathered: &mut Gathered, to: &mut impl Sink) {
        self.any = true;
        if self.held.lines > 1 {
            to.write(gathered.octets());
            *gathered = Gathered::default();
            self.held.lines -= 1;
            self.held.write_lines(to);
            self.held.lines = 1;
        }
        if self.held.lines == 1 {
            self.held.lines = 0;
            gathered.push(b'\r');
            gathered.push(b'\n');
        }
        if std::mem::take(&mut self.space) {
            gathered.push(b' ');
        }
    }

    /// Writes what is held back, because content follows.
    fn release(&mut self, to: &mut impl Sink) {
        self.held.write_lines(to);
        if std::mem::take(&mut self.space) {
            to.write(b" ");
        }
    }

    fn finish(mut self, to: &mut impl Sink) {
        if self.held.cr {
            self.release(to);
            self.any = true;
            to.write(b"\r");
        }
        if self.any {
            to.write(b"\r\n");
        }
    }
}

/// How many of these octets are decided without those that follow: what the last of them become may depend on it. Three
/// are enough: the longest unchanged text that may still change is CR LF SP.
fn decided(octets: &[u8]) -> usize {
    let undecided = octets.iter().rev().take(3).take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    let limit = octets.len() - undecided;
    // Never between CR and LF.
    limit - usize::from(octets[..limit].ends_with(b"\r"))
}

/// Writes some [`AHEAD`] octets from `at` on as they are and then finds out whether they are unchanged; takes them back
/// if they are not. Gives where they ended.
///
/// A hash takes so long for each octet that the processor fetches the next ones meanwhile. A search does not: where a
/// body comes from memory, it would wait for most of them, and the hash after it for none.
fn write_ahead(chunk: &[u8], at: usize, limit: usize, to: &mut impl Sink) -> Option<usize> {
    let end = decided(chunk.get(..limit.min(at + AHEAD))?);
    let octets = chunk.get(at..end).filter(|octets| octets.len() >= AHEAD / 2)?;
    let mark = to.mark();
    to.write(octets);
    if unchanged_until(chunk, at, end) == end {
        return Some(end);
    }
    to.back_to(mark);
    None
}

/// How many octets are rewritten before an unchanged run is looked for again.
const REWRITTEN: usize = 128;

/// The relaxed form of at most [`REWRITTEN`] octets. It has at most four octets more than they: CR LF SP CR, held back
/// before the first of them.
struct Gathered {
    octets: [u8; REWRITTEN + 4],
    length: usize,
}

impl Default for Gathered {
    fn default() -> Self {
        Self { octets: [0; REWRITTEN + 4], length: 0 }
    }
}

impl Gathered {
    /// Adds an octet.
    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    /// Adds content up to the next CR, its white space reduced. Gives what is behind the content, and whether white
    /// space stood at its end.
    fn squeeze<'a>(&mut self, octets: &'a [u8]) -> (&'a [u8], bool) {
        let (mut rest, mut length, mut was_space) = (octets, self.length, false);
        'line: loop {
            // Eight at a time, as long as they stay as they are.
            while let (false, Some(block)) = (was_space, rest.first_chunk::<8>())
                && !may_change(*block)
                && let Some(to) = self.octets.get_mut(length..).and_then(<[u8]>::first_chunk_mut::<8>)
            {
                *to = *block;
                length += 8;
                was_space = block[7] == b' ';
                rest = &rest[8..];
            }
            // What white space there is cannot be predicted, so there is no branch for it: each octet is written where
            // it would go, and overwritten by the next when it does not count.
            let mut taken = 0;
            for &octet in rest.iter().take(32) {
                if octet == b'\r' {
                    rest = &rest[taken..];
                    break 'line;
                }
                let is_tab = octet == b'\t';
                let is_space = is_tab | (octet == b' ');
                if let Some(place) = self.octets.get_mut(length) {
                    *place = octet ^ (u8::from(is_tab) * (b'\t' ^ b' '));
                }
                length += usize::from(!(is_space & was_space));
                was_space = is_space;
                taken += 1;
            }
            rest = &rest[taken..];
            if rest.is_empty() {
                break;
            }
        }
        self.length = length - usize::from(was_space); // what is at the end is held back
        (rest, was_space)
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// Whether eight octets that follow content have a TAB, a CR, or white space behind white space, or are unusual.
fn may_change(octets: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES * 0x80;
    let word = u64::from_le_bytes(octets);
    // The high bit of each octet that is at most `limit`.
    let up_to = |limit: u8| !(((word & !HIGH) + ONES * u64::from(0x7f - limit)) | word) & HIGH;
    let (blank, control) = (up_to(b' '), up_to(b'\r'));
    // The first octet is the lowest, so what is behind another is above it.
    (blank & (blank << 8)) | control != 0
}

/// How many octets are compared at once: enough for the compiler to do it with vector instructions.
const BLOCK: usize = 64;

/// Where, from `start` on, the relaxed form stops being the same as the input; at most `limit`.
///
/// The run ends with content: line ends behind it may be followed by white space, or by nothing. `chunk[limit]`, if there
/// is one, is looked at.
fn unchanged_until(chunk: &[u8], start: usize, limit: usize) -> usize {
    let mut run = &chunk[start..next_suspect(chunk, start, limit)];
    while let [content @ .., b'\r', b'\n'] = run {
        run = content;
    }
    start + run.len()
}

/// The first octet from `at` on that the relaxed form may change: TAB, or SP before SP, TAB or CR. `limit` when there is
/// none.
fn next_suspect(chunk: &[u8], mut at: usize, limit: usize) -> usize {
    while let Some(block) = chunk[at..limit].first_chunk::<{ BLOCK + 1 }>() {
        let (octets, next) = (block.first_chunk::<BLOCK>(), block.last_chunk::<BLOCK>());
        let (Some(octets), Some(next)) = (octets, next) else { break }; // both are there: BLOCK < BLOCK + 1
        if any_suspect(octets, next) {
            let first = first_suspect(octets, next);
            if first < BLOCK {
                return at + first;
            }
        }
        at += BLOCK;
    }
    while at < limit {
        if is_suspect(chunk[at], chunk.get(at + 1).copied().unwrap_or(b'\r')) {
            return at;
        }
        at += 1;
    }
    limit
}

/// Whether a block is worth a closer look.
fn any_suspect(octets: &[u8; BLOCK], next: &[u8; BLOCK]) -> bool {
    let mut any = 0;
    for (&octet, &next) in octets.iter().zip(next) {
        any |= u8::from(may_be_suspect(octet, next));
    }
    any != 0
}

/// Where the first suspect of a block is; [`BLOCK`] when there is none.
fn first_suspect(octets: &[u8; BLOCK], next: &[u8; BLOCK]) -> usize {
    let mut flags = [0; BLOCK];
    for ((flag, &octet), &next) in flags.iter_mut().zip(octets).zip(next) {
        *flag = u8::from(is_suspect(octet, next));
    }
    // Eight flags at a time, the first in the lowest bits.
    let (words, _) = flags.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).enumerate();
    words
        .filter(|(_, word)| *word != 0)
        .map(|(i, word)| i * 8 + word.trailing_zeros() as usize / 8)
        .next()
        .unwrap_or(BLOCK)
}

/// Whether a pair may be suspect: it has fewer comparisons than [`is_suspect`], and is true whenever that is.
fn may_be_suspect(octet: u8, next: u8) -> bool {
    (octet == b'\t') | ((octet == b' ') & (next <= b' '))
}

/// Written without branches, for the compiler's sake.
fn is_suspect(octet: u8, next: u8) -> bool {
    (octet == b'\t') | ((octet == b' ') & ((next == b' ') | (next == b'\t') | (next == b'\r')))
}
