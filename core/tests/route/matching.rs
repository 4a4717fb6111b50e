//! Which rules match, what they decide, and what they change.

use passerelle::route::policy::Direction;

use crate::world::{APPS, BASE, SMART, case, policy};

const PARTNER: &str = "bob@partner.example";

fn with(rules: &str) -> std::sync::Arc<passerelle::route::policy::Policy> {
    policy(&format!("{BASE}{APPS}{SMART}{rules}"))
}

fn rule(name: &str, conditions: &str, actions: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nmatch = {{ {conditions} }}\ndo = {{ {actions} }}\n")
}

fn names(rules: &str, from: &str, to: &str) -> Vec<String> {
    case(&with(rules), from, to).decide().rules
}

#[test]
fn given_keys_in_match_then_all_have_to_hold_and_of_their_values_any() {
    let rules =
        rule("r", "from = [\"ann@example.com\", \"@sales.example.com\"], to = [\"@partner.example\"]", "stop = true");
    assert_eq!(names(&rules, "ann@example.com", PARTNER), ["r"]);
    assert_eq!(names(&rules, "x@sales.example.com", PARTNER), ["r"]);
    assert!(names(&rules, "bob@example.com", PARTNER).is_empty());
    assert!(names(&rules, "ann@example.com", "x@second.example").is_empty());
}

#[test]
fn given_unless_then_all_its_keys_at_once_take_the_rule_away_and_an_empty_one_nothing() {
    let unless =
        |unless: &str| format!("[[rule]]\nname = \"r\"\nunless = {{ {unless} }}\ndo = {{ require_tls = true }}\n");
    assert_eq!(names(&unless(""), "ann@example.com", PARTNER), ["r"]);
    assert!(names(&unless("from = [\"ann@example.com\"]"), "ann@example.com", PARTNER).is_empty());
    let both = unless("from = [\"ann@example.com\"], to = [\"@second.example\"]");
    assert_eq!(names(&both, "ann@example.com", PARTNER), ["r"]);
    assert!(names(&both, "ann@example.com", "x@second.example").is_empty());
}

#[test]
fn given_directions_then_internal_mail_is_both_sending_and_receiving() {
    let rules = ["inbound", "outbound", "internal-sending", "internal-receiving"]
        .map(|direction| {
            rule(direction, &format!("direction = [\"{direction}\"]"), "require_tls = false, add_header = [\"X: 1\"]")
        })
        .concat();
    assert_eq!(names(&rules, "ann@example.com", PARTNER), ["outbound"]);
    assert_eq!(names(&rules, "ann@example.com", "carl@example.com"), ["internal-sending", "internal-receiving"]);
    let decision = case(&with(&rules), "ann@example.com", "carl@example.com").decide();
    assert_eq!(decision.direction, Some(Direction::InternalSending));
}

#[test]
fn given_the_first_that_decides_then_it_decides_and_the_trail_has_what_a_later_one_would_have() {
    let rules =
        [rule("one", "", "route = \"smart\""), rule("two", "", "discard = true, add_header = [\"X-Two: 1\"]")].concat();
    let json = case(&with(&rules), "ann@example.com", PARTNER).json();
    assert_eq!(
        (json["groups"][0]["route"].as_str(), json["groups"][0]["outcome"].as_str()),
        (Some("smart"), Some("deliver"))
    );
    assert_eq!(json["mutations"][0]["rule"], "two");
    let told = json["trail"]
        .as_array()
        .unwrap()
        .iter()
        .any(|s| s["step"] == "rule two" && s["why"].as_str().unwrap().contains("discard"));
    assert!(told, "{json}");
}

#[test]
fn given_stop_then_no_later_rule_is_looked_at() {
    let rules = [rule("one", "", "stop = true"), rule("two", "", "route = \"smart\"")].concat();
    let decision = case(&with(&rules), "ann@example.com", PARTNER).decide();
    assert_eq!(decision.rules, ["one"]);
    assert_eq!(decision.groups[0].route.as_deref(), Some("mx"));
}

#[test]
fn given_a_rule_of_the_same_name_in_a_unit_below_then_it_stands_in_the_place_of_the_one_above() {
    let rules = "[[unit]]\nname = \"/sales\"\nmembers = [\"@sales.example.com\"]\n[[unit]]\nname = \"/sales/north\"\nmembers = [\"n@sales.example.com\"]\n\
        [[rule]]\nname = \"r\"\ndo = { add_header = [\"X: root\"] }\n[[rule]]\nname = \"r\"\nunit = \"/sales\"\ndo = { add_header = [\"X: sales\"] }\n\
        [[rule]]\nname = \"only\"\nunit = \"/sales\"\ndo = { add_header = [\"X: only\"] }\n";
    let values = |from: &str| -> Vec<String> {
        case(&with(rules), from, PARTNER).decide().mutations.into_iter().map(|mutation| mutation.value).collect()
    };
    assert_eq!(values("ann@example.com"), ["X: root"]);
    assert_eq!(values("x@sales.example.com"), ["X: sales", "X: only"]);
    assert_eq!(values("n@sales.example.com"), ["X: sales", "X: only"]);
}

