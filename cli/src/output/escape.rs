//! Hostile text for people: what could steer a terminal, or reorder what is read, is shown and not obeyed.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with control characters, line ends and bidirectional controls as escapes, such as `\x1b` and `\u{202e}`.
/// A backslash stays as it is: this is for reading, not for reading back.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    escape(text, |out, c| match c {
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x80 => _ = write!(out, "\\x{:02x}", u32::from(c)),
        c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
    })
}

/// JSON with the same characters as `\u` escapes. They can only stand in strings: JSON has none outside but line ends
/// and tabs, which a report on one line lacks.
pub(crate) fn json(json: &str) -> Cow<'_, str> {
    escape(json, |out, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escape(text: &str, mut write: impl FnMut(&mut String, char)) -> Cow<'_, str> {
    if !text.chars().any(is_steering) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_steering(c) {
            true => write(&mut out, c),
            false => out.push(c),
        }
    }
    out.into()
}

/// C0 and C1 controls and DEL, line and paragraph separators, what changes the direction of text, what is not visible
/// (zero-width characters, tags), and the byte order mark.
fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown() {
        assert_eq!(text("a\x1b[31m\u{9b}2J\x7f\r\n\tb"), "a\\x1b[31m\\u{9b}2J\\x7f\\r\\n\\tb");
        assert_eq!(text("\u{202e}moc.elpmaxe\u{200b}"), "\\u{202e}moc.elpmaxe\\u{200b}");
    }

    #[test]
    fn other_text_is_left_alone() {
        for plain in ["café \\ \"ü\"", "例え.example", ""] {
            assert!(matches!(text(plain), Cow::Borrowed(t) if t == plain));
        }
    }

    #[test]
    fn json_means_the_same() {
        let value = "\u{9b}\u{7f}\u{e0041}\u{202e}";
        let written = serde_json::to_string(value).unwrap();
        let escaped = json(&written);
        assert!(escaped.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), value);
    }
}
