//! What a set of TXT records says about SPF, read once and kept with the records.
//!
//! [`SpfRecord`] borrows from its text and so cannot be kept beside it. A [`Reading`] keeps the mechanisms, and of all
//! text where it is.

use std::net::IpAddr;
use std::sync::Arc;

use super::macros::DomainSpec;
use super::record::{Mechanism, Qualifier, RecordError, SpfRecord};
use crate::domain::{Domain, DomainError};
use crate::lookup::{Record, Records};

/// The one SPF record among TXT records, if there is one (RFC 7208 §4.5).
#[derive(Debug)]
pub(super) enum Reading {
    /// There is none.
    Missing,
    /// There is more than one.
    Several,
    /// The record, or what is wrong with it, and the first octets of its text.
    One(String, Result<KeptRecord, RecordError>),
}

/// How much of a record's text belongs in the trail.
const SHOWN: usize = 512;

impl Reading {
    pub(super) fn of(records: &Records) -> Arc<Self> {
        records.read(Self::select)
    }

    fn select(records: &[Record]) -> Self {
        let mut found = records.iter().filter_map(|record| match record {
            Record::Txt(text) if SpfRecord::is_spf(text) => Some(&text[..]),
            _ => None,
        });
        match (found.next(), found.next()) {
            (None, _) => Self::Missing,
            (Some(_), Some(_)) => Self::Several,
            (Some(text), None) => {
                let shown = String::from_utf8_lossy(&text[..text.len().min(SHOWN)]).into_owned();
                Self::One(shown, SpfRecord::parse(text).map(|record| KeptRecord::new(text, &record)))
            }
        }
    }
}

/// A valid SPF record with its text.
#[derive(Debug)]
pub(super) struct KeptRecord {
    text: Box<str>,
    directives: Box<[KeptDirective]>,
    redirect: Option<KeptSpec>,
    explanation: Option<KeptSpec>,
}

#[derive(Debug)]
struct KeptDirective {
    term: Span,
    qualifier: Qualifier,
    /// Without its domain-spec.
    mechanism: Mechanism<'static>,
    /// The domain-spec, where it has one.
    spec: Option<KeptSpec>,
}

/// A domain-spec, and the name that it is when it has no macros.
#[derive(Debug)]
struct KeptSpec {
    text: Span,
    name: Option<Result<Domain, DomainError>>,
}

/// Where something is in the text.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u16,
    end: u16,
}

impl KeptRecord {
    /// `text` is what `record` was read from.
    fn new(text: &[u8], record: &SpfRecord<'_>) -> Self {
        let span = |part: &str| {
            let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            Span { start: start as u16, end: (start + part.len()) as u16 } // at most MAX_SPF_RECORD
        };
        let keep = |spec: DomainSpec<'_>| KeptSpec { text: span(spec.as_str()), name: spec.literal_name() };
        let directive = |(term, qualifier, mechanism): (&str, Qualifier, Mechanism<'_>)| KeptDirective {
            term: span(term),
            qualifier,
            mechanism: mechanism.with_domain_spec(DomainSpec::read_before("", None)),
            spec: mechanism.domain_spec().map(keep),
        };
        Self {
            directives: record.directives().map(directive).collect(),
            redirect: record.redirect().map(keep),
            explanation: record.explanation().map(keep),
            // A record is ASCII.
            text: String::from_utf8_lossy(text).into(),
        }
    }

    /// As [`SpfRecord::directives`], but for networks that are not those of `client`, where one is given.
    pub(super) fn directives(&self, client: Option<IpAddr>) -> impl Iterator<Item = (&str, Qualifier, Mechanism<'_>)> {
        let mut rest = self.directives.iter();
        std::iter::from_fn(move || {
            let directive = match client {
                None => rest.next(),
                Some(client) => rest.find(|directive| match directive.mechanism {
                    Mechanism::Ip4(..) | Mechanism::Ip6(..) => directive.mechanism.has_network_of(client),
                    _ => true,
                }),
            }?;
            let mechanism = match &directive.spec {
                Some(spec) => directive.mechanism.with_domain_spec(self.spec(spec)),
                None => directive.mechanism,
            };
            Some((self.part(directive.term), directive.qualifier, mechanism))
        })
    }

    /// The value of `redirect=`.
    pub(super) fn redirect(&self) -> Option<DomainSpec<'_>> {
        self.redirect.as_ref().map(|spec| self.spec(spec))
    }

    /// The value of `exp=`.
    pub(super) fn explanation(&self) -> Option<DomainSpec<'_>> {
        self.explanation.as_ref().map(|spec| self.spec(spec))
    }

    fn spec<'s>(&'s self, spec: &'s KeptSpec) -> DomainSpec<'s> {
        DomainSpec::read_before(self.part(spec.text), spec.name.as_ref())
    }

    fn part(&self, span: Span) -> &str {
        self.text.get(span.start.into()..span.end.into()).unwrap_or_default()
    }
}

const _: () = assert!(crate::limits::MAX_SPF_RECORD <= u16::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_read() {
        let text = "v=spf1 ?ip4:192.0.2.0/24  -ip6:2001:db8::/32 include:a.example +mx/24//64 a:%{d}.b exists:%{i}.c \
                    x=y ptr exp=e.example redirect=r.example ~all";
        let record = SpfRecord::parse(text.as_bytes()).unwrap();
        let records = Records::from([Record::Txt(b"other".to_vec()), Record::Txt(text.as_bytes().to_vec())]);
        let reading = Reading::of(&records);
        let Reading::One(shown, Ok(kept)) = &*reading else { panic!("{reading:?}") };
        assert_eq!(shown, text);
        assert_eq!(kept.directives(None).collect::<Vec<_>>(), record.directives().collect::<Vec<_>>());
        let for_client = |ip: &str| kept.directives(Some(ip.parse().unwrap())).next().unwrap().0;
        assert_eq!(for_client("192.0.2.1"), "?ip4:192.0.2.0/24");
        assert_eq!(for_client("2001:db8::1"), "-ip6:2001:db8::/32");
        assert_eq!(for_client("192.0.3.1"), "include:a.example");
        assert_eq!((kept.redirect(), kept.explanation()), (record.redirect(), record.explanation()));
        assert!(Arc::ptr_eq(&reading, &Reading::of(&records.clone())), "it was read again");
    }

    #[test]
    fn none_several_or_a_broken_one() {
        let reading = |texts: &[&str]| {
            let records: Records = texts.iter().map(|text| Record::Txt(text.as_bytes().to_vec())).collect();
            Reading::of(&records)
        };
        assert!(matches!(*reading(&["v=spf10", ""]), Reading::Missing));
        assert!(matches!(*reading(&["v=spf1", "V=SPF1 -all"]), Reading::Several));
        assert!(matches!(*reading(&["v=spf1 oops"]), Reading::One(_, Err(_))));
    }
}
