//! CRC-32C (Castagnoli), as RFC 4960 appendix B has it.

pub(super) struct Crc32c;

impl Crc32c {
    /// The checksum of some octets.
    pub(super) fn of(octets: &[u8]) -> u32 {
        /// What each value of an octet does to the register: the polynomial with its bits reversed, eight times.
        const TABLE: [u32; 256] = {
            let mut table = [0; 256];
            let mut octet = 0;
            while octet < 256 {
                let mut register = octet as u32;
                let mut bit = 0;
                while bit < 8 {
                    register = (register >> 1) ^ (0x82f6_3b78 * (register & 1));
                    bit += 1;
                }
                table[octet] = register;
                octet += 1;
            }
            table
        };
        let step = |register: u32, &octet: &u8| {
            let index = usize::from((register as u8) ^ octet);
            (register >> 8) ^ TABLE.get(index).copied().unwrap_or_default() // always there
        };
        !octets.iter().fold(u32::MAX, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3720 appendix B.4, and the customary check value of the CRC catalogues.
    #[test]
    fn known_values() {
        assert_eq!(Crc32c::of(b"123456789"), 0xe306_9283);
        assert_eq!(Crc32c::of(&[0; 32]), 0x8a91_36aa);
        assert_eq!(Crc32c::of(&[0xff; 32]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(Crc32c::of(&rising), 0x46dd_794e);
        assert_eq!(Crc32c::of(b""), 0);
    }
}
