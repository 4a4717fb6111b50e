//! The two encodings of tag values: base64 with folding white space, and quoted-printable in DKIM's form.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// RFC 6376 §2.10 lets the padding be there or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a base64string (RFC 6376 §2.10); white space in it is ignored.
pub(super) fn base64(value: &[u8]) -> Option<Vec<u8>> {
    // Without an early end, for the compiler to do it with vector instructions.
    match value.iter().fold(false, |any, &b| any | is_space(b)) {
        true => BASE64.decode(without_space(value)).ok(),
        false => BASE64.decode(value).ok(),
    }
}

/// The value without folding white space.
pub(super) fn without_space(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len());
    let mut start = 0;
    for end in memchr::memchr3_iter(b' ', b'\t', b'\n', value).chain([value.len()]) {
        let word = &value[start..end];
        text.extend_from_slice(word.strip_suffix(b"\r").unwrap_or(word));
        start = end + 1;
    }
    // What is left of them stood alone.
    text.retain(|b| *b != b'\r');
    text
}

/// White space or a part of a CRLF: what folding white space is made of (RFC 6376 §2.8).
pub(super) fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// Decodes dkim-quoted-printable (RFC 6376 §2.11); white space in it is ignored. `None` where `=` is not followed by
/// two hexadecimal digits.
pub(super) fn quoted_printable(value: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut octets = value.iter().copied().filter(|b| !is_space(*b));
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'=' => hex(octets.next()?)? << 4 | hex(octets.next()?)?,
            _ => octet,
        });
    }
    Some(decoded)
}

/// A text of a stranger's to be shown in a sentence: unfolded, without control characters, at most `most` characters of it.
pub(super) fn shown(text: &[u8], most: usize) -> String {
    // What is not UTF-8 becomes one character for each octet at most, so no more octets than this can count.
    let text = String::from_utf8_lossy(text.get(..4 * most + 4).unwrap_or(text));
    let mut shown = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()) {
        let space = if shown.is_empty() { "" } else { " " };
        for character in space.chars().chain(word.chars()) {
            if count == most {
                return shown + "...";
            }
            shown.push(character);
            count += 1;
        }
    }
    shown
}

fn hex(digit: u8) -> Option<u8> {
    // RFC 6376 §2.11 wants upper case; lower case cannot mean anything else.
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_with_and_without_padding() {
        for text in [&b"Zm9vYg=="[..], b"Zm9vYg", b" Zm\r\n 9v\tYg=="] {
            assert_eq!(base64(text).as_deref(), Some(&b"foob"[..]));
        }
        for text in [&b"Zm9vY"[..], b"Zm9v*g==", b"Zm9vYg==x"] {
            assert_eq!(base64(text), None);
        }
    }

    #[test]
    fn what_is_shown_is_short_and_tame() {
        assert_eq!(shown(b" a\r\n\tb\x1b[31m c ", 20), "a b [31m c");
        assert_eq!(shown("\u{e9}\u{e9}\u{e9}".as_bytes(), 2), "\u{e9}\u{e9}...");
        assert_eq!(shown(&[0xff; 500], 3), "\u{fffd}\u{fffd}\u{fffd}...");
        assert_eq!(shown(b"", 3), "");
    }

    #[test]
    fn quoted_printable_octets() {
        assert_eq!(quoted_printable(b"a=3D b=3b").as_deref(), Some(&b"a=b;"[..]));
        assert_eq!(quoted_printable(b"a=3"), None);
        assert_eq!(quoted_printable(b"a=zz"), None);
    }
}
