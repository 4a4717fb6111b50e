//! The policy file (RFC 8461 §3.2), and whether it lists a host (§4.1).

use thiserror::Error;

use super::txt::is_name;
use crate::domain::Domain;
use crate::limits::{MAX_STS_AGE, MAX_STS_AGE_DIGITS, MAX_STS_POLICY};
use crate::words::words;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StsPolicy {
    /// What is to be done with a host that does not stand the test.
    pub mode: Mode,
    /// The hosts. There may be none in mode `none` alone.
    pub mx: Vec<MxPattern>,
    /// Seconds that the policy may be kept, at most [`MAX_STS_AGE`].
    pub max_age: u64,
}

/// A policy's mode (RFC 8461 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// There is no policy any more.
    None,
    /// Failures are reported, and the mail is delivered.
    Testing,
    /// Hosts that do not stand the test get no mail.
    Enforce,
}

impl Mode {
    /// The word of policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Testing => "testing",
            Self::Enforce => "enforce",
        }
    }
}

words!(Display, Serialize for Mode);

/// A host, or with `*.` in front all names with one label more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MxPattern {
    is_wildcard: bool,
    domain: Domain,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StsPolicyError {
    /// It is longer than what is read.
    #[error("the policy file is longer than {MAX_STS_POLICY} octets")]
    TooLong,
    /// A line is no `name: value`.
    #[error("line {0} is not of the form name: value")]
    Line(usize),
    /// `version` is missing, or not `STSv1`.
    #[error("the policy file has no version: STSv1")]
    Version,
    /// `mode` is missing, or not known.
    #[error("mode is none of enforce, testing and none")]
    Mode,
    /// `max_age` is missing, or no number of 1 to 10 digits.
    #[error("max_age is no number of 1 to {MAX_STS_AGE_DIGITS} digits")]
    MaxAge,
    /// `mx` is malformed.
    #[error("the mx of line {0} is neither a host name nor *. and a domain")]
    Mx(usize),
    /// No `mx`.
    #[error("the policy lists no mx")]
    NoMx,
}

impl StsPolicy {
    /// Reads a policy file. Fields that are not known are passed over, and of a field that occurs twice, `mx` aside, the first
    /// counts (RFC 8461 §3.2). Empty lines are passed over, too.
    ///
    /// # Errors
    /// [`StsPolicyError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, StsPolicyError> {
        if text.len() > MAX_STS_POLICY {
            return Err(StsPolicyError::TooLong);
        }
        let (mut version, mut mode, mut max_age, mut mx) = (None, None, None, Vec::new());
        for (number, line) in (1..).zip(text.split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.chars().any(|c| c.is_control() && c != '\t') {
                return Err(StsPolicyError::Line(number));
            }
            let line = line.trim_end_matches(BLANK);
            if line.is_empty() {
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(StsPolicyError::Line(number))?;
            let value = value.trim_start_matches(BLANK);
            match name {
                "version" => _ = version.get_or_insert(value),
                "mode" => _ = mode.get_or_insert(value),
                "max_age" => _ = max_age.get_or_insert(value),
                "mx" => mx.push(MxPattern::parse(value).ok_or(StsPolicyError::Mx(number))?),
                _ if is_name(name.as_bytes()) => {}
                _ => return Err(StsPolicyError::Line(number)),
            }
        }
        if version != Some("STSv1") {
            return Err(StsPolicyError::Version);
        }
        let mode = match mode {
            Some("enforce") => Mode::Enforce,
            Some("testing") => Mode::Testing,
            Some("none") => Mode::None,
            _ => return Err(StsPolicyError::Mode),
        };
        let max_age = max_age.and_then(seconds).ok_or(StsPolicyError::MaxAge)?;
        if mx.is_empty() && mode != Mode::None {
            return Err(StsPolicyError::NoMx);
        }
        Ok(Self { mode, mx, max_age })
    }

    /// Whether a host is one of those that the policy lists, by its name (RFC 8461 §4.1).
    pub fn lists(&self, host: &Domain) -> bool {
        self.mx.iter().any(|pattern| pattern.matches(host))
    }
}

const BLANK: [char; 2] = [' ', '\t'];

fn seconds(text: &str) -> Option<u64> {
    let well_formed = (1..=MAX_STS_AGE_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    well_formed.then(|| text.parse().ok()).flatten().map(|seconds: u64| seconds.min(MAX_STS_AGE))
}

impl MxPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_wildcard, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        Domain::parse(name).ok().map(|domain| Self { is_wildcard, domain })
    }

    /// Whether it stands for this name. `*.` stands for one label, the leftmost (RFC 8461 §4.1, RFC 6125 §6.4.3).
    pub fn matches(&self, host: &Domain) -> bool {
        match self.is_wildcard {
            true => host.parent().is_some_and(|parent| parent == self.domain),
            false => *host == self.domain,
        }
    }
}

impl std::fmt::Display for MxPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.is_wildcard { "*." } else { "" }, self.domain)
    }
}
