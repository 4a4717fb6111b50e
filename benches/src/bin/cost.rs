//! What hostile inputs cost: does the work grow with their size, or faster?
//!
//! `cost` lists the cases, each with the size to begin with; `cost CASE SIZE` makes that input, has the engine work on
//! it in the function [`measured`], and prints what came of it. `cargo xtask linear` runs each case under callgrind at
//! one size and at twice that size, and compares the instructions counted inside [`measured`].

use std::process::ExitCode;

use passerelle::dkim::VerifyPolicy;
use passerelle::limits::Limits;
use passerelle::message::{Header, HeaderReader, author};
use passerelle::results::{AuthenticationResults, strip_forged};
use passerelle::spf::{CheckHost, Request};
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Now, Question, Record, RecordType, Status, Transcript};

/// Makes an input of a size and says how the engine is to work on it.
type Case = fn(usize) -> Work;
type Work = Box<dyn Fn() -> String>;

/// Each case, its first size, and what the result must contain at both sizes.
const CASES: [(&str, usize, &str, Case); 30] = [
    ("signatures", 500, "were not examined", signatures),
    ("signatures-all-examined", 50, "50", signatures_all_examined),
    ("header-octets", 5 << 20, "more than 262144 octets", header_octets),
    ("header-octets-in-pieces", 60_000, "header section", header_octets_in_pieces),
    ("header-fields", 20_000, "more than 2000 fields", header_fields),
    ("header-fields-kept", 2000, "there is no From field", header_fields_kept),
    ("header-fields-of-many-kinds", 2000, "there is no From field", header_fields_of_many_kinds),
    ("signed-fields", 400, "there is no key", signed_fields),
    ("signed-fields-over-the-limit", 5000, "more than 1000 field names", signed_fields),
    ("tags", 10_000, "more than 64 tags", tags),
    ("key-octets", 6000, "public key", key_octets),
    ("key-bits", 8200, "at most 8192 are accepted", key_bits),
    ("key-tags", 30, "permerror", key_tags),
    ("spf-record", 32 << 10, "longer than", spf_record),
    ("spf-networks", 7 << 10, "neutral", spf_record),
    ("spf-macros", 100, "fail", spf_macros),
    ("spf-sender", 400, "fail", spf_sender),
    ("labels", 63, "dmarc", labels),
    ("dmarc-record", 1900, "reject", dmarc_record),
    ("dmarc-record-over-the-limit", 30 << 10, "more than 4096 octets", dmarc_record),
    ("dns-records", 2000, "spf", dns_records),
    ("from-addresses", 90, "different domains", from_addresses),
    ("from-comments", 7 << 10, "From field", from_comments),
    ("from-bare-endings", 40_000, "From field", from_bare_endings),
    ("from-at-signs", 7 << 10, "From field", from_at_signs),
    ("from-behind-the-limit", 300 << 10, "header section", from_behind_the_limit),
    ("forged-results", 500, "removed", forged_results),
    ("results-in-a-field", 90, "results", results_in_a_field),
    ("transcript", 500, "a499.example", transcript),
    ("body-of-blanks", 100 << 10, "fail", body_of_blanks),
];

/// Work that grows with the square of the size, to see that whoever compares finds it.
const CONTROL: (&str, usize, &str, Case) = ("control", 200, "pairs", control);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => {
            CASES.iter().for_each(|(name, size, ..)| println!("{name} {size}"));
            ExitCode::SUCCESS
        }
        [name, size] => {
            let case = CASES.iter().chain([&CONTROL]).find(|(known, ..)| known == name);
            let (Some((.., expected, case)), Ok(size)) = (case, size.parse()) else { return ExitCode::from(2) };
            let outcome = measured(&*case(size));
            println!("{}", outcome.chars().take(200).collect::<String>());
            if outcome.contains(expected) {
                return ExitCode::SUCCESS;
            }
            eprintln!("the result of {name} at {size} does not say \"{expected}\"");
            ExitCode::FAILURE
        }
        _ => ExitCode::from(2),
    }
}

/// What callgrind counts. It must keep its name and its place on the stack.
#[inline(never)]
fn measured(work: &dyn Fn() -> String) -> String {
    std::hint::black_box(work())
}

const FROM: &str = "From: a@example.com\r\n";

fn name(text: &str) -> Domain {
    Domain::parse(text).expect("a name of this program's own")
}

fn text(text: impl Into<Vec<u8>>) -> DnsAnswer {
    DnsAnswer::found([Record::Txt(text.into())])
}

fn control(size: usize) -> Work {
    Box::new(move || {
        let pairs = (0..size).flat_map(|a| (0..size).map(move |b| std::hint::black_box(a ^ b)));
        format!("{} pairs", pairs.filter(|both| *both == 0).count())
    })
}

