//! The parameters of MAIL and RCPT (RFC 5321 §4.1.1.11).
//!
//! Each is checked against the grammar of its own RFC. Those whose values smtp-proto reads rightly are then read by it; the
//! others, sizes past its range and everything in xtext, are read here.

use smtp_proto::{
    MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME, MAIL_BY_NOTIFY, MAIL_BY_RETURN, MAIL_BY_TRACE,
    MAIL_RET_FULL, MAIL_RET_HDRS, MailFrom, RCPT_NOTIFY_DELAY, RCPT_NOTIFY_FAILURE, RCPT_NOTIFY_NEVER,
    RCPT_NOTIFY_SUCCESS, RcptTo, Request,
};

use super::CommandError;
use crate::limits::{MAX_ENVELOPE_ID, MAX_NAME_REPEATED, MAX_ORIGINAL_RECIPIENT, MAX_PARAMETERS};
use crate::mailbox::Mailbox;
use crate::smtp::xtext;
use crate::smtp::{
    Body, DeliverBy, DeliverByMode, Hold, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret,
};
use crate::time::UnixTime;

/// Reads the parameters of MAIL.
pub(super) fn mail(text: &str) -> Result<MailParameters, CommandError> {
    let given = split(text, &MAIL)?;
    let mut parameters = MailParameters::default();
    let mut hold = None;
    for &(name, value) in &given {
        let value = value.unwrap_or_default();
        let wrong = CommandError::Parameter(name);
        let right = match name {
            "SIZE" => {
                parameters.size = size(value);
                parameters.size.is_some()
            }
            "ENVID" => {
                parameters.envelope_id = xtext::decode(value).filter(|_| value.len() <= MAX_ENVELOPE_ID);
                parameters.envelope_id.is_some()
            }
            "AUTH" => {
                parameters.auth = submitter(value);
                parameters.auth.is_some()
            }
            "BY" => is_deliver_by(value),
            "MT-PRIORITY" => is_priority(value),
            "HOLDFOR" => hold.replace(name).is_none() && is_interval(value),
            "HOLDUNTIL" => hold.replace(name).is_none() && is_date_time(value),
            _ => true, // smtp-proto has the few words that are allowed
        };
        if !right {
            return Err(wrong);
        }
    }
    let Request::Mail { from } = by_proto("MAIL FROM:<>", &given, &["SIZE", "ENVID", "AUTH"])? else {
        return Err(CommandError::Syntax("The parameters are malformed"));
    };
    let has = |name| given.iter().any(|&(other, _)| other == name);
    parameters.smtputf8 = has("SMTPUTF8");
    parameters.require_tls = has("REQUIRETLS");
    parameters.priority = has("MT-PRIORITY").then(|| i8::try_from(from.mt_priority)).transpose().ok().flatten();
    parameters.hold = match hold {
        Some("HOLDFOR") => Some(Hold::For(from.hold_for)),
        Some(_) => Some(Hold::Until(UnixTime(from.hold_until))),
        None => None,
    };
    take_flags(&mut parameters, &from);
    if parameters.deliver_by.is_some_and(|by| by.mode == DeliverByMode::Return && by.seconds <= 0) {
        return Err(CommandError::Parameter("BY")); // RFC 2852 §4: what is late already can't be asked for with R
    }
    Ok(parameters)
}

/// Reads the parameters of RCPT.
pub(super) fn rcpt(text: &str) -> Result<RcptParameters, CommandError> {
    let given = split(text, &RCPT)?;
    let mut parameters = RcptParameters::default();
    for &(name, value) in &given {
        if name == "ORCPT" {
            parameters.original = original_recipient(value.unwrap_or_default());
            parameters.original.as_ref().ok_or(CommandError::Parameter(name))?;
        }
    }
    let Request::Rcpt { to } = by_proto("RCPT TO:<>", &given, &["ORCPT"])? else {
        return Err(CommandError::Syntax("The parameters are malformed"));
    };
    parameters.notify = notify(&to)?;
    Ok(parameters)
}

