//! One line of a command or reply.

use passerelle::smtp::{Irregularity, Line, LineReader};
use proptest::prelude::*;

use crate::{chunks, octets_and_cuts, split_lines};

/// A line that outlives its reader.
#[derive(Debug, PartialEq)]
enum Owned {
    Whole(Vec<u8>),
    TooLong,
    Irregular(Irregularity),
}

fn read(chunks: &[&[u8]], limit: usize) -> (Vec<Owned>, bool) {
    let mut reader = LineReader::new(limit);
    let mut lines = Vec::new();
    for chunk in chunks {
        let mut input = *chunk;
        while let Some(line) = reader.read(&mut input) {
            lines.push(match line {
                Line::Whole(line) => Owned::Whole(line.to_vec()),
                Line::TooLong => Owned::TooLong,
                Line::Irregular(irregularity) => Owned::Irregular(irregularity),
            });
        }
        assert!(input.is_empty());
    }
    (lines, reader.is_empty())
}

#[test]
fn only_crlf_ends_a_line() {
    let whole = |text: &str| Owned::Whole(text.as_bytes().to_vec());
    for (octets, expected) in [
        (&b"NOOP\r\nQUIT\r\n"[..], vec![whole("NOOP"), whole("QUIT")]),
        (b"\r\n", vec![whole("")]),
        (b"NOOP\nQUIT\r\nRSET\r\n", vec![Owned::Irregular(Irregularity::BareLf), whole("RSET")]),
        (b"NOOP\rQUIT\r\n", vec![Owned::Irregular(Irregularity::BareCr)]),
        (b"NOOP\r\r\n", vec![Owned::Irregular(Irregularity::BareCr)]),
        (b"NO\0OP\r\n", vec![Owned::Irregular(Irregularity::Nul)]),
        (b"NOOP\n\r", vec![]),
    ] {
        assert_eq!(read(&[octets], 512).0, expected, "{octets:?}");
    }
}

#[test]
fn the_limit_counts_the_crlf() {
    for (length, fits) in [(6, true), (7, true), (8, true), (9, false), (10_000, false)] {
        let line = [vec![b'x'; length], b"\r\n".to_vec()].concat();
        let expected = if fits { Owned::Whole(vec![b'x'; length]) } else { Owned::TooLong };
        assert_eq!(read(&[&line, b"NOOP\r\n"], 10).0, vec![expected, Owned::Whole(b"NOOP".to_vec())]);
    }
}

#[test]
fn a_bare_lf_is_known_before_the_line_ends() {
    let mut reader = LineReader::new(100);
    let mut input = &b"EHLO example.com\n"[..];
    assert_eq!(reader.read(&mut input), None);
    assert!(reader.has_bare_lf() && !reader.is_empty());
    reader.clear();
    assert!(!reader.has_bare_lf() && reader.is_empty());
}

proptest! {
    #[test]
    fn however_the_octets_are_cut((octets, cuts) in octets_and_cuts(), limit in 2..60_usize) {
        let mut expected = split_lines(&octets);
        let rest = expected.pop().unwrap_or_default();
        let expected: Vec<Owned> = expected
            .iter()
            .map(|line| match line.iter().find(|octet| b"\r\0".contains(octet)) {
                _ if line.contains(&b'\n') => Owned::Irregular(Irregularity::BareLf),
                _ if line.len() + 2 > limit => Owned::TooLong,
                Some(0) => Owned::Irregular(Irregularity::Nul),
                Some(_) => Owned::Irregular(Irregularity::BareCr),
                None => Owned::Whole(line.to_vec()),
            })
            .collect();
        prop_assert_eq!(read(&chunks(&octets, &cuts), limit), (expected, rest.is_empty()));
    }
}
