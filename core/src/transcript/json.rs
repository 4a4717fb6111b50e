//! The JSON form of a transcript.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::presentation::{parse_record, record_text};
use super::{QuotaKey, Transcript, TranscriptError};
use crate::domain::Domain;
use crate::limits::{MAX_ANSWER_RECORDS, MAX_TRANSCRIPT_SIZE};
use crate::lookup::{
    Alias, CachedPolicy, DnsAnswer, QuotaScope, Record, RecordType, Status, StsCache, StsError, Window,
};

/// Members that are not known are comments, or of a later version, and are passed over; but not where that would hide a
/// misspelt name of the member that matters.
type Unknown = BTreeMap<String, IgnoredAny>;

#[derive(Deserialize)]
struct File {
    default: Option<String>,
    answers: Option<Vec<Entry>>,
    sts: Option<BTreeMap<String, Policy>>,
    sts_cache: Option<BTreeMap<String, CachedPolicy>>,
    quota: Option<BTreeMap<String, Used>>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    record_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<Data>,
    #[serde(default, skip_serializing_if = "is_zero")]
    ttl: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    secure: bool,
    /// Where it is there, the entry is the answer to its question alone, and no CNAME entry leads to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<Step>>,
    #[serde(flatten, skip_serializing)]
    unknown: Unknown,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A step of a CNAME chain.
#[derive(Serialize, Deserialize)]
struct Step {
    target: String,
    #[serde(default, skip_serializing_if = "is_false")]
    secure: bool,
}

/// A record: its presentation form, the character-strings of a TXT record, or the octets of one that is not UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Data {
    Text(String),
    Strings(Vec<String>),
    Octets { base64: String },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Policy {
    Text(String),
    Error { error: String },
}

/// How much of a quota is used, or the word `error`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Used {
    Number(u64),
    Word(String),
}

pub(super) fn parse(json: &[u8]) -> Result<Transcript, TranscriptError> {
    if json.len() > MAX_TRANSCRIPT_SIZE {
        return Err(TranscriptError::TooLarge);
    }
    // serde would take an array for the fields in their order.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(TranscriptError::Json("it is not a JSON object".into()));
    }
    let file: File = serde_json::from_slice(json).map_err(|e| TranscriptError::Json(e.to_string()))?;
    let is_empty = file.default.is_none()
        && file.answers.is_none()
        && file.sts.is_none()
        && file.sts_cache.is_none()
        && file.quota.is_none();
    if let (true, Some((name, _))) = (is_empty, file.unknown.first_key_value()) {
        let problem = format!("it has a member '{name}', but none of default, answers, sts and quota");
        return Err(TranscriptError::Json(problem));
    }
    let mut transcript = Transcript::new();
    if let Some(word) = file.default {
        transcript.default = Status::from_word(&word).ok_or_else(|| {
            TranscriptError::Json(format!("default is '{word}'; it can be NOERROR, NXDOMAIN, SERVFAIL or TIMEOUT"))
        })?;
    }
    for entry in file.answers.unwrap_or_default() {
        add(&mut transcript, &entry).map_err(|problem| TranscriptError::Entry {
            name: entry.name,
            kind: entry.record_type,
            problem,
        })?;
    }
    for (name, policy) in file.sts.unwrap_or_default() {
        let wrong = |problem| TranscriptError::Entry { name: name.clone(), kind: "sts".into(), problem };
        let domain = Domain::parse(&name).map_err(|e| wrong(e.to_string()))?;
        let policy = match policy {
            Policy::Text(text) => Ok(text.into()),
            Policy::Error { error } => Err(sts_error(&error).map_err(wrong)?),
        };
        transcript.sts.insert(domain, policy);
    }
    transcript.sts_cache = StsCache::of(file.sts_cache.unwrap_or_default())
        .map_err(|problem| TranscriptError::Json(format!("sts_cache: {problem}")))?;
    for (text, used) in file.quota.unwrap_or_default() {
        let wrong = |problem| TranscriptError::Entry { name: text.clone(), kind: "quota".into(), problem };
        let used = match used {
            Used::Number(number) => Some(number),
            Used::Word(word) if word == "error" => None,
            Used::Word(_) => return Err(wrong("the value is a number or \"error\"".into())),
        };
        transcript.quota.insert(quota_key(&text).map_err(wrong)?, used);
    }
    Ok(transcript)
}

