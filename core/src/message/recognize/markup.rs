//! HTML, XML and JSON, by their first octets that are not white space.

use super::FileKind;

pub(super) fn of(head: &[u8]) -> Option<(FileKind, &'static str)> {
    let text = head.trim_ascii_start();
    match text {
        [b'<', rest @ ..] => of_tag(rest),
        [b'{', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}') | None).then_some(JSON),
        // `[Bank] Dear customer` is none, and a list of no octets is.
        [b'[', rest @ ..] => {
            matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']' | b'0'..=b'9')).then_some(JSON)
        }
        _ => None,
    }
}

const JSON: (FileKind, &str) = (FileKind::Json, "JSON, and perhaps a transcript of DNS answers");

/// `rest` is what follows `<`.
fn of_tag(rest: &[u8]) -> Option<(FileKind, &'static str)> {
    let end = rest.iter().position(|octet| !is_tag_octet(*octet)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    // `<ann@a.example>` and `<2026…@a.example>` are no tags.
    if name.is_empty() || !matches!(behind.first(), Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'?') | None) {
        return None;
    }
    Some(match () {
        () if is("svg") => (FileKind::Image, "an SVG picture"),
        () if is("?xml") => (FileKind::WebPage, "XML, and perhaps a saved web page"),
        () => (FileKind::WebPage, "a saved web page (HTML)"),
    })
}

fn is_tag_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'?' | b'-' | b':')
}
