//! Header fields that mail has, by which a message is known.

/// Names of fields, in lower case and in order.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "authentication-results", "bcc", "cc", "comments", "date", "delivered-to", "delivery-date", "dkim-signature",
    "domainkey-signature", "envelope-to", "errors-to", "from", "importance", "in-reply-to", "keywords", "message-id",
    "mime-version", "newsgroups", "organization", "path", "precedence", "priority", "received", "received-spf",
    "references", "reply-to", "return-path", "return-receipt-to", "sender", "status", "subject", "thread-index",
    "thread-topic", "to", "user-agent",
];

/// Beginnings of names: trace and list fields, and what is not registered.
const BEGINNINGS: &[&str] = &["arc-", "auto-", "content-", "disposition-", "list-", "original-", "resent-", "x-"];

/// What the first paragraph of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderLines {
    /// It has a field of mail.
    OfMail,
    /// It is the header section of a web page in MIME (RFC 2557), as browsers save it.
    OfWebPage,
    /// It is what Outlook shows of a header section: `Sent:` stands for the Date field, and nothing is left of the trace.
    AsShown,
    /// It has none.
    None,
}

/// Looks at the lines up to the first empty one.
///
/// Where that does not come, because the header section is longer than what is looked at, any first field will do.
pub(super) fn header_lines(text: &[u8]) -> HeaderLines {
    let (mut of_mail, mut sent, mut trace, mut ended) = (false, false, false, false);
    let mut first = None;
    for line in text.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            ended = true;
            break;
        }
        let name = field_name(line);
        first.get_or_insert(name.is_some());
        let Some(name) = name.map(<[u8]>::to_ascii_lowercase) else { continue };
        let is = |names: &[&str]| names.iter().any(|other| other.as_bytes() == name);
        let is_saved_by = || memchr::memmem::find(line, b"<Saved by ").is_some();
        if is(&["snapshot-content-location"]) || (is(&["from"]) && is_saved_by()) {
            return HeaderLines::OfWebPage;
        }
        of_mail |= is(NAMES) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning.as_bytes()));
        sent |= is(&["sent"]);
        trace |= is(&["date", "received", "message-id", "dkim-signature", "return-path", "mime-version"]);
    }
    match () {
        () if of_mail && sent && !trace => HeaderLines::AsShown,
        () if of_mail || (!ended && text.len() > SHORT && first == Some(true)) => HeaderLines::OfMail,
        () => HeaderLines::None,
    }
}

/// Octets that a text has whose first paragraph may be a header section that goes on behind them. Shorter ones were
/// seen whole.
const SHORT: usize = crate::limits::MAX_FILE_HEAD / 2;

/// The name of the field that a line begins (RFC 5322 §2.2, with the blanks of §4.5.8).
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}
