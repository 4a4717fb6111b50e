//! What is wrong with a published record, in sentences with the remedy: for reasons, never for a result.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::macros::MacroError;
use super::record::{Mechanism, RecordError, SpfRecord, Term, TermError, TermKind};
use crate::limits::{MAX_NAMED, MAX_NEARLY_SPF, MAX_RECORD_SHOWN};
use crate::lookup::Record;
use crate::spelling::{alike, distance, odd_character};
use crate::trail::shown;

const VERSION: &str = "v=spf1";
const MECHANISMS: [&str; 8] = ["include", "a", "mx", "ip4", "ip6", "exists", "ptr", "all"];
/// What begins a term and cannot be inside one. The shorter ones occur in names.
const STARTS: [&str; 6] = ["include:", "ip4:", "ip6:", "exists:", "redirect=", "v=spf1"];
const JOINED: &str = "as when strings are joined of which one should have ended with a blank or begun with one";

/// Which of the TXT records of a name are nearly SPF records, and why they are none.
pub(super) fn of_missing(records: &[Record]) -> Option<String> {
    let texts = records.iter().filter_map(|record| if let Record::Txt(text) = record { Some(&text[..]) } else { None });
    let faults: Vec<String> = texts
        .take(MAX_NEARLY_SPF)
        .filter_map(|text| why_none(text).map(|why| format!("\"{}\" is none: {why}", shown(text, MAX_RECORD_SHOWN))))
        .take(2)
        .collect();
    (!faults.is_empty()).then(|| faults.join(", and "))
}

/// The beginnings of several SPF records.
pub(super) fn of_several(records: &[Record]) -> String {
    let texts = records.iter().filter_map(|record| match record {
        Record::Txt(text) if SpfRecord::is_spf(text) => Some(format!("\"{}\"", shown(text, MAX_RECORD_SHOWN))),
        _ => None,
    });
    let shown: Vec<String> = texts.take(2).collect();
    format!("{}: one record has to say it all", shown.join(" and "))
}

fn why_none(text: &[u8]) -> Option<String> {
    let version =
        |text: &[u8]| text.get(..VERSION.len()).is_some_and(|start| start.eq_ignore_ascii_case(VERSION.as_bytes()));
    if version(text) {
        return match text.get(VERSION.len())? {
            b' '..=b'~' => Some(behind_version(&text[VERSION.len()..])),
            _ => odd_character(text),
        };
    }
    let bare = trim_start(text);
    if version(bare) && bare.len() < text.len() {
        return Some(match text {
            [b'"' | b'\'', ..] => {
                format!("octet 1 is a quotation mark ({:02X}): the record has none around it", text.first()?)
            }
            [b' ', ..] => format!("it begins with a blank, and {VERSION} has to come first"),
            _ => odd_character(text)?,
        });
    }
    let first = text.split(|octet| *octet == b' ').next().unwrap_or_default();
    let rest = text.get(first.len()..).unwrap_or_default();
    let terms = || rest.split(|octet| *octet == b' ').any(is_like_a_term);
    let slips = distance(first.strip_suffix(b";").unwrap_or(first), VERSION.as_bytes());
    if slips == 1 || (slips <= 2 && terms()) {
        return Some(format!("it begins with {} in place of {VERSION}", shown(first, MAX_RECORD_SHOWN)));
    }
    let joined: Vec<u8> = text.iter().copied().take(12).filter(|octet| *octet != b' ').collect();
    if version(&joined) && terms() {
        return Some(format!("{VERSION} is written without blanks inside"));
    }
    (is_like_a_term(first) && terms() && first.contains(&b':')).then(|| format!("{VERSION} is missing in front"))
}

/// What is wrong where neither a blank nor the end follows the version.
fn behind_version(rest: &[u8]) -> String {
    match rest.first() {
        Some(b';' | b',' | b'.' | b':' | b'"' | b'\'' | b'\\' | b'=' | b'|' | b'/') => {
            format!("a blank belongs behind {VERSION}, not \"{}\"", shown(&rest[..1], 1))
        }
        Some(digit) if digit.is_ascii_digit() => {
            let word = rest.split(|octet| !octet.is_ascii_digit()).next().unwrap_or_default();
            format!("it begins with {VERSION}{} in place of {VERSION}", shown(word, MAX_RECORD_SHOWN))
        }
        _ => format!("a blank is missing behind {VERSION}, {JOINED}"),
    }
}

