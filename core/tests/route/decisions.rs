//! Where mail goes: groups, routes, copies, and strangers' mail.

use passerelle::route::decide::{Conclusion, Fate, Mode};
use passerelle::route::policy::Direction;

use crate::world::{APPS, BASE, SMART, case, policy};

const PARTNER: &str = "bob@partner.example";

fn with(more: &str) -> std::sync::Arc<passerelle::route::policy::Policy> {
    policy(&format!("{BASE}{APPS}{SMART}{more}"))
}

fn rule(name: &str, conditions: &str, actions: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nmatch = {{ {conditions} }}\ndo = {{ {actions} }}\n")
}

#[test]
fn given_no_rule_then_outbound_and_internal_mail_goes_by_the_mx() {
    let policy = with("");
    for (to, host, direction) in
        [(PARTNER, "mx.partner.example", "outbound"), ("carl@example.com", "mx.example.com", "internal-sending")]
    {
        let json = case(&policy, "ann@example.com", to).json();
        let group = &json["groups"][0];
        assert_eq!((group["route"].as_str(), group["direction"].as_str()), (Some("mx"), Some(direction)));
        assert_eq!((group["hops"][0]["host"].as_str(), group["hops"][0]["port"].as_u64()), (Some(host), Some(25)));
        assert_eq!(group["hops"][0]["tls"]["required"], false);
    }
}

#[test]
fn given_the_old_setting_then_it_is_for_outbound_mail_that_no_rule_routes() {
    let text = format!(
        "outbound_gateway = \"archive.example.net\"\n{BASE}{APPS}{SMART}{}",
        rule("r", "from = [\"ann@example.com\"]", "route = \"smart\"")
    );
    let policy = policy(&text);
    let host = |from: &str, to: &str| case(&policy, from, to).json()["groups"][0]["hops"][0]["host"].clone();
    assert_eq!(host("bob@example.com", PARTNER), "archive.example.net");
    assert_eq!(host("ann@example.com", PARTNER), "smart.example.net");
    assert_eq!(host("bob@example.com", "carl@example.com"), "mx.example.com");
    let hop = &case(&policy, "bob@example.com", PARTNER).json()["groups"][0]["hops"][0];
    assert_eq!((hop["port"].as_u64(), hop["tls"]["required"].as_bool()), (Some(25), Some(false)));
}

#[test]
fn given_recipients_of_several_routes_and_domains_then_they_are_split() {
    let policy = with(&rule("r", "to = [\"@partner.example\"]", "route = \"smart\""));
    let to = "a@partner.example b@second.example c@partner.example d@second.example";
    let decision = case(&policy, "ann@example.com", to).decide();
    let shown: Vec<(Option<&str>, Vec<String>)> = decision
        .groups
        .iter()
        .map(|group| (group.route.as_deref(), group.recipients.iter().map(ToString::to_string).collect()))
        .collect();
    let owned = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!(
        shown,
        [
            (Some("smart"), owned(["a@partner.example", "c@partner.example"])),
            (Some("mx"), owned(["b@second.example", "d@second.example"]))
        ]
    );
}

