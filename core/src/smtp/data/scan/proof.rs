//! What the search skips is what the table of `decoder.md` gives unchanged, for every input.
//!
//! The search looks at three octets at once. The proof goes from there to inputs of any length:
//!
//! 1. The predicate for one place tells no more of an octet than its class: shown over all 256³ triples.
//! 2. From a row in which the search may stand (`line`, `start` before anything but a dot, `cr` before an LF), a triple that is not
//!    special leads to such a row again, and what the table has given is what came, but for a CR held back. A triple that is special
//!    holds a NUL, a bare CR, a bare LF, or a dot behind a CRLF.
//! 3. The answer for a block is the OR of the predicate over its places, each with the two octets behind it.
//! 4. Where the search goes on behind a block it stands again as at the beginning: in a line or at the start of one before
//!    anything but a dot, behind no CR.
//! 5. The walk from line to line keeps the same; each of its decisions depends on three octets, so everything up to seven octets
//!    with every start and every bound shows it.

use super::super::table::{CLASSES, Class, Row, Table, strings};
use super::*;

/// The parts of the search, so that broken ones can stand in their place.
struct Search {
    special_at: fn(u8, u8, u8) -> u8,
    is_plain: fn(&[u8; SMALL + AHEAD]) -> bool,
    is_plain_large: fn(&[u8; LARGE + AHEAD]) -> bool,
    behind: fn(&[u8; SMALL + AHEAD]) -> usize,
    walk: fn(&[u8], usize, usize) -> Result<usize, usize>,
}

const OURS: Search = Search { special_at, is_plain, is_plain_large: is_plain, behind, walk };

/// Whether the search may stand in this row before this octet.
fn may_stand(row: Row, octet: Option<Class>) -> bool {
    match row {
        Row::Line => true,
        Row::Start => octet != Some(Class::Dot),
        Row::Cr => octet == Some(Class::Lf),
        Row::Dot | Row::DotCr | Row::End => false,
    }
}

impl Search {
    fn is_special(&self, octet: u8, next: u8, after: u8) -> bool {
        (self.special_at)(octet, next, after) != 0 || octet == 0
    }

