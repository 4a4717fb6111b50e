//! The parameters of MAIL and RCPT, as they are written, and left out where they are not offered.

use passerelle::mailbox::Mailbox;
use passerelle::smtp::client::Envelope;
use passerelle::smtp::{Command, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret};

use crate::dialogue::{dialogue, envelope, settings};

fn full() -> Envelope {
    let mut envelope = envelope(&["bob@mx.example", "j\u{f6}rg@mx.example"]);
    envelope.parameters = MailParameters {
        ret: Some(Ret::Headers),
        envelope_id: Some("id+1 =2".into()),
        auth: Some(Some(Mailbox::parse("\"e+x=1 y\"@client.example").unwrap())),
        priority: Some(-4),
        ..Default::default()
    };
    envelope.recipients[0].parameters = RcptParameters {
        notify: Some(Notify { success: true, failure: true, delay: false }),
        original: Some(OriginalRecipient { address_type: "rfc822".into(), address: "b+b@mx.example".into() }),
    };
    envelope.recipients[1].parameters = RcptParameters {
        notify: Some(Notify::default()),
        original: Some(OriginalRecipient { address_type: "utf-8".into(), address: "j\u{f6}rg+x@mx.example".into() }),
    };
    envelope
}

const MAIL: &str = "MAIL FROM:<ann@client.example> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1+20+3D2 AUTH=\"e+2Bx+3D1+20y\"@client.example MT-PRIORITY=-4";
const BOB: &str = "RCPT TO:<bob@mx.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bb@mx.example";
const JORG: &str = "RCPT TO:<j\u{f6}rg@mx.example> NOTIFY=NEVER ORCPT=utf-8;j\u{f6}rg\\x{2B}x@mx.example";

#[test]
fn all_offered() {
    let script = format!(
        "S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-DSN
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-AUTH PLAIN
        S: 250-PIPELINING
        S: 250 MT-PRIORITY
        E: ready
        ! send
        C: {MAIL}
        C: {BOB}
        C: {JORG}
        C: DATA"
    );
    dialogue(&settings(), &[full()], &script);
}

/// Our own reader understands what is written.
#[test]
fn read_again() {
    let Ok(Command::Mail { parameters, .. }) = Command::parse(MAIL.as_bytes()) else { panic!() };
    let asked = full().parameters;
    assert_eq!(
        (&parameters.envelope_id, &parameters.auth, parameters.ret),
        (&asked.envelope_id, &asked.auth, asked.ret)
    );
    for (line, recipient) in [BOB, JORG].into_iter().zip(full().recipients) {
        let Ok(Command::Rcpt { to, parameters, .. }) = Command::parse(line.as_bytes()) else { panic!("{line}") };
        assert_eq!((to, parameters), (recipient.to, recipient.parameters));
    }
}

/// RFC 3461 §5.2.2, RFC 4954 §5, RFC 6710: mail goes on without, and whoever sends is told.
#[test]
fn none_offered() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250 mx.example
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 450 No
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 450 No
        E: j\u{f6}rg@mx.example: withheld, Utf8Address
        E: omitted Dsn
        E: omitted Auth
        E: omitted Priority";
    dialogue(&settings(), &[full()], script);
}

/// Nothing that a host hands in can become a command of its own.
#[test]
fn no_line_can_be_injected() {
    let mut envelope = envelope(&["bob@mx.example"]);
    let evil = "x\r\nRCPT TO:<evil@evil.example>\r\n";
    envelope.parameters.envelope_id = Some(evil.into());
    envelope.recipients[0].parameters.original =
        Some(OriginalRecipient { address_type: evil.into(), address: evil.into() });
    let mut second = envelope.clone();
    second.recipients[0].parameters.original =
        Some(OriginalRecipient { address_type: "rfc822".into(), address: evil.into() });
    let mut third = envelope.clone();
    third.recipients[0].parameters.original =
        Some(OriginalRecipient { address_type: "utf-8".into(), address: evil.into() });
    let escaped = "x+0D+0ARCPT+20TO:<evil@evil.example>+0D+0A";
    let script = |rcpt: &str| {
        format!(
            "S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250-PIPELINING
            S: 250 DSN
            E: ready
            ! send
            C: MAIL FROM:<ann@client.example> ENVID={escaped}
            C: RCPT TO:<bob@mx.example>{rcpt}
            C: DATA"
        )
    };
    dialogue(&settings(), &[envelope], &script(""));
    dialogue(&settings(), &[second], &script(&format!(" ORCPT=rfc822;{escaped}")));
    dialogue(&settings(), &[third], &script(""));
}

/// RFC 3461 §4.4 has 100 characters for ENVID, §4.2 has 500 for ORCPT: what is longer is left out, and that is not the server's doing.
#[test]
fn what_is_too_long_is_not_blamed_on_dsn() {
    let begins = |parameters: &str, original: &str| {
        format!(
            "S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250 DSN
            E: ready
            ! send
            C: MAIL FROM:<ann@client.example> RET=HDRS{parameters}
            S: 250 Ok
            C: RCPT TO:<bob@mx.example>{original}
            S: 550 No
            C: RSET
            S: 250 Ok
            E: bob@mx.example: refused at Rcpt, 550 No"
        )
    };
    let envelope = |id: &str, original: usize| {
        let mut envelope = envelope(&["bob@mx.example"]);
        envelope.parameters.ret = Some(passerelle::smtp::Ret::Headers);
        envelope.parameters.envelope_id = Some(id.to_owned());
        let address = "o".repeat(original);
        envelope.recipients[0].parameters.original = Some(OriginalRecipient { address_type: "rfc822".into(), address });
        envelope
    };
    let (fits, long) = ("x".repeat(100), "x".repeat(101));
    let short = format!(" ORCPT=rfc822;{}", "o".repeat(9));
    dialogue(&settings(), &[envelope(&fits, 9)], &begins(&format!(" ENVID={fits}"), &short));
    let script = format!("{}\nE: omitted EnvelopeId", begins("", &short));
    dialogue(&settings(), &[envelope(&long, 9)], &script);
    dialogue(&settings(), &[envelope("", 9)], &script);
    // Each octet that xtext escapes counts three times.
    dialogue(&settings(), &[envelope(&"=".repeat(34), 9)], &script);
    let script = format!("{}\nE: omitted OriginalRecipient", begins(&format!(" ENVID={fits}"), ""));
    dialogue(&settings(), &[envelope(&fits, 600)], &script);
}
