//! Who is admitted, and the reply to who is not.

use crate::world::{APPS, BASE, case, policy};

const SUBMISSION: &str = r#"
[[relay]]
name = "submission"
require_auth = true
require_tls = true
senders = "registered"
users = "users.toml"
"#;

const PARTNER: &str = "bob@partner.example";

#[test]
fn given_a_listed_address_and_an_own_sender_then_it_is_admitted_by_that_entry() {
    let policy = policy(&format!("{BASE}{APPS}"));
    for peer in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"] {
        let json = case(&policy, "ann@example.com", PARTNER).peer(peer).json();
        assert_eq!((json["admitted"].as_bool(), json["relay"].as_str()), (Some(true), Some("apps")), "{peer}");
        assert_eq!(json["direction"], "outbound");
        assert_eq!(json["policy_version"], policy.version.as_str());
    }
}

#[test]
fn given_a_stranger_then_relaying_is_denied_and_so_it_is_without_any_entry() {
    for text in [format!("{BASE}{APPS}"), BASE.to_owned()] {
        let policy = policy(&text);
        let json = case(&policy, "ann@example.com", PARTNER).peer("203.0.113.9").json();
        assert_eq!((json["admitted"].as_bool(), json["reply"]["code"].as_u64()), (Some(false), Some(550)));
        assert_eq!(json["reply"]["enhanced"], "5.7.1");
        assert_eq!(json["refused"][0]["recipient"], PARTNER);
        assert!(json["groups"].as_array().unwrap().is_empty());
        // As reply is: left out where there is none.
        assert!(json.get("relay").is_none() && json["direction"].is_null());
    }
}

#[test]
fn given_a_foreign_sender_from_a_listed_address_then_550_5_7_1() {
    let policy = policy(&format!("{BASE}{APPS}"));
    assert_eq!(case(&policy, "eve@elsewhere.example", PARTNER).reply(), "550 5.7.1");
    assert_eq!(case(&policy, "ann@example.com.evil.example", PARTNER).reply(), "550 5.7.1");
    assert_eq!(case(&policy, "ann@deep.sub.example.com", PARTNER).reply(), "admitted");
}

#[test]
fn given_tls_or_auth_missing_then_530_5_7_0() {
    let tls = policy(&format!("{BASE}{APPS}require_tls = true\n"));
    assert_eq!(case(&tls, "ann@example.com", PARTNER).reply(), "530 5.7.0");
    assert_eq!(case(&tls, "ann@example.com", PARTNER).tls().reply(), "admitted");
    let auth = policy(&format!("{BASE}{SUBMISSION}"));
    assert_eq!(case(&auth, "ann@example.com", PARTNER).tls().reply(), "530 5.7.0");
    assert_eq!(case(&auth, "ann@example.com", PARTNER).user("ann").reply(), "530 5.7.0");
    assert_eq!(case(&auth, "ann@example.com", PARTNER).tls().user("ann").reply(), "admitted");
}

#[test]
fn given_an_account_and_a_sender_that_is_not_registered_then_553_names_both_and_says_what_to_do() {
    let policy = policy(&format!("{BASE}{SUBMISSION}"));
    for from in ["bob@example.com", "eve@elsewhere.example"] {
        // To own recipients as well.
        for to in [PARTNER, "carl@example.com"] {
            let json = case(&policy, from, to).tls().user("ann").json();
            assert_eq!(
                (json["reply"]["code"].as_u64(), json["reply"]["enhanced"].as_str()),
                (Some(553), Some("5.7.1"))
            );
            let text = json["reply"]["text"].as_str().unwrap();
            assert!(text.contains(from) && text.contains("account ann") && text.contains("add it"), "{text}");
        }
    }
    for from in ["ann@example.com", "sales@example.com", "any.alias@ann.example.com"] {
        assert_eq!(case(&policy, from, PARTNER).tls().user("ann").reply(), "admitted", "{from}");
    }
    assert_eq!(case(&policy, "zed@example.com", PARTNER).tls().user("zed").reply(), "530 5.7.0");
}