#[test]
fn given_more_recipients_than_a_route_takes_then_they_are_split_and_so_they_are_by_domain_where_it_wants_that() {
    let all = |extra: &str| policy(&format!("{BASE}{APPS}{SMART}{extra}{}", rule("r", "", "route = \"smart\"")));
    let to = "a@partner.example b@second.example c@partner.example d@partner.example e@second.example";
    let sizes = |policy| {
        case(&policy, "ann@example.com", to).decide().groups.iter().map(|g| g.recipients.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(all("")), [5]);
    assert_eq!(sizes(all("max_recipients = 2\n")), [2, 2, 1]);
    assert_eq!(sizes(all("split_domains = true\n")), [3, 2]);
}

#[test]
fn given_a_rules_reject_then_its_group_bounces_with_its_own_reply_and_the_others_go_on() {
    let policy = with(&rule("no", "to = [\"@partner.example\"]", "reject = \"554 5.7.0 No such thing\""));
    let decision = case(&policy, "ann@example.com", "a@partner.example b@second.example").decide();
    assert!(decision.admitted && decision.reply.is_none());
    let fates: Vec<Fate> = decision.groups.iter().map(|group| group.outcome).collect();
    assert_eq!(fates, [Fate::Bounce, Fate::Deliver]);
    assert_eq!(decision.groups[0].reply.as_ref().unwrap().to_string(), "554 5.7.0 No such thing");
    assert_eq!(decision.conclusion(), Conclusion::Refused);
}

#[test]
fn given_quarantine_and_discard_then_nothing_is_sent_on_but_where_the_quarantine_is() {
    let policy = policy(&format!(
        "{BASE}{APPS}{SMART}{}{}[quarantine]\nroute = \"smart\"\n",
        rule("q", "to = [\"@partner.example\"]", "quarantine = true"),
        rule("d", "to = [\"@second.example\"]", "discard = true")
    ));
    let decision = case(&policy, "ann@example.com", "a@partner.example b@second.example").decide();
    let shown: Vec<(Fate, Option<&str>, usize)> =
        decision.groups.iter().map(|group| (group.outcome, group.route.as_deref(), group.hops.len())).collect();
    assert_eq!(shown, [(Fate::Quarantine, Some("smart"), 1), (Fate::Discard, None, 0)]);
    assert_eq!(decision.conclusion(), Conclusion::Delivered);
}

#[test]
fn given_a_null_mx_or_a_domain_that_does_not_exist_then_the_group_bounces() {
    let policy = with("");
    for (to, reply) in [("a@null.example", "556 5.1.10"), ("a@nowhere.example", "550 5.1.2")] {
        let decision = case(&policy, "ann@example.com", to).decide();
        assert_eq!(decision.groups[0].outcome, Fate::Bounce);
        let found = decision.groups[0].reply.as_ref().unwrap();
        assert_eq!(format!("{} {}", found.code, found.enhanced), reply);
    }
}

#[test]
fn given_also_to_then_copies_are_groups_of_their_own_routed_as_if_the_message_were_to_them_and_each_once() {
    let rules = [
        rule("copy", "", "also_to = [\"keep@second.example\"]"),
        rule("r", "to = [\"@partner.example\"]", "route = \"smart\""),
    ]
    .concat();
    let policy = with(&rules);
    let json = case(&policy, "ann@example.com", "a@partner.example b@partner.example").json();
    let groups = json["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert!(groups[0]["copy"].is_null());
    assert_eq!((groups[1]["copy"].as_bool(), groups[1]["route"].as_str()), (Some(true), Some("mx")));
    assert_eq!(groups[1]["recipients"], serde_json::json!(["keep@second.example"]));
}

#[test]
fn given_to_then_it_replaces_the_recipient_before_routing() {
    let policy = with(&rule("r", "to = [\"@partner.example\"]", "to = [\"x@second.example\", \"carl@example.com\"]"));
    let decision = case(&policy, "ann@example.com", PARTNER).decide();
    let shown: Vec<(String, Direction)> =
        decision.groups.iter().map(|group| (group.recipients[0].to_string(), group.direction)).collect();
    assert_eq!(
        shown,
        [
            ("x@second.example".to_owned(), Direction::Outbound),
            ("carl@example.com".to_owned(), Direction::InternalSending)
        ]
    );
}

#[test]
fn given_a_rule_that_demands_tls_then_it_is_asked_of_the_hop_whichever_rule_routes() {
    let rules =
        [rule("bank", "to = [\"@partner.example\"]", "require_tls = true"), rule("r", "", "route = \"mx\"")].concat();
    let json = case(&with(&rules), "ann@example.com", PARTNER).json();
    let tls = &json["groups"][0]["hops"][0]["tls"];
    assert_eq!(tls["required"], true);
    assert_eq!(tls["because"], serde_json::json!(["rule bank"]));
    let smart = case(&with(&rule("r", "", "route = \"smart\"")), "ann@example.com", PARTNER).json();
    let tls = &smart["groups"][0]["hops"][0]["tls"];
    assert_eq!(
        (tls["required"].as_bool(), tls["verify"].as_str(), &tls["names"]),
        (Some(true), Some("ca+name"), &serde_json::json!(["smart.example.net"]))
    );
    assert_eq!(tls["because"], serde_json::json!(["route"]));
}

#[test]
fn given_a_fallback_then_it_follows_the_first_route_and_takes_over_where_that_has_no_host() {
    let text = format!(
        "{BASE}{APPS}{SMART}fallback = \"other\"\n[[route]]\nname = \"other\"\nhosts = [\"other.example.net\"]\n{}",
        rule("r", "", "route = \"smart\"")
    );
    let policy = policy(&text);
    let both = case(&policy, "ann@example.com", PARTNER).decide();
    assert_eq!(both.groups[0].route.as_deref(), Some("smart"));
    assert_eq!(both.groups[0].fallback.as_ref().unwrap().hops[0].host, "other.example.net");
    let dns = r#"{"answers": [{"name": "other.example.net", "type": "A", "records": ["198.51.100.2"]}]}"#;
    let one = case(&policy, "ann@example.com", PARTNER).dns(dns).decide();
    assert_eq!((one.groups[0].route.as_deref(), one.groups[0].outcome), (Some("other"), Fate::Deliver));
    let none = case(&policy, "ann@example.com", PARTNER).dns("{\"answers\": []}").decide();
    assert_eq!((none.groups[0].outcome, none.conclusion()), (Fate::Defer, Conclusion::Deferred));
}

#[test]
fn given_strangers_mail_then_a_rule_that_names_inbound_and_decides_takes_it_in_and_no_other() {
    let inbound = with(&rule("in", "direction = [\"inbound\"]", "route = \"smart\""));
    let stranger = |policy: &_, to: &str| case(policy, "eve@elsewhere.example", to).peer("203.0.113.9");
    let json = stranger(&inbound, "ann@example.com").json();
    assert_eq!(
        (json["admitted"].as_bool(), json["direction"].as_str(), json["relay"].is_null()),
        (Some(true), Some("inbound"), true)
    );
    assert_eq!(stranger(&inbound, PARTNER).reply(), "550 5.7.1");
    for rules in [
        rule("all", "", "route = \"smart\""),
        rule("in", "direction = [\"inbound\"]", "add_header = [\"X: 1\"]"),
        String::new(),
    ] {
        assert_eq!(stranger(&with(&rules), "ann@example.com").reply(), "550 5.7.1", "{rules}");
    }
    let mixed = stranger(&inbound, "ann@example.com bob@partner.example").decide();
    assert!(mixed.admitted && mixed.reply.is_none());
    assert_eq!(mixed.refused[0].recipient.to_string(), PARTNER);
    assert_eq!(mixed.conclusion(), Conclusion::Refused);
}

#[test]
fn given_strangers_mail_and_a_rule_on_its_content_then_it_is_decided_behind_the_dot() {
    let policy = with(&rule("in", "direction = [\"inbound\"], header = [\"X-Ok: yes\"]", "route = \"smart\""));
    let stranger = case(&policy, "eve@elsewhere.example", "ann@example.com").peer("203.0.113.9");
    let before = stranger.decide();
    assert!(before.admitted && before.late);
    let ok =
        case(&policy, "eve@elsewhere.example", "ann@example.com").peer("203.0.113.9").message("X-Ok: yes\n\nHello\n");
    assert!(ok.decide().admitted);
    let no =
        case(&policy, "eve@elsewhere.example", "ann@example.com").peer("203.0.113.9").message("X-Ok: no\n\nHello\n");
    assert_eq!(no.reply(), "550 5.7.1");
}

#[test]
fn given_a_new_sender_then_the_group_has_it_and_the_null_one_stays() {
    let text = format!(
        "srs = {{ domain = \"fwd.example.com\", key_file = \"srs.key\" }}\n{BASE}{APPS}senders = \"any\"\n{}",
        rule("r", "", "sender = \"srs\"")
    );
    let policy = policy(&text);
    let decision = case(&policy, "eve@elsewhere.example", PARTNER).decide();
    let sender = decision.groups[0].sender.clone().unwrap();
    assert!(
        sender.to_string().starts_with("SRS0=")
            && sender.to_string().ends_with("=elsewhere.example=eve@fwd.example.com"),
        "{sender}"
    );
    assert!(case(&policy, "", PARTNER).decide().groups[0].sender.is_none());
    // The bounce of a stranger finds back, and a forged address does not.
    let bounce = case(&policy, "", &sender.to_string()).peer("203.0.113.9").helo("mx.partner.example").dns(
        r#"{"answers": [{"name": "elsewhere.example", "type": "MX", "records": ["10 mx.elsewhere.example"]},
            {"name": "mx.elsewhere.example", "type": "A", "records": ["198.51.100.77"]}]}"#,
    );
    let back = bounce.decide();
    assert_eq!(back.groups[0].recipients[0].to_string(), "eve@elsewhere.example");
    let forged = sender.to_string().replace("=eve@", "=victim@");
    let forged = case(&policy, "", &forged).peer("203.0.113.9").helo("mx.partner.example");
    assert_eq!(forged.reply(), "550 5.7.1");
}

