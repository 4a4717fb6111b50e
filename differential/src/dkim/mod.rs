//! Cases of DKIM: a message with one signature, and what the DNS has under the key's name.

pub(crate) mod canonical;
pub(crate) mod classes;
mod message;
mod mutations;
mod record;
mod signature;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passerelle::dkim::{DkimResult, Failure, Verdict, Verifier, VerifyPolicy};
use passerelle::message::Header;
use passerelle::{Answer, DnsAnswer, Evaluation, Question, Record, Status, UnixTime};

use crate::case::{Case, Ours, Word};
use crate::random::Random;

/// The time at which our side verifies: the peers read the clock, so no signature is near it.
const NOW: UnixTime = UnixTime(1_780_000_000);

/// What a nameserver says about the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// TXT records.
    Records(Vec<Vec<u8>>),
    /// The name does not exist.
    Missing,
    /// It does not answer.
    Failed,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct DkimCase {
    /// The message as it came.
    pub(crate) message: Vec<u8>,
    /// `<selector>._domainkey.<domain>`
    pub(crate) key_name: String,
    /// What is there.
    pub(crate) key: Key,
    /// What was done to it, by the names in the generator's tables.
    pub(crate) traits: Vec<&'static str>,
}

impl DkimCase {
    /// Whether one of these was done to it.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.traits.iter().any(|done| names.contains(done))
    }

    /// What our side says under `policy`.
    pub(crate) fn verdict(&self, policy: &VerifyPolicy) -> Verdict {
        let (header, body) = Header::split(&self.message);
        let mut verifier = Verifier::new(&header, policy, NOW);
        let requests = verifier.key_requests().into_iter();
        let keys = requests.map(|request| Some(Evaluation::new(request).run_with(|q| self.answer(q)))).collect();
        verifier.body(body);
        verifier.finish(keys).into_iter().next().unwrap_or_else(|| panic!("no signature in {self:?}"))
    }

    fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, _) = question else { unreachable!("DKIM asks the DNS alone") };
        Answer::Dns(match &self.key {
            Key::Failed => DnsAnswer::empty(Status::ServFail),
            Key::Records(records) if name.as_str() == self.key_name => {
                DnsAnswer::found(records.iter().cloned().map(Record::Txt).collect::<Vec<_>>())
            }
            _ => DnsAnswer::empty(Status::NxDomain),
        })
    }
}

/// RFC 6376 §6.1 knows three outcomes of a verification; what is finer differs from one program to the next.
fn word(result: DkimResult) -> Word {
    match result {
        DkimResult::Pass => Word::Pass,
        DkimResult::TempError => Word::TempError,
        _ => Word::PermFail,
    }
}

impl Case for DkimCase {
    const KIND: &'static str = "dkim";

    fn generate(random: &mut Random) -> Self {
        let mut traits = Vec::new();
        let fields = message::fields(random, &mut traits);
        let body = message::body(random, &mut traits);
        let draft = signature::draft(random, &mut traits, fields, body);
        let key = record::answer(random, &mut traits, &draft);
        let key_name = draft.key_name();
        let mut signed = draft.sign(random);
        mutations::apply(random, &mut traits, &mut signed);
        Self { message: signed.octets(), key_name, key, traits }
    }

    fn ours(&self) -> Ours {
        let verdict = self.verdict(&VerifyPolicy::default());
        Ours { word: word(verdict.result), why: verdict.reason.unwrap_or_default() }
    }

    /// Tab-separated, so that a C program reads it without a JSON library: the message in base64, the key's name, and
    /// `missing`, `failed` or the records in base64 with commas between them.
    fn line(&self) -> String {
        let key = match &self.key {
            Key::Missing => "missing".to_owned(),
            Key::Failed => "failed".to_owned(),
            Key::Records(records) => records.iter().map(|r| STANDARD.encode(r)).collect::<Vec<_>>().join(","),
        };
        format!("{}\t{}\t{key}", STANDARD.encode(&self.message), self.key_name)
    }

    fn brief(&self) -> String {
        self.traits.join(" ")
    }

    fn shown(&self) -> String {
        let key = match &self.key {
            Key::Records(records) => {
                records.iter().map(|r| r.escape_ascii().to_string()).collect::<Vec<_>>().join("\n")
            }
            other => format!("{other:?}"),
        };
        let message = self.message.escape_ascii().to_string().replace("\\r\\n", "\\r\\n\n");
        format!("{message}\n--- {}\n{key}\n--- {}", self.key_name, self.traits.join(", "))
    }
}

/// What our side says where the policies that are ours alone are off: `l=` is accepted and clocks may differ.
pub(crate) fn lenient(case: &DkimCase) -> Word {
    let policy = VerifyPolicy::default().accept_body_length(true).clock_skew(u64::MAX);
    word(case.verdict(&policy).result)
}

/// Why our side refuses.
pub(crate) fn failure(case: &DkimCase) -> Option<Failure> {
    case.verdict(&VerifyPolicy::default()).failure
}
