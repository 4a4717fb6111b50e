//! The messages that are sent, each unlike any other, and whether one has arrived octet for octet.

use crate::report::Stop;

/// The field that tells messages apart. It comes first, so that whatever stands above it was added on the way.
const FIELD: &str = "X-Interop:";

/// What is peculiar about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// ASCII, with what could be mistaken: dots, empty lines, the longest line, white space at the end.
    Awkward,
    /// Every octet but NUL, CR and LF above an ordinary text: needs 8BITMIME.
    EightBit,
    /// UTF-8 in the header and in the addresses: needs SMTPUTF8.
    Utf8,
    /// 10 MB.
    Large,
    /// What a client makes a message of: one field, and a body that needs no encoding.
    Composed,
}

/// A message with CRLF at the end of each line.
pub(super) struct Message {
    pub(super) token: String,
    pub(super) octets: Vec<u8>,
}

impl Message {
    pub(super) fn new(token: &str, kind: Kind) -> Self {
        let mut octets = header(token, kind).into_bytes();
        octets.extend(body(kind));
        Self { token: token.to_owned(), octets }
    }

    /// The same with LF alone, as programs want it that take a message from a file of this system.
    pub(super) fn with_lf(&self) -> Vec<u8> {
        lf(&self.octets)
    }

    /// The field that tells it apart.
    pub(super) fn field(&self) -> String {
        format!("{FIELD} {}", self.token)
    }

    /// The body with LF alone.
    pub(super) fn body_with_lf(&self) -> Vec<u8> {
        split(&self.with_lf()).1.to_vec()
    }

    /// That without its last line end, for programs that end the last line themselves.
    pub(super) fn unended(&self) -> Vec<u8> {
        let mut octets = self.with_lf();
        octets.pop();
        octets
    }

