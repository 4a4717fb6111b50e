//! Where a domain owner wants reports: the URIs of `rua=` and `ruf=` (RFC 9989 §4.6, §4.8).

use std::fmt;

/// One reporting URI, as published, without the historic size limit behind `!`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReportUri(Box<str>);

impl ReportUri {
    /// The URIs of a list, in order. What is no URI is left out (RFC 9989 §4.8: syntax errors are ignored); the second
    /// number says how many that were.
    pub fn list(value: &[u8]) -> (Vec<Self>, usize) {
        let mut faulty = 0;
        let uris = value.split(|&b| b == b',').filter_map(|part| {
            let uri = Self::parse(part.trim_ascii());
            faulty += usize::from(uri.is_none());
            uri
        });
        (uris.collect(), faulty)
    }

    /// Reads one URI; `None` when it is not one that a report could go to.
    ///
    /// `!` must be encoded in the URI itself (RFC 9989 §4.8), so that the first one begins the obsolete size limit.
    /// The limit has to be well formed and means nothing.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let uri = match memchr::memchr(b'!', text) {
            Some(at) if is_size(&text[at + 1..]) => &text[..at],
            Some(_) => return None,
            None => text,
        };
        let uri = str::from_utf8(uri).ok().filter(|uri| is_uri(uri))?;
        let uri = Self(uri.into());
        // A mailto URI without an address is a URI (RFC 6068 §2), but no place to send a report to.
        let addressed =
            uri.mailto().is_none_or(|to| to.split_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty()));
        addressed.then_some(uri)
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scheme, as published; schemes are compared without regard to case (RFC 3986 §3.1).
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// What a `mailto:` URI names as recipient, still percent-encoded and without header fields (RFC 6068 §2);
    /// `None` for other schemes, which a receiver that does not know them ignores (RFC 9989 §4.7).
    pub fn mailto(&self) -> Option<&str> {
        let (scheme, rest) = self.0.split_once(':')?;
        scheme.eq_ignore_ascii_case("mailto").then(|| rest.split_once('?').map_or(rest, |(to, _)| to))
    }
}

impl fmt::Display for ReportUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `1*DIGIT [ "k" / "m" / "g" / "t" ]`; what it counts is ignored, so that it may be as large as it likes.
fn is_size(text: &[u8]) -> bool {
    let digits = match text.split_last() {
        Some((b'k' | b'm' | b'g' | b't' | b'K' | b'M' | b'G' | b'T', digits)) => digits,
        _ => text,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Whether this is a URI with a scheme (RFC 3986 §3): the characters are checked, not how the parts behind the scheme
/// are put together, which differs from scheme to scheme.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut scheme = scheme.bytes();
    scheme.next().is_some_and(|b| b.is_ascii_alphabetic())
        && scheme.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && has_uri_characters(rest.as_bytes())
}

fn has_uri_characters(mut text: &[u8]) -> bool {
    loop {
        text = match text {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest,
            [b, rest @ ..] if is_plain(*b) => rest,
            _ => return false,
        };
    }
}

/// RFC 3986 §2.2 and §2.3, without the comma and the exclamation mark.
fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~:/?#[]@$&'()*+;=".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<String> {
        ReportUri::parse(text.as_bytes()).map(|uri| uri.to_string())
    }

    #[test]
    fn uris() {
        for uri in ["mailto:a@example.com", "https://example.com/report?a=b", "MAILTO:a%2Cb@example.com?subject=x"] {
            assert_eq!(parse(uri).as_deref(), Some(uri));
        }
        let faulty =
            ["", "bogus", "mailto:", "mailto:a", "mailto:@b", "1a:b", ":b", "a:b c", "a:%4", "a:%g0", "a:\u{e9}"];
        for text in faulty {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_historic_size_is_dropped() {
        for text in ["mailto:a@b!10m", "mailto:a@b!0", "mailto:a@b!5T", "mailto:a@b!99999999999999999999999999k"] {
            assert_eq!(parse(text).as_deref(), Some("mailto:a@b"), "{text}");
        }
        for text in ["mailto:a@b!", "mailto:a@b!m", "mailto:a@b!10p", "mailto:a@b!1!1", "!1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_recipient() {
        let uri = ReportUri::parse(b"MailTo:a@example.com?subject=b").unwrap();
        assert_eq!((uri.scheme(), uri.mailto()), ("MailTo", Some("a@example.com")));
        assert_eq!(ReportUri::parse(b"https://example.com").unwrap().mailto(), None);
    }
}
