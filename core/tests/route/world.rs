//! Policies from text and files, and decisions in a world that a transcript is.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::message::Header;
use passerelle::route::policy::{Compiled, Finding, Gravity, Policy};
use passerelle::route::{Decide, Decision, Envelope, Message, Session};
use passerelle::{Evaluation, Transcript, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime(1_795_867_200); // 2026-11-28

/// What most policies begin with.
pub(crate) const BASE: &str = r#"
hostname = "gw.example.com"
domains = ["example.com", "*.example.com"]
"#;

/// An entry that admits an application's network.
pub(crate) const APPS: &str = r#"
[[relay]]
name = "apps"
peers = ["192.0.2.0/24", "2001:db8::/48"]
"#;

/// A smart host.
pub(crate) const SMART: &str = r#"
[[route]]
name = "smart"
hosts = ["smart.example.net:587"]
"#;

const USERS: &str = r#"
[[user]]
name = "ann"
senders = ["ann@example.com", "sales@example.com", "@ann.example.com"]
verifiers = [{ label = "laptop", scram = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }]

[[user]]
name = "bob"
senders = ["bob@example.com"]
"#;

/// Files beside the document.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let named = [
        ("users.toml", USERS),
        ("tenant.secret", "open sesame 1234567890\n"),
        ("srs.key", "sixteen octets or more\n"),
        ("password", "p a s s \r\n"),
    ];
    named.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
}

pub(crate) fn compile_with(text: &str, files: &BTreeMap<String, Vec<u8>>) -> Compiled {
    Policy::compile(text, &|name: &str| files.get(name).cloned().ok_or_else(|| "no such file".to_owned()))
}

pub(crate) fn compile(text: &str) -> Compiled {
    compile_with(text, &files())
}

/// A policy that nothing is wrong with.
pub(crate) fn policy(text: &str) -> Arc<Policy> {
    let compiled = compile(text);
    Arc::new(compiled.accepted().unwrap_or_else(|findings| panic!("{findings:#?}")))
}

/// A policy whose meaning is clear, and perhaps bad.
pub(crate) fn flawed(text: &str) -> Arc<Policy> {
    let compiled = compile(text);
    Arc::new(compiled.policy.unwrap_or_else(|| panic!("{:#?}", compiled.findings)))
}

pub(crate) fn errors(text: &str) -> Vec<Finding> {
    compile(text).findings.into_iter().filter(|finding| finding.level == Gravity::Error).collect()
}

pub(crate) fn warnings(text: &str) -> Vec<Finding> {
    compile(text).findings.into_iter().filter(|finding| finding.level == Gravity::Warning).collect()
}

/// The names that decisions look up, and nothing about security.
pub(crate) const DNS: &str = r#"{"answers": [
    {"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]},
    {"name": "other.example.net", "type": "A", "records": ["198.51.100.2"]},
    {"name": "archive.example.net", "type": "A", "records": ["198.51.100.3"]},
    {"name": "partner.example", "type": "MX", "records": ["10 mx.partner.example"]},
    {"name": "mx.partner.example", "type": "A", "records": ["198.51.100.10"]},
    {"name": "second.example", "type": "MX", "records": ["10 mx.second.example"]},
    {"name": "mx.second.example", "type": "A", "records": ["198.51.100.11"]},
    {"name": "example.com", "type": "MX", "records": ["10 mx.example.com"]},
    {"name": "mx.example.com", "type": "A", "records": ["198.51.100.20"]},
    {"name": "null.example", "type": "MX", "records": ["0 ."]},
    {"name": "_spf.example.org", "type": "TXT", "records": ["v=spf1 ip4:203.0.113.0/24 -all"]},
    {"name": "_spf.sender.example", "type": "TXT", "records": ["v=spf1 exists:%{l}.allow.example ip4:203.0.113.0/24 -all"]},
    {"name": "_spf.ptr.example", "type": "TXT", "records": ["v=spf1 ip4:203.0.113.0/24 include:deep.example -all"]},
    {"name": "deep.example", "type": "TXT", "records": ["v=spf1 ptr -all"]},
    {"name": "_spf.all.example", "type": "TXT", "records": ["v=spf1 ip4:203.0.113.0/24 +all"]},
    {"name": "_spf.bare.example", "type": "TXT", "records": ["v=spf1 all"]},
    {"name": "_spf.nested.example", "type": "TXT", "records": ["v=spf1 include:_spf.all.example -all"]},
    {"name": "_spf.half.example", "type": "TXT", "records": ["v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 ip6:2000::/3 -all"]},
    {"name": "_spf.a.example", "type": "TXT", "records": ["v=spf1 a:smart.example.net/0//0 -all"]},
    {"name": "_spf.behind.example", "type": "TXT", "records": ["v=spf1 ip4:203.0.113.0/24 ?ip4:0.0.0.0/0 -all +all"]},
    {"name": "_spf.slow.example", "type": "TXT", "status": "SERVFAIL"}]}"#;

