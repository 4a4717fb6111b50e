//! PLAIN (RFC 4616) and LOGIN: a password as it is.

use super::Failure;
use crate::limits::{MAX_SASL_NAME, MAX_SASL_PASSWORD};
use crate::smtp::sasl::secret::Secret;
use crate::smtp::sasl::wire;

/// Whom to act as if somebody else, the user, the password.
pub(super) type Fields = (Option<String>, String, Secret);

/// What LOGIN asks with. Some clients look for these very words.
pub(super) const LOGIN_USER: &str = "Username:";
pub(super) const LOGIN_PASSWORD: &str = "Password:";

/// Reads `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
pub(super) fn plain(message: &[u8]) -> Result<Fields, Failure> {
    let message = std::str::from_utf8(message).map_err(|_| Failure::Malformed("PLAIN is not UTF-8"))?;
    let mut parts = message.split('\0');
    let (Some(authzid), Some(authcid), Some(typed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failure::Malformed("PLAIN does not have three fields"));
    };
    fields(authzid, name(authcid)?, password(typed)?)
}

/// The first answer of LOGIN.
pub(super) fn login_user(message: &[u8]) -> Result<String, Failure> {
    name(text(message, "LOGIN is not UTF-8 without NUL")?)
}

/// The second answer of LOGIN.
pub(super) fn login_password(user: String, message: &[u8]) -> Result<Fields, Failure> {
    fields("", user, password(text(message, "LOGIN is not UTF-8 without NUL")?)?)
}

fn fields(authzid: &str, authcid: String, password: Secret) -> Result<Fields, Failure> {
    let authzid = authorization(authzid)?.filter(|authzid| *authzid != authcid);
    Ok((authzid, authcid, password))
}

/// An authorization identity; an empty one is none. It is not prepared: its form is the protocol's (RFC 4616 §2).
pub(super) fn authorization(authzid: &str) -> Result<Option<String>, Failure> {
    if authzid.len() > MAX_SASL_NAME || authzid.contains('\0') {
        return Err(Failure::Malformed("authorization identity"));
    }
    Ok((!authzid.is_empty()).then(|| authzid.to_owned()))
}

/// A user name, prepared. What can't be prepared can't be the name of a user (RFC 4616 §2, RFC 5802 §5.1).
pub(super) fn name(name: &str) -> Result<String, Failure> {
    if name.is_empty() || name.len() > MAX_SASL_NAME || name.contains('\0') {
        return Err(Failure::Malformed("user name"));
    }
    wire::prepare(name).map(|name| name.as_str().to_owned()).ok_or(Failure::Malformed("user name"))
}

fn password(text: &str) -> Result<Secret, Failure> {
    if text.is_empty() || text.len() > MAX_SASL_PASSWORD {
        return Err(Failure::Malformed("password"));
    }
    Ok(Secret::new(text))
}

pub(super) fn text<'a>(message: &'a [u8], otherwise: &'static str) -> Result<&'a str, Failure> {
    std::str::from_utf8(message).ok().filter(|text| !text.contains('\0')).ok_or(Failure::Malformed(otherwise))
}
