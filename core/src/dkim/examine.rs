//! What speaks against signing a message.
//!
//! A signature vouches for what it covers. What no receiver takes for valid, or what its receivers read in different ways,
//! is better not vouched for; and what relays are bound to change will break the signature. [`Signing`](super::Signing)
//! itself refuses only what could not verify, since a host may have reasons: whoever signs for others asks here first.

use std::fmt;

use super::encoding::shown;
use super::sign::{LineEnds, Signer};
use crate::domain::Domain;
use crate::limits::{MAX_FINDINGS, MAX_SHOWN, MAX_TEXT_LINE};
use crate::message::{AuthorError, Field, Header, HeaderLimit, SingularCounts, SingularField, author};

/// How much a [`Finding`] speaks against signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing does; but it is worth knowing.
    Remark,
    /// It can be signed, and will do harm or break on the way: only by somebody who knows why.
    Unwise,
    /// The message cannot be valid.
    Refuse,
}

/// Something that was found in a message to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The header section is over a limit, and was not kept.
    TooLarge(HeaderLimit),
    /// There is no From field.
    NoFrom,
    /// There are several From fields: this many.
    SeveralFrom(usize),
    /// From does not say who the author is.
    From(AuthorError),
    /// The first line begins with white space, as if it continued another.
    LeadingContinuation,
    /// Lines in the header section that are no field. This is how they begin.
    NotAField(String),
    /// A field's name has a NUL in it.
    NulInName,
    /// A field has a NUL in it.
    Nul {
        /// The field's name.
        field: String,
    },
    /// A field occurs more often than the one time that it may.
    Repeated {
        /// The field.
        field: SingularField,
        /// How often.
        count: usize,
    },
    /// There is a CR or LF that is not part of a CRLF.
    BareLineEnd,
    /// The author's domain is none of those that sign, nor below one, nor above one.
    OutsideDomain {
        /// The author's domain.
        author: Domain,
    },
    /// There is a Bcc field, which tells all receivers who the hidden ones are.
    Bcc,
    /// A line has more octets than a relay has to take.
    LongLine {
        /// The field in which it is, or none if it is in the body.
        field: Option<String>,
        /// How many octets, without the line end; of several such lines the first counts.
        octets: u64,
    },
    /// There is white space between a field's name and the colon.
    SpaceBeforeColon {
        /// The field's name.
        field: String,
    },
    /// A field is folded with a line of nothing but white space.
    BlankFold {
        /// The field's name.
        field: String,
    },
    /// A field has a control character.
    Control {
        /// The field's name.
        field: String,
    },
    /// A field has octets above 127 that are not UTF-8.
    NotUtf8 {
        /// The field's name.
        field: String,
    },
    /// The body has a NUL.
    NulInBody,
    /// The signature would cover a part of the body only (`l=`).
    BodyLength,
    /// A field has characters that are not ASCII.
    Utf8 {
        /// The field's name.
        field: String,
    },
    /// The body has octets above 127, and Content-Transfer-Encoding does not say so.
    EightBitBody,
    /// There is no Date field.
    NoDate,
}

impl Finding {
    /// How much it speaks against signing.
    pub fn severity(&self) -> Severity {
        match self {
            Self::From(AuthorError::SeveralDomains | AuthorError::Group | AuthorError::AddressLiteral) => {
                Severity::Unwise
            }
            Self::From(AuthorError::NotUtf8 | AuthorError::EmptyLine) => Severity::Unwise,
            Self::TooLarge(_)
            | Self::NoFrom
            | Self::SeveralFrom(_)
            | Self::From(_)
            | Self::LeadingContinuation
            | Self::NotAField(_)
            | Self::NulInName
            | Self::Nul { .. }
            | Self::Repeated { .. }
            | Self::BareLineEnd => Severity::Refuse,
            Self::OutsideDomain { .. }
            | Self::Bcc
            | Self::LongLine { .. }
            | Self::SpaceBeforeColon { .. }
            | Self::BlankFold { .. }
            | Self::Control { .. }
            | Self::NotUtf8 { .. }
            | Self::NulInBody
            | Self::BodyLength => Severity::Unwise,
            Self::Utf8 { .. } | Self::EightBitBody | Self::NoDate => Severity::Remark,
        }
    }

