//! BDAT (RFC 3030): what is counted is content, whatever it looks like and whatever becomes of it.

use passerelle::smtp::Reply;
use passerelle::smtp::server::{Abort, Closed, Decision, Decisions, Extensions, Limits, Request, Settings};
use passerelle::tls::{Converse, End};

use crate::talk::{Talk, settings};

const MAIL: &str = "EHLO a.example\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\n";

fn binary() -> Settings {
    Settings { extensions: Extensions { binary_mime: true, ..Extensions::default() }, ..settings() }
}

#[test]
fn a_message_in_chunks() {
    let mut talk = Talk::new(settings());
    talk.send(MAIL);
    assert_eq!(talk.send("BDAT 6\r\nA: b\r\n"), "250 2.0.0 6 octets received\r\n");
    assert_eq!(
        talk.send("BDAT 0\r\nBDAT 4\r\n\r\n.."),
        "250 2.0.0 0 octets received\r\n250 2.0.0 4 octets received\r\n"
    );
    assert_eq!(talk.send("DATA\r\n"), "503 5.5.1 The message is coming by BDAT\r\n");
    assert_eq!(talk.send("MAIL FROM:<>\r\n"), "503 5.5.1 A message has begun already\r\n");
    assert_eq!(talk.send("RCPT TO:<bob@example.com>\r\n"), "503 5.5.1 The message is coming already\r\n");
    assert_eq!(talk.send("BDAT 5 LAST\r\n\r\n.\r\nNOOP\r\n"), "250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n");
    // No dot is taken away, and none ends the message.
    assert_eq!(talk.messages[0].1, b"A: b\r\n\r\n..\r\n.\r\n");
    assert_eq!(talk.send("BDAT 1 LAST\r\nx"), "503 5.5.1 Say MAIL first\r\n");
}

/// ANCHORS: a refused chunk's octets taken for commands.
#[test]
fn a_refused_chunk_is_no_command() {
    let commands = "MAIL FROM:<admin@example.com>\r\nRCPT TO:<bob@example.com>\r\n";
    let chunk = format!("BDAT {} LAST\r\n{commands}", commands.len());
    for (before, reply) in [
        ("", "503 5.5.1 Say MAIL first\r\n"),
        ("EHLO a.example\r\n", "503 5.5.1 Say MAIL first\r\n"),
        ("HELO a.example\r\n", "503 5.5.1 BDAT was not offered\r\n"),
        ("EHLO a.example\r\nMAIL FROM:<>\r\n", "554 5.5.1 No valid recipients\r\n"),
    ] {
        for split in 0..=chunk.len() {
            let mut talk = Talk::new(settings());
            talk.send(before);
            let (one, two) = chunk.split_at(split);
            assert_eq!(talk.send(one) + &talk.send(two), reply, "{before:?}");
            assert_eq!(talk.send("QUIT\r\n"), "221 2.0.0 Bye\r\n");
            assert_eq!(talk.messages.len(), 0);
        }
    }
    // Chunks pipelined behind one that failed are refused as it was, and their octets are not looked at.
    let mut talk = Talk::new(Settings { limits: Limits { message_size: Some(10), ..Limits::default() }, ..settings() });
    talk.send(MAIL);
    let failed = "552 5.3.4 The message is too large\r\n";
    assert_eq!(talk.send("BDAT 11\r\nDATA\r\nNOOPxBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nRSET\r\n"), failed.repeat(3));
    assert_eq!(talk.aborted, [Abort::TooLarge]);
    assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
    assert_eq!(talk.messages.len(), 0);
}

/// Where no size can be read, nobody knows what is a command.
#[test]
fn without_a_size_the_session_ends() {
    for bdat in ["BDAT", "BDAT x", "BDAT -1", "BDAT 5 FIRST", "BDAT 18446744073709551616", "bdat 5  LAST"] {
        let mut talk = Talk::new(settings());
        talk.send(MAIL);
        let reply = talk.send(format!("{bdat}\r\nMAIL FROM:<admin@example.com>\r\n"));
        assert_eq!(reply, "421 4.5.4 BDAT takes a number of octets, and LAST\r\n", "{bdat}");
        assert_eq!((talk.closed, &talk.aborted[..]), (Some(Closed::OutOfStep), &[Abort::SessionEnded][..]));
    }
}

