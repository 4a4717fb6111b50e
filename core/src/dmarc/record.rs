//! The DMARC policy record (RFC 9989 §4.7, §4.8), and how RFC 7489 §6.3 reads the same text.

use serde::Serialize;

use crate::dmarc::uri::ReportUri;
use crate::limits::MAX_DMARC_RECORD;
use crate::tags::{Tag, tags};
use crate::words::words;

/// A domain owner's assessment policy (RFC 9989 §4.7, tag `p`). A stricter one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// No preference.
    None,
    /// Such mail is suspicious.
    Quarantine,
    /// Such mail is a clear misuse of the domain.
    Reject,
}

impl Policy {
    /// The word of the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// One level down: what `t=y` makes of it (RFC 9989 §4.7).
    pub fn lowered(self) -> Self {
        match self {
            Self::None | Self::Quarantine => Self::None,
            Self::Reject => Self::Quarantine,
        }
    }
}

words!(Display for Policy);

/// How close an authenticated identifier has to be to the author domain (RFC 9989 §3.2.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlignmentMode {
    /// The same organizational domain.
    #[default]
    Relaxed,
    /// The same domain.
    Strict,
}

/// What a record says about the name it stands at (RFC 9989 §4.7, tag `psd`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Psd {
    /// `y`: a public suffix domain.
    Yes,
    /// `n`: an organizational domain.
    No,
    /// `u`: no public suffix domain; the tree walk decides what else it is.
    #[default]
    Unsaid,
}

/// When failure reports are wanted (RFC 9989 §4.7, tag `fo`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FailureOptions {
    /// `1`: when any mechanism gives no aligned pass; otherwise, `0`, when all of them do.
    pub any: bool,
    /// `d`: when a DKIM signature fails, aligned or not.
    pub dkim: bool,
    /// `s`: when SPF fails, aligned or not.
    pub spf: bool,
}

/// A DMARC policy record.
///
/// Whatever begins with `v=DMARC1` is one. A fault behind that does not spoil it: the tag at fault is left out and its
/// default holds (RFC 9989 §4.8); only what [`standing`](Self::standing) says depends on it. A tag that occurs twice is
/// at fault in the same way (RFC 6376 §3.2 allows none to), since there is no saying which was meant.
///
/// Tags are recognized in upper and lower case: in the grammar of RFC 9989 §4.8 nothing but the word `DMARC1` is
/// marked as case-sensitive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRecord {
    /// `p`, the policy for the domain; `None` when it is missing or at fault.
    pub p: Option<Policy>,
    /// `sp`, the policy for subdomains that exist.
    pub sp: Option<Policy>,
    /// `np`, the policy for subdomains that do not exist.
    pub np: Option<Policy>,
    /// `adkim`, the alignment asked of DKIM identifiers.
    pub adkim: AlignmentMode,
    /// `aspf`, the alignment asked of the SPF identifier.
    pub aspf: AlignmentMode,
    /// `psd`.
    pub psd: Psd,
    /// `t=y`: the owner tests the policy and asks for one level less.
    pub testing: bool,
    /// `pct`, at most 100: of how many messages in a hundred the policy is asked (RFC 7489 §6.3). Always `None` in a
    /// record read by RFC 9989, where the tag is historic.
    pub pct: Option<u8>,
    /// `rua`, where aggregate reports go.
    pub rua: Vec<ReportUri>,
    /// `ruf`, where failure reports go.
    pub ruf: Vec<ReportUri>,
    /// `fo`; it counts for nothing without `ruf`.
    pub fo: FailureOptions,
    /// What was ignored, and why, in the order of the record.
    pub ignored: Vec<Ignored>,
}

/// A part of a record that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The tag, in lower case; `None` for a part that has no proper name.
    pub tag: Option<Box<str>>,
    /// Why it has none.
    pub why: IgnoredBecause,
    /// The beginning of the value, for people; of a part without a proper name it is empty.
    pub value: Box<str>,
}

/// Why a part of a record has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoredBecause {
    /// It is not written as a tag, or its value is not one of the tag's.
    Malformed,
    /// The tag occurs more than once; all of its occurrences are ignored.
    Repeated,
    /// `p` is there, but not right behind `v`, where RFC 7489 §6.3 wants it.
    Misplaced,
    /// `pct`, `rf`, `ri`: historic (RFC 9989 §9.3, appendix C.5.2).
    Historic,
    /// Not among the tags of the standard (RFC 9989 §4.7, RFC 7489 §6.3).
    Unknown,
}

/// What a record is good for when it is the one to be applied (RFC 9989 §4.10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its policies hold.
    AsPublished,
    /// Without a valid `p`, or with an `sp` or `np` that is not valid, but with an address for aggregate reports: it
    /// counts as `p=none`.
    AsNone,
    /// The same, without such an address: DMARC is not applied to the message.
    Unusable,
}

/// Whose policy is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The domain at which the record stands.
    Itself,
    /// A name below it that exists.
    Subdomain,
    /// A name below it that does not exist (RFC 9989 §3.2.13).
    NonExistent,
}

