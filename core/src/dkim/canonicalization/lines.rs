//! Line ends at the end of a body, of which nobody knows that they are at its end until it is there.

use super::Sink;

/// The simple body canonicalization: CRLFs at the end become one (RFC 6376 §3.4.3).
#[derive(Clone, Debug, Default)]
pub struct Simple {
    lines: Lines,
}

impl Simple {
    pub(super) fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        self.lines.push(chunk, to);
    }

    pub(super) fn finish(self, to: &mut impl Sink) {
        // Also for a body that is empty (RFC 6376 §3.4.3).
        self.lines.finish(to);
        to.write(b"\r\n");
    }
}

/// Passes octets on, but for the CRLFs at the end: whether they count is known when something follows them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// CRLFs that are held back.
    held: u64,
    /// A CR behind them that may be half of one more.
    cr: bool,
    /// Something was written.
    any: bool,
}

impl Lines {
    /// Takes the next octets.
    pub(super) fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        let mut rest = chunk;
        if self.cr
            && let Some((&first, after)) = rest.split_first()
        {
            self.cr = false;
            if first == b'\n' {
                self.held += 1;
                rest = after;
            } else {
                self.write(b"\r", to);
            }
        }
        let blank = line_ends_before(rest);
        self.held += blank as u64 / 2;
        rest = rest.get(blank..).unwrap_or_default();
        if let [before @ .., b'\r'] = rest {
            rest = before;
            self.cr = true;
        }
        let content = rest.len() - line_ends_behind(rest);
        if let (Some(content @ [_, ..]), after) = (rest.get(..content), rest.len() - content) {
            self.write(content, to);
            self.held = after as u64 / 2;
        }
    }

    /// Ends the octets, and says whether there was anything but CRLFs.
    pub(super) fn finish(mut self, to: &mut impl Sink) -> bool {
        if self.cr {
            self.write(b"\r", to);
        }
        self.any
    }

    /// Writes what was held back and something that follows it.
    fn write(&mut self, content: &[u8], to: &mut impl Sink) {
        while self.held > 0 {
            let count = self.held.min(MANY.len() as u64 / 2);
            to.write(MANY.get(..2 * count as usize).unwrap_or_default());
            self.held -= count;
        }
        to.write(content);
        self.any = true;
    }
}

/// As many CRLFs as are worth a call into the hash.
const MANY: [u8; 512] = {
    let mut octets = [b'\r'; 512];
    let mut at = 1;
    while at < octets.len() {
        octets[at] = b'\n';
        at += 2;
    }
    octets
};

/// How many octets the CRLFs have that these begin with.
fn line_ends_before(octets: &[u8]) -> usize {
    let mut rest = octets;
    while let [b'\r', b'\n', b'\r', b'\n', b'\r', b'\n', b'\r', b'\n', after @ ..] = rest {
        rest = after;
    }
    while let [b'\r', b'\n', after @ ..] = rest {
        rest = after;
    }
    octets.len() - rest.len()
}

/// How many octets the CRLFs have that these end with.
fn line_ends_behind(octets: &[u8]) -> usize {
    let mut rest = octets;
    while let [before @ .., b'\r', b'\n', b'\r', b'\n', b'\r', b'\n', b'\r', b'\n'] = rest {
        rest = before;
    }
    while let [before @ .., b'\r', b'\n'] = rest {
        rest = before;
    }
    octets.len() - rest.len()
}
