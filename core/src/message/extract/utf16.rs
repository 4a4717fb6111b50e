//! UTF-16 to UTF-8, in chunks.

/// Reads UTF-16, with a byte order mark, or without one where ASCII tells the order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Utf16 {
    /// The octets of a code unit that is not whole, or of the first two units, by which the order is known.
    odd: Vec<u8>,
    big_endian: Option<bool>,
    /// The first half of a character beyond U+FFFF.
    high: Option<u16>,
}

impl Utf16 {
    /// A reader of this text, if it is UTF-16.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        order(head).map(|_| Self::default())
    }

    pub(crate) fn push(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        if self.big_endian.is_none() {
            self.odd.extend_from_slice(octets);
            if self.odd.len() >= 4 {
                let head = std::mem::take(&mut self.odd);
                let big_endian = order(&head).unwrap_or(false);
                self.big_endian = Some(big_endian);
                self.units(if is_mark(&head) { &head[2..] } else { &head }, big_endian, to);
            }
            return;
        }
        self.units(octets, self.big_endian == Some(true), to);
    }

    /// What is cut off at the end becomes a replacement character.
    pub(crate) fn finish(mut self, to: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.odd);
        if self.big_endian.is_none() && !rest.is_empty() {
            let big_endian = order(&rest).unwrap_or(false);
            self.units(if is_mark(&rest) { &rest[2..] } else { &rest }, big_endian, to);
        }
        if self.high.is_some() || !self.odd.is_empty() {
            push_char(char::REPLACEMENT_CHARACTER, to);
        }
    }

    fn units(&mut self, mut octets: &[u8], big_endian: bool, to: &mut Vec<u8>) {
        if let ([odd], [first, rest @ ..]) = (&*self.odd, octets) {
            let pair = [*odd, *first];
            self.odd.clear();
            octets = rest;
            self.unit(pair, big_endian, to);
        }
        let mut pairs = octets.chunks_exact(2);
        for pair in pairs.by_ref() {
            self.unit([pair[0], pair[1]], big_endian, to);
        }
        self.odd.extend_from_slice(pairs.remainder());
    }

    fn unit(&mut self, pair: [u8; 2], big_endian: bool, to: &mut Vec<u8>) {
        let unit = if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
        let waiting = self.high.take();
        match (waiting, unit) {
            (Some(high), 0xdc00..0xe000) => char::decode_utf16([high, unit]).flatten().for_each(|c| push_char(c, to)),
            (Some(_), _) => {
                push_char(char::REPLACEMENT_CHARACTER, to);
                self.unit(pair, big_endian, to);
            }
            (None, 0xd800..0xdc00) => self.high = Some(unit),
            (None, _) => push_char(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER), to),
        }
    }
}

fn push_char(character: char, to: &mut Vec<u8>) {
    to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn is_mark(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff")
}

/// Whether the octets of a unit come with the higher one first; `None` where this is no UTF-16.
fn order(head: &[u8]) -> Option<bool> {
    let is_text = |octet: u8| octet.is_ascii_graphic() || octet.is_ascii_whitespace();
    match head {
        // UTF-32.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        [a, 0, b, 0, ..] if is_text(*a) && is_text(*b) => Some(false),
        [0, a, 0, b, ..] if is_text(*a) && is_text(*b) => Some(true),
        _ => None,
    }
}
