//! The tags of a policy record, one by one: RFC 9989 §4.7, RFC 7489 §6.3.

use crate::dmarc::record::{AlignmentMode, FailureOptions, Ignored, IgnoredBecause, Policy, PolicyRecord, Psd};
use crate::dmarc::standard::Standard;
use crate::dmarc::uri::ReportUri;
use crate::limits::{MAX_DMARC_IGNORED, MAX_RECORD_SHOWN};
use crate::tags::{Tag, TagError, tags};
use crate::trail::shown;

/// The tags of a standard behind `v` (RFC 9989 §4.7, RFC 7489 §6.3).
fn known(standard: Standard) -> [&'static str; 10] {
    match standard {
        Standard::Rfc9989 => ["p", "sp", "np", "adkim", "aspf", "psd", "t", "rua", "ruf", "fo"],
        Standard::Rfc7489 => ["p", "sp", "adkim", "aspf", "pct", "rua", "ruf", "fo", "rf", "ri"],
    }
}

/// What RFC 9989 no longer knows.
const HISTORIC: [&str; 3] = ["pct", "rf", "ri"];

impl PolicyRecord {
    /// Reads a record; `None` when [`is_one`](Self::is_one) says that it is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        Self::parse_by(Standard::Rfc9989, text)
    }

    /// Reads a record by one of the two standards. RFC 7489 wants `p` right behind `v`, gives a meaning to `pct`, and does
    /// not know `np`, `psd` and `t`; a `p` elsewhere counts as missing (§6.3, §6.4).
    pub fn parse_by(standard: Standard, text: &[u8]) -> Option<Self> {
        if !Self::is_one(text) {
            return None;
        }
        let mut reader = Reader::new(standard);
        for (position, tag) in tags(text).enumerate().skip(1) {
            reader.read(position, tag);
        }
        Some(reader.into_record())
    }
}

/// A record as far as it has been read.
struct Reader {
    standard: Standard,
    record: PolicyRecord,
    /// The known tags that were there.
    seen: Vec<&'static str>,
    /// Where the tag stands that is being read, `v` being at 0.
    position: usize,
}

impl Reader {
    fn new(standard: Standard) -> Self {
        Self { standard, record: PolicyRecord::default(), seen: Vec::new(), position: 0 }
    }

    /// Takes the next tag.
    fn read(&mut self, position: usize, tag: Result<Tag<'_>, TagError>) {
        self.position = position;
        match tag {
            Ok(tag) => self.take(tag.name, Some(tag.value)),
            Err(TagError::Value(name)) => self.take(&name, None),
            Err(_) => self.ignore(None, IgnoredBecause::Malformed, &[]),
        }
    }

    fn into_record(self) -> PolicyRecord {
        self.record
    }

    /// Takes a tag by its name; without a value when it has one that no tag may have.
    fn take(&mut self, name: &str, value: Option<&[u8]>) {
        let name = name.to_ascii_lowercase();
        let why = match known(self.standard).into_iter().find(|known| *known == name) {
            Some(known) if self.seen.contains(&known) => {
                self.unset(known, value);
                return;
            }
            Some(known @ "p") if self.standard == Standard::Rfc7489 && self.position != 1 => {
                self.seen.push(known);
                IgnoredBecause::Misplaced
            }
            Some(known) => {
                self.seen.push(known);
                match value.and_then(|value| self.set(known, value)) {
                    Some(()) => return,
                    None => IgnoredBecause::Malformed,
                }
            }
            None if name == "v" => IgnoredBecause::Repeated,
            None if HISTORIC.contains(&&*name) => IgnoredBecause::Historic,
            None => IgnoredBecause::Unknown,
        };
        self.ignore(Some(&name), why, value.unwrap_or_default());
    }

    /// Takes the value of a tag; `None` when it is not one of the tag's.
    fn set(&mut self, name: &str, value: &[u8]) -> Option<()> {
        match name {
            "rua" => self.record.rua = self.uris(name, value),
            "ruf" => self.record.ruf = self.uris(name, value),
            _ => {}
        }
        let record = &mut self.record;
        match name {
            "p" => record.p = Some(policy(value)?),
            "sp" => record.sp = Some(policy(value)?),
            "np" => record.np = Some(policy(value)?),
            "adkim" => record.adkim = mode(value)?,
            "aspf" => record.aspf = mode(value)?,
            "psd" => record.psd = psd(value)?,
            "t" => record.testing = yes_or_no(value)?,
            "fo" => record.fo = failure_options(value)?,
            "pct" => record.pct = Some(percentage(value)?),
            // `rf` and `ri` are about reports.
            _ => {}
        }
        Some(())
    }

