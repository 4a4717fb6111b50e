//! The differences about SPF that are explained; each is a section of `core/tests/DIFFERENCES.md`.
//!
//! Where our side says permerror, its reason names the rule that the peer does not apply; where the peer says permerror,
//! its reason names the rule. mail-auth gives no reasons: why it differs is found by taking possible causes out of the
//! case and asking both again.

use std::cell::OnceCell;

use super::{SpfCase, octets, word};
use crate::case::{Class, Difference, Word};
use crate::peers::mail_auth::MailAuth;

type Is<'a> = &'a Difference<'a, SpfCase>;

const MAIL_AUTH: &str = "mail-auth-spf";
const PYSPF: &str = "pyspf";
const MAIL_SPF: &str = "Mail::SPF";
const ALL: &[&str] = &[MAIL_AUTH, PYSPF, MAIL_SPF];

/// Where one difference is of two classes, the first counts.
pub(crate) const CLASSES: &[Class<SpfCase>] = &[
    class("spf-void-lookups", &[PYSPF, MAIL_SPF], |d| {
        let theirs = d.theirs.why.to_ascii_lowercase();
        d.theirs.word == Word::PermError && theirs.contains("void") && has_several_void_queries(d.case)
    }),
    class("spf-void-limit", &[MAIL_AUTH], |d| {
        we_refuse(d, "lookups found nothing") && d.theirs.word == word(d.case.verdict(u32::MAX).result)
    }),
    class("spf-macro-syntax", ALL, |d| we_refuse(d, "a macro") || we_refuse(d, "the macro letters")),
    class("spf-record-characters", ALL, |d| we_refuse(d, "not printable ASCII")),
    class("spf-mx-limit", &[MAIL_SPF, MAIL_AUTH], |d| we_refuse(d, "more than 10 MX records")),
    class("spf-redirect-not-taken", &[PYSPF, MAIL_SPF], |d| {
        let theirs = ["Too many DNS lookups", "Maximum DNS-interactive terms limit"];
        // Not our constant: if that were wrong, this would not be the reason.
        let we_count_ten = d.case.verdict(u32::MAX).lookups <= 10;
        theirs.iter().any(|limit| they_refuse(d, limit)) && we_count_ten && d.case.mentions(&["redirect="])
    }),
    class("spf-repeated-modifiers", &[PYSPF], |d| {
        they_refuse(d, "MUST appear at most once")
            && !d.theirs.why.contains("redirect=")
            && !d.theirs.why.contains("exp=")
    }),
    class("spf-eager-recursion", &[PYSPF], |d| they_refuse(d, "include has trivial recursion")),
    class("spf-upper-case-transformers", &[MAIL_SPF], |d| {
        let faults = ["Missing required domain-spec", "Junk encountered"];
        faults.iter().any(|fault| they_refuse(d, fault)) && d.case.records().any(|r| r.contains("R}"))
    }),
    class("spf-family-of-networks", &[MAIL_SPF, MAIL_AUTH], |d| match d.theirs.why.contains("matched") {
        true => d.case.ip.is_ipv4() && d.case.mentions(&IP6_NETWORKS_OF_IP4),
        false => because(d, remove_ip6_networks_of_ip4),
    }),
    class("spf-syntax", &[MAIL_AUTH], |d| we_refuse(d, "the record of ")),
    class("spf-several-records", &[MAIL_AUTH], |d| {
        we_refuse(d, "more than one SPF record") || because(d, remove_further_records)
    }),
    class("spf-version", &[MAIL_AUTH], |d| because(d, remove_odd_versions)),
    class("spf-exists-family", &[MAIL_AUTH], |d| because(d, remove_ip6_addresses)),
    class("spf-client-names", &[MAIL_AUTH], |d| because(d, remove_client_names)),
    class("spf-characters-of-names", &[MAIL_AUTH], |d| because(d, remove_slashes)),
    class("spf-unknown-modifiers", &[MAIL_AUTH], |d| because(d, remove_unknown_modifiers)),
    class("spf-nested-includes", &[MAIL_AUTH], |d| {
        d.case.records().filter(|record| record.to_ascii_lowercase().contains("include:")).count() > 1
    }),
];

