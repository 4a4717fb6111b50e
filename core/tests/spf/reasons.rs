//! Reasons with which an operator can mend something: what is wrong, where, and what to write instead. No result is
//! another for them.

use passerelle::spf::{CheckHost, SpfResult, Verdict};
use proptest::prelude::*;

use crate::zone::{Zone, request};

const CLIENT: &str = "192.0.2.99";

/// The verdict on a client that is nowhere, with the record as octets.
fn judge(record: impl AsRef<[u8]>) -> Verdict {
    let mut zone = Zone::new();
    zone.txt("example.com", record);
    zone.mail_from(CLIENT, "a@example.com")
}

#[track_caller]
fn says(verdict: &Verdict, result: SpfResult, sentence: &str) {
    let reason = verdict.reason.as_deref().unwrap_or_default();
    assert_eq!(verdict.result, result, "{reason}");
    assert!(reason.contains(sentence), "{reason}\n{sentence}");
    assert!(reason.bytes().all(|b| (b' '..=b'~').contains(&b)), "{reason}");
    let last = verdict.trail.steps().last().unwrap();
    assert!(last.why.contains(sentence), "the trail does not tell: {}", last.why);
}

#[test]
fn a_record_one_letter_off() {
    for (record, why) in [
        ("v=spf mx -all", "it begins with v=spf in place of v=spf1"),
        ("v=spf2 mx -all", "it begins with v=spf2 in place of v=spf1"),
        ("v=sfp1 mx -all", "it begins with v=sfp1 in place of v=spf1"),
        ("v=pf1 mx -all", "it begins with v=pf1 in place of v=spf1"),
        ("v:spf1 mx -all", "it begins with v:spf1 in place of v=spf1"),
        ("vspf1 mx -all", "it begins with vspf1 in place of v=spf1"),
        ("spf1 mx -all", "it begins with spf1 in place of v=spf1"),
        ("=spf1 mx -all", "it begins with =spf1 in place of v=spf1"),
        ("v=spf10 mx -all", "it begins with v=spf10 in place of v=spf1"),
        ("v=spfl mx -all", "it begins with v=spfl in place of v=spf1"),
        ("v=spf1; mx -all", "a blank belongs behind v=spf1, not \";\""),
        ("v=spf1, mx -all", "a blank belongs behind v=spf1, not \",\""),
        ("v=spf1: mx -all", "a blank belongs behind v=spf1, not \":\""),
        ("v=spf1\" \"mx -all", "a blank belongs behind v=spf1, not \"\"\""),
        ("v = spf1 mx -all", "v=spf1 is written without blanks inside"),
        (" v=spf1 mx -all", "it begins with a blank, and v=spf1 has to come first"),
        ("include:a.example ip4:192.0.2.1 -all", "v=spf1 is missing in front"),
    ] {
        let verdict = judge(record);
        says(&verdict, SpfResult::None, why);
        says(&verdict, SpfResult::None, "example.com has no SPF record: \"");
    }
    // Of an include it is a permerror, with the same words.
    let zone = Zone::from_lines(&["example.com TXT v=spf1 include:x.example -all", "x.example TXT v=spf2 mx -all"]);
    let verdict = zone.mail_from(CLIENT, "a@example.com");
    says(&verdict, SpfResult::PermError, "it begins with v=spf2 in place of v=spf1");
    says(&verdict, SpfResult::PermError, "include:x.example of example.com: x.example has no SPF record");
}

/// What nobody meant for SPF is not remarked on, Sender ID among it.
#[test]
fn records_of_other_kinds() {
    for record in [
        "v=STSv1; id=1",
        "v=DMARC1; p=none",
        "spf2.0/pra mx -all",
        "google-site-verification=a",
        "v=DKIM1; p=",
        "",
        "hello all",
    ] {
        assert_eq!(judge(record).reason.as_deref(), Some("example.com has no SPF record"), "{record}");
    }
}

