//! Files that are taken for messages: what each is, and what is taken out.
#![no_main]

use passerelle::limits::{MAX_FILE_HEAD, MAX_MBOX_LINE};
use passerelle::message::{Extraction, FileKind, Mbox, carried, recognize};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [size, file @ ..] = input else { return };
    let found = recognize(file);
    assert_eq!(found.is_message(), found.advice.is_empty());
    assert!(found.is_message() || !found.why.is_empty());
    if !file.starts_with(b"From ") && !file.starts_with(b"\xef\xbb\xbfFrom ") {
        assert_eq!(recognize(&file[..file.len().min(MAX_FILE_HEAD)]), found);
    }
    // Where a message is said to be in it, one comes out, and what comes out of a byte order mark or UTF-16 is one or holds one.
    let taken = Extraction::from(found.kind, 1).map(|way| same_in_chunks(way, file, *size));
    assert_eq!(taken.is_some(), found.kind.holds_message());
    if let Some(taken) = taken {
        assert!(!taken.is_empty());
        if matches!(found.kind, FileKind::ByteOrderMark) {
            let inside = recognize(&taken);
            assert!(inside.is_message() || inside.kind.holds_message());
        }
    }
    // The others have to stand any octets as well.
    for kind in [FileKind::Utf16, FileKind::Emlx, FileKind::Indented, FileKind::Mbox] {
        let way = Extraction::from(kind, 2).expect("a way");
        let taken = same_in_chunks(way, file, *size);
        // UTF-16 of two octets can take three in UTF-8.
        assert!(taken.len() <= 2 * file.len() + 3);
    }
    let inside = same_in_chunks(Extraction::of_carried(), file, *size);
    assert!(inside.len() <= file.len());
    let _ = carried(file);
    messages_are_all_but_separators(file);
});

fn same_in_chunks(way: Extraction, file: &[u8], size: u8) -> Vec<u8> {
    let (mut whole, mut in_chunks) = (Vec::new(), Vec::new());
    let mut at_once = way.clone();
    at_once.push(file, &mut whole);
    at_once.finish(&mut whole);
    let mut way = way;
    file.chunks(usize::from(size).max(1)).for_each(|chunk| way.push(chunk, &mut in_chunks));
    way.finish(&mut in_chunks);
    assert_eq!(whole, in_chunks);
    whole
}

fn messages_are_all_but_separators(file: &[u8]) {
    let (mut mbox, mut octets, mut last) = (Mbox::new(), 0, 0);
    let mut take = |number: u64, part: &[u8]| {
        assert!(number == last || number > last);
        last = number;
        octets += part.len();
    };
    mbox.push(file, &mut take);
    mbox.finish(&mut take);
    assert!(file.len() - octets <= mbox.messages() as usize * MAX_MBOX_LINE);
}
