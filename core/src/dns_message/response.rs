//! What a response says: its header and question checked, its records gathered, its aliases followed.

use super::name::WireName;
use super::rdata;
use super::reader::{Read, Reader};
use super::{AD, CLASS_IN, MessageError, OPCODE, QR, Query, RCODE, TC, TYPE_OPT};
use crate::limits::{MAX_CNAME_CHAIN, MAX_DNS_MESSAGE};
use crate::lookup::{Alias, DnsAnswer, Record, RecordType, Status};

const NOERROR: u16 = 0;
const NXDOMAIN: u16 = 3;

pub(super) fn read(query: &Query, message: &[u8]) -> Result<DnsAnswer, MessageError> {
    if message.len() > MAX_DNS_MESSAGE {
        return Err(MessageError::TooLong);
    }
    let mut reader = Reader::of_message(message);
    let header = Header::read(&mut reader).map_err(MessageError::Malformed)?;
    if header.flags & QR == 0 || header.flags & OPCODE != 0 {
        return Err(MessageError::NoResponse);
    }
    let asked = WireName::of(&query.name);
    let wanted = query.record_type.number();
    if header.questions != 1
        || question(&mut reader).map_err(MessageError::Malformed)? != (asked.clone(), wanted, CLASS_IN)
    {
        return Err(MessageError::OtherQuestion);
    }
    if header.flags & TC != 0 {
        return Err(MessageError::Truncated);
    }
    let sections = Sections::read(&mut reader, &header, wanted).map_err(MessageError::Malformed)?;
    sections.answer(&asked, query.record_type, header.flags & AD != 0).map_err(MessageError::Malformed)
}

/// The name, type and class that were asked for.
fn question(reader: &mut Reader<'_>) -> Read<(WireName, u16, u16)> {
    Ok((reader.name()?, reader.u16()?, reader.u16()?))
}

/// RFC 1035 §4.1.1, but for the ID.
struct Header {
    flags: u16,
    questions: u16,
    answers: u16,
    authorities: u16,
    additionals: u16,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let _id = reader.u16()?;
        Ok(Self {
            flags: reader.u16()?,
            questions: reader.u16()?,
            answers: reader.u16()?,
            authorities: reader.u16()?,
            additionals: reader.u16()?,
        })
    }
}

/// A record (RFC 1035 §4.1.3), its data still to be read.
struct Entry<'a> {
    owner: WireName,
    kind: u16,
    class: u16,
    ttl: u32,
    data: Reader<'a>,
}

impl<'a> Entry<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let owner = reader.name()?;
        let (kind, class, ttl, length) = (reader.u16()?, reader.u16()?, reader.u32()?, reader.u16()?);
        Ok(Self { owner, kind, class, ttl, data: reader.part(usize::from(length))? })
    }

    fn is(&self, kind: u16) -> bool {
        self.kind == kind && self.class == CLASS_IN
    }

    /// A TTL with the top bit set counts as zero (RFC 2181 §8).
    fn ttl(&self) -> u32 {
        if self.ttl > i32::MAX as u32 { 0 } else { self.ttl }
    }
}

/// What matters of the records of a response.
struct Sections<'a> {
    /// Of the header and of EDNS together.
    rcode: u16,
    /// The records of the type that was asked for, and CNAME records.
    answers: Vec<Entry<'a>>,
    /// How long the absence of records may be believed, where there is an SOA record.
    negative_ttl: Option<u32>,
    /// Whether other servers are named.
    refers: bool,
}

