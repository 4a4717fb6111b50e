//! The few shapes of DER in which keys come, read strictly and without recursion.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1, rsaEncryption (RFC 8017 §A.1).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.3.101.112, id-Ed25519 (RFC 8410 §3).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// An RSA public key's numbers, big-endian, without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RsaNumbers<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) exponent: &'a [u8],
}

impl RsaNumbers<'_> {
    /// The length of the modulus.
    pub(super) fn bits(&self) -> u32 {
        let leading = self.modulus.first().map_or(0, |b| b.leading_zeros());
        u32::try_from(self.modulus.len() * 8).map_or(u32::MAX, |bits| bits - leading)
    }

    /// Whether the numbers can be a key's at all: both odd, the exponent from 3 to 33 bits long. AWS-LC draws the line
    /// there too; a longer exponent has no use but to make verification slow.
    pub(super) fn are_sane(&self) -> bool {
        let odd = |n: &[u8]| n.last().is_some_and(|b| b & 1 == 1);
        let small = self.exponent.len() <= 4 || (self.exponent.len() == 5 && self.exponent.first() == Some(&1));
        odd(self.modulus) && odd(self.exponent) && small && self.exponent != [1]
    }

    /// The PKCS#1 RSAPublicKey (RFC 8017 §A.1.1).
    pub(super) fn to_pkcs1(self) -> Vec<u8> {
        element(SEQUENCE, &[unsigned(self.modulus), unsigned(self.exponent)].concat())
    }

    /// The SubjectPublicKeyInfo (RFC 5280 §4.1) around the RSAPublicKey.
    pub(super) fn to_spki(self) -> Vec<u8> {
        let null = vec![0x05, 0x00];
        let algorithm = element(SEQUENCE, &[element(OBJECT_IDENTIFIER, RSA_ENCRYPTION), null].concat());
        let key = element(BIT_STRING, &[vec![0], self.to_pkcs1()].concat());
        element(SEQUENCE, &[algorithm, key].concat())
    }
}

/// Reads an RSA public key: a SubjectPublicKeyInfo, which RFC 6376 §3.6.1 gives examples of, or the RSAPublicKey that
/// its text asks for.
pub(super) fn rsa_public_key(der: &[u8]) -> Option<RsaNumbers<'_>> {
    if let Some(key) = subject_public_key(der, RSA_ENCRYPTION) {
        return pkcs1_public_key(key);
    }
    pkcs1_public_key(der)
}

/// The Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410 §4).
pub(super) fn ed25519_in_info(der: &[u8]) -> Option<[u8; 32]> {
    subject_public_key(der, ED25519)?.try_into().ok()
}

/// How many octets an element that begins here says to have, where there are fewer of them.
pub(super) fn is_cut(der: &[u8]) -> Option<usize> {
    let announced = match *der {
        [SEQUENCE, length @ 0..=0x7f, ..] => 2 + usize::from(length),
        [SEQUENCE, 0x81, length, ..] => 3 + usize::from(length),
        [SEQUENCE, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => return None,
    };
    Some(announced).filter(|announced| *announced > der.len())
}

/// The octets of the key in a SubjectPublicKeyInfo of this algorithm.
fn subject_public_key<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut info = Reader(whole(der, SEQUENCE)?);
    let mut identifier = Reader(info.next(SEQUENCE)?);
    if identifier.next(OBJECT_IDENTIFIER)? != algorithm {
        return None;
    }
    let (unused_bits, key) = info.next(BIT_STRING)?.split_first()?;
    (*unused_bits == 0 && info.0.is_empty()).then_some(key)
}

fn pkcs1_public_key(der: &[u8]) -> Option<RsaNumbers<'_>> {
    let mut key = Reader(whole(der, SEQUENCE)?);
    let numbers = RsaNumbers { modulus: key.unsigned()?, exponent: key.unsigned()? };
    key.0.is_empty().then_some(numbers)
}

