//! DATA in both directions, beside definitions that look at the whole of it at once.

use passerelle::smtp::Irregularity;
use passerelle::smtp::data::{
    BdatEncoder, DataDecoder, DataEncoder, DataEnd, DecodePolicy, EncodePolicy, IrregularPolicy, Progress,
};
use proptest::prelude::*;

use crate::{chunks, find, octets_and_cuts, split_lines};

/// The message, by RFC 5321 §4.1.1.4 and §4.5.2: it ends before the first line that is one dot, and of every other line that
/// begins with a dot that dot is dropped. With it, how many octets of the wire that took.
fn message_of(wire: &[u8]) -> Option<(Vec<u8>, usize)> {
    let from_line_end = [b"\r\n", wire].concat();
    let end = find(&from_line_end, b"\r\n.\r\n")?;
    let lines = split_lines(&wire[..end]);
    let plain: Vec<&[u8]> = lines.iter().map(|line| line.strip_prefix(b".").unwrap_or(line)).collect();
    Some((plain.join(&b"\r\n"[..]), end + b".\r\n".len()))
}

/// The first irregular octet and its place.
fn irregularity_of(message: &[u8]) -> Option<(usize, Irregularity)> {
    (0..message.len()).find_map(|at| match message[at] {
        0 => Some((at, Irregularity::Nul)),
        b'\r' if message.get(at + 1) != Some(&b'\n') => Some((at, Irregularity::BareCr)),
        b'\n' if at == 0 || message[at - 1] != b'\r' => Some((at, Irregularity::BareLf)),
        _ => None,
    })
}

/// Where the first line that is too long passes the limit.
fn overlong_of(message: &[u8], limit: usize) -> Option<usize> {
    let mut start = 0;
    for line in split_lines(message) {
        let end = (start + line.len() + 2).min(message.len());
        if end - start > limit {
            return Some(start + limit);
        }
        start = end;
    }
    None
}

fn decode(wire: &[u8], cuts: &[usize], policy: DecodePolicy) -> (Vec<u8>, Option<(DataEnd, usize)>) {
    let mut decoder = DataDecoder::new(policy);
    let (mut out, mut taken) = (Vec::new(), 0);
    for chunk in chunks(wire, cuts) {
        let mut input = chunk;
        let progress = decoder.decode(&mut input, &mut out);
        taken += chunk.len() - input.len();
        if let Progress::Done(end) = progress {
            assert_eq!(decoder.decode(&mut &b"more\r\n"[..], &mut out), Progress::Done(end), "the end stays the end");
            return (out, Some((end, taken)));
        }
        assert!(input.is_empty());
    }
    (out, None)
}

const KEEP: DecodePolicy = DecodePolicy { irregular: IrregularPolicy::Keep, line_limit: None };

#[test]
fn an_empty_message_ends_at_once() {
    for (wire, length) in [(&b".\r\n"[..], 0), (b"\r\n.\r\n", 2)] {
        let (out, end) = decode(wire, &[], DecodePolicy::default());
        let (end, taken) = end.unwrap();
        assert_eq!((out.len(), end.octets, taken), (length, length as u64, wire.len()));
        assert_eq!(end.irregularity, None);
    }
}

#[test]
fn a_dot_and_two_cr_end_nothing() {
    let (out, end) = decode(b"a\r\n.\r\r\nb\r\n.\r\n", &[], KEEP);
    assert_eq!(out, b"a\r\n\r\r\nb\r\n");
    assert_eq!(end.unwrap().0.irregularity, Some(Irregularity::BareCr));
}

#[test]
fn what_follows_the_end_is_left() {
    let mut input = &b"..a\r\n...\r\n.\r\nQUIT\r\n"[..];
    let mut out = Vec::new();
    let mut decoder = DataDecoder::new(DecodePolicy::default());
    assert!(matches!(decoder.decode(&mut input, &mut out), Progress::Done(DataEnd { octets: 8, .. })));
    assert_eq!((&out[..], input), (&b".a\r\n..\r\n"[..], &b"QUIT\r\n"[..]));
}

#[test]
fn a_discarded_message_is_read_to_its_end() {
    let mut decoder = DataDecoder::new(DecodePolicy::default());
    let mut out = Vec::new();
    let wire = b"first\r\nsecond\r\n.\r\nQUIT\r\n";
    decoder.decode(&mut &wire[..7], &mut out);
    decoder.discard();
    let mut input = &wire[7..];
    assert!(matches!(decoder.decode(&mut input, &mut out), Progress::Done(DataEnd { octets: 15, .. })));
    assert_eq!((&out[..], input), (&b"first\r\n"[..], &b"QUIT\r\n"[..]));
}

