//! Numbers that come of the host's seed: choices that nobody else can foresee and that the same seed makes again.

/// A number of 64 bits made of a seed and of texts that say what it is for. It is well spread and no cryptography: who does not
/// know the seed cannot tell it, who sees many may.
pub(crate) fn number(seed: u64, parts: &[&[u8]]) -> u64 {
    // FNV-1a, with a step between parts so that they do not run together; then the end of splitmix64, which spreads.
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ spread(seed);
    for part in parts {
        for &octet in *part {
            hash = (hash ^ u64::from(octet)).wrapping_mul(PRIME);
        }
        hash = spread(hash ^ part.len() as u64);
    }
    spread(hash)
}

fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_depend_on_seed_parts_and_where_parts_end() {
        let all = [
            number(0, &[]),
            number(1, &[]),
            number(0, &[b"ab"]),
            number(0, &[b"a", b"b"]),
            number(0, &[b"", b"ab"]),
            number(1, &[b"ab"]),
        ];
        for (n, one) in all.iter().enumerate() {
            assert!(!all[n + 1..].contains(one));
        }
        assert_eq!(number(7, &[b"x"]), number(7, &[b"x"]));
    }

    #[test]
    fn numbers_are_spread() {
        let mut counts = [0; 8];
        (0..8000u64).for_each(|n| counts[(number(n, &[b"host"]) % 8) as usize] += 1);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
