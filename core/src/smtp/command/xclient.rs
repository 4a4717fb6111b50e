//! XCLIENT, by which a proxy that is trusted says who the client is (Postfix's XCLIENT_README).

use super::CommandError;
use crate::limits::MAX_PARAMETERS;
use crate::smtp::xtext;

/// Reads `attribute=value` pairs, the values in xtext. What the attributes mean is not looked at.
pub(super) fn parse(argument: &str) -> Result<Vec<(String, String)>, CommandError> {
    const SYNTAX: CommandError = CommandError::Syntax("XCLIENT takes attributes with values, each once");
    let mut attributes: Vec<(String, String)> = Vec::new();
    for pair in argument.split(' ').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(SYNTAX)?;
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric());
        let name = name.to_ascii_uppercase();
        if !is_name || attributes.len() == MAX_PARAMETERS || attributes.iter().any(|(other, _)| *other == name) {
            return Err(SYNTAX);
        }
        attributes.push((name, xtext::decode(value).ok_or(SYNTAX)?));
    }
    match attributes.is_empty() {
        true => Err(SYNTAX),
        false => Ok(attributes),
    }
}
