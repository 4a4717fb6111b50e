//! What macros expand to (RFC 7208 §7.2, §7.3).

use std::borrow::Cow;
use std::net::IpAddr;

use super::macros::{DomainSpec, Macro, Part, parts};
use crate::domain::{Domain, DomainError};
use crate::limits::{MAX_DOMAIN_LENGTH, MAX_SPF_EXPLANATION};
use crate::text::start_behind;

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

impl DomainSpec<'_> {
    /// The domain name this stands for. Labels are removed from the left until 253 octets are left (RFC 7208 §7.3).
    ///
    /// # Errors
    /// [`DomainError`] when the expansion is no name that the DNS can be asked for.
    pub(super) fn target_name(&self, values: &Values<'_>) -> Result<Domain, DomainError> {
        if let Some(name) = self.known_name() {
            return name.clone();
        }
        if let Some(name) = self.literal_name() {
            return name;
        }
        let mut out = Output { text: String::new(), bound: Bound::Tail };
        out.expand(self.as_str(), values);
        fitted(&out.text)
    }

    /// The same where it has no macros, so that it is the same in every evaluation.
    pub(super) fn literal_name(&self) -> Option<Result<Domain, DomainError>> {
        (!self.has_macros()).then(|| fitted(self.as_str()))
    }
}

/// Expands a checked explain-string; `None` when it becomes longer than [`MAX_SPF_EXPLANATION`].
pub(super) fn explanation(text: &str, values: &Values<'_>) -> Option<String> {
    let mut out = Output { text: String::new(), bound: Bound::Whole };
    out.expand(text, values);
    (out.text.len() <= MAX_SPF_EXPLANATION).then_some(out.text)
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
                    let cut = start_behind(&self.text, self.text.len() - 2 * MAX_DOMAIN_LENGTH);
                    self.text.drain(..cut);
                }
                Bound::Whole if self.text.len() > MAX_SPF_EXPLANATION => return,
                Bound::Tail | Bound::Whole => {}
            }
        }
    }
}

impl Macro<'_> {
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

#[cfg(test)]
mod tests {
    use super::super::macros::check_explanation;
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

    #[test]
    fn long_expansions_keep_the_same_end_as_if_nothing_had_been_dropped() {
        for (spec, part) in
            [("%{o}.", "email.example.com."), ("%{l-}.x.", "strong.bad.x."), ("%{H}.", "mail.example.org.")]
        {
            for repeats in [1, 10, 25, 120] {
                let whole = format!("{}end.example", part.repeat(repeats));
                let mut expected = whole.as_str();
                while expected.len() > MAX_DOMAIN_LENGTH {
                    expected = expected.split_once('.').unwrap().1;
                }
                assert_eq!(name(&format!("{}end.example", spec.repeat(repeats)), &VALUES), expected);
            }
        }
    }
}
