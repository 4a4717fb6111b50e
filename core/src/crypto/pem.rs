//! Private keys in PEM (RFC 7468): one block, its label and its octets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::SigningKeyError;
use crate::limits::MAX_PEM_LENGTH;

/// The first private-key block of a text; what is around it does not count (RFC 7468 §5.2).
pub(super) fn private_key(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), SigningKeyError> {
    if text.len() > MAX_PEM_LENGTH {
        return Err(SigningKeyError::TooLong);
    }
    let mut lines = text.lines().map(str::trim);
    let label = lines
        .find_map(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----").filter(|l| l.ends_with("PRIVATE KEY")))
        .ok_or(SigningKeyError::NoPem)?;
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    let mut ended = false;
    for line in lines {
        if let Some(end) = line.strip_prefix("-----END ") {
            ended = end.strip_suffix("-----") == Some(label);
            break;
        }
        // RFC 1421 §4.6.1.1, as OpenSSL writes it into PKCS#1 keys.
        if line.starts_with("Proc-Type:") && line.ends_with("ENCRYPTED") {
            return Err(SigningKeyError::Encrypted);
        }
        base64.extend(line.split_ascii_whitespace());
    }
    if label == "ENCRYPTED PRIVATE KEY" {
        return Err(SigningKeyError::Encrypted);
    }
    if !ended {
        return Err(SigningKeyError::NoPem);
    }
    let mut der = Zeroizing::new(vec![0; base64.len().div_ceil(4) * 3]);
    let length = STANDARD.decode_slice(base64.as_bytes(), &mut der).map_err(|_| SigningKeyError::Base64)?;
    der.truncate(length);
    Ok((label, der))
}
