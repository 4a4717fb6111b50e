//! What is the same in all mechanisms on the wire: base64, UTF-8, SASLprep.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::limits::MAX_SASL_LINE;

/// Decodes one line without its CRLF. `None` if it is too long, or not base64 with its padding (RFC 4648 §4).
pub(super) fn decode(line: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if line.len() + 2 > MAX_SASL_LINE {
        return None;
    }
    // Room for all of it from the start: growing would leave copies of passwords behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(line.len()));
    STANDARD.decode_vec(line, &mut octets).ok()?;
    Some(octets)
}

pub(super) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// SASLprep (RFC 4013) as for stored strings: `None` where the text has what SASLprep prohibits, code points that Unicode 3.2
/// had not assigned among them, or where nothing is left of it.
pub(super) fn prepare(text: &str) -> Option<Zeroizing<String>> {
    let prepared = stringprep::saslprep(text).ok()?.into_owned();
    (!prepared.is_empty()).then(|| Zeroizing::new(prepared))
}
