//! End-of-data look-alikes never end a message, in whatever way they are cut into chunks.

use passerelle::smtp::data::{
    BdatEncoder, DataDecoder, DataEncoder, DecodePolicy, EncodePolicy, IrregularPolicy, Progress,
};

use crate::support::suite;

/// What follows an end of data that is none: if a decoder stops before, the dialogue behind is smuggled in.
const SMUGGLED: &[u8] =
    b"MAIL FROM:<admin@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nFrom: x\r\n\r\nx\r\n.\r\n";

fn payloads() -> Option<Vec<Vec<u8>>> {
    let text = std::fs::read_to_string(suite("smuggling")?.join("payloads.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let union = json["union"].as_array().unwrap();
    assert_eq!(union.len(), 12);
    Some(union.iter().map(|payload| payload.as_str().unwrap().as_bytes().to_vec()).collect())
}

/// Decodes the octets cut at these places; where the end was, what came out, and what was said of it.
fn decode(octets: &[u8], cuts: [usize; 2], irregular: IrregularPolicy) -> Option<(usize, Vec<u8>, bool)> {
    let mut decoder = DataDecoder::new(DecodePolicy { irregular, line_limit: None });
    let mut out = Vec::new();
    let chunks = [(0, cuts[0]), (cuts[0], cuts[1]), (cuts[1], octets.len())];
    for (from, to) in chunks {
        let mut input = &octets[from..to];
        if let Progress::Done(end) = decoder.decode(&mut input, &mut out) {
            return Some((to - input.len(), out, end.irregularity.is_some()));
        }
        assert!(input.is_empty());
    }
    None
}

#[test]
fn look_alikes_do_not_end_a_message() {
    for payload in payloads().into_iter().flatten() {
        let message = [b"Subject: x\r\n\r\nfirst", &payload[..], SMUGGLED].concat();
        let wire = [&message[..], b"\r\nQUIT\r\n"].concat();
        for first in 0..=wire.len() {
            for second in [first, (first + 1).min(wire.len()), (first + 2).min(wire.len()), wire.len()] {
                for policy in [IrregularPolicy::Refuse, IrregularPolicy::Keep] {
                    let (end, out, is_irregular) = decode(&wire, [first, second], policy).unwrap();
                    let case = format!("{payload:?} cut at {first} and {second}, {policy:?}");
                    // The message ends where SMUGGLED has the first true end of data.
                    assert_eq!(end, message.len(), "{case}");
                    assert!(is_irregular, "{case}");
                    if policy == IrregularPolicy::Keep {
                        assert!(out.ends_with(&SMUGGLED[..SMUGGLED.len() - b".\r\n".len()]), "{case}");
                    }
                }
            }
        }
    }
}

/// Where a receiver that is as lenient as any that was ever seen would find an end of data: NUL is dropped, and any of CR, LF,
/// CRLF ends a line, several CR before an LF too.
fn lenient_end(wire: &[u8]) -> Option<usize> {
    let is_line_end = |octet: u8| octet == b'\r' || octet == b'\n';
    let octets: Vec<(usize, u8)> = wire.iter().copied().enumerate().filter(|&(_, octet)| octet != 0).collect();
    (0..octets.len()).find_map(|index| {
        let is_start = index == 0 || is_line_end(octets[index - 1].1);
        let is_dot = octets[index].1 == b'.';
        let behind = octets.get(index + 1)?;
        (is_start && is_dot && is_line_end(behind.1)).then_some(octets[index].0)
    })
}

#[test]
fn the_encoder_never_sends_one() {
    for payload in payloads().into_iter().flatten() {
        let message = [b"Subject: x\r\n\r\nfirst", &payload[..], SMUGGLED].concat();
        for cut in 0..=message.len() {
            let (first, second) = message.split_at(cut);
            let mut wire = Vec::new();
            let mut refusing = DataEncoder::new(EncodePolicy::Refuse);
            let said = refusing.push(first, &mut wire).and_then(|()| refusing.push(second, &mut wire));
            assert!(said.is_err(), "{payload:?}");
            assert_eq!(refusing.finish(&mut wire), said, "a refused message is never ended");
            assert_eq!(lenient_end(&wire), None, "{payload:?}");

            let mut wire = Vec::new();
            let mut repairing = DataEncoder::new(EncodePolicy::Repair);
            let said = repairing.push(first, &mut wire).and_then(|()| repairing.push(second, &mut wire));
            let said = said.and_then(|()| repairing.finish(&mut wire));
            match payload.contains(&0) {
                true => assert_eq!((said.is_err(), lenient_end(&wire)), (true, None), "{payload:?}"),
                false => assert_eq!(lenient_end(&wire), Some(wire.len() - b".\r\n".len()), "{payload:?}"),
            }
        }
    }
}

/// In BDAT nothing marks an end, but a relay behind may speak DATA: irregular octets are refused or repaired there too.
#[test]
fn chunks_of_bdat_have_no_irregular_octets() {
    for payload in payloads().into_iter().flatten() {
        let message = [b"first", &payload[..], b"second"].concat();
        let mut out = Vec::new();
        assert!(BdatEncoder::new(EncodePolicy::Refuse).push(&message, &mut out).is_err());
        let mut repairing = BdatEncoder::new(EncodePolicy::Repair);
        out.clear();
        let said = repairing.push(&message, &mut out).and_then(|()| repairing.finish(&mut out));
        assert_eq!(said.is_err(), payload.contains(&0));
        if said.is_ok() {
            let without = String::from_utf8(out).unwrap().replace("\r\n", "");
            assert!(!without.contains(['\r', '\n']), "{payload:?}");
        }
        let mut binary = BdatEncoder::binary();
        let mut out = Vec::new();
        binary.push(&message, &mut out).and_then(|()| binary.finish(&mut out)).unwrap();
        assert_eq!(out, message);
    }
}