/// Without blanks, quotes, and what is not printable ASCII.
fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text {
        if first.is_ascii_graphic() && !matches!(first, b'"' | b'\'') {
            break;
        }
        text = rest;
    }
    text
}

fn is_like_a_term(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"+").or(word.strip_prefix(b"-")).or(word.strip_prefix(b"~")).unwrap_or(word);
    let begins = |start: &str| word.get(..start.len()).is_some_and(|w| w.eq_ignore_ascii_case(start.as_bytes()));
    ["include:", "ip4:", "ip6:", "redirect=", "exists:"].into_iter().any(begins)
        || ["all", "?all", "mx", "a"].iter().any(|term| word.eq_ignore_ascii_case(term.as_bytes()))
}

/// What to do about a record that is not valid.
pub(super) fn of_record(text: &[u8], fault: &RecordError) -> Option<String> {
    match fault {
        RecordError::Character => odd_character(text),
        RecordError::Term(term, fault) => of_term(text, term, *fault),
        RecordError::Twice(_) => Some("one of them has to go".to_owned()),
        RecordError::Version | RecordError::TooLong | RecordError::TooManyTerms => None,
    }
}

/// What may be meant by a term that is not valid.
fn of_term(text: &[u8], term: &str, fault: TermError) -> Option<String> {
    let body = term.trim_start_matches(['+', '-', '~', '?']);
    if let Some(at) = term.find(['"', '\'']) {
        let start = text.windows(term.len()).position(|window| window == term.as_bytes()).unwrap_or_default();
        return Some(format!("octet {} is a quotation mark: the record has none", start + at + 1));
    }
    if body.is_empty() {
        return Some(format!("no blank belongs behind \"{term}\""));
    }
    if let Some(inside) = joined(body) {
        return Some(format!("a blank is missing before {inside}, {JOINED}"));
    }
    if let Some(mark) = body.chars().find(|c| matches!(c, ',' | ';' | '\\')) {
        return Some(format!("terms are separated by blanks, and \"{mark}\" is no part of one"));
    }
    let end = body.find([':', '=', '/']).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let argument = rest.strip_prefix(':');
    let name = name.to_ascii_lowercase();
    match (name.as_str(), argument) {
        ("ip" | "ipv4" | "ipv6" | "ip4" | "ip6" | "ip4v" | "ip6v", argument) => {
            of_network(&name, argument.unwrap_or(rest))
        }
        ("redirect" | "exp", Some(argument)) => Some(format!("{name} is a modifier: {name}={argument} is meant")),
        ("include" | "exists", None | Some("")) => Some(format!("{name}: takes a domain, with no blank before it")),
        (_, Some("")) => Some(format!("no blank belongs behind {name}:")),
        _ if fault == TermError::Mechanism => match network_of(body) {
            Some((mechanism, _)) => Some(format!("{mechanism}:{body} is meant")),
            None if argument.is_none() && body.contains('.') => {
                Some(format!("include:{body} or a:{body} may be meant"))
            }
            None => alike(name.as_bytes(), MECHANISMS.into_iter().chain(["redirect"])).map(|meant| match meant {
                "redirect" => format!("{meant}= may be meant"),
                _ => format!("{meant} may be meant"),
            }),
        },
        _ if fault == TermError::Macro(MacroError::TopLabel) && body.contains("//") => {
            Some("a domain name belongs there, and no URL".to_owned())
        }
        _ => None,
    }
}

/// What may be meant by a network that is not valid.
fn of_network(name: &str, address: &str) -> Option<String> {
    if address.is_empty() {
        return Some(format!("the address is missing, which has to follow {name}: without a blank"));
    }
    let plain = address.trim_start_matches('=');
    match network_of(plain) {
        Some((mechanism, _)) if mechanism != name => {
            return Some(format!("{mechanism}:{plain} is meant"));
        }
        Some(_) if address != plain => return Some(format!("{name}:{plain} is meant")),
        _ => {}
    }
    if let Some((network, mask)) = plain.split_once('/')
        && let (Ok(_), Ok(mask)) = (network.parse::<Ipv4Addr>(), mask.parse::<Ipv4Addr>())
        && mask.to_bits().leading_ones() + mask.to_bits().trailing_zeros() >= 32
    {
        return Some(format!("ip4:{network}/{} is meant", mask.to_bits().leading_ones()));
    }
    if plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'*' | b'/')) {
        return Some(
            "an address has four numbers, and a network is its first address and a length, as in 192.0.2.0/24"
                .to_owned(),
        );
    }
    let is_name = plain.bytes().any(|b| b.is_ascii_alphabetic()) && !plain.contains(':') && plain.contains('.');
    is_name.then(|| format!("{name}: takes addresses, and a:{plain} or include:{plain} names"))
}

