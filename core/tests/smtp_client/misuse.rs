//! Nothing that a server says, in whatever pieces, makes an answer of the host [`Misuse`].

use std::sync::LazyLock;

use passerelle::smtp::client::{Closed, Delivery, Event, Input, Stage, Tls};
use passerelle::tls::{ClientTls, End, ServerTls, Verification};
use passerelle::{Machine, Misuse};
use proptest::prelude::*;

use crate::dialogue::{Play, WHOLE, envelope, mailbox, settings, start};
use crate::host::{Host, Policy, Step};

static SERVER: LazyLock<ServerTls> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(vec!["mx.example".to_owned()]).unwrap();
    ServerTls::from_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap()
});
static CLIENT: LazyLock<ClientTls> = LazyLock::new(|| ClientTls::new(Verification::None));

const EHLO: &str = "250-mx\r\n250-PIPELINING\r\n250-AUTH PLAIN SCRAM-SHA-256\r\n250-STARTTLS\r\n250 SIZE\r\n";
const CHUNKING: &str = "250-mx\r\n250-CHUNKING\r\n250 8BITMIME\r\n";
/// What a server may say behind what it should say.
const BEHIND: [&str; 14] = [
    "421 4.4.2 timeout\r\n",
    "550 5.7.1 no\r\n",
    "250 ok\r\n",
    "354 go on\r\n",
    "454 4.7.0 no\r\n",
    "220 go on\r\n",
    "334 \r\n",
    "235 ok\r\n",
    "221 bye\r\n",
    "250-half",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "250 bare\n",
    "\0",
    "",
];

/// The replies of a server that takes two messages, a step each; `true` stands for the beginning of TLS.
fn dialogue(policy: &Policy) -> Vec<(&'static str, bool)> {
    let mut steps = vec![("220 mx\r\n", false), (EHLO, false)];
    if matches!(policy.tls, Tls::StartTls { .. }) {
        steps.extend([("220 go on\r\n", true), (if policy.chunking { CHUNKING } else { EHLO }, false)]);
    }
    if policy.authenticates {
        steps.push(("235 ok\r\n", false));
    }
    for _ in 0..2 {
        steps.extend([("250 ok\r\n", false), ("250 ok\r\n", false), ("250 ok\r\n", false), ("354 go on\r\n", false)]);
        steps.push(("250 queued\r\n", false));
        if policy.lmtp {
            steps.push(("250 queued\r\n", false));
        }
    }
    steps.push(("221 bye\r\n", false));
    steps
}

/// The dialogue up to a step, with something behind it in the same segment.
fn steps(policy: &Policy, up_to: usize, behind: &str) -> Vec<Step> {
    let all = dialogue(policy);
    let last = up_to.min(all.len() - 1);
    let mut steps = Vec::new();
    for (number, (reply, begins_tls)) in all.into_iter().enumerate().take(last + 1) {
        let behind = if number == last { behind } else { "" };
        let octets = format!("{reply}{behind}").into_bytes();
        steps.push(if begins_tls { Step::BeginTls(octets) } else { Step::Say(octets) });
    }
    steps
}

fn plays(policy: Policy, steps: &[Step]) {
    let bare = Host::bare(policy, start()).run(steps);
    assert!(bare.is_ok(), "{bare:?}: {policy:?} {steps:?}");
    let in_tls = Host::in_tls(policy, &CLIENT, &SERVER, start()).run(steps);
    assert!(in_tls.is_ok(), "{in_tls:?}: {policy:?} {steps:?}");
}

/// The replies of the issue that led to this: something behind the reply that makes the client ready, done, or waiting.
#[test]
fn what_stands_behind_any_reply_is_no_misuse_of_the_host() {
    // Each kind of host by itself, and all of it at once.
    let grows = 1 << 14;
    let kinds = [0, 1 << 4 | 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 6 | 1 << 7, 1 << 3 | 1 << 6];
    let kinds = kinds.into_iter().chain([grows, grows | 1 << 6, grows | 1 << 5, grows | 1 << 8 | 1 << 9 | 1 << 7]);
    for kind in kinds {
        for (tls, authenticates) in [(0, 0), (2, 0), (3, 1)] {
            for chunk in [0, 3] {
                let policy = Policy::of(kind | tls | authenticates << 2 | 2 << 10 | chunk << 12);
                for up_to in 0..dialogue(&policy).len() {
                    for behind in BEHIND {
                        let steps = steps(&policy, up_to, behind);
                        let bare = Host::bare(policy, start()).run(&steps);
                        assert!(bare.is_ok(), "{bare:?}: {policy:?} {steps:?}");
                    }
                }
            }
        }
    }
}

/// The same inside TLS, by STARTTLS and from the first octet; fewer, since each has a handshake.
#[test]
fn inside_tls_neither() {
    for (kind, tls) in [(0, 1), (1 << 6, 1), (1 << 6, 2), (1 << 7, 3)] {
        let policy = Policy::of(kind | tls | 2 << 10 | 3 << 12);
        for up_to in 0..dialogue(&policy).len() {
            for behind in ["421 4.4.2 timeout\r\n", "250 ok\r\n", "\0"] {
                plays(policy, &steps(&policy, up_to, behind));
            }
        }
    }
}

