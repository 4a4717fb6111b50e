//! `[limits]`, asked of the host.

use crate::world::{APPS, BASE, DNS, case, policy};

const LIMITS: &str = "[limits]\nper_user = { messages = 10, recipients = 20, window = \"24h\" }\nper_organisation = { recipients = 100, window = \"10m\" }\n";

fn decided(quota: &str, user: Option<&str>, to: &str) -> passerelle::route::Decision {
    let policy = policy(&format!("{BASE}{APPS}{LIMITS}"));
    let dns = DNS.trim_end().strip_suffix("]}").unwrap();
    let case = case(&policy, "ann@example.com", to).dns(&format!("{dns}], \"quota\": {quota}}}"));
    match user {
        Some(user) => case.user(user).decide(),
        None => case.decide(),
    }
}

fn refusals(decision: &passerelle::route::Decision) -> Vec<String> {
    decision.refused.iter().map(|refused| format!("{} {}", refused.recipient, refused.reply.code)).collect()
}

#[test]
fn given_room_then_all_are_taken_and_what_is_not_listed_is_unused() {
    assert!(decided("{}", Some("ann"), "a@partner.example b@partner.example").refused.is_empty());
    assert!(
        decided(r#"{"messages user:ann 24h": 9, "recipients user:ann 24h": 19}"#, Some("ann"), "a@partner.example")
            .refused
            .is_empty()
    );
}

#[test]
fn given_room_for_some_recipients_then_the_others_are_refused_for_now() {
    let decision = decided(
        r#"{"recipients user:ann 24h": 18}"#,
        Some("ann"),
        "a@partner.example b@second.example c@partner.example",
    );
    assert_eq!(refusals(&decision), ["c@partner.example 452"]);
    assert_eq!(decision.refused[0].reply.enhanced.to_string(), "4.7.1");
    assert!(decision.refused[0].reply.text.contains("account ann"), "{}", decision.refused[0].reply.text);
    assert_eq!(decision.groups.iter().map(|group| group.recipients.len()).sum::<usize>(), 2);
}

#[test]
fn given_no_room_for_a_message_then_all_are_refused_and_the_reply_says_so() {
    let decision = decided(r#"{"messages user:ann 24h": 10}"#, Some("ann"), "a@partner.example b@partner.example");
    assert!(!decision.admitted);
    assert_eq!(decision.reply.as_ref().map(|reply| reply.code), Some(452));
    assert_eq!(decision.conclusion(), passerelle::route::decide::Conclusion::Deferred);
}

#[test]
fn given_the_organisations_quota_then_it_holds_for_those_without_an_account_too() {
    let decision = decided(r#"{"recipients organisation 10m": 99}"#, None, "a@partner.example b@partner.example");
    assert_eq!(refusals(&decision), ["b@partner.example 452"]);
    // Another window is another quota.
    assert!(
        decided(r#"{"recipients organisation 20m": 99}"#, None, "a@partner.example b@partner.example")
            .refused
            .is_empty()
    );
}

#[test]
fn given_a_quota_that_is_not_answered_then_451_4_3_0() {
    let decision = decided(r#"{"recipients organisation 10m": "error"}"#, None, "a@partner.example");
    let reply = decision.reply.unwrap();
    assert_eq!((reply.code, reply.enhanced.to_string().as_str()), (451, "4.3.0"));
}
