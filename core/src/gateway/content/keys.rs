//! Whether the keys that we sign with are those that the DNS publishes.
//!
//! A key whose record is *definitely* another signs nothing, until it is published. An answer that did not come says nothing, and the
//! last state stays; at the start, a key signs.

use std::collections::BTreeMap;

use crate::domain::Domain;

pub use crate::dkim::{KeyState, Published, judge};

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

    /// Takes what was found out about a signer's keys, and gives those whose state has changed. Where the DNS said nothing, the last
    /// state stays.
    pub fn learn(&mut self, domain: &Domain, found: &[(Domain, Option<KeyState>)]) -> Vec<(Domain, KeyState)> {
        let mut changed = Vec::new();
        for (selector, state) in found {
            let Some(state) = *state else { continue };
            if self.state(domain, selector.as_str()) != state {
                self.insert(domain.clone(), selector.to_string(), state);
                changed.push((selector.clone(), state));
            }
        }
        changed
    }
}
