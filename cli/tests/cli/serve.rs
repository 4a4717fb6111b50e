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

/// A restart changes nothing of what a client sees that knows no password, whether a user has a verifier, a password or nothing.
#[test]
fn scram_salts_survive_a_restart() {
    let folder = Folder::new();
    let verifier = "SCRAM-SHA-256$4096:c2l4dGVlbiBvY3RldHMuLg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\
                AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let users = folder.write("users", format!("ann:pencil\nkept:{verifier}\n"));
    let challenges = || {
        let server = Server::start(&["--auth-users", &users, "--auth-without-tls"]);
        ["ann", "kept", "nobody", "nobody2"].map(|user| {
            let mut talk = server.talk();
            talk.say("EHLO client.example");
            let first = BASE64_STANDARD.encode(format!("n,,n={user},r=rOprNGfwEbeRWgbNEkqO"));
            let reply = talk.say(&format!("AUTH SCRAM-SHA-256 {first}"));
            let challenge = BASE64_STANDARD.decode(reply.strip_prefix("334 ").unwrap()).unwrap();
            String::from_utf8(challenge).unwrap().split_once(",s=").unwrap().1.to_owned()
        })
    };
    let before = challenges();
    assert_eq!(before, challenges());
    let [ann, kept, nobody, nobody2] = &before;
    assert!(ann != nobody && nobody != nobody2);
    // The same look: as many octets, as many iterations.
    assert!(
        [ann, nobody, nobody2].iter().all(|salt| salt.len() == kept.len() && salt.ends_with(",i=4096")),
        "{before:?}"
    );
    // Other users do not change the salts of those that are not there.
    folder.write("users", format!("ann:pencil\nkept:{verifier}\nnew:secret\n"));
    assert_eq!(challenges(), before);
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(folder.path("users.secret")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A browser's request, with commands for a body.
#[test]
fn an_http_post_files_nothing() {
    let server = Server::start(&[]);
    let mut talk = server.talk();
    let body = "EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.com>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n";
    talk.send(
        format!("POST / HTTP/1.1\r\nHost: mx.example.com\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
    assert_eq!(talk.reply(), "554 5.5.1 This is SMTP, not HTTP");
    assert_eq!(talk.reply(), "");
    server.says("closed: the client speaks another protocol");
    assert!(server.messages().is_empty());
}

/// `--proxy-from` demands a PROXY header, and the client is whom it names.
#[test]
fn a_named_neighbour_says_whose_mail_it_brings() {
    let server = Server::start(&["--proxy-from", "127.0.0.1"]);
    let mut talk = server.talk_unread();
    talk.send(b"PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n");
    assert_eq!(talk.reply(), "220 mx.example.com ESMTP Passerelle");
    talk.say("EHLO client.example");
    talk.say("MAIL FROM:<ann@client.example>");
    talk.say("RCPT TO:<bob@example.com>");
    talk.say("DATA");
    assert!(talk.say("Subject: x\r\n\r\nHello.\r\n.").starts_with("250 "));
    let message = String::from_utf8(server.message()).unwrap();
    assert!(message.contains("Received: from client.example ([203.0.113.9])"), "{message}");
    // What is behind the header in one piece was said before the greeting.
    let mut early = server.talk_unread();
    early.send(b"PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\nEHLO client.example\r\n");
    assert_eq!(early.reply(), "554 You talk before the greeting");
}

/// What the author's domain wants quarantined is kept apart, and told of as that; the client hears the same.
#[test]
fn quarantined_messages_are_kept_apart_and_told_apart() {
    let folder = Folder::new();
    let quarantine = folder.path("quarantine");
    let server = Server::start(&["--quarantine", &quarantine]);
    for (from, apart) in [("ann@meadow.example", true), ("ann@badger.example", false)] {
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        talk.say("MAIL FROM:<ann@client.example>");
        talk.say("RCPT TO:<bob@example.com>");
        talk.say("DATA");
        let reply = talk.say(&format!("From: {from}\r\nSubject: x\r\n\r\nHello.\r\n."));
        assert!(reply.starts_with("250 2.0.0 Filed as "), "{reply}");
        assert!(server.says("accepted from").contains(if apart { "dmarc=fail" } else { "dmarc=" }));
        if apart {
            server.says("quarantined the message, as its author's domain asks");
        }
        assert_eq!(fs::read_dir(format!("{quarantine}/new")).unwrap().count(), 1);
        assert_eq!(server.messages().len(), usize::from(!apart));
    }
}

/// By default a long line is filed as it is; with the switch it is refused, with its number and its length.
#[test]
fn long_lines_are_filed_or_refused() {
    let message = format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(5000));
    for (more, expected) in [(&[][..], "250 2.0.0 "), (&["--refuse-long-lines"], "554 5.6.0 ")] {
        let server = Server::start(more);
        let mut talk = server.talk();
        talk.say("EHLO client.example");
        talk.say("MAIL FROM:<ann@client.example>");
        talk.say("RCPT TO:<bob@example.com>");
        talk.say("DATA");
        let reply = talk.say(&format!("{message}."));
        assert!(reply.starts_with(expected), "{reply}");
        match more {
            [] => assert!(server.message().ends_with(message.as_bytes())),
            _ => assert!(reply.contains("line 3 has 5000 octets, and 998 are the most"), "{reply}"),
        }
    }
}

#[test]
fn wrong_usage_says_what_to_do() {
    let folder = Folder::new();
    let nowhere = run(&["serve"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("--listen"), "{nowhere:?}");
    let file = folder.write("file", "");
    let maildir = run(&["serve", "--listen", "127.0.0.1:0", "--maildir", &file, "--dns", &example("dns.json")]);
    assert!(maildir.code == 2 && maildir.stderr.contains("cannot use the maildir"), "{maildir:?}");
    for folder_that_is_none in ["new", "tmp"] {
        let maildir = folder.path(&format!("mail-{folder_that_is_none}"));
        fs::create_dir(&maildir).unwrap();
        fs::write(format!("{maildir}/{folder_that_is_none}"), "").unwrap();
        let maildir = run(&["serve", "--listen", "127.0.0.1:0", "--maildir", &maildir, "--dns", &example("dns.json")]);
        assert!(maildir.code == 2 && maildir.stderr.contains("cannot use the maildir"), "{maildir:?}");
    }
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
