//! The data of DNS records as it goes over the wire (RFC 1035 §3.3).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::reader::{Read, Reader};
use crate::domain::Domain;
use crate::lookup::{Record, RecordType};

/// Reads one record's data by itself, as libunbound and ldns hand it out: with names that are not compressed.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn parse_rdata(record_type: RecordType, rdata: &[u8]) -> Result<Record, &'static str> {
    match record(record_type, Reader::of_rdata(rdata)) {
        Ok(Some(record)) => Ok(record),
        Ok(None) => Err("the record has a name that is no domain name, or the root where it is none"),
        Err(problem) => Err(problem),
    }
}

/// The record in `data`, which must be as long as the record; `None` where it has a name that no [`Domain`] can be.
pub(super) fn record(record_type: RecordType, mut data: Reader<'_>) -> Read<Option<Record>> {
    let record = read(record_type, &mut data)?;
    match data.is_empty() {
        true => Ok(record),
        false => Err("there are octets behind a record's data"),
    }
}

fn read(record_type: RecordType, data: &mut Reader<'_>) -> Read<Option<Record>> {
    Ok(match record_type {
        RecordType::A => Some(Record::A(Ipv4Addr::from(data.array()?))),
        RecordType::Aaaa => Some(Record::Aaaa(Ipv6Addr::from(data.array()?))),
        RecordType::Mx => mx(data)?,
        RecordType::Ptr => domain(data)?.map(Record::Ptr),
        RecordType::Cname => domain(data)?.map(Record::Cname),
        RecordType::Ns => domain(data)?.map(Record::Ns),
        RecordType::Soa => soa(data)?,
        RecordType::Tlsa => Some(tlsa(data)?),
        RecordType::Txt => Some(Record::Txt(strings(data)?)),
    })
}

fn domain(data: &mut Reader<'_>) -> Read<Option<Domain>> {
    Ok(data.name()?.domain())
}

fn mx(data: &mut Reader<'_>) -> Read<Option<Record>> {
    let preference = data.u16()?;
    let exchange = data.name()?;
    if exchange.is_root() {
        return Ok(Some(Record::Mx { preference, exchange: None }));
    }
    Ok(exchange.domain().map(|exchange| Record::Mx { preference, exchange: Some(exchange) }))
}

fn soa(data: &mut Reader<'_>) -> Read<Option<Record>> {
    let (mname, rname) = (domain(data)?, domain(data)?);
    let numbers = soa_numbers(data)?;
    Ok(mname.zip(rname).map(|(mname, rname)| Record::Soa { mname, rname, numbers }))
}

/// The five numbers behind the names of an SOA record; the last is the minimum.
pub(super) fn soa_numbers(data: &mut Reader<'_>) -> Read<[u32; 5]> {
    Ok([data.u32()?, data.u32()?, data.u32()?, data.u32()?, data.u32()?])
}

fn tlsa(data: &mut Reader<'_>) -> Read<Record> {
    let [usage, selector, matching] = data.array()?;
    match data.rest()? {
        [] => Err("a TLSA record has no data to associate"),
        data => Ok(Record::Tlsa { usage, selector, matching, data: data.to_vec() }),
    }
}

/// One or more character-strings (RFC 1035 §3.3.14), joined.
fn strings(data: &mut Reader<'_>) -> Read<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let [length] = data.array()?;
        joined.extend_from_slice(data.take(usize::from(length))?);
        if data.is_empty() {
            return Ok(joined);
        }
    }
}
