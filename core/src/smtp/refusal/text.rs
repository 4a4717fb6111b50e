//! The text of a refusal, made comparable.

use memchr::memmem;

use crate::limits;
use crate::smtp::reply::EnhancedCode;

/// The text in lower case, with single spaces in place of any white space and control characters, and plain apostrophes. What is past
/// [`MAX_REFUSAL_TEXT`](limits::MAX_REFUSAL_TEXT) is left away.
pub(super) fn plain(lines: &[String]) -> String {
    let mut plain = String::new();
    for line in lines {
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        for word in line.split(is_blank).filter(|word| !word.is_empty()) {
            if plain.len() + word.len() >= limits::MAX_REFUSAL_TEXT {
                return plain;
            }
            if !plain.is_empty() {
                plain.push(' ');
            }
            plain.extend(word.chars().map(|c| if c == '\u{2019}' { '\'' } else { c.to_ascii_lowercase() }));
        }
    }
    plain
}

/// The text without the words that quote an address or a link: `<spam@example.com>` says nothing of spam.
pub(super) fn prose(text: &str) -> String {
    let quotes = |word: &&str| !word.contains('@') && !word.contains("://");
    text.split(' ').filter(quotes).collect::<Vec<_>>().join(" ")
}

/// Whether the text has a word or phrase that begins and ends where words do, unless it begins or ends with a sign:
/// `spf` is in `SPF: fail`, not in `spfx`. With a `*` behind, it may end anywhere.
pub(super) fn has(text: &str, phrase: &str) -> bool {
    let letter = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_alphanumeric);
    let (phrase, open) = phrase.strip_suffix('*').map_or((phrase, false), |phrase| (phrase, true));
    let (text, phrase) = (text.as_bytes(), phrase.as_bytes());
    memmem::find_iter(text, phrase).any(|at| {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let joined_before = letter(before) && letter(phrase.first());
        let joined_behind = letter(text.get(at + phrase.len())) && letter(phrase.last()) && !open;
        !joined_before && !joined_behind
    })
}

/// Whether the text has a code such as `OFR_416`, `OFR004_104`, `LPN105-104` or `LPN416`: the prefix, digits, a sign, and
/// three digits; the sign and the digits before it may be missing.
pub(super) fn coded(text: &str, prefix: &str) -> bool {
    let text = text.as_bytes();
    memmem::find_iter(text, prefix.as_bytes()).any(|at| {
        let joined = at.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let behind = text.get(at + prefix.len()..).unwrap_or_default();
        let digits = behind.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let signed = behind.get(digits).is_some_and(|octet| matches!(octet, b'_' | b'-'))
            && behind.get(digits + 1..).unwrap_or_default().iter().take_while(|octet| octet.is_ascii_digit()).count()
                == 3;
        !joined && (digits == 3 || digits == 0) && (signed || digits == 3)
    })
}

/// An enhanced status code that is written otherwise than RFC 2034 §4 has it: with a colon behind, or with a number sign
/// in front (`#5.1.0`, `(#5.7.1)`), as some servers do. It has to be of the code's class.
pub(super) fn enhanced(text: &str, code: u16) -> Option<EnhancedCode> {
    let marked = text.split(' ').filter_map(|word| word.trim_start_matches('(').strip_prefix('#'));
    let words = text.split(' ').take(1).chain(marked);
    words.map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit())).find_map(|word| {
        let (enhanced, length) = EnhancedCode::parse_prefix(word.as_bytes())?;
        (length == word.len() && u16::from(enhanced.class) == code / 100).then_some(enhanced)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fuzz target `smtp_refusal` found it.
    #[test]
    fn control_characters_part_words_as_blanks_do() {
        let lines = |text: &str| [text.to_owned()];
        assert_eq!(plain(&lines("Not\u{5}gsmtp \u{7f}\0x\t")), "not gsmtp x");
    }

    #[test]
    fn words_begin_and_end_where_words_do() {
        assert!(has("spf: fail", "spf") && has("an spf", "spf") && has("(spf)", "spf"));
        assert!(
            !has("spfx", "spf")
                && has("spfx", "spf*")
                && !has("see [tss04]", "[tss")
                && !has("xspf", "spf")
                && !has("", "spf")
        );
        assert!(has("see [tss04] here", "[tss*") && has("é spf é", "spf"));
    }

    #[test]
    fn codes_of_providers() {
        for text in ["ofr_416 [416]", "refused ofr004_104", "lpn105-104", "lpn416", "(lpn007_405)"] {
            assert!(coded(text, "ofr") || coded(text, "lpn"), "{text}");
        }
        for text in ["ofr", "ofr_41", "xofr_416", "ofr4_416", "offering 416", "lpn_4161"] {
            assert!(!coded(text, "ofr") && !coded(text, "lpn"), "{text}");
        }
    }

    #[test]
    fn codes_that_are_written_otherwise() {
        assert_eq!(enhanced("#5.1.0 address rejected", 550), Some(EnhancedCode::new(5, 1, 0)));
        assert_eq!(enhanced("sorry, no mailbox here (#5.1.1)", 550), Some(EnhancedCode::new(5, 1, 1)));
        assert_eq!(enhanced("5.7.509: access denied", 550), Some(EnhancedCode::new(5, 7, 509)));
        assert_eq!(enhanced("#4.1.0 address rejected", 550), None);
        assert_eq!(enhanced("see 5.1.1 elsewhere", 550), None);
        assert_eq!(enhanced("5.1.1.7 is a version", 550), None);
        assert_eq!(enhanced("", 550), None);
    }

    #[test]
    fn the_text_is_bounded() {
        assert!(plain(&vec!["many words ".repeat(100); 100]).len() <= limits::MAX_REFUSAL_TEXT);
        assert_eq!(plain(&["a  B\tc".to_owned(), " D\u{2019}s ".to_owned()]), "a b c d's");
        assert_eq!(prose("mail from <spam@example.com> see https://spam.example/ ok"), "mail from see ok");
    }
}