#[test]
fn given_an_account_then_its_senders_bind_it_whichever_entry_admits() {
    let policy = policy(&format!("{BASE}{APPS}{SUBMISSION}"));
    assert_eq!(case(&policy, "bob@example.com", PARTNER).reply(), "admitted");
    assert_eq!(case(&policy, "bob@example.com", PARTNER).user("ann").reply(), "553 5.7.1");
    assert_eq!(case(&policy, "bob@example.com", PARTNER).user("bob").reply(), "admitted");
}

#[test]
fn given_several_entries_then_one_suffices_and_of_refusals_the_one_that_came_furthest_speaks() {
    let policy = policy(&format!("{BASE}{APPS}require_tls = true\n{SUBMISSION}"));
    assert_eq!(case(&policy, "ann@example.com", PARTNER).tls().json()["relay"], "apps");
    assert_eq!(
        case(&policy, "ann@example.com", PARTNER).peer("203.0.113.1").tls().user("ann").json()["relay"],
        "submission"
    );
    // The address is listed by one that wants TLS; the other wants AUTH.
    assert_eq!(case(&policy, "ann@example.com", PARTNER).reply(), "530 5.7.0");
    assert_eq!(case(&policy, "eve@elsewhere.example", PARTNER).tls().reply(), "550 5.7.1");
    assert_eq!(case(&policy, "bob@example.com", PARTNER).peer("203.0.113.1").tls().user("ann").reply(), "553 5.7.1");
}

#[test]
fn given_any_sender_then_a_range_of_ones_own_may_use_any() {
    let policy = policy(&format!("{BASE}{APPS}senders = \"any\"\n"));
    assert_eq!(case(&policy, "eve@elsewhere.example", PARTNER).reply(), "admitted");
}

#[test]
fn given_the_null_sender_then_auth_or_an_ehlo_name_of_ours_from_a_listed_address_admits_it() {
    let policy = policy(&format!("{BASE}{APPS}{SUBMISSION}"));
    assert_eq!(case(&policy, "", PARTNER).reply(), "admitted");
    assert_eq!(case(&policy, "", PARTNER).helo("GW.example.com").reply(), "admitted");
    for helo in ["mail.elsewhere.example", "", "[192.0.2.7]", "example.com.evil.example"] {
        assert_eq!(case(&policy, "", PARTNER).helo(helo).reply(), "550 5.7.1", "{helo}");
    }
    assert_eq!(case(&policy, "", PARTNER).peer("203.0.113.1").tls().user("ann").reply(), "admitted");
    assert_ne!(case(&policy, "", PARTNER).peer("203.0.113.1").tls().reply(), "admitted");
}

#[test]
fn given_an_spf_name_then_pass_alone_lists_the_address() {
    let with = |name: &str| {
        policy(&format!(
            "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:{name}\"]\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
        ))
    };
    let message = "X-T: open sesame 1234567890\nFrom: ann@example.com\n\nHello\n";
    let reply =
        |name: &str, peer: &str| case(&with(name), "ann@example.com", PARTNER).peer(peer).message(message).reply();
    assert_eq!(reply("_spf.example.org", "203.0.113.5"), "admitted");
    assert_eq!(reply("_spf.example.org", "198.51.100.5"), "550 5.7.1");
    assert_eq!(reply("_spf.nowhere.example", "203.0.113.5"), "550 5.7.1");
    // Temporary: not now, and never admitted.
    assert_eq!(reply("_spf.slow.example", "203.0.113.5"), "451 4.4.3");
}

