//! Characters and octets: the charsets of texts (RFC 2046 §4.1.2), by encoding_rs.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::WhyNot;

/// The charset of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// `us-ascii`, which is what no parameter means.
    Ascii,
    /// One that encoding_rs knows.
    Known {
        encoding: &'static Encoding,
        /// How far the encoding is that of the label: encoding_rs has what the web has, which is often more.
        fit: Fit,
    },
}

/// How far an encoding is that of its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is the same.
    Exact,
    /// It is the same but for 0x80 to 0x9f: windows-1252 for ISO-8859-1.
    Latin1,
    /// It has more, or other, than the label says; ASCII is the same.
    Ascii,
    /// Not even ASCII is the same.
    Other,
}

impl Charset {
    /// The charset of a label; what is not known is left alone.
    pub(super) fn of(label: Option<&str>) -> Result<Self, WhyNot> {
        let label = label.unwrap_or("us-ascii").trim().to_ascii_lowercase();
        if matches!(label.as_str(), "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso-ir-6" | "iso646-us" | "us") {
            return Ok(Self::Ascii);
        }
        let encoding = Encoding::for_label_no_replacement(label.as_bytes()).ok_or(WhyNot::Characters)?;
        let fit = match label.as_str() {
            _ if encoding.output_encoding() != encoding => Fit::Other,
            "utf8" => Fit::Exact,
            name if name.eq_ignore_ascii_case(encoding.name()) => Fit::Exact,
            _ if encoding == UTF_8 => Fit::Exact,
            _ if encoding == WINDOWS_1252 && !label.contains("1252") => Fit::Latin1,
            _ => Fit::Ascii,
        };
        Ok(Self::Known { encoding, fit })
    }

    /// The octets of a footer, where this charset has its characters. In HTML those that it has not become references.
    pub(super) fn encode(self, text: &str, is_html: bool) -> Option<Vec<u8>> {
        if text.is_ascii() && self.has_ascii() {
            return Some(text.as_bytes().to_vec());
        }
        let (encoding, fit) = match self {
            Self::Ascii => return is_html.then(|| references(text)),
            Self::Known { encoding, fit } => (encoding, fit),
        };
        match fit {
            Fit::Other => return None,
            Fit::Ascii => return is_html.then(|| references(text)),
            Fit::Exact | Fit::Latin1 => {}
        }
        // What encoding_rs puts for a character that is not there is its reference.
        let (octets, _, is_lossy) = encoding.encode(text);
        let is_doubtful = fit == Fit::Latin1 && octets.iter().any(|octet| matches!(octet, 0x80..=0x9f));
        match is_html {
            true if is_doubtful => Some(references(text)),
            false if is_doubtful || is_lossy => None,
            _ => Some(octets.into_owned()),
        }
    }

    /// Whether ASCII's octets stand for ASCII's characters, at the beginning of a line at least.
    fn has_ascii(self) -> bool {
        !matches!(self, Self::Known { fit: Fit::Other, .. })
    }

    /// Whether octets may stand for other characters by what is before them.
    fn has_states(self) -> bool {
        match self {
            Self::Ascii => false,
            Self::Known { encoding, .. } => !encoding.is_single_byte() && encoding != UTF_8,
        }
    }

    /// Whether a text that was put into another leaves all characters as they were, on both sides and its own.
    pub(super) fn is_clean(self, before: &[u8], inside: &[u8], behind: &[u8]) -> bool {
        if !self.has_states() {
            return true;
        }
        let Self::Known { encoding, .. } = self else { return true };
        let shown = |octets: &[u8]| encoding.decode_without_bom_handling(octets).0.into_owned();
        let together = shown(&[before, inside, behind].concat());
        together == shown(before) + &shown(inside) + &shown(behind)
    }

    /// The characters of a text, where each is certain.
    pub(super) fn decode(self, octets: &[u8]) -> Option<String> {
        let encoding = match self {
            Self::Ascii => return String::from_utf8(octets.to_vec()).ok().filter(|text| text.is_ascii()),
            Self::Known { encoding, .. } => encoding,
        };
        let marked = Encoding::for_bom(octets);
        let is_utf16 = encoding == UTF_16LE || encoding == UTF_16BE;
        match marked {
            // Without a mark it is told by nothing which octet of the two is the first (RFC 2781 §4.3).
            None if is_utf16 => None,
            Some((other, _)) if is_utf16 && other != UTF_8 => {
                let (text, is_lossy) = other.decode_with_bom_removal(octets);
                (!is_lossy).then(|| text.into_owned())
            }
            _ => {
                let (text, is_lossy) = encoding.decode_with_bom_removal(octets);
                (!is_lossy).then(|| text.into_owned())
            }
        }
    }
}

/// A text in ASCII, with references for all other characters.
fn references(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_ascii() {
            true => out.push(character),
            false => out.push_str(&format!("&#{};", u32::from(character))),
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charset(label: &str) -> Charset {
        Charset::of(Some(label)).unwrap()
    }

    #[test]
    fn a_footer_is_in_the_characters_of_the_text_or_in_none() {
        assert_eq!(charset("utf-8").encode("é€", false), Some("é€".as_bytes().to_vec()));
        assert_eq!(charset("iso-8859-1").encode("é", false), Some(vec![0xe9]));
        assert_eq!(charset("iso-8859-1").encode("€", false), None, "0x80 is a control in ISO-8859-1");
        assert_eq!(charset("windows-1252").encode("€", false), Some(vec![0x80]));
        assert_eq!(charset("iso-8859-1").encode("é€", true), Some(b"&#233;&#8364;".to_vec()));
        assert_eq!(charset("koi8-r").encode("é", false), None);
        assert_eq!(charset("gb2312").encode("中", false), None, "GBK has more than the label says");
        assert_eq!(charset("utf-16").encode("a", false), None);
        assert_eq!(charset("us-ascii").encode("é", true), Some(b"&#233;".to_vec()));
        assert_eq!(Charset::of(Some("utf-7")), Err(WhyNot::Characters));
        assert_eq!(Charset::of(Some("iso-2022-kr")), Err(WhyNot::Characters));
    }

    #[test]
    fn a_text_that_ends_within_a_character_takes_nothing_of_the_footer() {
        let charset = charset("iso-2022-jp");
        assert!(charset.is_clean(b"a", b"b", b""));
        assert!(!charset.is_clean(b"\x1b$B$\"", b"b\r\n", b""), "the text never went back to ASCII");
    }

    #[test]
    fn characters_are_certain_or_not_there() {
        assert_eq!(charset("us-ascii").decode(b"\xe9"), None);
        assert_eq!(charset("utf-8").decode(b"\xc3"), None);
        assert_eq!(charset("utf-16").decode(b"a\0"), None);
        assert_eq!(charset("utf-16").decode(b"\xfe\xff\0a").as_deref(), Some("a"));
        assert_eq!(charset("iso-8859-2").decode(b"\xb1").as_deref(), Some("ą"));
    }
}
