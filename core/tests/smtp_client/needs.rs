//! What the server does not take is refused before anything is sent.

use passerelle::mailbox::ReversePath;
use passerelle::smtp::client::{Client, Envelope, Needs, Settings, Tls};
use passerelle::smtp::data::LongLines;
use passerelle::smtp::{Body, DeliverBy, DeliverByMode, Hold, MailParameters};

use crate::dialogue::{dialogue, dialogue_with, envelope, settings, start};

/// Offers this, and sends that.
#[track_caller]
fn plays(offer: &str, envelope: &Envelope, then: &str) {
    let offer = offer.replace('/', "\nS: 250-");
    let script = format!(
        "S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-{offer}
        S: 250 HELP
        E: ready
        ! send
        {then}"
    );
    dialogue(&settings(), std::slice::from_ref(envelope), &script);
}

fn asks(parameters: MailParameters) -> Envelope {
    Envelope { parameters, ..envelope(&["bob@mx.example"]) }
}

fn needs(message: &str) -> Envelope {
    Envelope { needs: Some(Needs::of(message.as_bytes())), ..envelope(&["bob@mx.example"]) }
}

const MAIL: &str = "C: MAIL FROM:<ann@client.example>";

#[test]
fn size() {
    let large = needs("A: b\r\n\r\n1234567890\r\n");
    plays("SIZE 20", &large, &format!("{MAIL} SIZE=20"));
    plays("SIZE 19", &large, "E: bob@mx.example: withheld, TooLarge");
    plays("SIZE", &large, &format!("{MAIL} SIZE=20"));
    plays("SIZE 0", &large, &format!("{MAIL} SIZE=20"));
    plays("DSN", &large, MAIL);
    plays("SIZE 19", &envelope(&["bob@mx.example"]), MAIL);
    plays(
        "SIZE 19",
        &asks(MailParameters { size: Some(20), ..Default::default() }),
        "E: bob@mx.example: withheld, TooLarge",
    );
}

#[test]
fn eight_bit() {
    let eight = needs("A: b\r\n\r\ncaf\u{e9}\r\n");
    plays("8BITMIME", &eight, &format!("{MAIL} BODY=8BITMIME"));
    plays("DSN", &eight, "E: bob@mx.example: withheld, EightBit");
    plays("8BITMIME", &needs("A: b\r\n\r\nx\r\n"), MAIL);
    let says_so = asks(MailParameters { body: Some(Body::EightBitMime), ..Default::default() });
    plays("DSN", &says_so, "E: bob@mx.example: withheld, EightBit");
}

#[test]
fn binary() {
    let binary = asks(MailParameters { body: Some(Body::BinaryMime), ..Default::default() });
    plays("CHUNKING/BINARYMIME", &binary, &format!("{MAIL} BODY=BINARYMIME"));
    plays("CHUNKING/8BITMIME", &binary, "E: bob@mx.example: withheld, Binary");
    plays("BINARYMIME", &binary, "E: bob@mx.example: withheld, Binary");
    let begins = "S: 220 mx.example\nC: EHLO client.example\nS: 250-mx.example\nS: 250-CHUNKING\nS: 250 BINARYMIME\nE: ready\n! send\n";
    let without = Settings { chunking: false, ..settings() };
    dialogue(&without, std::slice::from_ref(&binary), &format!("{begins}E: bob@mx.example: withheld, Binary"));
    // Bare CR and LF, NUL and long lines are nothing special in a binary message.
    let binary = Envelope { needs: Some(Needs::of(b"A: b\r\n\r\n\n\0\r")), ..binary };
    dialogue(
        &settings(),
        std::slice::from_ref(&binary),
        &format!(
            "{begins}{MAIL} BODY=BINARYMIME
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: wants content
        ! octets \\n\\0\\r.\\r
        ! end
        C: BDAT 5 LAST
        S: 250 Ok
        E: bob@mx.example: accepted, 250 Ok
        C~ \\n\\x00\\r.\\r"
        ),
    );
}

