//! Modular exponentiation with public numbers (RFC 8017 §5.2.2), to look into an RSA signature that does not verify.
//!
//! The back ends say whether a signature verifies, and not what it is a signature of. Neither side of this is secret, so
//! nothing here takes care to run in constant time, and no verdict rests on it.

/// `base` to the power of `exponent` modulo `modulus`, all big-endian; as many octets as the modulus has. `None` where
/// the modulus is even or has a leading zero, or the base is not below it.
pub(super) fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let field = Field::new(modulus)?;
    let base = limbs(base, field.modulus.len()).filter(|base| is_less(base, &field.modulus))?;
    let base = field.multiply(&base, &field.r_squared());
    let bits = exponent.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1));
    let mut result = field.one.clone();
    for bit in bits.skip_while(|bit| !bit) {
        result = field.multiply(&result, &result);
        if bit {
            result = field.multiply(&result, &base);
        }
    }
    let mut one = vec![0; field.modulus.len()];
    *one.first_mut()? = 1;
    let octets: Vec<u8> = field.multiply(&result, &one).iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    octets.get(octets.len() - modulus.len()..).map(<[u8]>::to_vec)
}

/// Arithmetic modulo an odd number in Montgomery's form: `x` stands for `x` times `r`, which is 2 to the power of 64 for
/// each limb. Limbs are little-endian.
struct Field {
    modulus: Vec<u64>,
    /// Minus the inverse of the modulus, modulo 2 to the power of 64.
    inverse: u64,
    /// What stands for 1.
    one: Vec<u64>,
}

impl Field {
    fn new(modulus: &[u8]) -> Option<Self> {
        let (first, last) = (*modulus.first()?, *modulus.last()?);
        if first == 0 || last & 1 == 0 || modulus == [1] {
            return None;
        }
        let bits = 8 * modulus.len() - first.leading_zeros() as usize;
        let modulus = limbs(modulus, modulus.len().div_ceil(8))?;
        // Newton's iteration: each step doubles the low bits that are right, of which an odd number begins with three.
        let low = *modulus.first()?;
        let inverse = (0..5).fold(low, |x, _| x.wrapping_mul(2u64.wrapping_sub(low.wrapping_mul(x))));
        let mut field = Self { inverse: inverse.wrapping_neg(), one: vec![0; modulus.len()], modulus };
        // The highest power of two below the modulus, doubled until it is r.
        *field.one.get_mut((bits - 1) / 64)? = 1 << ((bits - 1) % 64);
        for _ in bits - 1..64 * field.modulus.len() {
            field.one = field.double(&field.one);
        }
        Some(field)
    }

    /// What stands for r: 2 to the power of 64 for each limb, by squaring.
    fn r_squared(&self) -> Vec<u64> {
        let two = self.double(&self.one);
        let exponent = 64 * self.modulus.len();
        let mut result = self.one.clone();
        for bit in (0..usize::BITS).rev().skip_while(|bit| exponent >> bit == 0) {
            result = self.multiply(&result, &result);
            if exponent >> bit & 1 == 1 {
                result = self.multiply(&result, &two);
            }
        }
        result
    }

    fn double(&self, number: &[u64]) -> Vec<u64> {
        let mut carry = 0;
        let doubled = number.iter().map(|limb| limb << 1 | std::mem::replace(&mut carry, limb >> 63)).collect();
        self.reduced(doubled, carry)
    }

    /// The product of two numbers in Montgomery's form, in that form.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let size = self.modulus.len();
        let mut sum = vec![0; size];
        let mut high = 0;
        for &digit in b {
            let over = add_multiple(&mut sum, a, digit);
            let (with_carry, over) = add(high, over, 0);
            // A multiple of the modulus that makes the lowest limb zero, which is then dropped.
            let factor = sum.first().map_or(0, |low| low.wrapping_mul(self.inverse));
            let carry = add_multiple(&mut sum, &self.modulus, factor);
            sum.rotate_left(1);
            let (top, carry) = add(with_carry, carry, 0);
            if let Some(last) = sum.last_mut() {
                *last = top;
            }
            high = over + carry;
        }
        self.reduced(sum, high)
    }

    /// The number, `high` being its next limb, less the modulus where it is not below it: it is below twice of it.
    fn reduced(&self, mut number: Vec<u64>, high: u64) -> Vec<u64> {
        if high != 0 || !is_less(&number, &self.modulus) {
            let mut borrow = false;
            for (limb, &less) in number.iter_mut().zip(&self.modulus) {
                let (difference, first) = limb.overflowing_sub(less);
                let (difference, second) = difference.overflowing_sub(u64::from(borrow));
                (*limb, borrow) = (difference, first | second);
            }
        }
        number
    }
}

