//! Cases of SPF: a client, what it said, and a small world of names.

pub(crate) mod classes;
mod record;
mod world;

use std::collections::BTreeMap;
use std::net::IpAddr;

use passerelle::spf::{CheckHost, Request, SpfResult, Verdict};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Outcome, Question, Record, RecordType, Status};
use serde::Serialize;

use crate::case::{Case, Ours, Word};
use crate::random::Random;

/// What the DNS has under one name. A name without records exists all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Node {
    /// TXT records; a `char` stands for an octet.
    #[serde(rename = "TXT")]
    pub(crate) txt: Vec<String>,
    /// A records.
    #[serde(rename = "A")]
    pub(crate) a: Vec<std::net::Ipv4Addr>,
    /// AAAA records.
    #[serde(rename = "AAAA")]
    pub(crate) aaaa: Vec<std::net::Ipv6Addr>,
    /// MX records.
    #[serde(rename = "MX")]
    pub(crate) mx: Vec<(u16, String)>,
    /// PTR records.
    #[serde(rename = "PTR")]
    pub(crate) ptr: Vec<String>,
    /// Queries for the name fail.
    pub(crate) fails: bool,
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SpfCase {
    /// The client.
    pub(crate) ip: IpAddr,
    /// What it said in HELO.
    pub(crate) helo: String,
    /// The reverse-path.
    pub(crate) mail_from: String,
    /// The DNS.
    pub(crate) zone: BTreeMap<String, Node>,
}

impl SpfCase {
    /// What our side says when so many lookups may be void.
    pub(crate) fn verdict(&self, void_limit: u32) -> Verdict {
        let request = Request::new(self.ip, self.helo.clone(), self.mail_from.clone());
        let check = CheckHost::mail_from(&request).void_limit(void_limit);
        Evaluation::new(check).run_with(|question| self.answer(question))
    }

    fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, wanted) = question else { unreachable!("SPF asks the DNS alone") };
        let Some(node) = self.zone.get(name.as_str()) else {
            return Answer::Dns(DnsAnswer::empty(Status::NxDomain));
        };
        if node.fails {
            return Answer::Dns(DnsAnswer::empty(Status::ServFail));
        }
        let domain = |name: &String| Domain::from_dns(name).expect("a name of the generator's");
        let records: Vec<Record> = match wanted {
            RecordType::Txt => node.txt.iter().map(|text| Record::Txt(octets(text))).collect(),
            RecordType::A => node.a.iter().copied().map(Record::A).collect(),
            RecordType::Aaaa => node.aaaa.iter().copied().map(Record::Aaaa).collect(),
            RecordType::Ptr => node.ptr.iter().map(|name| Record::Ptr(domain(name))).collect(),
            RecordType::Mx => {
                let record = |(preference, name): &(u16, String)| Record::Mx {
                    preference: *preference,
                    exchange: Some(domain(name)),
                };
                node.mx.iter().map(record).collect()
            }
            _ => Vec::new(),
        };
        Answer::Dns(DnsAnswer::found(records))
    }

    /// How many questions find nothing in an evaluation that has no limit for them, that for the sender's own record not
    /// counted.
    pub(crate) fn void_questions(&self) -> usize {
        let request = Request::new(self.ip, self.helo.clone(), self.mail_from.clone());
        let mut void = 0;
        let check = CheckHost::mail_from(&request).void_limit(u32::MAX).without_trail();
        Evaluation::new(check).run_with(|question| {
            let answer = self.answer(question);
            let Answer::Dns(found) = &answer else { unreachable!("SPF asks the DNS alone") };
            void += usize::from(matches!(found.outcome(), Outcome::NoData | Outcome::NxDomain));
            answer
        });
        void
    }

    /// Whether there is neither an address of the client's family nor a failure under this name.
    pub(crate) fn is_void(&self, name: &str) -> bool {
        self.zone
            .get(name)
            .is_none_or(|node| !node.fails && if self.ip.is_ipv4() { node.a.is_empty() } else { node.aaaa.is_empty() })
    }

    /// Whether any SPF record in the world has one of these texts, in any case.
    pub(crate) fn mentions(&self, texts: &[&str]) -> bool {
        self.records().any(|record| texts.iter().any(|text| record.to_ascii_lowercase().contains(text)))
    }

    /// The SPF records of the world.
    pub(crate) fn records(&self) -> impl Iterator<Item = &String> {
        self.zone.values().flat_map(|node| &node.txt).filter(|text| text.to_ascii_lowercase().starts_with("v=spf1"))
    }
}

/// The octets that the `char`s of a text stand for.
pub(crate) fn octets(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).expect("one octet each")).collect()
}

/// The RFC's word for a result.
pub(crate) fn word(result: SpfResult) -> Word {
    Word::parse(result.as_str()).expect("the words are the same")
}

impl Case for SpfCase {
    const KIND: &'static str = "spf";

    fn generate(random: &mut Random) -> Self {
        world::generate(random)
    }

    fn ours(&self) -> Ours {
        let verdict = self.verdict(passerelle::limits::MAX_SPF_VOID_LOOKUPS);
        let why = verdict.reason.or(verdict.mechanism).unwrap_or_default();
        Ours { word: word(verdict.result), why }
    }

    fn line(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers")
    }

    fn brief(&self) -> String {
        let domain = self.mail_from.rsplit_once('@').map_or(&*self.helo, |(_, domain)| domain);
        let records = self.zone.get(domain).map(|node| node.txt.join(" | "));
        format!("{} {} {}", self.ip, self.mail_from, records.unwrap_or_default())
    }

    fn shown(&self) -> String {
        let mut text = format!("{} HELO {} MAIL FROM {}\n", self.ip, self.helo, self.mail_from);
        for (name, node) in &self.zone {
            text += name;
            text += if node.fails { " fails" } else { "" };
            node.txt.iter().for_each(|record| text += &format!("\n    TXT {record:?}"));
            node.a.iter().for_each(|a| text += &format!(" A {a}"));
            node.aaaa.iter().for_each(|a| text += &format!(" AAAA {a}"));
            node.mx.iter().for_each(|(preference, name)| text += &format!(" MX {preference} {name}"));
            node.ptr.iter().for_each(|name| text += &format!(" PTR {name}"));
            text.push('\n');
        }
        text
    }
}