#[test]
fn smtputf8() {
    let sender =
        Envelope { from: ReversePath::parse("<j\u{f6}rg@client.example>").unwrap(), ..envelope(&["bob@mx.example"]) };
    let recipient = envelope(&["bob@mx.example", "j\u{f6}rg@mx.example"]);
    let header = needs("Subject: caf\u{e9}\r\n\r\nx\r\n");
    let offers = "8BITMIME/SMTPUTF8";
    plays(offers, &sender, "C: MAIL FROM:<j\u{f6}rg@client.example> BODY=8BITMIME SMTPUTF8");
    plays(offers, &recipient, &format!("{MAIL} BODY=8BITMIME SMTPUTF8"));
    plays(offers, &header, &format!("{MAIL} BODY=8BITMIME SMTPUTF8"));
    plays(offers, &envelope(&["bob@mx.example"]), &format!("{MAIL} BODY=8BITMIME"));
    plays("8BITMIME", &sender, "E: bob@mx.example: withheld, Utf8Address");
    plays("8BITMIME", &header, "E: bob@mx.example: withheld, Utf8Header");
    // Who can be reached is.
    plays(
        "8BITMIME",
        &recipient,
        &format!(
            "{MAIL} BODY=8BITMIME
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 450 Later
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 450 Later
        E: j\u{f6}rg@mx.example: withheld, Utf8Address"
        ),
    );
    // A domain in U-labels is none of SMTPUTF8's business: it has A-labels.
    plays(
        "DSN",
        &envelope(&["bob@b\u{fc}cher.example"]),
        &format!("{MAIL}\nS: 250 Ok\nC: RCPT TO:<bob@xn--bcher-kva.example>"),
    );
}

#[test]
fn require_tls() {
    let asks = asks(MailParameters { require_tls: true, ..Default::default() });
    let withheld = "E: bob@mx.example: withheld, RequireTls";
    plays("REQUIRETLS", &asks, withheld);
    let play = |handshake: &str, offer: &str, then: &str| {
        let script = format!(
            "E: starts TLS
            {handshake}
            S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250 {offer}
            E: ready, TLS
            ! send
            {then}"
        );
        let settings = Settings { tls: Tls::Implicit, ..settings() };
        dialogue_with(|| Client::new(settings.clone(), start()), std::slice::from_ref(&asks), &script);
    };
    play("! tls", "REQUIRETLS", &format!("{MAIL} REQUIRETLS"));
    play("! tls unverified", "REQUIRETLS", withheld);
    play("! tls", "HELP", withheld);
}

#[test]
fn deliver_by_and_future_release() {
    let by = |seconds, mode| {
        asks(MailParameters { deliver_by: Some(DeliverBy { seconds, mode, trace: true }), ..Default::default() })
    };
    plays("DELIVERBY", &by(120, DeliverByMode::Return), &format!("{MAIL} BY=120;RT"));
    plays("DELIVERBY 240", &by(120, DeliverByMode::Return), "E: bob@mx.example: withheld, DeliverBy");
    plays("DELIVERBY 240", &by(-5, DeliverByMode::Notify), &format!("{MAIL} BY=-5;NT"));
    plays("HELP", &by(120, DeliverByMode::Return), "E: bob@mx.example: withheld, DeliverBy");
    let hold = |hold| asks(MailParameters { hold: Some(hold), ..Default::default() });
    let until = Hold::Until(passerelle::UnixTime(1_735_693_200));
    plays("FUTURERELEASE 86400 2030-01-01T00:00:00Z", &hold(Hold::For(3600)), &format!("{MAIL} HOLDFOR=3600"));
    plays("FUTURERELEASE 86400 2030-01-01T00:00:00Z", &hold(until), &format!("{MAIL} HOLDUNTIL=2025-01-01T01:00:00Z"));
    plays(
        "FUTURERELEASE 60 2030-01-01T00:00:00Z",
        &hold(Hold::For(3600)),
        "E: bob@mx.example: withheld, FutureRelease",
    );
    plays("HELP", &hold(until), "E: bob@mx.example: withheld, FutureRelease");
}

