//! `decoder.md` read as a machine: the specification that the proofs hold the decoder, the search and the encoder to.

use std::collections::HashMap;

use crate::smtp::line::Irregularity;

/// What stands before an octet: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Row {
    Start,
    Line,
    Cr,
    Dot,
    DotCr,
    End,
}

/// What an octet is: a column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Cr,
    Lf,
    Dot,
    Nul,
    Other,
}

/// One thing that a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Note(Irregularity),
    /// A CR that was held back is content.
    GiveCr,
    /// The octet itself is content.
    GiveOctet,
}

/// A cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) acts: Vec<Act>,
    pub(super) next: Row,
}

/// The table. `End` has no row: nothing is taken there.
#[derive(Clone, Debug)]
pub(super) struct Table(HashMap<(Row, Class), Cell>);

/// The rows that take octets.
pub(super) const ROWS: [Row; 5] = [Row::Start, Row::Line, Row::Cr, Row::Dot, Row::DotCr];
/// The columns, in the order of the page.
pub(super) const CLASSES: [Class; 5] = [Class::Cr, Class::Lf, Class::Dot, Class::Nul, Class::Other];

impl Class {
    pub(super) fn of(octet: u8) -> Self {
        match octet {
            b'\r' => Self::Cr,
            b'\n' => Self::Lf,
            b'.' => Self::Dot,
            0 => Self::Nul,
            _ => Self::Other,
        }
    }

    /// An octet of the class.
    pub(super) fn octet(self) -> u8 {
        match self {
            Self::Cr => b'\r',
            Self::Lf => b'\n',
            Self::Dot => b'.',
            Self::Nul => 0,
            Self::Other => b'x',
        }
    }
}

impl Table {
    /// The table of the page.
    pub(super) fn read() -> Self {
        let rows = include_str!("decoder.md").lines().filter(|line| line.starts_with('|')).skip(2);
        let mut cells = HashMap::new();
        for row in rows {
            let mut columns = row.trim_matches('|').split('|').map(str::trim);
            let name = row_named(columns.next().unwrap());
            for class in CLASSES {
                cells.insert((name, class), cell(columns.next().unwrap()));
            }
            assert_eq!(columns.next(), None, "{row}");
        }
        assert_eq!(cells.len(), ROWS.len() * CLASSES.len());
        Self(cells)
    }

    pub(super) fn cell(&self, row: Row, class: Class) -> &Cell {
        &self.0[&(row, class)]
    }

    /// The table with another cell: a broken one.
    pub(super) fn with(&self, row: Row, class: Class, acts: &[Act], next: Row) -> Self {
        let mut table = self.clone();
        table.0.insert((row, class), Cell { acts: acts.to_vec(), next });
        table
    }

    /// What the table makes of `octets`: what it gives, and the row it comes to. It stops at the end.
    pub(super) fn run(&self, mut row: Row, octets: &[u8]) -> (Vec<u8>, Row) {
        let mut given = Vec::new();
        for &octet in octets {
            if row == Row::End {
                break;
            }
            let cell = self.cell(row, Class::of(octet));
            for act in &cell.acts {
                match act {
                    Act::Note(_) => {}
                    Act::GiveCr => given.push(b'\r'),
                    Act::GiveOctet => given.push(octet),
                }
            }
            row = cell.next;
        }
        (given, row)
    }
}

fn row_named(name: &str) -> Row {
    match name {
        "start" => Row::Start,
        "line" => Row::Line,
        "cr" => Row::Cr,
        "dot" => Row::Dot,
        "dot-cr" => Row::DotCr,
        "end" => Row::End,
        _ => panic!("no row {name:?}"),
    }
}

fn cell(text: &str) -> Cell {
    let (acts, next) = text.split_once('→').unwrap();
    let acts = acts.split(',').map(str::trim).filter(|act| !act.is_empty());
    let acts = acts.map(|act| match act {
        "bare CR" => Act::Note(Irregularity::BareCr),
        "bare LF" => Act::Note(Irregularity::BareLf),
        "NUL" => Act::Note(Irregularity::Nul),
        "CR" => Act::GiveCr,
        "octet" => Act::GiveOctet,
        _ => panic!("no act {act:?}"),
    });
    Cell { acts: acts.collect(), next: row_named(next.trim()) }
}

/// Every sequence of classes of this length, as octets.
pub(super) fn strings(length: u32) -> impl Iterator<Item = Vec<u8>> {
    let count = CLASSES.len().pow(length);
    (0..count).map(move |number| {
        let digits = (0..length).map(|place| number / CLASSES.len().pow(place) % CLASSES.len());
        digits.map(|digit| CLASSES[digit].octet()).collect()
    })
}

/// The table says what RFC 5321 says: of all sequences, those that end are the ones with a dot alone on a line, and what they
/// give is the message without what was added for transparency.
#[test]
fn the_table_says_what_the_rfc_says() {
    let table = Table::read();
    for length in 0..=7 {
        for octets in strings(length) {
            let from_line_end = [b"\r\n", &octets[..]].concat();
            let end = from_line_end.windows(5).position(|window| window == b"\r\n.\r\n");
            let (given, row) = table.run(Row::Start, &octets);
            assert_eq!(row == Row::End, end.is_some(), "{octets:?}");
            let Some(end) = end else { continue };
            let message = &from_line_end[..end + 2];
            let lines: Vec<u8> = (0..message.len())
                .filter(|&at| !(message[at] == b'.' && at >= 2 && message[at - 2..at] == *b"\r\n"))
                .map(|at| message[at])
                .collect();
            assert_eq!(given, lines[2..], "{octets:?}");
        }
    }
}
