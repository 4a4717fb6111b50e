//! What a hostile message or a hostile DNS says is shown, and never steers the terminal.

use std::process::{Command, Stdio};

use crate::support::{Folder, example, run};

/// Neither control characters, C1 included, nor what reorders text; only our own colours where they are wanted.
fn assert_tame(text: &str, colours: bool) {
    let ours = ["0", "1", "2", "31", "32", "33"];
    let text = match colours {
        true => ours.iter().fold(text.to_owned(), |text, code| text.replace(&format!("\x1b[{code}m"), "")),
        false => text.to_owned(),
    };
    let wild = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.chars().any(wild), "{text:?}");
}

#[test]
fn a_hostile_message_is_tame_in_every_form() {
    let (message, dns) = (example("hostile.eml"), example("dns.json"));
    for (colour, painted) in [("never", false), ("always", true)] {
        let ran = run(&["verify", &message, "--dns", &dns, "-v", "--color", colour]);
        assert_tame(ran.out(), painted);
        assert_tame(&ran.stderr, false);
        assert!(ran.out().contains("\x1b[") == painted);
    }
}

#[test]
fn a_hostile_record_and_envelope_are_tame() {
    let folder = Folder::new();
    let dns = folder.write(
        "dns.json",
        r#"{"answers": [
            {"name": "a.example", "type": "TXT", "records": ["v=spf1 exp=x.a.example -all\u001b[31m\u009b\u202e"]},
            {"name": "b.example", "type": "TXT", "records": ["v=spf1 exp=x.a.example -all"]},
            {"name": "x.a.example", "type": "TXT", "records": ["\u001b]0;owned\u0007 for %{s} \u009b2J\u202e"]}]}"#,
    );
    for mail_from in ["ann@a.example", "ann@b.example", "\u{202e}ann@b.example", "ann\u{200b}@\u{202e}.example"] {
        let ran =
            run(&["spf", "--ip", "192.0.2.1", "--helo", "\u{202e}x", "--mail-from", mail_from, "--dns", &dns, "-v"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert_tame(ran.out(), false);
    }
}

#[test]
fn names_of_files_are_tame_in_errors() {
    let ran = run(&["verify", "\x1b[31mnowhere\u{202e}.eml", "--dns", &example("dns.json")]);
    assert_eq!(ran.code, 2);
    assert_tame(ran.stderr.trim_end(), false);
}

#[test]
fn arguments_are_tame_in_usage_errors() {
    for arguments in [
        &["verify", "-", "--helo", "\x1b[31mx\u{202e}"][..],
        &["verify", "-", "--ip", "\x1b]0;x\x07"],
        &["spf", "--\u{9b}2J"],
        &["\x1b[2J"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
        assert_tame(&ran.stderr, false);
    }
}

/// What the command prints on a terminal, from `script`, where there is such a tool.
fn on_terminal(line: &str, environment: &[(&str, &str)]) -> Option<String> {
    let mut script = Command::new("script");
    script.args(["-qec", line, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
    let output = script.envs(environment.iter().copied()).stdin(Stdio::null()).output();
    match output {
        Ok(output) => Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")),
        Err(_) => {
            println!("skipped: there is no `script` here, so no terminal to be had");
            None
        }
    }
}

#[test]
fn a_terminal_is_not_steered() {
    let command = env!("CARGO_BIN_EXE_passerelle");
    let (message, dns) = (example("hostile.eml"), example("dns.json"));
    for line in [
        format!("'{command}' verify - --helo $'\\e[36mx\\u202e'"),
        format!("'{command}' verify '{message}' --dns '{dns}' -v"),
        format!("'{command}' verify '{message}' --dns '{dns}' --json"),
    ] {
        let Some(shown) = on_terminal(&format!("bash -c {}", quoted(&line)), &[]) else { return };
        assert!(!shown.is_empty());
        assert_tame(&shown, true);
    }
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn colour_is_for_terminals_and_not_for_those_who_refuse_it() {
    let plain = run(&["verify", &example("message.eml"), "--dns", &example("dns.json")]);
    assert!(!plain.out().contains('\x1b'), "a pipe is no terminal");
    let line = format!(
        "'{}' verify '{}' --dns '{}'",
        env!("CARGO_BIN_EXE_passerelle"),
        example("message.eml"),
        example("dns.json")
    );
    let Some(coloured) = on_terminal(&line, &[]) else { return };
    assert!(coloured.contains("\x1b[32m"), "{coloured:?}");
    for refusal in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = on_terminal(&line, &[refusal]).unwrap();
        assert!(!plain.contains('\x1b') && plain.contains("Authenticated"), "{refusal:?}: {plain:?}");
    }
    assert!(on_terminal(&line, &[("NO_COLOR", "")]).unwrap().contains('\x1b'), "an empty NO_COLOR is none");
}