/// Rewritten senders, and a rule with a route that wants TLS of outbound mail.
fn with_srs() -> std::sync::Arc<passerelle::route::policy::Policy> {
    policy(&format!(
        "srs = {{ domain = \"srs.example.com\", key_file = \"srs.key\" }}\n{BASE}{APPS}senders = \"any\"\n{SMART}{}",
        rule("out", "direction = [\"outbound\"]", "route = \"smart\", require_tls = true, sender = \"srs\"")
    ))
}

#[test]
fn given_a_bounce_to_a_rewritten_sender_then_the_rules_hold_for_the_address_that_it_was() {
    let policy = with_srs();
    let sender = case(&policy, "eve@elsewhere.example", PARTNER).decide().groups[0].sender.clone().unwrap();
    let bounce = |to: &str| case(&policy, "", to).peer("203.0.113.9").helo("mx.partner.example").json();
    let json = bounce(&sender.to_string());
    let group = &json["groups"][0];
    assert_eq!(json["rules"], serde_json::json!(["out"]), "{json}");
    assert_eq!(
        (group["route"].as_str(), group["direction"].as_str(), group["recipients"][0].as_str()),
        (Some("smart"), Some("outbound"), Some("eve@elsewhere.example"))
    );
    let tls = &group["hops"][0]["tls"];
    assert_eq!((tls["required"].as_bool(), tls["because"].to_string().contains("rule out")), (Some(true), true));
    // The null sender stays, and nobody who is no client of ours is signed for.
    assert_eq!(json["mutations"], serde_json::json!([]));
    assert!(group["sender"].is_null() && json.get("relay").is_none() && json.get("signed_by").is_none());
    // With a sender of its own a stranger's message is no bounce.
    let no_bounce = case(&policy, "mal@elsewhere.example", &sender.to_string()).peer("203.0.113.9");
    assert_eq!(no_bounce.reply(), "550 5.7.1");
}

