//! What the changes of rules make of a header section: what the decision says of them and what is done are one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::limits::{FOLD_WIDTH, Limits, MAX_FIELDS_ADDED, MAX_HEADER_ADDED};
use crate::message::{EditError, Field, Header};
use crate::route::policy::{Change, HeaderField};

/// The section, read so that there is room for what is added.
pub(crate) fn roomy(header: &Header) -> Header {
    let limits = header.limits();
    let limits = Limits::default()
        .header_size(limits.header_size.saturating_add(MAX_HEADER_ADDED))
        .header_fields(limits.header_fields.saturating_add(MAX_FIELDS_ADDED))
        .fields_of_a_kind(limits.fields_of_a_kind.saturating_add(MAX_FIELDS_ADDED));
    header.within(&limits)
}

/// The section after a change that a rule wants; `None` where the change is not of the header section.
///
/// # Errors
/// [`EditError`], where the section is as large as it may be, or begins with a line that a field in front of it would swallow.
pub(crate) fn changed(header: &Header, change: &Change) -> Result<Option<Header>, EditError> {
    Ok(Some(match change {
        Change::RemoveHeader(name) => header.without(|field| field.is(name))?.0,
        Change::AddHeader(field) => header.prepend(&field_of(field))?,
        Change::SubjectPrefix(prefix) => prefixed(header, prefix)?,
        Change::Footer(_) | Change::Sender(_) | Change::To(_) | Change::AlsoTo(_) => return Ok(None),
    }))
}

/// A field that a rule adds, folded at its blanks (RFC 5322 §2.2.3); what is not ASCII becomes encoded-words, so that the message
/// needs no SMTPUTF8 for it.
fn field_of(field: &HeaderField) -> Vec<u8> {
    let value = match is_plain(&field.value) {
        true => field.value.clone(),
        false => encoded_words(&field.value, field.name.len() + 2).join(" "),
    };
    let mut text = format!("{}:", field.name);
    let mut column = text.len();
    let mut at = 0;
    for (start, word) in words(&value) {
        let blanks = value.get(at..start).unwrap_or_default();
        let gap = if at == 0 { " " } else { blanks };
        if at > 0 && column + gap.len() + word.len() > FOLD_WIDTH {
            text.push_str("\r\n");
            column = 0;
        }
        text.push_str(gap);
        text.push_str(word);
        column += gap.len() + word.len();
        at = start + word.len();
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// The words of a text that blanks separate, with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    let pieces = text.split([' ', '\t']).map(move |piece| {
        let at = next;
        next += piece.len() + 1;
        (at, piece)
    });
    pieces.filter(|(_, piece)| !piece.is_empty())
}

/// The section with a prefix in every Subject, or with a Subject that is the prefix alone where there is none. Which of several a
/// reader is shown is the reader's choice.
fn prefixed(header: &Header, prefix: &str) -> Result<Header, EditError> {
    if header.named("Subject").next().is_none() {
        let field = HeaderField { name: "Subject".to_owned(), value: prefix.trim().to_owned() };
        return header.prepend(&field_of(&field));
    }
    header.replacing(|field| field.is("Subject").then(|| with_prefix(field, prefix)))
}

fn with_prefix(field: &Field<'_>, prefix: &str) -> Vec<u8> {
    let value = field.value();
    let blanks = value.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    let rest = value.get(blanks..).unwrap_or_default();
    let begins_encoded = rest.starts_with(b"=?") || unfolded_start(rest).starts_with(b"=?");
    let ends_blank = prefix.ends_with([' ', '\t']);
    let name = String::from_utf8_lossy(field.name()).into_owned();
    // RFC 2047 §5: an encoded-word stands alone, and the blank between two of them is not shown.
    let shown = match is_plain(prefix) && (ends_blank || !begins_encoded) {
        true => prefix.to_owned(),
        false if begins_encoded => encoded_words(prefix, name.len() + 2).join("\r\n ") + " ",
        false => encoded_words(prefix.trim_end(), name.len() + 2).join("\r\n ") + " ",
    };
    let mut text = format!("{name}: {shown}").into_bytes();
    let column = text.len() - memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1);
    let line = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
    // A line that is nothing but blanks, or too long for some, is not made where the fold can take the blank's place.
    if (rest.starts_with(b"\r\n") || rest.is_empty() || column + line > FOLD_WIDTH) && text.ends_with(b" ") {
        text.truncate(text.trim_ascii_end().len());
        if !rest.starts_with(b"\r\n") && !rest.is_empty() {
            text.extend_from_slice(b"\r\n ");
        }
    }
    text.extend_from_slice(rest);
    text.extend_from_slice(b"\r\n");
    text
}

