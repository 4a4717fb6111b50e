//! Decoding what was encoded gives the message, for every message; and nothing on the wire ends it but the end.
//!
//! The encoder and the table of `decoder.md` are walked through together: from every pair of their states that can be reached, each
//! of the 256 octets is encoded, and the table decodes what came out. What one of them holds back is at most one CR, so the pairs
//! are few, and what holds for each step holds for every message. Several octets in one call are what they are one by one, since
//! the encoder skips by the same search as the decoder (`scan/proof.rs`).

use std::collections::HashSet;

use super::super::table::{Row, Table, strings};
use super::*;

/// What one octet, or the end, does to an encoder: the octets that come out, and whether it refuses.
type Step = (Place, Vec<u8>, Result<(), Irregularity>);

/// The encoder, or a broken one.
struct Coder {
    push: fn(EncodePolicy, Place, u8) -> Step,
    finish: fn(EncodePolicy, Place) -> Step,
}

const OURS: Coder = Coder { push, finish };

fn at(policy: EncodePolicy, place: Place) -> DataEncoder {
    DataEncoder { inner: Encoder { policy, doubles_dots: true, place, refused: None } }
}

fn push(policy: EncodePolicy, place: Place, octet: u8) -> Step {
    let (mut encoder, mut out) = (at(policy, place), Vec::new());
    let said = encoder.push(&[octet], &mut out);
    (encoder.inner.place, out, said)
}

fn finish(policy: EncodePolicy, place: Place) -> Step {
    let (mut encoder, mut out) = (at(policy, place), Vec::new());
    let said = encoder.finish(&mut out);
    (encoder.inner.place, out, said)
}

/// The state of both: where the encoder is, and where the table is that decodes what came out.
type Pair = (Place, Row);

fn comes_back(coder: &Coder, policy: EncodePolicy) -> Result<(), String> {
    let table = Table::read();
    let mut known: HashSet<(u8, Row)> = HashSet::new();
    let mut waiting: Vec<Pair> = vec![(Place::LineStart, Row::Start)];
    while let Some((place, row)) = waiting.pop() {
        if !known.insert((place as u8, row)) {
            continue;
        }
        for octet in 0..=u8::MAX {
            let case = format!("{octet:#04x} at {place:?}, {row:?}");
            let (next, out, said) = (coder.push)(policy, place, octet);
            let (given, then) = table.run(row, &out);
            if then == Row::End {
                return Err(format!("{case}: {out:?} ends the message"));
            }
            if said.is_err() {
                // Nothing follows a refusal, so that the end never comes.
                continue;
            }
            // What the message has up to here, and what has been given of it, each but for the CR that is held back.
            let held = |place: Place, row: Row| if place == Place::Cr || row == Row::Cr { &b"\r"[..] } else { b"" };
            let came = [held(place, row), &[octet]].concat();
            let accounted = [&given[..], held(next, then)].concat();
            if policy == EncodePolicy::Refuse && came != accounted {
                return Err(format!("{case}: {came:?} came, {accounted:?} is given"));
            }
            waiting.push((next, then));
        }

        let (_, out, said) = (coder.finish)(policy, place);
        let (given, then) = table.run(row, &out);
        let (_, before) = table.run(row, &out[..out.len().saturating_sub(1)]);
        match said {
            Ok(()) if then != Row::End || before == Row::End => {
                return Err(format!("the end at {place:?}, {row:?}: {out:?} leads to {then:?}"));
            }
            Ok(()) if given != if place == Place::LineStart { &b""[..] } else { b"\r\n" } => {
                return Err(format!("the end at {place:?}, {row:?}: {given:?} is added"));
            }
            Err(_) if then == Row::End => return Err(format!("the refused end at {place:?}: {out:?}")),
            _ => {}
        }
    }
    Ok(())
}

fn both(coder: &Coder) -> Result<(), String> {
    comes_back(coder, EncodePolicy::Refuse)?;
    comes_back(coder, EncodePolicy::Repair)
}

#[test]
fn decoding_after_encoding_is_the_identity() {
    both(&OURS).unwrap();
}