/// The verification of a message in a world where every name has this answer.
fn verified(message: String, settings: Settings, answer: DnsAnswer) -> Work {
    Box::new(move || {
        let envelope = Envelope::new().ip([192, 0, 2, 1].into()).mail_from("a@example.com");
        let answer = |_: &Question| Answer::Dns(answer.clone());
        let report = verify(message.as_bytes(), &envelope, &settings, Now::at(1_790_000_000), answer);
        report.as_ref().map(Report::to_json).unwrap_or_default()
    })
}

fn nothing() -> DnsAnswer {
    DnsAnswer::empty(Status::NxDomain)
}

/// A signature that is well formed and does not verify.
fn signature(h: &str) -> String {
    format!(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s; h={h}; b=dGVzdA==;\r\n \
         bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n"
    )
}

fn signatures(size: usize) -> Work {
    verified(signature("from").repeat(size) + FROM + "\r\n", Settings::default(), nothing())
}

fn signatures_all_examined(size: usize) -> Work {
    let dkim = VerifyPolicy::default().max_signatures(usize::MAX);
    let message = signature("from").repeat(size) + FROM + "\r\n";
    let inner = verified(message, Settings::default().dkim(dkim), nothing());
    Box::new(move || format!("{} at least 50", inner().len()))
}

fn header_octets(size: usize) -> Work {
    verified(format!("{FROM}X: {}\r\n\r\n", "x".repeat(size)), Settings::default(), nothing())
}

fn header_octets_in_pieces(size: usize) -> Work {
    let octets = "X: y\r\r\n".repeat(size / 7);
    Box::new(move || {
        let mut reader = HeaderReader::new();
        for octet in octets.as_bytes().chunks(1) {
            reader.push(octet);
        }
        author(&reader.finish()).map_or_else(|error| error.to_string(), |author| author.domain.to_string())
    })
}

fn header_fields(size: usize) -> Work {
    verified(format!("{FROM}{}\r\n", "X: y\r\n".repeat(size)), Settings::default(), nothing())
}

fn unlimited() -> Settings {
    let all = usize::MAX;
    let limits = Limits::default().header_size(all).header_fields(all).fields_of_a_kind(all - 1);
    Settings::default().limits(limits)
}

fn header_fields_kept(size: usize) -> Work {
    verified(signature("from:x:x:x") + &"X: y\r\n".repeat(size) + "\r\n", unlimited(), nothing())
}

fn header_fields_of_many_kinds(size: usize) -> Work {
    let fields: String = (0..size).map(|n| format!("X{n:09}: y\r\n")).collect();
    let limits = unlimited().limits.fields_of_a_kind(1);
    verified(signature("from:x000000003") + &fields + "\r\n", unlimited().limits(limits), nothing())
}

fn signed_fields(size: usize) -> Work {
    let fields: String = (0..800).map(|n| format!("X{n:09}: y\r\n")).collect();
    let names: String = (0..size).map(|n| format!("x{n:09}:")).collect();
    verified(signature(&(names + "from")) + FROM + &fields + "\r\n", unlimited(), nothing())
}

fn tags(size: usize) -> Work {
    let tags: String = (0..size).map(|n| format!("; x{n:06}=y")).collect();
    verified(format!("DKIM-Signature: v=1{tags}\r\n{FROM}\r\n"), Settings::default(), nothing())
}

/// A message with an RSA signature, and the record of its key.
fn with_key(record: String) -> Work {
    let message = signature("from").replace("ed25519", "rsa") + FROM + "\r\n";
    verified(message, Settings::default(), text(record))
}

fn key_octets(size: usize) -> Work {
    with_key(format!("v=DKIM1; p={}", "QUJD".repeat(size / 4)))
}

fn key_tags(size: usize) -> Work {
    let tags: String = (0..size).map(|n| format!("; x{n}={}", "y".repeat(100))).collect();
    with_key(format!("v=DKIM1{tags}; p="))
}

fn key_bits(size: usize) -> Work {
    let integer = |octets: &[u8]| [&[0x02, 0x82, (octets.len() >> 8) as u8, octets.len() as u8], octets].concat();
    let mut modulus = vec![0xab; size / 8 + 1];
    modulus[0] = 0;
    let content = [integer(&modulus), vec![0x02, 0x03, 1, 0, 1]].concat();
    let key = [&[0x30, 0x82, (content.len() >> 8) as u8, content.len() as u8], &content[..]].concat();
    with_key(format!("v=DKIM1; p={}", base64(&key)))
}

fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group.iter().fold(0u32, |bits, &octet| bits << 8 | u32::from(octet)) << (8 * (3 - group.len()));
        let digit = |n: usize| char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63]);
        (0..4).map(|n| if n <= group.len() { digit(n) } else { '=' }).collect::<String>()
    };
    octets.chunks(3).map(group).collect()
}