    /// The valid URIs of a list; that some are not is noted, and is no fault of the others.
    fn uris(&mut self, name: &str, value: &[u8]) -> Vec<ReportUri> {
        let (uris, faulty) = ReportUri::list(value);
        if faulty > 0 {
            self.ignore(Some(name), IgnoredBecause::Malformed, value);
        }
        uris
    }

    /// Forgets a tag that occurs again.
    fn unset(&mut self, name: &str, value: Option<&[u8]>) {
        let record = &mut self.record;
        match name {
            "p" => record.p = None,
            "sp" => record.sp = None,
            "np" => record.np = None,
            "adkim" => record.adkim = AlignmentMode::default(),
            "aspf" => record.aspf = AlignmentMode::default(),
            "psd" => record.psd = Psd::default(),
            "t" => record.testing = false,
            "rua" => record.rua.clear(),
            "ruf" => record.ruf.clear(),
            "fo" => record.fo = FailureOptions::default(),
            "pct" => record.pct = None,
            _ => {}
        }
        self.ignore(Some(name), IgnoredBecause::Repeated, value.unwrap_or_default());
    }

    /// Notes what has no effect, each thing once: a long record must not make a long list of one complaint.
    fn ignore(&mut self, tag: Option<&str>, why: IgnoredBecause, value: &[u8]) {
        let ignored = &mut self.record.ignored;
        let known = ignored.iter().any(|known| known.why == why && known.tag.as_deref() == tag);
        if !known && ignored.len() < MAX_DMARC_IGNORED {
            let value = shown(value, MAX_RECORD_SHOWN).into();
            ignored.push(Ignored { tag: tag.map(Into::into), why, value });
        }
    }
}

fn policy(value: &[u8]) -> Option<Policy> {
    [Policy::None, Policy::Quarantine, Policy::Reject]
        .into_iter()
        .find(|policy| value.eq_ignore_ascii_case(policy.as_str().as_bytes()))
}

fn mode(value: &[u8]) -> Option<AlignmentMode> {
    match value {
        b"r" | b"R" => Some(AlignmentMode::Relaxed),
        b"s" | b"S" => Some(AlignmentMode::Strict),
        _ => None,
    }
}

fn psd(value: &[u8]) -> Option<Psd> {
    match value {
        b"y" | b"Y" => Some(Psd::Yes),
        b"n" | b"N" => Some(Psd::No),
        b"u" | b"U" => Some(Psd::Unsaid),
        _ => None,
    }
}

fn yes_or_no(value: &[u8]) -> Option<bool> {
    match value {
        b"y" | b"Y" => Some(true),
        b"n" | b"N" => Some(false),
        _ => None,
    }
}

/// `1*3DIGIT` (RFC 7489 §6.4), at most 100 (§6.3).
fn percentage(value: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(value).ok().filter(|v| v.len() <= 3 && v.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|percent| *percent <= 100)
}

/// The options between colons, each at most once. White space beside a colon, which RFC 7489 §6.4 allowed, is let
/// through; `0` and `1` together, which it allowed as well, are at fault (RFC 9989 §4.7).
fn failure_options(value: &[u8]) -> Option<FailureOptions> {
    let mut options = FailureOptions::default();
    let mut all = false;
    for option in value.split(|&b| b == b':') {
        let seen = match option.trim_ascii() {
            b"0" => &mut all,
            b"1" => &mut options.any,
            b"d" | b"D" => &mut options.dkim,
            b"s" | b"S" => &mut options.spf,
            _ => return None,
        };
        if std::mem::replace(seen, true) {
            return None;
        }
    }
    (!(all && options.any)).then_some(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_options_of_every_kind() {
        let fo = |text: &str| failure_options(text.as_bytes()).map(|o| (o.any, o.dkim, o.spf));
        assert_eq!(fo("0"), Some((false, false, false)));
        assert_eq!(fo("1:s"), Some((true, false, true)));
        assert_eq!(fo("D : 0"), Some((false, true, false)));
        for faulty in ["", "01", "2", "0:1", "d:d", "d:", ":"] {
            assert_eq!(fo(faulty), None, "{faulty}");
        }
    }
}
