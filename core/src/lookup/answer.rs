//! What the world says to a question.

use std::sync::Arc;

use thiserror::Error;

use super::question::Question;
use super::record::{Record, Records};
use crate::domain::Domain;

/// How a DNS lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An answer, with records or without (NODATA).
    NoError,
    /// The name does not exist.
    NxDomain,
    /// The servers, or the validation of what they said, failed. Never to be taken for "no records".
    ServFail,
    /// No answer in time.
    Timeout,
}

impl Status {
    /// The word that transcripts use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::NxDomain => "NXDOMAIN",
            Self::ServFail => "SERVFAIL",
            Self::Timeout => "TIMEOUT",
        }
    }

    /// The status with this word, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::NoError, Self::NxDomain, Self::ServFail, Self::Timeout]
            .into_iter()
            .find(|s| s.as_str().eq_ignore_ascii_case(word))
    }
}

/// The answer to a [`Question::Dns`]. Cloning is cheap.
///
/// ```
/// use passerelle::{Alias, DnsAnswer, Domain, Record};
///
/// let [asked, canonical] = ["mail.example.com", "mx.example.net"].map(|n| Domain::parse(n).unwrap());
/// let answer = DnsAnswer::found([Record::A([192, 0, 2, 1].into())])
///     .with_ttl(300)
///     .with_aliases([Alias::new(canonical.clone(), true)]);
/// assert_eq!(answer.canonical_name(&asked), &canonical);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DnsAnswer {
    /// How the lookup ended.
    pub status: Status,
    /// The records of the type that was asked for; empty unless the status is [`Status::NoError`].
    pub records: Records,
    /// How long the answer may be kept, in seconds.
    pub ttl: u32,
    /// Whether DNSSEC validated the answer, with each of its [`aliases`](Self::aliases).
    pub secure: bool,
    /// The CNAME records that led from the name that was asked to the [canonical name](Self::canonical_name), in their
    /// order; mostly none. They have been followed already: status and records are those of the canonical name.
    pub aliases: Arc<[Alias]>,
}

/// One step of a chain of CNAME records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Alias {
    /// The name that the CNAME record points to.
    pub target: Domain,
    /// Whether DNSSEC validated this record; what was said of the steps before it does not matter here.
    pub secure: bool,
}

impl Alias {
    /// A step to this name.
    pub fn new(target: Domain, secure: bool) -> Self {
        Self { target, secure }
    }
}

/// A [`DnsAnswer`] seen as the cases an evaluator must tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// One record or more.
    Records(&'a [Record]),
    /// The name exists and has no record of this type.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// A temporary failure: SERVFAIL.
    ServFail,
    /// A temporary failure: no answer in time.
    Timeout,
}

impl DnsAnswer {
    /// An answer with these records, not validated by DNSSEC.
    pub fn found(records: impl Into<Records>) -> Self {
        Self { records: records.into(), ..Self::empty(Status::NoError) }
    }

    /// An answer without records. With [`Status::NoError`] that is NODATA.
    pub fn empty(status: Status) -> Self {
        Self { status, records: Records::default(), ttl: 0, secure: false, aliases: Arc::default() }
    }

    /// The same, to be kept for so many seconds.
    pub fn with_ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// The same, validated by DNSSEC or not.
    pub fn with_secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// The same, found by way of these CNAME records.
    pub fn with_aliases(self, aliases: impl Into<Arc<[Alias]>>) -> Self {
        Self { aliases: aliases.into(), ..self }
    }

    /// The same with nothing in it counting as secure: for a host that does not trust the way to its resolver.
    pub fn distrusted(self) -> Self {
        let aliases = self.aliases.iter().map(|alias| Alias::new(alias.target.clone(), false)).collect();
        Self { secure: false, aliases, ..self }
    }

    /// The case this is.
    pub fn outcome(&self) -> Outcome<'_> {
        match self.status {
            Status::NoError if self.records.is_empty() => Outcome::NoData,
            Status::NoError => Outcome::Records(&self.records),
            Status::NxDomain => Outcome::NxDomain,
            Status::ServFail => Outcome::ServFail,
            Status::Timeout => Outcome::Timeout,
        }
    }

    /// The name to which the records belong: the end of the CNAME chain, or the name that was `asked` where it is no
    /// alias. It is the first candidate for the TLSA base domain, where the whole chain is secure (RFC 7672 §2.2.2).
    pub fn canonical_name<'a>(&'a self, asked: &'a Domain) -> &'a Domain {
        self.aliases.last().map_or(asked, |alias| &alias.target)
    }

    /// Whether the CNAME record of the asked name itself was secure, wherever it leads; `None` where the name is no
    /// alias. Where it was, the asked name may be the TLSA base domain (RFC 7672 §2.2.2).
    pub fn alias_secure(&self) -> Option<bool> {
        self.aliases.first().map(|alias| alias.secure)
    }

    /// Whether every step of the CNAME chain was secure. One insecure step makes all that follows insecure
    /// (RFC 7672 §2.2.2).
    pub fn chain_secure(&self) -> bool {
        self.aliases.iter().all(|alias| alias.secure)
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// To a [`Question::Dns`].
    Dns(DnsAnswer),
    /// To a [`Question::StsPolicy`]: the policy file's text, or why there is none.
    StsPolicy(Result<Arc<str>, StsError>),
    /// To a [`Question::Quota`]: how much is used, or `None` where that cannot be found out now.
    Quota(Option<u64>),
}

impl Answer {
    /// The answer to `question` when none came in time.
    pub fn timeout(question: &Question) -> Self {
        match question {
            Question::Dns(..) => Self::Dns(DnsAnswer::empty(Status::Timeout)),
            Question::StsPolicy(_) => Self::StsPolicy(Err(StsError::Fetch)),
            Question::Quota { .. } => Self::Quota(None),
        }
    }

    pub(super) fn fits(&self, question: &Question) -> bool {
        matches!(
            (self, question),
            (Self::Dns(_), Question::Dns(..))
                | (Self::StsPolicy(_), Question::StsPolicy(_))
                | (Self::Quota(_), Question::Quota { .. })
        )
    }
}

/// Why a domain's MTA-STS policy file could not be had (RFC 8461 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum StsError {
    /// No answer: the policy host has no address, does not answer, or breaks off.
    #[error("the policy host does not answer")]
    Fetch,
    /// The policy host's certificate is not valid for `mta-sts.` and the domain.
    #[error("the policy host's certificate is not valid")]
    Certificate,
    /// The policy host redirects, which must not be followed.
    #[error("the policy host redirects")]
    Redirect,
    /// An HTTP status other than 200.
    #[error("the policy host answers with another HTTP status than 200")]
    Status,
    /// A media type other than `text/plain` (RFC 8461 §3.2).
    #[error("the policy file is not text/plain")]
    MediaType,
    /// More than the host reads; 64 KiB are suggested.
    #[error("the policy file is too large")]
    Size,
    /// The file is no policy (RFC 8461 §3.2): for one, it is not text.
    #[error("the policy file is malformed")]
    Syntax,
}

impl StsError {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Fetch, Self::Certificate, Self::Redirect, Self::Status, Self::MediaType, Self::Size, Self::Syntax];

    /// The word that transcripts use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Certificate => "certificate",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::MediaType => "media-type",
            Self::Size => "size",
            Self::Syntax => "syntax",
        }
    }

    /// The error with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.as_str() == word)
    }
}
