//! What holds for any message and any changes.

use std::collections::BTreeSet;

use passerelle::dkim::Canonicalization;
use passerelle::gateway::content::footer::{WhyNot, apply};
use passerelle::message::Header;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::footers::{footer, read};
use super::world::{ED25519, came, crlf, passing, policy, rule, sign, signer};

/// Fields that messages have, that signatures cover and that rules change.
const NAMES: [&str; 7] = ["Subject", "To", "Cc", "X-A", "X-B", "List-Id", "Received"];

fn message() -> impl Strategy<Value = Vec<u8>> {
    let field = (select(&NAMES[..]), "[a-c]{1,3}( {1,3}[a-c]{1,3}){0,2}(\n [a-c]{1,3})?");
    let fields = proptest::collection::vec(field, 0..6);
    let body = proptest::collection::vec("[a-c ]{0,6}", 0..5);
    (fields, body).prop_map(|(fields, body)| {
        let fields: String = fields.into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        crlf(&format!("{fields}From: ann@example.com\n\n{}", body.join("\n")))
    })
}

/// How one of three strangers signs.
#[derive(Clone, Debug)]
struct Seal {
    fields: Vec<&'static str>,
    oversigned: Vec<&'static str>,
    canonicalization: (Canonicalization, Canonicalization),
    length: bool,
}

fn seals(names: &'static [&'static str]) -> impl Strategy<Value = Vec<Seal>> {
    let canonicalization = select(vec![Canonicalization::Simple, Canonicalization::Relaxed]);
    let pair = (canonicalization.clone(), canonicalization);
    let lists = (subsequence(names, 0..=names.len()), subsequence(names, 0..=names.len()));
    let seal = (lists, pair, prop::bool::weighted(0.2)).prop_map(|((fields, oversigned), canonicalization, length)| {
        Seal { fields, oversigned, canonicalization, length }
    });
    proptest::collection::vec(seal, 0..4)
}

fn sealed(message: &[u8], seals: &[Seal]) -> Vec<u8> {
    let mut message = message.to_vec();
    for (number, seal) in seals.iter().enumerate() {
        let signer = signer(&format!("signer{number}.example"), ED25519, "ed").fields(&seal.fields).unwrap();
        let signer = signer.oversigned_fields(&seal.oversigned).unwrap();
        let signer = signer.canonicalization(seal.canonicalization.0, seal.canonicalization.1);
        let signer = if seal.length { signer.with_body_length() } else { signer };
        message = sign(signer, &message);
    }
    message
}

/// Changes of header fields, their values none that a message has.
fn changes() -> impl Strategy<Value = Vec<String>> {
    let name = select(&NAMES[..]);
    let change = prop_oneof![
        (name.clone(), "new[0-9]").prop_map(|(name, value)| format!("add_header = [\"{name}: {value}\"]")),
        name.prop_map(|name| format!("remove_header = [\"{name}\"]")),
        Just("subject_prefix = \"[tag] \"".to_owned()),
        Just("remove_header = [\"DKIM-Signature\"]".to_owned()),
    ];
    proptest::collection::vec(change, 0..4)
}

fn rules(changes: &[String]) -> String {
    changes.iter().enumerate().map(|(number, change)| rule(&format!("r{number}"), change)).collect()
}

/// The domains of strangers whose signatures pass.
fn strangers(message: &[u8]) -> BTreeSet<String> {
    let passing = passing(message).into_iter().map(|(domain, _)| domain);
    passing.filter(|domain| domain != "example.com").collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Relay: Received and Authentication-Results are added, and every signature that passed passes, but one that forbids them.
    #[test]
    fn signatures_survive_when_no_rule_changes_anything(message in message(), seals in seals(&NAMES[..6])) {
        let message = sealed(&message, &seals);
        let before = strangers(&message);
        prop_assert_eq!(before.len(), seals.len());
        let gone = came(policy(""), &message).goes();
        prop_assert_eq!(strangers(&gone.message), before);
        prop_assert!(gone.rewritten.broke().is_empty());
        prop_assert!(gone.message.ends_with(&message));
    }

    /// What a change of the header section breaks is what the decision said it would, and what was said when it was made.
    #[test]
    fn signatures_break_exactly_when_that_is_announced(
        message in message(), seals in seals(&NAMES), changes in changes(),
    ) {
        let message = sealed(&message, &seals);
        let before = strangers(&message);
        let gone = came(policy(&rules(&changes)), &message).without_trace().goes();
        let behind = strangers(&gone.message);
        let broken: BTreeSet<String> = before.difference(&behind).cloned().collect();
        let mutations = gone.decision.mutations.iter();
        let announced = mutations.flat_map(|mutation| mutation.breaks_dkim.iter().flatten().map(ToString::to_string));
        prop_assert_eq!(&announced.collect::<BTreeSet<_>>(), &broken);
        let told = gone.rewritten.broke().into_iter().flat_map(|broken| broken.domains);
        prop_assert_eq!(told.map(|domain| domain.to_string()).collect::<BTreeSet<_>>(), broken);
    }

    /// Whatever is changed, what is told is true, and our own signature verifies at the hop.
    #[test]
    fn what_broke_is_told_and_ours_is_made_behind_it(
        message in message(), seals in seals(&NAMES), changes in changes(), foot in prop::option::of("[a-c]{1,3}"),
    ) {
        let message = sealed(&message, &seals);
        let before = strangers(&message);
        let footer = foot.map(|foot| rule("foot", &format!("footer = {{ text = \"{foot}\" }}"))).unwrap_or_default();
        let gone = came(policy(&(rules(&changes) + &footer)), &message).submitted().goes();
        let behind = strangers(&gone.message);
        let broken: BTreeSet<String> = before.difference(&behind).cloned().collect();
        let told = gone.rewritten.broke().into_iter().flat_map(|broken| broken.domains);
        prop_assert_eq!(told.map(|domain| domain.to_string()).collect::<BTreeSet<_>>(), broken);
        prop_assert!(passing(&gone.message).contains(&("example.com".to_owned(), "ed".to_owned())));
    }
}

