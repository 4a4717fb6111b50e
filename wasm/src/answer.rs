//! DNS answers as JavaScript sees them: `{status, records, ttl, secure}`, the records in the transcripts' own forms.

use js_sys::{Array, Uint8Array};
use passerelle::transcript::{parse_record, record_text};
use passerelle::{DnsAnswer, Domain, Record, RecordType, Status};
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
    Ok(DnsAnswer { status, records: records.into(), ttl: ttl as u32, secure })
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
    Built::new()
        .with("status", answer.status.as_str())
        .with("records", records)
        .with("ttl", answer.ttl)
        .with("secure", answer.secure)
        .done()
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
