//! `passerelle keygen`

use std::fs;

use crate::support::{Folder, run};

#[test]
fn the_key_is_private_and_never_overwritten() {
    let folder = Folder::new();
    let path = folder.path("key.pem");
    let arguments = ["keygen", "--ed25519", "--selector", "s", "--domain", "a.example", "--out", &path];
    let made = run(&arguments);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.out().contains(&path));
    let pem = fs::read_to_string(&path).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("-----END PRIVATE KEY-----\n"));
    assert!(!made.out().contains("PRIVATE KEY"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = run(&arguments);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("never overwritten"), "{}", again.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), pem);
}

#[test]
fn the_record_is_a_zone_line_and_a_value() {
    for (algorithm, bits, k) in
        [(&["--rsa", "3072"][..], 3072, "rsa"), (&[][..], 2048, "rsa"), (&["--ed25519"], 256, "ed25519")]
    {
        let folder = Folder::new();
        let path = folder.path("key.pem");
        let arguments =
            [&["keygen", "--selector", "Sel", "--domain", "A.Example.", "--out", &path], algorithm].concat();
        let made = run(&arguments);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let zone: Vec<&str> =
            made.out().lines().filter(|l| l.starts_with("sel._domainkey.a.example. IN TXT ")).collect();
        let value: Vec<&str> = made.out().lines().filter(|l| l.starts_with("v=DKIM1; ")).collect();
        let ([zone], [value]) = (&*zone, &*value) else { panic!("{}", made.out()) };
        assert!(value.starts_with(&format!("v=DKIM1; k={k}; p=")));
        let strings: Vec<&str> = zone.split('"').skip(1).step_by(2).collect();
        assert!(strings.iter().all(|s| (1..=255).contains(&s.len())), "{strings:?}");
        assert_eq!(strings.concat(), *value);
        // base64 of a SubjectPublicKeyInfo around the modulus, or of 32 octets.
        let base64 = value.rsplit("p=").next().unwrap();
        let octets = base64.len() / 4 * 3;
        let expected = if k == "rsa" { bits / 8 + 36..bits / 8 + 42 } else { 32..36 };
        assert!(expected.contains(&octets), "{octets}");
    }
}

#[test]
fn the_file_is_named_after_the_record() {
    let folder = Folder::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_passerelle"));
    command.current_dir(folder.path("")).args(["keygen", "--ed25519", "--selector", "s1", "--domain", "a.example"]);
    assert!(command.output().unwrap().status.success());
    assert!(fs::exists(folder.path("s1.a.example.pem")).unwrap());
}

#[test]
fn names_that_cannot_be_published_are_refused() {
    let folder = Folder::new();
    let path = folder.path("key.pem");
    for (selector, domain) in [("a b", "a.example"), ("../s", "a.example"), ("s", "a..example"), ("s", "")] {
        let ran = run(&["keygen", "--ed25519", "--selector", selector, "--domain", domain, "--out", &path]);
        assert_eq!(ran.code, 2, "{selector} {domain}");
    }
    assert!(!fs::exists(&path).unwrap());
}
