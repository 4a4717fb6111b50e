//! Canonicalization agrees with one written naively from the text of RFC 6376 §3.4, however the input is cut.

use passerelle::dkim::Canonicalization;
use passerelle::dkim::canonicalization::{Body, relaxed_field};
use proptest::prelude::*;

/// The lines of a body without their CRLFs, and what is behind the last CRLF.
fn lines(body: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    for &octet in body {
        line.push(octet);
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
            lines.push(std::mem::take(&mut line));
        }
    }
    (lines, line)
}

/// §3.4.3: "ignores all empty lines at the end of the message body … If there is no body or no trailing CRLF on the
/// message body, a CRLF is added."
fn naive_simple(body: &[u8]) -> Vec<u8> {
    let (mut lines, rest) = lines(body);
    if !rest.is_empty() {
        lines.push(rest);
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    match lines.is_empty() {
        true => b"\r\n".to_vec(),
        false => lines.into_iter().flat_map(|line| [line, b"\r\n".to_vec()].concat()).collect(),
    }
}

/// §3.4.4: white space at line ends is ignored and other white space reduced to one SP; then empty lines at the end are
/// ignored, and a CRLF is added to a body that is not empty and does not end with one.
fn naive_relaxed(body: &[u8]) -> Vec<u8> {
    let (mut lines, rest) = lines(body);
    lines.push(rest);
    let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| single_spaced(line, false)).collect();
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines.into_iter().flat_map(|line| [line, b"\r\n".to_vec()].concat()).collect()
}

/// White space reduced to one SP, none at the end, and with `trim` none at the start either.
fn single_spaced(line: &[u8], trim: bool) -> Vec<u8> {
    let mut reduced: Vec<u8> = Vec::new();
    for &octet in line {
        match octet {
            b' ' | b'\t' if reduced.last() == Some(&b' ') => {}
            b' ' | b'\t' => reduced.push(b' '),
            _ => reduced.push(octet),
        }
    }
    if reduced.last() == Some(&b' ') {
        reduced.pop();
    }
    if trim && reduced.first() == Some(&b' ') {
        reduced.remove(0);
    }
    reduced
}

fn naive(algorithm: Canonicalization, body: &[u8]) -> Vec<u8> {
    match algorithm {
        Canonicalization::Simple => naive_simple(body),
        Canonicalization::Relaxed => naive_relaxed(body),
    }
}

fn streamed<'a>(algorithm: Canonicalization, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut body = Body::new(algorithm);
    let mut canonical = Vec::new();
    for chunk in chunks {
        body.push(chunk, &mut canonical);
    }
    body.finish(&mut canonical);
    canonical
}

const BOTH: [Canonicalization; 2] = [Canonicalization::Simple, Canonicalization::Relaxed];

/// RFC 6376 §3.4.5, the examples of both kinds.
#[test]
fn examples_of_the_rfc() {
    let body = b" C \r\nD \t E\r\n\r\n\r\n";
    assert_eq!(streamed(Canonicalization::Relaxed, [&body[..]]), b" C\r\nD E\r\n");
    assert_eq!(streamed(Canonicalization::Simple, [&body[..]]), b" C \r\nD \t E\r\n");
    let mut fields = Vec::new();
    relaxed_field(b"A", b" X", &mut fields);
    relaxed_field(b"B ", b" Y\t\r\n\tZ  ", &mut fields);
    assert_eq!(fields, b"a:X\r\nb:Y Z\r\n");
}

#[test]
fn a_bare_cr_in_a_field_is_content() {
    for (value, relaxed) in [(" a\rb", "a\rb"), ("\r a", "\r a"), (" a \r\r\n b", "a \r b"), (" a \r", "a \r")] {
        let mut field = Vec::new();
        relaxed_field(b"A", value.as_bytes(), &mut field);
        assert_eq!(String::from_utf8_lossy(&field), format!("a:{relaxed}\r\n"), "{value:?}");
    }
}

/// RFC 6376 §3.4.3 and §3.4.4 give the hashes of an empty body; these are the octets they are of.
#[test]
fn empty_bodies() {
    for empty in [&b""[..], b"\r\n", b"\r\n\r\n"] {
        assert_eq!(streamed(Canonicalization::Simple, [empty]), b"\r\n");
        assert_eq!(streamed(Canonicalization::Relaxed, [empty]), b"");
    }
    assert_eq!(streamed(Canonicalization::Relaxed, [&b" \t\r\n\t"[..]]), b"");
}

/// Every text of up to six of the octets that matter, alone and behind a long run, cut at every place.
#[test]
fn every_short_text() {
    const OCTETS: &[u8] = b"a \t\r\n";
    for length in 0..=6u32 {
        for number in 0..OCTETS.len().pow(length) {
            let text: Vec<u8> =
                (0..length).map(|digit| OCTETS[number / OCTETS.len().pow(digit) % OCTETS.len()]).collect();
            for algorithm in BOTH {
                let expected = naive(algorithm, &text);
                for cut in 0..=text.len() {
                    let (before, after) = text.split_at(cut);
                    assert_eq!(streamed(algorithm, [before, after]), expected, "{algorithm} {text:?} at {cut}");
                }
            }
        }
    }
}

