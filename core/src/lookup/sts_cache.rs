//! MTA-STS policies that were had before: state that a decision is handed and hands back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::Domain;
use crate::limits::MAX_TRANSCRIPT_SIZE;
use crate::time::UnixTime;

/// The policies of domains, to be stored by the host between decisions (RFC 8461 §5.1).
///
/// As JSON it is `{"example.com": {"id": "20160831085700Z", "fetched": 1472633820, "policy": "version: STSv1\n…"}}`: what
/// transcripts have under `sts_cache`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StsCache(BTreeMap<Domain, CachedPolicy>);

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CachedPolicy {
    /// The `id` of the TXT record at the time (RFC 8461 §3.1).
    pub id: String,
    /// When it was fetched.
    pub fetched: UnixTime,
    /// The policy file's text.
    pub policy: String,
}

/// Why a text is no [`StsCache`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the MTA-STS cache is not readable: {0}")]
pub struct StsCacheError(String);

impl CachedPolicy {
    /// A policy as it was fetched.
    pub fn new(id: impl Into<String>, fetched: UnixTime, policy: impl Into<String>) -> Self {
        Self { id: id.into(), fetched, policy: policy.into() }
    }
}

impl StsCache {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`StsCacheError`] says what is wrong.
    pub fn parse(json: &[u8]) -> Result<Self, StsCacheError> {
        if json.len() > MAX_TRANSCRIPT_SIZE {
            return Err(StsCacheError(format!("it is larger than {MAX_TRANSCRIPT_SIZE} octets")));
        }
        let entries = serde_json::from_slice(json).map_err(|error| StsCacheError(error.to_string()))?;
        Self::of(entries).map_err(StsCacheError)
    }

    /// The entries of a JSON object.
    pub(crate) fn of(entries: BTreeMap<String, CachedPolicy>) -> Result<Self, String> {
        let read = |(name, policy): (String, CachedPolicy)| match Domain::parse(&name) {
            Ok(domain) => Ok((domain, policy)),
            Err(error) => Err(format!("{name}: {error}")),
        };
        entries.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The JSON form, a domain a line.
    pub fn to_json(&self) -> String {
        let line = |(domain, policy): (&Domain, &CachedPolicy)| {
            // Strings and a number always serialize.
            let text = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
            format!("  {}: {}", text(serde_json::to_string(domain)), text(serde_json::to_string(policy)))
        };
        match self.0.is_empty() {
            true => "{}".into(),
            false => format!("{{\n{}}}", self.0.iter().map(line).collect::<Vec<_>>().join(",\n")),
        }
    }

    /// What is known of a domain.
    pub fn policy(&self, domain: &Domain) -> Option<&CachedPolicy> {
        self.0.get(domain)
    }

    /// Takes a policy in the place of an earlier one.
    pub fn insert(&mut self, domain: Domain, policy: CachedPolicy) {
        self.0.insert(domain, policy);
    }

    /// All of them, by domain.
    pub fn iter(&self) -> impl Iterator<Item = (&Domain, &CachedPolicy)> {
        self.0.iter()
    }

    /// Keeps those alone of which `keep` says so, such as those that are not past their time.
    pub fn retain(&mut self, mut keep: impl FnMut(&Domain, &CachedPolicy) -> bool) {
        self.0.retain(|domain, policy| keep(domain, policy));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
