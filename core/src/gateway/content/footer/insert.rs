//! A text, and the same with a footer.

use super::WhyNot;
use super::characters::Charset;
use super::fields::Encoding;
use super::parts::Leaf;
use crate::dkim::TransferEncoding;
use crate::dkim::mime::{decode, encoded, quoted_printable_place};
use crate::limits::MAX_TEXT_LINE;
use crate::message::Header;
use crate::route::policy::Footer;

/// A text as a reader has it, but for its characters.
#[derive(Debug)]
pub(super) struct Text<'m> {
    leaf: &'m Leaf,
    /// As it stands in the message.
    raw: &'m [u8],
    /// Its octets when the transfer encoding is undone.
    octets: Vec<u8>,
    charset: Charset,
    line_end: &'static str,
}

/// A text with the footer, as it stands in the message.
#[derive(Debug)]
pub(super) struct Inserted {
    /// The header section of its part.
    pub(super) header: Header,
    pub(super) octets: Vec<u8>,
}

impl<'m> Text<'m> {
    pub(super) fn read(leaf: &'m Leaf, body: &'m [u8]) -> Result<Self, WhyNot> {
        let raw = body.get(leaf.content.clone()).unwrap_or_default();
        let octets = match transfer_encoding(leaf.fields.encoding)? {
            None => raw.to_vec(),
            Some(encoding) => decode(raw, encoding).ok_or(WhyNot::Encoding)?,
        };
        let charset = Charset::of(leaf.fields.parameter("charset"))?;
        // In base64 some programs write lines as their system has them.
        let has_bare = memchr::memchr(b'\n', &octets).is_some() && memchr::memmem::find(&octets, b"\r\n").is_none();
        let line_end = if leaf.fields.encoding == Encoding::Base64 && has_bare { "\n" } else { "\r\n" };
        Ok(Self { leaf, raw, octets, charset, line_end })
    }

    fn is_html(&self) -> bool {
        self.leaf.fields.is("text", "html")
    }

    fn is_flowed(&self) -> bool {
        let format = self.leaf.fields.parameter("format");
        !self.is_html() && format.is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
    }

