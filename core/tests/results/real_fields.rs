//! Fields as the RFC shows them, and as other software writes them.

use passerelle::message::{Header, normalize_line_endings};
use passerelle::results::{AuthenticationResults, Leniency, ResultsError};

use crate::support::suite;

/// Id, then each result with its properties, and the leniencies.
fn read(value: &str) -> (String, Vec<String>, Vec<Leniency>) {
    let parsed = AuthenticationResults::parse(value.replace('\n', "\r\n").as_bytes());
    let parsed = parsed.unwrap_or_else(|error| panic!("{value}: {error}"));
    let show = |r: &passerelle::results::MethodResult| {
        let mut text = format!("{}={}", r.method(), r.result());
        if let Some(reason) = r.reason() {
            text += &format!(" [{reason}]");
        }
        for p in r.properties() {
            text += &format!(" {}.{}={}", p.ptype(), p.property(), p.value());
        }
        text
    };
    let id = match parsed.results.version() {
        Some(version) => format!("{} {version}", parsed.results.authserv_id()),
        None => parsed.results.authserv_id().to_owned(),
    };
    (id, parsed.results.results().iter().map(show).collect(), parsed.leniencies)
}

#[track_caller]
fn strict(value: &str, id: &str, results: &[&str]) {
    assert_eq!(read(value), (id.to_owned(), results.iter().map(|r| r.to_string()).collect(), vec![]));
}

#[track_caller]
fn lenient(value: &str, results: &[&str], leniencies: &[Leniency]) {
    let (_, found, noted) = read(value);
    assert_eq!((found, noted), (results.iter().map(|r| r.to_string()).collect(), leniencies.to_vec()));
}

/// The kinds of fields in RFC 8601 appendix B.
#[test]
fn appendix_b() {
    strict(" example.org 1; none", "example.org 1", &[]);
    strict(
        " example.com;\n          spf=pass smtp.mailfrom=example.net",
        "example.com",
        &["spf=pass smtp.mailfrom=example.net"],
    );
    strict(
        " example.com;\n          auth=pass (cleartext) smtp.auth=sender@example.net;\n          spf=pass smtp.mailfrom=example.net",
        "example.com",
        &["auth=pass smtp.auth=sender@example.net", "spf=pass smtp.mailfrom=example.net"],
    );
    strict(
        " example.com;\n          dkim=pass (good signature) header.d=example.com",
        "example.com",
        &["dkim=pass header.d=example.com"],
    );
    strict(
        " example.com;\n  dkim=pass reason=\"good signature\"\n   header.i=@mail-router.example.net;\n  dkim=fail reason=\"bad signature\"\n   header.i=@newyork.example.com",
        "example.com",
        &[
            "dkim=pass [good signature] header.i=@mail-router.example.net",
            "dkim=fail [bad signature] header.i=@newyork.example.com",
        ],
    );
    // Comments everywhere, as B.7 has them.
    strict(
        " foo.example.net (foobar) 1 (baz);\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\n      policy (A dot can go here) . (like that) expired\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
        "foo.example.net 1",
        &["dkim=fail policy.expired=1362471462"],
    );
}

#[test]
fn case_quotes_and_versions() {
    strict("MX.Example; DKIM=Pass Header.D=Example.COM", "MX.Example", &["dkim=pass header.d=Example.COM"]);
    strict(
        "\"mx example\"; spf=pass smtp.mailfrom=\"a b@c.example\"",
        "mx example",
        &["spf=pass smtp.mailfrom=a b@c.example"],
    );
    strict("a; x=y reason=\"q\\\"\\\\\" h.p=\"\"", "a", &["x=y [q\"\\] h.p="]);
    strict("a; x=y smtp.mailfrom=\"j d\"@c.example", "a", &["x=y smtp.mailfrom=\"j d\"@c.example"]);
    strict("a;x=y", "a", &["x=y"]);
}

