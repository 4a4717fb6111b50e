//! The record: its grammar (RFC 7208 §4.6.1, §5, §6, §12).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use thiserror::Error;

use super::macros::{DomainSpec, MacroError, check_macro_string};
use super::verdict::SpfResult;
use crate::limits::{MAX_SPF_RECORD, MAX_SPF_TERMS};

/// A whole, valid SPF record. It borrows from the text it was read from.
///
/// Displaying one writes it in its plainest form, which reads as the same terms again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfRecord<'a> {
    terms: Vec<Term<'a>>,
    redirect: Option<DomainSpec<'a>>,
    explanation: Option<DomainSpec<'a>>,
}

/// A term as it stands in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term<'a> {
    /// The term as written.
    pub text: &'a str,
    /// What it means.
    pub kind: TermKind<'a>,
}

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind<'a> {
    /// A mechanism with its qualifier (RFC 7208 §4.6.2).
    Directive(Qualifier, Mechanism<'a>),
    /// `redirect=` (RFC 7208 §6.1).
    Redirect(DomainSpec<'a>),
    /// `exp=` (RFC 7208 §6.2).
    Explanation(DomainSpec<'a>),
    /// A modifier without a meaning, which is ignored (RFC 7208 §6).
    Unknown {
        /// The modifier's name, as written.
        name: &'a str,
        /// Its value, a macro-string.
        value: &'a str,
    },
}

/// What it means that a mechanism matches (RFC 7208 §4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the RFC's own.
pub enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

impl Qualifier {
    /// The result it asks for.
    pub fn result(self) -> SpfResult {
        match self {
            Self::Pass => SpfResult::Pass,
            Self::Fail => SpfResult::Fail,
            Self::SoftFail => SpfResult::SoftFail,
            Self::Neutral => SpfResult::Neutral,
        }
    }

    fn from_sign(sign: u8) -> Option<Self> {
        match sign {
            b'+' => Some(Self::Pass),
            b'-' => Some(Self::Fail),
            b'~' => Some(Self::SoftFail),
            b'?' => Some(Self::Neutral),
            _ => None,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Pass => "",
            Self::Fail => "-",
            Self::SoftFail => "~",
            Self::Neutral => "?",
        }
    }
}

/// A mechanism (RFC 7208 §5). A `None` domain is the one that is being checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism<'a> {
    /// `all` (§5.1)
    All,
    /// `include` (§5.2)
    Include(DomainSpec<'a>),
    /// `a` (§5.3)
    A(Option<DomainSpec<'a>>, DualCidr),
    /// `mx` (§5.4)
    Mx(Option<DomainSpec<'a>>, DualCidr),
    /// `ptr` (§5.5)
    Ptr(Option<DomainSpec<'a>>),
    /// `ip4` (§5.6) with its prefix length, at most 32.
    Ip4(Ipv4Addr, u8),
    /// `ip6` (§5.6) with its prefix length, at most 128.
    Ip6(Ipv6Addr, u8),
    /// `exists` (§5.7)
    Exists(DomainSpec<'a>),
}

impl<'a> Mechanism<'a> {
    /// Its domain-spec.
    pub(super) fn domain_spec(self) -> Option<DomainSpec<'a>> {
        match self {
            Self::Include(spec) | Self::Exists(spec) => Some(spec),
            Self::A(spec, _) | Self::Mx(spec, _) | Self::Ptr(spec) => spec,
            Self::All | Self::Ip4(..) | Self::Ip6(..) => None,
        }
    }

    /// The same with another domain-spec, where it has one.
    pub(super) fn with_domain_spec(self, spec: DomainSpec<'_>) -> Mechanism<'_> {
        match self {
            Self::All => Mechanism::All,
            Self::Include(_) => Mechanism::Include(spec),
            Self::A(old, prefixes) => Mechanism::A(old.map(|_| spec), prefixes),
            Self::Mx(old, prefixes) => Mechanism::Mx(old.map(|_| spec), prefixes),
            Self::Ptr(old) => Mechanism::Ptr(old.map(|_| spec)),
            Self::Ip4(network, prefix) => Mechanism::Ip4(network, prefix),
            Self::Ip6(network, prefix) => Mechanism::Ip6(network, prefix),
            Self::Exists(_) => Mechanism::Exists(spec),
        }
    }
}

/// The prefix lengths of `a` and `mx` (RFC 7208 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DualCidr {
    /// For IPv4, at most 32.
    pub ip4: u8,
    /// For IPv6, at most 128.
    pub ip6: u8,
}

/// Why a text is no valid SPF record: always a permerror (RFC 7208 §4.6).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// It does not begin with `v=spf1` and a space or the end.
    #[error("the text does not begin with v=spf1")]
    Version,
    /// It has an octet outside printable ASCII (RFC 7208 §3.1).
    #[error("the record has an octet that is not printable ASCII")]
    Character,
    /// More than [`MAX_SPF_RECORD`] octets.
    #[error("the record is longer than {MAX_SPF_RECORD} octets")]
    TooLong,
    /// More than [`MAX_SPF_TERMS`] terms.
    #[error("the record has more than {MAX_SPF_TERMS} terms")]
    TooManyTerms,
    /// `redirect=` or `exp=` twice (RFC 7208 §6).
    #[error("the record has {0}= twice")]
    Twice(&'static str),
    /// A malformed term.
    #[error("{0}: {1}")]
    Term(String, TermError),
}

/// What is wrong with a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TermError {
    /// Neither a mechanism nor a modifier.
    #[error("there is no such mechanism")]
    Mechanism,
    /// A modifier whose name is malformed or that has a qualifier.
    #[error("the modifier's name is malformed")]
    Modifier,
    /// Something behind `all`, a prefix length where none may be, or no argument where one must be.
    #[error("the mechanism's argument is missing or not one that it takes")]
    Argument,
    /// A prefix length that is too large or has a leading zero.
    #[error("the prefix length is not valid")]
    Prefix,
    /// A malformed address.
    #[error("the address is not valid")]
    Address,
    /// A malformed macro-string or domain-spec.
    #[error("{0}")]
    Macro(#[from] MacroError),
}

impl<'a> SpfRecord<'a> {
    /// Whether a TXT record is an SPF record, valid or not: it begins with `v=spf1`, in any case, and a space or the
    /// end follows (RFC 7208 §4.5).
    pub fn is_spf(text: &[u8]) -> bool {
        text.get(..6).is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"))
            && text.get(6).is_none_or(|&b| b == b' ')
    }

    /// Reads a record. A fault anywhere makes all of it invalid (RFC 7208 §4.6).
    ///
    /// # Errors
    /// [`RecordError`] names the first fault.
    pub fn parse(text: &'a [u8]) -> Result<Self, RecordError> {
        if !Self::is_spf(text) {
            return Err(RecordError::Version);
        }
        if text.len() > MAX_SPF_RECORD {
            return Err(RecordError::TooLong);
        }
        if !text.iter().all(|&b| b.is_ascii_graphic() || b == b' ') {
            return Err(RecordError::Character);
        }
        let text = str::from_utf8(text).map_err(|_| RecordError::Character)?;
        // A guess at the number of terms, so that the list need not grow: few terms are shorter than eight octets.
        let terms = Vec::with_capacity(text.len() / 8);
        let mut record = Self { terms, redirect: None, explanation: None };
        // The version's six octets are ASCII. Terms are separated by spaces alone, one or more.
        for text in text[6..].split(' ').filter(|term| !term.is_empty()) {
            if record.terms.len() >= MAX_SPF_TERMS {
                return Err(RecordError::TooManyTerms);
            }
            let kind = term(text).map_err(|fault| RecordError::Term(shown(text), fault))?;
            match kind {
                TermKind::Redirect(domain) if record.redirect.replace(domain).is_some() => {
                    return Err(RecordError::Twice("redirect"));
                }
                TermKind::Explanation(domain) if record.explanation.replace(domain).is_some() => {
                    return Err(RecordError::Twice("exp"));
                }
                _ => {}
            }
            record.terms.push(Term { text, kind });
        }
        Ok(record)
    }

    /// The terms in order.
    pub fn terms(&self) -> &[Term<'a>] {
        &self.terms
    }

    /// The mechanisms in order, each as written, with its qualifier.
    pub fn directives(&self) -> impl Iterator<Item = (&'a str, Qualifier, Mechanism<'a>)> {
        self.terms.iter().filter_map(|term| match term.kind {
            TermKind::Directive(qualifier, mechanism) => Some((term.text, qualifier, mechanism)),
            _ => None,
        })
    }

    /// The value of `redirect=`.
    pub fn redirect(&self) -> Option<DomainSpec<'a>> {
        self.redirect
    }

    /// The value of `exp=`.
    pub fn explanation(&self) -> Option<DomainSpec<'a>> {
        self.explanation
    }
}

/// As much of a term as belongs in a reason.
fn shown(term: &str) -> String {
    term.chars().take(80).collect()
}

fn term(text: &str) -> Result<TermKind<'_>, TermError> {
    // RFC 7208 §4.6.1: '=' right behind the name makes a modifier; ':' and '/' begin a mechanism's argument.
    let end = text.bytes().position(|b| matches!(b, b'=' | b':' | b'/')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix('=') {
        Some(value) => modifier(name, value),
        None => {
            let qualifier = name.bytes().next().and_then(Qualifier::from_sign);
            // A qualifier is one ASCII character.
            let name = if qualifier.is_some() { &name[1..] } else { name };
            Ok(TermKind::Directive(qualifier.unwrap_or(Qualifier::Pass), mechanism(name, rest)?))
        }
    }
}

fn modifier<'a>(name: &'a str, value: &'a str) -> Result<TermKind<'a>, TermError> {
    let well_formed = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !well_formed {
        return Err(TermError::Modifier);
    }
    if name.eq_ignore_ascii_case("redirect") {
        return Ok(TermKind::Redirect(DomainSpec::parse(value)?));
    }
    if name.eq_ignore_ascii_case("exp") {
        return Ok(TermKind::Explanation(DomainSpec::parse(value)?));
    }
    check_macro_string(value)?;
    Ok(TermKind::Unknown { name, value })
}

/// Reads a mechanism; `rest` is empty or begins with `:` or `/`.
fn mechanism<'a>(name: &str, rest: &'a str) -> Result<Mechanism<'a>, TermError> {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    if is("ip4") {
        let (address, prefix) = network(rest, 32)?;
        return address.parse().map(|address| Mechanism::Ip4(address, prefix)).map_err(|_| TermError::Address);
    }
    if is("ip6") {
        let (address, prefix) = network(rest, 128)?;
        return address.parse().map(|address| Mechanism::Ip6(address, prefix)).map_err(|_| TermError::Address);
    }
    if is("include") {
        return Ok(Mechanism::Include(domain(rest)?.ok_or(TermError::Argument)?));
    }
    if is("a") {
        let (rest, prefixes) = dual_cidr(rest)?;
        return Ok(Mechanism::A(domain(rest)?, prefixes));
    }
    if is("mx") {
        let (rest, prefixes) = dual_cidr(rest)?;
        return Ok(Mechanism::Mx(domain(rest)?, prefixes));
    }
    if is("all") {
        return if rest.is_empty() { Ok(Mechanism::All) } else { Err(TermError::Argument) };
    }
    if is("exists") {
        return Ok(Mechanism::Exists(domain(rest)?.ok_or(TermError::Argument)?));
    }
    if is("ptr") {
        return Ok(Mechanism::Ptr(domain(rest)?));
    }
    Err(TermError::Mechanism)
}

