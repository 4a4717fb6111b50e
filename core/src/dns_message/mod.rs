//! DNS messages as they go over the wire (RFC 1035 §4): a query out, the answer in a response.
//!
//! For a host whose resolver is a socket or an HTTPS request, and not a library that hands records out. It sends
//! [`Query::encode`] and gives what comes back to [`Query::answer`], which reads it as a [`DnsAnswer`]: CNAMEs followed
//! inside the message, with NXDOMAIN, "no such records" and failures told apart, the TTL of all that it rests on, and the
//! AD bit as `secure`.
//!
//! What stays with the host: the transport, the time that it waits, and the message's
//! [`id`](Query::id), which over UDP it picks unforeseeably and compares (RFC 5452 §9.1). Where the answer is
//! [`MessageError::Truncated`] it asks again over TCP. AD is a word of the resolver: a host that does not trust it, or
//! the way to it, takes [`DnsAnswer::distrusted`] (RFC 4035 §4.9.3).
//!
//! ```
//! use passerelle::dns_message::Query;
//! use passerelle::{Domain, Record, RecordType};
//!
//! let query = Query::new(&Domain::parse("example.com")?, RecordType::A);
//! let mut response = query.encode(); // What a resolver would do: take the question and add the answer.
//! response[2] |= 0x80; // QR
//! response[7] = 1; // one answer
//! let opt = response.split_off(response.len() - 11);
//! response.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x01");
//! response.extend(opt);
//! let answer = query.answer(&response)?;
//! assert_eq!((&*answer.records, answer.ttl), (&[Record::A([192, 0, 2, 1].into())][..], 300));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod name;
mod rdata;
mod reader;
mod response;

use thiserror::Error;

use crate::domain::Domain;
use crate::limits::DNS_UDP_SIZE;
use crate::lookup::{DnsAnswer, RecordType};

pub use rdata::parse_rdata;

use name::WireName;

const CLASS_IN: u16 = 1;
const TYPE_OPT: u16 = 41;

const QR: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const TC: u16 = 0x0200;
const RD: u16 = 0x0100;
const AD: u16 = 0x0020;
const RCODE: u16 = 0x000f;
/// In the TTL of an OPT record (RFC 6891 §6.1.3).
const DO: u16 = 0x8000;

/// One question to a recursive resolver, and how it is put.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The name.
    pub name: Domain,
    /// The type of the records.
    pub record_type: RecordType,
    /// The message's number; 0 unless set, which is what DNS over HTTPS wants (RFC 8484 §4.1).
    pub id: u16,
    /// Sets AD, by which the resolver is asked for its own AD (RFC 6840 §5.7). On unless set.
    pub authentic_data: bool,
    /// Sets DO, by which the resolver is asked for the signatures too (RFC 3225 §3): for a host that validates itself,
    /// or a resolver that says AD to nobody else. Off unless set.
    pub dnssec_ok: bool,
    /// Octets of a response that the host takes over UDP (RFC 6891 §6.2.3); [`DNS_UDP_SIZE`] unless set.
    pub udp_size: u16,
}

impl Query {
    /// The query for the records of a name and type.
    pub fn new(name: &Domain, record_type: RecordType) -> Self {
        Self { name: name.clone(), record_type, id: 0, authentic_data: true, dnssec_ok: false, udp_size: DNS_UDP_SIZE }
    }

    /// The message: one question, recursion desired, and an OPT record (RFC 6891 §6.1.1). Over TCP its length goes before
    /// it, as two octets (RFC 1035 §4.2.2).
    pub fn encode(&self) -> Vec<u8> {
        let flags = RD | if self.authentic_data { AD } else { 0 };
        let name = WireName::of(&self.name);
        let mut message = Vec::with_capacity(12 + name.octets().len() + 4 + 11);
        for number in [self.id, flags, 1, 0, 0, 1] {
            message.extend(number.to_be_bytes());
        }
        message.extend(name.octets());
        message.extend(self.record_type.number().to_be_bytes());
        message.extend(CLASS_IN.to_be_bytes());
        message.push(0); // The owner of OPT is the root.
        for number in [TYPE_OPT, self.udp_size, 0, if self.dnssec_ok { DO } else { 0 }, 0] {
            message.extend(number.to_be_bytes());
        }
        message
    }

    /// What a response says to this query.
    ///
    /// - The question in it must be this one. Its ID is not looked at.
    /// - CNAME records are followed, in whatever order they stand, those that were made of a DNAME record (RFC 6672 §3.1)
    ///   among them. More than [`MAX_CNAME_CHAIN`](crate::limits::MAX_CNAME_CHAIN), and so a loop, is SERVFAIL.
    /// - The TTL is the least of the records and of the aliases before them; of an answer without records that of the SOA
    ///   record, or its minimum (RFC 2308 §5), and 0 where there is none.
    /// - Every RCODE but NOERROR and NXDOMAIN is SERVFAIL, the extended ones of EDNS too (RFC 6891 §6.1.3), and so is a
    ///   referral: the server does not resolve (RFC 2308 §2.2).
    /// - So is an answer with a name that a [`Domain`] cannot be: the root, or octets that are no printable ASCII, in a record
    ///   that was asked for. To leave it out would be another answer than was given.
    /// - Octets behind the last record are not looked at.
    ///
    /// # Errors
    /// [`MessageError`] says why nothing can be made of the message. It is no answer: a host that has the message
    /// over an open port waits on for a better one, over a connection of its own it answers with SERVFAIL.
    pub fn answer(&self, message: &[u8]) -> Result<DnsAnswer, MessageError> {
        response::read(self, message)
    }
}

/// Why a DNS message is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Longer than [`MAX_DNS_MESSAGE`](crate::limits::MAX_DNS_MESSAGE).
    #[error("the DNS message is longer than a DNS message can be")]
    TooLong,
    /// A query, or another opcode.
    #[error("the DNS message is no response to a query")]
    NoResponse,
    /// The response did not fit (TC): the same query goes out again over TCP (RFC 2181 §9).
    #[error("the DNS message is truncated; ask again over TCP")]
    Truncated,
    /// The response to another question, or to none.
    #[error("the DNS message answers another question")]
    OtherQuestion,
    /// The message breaks RFC 1035 in this way.
    #[error("the DNS message is malformed: {0}")]
    Malformed(&'static str),
}
