//! A small DNS made of records and failures, and what was asked of it.

use std::collections::BTreeMap;

use passerelle::dmarc::{Authenticated, Discover, Discovery, Method, Verdict};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, Status};

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub(crate) fn spf(name: &str) -> Authenticated {
    Authenticated { method: Method::Spf, domain: domain(name) }
}

pub(crate) fn dkim(name: &str) -> Authenticated {
    Authenticated { method: Method::Dkim, domain: domain(name) }
}

/// Names that are not in it do not exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zone {
    names: BTreeMap<String, Result<Vec<String>, Status>>,
}

impl Zone {
    /// Policy records, each at the name with `_dmarc.` in front.
    pub(crate) fn new(records: &[(&str, &str)]) -> Self {
        let mut zone = Self::default();
        for (name, text) in records {
            let texts = zone.names.entry(format!("_dmarc.{name}")).or_insert_with(|| Ok(Vec::new()));
            texts.as_mut().unwrap().push((*text).to_owned());
        }
        zone
    }

    /// The query for the policy record of `name` ends in `status`.
    pub(crate) fn failing(mut self, name: &str, status: Status) -> Self {
        self.names.insert(format!("_dmarc.{name}"), Err(status));
        self
    }

    /// The name itself, without any record that is asked for.
    pub(crate) fn with_name(mut self, name: &str, status: Status) -> Self {
        self.names.insert(name.to_owned(), Err(status));
        self
    }

    pub(crate) fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, _) = question else { panic!("DMARC asks the DNS only") };
        Answer::Dns(match self.names.get(name.as_str()) {
            None => DnsAnswer::empty(Status::NxDomain),
            Some(Err(status)) => DnsAnswer::empty(*status),
            Some(Ok(texts)) => {
                DnsAnswer::found(texts.iter().map(|t| Record::Txt(t.as_bytes().to_vec())).collect::<Vec<_>>())
            }
        })
    }

    /// Discovery, and the names and types that it asked for, in order.
    pub(crate) fn asked(&self, author: &str, candidates: &[&str]) -> (Discovery, Vec<String>) {
        let mut asked = Vec::new();
        let request = Discover::new(domain(author), candidates.iter().map(|name| domain(name)));
        let discovery = Evaluation::new(request).run_with(|question| {
            if let Question::Dns(name, record_type) = question {
                asked.push(format!("{name} {record_type}"));
            }
            self.answer(question)
        });
        (discovery, asked)
    }

    pub(crate) fn discover(&self, author: &str, candidates: &[&str]) -> Discovery {
        self.asked(author, candidates).0
    }

    /// The verdict on a message with these authenticated identifiers.
    pub(crate) fn judge(&self, author: &str, authenticated: &[Authenticated]) -> Verdict {
        self.judge_undecided(author, authenticated, &[])
    }

    pub(crate) fn judge_undecided(&self, author: &str, passed: &[Authenticated], open: &[Authenticated]) -> Verdict {
        let candidates: Vec<&str> = passed.iter().chain(open).map(|a| a.domain.as_str()).collect();
        self.discover(author, &candidates).conclude(passed, open)
    }
}
