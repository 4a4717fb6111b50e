//! The grammar of commands: what is taken, and what the reply to the rest is.

use passerelle::UnixTime;
use passerelle::smtp::{
    Body, Command, DeliverBy, DeliverByMode, Hold, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret,
};
use proptest::prelude::*;

fn mail(line: &str) -> (String, MailParameters) {
    match Command::parse(line.as_bytes()) {
        Ok(Command::Mail { from, parameters }) => (from.to_string(), parameters),
        other => panic!("{line:?}: {other:?}"),
    }
}

fn rcpt(line: &str) -> (String, RcptParameters, bool) {
    match Command::parse(line.as_bytes()) {
        Ok(Command::Rcpt { to, parameters, is_utf8 }) => (to.to_string(), parameters, is_utf8),
        other => panic!("{line:?}: {other:?}"),
    }
}

/// The code and enhanced status code of the reply to a line that is refused.
fn refusal(line: &[u8]) -> String {
    let reply = Command::parse(line).expect_err(&String::from_utf8_lossy(line)).reply();
    format!("{} {}", reply.code, reply.enhanced.unwrap())
}

#[test]
fn every_command_is_known_in_any_case() {
    for (line, verb) in [
        ("EHLO mail.example.com", "EHLO"),
        ("helo [192.0.2.1]", "HELO"),
        ("LHLO [IPv6:2001:db8::1]", "LHLO"),
        ("mail from:<>", "MAIL"),
        ("Rcpt To:<Postmaster>", "RCPT"),
        ("data", "DATA"),
        ("BDAT 0 last", "BDAT"),
        ("RSET ", "RSET"),
        ("NOOP anything at all", "NOOP"),
        ("VRFY Ann Example", "VRFY"),
        ("EXPN staff", "EXPN"),
        ("HELP", "HELP"),
        ("QUIT", "QUIT"),
        ("StartTLS", "STARTTLS"),
        ("AUTH scram-sha-256", "AUTH"),
        ("XCLIENT ADDR=192.0.2.1 name=[UNAVAILABLE]", "XCLIENT"),
    ] {
        assert_eq!(Command::parse(line.as_bytes()).unwrap().verb(), verb);
    }
}

#[test]
fn the_name_of_a_client() {
    let name = |line: &str| match Command::parse(line.as_bytes()) {
        Ok(Command::Ehlo(name)) => (name.as_str().to_owned(), name.host().map(ToString::to_string)),
        other => panic!("{other:?}"),
    };
    assert_eq!(name("EHLO Mail.Example.com"), ("Mail.Example.com".into(), Some("mail.example.com".into())));
    assert_eq!(name("EHLO [192.0.2.1]"), ("[192.0.2.1]".into(), Some("[192.0.2.1]".into())));
    // Not a name, and said by honest clients.
    assert_eq!(name("EHLO 192.0.2.1.").1, None);
    assert_eq!(name("EHLO (none)"), ("(none)".into(), None));
    // Blanks too many are.
    assert_eq!(name("EHLO  a").0, "a");
    for wrong in ["EHLO", "EHLO ", "EHLO a b", "HELO", &format!("EHLO {}", "x".repeat(256))] {
        assert_eq!(refusal(wrong.as_bytes()), "501 5.5.4", "{wrong:?}");
    }
}

