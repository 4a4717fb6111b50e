//! Addresses that a name's SPF record lists: a provider's ranges follow by themselves.
//!
//! Only `pass` counts. A record with a term that depends on who sends, or on what the client calls itself, says nothing about
//! addresses, and one that lists everybody says nothing about anybody: such a record lists nobody.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::MAX_SPF_LOOKUPS;
use crate::lookup::{Answers, Outcome, Pending, Record, RecordType};
use crate::route::policy::{Relay, WIDEST_IPV4, WIDEST_IPV6};
use crate::spf::{CheckHost, DomainSpec, Mechanism, Qualifier, Request, SpfRecord, SpfResult, TermKind};

/// What makes the record of a name useless for admission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpfFault {
    /// Whose record it is.
    pub name: Domain,
    /// The term, or what is wrong with the record.
    pub what: String,
}

impl SpfFault {
    /// What is wrong, as a clause of its own.
    pub fn sentence(&self) -> String {
        match self.what.as_str() {
            NO_RECORD => format!("{} has no SPF record", self.name),
            SEVERAL_RECORDS => format!("{} has several SPF records", self.name),
            what => format!("the SPF record of {} has {what}", self.name),
        }
    }
}

const NO_RECORD: &str = "there is no SPF record";
const SEVERAL_RECORDS: &str = "there are several SPF records";

/// Looks through the record of a name and through all that it includes for terms by which nobody can be admitted.
#[derive(Clone, Debug)]
pub struct SpfFaults(pub Domain);

impl Evaluate for SpfFaults {
    /// The first fault, or that the DNS failed.
    type Verdict = Result<Option<SpfFault>, Unanswered>;

    fn evaluate(&self, answers: &mut Answers) -> Result<Self::Verdict, Pending> {
        let (mut seen, mut open) = (BTreeSet::from([self.0.clone()]), vec![self.0.clone()]);
        let mut at = 0;
        // As many as `check_host` would look up, and the first.
        while let Some(name) = open.get(at).cloned().filter(|_| at <= MAX_SPF_LOOKUPS as usize) {
            at += 1;
            let answer = answers.dns(&name, RecordType::Txt)?;
            let records = match answer.outcome() {
                Outcome::Records(records) => records,
                Outcome::NoData | Outcome::NxDomain => &[],
                Outcome::ServFail | Outcome::Timeout => return Ok(Err(Unanswered(name))),
            };
            let fault = |what: String| Ok(Ok(Some(SpfFault { name: name.clone(), what })));
            let texts = records.iter().filter_map(|record| match record {
                Record::Txt(text) if SpfRecord::is_spf(text) => Some(text),
                _ => None,
            });
            let texts: Vec<&Vec<u8>> = texts.collect();
            let [text] = texts.as_slice() else {
                return fault(if texts.is_empty() { NO_RECORD } else { SEVERAL_RECORDS }.to_owned());
            };
            let record = match SpfRecord::parse(text) {
                Ok(record) => record,
                Err(error) => return fault(error.to_string()),
            };
            for term in record.terms() {
                let (spec, leads_on) = match term.kind {
                    TermKind::Directive(_, Mechanism::Ptr(_)) => return fault(term.text.to_owned()),
                    TermKind::Directive(Qualifier::Pass, mechanism) if is_too_wide(mechanism) => {
                        return fault(term.text.to_owned());
                    }
                    // What stands behind it has no say (RFC 7208 §5.1).
                    TermKind::Directive(_, Mechanism::All) => break,
                    TermKind::Directive(_, Mechanism::Include(spec)) => (Some(spec), true),
                    TermKind::Directive(_, Mechanism::Exists(spec)) => (Some(spec), false),
                    TermKind::Directive(_, Mechanism::A(spec, _) | Mechanism::Mx(spec, _)) => (spec, false),
                    TermKind::Redirect(spec) => (Some(spec), true),
                    _ => (None, false),
                };
                let Some(spec) = spec else { continue };
                if depends_on_sender(spec) {
                    return fault(term.text.to_owned());
                }
                // A name with other macros is the client's: what it leads to is looked at by `check_host` alone.
                if let (true, Ok(next)) = (leads_on, Domain::from_dns(spec.as_str()))
                    && !spec.as_str().contains('%')
                    && seen.insert(next.clone())
                {
                    answers.note_dns(&next, RecordType::Txt);
                    open.push(next);
                }
            }
        }
        Ok(Ok(None))
    }
}

/// The DNS did not answer for this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered(pub Domain);

/// Whether a macro is of the sender, of the name in HELO, or of the client's own name (RFC 7208 §7.2).
fn depends_on_sender(spec: DomainSpec<'_>) -> bool {
    let text = spec.as_str().as_bytes();
    text.windows(3).any(|part| part.starts_with(b"%{") && b"slohp".contains(&part[2].to_ascii_lowercase()))
}

/// Whether a mechanism lists more of the Internet than a range of the policy may: who takes over a provider's record must not make
/// an open relay of this host.
fn is_too_wide(mechanism: Mechanism<'_>) -> bool {
    let too_wide = |ip4: u8, ip6: u8| ip4 < WIDEST_IPV4 || ip6 < WIDEST_IPV6;
    match mechanism {
        Mechanism::All => true,
        Mechanism::Ip4(_, length) => too_wide(length, 128),
        Mechanism::Ip6(_, length) => too_wide(32, length),
        Mechanism::A(_, lengths) | Mechanism::Mx(_, lengths) => too_wide(lengths.ip4, lengths.ip6),
        Mechanism::Include(_) | Mechanism::Ptr(_) | Mechanism::Exists(_) => false,
    }
}

/// Asks for the records of all names at once.
pub(super) fn note(relay: &Relay, peer: Option<IpAddr>, answers: &mut Answers) {
    if peer.is_some_and(|peer| !relay.peers.contains(peer)) {
        relay.spf.iter().for_each(|name| answers.note_dns(name, RecordType::Txt));
    }
}

/// Whether one of the entry's names lists the address; `None` where the DNS did not say.
pub(crate) fn lists(relay: &Relay, peer: IpAddr, answers: &mut Answers) -> Result<Option<bool>, Pending> {
    let mut listed = Some(false);
    for name in &relay.spf {
        let request = Request::new(peer, name.as_str(), format!("postmaster@{name}"));
        let verdict = CheckHost::mail_from(&request).without_trail().evaluate(answers)?;
        match verdict.result {
            SpfResult::Pass => match SpfFaults(name.clone()).evaluate(answers)? {
                Ok(None) => return Ok(Some(true)),
                Ok(Some(_)) => {}
                Err(_) => listed = None,
            },
            SpfResult::TempError => listed = None,
            _ => {}
        }
    }
    Ok(listed)
}
