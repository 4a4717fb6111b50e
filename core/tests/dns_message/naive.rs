//! A second reader of DNS messages, slow and plain: names are lists of labels, and everything is read before anything is
//! decided. The fuzz target `dns_message` uses it too.

use passerelle::dns_message::MessageError;
use passerelle::{Alias, DnsAnswer, Domain, Record, RecordType, Status};

type Name = Vec<Vec<u8>>;

struct Entry {
    owner: Name,
    kind: u16,
    class: u16,
    ttl: u32,
    start: usize,
    end: usize,
}

/// What [`Query::answer`](passerelle::dns_message::Query::answer) should say; what exactly is malformed aside.
pub(crate) fn read(message: &[u8], asked: &Domain, record_type: RecordType) -> Result<DnsAnswer, MessageError> {
    if message.len() > 65_535 {
        return Err(MessageError::TooLong);
    }
    let malformed = MessageError::Malformed("");
    let header: Vec<u16> = (0..6).map(|n| u16_at(message, 2 * n)).collect::<Option<_>>().ok_or(malformed)?;
    if header[1] >> 15 == 0 || header[1] >> 11 & 15 != 0 {
        return Err(MessageError::NoResponse);
    }
    if header[2] != 1 {
        return Err(MessageError::OtherQuestion);
    }
    let (name, at) = name(message, 12, message.len()).ok_or(malformed)?;
    let kind = u16_at(message, at).ok_or(malformed)?;
    let class = u16_at(message, at + 2).ok_or(malformed)?;
    let wanted: Name = asked.labels().map(|label| label.as_bytes().to_vec()).collect();
    if name != wanted || kind != record_type.number() || class != 1 {
        return Err(MessageError::OtherQuestion);
    }
    if header[1] >> 9 & 1 == 1 {
        return Err(MessageError::Truncated);
    }
    let (mut sections, mut at) = (Vec::new(), at + 4);
    for count in &header[3..] {
        let mut section = Vec::new();
        for _ in 0..*count {
            let entry = entry(message, at).ok_or(malformed)?;
            at = entry.end;
            section.push(entry);
        }
        sections.push(section);
    }
    decide(message, header[1], &sections, &wanted, record_type).ok_or(malformed)
}

fn decide(
    message: &[u8],
    flags: u16,
    sections: &[Vec<Entry>],
    asked: &Name,
    record_type: RecordType,
) -> Option<DnsAnswer> {
    let soa = sections[1].iter().find(|e| e.kind == 6 && e.class == 1);
    let negative = match soa {
        Some(soa) => {
            let (_, at) = name(message, soa.start, soa.end)?;
            let (_, at) = name(message, at, soa.end)?;
            let minimum = u32_at(message, at + 16).filter(|_| at + 20 <= soa.end)?;
            Some(lifetime(soa.ttl).min(minimum))
        }
        None => None,
    };
    let opts: Vec<&Entry> = sections[2].iter().filter(|e| e.kind == 41).collect();
    if opts.len() > 1 {
        return None;
    }
    let rcode = u32::from(flags & 15) + opts.first().map_or(0, |opt| (opt.ttl >> 24) << 4);
    let secure = flags >> 5 & 1 == 1;
    let failed = Some(DnsAnswer::empty(Status::ServFail));
    if rcode != 0 && rcode != 3 {
        return failed;
    }
    let at = |owner: &Name, kind: u16| -> Vec<&Entry> {
        sections[0].iter().filter(|e| e.owner == *owner && e.kind == kind && e.class == 1).collect()
    };
    let (mut owner, mut aliases, mut ttl) = (asked.clone(), Vec::new(), u32::MAX);
    while at(&owner, record_type.number()).is_empty() {
        let Some(alias) = at(&owner, 5).first().copied() else { break };
        let (target, end) = name(message, alias.start, alias.end)?;
        if end != alias.end {
            return None;
        }
        let Some(domain) = domain(&target) else { return failed };
        if aliases.len() == 8 {
            return failed;
        }
        aliases.push(Alias::new(domain, secure));
        ttl = ttl.min(lifetime(alias.ttl));
        owner = target;
    }
    let found = at(&owner, record_type.number());
    if rcode == 3 || found.is_empty() {
        if rcode == 0 && negative.is_none() && sections[1].iter().any(|e| e.kind == 2 && e.class == 1) {
            return failed;
        }
        let status = if rcode == 3 { Status::NxDomain } else { Status::NoError };
        return Some(
            DnsAnswer::empty(status).with_ttl(ttl.min(negative.unwrap_or(0))).with_secure(secure).with_aliases(aliases),
        );
    }
    let mut records = Vec::new();
    for entry in found {
        ttl = ttl.min(lifetime(entry.ttl));
        records.push(data(message, entry, record_type)?);
    }
    match records.into_iter().collect::<Option<Vec<Record>>>() {
        Some(records) => Some(DnsAnswer::found(records).with_ttl(ttl).with_secure(secure).with_aliases(aliases)),
        None => failed,
    }
}

