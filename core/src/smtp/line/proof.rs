//! A line ends with its first CRLF and nowhere else, for every input.
//!
//! The specification has three rows, by what stands before an octet:
//!
//! | before it | CR | LF | other |
//! |---|---|---|---|
//! | nothing | → cr | bare LF → within | → within |
//! | within | → cr | bare LF → within | → within |
//! | cr | → cr | the end | → within |
//!
//! From every row and every set of flags each of the 256 octets leads the reader there. In a call with several octets its one decision is
//! at each LF, by the octet before it: in the same call, or the last of the call before. All short inputs, cut in two everywhere, show that
//! both are the same. The octets kept and the limit are counters: they say what comes of a line, never where it ends.

use super::*;

/// What stands before an octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Nothing,
    Within,
    Cr,
}

const ROWS: [Row; 3] = [Row::Nothing, Row::Within, Row::Cr];
const LIMIT: usize = 20;

/// The specification: the next row, or `None` at the end; and whether a bare LF is told.
fn step(row: Row, octet: u8) -> (Option<Row>, bool) {
    match (row, octet) {
        (Row::Cr, b'\n') => (None, false),
        (_, b'\r') => (Some(Row::Cr), false),
        (_, octet) => (Some(Row::Within), octet == b'\n'),
    }
}

/// A reader in this row.
fn at(row: Row, has_bare_lf: bool, is_too_long: bool) -> LineReader {
    let kept = match row {
        Row::Nothing => &b""[..],
        Row::Within => b"x",
        Row::Cr => b"x\r",
    };
    LineReader {
        kept: if has_bare_lf || is_too_long { Vec::new() } else { kept.to_vec() },
        has_begun: row != Row::Nothing,
        ends_in_cr: row == Row::Cr,
        is_too_long,
        has_bare_lf,
        ..LineReader::new(LIMIT)
    }
}

/// The reader, or a broken one: takes octets up to the end of a line, and tells whether it came to one and how many it took.
type Read = fn(&mut LineReader, &[u8]) -> (bool, usize);

fn read(reader: &mut LineReader, octets: &[u8]) -> (bool, usize) {
    let mut rest = octets;
    let has_ended = reader.read(&mut rest).is_some();
    (has_ended, octets.len() - rest.len())
}

fn bisimulation(read: Read) -> Result<(), String> {
    let flags = [(false, false), (true, false), (false, true), (true, true)];
    for (row, (has_bare_lf, is_too_long)) in ROWS.into_iter().flat_map(|row| flags.map(|flags| (row, flags))) {
        if row == Row::Nothing && (has_bare_lf || is_too_long) {
            continue; // flags are of a line that has begun
        }
        for octet in 0..=u8::MAX {
            let mut reader = at(row, has_bare_lf, is_too_long);
            let (next, is_bare_lf) = step(row, octet);
            let (has_ended, taken) = read(&mut reader, &[octet]);
            let is_right = (has_ended, taken) == (next.is_none(), 1)
                && next.is_none_or(|next| {
                    reader.has_begun
                        && reader.ends_in_cr == (next == Row::Cr)
                        && reader.has_bare_lf == (has_bare_lf || is_bare_lf)
                        && reader.is_too_long == is_too_long
                });
            if !is_right {
                return Err(format!("{octet:#04x} at {row:?}, {has_bare_lf}, {is_too_long}: {reader:?}"));
            }
        }
    }
    Ok(())
}

/// Everything up to six octets of these classes, cut in two everywhere: the end is that of the first CRLF.
fn short_inputs(read: Read) -> Result<(), String> {
    const OCTETS: [u8; 4] = [b'\r', b'\n', 0, b'x'];
    for number in 0..OCTETS.len().pow(6) {
        let input: Vec<u8> = (0..6).map(|place| OCTETS[number / OCTETS.len().pow(place) % OCTETS.len()]).collect();
        let end = input.windows(2).position(|window| window == b"\r\n").map(|at| at + 2);
        for cut in 0..=input.len() {
            let mut reader = LineReader::new(LIMIT);
            let (first, second) = input.split_at(cut);
            let (has_ended, taken) = read(&mut reader, first);
            let found = match has_ended {
                true => Some(taken),
                false => {
                    let (has_ended, taken) = read(&mut reader, second);
                    has_ended.then_some(cut + taken)
                }
            };
            if found != end {
                return Err(format!("{input:?} cut at {cut}: {found:?}"));
            }
        }
    }
    Ok(())
}

fn prove(read: Read) -> Result<(), String> {
    bisimulation(read)?;
    short_inputs(read)
}

#[test]
fn a_line_ends_with_its_first_crlf_and_nowhere_else() {
    prove(read).unwrap();
}

#[test]
fn broken_readers_are_found_out() {
    let broken: [(&str, Read); 6] = [
        ("a bare LF ends a line", |reader, octets| {
            reader.ends_in_cr = true;
            read(reader, octets)
        }),
        ("the CR of the call before is forgotten", |reader, octets| {
            let was = read(reader, octets);
            reader.ends_in_cr = false;
            was
        }),
        ("a bare CR ends a line", |reader, octets| match octets.iter().position(|octet| *octet == b'\r') {
            Some(at) => (true, at + 1),
            None => read(reader, octets),
        }),
        ("the LF stays behind the end", |reader, octets| match read(reader, octets) {
            (true, taken) => (true, taken.saturating_sub(1)),
            other => other,
        }),
        ("NUL ends a line", |reader, octets| match octets.iter().position(|octet| *octet == 0) {
            Some(at) => (true, at + 1),
            None => read(reader, octets),
        }),
        ("in a call with more than four octets LF is enough", |reader, octets| {
            match octets.iter().position(|octet| *octet == b'\n') {
                Some(at) if octets.len() > 4 => (true, at + 1),
                _ => read(reader, octets),
            }
        }),
    ];
    for (name, read) in broken {
        assert!(prove(read).is_err(), "{name}: not found out");
    }
}

/// What comes of a line, which the counters decide: its length with the CRLF against the limit, and the first octet that has no
/// place there.
#[test]
fn what_comes_of_a_line_is_decided_by_its_length_and_its_octets() {
    for length in 0..=LIMIT + 2 {
        for odd in [None, Some(b'\r'), Some(b'\n'), Some(0)] {
            for place in 0..length.max(1) {
                let mut line = vec![b'x'; length];
                if let (Some(odd), Some(octet)) = (odd, line.get_mut(place)) {
                    *octet = odd;
                }
                // A CR right before the CRLF is bare as well.
                let wire = [&line[..], b"\r\nrest"].concat();
                for cut in 0..wire.len() - 4 {
                    let mut reader = LineReader::new(LIMIT);
                    let (mut first, mut second) = wire.split_at(cut);
                    assert_eq!(reader.read(&mut first), None);
                    let came = reader.read(&mut second);
                    let odd = odd.filter(|_| length > 0);
                    let expected = match odd {
                        Some(b'\n') if place == 0 || line[place - 1] != b'\r' => Line::Irregular(Irregularity::BareLf),
                        _ if length + 2 > LIMIT => Line::TooLong,
                        Some(b'\r') => Line::Irregular(Irregularity::BareCr),
                        Some(_) => Line::Irregular(Irregularity::Nul),
                        None => Line::Whole(&line),
                    };
                    assert_eq!(came, Some(expected), "{wire:?} cut at {cut}");
                    assert_eq!(second, b"rest");
                }
            }
        }
    }
}