    /// Whether OpenPGP protects it, inline (RFC 9580 §7, §6.2).
    pub(super) fn protected(&self) -> Option<WhyNot> {
        let has = |line: &[u8]| {
            memchr::memmem::find_iter(&self.octets, line)
                .any(|at| self.octets.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(b"\n")))
        };
        if has(b"-----BEGIN PGP SIGNED MESSAGE-----") {
            Some(WhyNot::Signed)
        } else if has(b"-----BEGIN PGP MESSAGE-----") {
            Some(WhyNot::Encrypted)
        } else {
            None
        }
    }

    /// The same with the footer.
    pub(super) fn with(&self, footer: &Footer) -> Result<Inserted, WhyNot> {
        let lines = match (self.is_html(), &footer.html) {
            (true, Some(html)) => self.lines(html),
            (true, None) => self.lines(&html_of(&footer.text)),
            (false, _) => self.lines(&footer.text),
        };
        let place = if self.is_html() { before_end(&self.octets) } else { self.octets.len() };
        let (before, behind) = self.octets.split_at(place);
        if let Some(inside) = self.charset.encode(&lines, self.is_html()) {
            if ends_with(before, &inside) {
                return Err(WhyNot::Already);
            }
            let inside = [self.glue(before), &inside, self.end(before, behind)].concat();
            if self.charset.is_clean(before, &inside, behind) {
                return self.kept(place, &inside);
            }
        }
        self.anew(&lines)
    }

    /// The lines of a footer as this text has its lines, without the end of the last.
    fn lines(&self, footer: &str) -> String {
        let unified = footer.replace("\r\n", "\n").replace('\r', "\n");
        let lines = unified.strip_suffix('\n').unwrap_or(&unified).split('\n');
        match self.is_flowed() {
            false => lines.collect::<Vec<_>>().join(self.line_end),
            true => lines.map(fixed).collect::<Vec<_>>().join(self.line_end),
        }
    }

    /// What has to stand between the text and the footer for this to begin a line of its own.
    fn glue(&self, before: &[u8]) -> &'static [u8] {
        let end = self.line_end.as_bytes();
        let is_at_start = before.is_empty() || before.ends_with(b"\n");
        let last = before.strip_suffix(end).unwrap_or(before);
        let last = last.rsplit(|octet| *octet == b'\n').next().unwrap_or_default();
        // RFC 3676 §4.2: a line that flows would take the footer into its paragraph.
        let flows = self.is_flowed() && last.ends_with(b" ") && last != b"-- ";
        match (is_at_start, flows) {
            (true, false) => b"",
            (false, true) if self.line_end == "\n" => b"\n\n",
            (false, true) => b"\r\n\r\n",
            _ => end_of(self.line_end),
        }
    }

    /// What has to stand behind the footer: the end of its last line, but where the text had none.
    fn end(&self, before: &[u8], behind: &[u8]) -> &'static [u8] {
        match self.leaf.is_top || before.ends_with(b"\n") || !behind.is_empty() {
            true => end_of(self.line_end),
            false => b"",
        }
    }

    /// The text in its charset and transfer encoding, with these octets in it.
    fn kept(&self, place: usize, inside: &[u8]) -> Result<Inserted, WhyNot> {
        let (before, behind) = self.octets.split_at(place);
        let whole = [before, inside, behind].concat();
        let header = self.header()?;
        let encoding = transfer_encoding(self.leaf.fields.encoding)?;
        let octets = match encoding {
            Some(TransferEncoding::QuotedPrintable) => inserted_in_quoted_printable(self.raw, place, inside),
            Some(TransferEncoding::Base64) => self.in_base64(&whole),
            None if self.fits_lines(inside) => whole.clone(),
            None => return self.recoded(header, &whole),
        };
        // What was put together has to come apart again.
        let read = encoding.map_or_else(|| Some(octets.clone()), |encoding| decode(&octets, encoding));
        if read.as_ref() == Some(&whole) { Ok(Inserted { header, octets }) } else { Err(WhyNot::Encoding) }
    }

    /// The text written anew in UTF-8.
    fn anew(&self, lines: &str) -> Result<Inserted, WhyNot> {
        let text = self.charset.decode(&self.octets).ok_or(WhyNot::Characters)?;
        let place = if self.is_html() { before_end(text.as_bytes()) } else { text.len() };
        let (before, behind) = text.split_at_checked(place).ok_or(WhyNot::Characters)?;
        if ends_with(before.as_bytes(), lines.as_bytes()) {
            return Err(WhyNot::Already);
        }
        let (glue, end) = (self.glue(before.as_bytes()), self.end(before.as_bytes(), behind.as_bytes()));
        let whole = [before.as_bytes(), glue, lines.as_bytes(), end, behind.as_bytes()].concat();
        let kind = self.leaf.fields.utf8_type()?;
        let header = set(&self.header()?, &kind, self.leaf.is_top)?;
        match self.leaf.fields.encoding {
            Encoding::Base64 => Ok(Inserted { header, octets: self.in_base64(&whole) }),
            Encoding::EightBit if self.fits_lines(&whole) => Ok(Inserted { header, octets: whole }),
            _ => self.recoded(header, &whole),
        }
    }

    /// The text in quoted-printable, which it was not in, or was in another charset.
    fn recoded(&self, header: Header, whole: &[u8]) -> Result<Inserted, WhyNot> {
        let field = "Content-Transfer-Encoding: quoted-printable\r\n";
        let header = match self.leaf.fields.encoding {
            Encoding::QuotedPrintable => header,
            _ => set(&header, field, self.leaf.is_top)?,
        };
        Ok(Inserted { header, octets: encoded(whole, TransferEncoding::QuotedPrintable) })
    }

    fn in_base64(&self, octets: &[u8]) -> Vec<u8> {
        let mut text = encoded(octets, TransferEncoding::Base64);
        // Inside a multipart the last line end is that of the delimiter.
        if !self.leaf.is_top && !self.raw.ends_with(b"\r\n") {
            text.truncate(text.trim_ascii_end().len());
        }
        text
    }

    /// Whether octets can stand in the part without a transfer encoding that changes them: in 7 bits where it promises that, and in
    /// lines that every server takes.
    fn fits_lines(&self, octets: &[u8]) -> bool {
        let is_short = octets.split(|octet| *octet == b'\n').all(|line| line.len() < MAX_TEXT_LINE);
        is_short && (self.leaf.fields.encoding == Encoding::EightBit || octets.is_ascii())
    }

    /// The header section of the part, with the empty line that a part without text may lack.
    fn header(&self) -> Result<Header, WhyNot> {
        match self.leaf.header.separator().is_empty() {
            true => self.leaf.header.append(b"").map_err(|_| WhyNot::TooLarge),
            false => Ok(self.leaf.header.clone()),
        }
    }
}

