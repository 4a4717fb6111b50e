//! What the DNS and the policy hosts of the world say; what they say changes where the seed wants it.

use passerelle::{Answer, DnsAnswer, Domain, Question, Record, RecordType, Status};

use crate::certificates::{PKI, public_key};
use crate::faults::{Fault, Faults};
use crate::world::{HOSTS, SIGNERS, host_named};

/// The names as they are now.
#[derive(Debug, Default)]
pub(crate) struct Dns {
    /// How often something has changed: every second time the other way.
    changes: u64,
}

impl Dns {
    /// The answer, and how long it takes.
    pub(crate) fn answer(&mut self, question: &Question, faults: &mut Faults) -> (Answer, u64) {
        let delay = match faults.strikes(Fault::Slow) {
            true => faults.dice(Fault::Slow).below(3000),
            false => 0,
        };
        if faults.strikes(Fault::DnsChange) {
            self.changes += 1;
        }
        match question {
            Question::Dns(..) if faults.strikes(Fault::ServFail) => {
                (Answer::Dns(DnsAnswer::empty(Status::ServFail)), delay)
            }
            Question::Dns(..) if faults.strikes(Fault::DnsTimeout) => {
                (Answer::Dns(DnsAnswer::empty(Status::Timeout)), delay + 10_000)
            }
            Question::StsPolicy(_) if faults.strikes(Fault::ServFail) => {
                (Answer::StsPolicy(Err(passerelle::StsError::Fetch)), delay)
            }
            question => (self.truth(question), delay),
        }
    }

    /// What is so.
    pub(crate) fn truth(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, kind) => Answer::Dns(self.records(name, *kind)),
            Question::StsPolicy(domain) if domain.as_str() == "sts.example" => {
                let policy = "version: STSv1\nmode: enforce\nmx: mx.sts.example\nmax_age: 604800\n";
                Answer::StsPolicy(Ok(policy.into()))
            }
            Question::Quota { .. } => Answer::Quota(Some(0)),
            question => Answer::timeout(question),
        }
    }

    fn records(&self, name: &Domain, kind: RecordType) -> DnsAnswer {
        let name = name.as_str();
        let is_secure = name.ends_with("dane.example");
        let (records, is_there) = match kind {
            RecordType::A | RecordType::Aaaa => addresses(name, kind),
            RecordType::Mx => self.exchanges(name),
            RecordType::Tlsa => (tlsa(name), true),
            RecordType::Txt => texts(name),
            _ => (Vec::new(), true),
        };
        let answer = match records.is_empty() && !is_there {
            true => DnsAnswer::empty(Status::NxDomain),
            false => DnsAnswer::found(records),
        };
        answer.with_ttl(60).with_secure(is_secure)
    }

    fn exchanges(&self, name: &str) -> (Vec<Record>, bool) {
        let hosts: &[(u16, &str)] = match name {
            // One of the two is the first at a time, or there is the second alone.
            "may.example" => match self.changes % 3 {
                0 => &[(10, "mx1.may.example"), (20, "mx2.may.example")],
                1 => &[(10, "mx2.may.example"), (20, "mx1.may.example")],
                _ => &[(10, "mx2.may.example")],
            },
            "raw.example" => &[(10, "mx.raw.example")],
            "dane.example" => &[(10, "mx.dane.example")],
            "sts.example" => &[(10, "mx.sts.example")],
            "bank.example" => &[(10, "mx.bank.example")],
            _ => return (Vec::new(), is_known(name)),
        };
        let record = |(preference, host): &(u16, &str)| Record::Mx {
            preference: *preference,
            exchange: Some(Domain::parse(host).expect("a name")),
        };
        (hosts.iter().map(record).collect(), true)
    }
}

fn is_known(name: &str) -> bool {
    host_named(name).is_some() || name.ends_with("example.com") || HOSTS.iter().any(|host| host.name.ends_with(name))
}

fn addresses(name: &str, kind: RecordType) -> (Vec<Record>, bool) {
    let Some(host) = host_named(name) else { return (Vec::new(), is_known(name)) };
    let record = |address: &&str| match address.parse().expect("an address") {
        std::net::IpAddr::V4(address) if kind == RecordType::A => Some(Record::A(address)),
        std::net::IpAddr::V6(address) if kind == RecordType::Aaaa => Some(Record::Aaaa(address)),
        _ => None,
    };
    (host.addresses.iter().filter_map(record).collect(), true)
}

fn tlsa(name: &str) -> Vec<Record> {
    let host =
        HOSTS.iter().position(|host| name == format!("_25._tcp.{}", host.name) && name.ends_with("dane.example"));
    let record = |host| Record::Tlsa { usage: 3, selector: 1, matching: 1, data: PKI.digest(host) };
    host.map(record).into_iter().collect()
}

fn texts(name: &str) -> (Vec<Record>, bool) {
    if name == "_mta-sts.sts.example" {
        return (vec![Record::Txt(b"v=STSv1; id=20260901;".to_vec())], true);
    }
    let key = SIGNERS.iter().find(|(domain, selector, _)| name == format!("{selector}._domainkey.{domain}"));
    let Some((_, _, secret)) = key else { return (Vec::new(), is_known(name)) };
    (vec![Record::Txt(key_record(*secret).into_bytes())], true)
}

/// The record of a key (RFC 8463 §4).
fn key_record(secret: [u8; 32]) -> String {
    format!("v=DKIM1; k=ed25519; p={}", crate::base64::encode(&public_key(secret)))
}
