//! The author of a message: one domain for every reader, or none.
#![no_main]

use passerelle::Domain;
use passerelle::message::{Author, AuthorError, Header, author, unfold};
use passerelle_fuzz::fuzz_target;
use passerelle_fuzz::naive;

fuzz_target!(|message: &[u8]| {
    let (header, _) = Header::split(message);
    let found = author(&header);
    if let Some(domain) = naive::author_domain(message) {
        let found = found.as_ref().map(|author| author.domain.as_str());
        assert_eq!(found, Ok(domain.as_str()), "a plain From field has another author");
    }
    if let Ok(author) = &found {
        check(&header, author);
    }
    // Another field in front changes nothing, unless it is the line of a mailbox file that stands there; and another From
    // field is never overlooked.
    let begins_with_field = header.fields().next().is_some_and(|first| !first.is_malformed());
    if let (true, Ok(found), Ok(longer)) = (begins_with_field, &found, header.prepend(b"Subject: <a@b.example>\r\n")) {
        assert_eq!(author(&longer).as_ref(), Ok(found));
    }
    if let (true, Ok(longer)) = (has_from(&header), header.prepend(b"fRoM: a@b.example\r\n")) {
        assert_eq!(author(&longer), Err(AuthorError::Several));
    }
});

fn check(header: &Header, found: &Author) {
    assert!(!found.mailboxes.is_empty());
    assert!(found.mailboxes.iter().all(|named| named.mailbox.domain() == Some(&found.domain)));
    let fields: Vec<_> = header.fields().filter(|field| field.is("From")).collect();
    let [field] = fields[..] else { panic!("an author, and {} From fields", fields.len()) };

    // The domain stands in the field as it is: nothing was put together from pieces, such as around a comment.
    let value = unfold(field.value()).to_ascii_lowercase();
    if let Ok(text) = str::from_utf8(&value)
        && text.is_ascii()
    {
        assert!(has_word(text, found.domain.as_str()), "{text:?} does not hold {}", found.domain);
    }

    // Written out plainly, it is the same author.
    let list: Vec<String> = found.mailboxes.iter().map(|named| format!("<{}>", named.mailbox)).collect();
    let plain = format!("From: {}\r\n\r\n", list.join(",\r\n "));
    let (plain, _) = Header::split(plain.as_bytes());
    match author(&plain) {
        Ok(again) => assert!(
            again.domain == found.domain
                && again.mailboxes.iter().map(|named| &named.mailbox).eq(found.mailboxes.iter().map(|n| &n.mailbox))
        ),
        // Quoting and A-labels make a text longer.
        Err(error) => assert_eq!(error, AuthorError::TooLong),
    }
    assert_eq!(Domain::parse(found.domain.as_str()).as_ref(), Ok(&found.domain));
}

/// Whether a name stands in a text with nothing on either side that could be part of it, but for the root's dot. (Behind the
/// `@` there may be white space and comments, RFC 5322 §3.4.1.)
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    let octets = text.as_bytes();
    text.match_indices(name).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| octets.get(before));
        let behind = &octets[at + name.len()..];
        let behind = behind.strip_prefix(b".").unwrap_or(behind);
        !before.is_some_and(is_part) && !behind.first().is_some_and(is_part)
    })
}

fn has_from(header: &Header) -> bool {
    header.fields().any(|field| field.is("From"))
}
