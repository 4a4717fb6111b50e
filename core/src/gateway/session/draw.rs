//! All that has to be unforeseeable in a session, made of the octets that the host has drawn for it.

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::Hash;
use crate::gateway::MessageId;

/// Makes octets, each time others. The same octets of the host give the same ones in the same order.
pub(super) struct Draw {
    key: Zeroizing<[u8; 32]>,
    drawn: u64,
}

impl Draw {
    pub(super) fn new(octets: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(octets), drawn: 0 }
    }

    /// 32 octets for a purpose.
    pub(super) fn octets(&mut self, purpose: &str) -> [u8; 32] {
        self.drawn += 1;
        let made = Hash::Sha256.hmac(&*self.key, &[purpose.as_bytes(), &[0], &self.drawn.to_be_bytes()]);
        let mut octets = [0; 32];
        octets.iter_mut().zip(made.iter()).for_each(|(octet, made)| *octet = *made);
        octets
    }

    /// A number for a purpose.
    pub(super) fn number(&mut self, purpose: &str) -> u64 {
        let octets = self.octets(purpose);
        octets.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
    }

    /// A name for a message: 80 bits, as letters and digits that nobody takes for one another.
    pub(super) fn message_id(&mut self) -> MessageId {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let octets = self.octets("message");
        let letter = |octet: &u8| char::from(LETTERS.get(usize::from(octet % 32)).copied().unwrap_or(b'0'));
        MessageId::new(&octets.iter().take(16).map(letter).collect::<String>())
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draw")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_octets_give_the_same_names_and_each_only_once() {
        let names = |seed| {
            let mut draw = Draw::new([seed; 32]);
            [draw.message_id(), draw.message_id()]
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        let [first, second] = names(3);
        assert_ne!(first, second);
        assert_eq!(first.as_str().len(), 16);
    }
}