#[test]
fn other_software() {
    lenient(
        " mx.google.com;\n       dkim=pass header.i=@x.example header.s=s1 header.b=\"Abc/+12\";\n       spf=pass (google.com: domain of b@x.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=b@x.example;\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=x.example",
        &[
            "dkim=pass header.i=@x.example header.s=s1 header.b=Abc/+12",
            "spf=pass smtp.mailfrom=b@x.example",
            "dmarc=pass header.from=x.example",
        ],
        &[],
    );
    lenient(" mx.example; dkim=pass header.b=Abc/+12", &["dkim=pass header.b=Abc/+12"], &[Leniency::UnquotedValue]);
    lenient(
        " spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=x.example; dkim=pass (signature was verified)\n header.d=x.example;dmarc=pass action=none\n header.from=x.example;compauth=pass reason=100",
        &[
            "spf=pass smtp.mailfrom=x.example",
            "dkim=pass header.d=x.example",
            "dmarc=pass .action=none header.from=x.example",
            "compauth=pass [100]",
        ],
        &[Leniency::MissingAuthservId, Leniency::BareProperty],
    );
    lenient(
        " mx.example; dkim=fail reason=signature verification failed header.d=x.example",
        &["dkim=fail [signature verification failed] header.d=x.example"],
        &[Leniency::UnquotedReason],
    );
    lenient(
        " mx.example; spf=none smtp.mailfrom=;",
        &["spf=none smtp.mailfrom="],
        &[Leniency::EmptyValue, Leniency::TrailingSemicolon],
    );
    lenient(" mx.example; spf=none smtp.mailfrom=<>", &["spf=none smtp.mailfrom=<>"], &[Leniency::UnquotedValue]);
    lenient(" mx.example;; x_y=pass", &["x_y=pass"], &[Leniency::EmptyResult, Leniency::Underscore]);
    lenient(
        " mx.example;\n\tiprev=pass policy.iprev=2001:db8::1;\n\tdmarc=fail (policy) header.from=x.example policy.dmarc=none",
        &["iprev=pass policy.iprev=2001:db8::1", "dmarc=fail header.from=x.example policy.dmarc=none"],
        &[Leniency::UnquotedValue],
    );
    lenient(" mx.example", &[], &[Leniency::NoResults]);
    lenient(" mx.example;", &[], &[Leniency::NoResults]);
    lenient(
        " mx.example; dkim=fail header.d=x.example reason=\"late\"",
        &["dkim=fail [late] header.d=x.example"],
        &[Leniency::LateReason],
    );
}

#[test]
fn what_is_refused() {
    for (value, error) in [
        ("", ResultsError::AuthservId),
        ("; none", ResultsError::AuthservId),
        ("example/net; none", ResultsError::AuthservId),
        ("\"example; none", ResultsError::Quote),
        ("(example; none", ResultsError::Comment),
        ("a b; none", ResultsError::Version),
        ("a 99999999999; none", ResultsError::Version),
        ("a 1 2; none", ResultsError::Version),
        ("a; dkim", ResultsError::Method),
        ("a; dkim=", ResultsError::Method),
        ("a; =pass", ResultsError::Method),
        ("a; dkim/x=pass", ResultsError::Method),
        ("a; dkim=pass, header.d=x", ResultsError::Property),
        ("a; dkim=pass header.d", ResultsError::Property),
        ("a; dkim=pass header.=x", ResultsError::Property),
        ("a; dkim=pass header.d=\"x\"y", ResultsError::Property),
        ("a; dkim=pass reason=x reason=y", ResultsError::SecondReason),
        ("a; dkim=pass reason=\"x", ResultsError::Quote),
        ("a; dkim=pass (x", ResultsError::Comment),
        ("a; dkim=pass\n header.d=x", ResultsError::Control),
        ("a; dkim=pass\0", ResultsError::Control),
    ] {
        assert_eq!(AuthenticationResults::parse(value.as_bytes()), Err(error), "{value}");
    }
    assert_eq!(AuthenticationResults::parse(b"\xff; none"), Err(ResultsError::NotUtf8));
    let deep = format!("{}a; none", "(".repeat(60_000));
    assert_eq!(AuthenticationResults::parse(deep.as_bytes()), Err(ResultsError::Comment));
    assert_eq!(AuthenticationResults::parse(&[b' '; 70_000]), Err(ResultsError::TooLong));
    let many = format!("a{}", "; x=y".repeat(201));
    assert_eq!(AuthenticationResults::parse(many.as_bytes()), Err(ResultsError::TooMany));
    let many = format!("a; x=y{}", " a.b=c".repeat(51));
    assert_eq!(AuthenticationResults::parse(many.as_bytes()), Err(ResultsError::TooMany));
}