#[test]
fn parameters_of_mail() {
    let line = "MAIL FROM:<ann@example.com> SIZE=12345 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=hdrs ENVID=QQ+2B314 \
                AUTH=e+3Dmc2@example.com MT-PRIORITY=-3 BY=120;rt HOLDFOR=86400";
    let expected = MailParameters {
        size: Some(12345),
        body: Some(Body::EightBitMime),
        smtputf8: true,
        require_tls: true,
        ret: Some(Ret::Headers),
        envelope_id: Some("QQ+314".into()),
        auth: Some(Some("e=mc2@example.com".parse().unwrap())),
        priority: Some(-3),
        deliver_by: Some(DeliverBy { seconds: 120, mode: DeliverByMode::Return, trace: true }),
        hold: Some(Hold::For(86_400)),
    };
    assert_eq!(mail(line), ("<ann@example.com>".into(), expected));
    assert_eq!(mail("MAIL FROM:<>"), ("<>".into(), MailParameters::default()));
    assert_eq!(mail("MAIL FROM:<> AUTH=<>").1.auth, Some(None));
    assert_eq!(mail("MAIL FROM:<> BODY=binarymime").1.body, Some(Body::BinaryMime));
    assert_eq!(mail("MAIL FROM:<> BY=-5;N").1.deliver_by.map(|by| by.seconds), Some(-5));
    // date --utc --date=2026-08-10T03:00:00Z +%s
    assert_eq!(mail("MAIL FROM:<> HOLDUNTIL=2026-08-10T03:00:00Z").1.hold, Some(Hold::Until(UnixTime(1_786_330_800))));
    assert_eq!(
        mail("MAIL FROM:<> HOLDUNTIL=2026-08-10t01:00:00.5-02:00").1.hold,
        Some(Hold::Until(UnixTime(1_786_330_800)))
    );
    assert_eq!(mail("MAIL FROM:<> MT-PRIORITY=0").1.priority, Some(0));
    // 2^64 has 20 digits, as RFC 1870 allows.
    assert_eq!(mail("MAIL FROM:<> SIZE=18446744073709551615").1.size, Some(u64::MAX));
    assert_eq!(mail("MAIL FROM:<> SIZE=99999999999999999999").1.size, Some(u64::MAX));
}

#[test]
fn wrong_parameters_of_mail() {
    for parameters in [
        "SIZE",
        "SIZE=",
        "SIZE=-1",
        "SIZE=+1",
        "SIZE=1k",
        "SIZE=100000000000000000000",
        "SIZE=1 SIZE=1",
        "SIZE=1 size=2",
        "BODY=9BIT",
        "BODY",
        "BODY=8BITMIME BODY=7BIT",
        "SMTPUTF8=1",
        "SMTPUTF8 smtputf8",
        "REQUIRETLS=yes",
        "RET=NONE",
        "RET=FULL RET=HDRS",
        "ENVID=",
        "ENVID=a+0",
        "ENVID=+00",
        "ENVID=a=b",
        "AUTH=",
        "AUTH=nobody",
        "AUTH=<a@b.example>",
        "MT-PRIORITY=10",
        "MT-PRIORITY=+1",
        "MT-PRIORITY=-0",
        "MT-PRIORITY=01",
        "BY=0;R",
        "BY=-1;RT",
        "BY=1",
        "BY=1;X",
        "BY=1234567890;N",
        "HOLDFOR=0",
        "HOLDFOR=1234567890",
        "HOLDFOR=1 HOLDUNTIL=2026-08-10T03:00:00Z",
        "HOLDUNTIL=2026-02-30T03:00:00Z",
        "HOLDUNTIL=2026-8-10T03:00:00Z",
        "HOLDUNTIL=2026-08-10T03:00:00",
        "HOLDUNTIL=1969-12-31T23:59:59Z",
        "HOLDUNTIL=2026-08-10T03:00:00.Z",
        "HOLDUNTIL=2026-08-10T03:00:00+2:00",
    ] {
        assert_eq!(refusal(format!("MAIL FROM:<> {parameters}").as_bytes()), "501 5.5.4", "{parameters:?}");
    }
    assert_eq!(refusal(format!("MAIL FROM:<> ENVID={}", "x".repeat(101)).as_bytes()), "501 5.5.4");
    for parameters in
        ["X-UNKNOWN", "SIZES=1", "NOTIFY=NEVER", "SOLICIT=org.example:ADV", "CONPERM", "TRANSID=<a@b.example>"]
    {
        assert_eq!(refusal(format!("MAIL FROM:<> {parameters}").as_bytes()), "555 5.5.4", "{parameters:?}");
    }
    let reply = Command::parse(format!("MAIL FROM:<> {}=1", "x".repeat(500)).as_bytes()).unwrap_err().reply();
    assert!(reply.text().len() < 100, "a reply repeats little of what a client says: {reply}");
}

