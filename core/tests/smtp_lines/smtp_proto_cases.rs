//! The lines on which smtp-proto 0.2.5 tests its reader of commands: our verdict is the same, or there is a reason here.

use passerelle::smtp::Command;
use smtp_proto::Request;

/// What our verdict is, beside that of smtp-proto.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// Both take the line.
    Taken,
    /// Both refuse it.
    Refused,
    /// It takes the line and we refuse it, because of this.
    OnlyWeRefuse(&'static str),
}

use Verdict::{OnlyWeRefuse, Refused, Taken};

const NOT_OFFERED: Verdict =
    OnlyWeRefuse("an extension that we do not have: RFC 5321 §4.1.1.11 has 555 for its parameters");
const NOT_IMPLEMENTED: Verdict = OnlyWeRefuse("a command that we do not have: RFC 5321 §4.2.4 has 502 for it");
const NULL_RECIPIENT: Verdict = OnlyWeRefuse("RFC 5321 §4.1.1.3: a forward-path is never empty");
const SPACES: Verdict = OnlyWeRefuse("RFC 5321 §3.3: no spaces before the colon");
const TWICE: Verdict = OnlyWeRefuse("a parameter twice: nobody knows which one counts");

const CASES: &[(&str, Verdict)] = &[
    ("EHLO bar.com", Taken),
    ("EHLO", Refused),
    ("HELO bar.com", Taken),
    ("HELO", Refused),
    ("LHLO bar.com", Taken),
    ("LHLO", Refused),
    ("VRFY Hello", Taken),
    ("VRFY \"Hello\\\" Wo\\\\rld\"", Taken),
    ("VRFY \"\"", Refused),
    ("VRFY", Refused),
    ("EXPN Hello", Taken),
    ("EXPN \"Hello\\\" Wo\\\\rld\"", Taken),
    ("EXPN \"\"", Refused),
    ("EXPN", Refused),
    ("NOOP", Taken),
    ("NOOP Hello", Taken),
    ("HELP", Taken),
    ("HELP Hello", Taken),
    ("DATA", Taken),
    ("QUIT", Taken),
    ("RSET", Taken),
    ("STARTTLS", Taken),
    ("BDAT 0", Taken),
    ("BDAT 123456", Taken),
    ("BDAT 123456 LAST", Taken),
    ("BDAT", Refused),
    ("BDAT 123LAST", Refused),
    ("BDAT 123x LAST", Refused),
    ("BDAT LAST", Refused),
    ("AUTH GSSAPI", Taken),
    ("AUTH ECDSA-NIST256P-CHALLENGE =", OnlyWeRefuse("RFC 4422 §3.1: at most 20 characters in a mechanism's name")),
    ("AUTH SCRAM-SHA-256-PLUS base64_goes_here", OnlyWeRefuse("RFC 4954 §4: an underscore is not in base64")),
    ("AUTH PLAIN  dGVzdA==", Taken),
    ("AUTH LOGIN   dGVzdA==", Taken),
    ("AUTH PLAIN  =", Taken),
    ("AUTH PLAIN   ", Taken),
    (
        "AUTH ECDSA-NIST256P-CHALLENGE100 abcde",
        OnlyWeRefuse("RFC 4422 §3.1: at most 20 characters in a mechanism's name"),
    ),
    ("AUTH", Refused),
    ("ETRN Hello", NOT_IMPLEMENTED),
    ("ETRN \"Hello\\\" Wo\\\\rld\"", NOT_IMPLEMENTED),
    ("ETRN \"\"", Refused),
    ("ETRN", Refused),
    ("ATRN example.org", NOT_IMPLEMENTED),
    ("ATRN example.org,example.com,example.net", NOT_IMPLEMENTED),
    ("ATRN example.org, example.com, example.net", NOT_IMPLEMENTED),
    ("ATRN", Refused),
    ("BURL imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25 LAST", NOT_IMPLEMENTED),
    ("BURL imap:://test.example.org", NOT_IMPLEMENTED),
    ("BURL", Refused),
    ("MAIL FROM:<JQP@bar.com>", Taken),
    ("MAIL FROM:<@a,@b:user@d>", Taken),
    ("MAIL FROM:<\"@a,@b:<user>\"@d>", Taken),
    ("MAIL FROM: <\" hi there! \"@d>", Taken),
    ("MAIL  FROM : <>", SPACES),
    ("MAIL  FROM : <postmaster>", SPACES),
    ("MAIL  FROM : < >", SPACES),
    ("MAIL FROM:<hi.there@valid.org>", Taken),
    ("MAIL FROM:<@invalid>", Refused),
    ("MAIL FROM:<hi@@invalid.org>", Refused),
    ("MAIL FROM:<hi..there@invalid.org>", Refused),
    ("MAIL FROM:<hi.there@invalid..org>", Refused),
    ("MAIL FROM:<hi.there@.invalid.org>", Refused),
    ("MAIL FROM:<.hi.there@invalid.org>", Refused),
    ("MAIL FROM:<@>", Refused),
    ("MAIL FROM:<.@.>", Refused),
    ("RCPT TO:<孫子@áéíóú.org>", Taken),
    ("RCPT TO:<Jones@XYZ.COM>", Taken),
    ("RCPT TO:<>", NULL_RECIPIENT),
    ("", Refused),
    ("X-SPECIAL", Refused),
    ("DATA_", Refused),
    ("MAIL FROM:<> HELLO=WORLD", Refused),
    ("MAIL FROM:<> VERY_LONG_AND_INVALID=PARAM", Refused),
    ("MAIL FROM:<> SMTPUTF8=YES", Refused),
    ("MAIL FROM:<>>>>>", Refused),
    ("MAIL FROM:<a@b.com>>>", Refused),
    ("RCPT TO:<>>>>>", Refused),
    ("MAIL FROM:<> SMTPUTF8", Taken),
    ("MAIL FROM:<> SMTPUTF8 REQUIRETLS CONPERM", NOT_OFFERED),
    ("RCPT TO:<> CONNEG", NULL_RECIPIENT),
    ("MAIL FROM:<> BODY=BINARYMIME BODY=7BIT BODY=8BITMIME", TWICE),
    ("MAIL FROM:<> BODY=OTHER", Refused),
    ("MAIL FROM:<> SIZE=500000", Taken),
    ("MAIL FROM:<> SIZE=ABC", Refused),
    ("MAIL FROM:<> SIZE=-100", Refused),
    ("MAIL FROM:<> SIZE=", Refused),
    ("MAIL FROM:<> BY=120;R", Taken),
    ("MAIL FROM:<> BY=0;N", Taken),
    ("MAIL FROM:<> BY=-10;RT", OnlyWeRefuse("RFC 2852 §4: no time that has passed with R")),
    ("MAIL FROM:<> BY=+22;NT", Taken),
    ("MAIL FROM:<> BY=120", Refused),
    ("MAIL FROM:<> BY=120;T", Refused),
    ("MAIL FROM:<> BY=120;", Refused),
    ("MAIL FROM:<> BY=120;0", Refused),
    ("MAIL FROM:<> BY=120;;", Refused),
    ("MAIL FROM:<> BY=;", Refused),
    ("MAIL FROM:<> BY=;R", Refused),
    ("MAIL FROM:<> BY=", Refused),
    (
        "MAIL FROM:<> HOLDUNTIL=2026-08-10T03:00:00Z HOLDFOR=67890",
        OnlyWeRefuse("RFC 4865 §4.2: one of the two, not both"),
    ),
    ("MAIL FROM:<> HOLDUNTIL=1997-11-24t14:22:01-08:00", Taken),
    ("MAIL FROM:<> HOLDUNTIL=2026-08-10T03:00:00.512z", Taken),
    ("MAIL FROM:<> HOLDUNTIL=1786323600", Refused),
    ("MAIL FROM:<> HOLDUNTIL=2026-08-10", Refused),
    ("MAIL FROM:<> HOLDUNTIL=2026-08-10T03:00:00", Refused),
    ("MAIL FROM:<> HOLDUNTIL=2026-13-10T03:00:00Z", Refused),
    ("MAIL FROM:<> HOLDUNTIL=2026-08-10T25:00:00Z", Refused),
    ("MAIL FROM:<> HOLDUNTIL=1969-12-31T23:59:59Z", Refused),
    ("MAIL FROM:<> HOLDUNTIL=0ABC", Refused),
    ("MAIL FROM:<> HOLDUNTIL=", Refused),
    ("MAIL FROM:<> HOLDFOR=XYZ", Refused),
    ("MAIL FROM:<> HOLDFOR=", Refused),
    ("MAIL FROM:<> HOLDFOR=0", Refused),
    ("MAIL FROM:<> HOLDFOR=1000000000", Refused),
    ("MAIL FROM:<> HOLDFOR=999999999", Taken),
    ("RCPT TO:<> NOTIFY=FAILURE", NULL_RECIPIENT),
    ("RCPT TO:<> NOTIFY=FAILURE,DELAY", NULL_RECIPIENT),
    ("RCPT TO:<> NOTIFY=SUCCESS,FAILURE,DELAY", NULL_RECIPIENT),
    ("RCPT TO:<> NOTIFY=NEVER", NULL_RECIPIENT),
    ("RCPT TO:<> NOTIFY=", Refused),
    ("RCPT TO:<> NOTIFY=FAILURE,NEVER", Refused),
    ("RCPT TO:<> NOTIFY=CHIMICHANGA", Refused),
    ("RCPT TO:<> ORCPT=rfc822;Bob@Example.COM", NULL_RECIPIENT),
    ("RCPT TO:<> ORCPT=rfc822;George+20@Tax-+20ME+20.GOV", NULL_RECIPIENT),
    ("RCPT TO:<> ORCPT=", Refused),
    ("RCPT TO:<> ORCPT=;hello@domain.org", Refused),
    ("RCPT TO:<> ORCPT=rfc822;", Refused),
    ("RCPT TO:<> ORCPT=;", Refused),
    ("MAIL FROM:<> RET=HDRS RET=FULL", TWICE),
    ("MAIL FROM:<> RET=", Refused),
    ("MAIL FROM:<> RET=ENCHILADA", Refused),
    ("MAIL FROM:<> ENVID=QQ314159", Taken),
    ("MAIL FROM:<> ENVID=hi+20there", Taken),
    ("MAIL FROM:<> ENVID=", Refused),
    ("MAIL FROM:<> SOLICIT=org.example:ADV:ADLT", NOT_OFFERED),
    ("MAIL FROM:<>  SOLICIT=net.example:ADV,org.example:ADV:ADLT", NOT_OFFERED),
    ("MAIL FROM:<> SOLICIT=", Refused),
    ("MAIL FROM:<> TRANSID=<12345@claremont.edu>", NOT_OFFERED),
    ("MAIL FROM:<> TRANSID=", Refused),
    ("MAIL FROM:<> MTRK=my-ceritifier", NOT_OFFERED),
    ("MAIL FROM:<> MTRK=other-certifier:1234", NOT_OFFERED),
    ("MAIL FROM:<> MTRK=", Refused),
    ("MAIL FROM:<> MTRK=:", Refused),
    ("MAIL FROM:<> MTRK=:998", Refused),
    ("MAIL FROM:<> MTRK=abc:", Refused),
    ("MAIL FROM:<> MTRK=abc:abc", Refused),
    ("MAIL FROM:<> AUTH=<>", Taken),
    ("MAIL FROM:<> AUTH=e+3Dmc2@example.com", Taken),
    ("MAIL FROM:<> AUTH=", Refused),
    ("MAIL FROM:<> MT-PRIORITY=3", Taken),
    ("MAIL FROM:<> MT-PRIORITY=-6", Taken),
    ("MAIL FROM:<> MT-PRIORITY=", Refused),
    ("MAIL FROM:<> MT-PRIORITY=ab", Refused),
    ("MAIL FROM:<> MT-PRIORITY=-", Refused),
    ("RCPT TO:<> RRVS=2014-04-03T23:01:00Z", NULL_RECIPIENT),
    ("RCPT TO:<> RRVS=1997-11-24T14:22:01-08:00;C", NULL_RECIPIENT),
    ("RCPT TO:<> RRVS=2003-07-01T10:52:37+02:00;R", NULL_RECIPIENT),
    ("RCPT TO:<> RRVS=", Refused),
    ("RCPT TO:<> RRVS=2022-01-02", Refused),
    ("RCPT TO:<> RRVS=2022-01-02T01:01:01", Refused),
    ("RCPT TO:<> RRVS=2022-01-02T01:01:01ZZ", Refused),
    ("RCPT TO:<> RRVS=ABC", Refused),
    (r#"MAIL FROM:<foo@bar"aa\\" hello world".com>"#, Refused),
    (r#"MAIL FROM:<foo@bar"aa\" hello world".com>"#, OnlyWeRefuse("RFC 5321 §4.1.2: no quotes in a domain")),
];

#[test]
fn the_verdict_is_the_same_or_has_a_reason() {
    for &(line, expected) in CASES {
        let theirs = Request::parse(&mut format!("{line}\r\n").as_bytes().iter()).is_ok();
        let ours = Command::parse(line.as_bytes());
        let verdict = match (theirs, ours.is_ok()) {
            (true, true) => expected == Taken,
            (false, false) => expected == Refused,
            (true, false) => matches!(expected, OnlyWeRefuse(_)),
            (false, true) => false,
        };
        assert!(verdict, "{line:?}: {expected:?}, but smtp-proto takes it: {theirs}, and we say {ours:?}");
    }
    let different = CASES.iter().filter(|(_, verdict)| matches!(verdict, OnlyWeRefuse(_))).count();
    println!("smtp-proto's lines: {}, of which {different} only we refuse", CASES.len());
}

/// Their paths are `<>` where they test the parameters of RCPT; with a recipient the verdict is about the parameters.
#[test]
fn parameters_of_rcpt_with_a_recipient() {
    for &(line, _) in CASES {
        let Some(parameters) = line.strip_prefix("RCPT TO:<> ") else { continue };
        let line = format!("RCPT TO:<bob@example.com> {parameters}");
        let theirs = Request::parse(&mut format!("{line}\r\n").as_bytes().iter()).is_ok();
        let is_offered = !parameters.starts_with("RRVS") && !parameters.starts_with("CONNEG");
        assert_eq!(Command::parse(line.as_bytes()).is_ok(), theirs && is_offered, "{line:?}");
    }
}

/// What it lets through and should not, found by reading it: the reasons for the checks before and behind it.
#[test]
fn what_it_lets_through() {
    for line in [
        "DATA now",
        "QUIT and more",
        "EHLO bar.com and more",
        "BDAT 1 LAST and more",
        "BDAT 184467440737095516159", // it counts 9 of these
        "MAIL FROM:<a@b.example>SIZE=1",
        "MAIL FROM:<postmaster>",
        "MAIL FROM:<a@-.example\u{7f}>",
        "RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS",
        "MAIL FROM:<> MT-PRIORITY=99",
        "MAIL FROM:<> BY=99999999999;N",
        "MAIL FROM:<> HOLDUNTIL=2026-02-31T03:00:00Z",
        "MAIL FROM:<> ENVID=a+G",
        " NOOP",
    ] {
        let theirs = Request::parse(&mut format!("{line}\r\n").as_bytes().iter()).is_ok();
        let ours = Command::parse(line.as_bytes());
        assert!(theirs && ours.is_err(), "{line:?}: smtp-proto takes it: {theirs}, and we say {ours:?}");
    }
}
