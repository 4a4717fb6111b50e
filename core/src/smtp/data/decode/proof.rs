//! The decoder does what the table of `decoder.md` says, for every input.
//!
//! Octet by octet it is a bisimulation: from every place and every set of flags, each of the 256 octets leads the decoder and the
//! table to the same place and the same flags, and makes both give the same content. The counters (octets of the message, octets
//! of the line) have too many values to be walked through; they are projected out there, and shown apart.
//!
//! That an input of many octets gives the same as its octets one by one needs more only where the decoder looks at more than one,
//! which is in [`plain_run`] alone: `scan/proof.rs` shows that what it skips is what the table gives unchanged. [`entries`] shows
//! that the search may begin where the decoder begins it.

use super::super::table::{Act, CLASSES, Class, ROWS, Row, Table, strings};
use super::*;

/// The flags of a decoder and what stands before its next octet: all of its state but the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    row: Row,
    irregularity: Option<Irregularity>,
    line_too_long: bool,
    eight_bit: bool,
}

/// What the host sets.
#[derive(Clone, Copy, Debug)]
struct Setting {
    policy: DecodePolicy,
    is_discarding: bool,
}

/// What is held to the table: the decoder itself, or a broken one.
trait Subject {
    /// In this state, with `line` octets of the line and `octets` of the message behind it.
    fn at(state: State, setting: Setting, line: usize, octets: u64) -> Self;
    /// Hands the octets in. How many it took, and the content that it gave.
    fn feed(&mut self, octets: &[u8]) -> (usize, Vec<u8>);
    fn state(&self) -> State;
    /// Octets of the line, where they count, and of the message.
    fn counters(&self) -> (usize, u64);
}

impl Subject for DataDecoder {
    fn at(state: State, setting: Setting, line: usize, octets: u64) -> Self {
        let place = match state.row {
            Row::Start => Place::LineStart,
            Row::Line => Place::Line,
            Row::Cr => Place::Cr,
            Row::Dot => Place::Dot,
            Row::DotCr => Place::DotCr,
            Row::End => Place::End,
        };
        let State { irregularity, line_too_long, eight_bit, .. } = state;
        let seen = DataEnd { octets, irregularity, line_too_long, eight_bit };
        Self { policy: setting.policy, place, line, seen, is_discarding: setting.is_discarding }
    }

    fn feed(&mut self, octets: &[u8]) -> (usize, Vec<u8>) {
        let (mut rest, mut out) = (octets, Vec::new());
        let progress = self.decode(&mut rest, &mut out);
        assert_eq!(matches!(progress, Progress::Done(_)), self.place == Place::End);
        (octets.len() - rest.len(), out)
    }

    fn state(&self) -> State {
        let row = match self.place {
            Place::LineStart => Row::Start,
            Place::Line => Row::Line,
            Place::Cr => Row::Cr,
            Place::Dot => Row::Dot,
            Place::DotCr => Row::DotCr,
            Place::End => Row::End,
        };
        let DataEnd { irregularity, line_too_long, eight_bit, .. } = self.seen;
        State { row, irregularity, line_too_long, eight_bit }
    }

    fn counters(&self) -> (usize, u64) {
        (self.line, self.seen.octets)
    }
}

/// The table with flags and counters around it: the specification, and with a broken table a broken decoder.
#[derive(Clone, Debug)]
struct Walker<'a> {
    table: &'a Table,
    setting: Setting,
    state: State,
    line: usize,
    octets: u64,
}

impl Walker<'_> {
    fn feed(&mut self, octets: &[u8]) -> (usize, Vec<u8>) {
        let mut given = Vec::new();
        for (at, &octet) in octets.iter().enumerate() {
            if self.state.row == Row::End {
                return (at, given);
            }
            self.step(octet, &mut given);
        }
        (octets.len(), given)
    }

    fn step(&mut self, octet: u8, given: &mut Vec<u8>) {
        let from = self.state.row;
        let cell = self.table.cell(from, Class::of(octet)).clone();
        for act in cell.acts {
            match act {
                Act::Note(irregularity) => {
                    self.state.irregularity.get_or_insert(irregularity);
                }
                Act::GiveCr => self.give(b'\r', given),
                Act::GiveOctet => self.give(octet, given),
            }
        }
        self.state.row = cell.next;
        // Only here does a CRLF end a line; an empty line is one, too.
        if (from, cell.next) == (Row::Cr, Row::Start) {
            self.line = 0;
        }
    }

    fn give(&mut self, octet: u8, given: &mut Vec<u8>) {
        self.octets += 1;
        self.state.eight_bit |= octet > 127;
        let is_irregular = self.state.irregularity.is_some();
        if is_irregular && self.setting.policy.irregular == IrregularPolicy::Refuse || self.state.line_too_long {
            return;
        }
        if self.setting.policy.line_limit.is_some_and(|limit| self.line >= limit) {
            self.state.line_too_long = true;
            return;
        }
        self.line += 1;
        if !self.setting.is_discarding {
            given.push(octet);
        }
    }
}