#[test]
fn given_a_rule_that_rejects_the_address_behind_a_rewritten_sender_then_the_bounce_is_rejected() {
    let text = format!(
        "srs = {{ domain = \"srs.example.com\", key_file = \"srs.key\" }}\n{BASE}{APPS}senders = \"any\"\n{}{}",
        rule("no", "to = [\"@elsewhere.example\"]", "reject = \"550 5.7.1 No\""),
        rule("out", "", "sender = \"srs\"")
    );
    let policy = policy(&text);
    let sender = case(&policy, "eve@elsewhere.example", PARTNER).decide().groups[0].sender.clone().unwrap();
    let bounce = case(&policy, "", &sender.to_string()).peer("203.0.113.9").decide();
    assert_eq!((bounce.groups[0].outcome, bounce.rules), (Fate::Bounce, vec!["no".to_owned(), "out".to_owned()]));
}

#[test]
fn given_a_sender_of_our_own_that_a_rule_rewrites_then_its_bounces_come_back_by_the_hash_and_by_nothing_else() {
    let decision = case(&with_srs(), "ann@example.com", PARTNER).decide();
    let sender = decision.groups[0].sender.clone().unwrap();
    assert!(sender.to_string().starts_with("SRS0="), "{sender}");
    let bounce = |to: &str| case(&with_srs(), "", to).peer("203.0.113.9").reply();
    assert_eq!(bounce(&sender.to_string()).as_str(), "admitted");
    assert_eq!(bounce("ann@example.com").as_str(), "550 5.7.1");
}