/// Nor where the line itself is refused: what it announced is behind it all the same.
#[test]
fn without_a_line_the_session_ends() {
    let behind = "MAIL FROM:<admin@example.com>\r\n";
    let long = format!("BDAT {}1", "0".repeat(20_000));
    for bdat in ["BDAT 31\0", "BDAT 31\rLAST", "BDAT 31 LAST\nx", "bdat 31\n", &long, " BDAT 31", "\tBDAT 31"] {
        let chunk = format!("{bdat}\r\n{behind}");
        for split in [1, 2, 3, 5, 7, 8, chunk.len() - behind.len(), chunk.len()] {
            let mut talk = Talk::new(settings());
            talk.send("EHLO a.example\r\n");
            let (one, two) = chunk.split_at(split);
            let replies = talk.send(one) + &talk.send(two);
            assert!(!replies.contains("250 "), "{bdat:?} at {split}: {replies}");
            assert_eq!(talk.closed, Some(Closed::OutOfStep), "{bdat:?} at {split}");
        }
    }
    // Other lines that are refused end nothing.
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\nNOOP\0\r\n");
    assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
}

/// Empty chunks move nothing.
#[test]
fn empty_chunks_have_an_end() {
    let mut talk = Talk::new(settings());
    talk.send(MAIL);
    let replies: String = (0..10).map(|_| talk.send("BDAT 0\r\n".repeat(100))).collect();
    assert!(replies.ends_with("421 4.7.0 Too many commands that move nothing\r\n"), "{}", replies.len());
    assert_eq!((talk.closed, &talk.aborted[..]), (Some(Closed::TooMany), &[Abort::SessionEnded][..]));
}

/// With 421 the connection closes, between chunks too.
#[test]
fn a_header_section_refused_with_421_between_chunks() {
    let decide = |request: &Request| {
        Some(match request {
            Request::HeaderEnd { .. } => Decision::Refuse(Reply::new(421, None, "Not today")),
            _ => Decision::Accept,
        })
    };
    let decisions = Decisions { header: true, ..settings().decisions };
    let mut talk = Talk::with_host(Settings { decisions, ..settings() }, Box::new(decide));
    talk.send(MAIL);
    assert_eq!(talk.send("BDAT 10\r\nA: b\r\n\r\nxxBDAT 2 LAST\r\nxx"), "421 4.0.0 Not today\r\n");
    assert_eq!((talk.closed, &talk.aborted[..]), (Some(Closed::ByHost), &[Abort::Refused][..]));
}

/// ANCHORS: state left over after a reset.
#[test]
fn nothing_is_left_after_a_reset() {
    for reset in ["RSET\r\n", "EHLO a.example\r\n"] {
        let mut talk = Talk::new(binary());
        talk.send("EHLO a.example\r\nMAIL FROM:<ann@example.org> BODY=BINARYMIME\r\nRCPT TO:<bob@example.com>\r\n");
        talk.send("BDAT 5\r\n\r\nold");
        talk.send(reset);
        assert_eq!(talk.aborted, [Abort::Reset]);
        assert_eq!(talk.send("BDAT 3 LAST\r\nnew"), "503 5.5.1 Say MAIL first\r\n");
        // The new message is of text, comes from another, and has its own recipients and content.
        talk.send("MAIL FROM:<carol@example.org>\r\n");
        assert_eq!(talk.send("BDAT 3 LAST\r\nnew"), "554 5.5.1 No valid recipients\r\n");
        talk.send("RCPT TO:<dan@example.com>\r\n");
        assert!(talk.send("BDAT 5 LAST\r\n\r\na\nb").starts_with("550 5.6.0 The message has a bare LF"));
        talk.send("MAIL FROM:<carol@example.org>\r\nRCPT TO:<dan@example.com>\r\n");
        assert_eq!(talk.send("DATA\r\n"), "354 Go ahead; end with <CRLF>.<CRLF>\r\n");
        talk.send("new\r\n.\r\n");
        let [(message, content)] = &talk.messages[..] else { panic!("{:?}", talk.messages) };
        assert_eq!((message.sender.path.to_string().as_str(), message.recipients.len()), ("<carol@example.org>", 1));
        assert_eq!((&content[..], message.size), (&b"new\r\n"[..], 5));
    }
}

