//! Forged `Authentication-Results`: fields that came with a message and claim to be ours.

use super::is_token_character;
use crate::limits::{MAX_RESULTS_SIZE, MAX_UNICODE_DOMAIN_LENGTH};
use crate::mailbox::Cursor;
use crate::message::{EditError, Field, Header, LineEndings, unfold};
use crate::text::end_before;

const NAME: &[u8] = b"authentication-results";

/// Whether a field claims to be an `Authentication-Results` of the service `authserv_id`, and so has to go before the
/// message is trusted with ours (RFC 8601 §5).
///
/// The name is compared as a domain: in any case, quoted or not, behind comments and folding, with a version or
/// without, as U-labels or A-labels, with a trailing dot. What follows it does not matter. Where the authserv-id cannot
/// be told for certain, the field goes if our name occurs in it at all; so do lines that another program may take for
/// such a field. A field that claims another name stays, as do `ARC-Authentication-Results` and `Received-SPF`, which
/// nobody may trust for their being there.
pub fn forged(field: &Field<'_>, authserv_id: &str) -> bool {
    let ours = as_domain(authserv_id);
    if ours.is_empty() {
        return false;
    }
    if hidden_lines(field).into_iter().any(|line| mentions(line, &ours, authserv_id)) {
        return true;
    }
    if !field.is("Authentication-Results") {
        return false;
    }
    let value = field.value();
    match claimed_id(value) {
        Some(id) => as_domain(&id) == ours,
        None => mentions(value, &ours, authserv_id),
    }
}

/// The header section without the fields that are [`forged`] for any of these names, and how many those were.
///
/// # Errors
/// [`EditError::OverLimit`] when the section was too large to be kept: nothing is known to be free of forgeries then.
pub fn strip_forged(header: &Header, authserv_ids: &[&str]) -> Result<(Header, usize), EditError> {
    header.without(|field| authserv_ids.iter().any(|id| forged(field, id)))
}

/// The authserv-id, when every program reads the same: it is one word or quoted string, and only a version stands
/// between it and the first semicolon.
pub(super) fn claimed_id(value: &[u8]) -> Option<String> {
    if value.len() > MAX_RESULTS_SIZE {
        return None;
    }
    let value = unfold(value);
    let text = str::from_utf8(&value).ok()?;
    let mut cursor = Cursor::new(text);
    cursor.skip_cfws().ok()?;
    let id = if cursor.eat('"') {
        cursor.quoted().ok()?
    } else {
        cursor.take_while(|c| is_token_character(c) || !c.is_ascii()).to_owned()
    };
    if id.is_empty() || !matches!(cursor.peek(), None | Some(' ' | '\t' | '(' | ';')) {
        return None;
    }
    cursor.skip_cfws().ok()?;
    cursor.take_while(|c| c.is_ascii_digit());
    cursor.skip_cfws().ok()?;
    matches!(cursor.peek(), None | Some(';')).then_some(id)
}

/// Lines inside a field, or that are no field, which some program may take for an `Authentication-Results`: what is
/// behind the colon of each, up to the next of them.
fn hidden_lines<'a>(field: &Field<'a>) -> Vec<&'a [u8]> {
    let raw = field.raw();
    let endings = LineEndings::of(raw);
    let mut starts = Vec::new();
    if field.is_malformed() && resembles_name(raw) {
        starts.push(0);
    }
    if endings.bare_cr > 0 || endings.bare_lf > 0 {
        let behind = memchr::memchr2_iter(b'\r', b'\n', raw).map(|at| at + 1);
        starts.extend(behind.filter(|&at| raw[at..].first().is_some_and(|b| !b.is_ascii_whitespace())));
        starts.retain(|&at| resembles_name(&raw[at..]));
    }
    let ends = starts.iter().skip(1).copied().chain([raw.len()]);
    let behind_colon = |line: &'a [u8]| memchr::memchr(b':', line).map_or(line, |at| &line[at + 1..]);
    starts.iter().zip(ends).map(|(&start, end)| behind_colon(&raw[start..end])).collect()
}

/// Whether a line begins with the name, white space and control characters aside.
fn resembles_name(line: &[u8]) -> bool {
    // No more than a few such octets can precede or interrupt a name that is still read as one.
    let mut letters = line.iter().take(4 * NAME.len()).filter(|b| b.is_ascii_graphic());
    NAME.iter().all(|expected| letters.next().is_some_and(|b| b.eq_ignore_ascii_case(expected)))
}

/// Whether our name occurs as a word, or would once comments and white space are dropped from the front.
fn mentions(octets: &[u8], ours: &str, as_given: &str) -> bool {
    let text: String = String::from_utf8_lossy(octets).chars().filter(|c| !is_dropped(*c)).collect();
    let text = text.to_lowercase();
    let head = without_comments(text.split(';').next().unwrap_or_default());
    [ours, &as_given.to_lowercase()]
        .into_iter()
        .any(|name| has_word(&text, name) || head.starts_with(name) || as_domain(&head).starts_with(name))
}

/// Characters that a program may drop: controls, soft hyphens, characters without width.
fn is_dropped(character: char) -> bool {
    (character.is_control() && !matches!(character, '\t' | '\r' | '\n'))
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The text without what is in parentheses, quotes and white space.
fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    let mut kept = String::new();
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '"' | '\\' => {}
            _ if depth == 0 && !character.is_whitespace() => kept.push(character),
            _ => {}
        }
    }
    kept
}

/// Whether a name occurs without letters, digits, dots or hyphens on either side, a dot behind it excepted.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + name.len()..].chars();
        let next = match behind.next() {
            Some('.') => behind.next(),
            next => next,
        };
        !before.is_some_and(|c| is_part(c) || c == '.') && !next.is_some_and(is_part)
    })
}

/// A name as the DNS would have it, with all that IDNA maps; else in lower case.
pub(super) fn as_domain(name: &str) -> String {
    let name = name.trim();
    // Longer names are none, and what IDNA does is not for texts of any length.
    let name = &name[..end_before(name, MAX_UNICODE_DOMAIN_LENGTH)];
    let name = idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_lowercase());
    name.strip_suffix('.').map(str::to_owned).unwrap_or(name)
}
