//! SPF macros: the name that is asked for and the explanation are what a naive expansion gives, within their bounds.
#![no_main]

use std::cell::RefCell;

use arbitrary::Arbitrary;
use passerelle::limits::{MAX_DOMAIN_LENGTH, MAX_SPF_DOMAIN_SPEC, MAX_SPF_EXPLANATION, MAX_SPF_HELO};
use passerelle::spf::{CheckHost, DomainSpec, Request, SpfResult};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, RecordType, Status, UnixTime};
use passerelle_fuzz::fuzz_target;
use passerelle_fuzz::naive;
use passerelle_fuzz::world::Address;

const DOMAIN: &str = "mail.a.example";
const RECEIVER: &str = "mx.b.example";
const TIME: u64 = 1_790_000_000;

#[derive(Arbitrary, Debug)]
struct Input {
    ip: Address,
    local: String,
    helo: String,
    name: Vec<Piece>,
    explanation: Vec<Piece>,
}

#[derive(Arbitrary, Debug)]
enum Piece {
    Macro { letter: u8, keep: u8, reversed: bool, delimiters: u8 },
    Escape(u8),
    Text(String),
    Label,
}

fuzz_target!(|input: Input| {
    let name: String = input.name.iter().map(Piece::text).collect();
    let explanation: String = input.explanation.iter().map(Piece::text).collect();
    let values = Values::of(&input);
    let expanded = naive::expand(&name, |letter| values.of_letter(letter, false));
    if DomainSpec::parse(&name).is_err() {
        return;
    }
    let Some(expanded) = expanded else { panic!("{name} is no domain-spec") };
    assert!(name.len() <= MAX_SPF_DOMAIN_SPEC);

    let asked = RefCell::new(Vec::new());
    let verdict = Evaluation::new(CheckHost::mail_from(&values.request)).run_with(|question| {
        let Question::Dns(domain, record_type) = question else { panic!("SPF asks the DNS alone") };
        if *record_type == RecordType::A {
            asked.borrow_mut().push(domain.clone());
        }
        Answer::Dns(match (domain.as_str(), record_type) {
            (DOMAIN, RecordType::Txt) => txt(&format!("v=spf1 exists:{name} -all exp=why.a.example")),
            ("why.a.example", RecordType::Txt) => txt(&explanation),
            _ => DnsAnswer::empty(Status::NxDomain),
        })
    });
    assert_eq!(verdict.result, SpfResult::Fail, "{verdict:?}");
    assert_eq!(asked.into_inner(), fitted(&expanded).into_iter().collect::<Vec<_>>(), "{name}");

    let is_shown = |text: &String| text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let expected = naive::expand(&explanation, |letter| values.of_letter(letter, true))
        .filter(|text| is_shown(&explanation) && is_shown(text) && text.len() <= MAX_SPF_EXPLANATION);
    assert_eq!(verdict.explanation, expected, "{explanation}");
});

fn txt(text: &str) -> DnsAnswer {
    DnsAnswer::found([Record::Txt(text.as_bytes().to_vec())])
}

/// RFC 7208 §7.3: labels go at the left until 253 octets are left.
fn fitted(expanded: &str) -> Option<Domain> {
    let mut name = expanded.strip_suffix('.').unwrap_or(expanded);
    while name.len() > MAX_DOMAIN_LENGTH {
        name = name.split_once('.')?.1;
    }
    Domain::from_dns(name).ok()
}

struct Values {
    request: Request,
    local: String,
}

impl Values {
    fn of(input: &Input) -> Self {
        // What is outside printable ASCII has a rule of its own (RFC 8616 §4).
        let ascii = |text: &str, length: usize| -> String {
            text.chars().filter(char::is_ascii_graphic).take(length).collect()
        };
        let local = ascii(&input.local, 300);
        let path = format!("{local}@{DOMAIN}");
        let mut request = Request::new(input.ip.ip(), ascii(&input.helo, MAX_SPF_HELO), path);
        request.receiver = Domain::parse(RECEIVER).ok();
        request.unix = UnixTime(TIME);
        let local = if local.is_empty() { "postmaster".into() } else { local };
        Self { request, local }
    }

    /// RFC 7208 §7.2. The DNS of this target has no names for addresses.
    fn of_letter(&self, letter: char, in_explanation: bool) -> Option<String> {
        let ip = self.request.ip.to_canonical();
        Some(match letter {
            's' => format!("{}@{DOMAIN}", self.local),
            'l' => self.local.clone(),
            'o' | 'd' => DOMAIN.to_owned(),
            'i' => match ip {
                std::net::IpAddr::V4(ip) => ip.to_string(),
                std::net::IpAddr::V6(ip) => {
                    let digits = format!("{:032X}", ip.to_bits());
                    digits.chars().map(String::from).collect::<Vec<_>>().join(".")
                }
            },
            'p' => "unknown".to_owned(),
            'v' if ip.is_ipv4() => "in-addr".to_owned(),
            'v' => "ip6".to_owned(),
            'h' => self.request.helo.clone(),
            'c' if in_explanation => ip.to_string(),
            'r' if in_explanation => RECEIVER.to_owned(),
            't' if in_explanation => TIME.to_string(),
            _ => return None,
        })
    }
}

impl Piece {
    fn text(&self) -> String {
        let pick = |texts: &[&'static str], index: u8| texts[usize::from(index) % texts.len()];
        match self {
            Self::Macro { letter, keep, reversed, delimiters } => {
                let letters = ["s", "l", "o", "d", "i", "p", "v", "h", "S", "L", "H", "P", "I", "c", "r", "t", "C"];
                let keep = match keep % 8 {
                    0 => "".to_owned(),
                    7 => keep.to_string(),
                    few => few.to_string(),
                };
                let reversed = if *reversed { "r" } else { "" };
                let delimiters = pick(&["", "", ".", "-", "+-", "/=_,", ".."], *delimiters);
                format!("%{{{}{keep}{reversed}{delimiters}}}", pick(&letters, *letter))
            }
            Self::Escape(index) => pick(&["%%", "%_", "%-", "%", "%x"], *index).to_owned(),
            Self::Text(text) => text.clone(),
            Self::Label => ".label".to_owned(),
        }
    }
}