#[test]
fn quotes_around_the_record() {
    says(
        &judge("\"v=spf1 mx -all\""),
        SpfResult::None,
        "octet 1 is a quotation mark (22): the record has none around it",
    );
    says(&judge("'v=spf1 mx -all'"), SpfResult::None, "octet 1 is a quotation mark (27)");
    says(&judge("\u{201c}v=spf1 mx -all\u{201d}"), SpfResult::None, "octet 1 is a curly quotation mark (E2 80 9C)");
    says(&judge(b"\x93v=spf1 mx -all\x94"), SpfResult::None, "octet 1 is a curly quotation mark of Windows-1252 (93)");
    says(&judge("v=spf1 mx -all\""), SpfResult::PermError, "octet 15 is a quotation mark: the record has none");
    says(&judge("v=spf1 \"mx\" -all"), SpfResult::PermError, "octet 8 is a quotation mark");
}

#[test]
fn the_octet_and_place_of_what_is_not_ascii() {
    for (record, result, sentence) in [
        (
            "v=spf1\u{a0}mx -all",
            SpfResult::None,
            "octet 7, behind \"v=spf1\", is a no-break space (C2 A0): a plain blank belongs there",
        ),
        ("v=spf1\tmx -all", SpfResult::None, "octet 7, behind \"v=spf1\", is a tab (09)"),
        ("\u{feff}v=spf1 mx -all", SpfResult::None, "octet 1 is a byte order mark (EF BB BF)"),
        ("\u{a0}v=spf1 mx -all", SpfResult::None, "octet 1 is a no-break space (C2 A0)"),
        ("v=spf1 mx\u{a0}-all", SpfResult::PermError, "octet 10, behind \"mx\", is a no-break space (C2 A0)"),
        ("v=spf1 mx \u{2013}all", SpfResult::PermError, "octet 11 is a dash (E2 80 93): a plain hyphen belongs there"),
        ("v=spf1 mx \u{201c}-all\u{201d}", SpfResult::PermError, "octet 11 is a curly quotation mark (E2 80 9C)"),
        ("v=spf1 mx \u{ff5e}all", SpfResult::PermError, "is a typographic tilde (EF BD 9E)"),
        ("v=spf1 mx\u{200b} -all", SpfResult::PermError, "is an invisible character (E2 80 8B)"),
        ("v=spf1 mx\r\n -all", SpfResult::PermError, "is a line end (0D): a record is one line"),
        ("v=spf1 a:m\u{fc}nchen.example -all", SpfResult::PermError, "is U+00FC (C3 BC)"),
    ] {
        says(&judge(record), result, sentence);
    }
    says(
        &judge(b"v=spf1 mx\xa0-all"),
        SpfResult::PermError,
        "octet 10, behind \"mx\", is a no-break space of Latin-1 (A0)",
    );
    // Also far behind what the trail shows of a record.
    let long = format!("v=spf1{}\u{a0}-all", " ip4:192.0.2.1".repeat(60));
    says(&judge(long), SpfResult::PermError, "octet 847, behind \"ip4:192.0.2.1\", is a no-break space");
}

#[test]
fn networks_under_another_name() {
    for (term, meant) in [
        ("ip:192.0.2.1", "ip4:192.0.2.1 is meant"),
        ("ipv4:192.0.2.0/24", "ip4:192.0.2.0/24 is meant"),
        ("ip6:192.0.2.1", "ip4:192.0.2.1 is meant"),
        ("ip4:2001:db8::1", "ip6:2001:db8::1 is meant"),
        ("ipv6:2001:db8::/32", "ip6:2001:db8::/32 is meant"),
        ("ip:2001:db8::1", "ip6:2001:db8::1 is meant"),
        ("192.0.2.1", "ip4:192.0.2.1 is meant"),
        ("192.0.2.0/24", "ip4:192.0.2.0/24 is meant"),
        ("2001:db8::1", "ip6:2001:db8::1 is meant"),
        ("+ip:192.0.2.1", "ip4:192.0.2.1 is meant"),
        ("ip4:192.0.2.0/255.255.255.0", "ip4:192.0.2.0/24 is meant"),
        ("ip4:192.0.2.0-192.0.2.255", "a network is its first address and a length"),
        ("ip4:192.0.2.*", "a network is its first address and a length"),
        ("ip4:192.0.2", "an address has four numbers"),
        ("ip4: 192.0.2.1", "the address is missing, which has to follow ip4: without a blank"),
        ("ip4:mail.example.com", "ip4: takes addresses, and a:mail.example.com or include:mail.example.com names"),
        ("a:192.0.2.1", "ip4: takes addresses"),
    ] {
        says(&judge(format!("v=spf1 {term} -all")), SpfResult::PermError, meant);
    }
}

