//! What holds for any reply.

use passerelle::smtp::refusal::{Context, Pasted, Stage};
use passerelle::smtp::{EnhancedCode, Reply, classify};
use proptest::prelude::*;

use super::{GOOGLE, MICROSOFT, SOMEBODY, YAHOO};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Any text is classed, and how its lines are broken or its letters are cased changes nothing.
    #[test]
    fn lines_and_case_have_no_say(
        code in 400..600u16,
        enhanced in prop::option::of((0..9u16, 0..600u16)),
        words in prop::collection::vec(prop::sample::select(vec![
            "mailbox", "full", "user", "unknown", "relay", "access", "denied", "too", "many", "recipients", "spf", "dkim",
            "[tss04]", "gsmtp", "s3150", "greylisted", "<spam@example.com>", "http://blacklist.example/", "é", "#5.1.1",
            "(in", "reply", "to", "command)", "said:", "550-5.1.1", "host", "mx.example.net[192.0.2.1]", "ofr_416", "hl:rep",
        ]), 1..14),
        peer in prop::sample::select(vec![GOOGLE, MICROSOFT, YAHOO, SOMEBODY, None]),
        stage in prop::sample::select(Stage::ALL.to_vec()),
        breaks in prop::collection::vec(any::<bool>(), 14),
    ) {
        let context = Context::from(peer).at(stage);
        let enhanced = enhanced.map(|(subject, detail)| EnhancedCode::new((code / 100) as u8, subject, detail));
        let one = Reply { code, enhanced, lines: vec![words.join(" ")] };
        let text = words.iter().zip(breaks).map(|(word, end)| format!("{}{}", word.to_ascii_uppercase(), if end { "\n" } else { "  " }));
        let several = Reply::new(code, enhanced, &text.collect::<String>());
        prop_assert_eq!(classify(&one, context), classify(&several, context));
    }

    /// Anything may be pasted; what is found can be classed, whatever its length.
    #[test]
    fn anything_may_be_pasted(text in r"[ -~\\né]{0,200}", times in 1..200usize) {
        if let Some(pasted) = Pasted::find(&text.repeat(times)) {
            prop_assert!((200..600).contains(&pasted.reply.code));
            let peer = pasted.host.as_deref();
            let refusal = classify(&pasted.reply, Context::from(peer).at(pasted.stage));
            prop_assert!(!refusal.advice.is_empty());
        }
    }

    /// A reply that is printed on one line is found again, alone and in Postfix's words.
    #[test]
    fn what_is_printed_is_found(
        code in prop::sample::select(vec![421u16, 450, 452, 550, 552, 554]),
        enhanced in prop::option::of((0..8u16, 0..600u16)),
        words in prop::collection::vec("[a-zA-Z]{1,9}", 1..9),
        split in any::<bool>(),
    ) {
        let enhanced = enhanced.map(|(subject, detail)| EnhancedCode::new((code / 100) as u8, subject, detail));
        let reply = Reply { code, enhanced, lines: words.clone() };
        let one = Reply { code, enhanced, lines: vec![words.join(" ")] };
        let mut wire = Vec::new();
        reply.write(&mut wire);
        let wire = String::from_utf8(wire).unwrap();
        let shown = if split { wire.replace("\r\n", "\\n") } else { wire.clone() };
        prop_assert_eq!(&Pasted::find(&shown).unwrap().reply, &one);
        let folded = wire.trim_end().replace("\r\n", " ");
        let line = format!("<a@example.com>: host mx.example.com[192.0.2.1] said: {folded} (in reply to RCPT TO command)");
        let pasted = Pasted::find(&line).unwrap();
        prop_assert_eq!(&pasted.reply, &one);
        prop_assert_eq!((pasted.host.as_deref(), pasted.stage), (Some("mx.example.com"), Stage::Rcpt));
    }
}
