//! What the fields of a part say of it (RFC 2045, RFC 2183), by mail-parser's grammar.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::WhyNot;
use crate::limits::MAX_MIME_FIELD;
use crate::message::{Header, unfold};

/// A transfer encoding (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `7bit`, which is what no field means.
    SevenBit,
    /// `8bit`, and `binary`, which is the same where lines end as they should.
    EightBit,
    QuotedPrintable,
    Base64,
    Unknown,
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    /// In lower case.
    pub(super) kind: String,
    pub(super) subtype: String,
    /// The parameters of the type, their names in lower case.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) encoding: Encoding,
    /// Whether it is to be shown as a file.
    pub(super) is_attachment: bool,
    /// Whether it says that itself, and not only has a name.
    pub(super) is_declared_attachment: bool,
    /// `Content-ID`, without its brackets.
    pub(super) id: Option<String>,
}

impl Fields {
    /// What a header section says; without a type it is plain text (RFC 2045 §5.2), or what the multipart around it has
    /// (RFC 2046 §5.1.5).
    pub(super) fn of(header: &Header, default: (&str, &str)) -> Result<Self, WhyNot> {
        if header.is_over_limit() {
            return Err(WhyNot::TooLarge);
        }
        // To some programs a line that is no field ends the header section.
        if header.fields().any(|field| field.is_malformed()) {
            return Err(WhyNot::Structure);
        }
        let mut fields = Self {
            kind: default.0.to_owned(),
            subtype: default.1.to_owned(),
            parameters: Vec::new(),
            encoding: encoding(header)?,
            is_attachment: false,
            is_declared_attachment: false,
            id: only(header, "Content-ID")?.map(|value| bracketed(&value)),
        };
        if let Some(value) = only(header, "Content-Type")? {
            let (kind, subtype, parameters) = structured(&value).ok_or(WhyNot::Structure)?;
            fields.is_attachment = parameters.iter().any(|(name, _)| name == "name");
            (fields.kind, fields.subtype, fields.parameters) = (kind, subtype.ok_or(WhyNot::Structure)?, parameters);
        }
        if let Some(value) = only(header, "Content-Disposition")? {
            let (kind, _, parameters) = structured(&value).ok_or(WhyNot::Structure)?;
            // RFC 2183 §2.8: what is not known is an attachment.
            fields.is_declared_attachment = kind != "inline";
            fields.is_attachment |=
                fields.is_declared_attachment || parameters.iter().any(|(name, _)| name == "filename");
        }
        Ok(fields)
    }

    pub(super) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The field that says the same of the type, and UTF-8.
    pub(super) fn utf8_type(&self) -> Result<String, WhyNot> {
        let mut field = format!("Content-Type: {}/{}; charset=utf-8", self.kind, self.subtype);
        for (name, value) in self.parameters.iter().filter(|(name, _)| name != "charset") {
            if !value.bytes().all(|octet| matches!(octet, b' '..=b'~')) || !is_token(name) {
                return Err(WhyNot::Structure);
            }
            let value = match is_token(value) {
                true => value.clone(),
                false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            };
            field.push_str(&format!(";\r\n\t{name}={value}"));
        }
        Ok(field + "\r\n")
    }
}

/// RFC 2045 §5.1.
fn is_token(text: &str) -> bool {
    let special = b"()<>@,;:\\\"/[]?=";
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic() && !special.contains(&octet))
}

/// The value of a field that is there once; what is there twice is read in two ways.
fn only(header: &Header, name: &str) -> Result<Option<Vec<u8>>, WhyNot> {
    let mut fields = header.named(name);
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() || field.value().len() > MAX_MIME_FIELD {
        return Err(WhyNot::Structure);
    }
    Ok(Some(unfold(field.value()).into_owned()))
}

type Structured = (String, Option<String>, Vec<(String, String)>);

/// `type/subtype; name=value`, and `disposition; name=value`. A parameter that is there twice is read in two ways.
fn structured(value: &[u8]) -> Option<Structured> {
    let line = [value, b"\r\n"].concat();
    let HeaderValue::ContentType(parsed) = MessageStream::new(&line).parse_content_type() else { return None };
    let parameters: Vec<(String, String)> = parsed
        .attributes
        .iter()
        .flatten()
        .map(|attribute| (attribute.name.to_ascii_lowercase(), attribute.value.to_string()))
        .collect();
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let is_twice = names.windows(2).any(|pair| pair.first() == pair.last());
    let lower = |text: &str| text.to_ascii_lowercase();
    (!is_twice).then(|| (lower(&parsed.c_type), parsed.c_subtype.as_deref().map(lower), parameters))
}

fn encoding(header: &Header) -> Result<Encoding, WhyNot> {
    let Some(value) = only(header, "Content-Transfer-Encoding")? else { return Ok(Encoding::SevenBit) };
    Ok(match value.trim_ascii().to_ascii_lowercase().as_slice() {
        b"7bit" => Encoding::SevenBit,
        b"8bit" | b"binary" => Encoding::EightBit,
        b"quoted-printable" => Encoding::QuotedPrintable,
        b"base64" => Encoding::Base64,
        _ => Encoding::Unknown,
    })
}

fn bracketed(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value.trim_ascii()).into_owned();
    text.trim_start_matches('<').trim_end_matches('>').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Fields, WhyNot> {
        Fields::of(&Header::split(format!("{text}\r\n\r\n").as_bytes()).0, ("text", "plain"))
    }

    #[test]
    fn what_a_part_is_is_read_once_and_for_certain() {
        let fields = of("CONTENT-TYPE: Text/HTML;\r\n Charset=\"utf-8\"; x*0=a; x*1=b (comment)").unwrap();
        assert!(fields.is("text", "html"));
        assert_eq!((fields.parameter("charset"), fields.parameter("x")), (Some("utf-8"), Some("ab")));
        assert!(of("A: b").unwrap().is("text", "plain"));
        assert!(of("Content-Disposition: attachment; filename=x.txt").unwrap().is_attachment);
        assert!(of("Content-Type: text/plain; name=x.txt").unwrap().is_attachment);
        assert!(!of("Content-Disposition: inline").unwrap().is_attachment);
        assert_eq!(of("Content-Transfer-Encoding: X-UUE").unwrap().encoding, Encoding::Unknown);
        for twice in [
            "Content-Type: text/plain\r\nContent-Type: text/html",
            "Content-Type: text/plain; charset=a; charset=b",
            "Content-Type: text",
            "no field",
            "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64",
        ] {
            assert_eq!(of(twice), Err(WhyNot::Structure), "{twice}");
        }
    }

    #[test]
    fn a_type_in_utf8_keeps_its_other_parameters() {
        let field = of("Content-Type: text/plain; format=flowed; charset=koi8-r; x=\"a b\\\"c\"").unwrap().utf8_type();
        let expected = "Content-Type: text/plain; charset=utf-8;\r\n\tformat=flowed;\r\n\tx=\"a b\\\"c\"\r\n";
        assert_eq!(field.as_deref(), Ok(expected));
    }
}
