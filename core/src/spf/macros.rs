//! Macros: their grammar (RFC 7208 §7.1) and what they expand to (§7.2, §7.3).

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use crate::domain::{Domain, DomainError};
use crate::limits::{MAX_DOMAIN_LENGTH, MAX_SPF_DOMAIN_SPEC, MAX_SPF_EXPLANATION};

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
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DomainSpec<'a>(&'a str);

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
        Ok(Self(text))
    }

    /// The text, with its macros.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether it has one of these macro letters, given in lower case.
    pub(super) fn uses(&self, letters: &[u8]) -> bool {
        uses(self.0, letters)
    }

    /// The domain name this stands for. Labels are removed from the left until 253 octets are left (RFC 7208 §7.3).
    ///
    /// # Errors
    /// [`DomainError`] when the expansion is no name that the DNS can be asked for.
    pub(super) fn target_name(&self, values: &Values<'_>) -> Result<Domain, DomainError> {
        if !self.0.contains('%') {
            return fitted(self.0);
        }
        let mut out = Output { text: String::new(), bound: Bound::Tail };
        out.expand(self.0, values);
        fitted(&out.text)
    }
}

impl fmt::Display for DomainSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for DomainSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainSpec({})", self.0)
    }
}

/// `text` as a name, without as many labels at its left as are too many.
fn fitted(text: &str) -> Result<Domain, DomainError> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let Some(excess) = text.len().checked_sub(MAX_DOMAIN_LENGTH).filter(|&excess| excess > 0) else {
        return Domain::from_dns(text);
    };
    // The first label that begins at `excess` or later: its dot is at `excess - 1` or later.
    let dot = memchr::memchr(b'.', &text.as_bytes()[excess - 1..]).ok_or(DomainError::LabelTooLong)?;
    text.get(excess + dot..).map_or(Err(DomainError::Character), Domain::from_dns)
}

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

/// Expands a checked explain-string; `None` when it becomes longer than [`MAX_SPF_EXPLANATION`].
pub(super) fn explanation(text: &str, values: &Values<'_>) -> Option<String> {
    let mut out = Output { text: String::new(), bound: Bound::Whole };
    out.expand(text, values);
    (out.text.len() <= MAX_SPF_EXPLANATION).then_some(out.text)
}

/// Whether a checked text has one of these macro letters, given in lower case.
pub(super) fn uses(text: &str, letters: &[u8]) -> bool {
    text.contains('%') && parts(text).any(|part| matches!(part, Ok(Part::Macro(m)) if letters.contains(&m.letter)))
}

/// What the macro letters stand for (RFC 7208 §7.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    /// `i`, `c` and `v`. Never an IPv4-mapped address.
    pub(super) ip: IpAddr,
    /// `l`, and the first half of `s`.
    pub(super) local_part: &'a str,
    /// `o`, and the second half of `s`.
    pub(super) sender_domain: &'a str,
    /// `d`
    pub(super) domain: &'a str,
    /// `h`
    pub(super) helo: &'a str,
    /// `p`
    pub(super) validated_name: &'a str,
    /// `r`
    pub(super) receiver: &'a str,
    /// `t`
    pub(super) unix: u64,
}

impl<'a> Values<'a> {
    fn of(&self, letter: u8) -> Cow<'a, str> {
        match letter {
            b's' => format!("{}@{}", self.local_part, self.sender_domain).into(),
            b'l' => self.local_part.into(),
            b'o' => self.sender_domain.into(),
            b'd' => self.domain.into(),
            b'i' => dotted(self.ip).into(),
            b'p' => self.validated_name.into(),
            b'v' if self.ip.is_ipv4() => "in-addr".into(),
            b'v' => "ip6".into(),
            b'h' => self.helo.into(),
            b'c' => self.ip.to_string().into(),
            b'r' => self.receiver.into(),
            b't' => self.unix.to_string().into(),
            _ => "".into(), // the parser lets no other letter in
        }
    }
}

/// An address as `%{i}` shows it: an IPv6 address is 32 hexadecimal digits with dots between them (RFC 7208 §7.3).
pub(super) fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let mut text = String::with_capacity(63);
            for octet in ip.octets() {
                for digit in [octet >> 4, octet & 15] {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push(char::from(b"0123456789ABCDEF"[usize::from(digit)])); // digit < 16
                }
            }
            text
        }
    }
}

/// What an expansion is for, which says what may be dropped of it.
#[derive(Clone, Copy)]
enum Bound {
    /// A domain name: nothing but the last 254 octets (one of them a trailing dot) can matter.
    Tail,
    /// An explanation: past the bound it is void, and nothing more need be added.
    Whole,
}

struct Output {
    text: String,
    bound: Bound,
}

