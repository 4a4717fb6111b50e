//! The records of the DNS, and the records of one answer with what was read out of them.

use std::any::Any;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::question::RecordType;
use crate::domain::Domain;

/// The data of one DNS record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Record {
    /// An IPv4 address (RFC 1035 §3.4.1).
    A(Ipv4Addr),
    /// An IPv6 address (RFC 3596 §2.2).
    Aaaa(Ipv6Addr),
    /// A mail exchange (RFC 1035 §3.3.9).
    Mx {
        /// Lower is preferred.
        preference: u16,
        /// The host; `None` is the root, which makes this a null MX (RFC 7505 §3).
        exchange: Option<Domain>,
    },
    /// The name of an address (RFC 1035 §3.3.12).
    Ptr(Domain),
    /// An alias (RFC 1035 §3.3.1). Evaluators never see one: whoever answers has followed it.
    Cname(Domain),
    /// A name server (RFC 1035 §3.3.11).
    Ns(Domain),
    /// The start of a zone (RFC 1035 §3.3.13).
    Soa {
        /// The primary name server.
        mname: Domain,
        /// The responsible person's mailbox, as a name.
        rname: Domain,
        /// Serial number, then refresh, retry, expire and minimum in seconds.
        numbers: [u32; 5],
    },
    /// A certificate association (RFC 6698 §2.1).
    Tlsa {
        /// Certificate usage.
        usage: u8,
        /// Selector.
        selector: u8,
        /// Matching type.
        matching: u8,
        /// Certificate association data.
        data: Vec<u8>,
    },
    /// A text: its character-strings joined without anything between them (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
    Txt(Vec<u8>),
}

impl Record {
    /// The record's type.
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Mx { .. } => RecordType::Mx,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Cname(_) => RecordType::Cname,
            Self::Ns(_) => RecordType::Ns,
            Self::Soa { .. } => RecordType::Soa,
            Self::Tlsa { .. } => RecordType::Tlsa,
            Self::Txt(_) => RecordType::Txt,
        }
    }
}

/// The records of an answer, in order. Cloning is cheap.
///
/// All clones share what an evaluator has read out of the records, so that a record is parsed once where an evaluation is
/// run again, and once for all messages where a host hands in clones of the answers in its cache. Verdicts cannot depend on
/// it: what is read is a function of the records, which nobody can change, so it makes no difference who reads them
/// first, nor when, nor on which thread. It takes no part in comparing and displaying, and a host that makes its answers
/// anew pays nothing for it.
///
/// What is kept is bounded: some hundred octets for each of the [`MAX_SPF_TERMS`](crate::limits::MAX_SPF_TERMS) that an
/// SPF record may have, and [`MAX_KEY_RECORDS`](crate::limits::MAX_KEY_RECORDS) keys. A host that counts the memory of its
/// cache adds that to an answer's own size.
#[derive(Clone, Default)]
pub struct Records(Arc<Kept>);

#[derive(Default)]
struct Kept {
    records: Box<[Record]>,
    /// Of whatever type the evaluator wants that came first; here nobody knows of SPF or DKIM. No two of them ask for the
    /// same name and type, except where somebody publishes one protocol's records at another's names.
    reading: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Records {
    /// What `read` makes of the records: at the first call, and of another kind than the first, by calling it.
    pub(crate) fn read<T: Any + Send + Sync>(&self, read: impl Fn(&[Record]) -> T) -> Arc<T> {
        let reading = self.0.reading.get_or_init(|| Arc::new(read(self)));
        Arc::clone(reading).downcast().unwrap_or_else(|_| Arc::new(read(self)))
    }
}

impl Deref for Records {
    type Target = [Record];

    fn deref(&self) -> &[Record] {
        &self.0.records
    }
}

impl<T: Into<Box<[Record]>>> From<T> for Records {
    fn from(records: T) -> Self {
        Self(Arc::new(Kept { records: records.into(), reading: OnceLock::new() }))
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        Self::from(Box::from_iter(records))
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Records {}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}
