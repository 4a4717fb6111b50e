//! The fingerprint of a certificate: what an operator writes down who trusts one server by its certificate alone.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::crypto::Sha256;

/// The SHA-256 digest of a certificate in DER.
///
/// As text it is `sha256:` and 64 hexadecimal digits, in upper or lower case, with colons between the octets or without, as
/// `openssl x509 -fingerprint -sha256` prints them.
///
/// ```
/// use passerelle::tls::Fingerprint;
///
/// let digits = ["0f"; 32];
/// let with_colons: Fingerprint = format!("sha256:{}", digits.join(":")).parse()?;
/// assert_eq!(with_colons.to_string(), format!("sha256:{}", digits.concat()));
/// # Ok::<(), passerelle::tls::FingerprintError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a fingerprint is `sha256:` and 64 hexadecimal digits")]
pub struct FingerprintError;

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate))
    }

    /// Whether it is this certificate's, which is in DER.
    pub fn matches(&self, certificate: &[u8]) -> bool {
        *self == Self::of(certificate)
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let (name, digits) = text.split_once(':').ok_or(FingerprintError)?;
        let has_colons = digits.contains(':');
        let mut octets = [0; 32];
        let mut rest = digits.as_bytes();
        for (place, octet) in octets.iter_mut().enumerate() {
            if has_colons && place > 0 {
                rest = rest.strip_prefix(b":").ok_or(FingerprintError)?;
            }
            let ([high, low], behind) = rest.split_first_chunk().ok_or(FingerprintError)?;
            let digit = |digit: &u8| char::from(*digit).to_digit(16).ok_or(FingerprintError);
            *octet = (16 * digit(high)? + digit(low)?) as u8; // below 256
            rest = behind;
        }
        match name.eq_ignore_ascii_case("sha256") && rest.is_empty() {
            true => Ok(Self(octets)),
            false => Err(FingerprintError),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let fingerprint = Fingerprint::of(b"certificate");
        assert!(fingerprint.matches(b"certificate") && !fingerprint.matches(b"another"));
        let text = fingerprint.to_string();
        assert_eq!(text.parse(), Ok(fingerprint));
        assert_eq!(text.to_ascii_uppercase().parse(), Ok(fingerprint));
        let digits = text.strip_prefix("sha256:").unwrap();
        for wrong in [
            digits.to_owned(),
            format!("sha1:{digits}"),
            format!("{text}0"),
            text[..text.len() - 1].to_owned(),
            format!("{text}:"),
            text.replacen('a', "+", 1) + "x",
            "sha256:".to_owned(),
            String::new(),
        ] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(FingerprintError), "{wrong}");
        }
    }
}
