//! Wrong usage and unreadable input: exit code 2, and a sentence that says what to do.

use crate::support::{Folder, example, run, run_with};

#[test]
fn no_arguments_print_the_help() {
    let ran = run(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("Usage: passerelle") && ran.stderr.contains("verify"), "{}", ran.stderr);
}

#[test]
fn the_version_is_that_of_the_crate() {
    let ran = run(&["--version"]);
    assert_eq!((ran.code, ran.out()), (0, concat!("passerelle ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn each_command_has_a_help_with_its_exit_codes() {
    for command in ["verify", "spf", "sign", "keygen"] {
        let ran = run(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out().contains("Exit codes:"), "{command}");
    }
}

#[test]
fn a_missing_file_is_named_with_the_systems_reason() {
    let dns = example("dns.json");
    for arguments in [
        vec!["verify", "nowhere.eml"],
        vec!["verify", "nowhere.eml", "--dns", &dns],
        vec!["sign", "nowhere.eml", "--key", "nowhere.eml", "--selector", "s", "--domain", "a.example"],
    ] {
        let ran = run(&arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.starts_with("passerelle: cannot read"), "{}", ran.stderr);
        assert!(ran.stderr.contains("nowhere.eml: No such file"), "{}", ran.stderr);
        assert!(ran.stdout.is_empty());
    }
}

#[test]
fn a_folder_is_no_message() {
    let folder = Folder::new();
    let ran = run(&["verify", &folder.path(""), "--dns", &example("dns.json")]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn nothing_is_no_message() {
    let ran = run_with(&["verify", "-", "--dns", &example("dns.json")], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("standard input is empty"), "{}", ran.stderr);
    let folder = Folder::new();
    let ran = run(&["verify", &folder.write("empty.eml", ""), "--dns", &example("dns.json")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("empty.eml is empty"), "{}", ran.stderr);
}

#[test]
fn transcripts_that_are_missing_or_malformed_are_refused() {
    let message = example("message.eml");
    assert_eq!(run(&["verify", &message, "--dns", "nowhere.json"]).code, 2);
    let folder = Folder::new();
    for (content, says) in [("nonsense", "not a JSON object"), (r#"{"answers": [{"name": "a", "type": "Q"}]}"#, "type")]
    {
        let ran = run(&["verify", &message, "--dns", &folder.write("dns.json", content)]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("dns.json"), "{}", ran.stderr);
    }
}

#[test]
fn a_recording_that_cannot_be_written_is_noticed_first() {
    let ran = run(&["verify", &example("message.eml"), "--dns", &example("dns.json"), "--record", "nowhere/r.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot write the transcript nowhere/r.json"), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn what_does_not_go_together_or_makes_no_sense_is_refused() {
    let (message, dns) = (example("message.eml"), example("dns.json"));
    for arguments in [
        vec!["verify", &message, "--dns", &dns, "--resolver", "127.0.0.1"],
        vec!["verify", &message, "--resolver", "dns.example.com"],
        vec!["verify", &message, "--dns", &dns, "--ip", "300.0.0.1"],
        vec!["verify", &message, "--dns", &dns, "--now", "yesterday"],
        vec!["verify", &message, "--dns", &dns, "--timeout", "0"],
        vec!["verify", &message, "--dns", &dns, "--authserv-id", "a b"],
        vec!["verify", &message, "--dns", &dns, "--helo", "a\nb"],
        vec!["verify"],
        vec!["spf", "--ip", "192.0.2.1"],
        vec!["keygen", "--rsa", "1024", "--selector", "s", "--domain", "a.example"],
        vec!["keygen", "--rsa", "2048", "--ed25519", "--selector", "s", "--domain", "a.example"],
        vec!["nonsense"],
    ] {
        let ran = run(&arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty(), "{arguments:?}");
    }
}
