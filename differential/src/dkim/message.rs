//! Messages: plain ones with some oddities.

use crate::random::Random;

/// Fields as they stand in a message, each with its CRLF.
const FIELDS: &[&[u8]] = &[
    b"Subject: Lunch\r\n",
    b"SUBJECT:  two   spaces \t and a tab\t\r\n",
    b"Subject: folded\r\n\tonce\r\n  and twice\r\n",
    b"To: Ann <ann@example.net>, \"B. Ob\" <bob@example.org>\r\n",
    b"to:ann@example.net\r\n",
    b"Date: Mon, 6 Oct 2025 09:00:00 +0000\r\n",
    b"Message-ID: <1@example.com>\r\n",
    b"Received: from a.example by b.example; Mon, 6 Oct 2025 09:00:01 +0000\r\n",
    b"Received: from b.example\r\n by c.example; Mon, 6 Oct 2025 09:00:02 +0000\r\n",
    b"X-Empty:\r\n",
    b"X-Space: \r\n",
    b"X-Colon: a:b: c\r\n",
    b"X-Semicolon: b=1; b=2; d=example.org\r\n",
    b"MIME-Version: 1.0\r\n",
    b"Content-Type: text/plain;\r\n\tcharset=utf-8\r\n",
    b"List-Id: <list.example.com>\r\n",
    b"X_Under.Score!: %{d}\r\n",
];

/// Fields whose form is out of the ordinary, with what is odd.
const ODD_FIELDS: &[(&str, &[u8])] = &[
    ("field:space-before-colon", b"Subject : before the colon\r\n"),
    ("field:blank-continuation", b"Subject: blank\r\n \r\n\tlines\r\n"),
    ("field:blank-continuation", b"X-Blank: at the end\r\n \t \r\n"),
    ("field:folded-first", b"Subject:\r\n on the next line\r\n"),
    ("field:8-bit", b"Subject: caf\xe9 \xc3\xa9\r\n"),
    ("field:second-from", b"From: Eve <eve@example.org>\r\n"),
    ("field:long", b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
];

/// The header fields of a message; one of them is From.
pub(crate) fn fields(random: &mut Random, traits: &mut Vec<&'static str>) -> Vec<Vec<u8>> {
    let from: &[&[u8]] =
        &[b"From: Joe <joe@example.com>\r\n", b"from:  joe@example.com \r\n", b"From:\tJoe\r\n <joe@example.com>\r\n"];
    let mut fields = vec![random.pick(from).to_vec()];
    for _ in 0..random.below(7) {
        fields.insert(random.below(fields.len() + 1), random.pick(FIELDS).to_vec());
    }
    if random.one_in(8) {
        let (name, field) = *random.pick(ODD_FIELDS);
        traits.push(name);
        fields.insert(random.below(fields.len() + 1), field.to_vec());
    }
    fields
}

/// Pieces of which bodies are made.
const PIECES: &[&[u8]] = &[
    b"Hello,",
    b" ",
    b"  ",
    b"\t",
    b" \t ",
    b"\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b" \r\n",
    b"\t\r\n",
    b"word",
    b".",
    b"..\r\n",
    b"From here",
    b"=20",
    b"\xc3\xa9",
    b"0123456789012345678901234567890123456789012345678901234567890123456789",
];

/// Pieces that no text message should have, with what is odd.
const ODD_PIECES: &[(&str, &[u8])] = &[
    ("body:bare-lf", b"a\nb"),
    ("body:bare-cr", b"a\rb"),
    ("body:bare-cr", b"\r\r\n"),
    ("body:bare-lf", b"\n"),
    ("body:nul", b"a\0b"),
    ("body:other-space", b"a\x0b\x0cb \x0b\r\n"),
];

/// A body: of any length up to some hundred octets, with or without an end of line at its end.
pub(crate) fn body(random: &mut Random, traits: &mut Vec<&'static str>) -> Vec<u8> {
    let mut body = Vec::new();
    for _ in 0..random.below(24) {
        body.extend(*random.pick(PIECES));
    }
    if random.one_in(16) {
        let (name, piece) = *random.pick(ODD_PIECES);
        traits.push(name);
        // Not at the end, where it would matter whether it is an end of line.
        body.extend(piece);
        body.extend(b"end");
    }
    match random.below(8) {
        0 => {}
        1 => body.extend(b"\r\n\r\n\r\n"),
        2 => body.extend(b" \r\n"),
        _ => body.extend(b"\r\n"),
    }
    if !body.is_empty() && !body.ends_with(b"\r\n") {
        traits.push("body:no-final-crlf");
    }
    body
}