/// Nothing that looks like an end to a receiver of any kind: in what the encoder lets pass, a dot that begins a line is followed by
/// another, and each CR and LF is of a CRLF.
#[test]
fn no_line_on_the_wire_is_one_dot_but_the_last() {
    for octets in (0..=7).flat_map(strings) {
        let mut wire = Vec::new();
        let mut encoder = DataEncoder::new(EncodePolicy::Refuse);
        let said = encoder.push(&octets, &mut wire).and_then(|()| encoder.finish(&mut wire));
        let ends = [b"\r\n", &wire[..]].concat().windows(5).filter(|window| window == b"\r\n.\r\n").count();
        assert_eq!(ends, usize::from(said.is_ok()), "{octets:?}");
        let lone = (0..wire.len()).any(|at| match wire[at] {
            // A refused message is cut, at most behind the octet before the one that was refused.
            b'\r' => wire.get(at + 1).is_some_and(|octet| *octet != b'\n'),
            b'\n' => at == 0 || wire[at - 1] != b'\r',
            0 => true,
            _ => false,
        });
        assert!(!lone, "{octets:?}");
    }
}

/// One octet in a call or several: the same comes out.
#[test]
fn calls_do_not_matter() {
    for policy in [EncodePolicy::Refuse, EncodePolicy::Repair] {
        for octets in (0..=6).flat_map(strings) {
            let (mut at_once, mut one_by_one) = (Vec::new(), Vec::new());
            let (mut first, mut second) = (DataEncoder::new(policy), DataEncoder::new(policy));
            let said = first.push(&octets, &mut at_once);
            let pieces = octets.chunks(1).try_for_each(|octet| second.push(octet, &mut one_by_one));
            assert_eq!((said, at_once), (pieces, one_by_one), "{octets:?}");
        }
    }
}

/// The octets of BDAT are those of the message, but for the end of the last line.
#[test]
fn bdat_adds_no_dots() {
    for octets in (0..=6).flat_map(strings) {
        let (mut data, mut bdat) = (Vec::new(), Vec::new());
        let said = DataEncoder::new(EncodePolicy::Refuse).push(&octets, &mut data);
        assert_eq!(BdatEncoder::new(EncodePolicy::Refuse).push(&octets, &mut bdat), said);
        assert!(octets.starts_with(&bdat), "{octets:?}");
    }
}

#[test]
fn broken_encoders_are_found_out() {
    let broken: [(&str, Coder); 7] = [
        (
            "a dot at the start of a line is not doubled",
            Coder {
                push: |policy, place, octet| match (place, octet) {
                    (Place::LineStart, b'.') => (Place::Line, b".".to_vec(), Ok(())),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
        (
            "dots within a line are doubled",
            Coder {
                push: |policy, place, octet| match (place, octet) {
                    (Place::Line, b'.') => (Place::Line, b"..".to_vec(), Ok(())),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
        (
            "a bare LF passes",
            Coder {
                push: |policy, place, octet| match (place, octet) {
                    (Place::Line, b'\n') => (Place::LineStart, b"\n".to_vec(), Ok(())),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
        (
            "a bare CR is dropped",
            Coder {
                push: |policy, place, octet| match place {
                    Place::Cr if octet != b'\n' => push(policy, Place::Line, octet),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
        (
            "a repaired end of line is not the start of one",
            Coder {
                push: |policy, place, octet| match (policy, place, octet) {
                    (EncodePolicy::Repair, Place::Line, b'\n') => (Place::Line, b"\r\n".to_vec(), Ok(())),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
        ("the last line is not ended", Coder { finish: |_, place| (place, b".\r\n".to_vec(), Ok(())), ..OURS }),
        (
            "a refused message is ended",
            Coder {
                push: |policy, place, octet| match octet {
                    0 => (Place::Line, b"\r\n.\r\n".to_vec(), Err(Irregularity::Nul)),
                    _ => push(policy, place, octet),
                },
                ..OURS
            },
        ),
    ];
    for (name, coder) in broken {
        assert!(both(&coder).is_err(), "{name}: not found out");
    }
}
