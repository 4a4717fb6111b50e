//! The header section is split without loss, whatever the octets and the chunks.

use passerelle::limits::{Limits, MAX_FIELDS_OF_A_KIND, MAX_HEADER_FIELDS, MAX_HEADER_SIZE};
use passerelle::message::{Header, HeaderLimit, HeaderReader, LineEndings, normalize_line_endings};
use proptest::prelude::*;

/// Octets in which line ends, colons and blanks are frequent.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        3 => Just(b'\r'),
        3 => Just(b'\n'),
        1 => Just(b':'),
        1 => Just(b' '),
        2 => Just(b'A'),
        1 => any::<u8>(),
    ];
    let piece = prop_oneof![
        octet.prop_map(|b| vec![b]),
        Just(b"\r\n".to_vec()),
        Just(b"From: a@b.example\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Where the section ends, found in the plainest way: a CRLF at the start, or behind another.
fn naive_end(message: &[u8]) -> Option<usize> {
    (0..message.len()).find_map(|at| {
        let empty = message[at..].starts_with(b"\r\n") && (at == 0 || message[..at].ends_with(b"\r\n"));
        empty.then_some(at + 2)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_is_lost(message in message()) {
        let (header, body) = Header::split(&message);
        let mut whole: Vec<u8> = header.fields().flat_map(|f| f.raw().to_vec()).collect();
        whole.extend_from_slice(header.separator());
        prop_assert_eq!(&whole, &header.octets());
        whole.extend_from_slice(body);
        prop_assert_eq!(&whole, &message);
        let end = naive_end(&message);
        prop_assert_eq!(header.octets().len(), end.unwrap_or(message.len()));
        prop_assert_eq!(header.separator(), if end.is_some() { &b"\r\n"[..] } else { b"" });
    }

    #[test]
    fn chunks_do_not_matter(message in message(), cuts in proptest::collection::vec(0usize..80, 0..40)) {
        let (expected, body) = Header::split(&message);
        let mut reader = HeaderReader::new();
        let mut rest = &message[..];
        let mut cuts = cuts.into_iter();
        let mut used = 0;
        while !rest.is_empty() && !reader.is_complete() {
            let (chunk, behind) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
            let taken = reader.push(chunk);
            prop_assert!(taken == chunk.len() || reader.is_complete());
            used += taken;
            prop_assert_eq!(reader.len(), used);
            rest = behind;
        }
        prop_assert_eq!(reader.push(b"more") == 0, reader.is_complete());
        prop_assert_eq!(&message[used..], body);
        let mut again = HeaderReader::new();
        again.push(&message[..used]);
        prop_assert_eq!(again.finish(), expected);
    }

    #[test]
    fn one_octet_at_a_time(message in message()) {
        let (expected, _) = Header::split(&message);
        let mut reader = HeaderReader::new();
        for octet in &message {
            if reader.push(&[*octet]) == 0 {
                break;
            }
        }
        prop_assert_eq!(reader.finish(), expected);
    }

    #[test]
    fn dropping_some_fields_leaves_the_rest(message in message(), seed in any::<u64>()) {
        let (header, _) = Header::split(&message);
        let mut index = 0;
        let (after, dropped) = header.without(|_| { index += 1; seed >> (index % 64) & 1 == 1 }).unwrap();
        let kept: Vec<u8> = header.fields().enumerate()
            .filter(|(i, _)| seed >> ((i + 1) % 64) & 1 == 0)
            .flat_map(|(_, f)| f.raw().to_vec()).collect();
        prop_assert_eq!(&after.octets()[..after.octets().len() - after.separator().len()], &kept[..]);
        prop_assert_eq!(after.separator(), header.separator());
        prop_assert_eq!(after.fields().len() + dropped, header.fields().len());
    }

    #[test]
    fn prepending_changes_nothing_below(message in message()) {
        let (header, _) = Header::split(&message);
        match header.prepend(b"X-Test: 1\r\n\tfolded\r\n") {
            Ok(after) => {
                prop_assert_eq!(after.fields().next().unwrap().raw(), b"X-Test: 1\r\n\tfolded\r\n");
                let below: Vec<_> = after.fields().skip(1).collect();
                prop_assert_eq!(below, header.fields().collect::<Vec<_>>());
                prop_assert_eq!(after.separator(), header.separator());
            }
            Err(_) => prop_assert!(matches!(message.first(), Some(b' ' | b'\t'))),
        }
    }

    #[test]
    fn normalized_text_has_no_bare_lf(message in message()) {
        let before = LineEndings::of(&message);
        let normal = normalize_line_endings(&message);
        let after = LineEndings::of(&normal.octets);
        prop_assert_eq!(after.bare_lf, 0);
        prop_assert_eq!(after.bare_cr, before.bare_cr);
        prop_assert_eq!(after.crlf, before.crlf + before.bare_lf);
        prop_assert_eq!(normal.is_changed(), before.bare_lf > 0);
        let without_ends = |t: &[u8]| t.iter().copied().filter(|b| *b != b'\n' && *b != b'\r').collect::<Vec<_>>();
        prop_assert_eq!(without_ends(&normal.octets), without_ends(&message));
    }
}

#[test]
fn past_the_size_limit_nothing_is_kept_and_the_body_is_still_found() {
    let mut message = b"From: a@b.example\r\n".to_vec();
    message.resize(MAX_HEADER_SIZE, b'x');
    message.extend_from_slice(b"\r\n\r\nbody");
    for chunk_size in [1, 1000, usize::MAX] {
        let mut reader = HeaderReader::new();
        let mut used = 0;
        for chunk in message.chunks(chunk_size.min(message.len())) {
            used += reader.push(chunk);
        }
        assert_eq!(&message[used..], b"body");
        assert!(reader.is_complete() && reader.is_over_limit());
        let header = reader.finish();
        assert!(header.is_over_limit());
        assert_eq!((header.fields().len(), header.octets().len()), (0, 0));
    }
}

#[test]
fn at_the_size_limit_all_is_kept() {
    let mut message = b"From: a@b.example\r\nX: ".to_vec();
    message.resize(MAX_HEADER_SIZE - 4, b'x');
    message.extend_from_slice(b"\r\n\r\nbody");
    let (header, body) = Header::split(&message);
    assert_eq!((header.octets().len(), header.is_over_limit(), body), (MAX_HEADER_SIZE, false, &b"body"[..]));
    let longer = header.prepend(b"X: 1\r\n");
    assert_eq!(longer, Err(passerelle::message::EditError::OverLimit));
}

#[test]
fn the_number_of_fields_is_bounded() {
    let fields = |count: usize| (0..count).map(|n| format!("A{n}: 1\r\n")).collect::<String>();
    let at_limit = Header::split(fields(MAX_HEADER_FIELDS).as_bytes()).0;
    assert_eq!((at_limit.fields().len(), at_limit.exceeds()), (MAX_HEADER_FIELDS, None));
    let beyond = Header::split(fields(MAX_HEADER_FIELDS + 1).as_bytes()).0;
    assert_eq!((beyond.fields().len(), beyond.exceeds()), (0, Some(HeaderLimit::Fields(MAX_HEADER_FIELDS))));
    let folded = Header::split(format!("A: 1\r\n{}", " x\r\n".repeat(MAX_HEADER_FIELDS + 1)).as_bytes()).0;
    assert_eq!((folded.fields().len(), folded.is_over_limit()), (1, false));
}

#[test]
fn the_number_of_fields_of_a_kind_is_bounded() {
    let fields = |count| Header::split(["a: 1\r\n", "A : 2\r\n"].repeat(count).concat().as_bytes()).0;
    let at_limit = fields(MAX_FIELDS_OF_A_KIND / 2);
    assert_eq!((at_limit.fields().len(), at_limit.exceeds()), (MAX_FIELDS_OF_A_KIND, None));
    assert_eq!(fields(MAX_FIELDS_OF_A_KIND / 2 + 1).exceeds(), Some(HeaderLimit::FieldsOfAKind(MAX_FIELDS_OF_A_KIND)));
    let lines = Header::split("no field\r\n".repeat(MAX_FIELDS_OF_A_KIND + 1).as_bytes()).0;
    assert_eq!(lines.exceeds(), None, "what is no field has no kind");
}

#[test]
fn the_limits_can_be_set_and_stay_with_the_section() {
    let message = b"A: 1\r\nB: 2\r\n\r\nbody";
    let limits = Limits::default().header_size(14).header_fields(2).fields_of_a_kind(1);
    let (header, body) = Header::split_within(message, &limits);
    assert_eq!((header.fields().len(), header.exceeds(), body), (2, None, &b"body"[..]));
    assert_eq!(header.prepend(b"C: 3\r\n"), Err(passerelle::message::EditError::OverLimit));
    for (limits, limit) in [
        (limits.header_size(13), HeaderLimit::Size(13)),
        (limits.header_fields(1), HeaderLimit::Fields(1)),
        (limits.fields_of_a_kind(0), HeaderLimit::FieldsOfAKind(0)),
    ] {
        assert_eq!(Header::split_within(message, &limits).0.exceeds(), Some(limit));
    }
}

#[test]
fn a_million_pushes_of_one_octet_take_linear_time() {
    // Were each push to search what came before, this would be some 10^11 steps and the test would not end.
    let mut reader = HeaderReader::new();
    for i in 0..1_000_000u32 {
        assert_eq!(reader.push(if i % 3 == 0 { b"\r" } else { b"x" }), 1);
    }
    assert!(reader.is_over_limit() && !reader.is_complete());
    assert_eq!(reader.len(), 1_000_000);
}

#[test]
fn only_blanks_may_stand_before_the_colon() {
    let names: Vec<_> =
        [&b"From\x0b: x\r\n"[..], b"From\n: x\r\n", b"From\0: x\r\n", b"Fr om: x\r\n", b"\xc3\xa4: x\r\n"]
            .into_iter()
            .map(|text| Header::split(text).0.fields().next().unwrap().is_malformed())
            .collect();
    assert_eq!(names, [true; 5]);
    assert!(Header::split(b"From \t: x\r\n").0.fields().next().unwrap().is("from"));
}
