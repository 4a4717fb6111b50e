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