fn states() -> impl Iterator<Item = State> {
    let irregularities = [None, Some(Irregularity::BareCr), Some(Irregularity::BareLf), Some(Irregularity::Nul)];
    let rows = ROWS.into_iter().chain([Row::End]);
    let all = rows.flat_map(move |row| irregularities.map(|irregularity| (row, irregularity)));
    let all = all.flat_map(|(row, irregularity)| [false, true].map(|too_long| (row, irregularity, too_long)));
    all.flat_map(|(row, irregularity, line_too_long)| {
        [false, true].map(|eight_bit| State { row, irregularity, line_too_long, eight_bit })
    })
}

fn settings(line_limit: Option<usize>) -> impl Iterator<Item = Setting> {
    let policies = [IrregularPolicy::Refuse, IrregularPolicy::Keep];
    let all = policies.into_iter().flat_map(|irregular| [false, true].map(|discards| (irregular, discards)));
    all.map(move |(irregular, is_discarding)| Setting { policy: DecodePolicy { irregular, line_limit }, is_discarding })
}

/// From every state each octet leads the subject and the table to the same state, the same content and the same counters.
fn bisimulation<S: Subject>(make: impl Fn(State, Setting, usize, u64) -> S) -> Result<(), String> {
    let table = Table::read();
    // Without a limit the line's octets are not counted. With one, what happens depends on the room that is left, of which an
    // octet takes one, or two with the CR held back.
    let rooms = [(None, 0), (Some(0), 0)]
        .into_iter()
        .chain((1..=4).flat_map(|limit| (0..=limit).map(move |line| (Some(limit), line))));
    for (limit, line) in rooms {
        for (setting, state) in settings(limit).flat_map(|setting| states().map(move |state| (setting, state))) {
            for octet in 0..=u8::MAX {
                let mut walker = Walker { table: &table, setting, state, line, octets: 7 };
                let mut subject = make(state, setting, line, 7);
                let (expected, got) = (walker.feed(&[octet]), subject.feed(&[octet]));
                let case = || format!("{octet:#04x} at {line} of {limit:?} from {state:?}, {setting:?}");
                if (&expected, walker.state) != (&got, subject.state()) {
                    return Err(format!(
                        "{}: {got:?}, {:?}; {expected:?}, {:?}",
                        case(),
                        subject.state(),
                        walker.state
                    ));
                }
                let (line_got, octets_got) = subject.counters();
                let does_line_count = limit.is_some() && !is_refused(setting, walker.state);
                if octets_got != walker.octets || does_line_count && line_got != walker.line {
                    return Err(format!("{}: counted {:?}", case(), subject.counters()));
                }
            }
        }
    }
    Ok(())
}

fn is_refused(setting: Setting, state: State) -> bool {
    state.line_too_long || setting.policy.irregular == IrregularPolicy::Refuse && state.irregularity.is_some()
}

/// The search begins at the start of a line before anything but a dot, and behind a dot before anything but a CR. It takes the
/// octets as those of a line that has begun, so the table must treat them as such there.
fn entries(table: &Table) -> Result<(), String> {
    for (row, exception) in [(Row::Start, Class::Dot), (Row::Dot, Class::Cr)] {
        for class in CLASSES.into_iter().filter(|class| *class != exception) {
            if table.cell(row, class) != table.cell(Row::Line, class) {
                return Err(format!("{class:?} at {row:?} is not what it is within a line"));
            }
        }
    }
    Ok(())
}

