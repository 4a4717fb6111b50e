//! `passerelle serve`

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::server::Server;
use crate::support::{Folder, example, run};

#[test]
fn mail_is_verified_and_filed_with_its_fields_in_front() {
    let server = Server::start(&[]);
    let mut talk = server.talk();
    assert_eq!(talk.say("EHLO client.example").get(..3), Some("250"));
    assert_eq!(talk.say("MAIL FROM:<ann@client.example>"), "250 2.1.0 Sender OK");
    assert_eq!(talk.say("RCPT TO:<bob@example.com>"), "250 2.1.5 Recipient OK");
    assert_eq!(talk.say("DATA").get(..3), Some("354"));
    talk.send(b"Authentication-Results: mx.example.com; dkim=pass header.d=bank.example\r\n");
    talk.send(b"Return-Path: <forged@bank.example>\r\nFrom: ann@client.example\r\n\r\nHello.\r\n..\r\n");
    assert_eq!(talk.say(".").get(..10), Some("250 2.0.0 "));
    assert_eq!(talk.say("QUIT"), "221 2.0.0 Bye");
    let said = server.says("accepted from");
    assert!(said.contains("<ann@client.example> for <bob@example.com>") && said.contains("spf=none"), "{said}");

    let message = String::from_utf8(server.message()).unwrap();
    assert!(message.starts_with(
        "Return-Path: <ann@client.example>\r\nDelivered-To: bob@example.com\r\nAuthentication-Results: mx.example.com;"
    ));
    assert!(message.contains("\r\nReceived: from client.example ([127.0.0.1])\r\n\tby mx.example.com with ESMTP"));
    // What came in our name is gone, and the rest is as it was.
    assert!(!message.contains("bank.example"), "{message}");
    assert!(message.ends_with("From: ann@client.example\r\n\r\nHello.\r\n.\r\n"), "{message}");
    assert_eq!(server.leftovers(), 0);
}

