//! `passerelle explain-reply`

use crate::support::{run, run_with};

#[test]
fn a_reply_is_explained_for_people() {
    let ran = run(&[
        "explain-reply",
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated. - gsmtp",
        "--stage",
        "end-of-message",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for line in [
        "cause       unauthenticated\n",
        "who acts    operator\n",
        "try again   no",
        "what to do  ",
        "source      Gmail SMTP errors",
    ] {
        assert!(ran.out().contains(line), "{line}: {}", ran.out());
    }
    assert!(
        ran.out().starts_with("reply       550 5.7.26 This mail") && ran.out().contains("at end-of-message, google's")
    );
}

#[test]
fn the_json_has_the_fixed_members() {
    let ran =
        run(&["explain-reply", "550 5.1.1 No such user", "--stage", "rcpt", "--host", "mx.example.com", "--json"]);
    assert_eq!(ran.code, 0);
    let json = ran.json();
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(
        ["cause", "stage", "temporary", "who", "advice", "source", "date"]
            .iter()
            .all(|member| members.contains(member))
    );
    assert_eq!(json["cause"], "no-such-mailbox");
    assert_eq!(
        (json["stage"].as_str(), json["temporary"].as_bool(), json["who"].as_str()),
        (Some("rcpt"), Some(false), Some("sender"))
    );
    assert_eq!(json.get("provider"), None);
    assert_eq!(ran.out().lines().count(), 1);
}

#[test]
fn the_stage_and_the_host_have_a_say() {
    let cause = |arguments: &[&str]| {
        let ran = run(&[&["explain-reply", "--json"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()["cause"].as_str().unwrap().to_owned()
    };
    assert_eq!(cause(&["552 aborted", "--stage", "mail"]), "message-too-large");
    assert_eq!(cause(&["552 aborted", "--stage", "RCPT TO"]), "mailbox-full");
    assert_eq!(cause(&["550 5.7.27 x"]), "bad-sender-address");
    assert_eq!(cause(&["550 5.7.27 x", "--host", "aspmx.l.google.com"]), "spf-failed");
}

#[test]
fn a_bounce_line_tells_its_host_and_its_stage() {
    let line = "<ann@example.com>: host smtp-in.orange.fr[192.0.2.1] said: 550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506] \
                (in reply to end of DATA command)";
    let json = run(&["explain-reply", line, "--json"]).json();
    assert_eq!((json["cause"].as_str(), json["provider"].as_str()), (Some("spam"), Some("orange")));
    assert_eq!(json["stage"], "end-of-message");
    // What is said on the command line goes first.
    assert_eq!(run(&["explain-reply", line, "--json", "--stage", "rcpt"]).json()["stage"], "rcpt");
}

#[test]
fn lines_may_be_written_out_or_piped_in() {
    let written = r"550-5.7.1 Invalid credentials for relay [192.0.2.1].\n550 5.7.1 x - gsmtp";
    let argument = run(&["explain-reply", written, "--json"]);
    assert_eq!(argument.json()["cause"], "relay-denied");
    for input in [written.to_owned(), written.replace(r"\n", "\n"), written.replace(r"\n", "\r\n")] {
        for arguments in [vec!["explain-reply", "--json"], vec!["explain-reply", "-", "--json"]] {
            assert_eq!(run_with(&arguments, input.as_bytes()).stdout, argument.stdout);
        }
    }
}

#[test]
fn what_is_no_refusal_is_wrong_usage() {
    for text in ["hello", "", "250 2.0.0 OK", "354 go ahead", "650 x"] {
        let ran = run(&["explain-reply", text]);
        assert_eq!((ran.code, ran.out()), (2, ""), "{text}");
        assert!(ran.stderr.starts_with("passerelle: error: "), "{}", ran.stderr);
    }
    assert_eq!(run(&["explain-reply", "550 x", "--stage", "vrfy"]).code, 2);
}

#[test]
fn what_a_server_says_does_not_steer_the_terminal() {
    let ran = run(&["explain-reply", "550 5.1.1 \u{1b}[31mred\u{7}"]);
    assert_eq!(ran.code, 0);
    assert!(!ran.out().contains(['\u{1b}', '\u{7}']), "{}", ran.out());
}
