//! `passerelle send`, to servers that misbehave.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::send::{Certificates, ENVELOPE};
use crate::support::{Folder, Ran, example, run};

/// Listens once, and lets `serve` have the connection.
pub(crate) fn listen(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

/// Plays a server: the greeting, and then a reply to each line.
pub(crate) fn converse(stream: &TcpStream, replies: &[&str]) {
    let mut lines = BufReader::new(stream).lines();
    for (number, reply) in replies.iter().enumerate() {
        if number > 0 {
            lines.next().unwrap().unwrap();
        }
        let mut stream = stream;
        stream.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
    }
}

pub(crate) fn send(message: &str, address: &str, more: &[&str]) -> Ran {
    run(&[&["send", message, "--to", address], &ENVELOPE[..], more].concat())
}

/// Far more than what the system keeps of what a peer does not read.
fn large(folder: &Folder) -> String {
    folder.write("large.eml", format!("Subject: large\r\n\r\n{}", "0123456789\r\n".repeat(2 << 20)))
}

/// The refusal is told, not the connection that was lost with it.
#[test]
fn refused_in_the_middle_of_the_content() {
    let folder = Folder::new();
    let message = large(&folder);
    for (before, then_closes) in [(0, false), (0, true), (500, true)] {
        let address = listen(move |mut stream| {
            converse(&stream, &["220 mx", "250 mx", "250 Ok", "250 Ok", "354 Go on"]);
            thread::sleep(Duration::from_millis(before));
            stream.write_all(b"552 5.3.4 Too large\r\n").unwrap();
            if !then_closes {
                thread::sleep(Duration::from_secs(60));
            }
        });
        let sent = send(&message, &address, &[]);
        assert!(sent.out().contains("refused with the message: 552 5.3.4 Too large"), "{before}: {sent:?}");
        assert_eq!(sent.code, 1, "{sent:?}");
    }
}

/// Inside TLS, too, a lost connection is an outcome.
#[test]
fn cut_inside_tls() {
    let certificates = Certificates::new();
    let server = certificates.server();
    let message = large(&certificates.folder);
    let password = certificates.folder.write("password", "pencil\n");
    let inside = server.addresses[1].clone();
    let address = listen(move |client| {
        let server = TcpStream::connect(inside).unwrap();
        let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        std::io::copy(&mut (&client).take(1 << 20), &mut &server).unwrap();
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    });
    let sent =
        send(&message, &address, &["--tls", "implicit", "--auth-unverified", "--auth", &format!("ann:{password}")]);
    assert!(sent.out().contains("not sent: the connection was lost"), "{sent:?}");
    assert_eq!(sent.code, 3, "{sent:?}");
    assert!(!sent.stderr.contains("bug"), "{sent:?}");
}

#[test]
fn a_message_that_becomes_shorter_is_not_ended() {
    let folder = Folder::new();
    let message = large(&folder);
    let path = message.clone();
    let (said, heard) = std::sync::mpsc::channel();
    let address = listen(move |stream| {
        converse(&stream, &["220 mx", "250 mx", "250 Ok", "250 Ok"]);
        fs::write(&path, "Subject: short\r\n\r\n").unwrap();
        (&stream).write_all(b"354 Go on\r\n").unwrap();
        let mut content = Vec::new();
        let _ = (&stream).read_to_end(&mut content);
        said.send(content).unwrap();
    });
    let sent = send(&message, &address, &[]);
    assert!(sent.code != 0 && sent.stderr.contains("was changed while it was being sent"), "{sent:?}");
    assert!(!heard.recv().unwrap().ends_with(b"\r\n.\r\n"));
}

/// Neither where the server speaks out of turn: what nobody should have sent is not shown either.
#[test]
fn the_trace_shows_no_password_when_the_dialogue_breaks_off() {
    let folder = Folder::new();
    let password = folder.write("password", "pencil\n");
    let address = listen(|stream| {
        converse(&stream, &["220 mx", "250-mx\r\n250 AUTH PLAIN\r\n250 slipped in"]);
        let _ = (&stream).read_to_end(&mut Vec::new());
    });
    let more = ["--tls", "none", "--auth", &format!("ann:{password}"), "--auth-without-tls", "--trace"];
    let sent = send(&example("message.eml"), &address, &more);
    assert!(sent.stderr.contains("the server replied 250 to nothing") || sent.stderr.contains("250"), "{sent:?}");
    assert!(!sent.stderr.contains("AGFubgBwZW5jaWw"), "{sent:?}");
}

/// 454 asks to try again (RFC 4954 §6), 535 does not.
#[test]
fn authentication_that_fails_for_now() {
    let folder = Folder::new();
    let password = folder.write("password", "pencil\n");
    for (reply, code) in [("454 4.7.0 Not now", 3), ("535 5.7.8 No", 1)] {
        let address = listen(move |stream| {
            converse(&stream, &["220 mx", "250-mx\r\n250 AUTH PLAIN", reply, "221 Bye"]);
        });
        let more = ["--tls", "none", "--auth", &format!("ann:{password}"), "--auth-without-tls"];
        let sent = send(&example("message.eml"), &address, &more);
        assert_eq!(sent.code, code, "{sent:?}");
    }
}
