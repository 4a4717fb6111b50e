//! The header section: lossless, the same in chunks of any size, and changed only where it is asked to be.
#![no_main]

use passerelle::message::{Header, HeaderReader};
use passerelle_fuzz::fuzz_target;

// The first octet is the size of the chunks.
fuzz_target!(|input: &[u8]| {
    let Some((chunk, message)) = input.split_first() else { return };
    let (header, body) = Header::split(message);

    let mut reader = HeaderReader::new();
    let mut used = 0;
    for chunk in message.chunks(usize::from(*chunk).max(1)) {
        used += reader.push(chunk);
    }
    assert_eq!(used, message.len() - body.len());
    assert_eq!(reader.finish(), header);

    if header.is_over_limit() {
        return;
    }
    assert_eq!([header.octets(), body].concat(), message);
    let mut octets: Vec<u8> = header.fields().flat_map(|field| field.raw().iter().copied()).collect();
    octets.extend_from_slice(header.separator());
    assert_eq!(octets, header.octets());

    // Without every other field: the others are as they were.
    let kept: Vec<_> = header.fields().step_by(2).collect();
    let mut index = 0;
    let fewer = header.without(|_| {
        index += 1;
        index % 2 == 0
    });
    if let Ok((fewer, dropped)) = fewer {
        assert_eq!(kept.len() + dropped, header.fields().len());
        assert!(fewer.fields().eq(kept));
    }
    if let Ok(more) = header.prepend(b"X-First: 1\r\n 2\r\n") {
        assert!(more.fields().skip(1).eq(header.fields()));
        assert_eq!(more.fields().next().map(|field| field.name()), Some(&b"X-First"[..]));
    }
});