fn end_of(line_end: &'static str) -> &'static [u8] {
    line_end.as_bytes()
}

fn transfer_encoding(encoding: Encoding) -> Result<Option<TransferEncoding>, WhyNot> {
    match encoding {
        Encoding::SevenBit | Encoding::EightBit => Ok(None),
        Encoding::QuotedPrintable => Ok(Some(TransferEncoding::QuotedPrintable)),
        Encoding::Base64 => Ok(Some(TransferEncoding::Base64)),
        Encoding::Unknown => Err(WhyNot::Encoding),
    }
}

/// The section with a field in the place of the one of its name, or behind the others.
fn set(header: &Header, field: &str, is_top: bool) -> Result<Header, WhyNot> {
    let name = field.split(':').next().unwrap_or_default();
    if header.named(name).next().is_some() {
        let replaced = header.replacing(|old| old.is(name).then(|| field.as_bytes().to_vec()));
        return replaced.map_err(|_| WhyNot::TooLarge);
    }
    let is_mime = !is_top || header.named("MIME-Version").next().is_some();
    let added = if is_mime { field.to_owned() } else { format!("MIME-Version: 1.0\r\n{field}") };
    header.append(added.as_bytes()).map_err(|_| WhyNot::TooLarge)
}

/// A line of a footer in flowed text that neither flows nor is taken for a quote (RFC 3676 §4.2, §4.4).
fn fixed(line: &str) -> String {
    let line = if line == "-- " { line } else { line.trim_end_matches(' ') };
    let is_stuffed = line.starts_with([' ', '>']) || line.starts_with("From ");
    if is_stuffed { format!(" {line}") } else { line.to_owned() }
}

/// Whether a text ends with these lines, blanks behind it aside.
fn ends_with(text: &[u8], lines: &[u8]) -> bool {
    let (text, lines) = (text.trim_ascii_end(), lines.trim_ascii_end());
    text.strip_suffix(lines).is_some_and(|before| !lines.is_empty() && (before.is_empty() || before.ends_with(b"\n")))
}

/// HTML that shows a plain text.
fn html_of(text: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let escaped = unified.strip_suffix('\n').unwrap_or(&unified);
    let escaped = escaped.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<div>{}</div>", escaped.replace('\n', "<br>\n"))
}

/// Where the end tag of the body begins, or that of the document, or its end: the last that does not stand in a comment.
fn before_end(html: &[u8]) -> usize {
    let (mut body, mut document) = (None, None);
    let mut at = 0;
    while let Some(found) = html.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) {
        at += found;
        let rest = html.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            match memchr::memmem::find(rest.get(4..).unwrap_or_default(), b"-->") {
                Some(end) => at += 4 + end + 3,
                None => break,
            }
            continue;
        }
        let is_end = |name: &[u8]| {
            let tag = rest.get(2..).and_then(|rest| rest.split_at_checked(name.len()));
            rest.starts_with(b"</")
                && tag.is_some_and(|(tag, behind)| {
                    tag.eq_ignore_ascii_case(name)
                        && behind.first().is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
                })
        };
        if is_end(b"body") {
            body = Some(at);
        } else if is_end(b"html") {
            document = Some(at);
        }
        at += 1;
    }
    body.or(document).unwrap_or(html.len())
}

/// A text in quoted-printable with octets put in at a place of what it stands for; no line of it but the one that is divided is
/// written anew.
fn inserted_in_quoted_printable(raw: &[u8], place: usize, inside: &[u8]) -> Vec<u8> {
    let (before, behind) = raw.split_at_checked(quoted_printable_place(raw, place)).unwrap_or((raw, b""));
    let mut octets = before.to_vec();
    // RFC 2045 §6.7 (3): blanks at the end of a line do not count, so what was none must not become one. And what stands on a line
    // already leaves less room on it.
    let is_on_line = !(before.is_empty() || before.ends_with(b"\n"));
    if before.ends_with(b" ") || before.ends_with(b"\t") || (is_on_line && !inside.starts_with(b"\r\n")) {
        octets.extend_from_slice(b"=\r\n");
    }
    octets.extend(encoded(inside, TransferEncoding::QuotedPrintable));
    octets.extend_from_slice(behind);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_body_is_the_last_that_is_no_comment() {
        for (html, before) in [
            ("<p>x</p></BODY ></html>", "<p>x</p>"),
            ("<p>x</p></html>", "<p>x</p>"),
            ("<p>x</p>", "<p>x</p>"),
            ("a</body>b</body>", "a</body>b"),
            ("a</body><!-- </body> -->", "a"),
            ("a<!-- </body>", "a<!-- </body>"),
            ("a</bodyguard>", "a</bodyguard>"),
            ("", ""),
        ] {
            assert_eq!(before_end(html.as_bytes()), before.len(), "{html}");
        }
    }

    #[test]
    fn a_quoted_footer_is_no_footer() {
        assert!(ends_with(b"text\r\nfoot\r\n\r\n", b"foot"));
        assert!(ends_with(b"foot", b"foot"));
        assert!(!ends_with(b"text\r\n> foot\r\n", b"foot"));
        assert!(!ends_with(b"text\r\n", b""));
    }

    #[test]
    fn html_shows_what_the_text_says() {
        assert_eq!(html_of("a < b\r\n& c\n"), "<div>a &lt; b<br>\n&amp; c</div>");
    }
}
