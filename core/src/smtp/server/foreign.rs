//! Lines of protocols that are not SMTP.
//!
//! A web page can make a browser connect anywhere and say much of what it likes in the body of a request; who answers the
//! request's lines with 500 and reads on will find commands there. So a line of such a request ends the session wherever it comes, and
//! the first line does when it is another protocol's: the ports of all of them are confused, on purpose or not.

use crate::smtp::line::LineReader;

/// The methods of requests (RFC 9110 §9, RFC 5789), and the preface of HTTP/2 (RFC 9113 §3.4). None is a command of SMTP.
const METHODS: [&str; 10] = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "CONNECT", "TRACE", "PRI"];

/// Their first four octets; a blank ends those of three.
const METHODS_CUT: [&[u8; 4]; 10] =
    [b"GET ", b"POST", b"PUT ", b"HEAD", b"OPTI", b"DELE", b"PATC", b"CONN", b"TRAC", b"PRI "];

/// Fields that requests have and mail has not. They are seen where the request itself was not.
const FIELDS: [&str; 3] = ["Host:", "User-Agent:", "Content-Length:"];

/// How the first lines of other protocols begin, and what they are called. Case does not matter.
const BEGINNINGS: [(&str, &str); 18] = [
    ("SSH-", "SSH"),
    ("<", "XML"),
    ("*", "Redis"),
    ("PING", "Redis"),
    ("PROXY ", "a PROXY header"),
    ("DESCRIBE ", "RTSP"),
    ("REGISTER ", "SIP"),
    ("INVITE ", "SIP"),
    ("MODE ", "NNTP"),
    ("NICK ", "IRC"),
    ("CAP ", "IRC"),
    ("USER ", "POP3 or FTP"),
    ("PASS ", "POP3 or FTP"),
    ("CAPA", "POP3"),
    ("STLS", "POP3"),
    ("AUTHENTICATE ", "ManageSieve"),
    ("FEAT", "FTP"),
    ("SYST", "FTP"),
];

/// What stands behind the tag in the first command of an IMAP client (RFC 9051 §6).
const IMAP: [&str; 5] = ["CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID"];

/// The first four letters of the commands of SMTP that we know, carried out or not.
const COMMANDS: [&[u8; 4]; 24] = [
    b"EHLO", b"HELO", b"LHLO", b"MAIL", b"RCPT", b"DATA", b"BDAT", b"RSET", b"NOOP", b"VRFY", b"EXPN", b"HELP",
    b"QUIT", b"STAR", b"AUTH", b"XCLI", b"TURN", b"ETRN", b"ATRN", b"BURL", b"SEND", b"SOML", b"SAML", b"ONEX",
];

/// Of which other protocol a line is, if it is.
pub(super) fn of_line(line: &[u8], is_first: bool) -> Option<&'static str> {
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_ascii_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let last = words.next_back().unwrap_or(second);
    // A method may be any word (RFC 9110 §9.1), and so one of ours: `NOOP /x HTTP/1.1`.
    let is_field = FIELDS.iter().any(|field| first.eq_ignore_ascii_case(field));
    if METHODS.contains(&first) || is_version(last, "HTTP/") || is_field {
        return Some("HTTP");
    }
    if !is_first || COMMANDS.iter().any(|word| line.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(*word))) {
        return None;
    }
    let begins =
        |beginning: &str| line.get(..beginning.len()).is_some_and(|b| b.eq_ignore_ascii_case(beginning.as_bytes()));
    let versions = [("SIP/", "SIP"), ("RTSP/", "RTSP"), ("ICAP/", "ICAP")];
    let by_version = versions.iter().find(|(version, _)| is_version(last, version)).map(|&(_, name)| name);
    by_version
        .or_else(|| BEGINNINGS.iter().find(|(beginning, _)| begins(beginning)).map(|&(_, name)| name))
        .or_else(|| IMAP.iter().any(|word| second.eq_ignore_ascii_case(word)).then_some("IMAP"))
}

/// Of which other protocol a line is that was refused, or will be, for its octets or its length; its first four are known.
pub(super) fn of_refused_line(lines: &LineReader, is_first: bool, is_too_long: bool) -> Option<&'static str> {
    let is = |words: &[&[u8; 4]]| words.iter().any(|word| lines.refused_line_is(word));
    if is(&METHODS_CUT) {
        return Some("HTTP");
    }
    // A request may have any method, and be of any length.
    (is_first && is_too_long && !is(&COMMANDS)).then_some("another protocol")
}

/// Of which binary protocol the first octet is, if it is: no command begins with a control character, or outside ASCII.
pub(super) fn of_octet(first: u8) -> Option<&'static str> {
    match first {
        0x16 | 0x80 => Some("TLS"), // a record with a ClientHello; one of SSL 2.0
        4 | 5 => Some("SOCKS"),
        b'\t' | b'\r' | b'\n' | b' '..=b'~' => None,
        _ => Some("a binary protocol"),
    }
}

/// `HTTP/` and a digit.
fn is_version(word: &str, name: &str) -> bool {
    let (start, rest) = word.split_at_checked(name.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(name) && rest.starts_with(|c: char| c.is_ascii_digit())
}
