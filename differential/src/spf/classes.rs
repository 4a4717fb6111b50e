//! The differences about SPF that are explained; each is a section of `core/tests/DIFFERENCES.md`.
//!
//! Where our side says permerror, its reason names the rule that the peer does not apply; where the peer says permerror,
//! its reason names the rule. mail-auth gives no reasons: what is its own doing is found by taking the cause out of the
//! case and asking both again.

use std::cell::OnceCell;

use super::{SpfCase, word};
use crate::case::{Case, Class, Difference, Word};
use crate::peers::mail_auth::MailAuth;

type Is<'a> = &'a Difference<'a, SpfCase>;

const MAIL_AUTH: &str = "mail-auth-spf";
const PYSPF: &str = "pyspf";
const MAIL_SPF: &str = "Mail::SPF";
const ALL: &[&str] = &[MAIL_AUTH, PYSPF, MAIL_SPF];

/// Where one difference is of two classes, the first counts.
pub const CLASSES: &[Class<SpfCase>] = &[
    class("spf-void-lookups", ALL, |d| {
        let theirs = d.theirs.why.to_ascii_lowercase();
        let we_count_less = theirs.contains("void") && d.theirs.word == Word::PermError && has_void_query(d.case);
        let no_limit = d.theirs.word == word(d.case.verdict(u32::MAX).result);
        we_count_less || we_refuse(d, "lookups found nothing") && no_limit
    }),
    class("spf-macro-syntax", ALL, |d| we_refuse(d, "a macro") || we_refuse(d, "the macro letters")),
    class("spf-record-characters", ALL, |d| we_refuse(d, "not printable ASCII")),
    class("spf-mx-limit", &[MAIL_SPF, MAIL_AUTH], |d| we_refuse(d, "more than 10 MX records")),
    class("spf-eager-recursion", &[PYSPF], |d| they_refuse(d, "include has trivial recursion")),
    class("spf-upper-case-transformers", &[MAIL_SPF], |d| {
        let faults = ["Missing required domain-spec", "Junk encountered"];
        faults.iter().any(|fault| they_refuse(d, fault)) && d.case.records().any(|r| r.contains("R}"))
    }),
    class("spf-family-of-networks", &[MAIL_SPF, MAIL_AUTH], |d| {
        let network = "ip6:2001:db8::1/0";
        match d.theirs.why.contains("matched") {
            true => d.case.ip.is_ipv4() && d.case.mentions(&[network]),
            false => agree_when(d, |case| replace(case, network, "ip6:2001:db8::1")),
        }
    }),
    class("spf-version", &[MAIL_AUTH], |d| agree_when(d, |case| replace(case, " v=spf1 -all", "not one"))),
    class("spf-syntax", &[MAIL_AUTH], |d| we_refuse(d, "the record of ")),
    class("spf-exists-family", &[MAIL_AUTH], |d| agree_when(d, remove_ip6_addresses)),
    class("spf-client-names", &[MAIL_AUTH], |d| {
        agree_when(d, remove_client_names)
            || agree_when(d, |case| {
                remove_client_names(case);
                remove_ip6_addresses(case);
            })
    }),
    class("spf-characters-of-names", &[MAIL_AUTH], |d| {
        agree_when(d, |case| replace(case, "a/b.example.com", "a-b.example.com"))
    }),
    class("spf-several-records", &[MAIL_AUTH], |d| we_refuse(d, "more than one SPF record")),
    class("spf-nested-includes", &[MAIL_AUTH], |d| {
        d.case.records().filter(|record| record.to_ascii_lowercase().contains("include:")).count() > 1
    }),
];

const fn class(
    name: &'static str,
    peers: &'static [&'static str],
    applies: fn(Is<'_>) -> bool,
) -> Class<SpfCase> {
    Class { name, peers, applies }
}

/// We say permerror for this reason.
fn we_refuse(d: Is<'_>, reason: &str) -> bool {
    d.ours.word == Word::PermError && d.ours.why.contains(reason)
}

/// The peer says permerror for this reason.
fn they_refuse(d: Is<'_>, reason: &str) -> bool {
    d.theirs.word == Word::PermError && d.theirs.why.contains(reason)
}

/// Whether a query of an evaluation without a limit finds nothing, one for the client's names included.
fn has_void_query(case: &SpfCase) -> bool {
    let mut names = case.zone.values().flat_map(|node| &node.ptr);
    case.void_questions() > 0 || names.any(|name| case.is_void(name))
}

/// Whether mail-auth and our side say the same when `change` is made to the case and void lookups are not limited.
fn agree_when(d: Is<'_>, change: impl FnOnce(&mut SpfCase)) -> bool {
    thread_local! {
        static PEER: OnceCell<MailAuth> = const { OnceCell::new() };
    }
    let mut case = d.case.clone();
    change(&mut case);
    PEER.with(|peer| peer.get_or_init(MailAuth::new).spf(&case).word == word(case.verdict(u32::MAX).result))
}

fn remove_ip6_addresses(case: &mut SpfCase) {
    case.zone.values_mut().for_each(|node| node.aaaa.clear());
}

fn remove_client_names(case: &mut SpfCase) {
    case.zone.values_mut().for_each(|node| node.ptr.clear());
}

fn replace(case: &mut SpfCase, from: &str, to: &str) {
    let records = case.zone.values_mut().flat_map(|node| &mut node.txt);
    records.for_each(|record| *record = record.replace(from, to));
}
