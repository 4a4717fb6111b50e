//! Any split of the client's and the hops' octets gives the same outputs.

use proptest::prelude::*;

use crate::groups::archiving;
use crate::hop::Hop;
use crate::host::Host;
use crate::late;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

/// All that the outside can see of a session: what the client was told, what hops took and heard, how it ended.
type Seen = (String, Vec<(Vec<String>, String)>, Vec<String>, String);

/// A session in pieces of this size.
fn seen(make: &dyn Fn() -> Host, script: &[&str], chunk: usize) -> Seen {
    let mut host = make();
    host.chunk = chunk;
    for said in script {
        host.say(said);
    }
    (host.heard.clone(), host.taken(), host.all_heard(), format!("{:?} {:?}", host.done, host.closed))
}

fn scripts() -> Vec<Vec<String>> {
    let long = format!("{MESSAGE}{}", "a line of text\r\n..dots\r\n".repeat(40));
    let message = |text: &str| {
        [
            "",
            "EHLO client.example\r\n",
            "MAIL FROM:<ann@example.com>\r\nRCPT TO:<no@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n",
            text,
            "QUIT\r\n",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let mut twice =
        message(&format!("{MESSAGE}.\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n"));
    twice.insert(4, format!("{MESSAGE}.\r\n"));
    let bdat = format!("BDAT {}\r\n{MESSAGE}BDAT 0 LAST\r\n", MESSAGE.len());
    vec![
        message(&format!("{MESSAGE}.\r\n")),
        message(&format!("{long}.\r\n")),
        twice,
        vec![
            "".into(),
            "EHLO c.example\r\n".into(),
            format!("MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.org>\r\n{bdat}"),
            "QUIT\r\n".into(),
        ],
        vec![
            "".into(),
            "HELO c.example\r\n".into(),
            "MAIL FROM:<x@stranger.example>\r\nRCPT TO:<bob@example.org>\r\nRSET\r\nQUIT\r\n".into(),
        ],
    ]
}

fn worlds() -> Vec<Box<dyn Fn() -> Host>> {
    let hop = || Hop::new().on("RCPT TO:<no", "550-5.1.1 no\n550 5.1.1 never");
    let deferring = move || hop().on(".", "451 4.3.0 later");
    vec![
        Box::new(move || Host::new(RELAY, DNS).hop(SMART, hop())),
        Box::new(move || Host::new(RELAY, DNS).hop(SMART, deferring())),
        Box::new(move || late::subject_host().hop(SMART, hop())),
        Box::new(move || archiving().hop("198.51.100.9", hop())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn given_any_chunks_when_a_session_runs_then_what_is_seen_of_it_is_the_same(
        chunk in 1usize..90,
        world in 0usize..4,
        script in 0usize..5,
    ) {
        let (worlds, scripts) = (worlds(), scripts());
        let script: Vec<&str> = scripts[script].iter().map(String::as_str).collect();
        let whole = seen(&worlds[world], &script, usize::MAX);
        prop_assert_eq!(seen(&worlds[world], &script, chunk), whole);
    }
}