#[test]
fn given_an_spf_name_that_the_dns_does_not_answer_for_then_it_is_451_whatever_else_is_missing() {
    let text = format!(
        "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:_spf.slow.example\"]\nrequire_tls = true\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
    );
    let alone = policy(&text);
    for from in ["ann@example.com", "eve@elsewhere.example", ""] {
        let clear = case(&alone, from, PARTNER).peer("203.0.113.5");
        assert_eq!((clear.reply().as_str(), clear.decide().late), ("451 4.4.3", false), "{from}");
        let secure = case(&alone, from, PARTNER).peer("203.0.113.5").tls();
        assert_eq!((secure.reply().as_str(), secure.decide().late), ("451 4.4.3", false), "{from}");
    }
    // What the account may not do, no address makes good; and another entry admits without it.
    let with_accounts = policy(&format!("{text}{SUBMISSION}"));
    assert_eq!(case(&with_accounts, "bob@example.com", PARTNER).tls().user("ann").reply(), "553 5.7.1");
    assert_eq!(case(&with_accounts, "ann@example.com", PARTNER).tls().user("ann").reply(), "admitted");
}

#[test]
fn given_the_null_sender_refused_then_the_reply_names_what_this_entry_asks_for() {
    let text = |entry: &str| {
        let policy = crate::world::flawed(&format!("{BASE}{APPS}{entry}"));
        case(&policy, "", PARTNER).helo("mail.elsewhere.example").decide().reply.unwrap().text.into_owned()
    };
    let by_name = text("");
    assert!(by_name.contains("EHLO name") && !by_name.contains("tenant"), "{by_name}");
    let by_proof = text("null_sender = \"tenant\"\n");
    assert!(by_proof.contains("proof of the tenant") && !by_proof.contains("EHLO"), "{by_proof}");
}

#[test]
fn given_an_spf_record_that_rests_on_the_sender_or_on_ptr_then_it_admits_nobody() {
    for name in ["_spf.sender.example", "_spf.ptr.example"] {
        let policy = policy(&format!(
            "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:{name}\"]\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
        ));
        let message = "X-T: open sesame 1234567890\nFrom: ann@example.com\n\nHello\n";
        assert_eq!(
            case(&policy, "ann@example.com", PARTNER).peer("203.0.113.5").message(message).reply(),
            "550 5.7.1",
            "{name}"
        );
    }
}

/// The fuzz target `decide` found it.
#[test]
fn given_an_spf_record_that_lists_the_whole_internet_then_it_admits_nobody() {
    let decided = |name: &str, peer: &str| {
        let policy = policy(&format!(
            "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:{name}\"]\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
        ));
        let message = "X-T: open sesame 1234567890\nFrom: ann@example.com\n\nHello\n";
        case(&policy, "ann@example.com", PARTNER).peer(peer).message(message).reply()
    };
    for name in ["_spf.all.example", "_spf.bare.example", "_spf.nested.example", "_spf.half.example", "_spf.a.example"]
    {
        for peer in ["203.0.113.5", "198.51.100.77", "2001:db8::7"] {
            assert_eq!(decided(name, peer), "550 5.7.1", "{name} {peer}");
        }
    }
    // What stands behind `all`, and what is not a pass, has no say.
    assert_eq!(decided("_spf.behind.example", "203.0.113.5"), "admitted");
    assert_eq!(decided("_spf.behind.example", "198.51.100.77"), "550 5.7.1");
}

#[test]
fn given_a_trail_then_it_says_what_each_entry_made_of_the_client() {
    let policy = policy(&format!("{BASE}{APPS}require_tls = true\n{SUBMISSION}"));
    let json = case(&policy, "ann@example.com", PARTNER).peer("203.0.113.1").tls().user("ann").json();
    let trail = json["trail"].as_array().unwrap();
    let step =
        |name: &str| trail.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("{name}: {trail:?}"));
    assert_eq!(step("relay apps")["outcome"], "refuses");
    assert_eq!(step("relay submission")["outcome"], "admits");
    assert!(trail.iter().all(|step| step.as_object().unwrap().len() == 4));
}
