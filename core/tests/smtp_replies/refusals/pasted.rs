//! Replies as people paste them.

use passerelle::smtp::refusal::{Pasted, Stage};

/// The text, the reply as one line, its host, and its stage.
const PASTED: &[(&str, &str, Option<&str>, Stage)] = &[
    // A reply, of one line or several, with line ends or with their names.
    ("550 5.1.1 No such user", "550 5.1.1 No such user", None, Stage::Unknown),
    ("550-5.7.26 This mail\n550 5.7.26 is refused", "550 5.7.26 This mail is refused", None, Stage::Unknown),
    (r"550-5.7.26 This mail\n550 5.7.26 is refused", "550 5.7.26 This mail is refused", None, Stage::Unknown),
    (r"550-5.7.26 This mail\r\n550 5.7.26 is refused\r\n", "550 5.7.26 This mail is refused", None, Stage::Unknown),
    ("  421", "421 ", None, Stage::Unknown),
    ("550-text\n550 more", "550 text more", None, Stage::Unknown),
    // Postfix.
    (
        "<ann@example.com>: host mx.example.com[192.0.2.1] said: 550-5.1.1 No such 550 5.1.1 user (in reply to RCPT TO command)",
        "550 5.1.1 No such user",
        Some("mx.example.com"),
        Stage::Rcpt,
    ),
    (
        "Nov 28 10:00:00 mx postfix/smtp[9607]: F020E46097C: to=<ann@example.com>, relay=mx.example.com[192.0.2.1]:25, \
         delay=0.17, dsn=5.0.0, status=bounced (host mx.example.com[192.0.2.1] said: 552 5.3.4 too big (in reply to MAIL FROM command))",
        "552 5.3.4 too big",
        Some("mx.example.com"),
        Stage::Mail,
    ),
    (
        "host mx00.emig.gmx.net[192.0.2.9] refused to talk to me: 554-gmx.net Nemesis 554-No SMTP service 554 Bad DNS PTR resource record.",
        "554 gmx.net Nemesis No SMTP service Bad DNS PTR resource record.",
        Some("mx00.emig.gmx.net"),
        Stage::Greeting,
    ),
    (
        "host 192.0.2.1[192.0.2.1] said: 550 5.7.1 no (in reply to end of DATA command)",
        "550 5.7.1 no",
        Some("192.0.2.1"),
        Stage::EndOfMessage,
    ),
    // Exim.
    (
        "SMTP error from remote mail server after RCPT TO:<ann@example.com>: host mx.example.com [192.0.2.1]: 550 5.1.1 User unknown",
        "550 5.1.1 User unknown",
        Some("mx.example.com"),
        Stage::Rcpt,
    ),
    (
        "ann@example.com\n host mx.example.com [192.0.2.1]\n SMTP error from remote mail server after end of data:\n 552 too large",
        "552 too large",
        Some("mx.example.com"),
        Stage::EndOfMessage,
    ),
    // Sendmail.
    (
        "... while talking to mx.example.com.:\n>>> RCPT To:<ann@example.com>\n<<< 550 5.1.1 User unknown",
        "550 5.1.1 User unknown",
        Some("mx.example.com"),
        Stage::Rcpt,
    ),
    // A delivery status notification, Google's, and programs'.
    (
        "Remote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 550 5.1.1 User unknown",
        "550 5.1.1 User unknown",
        Some("mx.example.com"),
        Stage::Unknown,
    ),
    ("The response from the remote server was: 550 5.1.1 User unknown", "550 5.1.1 User unknown", None, Stage::Unknown),
    ("Error: Mail command failed: 550 5.7.0 Mail relay denied", "550 5.7.0 Mail relay denied", None, Stage::Unknown),
    ("5.1.1 User unknown", "550 5.1.1 User unknown", None, Stage::Unknown),
    ("SMTP error 550: User unknown", "550 User unknown", None, Stage::Unknown),
];

#[test]
fn replies_are_found_where_people_paste_them() {
    for (text, reply, host, stage) in PASTED {
        let pasted = Pasted::find(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(pasted.reply.to_string(), *reply, "{text}");
        assert_eq!((pasted.host.as_deref(), pasted.stage), (*host, *stage), "{text}");
    }
}

#[test]
fn what_is_no_reply_is_none() {
    for text in [
        "",
        " ",
        "hello",
        "no reply here",
        "55",
        "5500 x",
        "650 x",
        "99 bottles",
        "connect to mx.example.com port 587: refused",
        "é",
    ] {
        assert_eq!(Pasted::find(text), None, "{text}");
    }
}
