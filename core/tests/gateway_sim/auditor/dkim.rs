//! Signatures of DKIM by Ed25519, verified as RFC 6376 and RFC 8463 have it and without any code of the engine.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

use crate::base64;
use crate::certificates::public_key;
use crate::world::SIGNERS;

/// A field of a header section: its name as it stands there, and all of its octets with the line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) octets: &'a [u8],
}

impl<'a> Field<'a> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// What stands behind the colon.
    pub(crate) fn value(&self) -> &'a [u8] {
        let colon = self.octets.iter().position(|octet| *octet == b':').map_or(0, |at| at + 1);
        &self.octets[colon..]
    }
}

/// Fields and body.
pub(crate) fn split(message: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let mut fields = Vec::new();
    let mut rest = message;
    while !rest.is_empty() && !rest.starts_with(b"\r\n") {
        let mut end = 0;
        loop {
            end += rest[end..].iter().position(|octet| *octet == b'\n').map_or(rest.len() - end, |at| at + 1);
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, behind) = rest.split_at(end);
        let name = field.split(|octet| *octet == b':').next().unwrap_or_default();
        fields.push(Field { name: name.trim_ascii_end(), octets: field });
        rest = behind;
    }
    (fields, rest.strip_prefix(b"\r\n").unwrap_or(rest))
}

/// A signature by one of the gateway's domains.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) domain: &'static str,
    /// Why it does not verify.
    pub(crate) wrong: Option<String>,
}

/// The signatures of the gateway's domains on a message.
pub(crate) fn own(message: &[u8]) -> Vec<Own> {
    let (fields, body) = split(message);
    let mut found = Vec::new();
    for field in fields.iter().filter(|field| field.is("DKIM-Signature")) {
        let tags = tags(field.value());
        let of = tag(&tags, "d");
        let Some((domain, selector, secret)) = SIGNERS.into_iter().find(|(signer, ..)| *signer == of) else {
            continue;
        };
        let wrong = match tag(&tags, "s") == selector {
            true => verify(&fields, body, *field, &tags, secret).err(),
            false => Some(format!("the selector is {}", tag(&tags, "s"))),
        };
        found.push(Own { domain, wrong });
    }
    found
}

fn verify(
    fields: &[Field<'_>],
    body: &[u8],
    own: Field<'_>,
    tags: &[(String, String)],
    secret: [u8; 32],
) -> Result<(), String> {
    if tag(tags, "a") != "ed25519-sha256" {
        return Err(format!("the algorithm is {}", tag(tags, "a")));
    }
    let canonicalization = tag(tags, "c");
    let (header, of_body) = canonicalization.split_once('/').unwrap_or((canonicalization, "simple"));
    let body = match of_body {
        "relaxed" => relaxed_body(body),
        _ => simple_body(body),
    };
    if digest(&SHA256, &body).as_ref() != base64::decode(tag(tags, "bh").as_bytes()) {
        return Err("the body is another".into());
    }
    let canonical = |field: &Field<'_>| match header {
        "relaxed" => relaxed_field(field),
        _ => field.octets.to_vec(),
    };
    let mut signed = Vec::new();
    let mut left: Vec<&Field<'_>> = fields.iter().filter(|field| field.octets != own.octets).collect();
    let names: Vec<&str> = tag(tags, "h").split(':').collect();
    if !names.iter().any(|name| name.eq_ignore_ascii_case("from")) {
        return Err("From is not signed".into());
    }
    for name in names {
        // From the last to the first; one that is not there signs that there is none.
        if let Some(at) = left.iter().rposition(|field| field.is(name)) {
            signed.extend(canonical(left.remove(at)));
        }
    }
    let emptied = without_signature(own.octets);
    let emptied = canonical(&Field { name: own.name, octets: &emptied });
    signed.extend(emptied.strip_suffix(b"\r\n").unwrap_or(&emptied));
    let hash = digest(&SHA256, &signed);
    let signature = base64::decode(tag(tags, "b").as_bytes());
    let key = UnparsedPublicKey::new(&ED25519, public_key(secret));
    key.verify(hash.as_ref(), &signature).map_err(|_| "the signature is wrong".to_owned())
}