#[test]
fn an_added_dot_is_not_counted_in_a_line() {
    // RFC 5321 §4.5.3.1.6: 1000 octets, "not counting the leading dot duplicated for transparency".
    for (length, too_long) in [(998, false), (999, true)] {
        let wire = [b".", &vec![b'.'; length][..], b"\r\n.\r\n"].concat();
        let policy = DecodePolicy { line_limit: Some(1000), ..DecodePolicy::default() };
        assert_eq!(decode(&wire, &[], policy).1.unwrap().0.line_too_long, too_long);
    }
}

proptest! {
    #[test]
    fn kept_content_is_the_message((octets, cuts) in octets_and_cuts()) {
        let (out, end) = decode(&octets, &cuts, KEEP);
        let expected = message_of(&octets);
        prop_assert_eq!(end.is_some(), expected.is_some());
        if let (Some((end, taken)), Some((message, length))) = (end, expected) {
            prop_assert_eq!(taken, length);
            prop_assert_eq!(end.octets, message.len() as u64);
            prop_assert_eq!(end.eight_bit, !message.is_ascii());
            prop_assert_eq!(end.irregularity, irregularity_of(&message).map(|(_, found)| found));
            prop_assert_eq!(out, message);
        }
    }

    #[test]
    fn refused_content_is_cut_and_the_end_found((octets, cuts) in octets_and_cuts(), limit in prop::option::of(1..70_usize)) {
        let wire = [&octets[..], b"\r\n.\r\n"].concat();
        let (out, end) = decode(&wire, &cuts, DecodePolicy { irregular: IrregularPolicy::Refuse, line_limit: limit });
        let (end, taken) = end.unwrap();
        let (message, length) = message_of(&wire).unwrap();
        let irregularity = irregularity_of(&message);
        let overlong = limit.and_then(|limit| overlong_of(&message, limit));
        let cuts = [irregularity.map(|(at, _)| at), overlong, Some(message.len())];
        let kept = cuts.into_iter().flatten().min().unwrap();
        prop_assert_eq!(&out[..], &message[..kept]);
        prop_assert_eq!((taken, end.octets), (length, message.len() as u64));
        prop_assert_eq!(end.irregularity, irregularity.map(|(_, found)| found));
        let is_first = overlong.is_some_and(|at| irregularity.is_none_or(|(other, _)| at < other));
        prop_assert_eq!(end.line_too_long, is_first);
    }

    #[test]
    fn a_message_comes_back((octets, cuts) in octets_and_cuts()) {
        let mut wire = Vec::new();
        let mut encoder = DataEncoder::new(EncodePolicy::Refuse);
        let mut chunks = chunks(&octets, &cuts).into_iter();
        let said = chunks.try_for_each(|chunk| encoder.push(chunk, &mut wire)).and_then(|()| encoder.finish(&mut wire));
        prop_assert_eq!(said.err(), irregularity_of(&octets).map(|(_, found)| found));
        if said.is_ok() {
            let (message, end) = decode(&wire, &[], DecodePolicy::default());
            let is_ended = octets.is_empty() || octets.ends_with(b"\r\n");
            prop_assert_eq!(message, [&octets[..], if is_ended { b"" } else { b"\r\n" }].concat());
            prop_assert_eq!(end.unwrap().1, wire.len());
        } else {
            prop_assert_eq!(message_of(&wire), None);
        }
    }

    #[test]
    fn a_repaired_message_has_only_crlf((octets, cuts) in octets_and_cuts()) {
        let octets: Vec<u8> = octets.into_iter().filter(|&octet| octet != 0).collect();
        let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(octets.len())).collect();
        let lines = String::from_utf8_lossy(&octets).replace("\r\n", "\n").replace('\r', "\n");
        let mut expected = lines.replace('\n', "\r\n");
        if !expected.is_empty() && !expected.ends_with('\n') {
            expected.push_str("\r\n");
        }
        let (mut wire, mut plain) = (Vec::new(), Vec::new());
        let (mut data, mut bdat) = (DataEncoder::new(EncodePolicy::Repair), BdatEncoder::new(EncodePolicy::Repair));
        for chunk in chunks(&octets, &cuts) {
            data.push(chunk, &mut wire).unwrap();
            bdat.push(chunk, &mut plain).unwrap();
        }
        data.finish(&mut wire).unwrap();
        bdat.finish(&mut plain).unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&plain), &expected[..]);
        let (message, end) = decode(&wire, &[], DecodePolicy::default());
        prop_assert_eq!(String::from_utf8_lossy(&message), &expected[..]);
        prop_assert_eq!(end.unwrap().1, wire.len());
    }
}
