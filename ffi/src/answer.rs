//! `passerelle_answer`.

use std::ffi::c_char;
use std::sync::Arc;

use engine::transcript::parse_record;
use engine::{Answer as Given, DnsAnswer, Record, Status as Outcome};

use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, octets, text};
use crate::question;
use crate::rdata;
use crate::status::{Failure, Status};

/// How a DNS lookup ended. All but the last have the numbers that the DNS has for them (RCODE).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsStatus {
    /// An answer, with records or without. Without records: the name exists, but has none of this type.
    Noerror = 0,
    /// The servers failed, or DNSSEC validation did. Never to be given for "no records". A host gives it for every
    /// RCODE that is not listed here.
    Servfail = 2,
    /// The name does not exist.
    Nxdomain = 3,
    /// No answer came in time.
    Timeout = 65536,
}

/// The answer to a question, as it is being put together.
pub struct Answer(Handle<Draft>);

opaque!(Answer, Draft, "the answer");

/// Like the engine's answer, except that records can still be added.
pub(crate) enum Draft {
    Dns { status: Outcome, ttl: u32, secure: bool, records: Vec<Record> },
    StsPolicy(Result<Arc<str>, Arc<str>>),
}

impl Draft {
    pub(crate) fn finish(&self) -> Given {
        match self {
            Self::Dns { status, ttl, secure, records } => Given::Dns(DnsAnswer {
                status: *status,
                records: records.as_slice().into(),
                ttl: *ttl,
                secure: *secure,
            }),
            Self::StsPolicy(policy) => Given::StsPolicy(policy.clone()),
        }
    }

    fn add(&mut self, record: impl FnOnce() -> Result<Record, Failure>) -> Result<(), Failure> {
        match self {
            Self::Dns { status: Outcome::NoError, records, .. } => {
                records.push(record()?);
                Ok(())
            }
            Self::Dns { status, .. } => {
                Err(Failure::argument(format!("there are no records beside the status {}", status.as_str())))
            }
            Self::StsPolicy(_) => Err(Failure::argument("an MTA-STS policy has no DNS records")),
        }
    }
}

impl From<Given> for Answer {
    fn from(given: Given) -> Self {
        Self(Handle::new(match given {
            Given::Dns(DnsAnswer { status, records, ttl, secure }) => {
                Draft::Dns { status, ttl, secure, records: records.to_vec() }
            }
            Given::StsPolicy(policy) => Draft::StsPolicy(policy),
            // The engine makes no answers of other kinds; this one fits no question.
            _ => Draft::StsPolicy(Err("an unknown kind of answer".into())),
        }))
    }
}

/// Makes an answer to a DNS question, without records yet. status is one of passerelle_dns_status; ttl says for
/// how many seconds the answer may be kept; secure says whether DNSSEC validated it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_new(status: u32, ttl: u32, secure: bool, out: *mut *mut Answer) -> Status {
    let make = || {
        let status = match status {
            number if number == DnsStatus::Noerror as u32 => Outcome::NoError,
            number if number == DnsStatus::Servfail as u32 => Outcome::ServFail,
            number if number == DnsStatus::Nxdomain as u32 => Outcome::NxDomain,
            number if number == DnsStatus::Timeout as u32 => Outcome::Timeout,
            number => return Err(Failure::argument(format!("{number} is no DNS status"))),
        };
        Ok(Answer(Handle::new(Draft::Dns { status, ttl, secure, records: Vec::new() })))
    };
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, make) }
}

/// Makes an answer to an MTA-STS question: the text of the policy file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_new_sts_policy(
    policy: *const c_char,
    policy_len: usize,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, || Ok(Given::StsPolicy(Ok(text(policy, policy_len, "the policy")?.into())).into())) }
}

/// Makes an answer to an MTA-STS question when there is no policy: a text for people that says why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_new_sts_failure(
    reason: *const c_char,
    reason_len: usize,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, || Ok(Given::StsPolicy(Err(text(reason, reason_len, "the reason")?.into())).into())) }
}

/// Frees an answer. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_free(answer: *mut Answer) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(answer) }
}

/// Adds a record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR. data is in presentation form, such
/// as "10 mx.example.com" for PASSERELLE_RECORD_TYPE_MX. A TXT record is its text as it stands, without quotes.
///
/// Records of other types than the question asks for are ignored when the answer is given. CNAMEs have to be
/// followed by the host (or by its resolver), and what they lead to is the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_add(
    answer: *mut Answer,
    record_type: u16,
    data: *const c_char,
    data_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(answer, |answer| {
            let (record_type, data) = (question::record_type(record_type)?, text(data, data_len, "the record's data")?);
            answer.add(|| parse_record(record_type, data).map_err(|problem| Failure::new(Status::Record, problem)))
        })
    }
}

/// Adds a record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR. rdata is what goes over the wire
/// (RFC 1035 section 3.3), with names that are not compressed, as libunbound and ldns hand it out; for A and AAAA it
/// is the address, for TXT each character-string behind its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_add_rdata(
    answer: *mut Answer,
    record_type: u16,
    rdata: *const u8,
    rdata_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(answer, |answer| {
            let (record_type, data) =
                (question::record_type(record_type)?, octets(rdata, rdata_len, "the record's data")?);
            answer.add(|| rdata::parse(record_type, data).map_err(|problem| Failure::new(Status::Record, problem)))
        })
    }
}

/// Adds a TXT record to a DNS answer whose status is PASSERELLE_DNS_STATUS_NOERROR: its character-strings, joined
/// with nothing between them. The octets need not be UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_add_txt(answer: *mut Answer, data: *const u8, data_len: usize) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(answer, |answer| {
            let data = octets(data, data_len, "the record's data")?;
            answer.add(|| Ok(Record::Txt(data.to_vec())))
        })
    }
}

/// The error of the last call that could change the answer; empty when it succeeded. The text is valid until the next
/// such call or until the answer is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_error(
    answer: *const Answer,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { error(answer, text, text_len) }
}
