//! The exit codes of `passerelle send`: one table, whatever it is that went wrong and wherever; and the same as JSON.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::peers::{converse, listen, send};
use crate::support::{Folder, Ran, example};

/// Sends to a server that gives these replies, the first of them unasked, and then closes the connection.
fn sent(replies: &'static [&'static str], more: &[&str]) -> Ran {
    let address = listen(move |stream| {
        converse(&stream, replies);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = (&stream).read_to_end(&mut Vec::new());
    });
    let ran = send(&example("message.eml"), &address, &[more, &["--no-chunking", "--json"]].concat());
    assert!(!ran.stderr.contains("bug"), "{ran:?}");
    ran
}

/// The exit code, and what the JSON says of the first recipient.
fn fate(ran: &Ran) -> (i32, Value, Value) {
    let json = ran.json();
    assert_eq!(json["exit"], ran.code, "{ran:?}");
    let first = &json["recipients"][0];
    (ran.code, first["outcome"].clone(), first["temporary"].clone())
}

#[track_caller]
fn is(ran: &Ran, code: i32, outcome: &str) {
    assert_eq!(fate(ran), (code, json!(outcome), json!(code == 3)), "{ran:?}");
}

/// A port that the system gives to nobody, other than one that was free a moment ago.
const NOBODY: &str = "127.0.0.1:1";
const EHLO: &str = "250-mx\r\n250 8BITMIME";

#[test]
fn what_the_server_says_decides() {
    for (reply, code) in [("550 5.1.1 No", 1), ("450 4.2.1 Later", 3)] {
        // Leaked: a test's few octets.
        let at = |before: &[&'static str]| -> &'static [&'static str] {
            Vec::leak([before, &[reply, "250 Ok", "221 Bye"]].concat())
        };
        is(&sent(at(&["220 mx", EHLO]), &[]), code, "refused");
        is(&sent(at(&["220 mx", EHLO, "250 Ok"]), &[]), code, "refused");
        is(&sent(at(&["220 mx", EHLO, "250 Ok", "250 Ok"]), &[]), code, "refused");
    }
    is(&sent(&["554 5.3.2 No"], &[]), 1, "refused");
    is(&sent(&["421 4.3.2 Later"], &[]), 3, "refused");
    is(&sent(&["220 mx", "554 No", "554 No"], &[]), 1, "refused");
    is(&sent(&["220 mx", EHLO, "421 4.3.2 Later"], &[]), 3, "refused");
}

/// `250` and `421` in one segment: once this was the host's fault.
#[test]
fn a_server_that_ends_the_connection_in_the_same_segment() {
    is(&sent(&["220 mx", "250-mx\r\n250 8BITMIME\r\n421 4.4.2 timeout"], &[]), 3, "not-sent");
    for behind in ["250 again", "550 No", "354 Go on", "454 No"] {
        let ehlo = format!("250 mx\r\n{behind}");
        is(&sent(Vec::leak(vec!["220 mx", String::leak(ehlo)]), &[]), 3, "not-sent");
    }
}

/// Why it did so is in its own words, and they are in the JSON, as where it refuses; what they say of another try is what is
/// said of the recipient.
#[test]
fn the_words_with_which_a_server_ends_the_connection_are_told() {
    let folder = Folder::new();
    let password = folder.write("password", "pencil\n");
    let auth = format!("ann:{password}");
    let clear = ["--tls", "none", "--auth", &auth, "--auth-without-tls"];
    let ends: [(&'static [&'static str], &[&str]); 2] = [
        (&["220 mx", "250-mx\r\n250 8BITMIME\r\n421 4.4.2 timeout"], &[]),
        (&["220 mx", "250-mx\r\n250 AUTH PLAIN", "235 2.7.0 ok\r\n421 4.4.2 timeout"], &clear),
    ];
    for (replies, more) in ends {
        let ran = sent(replies, more);
        is(&ran, 3, "not-sent");
        let first = &ran.json()["recipients"][0];
        assert_eq!(first["reply"], json!({"code": 421, "enhanced": "4.4.2", "text": "timeout"}), "{ran:?}");
        assert!(first["refusal"]["advice"].is_string() && first["reason"].is_string(), "{ran:?}");
        assert_eq!(first["refusal"]["temporary"], first["temporary"], "{ran:?}");
    }
}

#[test]
fn the_recipient_and_the_refusal_agree_on_another_try() {
    let seen = [
        sent(&["220 mx", EHLO, "250 Ok", "552 Too many recipients", "250 Ok", "221 Bye"], &[]),
        sent(&["220 mx", EHLO, "250 Ok", "552 5.2.2 Mailbox full", "250 Ok", "221 Bye"], &[]),
        sent(&["220 mx", EHLO, "552 Too much", "250 Ok", "221 Bye"], &[]),
        sent(&["421 4.7.0 Later"], &[]),
        sent(&["554 5.7.1 No"], &[]),
    ];
    for ran in seen {
        let first = &ran.json()["recipients"][0];
        assert!(first["temporary"].is_boolean(), "{ran:?}");
        assert_eq!(first["refusal"]["temporary"], first["temporary"], "{ran:?}");
    }
}

