//! As much of MIME as it takes to undo what relays do to bodies: transfer encodings and the parts of a multipart
//! (RFC 2045, RFC 2046). No verdict rests on it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::message::{Field, Header, unfold};

/// A transfer encoding that changes octets (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferEncoding {
    /// `quoted-printable`
    QuotedPrintable,
    /// `base64`
    Base64,
}

impl fmt::Display for TransferEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        })
    }
}

/// What a header section says about its body.
#[derive(Debug, Default)]
pub(super) struct Mime {
    pub(super) encoding: Option<TransferEncoding>,
    /// Of a multipart, with the two hyphens in front.
    pub(super) delimiter: Option<Vec<u8>>,
}

/// Columns of a line of an encoded text, at most (RFC 2045 §6.7, §6.8).
const WIDTH: usize = 76;

impl Mime {
    pub(super) fn of(header: &Header) -> Self {
        let value = |name| header.named(name).last().as_ref().map(Field::value);
        Self {
            encoding: value("Content-Transfer-Encoding").and_then(encoding),
            delimiter: value("Content-Type").and_then(delimiter),
        }
    }
}

fn encoding(value: &[u8]) -> Option<TransferEncoding> {
    match value.trim_ascii() {
        word if word.eq_ignore_ascii_case(b"quoted-printable") => Some(TransferEncoding::QuotedPrintable),
        word if word.eq_ignore_ascii_case(b"base64") => Some(TransferEncoding::Base64),
        _ => None,
    }
}

/// The delimiter of a multipart (RFC 2046 §5.1.1).
fn delimiter(content_type: &[u8]) -> Option<Vec<u8>> {
    let value = unfold(content_type);
    let mut parameters = value.split(|&b| b == b';').map(<[u8]>::trim_ascii);
    let kind = parameters.next()?;
    kind.get(..10).filter(|kind| kind.eq_ignore_ascii_case(b"multipart/"))?;
    let boundary = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_at_checked(memchr::memchr(b'=', parameter)?)?;
        name.trim_ascii().eq_ignore_ascii_case(b"boundary").then(|| value[1..].trim_ascii())
    })?;
    let boundary = match boundary {
        [b'"', inner @ .., b'"'] => inner,
        bare => bare.split(|b| b.is_ascii_whitespace()).next()?,
    };
    // RFC 2046 §5.1.1: 1 to 70 characters.
    (1..=70).contains(&boundary.len()).then(|| [b"--", boundary].concat())
}

/// A line that separates the parts of a multipart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    /// Where the line begins, and the next.
    pub(super) start: usize,
    pub(super) end: usize,
    /// It stands behind the last part.
    pub(super) closes: bool,
}

/// The separators in a body, at most `most` of the last ones.
pub(super) fn separators(body: &[u8], delimiter: &[u8], most: usize) -> Vec<Separator> {
    let mut found = Vec::new();
    for start in memchr::memmem::rfind_iter(body, delimiter).filter(|&at| at == 0 || body[at - 1] == b'\n') {
        let after = body.get(start + delimiter.len()..).unwrap_or_default();
        let line = memchr::memchr(b'\n', after).map_or(after.len(), |at| at + 1);
        let (line, closes) = match after[..line].strip_prefix(b"--") {
            Some(rest) => (rest, true),
            None => (&after[..line], false),
        };
        if line.trim_ascii().is_empty() {
            let end = start + delimiter.len() + line.len() + if closes { 2 } else { 0 };
            found.push(Separator { start, end, closes });
        }
        if found.len() == most {
            break;
        }
    }
    found.reverse();
    found
}

/// Octets decoded; `None` where they are not in this encoding, or it says nothing about them.
pub(super) fn decoded(octets: &[u8], encoding: TransferEncoding) -> Option<Vec<u8>> {
    decode(octets, encoding).filter(|decoded| decoded != octets && !decoded.is_empty())
}

/// Octets decoded; `None` where they are not in this encoding.
pub(crate) fn decode(octets: &[u8], encoding: TransferEncoding) -> Option<Vec<u8>> {
    match encoding {
        TransferEncoding::QuotedPrintable => decode_quoted_printable(octets),
        TransferEncoding::Base64 => {
            STANDARD.decode(octets.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<u8>>()).ok()
        }
    }
}

fn decode_quoted_printable(octets: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = memchr::memchr(b'=', rest) {
        decoded.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'\r', b'\n', after @ ..] => after,
            [high, low, after @ ..] => {
                let digit = |octet: u8| char::from(octet).to_digit(16);
                decoded.push((digit(*high)? << 4 | digit(*low)?) as u8);
                after
            }
            _ => return None,
        };
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}

/// Where in a quoted-printable text the octet stands that is the so manieth when it is decoded.
#[cfg_attr(not(feature = "tls"), allow(dead_code))] // the gateway's
pub(crate) fn quoted_printable_place(octets: &[u8], decoded: usize) -> usize {
    let (mut at, mut count) = (0, 0);
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        match rest {
            [b'=', b'\r', b'\n', ..] => at += 3,
            _ if count >= decoded || rest.is_empty() => return at,
            [b'=', ..] => (at, count) = (at + 3, count + 1),
            _ => (at, count) = (at + 1, count + 1),
        }
    }
}

/// Octets encoded as most programs do it.
pub(crate) fn encoded(octets: &[u8], encoding: TransferEncoding) -> Vec<u8> {
    match encoding {
        TransferEncoding::QuotedPrintable => encoded_quoted_printable(octets),
        TransferEncoding::Base64 => {
            let text = STANDARD.encode(octets);
            text.as_bytes().chunks(WIDTH).flat_map(|line| [line, &b"\r\n"[..]]).flatten().copied().collect()
        }
    }
}

