//! Wrong usage and unreadable input: exit code 2, and a sentence that says what to do.

use crate::support::{Folder, example, run, run_in, run_with};

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
    for command in COMMANDS {
        let ran = run(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out().contains("Exit codes:"), "{command}");
    }
}

const COMMANDS: [&str; 10] =
    ["verify", "spf", "sign", "keygen", "serve", "send", "extract", "explain-reply", "completions", "man"];

#[test]
fn help_tells_of_a_command_with_examples() {
    let all = run(&["help"]);
    assert_eq!(all.code, 0);
    for command in COMMANDS {
        assert!(all.out().contains(&format!("\n  {command} ")), "{command}");
        let ran = run(&["help", command]);
        assert_eq!((ran.code, ran.out()), (0, run(&[command, "--help"]).out()));
        let (_, examples) = ran.out().split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command}: {}", ran.out()));
        assert!(examples.contains(&format!("passerelle {command}")), "{command}: {examples}");
    }
    assert_eq!(run(&["help", "nonsense"]).code, 2);
}

#[test]
fn every_error_begins_alike() {
    let (message, dns) = (example("message.eml"), example("dns.json"));
    for arguments in [
        vec!["nonsense"],
        vec!["verify", "--nonsense"],
        vec!["verify", &message, "--dns", &dns, "--timeout", "0"],
        vec!["verify", "nowhere.eml", "--dns", &dns],
        vec!["verify", "nowhere.eml", "nowhere.eml", "--dns", &dns],
        vec!["verify", &dns, "--dns", &dns],
        vec!["sign", &message, "--key", "nowhere.pem", "--selector", "s", "--domain", "a.example"],
        vec!["keygen", "--selector", "s", "--domain", "a b"],
        vec!["send", &message, "--to", "127.0.0.1:0", "--from", "<>", "--rcpt", "a@b.example"],
        vec!["extract", &message],
        vec!["completions", "nonsense"],
        vec!["explain-reply", "hello"],
        vec!["explain-reply", "550 x", "--stage", "vrfy"],
    ] {
        let ran = run(&arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.starts_with("passerelle: error: "), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn prose_is_as_wide_as_columns_says() {
    let wrapped = |columns: &str| {
        let ran =
            run_in(&[("COLUMNS", columns)], &["verify", &example("list-footer.eml"), "--dns", &example("dns.json")]);
        ran.out().lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(wrapped("60") <= 60 && (61..=90).contains(&wrapped("90")), "{} {}", wrapped("60"), wrapped("90"));
    let help = run_in(&[("COLUMNS", "60")], &["help", "keygen"]);
    // clap does not break the line of the usage, nor words.
    let options = help.out().split_once("Options:").unwrap().1.split_once("Exit codes").unwrap().0;
    assert!(options.lines().all(|line| line.chars().count() <= 60), "{options}");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(COMMANDS.iter().all(|command| ran.out().contains(command)), "{shell}");
    }
    // What the shell itself says, where there is one.
    let folder = Folder::new();
    let script = folder.write("completions", run(&["completions", "bash"]).stdout);
    if let Ok(bash) = std::process::Command::new("bash").args(["-n", &script]).status() {
        assert!(bash.success());
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let page = run(&["man"]);
    assert_eq!(page.code, 0);
    assert!(page.out().contains(".TH passerelle 1") && page.out().contains("passerelle\\-verify(1)"), "{}", page.out());
    let folder = Folder::new();
    assert_eq!(run(&["man", &folder.path("man1")]).code, 0);
    for command in COMMANDS {
        let page = std::fs::read_to_string(folder.path(&format!("man1/passerelle-{command}.1"))).unwrap();
        assert!(page.contains("Exit codes"), "{command}");
    }
    let file = folder.write("file", "");
    assert_eq!(run(&["man", &file]).code, 2);
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
        assert!(ran.stderr.starts_with("passerelle: error: cannot read"), "{}", ran.stderr);
        assert!(ran.stderr.contains("nowhere.eml: No such file"), "{}", ran.stderr);
        assert!(ran.stdout.is_empty());
    }
}

#[test]
fn an_empty_folder_has_no_message() {
    let folder = Folder::new();
    let ran = run(&["verify", &folder.path(""), "--dns", &example("dns.json")]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("no file"), "{}", ran.stderr);
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
