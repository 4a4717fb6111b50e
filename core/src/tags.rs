//! Tag lists: the `name=value; name=value` of DKIM, DMARC and their kin (RFC 6376 §3.2).

use thiserror::Error;

use crate::limits::MAX_TAGS;

/// One `name=value`, both without the white space around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name; it is case-sensitive (RFC 6376 §3.2).
    pub name: &'a str,
    /// The value, with the folding that is inside it. Octets above 127 may occur (RFC 8616 §3).
    pub value: &'a [u8],
    /// Where the value begins in the list, white space before it included, and where it ends, white space behind it
    /// included: what DKIM empties in `b=` (RFC 6376 §3.5).
    pub span: (usize, usize),
}

/// Why a text is not a tag list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TagError {
    /// A part between semicolons has no `=`.
    #[error("a tag has no '='")]
    NoEquals,
    /// A name that is not a letter followed by letters, digits and underscores.
    #[error("a tag's name is malformed")]
    Name,
    /// A control character in a value.
    #[error("the value of tag {0}= has a control character")]
    Value(String),
    /// The same tag twice; the whole list is then invalid.
    #[error("tag {0}= occurs twice")]
    Duplicate(String),
    /// More than [`MAX_TAGS`] tags.
    #[error("there are more than {MAX_TAGS} tags")]
    TooMany,
}

/// The tags of a list in order, each on its own right or wrong. Empty parts at the end are skipped.
pub fn tags(list: &[u8]) -> impl Iterator<Item = Result<Tag<'_>, TagError>> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b';', list).chain([list.len()]);
    ends.filter_map(move |end| {
        let (at, part) = (start, &list[start..end]);
        start = end + 1;
        // Only what follows the last semicolon may be empty (RFC 6376 §3.2).
        if start > list.len() && trim(part).is_empty() && at > 0 {
            return None;
        }
        Some(tag(part, at))
    })
}

fn tag(part: &[u8], at: usize) -> Result<Tag<'_>, TagError> {
    let equals = memchr::memchr(b'=', part).ok_or(TagError::NoEquals)?;
    let name = trim(&part[..equals]);
    let well_formed = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_');
    let name = str::from_utf8(name).ok().filter(|_| well_formed).ok_or(TagError::Name)?;
    let value = trim(&part[equals + 1..]);
    // All of it, without an early end, for the compiler to do it with vector instructions.
    let control = |b: u8| b.is_ascii_control() & !matches!(b, b'\t' | b'\r' | b'\n');
    if value.iter().fold(false, |any, &b| any | control(b)) {
        return Err(TagError::Value(name.to_owned()));
    }
    Ok(Tag { name, value, span: (at + equals + 1, at + part.len()) })
}

/// Without the folding white space at either end (RFC 6376 §2.8). A form feed, which ASCII counts as white space, is none.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = text {
        text = rest;
    }
    text
}

/// A whole, valid tag list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagList<'a> {
    tags: Vec<Tag<'a>>,
}

impl<'a> TagList<'a> {
    /// Reads a list; one malformed or doubled tag makes all of it invalid (RFC 6376 §3.2).
    ///
    /// # Errors
    /// [`TagError`] names the first fault.
    pub fn parse(list: &'a [u8]) -> Result<Self, TagError> {
        let mut found: Vec<Tag<'a>> = Vec::with_capacity(12); // as many as a signature usually has
        for tag in tags(list) {
            let tag = tag?;
            if found.len() >= MAX_TAGS {
                return Err(TagError::TooMany);
            }
            if found.iter().any(|t| t.name == tag.name) {
                return Err(TagError::Duplicate(tag.name.to_owned()));
            }
            found.push(tag);
        }
        Ok(Self { tags: found })
    }

    /// The tag with this name.
    pub fn get(&self, name: &str) -> Option<&Tag<'a>> {
        self.tags.iter().find(|tag| tag.name == name)
    }

    /// The value of the tag with this name.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).map(|tag| tag.value)
    }

    /// The tags in order.
    pub fn iter(&self) -> impl Iterator<Item = &Tag<'a>> {
        self.tags.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_around_names_and_values_do_not_count() {
        let list = TagList::parse(b" v = 1 ;\r\n\ta=b c\r\n d; e=;").unwrap();
        assert_eq!(list.value("v"), Some(&b"1"[..]));
        assert_eq!(list.value("a"), Some(&b"b c\r\n d"[..]));
        assert_eq!(list.value("e"), Some(&b""[..]));
        assert_eq!(list.get("v").unwrap().span, (4, 7));
    }

    #[test]
    fn faults() {
        assert_eq!(TagList::parse(b"a=1; a=2"), Err(TagError::Duplicate("a".into())));
        assert_eq!(TagList::parse(b"a=1;; b=2"), Err(TagError::NoEquals));
        assert_eq!(TagList::parse(b"a"), Err(TagError::NoEquals));
        assert_eq!(TagList::parse(b""), Err(TagError::NoEquals));
        assert_eq!(TagList::parse(b"1a=1"), Err(TagError::Name));
        assert_eq!(TagList::parse(b"a=\0"), Err(TagError::Value("a".into())));
        assert_eq!(TagList::parse(b"a=1\x0c"), Err(TagError::Value("a".into())));
        assert_eq!(TagList::parse(b"\x0ca=1"), Err(TagError::Name));
        let many: String = (0..=MAX_TAGS).map(|i| format!("a{i}=;")).collect();
        assert_eq!(TagList::parse(many.as_bytes()), Err(TagError::TooMany));
    }
}
