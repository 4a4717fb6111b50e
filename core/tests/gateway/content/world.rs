//! A policy, a message that comes, and the message that goes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{DkimResult, Signer, Signing, Verdict, Verifier, VerifyPolicy};
use passerelle::gateway::content::keys::KeyStates;
use passerelle::gateway::content::rewrite::{Body, Rewrite, Rewritten, Source};
use passerelle::gateway::content::signing;
use passerelle::message::Header;
use passerelle::route::policy::Policy;
use passerelle::route::{Decide, Decision, Envelope, Message, Session};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, Transcript, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime(1_795_867_200); // 2026-11-28

pub(crate) const ED25519: &str = include_str!("../../keys/ed25519.pem");
pub(crate) const RSA: &str = include_str!("../../keys/rsa2048.pem");

pub(crate) const RECEIVED: &str = "Received: from app.example.com ([192.0.2.7])\r\n\tby gw.example.com with ESMTP id 7Q;\r\n\tSat, 28 Nov 2026 12:00:00 +0000\r\n";
pub(crate) const RESULTS: &str = "Authentication-Results: gw.example.com; none\r\n";

const BASE: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]
[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]
[[relay]]
name = "workspace"
peers = ["198.51.100.128/25"]
shared = true
null_sender = "tenant"
tenant = { header = "X-Gateway-Tenant", value_file = "tenant.secret" }
[[route]]
name = "smart"
hosts = ["smart.example.net:587"]
[[rule]]
name = "all"
do = { route = "smart" }
[[sign]]
domain = "example.com"
keys = [{ selector = "ed", file = "ed25519.pem" }]
"#;

const DNS: &str = r#"{"answers": [{"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]}]}"#;

/// A policy with these rules behind the one that routes all.
pub(crate) fn policy(rules: &str) -> Policy {
    from_text(&format!("{BASE}{rules}"))
}

/// A policy with two keys.
pub(crate) fn policy_with_two_keys() -> Policy {
    from_text(&BASE.replace("ed25519.pem\" }", "ed25519.pem\" }, { selector = \"rsa\", file = \"rsa.pem\" }"))
}

fn from_text(text: &str) -> Policy {
    let files: BTreeMap<&str, &str> =
        [("tenant.secret", "open sesame 1234567890\n"), ("ed25519.pem", ED25519), ("rsa.pem", RSA)].into();
    let read =
        |name: &str| files.get(name).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned());
    Policy::compile(text, &read).accepted().unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A rule that changes something.
pub(crate) fn rule(name: &str, change: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\ndo = {{ {change} }}\n")
}

/// LF written for CRLF.
pub(crate) fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// A message that has come.
pub(crate) struct Came {
    pub(crate) policy: Arc<Policy>,
    pub(crate) message: Vec<u8>,
    pub(crate) peer: &'static str,
    pub(crate) submitted: bool,
    pub(crate) admitted: bool,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) keys: KeyStates,
    pub(crate) trace: bool,
}

pub(crate) fn came(policy: Policy, message: &[u8]) -> Came {
    Came {
        policy: Arc::new(policy),
        message: message.to_vec(),
        peer: "192.0.2.7",
        submitted: false,
        admitted: true,
        verdicts: Vec::new(),
        keys: KeyStates::new(),
        trace: true,
    }
}

impl Came {
    pub(crate) fn submitted(mut self) -> Self {
        self.submitted = true;
        self
    }

    pub(crate) fn of_a_stranger(mut self) -> Self {
        self.admitted = false;
        self
    }

    pub(crate) fn without_trace(mut self) -> Self {
        self.trace = false;
        self
    }

    pub(crate) fn decide(&self) -> Decision {
        let (header, _) = Header::split(&self.message);
        let session = Session::new().peer(self.peer.parse().ok()).helo("app.example.com".into());
        let from = "ann@example.com".parse().unwrap();
        let envelope = Envelope::new(Some(from), vec!["bob@partner.example".parse().unwrap()]);
        let message = Message::new(header, self.message.len() as u64);
        let dns = Transcript::parse(DNS.as_bytes()).unwrap();
        let decide = Decide::new(Arc::clone(&self.policy), session, envelope, NOW).message(Some(Arc::new(message)));
        Evaluation::new(decide).run_with(|question| dns.answer(question))
    }

