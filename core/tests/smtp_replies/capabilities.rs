//! What replies to EHLO offer.

use passerelle::limits;
use passerelle::smtp::{Capabilities, FutureRelease, Reply, ReplyReader, SessionLimits};
use passerelle::time::UnixTime;
use proptest::prelude::*;

/// What is offered by a server that sends these lines behind its name.
fn offers(lines: &[&str]) -> Capabilities {
    Capabilities::parse(&Reply::new(250, None, &format!("mx.example.com Hello\n{}", lines.join("\n"))))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// As Postfix 3 writes it.
#[test]
fn a_whole_reply() {
    let wire =
        b"250-mail.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n250-STARTTLS\r\n\
        250-AUTH PLAIN LOGIN\r\n250-AUTH=PLAIN LOGIN\r\n250-XCLIENT NAME ADDR PROTO HELO\r\n250-ENHANCEDSTATUSCODES\r\n\
        250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n";
    let reply = ReplyReader::new().read(&mut &wire[..]).unwrap().unwrap();
    let expected = Capabilities {
        name: "mail.example.org".to_owned(),
        pipelining: true,
        size: Some(Some(10_240_000)),
        vrfy: true,
        others: words(&["ETRN"]),
        starttls: true,
        auth: words(&["PLAIN", "LOGIN"]),
        xclient: words(&["NAME", "ADDR", "PROTO", "HELO"]),
        enhanced_status_codes: true,
        eight_bit_mime: true,
        dsn: true,
        smtputf8: true,
        chunking: true,
        ..Capabilities::default()
    };
    assert_eq!(Capabilities::parse(&reply), expected);
}

#[test]
fn a_refusal_offers_nothing() {
    assert_eq!(Capabilities::parse(&Reply::new(502, None, "x\nPIPELINING")), Capabilities::default());
    // The reply to HELO has a name only, and what is on its line is no keyword.
    let helo = Capabilities::parse(&Reply::new(250, None, "mx.example.com PIPELINING"));
    assert_eq!(helo, Capabilities { name: "mx.example.com".to_owned(), ..Capabilities::default() });
}

#[test]
fn keywords_in_any_case_and_with_more_spaces() {
    let offered = offers(&["pipelining", "Size  100 ", "auth  plain  Login ", "dsn whatever"]);
    assert!(offered.pipelining && offered.dsn);
    assert_eq!(offered.size, Some(Some(100)));
    assert_eq!(offered.auth, ["PLAIN", "LOGIN"]);
    assert!(!offers(&["XPIPELINING", "PIPELININGX", "PIPE LINING"]).pipelining);
}

/// RFC 1870 §4: 0 is no limit, and a server may tell none.
#[test]
fn sizes() {
    for (line, size) in [
        ("SIZE 52428800", Some(Some(52_428_800))),
        ("SIZE", Some(None)),
        ("SIZE 0", Some(None)),
        ("SIZE 18446744073709551615", Some(Some(u64::MAX))),
        ("SIZE 18446744073709551616", Some(None)),
        ("SIZE 99999999999999999999999999999", Some(None)),
        ("SIZE -1", Some(None)),
        ("SIZE +5", Some(None)),
        ("SIZE ten", Some(None)),
        ("SIZE=5", None),
    ] {
        assert_eq!(offers(&[line]).size, size, "{line}");
    }
}

#[test]
fn extensions_that_need_another() {
    assert!(!offers(&["BINARYMIME"]).binary_mime);
    assert!(offers(&["BINARYMIME", "CHUNKING"]).binary_mime);
    assert!(!offers(&["SMTPUTF8"]).smtputf8);
    assert!(offers(&["SMTPUTF8", "8BITMIME"]).smtputf8);
}

#[test]
fn mechanisms() {
    assert_eq!(offers(&["AUTH=LOGIN PLAIN"]).auth, ["LOGIN", "PLAIN"]);
    assert_eq!(offers(&["AUTH SCRAM-SHA-256-PLUS", "AUTH=LOGIN"]).auth, ["SCRAM-SHA-256-PLUS", "LOGIN"]);
    assert_eq!(offers(&["AUTH"]).auth, words(&[]));
    assert_eq!(offers(&["AUTH="]).auth, words(&[]));
    // RFC 4422 §3.1: up to twenty of A-Z 0-9 - _.
    assert_eq!(
        offers(&["AUTH PL;AIN ABCDEFGHIJKLMNOPQRSTU ABCDEFGHIJKLMNOPQRST É A_B-1"]).auth,
        ["ABCDEFGHIJKLMNOPQRST", "A_B-1"]
    );
}

/// RFC 9422 §4: one to six digits, not beginning with 0.
#[test]
fn session_limits() {
    let offered = offers(&["LIMITS MAILMAX=5 rcptmax=100 RCPTDOMAINMAX=999999 FOOMAX=3"]);
    let expected = SessionLimits { mail_max: Some(5), rcpt_max: Some(100), rcpt_domain_max: Some(999_999) };
    assert_eq!(offered.limits, expected);
    for wrong in ["RCPTMAX=0", "RCPTMAX=1000000", "RCPTMAX=05", "RCPTMAX=", "RCPTMAX", "RCPTMAX=x", "RCPTMAX=-1"] {
        assert_eq!(offers(&[&format!("LIMITS {wrong}")]).limits, SessionLimits::default(), "{wrong}");
    }
}

#[test]
fn keywords_with_something_to_say() {
    assert_eq!(offers(&["MT-PRIORITY"]).mt_priority, Some(None));
    assert_eq!(offers(&["MT-PRIORITY mixer"]).mt_priority, Some(Some("MIXER".to_owned())));
    assert_eq!(offers(&["DELIVERBY"]).deliver_by, Some(None));
    assert_eq!(offers(&["DELIVERBY 240"]).deliver_by, Some(Some(240)));
    assert_eq!(offers(&["XCLIENT name Addr NAME"]).xclient, ["NAME", "ADDR"]);
    assert!(offers(&["HELP"]).help && offers(&["EXPN"]).expn && offers(&["REQUIRETLS"]).require_tls);
}

/// RFC 4865 §3. The moment is that of `date --utc --date=2026-08-10T03:00:00Z +%s`.
#[test]
fn future_release() {
    let told =
        |max_interval, max_until: Option<u64>| Some(FutureRelease { max_interval, max_until: max_until.map(UnixTime) });
    for (line, expected) in [
        ("FUTURERELEASE 1234 2026-08-10T03:00:00Z", told(Some(1234), Some(1_786_330_800))),
        ("FUTURERELEASE 1234 2026-08-10t05:00:00.25+02:00", told(Some(1234), Some(1_786_330_800))),
        ("FUTURERELEASE 1234", told(Some(1234), None)),
        ("FUTURERELEASE", told(None, None)),
        ("FUTURERELEASE soon later", told(None, None)),
        ("FUTURERELEASE soon 2026-08-10T03:00:00Z", told(None, None)),
        ("FUTURERELEASE 5 2026-8-10T3:0:0Z", told(Some(5), None)),
        ("FUTURERELEASE 5 2026-13-10T03:00:00Z", told(Some(5), None)),
        ("FUTURERELEASE 5 2026-08-10T03:00:00", told(Some(5), None)),
        ("FUTURERELEASE 5 2026-08-10T03:00:00Zx", told(Some(5), None)),
        ("FUTURERELEASE 5 ééééééééééééééé", told(Some(5), None)),
    ] {
        assert_eq!(offers(&[line]).future_release, expected, "{line}");
    }
}

/// A hostile reply, as long as the reader lets it be, is kept in little memory.
#[test]
fn what_is_kept_is_bounded() {
    let many: Vec<String> = (0..2000).map(|n| format!("X-{n}")).collect();
    let line = |keyword: &str| format!("{keyword} {}", many.join(" "));
    let offered = offers(&[&line("AUTH"), &line("XCLIENT"), &line("NOSUCH")]);
    assert_eq!(offered.auth.len(), limits::MAX_OFFERED_MECHANISMS);
    assert_eq!(offered.xclient.len(), limits::MAX_OFFERED_ATTRIBUTES);
    assert!(offered.others.is_empty());
    let refs: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(offers(&refs).others.len(), limits::MAX_OTHER_CAPABILITIES);
    let name = Capabilities::parse(&Reply::new(250, None, &"n".repeat(4000))).name;
    assert_eq!(name.len(), limits::MAX_DOMAIN_LENGTH);
}

/// `smtp-proto` reads the same from a reply in which nothing is wrong.
#[test]
fn as_smtp_proto_reads_it() {
    use smtp_proto::{EXT_8BIT_MIME, EXT_BINARY_MIME, EXT_CHUNKING, EXT_DSN, EXT_PIPELINING, EXT_START_TLS};
    let keywords = ["PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME", "DSN", "STARTTLS"];
    for chosen in 0..1u32 << keywords.len() {
        let lines: Vec<&str> =
            (0..keywords.len()).filter(|bit| chosen >> bit & 1 == 1).map(|bit| keywords[bit]).collect();
        let reply = Reply::new(250, None, &format!("mx.example.com\n{}\nSIZE 77", lines.join("\n")));
        let mut wire = Vec::new();
        reply.write(&mut wire);
        let wire = String::from_utf8(wire).unwrap().replace("250-\r\n", "");
        let theirs = smtp_proto::EhloResponse::parse(&mut wire.as_bytes().iter()).unwrap();
        let ours = Capabilities::parse(&reply);
        assert_eq!(ours.name, theirs.hostname);
        assert_eq!(ours.size, Some(Some(theirs.size as u64)));
        for (ours, theirs_bit) in [
            (ours.pipelining, EXT_PIPELINING),
            (ours.eight_bit_mime, EXT_8BIT_MIME),
            (ours.chunking, EXT_CHUNKING),
            (ours.dsn, EXT_DSN),
            (ours.starttls, EXT_START_TLS),
        ] {
            assert_eq!(ours, theirs.capabilities & theirs_bit != 0);
        }
        // The one difference: RFC 3030 §3.
        let both = EXT_BINARY_MIME | EXT_CHUNKING;
        assert_eq!(ours.binary_mime, theirs.capabilities & both == both);
    }
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let upper = |most: usize| {
        prop::collection::btree_set("[A-Z][A-Z0-9-]{0,12}", 0..most).prop_map(|set| set.into_iter().collect())
    };
    let limit = || prop::option::of(1..1_000_000u32);
    let limits = (limit(), limit(), limit()).prop_map(|(mail_max, rcpt_max, rcpt_domain_max)| SessionLimits {
        mail_max,
        rcpt_max,
        rcpt_domain_max,
    });
    let hold = (prop::option::of(any::<u64>()), prop::option::of((1..253_402_300_800u64).prop_map(UnixTime)));
    let hold = hold.prop_map(|(max_interval, max_until)| FutureRelease {
        max_interval,
        max_until: max_until.filter(|_| max_interval.is_some()),
    });
    let number = || prop::option::of(prop::option::of(1..=u64::MAX));
    let profile = prop::option::of(prop::option::of("[A-Z][A-Z0-9]{0,9}"));
    let flags = prop::collection::vec(any::<bool>(), 12);
    ((flags, number(), upper(6), limits), (profile, number(), prop::option::of(hold), upper(6))).prop_map(
        |((flags, size, auth, limits), (mt_priority, deliver_by, future_release, xclient))| Capabilities {
            name: "mx.example.com".to_owned(),
            pipelining: flags[0],
            size,
            eight_bit_mime: flags[1],
            smtputf8: flags[2] && flags[1],
            chunking: flags[3],
            binary_mime: flags[4] && flags[3],
            enhanced_status_codes: flags[5],
            dsn: flags[6],
            starttls: flags[7],
            require_tls: flags[8],
            auth,
            limits,
            mt_priority,
            deliver_by,
            future_release,
            xclient,
            help: flags[9],
            vrfy: flags[10],
            expn: flags[11],
            others: words(&["ETRN", "X-OURS some thing"]),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(offered in capabilities()) {
        let lines = offered.lines();
        let mut wire = Vec::new();
        Reply { code: 250, enhanced: None, lines: [vec![offered.name.clone()], lines].concat() }.write(&mut wire);
        let reply = ReplyReader::new().read(&mut &wire[..]).unwrap().unwrap();
        prop_assert_eq!(Capabilities::parse(&reply), offered);
    }

    /// What we take for offered, `smtp-proto` does too, wherever it does not give the reply up.
    #[test]
    fn no_laxer_than_smtp_proto(lines in prop::collection::vec(
        (prop::sample::select(vec![
            "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "DSN", "STARTTLS",
            "REQUIRETLS", "SIZE", "AUTH", "MT-PRIORITY", "DELIVERBY", "FUTURERELEASE", "HELP", "VRFY", "EXPN", "XSTARTTLS",
            "STARTTL", "DSNX", "ENHANCEDSTATUSCODE", "ENHANCEDSTATUSCODESX", "AUTH=", "8BIT-MIME", "-DSN", "",
        ]), prop::sample::select(vec!["", " ", " 5", " PLAIN", " x y", "x", "  9"])), 1..8))
    {
        use smtp_proto::*;
        let text: Vec<String> = lines.iter().map(|(keyword, rest)| format!("{keyword}{rest}")).collect();
        let reply = Reply::new(250, None, &format!("mx.example.com\n{}", text.join("\n")));
        let mut wire = Vec::new();
        reply.write(&mut wire);
        let ours = Capabilities::parse(&reply);
        if let Ok(theirs) = EhloResponse::parse(&mut wire.iter()) {
            for (ours, bit) in [
                (ours.pipelining, EXT_PIPELINING), (ours.eight_bit_mime, EXT_8BIT_MIME), (ours.smtputf8, EXT_SMTP_UTF8),
                (ours.chunking, EXT_CHUNKING), (ours.binary_mime, EXT_BINARY_MIME), (ours.dsn, EXT_DSN),
                (ours.enhanced_status_codes, EXT_ENHANCED_STATUS_CODES), (ours.starttls, EXT_START_TLS),
                (ours.require_tls, EXT_REQUIRE_TLS), (ours.size.is_some(), EXT_SIZE), (ours.help, EXT_HELP),
                (ours.mt_priority.is_some(), EXT_MT_PRIORITY), (ours.deliver_by.is_some(), EXT_DELIVER_BY),
                (ours.future_release.is_some(), EXT_FUTURE_RELEASE), (ours.vrfy, EXT_VRFY), (ours.expn, EXT_EXPN),
            ] {
                prop_assert!(!ours || theirs.capabilities & bit != 0, "{:?} {:?}", text, theirs);
            }
        }
    }

    #[test]
    fn any_text(text in "[ -~é\n]{0,200}") {
        let offered = Capabilities::parse(&Reply::new(250, None, &text));
        // Written out and read again, what was understood is the same.
        let again = Capabilities::parse(&Reply { code: 250, enhanced: None, lines: [vec![offered.name.clone()], offered.lines()].concat() });
        prop_assert_eq!(again, offered);
    }
}