    /// Step 1.
    fn predicate_knows_classes_only(&self) -> Result<(), String> {
        // Of each octet one of the same class, so that the innermost loop has little to do.
        let same: Vec<u8> = (0..=u8::MAX).map(|octet| Class::of(octet).octet()).collect();
        for (octet, &a) in (0..=u8::MAX).zip(&same) {
            for (next, &b) in (0..=u8::MAX).zip(&same) {
                let mut expected = [false; 256];
                for class in CLASSES {
                    expected[usize::from(class.octet())] = self.is_special(a, b, class.octet());
                }
                for (after, &c) in (0..=u8::MAX).zip(&same) {
                    if self.is_special(octet, next, after) != expected[usize::from(c)] {
                        return Err(format!("{octet:#04x} {next:#04x} {after:#04x} is not as its class is"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Step 2.
    fn predicate_is_the_table(&self, table: &Table) -> Result<(), String> {
        for triple in strings(3) {
            let [octet, next, after] = triple[..] else { unreachable!() };
            let class = Class::of(octet);
            let is_special = self.is_special(octet, next, after);
            let is_wanted = octet == 0
                || octet == b'\r' && next != b'\n'
                || octet != b'\r' && next == b'\n'
                || next == b'\n' && after == b'.';
            if is_special != is_wanted {
                return Err(format!("{triple:?}"));
            }
            for row in [Row::Line, Row::Start, Row::Cr].into_iter().filter(|row| may_stand(*row, Some(class))) {
                // An LF in first place is bare unless a CR stands before it; the place before, or the block's first octet, told that.
                if is_special || class == Class::Lf && row != Row::Cr {
                    continue;
                }
                let (given, then) = table.run(row, &[octet]);
                let came = if row == Row::Cr { vec![b'\r', octet] } else { vec![octet] };
                let is_held_back = then == Row::Cr && given.is_empty();
                // Of an LF in third place the next triple tells.
                if !(given == came || is_held_back) || !may_stand(then, Some(Class::of(next))) && then != Row::Start {
                    return Err(format!("{triple:?} from {row:?}: {given:?}, {then:?}"));
                }
                if then == Row::Start && next == b'.' {
                    // The place before saw CRLF and the dot.
                    if !self.is_special(b'\r', octet, next) {
                        return Err(format!("a dot behind {triple:?}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Step 3.
    fn block_is_the_or_of_its_places<const N: usize>(&self, is_plain: fn(&[u8; N]) -> bool) -> Result<(), String> {
        let plain = [b'x'; N];
        if !is_plain(&plain) {
            return Err("a plain block is special".to_owned());
        }
        let mut line_feed_first = plain;
        line_feed_first[0] = b'\n';
        if is_plain(&line_feed_first) {
            return Err("a bare LF in first place is plain".to_owned());
        }
        // Each reason for being special, and what is nearly one.
        let triples = [b"\0xx", b"\rxx", b"\r.x", b"x\nx", b"\n\nx", b"\r\n.", b"\r\nx", b"...", b"\x01\x0b\xff"];
        for place in 0..N - AHEAD {
            for triple in triples {
                let mut block = plain;
                block[place..place + 3].copy_from_slice(triple);
                // All other places are plain.
                let mut near = place.saturating_sub(2)..(place + 3).min(N - AHEAD);
                let places = near.any(|at| self.is_special(block[at], block[at + 1], block[at + 2]));
                if is_plain(&block) == (places || block[0] == b'\n') {
                    return Err(format!("{triple:?} at {place} of {N}"));
                }
            }
        }
        Ok(())
    }

    /// Step 4: by every end of a block, with every octet behind what was looked at.
    fn going_on_is_right(&self, table: &Table) -> Result<(), String> {
        let length = SMALL;
        for end in strings(5) {
            let mut block = [b'x'; SMALL + AHEAD];
            block[length - 2..].copy_from_slice(&end[..4]);
            if !(self.is_plain)(&block) {
                continue;
            }
            let stop = (self.behind)(&block);
            let octets = [&block[..], &end[4..]].concat();
            let (given, row) = table.run(Row::Line, &octets[..stop]);
            if given != octets[..stop] || row == Row::Cr || !may_stand(row, Some(Class::of(octets[stop]))) {
                return Err(format!("behind {end:?}: {stop}, {row:?}"));
            }
        }
        Ok(())
    }

    /// Step 5.
    fn walk_is_the_table(&self, table: &Table) -> Result<(), String> {
        for length in 0..=7 {
            for octets in strings(length) {
                let length = octets.len();
                // Where the search may have come to: the front, or any place that it has skipped to.
                let starts = (0..=length).filter(|&from| {
                    let (given, row) = table.run(Row::Line, &octets[..from]);
                    given == octets[..from]
                        && matches!(row, Row::Line | Row::Start)
                        && may_stand(row, octets.get(from).map(|o| Class::of(*o)))
                });
                for (from, until) in starts.flat_map(|from| (from..=length).map(move |until| (from, until))) {
                    let result = (self.walk)(&octets, from, until);
                    let (Ok(at) | Err(at)) = result;
                    let (given, row) = table.run(Row::Line, &octets[..at]);
                    let behind = octets.get(at).map(|octet| Class::of(*octet));
                    let is_right = given == octets[..at]
                        && row != Row::Cr
                        && match result {
                            Ok(at) => (at == until || at == until + 1) && may_stand(row, behind),
                            Err(at) => match behind {
                                Some(Class::Nul | Class::Lf) => true,
                                Some(Class::Cr) => octets.get(at + 1) != Some(&b'\n'),
                                Some(Class::Dot) => row == Row::Start,
                                Some(Class::Other) | None => false,
                            },
                        };
                    if !is_right {
                        return Err(format!("{octets:?} from {from} until {until}: {result:?}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn prove(&self) -> Result<(), String> {
        let table = Table::read();
        self.predicate_is_the_table(&table)?;
        self.block_is_the_or_of_its_places(self.is_plain)?;
        self.block_is_the_or_of_its_places(self.is_plain_large)?;
        self.going_on_is_right(&table)?;
        self.walk_is_the_table(&table)?;
        self.predicate_knows_classes_only()
    }
}

#[test]
fn what_the_search_skips_is_what_the_table_gives_unchanged() {
    OURS.prove().unwrap();
}

/// The answer for a block by the predicate, place by place, as broken parts want it.
fn by_places(block: &[u8], places: usize, special: fn(u8, u8, u8) -> u8) -> bool {
    let is_special = |at: usize| special(block[at], block[at + 1], block[at + 2]) != 0 || block[at] == 0;
    block[0] != b'\n' && !(0..places).any(is_special)
}

fn without_dot(octet: u8, next: u8, _: u8) -> u8 {
    special_at(octet, next, b'x')
}

fn without_bare_lf(octet: u8, next: u8, after: u8) -> u8 {
    if octet != b'\r' && next == b'\n' && after != b'.' { 0 } else { special_at(octet, next, after) }
}

fn with_one_octet_more(octet: u8, next: u8, after: u8) -> u8 {
    special_at(octet, next, after) | mask(octet == 3 && next == 2 && after == 1)
}

#[test]
fn broken_searches_are_found_out() {
    let broken: [(&str, Search); 9] = [
        (
            "the dot behind CRLF is not looked for",
            Search {
                special_at: without_dot,
                is_plain: |block| by_places(block, SMALL, without_dot),
                is_plain_large: |block| by_places(block, LARGE, without_dot),
                ..OURS
            },
        ),
        (
            "a bare LF is not looked for",
            Search {
                special_at: without_bare_lf,
                is_plain: |block| by_places(block, SMALL, without_bare_lf),
                is_plain_large: |block| by_places(block, LARGE, without_bare_lf),
                ..OURS
            },
        ),
        ("one triple of many is special", Search { special_at: with_one_octet_more, ..OURS }),
        (
            "the last place of a block is not looked at",
            Search { is_plain: |block| by_places(block, SMALL - 1, special_at), ..OURS },
        ),
        (
            "a NUL in a large block is not looked for",
            Search {
                is_plain_large: |block| is_plain(&block.map(|octet| if octet == 0 { b'x' } else { octet })),
                ..OURS
            },
        ),
        (
            "a bare LF in first place is plain",
            Search {
                is_plain: |block| is_plain(block) || block[0] == b'\n' && block[1..].iter().all(|octet| *octet == b'x'),
                ..OURS
            },
        ),
        ("the search goes on between CR and LF", Search { behind: |_| SMALL, ..OURS }),
        ("the search goes on one octet too late", Search { behind: |block| behind(block) + 1, ..OURS }),
        (
            "the walk does not look behind its bound",
            Search {
                walk: |octets, from, until| match walk(octets, from, until) {
                    Err(at) if at > until => Ok(at),
                    other => other,
                },
                ..OURS
            },
        ),
    ];
    for (name, search) in broken {
        assert!(search.prove().is_err(), "{name}: not found out");
    }
}