fn encoded_quoted_printable(octets: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = Vec::with_capacity(octets.len() + octets.len() / 8);
    let mut start = 0;
    for end in memchr::memmem::find_iter(octets, b"\r\n").map(Some).chain([None]) {
        let line = octets.get(start..end.unwrap_or(octets.len())).unwrap_or_default();
        let mut column = 0;
        for (at, &octet) in line.iter().enumerate() {
            let is_last = at + 1 == line.len();
            let is_literal = matches!(octet, b'!'..=b'<' | b'>'..=b'~') || (matches!(octet, b' ' | b'\t') && !is_last);
            let width = if is_literal { 1 } else { 3 };
            if column + width > if is_last { WIDTH } else { WIDTH - 1 } {
                encoded.extend_from_slice(b"=\r\n");
                column = 0;
            }
            match is_literal {
                true => encoded.push(octet),
                false => encoded.extend([b'=', HEX[usize::from(octet >> 4)], HEX[usize::from(octet & 15)]]),
            }
            column += width;
        }
        if let Some(end) = end {
            encoded.extend_from_slice(b"\r\n");
            start = end + 2;
        }
    }
    encoded
}

/// A multipart with its quoted-printable parts decoded, and told to be 8bit; or the other way round.
pub(super) fn recoded_parts(body: &[u8], delimiter: &[u8], decode: bool) -> Vec<u8> {
    const LABEL: &[u8] = b"content-transfer-encoding:";
    let separators = separators(body, delimiter, usize::MAX);
    let mut recoded = Vec::with_capacity(body.len());
    let mut done = 0;
    for pair in separators.windows(2) {
        let &[before, after] = pair else { continue };
        let Some(part) = body.get(before.end..after.start) else { continue };
        let Some(head) = memchr::memmem::find(part, b"\r\n\r\n").map(|at| at + 4) else { continue };
        let (head, content) = part.split_at(head);
        let mut lines: Vec<&[u8]> = head.split_inclusive(|&b| b == b'\n').collect();
        let label =
            lines.iter_mut().find(|line| line.len() > LABEL.len() && line[..LABEL.len()].eq_ignore_ascii_case(LABEL));
        let Some(label) = label else { continue };
        let value = label[LABEL.len()..].trim_ascii();
        let (name, _) = label.split_at(LABEL.len());
        // The line end in front of the separator belongs to that.
        let (content, end) = match content {
            [content @ .., b'\r', b'\n'] => (content, &b"\r\n"[..]),
            content => (content, &b""[..]),
        };
        let is_quoted = value.eq_ignore_ascii_case(b"quoted-printable");
        let changed = match decode {
            true if is_quoted => decoded(content, TransferEncoding::QuotedPrintable).map(|c| (&b" 8bit\r\n"[..], c)),
            false if is_quoted || value.eq_ignore_ascii_case(b"8bit") => {
                let content = encoded(content, TransferEncoding::QuotedPrintable);
                Some((&b" quoted-printable\r\n"[..], content))
            }
            _ => None,
        };
        let Some((value, content)) = changed else { continue };
        let line = [name, value].concat();
        *label = &line;
        recoded.extend_from_slice(&body[done..before.end]);
        recoded.extend(lines.concat());
        recoded.extend(content);
        recoded.extend_from_slice(end);
        done = after.start;
    }
    recoded.extend_from_slice(&body[done..]);
    recoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delimiters() {
        let of = |value: &str| delimiter(value.as_bytes()).map(|d| String::from_utf8(d).unwrap());
        assert_eq!(of(" Multipart/mixed; charset=x;\r\n BOUNDARY=\"a b\"").as_deref(), Some("--a b"));
        assert_eq!(of("multipart/alternative; boundary = abc (comment)").as_deref(), Some("--abc"));
        assert_eq!(of("text/plain; boundary=abc"), None);
        assert_eq!(of("multipart/mixed; boundary="), None);
        assert_eq!(of("multipart/mixed; boundary=\""), Some("--\"".into()));
    }

    #[test]
    fn separators_stand_on_lines_of_their_own() {
        let body = b"--b\r\none --b\r\n--bb\r\n--b \r\ntwo\r\n--b--\r\nepilogue";
        let found: Vec<_> = separators(body, b"--b", 9).iter().map(|s| (s.start, s.end, s.closes)).collect();
        assert_eq!(found, [(0, 5, false), (20, 26, false), (31, 38, true)]);
        assert_eq!(separators(body, b"--b", 1).len(), 1);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            for encoding in [TransferEncoding::QuotedPrintable, TransferEncoding::Base64] {
                let text = encoded(&octets, encoding);
                prop_assert!(text.is_ascii() && text.split(|&b| b == b'\n').all(|line| line.len() <= WIDTH + 1));
                prop_assert_eq!(decode(&text, encoding), Some(octets.clone()));
                for at in 0..=octets.len() {
                    let text = encoded(&octets, TransferEncoding::QuotedPrintable);
                    let (before, after) = text.split_at(quoted_printable_place(&text, at));
                    prop_assert_eq!(decode(before, TransferEncoding::QuotedPrintable), Some(octets[..at].to_vec()));
                    prop_assert_eq!(decode(after, TransferEncoding::QuotedPrintable), Some(octets[at..].to_vec()));
                }
            }
        }

        #[test]
        fn any_body_in_parts(body in "(--b(--)?\r?\n|content-transfer-encoding: (8bit|quoted-printable)\r\n|\r\n|=3D|x){0,20}") {
            for decode in [true, false] {
                recoded_parts(body.as_bytes(), b"--b", decode);
            }
        }
    }
}