/// A text or a file, with its header section.
fn leaf() -> impl Strategy<Value = String> {
    let lines = proptest::collection::vec("[a-z =.]{0,12}", 0..4).prop_map(|lines| lines.join("\n"));
    prop_oneof![
        4 => (lines.clone(), select(vec!["7bit", "8bit", "base64", "quoted-printable"]), any::<bool>()).prop_map(|(text, encoding, is_html)| {
            let (kind, text) = match is_html {
                true => ("html", format!("<html><body>{text}</body></html>")),
                false => ("plain", text),
            };
            let text = match encoding {
                "base64" => base64(&text.replace('\n', "\r\n")),
                "quoted-printable" => text.replace('=', "=3D").replace(' ', "=20"),
                _ => text,
            };
            format!("Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{text}")
        }),
        1 => lines.clone().prop_map(|text| format!("Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\n{text}")),
        1 => lines.prop_map(|text| format!("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n{}", base64(&text))),
    ]
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let number = (0..3).fold(0u32, |number, at| number << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * at) & 63) as usize];
            out.push(if at > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

/// Multiparts in multiparts, each with a boundary of its own.
fn entity() -> impl Strategy<Value = String> {
    let nested = leaf().prop_recursive(3, 12, 4, |inner| {
        let kind = select(vec!["mixed", "alternative", "related", "x-other"]);
        (kind, proptest::collection::vec(inner, 1..4), "[a-z]{8}").prop_map(|(kind, parts, boundary)| {
            let parts: String = parts.into_iter().map(|part| format!("--{boundary}\n{part}\n")).collect();
            format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\n\n{parts}--{boundary}--\n")
        })
    });
    nested.prop_map(|entity| format!("From: ann@example.com\nMIME-Version: 1.0\n{entity}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The result has the same parts, each as it was or with the footer below it, and what is no text is octet for octet the same.
    #[test]
    fn a_footer_is_all_that_is_new(entity in entity(), foot in "[A-Z]{3}é?") {
        let message = crlf(&entity);
        let (header, body) = Header::split(&message);
        let footer = footer(&foot, None);
        match apply(&header, body, &footer) {
            Err(why) => prop_assert_eq!(why, WhyNot::NoText, "{}", entity),
            Ok(footed) => {
                prop_assert_eq!(footed.left, None);
                let out = [footed.header.octets(), &footed.body].concat();
                let (before, behind) = (read(&message), read(&out));
                prop_assert_eq!(before.len(), behind.len());
                let mut count = 0;
                for ((kind, old), (new_kind, new)) in before.iter().zip(&behind) {
                    prop_assert_eq!(kind, new_kind);
                    if old != new {
                        count += 1;
                        let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
                        let shown = if kind == "text/html" { format!("<div>{foot}</div>") } else { foot.clone() };
                        let (start, end) = new.split_once(&shown).unwrap();
                        let (text, tags) = match kind.as_str() {
                            "text/html" => old.split_at(old.find("</body>").unwrap()),
                            _ => (&*old, ""),
                        };
                        // What is new is the footer, on lines of its own.
                        let is_glued = start == text || start.strip_suffix('\n') == Some(text);
                        prop_assert!(is_glued, "{:?} {:?}", old, new);
                        prop_assert_eq!(end.strip_prefix('\n').unwrap_or(end), tags);
                    }
                }
                prop_assert!(count >= 1, "{}", entity);
                // A second time there is nothing to do.
                prop_assert_eq!(apply(&footed.header, &footed.body, &footer), Err(WhyNot::Already));
            }
        }
    }

    /// Anything at all: nothing panics, and the message is whole or has its footer.
    #[test]
    fn any_octets_are_left_alone_or_have_the_footer(
        lines in proptest::collection::vec(select(vec![
            "Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/alternative; boundary=bb",
            "Content-Type: text/html; charset=utf-16", "Content-Type: text/plain; charset=iso-2022-jp; format=flowed",
            "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "--b", "--bb", "--b--", "--bb--",
            "", "", "", "text =E9=\r\n", "</body>", "<!--", "\u{1b}$B", "AAAA=", "é", "a\nb", "Content-Type: \"", "Content-Type: ;;=*0*=%",
        ]), 0..24),
        foot in "\\PC{0,8}",
    ) {
        let message = lines.join("\r\n").into_bytes();
        let (header, body) = Header::split(&message);
        let footer = footer(&format!("{foot}."), Some(&format!("<p>{foot}</p>")));
        if let Ok(footed) = apply(&header, body, &footer) {
            prop_assert!(footed.body.len() > body.len() || footed.header != header);
        }
    }
}
