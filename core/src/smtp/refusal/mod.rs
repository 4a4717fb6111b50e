//! Why a server refused: code, enhanced status code and text of its reply, classed by cause.
//!
//! Enhanced status codes say it best where they mean what the registry says. Large providers use some of them otherwise,
//! and most servers say much with `5.7.1` and little else; so what counts is, in this order,
//!
//! 1. the provider's own wordings and codes, where the peer's name shows that it is that provider's;
//! 2. the enhanced status code, where it is a specific one (IANA's registry);
//! 3. wordings that many servers share;
//! 4. the reply code, and the enhanced status code, for the little that they say.
//!
//! The text never decides whether a refusal is temporary: that is said by the code's first digit (RFC 5321 §4.2.1), with
//! the one exception of RFC 5321 §4.5.3.1.10. All work is bounded by the tables here and by
//! [`MAX_REFUSAL_TEXT`](crate::limits::MAX_REFUSAL_TEXT).

mod cause;
mod google;
mod microsoft;
mod registry;
mod rule;
mod text;
mod wordings;
mod yahoo;

use serde::Serialize;

pub use cause::Cause;
pub use registry::{Meaning, meaning};

use super::reply::{Reply, Severity};
use rule::{Rule, Said};

/// A refusal, understood as far as it can be. As JSON: `{"cause": "spf-failed", "temporary": false, "advice": "…",
/// "provider": "google"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    pub cause: Cause,
    /// Whether the same may be tried again later.
    pub temporary: bool,
    /// What whoever sends can do about it, for people.
    pub advice: &'static str,
    /// Whose server it was, if its wordings are known to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
}

/// A provider whose wordings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Gmail and Google Workspace.
    Google,
    /// Outlook.com and Microsoft 365.
    Microsoft,
    /// Yahoo and AOL, and whom they host.
    Yahoo,
}

/// Classes a reply of 4yz or 5yz. `peer` is the name of the host that said it, as its MX record or the configuration has
/// it. A reply that is no refusal is a temporary fault of the dialogue: a client that asks about one did not expect it.
pub fn classify(reply: &Reply, peer: Option<&str>) -> Refusal {
    let said = Said::new(reply);
    let provider = peer.map_or_else(|| Provider::of_text(&said), Provider::of_host);
    if !matches!(reply.severity(), Severity::Transient | Severity::Permanent) {
        let cause = Cause::Protocol;
        return Refusal { cause, temporary: true, advice: cause.advice(), provider };
    }
    let (cause, advice) = match provider.and_then(|provider| rule::first(provider.rules(), &said)) {
        Some(rule) => (rule.cause, rule.advice.unwrap_or_else(|| rule.cause.advice())),
        None => {
            let cause = cause(&said);
            (cause, cause.advice())
        }
    };
    // RFC 5321 §4.5.3.1.10: 552 for too many recipients is to be taken as 452.
    let temporary = said.temporary || (reply.code == 552 && cause == Cause::TooManyRecipients);
    Refusal { cause, temporary, advice, provider }
}

/// The cause as any server would mean it.
fn cause(said: &Said) -> Cause {
    let meaning = said.enhanced.and_then(registry::meaning);
    if let Some(meaning) = meaning.filter(|meaning| !meaning.vague) {
        return meaning.cause;
    }
    rule::first(wordings::RULES, said)
        .map(|rule| rule.cause)
        .or_else(|| registry::of_code(said.code))
        .or_else(|| meaning.map(|meaning| meaning.cause))
        .unwrap_or(Cause::Unspecified)
}

impl Provider {
    /// The provider that a host belongs to, by the end of its name.
    pub fn of_host(host: &str) -> Option<Self> {
        const SUFFIXES: &[(&str, Provider)] = &[
            ("google.com", Provider::Google),
            ("googlemail.com", Provider::Google),
            ("gmail.com", Provider::Google),
            ("outlook.com", Provider::Microsoft),
            ("hotmail.com", Provider::Microsoft),
            ("office365.com", Provider::Microsoft),
            ("office365.us", Provider::Microsoft),
            ("mx.microsoft", Provider::Microsoft),
            ("yahoodns.net", Provider::Yahoo),
            ("yahoo.com", Provider::Yahoo),
            ("aol.com", Provider::Yahoo),
        ];
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let ends = |suffix: &str| match host.len().checked_sub(suffix.len()).map(|at| host.split_at_checked(at)) {
            Some(Some((before, end))) => {
                end.eq_ignore_ascii_case(suffix.as_bytes()) && matches!(before.last(), None | Some(b'.'))
            }
            _ => false,
        };
        SUFFIXES.iter().find(|(suffix, _)| ends(suffix)).map(|(_, provider)| *provider)
    }

    /// The provider that signs its replies, for a peer whose name is not known.
    fn of_text(said: &Said) -> Option<Self> {
        const SIGNATURES: &[(&str, Provider)] = &[
            (" gsmtp", Provider::Google),
            (".prod.outlook.com", Provider::Microsoft),
            (".protection.outlook.com", Provider::Microsoft),
            ("postmaster.yahooinc.com", Provider::Yahoo),
            ("postmaster.yahoo.com", Provider::Yahoo),
        ];
        SIGNATURES.iter().find(|(signature, _)| said.text.contains(signature)).map(|(_, provider)| *provider)
    }

    fn rules(self) -> &'static [Rule] {
        match self {
            Self::Google => google::RULES,
            Self::Microsoft => microsoft::RULES,
            Self::Yahoo => yahoo::RULES,
        }
    }
}
