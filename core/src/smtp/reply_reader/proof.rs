//! A reply ends with its first line whose code is followed by a space or by the end of the line, for every input.
//!
//! The specification, by how much of a line there is (LF alone ends a line, as the module says):
//!
//! | of the line | digit | CR | LF | space | `-` | NUL | other |
//! |---|---|---|---|---|---|---|---|
//! | 0 to 2 digits | one more | error | error | error | error | error | error |
//! | the code | error | → code-cr | the end | → last | → more | error | error |
//! | code-cr | error | error | the end | error | error | error | error |
//! | last | → last | → last | the end | → last | → last | error | → last |
//! | more | → more | → more | 0 digits | → more | → more | error | → more |
//!
//! A digit that makes another code than that of the line before, or one below 200 or above 599, is an error at the third digit. Sizes are
//! counters: they end a reply only with an error.

use super::*;

/// How much of a line there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Digits(u16, u8),
    Code,
    CodeCr,
    Last,
    More,
}

/// What an octet leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Row(Row),
    /// A further line begins.
    Line,
    End,
    Error,
}

/// The specification. `first` is the code of the lines before.
fn step(row: Row, first: Option<u16>, octet: u8) -> Next {
    match (row, octet) {
        (Row::Digits(number, count), b'0'..=b'9') => {
            let number = 10 * number + u16::from(octet - b'0');
            let is_wrong = count == 2 && (!(200..600).contains(&number) || first.is_some_and(|first| first != number));
            match count {
                _ if is_wrong => Next::Error,
                2 => Next::Row(Row::Code),
                _ => Next::Row(Row::Digits(number, count + 1)),
            }
        }
        (Row::Code | Row::CodeCr | Row::Last, b'\n') => Next::End,
        (Row::Code, b'\r') => Next::Row(Row::CodeCr),
        (Row::Code, b' ') => Next::Row(Row::Last),
        (Row::Code, b'-') => Next::Row(Row::More),
        (Row::Digits(..) | Row::Code | Row::CodeCr, _) => Next::Error,
        (Row::Last | Row::More, 0) => Next::Error,
        (Row::More, b'\n') => Next::Line,
        (Row::Last | Row::More, _) => Next::Row(row),
    }
}

/// What the specification makes of octets, from the beginning of a reply: how many it takes to its end, or none, or an error.
fn whole(octets: &[u8]) -> Option<Result<usize, ()>> {
    let (mut row, mut first, mut code) = (Row::Digits(0, 0), None, 0);
    for (at, &octet) in octets.iter().enumerate() {
        match step(row, first, octet) {
            Next::Row(next) => {
                if let (Row::Digits(number, 2), Row::Code) = (row, next) {
                    code = 10 * number + u16::from(octet - b'0');
                }
                row = next;
            }
            Next::Line => (row, first) = (Row::Digits(0, 0), Some(code)),
            Next::End => return Some(Ok(at + 1)),
            Next::Error => return Some(Err(())),
        }
    }
    None
}

/// The reader, or a broken one.
type Read = fn(&mut ReplyReader, &[u8]) -> Option<Result<usize, ()>>;

/// Octets taken to the end of a reply, none yet, or an error.
fn read(reader: &mut ReplyReader, octets: &[u8]) -> Option<Result<usize, ()>> {
    let mut rest = octets;
    let said = reader.read(&mut rest);
    said.map(|reply| reply.map(|_| octets.len() - rest.len()).map_err(drop))
}

/// From every row, each octet leads the reader where the specification says; what it leads to is seen by what each further octet does.
fn octet_by_octet(read: Read) -> Result<(), String> {
    let starts = ["", "2", "25", "250", "250\r", "250 ", "250 x", "250 x\r", "250-", "250-x", "250-x\r"];
    let before = ["", "250-a\r\n", "250-a\n250-\r\n"];
    for start in before.iter().flat_map(|before| starts.map(|start| format!("{before}{start}"))) {
        for octet in 0..=u8::MAX {
            // The second octet tells rows apart that the first leads to: no two rows do the same with these.
            for behind in [b'\n', b'\r', b' ', b'-', b'0', b'5', 0, b'x'] {
                let octets = [start.as_bytes(), &[octet, behind]].concat();
                let mut reader = ReplyReader::new();
                let (mut got, mut taken) = (None, 0);
                for octet in octets.chunks(1) {
                    if got.is_none() {
                        got = read(&mut reader, octet).map(|reply| reply.map(|end| taken + end));
                        taken += 1;
                    }
                }
                if got != whole(&octets) {
                    return Err(format!("{:?}: {got:?}", octets.escape_ascii().to_string()));
                }
            }
        }
    }
    Ok(())
}

/// Everything short, at once and cut in two everywhere, from the beginning and behind a line.
fn short_inputs(read: Read) -> Result<(), String> {
    const OCTETS: [u8; 7] = [b'2', b'5', b' ', b'-', b'\r', b'\n', b'x'];
    for (before, length) in [("", 4), ("25", 4), ("250", 4), ("250-x\r\n25", 4)] {
        for number in 0..OCTETS.len().pow(length) {
            let behind = (0..length).map(|place| OCTETS[number / OCTETS.len().pow(place) % OCTETS.len()]);
            let input: Vec<u8> = before.bytes().chain(behind).collect();
            let expected = whole(&input);
            for cut in 0..=input.len() {
                let mut reader = ReplyReader::new();
                let (first, second) = input.split_at(cut);
                let got = read(&mut reader, first);
                let got = got.or_else(|| read(&mut reader, second).map(|reply| reply.map(|end| cut + end)));
                if got != expected {
                    return Err(format!("{:?} cut at {cut}: {got:?}", input.escape_ascii().to_string()));
                }
            }
        }
    }
    Ok(())
}

fn prove(read: Read) -> Result<(), String> {
    octet_by_octet(read)?;
    short_inputs(read)
}

#[test]
fn a_reply_ends_with_the_first_line_that_says_so() {
    prove(read).unwrap();
}

#[test]
fn broken_readers_are_found_out() {
    let broken: [(&str, Read); 6] = [
        ("the first line ends a reply", |reader, octets| {
            let at = octets.iter().position(|octet| *octet == b'\n');
            read(reader, octets).or(at.map(|at| Ok(at + 1)))
        }),
        ("a code alone is no reply", |reader, octets| match read(reader, octets) {
            Some(Ok(_)) if reader_saw_only_a_code(octets) => Some(Err(())),
            other => other,
        }),
        ("codes may differ", |reader, octets| {
            let said = read(reader, octets);
            reader.lines.clear();
            said
        }),
        ("NUL is text", |reader, octets| {
            let clean: Vec<u8> = octets.iter().map(|octet| if *octet == 0 { b'x' } else { *octet }).collect();
            read(reader, &clean)
        }),
        ("an error is forgotten with the call", |reader, octets| {
            let said = read(reader, octets);
            reader.failed = None;
            said.filter(|said| said.is_ok())
        }),
        ("what follows a reply is taken with it", |reader, octets| {
            read(reader, octets).map(|said| said.map(|_| octets.len()))
        }),
    ];
    for (name, read) in broken {
        assert!(prove(read).is_err(), "{name}: not found out");
    }
}

fn reader_saw_only_a_code(octets: &[u8]) -> bool {
    matches!(octets, [_, _, _, b'\n'] | [_, _, _, b'\r', b'\n'] | [b'\n'])
}
