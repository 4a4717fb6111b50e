//! What a trusted server said before, beside what is said here.

use passerelle::results::{AuthenticationResults, Comparison, compare};
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Now, Transcript};

fn parse(text: &str) -> AuthenticationResults {
    AuthenticationResults::parse(text.as_bytes()).unwrap().results
}

/// `method of: theirs ours`, with an exclamation mark where they differ.
fn compared(theirs: &str, ours: &str) -> Vec<String> {
    let show = |c: Comparison| {
        let (of, ours) = (c.of.unwrap_or_default(), c.ours.as_deref().unwrap_or("-").to_owned());
        format!("{} {of}: {} {ours}{}", c.method, c.theirs, if c.differs { " !" } else { "" })
    };
    compare(&parse(theirs), &parse(ours)).into_iter().map(show).collect()
}

#[test]
fn each_result_stands_beside_ours_of_the_same_thing() {
    let ours = "mx; spf=pass smtp.mailfrom=b@a.example; spf=none smtp.helo=h.a.example; dkim=pass header.d=a.example \
                header.s=one header.b=AAAAAAAA; dkim=fail header.d=a.example header.s=two header.b=BBBBBBBB; \
                dmarc=pass header.from=a.example; iprev=pass policy.iprev=192.0.2.1";
    // Google's way: i= in place of d=, more of b=, and another order.
    let theirs = "mx.google.com; dkim=fail header.i=@a.example header.s=two header.b=\"BBBBBBBB/x\"; dkim=pass \
                  header.i=@a.example header.s=one header.b=AAAAAAAA; spf=softfail (why) smtp.mailfrom=b@A.Example; \
                  dmarc=fail (p=NONE) header.from=a.example; arc=pass";
    assert_eq!(
        compared(theirs, ours),
        [
            "dkim a.example: fail fail",
            "dkim a.example: pass pass",
            "spf a.example: softfail pass !",
            "dmarc a.example: fail pass !",
            "arc : pass -",
        ]
    );
}

#[test]
fn other_things_are_not_compared() {
    let ours = "mx; spf=pass smtp.mailfrom=b@a.example; dkim=pass header.d=a.example header.s=one; dmarc=pass header.from=a.example";
    let theirs = "p; spf=pass smtp.mailfrom=other.example; spf=fail smtp.helo=a.example; dkim=fail header.d=other.example; \
                  dkim=fail header.d=a.example header.s=two; dmarc=fail header.from=other.example";
    assert!(compared(theirs, ours).iter().all(|line| line.ends_with(" -")), "{:?}", compared(theirs, ours));
    // Each of ours stands beside one of theirs.
    let twice = "p; dkim=pass header.d=a.example; dkim=pass header.d=a.example";
    assert_eq!(compared(twice, ours), ["dkim a.example: pass pass", "dkim a.example: pass -"]);
}

#[test]
fn words_that_mean_the_same_do_not_differ() {
    for (theirs, ours) in
        [("hardfail", "fail"), ("perm_fail", "permerror"), ("temp_error", "temperror"), ("PASS", "pass")]
    {
        let line = &compared(
            &format!("p; spf={theirs} smtp.mailfrom=a.example"),
            &format!("m; spf={ours} smtp.mailfrom=a.example"),
        )[0];
        assert!(!line.ends_with('!'), "{line}");
    }
}

const DNS: &str = r#"{"answers": [
    {"name": "a.example", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 -all"]},
    {"name": "_dmarc.a.example", "type": "TXT", "records": ["v=DMARC1; p=reject"]}]}"#;

fn report(fields: &str, trusted: &[&str]) -> Report {
    let transcript = Transcript::parse(DNS.as_bytes()).unwrap();
    let envelope = Envelope::new().ip("192.0.2.9".parse().unwrap()).helo("h.example").mail_from("b@a.example");
    let settings = Settings::new("mx.receiver.example")
        .trusted_authserv_ids(trusted.iter().map(|name| (*name).to_owned()).collect());
    let message = format!("{fields}From: b@a.example\r\n\r\nHello\r\n");
    let now = Now::at(1_790_000_000);
    verify(message.as_bytes(), &envelope, &settings, now, |question| transcript.answer(question)).unwrap()
}

#[test]
fn the_topmost_trusted_field_is_in_the_report() {
    let fields = "Authentication-Results: forged.example; dmarc=pass header.from=a.example\r\n\
                  Authentication-Results: (x) Provider.Example 1;\r\n\tspf=pass smtp.mailfrom=b@a.example;\r\n\t\
                  provider.example; gateway.spf=pass; dmarc=pass header.from=a.example\r\n\
                  Authentication-Results: provider.example; spf=neutral smtp.mailfrom=b@a.example\r\n";
    let json: serde_json::Value =
        serde_json::from_str(&report(fields, &["other", "provider.example"]).to_json()).unwrap();
    assert_eq!(
        json["provider_results"],
        serde_json::json!({
            "authserv_id": "Provider.Example",
            "compared": [
                {"method": "spf", "of": "a.example", "theirs": "pass", "ours": "fail", "differs": true},
                {"method": "dmarc", "of": "a.example", "theirs": "pass", "ours": "fail", "differs": true}
            ],
            "skipped": ["provider.example", "gateway.spf=pass"]
        })
    );
    // Nobody is trusted unless named, and no verdict rests on what others say.
    for trusted in [&[][..], &["elsewhere.example"], &[""]] {
        let untrusted = report(fields, trusted);
        assert_eq!((untrusted.provider_results, untrusted.dmarc.result.as_str()), (None, "fail"));
    }
}

#[test]
fn a_trusted_field_that_cannot_be_read_is_told() {
    let provider = report("Authentication-Results: p.example; spf=pass (open\r\n", &["P.example."]).provider_results;
    assert_eq!(provider.as_ref().map(|p| p.compared.len()), Some(0));
    assert!(provider.unwrap().reason.unwrap().contains("parentheses"));
}

/// A field may have hundreds of results.
#[test]
fn what_is_shown_is_bounded() {
    let many = format!("Authentication-Results: p.example{}\r\n", "; dkim=pass header.d=a.example".repeat(180));
    let provider = report(&many, &["p.example"]).provider_results.unwrap();
    assert_eq!(provider.compared.len(), passerelle::limits::MAX_COMPARED_RESULTS);
}