/// The places at which what is looked at or reduced at once may end, and those around them.
fn block_ends() -> impl Iterator<Item = usize> {
    [0, 16, 32, 48, 64, 80, 128, 192].into_iter().flat_map(|end: usize| end.saturating_sub(3)..end + 2)
}

#[test]
fn every_short_text_across_every_block_end() {
    const OCTETS: &[u8] = b"a \t\r\n";
    for number in 0..OCTETS.len().pow(4) {
        let text: Vec<u8> = (0..4).map(|digit| OCTETS[number / OCTETS.len().pow(digit) % OCTETS.len()]).collect();
        for before in block_ends() {
            for after in [0, 70] {
                let body = [&vec![b'x'; before][..], &text, &vec![b'y'; after]].concat();
                for algorithm in BOTH {
                    assert_eq!(
                        streamed(algorithm, [&body[..]]),
                        naive(algorithm, &body),
                        "{algorithm} {text:?} between {before} octets and {after}"
                    );
                }
            }
        }
    }
}

/// Runs of white space and of line ends that are shorter and longer than all that is looked at at once, across every
/// end of it, before all that can decide what becomes of them.
#[test]
fn runs_of_every_length_across_every_block_end() {
    let runs = [&b" "[..], b"\t", b" \t", b"\r\n", b" \r\n", b"\r", b"\n"];
    let ends = [&b""[..], b"z", b"\r\n", b"\r\nz", b"\r", b"\rz", b"\n", b"\r\r\n"];
    for run in runs {
        for length in [1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129] {
            for before in [0, 1, 14, 15, 16, 17, 62, 63, 64, 65] {
                for end in ends {
                    let run = run.iter().copied().cycle().take(length).collect::<Vec<_>>();
                    let body = [&vec![b'x'; before][..], &run, end].concat();
                    let expected = naive_relaxed(&body);
                    let what = || format!("{run:?} between {before} octets and {end:?}");
                    assert_eq!(streamed(Canonicalization::Relaxed, [&body[..]]), expected, "{}", what());
                    let (first, second) = body.split_at(before + length);
                    assert_eq!(streamed(Canonicalization::Relaxed, [first, second]), expected, "{} in two", what());
                }
            }
        }
    }
}

/// Pieces of mail, so that runs, blank lines and changes come in all orders and distances.
pub fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just("word"), 4 => Just(" "), 2 => Just("\r\n"), 1 => Just("\r\n\r\n"), 1 => Just("  "), 1 => Just("\t"),
        1 => Just(" \r\n"), 1 => Just("\r"), 1 => Just("\n"), 1 => Just("\u{e9}"),
        1 => Just("a line of text that is rather long, longer than what is compared at once, and without a change"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Sizes of chunks.
pub fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![Just(1usize), 0..20usize, 50..300usize], 0..40)
}

/// Unchanged runs about as long as the steps in which a body is taken, with changes between them.
fn long_parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let run = prop_oneof![1..200usize, 1000..1100usize, 8100..8300usize, 16_200..16_500usize, 30_000..34_000usize];
    let line = b"a line of text without a change\r\n".iter().copied().cycle();
    let part = prop_oneof![
        2 => run.prop_map(move |length| line.clone().take(length).collect()),
        1 => body(),
        1 => proptest::collection::vec(Just(b' '), 1..9000),
        1 => (1..9000usize).prop_map(|count| b"\r\n".repeat(count)),
    ];
    proptest::collection::vec(part, 0..8)
}

/// Sizes of chunks as hosts have them.
fn large_sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![Just(1usize), 1000..1100usize, 8190..8200usize, 15_000..70_000usize], 0..12)
}

fn chunks<'a>(body: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = body;
    let mut chunks = Vec::new();
    for &size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_body_in_any_chunks(body in body(), sizes in sizes()) {
        for algorithm in BOTH {
            prop_assert_eq!(streamed(algorithm, chunks(&body, &sizes)), naive(algorithm, &body));
        }
    }

    #[test]
    fn any_field(name in "[A-Za-z-]{1,10}[ \t]{0,2}", value in "([ \t]{0,3}[a-zA-Z:é]{0,3}(\r\n[ \t]{1,2})?){0,5}([ \t]{0,20}[a-zé]{0,20}(\r\n[ \t]{1,2})?){0,5}") {
        let mut field = Vec::new();
        relaxed_field(name.as_bytes(), value.as_bytes(), &mut field);
        // §3.4.2, step by step: lower case, unfold, reduce, delete at the ends and around the colon.
        let unfolded = value.replace("\r\n", "");
        let name = name.trim_end().to_lowercase();
        let expected = [name.as_bytes(), b":", &single_spaced(unfolded.as_bytes(), true), b"\r\n"].concat();
        prop_assert_eq!(field, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Bodies of many pieces, in which long unchanged runs begin and end: what is passed on before it is looked at is taken
    /// back where it must be, and nothing is lost or doubled.
    #[test]
    fn long_runs_and_changes_between_them(parts in long_parts(), sizes in large_sizes()) {
        let body = parts.concat();
        for algorithm in BOTH {
            let (found, expected) = (streamed(algorithm, chunks(&body, &sizes)), naive(algorithm, &body));
            let differs = found.iter().zip(&expected).position(|(a, b)| a != b);
            prop_assert!(found == expected, "{} of {} octets differs at {:?}", algorithm, body.len(), differs);
        }
    }
}
