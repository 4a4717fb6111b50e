//! What somebody who wrote a record probably meant: for reasons, and never for a result.

use crate::limits::MAX_WORD_COMPARED;
use crate::trail::shown;

/// How many letters have to be put in, left out, changed, or swapped with their neighbours to make one word of the other,
/// in any case. Words of more than [`MAX_WORD_COMPARED`] octets are not alike.
pub(crate) fn distance(one: &[u8], other: &[u8]) -> usize {
    const SIZE: usize = MAX_WORD_COMPARED + 1;
    if one.len() >= SIZE || other.len() >= SIZE {
        return usize::MAX;
    }
    let same = |i: usize, j: usize| one[i].eq_ignore_ascii_case(&other[j]);
    let mut rows = [[0usize; SIZE]; 3];
    rows[0] = std::array::from_fn(|j| j);
    for i in 1..=one.len() {
        let [present, last, before_last] = [i % 3, (i + 2) % 3, (i + 1) % 3];
        rows[present][0] = i;
        for j in 1..=other.len() {
            let changed = rows[last][j - 1] + usize::from(!same(i - 1, j - 1));
            let mut least = changed.min(rows[last][j] + 1).min(rows[present][j - 1] + 1);
            if i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1) {
                least = least.min(rows[before_last][j - 2] + 1);
            }
            rows[present][j] = least;
        }
    }
    rows[one.len() % 3][other.len()]
}

/// The word that is most like `written`, where one is alike: a slip in a short word, two in one of five letters and more.
pub(crate) fn alike<'w>(written: &[u8], words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let slips = |word: &&str| (1..=if word.len() < 5 { 1 } else { 2 }).contains(&distance(written, word.as_bytes()));
    words.into_iter().filter(slips).min_by_key(|word| distance(written, word.as_bytes()))
}

/// What makes a text unreadable where plain ASCII belongs: the first octet that is not printable, its place, what it is,
/// and what to do about it.
pub(crate) fn odd_character(text: &[u8]) -> Option<String> {
    let at = text.iter().position(|octet| !matches!(octet, b' '..=b'~'))?;
    let rest = text.get(at..)?;
    let character = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let (name, remedy) = match character {
        Some(character) => unicode_name(character),
        None => octet_name(*rest.first()?),
    };
    let octets: Vec<String> =
        rest.iter().take(character.map_or(1, char::len_utf8)).map(|octet| format!("{octet:02X}")).collect();
    let before = text.get(at.saturating_sub(24)..at).unwrap_or_default();
    let word = before.rsplit(|octet| *octet == b' ').next().unwrap_or_default();
    let place = match word {
        [] => String::new(),
        word => format!(", behind \"{}\",", shown(word, 24)),
    };
    Some(format!("octet {}{place} is {name} ({}): {remedy}", at + 1, octets.join(" ")))
}

const BLANK: &str = "a plain blank belongs there";
const HYPHEN: &str = "a plain hyphen belongs there";
const TILDE: &str = "a plain tilde belongs there";
const NO_QUOTES: &str = "the record has no quotation marks";
const NOTHING: &str = "nothing belongs there";
const LINE: &str = "a record is one line, with plain blanks";

fn unicode_name(character: char) -> (String, &'static str) {
    let (name, remedy) = match character {
        '\u{a0}' => ("a no-break space", BLANK),
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ("a space of another kind", BLANK),
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => ("a curly quotation mark", NO_QUOTES),
        '\u{2018}'..='\u{201b}' | '\u{b4}' => ("a curly quote", NO_QUOTES),
        '\u{2010}' | '\u{2011}' => ("a typographic hyphen", HYPHEN),
        '\u{2012}'..='\u{2015}' | '\u{2212}' => ("a dash", HYPHEN),
        '\u{2dc}' | '\u{223c}' | '\u{ff5e}' => ("a typographic tilde", TILDE),
        '\u{ad}' => ("a soft hyphen", NOTHING),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{202a}'..='\u{202e}' => ("an invisible character", NOTHING),
        '\u{feff}' => ("a byte order mark", NOTHING),
        '\t' => ("a tab", BLANK),
        '\r' | '\n' => ("a line end", LINE),
        character if character.is_control() => ("a control character", NOTHING),
        character => return (format!("U+{:04X}", u32::from(character)), "it is no ASCII"),
    };
    (name.to_owned(), remedy)
}

/// An octet that begins no character: that of an older character set.
fn octet_name(octet: u8) -> (String, &'static str) {
    let (name, remedy) = match octet {
        0xa0 => ("a no-break space of Latin-1", BLANK),
        0x93 | 0x94 => ("a curly quotation mark of Windows-1252", NO_QUOTES),
        0x91 | 0x92 => ("a curly quote of Windows-1252", NO_QUOTES),
        0x96 | 0x97 => ("a dash of Windows-1252", HYPHEN),
        _ => ("no ASCII", "it is no ASCII"),
    };
    (name.to_owned(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("spf1", "SPF1", 0),
            ("sfp1", "spf1", 1),
            ("spf", "spf1", 1),
            ("jerect", "reject", 2),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
            assert_eq!(distance(other.as_bytes(), one.as_bytes()), expected, "{other} {one}");
        }
        assert_eq!(distance(&[b'a'; MAX_WORD_COMPARED + 1], b"a"), usize::MAX);
    }

    #[test]
    fn words_that_are_alike() {
        let policies = || ["none", "quarantine", "reject"];
        for (written, meant) in
            [("jerect", "reject"), ("rejected", "reject"), ("non", "none"), ("qurantine", "quarantine")]
        {
            assert_eq!(alike(written.as_bytes(), policies()), Some(meant), "{written}");
        }
        for written in ["", "block", "drop", "reject"] {
            assert_eq!(alike(written.as_bytes(), policies()), None, "{written}");
        }
    }

    #[test]
    fn odd_characters_and_their_places() {
        let odd = |text: &[u8]| odd_character(text).unwrap();
        assert_eq!(
            odd("v=spf1\u{a0}mx".as_bytes()),
            "octet 7, behind \"v=spf1\", is a no-break space (C2 A0): a plain blank belongs there"
        );
        assert_eq!(odd(b"\xa0x"), "octet 1 is a no-break space of Latin-1 (A0): a plain blank belongs there");
        assert!(odd("\u{201c}v".as_bytes()).contains("a curly quotation mark (E2 80 9C)"));
        assert!(odd(b"a \xff").contains("octet 3 is no ASCII (FF)"));
        assert!(odd(b"a\n").contains("a line end (0A)"));
        assert!(odd("a\u{e9}".as_bytes()).contains("U+00E9 (C3 A9)"));
        assert_eq!(odd_character(b"v=spf1 ~all"), None);
    }
}