#[test]
fn given_to_of_several_recipients_then_each_gets_the_message_once_and_quotas_count_who_was_given() {
    let to = rule("r", "to = [\"@partner.example\"]", "to = [\"n@second.example\", \"o@second.example\"]");
    let shown = |decision: &passerelle::route::Decision| -> Vec<Vec<String>> {
        decision.groups.iter().map(|group| group.recipients.iter().map(ToString::to_string).collect()).collect()
    };
    let two = "a@partner.example b@partner.example";
    let decision = case(&with(&to), "ann@example.com", two).decide();
    assert_eq!(shown(&decision), [["n@second.example", "o@second.example"]]);
    let limits = "[limits]\nper_organisation = { recipients = 1, window = \"10m\" }\n";
    let decision = case(&with(&format!("{to}{limits}")), "ann@example.com", two).decide();
    assert_eq!(shown(&decision), [["n@second.example", "o@second.example"]]);
    assert_eq!(decision.refused.iter().map(|r| r.recipient.to_string()).collect::<Vec<_>>(), ["b@partner.example"]);
    // And so with a recipient that is given twice.
    let twice = case(&with(""), "ann@example.com", "a@partner.example a@partner.example").decide();
    assert_eq!(shown(&twice), [["a@partner.example"]]);
}

#[test]
fn given_refusals_by_rules_and_quotas_then_they_stand_in_the_order_of_the_envelope_and_the_first_is_the_reply() {
    let limits = "[limits]\nper_organisation = { recipients = 0, window = \"10m\" }\n";
    let text = format!("srs = {{ domain = \"srs.example.com\", key_file = \"srs.key\" }}\n{BASE}{APPS}{limits}");
    let policy = crate::world::flawed(&text);
    let decision =
        case(&policy, "", "a@partner.example SRS0=AAAAAA=AA=x.example=y@srs.example.com b@partner.example").decide();
    let shown: Vec<(String, u16)> =
        decision.refused.iter().map(|refused| (refused.recipient.to_string(), refused.reply.code)).collect();
    let forged = "SRS0=AAAAAA=AA=x.example=y@srs.example.com".to_owned();
    assert_eq!(shown, [("a@partner.example".to_owned(), 452), (forged, 550), ("b@partner.example".to_owned(), 452)]);
    assert_eq!(decision.reply.map(|reply| reply.code), Some(452));
}

#[test]
fn given_a_message_that_is_too_large_for_the_route_then_552_5_3_4() {
    let text = format!("{BASE}{APPS}{SMART}max_size = \"10 B\"\n{}", rule("r", "", "route = \"smart\""));
    let decision = case(&policy(&text), "ann@example.com", PARTNER).message("Subject: Hello\n\nHello\n").decide();
    assert_eq!(decision.groups[0].reply.as_ref().unwrap().to_string().get(..9), Some("552 5.3.4"));
}

#[test]
fn given_one_host_and_nothing_to_wait_for_then_it_streams_and_else_it_is_held() {
    let mode = |more: &str, actions: &str| {
        let text = format!("{BASE}{APPS}{SMART}{more}{}", rule("r", "", &format!("route = \"smart\", {actions}")));
        case(&policy(&text), "ann@example.com", PARTNER).decide().mode
    };
    assert_eq!(mode("", "require_tls = true"), Mode::Stream);
    assert_eq!(mode("", "footer = { text = \"bye\" }"), Mode::Hold);
    assert_eq!(mode("", "also_to = [\"k@second.example\"]"), Mode::Hold);
    assert_eq!(mode("fallback = \"mx\"\n", "require_tls = true"), Mode::Hold);
    // One host is one host, though there is a hop for each family that there is a local address of.
    let sources = "source = [\"192.0.2.30\", \"2001:db8::30\"]\n";
    let text = format!("{BASE}{APPS}{SMART}{sources}{}", rule("r", "", "route = \"smart\""));
    let both = r#"{"answers": [{"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]},
        {"name": "smart.example.net", "type": "AAAA", "records": ["2001:db8:1::1"]}]}"#;
    let decision = case(&policy(&text), "ann@example.com", PARTNER).dns(both).decide();
    assert_eq!((decision.groups[0].hops.len(), decision.mode), (2, Mode::Stream));
    let policy = with(&rule("r", "header = [\"A: b\"]", "discard = true"));
    assert_eq!(case(&policy, "ann@example.com", PARTNER).decide().mode, Mode::Hold);
}