/// Tags with their values, all blanks taken out of them.
fn tags(value: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(value);
    let tags = text.split(';').filter_map(|tag| tag.split_once('='));
    let pair = |(name, value): (&str, &str)| {
        (name.trim().to_owned(), value.chars().filter(|c| !c.is_ascii_whitespace()).collect())
    };
    tags.map(pair).collect()
}

fn tag<'t>(tags: &'t [(String, String)], name: &str) -> &'t str {
    tags.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

/// The field with an empty `b=`.
fn without_signature(field: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (number, tag) in field.split(|octet| *octet == b';').enumerate() {
        if number > 0 {
            octets.push(b';');
        }
        // The first has the field's name before it.
        let start = if number == 0 { tag.iter().position(|octet| *octet == b':').map_or(0, |at| at + 1) } else { 0 };
        let name = tag[start..].split(|octet| *octet == b'=').next().unwrap_or_default();
        match name.trim_ascii() == b"b" {
            true => {
                octets.extend_from_slice(&tag[..start + name.len() + 1]);
                if tag.ends_with(b"\r\n") {
                    octets.extend_from_slice(b"\r\n");
                }
            }
            false => octets.extend_from_slice(tag),
        }
    }
    octets
}

/// RFC 6376 §3.4.2.
fn relaxed_field(field: &Field<'_>) -> Vec<u8> {
    let unfolded: Vec<u8> = field.value().iter().copied().filter(|octet| !b"\r\n".contains(octet)).collect();
    let words = unfolded.split(|octet| b" \t".contains(octet)).filter(|word| !word.is_empty());
    let value = words.collect::<Vec<_>>().join(&b' ');
    [&field.name.to_ascii_lowercase()[..], b":", &value, b"\r\n"].concat()
}

/// RFC 6376 §3.4.3.
fn simple_body(body: &[u8]) -> Vec<u8> {
    let mut end = body;
    while let Some(shorter) = end.strip_suffix(b"\r\n") {
        end = shorter;
    }
    [end, b"\r\n"].concat()
}

/// RFC 6376 §3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        let mut is_blank = false;
        for &octet in line {
            match b" \t".contains(&octet) {
                true => is_blank = true,
                false => {
                    if std::mem::take(&mut is_blank) {
                        relaxed.push(b' ');
                    }
                    relaxed.push(octet);
                }
            }
        }
        relaxed.extend_from_slice(b"\r\n");
    }
    while relaxed.ends_with(b"\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    match relaxed == b"\r\n" {
        true => Vec::new(),
        false => relaxed,
    }
}

/// The engine's own signature verifies here, and no longer when something of it has changed.
#[test]
fn a_signature_of_the_engine_is_verified() {
    use std::sync::Arc;

    use passerelle::UnixTime;
    use passerelle::crypto::SigningKey;
    use passerelle::dkim::{Signer, Signing};
    use passerelle::message::Header;

    let message = b"From: a@example.com\r\nSubject: two  blanks \r\nTo: b@example.net\r\n\r\nHello \t you\r\n\r\n\r\n";
    let key = SigningKey::from_pem(&crate::certificates::PKI.signing_key(0)).unwrap();
    let signer = Arc::new(Signer::new("example.com".parse().unwrap()).key("s1", key).unwrap());
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(&signer, &header, UnixTime(crate::world::UNIX)).unwrap();
    signing.body(body);
    let signed = [&signing.finish().unwrap()[..], message].concat();
    let found = own(&signed);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].wrong, None, "{}", signed.escape_ascii());
    let signed = String::from_utf8(signed).unwrap();
    for (from, to) in [("Hello", "Hallo"), ("two", "three"), ("From: a@", "From: c@")] {
        assert!(own(signed.replace(from, to).as_bytes())[0].wrong.is_some(), "{from}");
    }
    // Blanks may change.
    assert_eq!(own(signed.replace("two  blanks ", "two blanks").as_bytes())[0].wrong, None);
}