#[test]
fn parameters_of_rcpt() {
    let (to, parameters, is_utf8) =
        rcpt("RCPT TO:<bob@example.com> NOTIFY=success,DELAY ORCPT=rfc822;Bob+2B@example.com");
    assert_eq!((&to[..], is_utf8), ("<bob@example.com>", false));
    assert_eq!(parameters.notify, Some(Notify { success: true, failure: false, delay: true }));
    let original = |address_type: &str, address: &str| OriginalRecipient {
        address_type: address_type.into(),
        address: address.into(),
    };
    assert_eq!(parameters.original, Some(original("rfc822", "Bob+@example.com")));
    assert_eq!(rcpt("RCPT TO:<a@b.example> NOTIFY=NEVER").1.notify, Some(Notify::default()));
    let utf8 = rcpt("RCPT TO:<a@b.example> ORCPT=UTF-8;\\x{E9}@example.com").1.original;
    assert_eq!(utf8, Some(original("utf-8", "\u{e9}@example.com")));
    for parameters in [
        "NOTIFY=",
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=SUCCESS,NEVER",
        "NOTIFY=SUCCESS,",
        "NOTIFY=,SUCCESS",
        "NOTIFY=ALWAYS",
        "NOTIFY=DELAY NOTIFY=DELAY",
        "ORCPT=a@b.example",
        "ORCPT=;a",
        "ORCPT=rfc822;",
        "ORCPT=rfc822;a+",
        "ORCPT=r c;a",
    ] {
        assert_eq!(refusal(format!("RCPT TO:<a@b.example> {parameters}").as_bytes()), "501 5.5.4", "{parameters:?}");
    }
    assert_eq!(refusal(b"RCPT TO:<a@b.example> SIZE=1"), "555 5.5.4");
}