#[test]
fn the_dialogues_get_as_far_as_they_should() {
    for bits in [
        2 << 10 | 3 << 12,
        1 << 14 | 2 << 10 | 3 << 12,
        2 << 10,
        1 << 6 | 2 << 10 | 3 << 12,
        2 | 1 << 7 | 2 << 10 | 3 << 12,
        1 | 2 << 10 | 3 << 12,
    ] {
        let policy = Policy::of(bits);
        let steps = steps(&policy, usize::MAX, "");
        let bare = Host::bare(policy, start()).run(&steps);
        assert_eq!(bare, Ok(Closed::Quit), "{policy:?}");
        assert_eq!(Host::in_tls(policy, &CLIENT, &SERVER, start()).run(&steps), Ok(Closed::Quit), "{policy:?}");
    }
}

fn step() -> impl Strategy<Value = Step> {
    let reply = prop_oneof![
        4 => proptest::sample::select(BEHIND.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        2 => proptest::sample::select(vec![EHLO, CHUNKING]).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let replies = proptest::collection::vec(reply, 1..4).prop_map(|replies| replies.concat());
    prop_oneof![
        8 => replies.clone().prop_map(Step::Say),
        1 => replies.prop_map(Step::BeginTls),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Wire),
        1 => (0..700_000u64).prop_map(Step::Later),
        1 => proptest::sample::select(vec![End::Orderly, End::Cut, End::TlsFailed]).prop_map(Step::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Any octets, any chunks, any ends, any host that heeds the documentation, in TLS of ours and of its own.
    #[test]
    fn no_server_makes_the_host_misuse_the_client(
        bits in any::<u64>(),
        up_to in 0..16usize,
        behind in proptest::sample::select(BEHIND.to_vec()),
        more in proptest::collection::vec(step(), 0..6),
    ) {
        let policy = Policy::of(bits);
        let mut steps = steps(&policy, up_to, behind);
        steps.extend(more);
        let bare = Host::bare(policy, start()).run(&steps);
        prop_assert!(bare.is_ok(), "{bare:?}");
        if bits >> 60 == 0 {
            let in_tls = Host::in_tls(policy, &CLIENT, &SERVER, start()).run(&steps);
            prop_assert!(in_tls.is_ok(), "{in_tls:?}");
        }
    }
}

/// `250 mx` and `421` in one segment: the message that the host sends then is not sent, and that is no bug of the host.
#[test]
fn a_message_for_a_connection_that_has_just_ended_is_not_sent() {
    let client = passerelle::smtp::client::Client::new(settings(), start());
    let mut play = Play::new(client, &[], WHOLE);
    play.server(b"220 mx\r\n");
    play.drain();
    play.client.handle(start(), Input::Octets(b"250 mx\r\n421 4.4.2 timeout\r\n")).unwrap();
    play.drain();
    assert!(matches!(
        play.events[..],
        [Event::Ready(_), Event::Closed(Closed::ShuttingDown { stage: Stage::Idle, .. })]
    ));
    play.client.handle(start(), Input::Send(Box::new(envelope(&["bob@mx.example"])))).unwrap();
    play.drain();
    let outcome = &play.outcomes()[0].recipients[0];
    assert!(matches!(&outcome.delivery, Delivery::NotSent(Closed::ShuttingDown { .. })), "{outcome:?}");
    assert!(outcome.delivery.is_temporary());
    // QUIT neither; and a host that has said it sends nothing more.
    play.client.handle(start(), Input::Quit).unwrap();
    let again = play.client.handle(start(), Input::Send(Box::new(envelope(&["bob@mx.example"]))));
    assert_eq!(again, Err(Misuse::AfterEnd));
}

/// What a host still can get wrong.
#[test]
fn what_is_misuse_all_the_same() {
    let client = passerelle::smtp::client::Client::new(settings(), start());
    let mut play = Play::new(client, &[], WHOLE);
    let early = play.client.handle(start(), Input::Send(Box::new(envelope(&["bob@mx.example"]))));
    assert!(matches!(early, Err(Misuse::OutOfOrder(_))));
    assert!(matches!(play.client.handle(start(), Input::Content(b"x")), Err(Misuse::OutOfOrder(_))));
    assert!(matches!(play.client.handle(start(), Input::ContentEnd), Err(Misuse::OutOfOrder(_))));
    assert!(matches!(play.client.handle(start(), Input::Abort), Err(Misuse::OutOfOrder(_))));
    let nobody = mailbox("bob@mx.example");
    assert!(matches!(play.client.handle(start(), Input::Rcpt(nobody.into())), Err(Misuse::OutOfOrder(_))));
    assert!(matches!(play.client.handle(start(), Input::Data), Err(Misuse::OutOfOrder(_))));
    play.server(b"554 no\r\n221 bye\r\n");
    let never = play.client.handle(start(), Input::Send(Box::new(envelope(&["bob@mx.example"]))));
    assert_eq!(never, Err(Misuse::AfterEnd));
    play.client.handle(start(), Input::End(End::Orderly)).unwrap();
    assert_eq!(play.client.handle(start(), Input::End(End::Orderly)), Err(Misuse::AfterEnd));
    assert_eq!(play.client.handle(start(), Input::Octets(b"250 x\r\n")), Err(Misuse::AfterEnd));
}