    /// The rule behind it.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "limits.rs MAX_HEADER_SIZE",
            Self::NoFrom => "RFC 6376 §5.4",
            Self::SeveralFrom(_) | Self::NoDate => "RFC 5322 §3.6",
            Self::From(_) => "RFC 5322 §3.6.2",
            Self::LeadingContinuation | Self::NotAField(_) | Self::NulInName => "RFC 5322 §2.2",
            Self::Nul { .. } | Self::Control { .. } => "RFC 5322 §2.2",
            Self::Repeated { field, .. } => field.rfc,
            Self::BareLineEnd => "RFC 5322 §2.3",
            Self::OutsideDomain { .. } => "RFC 9989 §4.4.1",
            Self::Bcc => "RFC 5322 §5",
            Self::LongLine { .. } => "RFC 5322 §2.1.1",
            Self::SpaceBeforeColon { .. } => "RFC 5322 §4.5",
            Self::BlankFold { .. } => "RFC 5322 §4.2",
            Self::NotUtf8 { .. } | Self::Utf8 { .. } => "RFC 6532 §3.1",
            Self::NulInBody => "RFC 2045 §2.7",
            Self::BodyLength => "RFC 6376 §8.2",
            Self::EightBitBody => "RFC 6376 §5.3",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => limit.fmt(f),
            Self::NoFrom => f.write_str("the message has no From field"),
            Self::SeveralFrom(count) => write!(f, "the message has {count} From fields: which author is shown depends on the program"),
            Self::From(error) => error.fmt(f),
            Self::LeadingContinuation => {
                f.write_str("the header section begins with white space, as if the first line continued another")
            }
            Self::NotAField(text) => write!(f, "lines of the header section are no field: '{text}'"),
            Self::NulInName => f.write_str("the name of a field has a NUL"),
            Self::Nul { field } => write!(f, "the field {field} has a NUL"),
            Self::Repeated { field, count } => write!(
                f,
                "{} occurs {count} times and may occur once: which of them is shown depends on the program",
                field.name
            ),
            Self::BareLineEnd => f.write_str("the message has a CR or LF that is not part of a CRLF"),
            Self::OutsideDomain { author } => write!(
                f,
                "the author's domain {author} is not the signing one, nor above or below it: DMARC will not count the signature"
            ),
            Self::Bcc => f.write_str("the message has a Bcc field: every receiver would see the hidden ones"),
            Self::LongLine { field, octets } => {
                let place = field.as_ref().map_or("the body".to_owned(), |field| format!("the field {field}"));
                write!(
                    f,
                    "{place} has a line of {octets} octets: relays may break those of more than {MOST}, and with it the signature",
                    MOST = MAX_LINE
                )
            }
            Self::SpaceBeforeColon { field } => {
                write!(f, "there is white space between the field name {field} and the colon, which programs read differently")
            }
            Self::BlankFold { field } => {
                write!(f, "the field {field} is folded with a blank line, where some programs end the header section")
            }
            Self::Control { field } => write!(f, "the field {field} has a control character"),
            Self::NotUtf8 { field } => write!(f, "the field {field} has octets that are neither ASCII nor UTF-8"),
            Self::NulInBody => f.write_str("the body has a NUL, which many relays drop"),
            Self::BodyLength => f.write_str("with l= anybody can add to the body, and many receivers refuse such signatures"),
            Self::Utf8 { field } => {
                write!(f, "the field {field} is not ASCII: every relay on the way needs SMTPUTF8")
            }
            Self::EightBitBody => f.write_str(
                "the body is not ASCII, and Content-Transfer-Encoding does not say 8bit: a relay may encode it and so break the \
                 signature",
            ),
            Self::NoDate => f.write_str(
                "the message has no Date field: a relay may add one, and that breaks the signature where Date is oversigned",
            ),
        }
    }
}

/// Octets in a line without its end (RFC 5322 §2.1.1).
const MAX_LINE: u64 = MAX_TEXT_LINE as u64 - 2;

/// The examination of one message, in a stream and in constant memory.
#[derive(Debug)]
pub struct Examination {
    findings: Vec<Finding>,
    line_ends: LineEnds,
    /// Octets of the line so far, the CR of its end counted if it came.
    line: u64,
    /// The first line that was too long.
    long: Option<u64>,
    nul: bool,
    eight_bit: bool,
    /// Content-Transfer-Encoding says what the body may have.
    declared: bool,
}

impl Signer {
    /// Begins to examine a message that this signer is to sign.
    pub fn examine(&self, header: &Header) -> Examination {
        Examination::new(header, [self])
    }
}

