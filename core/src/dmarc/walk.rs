//! The DNS tree walk (RFC 9989 §4.10) and the organizational domain that comes of it (§4.10.2).

use crate::dmarc::record::{PolicyRecord, Psd};
use crate::domain::Domain;
use crate::limits::{MAX_DMARC_RECORD, TREE_WALK_SHORTCUT_LABELS};
use crate::lookup::{Answers, DnsAnswer, Outcome, Pending, Record, RecordType, Status};

/// A tree walk that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    start: Domain,
    /// What was found at each name, from the start up to where the walk stopped.
    pub(crate) stops: Vec<(Domain, Found)>,
}

/// What there is at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// One policy record.
    Record(PolicyRecord),
    /// None, for this reason.
    Nothing(&'static str),
    /// The query failed for now.
    Failed(Status),
}

/// The names that a walk from `start` asks about, in order: at most [`MAX_TREE_WALK_QUERIES`].
///
/// [`MAX_TREE_WALK_QUERIES`]: crate::limits::MAX_TREE_WALK_QUERIES
pub(crate) fn names(start: &Domain) -> Vec<Domain> {
    // Steps 3 and 4: one label less; or, for a name of eight labels and more, the last seven.
    let above = (start.label_count() - 1).min(TREE_WALK_SHORTCUT_LABELS);
    let mut names = vec![start.clone()];
    names.extend((1..=above).rev().filter_map(|labels| start.suffix(labels)));
    names
}

/// Notes all questions of the walk from `start`.
///
/// A `psd` tag may make the last of them superfluous, but waiting for each answer in turn would cost eight round trips.
pub(crate) fn note(start: &Domain, answers: &mut Answers) {
    for name in names(start) {
        if let Some(owner) = record_name(&name) {
            answers.note_dns(&owner, RecordType::Txt);
        }
    }
}

/// Waits for the answers to all questions of the walk from `start`, those included that a `psd` tag makes superfluous.
/// Where many walks are made, reading the records of all of them anew for each answer would cost a square of their number.
pub(crate) fn wait(start: &Domain, answers: &mut Answers) -> Result<(), Pending> {
    names(start).iter().filter_map(record_name).try_for_each(|owner| answers.dns(&owner, RecordType::Txt).map(drop))
}

/// Walks from `start` until a record says where it ends, or the labels are used up.
pub(crate) fn walk(start: &Domain, answers: &mut Answers) -> Result<Walk, Pending> {
    note(start, answers);
    let mut stops = Vec::new();
    for name in names(start) {
        let found = look(&name, answers)?;
        let ends = matches!(&found, Found::Record(record) if record.psd != Psd::Unsaid);
        stops.push((name, found));
        if ends {
            break;
        }
    }
    Ok(Walk { start: start.clone(), stops })
}

/// The policy record of one name.
pub(crate) fn look(name: &Domain, answers: &mut Answers) -> Result<Found, Pending> {
    match record_name(name) {
        Some(owner) => answers.dns(&owner, RecordType::Txt).map(|answer| read(&answer)),
        None => Ok(Found::Nothing("the name is so long that no record can stand at it")),
    }
}

/// Steps 2 and 6: what is no policy record is discarded, and all of them if there are several.
fn read(answer: &DnsAnswer) -> Found {
    match answer.outcome() {
        Outcome::Records(_) => {}
        Outcome::NoData | Outcome::NxDomain => return Found::Nothing("no TXT record"),
        Outcome::ServFail | Outcome::Timeout => return Found::Failed(answer.status),
    }
    let mut policies = policy_texts(answer);
    match (policies.next().and_then(PolicyRecord::parse), policies.next()) {
        (Some(record), None) => Found::Record(record),
        (Some(_), Some(_)) => Found::Nothing("several policy records, which are all discarded"),
        (None, _) if answer.records.iter().any(is_too_long) => {
            Found::Nothing("a TXT record is longer than a policy record may be")
        }
        (None, _) => Found::Nothing("no TXT record is a policy record"),
    }
}