impl Output {
    fn expand(&mut self, text: &str, values: &Values<'_>) {
        for part in parts(text).flatten() {
            match part {
                Part::Literal(literal) => self.text.push_str(literal),
                Part::Escape(escape) => self.text.push_str(escape),
                Part::Macro(m) => m.expand(&values.of(m.letter), &mut self.text),
            }
            match self.bound {
                Bound::Tail if self.text.len() > 8 * MAX_DOMAIN_LENGTH => {
                    let cut = self.text.ceil_char_boundary(self.text.len() - 2 * MAX_DOMAIN_LENGTH);
                    self.text.drain(..cut);
                }
                Bound::Whole if self.text.len() > MAX_SPF_EXPLANATION => return,
                Bound::Tail | Bound::Whole => {}
            }
        }
    }
}

/// A piece of a macro-string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Literal(&'a str),
    /// What `%%`, `%_` or `%-` stands for.
    Escape(&'static str),
    Macro(Macro<'a>),
}

/// `"%{" macro-letter transformers *delimiter "}"`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Macro<'a> {
    /// In lower case.
    letter: u8,
    /// Whether the letter was in upper case, which asks for URL escaping.
    escaped: bool,
    /// How many parts are kept at the right.
    keep: Option<usize>,
    reversed: bool,
    delimiters: &'a str,
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

    /// Splits, reverses, cuts, joins and escapes `value` (RFC 7208 §7.3), in this order.
    fn expand(&self, value: &str, out: &mut String) {
        if self.keep.is_none() && !self.reversed && self.delimiters.is_empty() {
            return self.push(value, out);
        }
        let delimiters = if self.delimiters.is_empty() { "." } else { self.delimiters };
        let mut parts: Vec<&str> = value.split(|c| delimiters.contains(c)).collect();
        if self.reversed {
            parts.reverse();
        }
        let skipped = self.keep.map_or(0, |keep| parts.len().saturating_sub(keep));
        for (n, part) in parts.iter().skip(skipped).enumerate() {
            if n > 0 {
                out.push('.');
            }
            self.push(part, out);
        }
    }

    fn push(&self, value: &str, out: &mut String) {
        if !self.escaped {
            return out.push_str(value);
        }
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
                out.push(char::from(octet));
            } else {
                out.push('%');
                for digit in [octet >> 4, octet & 15] {
                    out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)])); // digit < 16
                }
            }
        }
    }
}

/// The parts of a macro-string from left to right; nothing follows an error.
fn parts(text: &str) -> Parts<'_> {
    Parts { rest: text }
}

struct Parts<'a> {
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

    const VALUES: Values<'_> = Values {
        ip: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 3)),
        local_part: "strong-bad",
        sender_domain: "email.example.com",
        domain: "email.example.com",
        helo: "mail.example.org",
        validated_name: "mx.example.org",
        receiver: "mx.example.net",
        unix: 1_700_000_000,
    };

    fn expanded(text: &str) -> String {
        check_explanation(text).unwrap();
        explanation(text, &VALUES).unwrap()
    }

    fn name(text: &str, values: &Values<'_>) -> String {
        DomainSpec::parse(text).unwrap().target_name(values).unwrap().to_string()
    }

    #[test]
    fn examples_of_rfc_7208_section_7_4() {
        for (text, expansion) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
        ] {
            assert_eq!(expanded(text), expansion, "{text}");
        }
        let six = Values { ip: "2001:db8::cb01".parse().unwrap(), ..VALUES };
        for (text, values, expansion) in [
            ("%{ir}.%{v}._spf.%{d2}", &VALUES, "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", &VALUES, "bad.strong.lp._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", &VALUES, "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", &VALUES, "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{d2}.trusted-domains.example.net", &VALUES, "example.com.trusted-domains.example.net"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                &six,
                "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com",
            ),
        ] {
            assert_eq!(name(text, values), expansion, "{text}");
        }
    }

    #[test]
    fn letters_of_explanations() {
        assert_eq!(
            expanded("%{c} %{r} %{t} %{h} %{p}%_%%%-"),
            "192.0.2.3 mx.example.net 1700000000 mail.example.org mx.example.org %%20"
        );
        assert_eq!(DomainSpec::parse("%{c}.example.com"), Err(MacroError::ExplanationOnly));
        assert_eq!(check_macro_string("%{c}"), Ok(()));
    }

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
    }

    #[test]
    fn names_are_cut_at_the_left_and_at_a_label() {
        let label = "a".repeat(49);
        let text = format!("{}{{d}}.example.com", format!("{label}.").repeat(5)).replace("{d}", "%{d1}");
        let cut = name(&text, &VALUES);
        assert_eq!(cut, format!("{}com.example.com", format!("{label}.").repeat(4)));
        // 253 octets are kept whole, with or without a trailing dot.
        let exact = format!("{}.{}", format!("{label}.").repeat(4).trim_end_matches('.'), "b".repeat(49) + ".com");
        assert_eq!(exact.len(), 253);
        assert_eq!(name(&exact, &VALUES), exact);
        assert_eq!(name(&format!("{exact}."), &VALUES), exact);
        assert_eq!(name(&format!("c.{exact}."), &VALUES), exact);
    }
}
