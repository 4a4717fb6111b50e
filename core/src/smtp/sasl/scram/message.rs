//! The four messages of SCRAM (RFC 5802 §7).

use zeroize::Zeroizing;

use crate::limits::{MAX_SASL_NAME, MAX_SCRAM_NONCE};
use crate::smtp::sasl::verifier::number;
use crate::smtp::sasl::wire;

/// What is wrong with a message.
pub(in super::super) type MessageError = &'static str;

/// `gs2-cbind-flag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Flag {
    /// `n`: the client has no channel binding.
    None,
    /// `y`: the client has one, and believes that the server has none.
    ServerHasNone,
    /// `p=`: this one is used.
    Used(String),
}

/// `client-first-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ClientFirst {
    pub(in super::super) flag: Flag,
    pub(in super::super) authzid: Option<String>,
    pub(in super::super) user: String,
    pub(in super::super) nonce: String,
    /// `gs2-header`, as it came.
    pub(in super::super) gs2_header: String,
    /// `client-first-message-bare`, as it came.
    pub(in super::super) bare: String,
}

impl ClientFirst {
    pub(in super::super) fn parse(message: &[u8]) -> Result<Self, MessageError> {
        let text = text(message)?;
        let (flag, rest) = text.split_once(',').ok_or("no gs2 header")?;
        let flag = match flag {
            "n" => Flag::None,
            "y" => Flag::ServerHasNone,
            _ => Flag::Used(flag.strip_prefix("p=").filter(|name| is_binding_name(name)).ok_or("gs2 flag")?.to_owned()),
        };
        let (authzid, bare) = rest.split_once(',').ok_or("no gs2 header")?;
        let authzid = match authzid {
            "" => None,
            _ => Some(authzid.strip_prefix("a=").and_then(unescaped).ok_or("authorization identity")?),
        };
        let mut attributes = Attributes::of(bare);
        let user = attributes.next('n')?;
        let nonce = attributes.next('r').and_then(checked_nonce)?;
        attributes.skip_extensions()?;
        Ok(Self {
            flag,
            authzid,
            user: unescaped(user).ok_or("user name")?,
            nonce: nonce.to_owned(),
            gs2_header: text.strip_suffix(bare).unwrap_or_default().to_owned(),
            bare: bare.to_owned(),
        })
    }
}

/// `server-first-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ServerFirst {
    /// The client's nonce, and the server's behind it.
    pub(in super::super) nonce: String,
    pub(in super::super) salt: Vec<u8>,
    /// As it came: a number out of bounds is reported as it is.
    pub(in super::super) iterations: String,
}

impl ServerFirst {
    pub(in super::super) fn parse(message: &[u8]) -> Result<Self, MessageError> {
        let mut attributes = Attributes::of(text(message)?);
        let nonce = attributes.next('r').and_then(checked_nonce)?;
        let salt = attributes.next('s')?;
        let iterations = attributes.next('i')?;
        attributes.skip_extensions()?;
        if iterations.len() > 20 || !iterations.bytes().all(|b| b.is_ascii_digit()) {
            return Err("iterations");
        }
        let salt = wire::decode(salt.as_bytes()).ok_or("salt")?.to_vec();
        Ok(Self { nonce: nonce.to_owned(), salt, iterations: iterations.to_owned() })
    }

    pub(in super::super) fn iterations(&self) -> Option<u32> {
        number(self.iterations.as_bytes())
    }

    pub(in super::super) fn write(&self) -> String {
        format!("r={},s={},i={}", self.nonce, wire::encode(&self.salt), self.iterations)
    }
}

/// `client-final-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ClientFinal {
    /// `gs2-header` and the channel binding's octets.
    pub(in super::super) binding: Vec<u8>,
    pub(in super::super) nonce: String,
    pub(in super::super) proof: Zeroizing<Vec<u8>>,
    /// `client-final-message-without-proof`, as it came.
    pub(in super::super) without_proof: String,
}

