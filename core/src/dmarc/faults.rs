//! What is wrong with a published record, in sentences with the remedy: for reasons and trails, never for a result.

use crate::dmarc::record::{Ignored, IgnoredBecause, PolicyRecord};
use crate::domain::Domain;
use crate::limits::{MAX_DMARC_RECORD, MAX_NAMED, MAX_RECORD_SHOWN};
use crate::spelling::{alike, distance, odd_character};
use crate::trail::shown;

const VERSION: &str = "v=DMARC1";
const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

/// Why a TXT record at the place of a policy record is none, where somebody seems to have meant one.
pub(crate) fn of_text(text: &[u8]) -> Option<String> {
    let why = why_none(text)?;
    Some(format!("\"{}\" is no policy record: {why}", shown(text, MAX_RECORD_SHOWN)))
}

fn why_none(text: &[u8]) -> Option<String> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    if text.len() > MAX_DMARC_RECORD {
        return Some(format!("it has more than {MAX_DMARC_RECORD} octets"));
    }
    if let Some((kind, _)) = [("an SPF", "v=spf1"), ("a DKIM key", "v=DKIM1")].iter().find(|(_, v)| begins(v)) {
        return Some(format!("it is {kind} record, which belongs at another name, and {VERSION} is missing here"));
    }
    if !text.windows(5).any(|window| window.eq_ignore_ascii_case(b"dmarc")) && !mentions_policy(text) {
        return None;
    }
    if let [b'"' | b'\'', ..] = text {
        return Some("it begins with a quotation mark, which is no part of a record".to_owned());
    }
    if let [b' ' | b'\t', ..] = text {
        return Some(format!("it begins with a blank: {VERSION} comes first"));
    }
    let mut parts = text.split(|octet| *octet == b';').map(<[u8]>::trim_ascii);
    let first = parts.next().unwrap_or_default();
    // Spaces around the equals sign do not count.
    let joined: Vec<u8> = first.iter().copied().filter(|octet| *octet != b' ').take(MAX_RECORD_SHOWN).collect();
    if let Some(odd) = odd_character(first) {
        return Some(odd);
    }
    if first.ends_with(b"\\") {
        return Some(BACKSLASH.to_owned());
    }
    if joined.eq_ignore_ascii_case(VERSION.as_bytes()) {
        return Some("DMARC1 has to be in capitals".to_owned());
    }
    let behind = joined.get(VERSION.len()..).and_then(|rest| rest.first());
    if joined.get(..VERSION.len()).is_some_and(|start| start.eq_ignore_ascii_case(VERSION.as_bytes()))
        && first.len() > VERSION.len() + 2
    {
        return Some(match behind {
            Some(b',' | b':' | b'.' | b'|' | b'/') => {
                format!("a semicolon belongs behind {VERSION}, not \"{}\"", behind.map_or(' ', |b| char::from(*b)))
            }
            _ => format!("a semicolon is missing behind {VERSION}"),
        });
    }
    if distance(&joined, VERSION.as_bytes()) <= 3 {
        return Some(format!("it begins with \"{}\" in place of {VERSION}", shown(first, MAX_RECORD_SHOWN)));
    }
    if parts.any(|part| part.eq_ignore_ascii_case(VERSION.as_bytes())) {
        return Some(format!("{VERSION} has to come first"));
    }
    Some(format!("it does not begin with {VERSION} and a semicolon"))
}

/// Whether a text has a tag `p=` with one of the policies.
fn mentions_policy(text: &[u8]) -> bool {
    text.split(|octet| *octet == b';').any(|part| {
        let part = part.trim_ascii();
        let value = part.strip_prefix(b"p=").or_else(|| part.strip_prefix(b"P="));
        value.is_some_and(|value| POLICIES.iter().any(|policy| value.eq_ignore_ascii_case(policy.as_bytes())))
    })
}

const BACKSLASH: &str = "a backslash stands before a semicolon: it is how some zone files write one, and here it became \
                         part of the record and has to go";

/// What is wrong with the tags on which a verdict depends, for the record at `domain`.
pub(crate) fn of_record(domain: &Domain, record: &PolicyRecord) -> Option<String> {
    let mut faults: Vec<String> = record.ignored.iter().filter_map(|ignored| of_tag(record, ignored)).collect();
    let knows_p = |ignored: &Ignored| {
        ignored.tag.as_deref() == Some("p")
            || (ignored.tag.as_deref()).is_some_and(|tag| meant(record, tag) == Some("p"))
    };
    if record.p.is_none() && !record.ignored.iter().any(knows_p) {
        faults.insert(0, "p is missing, which says what is asked for".to_owned());
    }
    faults.truncate(MAX_NAMED);
    match faults.is_empty() {
        true => None,
        false => Some(format!("in the policy record of {domain} {}", faults.join(", and "))),
    }
}

