//! Fields as they may have been before a relay rewrote them.

/// How many Subjects [`without_tag`] may give that are tried.
pub(super) const TAGGED: usize = 4;

/// Octets that a tag may have.
const LONGEST_TAG: usize = 80;

/// The field without a tag in front of its text or behind a `Re:` there, and the tag: what mailing lists (`[list]`),
/// filters (`***SPAM***`) and gateways (`EXTERNAL:`) put there.
pub(super) fn without_tag(raw: &[u8]) -> Vec<(Vec<u8>, &[u8])> {
    let Some(colon) = memchr::memchr(b':', raw) else { return Vec::new() };
    let start = colon + 1 + blanks(&raw[colon + 1..]);
    let mut found = Vec::new();
    for at in [Some(start), reply_prefix(&raw[start..]).map(|length| start + length)].into_iter().flatten() {
        let (before, rest) = raw.split_at(at);
        for length in [bracketed(rest), starred(rest), word(rest)].into_iter().flatten() {
            let (tag, after) = rest.split_at(length);
            let after = &after[blanks(after)..];
            // Something must have been there before the tag.
            if !after.trim_ascii().is_empty() {
                found.push(([before, after].concat(), tag));
            }
        }
    }
    found
}

/// White space and folds.
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// What stands in front of the subject of a reply, in some languages.
fn reply_prefix(text: &[u8]) -> Option<usize> {
    const WORDS: [&[u8]; 9] = [b"re", b"fw", b"fwd", b"aw", b"wg", b"sv", b"antw", b"tr", b"rv"];
    let colon = memchr::memchr(b':', text.get(..6).unwrap_or(text))?;
    let is_word = WORDS.iter().any(|word| text[..colon].eq_ignore_ascii_case(word));
    is_word.then(|| colon + 1 + blanks(&text[colon + 1..]))
}

/// `[tag]`, and with other brackets.
fn bracketed(text: &[u8]) -> Option<usize> {
    let close = match text.first()? {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'<' => b'>',
        _ => return None,
    };
    memchr::memchr(close, text.get(..LONGEST_TAG).unwrap_or(text)).map(|at| at + 1)
}

/// `***tag***`, with any number of stars.
fn starred(text: &[u8]) -> Option<usize> {
    let stars = text.iter().take_while(|b| **b == b'*').count();
    let inner = text.get(stars..).filter(|_| stars > 0)?;
    let word = memchr::memchr(b'*', inner.get(..LONGEST_TAG).unwrap_or(inner))?;
    let closing = inner[word..].iter().take_while(|b| **b == b'*').count();
    Some(stars + word + closing)
}

/// `TAG:`
fn word(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let is_tag = (3..LONGEST_TAG).contains(&length) && text.get(length) == Some(&b':') && reply_prefix(text).is_none();
    is_tag.then_some(length + 1)
}

/// In how many ways [`folded_otherwise`] folds.
pub(super) const FOLDING_STYLES: usize = 5;

/// The field folded or spaced otherwise; `None` where it has no colon.
pub(super) fn folded_otherwise(raw: &[u8], style: usize, width: usize) -> Option<Vec<u8>> {
    let colon = memchr::memchr(b':', raw)?;
    let (name, value) = (&raw[..=colon], raw[colon + 1..].strip_suffix(b"\r\n").unwrap_or(&raw[colon + 1..]));
    let words = || value.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
    let mut folded = name.to_vec();
    match style {
        // The line ends go, and the white space behind them stays.
        0 => folded.extend_from_slice(&crate::message::unfold(value)),
        // Each fold becomes one space.
        1 => {
            for (number, line) in value.split(|&b| b == b'\n').enumerate() {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                folded.extend_from_slice(if number == 0 { b"" } else { b" " });
                folded.extend_from_slice(if number == 0 { line } else { &line[blanks(line)..] });
            }
        }
        // All white space becomes one space.
        2 => words().for_each(|word| folded.extend([b" ", word].concat())),
        // Folded before the word that would not fit, behind a space or a tab.
        _ => {
            let fold: &[u8] = if style == 3 { b"\r\n " } else { b"\r\n\t" };
            let mut column = name.len();
            for (number, word) in words().enumerate() {
                let fits = number == 0 || column + 1 + word.len() <= width;
                column = if fits { column + 1 } else { 1 } + word.len();
                folded.extend_from_slice(if fits { b" " } else { fold });
                folded.extend_from_slice(word);
            }
        }
    }
    folded.extend_from_slice(b"\r\n");
    Some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_in_front_of_a_subject() {
        let of = |raw: &str| -> Vec<(String, String)> {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            without_tag(raw.as_bytes()).into_iter().map(|(raw, tag)| (text(&raw), text(tag))).collect()
        };
        let one = |raw: &str, tag: &str| vec![(raw.to_owned(), tag.to_owned())];
        assert_eq!(of("Subject: [list] Hi\r\n"), one("Subject: Hi\r\n", "[list]"));
        assert_eq!(of("Subject: RE: [list]\r\n Hi\r\n"), one("Subject: RE: Hi\r\n", "[list]"));
        assert_eq!(of("Subject: ***SPAM*** Hi"), one("Subject: Hi", "***SPAM***"));
        assert_eq!(of("Subject: EXTERNAL: Hi"), one("Subject: Hi", "EXTERNAL:"));
        assert_eq!(of("Subject: [list]\r\n"), []);
        assert_eq!(of("Subject: Hi [list]\r\n"), []);
        assert_eq!(of("Subject: [never closed"), []);
    }

    #[test]
    fn foldings() {
        let of = |style| String::from_utf8(folded_otherwise(b"To:  a@b,\r\n  c@d\r\n", style, 12).unwrap()).unwrap();
        let expected =
            ["To:  a@b,  c@d\r\n", "To:  a@b, c@d\r\n", "To: a@b, c@d\r\n", "To: a@b, c@d\r\n", "To: a@b, c@d\r\n"];
        assert_eq!((0..FOLDING_STYLES).map(of).collect::<Vec<_>>(), expected);
        let narrow = |style| String::from_utf8(folded_otherwise(b"To: a@b, c@d\r\n", style, 8).unwrap()).unwrap();
        assert_eq!((narrow(3), narrow(4)), ("To: a@b,\r\n c@d\r\n".into(), "To: a@b,\r\n\tc@d\r\n".into()));
    }
}