impl ClientFinal {
    pub(in super::super) fn parse(message: &[u8]) -> Result<Self, MessageError> {
        let text = text(message)?;
        // The proof comes last, and no attribute's value has a comma.
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or("no proof")?;
        if proof.is_empty() {
            return Err("an attribute without a value");
        }
        let mut attributes = Attributes::of(without_proof);
        let binding = attributes.next('c')?;
        let nonce = attributes.next('r').and_then(checked_nonce)?;
        attributes.skip_extensions()?;
        Ok(Self {
            binding: wire::decode(binding.as_bytes()).ok_or("channel binding")?.to_vec(),
            nonce: nonce.to_owned(),
            proof: wire::decode(proof.as_bytes()).ok_or("proof")?,
            without_proof: without_proof.to_owned(),
        })
    }

    /// `client-final-message-without-proof`.
    pub(in super::super) fn without_proof(binding: &[u8], nonce: &str) -> String {
        format!("c={},r={nonce}", wire::encode(binding))
    }
}

/// `server-final-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum ServerFinal {
    /// `e=`.
    Error(String),
    /// `v=`.
    Signature(Vec<u8>),
}

impl ServerFinal {
    pub(in super::super) fn parse(message: &[u8]) -> Result<Self, MessageError> {
        let mut attributes = Attributes::of(text(message)?);
        if attributes.0.is_some_and(|text| text.starts_with("e=")) {
            let error = attributes.next('e')?;
            attributes.skip_extensions()?;
            return Ok(Self::Error(error.to_owned()));
        }
        let signature = attributes.next('v')?;
        attributes.skip_extensions()?;
        Ok(Self::Signature(wire::decode(signature.as_bytes()).ok_or("signature")?.to_vec()))
    }
}

/// `saslname`: a comma and an equals sign have codes of their own (RFC 5802 §5.1).
pub(in super::super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// `None` for an equals sign that is no such code, for an empty name and for one that is too long.
pub(in super::super) fn unescaped(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut parts = name.split('=');
    out.push_str(parts.next()?);
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        out.push(match code {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        out.push_str(rest);
    }
    (!out.is_empty() && out.len() <= MAX_SASL_NAME).then_some(out)
}

/// What is left of a message: attributes between commas.
struct Attributes<'a>(Option<&'a str>);

impl<'a> Attributes<'a> {
    fn of(text: &'a str) -> Self {
        Self(Some(text))
    }

    /// The value of the next attribute, which has this name.
    fn next(&mut self, name: char) -> Result<&'a str, MessageError> {
        let text = self.0.ok_or("an attribute is missing")?;
        let (attribute, rest) = text.split_once(',').map_or((text, None), |(one, rest)| (one, Some(rest)));
        self.0 = rest;
        match attribute.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            Some("") => Err("an attribute without a value"),
            Some(value) => Ok(value),
            // `m` asks for an extension that has to be understood (RFC 5802 §5.1); there is none.
            None if attribute.starts_with("m=") => Err("a mandatory extension"),
            None => Err("an attribute is missing, or at the wrong place"),
        }
    }

    /// Optional extensions are passed over if they have the form of attributes (RFC 5802 §5.1).
    fn skip_extensions(self) -> Result<(), MessageError> {
        let is_attribute = |attribute: &str| {
            attribute.len() > 2
                && attribute.starts_with(|c: char| c.is_ascii_alphabetic() && c != 'm')
                && attribute.get(1..).is_some_and(|rest| rest.starts_with('='))
        };
        match self.0 {
            Some(rest) if !rest.split(',').all(is_attribute) => Err("an extension"),
            _ => Ok(()),
        }
    }
}

fn text(message: &[u8]) -> Result<&str, MessageError> {
    std::str::from_utf8(message).ok().filter(|text| !text.contains('\0')).ok_or("not UTF-8 without NUL")
}

/// `printable`: any ASCII character from `!` to `~`; commas are gone already.
fn checked_nonce(nonce: &str) -> Result<&str, MessageError> {
    let is_fine = nonce.len() <= MAX_SCRAM_NONCE && nonce.bytes().all(|b| b.is_ascii_graphic());
    if is_fine { Ok(nonce) } else { Err("nonce") }
}

/// `cb-name`.
fn is_binding_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}
