//! What a server says: the same replies for any chunks and as naive code reads them, what was read can be written and read
//! again, and so can what a server offers.
#![no_main]

use passerelle::limits;
use passerelle::smtp::{Capabilities, Reply, ReplyError, ReplyReader};
use passerelle_fuzz::chunks::{chunks, sizes_and_text};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((sizes, text)) = sizes_and_text(input) else { return };
    let whole = read(text, &[]);
    assert_eq!(whole, read(text, sizes), "chunks have a say");
    let replies: Vec<&Reply> = whole.iter().filter_map(|read| read.as_ref().ok()).collect();
    for (reply, (code, lines)) in replies.iter().zip(naive(text)) {
        assert_eq!(reply.code, code);
        assert_eq!(reply.lines.len(), lines.len());
        // A line's text is what naive code found, or that without an enhanced status code.
        assert!(reply.lines.iter().zip(&lines).all(|(ours, naive)| naive.ends_with(ours.as_str())));
    }
    replies.into_iter().for_each(check);
});

fn read(text: &[u8], sizes: &[u8]) -> Vec<Result<Reply, ReplyError>> {
    let mut reader = ReplyReader::new();
    let mut found = Vec::new();
    for mut chunk in chunks(text, sizes) {
        while let Some(read) = reader.read(&mut chunk) {
            let failed = read.is_err();
            found.push(read);
            if failed {
                return found;
            }
        }
        assert!(chunk.is_empty());
    }
    found
}

/// Codes and texts of the replies at the front of `text`, as far as all is well.
fn naive(text: &[u8]) -> Vec<(u16, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = Vec::new();
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(code) = line.get(..3).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()) else { break };
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
        lines.push(text.replace(char::is_control, " "));
        if line.get(3) != Some(&b'-') {
            found.push((code, std::mem::take(&mut lines)));
        }
    }
    found
}

fn check(reply: &Reply) {
    assert!((200..=599).contains(&reply.code) && !reply.lines.is_empty());
    assert!(reply.enhanced.is_none_or(|enhanced| u16::from(enhanced.class) == reply.code / 100));
    let mut wire = Vec::new();
    reply.write(&mut wire);
    // What was no UTF-8 has become longer.
    let fits = wire.len() <= limits::MAX_REPLY_SIZE
        && wire.split(|octet| *octet == b'\n').all(|line| line.len() < limits::MAX_REPLY_LINE);
    if fits {
        assert_eq!(ReplyReader::new().read(&mut &wire[..]), Some(Ok(reply.clone())));
    }

    let offered = Capabilities::parse(reply);
    let lines = [vec![offered.name.clone()], offered.lines()].concat();
    let again = Capabilities::parse(&Reply { code: 250, enhanced: None, lines });
    assert_eq!(again, offered);
    assert!(!offered.binary_mime || offered.chunking);
}
