//! Reading from the front of a message, never past an end, and names wherever they point.

use super::name::WireName;
use crate::limits::MAX_NAME_POINTERS;

/// Octets before the question: nothing there is part of a name.
const HEADER: usize = 12;

const SHORT: &str = "there are too few octets";

/// What a message says wrong.
pub(super) type Read<T> = Result<T, &'static str>;

/// A part of a message, read from its front.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    message: &'a [u8],
    at: usize,
    end: usize,
    /// Whether names may point to earlier ones.
    compression: bool,
}

impl<'a> Reader<'a> {
    /// A whole message.
    pub(super) fn of_message(message: &'a [u8]) -> Self {
        Self { message, at: 0, end: message.len(), compression: true }
    }

    /// The data of one record, by itself.
    pub(super) fn of_rdata(rdata: &'a [u8]) -> Self {
        Self { message: rdata, at: 0, end: rdata.len(), compression: false }
    }

    /// The next octets of the message as a reader of their own, in which names still point into the whole.
    pub(super) fn part(&mut self, length: usize) -> Read<Self> {
        let start = self.at;
        self.take(length)?;
        Ok(Self { at: start, end: self.at, ..self.clone() })
    }

    pub(super) fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end).ok_or(SHORT)?;
        let taken = self.message.get(self.at..end).ok_or(SHORT)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> Read<&'a [u8]> {
        self.take(self.end - self.at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// A name (RFC 1035 §3.1), decompressed (§4.1.4). A pointer leads to a name that ends before the one in which it
    /// stands begins, so each goes further back, and their number is bounded besides.
    pub(super) fn name(&mut self) -> Read<WireName> {
        let mut name = WireName::new();
        let (mut start, mut at, mut limit) = (self.at, self.at, self.end);
        let mut pointers = 0;
        loop {
            let length = self.octet(at, limit)?;
            match length >> 6 {
                0b00 => {
                    let end = at + 1 + usize::from(length);
                    let label = self.message.get(at..end).filter(|_| end <= limit).ok_or(SHORT)?;
                    if !name.push(label) {
                        return Err("a name is longer than 255 octets");
                    }
                    at = end;
                    if length == 0 {
                        break;
                    }
                }
                0b11 => {
                    let target = usize::from(length & 0x3f) << 8 | usize::from(self.octet(at + 1, limit)?);
                    if !self.compression {
                        return Err("a name is compressed");
                    }
                    if target < HEADER || target >= start {
                        return Err("a compressed name does not point to an earlier one");
                    }
                    if pointers == MAX_NAME_POINTERS {
                        return Err("a compressed name has too many pointers");
                    }
                    if pointers == 0 {
                        self.at = at + 2;
                    }
                    pointers += 1;
                    (start, at, limit) = (target, target, start);
                }
                _ => return Err("a label has a type that does not exist"),
            }
        }
        if pointers == 0 {
            self.at = at;
        }
        Ok(name)
    }

    fn octet(&self, at: usize, limit: usize) -> Read<u8> {
        self.message.get(at).copied().filter(|_| at < limit).ok_or("a name does not end")
    }
}
