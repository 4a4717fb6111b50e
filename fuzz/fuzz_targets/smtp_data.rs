//! DATA both ways: the decoder says what naive code says, for any chunks; what the encoder writes comes back, and has one end.
#![no_main]

use passerelle::smtp::data::{
    DataDecoder, DataEncoder, DataEnd, DecodePolicy, EncodePolicy, IrregularPolicy, Progress,
};
use passerelle_fuzz::chunks::{chunks, sizes_and_text};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((sizes, octets)) = sizes_and_text(input) else { return };
    // Long runs, for what looks at many octets at a time.
    let long = [&b"a line that goes on\r\n".repeat(sizes.len())[..], octets].concat();
    for octets in [octets, &long] {
        let keep = decode(octets, sizes, IrregularPolicy::Keep);
        assert_eq!(keep, naive(octets));
        let refuse = decode(octets, sizes, IrregularPolicy::Refuse);
        assert_eq!(refuse.is_some(), keep.is_some());
        if let (Some((kept, end, used)), Some((refused, same_end, same_used))) = (keep, refuse) {
            assert!(kept.starts_with(&refused) && (end, used) == (same_end, same_used));
            assert_eq!(end.irregularity.is_none(), kept == refused);
        }
        round_trip(octets, sizes);
    }
});

fn decode(octets: &[u8], sizes: &[u8], irregular: IrregularPolicy) -> Option<(Vec<u8>, DataEnd, usize)> {
    let mut decoder = DataDecoder::new(DecodePolicy { irregular, line_limit: None });
    let (mut out, mut used) = (Vec::new(), 0);
    for chunk in chunks(octets, sizes) {
        let mut rest = chunk;
        let progress = decoder.decode(&mut rest, &mut out);
        used += chunk.len() - rest.len();
        match progress {
            Progress::Done(end) => return Some((out, end, used)),
            Progress::More => assert!(rest.is_empty()),
        }
    }
    None
}

/// The same from the whole of the octets: the first line that is one dot ends it, and other lines lose a dot at the front.
fn naive(octets: &[u8]) -> Option<(Vec<u8>, DataEnd, usize)> {
    use passerelle::smtp::Irregularity::{BareCr, BareLf, Nul};
    let (mut out, mut rest) = (Vec::new(), octets);
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, behind) = rest.split_at(end);
        rest = &behind[2..];
        if line == b"." {
            let at = |index: usize| out.get(index).copied();
            let irregularity = (0..out.len()).find_map(|index| match out[index] {
                0 => Some(Nul),
                b'\r' if at(index + 1) != Some(b'\n') => Some(BareCr),
                b'\n' if index == 0 || out[index - 1] != b'\r' => Some(BareLf),
                _ => None,
            });
            let eight_bit = out.iter().any(|octet| *octet > 127);
            let end = DataEnd { octets: out.len() as u64, irregularity, line_too_long: false, eight_bit };
            return Some((out, end, octets.len() - rest.len()));
        }
        out.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    None
}

fn round_trip(octets: &[u8], sizes: &[u8]) {
    for policy in [EncodePolicy::Refuse, EncodePolicy::Repair] {
        let (mut encoder, mut wire) = (DataEncoder::new(policy), Vec::new());
        let said = chunks(octets, sizes).try_for_each(|chunk| encoder.push(chunk, &mut wire));
        let said = said.and_then(|()| encoder.finish(&mut wire));
        // No receiver finds an end before the end, even if it drops NUL and takes CR and LF for line ends of their own.
        let lenient: Vec<u8> = wire.iter().map(|octet| if *octet == b'\r' { b'\n' } else { *octet }).collect();
        let lenient = [b"\n", &lenient[..]].concat();
        let ends = lenient.windows(3).filter(|window| window == b"\n.\n").count();
        assert_eq!(ends, usize::from(said.is_ok()));
        assert!(!wire.contains(&0));
        if said.is_err() {
            assert!(policy == EncodePolicy::Refuse || octets.contains(&0));
            continue;
        }
        let (message, end, used) = decode(&wire, &[], IrregularPolicy::Refuse).expect("it was ended");
        assert_eq!((end.irregularity, used), (None, wire.len()));
        if policy == EncodePolicy::Refuse {
            let is_ended = octets.is_empty() || octets.ends_with(b"\r\n");
            assert_eq!(message, [octets, if is_ended { b"" } else { b"\r\n" }].concat());
        }
    }
}
