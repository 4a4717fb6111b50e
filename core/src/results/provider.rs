//! What a server that is trusted said of the message before, beside what is said of it here.

use serde::Serialize;

use super::strip::{as_domain, claimed_id};
use super::{AuthenticationResults, MethodResult};
use crate::limits::MAX_COMPARED_RESULTS;
use crate::message::Header;

/// The topmost `Authentication-Results` of a message that carries a trusted name, and how it compares.
///
/// Whoever trusts a name answers for it that nobody else's field with that name gets through (RFC 8601 §5, §7.1): the
/// engine can't tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProviderResults {
    /// Whose they are, as the field has it.
    pub authserv_id: String,
    /// Each of its results, in order, and ours.
    pub compared: Vec<Comparison>,
    /// What stands in the field and is no result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// Why the field could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One result of another server, and ours of the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The method, such as `dkim`.
    pub method: String,
    /// What it is about: a domain, or an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What they found.
    pub theirs: String,
    /// What was found here; `None`, `null` in the report, where it was not checked.
    pub ours: Option<String>,
    /// Whether the two say different things. Words of the same meaning, such as `hardfail` for `fail`, do not differ.
    pub differs: bool,
}

/// What a trusted server's field says, until there is something to compare it with.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    results: ProviderResults,
    read: Option<AuthenticationResults>,
}

impl Provider {
    /// The topmost field that carries one of these names, which are compared as [`forged`](super::forged) compares them.
    pub(crate) fn topmost(header: &Header, trusted: &[String]) -> Option<Self> {
        if trusted.is_empty() {
            return None;
        }
        let trusted: Vec<String> = trusted.iter().map(|name| as_domain(name)).collect();
        header.named("Authentication-Results").find_map(|field| {
            let authserv_id = claimed_id(field.value()).filter(|id| trusted.contains(&as_domain(id)))?;
            let authserv_id = super::value(&authserv_id);
            let results = ProviderResults { authserv_id, compared: Vec::new(), skipped: Vec::new(), reason: None };
            Some(match AuthenticationResults::parse(field.value()) {
                Ok(parsed) => {
                    let skipped = parsed.skipped.into_iter().take(MAX_COMPARED_RESULTS).map(|s| s.text).collect();
                    Self { results: ProviderResults { skipped, ..results }, read: Some(parsed.results) }
                }
                Err(error) => {
                    Self { results: ProviderResults { reason: Some(error.to_string()), ..results }, read: None }
                }
            })
        })
    }

    /// The same beside what was found here.
    pub(crate) fn beside(mut self, ours: &AuthenticationResults) -> ProviderResults {
        self.results.compared = self.read.map(|theirs| compare(&theirs, ours)).unwrap_or_default();
        self.results
    }
}

/// Each result of one server beside another's of the same thing, in the order of the first; at most
/// [`MAX_COMPARED_RESULTS`].
pub fn compare(theirs: &AuthenticationResults, ours: &AuthenticationResults) -> Vec<Comparison> {
    let mut left: Vec<&MethodResult> = ours.results().iter().collect();
    let beside = |their: &MethodResult| {
        // The likeliest of ours; each stands beside one of theirs.
        let best = left.iter().enumerate().filter_map(|(at, our)| Some((likeness(their, our)?, at)));
        // Of several that are equally likely the first.
        let best = best.max_by_key(|(likeness, at)| (*likeness, std::cmp::Reverse(*at))).map(|(_, at)| at);
        let our = best.map(|at| left.remove(at).result().to_owned());
        let differs = our.as_deref().is_some_and(|our| meaning(our) != meaning(their.result()));
        Comparison {
            method: their.method().to_owned(),
            of: about(their),
            theirs: their.result().to_owned(),
            ours: our,
            differs,
        }
    };
    theirs.results().iter().take(MAX_COMPARED_RESULTS).map(beside).collect()
}

/// How likely two results are about the same thing; `None` where they are not.
fn likeness(their: &MethodResult, our: &MethodResult) -> Option<u32> {
    if their.method() != our.method() {
        return None;
    }
    // Where one side does not say, it may be.
    let same = |one: Option<String>, other: Option<String>| match (one, other) {
        (Some(one), Some(other)) => (one == other).then_some(2),
        _ => Some(1),
    };
    match their.method() {
        "spf" => {
            let of = |result: &MethodResult, property| result.property("smtp", property).map(domain_of);
            match of(their, "mailfrom").is_some() || of(their, "helo").is_none() {
                true => our.property("smtp", "mailfrom").and_then(|_| same(of(their, "mailfrom"), of(our, "mailfrom"))),
                false => our.property("smtp", "helo").and_then(|_| same(of(their, "helo"), of(our, "helo"))),
            }
        }
        "dkim" => {
            let text = |result: &MethodResult, property| result.property("header", property).map(str::to_lowercase);
            // The case of base64 counts, and either side may show more of it (RFC 6008 §4).
            let b = match (their.property("header", "b"), our.property("header", "b")) {
                (Some(one), Some(other)) => (one.starts_with(other) || other.starts_with(one)).then_some(4)?,
                _ => 1,
            };
            Some(same(signer(their), signer(our))? + same(text(their, "s"), text(our, "s"))? + b)
        }
        "dmarc" => same(about(their), about(our)),
        "iprev" => Some(1),
        _ => None,
    }
}

/// What a result is about, for people and for comparison.
fn about(result: &MethodResult) -> Option<String> {
    let domain = |ptype, property| result.property(ptype, property).map(domain_of);
    let about = match result.method() {
        "spf" => domain("smtp", "mailfrom").or_else(|| domain("smtp", "helo")),
        "dkim" => signer(result),
        "dmarc" => domain("header", "from"),
        "iprev" => {
            result.property("policy", "iprev").or_else(|| result.property("smtp", "remote-ip")).map(str::to_owned)
        }
        _ => None,
    };
    about.filter(|about| !about.is_empty())
}

fn signer(result: &MethodResult) -> Option<String> {
    let property = |name| result.property("header", name);
    property("d").or_else(|| property("i")).map(domain_of)
}

/// The domain of a mailbox, or the text as one.
fn domain_of(text: &str) -> String {
    let text = text.trim_matches(['<', '>']);
    as_domain(text.rsplit_once('@').map_or(text, |(_, domain)| domain))
}

/// The word of the standards for one that means the same.
fn meaning(word: &str) -> &str {
    match word {
        "hardfail" | "hard_fail" => "fail",
        "soft_fail" => "softfail",
        "error" | "temp_error" | "temperr" | "tempfail" => "temperror",
        "unknown" | "perm_error" | "permerr" | "perm_fail" | "permfail" => "permerror",
        word => word,
    }
}
