//! `passerelle sign`, and what was signed verified.

use crate::support::{Folder, Ran, run, run_with};

const MESSAGE: &str = "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: Hello\r\n\r\nHello,\r\n\r\nBob.\r\n";

/// A folder with keys, and the options that name them.
struct Keys {
    folder: Folder,
    records: Vec<(String, String)>,
}

impl Keys {
    fn new() -> Self {
        let folder = Folder::new();
        let mut records = Vec::new();
        for (selector, algorithm) in [("r", &["--rsa", "2048"][..]), ("e", &["--ed25519"])] {
            let out = folder.path(&format!("{selector}.pem"));
            let made =
                run(&[&["keygen", "--selector", selector, "--domain", "a.example", "--out", &out], algorithm].concat());
            let value = made.out().lines().find(|l| l.starts_with("v=DKIM1")).unwrap().to_owned();
            records.push((format!("{selector}._domainkey.a.example"), value));
        }
        Self { folder, records }
    }

    fn sign(&self, message: &[u8], more: &[&str]) -> Ran {
        let (rsa, ed25519) = (self.folder.path("r.pem"), self.folder.path("e.pem"));
        let keys = ["--key", &rsa, "--selector", "r", "--key", &ed25519, "--selector", "e", "--domain", "a.example"];
        run_with(&[&["sign", "-"], &keys[..], more].concat(), message)
    }