/// `messages user:ann 24h`; or the key alone.
fn quota_key(text: &str) -> Result<QuotaKey, String> {
    if text.starts_with("user:") || text == "organisation" {
        return Ok((text.to_owned(), None));
    }
    let (scope, rest) = text.split_once(' ').unwrap_or((text, ""));
    let window = rest.rsplit(' ').next().unwrap_or_default();
    let scope = QuotaScope::ALL.into_iter().find(|known| known.as_str() == scope);
    let key = rest.strip_suffix(window).map(str::trim_end).filter(|key| !key.is_empty());
    match (scope, key, Window::parse(window)) {
        (Some(scope), Some(key), Some(Window(window))) => Ok((key.to_owned(), Some((scope, window)))),
        _ => Err("write messages or recipients, a key, and a window: messages user:ann 24h".into()),
    }
}

fn sts_error(word: &str) -> Result<StsError, String> {
    StsError::from_word(word).ok_or_else(|| {
        let known = StsError::ALL.map(StsError::as_str).join(", ");
        format!("the error is '{word}'; it can be {known}")
    })
}

fn name(text: &str) -> Result<Domain, String> {
    Domain::parse(text).or_else(|_| Domain::from_dns(text)).map_err(|e| e.to_string())
}

/// Adds one entry. Two for the same name and type are one answer with the records of both.
fn add(transcript: &mut Transcript, entry: &Entry) -> Result<(), String> {
    let name = name(&entry.name)?;
    let record_type = RecordType::from_mnemonic(&entry.record_type).ok_or_else(|| {
        let known = RecordType::ALL.map(RecordType::as_str).join(", ");
        format!("the type is not understood; {known} are")
    })?;
    if let (None, true, Some((name, _))) = (&entry.status, entry.records.is_empty(), entry.unknown.first_key_value()) {
        return Err(format!("it has a member '{name}', but neither records nor status"));
    }
    let status = match &entry.status {
        None => Status::NoError,
        Some(word) => Status::from_word(word)
            .ok_or_else(|| format!("status '{word}' is none of NOERROR, NXDOMAIN, SERVFAIL, TIMEOUT"))?,
    };
    if status != Status::NoError && !entry.records.is_empty() {
        return Err(format!("there are records beside the status {}", status.as_str()));
    }
    let records = entry.records.iter().map(|data| record(record_type, data)).collect::<Result<Vec<_>, _>>()?;
    let mut answer = DnsAnswer { status, ..DnsAnswer::found(records) }.with_ttl(entry.ttl).with_secure(entry.secure);
    if let Some(aliases) = &entry.aliases {
        return match transcript.exact.insert((name, record_type), answer.with_aliases(chain(aliases)?)) {
            None => Ok(()),
            Some(_) => Err("it is listed twice with aliases".into()),
        };
    }
    let types = transcript.names.entry(name).or_default();
    if let Some(earlier) = types.get(&record_type) {
        if earlier.status != Status::NoError || status != Status::NoError {
            return Err("it is listed twice, and not with records both times".into());
        }
        // Each entry copies the earlier ones, and an answer of more records is none that anybody reads.
        if earlier.records.len() + answer.records.len() > MAX_ANSWER_RECORDS {
            return Err(format!("it has more than {MAX_ANSWER_RECORDS} records"));
        }
        answer.records = earlier.records.iter().chain(&*answer.records).cloned().collect();
        answer.ttl = answer.ttl.min(earlier.ttl);
        answer.secure &= earlier.secure;
    }
    types.insert(record_type, answer);
    Ok(())
}

