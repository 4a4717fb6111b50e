//! `passerelle_question`, and the numbers in it.

use std::ffi::c_char;
use std::ptr;

use engine::{Domain, Question as Asked, QuestionId, RecordType as Type};

use crate::memory::text;
use crate::status::Failure;

/// The kinds of questions.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// A kind that this version of the header does not know: decline it.
    Other = 0,
    /// The DNS records of a name and type, CNAMEs followed.
    Dns = 1,
    /// The MTA-STS policy file of a domain, fetched as RFC 8461 section 3.3 asks.
    StsPolicy = 2,
}

/// The types of DNS records, by their numbers in the DNS.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordType {
    /// An IPv4 address.
    A = 1,
    /// A name server.
    Ns = 2,
    /// An alias.
    Cname = 5,
    /// The start of a zone.
    Soa = 6,
    /// The name of an address.
    Ptr = 12,
    /// A mail exchange.
    Mx = 15,
    /// A text.
    Txt = 16,
    /// An IPv6 address.
    Aaaa = 28,
    /// A certificate association.
    Tlsa = 52,
}

/// Something that only the host can find out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The question's number within its verification.
    pub id: u32,
    /// One of passerelle_question_kind.
    pub kind: u32,
    /// The domain name: lower-case ASCII, without a trailing dot, and not ended by a NUL. Nothing in it is escaped: a
    /// hostile SPF record can make it hold spaces, quotes and backslashes, which resolvers that take text with
    /// escapes (RFC 1035 section 5.1) want escaped.
    pub name: *const c_char,
    /// The length of name.
    pub name_len: usize,
    /// One of passerelle_record_type where the kind is PASSERELLE_QUESTION_KIND_DNS; otherwise 0.
    pub record_type: u16,
}

impl Question {
    /// A view of `asked`, which the pointer in it borrows.
    pub(crate) fn borrow(id: QuestionId, asked: &Asked) -> Self {
        let (kind, name, record_type) = match asked {
            Asked::Dns(name, record_type) => (QuestionKind::Dns, Some(name), number(*record_type)),
            Asked::StsPolicy(domain) => (QuestionKind::StsPolicy, Some(domain), 0),
            _ => (QuestionKind::Other, None, 0),
        };
        let name = name.map(Domain::as_str);
        Self {
            id: id.0,
            kind: kind as u32,
            name: name.map_or(ptr::null(), |name| name.as_ptr().cast()),
            name_len: name.map_or(0, str::len),
            record_type,
        }
    }

    /// The question that this is a view of.
    pub(crate) unsafe fn read(&self) -> Result<Asked, Failure> {
        // SAFETY: the caller answers for name and length.
        let name = unsafe { text(self.name, self.name_len, "the question's name")? };
        let name = Domain::from_dns(name).map_err(|e| Failure::argument(e.to_string()))?;
        match self.kind {
            kind if kind == QuestionKind::Dns as u32 => Ok(Asked::Dns(name, record_type(self.record_type)?)),
            kind if kind == QuestionKind::StsPolicy as u32 => Ok(Asked::StsPolicy(name)),
            kind => Err(Failure::argument(format!("{kind} is no kind of question"))),
        }
    }
}

/// The record type with this number in the DNS.
pub(crate) fn record_type(wanted: u16) -> Result<Type, Failure> {
    let found = Type::ALL.into_iter().find(|record_type| number(*record_type) == wanted);
    found.ok_or_else(|| Failure::argument(format!("DNS records of type {wanted} are not understood")))
}

fn number(record_type: Type) -> u16 {
    let number = match record_type {
        Type::A => RecordType::A,
        Type::Ns => RecordType::Ns,
        Type::Cname => RecordType::Cname,
        Type::Soa => RecordType::Soa,
        Type::Ptr => RecordType::Ptr,
        Type::Mx => RecordType::Mx,
        Type::Txt => RecordType::Txt,
        Type::Aaaa => RecordType::Aaaa,
        Type::Tlsa => RecordType::Tlsa,
    };
    number as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_reads_back_as_the_question() {
        let name = Domain::parse("example.com").unwrap();
        let dns = Type::ALL.into_iter().map(|record_type| Asked::Dns(name.clone(), record_type));
        for asked in dns.chain([Asked::StsPolicy(name.clone())]) {
            let view = Question::borrow(QuestionId(7), &asked);
            // SAFETY: the view borrows `asked`, which is alive.
            assert_eq!(unsafe { view.read() }.unwrap(), asked);
            assert_eq!((view.id, view.name_len), (7, 11));
        }
    }

    #[test]
    fn a_view_that_c_spoiled_is_refused() {
        let asked = Asked::StsPolicy(Domain::parse("example.com").unwrap());
        let view = Question::borrow(QuestionId(0), &asked);
        let spoiled = [
            Question { kind: 99, ..view },
            Question { kind: QuestionKind::Dns as u32, record_type: 99, ..view },
            Question { name: ptr::null(), ..view },
            Question { name_len: 0, ..view },
            Question { name: c"two..dots  ".as_ptr(), ..view },
        ];
        for view in spoiled {
            // SAFETY: every name is NULL or has at least 11 octets.
            assert!(unsafe { view.read() }.is_err(), "{view:?}");
        }
    }
}
