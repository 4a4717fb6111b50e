//! Why a server refused: code, enhanced status code and text of its reply, and when and by whom it was said, classed by
//! cause.
//!
//! Enhanced status codes say it best where they mean what the registry says. Large providers use some of them otherwise,
//! and most servers say much with `5.7.1` and little else; so what counts is, in this order,
//!
//! 1. the provider's own wordings and codes, where the reply's signature or the peer's name shows whose they are;
//! 2. wordings that mean the same whatever code they come with;
//! 3. the enhanced status code, where it is a specific one (IANA's registry), unless it only says that the mailbox takes
//!    nothing and words say why;
//! 4. wordings that many servers share;
//! 5. the reply code at the stage at which it came, and the enhanced status code's subject, for the little that they say.
//!
//! The wordings are tables, in `tables`, one file a provider: each group of rules names the document, or the file of a
//! program's source code, that it follows and the day on which that was read. What has no source is in none.
//!
//! The text never decides whether a refusal is temporary: that is said by the code's first digit (RFC 5321 §4.2.1), with
//! the one exception of RFC 5321 §4.5.3.1.10. All work is bounded by the tables here and by
//! [`MAX_REFUSAL_TEXT`](crate::limits::MAX_REFUSAL_TEXT).
//!
//! ```
//! use passerelle::smtp::refusal::{Cause, Context, Party, Stage, classify};
//! use passerelle::smtp::Reply;
//!
//! let reply = Reply::new(552, None, "Requested mail action aborted");
//! let at_mail = classify(&reply, Context::new().at(Stage::Mail));
//! assert_eq!((at_mail.cause, at_mail.who), (Cause::MessageTooLarge, Party::Sender));
//! let at_rcpt = classify(&reply, Context::new().peer("mx.example.com").at(Stage::Rcpt));
//! assert_eq!((at_rcpt.cause, at_rcpt.who), (Cause::MailboxFull, Party::Recipient));
//! ```

mod cause;
mod context;
mod pasted;
mod provider;
mod registry;
mod rule;
mod stages;
mod tables;
mod text;

use serde::Serialize;

pub use cause::Cause;
pub use context::{Context, Party, Stage, UnknownStage};
pub use pasted::Pasted;
pub use provider::Provider;
pub use registry::{Meaning, meaning};

use super::reply::{Reply, Severity};
use rule::{Group, Rule, Said};
use stages::Plain;

/// A refusal, understood as far as it can be. As JSON: `{"cause": "spf-failed", "provider": "google", "stage": "rcpt",
/// "temporary": false, "who": "operator", "advice": "…", "source": "…", "date": "2026-11-28"}`, without `provider`,
/// `source` and `date` where there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refusal {
    /// Why.
    pub cause: Cause,
    /// Whose server it was, if its wordings are known to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// What it answered.
    pub stage: Stage,
    /// Whether the same may be tried again later, as the reply code says.
    pub temporary: bool,
    /// Who can do something about it.
    pub who: Party,
    /// What can be done about it, for people.
    pub advice: &'static str,
    /// The document that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// The day on which that document was read, or that it bears, as `YYYY-MM-DD` or a beginning of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<&'static str>,
}

/// Classes a reply of 4yz or 5yz. A reply that is no refusal is a temporary fault of the dialogue: a client that asks
/// about one did not expect it.
///
/// Where the stage is not known, a wrapper in the text tells of it: `(in reply to RCPT TO command)`.
///
/// `context` is a [`Context`], or the peer's name alone: `Option<&str>`.
pub fn classify<'a>(reply: &Reply, context: impl Into<Context<'a>>) -> Refusal {
    let context = context.into();
    let text = text::plain(&reply.lines);
    let wrapper = pasted::wrapper(&text);
    let stage = match context.stage {
        Stage::Unknown => wrapper.stage.unwrap_or_default(),
        stage => stage,
    };
    let said = Said::new(reply, text, wrapper.inner, stage);
    let provider = Provider::of(&said, context.peer.or(wrapper.host.as_deref()));
    if !matches!(reply.severity(), Severity::Transient | Severity::Permanent) {
        let cause = Cause::Protocol;
        let (who, advice) = (cause.who(), cause.advice());
        return Refusal { cause, provider, stage, temporary: true, who, advice, source: None, date: None };
    }
    let found = find(&said, provider);
    let cause = found.cause;
    // RFC 5321 §4.5.3.1.10: 552 for too many recipients is to be taken as 452.
    let temporary = said.temporary || (reply.code == 552 && cause == Cause::TooManyRecipients);
    Refusal {
        cause,
        provider,
        stage,
        temporary,
        who: found.who.unwrap_or_else(|| cause.who()),
        advice: found.advice.unwrap_or_else(|| cause.advice()),
        source: found.source.map(|source| source.0),
        date: found.source.map(|source| source.1),
    }
}

/// A cause, and what is particular about it.
struct Found {
    cause: Cause,
    advice: Option<&'static str>,
    who: Option<Party>,
    source: Option<(&'static str, &'static str)>,
}

impl From<(&Group, &Rule)> for Found {
    fn from((group, rule): (&Group, &Rule)) -> Self {
        Self { cause: rule.cause, advice: rule.advice, who: rule.who, source: Some((group.source, group.date)) }
    }
}

impl From<Plain> for Found {
    fn from(plain: Plain) -> Self {
        let source = Some((plain.source, plain.date));
        Self { cause: plain.cause, advice: plain.advice, who: plain.who, source }
    }
}

fn find(said: &Said, provider: Option<Provider>) -> Found {
    let first = |groups| rule::first(groups, said).map(Found::from);
    let first_of = |tables: &[&'static [Group]]| tables.iter().find_map(|&groups| first(groups));
    first(tables::resolvers::GROUPS)
        .or_else(|| provider.and_then(|provider| first(provider.groups())))
        .or_else(|| first(tables::firm::GROUPS))
        .or_else(|| of_mailbox(said).then(|| first_of(tables::wordings::OF_MAILBOX)).flatten())
        .or_else(|| registered(said, |meaning| !meaning.vague))
        .or_else(|| first(tables::lists::GROUPS))
        .or_else(|| first_of(tables::wordings::TABLES))
        .or_else(|| said.enhanced.and_then(|code| stages::of_subject(code, said.code, said.stage)).map(Found::from))
        .or_else(|| stages::of_code(said.code, said.stage).map(Found::from))
        .or_else(|| registered(said, |meaning| meaning.cause != Cause::Unspecified))
        .unwrap_or(Found { cause: Cause::Unspecified, advice: None, who: None, source: None })
}

/// X.1.1 and X.2.1 come with every mailbox that a server does not deliver to, so words that say what is wrong with it
/// say more. At MAIL they are about the sender.
fn of_mailbox(said: &Said) -> bool {
    said.stage != Stage::Mail && said.enhanced.is_some_and(|code| matches!((code.subject, code.detail), (1 | 2, 1)))
}

/// What the registry says of the enhanced status code, if it is of use.
fn registered(said: &Said, of_use: impl FnOnce(&Meaning) -> bool) -> Option<Found> {
    let meaning = said.enhanced.and_then(registry::meaning).filter(of_use)?;
    let cause = match (meaning.subject, meaning.detail, said.stage) {
        // At MAIL it is the sender's mailbox or domain that does not exist.
        (1, 1..=4, Stage::Mail) => Cause::BadSenderAddress,
        _ => meaning.cause,
    };
    Some(Found { cause, advice: None, who: None, source: Some((registry::SOURCE, registry::DATE)) })
}
