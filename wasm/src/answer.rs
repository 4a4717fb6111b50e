//! DNS answers as JavaScript sees them: `{status, records, ttl, secure, aliases}`, the records in the transcripts' own
//! forms, and the DNS messages that they come in.

use js_sys::{Array, Uint8Array};
use passerelle::dns_message::Query;
use passerelle::transcript::{parse_record, record_text};
use passerelle::{Alias, DnsAnswer, Domain, Record, RecordType, Status};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::value::{Built, Fields, Result, octets};

/// Reads an answer to a question of this type.
pub(crate) fn read(record_type: RecordType, value: JsValue) -> Result<DnsAnswer> {
    let fields = Fields::of("the answer", value)?;
    let status = match fields.text("status")? {
        None => Status::NoError,
        Some(word) => Status::from_word(&word)
            .ok_or_else(|| JsError::new(&format!("status '{word}' is none of NOERROR, NXDOMAIN, SERVFAIL, TIMEOUT")))?,
    };
    let records = match fields.value("records")? {
        None => Vec::new(),
        Some(value) if Array::is_array(&value) => {
            Array::from(&value).iter().map(|data| record(record_type, &data)).collect::<Result<_>>()?
        }
        Some(_) => return Err(fields.wrong("records", "an array")),
    };
    if status != Status::NoError && !records.is_empty() {
        return Err(JsError::new(&format!("there are records beside the status {}", status.as_str())));
    }
    let ttl = fields.number("ttl", u32::MAX.into(), "a number of seconds, from 0 to 4294967295")?.unwrap_or(0);
    let secure = fields.flag("secure")?.unwrap_or(false);
    let aliases = match fields.value("aliases")? {
        None => Vec::new(),
        Some(value) if Array::is_array(&value) => Array::from(&value).iter().map(alias).collect::<Result<_>>()?,
        Some(_) => return Err(fields.wrong("aliases", "an array")),
    };
    let mut answer = DnsAnswer::found(records);
    answer.status = status;
    Ok(answer.with_ttl(ttl as u32).with_secure(secure).with_aliases(aliases))
}

/// One step of a CNAME chain: `{target, secure}`.
fn alias(value: JsValue) -> Result<Alias> {
    let fields = Fields::of("an alias", value)?;
    let target = fields.text("target")?.ok_or_else(|| fields.wrong("target", "a domain name"))?;
    Ok(Alias::new(name(&target)?, fields.flag("secure")?.unwrap_or(false)))
}

/// One record: its presentation form; for TXT also its character-strings, or octets.
fn record(record_type: RecordType, data: &JsValue) -> Result<Record> {
    if let Some(text) = data.as_string() {
        return parse_record(record_type, &text).map_err(|problem| JsError::new(&problem));
    }
    if record_type == RecordType::Txt {
        if let Some(octets) = octets(data) {
            return Ok(Record::Txt(octets));
        }
        if Array::is_array(data) {
            let strings: Option<Vec<String>> = Array::from(data).iter().map(|part| part.as_string()).collect();
            if let Some(strings) = strings {
                return Ok(Record::Txt(strings.concat().into_bytes()));
            }
        }
        return Err(JsError::new("a TXT record must be a string, an array of strings, or a Uint8Array"));
    }
    Err(JsError::new(&format!("a record of type {record_type} must be a string in presentation form")))
}

/// The answer as an object.
pub(crate) fn write(answer: &DnsAnswer) -> JsValue {
    let records: Array = answer.records.iter().map(data).collect();
    let built = Built::new()
        .with("status", answer.status.as_str())
        .with("records", records)
        .with("ttl", answer.ttl)
        .with("secure", answer.secure);
    if answer.aliases.is_empty() {
        return built.done();
    }
    let aliases: Array = answer
        .aliases
        .iter()
        .map(|alias| Built::new().with("target", alias.target.as_str()).with("secure", alias.secure).done())
        .collect();
    built.with("aliases", aliases).done()
}

/// The DNS message that asks for the records of a name and type, for a resolver that is reached by HTTPS (RFC 8484).
///
/// # Errors
/// An `Error` when the name is no domain name, or the type is not understood.
#[wasm_bindgen(js_name = encodeQuery, skip_typescript)]
pub fn encode_query(name: &str, record_type: &str) -> Result<Vec<u8>> {
    Ok(query(name, record_type)?.encode())
}

/// What a resolver's DNS message says to the question for the records of a name and type.
///
/// # Errors
/// An `Error` that says why there is no answer in it, or, as [`encode_query`], why there is no such question.
#[wasm_bindgen(js_name = decodeResponse, skip_typescript)]
pub fn decode_response(message: &[u8], name: &str, record_type: &str) -> Result<JsValue> {
    let answer = query(name, record_type)?.answer(message).map_err(|error| JsError::new(&error.to_string()))?;
    Ok(write(&answer))
}

fn query(text: &str, mnemonic: &str) -> Result<Query> {
    Ok(Query::new(&name(text)?, record_type(mnemonic)?))
}

fn data(record: &Record) -> JsValue {
    match (record_text(record), record) {
        (Some(text), _) => JsValue::from_str(&text),
        (None, Record::Txt(octets)) => Uint8Array::from(octets.as_slice()).into(),
        (None, _) => JsValue::UNDEFINED, // Only a TXT record has no text.
    }
}

/// A name to look up, as the DNS may hold it or in Unicode.
pub(crate) fn name(text: &str) -> Result<Domain> {
    Domain::parse(text)
        .or_else(|_| Domain::from_dns(text))
        .map_err(|problem| JsError::new(&format!("'{text}' is no domain name: {problem}")))
}

/// A record type by its mnemonic.
pub(crate) fn record_type(mnemonic: &str) -> Result<RecordType> {
    RecordType::from_mnemonic(mnemonic).ok_or_else(|| {
        let known = RecordType::ALL.map(RecordType::as_str).join(", ");
        JsError::new(&format!("the record type '{mnemonic}' is not understood; {known} are"))
    })
}
