//! What a header section shows: dates, encoded-words, addresses and hops of any octets.
#![no_main]

use passerelle::limits::{MAX_SHOWN_FIELDS, MAX_SHOWN_HOPS, MAX_SHOWN_TEXT};
use passerelle::message::{Face, Header};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let (header, body) = Header::split(message);
    let face = Face::of(&header);
    assert!(serde_json::from_str::<serde_json::Value>(&face.to_json()).is_ok());
    assert!(face.from.len() <= MAX_SHOWN_FIELDS && face.received.len() <= MAX_SHOWN_HOPS);
    assert!(!face.headers_only || body.is_empty());
    for named in face.from.iter().chain(&face.reply_to) {
        // No octet of a field is more than one character of three octets, and none of a character set takes more than that.
        assert!(named.text.len() <= 3 * MAX_SHOWN_TEXT);
        for mailbox in &named.mailboxes {
            let written = format!("From: <{}>\r\n\r\n", mailbox.address);
            let again = Face::of(&Header::split(written.as_bytes()).0);
            assert_eq!(again.from[0].mailboxes[0].domain, mailbox.domain);
        }
    }
    // The oldest first; a delay is the time since the last step that has one.
    let mut before = None;
    for (hop, field) in face.received.iter().zip((1..=face.received.len()).rev()) {
        assert_eq!(
            (hop.field, hop.delay),
            (field, hop.time.zip(before).map(|(time, before): (i64, i64)| time - before))
        );
        before = hop.time.or(before);
    }
});