/// Paths that a careless reader takes for others. The brackets that look like brackets are U+2039, U+FF1C and U+3008.
#[test]
fn paths_are_whole_or_refused() {
    for (line, expected) in [
        ("MAIL FROM:\u{2039}ann@example.com\u{203a}", "501 5.5.4"),
        ("MAIL FROM:\u{ff1c}ann@example.com>", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com\u{3009}", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com", "501 5.5.4"),
        ("MAIL FROM:ann@example.com", "501 5.5.4"),
        ("MAIL FROM :<ann@example.com>", "501 5.5.4"),
        ("MAIL FROM<ann@example.com>", "501 5.5.4"),
        ("MAIL <ann@example.com>", "501 5.5.4"),
        ("MAIL", "501 5.5.4"),
        ("MAIL FROM:", "501 5.5.4"),
        ("MAIL TO:<ann@example.com>", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com>SIZE=1", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com>>", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com> <bob@example.com>", "501 5.5.4"),
        ("MAIL FROM:<ann@example.com> junk!", "501 5.5.4"),
        ("MAIL FROM:<\"ann@example.com>", "501 5.5.4"),
        ("MAIL FROM:<<ann@example.com>>", "501 5.5.4"),
        ("MAIL FROM:<<ann@example.com>", "553 5.1.7"),
        ("MAIL FROM:<ann@example.com bob@example.com>", "553 5.1.7"),
        ("MAIL FROM:<ann>", "553 5.1.7"),
        ("MAIL FROM:<ann@>", "553 5.1.7"),
        ("MAIL FROM:<@example.com>", "553 5.1.7"),
        ("MAIL FROM:<postmaster>", "553 5.1.7"),
        ("MAIL FROM:< >", "553 5.1.7"),
        ("MAIL FROM:<a..b@example.com>", "553 5.1.7"),
        ("MAIL FROM:<ann@exa mple.com>", "553 5.1.7"),
        ("MAIL FROM:<ann@example.com.>", "553 5.1.7"),
        ("RCPT TO:<>", "553 5.1.3"),
        ("RCPT TO:<a@b@c.example>", "553 5.1.3"),
        ("RCPT TO:<bob@[192.0.2.256]>", "553 5.1.3"),
        ("RCPT FROM:<bob@example.com>", "501 5.5.4"),
        ("RCPT TO: bob@example.com", "501 5.5.4"),
    ] {
        assert_eq!(refusal(line.as_bytes()), expected, "{line:?}");
    }
    // What looks as bad and is right.
    assert_eq!(mail("MAIL FROM:<\"a>b <c> \\\"d\"@example.com> SIZE=1").0, "<\"a>b <c> \\\"d\"@example.com>");
    assert_eq!(mail("MAIL FROM:<@relay.example:ann@example.com>").0, "<ann@example.com>");
    assert_eq!(rcpt("RCPT TO:<POSTMASTER>").0, "<Postmaster>");
}

/// RFC 6531 §3.5: without SMTPUTF8 such an address is refused with 553 and 5.6.7.
#[test]
fn utf8_has_to_be_announced() {
    assert_eq!(refusal("MAIL FROM:<\u{e9}@example.com>".as_bytes()), "553 5.6.7");
    assert_eq!(refusal("MAIL FROM:<a@\u{e9}.example>".as_bytes()), "553 5.6.7");
    assert_eq!(mail("MAIL FROM:<\u{e9}@\u{e9}.example> SMTPUTF8").0, "<\u{e9}@xn--9ca.example>");
    assert!(rcpt("RCPT TO:<a@\u{e9}.example>").2, "the server knows what MAIL said");
}

#[test]
fn octets_that_no_command_has() {
    for line in [
        &b"NOOP\0"[..],
        b"NOOP \x01",
        b"NOOP a\tb",
        b"NOOP\rQUIT",
        b"NOOP\nQUIT",
        b"NOOP \x7f",
        b"NOOP \xff",
        b"NOOP \xc3",
        b"NOOP \xc2\x85",
        b"MAIL FROM:<a\0@example.com>",
    ] {
        assert_eq!(refusal(line), "500 5.5.2", "{line:?}");
    }
}

#[test]
fn arguments_where_none_belong() {
    for line in ["DATA now", "RSET x", "QUIT x", "STARTTLS x", "STARTTLS  x"] {
        assert_eq!(refusal(line.as_bytes()), "501 5.5.4", "{line:?}");
    }
}

#[test]
fn bdat() {
    let bdat = |size, last| Ok(Command::Bdat { size, last });
    assert_eq!(Command::parse(b"BDAT 18446744073709551615"), bdat(u64::MAX, false));
    assert_eq!(Command::parse(b"BDAT 0 LAST"), bdat(0, true));
    for wrong in [
        "BDAT",
        "BDAT LAST",
        "BDAT 1 2",
        "BDAT 1 LAST x",
        "BDAT 1  LAST",
        "BDAT -1",
        "BDAT +1",
        "BDAT 1x",
        "BDAT 0x10",
        "BDAT 18446744073709551616",
        "BDAT 99999999999999999999999999",
        "BDAT 1 LASTLY",
    ] {
        assert_eq!(refusal(wrong.as_bytes()), "501 5.5.4", "{wrong:?}");
    }
}

#[test]
fn auth() {
    let auth = |mechanism: &str, initial: Option<&str>| {
        Ok(Command::Auth { mechanism: mechanism.into(), initial: initial.map(Into::into) })
    };
    assert_eq!(Command::parse(b"AUTH plain"), auth("PLAIN", None));
    assert_eq!(Command::parse(b"AUTH PLAIN ="), auth("PLAIN", Some("")));
    assert_eq!(Command::parse(b"AUTH X_MINE AGEAYg=="), auth("X_MINE", Some("AGEAYg==")));
    // Some programs send two blanks, or end with one.
    assert_eq!(Command::parse(b"AUTH PLAIN  AGEAYg== "), auth("PLAIN", Some("AGEAYg==")));
    assert_eq!(Command::parse(b"AUTH  PLAIN"), auth("PLAIN", None));
    for wrong in ["AUTH", "AUTH PLAIN AGEA Yg==", "AUTH PLAIN <>", "AUTH P*", "AUTH ABCDEFGHIJKLMNOPQRSTU"] {
        assert_eq!(refusal(wrong.as_bytes()), "501 5.5.4", "{wrong:?}");
    }
}

#[test]
fn xclient() {
    let given = Command::parse(b"XCLIENT NAME=a+20b ADDR=IPV6:2001:db8::1 login=").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(given, Command::Xclient(vec![pair("NAME", "a b"), pair("ADDR", "IPV6:2001:db8::1"), pair("LOGIN", "")]));
    for wrong in
        ["XCLIENT", "XCLIENT NAME", "XCLIENT =a", "XCLIENT NAME=+0D+0A", "XCLIENT NAME=a name=b", "XCLIENT N-A=b"]
    {
        assert_eq!(refusal(wrong.as_bytes()), "501 5.5.4", "{wrong:?}");
    }
}

#[test]
fn what_is_no_command() {
    for line in [
        "",
        " ",
        " NOOP",
        "NOPE",
        "NOOPS",
        "NOOP-",
        "MAIL:",
        "EHLO\u{a0}x",
        "GET / HTTP/1.1",
        "Host: example.com",
        "STARTTLSX",
    ] {
        assert_eq!(refusal(line.as_bytes()), "500 5.5.2", "{line:?}");
    }
    for line in ["ETRN example.com", "TURN", "send FROM:<a@b.example>", "VERB", "BURL imap://x LAST", "ATRN"] {
        assert_eq!(refusal(line.as_bytes()), "502 5.5.1", "{line:?}");
    }
}

#[test]
fn the_longest_lines() {
    let line = |start: &str, length: usize| [start.as_bytes(), &vec![b'A'; length - start.len() - 2]].concat();
    assert!(Command::parse(&line("NOOP ", 2048)).is_ok());
    assert_eq!(refusal(&line("NOOP ", 2049)), "500 5.5.2");
    assert!(Command::parse(&line("AUTH PLAIN ", 12_288)).is_ok());
    assert_eq!(refusal(&line("AUTH PLAIN ", 12_289)), "500 5.5.2");
}

proptest! {
    /// Whatever the line, there is a command or a reply that can be sent.
    #[test]
    fn any_line_has_an_answer(line in "(MAIL FROM:|RCPT TO:|BDAT|AUTH|EHLO|XCLIENT)?[ -~\u{e9}\t]{0,60}") {
        if let Err(error) = Command::parse(line.as_bytes()) {
            let mut wire = Vec::new();
            error.reply().write(&mut wire);
            prop_assert!(wire.starts_with(b"5") && wire.ends_with(b"\r\n") && wire.len() < 512);
        }
    }

    /// Parameters are the same in any order and in any case of their names.
    #[test]
    fn the_order_of_parameters_says_nothing(order in Just(vec!["SIZE=7", "body=7bit", "Ret=Full", "ENVID=x", "SMTPUTF8", "BY=1;N"]).prop_shuffle()) {
        let sorted = mail("MAIL FROM:<> SIZE=7 BODY=7BIT RET=FULL ENVID=x SMTPUTF8 BY=1;N");
        prop_assert_eq!(mail(&format!("MAIL FROM:<> {}", order.join(" "))), sorted);
    }
}