/// A private key, taken out of what was around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateKey<'a> {
    /// A PKCS#1 RSAPrivateKey.
    Rsa(&'a [u8]),
    /// An Ed25519 seed.
    Ed25519(&'a [u8; 32]),
    /// A key of an algorithm that DKIM does not know.
    Other,
}

/// Reads a PKCS#8 PrivateKeyInfo (RFC 5208 §5, RFC 5958 §2).
pub(super) fn pkcs8_private_key(der: &[u8]) -> Option<PrivateKey<'_>> {
    let mut info = Reader(whole(der, SEQUENCE)?);
    info.next(INTEGER)?;
    let algorithm = Reader(info.next(SEQUENCE)?).next(OBJECT_IDENTIFIER)?;
    // Attributes and a public key may follow; nothing in them is needed.
    let key = info.next(OCTET_STRING)?;
    Some(match algorithm {
        RSA_ENCRYPTION => PrivateKey::Rsa(key),
        ED25519 => PrivateKey::Ed25519(whole(key, OCTET_STRING)?.try_into().ok()?),
        _ => PrivateKey::Other,
    })
}

/// The public numbers of a PKCS#1 RSAPrivateKey (RFC 8017 §A.1.2).
pub(super) fn pkcs1_private_key(der: &[u8]) -> Option<RsaNumbers<'_>> {
    let mut key = Reader(whole(der, SEQUENCE)?);
    key.next(INTEGER)?;
    Some(RsaNumbers { modulus: key.unsigned()?, exponent: key.unsigned()? })
}

/// The content of the one element that `der` is.
fn whole(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = Reader(der);
    let content = reader.next(tag)?;
    reader.0.is_empty().then_some(content)
}

/// Elements one behind the other.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next element, which must have this tag.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&first, rest) = self.0.split_first()?;
        let (&length, rest) = rest.split_first()?;
        if first != tag {
            return None;
        }
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            // Up to 65,535; nothing longer is looked at. The shortest form is the only one (X.690 §10.1).
            0x81 => rest.split_first().map(|(&l, rest)| (usize::from(l), rest)).filter(|(l, _)| *l > 0x7f)?,
            0x82 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The next element, an INTEGER above zero, without its leading zero.
    fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.next(INTEGER)? {
            [0, magnitude @ ..] if magnitude.first().is_some_and(|b| b & 0x80 != 0) => Some(magnitude),
            magnitude if magnitude.first().is_some_and(|b| *b != 0 && b & 0x80 == 0) => Some(magnitude),
            _ => None,
        }
    }
}

fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    match magnitude.first() {
        Some(b) if b & 0x80 != 0 => element(INTEGER, &[&[0], magnitude].concat()),
        _ => element(INTEGER, magnitude),
    }
}

/// `content` is shorter than 65,536 octets: it comes from numbers that [`Reader`] has read.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = Vec::with_capacity(4 + content.len());
    der.push(tag);
    match content.len() {
        length @ 0..=0x7f => der.push(length as u8),
        length @ 0x80..=0xff => der.extend([0x81, length as u8]),
        length => {
            der.push(0x82);
            der.extend((length as u16).to_be_bytes());
        }
    }
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (modulus, bits) in
            [(vec![0xff; 128], 1024), (vec![0x01; 128], 1017), ([&[0x7f][..], &[3; 255]].concat(), 2047)]
        {
            let numbers = RsaNumbers { modulus: &modulus, exponent: &[1, 0, 1] };
            assert_eq!(numbers.bits(), bits);
            assert_eq!(rsa_public_key(&numbers.to_spki()), Some(numbers));
            assert_eq!(rsa_public_key(&numbers.to_pkcs1()), Some(numbers));
        }
    }

    #[test]
    fn nothing_may_be_missing_or_left_over() {
        let numbers = RsaNumbers { modulus: &[0x81; 64], exponent: &[3] };
        for der in [numbers.to_spki(), numbers.to_pkcs1()] {
            for end in 0..der.len() {
                assert_eq!(rsa_public_key(&der[..end]), None);
            }
            assert_eq!(rsa_public_key(&[&der[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn useless_numbers() {
        let sane = |modulus: &[u8], exponent: &[u8]| RsaNumbers { modulus, exponent }.are_sane();
        assert!(sane(&[5], &[3]) && sane(&[5], &[1, 0, 1]) && sane(&[5], &[1, 0, 0, 0, 1]));
        assert!(!sane(&[4], &[3]) && !sane(&[5], &[2]) && !sane(&[5], &[1]));
        assert!(!sane(&[5], &[3, 0, 0, 0, 1]) && !sane(&[5], &[1, 0, 0, 0, 0, 1]));
    }
}