/// What is wrong with a tag and what to write instead; `None` where nothing depends on it.
fn of_tag(record: &PolicyRecord, ignored: &Ignored) -> Option<String> {
    let value = &*ignored.value;
    let Some(tag) = ignored.tag.as_deref() else {
        return Some("a part between semicolons is no tag=value".to_owned());
    };
    match (tag, ignored.why) {
        ("p" | "sp" | "np" | "adkim" | "aspf" | "t" | "psd", IgnoredBecause::Repeated) => {
            Some(format!("{tag} stands there more than once, so that none of them counts: one has to stay"))
        }
        ("p", IgnoredBecause::Misplaced) => Some("p is not right behind v, where it belongs".to_owned()),
        ("p" | "sp" | "np", IgnoredBecause::Malformed) => Some(of_value(tag, value, &POLICIES, "no policy")),
        ("adkim" | "aspf", IgnoredBecause::Malformed) => Some(match value.to_ascii_lowercase().as_str() {
            "strict" => format!("{tag}=strict is no mode, so that {tag}=r applies: {tag}=s is meant"),
            "relaxed" => format!("{tag}=relaxed is no mode: {tag}=r is meant, and applies"),
            _ => format!("{}, so that {tag}=r applies", of_value(tag, value, &["r", "s"], "no mode")),
        }),
        ("t", IgnoredBecause::Malformed) => Some(of_value(tag, value, &["y", "n"], "neither y nor n")),
        ("psd", IgnoredBecause::Malformed) => Some(of_value(tag, value, &["y", "n", "u"], "none of y, n and u")),
        ("rua", IgnoredBecause::Malformed) if record.rua.is_empty() => Some(match value.contains('@') {
            true => format!("rua={value} is no address for reports: it takes mailto: in front of each"),
            false => format!("rua={value} is no address for reports"),
        }),
        (_, IgnoredBecause::Unknown) => {
            meant(record, tag).map(|meant| format!("{tag}={value} is no tag: {meant}= may be meant"))
        }
        _ => None,
    }
}

/// The tag that an unknown one may be meant for, where the record does not have that.
fn meant(record: &PolicyRecord, tag: &str) -> Option<&'static str> {
    const P: [&str; 4] = ["policy", "po", "dmarc", "pol"];
    if P.contains(&tag) {
        return Some("p").filter(|_| record.p.is_none());
    }
    // Of one letter any other would be alike.
    alike(tag.as_bytes(), ["adkim", "aspf", "rua", "ruf"]).filter(|_| tag.len() > 2)
}

/// A value that the tag does not take, and the one that may be meant.
fn of_value(tag: &str, value: &str, allowed: &[&'static str], what: &str) -> String {
    let is = |text: &str| allowed.iter().find(|word| word.eq_ignore_ascii_case(text)).copied();
    let list = || match allowed {
        [others @ .., last] => format!("{} and {last} are", others.join(", ")),
        [] => String::new(),
    };
    if value.is_empty() {
        return format!("{tag}= has no value: {} possible", list());
    }
    if value.ends_with('\\') {
        return format!("{tag}={value} is {what}: {BACKSLASH}");
    }
    let bare = value.trim_matches(|c| matches!(c, '"' | '\''));
    if let Some(word) = is(bare) {
        return format!("{tag}={value} is {what}: {word} stands in quotation marks, which are no part of a record");
    }
    let first = value.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if let (Some(word), true) = (is(first), value.len() > first.len()) {
        return match value.contains("\\x") {
            true => format!("{tag}={value} is {what}: only {word} belongs there, with no character that is not ASCII"),
            false if value.contains('=') => {
                format!("{tag}={value} is {what}: a semicolon is missing behind {tag}={word}")
            }
            false => format!("{tag}={value} is {what}: nothing but a semicolon belongs behind {tag}={word}"),
        };
    }
    match alike(value.as_bytes(), allowed.iter().copied().filter(|word| word.len() > 1)) {
        Some(word) => format!("{tag}={value} is {what}: {word} may be meant"),
        None => format!("{tag}={value} is {what}: {}", list()),
    }
}
