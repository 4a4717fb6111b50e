//! MAIL and RCPT (RFC 5321 §4.1.1.2, §4.1.1.3): a path and parameters.

use super::{Command, CommandError, parameters};
use crate::mailbox::{ForwardPath, ReversePath};

/// Reads what stands behind `MAIL `.
pub(super) fn mail(argument: &str) -> Result<Command, CommandError> {
    const SYNTAX: CommandError = CommandError::Syntax("The form is MAIL FROM:<address> and parameters");
    let (path, parameters) = split_path(behind_keyword(argument, "FROM:").ok_or(SYNTAX)?)?;
    let from = ReversePath::parse(path).map_err(CommandError::Sender)?;
    let parameters = parameters::mail(parameters)?;
    if !argument.is_ascii() && !parameters.smtputf8 {
        return Err(CommandError::NeedsSmtputf8);
    }
    Ok(Command::Mail { from, parameters })
}

/// Reads what stands behind `RCPT `.
pub(super) fn rcpt(argument: &str) -> Result<Command, CommandError> {
    const SYNTAX: CommandError = CommandError::Syntax("The form is RCPT TO:<address> and parameters");
    let (path, parameters) = split_path(behind_keyword(argument, "TO:").ok_or(SYNTAX)?)?;
    let to = ForwardPath::parse(path).map_err(CommandError::Recipient)?;
    let parameters = parameters::rcpt(parameters)?;
    Ok(Command::Rcpt { to, parameters, is_utf8: !argument.is_ascii() })
}

fn behind_keyword<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, rest) = argument.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then_some(rest)
}

/// The path with its angle brackets, and the parameters behind it.
///
/// RFC 5321 §3.3 has no blank behind the colon, and no address without brackets. The first is common and harms nobody; without
/// brackets, where the address ends would be a guess. The module's table has all variants.
fn split_path(text: &str) -> Result<(&str, &str), CommandError> {
    let text = text.trim_start_matches(' ');
    if !text.starts_with('<') {
        return Err(CommandError::Syntax("The address must stand in angle brackets"));
    }
    let end = end_of_path(text).ok_or(CommandError::Syntax("The angle brackets do not match"))?;
    let (path, rest) = text.split_at(end);
    match rest.strip_prefix(' ') {
        Some(parameters) => Ok((path, parameters)),
        None if rest.is_empty() => Ok((path, "")),
        None => Err(CommandError::Syntax("There must be a space between the address and the parameters")),
    }
}

/// Where the path is over: behind the first `>` that is not in a quoted string.
fn end_of_path(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut octets = text.bytes().enumerate();
    while let Some((at, octet)) = octets.next() {
        match octet {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(octets.next()),
            b'>' if !is_quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}
