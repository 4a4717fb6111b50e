//! Macros: their grammar (RFC 7208 §7.1). What they expand to is in [`expansion`](super::expansion).

use std::fmt;

use thiserror::Error;

use crate::domain::{Domain, DomainError};
use crate::limits::MAX_SPF_DOMAIN_SPEC;

/// Why a macro-string, a domain-spec or an explanation is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MacroError {
    /// A `%` before anything but `{`, `%`, `_` and `-`.
    #[error("'%' begins no macro")]
    Percent,
    /// `%{` without `}`.
    #[error("a macro has no '}}'")]
    Unclosed,
    /// An unknown letter, or none.
    #[error("a macro has an unknown letter")]
    Letter,
    /// `c`, `r` or `t` in a domain-spec (RFC 7208 §7.2).
    #[error("the macro letters c, r and t are for explanations only")]
    ExplanationOnly,
    /// What follows the letter is not digits, `r`, delimiters in this order.
    #[error("a macro has malformed transformers")]
    Transformer,
    /// A number of parts that is zero.
    #[error("a macro keeps zero parts")]
    Zero,
    /// An octet outside printable ASCII.
    #[error("there is a character that is not printable ASCII")]
    Character,
    /// No domain-spec where one must be.
    #[error("the domain name is missing")]
    Empty,
    /// More than [`MAX_SPF_DOMAIN_SPEC`] octets.
    #[error("the domain name is longer than {MAX_SPF_DOMAIN_SPEC} octets")]
    TooLong,
    /// A domain-spec that ends neither in a macro nor in `.` and a top label.
    #[error("the domain name ends neither in a macro nor in a dot and a top label")]
    TopLabel,
    /// An IPv4 address where a name must be: a common mistake, which `ip4:` mends.
    #[error("there is an IPv4 address where a domain name belongs; ip4: takes addresses")]
    Address,
}

/// A domain-spec: a text with macros that expands to a domain name (RFC 7208 §7.1).
#[derive(Clone, Copy)]
pub struct DomainSpec<'a> {
    text: &'a str,
    /// What it expands to, where that is known already: it has no macros.
    name: Option<&'a Result<Domain, DomainError>>,
}

impl<'a> DomainSpec<'a> {
    /// Reads a domain-spec.
    ///
    /// # Errors
    /// [`MacroError`] names the first fault.
    pub fn parse(text: &'a str) -> Result<Self, MacroError> {
        match text.len() {
            0 => return Err(MacroError::Empty),
            1..=MAX_SPF_DOMAIN_SPEC => {}
            _ => return Err(MacroError::TooLong),
        }
        let mut end = "";
        for part in parts(text) {
            end = match part? {
                Part::Literal(literal) if !literal.bytes().all(|b| b.is_ascii_graphic()) => {
                    return Err(MacroError::Character);
                }
                Part::Literal(literal) => literal,
                Part::Macro(m) if m.explanation_only() => return Err(MacroError::ExplanationOnly),
                Part::Macro(_) | Part::Escape(_) => "",
            };
        }
        // domain-end = ( "." toplabel [ "." ] ) / macro-expand
        if !end.is_empty() {
            let name = end.strip_suffix('.').unwrap_or(end);
            let top = name.rsplit_once('.').map(|(_, top)| top).ok_or(MacroError::TopLabel)?;
            if !is_top_label(top) {
                let address = text.parse::<std::net::Ipv4Addr>().is_ok();
                return Err(if address { MacroError::Address } else { MacroError::TopLabel });
            }
        }
        Ok(Self { text, name: None })
    }

    /// A text that has been read before, not to check it again, and what it expands to, where no macro has a say in that.
    pub(super) const fn read_before(text: &'a str, name: Option<&'a Result<Domain, DomainError>>) -> Self {
        Self { text, name }
    }

    /// What it expands to, where that is known already.
    pub(super) fn known_name(&self) -> Option<&'a Result<Domain, DomainError>> {
        self.name
    }

    /// Whether it has macros.
    pub(super) fn has_macros(&self) -> bool {
        self.name.is_none() && memchr::memchr(b'%', self.text.as_bytes()).is_some()
    }

    /// The text, with its macros.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Whether it has one of these macro letters, given in lower case.
    pub(super) fn uses(&self, letters: &[u8]) -> bool {
        self.has_macros() && uses(self.text, letters)
    }
}

impl fmt::Display for DomainSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl fmt::Debug for DomainSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainSpec({})", self.text)
    }
}

impl PartialEq for DomainSpec<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for DomainSpec<'_> {}

/// `toplabel` of RFC 7208 §7.1: letters, digits and inner hyphens, not digits alone.
fn is_top_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-')
        && bytes.iter().any(|b| !b.is_ascii_digit())
        && bytes.first().is_some_and(|&b| b != b'-')
        && bytes.last().is_some_and(|&b| b != b'-')
}

/// Checks the value of an unknown modifier, which must be a macro-string (RFC 7208 §6).
///
/// # Errors
/// [`MacroError`] names the first fault.
pub(super) fn check_macro_string(text: &str) -> Result<(), MacroError> {
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(MacroError::Character);
    }
    parts(text).try_for_each(|part| part.map(|_| ()))
}

