//! A small DNS, made of few names, so that what the fuzzer puts together meets.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arbitrary::Arbitrary;
use passerelle::{Answer, DnsAnswer, Domain, Question, Record, RecordType, Status, Transcript};

/// The names that records and requests are about.
pub const NAMES: [&str; 8] = [
    "a.example",
    "b.example",
    "c.a.example",
    "mail.a.example",
    "1.2.0.192.in-addr.arpa",
    "2.2.0.192.in-addr.arpa",
    "_dmarc.a.example",
    "s._domainkey.a.example",
];

/// One of [`NAMES`].
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Name(u8);

impl Name {
    pub fn as_str(self) -> &'static str {
        NAMES[usize::from(self.0) % NAMES.len()]
    }
}

/// One of few addresses, some of which have a name in [`NAMES`].
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Address(u8);

impl Address {
    pub fn ip(self) -> IpAddr {
        match self.0 % 6 {
            last @ 0..=3 => Ipv4Addr::new(192, 0, 2, last).into(),
            4 => Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().into(),
            _ => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        }
    }
}

/// What the DNS holds, and what it says about all other names.
#[derive(Arbitrary, Clone, Debug)]
pub struct World {
    entries: Vec<(Name, Entry)>,
    default: Failure,
}

#[derive(Arbitrary, Clone, Debug)]
enum Entry {
    Spf(Vec<Term>),
    Dmarc(Vec<Tag>),
    Text(Vec<u8>),
    Address(Address),
    Mx(u8, Option<Name>),
    Pointer(Name),
    Alias(Name),
    Failure(Type, Failure),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Failure {
    NoData,
    NxDomain,
    ServFail,
    Timeout,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Type {
    A,
    Aaaa,
    Mx,
    Ptr,
    Txt,
}

/// A term of an SPF record, mostly a valid one.
#[derive(Arbitrary, Clone, Debug)]
struct Term {
    sign: Pick,
    name: Pick,
    target: Target,
    prefix: Option<u8>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Target {
    None,
    Name(Name),
    Macro(Pick),
    Network(Address),
    Other(String),
}

/// A tag of a DMARC record.
#[derive(Arbitrary, Clone, Debug)]
struct Tag {
    name: Pick,
    value: Pick,
}

/// One of a list of texts.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Pick(u8);

impl Pick {
    fn of(self, texts: &[&'static str]) -> &'static str {
        texts[usize::from(self.0) % texts.len()]
    }
}

impl World {
    /// The world as a transcript; of entries that do not go together the later one counts.
    pub fn transcript(&self) -> Transcript {
        let mut transcript = Transcript::new();
        for (name, entry) in &self.entries {
            let (record_type, answer) = entry.answer();
            let name = Domain::from_dns(name.as_str()).expect("the names are names");
            add(&mut transcript, Question::Dns(name, record_type), answer);
        }
        transcript
    }

    /// The answer to a question, with this world's own word for names that it does not list.
    pub fn answer(&self, transcript: &Transcript, question: &Question) -> Answer {
        match (transcript.answer(question), question) {
            (Answer::Dns(answer), Question::Dns(name, _))
                if answer.status == Status::NxDomain && !NAMES.contains(&name.as_str()) =>
            {
                Answer::Dns(DnsAnswer::empty(self.default.status()))
            }
            (answer, _) => answer,
        }
    }
}

/// Adds to what the transcript has: records join records, and a failure takes their place.
pub fn add(transcript: &mut Transcript, question: Question, mut answer: DnsAnswer) {
    if let Answer::Dns(earlier) = transcript.answer(&question)
        && earlier.status == Status::NoError
        && answer.status == Status::NoError
    {
        answer.records = earlier.records.iter().chain(&*answer.records).cloned().collect();
    }
    transcript.record(&question, &Answer::Dns(answer));
}

impl Entry {
    fn answer(&self) -> (RecordType, DnsAnswer) {
        let record = match self {
            Self::Spf(terms) => {
                Record::Txt(terms.iter().fold("v=spf1".to_owned(), |text, term| text + &term.text()).into())
            }
            Self::Dmarc(tags) => {
                Record::Txt(tags.iter().fold("v=DMARC1".to_owned(), |text, tag| text + &tag.text()).into())
            }
            Self::Text(text) => Record::Txt(text.clone()),
            Self::Address(address) => match address.ip() {
                IpAddr::V4(ip) => Record::A(ip),
                IpAddr::V6(ip) => Record::Aaaa(ip),
            },
            Self::Mx(preference, exchange) => {
                Record::Mx { preference: u16::from(*preference), exchange: exchange.map(Name::domain) }
            }
            Self::Pointer(name) => Record::Ptr(name.domain()),
            Self::Alias(name) => Record::Cname(name.domain()),
            Self::Failure(record_type, failure) => {
                return (record_type.record_type(), DnsAnswer::empty(failure.status()));
            }
        };
        (record.record_type(), DnsAnswer::found([record]))
    }
}

impl Name {
    pub fn domain(self) -> Domain {
        Domain::from_dns(self.as_str()).expect("the names are names")
    }
}

impl Failure {
    fn status(self) -> Status {
        match self {
            Self::NoData => Status::NoError,
            Self::NxDomain => Status::NxDomain,
            Self::ServFail => Status::ServFail,
            Self::Timeout => Status::Timeout,
        }
    }
}

impl Type {
    fn record_type(self) -> RecordType {
        match self {
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::Aaaa,
            Self::Mx => RecordType::Mx,
            Self::Ptr => RecordType::Ptr,
            Self::Txt => RecordType::Txt,
        }
    }
}

impl Term {
    fn text(&self) -> String {
        let name = self.name.of(&["all", "include", "a", "mx", "ptr", "exists", "redirect", "exp", "ip4", "ip6", "x"]);
        let is_modifier = matches!(name, "redirect" | "exp" | "x");
        let sign = if is_modifier { "" } else { self.sign.of(&["", "-", "~", "?", "+"]) };
        let mut text = format!(" {sign}{name}");
        let separator = if is_modifier { '=' } else { ':' };
        let macros = ["%{d}", "%{p}", "%{l}.%{d}", "%{ir}.%{v}.arpa", "c.%{d2}", "%{o}", "%{h}", "%{s}%%.a.example"];
        match &self.target {
            Target::None => {}
            Target::Name(name) => text.extend([separator.to_string().as_str(), name.as_str()]),
            Target::Macro(pick) => text.extend([separator.to_string().as_str(), pick.of(&macros)]),
            Target::Network(address) => {
                let _ = write!(text, "{separator}{}", address.ip()); // writing to a String does not fail
            }
            Target::Other(other) => text.extend([separator.to_string().as_str(), other]),
        }
        if let Some(prefix) = self.prefix {
            let _ = write!(text, "/{prefix}"); // as above
        }
        text
    }
}

impl Tag {
    fn text(&self) -> String {
        let name = self.name.of(&["p", "sp", "np", "adkim", "aspf", "psd", "t", "rua", "fo", "zz"]);
        let value =
            self.value.of(&["none", "quarantine", "reject", "r", "s", "y", "n", "u", "mailto:a@a.example", "1"]);
        format!("; {name}={value}")
    }
}