/// `=` makes a modifier of any word, which is ignored: the record is valid and does not do what was meant.
#[test]
fn mechanisms_written_as_modifiers() {
    for (term, meant) in [
        ("ip4=192.0.2.99", "ip4=192.0.2.99 means nothing and is ignored: ip4:192.0.2.99 is meant"),
        ("ip=192.0.2.99", "ip4:192.0.2.99 is meant"),
        ("ip6=2001:db8::1", "ip6:2001:db8::1 is meant"),
        ("include=a.example", "include=a.example means nothing and is ignored: include:a.example is meant"),
        ("a=a.example", "a:a.example is meant"),
        ("mx=a.example", "mx:a.example is meant"),
        ("exists=a.example", "exists:a.example is meant"),
        ("redirct=a.example", "redirect=a.example may be meant"),
        ("inclide=a.example", "include:a.example may be meant"),
        ("v=spf1 mx", "v=spf1 stands there twice"),
    ] {
        for (all, result) in [("-all", SpfResult::Fail), ("~all", SpfResult::SoftFail), ("?all", SpfResult::Neutral)] {
            says(&judge(format!("v=spf1 {term} {all}")), result, meant);
        }
    }
    // Modifiers of other standards, and of one's own, are no mistake.
    let sound = judge("v=spf1 ra=postmaster rp=100 rr=all exp=e.example x-own=1 -all");
    assert_eq!((sound.result, sound.reason), (SpfResult::Fail, None));
}

#[test]
fn terms_that_are_none() {
    for (term, meant) in [
        ("inlcude:a.example", "include may be meant"),
        ("includes:a.example", "include may be meant"),
        ("exist:a.example", "exists may be meant"),
        ("redirect:a.example", "redirect=a.example is meant"),
        ("exp:a.example", "exp=a.example is meant"),
        ("include", "include: takes a domain"),
        ("include: a.example", "include: takes a domain, with no blank before it"),
        ("mx: a.example", "no blank belongs behind mx:"),
        ("mail.example.com", "include:mail.example.com or a:mail.example.com may be meant"),
        ("mx, a", "terms are separated by blanks, and \",\" is no part of one"),
        ("ip4:192.0.2.1;ip4:192.0.2.2", "a blank is missing before ip4:"),
        ("mx;", "terms are separated by blanks, and \";\" is no part of one"),
        ("mx\\", "terms are separated by blanks, and \"\\\" is no part of one"),
        ("- all", "no blank belongs behind \"-\""),
        ("redirect=a.example redirect=b.example", "the record has redirect= twice: one of them has to go"),
    ] {
        says(&judge(format!("v=spf1 {term} -all")), SpfResult::PermError, meant);
    }
}

