//! Base64 (RFC 4648 §4), for those who share no code with the engine.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn encode(octets: &[u8]) -> String {
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (at, octet)| word | u32::from(*octet) << (16 - 8 * at));
        for at in 0..4 {
            let is_padding = at > chunk.len();
            text.push(if is_padding { '=' } else { char::from(ALPHABET[(word >> (18 - 6 * at) & 63) as usize]) });
        }
    }
    text
}

/// What is no letter of the alphabet is passed over.
pub(crate) fn decode(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    let (mut word, mut bits) = (0u32, 0);
    for octet in text {
        let Some(value) = ALPHABET.iter().position(|letter| letter == octet) else { continue };
        word = word << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.push((word >> bits) as u8);
        }
    }
    octets
}

#[test]
fn there_and_back() {
    for text in ["", "f", "fo", "foo", "foob", "fooba", "foobar"] {
        assert_eq!(decode(encode(text.as_bytes()).as_bytes()), text.as_bytes());
    }
    assert_eq!(encode(b"foob"), "Zm9vYg==");
}