/// Checks an explain-string: a macro-string that may have spaces (RFC 7208 §7.1).
///
/// # Errors
/// [`MacroError`] names the first fault.
pub(super) fn check_explanation(text: &str) -> Result<(), MacroError> {
    if !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(MacroError::Character);
    }
    parts(text).try_for_each(|part| part.map(|_| ()))
}

/// Whether a checked text has one of these macro letters, given in lower case.
pub(super) fn uses(text: &str, letters: &[u8]) -> bool {
    text.contains('%') && parts(text).any(|part| matches!(part, Ok(Part::Macro(m)) if letters.contains(&m.letter)))
}

/// A piece of a macro-string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Literal(&'a str),
    /// What `%%`, `%_` or `%-` stands for.
    Escape(&'static str),
    Macro(Macro<'a>),
}

/// `"%{" macro-letter transformers *delimiter "}"`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Macro<'a> {
    /// In lower case.
    pub(super) letter: u8,
    /// Whether the letter was in upper case, which asks for URL escaping.
    pub(super) escaped: bool,
    /// How many parts are kept at the right.
    pub(super) keep: Option<usize>,
    pub(super) reversed: bool,
    pub(super) delimiters: &'a str,
}

impl<'a> Macro<'a> {
    /// Reads what is between the braces.
    fn parse(inner: &'a str) -> Result<Self, MacroError> {
        let (&first, rest) = inner.as_bytes().split_first().ok_or(MacroError::Letter)?;
        let letter = first.to_ascii_lowercase();
        if !b"slodipvhcrt".contains(&letter) {
            return Err(MacroError::Letter);
        }
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = rest[..digits]
            .iter()
            .fold(0usize, |number, b| number.saturating_mul(10).saturating_add(usize::from(b - b'0')));
        if digits > 0 && number == 0 {
            return Err(MacroError::Zero); // RFC 7208 §7.1: the value MUST be nonzero
        }
        let reversed = rest.get(digits).is_some_and(|b| b.eq_ignore_ascii_case(&b'r'));
        // All octets so far were ASCII, so this is a character boundary.
        let delimiters = &inner[1 + digits + usize::from(reversed)..];
        if !delimiters.bytes().all(|b| b".-+,/_=".contains(&b)) {
            return Err(MacroError::Transformer);
        }
        let escaped = first.is_ascii_uppercase();
        Ok(Self { letter, escaped, keep: (digits > 0).then_some(number), reversed, delimiters })
    }

    fn explanation_only(&self) -> bool {
        matches!(self.letter, b'c' | b'r' | b't')
    }
}

/// The parts of a macro-string from left to right; nothing follows an error.
pub(super) fn parts(text: &str) -> Parts<'_> {
    Parts { rest: text }
}

pub(super) struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, MacroError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let part = match memchr::memchr(b'%', self.rest.as_bytes()) {
            Some(0) => self.percent(),
            Some(at) => {
                let (literal, rest) = self.rest.split_at(at);
                self.rest = rest;
                Ok(Part::Literal(literal))
            }
            None => Ok(Part::Literal(std::mem::take(&mut self.rest))),
        };
        if part.is_err() {
            self.rest = "";
        }
        Some(part)
    }
}

impl<'a> Parts<'a> {
    /// Reads what begins with `%`.
    fn percent(&mut self) -> Result<Part<'a>, MacroError> {
        let escape = match self.rest.as_bytes().get(1) {
            Some(b'%') => "%",
            Some(b'_') => " ",
            Some(b'-') => "%20",
            Some(b'{') => {
                let (inner, rest) = self.rest[2..].split_once('}').ok_or(MacroError::Unclosed)?;
                self.rest = rest;
                return Macro::parse(inner).map(Part::Macro);
            }
            _ => return Err(MacroError::Percent),
        };
        self.rest = &self.rest[2..]; // both octets were ASCII
        Ok(Part::Escape(escape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        for (text, fault) in [
            ("%", MacroError::Percent),
            ("%(d)", MacroError::Percent),
            ("%{d", MacroError::Unclosed),
            ("%{}", MacroError::Letter),
            ("%{x}", MacroError::Letter),
            ("%{é}", MacroError::Letter),
            ("%{d0}", MacroError::Zero),
            ("%{d00r}", MacroError::Zero),
            ("%{dr2}", MacroError::Transformer),
            ("%{drr}", MacroError::Transformer),
            ("%{d.r}", MacroError::Transformer),
            ("%{d:}", MacroError::Transformer),
            ("%{dé}", MacroError::Transformer),
            ("%{c}.example.com", MacroError::ExplanationOnly),
            ("", MacroError::Empty),
            ("com", MacroError::TopLabel),
            ("%{d}com", MacroError::TopLabel),
            ("a.com..", MacroError::TopLabel),
            ("192.0.2.1", MacroError::Address),
            ("a b.com", MacroError::Character),
        ] {
            assert_eq!(DomainSpec::parse(text), Err(fault), "{text}");
        }
        for text in ["%{d02}", "%{D2R.-+,/_=}", "%%", "a.%_", "a.b-c.", "a..com", "a.1-2"] {
            assert!(DomainSpec::parse(text).is_ok(), "{text}");
        }
        assert_eq!(check_macro_string("%{c}"), Ok(()));
    }
}
