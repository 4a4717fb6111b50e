//! `passerelle_question`, and the numbers in it.

use std::ffi::c_char;
use std::ptr;

use engine::dns_message::Query;
use engine::{Domain, Question as Asked, QuestionId, RecordType as Type};

use crate::handle::guard;
use crate::memory::{object, output, present, text};
use crate::status::{Failure, Status};

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

/// How a DNS query is put: flags that can be combined.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryFlag {
    /// Asks the resolver to say whether DNSSEC validated the answer (AD, RFC 6840 section 5.7). Only the word of a
    /// resolver that you trust, over a way that you trust, means anything.
    AuthenticData = 1,
    /// Asks for the signatures too (DO, RFC 3225 section 3).
    DnssecOk = 2,
}

/// Octets of the largest query that passerelle_question_encode writes.
pub const MAX_QUERY: usize = 282;

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
            Asked::Dns(name, record_type) => (QuestionKind::Dns, Some(name), record_type.number()),
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

/// The query about the DNS that a question comes to.
pub(crate) fn query(asked: &Asked) -> Result<Query, Failure> {
    match asked {
        Asked::Dns(name, record_type) => Ok(Query::new(name, *record_type)),
        _ => Err(Failure::argument("the question does not ask the DNS")),
    }
}

/// The record type with this number in the DNS.
pub(crate) fn record_type(wanted: u16) -> Result<Type, Failure> {
    Type::from_number(wanted)
        .ok_or_else(|| Failure::argument(format!("DNS records of type {wanted} are not understood")))
}

/// Writes the DNS message that asks a question of kind PASSERELLE_QUESTION_KIND_DNS to data, where there is room for
/// data_size octets; PASSERELLE_MAX_QUERY are always enough. For hosts whose resolver is a socket or an HTTPS request:
/// passerelle_verification_answer_message and passerelle_answer_new_message read what comes back.
///
/// message_id is the message's number: pick it unforeseeably, and compare it with the response's, where they go over UDP;
/// over HTTPS it is 0. flags are of passerelle_query_flag. udp_size says how many octets you take over UDP; 1232 is a good
/// number. Over TCP put the length before the message, as two octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_question_encode(
    question: *const Question,
    message_id: u16,
    flags: u32,
    udp_size: u16,
    data: *mut u8,
    data_size: usize,
    data_len: *mut usize,
) -> Status {
    const KNOWN: u32 = QueryFlag::AuthenticData as u32 | QueryFlag::DnssecOk as u32;
    let encode = || {
        // SAFETY: the caller keeps to the header's rules for pointers.
        let mut query = query(&unsafe { object(question, "the question")?.read()? })?;
        if flags & !KNOWN != 0 {
            return Err(Failure::argument(format!("{flags} has flags that are not of passerelle_query_flag")));
        }
        (query.id, query.udp_size) = (message_id, udp_size);
        query.authentic_data = flags & QueryFlag::AuthenticData as u32 != 0;
        query.dnssec_ok = flags & QueryFlag::DnssecOk as u32 != 0;
        let message = query.encode();
        if message.len() > data_size {
            return Err(Failure::argument(format!(
                "the query has {} octets, and there is room for {data_size}",
                message.len()
            )));
        }
        present(data)?;
        present(data_len)?;
        // SAFETY: there is room for data_size octets, as the caller answers for, and the message is new.
        unsafe {
            data.copy_from_nonoverlapping(message.as_ptr(), message.len());
            output(data_len, message.len())
        }
    };
    guard(encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_dns() {
        for (ours, theirs) in [
            (RecordType::A, Type::A),
            (RecordType::Ns, Type::Ns),
            (RecordType::Cname, Type::Cname),
            (RecordType::Soa, Type::Soa),
            (RecordType::Ptr, Type::Ptr),
            (RecordType::Mx, Type::Mx),
            (RecordType::Txt, Type::Txt),
            (RecordType::Aaaa, Type::Aaaa),
            (RecordType::Tlsa, Type::Tlsa),
        ] {
            assert_eq!(ours as u16, theirs.number());
        }
    }

    #[test]
    fn the_longest_query_has_its_size() {
        let longest = [&"a".repeat(63)[..]; 3].join(".") + "." + &"b".repeat(61);
        let query = Query::new(&Domain::parse(&longest).unwrap(), Type::Tlsa);
        assert_eq!(query.encode().len(), MAX_QUERY);
    }

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
