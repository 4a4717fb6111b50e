//! What was found out about a message, for those behind us: `Authentication-Results` (RFC 8601), and iprev.

mod iprev;
mod parse;
mod provider;
mod strip;
mod write;

use serde::Serialize;

use crate::limits::{MAX_RESULT_KEYWORD, MAX_RESULT_VALUE};
use crate::text::end_before;

pub use iprev::{IpRev, IpRevResult, IpRevVerdict};
pub use parse::{Leniency, ParsedResults, ResultsError, Skipped};
pub(crate) use provider::Provider;
pub use provider::{Comparison, ProviderResults, compare};
pub use strip::{forged, strip_forged};

/// The content of one `Authentication-Results` field (RFC 8601 §2.2).
///
/// All text in it can be written: keywords are made of letters, digits, hyphens and underscores, in lower case, and
/// values hold no control characters. What does not fit is replaced when it is put in, so hostile text can neither end
/// the field nor begin another result.
///
/// ```
/// use passerelle::results::{AuthenticationResults, MethodResult};
///
/// let dkim = MethodResult::new("dkim", "fail").with_reason("no key").with_property("header", "d", "example.com");
/// let field = AuthenticationResults::new("mx.example.net").with(dkim).to_field();
/// assert_eq!(field, "Authentication-Results: mx.example.net;\r\n\tdkim=fail reason=\"no key\" header.d=example.com\r\n");
///
/// let (_name, value) = field.split_once(':').unwrap();
/// let parsed = AuthenticationResults::parse(value.as_bytes())?;
/// assert_eq!(parsed.results.results()[0].reason(), Some("no key"));
/// # Ok::<(), passerelle::results::ResultsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthenticationResults {
    authserv_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    results: Vec<MethodResult>,
}

impl AuthenticationResults {
    /// No results yet, from the service of this name: the authserv-id, usually a host or domain name (RFC 8601 §2.5).
    pub fn new(authserv_id: &str) -> Self {
        Self { authserv_id: value(authserv_id), version: None, results: Vec::new() }
    }

    /// The same with one more result.
    #[must_use]
    pub fn with(mut self, result: MethodResult) -> Self {
        self.push(result);
        self
    }

    /// Adds a result.
    pub fn push(&mut self, result: MethodResult) {
        self.results.push(result);
    }

    /// Who says so. Empty only where a field had none.
    pub fn authserv_id(&self) -> &str {
        &self.authserv_id
    }

    /// The version of the format, where one is given; without one it is 1 (RFC 8601 §2.2). A field of another version is
    /// read as if it were of version 1: whether to believe it is for the caller to say.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The results in order; none for `none`.
    pub fn results(&self) -> &[MethodResult] {
        &self.results
    }

    /// The results of one method, in any case.
    pub fn of_method<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a MethodResult> {
        self.results.iter().filter(move |r| r.method.eq_ignore_ascii_case(method))
    }
}

/// What one method found (RFC 8601 §2.2 resinfo).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MethodResult {
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    properties: Vec<Property>,
}

impl MethodResult {
    /// A result such as `dkim` `pass`; RFC 8601 §2.7 and its registries have the words.
    pub fn new(method: &str, result: &str) -> Self {
        Self { method: keyword(method), version: None, result: keyword(result), reason: None, properties: Vec::new() }
    }

    /// The same with a version of the method.
    #[must_use]
    pub fn with_version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// The same with a reason for people.
    ///
    /// A reason says nothing that a program needs, and often repeats what a stranger wrote. So what some readers trip over
    /// is replaced: semicolons, at which they split what is in quotes, too; quotes and backslashes, since they know no
    /// quoted pairs; parentheses, which they take for comments; equals signs, with which `dkim=pass` would stand where
    /// they search for it; and what is not ASCII.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.reason = Some(value(reason).chars().map(plain).collect());
        self
    }

    /// The same with one more property, such as `header` `d` `example.com`.
    #[must_use]
    pub fn with_property(mut self, ptype: &str, property: &str, text: &str) -> Self {
        self.properties.push(Property { ptype: keyword(ptype), property: keyword(property), value: value(text) });
        self
    }

    /// The method, such as `dkim`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The method's version, where one is given.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The result, such as `pass`.
    pub fn result(&self) -> &str {
        &self.result
    }

    /// Why, for people.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What was looked at, in order.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The value of the first property of this type and name, both in any case.
    pub fn property(&self, ptype: &str, property: &str) -> Option<&str> {
        let is_it = |p: &&Property| p.ptype.eq_ignore_ascii_case(ptype) && p.property.eq_ignore_ascii_case(property);
        self.properties.iter().find(is_it).map(|p| p.value.as_str())
    }
}

/// A part of the message or its transport that a result is about: `ptype.property=value` (RFC 8601 §2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Property {
    ptype: String,
    property: String,
    value: String,
}

impl Property {
    /// `smtp`, `header`, `body`, `policy` or `dns`; empty where a field had none.
    pub fn ptype(&self) -> &str {
        &self.ptype
    }

    /// The name, such as `mailfrom` or `d`.
    pub fn property(&self) -> &str {
        &self.property
    }

    /// The value, without quoting.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// A character of a Keyword (RFC 5321 §4.1.2), or an underscore, which some software writes.
fn is_keyword_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// A text as a keyword: what has no place in one becomes a hyphen, and it does not end with one.
fn keyword(text: &str) -> String {
    let mut keyword: String = text
        .chars()
        .take(MAX_RESULT_KEYWORD)
        .map(|c| if is_keyword_character(c) { c.to_ascii_lowercase() } else { '-' })
        .collect();
    if keyword.is_empty() || keyword.ends_with('-') {
        keyword.truncate(MAX_RESULT_KEYWORD - 1);
        keyword.push('x');
    }
    keyword
}

/// A text as a value: on one line, and of bounded length.
fn value(text: &str) -> String {
    let end = end_before(text, MAX_RESULT_VALUE);
    text[..end].chars().map(|c| if breaks_lines(c) { ' ' } else { c }).collect()
}

/// A character of a reason as every reader takes it.
fn plain(character: char) -> char {
    match character {
        ';' => ',',
        '"' => '\'',
        '\\' => '/',
        '(' => '[',
        ')' => ']',
        '=' => ':',
        ' '..='~' => character,
        _ => '?',
    }
}

/// Control characters, and what some libraries take for the end of a line.
fn breaks_lines(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// A character of a token (RFC 2045 §5.1).
fn is_token_character(character: char) -> bool {
    character.is_ascii_graphic()
        && !matches!(
            character,
            '(' | ')' | '<' | '>' | '@' | ',' | ';' | ':' | '\\' | '"' | '/' | '[' | ']' | '?' | '='
        )
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_character)
}

/// Whether a text is a pvalue without quotes: `value / [ [ local-part ] "@" ] domain-name` (RFC 8601 §2.2).
fn is_plain_pvalue(text: &str) -> bool {
    if is_token(text) {
        return true;
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let is_local = local.is_empty() || (local.is_ascii() && crate::mailbox::is_dot_string(local));
    is_local && domain.split('.').all(is_label)
}