impl PolicyRecord {
    /// Whether a TXT record is a DMARC policy record: its first tag is `v`, with the value `DMARC1`, in capitals
    /// (RFC 9989 §4.7, §4.10 step 2). More than [`MAX_DMARC_RECORD`] octets are none.
    pub fn is_one(text: &[u8]) -> bool {
        // The grammar has no white space in front.
        text.len() <= MAX_DMARC_RECORD
            && text.first().is_some_and(|b| matches!(b, b'v' | b'V'))
            && matches!(tags(text).next(), Some(Ok(tag)) if is_version(&tag))
    }

    /// What the record is good for when it is the one to be applied.
    pub fn standing(&self) -> Standing {
        let faulty = |name: &str| {
            self.ignored.iter().any(|ignored| {
                ignored.tag.as_deref() == Some(name)
                    && matches!(ignored.why, IgnoredBecause::Malformed | IgnoredBecause::Repeated)
            })
        };
        match self.p.is_some() && !faulty("sp") && !faulty("np") {
            true => Standing::AsPublished,
            false if self.rua.is_empty() => Standing::Unusable,
            false => Standing::AsNone,
        }
    }

    /// The policy that the record has for `subject` (RFC 9989 §4.7, §4.10.1); `None` when it is unusable.
    pub fn policy_for(&self, subject: Subject) -> Option<Policy> {
        let p = match self.standing() {
            Standing::AsPublished => self.p?,
            Standing::AsNone => return Some(Policy::None),
            Standing::Unusable => return None,
        };
        Some(match subject {
            Subject::Itself => p,
            Subject::Subdomain => self.sp.unwrap_or(p),
            Subject::NonExistent => self.np.or(self.sp).unwrap_or(p),
        })
    }
}