/// The parameters of MAIL, and whether each has a value.
const MAIL: [(&str, bool); 11] = [
    ("SIZE", true),
    ("BODY", true),
    ("SMTPUTF8", false),
    ("REQUIRETLS", false),
    ("RET", true),
    ("ENVID", true),
    ("AUTH", true),
    ("MT-PRIORITY", true),
    ("BY", true),
    ("HOLDFOR", true),
    ("HOLDUNTIL", true),
];

/// The parameters of RCPT, and whether each has a value.
const RCPT: [(&str, bool); 2] = [("NOTIFY", true), ("ORCPT", true)];

type Given<'a> = Vec<(&'static str, Option<&'a str>)>;

/// The parameters by name, each known and given once, with a value where it has one. More than one space between them does no
/// harm.
fn split<'a>(text: &'a str, known: &[(&'static str, bool)]) -> Result<Given<'a>, CommandError> {
    let mut given: Given<'a> = Vec::new();
    for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (parameter, None),
        };
        if !is_keyword(keyword) || given.len() == MAX_PARAMETERS {
            return Err(CommandError::Syntax("The parameters are malformed"));
        }
        let Some(&(name, has_value)) = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(keyword)) else {
            return Err(CommandError::UnknownParameter(keyword.chars().take(MAX_NAME_REPEATED).collect()));
        };
        let is_right = match value {
            Some(value) => has_value && !value.is_empty() && !value.contains('='),
            None => !has_value,
        };
        if !is_right || given.iter().any(|&(other, _)| other == name) {
            return Err(CommandError::Parameter(name));
        }
        given.push((name, value));
    }
    Ok(given)
}