/// Somebody, and what they send.
pub(crate) struct Case {
    pub(crate) policy: Arc<Policy>,
    pub(crate) session: Session,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) message: Option<Message>,
    pub(crate) requiretls: bool,
    pub(crate) dns: Transcript,
    pub(crate) seed: u64,
}

pub(crate) fn case(policy: &Arc<Policy>, from: &str, to: &str) -> Case {
    Case {
        policy: policy.clone(),
        session: Session::new().peer("192.0.2.7".parse().ok()).helo("app.example.com".into()),
        from: from.to_owned(),
        to: to.split(' ').map(str::to_owned).collect(),
        message: None,
        requiretls: false,
        dns: Transcript::parse(DNS.as_bytes()).unwrap(),
        seed: 0,
    }
}

impl Case {
    pub(crate) fn peer(mut self, peer: &str) -> Self {
        self.session = self.session.peer(peer.parse().ok());
        self
    }

    pub(crate) fn helo(mut self, helo: &str) -> Self {
        self.session = self.session.helo(helo.to_owned());
        self
    }

    pub(crate) fn user(mut self, user: &str) -> Self {
        self.session = self.session.user(Some(user.to_owned()));
        self
    }

    pub(crate) fn tls(mut self) -> Self {
        self.session = self.session.tls(true);
        self
    }

    pub(crate) fn dns(mut self, transcript: &str) -> Self {
        self.dns = Transcript::parse(transcript.as_bytes()).unwrap();
        self
    }

    pub(crate) fn message(mut self, text: &str) -> Self {
        self.message = Some(message(text));
        self
    }

    pub(crate) fn with(mut self, message: Message) -> Self {
        self.message = Some(message);
        self
    }

    pub(crate) fn request(&self) -> Decide {
        let mailbox = |text: &str| text.parse().unwrap();
        let from = (!self.from.is_empty()).then(|| mailbox(&self.from));
        let envelope = Envelope::new(from, self.to.iter().map(|to| mailbox(to)).collect()).requiretls(self.requiretls);
        Decide::new(self.policy.clone(), self.session.clone(), envelope, NOW)
            .message(self.message.clone().map(Arc::new))
            .seed(self.seed)
    }

    pub(crate) fn decide(&self) -> Decision {
        Evaluation::new(self.request()).run_with(|question| self.dns.answer(question))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.decide().to_json()).unwrap()
    }

    /// The reply to one who is not admitted, or `admitted`.
    pub(crate) fn reply(&self) -> String {
        let decision = self.decide();
        match decision.reply {
            Some(reply) => format!("{} {}", reply.code, reply.enhanced),
            None => "admitted".to_owned(),
        }
    }
}

/// A message with LF for CRLF.
pub(crate) fn message(text: &str) -> Message {
    let octets = text.replace('\n', "\r\n");
    let (header, _) = Header::split(octets.as_bytes());
    Message::new(header, octets.len() as u64)
}
