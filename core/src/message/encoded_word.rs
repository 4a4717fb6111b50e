//! Encoded-words (RFC 2047): letters of any character set in fields of ASCII.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::Encoding;

/// As mail has it: padding may be missing, and the last bits need not be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A text with its encoded-words decoded, for people.
///
/// White space between two of them is no part of the text (RFC 2047 §6.2), and a character may be split over two (§5
/// forbids it, and it is common). What cannot be decoded, octets outside of UTF-8 among it, becomes U+FFFD; a word in a
/// character set that is not known keeps its ASCII. What is no encoded-word stays as it is.
pub(super) fn decode(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = Run::default();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let (before, word) = rest.split_at(at);
        let Some((word, behind)) = Word::read(word) else {
            run.flush(&mut shown);
            shown.push_str(&String::from_utf8_lossy(&rest[..at + 2]));
            rest = &rest[at + 2..];
            continue;
        };
        let is_next = run.encoding.is_some() && before.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        if !is_next || run.encoding != Some(word.encoding) {
            run.flush(&mut shown);
        }
        if !is_next {
            shown.push_str(&String::from_utf8_lossy(before));
        }
        run.encoding = Some(word.encoding);
        run.octets.extend(word.octets);
        rest = behind;
    }
    run.flush(&mut shown);
    shown.push_str(&String::from_utf8_lossy(rest));
    shown
}

/// Words in one character set, one behind the other.
#[derive(Default)]
struct Run {
    /// `Some(None)` for a character set that is not known.
    encoding: Option<Option<&'static Encoding>>,
    octets: Vec<u8>,
}

impl Run {
    fn flush(&mut self, shown: &mut String) {
        match self.encoding.take() {
            None => {}
            Some(Some(encoding)) => shown.push_str(&encoding.decode_without_bom_handling(&self.octets).0),
            Some(None) => {
                shown.extend(self.octets.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '\u{fffd}' }))
            }
        }
        self.octets.clear();
    }
}

struct Word {
    encoding: Option<&'static Encoding>,
    octets: Vec<u8>,
}

impl Word {
    /// The encoded-word at the beginning of a text, and what is behind it.
    fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let (charset, rest) = split_at_question_mark(text.strip_prefix(b"=?")?)?;
        let (method, rest) = split_at_question_mark(rest)?;
        let (encoded, rest) = split_at_question_mark(rest)?;
        let rest = rest.strip_prefix(b"=")?;
        // RFC 2231 §5: a language may follow the character set.
        let charset = charset.split(|&b| b == b'*').next().unwrap_or_default();
        if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let octets = match method {
            b"B" | b"b" => {
                let text: Vec<u8> = encoded.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
                BASE64.decode(text).ok()?
            }
            b"Q" | b"q" => quoted(encoded),
            _ => return None,
        };
        Some((Self { encoding: Encoding::for_label_no_replacement(charset), octets }, rest))
    }
}

fn split_at_question_mark(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'?', text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// RFC 2047 §4.2. An equals sign without two digits behind it stays.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digit = |offset: usize| text.get(at + offset).and_then(|&b| char::from(b).to_digit(16));
        match (text[at], digit(1), digit(2)) {
            (b'=', Some(high), Some(low)) => {
                // Two digits of four bits each.
                octets.push((high << 4 | low) as u8);
                at += 2;
            }
            (b'_', ..) => octets.push(b' '),
            (octet, ..) => octets.push(octet),
        }
        at += 1;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn shown(text: &str) -> String {
        decode(text.as_bytes())
    }

    /// The examples of RFC 2047 §8.
    #[test]
    fn the_examples_of_rfc_2047() {
        assert_eq!(shown("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"), "Keith Moore <moore@cs.utk.edu>");
        assert_eq!(shown("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?="), "Keld Jørn Simonsen");
        assert_eq!(
            shown(
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="
            ),
            "If you can read this you understand the example."
        );
        assert_eq!(shown("(=?ISO-8859-1?Q?a?= b)"), "(a b)");
        assert_eq!(shown("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)"), "(ab)");
        assert_eq!(shown("(=?ISO-8859-1?Q?a_b?=)"), "(a b)");
    }

    #[test]
    fn character_sets_that_mail_uses() {
        assert_eq!(shown("=?utf-8?b?w6k=?= =?windows-1252?q?=80?= =?iso-8859-15?Q?=A4?="), "é€€");
        assert_eq!(shown("=?gb2312?B?xOO6ww==?= =?Big5?B?p0Gmbg==?="), "你好你好");
        assert_eq!(shown("=?ISO-2022-JP?B?GyRCJDMbKEI=?= =?koi8-r?q?=F0?="), "こП");
        assert_eq!(shown("=?utf-8*en?q?a?="), "a");
    }

    #[test]
    fn a_character_split_over_two_words() {
        assert_eq!(shown("=?utf-8?q?=C3?= =?UTF-8?b?qQ?="), "é");
    }

    #[test]
    fn what_cannot_be_decoded_is_seen() {
        assert_eq!(shown("=?utf-8?q?a=FFb?="), "a\u{fffd}b");
        assert_eq!(shown("=?x-unknown?q?a=FFb?="), "a\u{fffd}b");
        assert_eq!(decode(b"\xc4\xe3 x"), "\u{fffd}\u{fffd} x");
        for text in ["=?utf-8?x?a?=", "=?utf-8?q?a", "=?", "=?=?=?", "=?utf-8?b?%?=", "=??q?a?=", "=?utf-8?q?a? ="] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("=?utf-8?q?=4?= =?utf-8?q?==41?="), "=4=A");
    }
}