/// ANCHORS: Exim CVE-2026-45185. The end of the octets in the middle of a chunk, or of DATA, is the end of that message
/// and of nothing else, wherever it comes.
#[test]
fn close_notify_in_mid_message() {
    let whole = "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\n";
    for (content, is_whole) in [
        ("BDAT 20\r\nA: b\r\n\r\n", false),
        ("BDAT 20 LAST\r\nA: b\r\n\r\n", false),
        ("BDAT 10\r\nA: b\r\n\r\nxyBDAT 0", false),
        ("BDAT 10 LAST\r\nA: b\r\n\r\nxy", true),
        ("DATA\r\nA: b\r\n\r\nxy\r\n.\r", false),
        ("DATA\r\nA: b\r\n\r\nxy\r\n.\r\n", true),
    ] {
        for end in [End::Orderly, End::Cut, End::TlsFailed] {
            for late in [false, true] {
                let mut settings = binary();
                settings.extensions.starttls = true;
                let host = move |_: &Request| (!late).then_some(Decision::Accept);
                let mut talk = Talk::with_host(settings, Box::new(host));
                talk.send("EHLO a.example\r\nSTARTTLS\r\n");
                talk.secure();
                talk.send("EHLO a.example\r\n");
                talk.send(whole);
                if let Some((command, content)) = content.split_once('\n') {
                    talk.send([command, "\n"].concat());
                    talk.send(content);
                }
                let replies = talk.end(end);
                if late && is_whole {
                    // The host has the message and decides, although nobody waits for the reply.
                    assert!(!talk.server.is_over());
                    talk.decide(Decision::Accept);
                }
                assert!(talk.server.is_over());
                assert_eq!(talk.closed, Some(Closed::Ended(end)));
                assert_eq!(talk.messages.len(), usize::from(is_whole), "{content:?}");
                let aborted = if is_whole { vec![] } else { vec![Abort::SessionEnded] };
                assert_eq!(talk.aborted, aborted, "{content:?} {end:?}");
                assert_eq!(replies, "", "{content:?} {end:?}");
                // What comes later finds nobody.
                assert!(talk.server.octets(talk.now, b"RSET\r\n").is_err());
            }
        }
    }
}

#[test]
fn binary_messages() {
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\n");
    assert_eq!(talk.send("MAIL FROM:<> BODY=BINARYMIME\r\n"), "555 5.5.4 A parameter was not offered\r\n");
    let mut talk = Talk::new(binary());
    talk.send("EHLO a.example\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@example.com>\r\n");
    assert_eq!(talk.send("DATA\r\n"), "503 5.5.1 A binary message comes by BDAT\r\n");
    assert_eq!(talk.send(b"BDAT 9 LAST\r\n\r\n\0\r\n\n\r.\xff"), "250 2.0.0 Message accepted\r\n");
    let (message, content) = &talk.messages[0];
    assert_eq!(&content[..], b"\r\n\0\r\n\n\r.\xff");
    assert!(message.eight_bit);
}

/// A bare CR may lie between two chunks.
#[test]
fn irregular_octets_between_chunks() {
    let mut talk = Talk::new(settings());
    talk.send(MAIL);
    assert_eq!(
        talk.send("BDAT 3\r\na\r\r"),
        "550 5.6.0 The message has a bare CR; lines end with CRLF (RFC 5321 section 2.3.8)\r\n"
    );
    talk.send("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n");
    assert_eq!(talk.send("BDAT 2\r\na\r"), "250 2.0.0 2 octets received\r\n");
    assert!(talk.send("BDAT 1 LAST\r\nb").starts_with("550 5.6.0 The message has a bare CR"));
    talk.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n");
    assert!(talk.send("BDAT 2 LAST\r\na\r").starts_with("550 5.6.0 The message has a bare CR"));
    talk.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nBDAT 2\r\na\r");
    assert_eq!(talk.send("BDAT 1 LAST\r\n\n"), "250 2.0.0 Message accepted\r\n");
    assert_eq!(talk.messages.len(), 1);
}

/// A refusal at the end of the header section reaches the client with the chunk in which that ended.
#[test]
fn refused_at_the_end_of_the_header_section() {
    let decisions = Decisions { header: true, message: true, ..Decisions::default() };
    let host = |request: &Request| {
        Some(match request {
            Request::HeaderEnd { .. } => Decision::Refuse(Reply::new(554, None, "Not wanted")),
            _ => Decision::Accept,
        })
    };
    let mut talk = Talk::with_host(Settings { decisions, ..settings() }, Box::new(host));
    talk.send(MAIL);
    assert_eq!(talk.send("BDAT 4\r\nA: b"), "250 2.0.0 4 octets received\r\n");
    assert_eq!(talk.send("BDAT 6\r\n\r\n\r\nxy"), "554 5.0.0 Not wanted\r\n");
    assert_eq!(talk.aborted, [Abort::Refused]);
    assert_eq!(talk.send("BDAT 3 LAST\r\nend"), "554 5.0.0 Not wanted\r\n");
    assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
    assert_eq!(talk.messages.len(), 0);
}
