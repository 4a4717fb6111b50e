//! What finding out why a signature failed may cost. What it may cost a message is divided among its signatures.

use crate::limits::{MAX_DIAGNOSIS_OCTETS, MAX_DIAGNOSIS_RECOVERIES, MAX_DIAGNOSIS_VERIFICATIONS};

/// What is left.
#[derive(Debug)]
pub(super) struct Effort {
    octets: usize,
    verifications: usize,
    recoveries: usize,
}

impl Effort {
    /// What is left to the one with this number of so many signatures that a message has to be verified.
    pub(super) fn share(number: usize, count: usize) -> Self {
        // Where there is less than one for each, the first have one.
        let share = |all: usize| (all / count.max(1)).max(usize::from(number < all));
        Self {
            octets: MAX_DIAGNOSIS_OCTETS / count.max(1),
            verifications: share(MAX_DIAGNOSIS_VERIFICATIONS),
            recoveries: share(MAX_DIAGNOSIS_RECOVERIES),
        }
    }

    /// Whether so many octets may still be hashed; they then count.
    pub(super) fn hash(&mut self, octets: usize) -> bool {
        // A hash has a cost of its own besides that of its octets.
        take(&mut self.octets, octets.saturating_add(HASH))
    }

    /// Whether another public-key operation may be tried.
    pub(super) fn verify(&mut self) -> bool {
        take(&mut self.verifications, 1)
    }

    /// Whether another RSA signature may be looked into.
    pub(super) fn recover(&mut self) -> bool {
        take(&mut self.recoveries, 1)
    }
}

/// What a hash costs besides, in octets: two blocks.
const HASH: usize = 128;

fn take(left: &mut usize, count: usize) -> bool {
    let after = left.checked_sub(count);
    *left = after.unwrap_or(*left);
    after.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_together_are_within_the_whole() {
        for count in 1..100 {
            let shares: Vec<Effort> = (0..count).map(|number| Effort::share(number, count)).collect();
            let sum = |part: fn(&Effort) -> usize| shares.iter().map(part).sum::<usize>();
            assert!(sum(|share| share.octets) <= MAX_DIAGNOSIS_OCTETS);
            assert!((1..=MAX_DIAGNOSIS_VERIFICATIONS).contains(&sum(|share| share.verifications)));
            assert!((1..=MAX_DIAGNOSIS_RECOVERIES).contains(&sum(|share| share.recoveries)));
        }
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut effort = Effort::share(0, 1);
        assert!(effort.hash(MAX_DIAGNOSIS_OCTETS - 2 * HASH) && effort.hash(0) && !effort.hash(0));
        assert_eq!((0..20).filter(|_| effort.recover()).count(), MAX_DIAGNOSIS_RECOVERIES);
        assert_eq!((0..20).filter(|_| effort.verify()).count(), MAX_DIAGNOSIS_VERIFICATIONS);
    }
}
