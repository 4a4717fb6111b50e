//! A whole verification over a small world, for the targets that make one: a message, its envelope, what the DNS says.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use passerelle::crypto::SigningKey;
use passerelle::dkim::{Canonicalization, DkimResult, Signer, Signing};
use passerelle::dmarc::DmarcResult;
use passerelle::message::{Header, author};
use passerelle::results::AuthenticationResults;
use passerelle::verify::{DmarcMode, Envelope, Report, Settings};
use passerelle::{Answer, DnsAnswer, Domain, Now, Question, Record, RecordType, Transcript, UnixTime};

use crate::chunks::chunks;
use crate::host::{self, Order};
use crate::world::{Address, Name, World};

const NOW: u64 = 1_790_000_000;
const AUTHSERV_ID: &str = "mx.b.example";

/// A message, its envelope and the world that it arrives in; in what order things come to the engine.
#[derive(Arbitrary, Debug)]
pub struct Case {
    envelope: Client,
    fields: Vec<Field>,
    body: Vec<u8>,
    signature: Option<Signature>,
    damage: Option<(u16, u8)>,
    sizes: Vec<u8>,
    order: Vec<u8>,
    world: World,
}

#[derive(Arbitrary, Debug)]
pub struct Client {
    ip: Option<Address>,
    helo: Option<Name>,
    mail_from: Option<Option<Name>>,
    check_helo: bool,
    check_iprev: bool,
}

#[derive(Arbitrary, Debug)]
pub enum Field {
    From(Name),
    FromBoth(Name, Name),
    Named { name: u8, value: String },
    Results(String),
    Signature(Vec<(u8, u8)>),
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
pub struct Signature {
    simple_header: bool,
    simple_body: bool,
    with_length: bool,
    is_published: bool,
}

/// A case with everything made that it says.
pub struct Prepared<'c> {
    case: &'c Case,
    message: Vec<u8>,
    transcript: Transcript,
    envelope: Envelope,
    settings: Settings,
    /// What the first signature must come to, where it is ours and nobody touched it.
    expected: Option<DkimResult>,
}

impl Case {
    pub fn prepare(&self) -> Prepared<'_> {
        let mut message: Vec<u8> = self.fields.iter().flat_map(Field::octets).collect();
        message.extend(b"\r\n");
        message.extend(&self.body);
        let mut transcript = self.world.transcript();
        let signed = self.signature.as_ref().is_some_and(|signature| signature.sign(&mut message));
        let is_published = self.signature.as_ref().is_some_and(|signature| signature.is_published);
        if is_published {
            transcript.record(&KEY_QUESTION, &Answer::Dns(DnsAnswer::found([Record::Txt(KEY_RECORD.clone().into())])));
        }
        let mut intact = true;
        if let Some((at, octet)) = self.damage {
            let at = usize::from(at) % message.len();
            intact = message[at] == octet;
            message[at] = octet;
        }
        let expected = match &self.signature {
            Some(signature) if signed && intact && is_published => {
                Some(if signature.with_length { DkimResult::Policy } else { DkimResult::Pass })
            }
            _ => None,
        };
        let (envelope, settings) = self.envelope.build();
        Prepared { case: self, message, transcript, envelope, settings, expected }
    }
}

impl Prepared<'_> {
    /// Verifies in any chunks and any order of answers, and in one chunk and the plain order, and checks what must hold.
    pub fn check(&self, dmarc: DmarcMode) -> (Report, BTreeSet<Question>) {
        let (report, questions) = self.verify(dmarc);
        // Without sizes: octet by octet.
        let sizes = if self.case.sizes.is_empty() { &[1] } else { &self.case.sizes[..] };
        assert_eq!(self.run(dmarc, sizes, &self.case.order).0.to_json(), report.to_json());
        check(&report, &self.message);
        if let Some(expected) = self.expected {
            assert_eq!(report.dkim[0].result, expected, "{:?}", report.dkim[0]);
        }
        (report, questions)
    }

    /// Verifies in one chunk. Gives the questions, too.
    pub fn verify(&self, dmarc: DmarcMode) -> (Report, BTreeSet<Question>) {
        self.run(dmarc, &[], &[])
    }

    fn run(&self, dmarc: DmarcMode, sizes: &[u8], order: &[u8]) -> (Report, BTreeSet<Question>) {
        let questions = RefCell::new(BTreeSet::new());
        let answer = |question: &Question| {
            questions.borrow_mut().insert(question.clone());
            self.case.world.answer(&self.transcript, question)
        };
        let settings = self.settings.clone().dmarc(dmarc);
        let chunks = chunks(&self.message, sizes);
        let report = host::verify(chunks, &self.envelope, &settings, Now::at(NOW), Order::new(order), answer);
        (report, questions.into_inner())
    }
}