/// What mail-auth may stumble over.
const CAUSES: [Cause; 7] = [
    remove_further_records,
    remove_odd_versions,
    remove_ip6_addresses,
    remove_client_names,
    remove_slashes,
    remove_unknown_modifiers,
    remove_ip6_networks_of_ip4,
];

type Cause = fn(&mut SpfCase);

/// Networks of the form of IPv6 that a program may take for some of IPv4.
const IP6_NETWORKS_OF_IP4: [&str; 2] = ["ip6:2001:db8::1/0", "ip6:::ffff:192.0.2.1"];

const fn class(name: &'static str, peers: &'static [&'static str], applies: fn(Is<'_>) -> bool) -> Class<SpfCase> {
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

/// Whether a term may make more than one query that finds nothing, or one before its turn.
fn has_several_void_queries(case: &SpfCase) -> bool {
    let mut names = case.zone.values().flat_map(|node| node.ptr.iter().chain(node.mx.iter().map(|(_, name)| name)));
    let any = case.void_questions() > 0 || names.any(|name| case.is_void(name));
    any && case.mentions(&["mx", "ptr", "%{p"])
}

/// Whether mail-auth differs for this cause: without it, both agree; or they agree without all of the causes and do not
/// without all the others.
fn because(d: Is<'_>, cause: Cause) -> bool {
    let without = |causes: &mut dyn Iterator<Item = Cause>| {
        let mut case = d.case.clone();
        causes.for_each(|cause| cause(&mut case));
        agree(&case)
    };
    let is_other = |other: &Cause| !std::ptr::fn_addr_eq(*other, cause);
    without(&mut [cause].into_iter())
        || without(&mut CAUSES.into_iter()) && !without(&mut CAUSES.into_iter().filter(is_other))
}

/// Whether mail-auth and our side, with no limit of void lookups, say the same.
fn agree(case: &SpfCase) -> bool {
    thread_local! {
        static PEER: OnceCell<MailAuth> = const { OnceCell::new() };
    }
    PEER.with(|peer| peer.get_or_init(MailAuth::new).spf(case).word == word(case.verdict(u32::MAX).result))
}

fn remove_further_records(case: &mut SpfCase) {
    for node in case.zone.values_mut() {
        let spf = |text: &String| passerelle::spf::SpfRecord::is_spf(&octets(text));
        let first = node.txt.iter().position(spf);
        if let Some(first) = first {
            node.txt = vec![node.txt.swap_remove(first)];
        }
    }
}

fn remove_odd_versions(case: &mut SpfCase) {
    for node in case.zone.values_mut() {
        node.txt.retain(|text| !text.starts_with(" v=spf1") && !text.starts_with("v=spf1\t"));
    }
}

fn remove_ip6_addresses(case: &mut SpfCase) {
    case.zone.values_mut().for_each(|node| node.aaaa.clear());
}

fn remove_client_names(case: &mut SpfCase) {
    case.zone.values_mut().for_each(|node| node.ptr.clear());
}

fn remove_slashes(case: &mut SpfCase) {
    replace(case, "a/b.example.com", "a-b.example.com");
}

fn remove_unknown_modifiers(case: &mut SpfCase) {
    let odd = ["unknown=", "moo.cow-far_out=man:dog/cat"];
    let records = case.zone.values_mut().flat_map(|node| &mut node.txt);
    records.for_each(|record| {
        *record = record.split(' ').filter(|term| !odd.contains(term)).collect::<Vec<_>>().join(" ");
    });
}

fn remove_ip6_networks_of_ip4(case: &mut SpfCase) {
    IP6_NETWORKS_OF_IP4.iter().for_each(|network| replace(case, network, "ip6:2001:db8:ffff::"));
}

fn replace(case: &mut SpfCase, from: &str, to: &str) {
    let records = case.zone.values_mut().flat_map(|node| &mut node.txt);
    records.for_each(|record| *record = record.replace(from, to));
}
