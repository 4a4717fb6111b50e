//! A small DNS for tests: a table of names, types and answers.

use std::collections::BTreeMap;

use passerelle::spf::{CheckHost, Request, Verdict};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, RecordType, Status};

/// Names and what they have. A name that is not listed does not exist; a listed one has no data of other types.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zone {
    records: BTreeMap<(Domain, RecordType), Vec<Record>>,
    failures: BTreeMap<(Domain, RecordType), Status>,
    names: BTreeMap<Domain, Option<Status>>,
}

impl Zone {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A zone from lines such as `example.com TXT v=spf1 -all`; `TXT TIMEOUT` and the like make failures.
    pub(crate) fn from_lines(lines: &[&str]) -> Self {
        let mut zone = Self::new();
        for line in lines {
            let mut words = line.splitn(3, ' ');
            let name = words.next().unwrap();
            let record_type = RecordType::from_mnemonic(words.next().unwrap()).unwrap();
            let data = words.next().unwrap();
            match Status::from_word(data) {
                Some(status) => zone.fail(name, record_type, status),
                None => zone.add(name, record(record_type, data)),
            }
        }
        zone
    }

    pub(crate) fn add(&mut self, name: &str, record: Record) {
        let name = Domain::from_dns(name).unwrap();
        self.names.entry(name.clone()).or_default();
        self.records.entry((name, record.record_type())).or_default().push(record);
    }

    pub(crate) fn txt(&mut self, name: &str, text: impl AsRef<[u8]>) {
        self.add(name, Record::Txt(text.as_ref().to_vec()));
    }

    pub(crate) fn fail(&mut self, name: &str, record_type: RecordType, status: Status) {
        let name = Domain::from_dns(name).unwrap();
        self.names.entry(name.clone()).or_default();
        self.failures.insert((name, record_type), status);
    }

    /// What a name gives for types that are not listed for it.
    pub(crate) fn otherwise(&mut self, name: &str, status: Status) {
        self.names.insert(Domain::from_dns(name).unwrap(), Some(status));
    }

    pub(crate) fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, record_type) = question else { panic!("SPF asks the DNS alone") };
        Answer::Dns(self.lookup(name, *record_type, 8))
    }

    fn lookup(&self, name: &Domain, record_type: RecordType, depth: u32) -> DnsAnswer {
        let key = (name.clone(), record_type);
        if let Some(&status) = self.failures.get(&key) {
            return DnsAnswer::empty(status);
        }
        if let Some(records) = self.records.get(&key) {
            return DnsAnswer::found(records.clone());
        }
        if let Some([Record::Cname(target)]) = self.records.get(&(name.clone(), RecordType::Cname)).map(Vec::as_slice) {
            return match depth {
                0 => DnsAnswer::empty(Status::ServFail),
                _ => self.lookup(target, record_type, depth - 1),
            };
        }
        DnsAnswer::empty(match self.names.get(name) {
            Some(Some(status)) => *status,
            Some(None) => Status::NoError,
            None => Status::NxDomain,
        })
    }

    pub(crate) fn check(&self, check: CheckHost) -> Verdict {
        Evaluation::new(check).run_with(|question| self.answer(question))
    }

    /// Checks a reverse-path.
    pub(crate) fn mail_from(&self, ip: &str, mail_from: &str) -> Verdict {
        self.check(CheckHost::mail_from(&request(ip, mail_from)))
    }
}

pub(crate) fn request(ip: &str, mail_from: &str) -> Request {
    Request::new(ip.parse().unwrap(), "mail.example.net", mail_from)
}

pub(crate) fn record(record_type: RecordType, data: &str) -> Record {
    match record_type {
        RecordType::A => Record::A(data.parse().unwrap()),
        RecordType::Aaaa => Record::Aaaa(data.parse().unwrap()),
        RecordType::Ptr => Record::Ptr(Domain::from_dns(data).unwrap()),
        RecordType::Cname => Record::Cname(Domain::from_dns(data).unwrap()),
        RecordType::Txt => Record::Txt(data.as_bytes().to_vec()),
        RecordType::Mx => {
            let (preference, exchange) = data.split_once(' ').unwrap();
            let exchange = exchange.trim_matches('"');
            let exchange = (!matches!(exchange, "" | ".")).then(|| Domain::from_dns(exchange).unwrap());
            Record::Mx { preference: preference.parse().unwrap(), exchange }
        }
        _ => panic!("SPF has no use for {record_type}"),
    }
}
