//! `passerelle_answer`.

use std::ffi::c_char;
use std::sync::Arc;

use engine::dns_message::parse_rdata;
use engine::transcript::parse_record;
use engine::{Alias, Answer as Given, DnsAnswer, Domain, Record, Status as Outcome, StsError as Sts};

use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, object, octets, text};
use crate::question::{self, Question};
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

/// Why there is no MTA-STS policy file.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsError {
    /// The policy host has no address, does not answer, or breaks off.
    Fetch = 1,
    /// Its certificate is not valid for the name mta-sts.DOMAIN.
    Certificate = 2,
    /// It redirects, which must not be followed (RFC 8461 section 3.3).
    Redirect = 3,
    /// An HTTP status other than 200.
    Status = 4,
    /// A media type other than text/plain.
    MediaType = 5,
    /// More than you read; RFC 8461 section 3.3 suggests 64 KiB.
    Size = 6,
    /// The file is no policy: for one, it is not UTF-8. What the text says, the engine judges itself.
    Syntax = 7,
}

/// The answer to a question, as it is being put together.
pub struct Answer(Handle<Draft>);

opaque!(Answer, Draft, "the answer");

/// Like the engine's answer, except that records can still be added.
pub(crate) enum Draft {
    Dns { status: Outcome, ttl: u32, secure: bool, records: Vec<Record>, aliases: Vec<Alias> },
    StsPolicy(Result<Arc<str>, Sts>),
}

impl Draft {
    pub(crate) fn finish(&self) -> Given {
        match self {
            Self::Dns { status, ttl, secure, records, aliases } => {
                let mut answer = DnsAnswer::empty(*status);
                answer.records = records.as_slice().into();
                Given::Dns(answer.with_ttl(*ttl).with_secure(*secure).with_aliases(aliases.as_slice()))
            }
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
            Given::Dns(DnsAnswer { status, records, ttl, secure, aliases, .. }) => {
                Draft::Dns { status, ttl, secure, records: records.to_vec(), aliases: aliases.to_vec() }
            }
            Given::StsPolicy(policy) => Draft::StsPolicy(policy),
            // The engine makes no answers of other kinds.
            _ => Draft::StsPolicy(Err(Sts::Fetch)),
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
        Ok(Answer(Handle::new(Draft::Dns { status, ttl, secure, records: Vec::new(), aliases: Vec::new() })))
    };
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, make) }
}

/// Makes the answer that a DNS message gives to a question of kind PASSERELLE_QUESTION_KIND_DNS: message is what came
/// from a recursive resolver, without the two octets of its length that stand before it over TCP. CNAME records are
/// followed in it, and the aliases, the status and the time to live are taken from it. PASSERELLE_STATUS_DNS_TRUNCATED,
/// PASSERELLE_STATUS_DNS_OTHER_QUESTION and PASSERELLE_STATUS_DNS_MESSAGE say what to do where there is no answer in it.
///
/// The answer is secure where the message says AD (0x20 in its fourth octet). Clear that bit first unless you trust the
/// resolver, and the way to it (RFC 4035 section 4.9.3).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_new_message(
    question: *const Question,
    message: *const u8,
    message_len: usize,
    out: *mut *mut Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        create(out, || {
            let query = question::query(&object(question, "the question")?.read()?)?;
            Ok(Given::Dns(query.answer(octets(message, message_len, "the DNS message")?)?).into())
        })
    }
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

/// Makes an answer to an MTA-STS question when there is no policy; error is one of passerelle_sts_error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_new_sts_failure(error: u32, out: *mut *mut Answer) -> Status {
    let make = || {
        let error = match error {
            number if number == StsError::Fetch as u32 => Sts::Fetch,
            number if number == StsError::Certificate as u32 => Sts::Certificate,
            number if number == StsError::Redirect as u32 => Sts::Redirect,
            number if number == StsError::Status as u32 => Sts::Status,
            number if number == StsError::MediaType as u32 => Sts::MediaType,
            number if number == StsError::Size as u32 => Sts::Size,
            number if number == StsError::Syntax as u32 => Sts::Syntax,
            number => return Err(Failure::argument(format!("{number} is no MTA-STS error"))),
        };
        Ok(Given::StsPolicy(Err(error)).into())
    };
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { create(out, make) }
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
/// followed by the host (or by its resolver), and what they lead to is the answer; passerelle_answer_add_alias tells of
/// them.
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
            answer.add(|| parse_rdata(record_type, data).map_err(|problem| Failure::new(Status::Record, problem)))
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

/// Adds a step to the CNAME records that led to a DNS answer, whatever its status: the name that the record points to,
/// and whether DNSSEC validated that record. The first is that of the name that was asked, the last leads to the canonical
/// name. A host whose resolver tells the canonical name alone adds that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_answer_add_alias(
    answer: *mut Answer,
    target: *const c_char,
    target_len: usize,
    secure: bool,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(answer, |answer| {
            let target = Domain::from_dns(text(target, target_len, "the alias's target")?)
                .map_err(|problem| Failure::new(Status::Record, problem.to_string()))?;
            match answer {
                Draft::Dns { aliases, .. } => aliases.push(Alias::new(target, secure)),
                Draft::StsPolicy(_) => return Err(Failure::argument("an MTA-STS policy has no aliases")),
            }
            Ok(())
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