fn check(report: &Report, message: &[u8]) {
    let (header, _) = Header::split(message);
    let author = author(&header);
    let is_uncertain = matches!(report.dmarc.result, DmarcResult::PermError);
    assert!(author.is_ok() || is_uncertain, "{author:?}, and DMARC says {}", report.dmarc.result.as_str());
    assert!(report.dmarc.result != DmarcResult::Pass || !report.dmarc.aligned_by.is_empty());
    serde_json::from_str::<serde_json::Value>(&report.to_json()).expect("the report is JSON");

    let field = &report.authentication_results;
    assert!(field.ends_with("\r\n") && field.lines().all(|line| line.len() <= 998 && !line.trim().is_empty()));
    let (header, rest) = Header::split(field.as_bytes());
    let mut fields = header.fields();
    let (Some(only), None, []) = (fields.next(), fields.next(), rest) else { panic!("{field} is not one field") };
    let parsed = AuthenticationResults::parse(only.value()).unwrap_or_else(|error| panic!("{error}: {field}"));
    assert_eq!((parsed.results.authserv_id(), &parsed.leniencies[..]), (AUTHSERV_ID, &[][..]), "{field}");
    assert_eq!(parsed.results.of_method("dmarc").count(), 1);
}

impl Client {
    fn build(&self) -> (Envelope, Settings) {
        let mail_from = self.mail_from.map(|domain| domain.map(|domain| format!("joe@{}", domain.as_str())));
        let mut envelope = Envelope::new();
        envelope.ip = self.ip.map(Address::ip);
        envelope.helo = self.helo.map(|name| name.as_str().to_owned());
        envelope.mail_from = mail_from.map(Option::unwrap_or_default);
        let settings = Settings::new(AUTHSERV_ID).check_helo(self.check_helo).check_iprev(self.check_iprev);
        (envelope, settings)
    }
}

impl Field {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::From(name) => format!("From: Joe <joe@{}>\r\n", name.as_str()).into(),
            Self::FromBoth(a, b) => format!("From: joe@{},\r\n ann@{}\r\n", a.as_str(), b.as_str()).into(),
            Self::Named { name, value } => {
                let names = ["To", "Subject", "From", "Date", "Received", "Sender", "X", "subject ", "Content-Type"];
                format!("{}: {value}\r\n", names[usize::from(*name) % names.len()]).into()
            }
            Self::Results(value) => format!("Authentication-Results: {AUTHSERV_ID}; {value}\r\n").into(),
            Self::Signature(tags) => (tags.iter().fold("DKIM-Signature:".to_owned(), tag) + "\r\n").into(),
            Self::Raw(octets) => [octets, &b"\r\n"[..]].concat(),
        }
    }
}

/// Adds a tag to a forged signature; the first of its values is a good one.
fn tag(mut text: String, &(name, value): &(u8, u8)) -> String {
    const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let tags: [(&str, &[&str]); 14] = [
        ("v", &["1", "2"]),
        ("a", &["rsa-sha256", "ed25519-sha256", "rsa-sha1"]),
        ("b", &["AAAA", "", "A A=="]),
        ("bh", &[HASH, "AA=="]),
        ("c", &["relaxed/relaxed", "simple", "relaxed", "simple/relaxed", "x"]),
        ("d", &["a.example", "c.a.example", "b.example", "."]),
        ("h", &["From", "From:To:Subject", "to", "From:From:Date"]),
        ("i", &["@a.example", "joe@c.a.example", "@b.example"]),
        ("l", &["0", "1", "99999999999999999999999"]),
        ("q", &["dns/txt", "x"]),
        ("s", &["s", "a.b", "%"]),
        ("t", &["1789999999", "1790009999"]),
        ("x", &["1790000001", "1", "999999999999"]),
        ("zz", &["", "=;"]),
    ];
    let (name, values) = tags[usize::from(name) % tags.len()];
    let _ = write!(text, " {name}={};", values[usize::from(value) % values.len()]); // a String takes everything
    text
}

static SIGNERS: LazyLock<Vec<Arc<Signer>>> = LazyLock::new(|| {
    let signer = |at: usize| {
        let signer = Signer::new(Domain::parse("a.example").expect("a name")).key("s", key()).expect("a selector");
        let algorithm = |simple| if simple { Canonicalization::Simple } else { Canonicalization::Relaxed };
        let signer = signer.canonicalization(algorithm(at & 1 != 0), algorithm(at & 2 != 0));
        Arc::new(if at & 4 != 0 { signer.with_body_length() } else { signer })
    };
    (0..8).map(signer).collect()
});
static KEY_RECORD: LazyLock<String> = LazyLock::new(|| key().key_record());
static KEY_QUESTION: LazyLock<Question> =
    LazyLock::new(|| Question::Dns(Domain::from_dns("s._domainkey.a.example").expect("a name"), RecordType::Txt));

fn key() -> SigningKey {
    SigningKey::from_pem(include_str!("../../core/tests/keys/ed25519.pem")).expect("a key")
}

impl Signature {
    /// Puts a signature in front of a message, if it can be signed.
    fn sign(&self, message: &mut Vec<u8>) -> bool {
        let bits = [self.simple_header, self.simple_body, self.with_length];
        let signer = &SIGNERS[bits.iter().rev().fold(0, |index, bit| 2 * index + usize::from(*bit))];
        let (header, body) = Header::split(message);
        let Ok(mut signing) = Signing::new(signer, &header, UnixTime(NOW)) else { return false };
        signing.body(body);
        let Ok(field) = signing.finish() else { return false };
        message.splice(0..0, field);
        true
    }
}
