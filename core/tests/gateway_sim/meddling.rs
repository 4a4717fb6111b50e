//! What broken gateways do to the octets that go in and out, see [`Mutant`].

use std::collections::BTreeMap;

use passerelle::gateway::PlaceKey;

use crate::mutants::Mutant;

/// What is being meddled with; nothing, where there is no mutant.
#[derive(Default)]
pub(crate) struct Meddling {
    mutant: Option<Mutant>,
    links: BTreeMap<u64, Clear>,
    /// The place of the connection that was kept last.
    kept: Option<PlaceKey>,
}

/// A connection in clear text.
#[derive(Default)]
struct Clear {
    sent: Vec<u8>,
    /// Whether the end of a message has gone out, and no reply to it has come.
    is_ended: bool,
    has_taken: bool,
    is_again: bool,
}

impl Meddling {
    pub(crate) fn new(mutant: Option<Mutant>) -> Self {
        Self { mutant, ..Self::default() }
    }

    pub(crate) fn mutant(&self) -> Option<Mutant> {
        self.mutant
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(crate) fn has_no_clock(&self) -> bool {
        self.is(Mutant::HasNoClock)
    }

    pub(crate) fn stores_nothing(&self) -> bool {
        self.is(Mutant::StoresNothing)
    }

    pub(crate) fn gives_no_place(&self) -> bool {
        self.is(Mutant::GivesNoPlace)
    }

    pub(crate) fn never_renews(&self) -> bool {
        self.is(Mutant::NeverRenews)
    }

    pub(crate) fn kept(&mut self, key: &PlaceKey) {
        self.kept = Some(key.clone());
    }

    /// The place that is asked for.
    pub(crate) fn place(&self, key: PlaceKey) -> PlaceKey {
        match (&self.kept, self.is(Mutant::MixesConnections)) {
            (Some(kept), true) => kept.clone(),
            _ => key,
        }
    }

    /// Octets in clear text for a host.
    pub(crate) fn sends(&mut self, link: u64, mut octets: Vec<u8>) -> Vec<u8> {
        if self.mutant.is_none() {
            return octets;
        }
        let (is_early, is_changed) = (self.is(Mutant::AcknowledgesEarly), self.is(Mutant::ChangesTheBody));
        let clear = self.links.entry(link).or_default();
        clear.sent.extend_from_slice(&octets);
        if clear.sent.ends_with(b"\r\n.\r\n") && contains(&clear.sent, b"DATA\r\n") {
            clear.is_ended = true;
            if is_early {
                octets.truncate(octets.len().saturating_sub(5));
            }
        }
        if is_changed && let Some(at) = find(&octets, b"This is line") {
            octets[at] = b't';
        }
        octets
    }

    /// What the gateway is told in the place of a host.
    pub(crate) fn tells_itself(&mut self, link: u64) -> Option<&'static [u8]> {
        let is_early = self.is(Mutant::AcknowledgesEarly);
        let clear = self.links.get_mut(&link)?;
        (is_early && std::mem::take(&mut clear.is_ended)).then_some(b"250 2.0.0 Taken, I suppose\r\n")
    }

    /// Octets of a host's.
    pub(crate) fn hears(&mut self, link: u64, octets: Vec<u8>) -> Vec<u8> {
        let forgets = self.is(Mutant::ForgetsTheReply);
        let Some(clear) = self.links.get_mut(&link).filter(|clear| clear.is_ended) else { return octets };
        clear.is_ended = false;
        clear.has_taken = octets.starts_with(b"250");
        match clear.has_taken && forgets && octets.ends_with(b"\r\n") {
            true => b"451 4.3.0 What was it again?\r\n".to_vec(),
            false => octets,
        }
    }

    /// What is sent over another connection again.
    pub(crate) fn again(&mut self, link: u64) -> Option<Vec<u8>> {
        let sends_twice = self.is(Mutant::SendsTwice);
        let clear = self.links.get_mut(&link)?;
        let is_due = sends_twice && clear.has_taken && !std::mem::replace(&mut clear.is_again, true);
        is_due.then(|| clear.sent.clone())
    }
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|window| window == what)
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    find(octets, what).is_some()
}