fn chain(aliases: &[Step]) -> Result<Vec<Alias>, String> {
    aliases.iter().map(|step| Ok(Alias::new(name(&step.target)?, step.secure))).collect()
}

fn record(record_type: RecordType, data: &Data) -> Result<Record, String> {
    match data {
        Data::Text(text) => parse_record(record_type, text),
        Data::Strings(_) | Data::Octets { .. } if record_type != RecordType::Txt => {
            Err("only a TXT record is made of several strings or given as base64".into())
        }
        Data::Strings(strings) => Ok(Record::Txt(strings.concat().into_bytes())),
        Data::Octets { base64 } => {
            BASE64.decode(base64).map(Record::Txt).map_err(|e| format!("the base64 is malformed: {e}"))
        }
    }
}

pub(super) fn render(transcript: &Transcript) -> String {
    let listed = transcript.names.iter().flat_map(|(name, types)| types.iter().map(move |(t, a)| (name, *t, false, a)));
    let exact = transcript.exact.iter().map(|((name, record_type), answer)| (name, *record_type, true, answer));
    let mut entries: Vec<_> = listed.chain(exact).collect();
    entries.sort_by_key(|&(name, record_type, is_exact, _)| (name, record_type, is_exact));
    let entries = entries.into_iter().map(|(name, record_type, is_exact, answer)| Entry {
        name: name.to_string(),
        record_type: record_type.to_string(),
        status: (answer.status != Status::NoError).then(|| answer.status.as_str().to_owned()),
        records: answer.records.iter().map(data).collect(),
        ttl: answer.ttl,
        secure: answer.secure,
        aliases: is_exact.then(|| answer.aliases.iter().map(step).collect()),
        unknown: Unknown::new(),
    });
    let sts = transcript.sts.iter().map(|(domain, policy)| {
        let policy = match policy {
            Ok(text) => Policy::Text(text.to_string()),
            Err(error) => Policy::Error { error: error.as_str().to_owned() },
        };
        format!("  {}: {}", line(domain), line(&policy))
    });
    let answers: Vec<String> = entries.map(|entry| format!("  {}", line(&entry))).collect();
    let mut json = format!("{{\"default\": \"{}\",\n \"answers\": [", transcript.default.as_str());
    json += if answers.is_empty() { "]" } else { "\n" };
    json += &answers.join(",\n");
    json += if answers.is_empty() { "" } else { "]" };
    let sts: Vec<String> = sts.collect();
    if !sts.is_empty() {
        json += &format!(",\n \"sts\": {{\n{}}}", sts.join(",\n"));
    }
    if !transcript.sts_cache.is_empty() {
        json += &format!(",\n \"sts_cache\": {}", transcript.sts_cache.to_json());
    }
    let quota = transcript.quota.iter().map(|((key, of), used)| {
        let name = match of {
            Some((scope, window)) => format!("{scope} {key} {}", Window(*window)),
            None => key.clone(),
        };
        let used = used.map_or(Used::Word("error".into()), Used::Number);
        format!("  {}: {}", line(&name), line(&used))
    });
    let quota: Vec<String> = quota.collect();
    if !quota.is_empty() {
        json += &format!(",\n \"quota\": {{\n{}}}", quota.join(",\n"));
    }
    json + "}\n"
}

fn step(alias: &Alias) -> Step {
    Step { target: alias.target.to_string(), secure: alias.secure }
}

fn data(record: &Record) -> Data {
    match (record_text(record), record) {
        (Some(text), _) => Data::Text(text),
        (None, Record::Txt(octets)) => Data::Octets { base64: BASE64.encode(octets) },
        (None, _) => Data::Text(String::new()), // Only TXT records have no text.
    }
}

fn line<T: Serialize>(value: &T) -> String {
    // These types hold strings, numbers and lists of them: they always serialize.
    serde_json::to_string(value).unwrap_or_default()
}