impl<'a> Sections<'a> {
    /// Reads all three sections: what is cut off or malformed anywhere is believed nowhere.
    fn read(reader: &mut Reader<'a>, header: &Header, wanted: u16) -> Read<Self> {
        let mut sections = Self { rcode: header.flags & RCODE, answers: Vec::new(), negative_ttl: None, refers: false };
        for _ in 0..header.answers {
            let entry = Entry::read(reader)?;
            if entry.is(wanted) || entry.is(RecordType::Cname.number()) {
                sections.answers.push(entry);
            }
        }
        for _ in 0..header.authorities {
            let mut entry = Entry::read(reader)?;
            sections.refers |= entry.is(RecordType::Ns.number());
            if entry.is(RecordType::Soa.number()) && sections.negative_ttl.is_none() {
                let _mname = entry.data.name()?;
                let _rname = entry.data.name()?;
                let [.., minimum] = rdata::soa_numbers(&mut entry.data)?;
                sections.negative_ttl = Some(entry.ttl().min(minimum));
            }
        }
        let mut extended = None;
        for _ in 0..header.additionals {
            let entry = Entry::read(reader)?;
            if entry.kind == TYPE_OPT && extended.replace((entry.ttl >> 24) as u16).is_some() {
                return Err("it has two OPT records"); // RFC 6891 §6.1.1
            }
        }
        sections.rcode |= extended.unwrap_or(0) << 4;
        Ok(sections)
    }

    fn answer(&self, asked: &WireName, record_type: RecordType, secure: bool) -> Read<DnsAnswer> {
        let servfail = || Ok(DnsAnswer::empty(Status::ServFail));
        if self.rcode != NOERROR && self.rcode != NXDOMAIN {
            return servfail();
        }
        let Some(Chain { last, aliases, ttl }) = self.follow(asked, record_type, secure)? else {
            return servfail();
        };
        let found: Vec<&Entry<'_>> = match self.rcode {
            NOERROR => self.of(&last, record_type).collect(),
            _ => Vec::new(), // RCODE is about the last name, and is believed.
        };
        if found.is_empty() {
            if self.rcode == NOERROR && self.refers && self.negative_ttl.is_none() {
                return servfail(); // A referral.
            }
            let status = if self.rcode == NXDOMAIN { Status::NxDomain } else { Status::NoError };
            let ttl = ttl.min(self.negative_ttl.unwrap_or(0));
            return Ok(DnsAnswer::empty(status).with_ttl(ttl).with_secure(secure).with_aliases(aliases));
        }
        let ttl = found.iter().fold(ttl, |ttl, entry| ttl.min(entry.ttl()));
        let records = found.iter().map(|entry| rdata::record(record_type, entry.data.clone()));
        // All are read before any counts: what is malformed is told, whatever stands before it.
        let records: Vec<Option<Record>> = records.collect::<Read<_>>()?;
        match records.into_iter().collect::<Option<Vec<Record>>>() {
            Some(records) => Ok(DnsAnswer::found(records).with_ttl(ttl).with_secure(secure).with_aliases(aliases)),
            None => servfail(),
        }
    }

    /// The records of this owner and type.
    fn of(&self, owner: &WireName, record_type: RecordType) -> impl Iterator<Item = &Entry<'a>> {
        self.answers.iter().filter(move |entry| entry.kind == record_type.number() && entry.owner == *owner)
    }

    /// Follows CNAME records up to the name that has the records, or has none; `None` where the answer is SERVFAIL.
    fn follow(&self, asked: &WireName, record_type: RecordType, secure: bool) -> Read<Option<Chain>> {
        let mut chain = Chain { last: asked.clone(), aliases: Vec::new(), ttl: u32::MAX };
        while self.of(&chain.last, record_type).next().is_none() {
            let Some(alias) = self.of(&chain.last, RecordType::Cname).next() else { break };
            let mut data = alias.data.clone();
            let target = data.name()?;
            if !data.is_empty() {
                return Err("there are octets behind a record's data");
            }
            let Some(domain) = target.domain().filter(|_| chain.aliases.len() < MAX_CNAME_CHAIN) else {
                return Ok(None);
            };
            chain.aliases.push(Alias::new(domain, secure));
            chain.ttl = chain.ttl.min(alias.ttl());
            chain.last = target;
        }
        Ok(Some(chain))
    }
}

/// A chain of CNAME records, followed.
struct Chain {
    last: WireName,
    aliases: Vec<Alias>,
    ttl: u32,
}
