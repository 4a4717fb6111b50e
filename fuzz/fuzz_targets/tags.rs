//! Tag lists (RFC 6376 §3.2).
#![no_main]

use passerelle::tags::{TagList, tags};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(list) = TagList::parse(text) else { return };
    assert!(tags(text).eq(list.iter().map(|tag| Ok(*tag))));
    let mut written = Vec::new();
    for tag in list.iter() {
        let (start, end) = tag.span;
        assert_eq!(text[start..end].trim_ascii(), tag.value);
        assert_eq!(text[start - 1], b'=');
        assert!(text.get(end).is_none_or(|b| *b == b';'));
        assert_eq!(list.value(tag.name), Some(tag.value));
        written.extend_from_slice(tag.name.as_bytes());
        written.push(b'=');
        written.extend_from_slice(tag.value);
        written.push(b';');
    }
    // Written out again, it is the same list.
    let again = TagList::parse(&written).expect("what was read can be written");
    assert!(again.iter().map(|t| (t.name, t.value)).eq(list.iter().map(|t| (t.name, t.value))));
});