/// TXT strings are joined with nothing between them (RFC 7208 §3.3).
#[test]
fn strings_joined_without_the_blank() {
    const AS: &str = "as when strings are joined of which one should have ended with a blank or begun with one";
    for (record, result, place) in [
        ("v=spf1include:a.example -all", SpfResult::None, "a blank is missing behind v=spf1, "),
        ("v=spf1-all", SpfResult::None, "a blank is missing behind v=spf1, "),
        ("v=spf1 ip4:192.0.2.1ip4:192.0.2.2 -all", SpfResult::PermError, "a blank is missing before ip4:, "),
        ("v=spf1 ip4:192.0.2.1include:a.example -all", SpfResult::PermError, "a blank is missing before include:, "),
        ("v=spf1 ip4:192.0.2.1-all", SpfResult::PermError, "a blank is missing before -all, "),
        ("v=spf1 mx~all", SpfResult::PermError, "a blank is missing before ~all, "),
        ("v=spf1 mxip4:192.0.2.1 -all", SpfResult::PermError, "a blank is missing before ip4:, "),
        ("v=spf1 include:a.exampleip4:192.0.2.1 -all", SpfResult::PermError, "a blank is missing before ip4:, "),
        // These are valid names, and no such names exist.
        (
            "v=spf1 include:a.exampleinclude:b.example -all",
            SpfResult::PermError,
            "a blank is missing before include:, ",
        ),
        ("v=spf1 include:a.example-all", SpfResult::PermError, "a blank is missing before -all, "),
        ("v=spf1 a:a.example-all", SpfResult::Neutral, "a blank is missing before -all, "),
        ("v=spf1 redirect=a.examplev=spf1", SpfResult::PermError, "a blank is missing before v="),
    ] {
        let verdict = judge(record);
        says(&verdict, result, place);
        says(&verdict, result, AS);
    }
}

#[test]
fn terms_behind_all() {
    let verdict = judge("v=spf1 mx -all include:a.example");
    says(&verdict, SpfResult::Fail, "what stands behind -all is not looked at, such as include:a.example");
}

#[test]
fn several_records_are_named() {
    let mut zone = Zone::new();
    zone.txt("example.com", "v=spf1 mx -all");
    zone.txt("example.com", "v=spf1 include:a.example ~all");
    let verdict = zone.mail_from(CLIENT, "a@example.com");
    says(
        &verdict,
        SpfResult::PermError,
        "\"v=spf1 mx -all\" and \"v=spf1 include:a.example ~all\": one record has to say it all",
    );
}

/// An IPv6 client asks for AAAA of hosts that have A alone.
#[test]
fn which_query_found_nothing() {
    let lines = [
        "example.com TXT v=spf1 a:a.example mx a:b.example -all",
        "example.com MX 10 mx1.example",
        "example.com MX 20 mx2.example",
        "mx1.example A 192.0.2.1",
        "mx2.example A 192.0.2.2",
        "a.example A 192.0.2.3",
        "b.example A 192.0.2.4",
    ];
    let zone = Zone::from_lines(&lines);
    let verdict = zone.mail_from("2001:db8::1", "x@example.com");
    let since = "since the client has an IPv6 address and these hosts have none";
    says(&verdict, SpfResult::PermError, since);
    says(
        &verdict,
        SpfResult::PermError,
        "nothing was found for AAAA of a.example, AAAA of mx1.example, AAAA of mx2.example",
    );
    says(&verdict, SpfResult::PermError, "AAAA of b.example");
    // The same without an error.
    let check = CheckHost::mail_from(&request("2001:db8::1", "x@example.com")).void_limit(9);
    let verdict = zone.check(check);
    says(&verdict, SpfResult::Fail, since);
    // An IPv4 client that is not listed finds everything.
    assert_eq!(zone.mail_from(CLIENT, "x@example.com").reason, None);
    let zone = Zone::from_lines(&["example.com TXT v=spf1 a:gone.example exists:%{i}.list.example ~all"]);
    let verdict = zone.mail_from(CLIENT, "x@example.com");
    says(&verdict, SpfResult::SoftFail, "nothing was found for A of gone.example");
    // That an `exists` finds nothing is what it is for.
    assert!(!verdict.reason.unwrap().contains("list.example"));
}

