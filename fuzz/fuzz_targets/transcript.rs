//! Transcripts: what was read or recorded can be written, and read as the same.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use passerelle::limits::MAX_CNAME_CHAIN;
use passerelle::transcript::{parse_record, record_text};
use passerelle::{Alias, Answer, DnsAnswer, Domain, Question, Record, RecordType, Status, StsError, Transcript};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(transcript) = Transcript::parse(input) {
        written_and_read(&transcript);
    }
    if let Ok(text) = str::from_utf8(input) {
        for record_type in RecordType::ALL {
            if let Ok(record) = parse_record(record_type, text) {
                assert_eq!(record.record_type(), record_type);
                let shown = record_text(&record).expect("what was read from text has a text");
                assert_eq!(parse_record(record_type, &shown), Ok(record));
            }
        }
    }
    if let Ok(entries) = Vec::<Entry>::arbitrary(&mut Unstructured::new(input)) {
        recorded(entries);
    }
});

fn written_and_read(transcript: &Transcript) {
    let json = transcript.to_json();
    let again = Transcript::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(&again, transcript, "{json}");
    assert_eq!(again.to_json(), json);
}

/// Whatever a DNS server makes a host record, the transcript can be read.
fn recorded(entries: Vec<Entry>) {
    let mut transcript = Transcript::new();
    let mut given = BTreeMap::new();
    for entry in entries.into_iter().take(50) {
        let Some((question, answer)) = entry.build() else { continue };
        transcript.record(&question, &answer);
        given.insert(question, answer);
    }
    // Each question has its last answer again, whatever was recorded for others.
    for (question, answer) in given {
        assert_eq!(transcript.answer(&question), answer, "{question:?}");
    }
    written_and_read(&transcript);
}

#[derive(Arbitrary)]
struct Entry {
    name: String,
    record_type: u8,
    status: u8,
    ttl: u32,
    secure: bool,
    records: Vec<(u16, String, Vec<u8>)>,
    aliases: Vec<(u8, bool)>,
    policy: Option<Result<String, u8>>,
}

impl Entry {
    fn build(self) -> Option<(Question, Answer)> {
        let few = self.name.len() == 1 && self.name.is_ascii();
        let name = Domain::from_dns(&if few { format!("{}.example", self.name) } else { self.name.clone() }).ok()?;
        if let Some(policy) = self.policy {
            // MTA-STS is for the domains of mailboxes.
            let name = Domain::parse(&self.name).ok()?;
            let policy = policy.map(Arc::from).map_err(|n| StsError::ALL[usize::from(n) % StsError::ALL.len()]);
            return Some((Question::StsPolicy(name), Answer::StsPolicy(policy)));
        }
        let record_type = RecordType::ALL[usize::from(self.record_type) % RecordType::ALL.len()];
        let status = [Status::NoError, Status::NoError, Status::NxDomain, Status::ServFail, Status::Timeout];
        let status = status[usize::from(self.status) % status.len()];
        let records: Vec<Record> = match status {
            Status::NoError => self.records.into_iter().filter_map(|data| record(record_type, data)).collect(),
            _ => Vec::new(),
        };
        let mut answer = DnsAnswer::found(records).with_ttl(self.ttl).with_secure(self.secure);
        answer.status = status;
        let aliases = self.aliases.iter().take(MAX_CNAME_CHAIN).filter_map(|(target, secure)| {
            // Few names, so that chains meet.
            let target = format!("{}.example", char::from(b'a' + target % 6));
            Some(Alias::new(Domain::from_dns(&target).ok()?, *secure))
        });
        let answer = answer.with_aliases(aliases.collect::<Vec<_>>());
        Some((Question::Dns(name, record_type), Answer::Dns(answer)))
    }
}

fn record(record_type: RecordType, (number, name, octets): (u16, String, Vec<u8>)) -> Option<Record> {
    let address = std::net::Ipv6Addr::from(std::array::from_fn(|i| octets.get(i).copied().unwrap_or_default()));
    let name = Domain::from_dns(&name).ok();
    Some(match record_type {
        RecordType::A => Record::A(std::net::Ipv4Addr::from(u32::from(number))),
        RecordType::Aaaa => Record::Aaaa(address),
        RecordType::Mx => Record::Mx { preference: number, exchange: name },
        RecordType::Ptr => Record::Ptr(name?),
        RecordType::Cname => Record::Cname(name?),
        RecordType::Ns => Record::Ns(name?),
        RecordType::Soa => Record::Soa { mname: name.clone()?, rname: name?, numbers: [u32::from(number); 5] },
        // Without data it is no TLSA record (RFC 6698 §2.1), and it has no presentation form.
        RecordType::Tlsa if octets.is_empty() => return None,
        RecordType::Tlsa => {
            let [usage, selector] = number.to_be_bytes();
            Record::Tlsa { usage, selector, matching: selector / 2, data: octets }
        }
        RecordType::Txt => Record::Txt(octets),
        _ => return None, // There are no others.
    })
}