fn is_too_long(record: &Record) -> bool {
    matches!(record, Record::Txt(text) if text.len() > MAX_DMARC_RECORD)
}

/// Those TXT records of an answer that are policy records.
pub(crate) fn policy_texts(answer: &DnsAnswer) -> impl Iterator<Item = &[u8]> {
    answer.records.iter().filter_map(|record| match record {
        Record::Txt(text) if PolicyRecord::is_one(text) => Some(&**text),
        _ => None,
    })
}

/// Where the policy record of `name` stands (RFC 9989 §4.5). `None` when that would be longer than a name can be.
pub(crate) fn record_name(name: &Domain) -> Option<Domain> {
    name.prepend("_dmarc").ok()
}

impl Walk {
    /// The queries that failed; with one of them, what the walk has to say is not certain.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&Domain, Status)> {
        self.stops.iter().filter_map(|(name, found)| match found {
            Found::Failed(status) => Some((name, *status)),
            Found::Record(_) | Found::Nothing(_) => None,
        })
    }

    /// The records found, the longest name first.
    fn records(&self) -> impl DoubleEndedIterator<Item = (&Domain, &PolicyRecord)> {
        self.stops.iter().filter_map(|(name, found)| match found {
            Found::Record(record) => Some((name, record)),
            Found::Nothing(_) | Found::Failed(_) => None,
        })
    }

    /// The record that decides which the organizational domain is: one with psd=n or psd=y is where a walk ends, so that
    /// the last record decides by all three rules of RFC 9989 §4.10.2.
    pub(crate) fn deciding(&self) -> Option<(&Domain, &PolicyRecord)> {
        self.records().next_back()
    }

    /// The organizational domain of the name where the walk started (RFC 9989 §4.10.2), failed queries counting as
    /// ones that found nothing.
    pub(crate) fn organizational_domain(&self) -> Domain {
        let Some((at, record)) = self.deciding() else { return self.start.clone() };
        match record.psd {
            Psd::Yes if *at != self.start => self.start.suffix(at.label_count() + 1).unwrap_or_else(|| at.clone()),
            Psd::Yes | Psd::No | Psd::Unsaid => at.clone(),
        }
    }

    /// The record that applies to the name where the walk started (RFC 9989 §4.10.1), and where it stands: at the name
    /// itself, at its organizational domain, or at its public suffix domain. Failed queries count as ones that
    /// found nothing.
    pub(crate) fn applicable(&self) -> Option<(&Domain, &PolicyRecord)> {
        let organizational = self.organizational_domain();
        [&self.start, &organizational]
            .into_iter()
            .find_map(|name| self.records().find(|(at, _)| *at == name))
            .or_else(|| self.records().next_back().filter(|(_, record)| record.psd == Psd::Yes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_TREE_WALK_QUERIES;

    fn walked(start: &str) -> Vec<String> {
        names(&Domain::parse(start).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn short_names_are_walked_label_by_label() {
        assert_eq!(walked("a.mail.example.com"), ["a.mail.example.com", "mail.example.com", "example.com", "com"]);
        assert_eq!(walked("com"), ["com"]);
    }

    /// Eight labels: the first shortening takes one label, as it does below eight; nine: it takes two.
    #[test]
    fn the_shortcut_begins_at_eight_labels() {
        assert_eq!(walked("1.2.3.4.5.6.7.8")[..2], ["1.2.3.4.5.6.7.8", "2.3.4.5.6.7.8"]);
        assert_eq!(walked("1.2.3.4.5.6.7.8.9")[..2], ["1.2.3.4.5.6.7.8.9", "3.4.5.6.7.8.9"]);
        assert_eq!(walked("1.2.3.4.5.6.7.8").len(), MAX_TREE_WALK_QUERIES);
        assert_eq!(walked(&"a.".repeat(127)).len(), MAX_TREE_WALK_QUERIES);
    }
}