/// Several octets in one call are what they are one by one. `scan/proof.rs` has the proof; this is a second look, at everything
/// that is short.
fn calls_do_not_matter<S: Subject>(make: impl Fn(State, Setting, usize, u64) -> S) -> Result<(), String> {
    let table = Table::read();
    let flagless = |row| State { row, irregularity: None, line_too_long: false, eight_bit: false };
    for limit in [None, Some(3)] {
        for setting in settings(limit).filter(|setting| !setting.is_discarding) {
            for (row, octets) in ROWS.iter().flat_map(|row| strings(5).map(move |octets| (*row, octets))) {
                let mut walker = Walker { table: &table, setting, state: flagless(row), line: 0, octets: 0 };
                let mut subject = make(flagless(row), setting, 0, 0);
                let (expected, got) = (walker.feed(&octets), subject.feed(&octets));
                if (&expected, walker.state) != (&got, subject.state()) {
                    return Err(format!("{octets:?} from {row:?}, {setting:?}: {got:?}; {expected:?}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_decoder_is_the_table_octet_by_octet() {
    bisimulation(DataDecoder::at).unwrap();
}

#[test]
fn the_search_may_begin_where_it_begins() {
    entries(&Table::read()).unwrap();
}

#[test]
fn the_decoder_is_the_table_for_several_octets_at_once() {
    calls_do_not_matter(DataDecoder::at).unwrap();
}

/// A decoder that goes by a table, for broken tables.
struct ByTable<'a> {
    walker: Walker<'a>,
    /// Whether it forgets at the end of a call that a CR came last.
    forgets_cr: bool,
}

impl Subject for ByTable<'_> {
    fn at(_: State, _: Setting, _: usize, _: u64) -> Self {
        unreachable!("made with its table")
    }

    fn feed(&mut self, octets: &[u8]) -> (usize, Vec<u8>) {
        let fed = self.walker.feed(octets);
        if self.forgets_cr && self.walker.state.row == Row::Cr {
            self.walker.state.row = Row::Line;
        }
        fed
    }

    fn state(&self) -> State {
        self.walker.state
    }

    fn counters(&self) -> (usize, u64) {
        (self.walker.line, self.walker.octets)
    }
}

fn by_table<'t>(table: &'t Table, forgets_cr: bool) -> impl Fn(State, Setting, usize, u64) -> ByTable<'t> {
    move |state, setting, line, octets| ByTable { walker: Walker { table, setting, state, line, octets }, forgets_cr }
}

#[test]
fn broken_decoders_are_found_out() {
    let table = Table::read();
    bisimulation(by_table(&table, false)).unwrap();

    let note = |irregularity| Act::Note(irregularity);
    let broken = [
        ("LF . LF ends", table.with(Row::Dot, Class::Lf, &[], Row::End)),
        (
            "a bare LF ends a line",
            table.with(Row::Line, Class::Lf, &[note(Irregularity::BareLf), Act::GiveOctet], Row::Start),
        ),
        (
            "a bare CR ends a line",
            table.with(Row::Cr, Class::Dot, &[note(Irregularity::BareCr), Act::GiveCr], Row::Dot),
        ),
        ("CRLF . CR CR LF ends", table.with(Row::DotCr, Class::Cr, &[], Row::DotCr)),
        ("a dot and a CR end", table.with(Row::Dot, Class::Cr, &[], Row::End)),
        ("NUL is dropped", table.with(Row::Start, Class::Nul, &[], Row::Start)),
        ("NUL behind the dot is dropped", table.with(Row::Dot, Class::Nul, &[], Row::Dot)),
        ("the dot at the start of a line is kept", table.with(Row::Start, Class::Dot, &[Act::GiveOctet], Row::Line)),
        ("two dots at the start of a line are dropped", table.with(Row::Dot, Class::Dot, &[], Row::Line)),
        ("a dot within a line is dropped", table.with(Row::Line, Class::Dot, &[], Row::Line)),
        ("a bare LF is not told", table.with(Row::Line, Class::Lf, &[Act::GiveOctet], Row::Line)),
        ("the CR of a CRLF is dropped", table.with(Row::Cr, Class::Lf, &[Act::GiveOctet], Row::Start)),
    ];
    for (name, broken) in &broken {
        assert!(bisimulation(by_table(broken, false)).is_err(), "{name} was not found out");
    }
    assert!(bisimulation(by_table(&table, true)).is_err(), "a CR that is forgotten between calls was not found out");

    let start_is_not_line = table.with(Row::Start, Class::Lf, &[], Row::Start);
    assert!(entries(&start_is_not_line).is_err());
}

/// One decoder that is right octet by octet, and looks for the end in a call of its own way: the classic fast path.
struct FindsEnd(DataDecoder);

impl Subject for FindsEnd {
    fn at(state: State, setting: Setting, line: usize, octets: u64) -> Self {
        Self(DataDecoder::at(state, setting, line, octets))
    }

    fn feed(&mut self, octets: &[u8]) -> (usize, Vec<u8>) {
        match octets.windows(3).position(|window| window == b"\n.\n") {
            Some(at) => {
                let (_, out) = self.0.feed(&octets[..=at]);
                self.0.place = Place::End;
                (at + 3, out)
            }
            None => self.0.feed(octets),
        }
    }

    fn state(&self) -> State {
        self.0.state()
    }

    fn counters(&self) -> (usize, u64) {
        self.0.counters()
    }
}

#[test]
fn a_fast_path_that_ends_elsewhere_is_found_out() {
    bisimulation(FindsEnd::at).unwrap();
    assert!(calls_do_not_matter(FindsEnd::at).is_err());
}
