//! Whole dialogues.

use passerelle::smtp::server::{Closed, Protocol, Settings};

use crate::talk::{Talk, settings};

#[test]
fn one_message() {
    let mut talk = Talk::new(settings());
    talk.run(
        "S: 220 mx.example.com ESMTP
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250 SIZE 52428800
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: RCPT TO:<bob@example.com>
         S: 250 2.1.5 Recipient OK
         C: RCPT TO:<Postmaster>
         S: 250 2.1.5 Recipient OK
         C: RCPT TO:<carol@example.net>
         S: 550 5.7.1 Relaying denied
         C: DATA
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: Subject: Hello
         C:
         C: ..
         C: Hello, Bob.
         C: .
         S: 250 2.0.0 Message accepted
         C: NOOP
         S: 250 2.0.0 OK
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(talk.closed, Some(Closed::Quit));
    let [(message, content)] = &talk.messages[..] else { panic!("{:?}", talk.messages) };
    assert_eq!(content, b"Subject: Hello\r\n\r\n.\r\nHello, Bob.\r\n");
    assert_eq!(message.sender.path.to_string(), "<ann@example.org>");
    let recipients: Vec<_> = message.recipients.iter().map(|recipient| recipient.path.to_string()).collect();
    assert_eq!(recipients, ["<bob@example.com>", "<Postmaster>"]);
    assert_eq!((message.protocol, message.size, message.received_fields), ("ESMTP", 34, 0));
    assert_eq!(talk.aborted, []);
}

/// What a host gets that decides nothing: nobody is served that it would have to answer for.
#[test]
fn a_host_that_decides_nothing() {
    let mut talk = Talk::new(Settings { hostname: "mx.example.com".into(), ..Settings::default() });
    talk.run(
        "S: 220 mx.example.com ESMTP
         C: HELO client.example.org
         S: 250 mx.example.com
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: RCPT TO:<bob@example.com>
         S: 550 5.7.1 Relaying denied
         C: RCPT TO:<bob@[198.51.100.1]>
         S: 550 5.7.1 Relaying denied
         C: RCPT TO:<@mx.example.com:bob@example.net>
         S: 550 5.7.1 Relaying denied
         C: RCPT TO:<bob%example.net@mx.example.com>
         S: 550 5.7.1 Relaying denied
         C: DATA
         S: 554 5.5.1 No valid recipients
         C: RCPT TO:<postmaster>
         S: 250 2.1.5 Recipient OK
         C: DATA
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: .
         S: 451 4.3.0 There is nobody here who takes messages
         C: AUTH PLAIN AGFubgBwZW5jaWw=
         S: 502 5.5.1 AUTH is not offered
         C: VRFY bob
         S: 252 2.5.0 Cannot tell; send a message and see
         C: EXPN staff
         S: 252 2.5.0 Cannot tell; send a message and see
         C: STARTTLS
         S: 502 5.5.1 STARTTLS is not offered
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(talk.messages.len(), 0);
}

/// RFC 2033 §4.2: as many replies to the message as recipients were accepted, in their order.
#[test]
fn lmtp() {
    use passerelle::smtp::Reply;
    use passerelle::smtp::server::{Decision, Request};

    let host = |request: &Request| {
        Some(match request {
            Request::Message(message) => Decision::Each(
                message
                    .recipients
                    .iter()
                    .map(|recipient| match recipient.path.to_string().as_str() {
                        "<bob@example.com>" => Reply::new(250, None, "Delivered"),
                        _ => Reply::new(452, None, "The mailbox is full"),
                    })
                    .collect(),
            ),
            _ => Decision::Accept,
        })
    };
    let mut talk = Talk::with_host(Settings { protocol: Protocol::Lmtp, ..settings() }, Box::new(host));
    talk.run(
        "S: 220 mx.example.com LMTP
         C: EHLO client.example.org
         S: 500 5.5.1 This is LMTP: LHLO
         C: LHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250 SIZE 52428800
         C: MAIL FROM:<>
         C: RCPT TO:<pat@example.org>
         C: DATA
         S: 250 2.1.0 Sender OK
         S: 550 5.7.1 Relaying denied
         S: 503 5.5.1 No valid recipients
         C: RCPT TO:<bob@example.com>
         C: RCPT TO:<nobody@example.org>
         C: RCPT TO:<carol@example.com>
         C: DATA
         S: 250 2.1.5 Recipient OK
         S: 550 5.7.1 Relaying denied
         S: 250 2.1.5 Recipient OK
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: Hello.
         C: .
         S: 250 2.0.0 Delivered
         S: 452 4.0.0 The mailbox is full
         C: MAIL FROM:<ann@example.org> BODY=8BITMIME SIZE=10
         C: RCPT TO:<carol@example.com>
         C: RCPT TO:<bob@example.com>
         C: BDAT 3 LAST
         C: x
         S: 250 2.1.0 Sender OK
         S: 250 2.1.5 Recipient OK
         S: 250 2.1.5 Recipient OK
         S: 452 4.0.0 The mailbox is full
         S: 250 2.0.0 Delivered
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(talk.messages[0].0.protocol, "LMTP");
    assert_eq!(talk.messages[1].1, b"x\r\n");
}