/// `[ ":" domain-spec ]`
fn domain(rest: &str) -> Result<Option<DomainSpec<'_>>, TermError> {
    match rest.strip_prefix(':') {
        Some(text) => Ok(Some(DomainSpec::parse(text)?)),
        None if rest.is_empty() => Ok(None),
        None => Err(TermError::Argument),
    }
}

/// `":" network [ "/" length ]`
fn network(rest: &str, longest: u8) -> Result<(&str, u8), TermError> {
    let rest = rest.strip_prefix(':').ok_or(TermError::Argument)?;
    match rest.split_once('/') {
        Some((address, digits)) => Ok((address, prefix(digits, longest)?)),
        None => Ok((rest, longest)),
    }
}

/// Takes `[ "/" length ] [ "//" length ]` off the end. A top label has no slash and a macro ends in a brace, so what
/// looks like a prefix length is one (RFC 7208 §5.3).
fn dual_cidr(rest: &str) -> Result<(&str, DualCidr), TermError> {
    let mut prefixes = DualCidr { ip4: 32, ip6: 128 };
    let mut head = rest;
    if let Some((before, digits)) = split_length(head)
        && let Some(before) = before.strip_suffix('/')
    {
        prefixes.ip6 = prefix(digits, 128)?;
        head = before;
    }
    if let Some((before, digits)) = split_length(head) {
        prefixes.ip4 = prefix(digits, 32)?;
        head = before;
    }
    Ok((head, prefixes))
}

