//! SPF records shaped like those of a large provider, and clients to check.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use passerelle::{Answer, DnsAnswer, Question, Record, Status};

/// Three records of 20 `ip4` and 20 `ip6` each, two `include`s deep.
pub struct Zone {
    /// The TXT records by name.
    pub texts: Vec<(String, String)>,
    cache: HashMap<String, DnsAnswer>,
}

/// An SMTP client.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its address.
    pub ip: Ipv4Addr,
    /// What it says in EHLO.
    pub helo: &'static str,
    /// Its reverse-path.
    pub mail_from: &'static str,
}

/// A client in the last network of the last record: pass, after all the others were compared.
pub const LISTED: Client =
    Client { ip: Ipv4Addr::new(10, 2, 19, 7), helo: "mail.example.com", mail_from: "ann@example.com" };
/// A client that no record lists: softfail.
pub const UNLISTED: Client = Client { ip: Ipv4Addr::new(192, 0, 2, 1), ..LISTED };

/// How many records hold networks.
const BLOCKS: usize = 3;

impl Zone {
    /// The records of the provider and of `example.com`, its customer.
    pub fn new() -> Self {
        let mut texts = vec![("example.com".to_owned(), "v=spf1 include:_spf.provider.example ~all".to_owned())];
        let mut spf = "v=spf1".to_owned();
        for block in 0..BLOCKS {
            let name = format!("_netblocks{block}.provider.example");
            let _ = write!(spf, " include:{name}");
            let mut text = "v=spf1".to_owned();
            for network in 0..20 {
                let _ = write!(text, " ip4:10.{block}.{network}.0/24");
            }
            for network in 0..20 {
                let _ = write!(text, " ip6:2001:db8:{:x}:{network:x}::/64", 0x4000 + block);
            }
            texts.push((name, text + " ~all"));
        }
        texts.push(("_spf.provider.example".to_owned(), spf + " ~all"));
        let cached = |text: &String| DnsAnswer::found([Record::Txt(text.clone().into_bytes())]);
        let cache = texts.iter().map(|(name, text)| (name.clone(), cached(text))).collect();
        Self { texts, cache }
    }

    /// The answer of a host's cache.
    pub fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, _) = question else { unreachable!("SPF asks the DNS only") };
        let found = self.cache.get(name.as_str()).cloned();
        Answer::Dns(found.unwrap_or_else(|| DnsAnswer::empty(Status::NxDomain)))
    }

    /// The answer of a host that keeps none: its records have not been read before.
    pub fn new_answer(&self, question: &Question) -> Answer {
        match self.answer(question) {
            Answer::Dns(mut answer) => {
                answer.records = answer.records.to_vec().into();
                Answer::Dns(answer)
            }
            other => other,
        }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::new()
    }
}
