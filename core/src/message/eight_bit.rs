//! `From` fields in a character set that they do not name: Latin-1, GBK, Big5, Shift JIS.
//!
//! RFC 5322 allows ASCII and RFC 6532 UTF-8, but names in such octets are common. In some of these character sets the second
//! octet of a character may be one that means something in an address, `@` and `\` among them. So the field is read in
//! each of the ways, and the author is certain where that makes no difference.

use super::author::{Author, AuthorError, author_in};
use super::candidates::Candidates;

/// Whether an octet above ASCII takes the next one with it.
type Pairs = fn(u8, u8) -> bool;

const READINGS: [Pairs; 4] = [one_by_one, like_gbk, like_shift_jis, carelessly];

/// UTF-8, ISO 8859, Windows code pages, EUC: no octet of ASCII is part of another character.
fn one_by_one(_: u8, _: u8) -> bool {
    false
}

/// GBK, Big5 and EUC-KR's extension.
fn like_gbk(first: u8, second: u8) -> bool {
    matches!(first, 0x81..=0xfe) && matches!(second, 0x40..=0x7e | 0x80..=0xfe)
}

/// In Shift JIS, 0xA1 to 0xDF are characters by themselves.
fn like_shift_jis(first: u8, second: u8) -> bool {
    matches!(first, 0x81..=0x9f | 0xe0..=0xfc) && matches!(second, 0x40..=0x7e | 0x80..=0xfc)
}

/// A decoder that does not look at the second octet, which then may even be a quotation mark.
fn carelessly(_: u8, _: u8) -> bool {
    true
}

/// The author in a field that is not UTF-8.
pub(super) fn author_of(value: &[u8]) -> Result<Author, AuthorError> {
    // What is above ASCII is no part of a domain here: programs differ in what letters they see.
    let readings = READINGS.map(|pairs| author_in(&read(value, pairs)));
    let Some(author) = readings.iter().flatten().next() else {
        return author_in(&read(value, one_by_one));
    };
    let all_agree = readings.iter().all(|reading| reading.as_ref().is_ok_and(|other| other.domain == author.domain));
    if !all_agree && !Candidates::are_only(value, &author.domain) {
        return Err(AuthorError::NotUtf8);
    }
    // The name is shown with as much of it as is UTF-8.
    let shown = author_in(&String::from_utf8_lossy(value)).ok().filter(|shown| shown.domain == author.domain);
    Ok(shown.unwrap_or_else(|| author.clone()))
}

/// The text with U+FFFD in the place of each character that is not ASCII.
fn read(value: &[u8], pairs: Pairs) -> String {
    let mut text = String::with_capacity(value.len());
    let mut octets = value.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        if octet.is_ascii() {
            text.push(char::from(octet));
        } else {
            text.push(char::REPLACEMENT_CHARACTER);
            octets.next_if(|&second| pairs(octet, second));
        }
    }
    text
}
