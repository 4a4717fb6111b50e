//! `passerelle send`, to `passerelle serve`.

use std::fs;

use crate::server::Server;
use crate::support::{Folder, example, run, run_with};

/// A certificate for mx.example.com from an authority of its own, as (authority, certificate, key) in PEM.
pub(crate) struct Certificates {
    pub(crate) folder: Folder,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let names = vec!["mx.example.com".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        folder.write("c.pem", made.cert.pem());
        folder.write("k.pem", made.signing_key.serialize_pem());
        Self { folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path(name)
    }

    /// A server that has them, and users.
    pub(crate) fn server(&self) -> Server {
        let users = self.folder.write("users", "# names and passwords\nann:pencil\n");
        let (certificate, key) = (self.file("c.pem"), self.file("k.pem"));
        let more = ["--tls-cert", &certificate, "--tls-key", &key, "--auth-users", &users, "--auth-required"];
        Server::start(&[&more[..], &["--listen-tls", "127.0.0.1:0"]].concat())
    }
}

pub(crate) const ENVELOPE: [&str; 4] = ["--from", "ann@harbour.example", "--rcpt", "bob@example.com"];

#[test]
fn a_message_arrives_as_it_is() {
    let server = Server::start(&[]);
    let message = example("message.eml");
    for options in [&[][..], &["--no-chunking"], &["--no-pipelining"], &["--no-chunking", "--no-pipelining"]] {
        let before = server.messages().len();
        let sent = run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], options].concat());
        assert_eq!(sent.code, 0, "{sent:?}");
        assert!(sent.out().starts_with("<bob@example.com>: accepted: 250 2.0.0 Filed as "), "{sent:?}");
        let messages = server.messages();
        assert_eq!(messages.len(), before + 1);
        let filed = fs::read(messages.last().unwrap()).unwrap();
        let original = fs::read(&message).unwrap();
        let body = original.windows(4).position(|at| at == b"\r\n\r\n").unwrap();
        assert!(filed.ends_with(&original[body..]), "the body is as it was");
    }
}

#[test]
fn standard_input_dots_and_lf() {
    let server = Server::start(&[]);
    let arguments = [&["send", "-", "--to", server.address(), "--no-chunking"], &ENVELOPE[..]].concat();
    let sent = run_with(&arguments, b"Subject: dots\n\n.\n..\n.dot\nend");
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(server.message().ends_with(b"Subject: dots\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n"));
}

#[test]
fn refusals_say_what_to_do_and_set_the_exit_code() {
    let server = Server::start(&["--domain", "example.com"]);
    let message = example("message.eml");
    let both = ["--rcpt", "carl@elsewhere.example"];
    let sent = run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], &both].concat());
    assert_eq!(sent.code, 1, "{sent:?}");
    let lines: Vec<&str> = sent.out().lines().collect();
    assert!(lines[0].starts_with("<bob@example.com>: accepted: 250"), "{sent:?}");
    assert!(lines[1].starts_with("<carl@elsewhere.example>: refused: 550 5.7.1"), "{sent:?}");
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn tls_by_starttls_and_at_once_with_authentication() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let password = certificates.folder.write("password", "pencil\n");
    let (message, auth, ca) = (example("message.eml"), format!("ann:{password}"), certificates.file("c.pem"));
    let tls = ["--ca", &ca, "--tls-name", "mx.example.com", "--auth", &auth, "--verbose"];
    for (number, (address, mode)) in server.addresses.iter().zip(["starttls", "implicit"]).enumerate() {
        for mechanism in ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN"] {
            let options = ["--tls", mode, "--auth-mechanism", mechanism];
            let sent = run(&[&["send", &message, "--to", address], &ENVELOPE[..], &tls, &options].concat());
            assert_eq!(sent.code, 0, "{number} {mechanism}: {sent:?}");
            assert!(sent.stderr.contains("certificate verified"), "{sent:?}");
            assert!(sent.stderr.contains(&format!("authenticated by {mechanism}\n")), "{sent:?}");
        }
    }
    assert_eq!(server.messages().len(), 12);
}

#[test]
fn what_is_wrong_with_tls_or_a_password_is_said() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let wrong = certificates.folder.write("password", "pen\n");
    let (message, auth, ca) = (example("message.eml"), format!("ann:{wrong}"), certificates.file("c.pem"));
    let send = |more: &[&str]| run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], more].concat());

    let name = send(&["--ca", &ca, "--tls-name", "other.example.com"]);
    assert!(name.code == 3 && name.stderr.contains("certificate-host-mismatch"), "{name:?}");
    let old = send(&["--ca", &ca, "--tls-name", "mx.example.com", "--now", "99999999999"]);
    assert!(old.code == 3 && old.stderr.contains("certificate-expired"), "{old:?}");
    let password = send(&["--auth", &auth, "--ca", &ca, "--tls-name", "mx.example.com"]);
    assert!(password.code == 1 && password.stderr.contains("535"), "{password:?}");
    let clear = send(&["--auth", &auth, "--tls", "none", "--auth-mechanism", "PLAIN"]);
    assert_eq!(clear.code, 1, "{clear:?}");
    assert!(server.messages().is_empty());
}