    fn verify(&self, message: &[u8], more: &[&str]) -> Ran {
        let mut answers: Vec<String> = self
            .records
            .iter()
            .map(|(name, value)| format!(r#"{{"name": "{name}", "type": "TXT", "records": ["{value}"]}}"#))
            .collect();
        answers.push(r#"{"name": "_dmarc.a.example", "type": "TXT", "records": ["v=DMARC1; p=reject"]}"#.into());
        let dns = self.folder.write("dns.json", format!(r#"{{"answers": [{}]}}"#, answers.join(",\n")));
        run_with(&[&["verify", "-", "--dns", &dns, "--json"], more].concat(), message)
    }
}

fn header(signed: &Ran) -> String {
    signed.out().split("\r\n\r\n").next().unwrap().replace("\r\n ", " ")
}

#[test]
fn keys_that_were_made_sign_what_verifies() {
    let keys = Keys::new();
    for canonicalization in ["relaxed/relaxed", "simple/simple", "relaxed/simple", "simple"] {
        let signed = keys.sign(MESSAGE.as_bytes(), &["--canonicalization", canonicalization]);
        assert_eq!(signed.code, 0, "{}", signed.stderr);
        assert!(signed.out().starts_with("DKIM-Signature: ") && signed.out().ends_with(MESSAGE));
        assert!(signed.out().split("\r\n").all(|line| line.len() <= 78));
        let verified = keys.verify(&signed.stdout, &[]);
        let report = verified.json();
        assert_eq!(verified.code, 0, "{report}");
        let dkim = report["dkim"].as_array().unwrap();
        let seen: Vec<_> =
            dkim.iter().map(|s| (s["result"].as_str().unwrap(), s["algorithm"].as_str().unwrap())).collect();
        assert_eq!(seen, [("pass", "rsa-sha256"), ("pass", "ed25519-sha256")]);
        let expected = if canonicalization == "simple" { "simple/simple" } else { canonicalization };
        assert_eq!(dkim[0]["canonicalization"], expected);
    }
}

#[test]
fn a_change_is_noticed() {
    let keys = Keys::new();
    let signed = keys.sign(MESSAGE.as_bytes(), &[]);
    for (from, to) in
        [("Hello,", "Hallo,"), ("Subject: Hello", "Subject: Hallo"), ("To: bob", "Cc: eve@x.example\r\nTo: bob")]
    {
        let changed = signed.out().replace(from, to);
        assert_ne!(changed, signed.out());
        assert_eq!(keys.verify(changed.as_bytes(), &[]).code, 1, "{from}");
    }
}

#[test]
fn options_become_tags() {
    let keys = Keys::new();
    let options =
        ["--now", "1000", "--expire", "60", "--identity", "ann@news.a.example", "--headers", "from:from:subject"];
    let signed = keys.sign(MESSAGE.as_bytes(), &options);
    let header = header(&signed).to_lowercase();
    for tag in
        [" t=1000;", " x=1060;", " i=ann@news.a.example;", " h=from:from:subject;", " s=r;", " s=e;", " d=a.example;"]
    {
        assert!(header.contains(tag), "{tag} in {header}");
    }
    assert_eq!(keys.verify(&signed.stdout, &["--now", "1030"]).code, 0);
    let late = keys.verify(&signed.stdout, &["--now", "100000"]);
    assert_eq!(late.code, 1);
    assert!(late.json()["dkim"][0]["reason"].as_str().unwrap().contains("expired"));
}

#[test]
fn fields_are_oversigned_by_default() {
    let keys = Keys::new();
    let signed = keys.sign(MESSAGE.as_bytes(), &[]);
    let forged = signed.out().replacen("From: Ann", "From: Eve <eve@a.example>\r\nFrom: Ann", 1);
    assert_eq!(keys.verify(forged.as_bytes(), &[]).json()["dkim"][0]["result"], "fail");
    let subject = signed.out().replacen("From: Ann", "Subject: Other\r\nFrom: Ann", 1);
    assert_eq!(keys.verify(subject.as_bytes(), &[]).json()["dkim"][0]["result"], "fail");
}

#[test]
fn a_file_and_a_pipe_are_signed_alike_whatever_their_size() {
    let keys = Keys::new();
    let line = format!("{}\r\n", "x".repeat(70));
    let large = format!("{MESSAGE}{}", line.repeat(10_000));
    let path = keys.folder.write("large.eml", &large);
    let from_pipe = keys.sign(large.as_bytes(), &["--now", "1"]);
    let key = keys.folder.path("e.pem");
    let from_file = run(&["sign", &path, "--key", &key, "--selector", "e", "--domain", "a.example", "--now", "1"]);
    assert!(from_file.out().ends_with(&large) && from_pipe.out().ends_with(&large));
    assert!(header(&from_pipe).contains(header(&from_file).split("\r\n").next().unwrap()));
    assert_eq!(keys.verify(&from_file.stdout, &[]).code, 0);
}

#[test]
fn lf_becomes_crlf_and_that_is_said() {
    let keys = Keys::new();
    let signed = keys.sign(MESSAGE.replace("\r\n", "\n").as_bytes(), &[]);
    assert!(signed.out().ends_with(MESSAGE));
    assert!(signed.stderr.contains("LF converted to CRLF"), "{}", signed.stderr);
    assert_eq!(keys.verify(&signed.stdout, &[]).code, 0);
}

#[test]
fn each_key_may_have_its_own_domain() {
    let keys = Keys::new();
    let (rsa, ed25519) = (keys.folder.path("r.pem"), keys.folder.path("e.pem"));
    let arguments = [
        "sign",
        "-",
        "--key",
        &rsa,
        "--selector",
        "r",
        "--domain",
        "a.example",
        "--key",
        &ed25519,
        "--selector",
        "e",
        "--domain",
        "news.a.example",
    ];
    let signed = run_with(&arguments, MESSAGE.as_bytes());
    let header = header(&signed);
    assert!(header.contains("d=a.example; s=r;") && header.contains("d=news.a.example; s=e;"), "{header}");
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let keys = Keys::new();
    let key = keys.folder.path("e.pem");
    let no_key = keys.folder.write("no.pem", "nothing");
    let good = ["sign", "-", "--key", &key, "--selector", "e", "--domain", "a.example"];
    let refused = |arguments: &[&str], message: &str, says: &str| {
        let ran = run_with(arguments, message.as_bytes());
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
        assert!(ran.stdout.is_empty());
    };
    refused(&good, "Subject: no author\r\n\r\n", "From");
    refused(&good, "From: a@a.example\r\n\r\nbare\nLF\r\n", "CR or LF");
    refused(&good, "", "empty");
    refused(&[&good[..], &["--canonicalization", "nofws/simple"]].concat(), MESSAGE, "simple or relaxed");
    refused(&[&good[..], &["--identity", "x@other.example"]].concat(), MESSAGE, "identity");
    refused(&[&good[..], &["--headers", "from:dkim-signature"]].concat(), MESSAGE, "field");
    refused(&[&good[..], &["--selector", "two"]].concat(), MESSAGE, "each key needs its selector");
    refused(&["sign", "-", "--key", &no_key, "--selector", "e", "--domain", "a.example"], MESSAGE, "no.pem");
    refused(&["sign", "-", "--key", &key, "--selector", "e", "--domain", "a..example"], MESSAGE, "domain");
    refused(&["sign", "-", "--key", &key, "--selector", "e e", "--domain", "a.example"], MESSAGE, "selector");
}

/// A message of these lines, and what came of it without and with `--force`.
fn both_ways(keys: &Keys, message: &str) -> (Ran, Ran) {
    (keys.sign(message.as_bytes(), &[]), keys.sign(message.as_bytes(), &["--force"]))
}

const DATE: &str = "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n";

#[test]
fn what_cannot_be_valid_is_refused_even_with_force() {
    let keys = Keys::new();
    for (message, says) in [
        (format!("From: eve@a.example\r\n{MESSAGE}"), "2 From fields"),
        (MESSAGE.replace("From: Ann <ann@a.example>\r\n", ""), "no From field"),
        (MESSAGE.replace("Ann <ann@a.example>", ""), "From field has no address"),
        (MESSAGE.replace("Ann <ann@a.example>", "Ann"), "From field is malformed"),
        (format!(" continued\r\n{MESSAGE}"), "begins with white space"),
        (format!("no colon\r\n{MESSAGE}"), "no field: 'no colon'"),
        (MESSAGE.replace("Subject: ", "Sub\0ject: "), "name of a field has a NUL"),
        (MESSAGE.replace("Ann ", "A\0nn "), "NUL"),
        (format!("Subject: Other\r\n{MESSAGE}"), "Subject occurs 2 times"),
        (format!("{DATE}{DATE}{MESSAGE}"), "Date occurs 2 times"),
        (format!("{MESSAGE}bare\nLF\r\n"), "CR or LF"),
    ] {
        let (without, with) = both_ways(&keys, &message);
        for ran in [without, with] {
            assert_eq!((ran.code, &ran.stdout[..]), (2, &b""[..]), "{message:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(says) && ran.stderr.contains("cannot be valid"), "{says}: {}", ran.stderr);
        }
    }
}

#[test]
fn what_is_unwise_is_signed_only_with_force_and_a_warning() {
    let keys = Keys::new();
    let long = "x".repeat(999);
    for (message, says) in [
        (MESSAGE.replace("ann@a.example", "ann@b.example"), "author's domain b.example"),
        (MESSAGE.replace("To: bob", "Bcc: eve@c.example\r\nTo: bob"), "Bcc"),
        (format!("{MESSAGE}{long}\r\n"), "a line of 999 octets"),
        (MESSAGE.replace("Subject: Hello", &format!("Subject: {long}")), "the field Subject has a line of 1008 octets"),
        (MESSAGE.replace("Subject:", "Subject :"), "white space between"),
        (format!("{MESSAGE}\0\r\n"), "the body has a NUL"),
    ] {
        let (without, with) = both_ways(&keys, &message);
        assert_eq!((without.code, &without.stdout[..]), (2, &b""[..]), "{message:?}: {}", without.stderr);
        assert!(without.stderr.contains(says) && without.stderr.contains("--force"), "{says}: {}", without.stderr);
        assert_eq!(with.code, 0, "{}", with.stderr);
        assert!(with.stdout.starts_with(b"DKIM-Signature: ") && with.stdout.ends_with(message.as_bytes()));
        assert!(with.stderr.contains("warning: ") && with.stderr.contains(says), "{says}: {}", with.stderr);
    }
}

#[test]
fn what_is_worth_a_remark_is_signed_and_told() {
    let keys = Keys::new();
    for (message, says) in [
        (MESSAGE.to_owned(), "no Date field"),
        (format!("{DATE}{}", MESSAGE.replace("Subject: Hello", "Subject: H\u{e9}llo")), "SMTPUTF8"),
        (format!("{DATE}{MESSAGE}caf\u{e9}\r\n"), "does not say 8bit"),
    ] {
        let ran = keys.sign(message.as_bytes(), &[]);
        assert!(ran.code == 0 && ran.stderr.contains(says), "{says}: {}", ran.stderr);
        assert_eq!(keys.verify(&ran.stdout, &[]).code, 0);
    }
    let quiet = keys.sign(format!("{DATE}{MESSAGE}").as_bytes(), &[]);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
    // A signer of a domain below or above the author's, and one of several.
    for author in ["news.a.example", "a.example"] {
        let ran = keys.sign(format!("{DATE}{}", MESSAGE.replace("a.example", author)).as_bytes(), &[]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{author}");
    }
}

#[test]
fn several_reasons_are_all_told_and_no_octet_of_them_reaches_the_terminal() {
    let keys = Keys::new();
    let message = format!("junk \x1b[31m\r\nSubject: x\r\nBcc: x@c.example\r\n{MESSAGE}");
    let ran = keys.sign(message.as_bytes(), &[]);
    assert_eq!(ran.code, 2);
    assert!(!ran.stderr.contains('\x1b'), "{}", ran.stderr);
    for says in ["junk", "Subject occurs 2 times", "Bcc", "RFC 5322 \u{a7}3.6"] {
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
}
