//! Whether the keys of a signer are those that the DNS publishes.
//!
//! A signature by a key that is not published is worse than none: receivers see a failure, and reports complain.

use super::key::{KeyAnswer, KeyRequest, Terms};
use super::key_error::KeyRecordError;
use super::sign::Signer;
use crate::crypto::SigningKey;
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::lookup::{Answers, Pending, RecordType};
use crate::words::words;

/// What the DNS says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// It is published, or not known not to be.
    Signs,
    /// There is no key record: no such name, or no text that is one.
    Missing,
    /// The record has another key.
    Another,
    /// The key is revoked: `p=` is empty (RFC 6376 §3.6.1).
    Revoked,
    /// The record cannot be read, or does not allow what we sign.
    Unusable,
}

impl KeyState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Signs, Self::Missing, Self::Another, Self::Revoked, Self::Unusable];

    /// Whether the key signs.
    pub fn signs(self) -> bool {
        self == Self::Signs
    }

    /// The word for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signs => "signs",
            Self::Missing => "missing",
            Self::Another => "another",
            Self::Revoked => "revoked",
            Self::Unusable => "unusable",
        }
    }

    /// What is so, as the end of a sentence that begins with the name of the record.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Signs => "has the key",
            Self::Missing => "is not there",
            Self::Another => "has another key",
            Self::Revoked => "says that the key is revoked",
            Self::Unusable => "is no record by which the key's signatures verify",
        }
    }
}

words!(Display, Serialize for KeyState);

/// What the answer for a key's record says of the key: `None` where it says nothing, because the DNS failed or did not answer.
pub fn judge(answer: &KeyAnswer, key: &SigningKey) -> Option<KeyState> {
    let records = match answer {
        KeyAnswer::Failed => return None,
        KeyAnswer::Missing(_) => return Some(KeyState::Missing),
        KeyAnswer::Records(records) => records,
    };
    // Verifiers try each of several records (RFC 6376 §3.6.2.2 leaves it open), so one with the key will do.
    let own = key.verifying_key();
    let terms = Terms { key_type: key.key_type(), identity_is_domain: true };
    let states = records.iter().map(|record| match record {
        Ok(record) => match record.key_for(&terms) {
            Ok(published) if own.as_ref() == Some(published) => KeyState::Signs,
            Ok(_) | Err(KeyRecordError::Mismatch { .. }) => KeyState::Another,
            Err(KeyRecordError::Revoked) => KeyState::Revoked,
            Err(_) => KeyState::Unusable,
        },
        Err(KeyRecordError::Unrelated(_)) => KeyState::Missing,
        Err(_) => KeyState::Unusable,
    });
    // What tells more comes first where several records are there.
    let order = [KeyState::Signs, KeyState::Revoked, KeyState::Another, KeyState::Unusable, KeyState::Missing];
    let place = |state: &KeyState| order.iter().position(|other| other == state);
    Some(states.min_by_key(place).unwrap_or(KeyState::Missing))
}

/// What the DNS says of each key of a signer, by selector: `None` where it says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a>(pub &'a Signer);

impl Evaluate for Published<'_> {
    type Verdict = Vec<(Domain, Option<KeyState>)>;

    fn evaluate(&self, answers: &mut Answers) -> Result<Self::Verdict, Pending> {
        self.note(answers);
        let mut states = Vec::new();
        for (selector, key) in self.0.keys() {
            let Some(name) = self.name(selector) else { continue };
            let answer = KeyRequest { name }.evaluate(answers)?;
            states.push((selector.clone(), judge(&answer, key)));
        }
        Ok(states)
    }
}

impl Published<'_> {
    /// Notes the questions, for who has others to ask besides.
    pub fn note(&self, answers: &mut Answers) {
        let names = self.0.keys().filter_map(|(selector, _)| self.name(selector));
        names.for_each(|name| answers.note_dns(&name, RecordType::Txt));
    }

    /// Where a key's record is (RFC 6376 §3.6.2.1); a signer has no selector for which that is no name.
    fn name(&self, selector: &Domain) -> Option<Domain> {
        self.0.domain().prepend(&format!("{selector}._domainkey")).ok()
    }
}
