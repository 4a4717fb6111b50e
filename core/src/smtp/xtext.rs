//! xtext: how parameters and XCLIENT attributes carry characters that they could not hold as they are (RFC 3461 §4).
//!
//! And utf-8-addr-xtext, which carries the UTF-8 address of an `ORCPT=` (RFC 6533 §3).

use std::fmt::Write;

/// Decodes xtext: printable ASCII in which `+` and two upper-case hexadecimal digits stand for an octet.
///
/// `None` for what is no xtext, and for octets that are no UTF-8 or that are control characters: they have no place in any
/// value that is carried so.
pub fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        octets.push(match first {
            b'+' => {
                let (&[high, low], behind) = rest.split_first_chunk()?;
                rest = behind;
                16 * hexadecimal(high)? + hexadecimal(low)?
            }
            b'=' => return None,
            b'!'..=b'~' => first,
            _ => return None,
        });
    }
    String::from_utf8(octets).ok().filter(|text| !text.chars().any(char::is_control))
}

/// Encodes text as xtext.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'+' | b'=' => push_octet(&mut encoded, octet),
            b'!'..=b'~' => encoded.push(char::from(octet)),
            _ => push_octet(&mut encoded, octet),
        }
    }
    encoded
}

/// Decodes utf-8-addr-xtext and utf-8-addr-unitext (RFC 6533 §3), in which `\x{E9}` stands for a character.
pub(crate) fn decode_utf8_address(text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        decoded.push(match first {
            '\\' => {
                let (digits, behind) = rest.strip_prefix("x{")?.split_once('}')?;
                rest = behind;
                code_point(digits)?
            }
            '+' | '=' => return None,
            '!'..='~' => first,
            _ if first.is_ascii() || first.is_control() => return None,
            _ => first,
        });
    }
    Some(decoded)
}

/// `HEXPOINT`: two to six digits, of no control character.
fn code_point(digits: &str) -> Option<char> {
    let is_hexadecimal = digits.bytes().all(|digit| hexadecimal(digit).is_some());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal && (2..=6).contains(&digits.len()))?;
    char::from_u32(number).filter(|character| !character.is_control())
}

fn push_octet(text: &mut String, octet: u8) {
    // Writing to a String does not fail.
    let _ = write!(text, "+{octet:02X}");
}

/// The value of an upper-case hexadecimal digit (RFC 3461 §4 has no lower-case ones).
fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["", "QQ314159", "a b+c=d", "Gr\u{fc}\u{df}e", "\"quoted\"@example.com"] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        // The examples of RFC 3461 §10.
        assert_eq!(decode("Bob@Big-Bucks.COM").as_deref(), Some("Bob@Big-Bucks.COM"));
        assert_eq!(decode("George+20@Tax-+20ME+20.GOV").as_deref(), Some("George @Tax- ME .GOV"));
    }

    #[test]
    fn what_is_no_xtext() {
        for wrong in ["+", "+4", "+G0", "+e9", "a=b", "a b", "a\tb", "\u{e9}", "+00", "+0D", "+E9", "+80"] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn addresses_in_utf8() {
        let decode = |text| decode_utf8_address(text);
        assert_eq!(decode("\\x{E9}l\\x{1F600}@example.com").as_deref(), Some("\u{e9}l\u{1f600}@example.com"));
        assert_eq!(decode("\u{e9}@example.com").as_deref(), Some("\u{e9}@example.com"));
        for wrong in
            ["\\", "\\x", "\\x{", "\\x{}", "\\x{9}", "\\x{e9}", "\\x{D800}", "\\x{110000}", "\\x{0A}", "a+41", "a b"]
        {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
    }
}
