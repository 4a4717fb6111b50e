//! Octets that wait while the host decides.

/// The end of a chunk that has been begun, and chunks behind it. Holds no memory when it is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    octets: Vec<u8>,
    /// So many of them are done.
    done: usize,
}

impl Queue {
    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(self.done..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.octets.len().saturating_sub(self.done)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        // What is done is dropped only when that is more than what is kept, so that each octet moves a bounded number of
        // times.
        if self.done > self.len() {
            self.octets.drain(..self.done);
            self.done = 0;
        }
        self.octets.extend_from_slice(octets);
    }

    /// All but the last `left` octets are done.
    pub(super) fn keep_last(mut self, left: usize) -> Self {
        if left == 0 {
            return Self::default();
        }
        self.done = self.octets.len().saturating_sub(left);
        self
    }
}
