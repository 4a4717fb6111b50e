//! Tag lists: what is written is what is read.

use passerelle::limits::MAX_TAGS;
use passerelle::tags::{TagError, TagList, tags};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_]{0,4}"
}

/// White space of tag lists, folding included.
fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", " ", "\t", "\r\n ", " \r\n\t"])
}

/// A value without white space around it; `=` and folding may be inside.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[!-:<-~é]{1,8}", "[!-:<-~]{1,4}(\r\n [!-:<-~]{1,4}){1,2}"]
}

/// Pairs with different names, each with the space around its name and value.
fn pairs() -> impl Strategy<Value = Vec<(String, String, [&'static str; 4])>> {
    let pair = (name(), value(), [space(), space(), space(), space()]);
    prop::collection::vec(pair, 1..10).prop_map(|mut pairs| {
        let mut seen = std::collections::BTreeSet::new();
        pairs.retain(|(name, ..)| seen.insert(name.clone()));
        pairs
    })
}

fn render(pairs: &[(String, String, [&str; 4])]) -> String {
    let parts: Vec<_> = pairs.iter().map(|(n, v, [a, b, c, d])| format!("{a}{n}{b}={c}{v}{d}")).collect();
    parts.join(";")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_written_is_read(pairs in pairs(), end in prop::sample::select(vec!["", ";", "; ", ";\r\n "])) {
        let text = render(&pairs) + end;
        let list = TagList::parse(text.as_bytes()).unwrap();
        let read: Vec<_> = list.iter().map(|tag| (tag.name.to_owned(), tag.value.to_vec())).collect();
        let written: Vec<_> = pairs.iter().map(|(name, value, _)| (name.clone(), value.clone().into_bytes())).collect();
        prop_assert_eq!(read, written);
        for (name, value, _) in &pairs {
            prop_assert_eq!(list.value(name), Some(value.as_bytes()));
        }
    }

    /// The span of a value is what stands between its `=` and the next `;`, so that emptying it leaves all else as it is.
    #[test]
    fn spans_hold_the_value_and_nothing_else(pairs in pairs()) {
        let text = render(&pairs);
        let list = TagList::parse(text.as_bytes()).unwrap();
        for (index, tag) in list.iter().enumerate() {
            let (start, end) = tag.span;
            prop_assert_eq!(text.as_bytes()[start..end].trim_ascii(), tag.value);
            prop_assert_eq!(text.as_bytes()[start - 1], b'=');
            prop_assert!(text.as_bytes().get(end).is_none_or(|b| *b == b';'));
            let mut emptied = pairs.clone();
            emptied[index].1.clear();
            emptied[index].2[2] = "";
            emptied[index].2[3] = "";
            prop_assert_eq!(format!("{}{}", &text[..start], &text[end..]), render(&emptied));
        }
    }

    /// One tag twice spoils the list, wherever it stands.
    #[test]
    fn duplicates(pairs in pairs(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let mut pairs = pairs;
        let again = pairs[which.index(pairs.len())].clone();
        let name = again.0.clone();
        pairs.insert(at.index(pairs.len() + 1), again);
        let text = render(&pairs);
        prop_assert_eq!(TagList::parse(text.as_bytes()), Err(TagError::Duplicate(name)));
    }

    /// Any bytes at all: no panic, and a list is read only if each of its tags is right by itself.
    #[test]
    fn any_bytes(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            prop::collection::vec(prop::sample::select(&b"ab1_=;; \t\r\n\x00\xff"[..]), 0..40),
        ],
    ) {
        let one_by_one: Result<Vec<_>, _> = tags(&text).collect();
        match TagList::parse(&text) {
            Ok(list) => {
                prop_assert_eq!(one_by_one, Ok(list.iter().copied().collect()));
                for tag in list.iter() {
                    let (start, end) = tag.span;
                    prop_assert_eq!(text[start..end].trim_ascii(), tag.value);
                    prop_assert!(!tag.value.contains(&b';'));
                    prop_assert_eq!(list.get(tag.name), Some(tag));
                }
            }
            Err(TagError::Duplicate(name)) => {
                let times = tags(&text).flatten().filter(|tag| tag.name == name).count();
                prop_assert!(times > 1);
            }
            Err(TagError::TooMany) => prop_assert!(tags(&text).count() > MAX_TAGS),
            Err(_) => prop_assert!(one_by_one.is_err()),
        }
    }
}