/// A self-signed stranger gets no password, unless that is asked for; `--auth` alone verifies.
#[test]
fn a_server_that_nobody_verified_gets_no_password() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let password = certificates.folder.write("password", "pencil\n");
    let (message, auth) = (example("message.eml"), format!("ann:{password}"));
    let send = |more: &[&str]| {
        let auth = ["--auth", &auth, "--trace", "--tls-name", "mx.example.com"];
        run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], &auth, more].concat())
    };
    for more in [&[][..], &["--tls", "starttls"], &["--auth-mechanism", "PLAIN"], &["--auth-mechanism", "LOGIN"]] {
        let refused = send(more);
        assert_eq!(refused.code, 3, "{more:?}: {refused:?}");
        assert!(refused.stderr.contains("certificate-not-trusted"), "{more:?}: {refused:?}");
        assert!(!refused.stderr.contains("C: AUTH"), "{more:?}: {refused:?}");
    }
    let address = run(&[&["send", &message, "--to", server.address(), "--auth", &auth], &ENVELOPE[..]].concat());
    assert!(address.code == 2 && address.stderr.contains("--tls-name"), "{address:?}");
    for mechanism in ["PLAIN", "LOGIN"] {
        let shown = send(&["--auth-unverified", "--auth-mechanism", mechanism]);
        assert_eq!(shown.code, 0, "{shown:?}");
    }
}

#[test]
fn the_trace_shows_the_dialogue_and_no_password() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let password = certificates.folder.write("password", "pencil\n");
    let (message, auth) = (example("message.eml"), format!("ann:{password}"));
    let options = ["--auth", &auth, "--auth-unverified", "--auth-mechanism", "PLAIN", "--trace", "--no-chunking"];
    let sent = run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], &options].concat());
    assert_eq!(sent.code, 0, "{sent:?}");
    let trace = &sent.stderr;
    for line in [
        "S: 220 mx.example.com ESMTP Passerelle\n",
        "C: STARTTLS\n",
        "*: TLS1.3",
        "C: AUTH PLAIN <response>\n",
        "S: 235 2.7.0",
        "C: DATA\n",
        "C: QUIT\n",
        "S: 221 2.0.0 Bye\n",
    ] {
        assert!(trace.contains(line), "{line:?} is missing in\n{trace}");
    }
    // The base64 of "\0ann\0pencil".
    assert!(!trace.contains("AGFubgBwZW5jaWw"), "{trace}");
}

#[test]
fn certificates_are_read_again_at_sighup() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let old = fs::read(certificates.file("c.pem")).unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["new.example.com".to_owned()]).unwrap();
    certificates.folder.write("c.pem", made.cert.pem());
    certificates.folder.write("k.pem", made.signing_key.serialize_pem());
    let old = certificates.folder.write("old.pem", old);
    server.signal("HUP");
    server.says("the certificate was read again");
    let password = certificates.folder.write("password", "pencil\n");
    let (message, auth) = (example("message.eml"), format!("ann:{password}"));
    let send = |ca: &str, name: &str| {
        let options = ["--auth", &auth, "--ca", ca, "--tls-name", name];
        run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], &options].concat()).code
    };
    assert_eq!(send(&certificates.file("c.pem"), "new.example.com"), 0);
    assert_ne!(send(&old, "mx.example.com"), 0);
}

#[test]
fn lmtp_has_a_reply_for_each_recipient() {
    let server = Server::start(&["--lmtp"]);
    let message = example("message.eml");
    let more = ["--lmtp", "--rcpt", "carl@example.com"];
    let sent = run(&[&["send", &message, "--to", server.address()], &ENVELOPE[..], &more].concat());
    assert_eq!((sent.code, sent.out().matches(": accepted: 250").count()), (0, 2), "{sent:?}");
    assert!(String::from_utf8(server.message()).unwrap().contains("Delivered-To: carl@example.com\r\n"));
}

#[test]
fn what_the_server_could_not_take_is_not_sent() {
    let server = Server::start(&[]);
    let folder = Folder::new();
    let bare = folder.write("bare.eml", b"Subject: bare\r\n\r\nA bare\rCR.\r\n");
    let refused = run(&[&["send", &bare, "--to", server.address()], &ENVELOPE[..]].concat());
    assert!(refused.code == 1 && refused.out().contains("not sent"), "{refused:?}");
    let repaired = run(&[&["send", &bare, "--to", server.address(), "--repair"], &ENVELOPE[..]].concat());
    assert_eq!(repaired.code, 0, "{repaired:?}");
    assert!(server.message().ends_with(b"A bare\r\nCR.\r\n"));
    let message = example("message.eml");
    let required = run(&[&["send", &message, "--to", server.address(), "--tls", "starttls"], &ENVELOPE[..]].concat());
    assert!(required.code == 1 && required.stderr.contains("does not offer STARTTLS"), "{required:?}");
}

#[test]
fn a_server_that_is_not_there() {
    let message = example("message.eml");
    let sent = run(&[&["send", &message, "--to", "127.0.0.1:1"], &ENVELOPE[..]].concat());
    assert!(sent.code == 3 && sent.stderr.contains("cannot connect to"), "{sent:?}");
}
