//! The DNS tree walk (RFC 9989 §4.10) and the organizational domain that comes of it (§4.10.2).

use crate::dmarc::lookup::{self, Found, SeveralRecords};
use crate::dmarc::record::{PolicyRecord, Psd};
use crate::dmarc::standard::Standard;
use crate::domain::Domain;
use crate::limits::TREE_WALK_SHORTCUT_LABELS;
use crate::lookup::{Answers, Pending, Status};

/// A tree walk that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    start: Domain,
    /// What was found at each name, from the start up to where the walk stopped.
    pub(crate) stops: Vec<(Domain, Found)>,
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
    names(start).iter().for_each(|name| lookup::note(name, answers));
}

/// Waits for the answers to all questions of the walk from `start`, those included that a `psd` tag makes superfluous.
/// Where many walks are made, reading the records of all of them anew for each answer would cost a square of their number.
pub(crate) fn wait(start: &Domain, answers: &mut Answers) -> Result<(), Pending> {
    names(start).iter().try_for_each(|name| lookup::wait(name, answers))
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

/// The policy record of one name of a walk.
pub(crate) fn look(name: &Domain, answers: &mut Answers) -> Result<Found, Pending> {
    lookup::look(Standard::Rfc9989, name, answers)
}

impl Walk {
    /// The queries that failed; with one of them, what the walk has to say is not certain.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&Domain, Status)> {
        self.stops.iter().filter_map(|(name, found)| match found {
            Found::Failed(status) => Some((name, *status)),
            Found::Record(_) | Found::Several { .. } | Found::Nothing { .. } => None,
        })
    }

    /// What is wrong with what stands on the way and is no policy record.
    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        self.stops.iter().filter_map(|(name, found)| found.faults(name))
    }

    /// The names with several records.
    pub(crate) fn several(&self) -> Vec<SeveralRecords> {
        self.stops.iter().filter_map(|(name, found)| found.several(name)).collect()
    }

    /// The records found, the longest name first.
    fn records(&self) -> impl DoubleEndedIterator<Item = (&Domain, &PolicyRecord)> {
        self.stops.iter().filter_map(|(name, found)| match found {
            Found::Record(record) => Some((name, record)),
            Found::Several { .. } | Found::Nothing { .. } | Found::Failed(_) => None,
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