#[test]
fn with_domains_no_other_mail_is_taken() {
    let server = Server::start(&["--domain", "example.com"]);
    let mut talk = server.talk();
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    assert_eq!(talk.say("RCPT TO:<bob@example.com>").get(..3), Some("250"));
    let refused = talk.say("RCPT TO:<bob@elsewhere.example>");
    assert!(refused.starts_with("550 5.7.1"), "{refused}");
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let server = Server::start(&[]);
    let mut talk = server.talk();
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    talk.say("RCPT TO:<bob@example.com>");
    talk.say("DATA");
    talk.send(b"Subject: half\r\n\r\n");
    // More than is held in memory.
    talk.send(&b"a line of sixty-four octets, with the end of the line counted..\r\n".repeat(20_000));
    drop(talk);
    server.says("a message broke off");
    assert!(server.messages().is_empty());
    // The file goes with the session, a moment later.
    for _ in 0..100 {
        if server.leftovers() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("a part of the message is left");
}

#[test]
fn sigterm_ends_it_once_the_message_under_way_is_done() {
    let mut server = Server::start(&[]);
    let (mut busy, mut idle) = (server.talk(), server.talk());
    idle.say("EHLO client.example");
    busy.say("EHLO client.example");
    busy.say("MAIL FROM:<ann@client.example>");
    busy.say("RCPT TO:<bob@example.com>");
    busy.say("DATA");
    server.signal("TERM");
    assert_eq!(idle.reply().get(..4), Some("421 "));
    busy.send(b"Subject: last\r\n\r\nHello.\r\n");
    assert_eq!(busy.say(".").get(..4), Some("250 "));
    assert_eq!(busy.reply().get(..4), Some("421 "));
    assert_eq!(server.exit_code(), Some(0));
    assert!(server.message().ends_with(b"Hello.\r\n"));
}

#[test]
fn a_full_disk_is_no_250() {
    let server = Server::start(&[]);
    let mut talk = server.talk();
    // The folder is gone: nothing can be filed.
    let new = server.messages();
    assert!(new.is_empty());
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    talk.say("RCPT TO:<bob@example.com>");
    talk.say("DATA");
    server.break_maildir();
    let reply = talk.say("Subject: x\r\n\r\nHello.\r\n.");
    assert!(reply.starts_with("451 4.3.0"), "{reply}");
}

/// Lines that would become part of the field that is put in front, and header sections that are never filed: the client is
/// not to try for days.
#[test]
fn a_header_section_that_cannot_be_filed_is_refused_for_good() {
    let server = Server::start(&[]);
    let fields = "A: b\r\n".repeat(1001) + "\r\nHello.\r\n.";
    for message in [" with forged;\r\nSubject: x\r\n\r\nHello.\r\n.", "\tforged\r\n.", &fields] {
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        talk.say("MAIL FROM:<ann@client.example>");
        talk.say("RCPT TO:<bob@example.com>");
        talk.say("DATA");
        let reply = talk.say(message);
        assert!(reply.starts_with("554 5.6.0 "), "{reply}");
    }
    // Nor does a field that is taken away leave one.
    let mut talk = server.talk();
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    talk.say("RCPT TO:<bob@example.com>");
    talk.say("DATA");
    let reply = talk.say("Return-Path: <x@y.example>\r\n folded\r\nSubject: x\r\n\r\nHello.\r\n.");
    assert!(reply.starts_with("250"), "{reply}");
    assert!(!String::from_utf8(server.message()).unwrap().contains("folded"));
    assert_eq!(server.leftovers(), 0);
}

/// What a client that knows no password sees of a user, and of a name that nobody has, does not differ.
#[test]
fn scram_does_not_tell_who_exists() {
    let folder = Folder::new();
    let users = folder.write("users", "ann:pencil\n");
    let server = Server::start(&["--auth-users", &users, "--auth-without-tls"]);
    let salt = |mechanism: &str, user: &str, header: &str| {
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        let first = BASE64_STANDARD.encode(format!("{header}n={user},r=rOprNGfwEbeRWgbNEkqO"));
        let reply = talk.say(&format!("AUTH {mechanism} {first}"));
        let challenge = String::from_utf8(BASE64_STANDARD.decode(reply.strip_prefix("334 ").unwrap()).unwrap());
        challenge.unwrap().split_once(",s=").unwrap().1.to_owned()
    };
    for user in ["ann", "nobody"] {
        // Acting for another is refused at the end, not by another salt.
        assert_eq!(salt("SCRAM-SHA-256", user, "n,,"), salt("SCRAM-SHA-256", user, "n,a=bob,"), "{user}");
        // Each hash function has a salt of its own.
        assert_ne!(salt("SCRAM-SHA-256", user, "n,,"), salt("SCRAM-SHA-1", user, "n,,"), "{user}");
    }
}

/// One client can't take all places, and gets one again when it gives one back.
#[test]
fn a_client_has_so_many_connections() {
    use std::io::Read;
    use std::net::TcpStream;

    let server = Server::start(&[]);
    let greeted = || {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let mut greeting = [0; 4];
        stream.read_exact(&mut greeting).unwrap();
        (&greeting == b"220 ").then_some(stream)
    };
    let mut streams: Vec<_> = std::iter::from_fn(&greeted).take(1000).collect();
    assert_eq!(streams.len(), 250);
    server.says("turned away 127.0.0.1");
    streams.pop();
    for _ in 0..500 {
        if greeted().is_some() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the place was not given back");
}

#[test]
fn wrong_usage_says_what_to_do() {
    let folder = Folder::new();
    let nowhere = run(&["serve"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("--listen"), "{nowhere:?}");
    let file = folder.write("file", "");
    let maildir = run(&["serve", "--listen", "127.0.0.1:0", "--maildir", &file, "--dns", &example("dns.json")]);
    assert!(maildir.code == 2 && maildir.stderr.contains("cannot use the maildir"), "{maildir:?}");
    let users = folder.write("users", "ann\n");
    let users = run(&["serve", "--listen", "127.0.0.1:0", "--auth-users", &users, "--dns", &example("dns.json")]);
    assert!(users.code == 2 && users.stderr.contains("line 1: write it as user:password"), "{users:?}");
    let (certificate, key) = (folder.write("c.pem", "no"), folder.write("k.pem", "no"));
    let tls = run(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key]);
    assert!(tls.code == 2 && tls.stderr.contains("c.pem"), "{tls:?}");
    let taken = Server::start(&[]);
    let taken = run(&["serve", "--listen", taken.address(), "--dns", &example("dns.json")]);
    assert!(taken.code == 2 && taken.stderr.contains("cannot listen on"), "{taken:?}");
    assert!(fs::metadata(folder.path("file")).unwrap().len() == 0);
}