    /// Whether this is what arrived: the body octet for octet, every header field once and in order, whatever others a
    /// server has added. A file with LF at its line ends is as good as one with CRLF.
    pub(super) fn arrived_as(&self, stored: &[u8]) -> Result<(), Stop> {
        let (sent, stored) = (lf(&self.octets), lf(stored));
        let (sent_header, sent_body) = split(&sent);
        let (stored_header, stored_body) = split(&stored);
        if sent_body != stored_body {
            return Err(difference(sent_body, stored_body));
        }
        let stored_fields = fields(stored_header);
        let mut place = 0;
        for field in fields(sent_header) {
            let count = stored_fields.iter().filter(|stored| **stored == field).count();
            let found = stored_fields.iter().skip(place).position(|stored| *stored == field);
            match (found, count) {
                (Some(found), 1) => place += found + 1,
                _ => {
                    return Err(Stop::Failed(format!(
                        "the header field {:?} is there {count} times, or out of order",
                        String::from_utf8_lossy(field)
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The token in a stored message, if it is one of ours.
pub(super) fn token(stored: &[u8]) -> Option<String> {
    let stored = &stored[..stored.len().min(200_000)];
    let line = stored.split(|&octet| octet == b'\n').find(|line| line.starts_with(FIELD.as_bytes()))?;
    Some(String::from_utf8_lossy(&line[FIELD.len()..]).trim().to_owned())
}

fn header(token: &str, kind: Kind) -> String {
    if kind == Kind::Composed {
        return format!("{FIELD} {token}\r\n\r\n");
    }
    let (from, subject) = match kind {
        Kind::Utf8 => ("Zoë <zoë@sender.test>", "Grüße, приве́т, こんにちは"),
        _ => ("Ann Other <ann@sender.test>", "a message for a peer"),
    };
    let encoding = if matches!(kind, Kind::EightBit | Kind::Utf8) { "8bit" } else { "7bit" };
    format!(
        "{FIELD} {token}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nFrom: {from}\r\nTo: recipients:;\r\n\
         Message-ID: <{token}@sender.test>\r\nSubject: {subject}\r\nX-Folded: one\r\n two\r\n\tthree\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
}

fn body(kind: Kind) -> Vec<u8> {
    let mut body = Vec::new();
    match kind {
        Kind::Awkward => {
            body.extend_from_slice(
                b".\r\n..\r\n.a line\r\n. \r\n\r\nFrom here on\r\n>From there\r\nspaces   \r\n\ttab\t\r\n",
            );
            // RFC 5321 §4.5.3.1.6: 1,000 octets with the CRLF.
            body.extend(std::iter::repeat_n(b'x', 998));
            body.extend_from_slice(b"\r\nQUIT\r\n.\r\n250 ok\r\n\r\n\r\n");
        }
        Kind::EightBit => {
            body.extend_from_slice("Grüße\r\n".as_bytes());
            body.extend((1..=255u8).filter(|octet| !b"\r\n".contains(octet)));
            body.extend_from_slice(b"\r\n");
        }
        Kind::Utf8 => body.extend_from_slice("Всё в порядке.\r\n.\r\n".as_bytes()),
        Kind::Composed => body.extend_from_slice(b".\r\n..\r\n.a line\r\n\r\nQUIT\r\nthe end\r\n"),
        Kind::Large => {
            let mut line = 0u32;
            while body.len() < 10_000_000 {
                // Lines that differ, so that none can be lost or repeated unnoticed, one in seven with a dot first.
                let dot = if line.is_multiple_of(7) { "." } else { "" };
                body.extend_from_slice(
                    format!("{dot}{line:08} {:>64}\r\n", line.wrapping_mul(2_654_435_761)).as_bytes(),
                );
                line += 1;
            }
        }
    }
    body
}

fn lf(octets: &[u8]) -> Vec<u8> {
    let mut without = Vec::with_capacity(octets.len());
    for (place, &octet) in octets.iter().enumerate() {
        if octet != b'\r' || octets.get(place + 1) != Some(&b'\n') {
            without.push(octet);
        }
    }
    without
}

/// Header and body of a message with LF at its line ends.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(2).position(|pair| pair == b"\n\n") {
        Some(place) => (&message[..=place], &message[place + 2..]),
        None => (message, &[]),
    }
}

/// The fields with their continuation lines.
fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (place, octet) in header.iter().enumerate() {
        let ends = *octet == b'\n' && !matches!(header.get(place + 1), Some(b' ' | b'\t'));
        if ends {
            fields.push(&header[start..place]);
            start = place + 1;
        }
    }
    fields
}

fn difference(sent: &[u8], stored: &[u8]) -> Stop {
    let place = sent.iter().zip(stored).position(|(a, b)| a != b).unwrap_or(sent.len().min(stored.len()));
    let near = |text: &[u8]| {
        let end = text.len().min(place + 30);
        String::from_utf8_lossy(&text[place.saturating_sub(10).min(end)..end]).into_owned()
    };
    Stop::Failed(format!(
        "the body differs from octet {place} on, {} sent and {} stored: {:?} sent, {:?} stored",
        sent.len(),
        stored.len(),
        near(sent),
        near(stored)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(message: &Message, change: impl Fn(String) -> String) -> Result<(), Stop> {
        let text = String::from_utf8(message.octets.clone()).unwrap();
        message.arrived_as(change(text).as_bytes())
    }

    #[test]
    fn what_a_server_adds_is_no_difference() {
        let message = Message::new("t1", Kind::Awkward);
        stored(&message, |text| text).unwrap();
        stored(&message, |text| format!("Received: from a\r\n\tby b\r\n{text}")).unwrap();
        stored(&message, |text| text.replace("\r\n", "\n")).unwrap();
        assert_eq!(token(&message.octets).as_deref(), Some("t1"));
    }

    #[test]
    fn what_a_server_loses_or_changes_is() {
        let message = Message::new("t1", Kind::Awkward);
        let changes: [(&str, &str); 6] = [
            ("\r\n..\r\n", "\r\n.\r\n"),
            ("spaces   ", "spaces"),
            ("ok\r\n\r\n\r\n", "ok\r\n\r\n"),
            ("From here", ">From here"),
            ("Subject: a", "Subject: A"),
            ("\r\n two\r\n", " two\r\n"),
        ];
        for (old, new) in changes {
            assert!(stored(&message, |text| text.replacen(old, new, 1)).is_err(), "{old:?}");
        }
        assert!(stored(&message, |text| format!("X-Interop: t1\r\n{text}")).is_err(), "a field twice");
    }

    #[test]
    fn messages_keep_to_the_limits_of_their_kind() {
        for kind in [Kind::Awkward, Kind::EightBit, Kind::Utf8, Kind::Large] {
            let message = Message::new("t", kind);
            assert!(message.octets.split(|&octet| octet == b'\n').all(|line| line.len() <= 999));
            assert_eq!(message.octets.is_ascii(), matches!(kind, Kind::Awkward | Kind::Large));
        }
    }
}