    pub(crate) fn goes(&self) -> Gone {
        self.try_goes().unwrap()
    }

    pub(crate) fn try_goes(&self) -> Result<Gone, passerelle::message::EditError> {
        let decision = self.decide();
        let (header, body) = Header::split(&self.message);
        let rewrite = Rewrite::new(&self.policy, &header, &decision.groups[0], NOW)
            .id("7Q")
            .received(self.trace.then_some(RECEIVED))
            .results(self.trace.then_some(RESULTS))
            .verdicts(&self.verdicts)
            .submitted(self.submitted)
            .admitted(self.admitted)
            .keys(Some(&self.keys));
        let source = match rewrite.needs_body() {
            true => Source::Whole(body),
            false => {
                let mut hash = signing::body_hash(&self.policy, self.admitted);
                hash.iter_mut().for_each(|hash| body.chunks(7).for_each(|chunk| hash.push(chunk)));
                Source::Elsewhere(hash)
            }
        };
        let rewritten = rewrite.finish(source)?;
        let body = match &rewritten.body {
            Body::Held { from } => self.message[usize::try_from(*from).unwrap()..].to_vec(),
            Body::New(body) => body.clone(),
        };
        let message = [&rewritten.head[..], &body].concat();
        Ok(Gone { message, body, rewritten, decision })
    }
}

/// A message that goes out.
pub(crate) struct Gone {
    pub(crate) message: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) rewritten: Rewritten,
    pub(crate) decision: Decision,
}

impl Gone {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.message).replace("\r\n", "\n")
    }

    /// The changes, each with its rule and with whom it broke.
    pub(crate) fn made(&self) -> Vec<(&str, Option<&str>, Vec<&str>)> {
        let made = self.rewritten.made.iter();
        made.map(|made| (made.action, made.rule.as_deref(), made.broke.iter().map(Domain::as_str).collect())).collect()
    }
}

/// A signer of a domain, under the selector of its key's kind.
pub(crate) fn signer(domain: &str, pem: &str, selector: &str) -> Signer {
    let key = SigningKey::from_pem(pem).unwrap();
    Signer::new(Domain::parse(domain).unwrap()).key(selector, key).unwrap()
}

pub(crate) fn sign(signer: Signer, message: &[u8]) -> Vec<u8> {
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(&Arc::new(signer), &header, UnixTime(NOW.0 - 60)).unwrap();
    signing.body(body);
    [signing.finish().unwrap(), message.to_vec()].concat()
}

/// What the DNS says of every key: selectors that begin with `ed` are of the one key, others of the other.
pub(crate) fn key_record(question: &Question) -> Answer {
    let Question::Dns(name, _) = question else { panic!("{question:?}") };
    let pem = if name.as_str().starts_with("ed") { ED25519 } else { RSA };
    let record = SigningKey::from_pem(pem).unwrap().key_record();
    Answer::Dns(DnsAnswer::found([Record::Txt(record.into_bytes())]))
}

/// What a receiver says of the signatures.
pub(crate) fn verify(message: &[u8]) -> Vec<Verdict> {
    let (header, body) = Header::split(message);
    let policy = VerifyPolicy::default().accept_body_length(true);
    let mut verifier = Verifier::new(&header, &policy, NOW);
    let requests = verifier.key_requests();
    let keys = requests.into_iter().map(|request| Some(Evaluation::new(request).run_with(key_record))).collect();
    verifier.body(body);
    verifier.finish(keys)
}

/// The domains and selectors of signatures that pass.
pub(crate) fn passing(message: &[u8]) -> Vec<(String, String)> {
    let passed = verify(message).into_iter().filter(|verdict| verdict.result == DkimResult::Pass);
    passed.map(|verdict| (verdict.domain.unwrap().to_string(), verdict.selector.unwrap())).collect()
}