/// Adds `number` times `factor` to `sum`, and gives what is carried over.
fn add_multiple(sum: &mut [u64], number: &[u64], factor: u64) -> u64 {
    let mut carry = 0;
    for (limb, &digit) in sum.iter_mut().zip(number) {
        // At most (2^64 - 1)^2 + 2 (2^64 - 1), which is 2^128 - 1.
        let product = u128::from(digit) * u128::from(factor) + u128::from(*limb) + u128::from(carry);
        (*limb, carry) = (product as u64, (product >> 64) as u64);
    }
    carry
}

/// The sum, and what is carried over.
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    let sum = u128::from(a) + u128::from(b) + u128::from(c);
    (sum as u64, (sum >> 64) as u64)
}

/// A big-endian number in so many limbs, the lowest first; `None` where it has more octets than they.
fn limbs(octets: &[u8], count: usize) -> Option<Vec<u64>> {
    let mut limbs = vec![0; count];
    for (place, &octet) in octets.iter().rev().enumerate() {
        *limbs.get_mut(place / 8)? |= u64::from(octet) << (8 * (place % 8));
    }
    Some(limbs)
}

fn is_less(a: &[u64], b: &[u64]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(base: u128, exponent: u64, modulus: u128) -> u128 {
        (0..64).rev().fold(1 % modulus, |result, bit| {
            let squared = result * result % modulus;
            if exponent >> bit & 1 == 1 { squared * base % modulus } else { squared }
        })
    }

    fn octets(number: u128) -> Vec<u8> {
        number.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect()
    }

    proptest! {
        #[test]
        fn small_numbers_as_by_hand(base: u64, exponent: u32, modulus: u64) {
            let modulus = modulus | 1;
            prop_assume!(modulus > 1);
            let base = u128::from(base % modulus);
            let expected = naive(base, u64::from(exponent), u128::from(modulus));
            let found = power(&octets(base), &exponent.to_be_bytes(), &octets(u128::from(modulus)));
            prop_assert_eq!(found.map(|found| octets_to_number(&found)), Some(expected));
        }

        /// Fermat: for a prime p, x to the power of p - 1 is 1. These are 2^127 - 1 and 2^521 - 1.
        #[test]
        fn large_primes(base in proptest::collection::vec(any::<u8>(), 1..16)) {
            prop_assume!(base.iter().any(|octet| *octet != 0));
            for bits in [127usize, 521] {
                let mut prime = vec![0xff; bits.div_ceil(8)];
                prime[0] = 0xff >> (prime.len() * 8 - bits);
                let mut exponent = prime.clone();
                *exponent.last_mut().unwrap() -= 1;
                let base = if bits == 127 { &base[..base.len() - 1] } else { &base[..] };
                if base.iter().any(|octet| *octet != 0) {
                    let found = power(base, &exponent, &prime).unwrap();
                    prop_assert!(found.len() == prime.len() && octets_to_number(&found) == 1);
                }
            }
        }

        #[test]
        fn any_octets_end_in_a_number_below_the_modulus_or_in_none(
            base in proptest::collection::vec(any::<u8>(), 0..40),
            exponent in proptest::collection::vec(any::<u8>(), 0..4),
            modulus in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            if let Some(found) = power(&base, &exponent, &modulus) {
                prop_assert!(found.len() == modulus.len() && found < modulus);
            }
        }
    }

    fn octets_to_number(octets: &[u8]) -> u128 {
        octets.iter().fold(0, |number, octet| number << 8 | u128::from(*octet))
    }
}
