//! Apple Mail's `.emlx`: a line with the number of octets of the message, the message, and a property list.

use crate::limits::MAX_EMLX_DIGITS;

#[derive(Clone, Debug)]
pub(super) enum Emlx {
    /// In the first line, with the number so far.
    Count { number: u64, digits: usize },
    /// So many octets of the message are to come.
    Message(u64),
}

impl Default for Emlx {
    fn default() -> Self {
        Self::Count { number: 0, digits: 0 }
    }
}

impl Emlx {
    pub(super) fn push(&mut self, mut octets: &[u8], to: &mut Vec<u8>) {
        while let (Self::Count { number, digits }, [octet, rest @ ..]) = (&mut *self, octets) {
            octets = rest;
            match octet {
                b'0'..=b'9' if *digits < MAX_EMLX_DIGITS => {
                    *number = *number * 10 + u64::from(octet - b'0');
                    *digits += 1;
                }
                b'\n' => *self = Self::Message(*number),
                _ => {}
            }
        }
        if let Self::Message(left) = self {
            let part = octets.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            to.extend_from_slice(&octets[..part]);
            *left -= part as u64;
        }
    }
}
