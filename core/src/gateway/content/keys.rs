//! Whether the keys that we sign with are those that the DNS publishes.

use std::collections::BTreeMap;

use crate::domain::Domain;

/// What the DNS says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// It is published, or not known not to be.
    Signs,
    /// The record is definitely another, or there is none: nothing is signed with it.
    Differs,
}

/// The states of keys, by domain and selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyStates(BTreeMap<(Domain, String), KeyState>);

impl KeyStates {
    /// None is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of a key: at the start it signs.
    pub fn state(&self, domain: &Domain, selector: &str) -> KeyState {
        self.0.get(&(domain.clone(), selector.to_owned())).copied().unwrap_or(KeyState::Signs)
    }

    /// Takes a state in the place of an earlier one.
    pub fn insert(&mut self, domain: Domain, selector: String, state: KeyState) {
        self.0.insert((domain, selector), state);
    }
}
