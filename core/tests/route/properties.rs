//! What holds for all decisions: the order of answers has no say, nor has the order of rules that have nothing to do with each
//! other; and the proof's idea of admission is that of `decide`.

use passerelle::lookup::{Answers, Pending};
use passerelle::route::policy::{AddressPattern, Policy};
use passerelle::route::prove::{Point, Sender, User, admits};
use passerelle::route::{Decide, Envelope, Session};
use passerelle::{Evaluate, Evaluation, Transcript};
use proptest::prelude::*;
use std::sync::Arc;

use crate::world::{APPS, BASE, DNS, NOW, SMART, case, policy};

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn flip(&mut self) -> bool {
        self.roll(2) == 0
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len() as u64) as usize]
    }
}

const MIXED: &str = r#"
[[relay]]
name = "shared"
peers = ["203.0.113.0/24"]
shared = true
null_sender = "tenant"
tenant = { header = "X-T", value_file = "tenant.secret" }

[[relay]]
name = "sub"
require_auth = true
require_tls = true
senders = "registered"
users = "users.toml"

[[relay]]
name = "host"
peers = ["198.51.100.0/24"]
require_auth = true

[[relay]]
name = "open"
peers = ["192.0.2.0/28"]
senders = "any"
require_tls = true
"#;

#[test]
fn the_proofs_idea_of_admission_agrees_with_decide_on_100_000_cases() {
    let policy = policy(&format!("{BASE}{APPS}{MIXED}"));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let proven = Arc::new(crate::world::message("X-T: open sesame 1234567890\nFrom: ann@example.com\n\nHello\n"));
    let unproven = Arc::new(crate::world::message("X-T: guess\nFrom: ann@example.com\n\nHello\n"));
    let dns = Transcript::parse(DNS.as_bytes()).unwrap();
    let mut admitted = 0;
    for _ in 0..100_000 {
        let peer = dice.one(&[
            "192.0.2.7",
            "192.0.2.99",
            "203.0.113.5",
            "198.51.100.5",
            "8.8.8.8",
            "::ffff:192.0.2.7",
            "2001:db8::1",
        ]);
        let from = dice.one(&["", "ann@example.com", "bob@example.com", "x@sub.example.com", "eve@elsewhere.example"]);
        let user = dice.one(&["", "ann", "bob", "zed"]);
        let helo = dice.one(&["gw.example.com", "mail.elsewhere.example"]);
        let (tls, proof) = (dice.flip(), dice.flip());
        let session = Session::new()
            .peer(peer.parse().ok())
            .helo(helo.to_owned())
            .tls(tls)
            .user((!user.is_empty()).then(|| user.to_owned()));
        let envelope = Envelope::new(from.parse().ok(), vec!["bob@partner.example".parse().unwrap()]);
        let request = Decide::new(policy.clone(), session, envelope, NOW)
            .message(Some(if proof { proven.clone() } else { unproven.clone() }))
            .with_trail(false);
        let decision = Evaluation::new(request).run_with(|question| dns.answer(question));
        let account = policy.accounts.get(user);
        let expected = policy.relays.iter().find(|relay| {
            let point = Point::new(
                (relay.peers.contains(peer.parse().unwrap()), tls, helo == "gw.example.com"),
                match (user, account) {
                    ("", _) => User::Nobody,
                    (_, Some(_)) if relay.accounts.contains(user) => User::OfEntry,
                    (_, Some(_)) => User::OfOthers,
                    (_, None) => User::OfHost,
                },
                (
                    match from {
                        "" => Sender::Null,
                        _ if from.ends_with("example.com") => Sender::Own,
                        _ => Sender::Foreign,
                    },
                    account.is_some_and(|account| {
                        !from.is_empty() && account.senders.contains(Some(&from.parse().unwrap()))
                    }),
                ),
                proof,
            );
            admits(relay, &point)
        });
        assert_eq!(
            decision.admitted,
            expected.is_some(),
            "{peer} {from} {user} {helo} tls {tls} proof {proof}: {decision:#?}"
        );
        admitted += usize::from(decision.admitted);
    }
    assert!((10_000..90_000).contains(&admitted), "{admitted}");
}

/// Answers the questions one by one, each time the one that `choose` picks.
fn in_order(request: &passerelle::route::Decide, dns: &Transcript, mut choose: impl FnMut(usize) -> usize) -> String {
    let mut answers = Answers::new();
    let mut open = Vec::new();
    loop {
        let decided = request.evaluate(&mut answers);
        while let Some(question) = answers.next_question() {
            open.push(question);
        }
        match decided {
            Ok(decision) => return decision.to_json(),
            Err(Pending(_)) => {
                let (id, question) = open.remove(choose(open.len()));
                answers.supply(id, dns.answer(&question)).unwrap();
            }
        }
    }
}

fn shuffled(rules: &[String], order: &[usize]) -> Arc<Policy> {
    let text: String = order.iter().map(|at| rules[*at].as_str()).collect();
    policy(&format!("{BASE}{APPS}{SMART}{text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_of_answers_gives_the_same_decision(seed in 1u64..) {
        let rules = "[[rule]]\nname = \"r\"\nmatch = { to = [\"@second.example\"] }\ndo = { route = \"smart\", require_tls = true }\n";
        let limits = "[limits]\nper_user = { messages = 1, recipients = 9, window = \"1h\" }\n";
        let policy = policy(&format!("{BASE}{APPS}{SMART}fallback = \"mx\"\n{rules}{MIXED}{limits}"));
        let who = case(&policy, "ann@example.com", "a@partner.example b@second.example c@null.example").user("ann").tls();
        let mut dice = Dice(seed);
        let first = in_order(&who.request(), &who.dns, |_| 0);
        let other = in_order(&who.request(), &who.dns, |open| dice.roll(open as u64) as usize);
        prop_assert_eq!(first, other);
    }

    #[test]
    fn rules_that_have_nothing_to_do_with_each_other_may_stand_in_any_order(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle(), to in 0..6usize) {
        let rules: Vec<String> = (0..6)
            .map(|n| format!("[[rule]]\nname = \"r{n}\"\nmatch = {{ to = [\"@d{n}.example\"] }}\ndo = {{ route = \"smart\", add_header = [\"X: {n}\"] }}\n"))
            .collect();
        let to = format!("a@d{to}.example b@partner.example");
        let json = |policy: &Arc<Policy>| {
            let mut json = case(policy, "ann@example.com", &to).json();
            for varying in ["trail", "rules", "policy_version"] {
                json.as_object_mut().unwrap().remove(varying);
            }
            json
        };
        prop_assert_eq!(json(&shuffled(&rules, &[0, 1, 2, 3, 4, 5])), json(&shuffled(&rules, &order)));
    }

    #[test]
    fn no_text_panics_as_a_policy_and_what_is_wrong_has_a_place(text in "[ -~\n]{0,200}") {
        let compiled = Policy::compile(&text, &passerelle::route::policy::NoFiles);
        prop_assert!(compiled.policy.is_some() || !compiled.findings.is_empty());
        for finding in compiled.findings {
            prop_assert!(finding.line >= 1 && finding.line <= text.lines().count() + 1);
            prop_assert!(finding.column >= 1);
        }
    }

    #[test]
    fn a_pattern_that_is_shown_reads_as_the_same(text in "[a-c@.*<>\" ]{0,12}") {
        if let Ok(pattern) = AddressPattern::parse(&text) {
            prop_assert_eq!(AddressPattern::parse(&pattern.to_string()), Ok(pattern));
        }
    }
}