fn spf(record: String, sender: String) -> Work {
    Box::new(move || {
        let check = CheckHost::mail_from(&Request::new([203, 0, 113, 1].into(), "h.example", sender.as_str()));
        let verdict = Evaluation::new(check.void_limit(10)).run_with(|question| match question {
            Question::Dns(domain, RecordType::Txt) if *domain == name("example.com") => {
                Answer::Dns(text(record.as_bytes()))
            }
            _ => Answer::Dns(nothing()),
        });
        format!("{} {}", verdict.result, verdict.reason.unwrap_or_default())
    })
}

fn spf_record(size: usize) -> Work {
    spf(format!("v=spf1{}", " ip4:192.0.2.1".repeat(size / 14)), "a@example.com".into())
}

fn spf_macros(size: usize) -> Work {
    let spec = "%{s}".repeat(size);
    spf(format!("v=spf1{} -all", format!(" exists:{spec}").repeat(9)), format!("{}@example.com", "a.".repeat(100)))
}

fn spf_sender(size: usize) -> Work {
    let spec = "%{l1r-.+}%{L}".repeat(40);
    spf(format!("v=spf1 exists:{spec} -all"), format!("{}@example.com", "a-".repeat(size / 2)))
}

fn labels(size: usize) -> Work {
    let domain = vec!["a"; size].join(".");
    verified(format!("From: a@{domain}\r\n\r\n"), Settings::default(), nothing())
}

fn dmarc_record(size: usize) -> Work {
    let tags: String = (0..size / 20).map(|n| format!("; x{n:07}=y,mailto:a")).collect();
    verified(format!("{FROM}\r\n"), Settings::default(), text(format!("v=DMARC1; p=reject{tags}")))
}

fn dns_records(size: usize) -> Work {
    let records: Vec<Record> = (0..size).map(|n| Record::Txt(format!("v=spf1 {n}").into_bytes())).collect();
    verified(signature("from") + FROM + "\r\n", Settings::default(), DnsAnswer::found(records))
}

fn from_addresses(size: usize) -> Work {
    let addresses: Vec<String> = (0..size).map(|n| format!("\"a, b\" (c) <a@x{n}.example>")).collect();
    verified(format!("From: {}\r\n\r\n", addresses.join(", ")), Settings::default(), nothing())
}

fn from_comments(size: usize) -> Work {
    let comments = "((((((((a))))))))".repeat(size / 17);
    verified(format!("From: {comments}a@example.com (\r\n\r\n"), Settings::default(), nothing())
}

fn from_bare_endings(size: usize) -> Work {
    let lines = "X: \ny\r: z\n\n".repeat(size / 11);
    verified(format!("{lines}\r\n{FROM}\r\n"), Settings::default(), nothing())
}

fn from_at_signs(size: usize) -> Work {
    let value = "@ (\"<a@=?utf-8?q?=40x?= ".repeat(size / 23);
    verified(format!("From: {value}\r\n\r\n"), Settings::default(), nothing())
}

fn from_behind_the_limit(size: usize) -> Work {
    let lines = "From: @ (@\r\n .x\r\nX: y\njunk @\r\n".repeat(size / 33);
    verified(format!("{lines}\r\n"), Settings::default(), nothing())
}

fn forged_results(size: usize) -> Work {
    let field = "Authentication-Results: ((((a))))\r\n (b\\)) mx.example.com; dkim=pass\r\n\tx\r\n";
    let message = format!("{}{FROM}\r\n", field.repeat(size));
    Box::new(move || {
        let (header, _) = Header::split(message.as_bytes());
        match strip_forged(&header, &["mx.example.com", "mx2.example.com"]) {
            Ok((_, count)) => format!("{count} removed"),
            Err(error) => error.to_string(),
        }
    })
}

fn results_in_a_field(size: usize) -> Work {
    let results =
        "; dkim=pass (good (very)) reason=\"a \\\"b\\\"\" header.d=example.com header.i=@example.com".repeat(size);
    let value = format!("mx.example.com 1{results}");
    Box::new(move || match AuthenticationResults::parse(value.as_bytes()) {
        Ok(parsed) => format!("{} results", parsed.results.results().len()),
        Err(error) => error.to_string(),
    })
}

fn body_of_blanks(size: usize) -> Work {
    let body = " \t \r\n\r\r \r\n".repeat(size / 10);
    let signed = signature("from") + &signature("from").replace("relaxed/relaxed", "simple/simple; l=70000");
    let key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    verified(signed + FROM + "\r\n" + &body, Settings::default(), text(key))
}

/// A transcript is the host's own file, but its size is the network's doing when it was recorded.
fn transcript(size: usize) -> Work {
    let entries: Vec<String> =
        (0..size).map(|n| format!(r#"{{"name": "a{n}.example", "type": "TXT", "records": ["x"]}}"#)).collect();
    let json = format!(r#"{{"answers": [{}]}}"#, entries.join(","));
    Box::new(move || match Transcript::parse(json.as_bytes()) {
        Ok(transcript) => transcript.to_json(),
        Err(error) => error.to_string(),
    })
}
