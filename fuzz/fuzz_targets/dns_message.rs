//! DNS messages: whatever comes, our reader says what a second, plain one does, and a query is what it was made of.
//!
//! The first octet picks the type and the second a name; the rest is the message.
#![no_main]

#[path = "../../core/tests/dns_message/naive.rs"]
mod naive;

use passerelle::dns_message::{MessageError, Query, parse_rdata};
use passerelle::limits::MAX_CNAME_CHAIN;
use passerelle::{Answer, Domain, Question, RecordType, Status, Transcript};
use passerelle_fuzz::fuzz_target;

const NAMES: [&str; 4] = ["example.org", "www.example.org", "a.example", "n0.example"];

fuzz_target!(|input: &[u8]| {
    let [kind, name, message @ ..] = input else { return };
    let record_type = RecordType::ALL[usize::from(*kind) % RecordType::ALL.len()];
    let name = Domain::parse(NAMES[usize::from(*name) % NAMES.len()]).expect("the names are names");
    read(message, &name, record_type);
    asked_for_what_it_answers(message);
    if let Ok(record) = parse_rdata(record_type, message) {
        assert_eq!(record.record_type(), record_type);
    }
    if let Ok(name) = str::from_utf8(message).map_err(|_| ()).and_then(|text| Domain::from_dns(text).map_err(|_| ())) {
        answered_with_nothing(&Query::new(&name, record_type));
    }
});

/// Both readers say the same, except for what exactly is malformed.
fn read(message: &[u8], name: &Domain, record_type: RecordType) {
    let plain = |result| match result {
        Err(MessageError::Malformed(_)) => Err(MessageError::Malformed("")),
        other => other,
    };
    let answer = Query::new(name, record_type).answer(message);
    assert_eq!(plain(answer.clone()), plain(naive::read(message, name, record_type)));
    let Ok(answer) = answer else { return };
    assert!(answer.aliases.len() <= MAX_CNAME_CHAIN && answer.secure == (answer.secure && answer.chain_secure()));
    assert!(answer.records.is_empty() || answer.status == Status::NoError);
    assert!(answer.records.iter().all(|record| record.record_type() == record_type));
    // What a stranger's server makes a host record replays.
    let (question, answer) = (Question::Dns(name.clone(), record_type), Answer::Dns(answer));
    let mut transcript = Transcript::new();
    transcript.record(&question, &answer);
    let json = transcript.to_json();
    let read = Transcript::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(read.answer(&question), answer, "{json}");
}

/// The same, for the question that the message itself has, if its name is short and plain.
fn asked_for_what_it_answers(message: &[u8]) {
    let mut labels = Vec::new();
    let mut rest = message.get(12..).unwrap_or_default();
    loop {
        let Some((&length, behind)) = rest.split_first() else { return };
        let Some((label, behind)) = behind.split_at_checked(usize::from(length)) else { return };
        rest = behind;
        match str::from_utf8(label) {
            _ if length == 0 => break,
            Ok(label) if length < 64 && !label.contains('.') && labels.len() < 20 => labels.push(label),
            _ => return,
        }
    }
    let record_type = rest.first_chunk().and_then(|number| RecordType::from_number(u16::from_be_bytes(*number)));
    if let (Ok(name), Some(record_type)) = (Domain::from_dns(&labels.join(".")), record_type) {
        read(message, &name, record_type);
    }
}

/// A query, turned into a response without records, answers itself.
fn answered_with_nothing(query: &Query) {
    let mut message = query.encode();
    assert_eq!(query.answer(&message), Err(MessageError::NoResponse));
    message[2] |= 0x80;
    let answer = query.answer(&message).expect("it is the question itself");
    assert_eq!((answer.status, answer.records.len(), answer.ttl, answer.secure), (Status::NoError, 0, 0, true));
}