fn is_version(tag: &Tag<'_>) -> bool {
    tag.name.eq_ignore_ascii_case("v") && tag.value == b"DMARC1"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dmarc::standard::Standard;

    fn parse(text: &str) -> PolicyRecord {
        PolicyRecord::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_version_makes_it_a_record() {
        for text in ["v=DMARC1", "v=DMARC1;", "V = DMARC1 ; p=none", "v=DMARC1;;", "v=DMARC1; ="] {
            assert!(PolicyRecord::is_one(text.as_bytes()), "{text}");
        }
        let others = [
            "",
            "v",
            "v=",
            "v=DMARC12",
            "v=dmarc1; p=none",
            "v=DMARC1 p=none",
            "p=none; v=DMARC1",
            " v=DMARC1",
            ";v=DMARC1",
        ];
        for text in others {
            assert!(!PolicyRecord::is_one(text.as_bytes()), "{text}");
            assert_eq!(PolicyRecord::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_record_has_a_length_that_can_be_read() {
        let longest = format!("v=DMARC1; p=reject; x={}", "a".repeat(MAX_DMARC_RECORD - 22));
        assert_eq!((longest.len(), parse(&longest).p), (MAX_DMARC_RECORD, Some(Policy::Reject)));
        assert!(!PolicyRecord::is_one(format!("{longest}a").as_bytes()));
    }

    #[test]
    fn every_tag() {
        let record = parse(
            "v=DMARC1; rua=mailto:a@example.com , https://example.net/r!5m; ruf=mailto:f@example.com; fo=1:d:s; t=y; \
             psd=n; aspf=s; adkim=S; np=reject; sp=Quarantine; p=NONE",
        );
        assert_eq!((record.p, record.sp), (Some(Policy::None), Some(Policy::Quarantine)));
        assert_eq!((record.np, record.psd, record.testing), (Some(Policy::Reject), Psd::No, true));
        assert_eq!((record.adkim, record.aspf), (AlignmentMode::Strict, AlignmentMode::Strict));
        assert_eq!(record.fo, FailureOptions { any: true, dkim: true, spf: true });
        let rua: Vec<_> = record.rua.iter().map(ReportUri::as_str).collect();
        assert_eq!(rua, ["mailto:a@example.com", "https://example.net/r"]);
        assert_eq!(record.ruf.len(), 1);
        assert_eq!(record.ignored, []);
    }

    #[test]
    fn faulty_values_give_way_to_defaults() {
        let record =
            parse("v=DMARC1; p=reject; adkim=x; aspf=; t=maybe; psd=yes; fo=0:1; ruf=a, mailto:b@c; pct=5; new=1; =");
        let expected =
            PolicyRecord { p: Some(Policy::Reject), ruf: ReportUri::list(b"mailto:b@c").0, ..Default::default() };
        assert_eq!(PolicyRecord { ignored: Vec::new(), ..record.clone() }, expected);
        let ignored: Vec<_> = record.ignored.iter().map(|i| (i.tag.as_deref(), i.why)).collect();
        let malformed = ["adkim", "aspf", "t", "psd", "fo", "ruf"].map(|tag| (Some(tag), IgnoredBecause::Malformed));
        assert_eq!(ignored[..6], malformed);
        assert_eq!(ignored[6..8], [(Some("pct"), IgnoredBecause::Historic), (Some("new"), IgnoredBecause::Unknown)]);
        assert_eq!(ignored[8..], [(None, IgnoredBecause::Malformed)]);
    }

    /// A tag that occurs twice has no value, whichever came first.
    #[test]
    fn repeated_tags_have_no_value() {
        for text in ["v=DMARC1; p=none; p=reject", "v=DMARC1; p=reject; P=reject; p=none"] {
            assert_eq!(parse(text).p, None, "{text}");
            assert_eq!(parse(text).standing(), Standing::Unusable);
        }
        assert_eq!(parse("v=DMARC1; p=reject; adkim=s; adkim=s").adkim, AlignmentMode::Relaxed);
        assert_eq!(parse("v=DMARC1; p=reject; rua=mailto:a@b; rua=mailto:a@b").rua, []);
        assert_eq!(parse("v=DMARC1; p=reject; x=1; x=2").standing(), Standing::AsPublished);
    }

    /// RFC 9989 §4.10.1.
    #[test]
    fn a_missing_or_faulty_policy_needs_a_reporting_address() {
        for faulty in [
            "",
            "p=bogus;",
            "sp=reject;",
            "p=reject; sp=bogus;",
            "p=reject; np=;",
            "p=reject; sp=\x01;",
            "p=none; sp=none; sp=none;",
        ] {
            assert_eq!(parse(&format!("v=DMARC1; {faulty}")).policy_for(Subject::Subdomain), None, "{faulty}");
            let reporting = parse(&format!("v=DMARC1; {faulty} rua=nowhere,mailto:a@example.com"));
            assert_eq!(reporting.standing(), Standing::AsNone, "{faulty}");
            for subject in [Subject::Itself, Subject::Subdomain, Subject::NonExistent] {
                assert_eq!(reporting.policy_for(subject), Some(Policy::None), "{faulty}");
            }
            let nowhere = parse(&format!("v=DMARC1; {faulty} rua=nowhere"));
            assert_eq!(nowhere.standing(), Standing::Unusable, "{faulty}");
        }
    }

    #[test]
    fn subdomains() {
        let policies = |text: &str| {
            let record = parse(text);
            [Subject::Itself, Subject::Subdomain, Subject::NonExistent].map(|s| record.policy_for(s).unwrap().as_str())
        };
        assert_eq!(policies("v=DMARC1; p=reject"), ["reject"; 3]);
        assert_eq!(policies("v=DMARC1; p=reject; sp=none"), ["reject", "none", "none"]);
        assert_eq!(policies("v=DMARC1; p=none; np=reject"), ["none", "none", "reject"]);
        assert_eq!(policies("v=DMARC1; p=none; sp=quarantine; np=reject"), ["none", "quarantine", "reject"]);
    }

    /// RFC 7489 §6.3: `v` and `p` in this order; what else is at fault gives way to its default; unknown tags are ignored.
    #[test]
    fn as_rfc_7489_reads_it() {
        let old = |text: &str| PolicyRecord::parse_by(Standard::Rfc7489, text.as_bytes()).unwrap();
        let record = old("v=DMARC1; p=reject; sp=none; np=reject; psd=y; t=y; pct=25; ri=1; rf=afrf; adkim=s");
        assert_eq!((record.p, record.sp, record.pct), (Some(Policy::Reject), Some(Policy::None), Some(25)));
        assert_eq!((record.np, record.psd, record.testing), (None, Psd::Unsaid, false));
        assert_eq!(record.adkim, AlignmentMode::Strict);
        let ignored: Vec<_> = record.ignored.iter().map(|i| (i.tag.as_deref().unwrap(), i.why)).collect();
        assert_eq!(ignored, ["np", "psd", "t"].map(|tag| (tag, IgnoredBecause::Unknown)));
        // Faults of a tag that it does not know are none of its business.
        assert_eq!(old("v=DMARC1; p=reject; np=bogus; np=").standing(), Standing::AsPublished);

        for text in ["v=DMARC1; sp=none; p=reject", "v=DMARC1; x=1; p=reject", "v=DMARC1; =; p=none"] {
            assert_eq!((old(text).p, old(text).standing()), (None, Standing::Unusable), "{text}");
            assert!(old(text).ignored.iter().any(|i| i.why == IgnoredBecause::Misplaced), "{text}");
            assert_eq!(old(&format!("{text}; rua=mailto:a@b")).standing(), Standing::AsNone, "{text}");
        }
        for text in ["p=none; p=reject", "sp=none; p=reject; p=reject"] {
            assert_eq!(old(&format!("v=DMARC1; {text}")).p, None, "{text}");
        }
        for (pct, read) in [("0", Some(0)), ("100", Some(100)), ("007", Some(7)), ("0100", None), ("101", None)] {
            assert_eq!(old(&format!("v=DMARC1; p=none; pct={pct}")).pct, read, "{pct}");
        }
        for pct in ["", "+5", "-1", "5%", "50; pct=50"] {
            assert_eq!(old(&format!("v=DMARC1; p=none; pct={pct}")).pct, None, "{pct}");
        }
        assert_eq!(parse("v=DMARC1; p=none; pct=50").pct, None);
    }
}