#[test]
fn given_a_rule_of_a_unit_that_names_both_internal_directions_then_sender_or_recipient_may_be_of_it() {
    let unit = "[[unit]]\nname = \"/sales\"\nmembers = [\"ann@example.com\"]\n";
    let matches = |directions: &str, from: &str, to: &str| {
        let rule = format!(
            "{unit}[[rule]]\nname = \"r\"\nunit = \"/sales\"\nmatch = {{ direction = [{directions}] }}\ndo = {{ add_header = [\"X: 1\"] }}\n"
        );
        names(&rule, from, to) == ["r"]
    };
    let (ann, zoe) = ("ann@example.com", "zoe@example.com");
    let both = "\"internal-sending\", \"internal-receiving\"";
    for (directions, sends, receives) in [
        (both, true, true),
        ("\"internal-receiving\", \"internal-sending\", \"outbound\"", true, true),
        ("\"internal-sending\"", true, false),
        ("\"internal-receiving\"", false, true),
    ] {
        assert_eq!(matches(directions, ann, zoe), sends, "{directions}");
        assert_eq!(matches(directions, zoe, ann), receives, "{directions}");
        assert!(!matches(directions, zoe, "yan@example.com"), "{directions}");
    }
    // Of outbound mail it is the sender's unit, whatever the rule says of internal mail beside it.
    assert!(matches("\"outbound\", \"internal-receiving\"", ann, PARTNER));
    assert!(!matches("\"outbound\", \"internal-receiving\"", zoe, PARTNER));
}

#[test]
fn given_peer_and_user_then_they_are_conditions_as_well() {
    let rules = [
        rule("net", "peer = [\"192.0.2.0/28\"]", "require_tls = true"),
        rule("user", "user = [\"ann\"]", "require_tls = true"),
    ]
    .concat();
    let policy = with(&rules);
    assert_eq!(case(&policy, "ann@example.com", PARTNER).decide().rules, ["net"]);
    assert_eq!(case(&policy, "ann@example.com", PARTNER).peer("192.0.2.99").user("ann").decide().rules, ["user"]);
}

#[test]
fn given_conditions_on_content_then_they_are_open_before_the_message_and_hold_behind_it() {
    for (condition, matching, other) in [
        ("header = [\"Subject: *invoice*\"]", "Subject: Your Invoice 7\n\nHello\n", "Subject: Hello\n\nHello\n"),
        ("header = [\"Subject: a\", \"X-Kind: b?d\"]", "X-Kind: BAD\n\nHello\n", "X-Kind: bd\n\nHello\n"),
        (
            "author = [\"ann@example.com\"]",
            "From: Ann <ann@example.com>\n\nHello\n",
            "From: bob@example.com\n\nHello\n",
        ),
        ("larger_than = \"20 B\"", "Subject: a long subject\n\nHello\n", "A: b\n\nHello\n"),
    ] {
        let policy = with(&rule("r", condition, "route = \"smart\""));
        let before = case(&policy, "ann@example.com", PARTNER).decide();
        assert!(before.late && before.rules.is_empty(), "{condition}");
        let behind = case(&policy, "ann@example.com", PARTNER).message(matching).decide();
        assert!(behind.late && behind.rules == ["r"], "{condition}");
        assert!(case(&policy, "ann@example.com", PARTNER).message(other).decide().rules.is_empty(), "{condition}");
    }
    // Where the envelope alone says no, content has no say.
    let policy = with(&rule("r", "from = [\"bob@example.com\"], header = [\"A: b\"]", "route = \"smart\""));
    assert!(!case(&policy, "ann@example.com", PARTNER).decide().late);
}

#[test]
fn given_results_then_what_a_method_said_is_a_condition() {
    let policy = with(&rule("r", "results = [\"dmarc=fail\", \"spf=softfail\"]", "reject = \"550 5.7.26 not you\""));
    let message =
        |method: &str, result: &str| crate::world::message("From: ann@example.com\n\nHello\n").result(method, result);
    let reject = case(&policy, "ann@example.com", PARTNER).with(message("dmarc", "fail")).decide();
    assert_eq!(reject.groups[0].reply.as_ref().map(ToString::to_string).as_deref(), Some("550 5.7.26 not you"));
    assert!(case(&policy, "ann@example.com", PARTNER).with(message("dmarc", "pass")).decide().rules.is_empty());
}

/// A signature that need not verify: which fields it names is what counts.
const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=signer.example; s=s; h=from:subject:subject:x-a; \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\nX-A: 1\nX-B: 2\nSubject: Hello\nFrom: ann@example.com\n\nHello\n";

#[test]
fn given_a_change_then_it_says_whose_signature_it_breaks() {
    for (change, breaks) in [
        ("add_header = [\"X-B: 3\"]", false),
        ("add_header = [\"X-A: 3\"]", false),
        ("add_header = [\"Subject: x\"]", true),
        ("remove_header = [\"X-A\"]", true),
        ("remove_header = [\"X-B\"]", false),
        ("remove_header = [\"X-C\"]", false),
        ("remove_header = [\"dkim-signature\"]", true),
        ("subject_prefix = \"[x] \"", true),
        ("footer = { text = \"bye\" }", true),
        ("also_to = [\"archive@partner.example\"]", false),
        ("sender = \"sales@example.com\"", false),
    ] {
        let policy = with(&rule("r", "", change));
        let json = case(&policy, "ann@example.com", PARTNER).message(SIGNED).json();
        let mutation = &json["mutations"][0];
        assert_eq!(mutation["action"].as_str(), change.split(' ').next(), "{change}");
        let expected: &[&str] = if breaks { &["signer.example"] } else { &[] };
        assert_eq!(mutation["breaks_dkim"], serde_json::json!(expected), "{change}");
        assert_eq!(mutation["resign"], false, "there is no key to sign with");
        let without = case(&policy, "ann@example.com", PARTNER).json();
        assert!(without["mutations"][0]["breaks_dkim"].is_null(), "{change}");
    }
}