/// The text before a slash that only digits follow, and the digits.
fn split_length(text: &str) -> Option<(&str, &str)> {
    let (before, digits) = text.rsplit_once('/')?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some((before, digits))
}

/// A prefix length: no leading zeros, no more than the address has bits (RFC 7208 §5.6).
fn prefix(digits: &str, longest: u8) -> Result<u8, TermError> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|&length| plain && length <= longest).ok_or(TermError::Prefix)
}

impl fmt::Display for SpfRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {}", term.kind))
    }
}

impl fmt::Display for TermKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directive(qualifier, mechanism) => write!(f, "{}{mechanism}", qualifier.sign()),
            Self::Redirect(domain) => write!(f, "redirect={domain}"),
            Self::Explanation(domain) => write!(f, "exp={domain}"),
            Self::Unknown { name, value } => write!(f, "{name}={value}"),
        }
    }
}

impl fmt::Display for Mechanism<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, domain, prefixes) = match self {
            Self::All => ("all", None, None),
            Self::Include(domain) => ("include", Some(domain), None),
            Self::A(domain, prefixes) => ("a", domain.as_ref(), Some(prefixes)),
            Self::Mx(domain, prefixes) => ("mx", domain.as_ref(), Some(prefixes)),
            Self::Ptr(domain) => ("ptr", domain.as_ref(), None),
            Self::Ip4(address, 32) => return write!(f, "ip4:{address}"),
            Self::Ip4(address, prefix) => return write!(f, "ip4:{address}/{prefix}"),
            Self::Ip6(address, 128) => return write!(f, "ip6:{address}"),
            Self::Ip6(address, prefix) => return write!(f, "ip6:{address}/{prefix}"),
            Self::Exists(domain) => ("exists", Some(domain), None),
        };
        f.write_str(name)?;
        if let Some(domain) = domain {
            write!(f, ":{domain}")?;
        }
        match prefixes {
            Some(prefixes) => prefixes.fmt(f),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DualCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ip4 != 32 {
            write!(f, "/{}", self.ip4)?;
        }
        if self.ip6 != 128 {
            write!(f, "//{}", self.ip6)?;
        }
        Ok(())
    }
}