impl Examination {
    /// Begins with the complete header section of a message that each of these is to sign.
    pub fn new<'s>(header: &Header, signers: impl IntoIterator<Item = &'s Signer>) -> Self {
        let mut findings = Vec::new();
        let (mut domains, mut body_length) = (Vec::new(), false);
        for signer in signers {
            domains.push(signer.domain());
            body_length |= signer.has_body_length();
        }
        match header.exceeds() {
            Some(limit) => findings.push(Finding::TooLarge(limit)),
            None => {
                of_author(header, &domains, &mut findings);
                of_fields(header, &mut findings);
                of_section(header, &mut findings);
            }
        }
        findings.extend(body_length.then_some(Finding::BodyLength));
        let encoding = header.named("Content-Transfer-Encoding").next().map(|field| field.value().trim_ascii());
        let declared =
            [&b"8bit"[..], b"binary"].iter().any(|word| encoding.is_some_and(|e| e.eq_ignore_ascii_case(word)));
        Self { findings, line_ends: LineEnds::default(), line: 0, long: None, nul: false, eight_bit: false, declared }
    }

    /// What was found so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Takes the next octets of the body. How the body is cut into chunks does not matter.
    pub fn body(&mut self, chunk: &[u8]) {
        self.line_ends.push(chunk);
        self.nul |= memchr::memchr(0, chunk).is_some();
        self.eight_bit |= !chunk.is_ascii();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', chunk) {
            let octets = self.line + (end - start) as u64;
            // The octet before it is the CR; where it is not, that is another finding.
            self.end_line(octets.saturating_sub(1));
            self.line = 0;
            start = end + 1;
        }
        self.line += (chunk.len() - start) as u64;
    }

    fn end_line(&mut self, octets: u64) {
        if octets > MAX_LINE {
            self.long.get_or_insert(octets);
        }
    }

    /// Ends the body and gives all that was found: what is worst first.
    pub fn finish(mut self) -> Vec<Finding> {
        self.end_line(self.line);
        let Self { mut findings, long, .. } = self;
        findings.extend(self.line_ends.are_bare().then_some(Finding::BareLineEnd));
        findings.extend(long.map(|octets| Finding::LongLine { field: None, octets }));
        findings.extend(self.nul.then_some(Finding::NulInBody));
        findings.extend((self.eight_bit && !self.declared).then_some(Finding::EightBitBody));
        let mut distinct: Vec<Finding> = Vec::new();
        for finding in findings {
            if !distinct.contains(&finding) {
                distinct.push(finding);
            }
        }
        distinct.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        distinct
    }
}

/// From, and whether its domain is that of a signer.
fn of_author(header: &Header, domains: &[&Domain], findings: &mut Vec<Finding>) {
    match header.named("From").count() {
        0 => return findings.push(Finding::NoFrom),
        1 => {}
        count => return findings.push(Finding::SeveralFrom(count)),
    }
    match author(header) {
        Ok(author) => {
            let fits = |domain: &&Domain| author.domain.is_within(domain) || domain.is_within(&author.domain);
            if !domains.iter().any(fits) {
                findings.push(Finding::OutsideDomain { author: author.domain });
            }
        }
        // Told where the lines themselves are.
        Err(AuthorError::MalformedLines | AuthorError::LineEndings) => {}
        Err(error) => findings.push(Finding::From(error)),
    }
}

fn of_fields(header: &Header, findings: &mut Vec<Finding>) {
    for (number, field) in header.fields().enumerate() {
        if findings.len() >= MAX_FINDINGS {
            return;
        }
        match field.is_malformed() {
            true => findings.push(of_lines(number, field)),
            false => of_field(field, findings),
        }
    }
}

/// Lines that are no field.
fn of_lines(number: usize, lines: Field<'_>) -> Finding {
    let raw = lines.raw();
    let before_colon = raw.split(|&b| b == b':').next().filter(|name| name.len() < raw.len());
    match before_colon {
        _ if number == 0 && matches!(raw.first(), Some(b' ' | b'\t')) => Finding::LeadingContinuation,
        Some(name) if name.contains(&0) => Finding::NulInName,
        _ => Finding::NotAField(shown(raw, MAX_SHOWN)),
    }
}

fn of_field(field: Field<'_>, findings: &mut Vec<Finding>) {
    let name = || shown(field.name(), MAX_SHOWN);
    let (raw, value) = (field.raw(), field.value());
    if raw.contains(&0) {
        findings.push(Finding::Nul { field: name() });
    } else if raw.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | b'\n')) {
        findings.push(Finding::Control { field: name() });
    }
    if raw.get(field.name().len()).is_some_and(|octet| *octet != b':') {
        findings.push(Finding::SpaceBeforeColon { field: name() });
    }
    // Behind the first line, each must have something on it.
    if value.split(|&b| b == b'\n').skip(1).any(|line| line.trim_ascii().is_empty()) {
        findings.push(Finding::BlankFold { field: name() });
    }
    match str::from_utf8(raw) {
        Ok(_) if raw.is_ascii() => {}
        Ok(_) => findings.push(Finding::Utf8 { field: name() }),
        Err(_) => findings.push(Finding::NotUtf8 { field: name() }),
    }
    let lines = raw.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).len() as u64);
    if let Some(octets) = lines.max().filter(|octets| *octets > MAX_LINE) {
        findings.push(Finding::LongLine { field: Some(name()), octets });
    }
    if field.is("Bcc") || field.is("Resent-Bcc") {
        findings.push(Finding::Bcc);
    }
}

/// The section as a whole.
fn of_section(header: &Header, findings: &mut Vec<Finding>) {
    let mut line_ends = LineEnds::default();
    line_ends.push(header.octets());
    findings.extend(line_ends.are_bare().then_some(Finding::BareLineEnd));
    let counts = SingularCounts::of(header);
    let repeated = counts.repeated().filter(|(field, _)| field.name != "From");
    findings.extend(repeated.map(|(field, count)| Finding::Repeated { field, count }));
    if header.named("Date").next().is_none() {
        findings.push(Finding::NoDate);
    }
}
