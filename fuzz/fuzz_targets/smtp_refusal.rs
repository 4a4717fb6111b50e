//! Why a server refused: any reply at any stage by anybody is classed, within bounds; line breaks and case have no say; the
//! code alone says whether it is temporary; and what was pasted is found again as it is written.
#![no_main]

use passerelle::limits;
use passerelle::smtp::refusal::{Cause, Context, Pasted, Refusal, Stage, classify};
use passerelle::smtp::{EnhancedCode, Reply};
use passerelle_fuzz::fuzz_target;

const PEERS: [Option<&str>; 8] = [
    None,
    Some("192.0.2.1"),
    Some("mx.example.com"),
    Some("aspmx.l.google.com"),
    Some("x.mail.protection.outlook.com"),
    Some("mta5.am0.yahoodns.net"),
    Some("smtp-in.orange.fr"),
    Some("mx3.qq.com"),
];

fuzz_target!(|input: &[u8]| {
    let Some((head, text)) = input.split_first_chunk::<5>() else { return };
    let text = String::from_utf8_lossy(text);
    let code = 400 + u16::from(head[0]) % 200;
    let enhanced = (head[1] < 8).then(|| {
        let detail = u16::from(head[2]) * 4;
        EnhancedCode::new((code / 100) as u8, u16::from(head[1]), detail)
    });
    let stage = Stage::ALL[usize::from(head[3]) % Stage::ALL.len()];
    let peer = PEERS[usize::from(head[4]) % PEERS.len()];
    let context = Context::from(peer).at(stage);

    let words: Vec<&str> = text.split_whitespace().collect();
    let one = Reply::new(code, enhanced, &words.join(" "));
    let refusal = classify(&one, context);
    check(&one, &refusal, stage);
    // A line for each word, in the other case, and spaces doubled: all the same.
    let several = Reply { code, enhanced, lines: words.iter().map(|word| word.to_ascii_uppercase()).collect() };
    assert_eq!(classify(&several, context), refusal, "line breaks or case have a say");
    // What is behind the bound has none.
    if one.lines.iter().map(String::len).sum::<usize>() < limits::MAX_REFUSAL_TEXT / 2 {
        let mut long = one.clone();
        long.lines.push("é ".repeat(limits::MAX_REFUSAL_TEXT));
        check(&long, &classify(&long, context), stage);
    }

    if let Some(pasted) = Pasted::find(&text) {
        assert!((200..600).contains(&pasted.reply.code) && pasted.reply.lines.len() == 1);
        let context = Context::from(pasted.host.as_deref()).at(pasted.stage);
        let explained = classify(&pasted.reply, context);
        // Printed, it is a reply again.
        assert!(Pasted::find(&pasted.reply.to_string()).is_some());
        assert!(!explained.advice.is_empty());
    }
});

fn check(reply: &Reply, refusal: &Refusal, stage: Stage) {
    let exception = reply.code == 552 && refusal.cause == Cause::TooManyRecipients;
    assert_eq!(refusal.temporary, reply.code < 500 || exception);
    assert!(stage == Stage::Unknown || refusal.stage == stage);
    assert!(!refusal.advice.is_empty());
    assert_eq!(refusal.source.is_some(), refusal.date.is_some());
}
