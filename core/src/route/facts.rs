//! The message, as far as it is known.

use std::collections::BTreeSet;

use crate::dkim::{self, Signature};
use crate::message::{Author, Header, author, unfold};
use crate::time::UnixTime;
use crate::verify::Report;

/// What is known of a message behind the dot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// Its header section.
    pub header: Header,
    /// Its octets.
    pub size: u64,
    /// Its author, where that is certain.
    pub author: Option<Author>,
    /// What verification says of its signatures, from top to bottom; none where that was not asked.
    pub dkim: Vec<dkim::Verdict>,
    /// What the methods say of it: `("dmarc", "fail")`.
    pub results: BTreeSet<(String, String)>,
    /// Its signatures, from top to bottom.
    pub(crate) signatures: Vec<Seal>,
}

/// A signature on the message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seal {
    /// The names in `h=`, in lower case.
    pub(crate) fields: Vec<String>,
    pub(crate) timestamp: Option<UnixTime>,
}

impl Message {
    /// A message with this header section and so many octets, of which no method has said anything.
    pub fn new(header: Header, size: u64) -> Self {
        let signatures = header.named("DKIM-Signature").map(|field| Seal::of(field.value()));
        // One that is none keeps its place, so that verdicts and signatures are in one order.
        let signatures = signatures.map(Option::unwrap_or_default).collect();
        let author = author(&header).ok();
        Self { header, size, author, dkim: Vec::new(), results: BTreeSet::new(), signatures }
    }

    /// The same, with what verification found.
    #[must_use]
    pub fn verified(mut self, report: &Report) -> Self {
        self.dkim = report.dkim.clone();
        let mut note = |method: &str, result: &str| _ = self.results.insert((method.to_owned(), result.to_owned()));
        note("spf", report.spf.result.as_str());
        if report.dkim.is_empty() {
            note("dkim", "none");
        }
        for verdict in &report.dkim {
            note("dkim", verdict.result.as_str());
        }
        note("dmarc", report.dmarc.result.as_str());
        if let Some(iprev) = &report.iprev {
            note("iprev", iprev.result.as_str());
        }
        self
    }

    /// The same, with what a method says.
    #[must_use]
    pub fn result(mut self, method: &str, result: &str) -> Self {
        self.results.insert((method.to_owned(), result.to_owned()));
        self
    }

    /// Whether the sender would rather have it delivered than protected (RFC 8689 §3): one field `TLS-Required: No`.
    pub fn tls_required_no(&self) -> bool {
        let mut fields = self.header.named("TLS-Required");
        let field = fields.next().map(|field| unfold(field.value()).trim_ascii().eq_ignore_ascii_case(b"no"));
        field == Some(true) && fields.next().is_none()
    }

    /// The values of a header field, unfolded, without the blanks around them.
    pub(crate) fn values<'m>(&'m self, name: &'m str) -> impl Iterator<Item = String> + use<'m> {
        let values = self.header.named(name).map(|field| unfold(field.value()).into_owned());
        values.map(|value| String::from_utf8_lossy(&value).trim().to_owned())
    }
}

impl Seal {
    fn of(value: &[u8]) -> Option<Self> {
        let signature = Signature::parse(value).ok()?;
        let name = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase();
        let fields = signature.signed_fields().map(name).collect();
        Some(Self { fields, timestamp: signature.timestamp })
    }

    /// How often `h=` has this name.
    pub(crate) fn signs(&self, name: &str) -> usize {
        self.fields.iter().filter(|field| field.eq_ignore_ascii_case(name)).count()
    }
}