/// `esmtp-keyword`
fn is_keyword(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// What smtp-proto makes of the parameters, except for some.
fn by_proto(command: &str, given: &Given<'_>, except: &[&str]) -> Result<Request<String>, CommandError> {
    let mut line = command.to_owned();
    for (name, value) in given.iter().filter(|(name, _)| !except.contains(name)) {
        line.push(' ');
        line.push_str(name);
        if let Some(value) = value {
            line.push('=');
            line.push_str(value);
        }
    }
    line.push('\n');
    let request = Request::parse(&mut line.as_bytes().iter()).map_err(|error| match error {
        smtp_proto::Error::InvalidParameter { param } => CommandError::Parameter(param),
        _ => CommandError::Syntax("The parameters are malformed"),
    })?;
    Ok(request.into_owned())
}

fn take_flags(parameters: &mut MailParameters, from: &MailFrom<String>) {
    let has = |flag| from.flags & flag != 0;
    let one_of = |flags: &[u64]| flags.iter().position(|&flag| has(flag));
    parameters.body = one_of(&[MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME])
        .and_then(|index| [Body::SevenBit, Body::EightBitMime, Body::BinaryMime].get(index).copied());
    parameters.ret =
        one_of(&[MAIL_RET_FULL, MAIL_RET_HDRS]).and_then(|index| [Ret::Full, Ret::Headers].get(index).copied());
    parameters.deliver_by = one_of(&[MAIL_BY_RETURN, MAIL_BY_NOTIFY])
        .and_then(|index| [DeliverByMode::Return, DeliverByMode::Notify].get(index).copied())
        .map(|mode| DeliverBy { seconds: from.by, mode, trace: has(MAIL_BY_TRACE) });
}

/// `NEVER` stands alone (RFC 3461 §4.1); smtp-proto takes others behind it.
fn notify(to: &RcptTo<String>) -> Result<Option<Notify>, CommandError> {
    let has = |flag| to.flags & flag != 0;
    let notify =
        Notify { success: has(RCPT_NOTIFY_SUCCESS), failure: has(RCPT_NOTIFY_FAILURE), delay: has(RCPT_NOTIFY_DELAY) };
    match (has(RCPT_NOTIFY_NEVER), notify == Notify::default()) {
        (true, false) => Err(CommandError::Parameter("NOTIFY")),
        (false, true) => Ok(None),
        _ => Ok(Some(notify)),
    }
}

/// `1*20DIGIT` (RFC 1870 §6). What 64 bits do not hold is more than any server takes, and becomes the most that they do.
fn size(value: &str) -> Option<u64> {
    let is_size = (1..=20).contains(&value.len()) && is_digits(value);
    is_size.then(|| value.parse().unwrap_or(u64::MAX))
}

/// An xtext mailbox, or `<>` (RFC 4954 §5).
fn submitter(value: &str) -> Option<Option<Mailbox>> {
    match xtext::decode(value)?.as_str() {
        "<>" => Some(None),
        address => Mailbox::parse(address).ok().map(Some),
    }
}

/// `addr-type ";" xtext` (RFC 3461 §4.2), the address of type utf-8 having an encoding of its own (RFC 6533 §3).
fn original_recipient(value: &str) -> Option<OriginalRecipient> {
    let (address_type, address) = value.split_once(';')?;
    let is_type = is_keyword(address_type) && value.len() <= MAX_ORIGINAL_RECIPIENT;
    let address_type = address_type.to_ascii_lowercase();
    let address = match address_type == "utf-8" {
        true => xtext::decode_utf8_address(address),
        false => xtext::decode(address),
    };
    let address = address.filter(|address| is_type && !address.is_empty())?;
    Some(OriginalRecipient { address_type, address })
}

/// `["-" / "+"] 1*9DIGIT ";" ("N" / "R") ["T"]` (RFC 2852 §4)
fn is_deliver_by(value: &str) -> bool {
    value.split_once(';').is_some_and(|(time, mode)| {
        let digits = time.strip_prefix(['-', '+']).unwrap_or(time);
        let is_mode = ["N", "NT", "R", "RT"].iter().any(|word| word.eq_ignore_ascii_case(mode));
        (1..=9).contains(&digits.len()) && is_digits(digits) && is_mode
    })
}

/// From -9 to 9, without a plus sign or zeros in front (RFC 6710 §4.1).
fn is_priority(value: &str) -> bool {
    let digit = value.strip_prefix('-').unwrap_or(value);
    digit.len() == 1 && is_digits(digit) && value != "-0"
}

/// `%x31-39 *8DIGIT` (RFC 4865 §4)
fn is_interval(value: &str) -> bool {
    (1..=9).contains(&value.len()) && is_digits(value) && !value.starts_with('0')
}

/// `date-time` of RFC 3339 §5.6, from 1970 on.
fn is_date_time(value: &str) -> bool {
    let number = |from: usize, to: usize| value.get(from..to).filter(|digits| is_digits(digits))?.parse().ok();
    let separator = |at: usize, expected: &[u8]| value.as_bytes().get(at).is_some_and(|octet| expected.contains(octet));
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let is_separated = [(4, &b"-"[..]), (7, b"-"), (10, b"Tt"), (13, b":"), (16, b":")]
        .iter()
        .all(|&(at, expected)| separator(at, expected));
    let is_date: bool = year >= 1970 && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    is_separated && is_date && hour <= 23 && minute <= 59 && second <= 60 && value.get(19..).is_some_and(is_zone)
}

/// `[time-secfrac] time-offset`
fn is_zone(text: &str) -> bool {
    let zone = match text.strip_prefix('.') {
        Some(fraction) => match fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()) {
            zone if zone.len() < fraction.len() => zone,
            _ => return false,
        },
        None => text,
    };
    if zone.eq_ignore_ascii_case("Z") {
        return true;
    }
    let Some((hour, minute)) = zone.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':')) else {
        return false;
    };
    let is_below =
        |digits: &str, bound: u8| digits.len() == 2 && is_digits(digits) && digits.parse().is_ok_and(|n: u8| n < bound);
    is_below(hour, 24) && is_below(minute, 60)
}

fn days(year: u16, month: u16) -> u16 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}