/// What follows a fold.
fn unfolded_start(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\r\n").map_or(value, <[u8]>::trim_ascii_start)
}

/// Whether a text can stand in a field as it is, and is not taken for an encoded-word.
fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.contains("=?")
}

/// Octets of text in an encoded-word: with charset, encoding and delimiters it has 75 octets at most (RFC 2047 §2).
const ENCODED: usize = 45;

/// A text as encoded-words (RFC 2047 §4.1), the first of them for a line of which so many octets are taken.
fn encoded_words(text: &str, taken: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let room = if words.is_empty() { ENCODED.saturating_sub(taken) } else { ENCODED };
        let end = crate::text::end_before(rest, room.max(9));
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(part)));
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Header {
        Header::split(text.as_bytes()).0
    }

    fn after(text: &str, change: &Change) -> String {
        String::from_utf8(changed(&section(text), change).unwrap().unwrap().octets().to_vec()).unwrap()
    }

    fn prefix(text: &str) -> Change {
        Change::SubjectPrefix(text.to_owned())
    }

    #[test]
    fn a_prefix_stands_before_the_subject_and_the_rest_stays_octet_for_octet() {
        for (before, with, expected) in [
            ("Subject: hello\r\n\r\n", "[x] ", "Subject: [x] hello\r\n\r\n"),
            ("SUBJECT :\thello\r\n\tyou\r\n\r\n", "[x] ", "SUBJECT: [x] hello\r\n\tyou\r\n\r\n"),
            ("Subject:\r\n hello\r\n\r\n", "[x] ", "Subject: [x]\r\n hello\r\n\r\n"),
            ("Subject:\r\n\r\n", "[x] ", "Subject: [x]\r\n\r\n"),
            ("A: b\r\n\r\n", "[x] ", "Subject: [x]\r\nA: b\r\n\r\n"),
            ("Subject: a\r\nSubject: b\r\n\r\n", "[x] ", "Subject: [x] a\r\nSubject: [x] b\r\n\r\n"),
            ("Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n", "[x] ", "Subject: [x] =?utf-8?Q?=C3=A9?=\r\n\r\n"),
            ("Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n", "x:", "Subject: =?utf-8?B?eDo=?= =?utf-8?Q?=C3=A9?=\r\n\r\n"),
            ("Subject: hello\r\n\r\n", "é ", "Subject: =?utf-8?B?w6k=?= hello\r\n\r\n"),
            ("Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n", "é ", "Subject: =?utf-8?B?w6kg?= =?utf-8?Q?=C3=A9?=\r\n\r\n"),
        ] {
            assert_eq!(after(before, &prefix(with)), expected);
        }
        let long = "word ".repeat(14);
        assert_eq!(
            after(&format!("Subject: {long}\r\n\r\n"), &prefix("[tag] ")),
            format!("Subject: [tag]\r\n {long}\r\n\r\n")
        );
    }

    #[test]
    fn an_added_field_is_folded_at_its_blanks_and_encoded_where_it_is_not_ascii() {
        let add = |value: &str| Change::AddHeader(HeaderField { name: "X-Note".to_owned(), value: value.to_owned() });
        assert_eq!(after("A: b\r\n\r\n", &add("yes")), "X-Note: yes\r\nA: b\r\n\r\n");
        assert_eq!(after("A: b\r\n\r\n", &add("")), "X-Note:\r\nA: b\r\n\r\n");
        let value = "word  ".repeat(40);
        let folded = after("A: b\r\n\r\n", &add(value.trim()));
        assert!(folded.lines().all(|line| line.len() <= FOLD_WIDTH), "{folded}");
        let header = section(&folded);
        let unfolded = crate::message::unfold(header.named("X-Note").next().unwrap().value()).into_owned();
        assert_eq!(String::from_utf8(unfolded).unwrap(), format!(" {}", value.trim()));
        let encoded = after("A: b\r\n\r\n", &add(&"é".repeat(60)));
        assert!(encoded.is_ascii() && encoded.lines().all(|line| line.len() <= FOLD_WIDTH), "{encoded}");
    }

    #[test]
    fn a_field_is_removed_wherever_it_stands_and_however_it_is_written() {
        let remove = Change::RemoveHeader("X-Secret".to_owned());
        assert_eq!(after("X-SECRET: 1\r\n 2\r\nA: b\r\nx-secret : 3\r\n\r\n", &remove), "A: b\r\n\r\n");
    }
}