/// The record, or `Some(None)` where a name in it is no domain.
fn data(message: &[u8], entry: &Entry, record_type: RecordType) -> Option<Option<Record>> {
    let octets = message.get(entry.start..entry.end)?;
    let only_name = || {
        let (name, end) = name(message, entry.start, entry.end)?;
        (end == entry.end).then_some(name)
    };
    Some(match record_type {
        RecordType::A => Some(Record::A(<[u8; 4]>::try_from(octets).ok()?.into())),
        RecordType::Aaaa => Some(Record::Aaaa(<[u8; 16]>::try_from(octets).ok()?.into())),
        RecordType::Ptr => domain(&only_name()?).map(Record::Ptr),
        RecordType::Ns => domain(&only_name()?).map(Record::Ns),
        RecordType::Cname => domain(&only_name()?).map(Record::Cname),
        RecordType::Mx => {
            let preference = u16_at(octets, 0)?;
            let (name, end) = name(message, entry.start + 2, entry.end)?;
            if end != entry.end {
                return None;
            }
            match (name.is_empty(), domain(&name)) {
                (true, _) => Some(Record::Mx { preference, exchange: None }),
                (false, None) => None,
                (false, exchange) => Some(Record::Mx { preference, exchange }),
            }
        }
        RecordType::Soa => {
            let (mname, at) = name(message, entry.start, entry.end)?;
            let (rname, at) = name(message, at, entry.end)?;
            if at + 20 != entry.end {
                return None;
            }
            let numbers: Vec<u32> = (0..5).map(|n| u32_at(message, at + 4 * n)).collect::<Option<_>>()?;
            let names = domain(&mname).zip(domain(&rname));
            names.map(|(mname, rname)| Record::Soa { mname, rname, numbers: numbers.try_into().unwrap() })
        }
        RecordType::Tlsa if octets.len() > 3 => Some(Record::Tlsa {
            usage: octets[0],
            selector: octets[1],
            matching: octets[2],
            data: octets[3..].to_vec(),
        }),
        RecordType::Tlsa => return None,
        RecordType::Txt => {
            let (mut text, mut rest) = (Vec::new(), octets);
            if rest.is_empty() {
                return None;
            }
            while let Some((length, behind)) = rest.split_first() {
                text.extend(behind.get(..usize::from(*length))?);
                rest = &behind[usize::from(*length)..];
            }
            Some(Record::Txt(text))
        }
        _ => return None, // There are no others.
    })
}

fn entry(message: &[u8], at: usize) -> Option<Entry> {
    let (owner, at) = name(message, at, message.len())?;
    let (kind, class, ttl) = (u16_at(message, at)?, u16_at(message, at + 2)?, u32_at(message, at + 4)?);
    let (start, length) = (at + 10, usize::from(u16_at(message, at + 8)?));
    (start + length <= message.len()).then_some(Entry { owner, kind, class, ttl, start, end: start + length })
}

/// The labels in lower case, and where the name ends in its own place.
fn name(message: &[u8], at: usize, end: usize) -> Option<(Name, usize)> {
    let (name, after) = labels(message, at, end, 0)?;
    let length = 1 + name.iter().map(|label| 1 + label.len()).sum::<usize>();
    (length <= 255).then_some((name, after))
}

/// From `at` up to a NUL or through a pointer, which leads to a name that ends before this one begins.
fn labels(message: &[u8], begin: usize, end: usize, pointers: usize) -> Option<(Name, usize)> {
    let (mut name, mut at) = (Vec::new(), begin);
    loop {
        let length = usize::from(*message.get(at).filter(|_| at < end)?);
        match length {
            0 => return Some((name, at + 1)),
            1..64 => {
                let label = message.get(at + 1..at + 1 + length).filter(|_| at + 1 + length <= end)?;
                name.push(label.to_ascii_lowercase());
                at += 1 + length;
            }
            192.. => {
                let low = usize::from(*message.get(at + 1).filter(|_| at + 1 < end)?);
                let target = (length - 192) * 256 + low;
                // No name needs more than these, and the recursion is bounded by them.
                if target < 12 || target >= begin || pointers == 127 {
                    return None;
                }
                let (rest, _) = labels(message, target, begin, pointers + 1)?;
                name.extend(rest);
                return Some((name, at + 2));
            }
            _ => return None,
        }
    }
}

fn domain(name: &Name) -> Option<Domain> {
    let labels: Vec<&str> = name.iter().map(|label| str::from_utf8(label).ok()).collect::<Option<_>>()?;
    if labels.iter().any(|label| label.contains('.')) {
        return None;
    }
    Domain::from_dns(&labels.join(".")).ok()
}

fn lifetime(ttl: u32) -> u32 {
    if ttl >= 1 << 31 { 0 } else { ttl }
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(octets.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}