#[test]
fn what_is_no_smtp_is_worth_another_try_wherever_it_comes() {
    is(&sent(&["HTTP/1.1 400 Bad Request"], &[]), 3, "not-sent");
    is(&sent(&["220 mx", "what?"], &[]), 3, "not-sent");
    is(&sent(&["220 mx", EHLO, "what?"], &[]), 3, "not-sent");
}

#[test]
fn a_server_that_is_not_there_or_goes_away() {
    let message = example("message.eml");
    is(&send(&message, NOBODY, &["--json"]), 3, "not-sent");
    is(&send(&message, "mx.nowhere.invalid", &["--json"]), 3, "not-sent");
    // Octets that nobody reads make the system reset the connection.
    for greeting in ["", "220 mx\r\n"] {
        let address = listen(move |mut stream: TcpStream| {
            stream.write_all(greeting.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(100));
        });
        is(&send(&message, &address, &["--json"]), 3, "not-sent");
    }
    is(&sent(&["220 mx", EHLO], &[]), 3, "not-sent");
    is(&sent(&["220 mx", EHLO, "250 Ok", "250 Ok", "354 Go on"], &[]), 3, "not-sent");
}

/// Behind the end it is not known what became of the message.
#[test]
fn a_connection_lost_behind_the_end() {
    let address = listen(|stream| {
        converse(&stream, &["220 mx", EHLO, "250 Ok", "250 Ok", "354 Go on"]);
        let mut content = Vec::new();
        while !content.ends_with(b"\r\n.\r\n") {
            let mut octet = [0];
            (&stream).read_exact(&mut octet).unwrap();
            content.extend(octet);
        }
    });
    is(&send(&example("message.eml"), &address, &["--no-chunking", "--json"]), 3, "unconfirmed");
}

#[test]
fn starttls_that_is_missing_refused_or_fails() {
    let tls = ["--tls", "starttls"];
    is(&sent(&["220 mx", EHLO, "221 Bye"], &tls), 1, "withheld");
    is(&sent(&["220 mx", "250-mx\r\n250 STARTTLS", "454 4.7.0 Later", "221 Bye"], &tls), 3, "refused");
    is(&sent(&["220 mx", "250-mx\r\n250 STARTTLS", "502 5.5.1 No", "221 Bye"], &tls), 1, "refused");
    let failed = sent(&["220 mx", "250-mx\r\n250 STARTTLS", "220 Go on\r\n", "no TLS at all"], &tls);
    is(&failed, 3, "not-sent");
    assert_eq!(failed.json()["tls_failure"]["result"], "validation-failure");
}

#[test]
fn authentication_that_is_missing_refused_or_impossible() {
    let folder = Folder::new();
    let (password, empty) = (folder.write("password", "pencil\n"), folder.write("empty", "\n"));
    let auth = format!("ann:{password}");
    let clear = ["--tls", "none", "--auth", &auth, "--auth-without-tls"];
    is(&sent(&["220 mx", EHLO, "221 Bye"], &clear), 1, "withheld");
    is(&sent(&["220 mx", "250-mx\r\n250 AUTH GSSAPI", "221 Bye"], &clear), 1, "withheld");
    is(&sent(&["220 mx", "250-mx\r\n250 AUTH PLAIN", "535 5.7.8 No", "221 Bye"], &clear), 1, "refused");
    is(&sent(&["220 mx", "250-mx\r\n250 AUTH PLAIN", "454 4.7.0 Later", "221 Bye"], &clear), 3, "refused");
    is(&sent(&["220 mx", "250-mx\r\n250 AUTH PLAIN", "221 Bye"], &["--tls", "none", "--auth", &auth]), 1, "withheld");
    let nothing = sent(&["220 mx", EHLO, "221 Bye"], &clear);
    assert!(nothing.stderr.contains("offers no authentication"), "{nothing:?}");
    // What the user gave can't be sent to anybody.
    let auth = format!("ann:{empty}");
    let address = listen(|stream| converse(&stream, &["220 mx", "250-mx\r\n250 AUTH PLAIN", "221 Bye"]));
    let clear = ["--tls", "none", "--auth", &auth, "--auth-without-tls"];
    let usage = send(&example("message.eml"), &address, &clear);
    assert!(usage.code == 2 && usage.stderr.contains("password"), "{usage:?}");
}

#[test]
fn what_the_server_lacks() {
    let folder = Folder::new();
    let message = folder.write("8bit.eml", "Subject: x\r\n\r\ncaf\u{e9}\r\n");
    let address = listen(|stream| converse(&stream, &["220 mx", "250 mx", "221 Bye"]));
    is(&send(&message, &address, &["--json"]), 1, "withheld");
    is(&sent(&["220 mx", EHLO, "221 Bye"], &["--require-tls", "--tls", "none"]), 1, "withheld");
}

