//! OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's, before there was a standard): a token in fields between octets 1.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::mechanism::Mechanism;
use super::scram::{escaped, unescaped};
use super::secret::Secret;
use crate::limits::{MAX_SASL_ERROR_TEXT, MAX_SASL_NAME};
use crate::text::end_before;

/// `kvsep`.
const SEPARATOR: char = '\u{1}';

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BearerMessage {
    pub(super) user: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// `None` if the client only wants to know what a token has to be like (RFC 7628 §4.3).
    pub(super) token: Option<Secret>,
}

impl BearerMessage {
    /// Reads the message of either mechanism.
    pub(super) fn parse(mechanism: Mechanism, message: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(message).map_err(|_| "not UTF-8")?;
        if text.contains('\0') {
            return Err("NUL");
        }
        // RFC 7628 §3.1: each field ends with the separator, and another ends them all.
        let fields = text.strip_suffix("\u{1}\u{1}").ok_or("no end")?;
        let mut fields = fields.split(SEPARATOR);
        let mut read = Self { user: None, host: None, port: None, token: None };
        if mechanism == Mechanism::OAuthBearer {
            read.user = gs2_user(fields.next().unwrap_or_default())?;
        }
        let mut has_token = false;
        for field in fields {
            let (key, value) = field.split_once('=').ok_or("a field without a value")?;
            match key {
                "auth" if has_token => return Err("two tokens"),
                "auth" => {
                    has_token = true;
                    read.token = token(value)?;
                }
                "user" if mechanism == Mechanism::XOAuth2 && read.user.is_none() => read.user = Some(user(value)?),
                "host" if read.host.is_none() => read.host = Some(value.to_owned()),
                "port" if read.port.is_none() => read.port = Some(value.parse().map_err(|_| "port")?),
                "user" | "host" | "port" => return Err("a field twice, or one of another mechanism"),
                // RFC 7628 §3.1: what is not known is passed over.
                _ => {}
            }
        }
        match (mechanism, &read.user) {
            _ if !has_token => Err("no token"),
            (Mechanism::XOAuth2, None) => Err("no user"),
            _ => Ok(read),
        }
    }

    /// Writes the message of either mechanism. The caller has checked the fields.
    pub(super) fn write(&self, mechanism: Mechanism) -> Zeroizing<String> {
        let token = self.token.as_ref().map_or("", Secret::expose);
        // Room for all of it from the start, with every character of the user escaped: growing would leave copies behind.
        let length = |text: &Option<String>| text.as_ref().map_or(0, |text| 3 * text.len());
        let mut text =
            Zeroizing::new(String::with_capacity(token.len() + length(&self.user) + length(&self.host) + 64));
        let user = self.user.as_deref().unwrap_or_default();
        if mechanism == Mechanism::XOAuth2 {
            text.extend(["user=", user, "\u{1}"]);
        } else {
            text.push_str("n,");
            if !user.is_empty() {
                text.extend(["a=", &escaped(user)]);
            }
            text.push_str(",\u{1}");
            if let Some(host) = &self.host {
                text.extend(["host=", host, "\u{1}"]);
            }
            if let Some(port) = self.port {
                text.extend(["port=", &port.to_string(), "\u{1}"]);
            }
        }
        text.extend(["auth=Bearer ", token, "\u{1}\u{1}"]);
        text
    }
}

/// Whether a token can be sent: `b64token` of RFC 6750 §2.1, and whatever else is printed without a space.
pub(super) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

/// What a server says of why it refuses (RFC 7628 §3.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BearerError {
    pub(super) status: String,
    pub(super) scope: Option<String>,
    pub(super) openid_configuration: Option<String>,
}

impl BearerError {
    /// Reads JSON; `None` if it is something else. Texts are cut to their bound and lose control characters.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let Value::Object(members) = serde_json::from_slice(json).ok()? else { return None };
        let text = |name: &str| match members.get(name)? {
            Value::String(text) => Some(clean(text)),
            Value::Number(number) => Some(clean(&number.to_string())),
            _ => None,
        };
        Some(Self {
            status: text("status").unwrap_or_default(),
            scope: text("scope"),
            openid_configuration: text("openid-configuration"),
        })
    }

    /// As JSON; `schemes` is what XOAUTH2 has besides.
    pub(super) fn write(&self, schemes: Option<&str>) -> String {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.into());
            }
        };
        put("status", Some(&self.status));
        put("schemes", schemes);
        put("scope", self.scope.as_deref());
        put("openid-configuration", self.openid_configuration.as_deref());
        Value::Object(members).to_string()
    }
}

/// Cuts a text of a peer to its bound, without control characters.
pub(super) fn clean(text: &str) -> String {
    let end = end_before(text, MAX_SASL_ERROR_TEXT);
    let text = text.get(..end).unwrap_or_default();
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The user of `gs2-header`. Channel binding is not for tokens (RFC 7628 §3.1: no `-PLUS`).
fn gs2_user(header: &str) -> Result<Option<String>, &'static str> {
    let mut parts = header.split(',');
    let (Some("n" | "y"), Some(authzid), Some(""), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("gs2 header");
    };
    match authzid {
        "" => Ok(None),
        _ => authzid.strip_prefix("a=").and_then(unescaped).map(Some).ok_or("authorization identity"),
    }
}

fn user(name: &str) -> Result<String, &'static str> {
    if name.is_empty() || name.len() > MAX_SASL_NAME { Err("user name") } else { Ok(name.to_owned()) }
}

/// `Bearer` and the token; nothing at all, or no token, asks what one has to be like.
fn token(value: &str) -> Result<Option<Secret>, &'static str> {
    let value = value.trim_matches(' ');
    if value.is_empty() || value.eq_ignore_ascii_case("Bearer") {
        return Ok(None);
    }
    let (scheme, token) = value.split_once(' ').ok_or("no scheme")?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err("the scheme is not Bearer");
    }
    let token = token.trim_matches(' ');
    if is_token(token) { Ok(Some(Secret::new(token))) } else { Err("token") }
}
