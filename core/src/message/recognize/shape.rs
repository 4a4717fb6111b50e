//! What stands around a message, or in front of its lines.

use std::borrow::Cow;

use crate::limits::{MAX_EMLX_DIGITS, MAX_INDENT};
use crate::message::extract;

/// U+FEFF in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text in UTF-8, if this is UTF-16.
pub(super) fn from_utf16(head: &[u8]) -> Option<Vec<u8>> {
    let mut utf16 = extract::Utf16::of(head)?;
    let mut text = Vec::with_capacity(head.len());
    utf16.push(head, &mut text);
    Some(text)
}

/// What follows the line with which an `.emlx` begins: how many octets the message has.
pub(super) fn behind_emlx_count(head: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b'\n', head)?;
    let count = head[..end].trim_ascii();
    ((1..=MAX_EMLX_DIGITS).contains(&count.len())
        && count.iter().all(u8::is_ascii_digit)
        && count.iter().any(|digit| *digit != b'0'))
    .then(|| &head[end + 1..])
}

/// The text without what stands in front of it: blank lines, and the same blanks or quotation marks in front of every
/// line of its first paragraph. `None` where there is nothing of the kind.
pub(super) fn pasted(head: &[u8]) -> Option<Cow<'_, [u8]>> {
    let text = extract::behind_blank_lines(head);
    let prefix = &text[..extract::prefix_length(text).min(MAX_INDENT)];
    if prefix.is_empty() {
        return (text.len() < head.len()).then_some(Cow::Borrowed(text));
    }
    let mut lines = text.split_inclusive(|octet| *octet == b'\n');
    let has_prefix = lines.by_ref().take_while(|line| !is_blank(line, prefix)).all(|line| line.starts_with(prefix));
    has_prefix.then(|| {
        let mut paste = extract::Paste::default();
        let mut stripped = Vec::with_capacity(text.len());
        paste.push(text, &mut stripped);
        Cow::Owned(stripped)
    })
}

/// Whether a line is empty but for what stands in front of all.
fn is_blank(line: &[u8], prefix: &[u8]) -> bool {
    line.strip_prefix(prefix).unwrap_or(line).trim_ascii().is_empty() || line.trim_ascii() == prefix.trim_ascii()
}

/// Whether this is no text in any encoding that has ASCII in it: it has NUL, or more than one control character in
/// 32 octets. ESC is one of text (ISO-2022-JP).
pub(super) fn is_binary(head: &[u8]) -> bool {
    let controls =
        head.iter().filter(|octet| octet.is_ascii_control() && !octet.is_ascii_whitespace() && **octet != 0x1b);
    head.contains(&0) || controls.count() > head.len() / 32
}
