//! What a set of TXT records says about SPF, read once and kept with the records.
//!
//! [`SpfRecord`] borrows from its text and so cannot be kept beside it. A [`Reading`] keeps the mechanisms, and of all
//! text where it is.

use std::net::IpAddr;
use std::ops::BitAnd;
use std::sync::Arc;

use super::faults;
use super::macros::DomainSpec;
use super::mechanisms::{mask4, mask6};
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
    /// For a client with an IPv4 address, one gate a directive.
    gates4: Box<[Gate<u32>]>,
    /// For a client with an IPv6 address.
    gates6: Box<[Gate<u128>]>,
    redirect: Option<KeptSpec>,
    explanation: Option<KeptSpec>,
    /// What of it hardly does what was meant.
    remark: Option<Box<str>>,
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

/// Says without a look at the directive whether it can match. Large records are lists of networks, most of which are not
/// the client's.
#[derive(Clone, Copy, Debug)]
struct Gate<N> {
    network: N,
    mask: N,
}

/// Of a directive that has to be looked at.
const OPEN4: Gate<u32> = Gate { network: 0, mask: 0 };
const OPEN6: Gate<u128> = Gate { network: 0, mask: 0 };
/// Of a network of the other kind of addresses.
const CLOSED4: Gate<u32> = Gate { network: 1, mask: 0 };
const CLOSED6: Gate<u128> = Gate { network: 1, mask: 0 };

impl<N: BitAnd<Output = N> + Copy + PartialEq> Gate<N> {
    fn new(network: N, mask: N) -> Self {
        Self { network: network & mask, mask }
    }

    /// The first of these gates from `at` on that is open for `client`; how many there are where none is.
    fn next_open(gates: &[Self], at: usize, client: N) -> usize {
        let mut rest = gates.iter().skip(at);
        rest.position(|gate| client & gate.mask == gate.network).map_or(gates.len(), |closed| at + closed)
    }
}

/// The gates of a mechanism for either kind of client.
fn gates(mechanism: Mechanism<'_>) -> (Gate<u32>, Gate<u128>) {
    match mechanism {
        Mechanism::Ip4(network, prefix) => (Gate::new(network.to_bits(), mask4(prefix)), CLOSED6),
        Mechanism::Ip6(network, prefix) => (CLOSED4, Gate::new(network.to_bits(), mask6(prefix))),
        _ => (OPEN4, OPEN6),
    }
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
            gates4: record.directives().map(|(_, _, mechanism)| gates(mechanism).0).collect(),
            gates6: record.directives().map(|(_, _, mechanism)| gates(mechanism).1).collect(),
            redirect: record.redirect().map(keep),
            explanation: record.explanation().map(keep),
            remark: faults::of_valid(record).map(Into::into),
            // A record is ASCII.
            text: String::from_utf8_lossy(text).into(),
        }
    }

    /// As [`SpfRecord::directives`], but for networks that are not those of `client`, where one is given.
    pub(super) fn directives(&self, client: Option<IpAddr>) -> impl Iterator<Item = (&str, Qualifier, Mechanism<'_>)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = match client {
                None => next,
                Some(IpAddr::V4(ip)) => Gate::next_open(&self.gates4, next, ip.to_bits()),
                Some(IpAddr::V6(ip)) => Gate::next_open(&self.gates6, next, ip.to_bits()),
            };
            let directive = self.directives.get(at)?;
            next = at + 1;
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

    /// What of it hardly does what was meant, in a sentence.
    pub(super) fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
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
        // The gates of what is neither kind of network are open for both.
        assert_eq!(kept.directives(Some("192.0.3.1".parse().unwrap())).count(), record.directives().count() - 2);
        assert_eq!((kept.redirect(), kept.explanation()), (record.redirect(), record.explanation()));
        assert!(Arc::ptr_eq(&reading, &Reading::of(&records.clone())), "it was read again");
    }

    #[test]
    fn a_gate_is_open_for_the_network_alone() {
        let kept = |text: &str| KeptRecord::new(text.as_bytes(), &SpfRecord::parse(text.as_bytes()).unwrap());
        let open = |text: &str, ip: &str| kept(text).directives(Some(ip.parse().unwrap())).count() == 1;
        for (network, inside, outside) in [
            ("ip4:192.0.2.129/25", "192.0.2.128", "192.0.2.127"),
            ("ip4:0.0.0.1", "0.0.0.1", "0.0.0.0"),
            ("ip4:10.0.0.0/0", "192.0.2.1", "::"),
            ("ip6:2001:db8::ffff/33", "2001:db8::", "2001:db8:8000::"),
            ("ip6:::1", "::1", "::"),
            ("ip6:::/0", "2001:db8::1", "0.0.0.0"),
        ] {
            let text = format!("v=spf1 {network}");
            assert!(open(&text, inside) && !open(&text, outside), "{network}");
        }
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