/// RFC 9422: the others go out now, these in the next transaction, or over the next connection.
#[test]
fn limits() {
    let three = envelope(&["a@x.example", "b@y.example", "c@x.example"]);
    let begins = format!("{MAIL}\nS: 250 Ok\nC: RCPT TO:<a@x.example>\nS: 450 No\n");
    plays(
        "LIMITS RCPTMAX=2",
        &three,
        &format!(
            "{begins}
        C: RCPT TO:<b@y.example>
        S: 450 No
        C: RSET
        S: 250 Ok
        E: a@x.example: refused at Rcpt, 450 No
        E: b@y.example: refused at Rcpt, 450 No
        E: c@x.example: withheld, TooManyRecipients"
        ),
    );
    plays(
        "LIMITS RCPTDOMAINMAX=1",
        &three,
        &format!(
            "{begins}
        C: RCPT TO:<c@x.example>
        S: 450 No
        C: RSET
        S: 250 Ok
        E: a@x.example: refused at Rcpt, 450 No
        E: b@y.example: withheld, TooManyRecipients
        E: c@x.example: refused at Rcpt, 450 No"
        ),
    );
    let script = "S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 LIMITS MAILMAX=1
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 450 No
        E: bob@mx.example: refused at Mail, 450 No
        ! send
        E: bob@mx.example: withheld, TooManyMessages
        ! quit
        C: QUIT";
    let one = envelope(&["bob@mx.example"]);
    dialogue(&settings(), &[one.clone(), one], script);
}

/// A scan tells before anything is sent what the policies for content would refuse on the way.
#[test]
fn irregular_and_long_lines() {
    plays("HELP", &needs("A: b\r\n\r\nx\ny\r\n"), "E: bob@mx.example: withheld, Irregular(BareLf)");
    let long = format!("A: b\r\n\r\n{}\r\n", "x".repeat(999));
    plays("HELP", &needs(&long), MAIL);
    let strict = Settings { long_lines: LongLines::Refuse, ..settings() };
    let offer = "S: 220 mx.example\nC: EHLO client.example\nS: 250 mx.example\nE: ready\n! send\n";
    let withheld =
        "E: bob@mx.example: withheld, LineTooLong(LongLine { number: 3, octets: 999, is_whole: true, longest: 998 })";
    dialogue(&strict, &[needs(&long)], &format!("{offer}{withheld}"));
    dialogue(&strict, &[needs(&long.replacen('x', "", 1))], &format!("{offer}C: MAIL FROM:<ann@client.example>"));
}

/// RFC 5321 §4.5.3.1.1 has 64 octets as the least that must be taken: forwarders and lists write more, and so does this client.
#[test]
fn local_parts_of_more_than_64_octets_are_sent() {
    for length in [64, 65, 150, 250, 512] {
        let (from, to) = ("f".repeat(length), "t".repeat(length));
        let path = passerelle::mailbox::ReversePath::parse(&format!("<{from}@client.example>")).unwrap();
        let recipient = passerelle::mailbox::ForwardPath::parse(&format!("<{to}@mx.example>")).unwrap();
        let script = format!(
            "S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250 PIPELINING
            E: ready
            ! send
            C: MAIL FROM:<{from}@client.example>
            C: RCPT TO:<{to}@mx.example>
            C: DATA"
        );
        dialogue(&settings(), &[Envelope::new(path, [recipient])], &script);
    }
}

#[test]
fn paths_that_nobody_takes() {
    let domain = format!("{0}.{0}.{0}.example", "a".repeat(63));
    // Twice as long as it is written.
    let long = format!("\"{}\"@{domain}", "\\\"".repeat(500));
    let local =
        passerelle::mailbox::Mailbox::new("\"".repeat(500), passerelle::Domain::parse(&domain).unwrap()).unwrap();
    let mut envelope = envelope(&["bob@mx.example"]);
    envelope.recipients[0].to = passerelle::mailbox::ForwardPath::Mailbox(local);
    plays("HELP", &envelope, &format!("E: {long}: withheld, PathTooLong"));
}