/// The mechanism for an address or network, which has to be a valid one.
fn network_of(text: &str) -> Option<(&'static str, u8)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let (mechanism, longest) = match () {
        () if address.parse::<Ipv4Addr>().is_ok() => ("ip4", 32),
        () if address.parse::<Ipv6Addr>().is_ok() => ("ip6", 128),
        () => return None,
    };
    let length = length.map_or(Some(longest), |length| length.parse().ok().filter(|&length| length <= longest))?;
    Some((mechanism, length))
}

/// The beginning of another term inside one.
fn joined(body: &str) -> Option<&str> {
    let lower = body.to_ascii_lowercase();
    let inner = |start: &&str| lower.match_indices(*start).map(|(at, _)| at).find(|&at| at > 0);
    if let Some(at) = STARTS.iter().filter_map(inner).min() {
        let inside = body.get(at..)?;
        let end = inside.find([':', '=']).map_or(inside.len(), |end| end + 1);
        return inside.get(..end);
    }
    let at = body.len().checked_sub(4).filter(|at| *at > 0)?;
    let end = body.get(at..)?;
    ["-all", "~all", "?all", "+all"].into_iter().find(|all| end.eq_ignore_ascii_case(all)).and(Some(end))
}

/// What of a valid record hardly does what was meant: modifiers that look like mechanisms and are ignored, terms that are
/// never looked at, and names at which a blank is missing.
pub(super) fn of_valid(record: &SpfRecord<'_>) -> Option<String> {
    let mut faults = Vec::new();
    for term in record.terms() {
        let fault = match term.kind {
            TermKind::Unknown { name, value } => of_modifier(term, name, value),
            TermKind::Directive(_, mechanism) if mechanism.domain_spec().is_some() => joined_name(term),
            TermKind::Redirect(_) => joined_name(term),
            _ => None,
        };
        faults.extend(fault);
        if faults.len() >= MAX_NAMED {
            break;
        }
    }
    let mut behind = record.directives().skip_while(|(_, _, mechanism)| !matches!(mechanism, Mechanism::All));
    if let (Some((all, ..)), Some((next, ..))) = (behind.next(), behind.next()) {
        faults.push(format!(
            "what stands behind {all} is not looked at, such as {}",
            shown(next.as_bytes(), MAX_RECORD_SHOWN)
        ));
    }
    (!faults.is_empty()).then(|| faults.join(", and "))
}

fn joined_name(term: &Term<'_>) -> Option<String> {
    // Of nearly all terms this says that there is nothing to find.
    let signs = term.text.bytes().filter(|octet| matches!(octet, b':' | b'=')).count();
    if signs < 2 && !term.text.ends_with(['l', 'L']) {
        return None;
    }
    let inside = joined(term.text.trim_start_matches(['+', '-', '~', '?']))?;
    let shown = shown(term.text.as_bytes(), MAX_RECORD_SHOWN);
    Some(format!("in {shown} a blank is missing before {inside}, {JOINED}"))
}

/// A modifier without a meaning that somebody may have meant for something else.
fn of_modifier(term: &Term<'_>, name: &str, value: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let ignored = format!("{} means nothing and is ignored", shown(term.text.as_bytes(), MAX_RECORD_SHOWN));
    let value = shown(value.as_bytes(), MAX_RECORD_SHOWN);
    if lower == "v" {
        let twice = value.eq_ignore_ascii_case("spf1");
        return twice.then(|| "v=spf1 stands there twice, as if two records had been made one".to_owned());
    }
    let network = network_of(&value).filter(|_| ["ip", "ip4", "ip6", "ipv4", "ipv6"].contains(&lower.as_str()));
    if let Some((mechanism, _)) = network {
        return Some(format!("{ignored}: {mechanism}:{value} is meant"));
    }
    if MECHANISMS.contains(&lower.as_str()) {
        return Some(format!("{ignored}: {lower}:{value} is meant"));
    }
    let meant = alike(lower.as_bytes(), ["redirect", "include", "exists"])?;
    let sign = if meant == "redirect" { '=' } else { ':' };
    Some(format!("{ignored}: {meant}{sign}{value} may be meant"))
}
