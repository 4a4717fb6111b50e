//! The two standards by which DMARC can be evaluated, and where each says what a verdict rests on.

use crate::words::words;

/// A standard of DMARC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standard {
    /// RFC 9989: the organizational domain comes of a walk up the DNS tree.
    #[default]
    Rfc9989,
    /// RFC 7489, which RFC 9989 obsoletes: the organizational domain comes of the public suffix list.
    Rfc7489,
}

/// What a step of a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    /// The author domain is not certain.
    Author,
    /// No policy record applies.
    NoRecord,
    /// The record that applies is good for nothing.
    Unusable,
    /// The query for a policy record failed.
    QueryFailed,
    /// A temporary error may have kept an identifier from being authenticated, or aligned.
    Undecided,
    /// Pass and fail.
    Result,
    /// What is asked of a message that failed.
    Disposition,
    /// What is asked of a message of which it is not certain whose it is.
    Candidates,
}

impl Standard {
    /// The name, such as `RFC 9989`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc9989 => "RFC 9989",
            Self::Rfc7489 => "RFC 7489",
        }
    }

    /// How the steps of its trail begin, so that both may stand in one trail.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Rfc9989 => "dmarc",
            Self::Rfc7489 => "dmarc_rfc7489",
        }
    }

    pub(crate) fn section(self, clause: Clause) -> &'static str {
        match (self, clause) {
            (Self::Rfc9989, Clause::Author) => "RFC 9989 §5.3.1",
            (Self::Rfc9989, Clause::NoRecord) => "RFC 9989 §5.3.2",
            (Self::Rfc9989, Clause::Unusable) => "RFC 9989 §4.10.1",
            (Self::Rfc9989, Clause::QueryFailed | Clause::Undecided) => "RFC 9989 §5.3.6",
            (Self::Rfc9989, Clause::Result) => "RFC 9989 §5.3.5",
            (Self::Rfc9989, Clause::Disposition) => "RFC 9989 §4.7",
            (Self::Rfc9989, Clause::Candidates) => "RFC 9989 §11.5",
            (Self::Rfc7489, Clause::Author | Clause::Candidates) => "RFC 7489 §6.6.1",
            (Self::Rfc7489, Clause::NoRecord | Clause::Unusable | Clause::QueryFailed) => "RFC 7489 §6.6.3",
            (Self::Rfc7489, Clause::Undecided | Clause::Result) => "RFC 7489 §6.6.2",
            (Self::Rfc7489, Clause::Disposition) => "RFC 7489 §6.6.4",
        }
    }
}

words!(Display for Standard);