/// 3 if one is worth another try, else 1 if one is refused; each is in the JSON.
#[test]
fn several_recipients() {
    let more = ["--rcpt", "carl@example.com", "--rcpt", "dora@example.com"];
    let run = |second: &'static str, third: &'static str| {
        let replies = vec!["220 mx", EHLO, "250 Ok", "250 Ok", second, third, "354 Go on"];
        let address = listen(move |stream| {
            converse(&stream, &replies);
            let mut content = Vec::new();
            while !content.ends_with(b"\r\n.\r\n") {
                let mut octet = [0];
                (&stream).read_exact(&mut octet).unwrap();
                content.extend(octet);
            }
            (&stream).write_all(b"250 2.0.0 Queued\r\n").unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = (&stream).read_to_end(&mut content);
        });
        send(&example("message.eml"), &address, &[&more[..], &["--no-chunking", "--json"]].concat())
    };
    for (second, third, code) in [
        ("250 Ok", "250 Ok", 0),
        ("250 Ok", "550 5.1.1 No", 1),
        ("450 4.2.1 Later", "550 5.1.1 No", 3),
        ("550 5.1.1 No", "450 4.2.1 Later", 3),
    ] {
        let ran = run(second, third);
        assert_eq!(ran.code, code, "{ran:?}");
        let json = ran.json();
        assert_eq!(json["exit"], code);
        let outcomes: Vec<&Value> = json["recipients"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
        let expected = [second, third].map(|reply| if reply.starts_with("250") { "accepted" } else { "refused" });
        assert_eq!(outcomes, ["accepted", expected[0], expected[1]], "{ran:?}");
    }
    let ran = run("250 Ok", "550 5.1.1 No such user");
    let last = &ran.json()["recipients"][2];
    assert_eq!(last["recipient"], "<dora@example.com>");
    assert_eq!(last["reply"], json!({"code": 550, "enhanced": "5.1.1", "text": "No such user"}));
    assert_eq!((&last["refusal"]["stage"], &last["refusal"]["cause"]), (&json!("rcpt"), &json!("no-such-mailbox")));
}

#[test]
fn usage() {
    let message = example("message.eml");
    for more in [&["--rcpt", "no mailbox"][..], &["--helo", "no name"], &["--auth", "ann"], &["--ca", "/nowhere"]] {
        let ran = send(&message, NOBODY, more);
        assert_eq!(ran.code, 2, "{more:?}: {ran:?}");
    }
    // What is asked of the certificate is never given up for a delivery in clear text.
    for more in [&["--verify"][..], &["--ca", "/nowhere"], &["--verify", "--require-tls"]] {
        let ran = send(&message, NOBODY, &[more, &["--tls", "none"]].concat());
        assert!(ran.code == 2 && ran.stderr.contains("--tls none"), "{more:?}: {ran:?}");
    }
    assert_eq!(send("/nowhere.eml", NOBODY, &[]).code, 2);
}

/// The first line that the server hears, with these options.
fn hello(more: &[&str]) -> String {
    let (said, heard) = std::sync::mpsc::channel();
    let address = listen(move |stream| {
        converse(&stream, &["220 mx"]);
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut octet = [0];
            (&stream).read_exact(&mut octet).unwrap();
            line.extend(octet);
        }
        said.send(String::from_utf8(line).unwrap()).unwrap();
    });
    send(&example("message.eml"), &address, more);
    heard.recv().unwrap().trim_end().to_owned()
}

/// The machine's full name or the address, never a name that means nothing to others.
#[test]
fn the_name_for_ehlo() {
    let name = hello(&[]);
    let name = name.strip_prefix("EHLO ").unwrap();
    assert!(name == "[127.0.0.1]" || (name.contains('.') && !name.contains("localhost")), "{name}");
    assert_eq!(hello(&["--helo", "client.example.com"]), "EHLO client.example.com");
    assert_eq!(hello(&["--helo", "[192.0.2.1]"]), "EHLO [192.0.2.1]");
    assert_eq!(hello(&["--helo", "192.0.2.1"]), "EHLO [192.0.2.1]");
    assert_eq!(hello(&["--helo", "2001:db8::1"]), "EHLO [IPv6:2001:db8::1]");
}

/// A server that waits for TLS is silent, and that is said before anybody has to guess.
#[test]
fn silence_is_explained() {
    let started = Instant::now();
    let address = listen(|stream| {
        thread::sleep(Duration::from_secs(8));
        drop(stream);
    });
    let silent = send(&example("message.eml"), &address, &["--json"]);
    is(&silent, 3, "not-sent");
    assert!(silent.stderr.contains("--tls implicit"), "{silent:?}");
    assert!(started.elapsed() < Duration::from_secs(30));
    // One that closes at once is not silent.
    let closed = send(&example("message.eml"), &listen(drop), &["--json"]);
    is(&closed, 3, "not-sent");
    assert!(closed.stderr.contains("said nothing and closed the connection; if it waits for TLS"), "{closed:?}");
    assert!(!closed.stderr.contains("is silent"), "{closed:?}");
}
