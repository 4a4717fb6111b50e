//! Why there is neither pass nor fail, in a word that programs can act on.

use crate::words::words;

/// What keeps a verdict from being `pass` or `fail`. Where it is the message's From field, the verdict's
/// [`author`](super::Verdict::author) says so, and there is no cause then.
///
/// The first two come with `none`, the third with `permerror`, the fourth with `temperror`, and the last two with `none`,
/// where the policy is known and the message would otherwise have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// No policy record applies to the author domain (RFC 9989 §5.3.2).
    NoRecord,
    /// None does, since there are several where there may be one (RFC 9989 §4.10 step 2, RFC 7489 §6.6.3 step 5).
    SeveralRecords,
    /// The one that applies has no valid policy and no address for reports (RFC 9989 §4.10.1).
    RecordUnusable,
    /// The query for one failed for now (RFC 9989 §5.3.6).
    RecordUnavailable,
    /// The client's address is not known, so that SPF could not be checked, and what was checked is not enough for a pass.
    NoAddress,
    /// What SPF said rests on an envelope that was read out of the message itself and proves nothing.
    DerivedEnvelope,
}

impl Cause {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRecord => "no-record",
            Self::SeveralRecords => "several-records",
            Self::RecordUnusable => "record-unusable",
            Self::RecordUnavailable => "record-unavailable",
            Self::NoAddress => "no-address",
            Self::DerivedEnvelope => "derived-envelope",
        }
    }
}

words!(Display, Serialize for Cause);
