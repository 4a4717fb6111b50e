//! Which change broke which signature: found out by comparing what each signature covers, and not by thinking about names.
//!
//! A change can mend what one before it broke: a field that is added and removed again. So what counts is the last change behind which
//! a signature did not verify any more.

use crate::dkim::Covers;
use crate::domain::Domain;
use crate::message::Header;

/// The signatures on a message that is being changed.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    covers: Covers,
    /// Which of them count: one that fails anyway cannot be broken.
    counts: Vec<bool>,
    /// For each of them, whether it covers the same body still, and whether it is whole.
    body_intact: Vec<bool>,
    intact: Vec<bool>,
    /// Which change broke it, where one did.
    broken_by: Vec<Option<usize>>,
}

#[cfg_attr(not(feature = "tls"), allow(dead_code))] // some of it is the gateway's
impl Ledger {
    /// The signatures on a message with this header section; `fails` says of which it is known that they fail anyway, by their places
    /// among the fields.
    pub(crate) fn new(header: &Header, fails: impl Fn(usize) -> bool) -> Self {
        let covers = Covers::of(header);
        let counts: Vec<bool> = covers.iter().map(|cover| !fails(cover.place)).collect();
        let count = counts.len();
        Self { covers, intact: counts.clone(), counts, body_intact: vec![true; count], broken_by: vec![None; count] }
    }

    pub(crate) fn covers(&self) -> &Covers {
        &self.covers
    }

    /// For each signature, whether nothing has broken it so far.
    pub(crate) fn intact(&self) -> &[bool] {
        &self.intact
    }

    /// The body has become another one.
    pub(crate) fn body(&mut self, before: &[u8], after: &[u8]) {
        if !self.covers.is_empty() {
            self.body_intact = self.covers.body_intact(before, after);
        }
    }

    /// The body will become another one, of which nothing is known.
    pub(crate) fn any_body(&mut self) {
        self.body_intact.fill(false);
    }

    /// Notes what the change of this number broke or mended, the header section being this one behind it.
    pub(crate) fn note(&mut self, change: usize, header: &Header) {
        if self.covers.is_empty() {
            return;
        }
        let whole = self.whole(header);
        for ((whole, before), broken_by) in whole.into_iter().zip(&mut self.intact).zip(&mut self.broken_by) {
            match (std::mem::replace(before, whole), whole) {
                (true, false) => *broken_by = Some(change),
                (false, true) => *broken_by = None,
                _ => {}
            }
        }
    }

    /// Whether a signature that is whole would break if the header section were this one.
    pub(crate) fn would_break(&self, header: &Header) -> bool {
        !self.covers.is_empty() && self.whole(header).iter().zip(&self.intact).any(|(after, before)| *before && !after)
    }

    fn whole(&self, header: &Header) -> Vec<bool> {
        let header = self.covers.header_intact(header);
        let both = header.into_iter().zip(&self.body_intact).map(|(header, body)| header && *body);
        both.zip(&self.counts).map(|(whole, counts)| whole && *counts).collect()
    }

    /// The domains whose signatures a change broke, each once.
    pub(crate) fn broken_by(&self, change: usize) -> Vec<Domain> {
        let broken = self.covers.iter().zip(&self.broken_by).filter(|(_, by)| **by == Some(change));
        let mut domains: Vec<Domain> = broken.map(|(cover, _)| cover.domain.clone()).collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }
}
