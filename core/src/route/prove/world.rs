//! A world in which all is well: every name has addresses, none of them ours, and SPF lists everybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::Domain;
use crate::lookup::{Answer, DnsAnswer, Question, Record, RecordType, Status};
use crate::route::policy::Policy;

pub(super) struct World {
    hostname: Domain,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
}

impl World {
    pub(super) fn of(policy: &Policy) -> Self {
        let is_free = |address: IpAddr| !policy.addresses.contains(&address);
        // Those of documentation (RFC 5737, RFC 3849).
        let v4 = (25..=254).map(|last| Ipv4Addr::new(198, 51, 100, last)).find(|address| is_free((*address).into()));
        let v6 = (0x25..=0xffff).map(|last| Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, last));
        let v6 = v6.into_iter().find(|address| is_free((*address).into()));
        Self {
            hostname: policy.hostname.clone(),
            v4: v4.unwrap_or(Ipv4Addr::new(192, 0, 2, 25)),
            v6: v6.unwrap_or(Ipv6Addr::LOCALHOST),
        }
    }

    /// Nobody publishes anything about security; in the secure world everybody has TLSA records.
    pub(super) fn answer(&self, question: &Question, is_secure: bool) -> Answer {
        let found = |record: Record| Answer::Dns(DnsAnswer::found([record]).with_secure(is_secure));
        match question {
            Question::Dns(_, RecordType::A) => found(Record::A(self.v4)),
            Question::Dns(_, RecordType::Aaaa) => found(Record::Aaaa(self.v6)),
            Question::Dns(name, RecordType::Mx) => {
                let labels = ["mx", "mx2"].map(|label| name.prepend(label).ok());
                let exchange = labels.into_iter().flatten().find(|host| *host != self.hostname);
                found(Record::Mx { preference: 10, exchange })
            }
            Question::Dns(name, RecordType::Txt) if !name.as_str().starts_with("_mta-sts.") => {
                found(Record::Txt(b"v=spf1 exists:%{ir}.listed.example -all".to_vec()))
            }
            Question::Dns(_, RecordType::Tlsa) if is_secure => {
                found(Record::Tlsa { usage: 3, selector: 1, matching: 1, data: vec![0; 32] })
            }
            Question::Dns(..) => Answer::Dns(DnsAnswer::empty(Status::NoError)),
            Question::Quota { .. } => Answer::Quota(Some(0)),
            other => Answer::timeout(other),
        }
    }
}