/// One odd item of a real provider does not lose the results beside it, and is not silently gone.
#[test]
fn odd_items_are_skipped_and_told() {
    let skipped = |value: &str| {
        let parsed = AuthenticationResults::parse(value.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
        assert!(parsed.leniencies.contains(&Leniency::SkippedItem), "{value}");
        let results =
            parsed.results.results().iter().map(|r| format!("{}={}", r.method(), r.result())).collect::<Vec<_>>();
        (results.join(" "), parsed.skipped.into_iter().map(|s| (s.text, s.because)).collect::<Vec<_>>())
    };
    let odd = |text: &str, because| vec![(text.to_owned(), because)];
    for item in ["gateway.spf=pass", "receivingdomain.com", "=pass", "dkim", "dkim/x=pass", "x-\u{e9}=pass", "dkim="] {
        for value in [
            format!("mx.example; {item}; spf=pass smtp.mailfrom=a.example; dmarc=pass"),
            format!("mx.example; spf=pass smtp.mailfrom=a.example; {item}; dmarc=pass"),
            format!("mx.example; spf=pass smtp.mailfrom=a.example; dmarc=pass; {item}"),
            format!("mx.example; spf=pass smtp.mailfrom=a.example; dmarc=pass; {item};"),
        ] {
            assert_eq!(skipped(&value), ("spf=pass dmarc=pass".into(), odd(item, ResultsError::Method)), "{value}");
        }
    }
    for (item, because) in [
        ("dkim=pass, header.d=x", ResultsError::Property),
        ("dkim=pass header.d", ResultsError::Property),
        ("dkim=pass header.d=\"x;spf=pass\"y", ResultsError::Property),
        ("dkim=pass (a;spf=fail) header.=x", ResultsError::Property),
        ("dkim=pass reason=x reason=y", ResultsError::SecondReason),
        ("none", ResultsError::NoneBesideResults),
    ] {
        let value = format!("mx.example; {item} ; spf=softfail");
        let (results, skipped) = skipped(&value);
        assert_eq!((results.as_str(), &skipped[0].1), ("spf=softfail", &because), "{value}");
        assert!(skipped[0].0 == item && skipped.len() == 1, "{skipped:?}");
    }
    // As Exchange has it: no authserv-id, and its own name behind each result.
    let (results, skipped) = skipped(
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; receivingdomain.com; dkim=pass (signature was \
         verified) header.d=a.example;receivingdomain.com; dmarc=pass action=none header.from=a.example;",
    );
    assert_eq!((results.as_str(), skipped.len()), ("spf=pass dkim=pass dmarc=pass", 2));
}

/// What cannot be told apart is not guessed at: a quote or a comment that is open hides where items end.
#[test]
fn nothing_is_skipped_over_open_quotes_and_comments() {
    for (value, error) in [
        ("a; dkim=pass; odd \"; spf=pass", ResultsError::Quote),
        ("a; dkim=pass; odd (; spf=pass", ResultsError::Comment),
        ("a; dkim=pass; odd; spf=pass \"", ResultsError::Quote),
    ] {
        assert_eq!(AuthenticationResults::parse(value.as_bytes()), Err(error), "{value}");
    }
    let many = format!("a; spf=pass{}", "; x".repeat(200));
    assert_eq!(AuthenticationResults::parse(many.as_bytes()), Err(ResultsError::TooMany));
}

/// The fields of `dkim-vectors`: what each file shows is told by its name.
#[test]
fn arh_fields() {
    let Some(folder) = suite("dkim-vectors") else { return };
    let (mut fields, mut without_id, mut bad_id) = (0, 0, 0);
    let mut files: Vec<_> = std::fs::read_dir(folder.join("data/arh")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 21);
    for file in files {
        let message = std::fs::read(&file).unwrap();
        let (header, _) = Header::split(&normalize_line_endings(&message).octets);
        for field in header.named("Authentication-Results") {
            fields += 1;
            match AuthenticationResults::parse(field.value()) {
                Err(error) => {
                    assert_eq!(error, ResultsError::AuthservId, "{}", file.display());
                    bad_id += 1;
                }
                Ok(parsed) => {
                    without_id += usize::from(parsed.leniencies == [Leniency::MissingAuthservId]);
                    assert_eq!(
                        parsed.results.authserv_id().is_empty(),
                        parsed.leniencies == [Leniency::MissingAuthservId]
                    );
                    let name = file.file_name().unwrap().to_str().unwrap();
                    match name {
                        "dkim-unknown_result.eml" => assert_eq!(parsed.results.results()[0].result(), "timeout"),
                        "multiple_dkim_results.eml" => assert_eq!(parsed.results.of_method("DKIM").count(), 7),
                        "multiple_spf_and_dmarc_results.eml" => assert_eq!(parsed.results.results().len(), 13),
                        "rfc6376-A.2-arh-valid_relaxed.eml" => {
                            assert_eq!(parsed.leniencies, [Leniency::TrailingSemicolon])
                        }
                        "rfc6376-A.2-arh-failed.eml" => {
                            let dkim = parsed.results.of_method("dkim").next().unwrap();
                            assert_eq!((dkim.result(), dkim.reason()), ("fail", Some("bad signature")));
                            assert_eq!(dkim.property("Header", "D"), Some("example.com"));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    // Counted with grep in the files.
    assert_eq!((fields, without_id, bad_id), (37, 3, 2));
}
