//! What a set of TXT records says about SPF, read once and kept with the records.
//!
//! [`SpfRecord`] borrows from its text and so cannot be kept beside it. A [`Reading`] keeps where the terms are, and the
//! networks, which is what records are full of; the few other terms are read again when they are evaluated.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::macros::DomainSpec;
use super::record::{Mechanism, Qualifier, RecordError, SpfRecord, TermKind, term};
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
    redirect: Option<Range<usize>>,
    explanation: Option<Range<usize>>,
}

#[derive(Debug)]
struct KeptDirective {
    /// Where in the text it is. A record has no more octets than fit.
    start: u16,
    end: u16,
    qualifier: Qualifier,
    /// An `ip4` or `ip6`.
    network: Option<Mechanism<'static>>,
}

impl KeptRecord {
    /// `text` is what `record` was read from.
    fn new(text: &[u8], record: &SpfRecord<'_>) -> Self {
        let range = |part: &str| {
            let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            start..start + part.len()
        };
        let directive = |(text, qualifier, mechanism)| {
            let Range { start, end } = range(text);
            let network = match mechanism {
                Mechanism::Ip4(address, prefix) => Some(Mechanism::Ip4(address, prefix)),
                Mechanism::Ip6(address, prefix) => Some(Mechanism::Ip6(address, prefix)),
                _ => None,
            };
            KeptDirective { start: start as u16, end: end as u16, qualifier, network } // at most MAX_SPF_RECORD
        };
        Self {
            directives: record.directives().map(directive).collect(),
            redirect: record.redirect().map(|spec| range(spec.as_str())),
            explanation: record.explanation().map(|spec| range(spec.as_str())),
            // A record is ASCII.
            text: String::from_utf8_lossy(text).into(),
        }
    }

    /// As [`SpfRecord::directives`], but for networks that are not those of `client`, where one is given.
    pub(super) fn directives(&self, client: Option<IpAddr>) -> impl Iterator<Item = (&str, Qualifier, Mechanism<'_>)> {
        let concerns = move |directive: &&KeptDirective| match (directive.network, client) {
            (Some(network), Some(client)) => network.has_network_of(client),
            _ => true,
        };
        self.directives.iter().filter(concerns).filter_map(|directive| {
            let text = self.text.get(directive.start.into()..directive.end.into())?;
            let mechanism = match directive.network {
                Some(network) => network,
                None => match term(text) {
                    Ok(TermKind::Directive(_, mechanism)) => mechanism,
                    _ => return None, // it was a directive when the record was read
                },
            };
            Some((text, directive.qualifier, mechanism))
        })
    }

    /// The value of `redirect=`.
    pub(super) fn redirect(&self) -> Option<DomainSpec<'_>> {
        self.spec(&self.redirect)
    }

    /// The value of `exp=`.
    pub(super) fn explanation(&self) -> Option<DomainSpec<'_>> {
        self.spec(&self.explanation)
    }

    fn spec(&self, range: &Option<Range<usize>>) -> Option<DomainSpec<'_>> {
        DomainSpec::parse(self.text.get(range.clone()?)?).ok()
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