#[test]
fn lookups_of_each_include() {
    let lines = [
        "example.com TXT v=spf1 a include:one.example mx include:two.example include:three.example -all",
        "example.com A 192.0.2.1",
        "example.com MX 10 example.com",
        "one.example TXT v=spf1 include:deep.example a ~all",
        "one.example A 192.0.2.1",
        "deep.example TXT v=spf1 a mx ~all",
        "deep.example A 192.0.2.1",
        "deep.example MX 10 deep.example",
        "two.example TXT v=spf1 a mx ~all",
        "two.example A 192.0.2.1",
        "two.example MX 10 two.example",
        "three.example TXT v=spf1 a ~all",
        "three.example A 192.0.2.1",
    ];
    let zone = Zone::from_lines(&lines);
    let verdict = zone.mail_from(CLIENT, "x@example.com");
    let costs = "a 1, include:one.example 5, mx 1, include:two.example 3, include:three.example at least 1";
    says(&verdict, SpfResult::PermError, "more than 10 terms cause DNS queries");
    says(&verdict, SpfResult::PermError, costs);
    // Behind a redirect it is the other record's terms that tell.
    let mut lines = lines.to_vec();
    lines.push("other.example TXT v=spf1 redirect=example.com");
    let verdict = Zone::from_lines(&lines).mail_from(CLIENT, "x@other.example");
    says(&verdict, SpfResult::PermError, "a 1, include:one.example 5, mx 1, include:two.example at least");
    // In the trail each include says what it costs, also where the limit is kept.
    let kept = Zone::from_lines(&lines).mail_from(CLIENT, "x@one.example");
    let step = kept.trail.steps().iter().find(|step| step.step == "spf include:deep.example").unwrap();
    assert_eq!((kept.result, &*step.why), (SpfResult::SoftFail, "deep.example gives softfail, with 2 lookups more"));
}

/// A pass has no reason, and whoever wants no trail gets the same reason.
#[test]
fn reasons_do_not_depend_on_the_trail() {
    for record in [
        "v=spf1 ip4=192.0.2.99 -all",
        "v=spf1 a:gone.example -all",
        "v=spf1 ip:192.0.2.1 -all",
        "v=spf2 mx",
        "v=spf1 -all",
        "v=spf1 a:1.x.example a:2.x.example a:3.x.example -all",
        "v=spf1 include=a.example ip4:192.0.2.99 -all",
    ] {
        let mut zone = Zone::new();
        zone.txt("example.com", record);
        let check = CheckHost::mail_from(&request(CLIENT, "a@example.com"));
        let (with, without) = (zone.check(check.clone()), zone.check(check.without_trail()));
        assert_eq!((&with.reason, with.result), (&without.reason, without.result), "{record}");
        assert!(with.result != SpfResult::Pass || with.reason.is_none(), "{record}");
    }
}

/// However much is wrong, and however long it is.
#[test]
fn reasons_stay_short() {
    let record = format!("v=spf1{} -all", " include=a.example ip4=192.0.2.1".repeat(400));
    let reason = judge(record).reason.unwrap();
    assert!(reason.len() < 600, "{reason}");
    let mut zone = Zone::new();
    (0..2000).for_each(|n| zone.txt("example.com", format!("v=spf2 {n} mx {}", "x".repeat(200))));
    assert!(zone.mail_from(CLIENT, "a@example.com").reason.unwrap().len() < 600);
}

proptest! {
    /// Whatever stands there: a reason is one line of printable ASCII, and no longer than a few records' beginnings.
    #[test]
    fn reasons_are_plain_text(
        head in "(v=spf1 |v=spf1|v=spf|\"v=spf1 |)",
        tokens in prop::collection::vec(prop::sample::select(vec![
            " ", "=", ":", "/", "\"", "-", "\u{a0}", "\u{201c}", "\0", "\r\n", "a", "mx", "ip4", "ip6", "ip", "include", "exists", "redirect",
            "all", "192.0.2.1", "::1", "a.example", "%{i}", "%", ",", ";", "v=spf1", "x", "\u{e9}",
        ]), 0..24),
        octets in prop::collection::vec(any::<u8>(), 0..24),
    ) {
        let record = [head.as_bytes(), tokens.concat().as_bytes(), &octets].concat();
        if let Some(reason) = judge(&record).reason {
            prop_assert!(reason.len() < 2000 && reason.bytes().all(|b| (b' '..=b'~').contains(&b)), "{}", reason);
        }
    }
}
