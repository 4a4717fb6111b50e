//! The document: what is understood, what is refused, and where the finding points.

use passerelle::route::policy::{Gravity, Level, Policy, UnitPath};

use crate::world::{APPS, BASE, SMART, compile, compile_with, errors, files, policy, warnings};

/// The only error of a document, as line, key and message.
fn error(text: &str) -> (usize, String, String) {
    let found = errors(text);
    assert_eq!(found.len(), 1, "{text}: {found:#?}");
    (found[0].line, found[0].key.clone(), found[0].message.clone())
}

#[test]
fn given_a_misspelt_key_then_line_column_key_and_the_nearest_name_are_told() {
    let text = format!("{BASE}\n[[route]]\nname = \"a\"\nhosts = [\"b.example\"]\n  requre_tls = true\n");
    let found = errors(&text);
    assert_eq!((found[0].line, found[0].column, found[0].key.as_str()), (8, 3, "requre_tls"));
    assert!(found[0].message.contains("require_tls"), "{}", found[0].message);
    assert!(compile(&text).policy.is_none());
}

#[test]
fn given_a_key_like_none_then_the_known_ones_are_listed() {
    let (line, key, message) = error(&format!("{BASE}{APPS}colour = \"red\"\n"));
    assert_eq!((line, key.as_str()), (8, "colour"));
    assert!(message.contains("peers") && message.contains("require_auth"), "{message}");
}

#[test]
fn given_unknown_keys_at_every_depth_then_each_is_an_error() {
    for part in [
        "nonsense = 1",
        "[[relay]]\nname = \"a\"\npeers = [\"192.0.2.1\"]\nnonsense = 1",
        "[[route]]\nname = \"a\"\nhosts = [{ address = \"b.example\", nonsense = 1 }]",
        "[[rule]]\nname = \"a\"\nmatch = { nonsense = [] }\ndo = { stop = true }",
        "[[rule]]\nname = \"a\"\nunless = { nonsense = [] }\ndo = { stop = true }",
        "[[rule]]\nname = \"a\"\ndo = { stop = true, nonsense = 1 }",
        "[[rule]]\nname = \"a\"\ndo = { footer = { text = \"a\", nonsense = 1 } }",
        "[[destination]]\ndomain = \"a.example\"\ntls = \"verify\"\nnonsense = 1",
        "[limits]\nper_user = { messages = 1, window = \"1h\", nonsense = 1 }",
        "[listen]\nnonsense = []",
        "[timeouts]\nnonsense = \"1s\"",
        "[capacity]\nnonsense = 1",
        "[queue]\nnonsense = 1",
        "[testing]\nnonsense = 1",
    ] {
        let found = errors(&format!("{BASE}{part}\n"));
        assert!(found.iter().any(|finding| finding.key == "nonsense"), "{part}: {found:#?}");
    }
}

#[test]
fn given_the_same_in_json_then_it_is_the_same_policy() {
    let toml = policy(&format!("{BASE}{APPS}{SMART}[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n"));
    let json = policy(
        r#"{"hostname": "gw.example.com", "domains": ["example.com", "*.example.com"],
            "relay": [{"name": "apps", "peers": ["192.0.2.0/24", "2001:db8::/48"]}],
            "route": [{"name": "smart", "hosts": ["smart.example.net:587"]}],
            "rule": [{"name": "all", "do": {"route": "smart"}}]}"#,
    );
    assert_eq!(toml.version, json.version);
    assert_eq!(toml, json);
}

#[test]
fn given_an_error_in_json_then_its_line_and_column_are_told() {
    let found = errors("{\"hostname\": \"gw.example.com\",\n \"domains\": [\"example.com\"],\n  \"relays\": []}");
    assert_eq!((found[0].line, found[0].column, found[0].key.as_str()), (3, 3, "relays"));
    for (text, line, column) in [
        ("{\"hostname\": \"a.example\",\n \"hostname\": 1}", 2, 2),
        ("{\"hostname\": }", 1, 14),
        ("{\"hostname\": \"a\\q\"}", 1, 14),
        ("{\"a\": 1} x", 1, 10),
        ("{\"a\": [1, }", 1, 11),
    ] {
        let found = errors(text);
        assert_eq!((found[0].line, found[0].column), (line, column), "{text}");
    }
}

#[test]
fn given_broken_toml_then_the_place_is_told() {
    let found = errors("hostname = \"gw.example.com\"\ndomains = [\"example.com\"\n");
    assert!(found[0].line >= 2, "{found:?}");
    assert!(compile("hostname = ").policy.is_none());
}

#[test]
fn given_comments_layout_and_defaults_then_the_version_stays_and_with_another_order_of_rules_it_does_not() {
    let rules = |names: [&str; 2]| {
        names.map(|name| format!("[[rule]]\nname = \"{name}\"\ndo = {{ add_header = [\"X-{name}: 1\"] }}\n")).concat()
    };
    let version = |text: &str| policy(text).version.clone();
    let plain = version(&format!("{BASE}{APPS}{SMART}{}", rules(["a", "b"])));
    let commented = format!("# first\n{BASE}\n\n{APPS} # no TLS\nrequire_tls = false\n{SMART}\n{}", rules(["a", "b"]));
    assert_eq!(version(&commented), plain);
    let upper = commented.replace("gw.example.com", "GW.Example.COM.");
    assert_eq!(version(&upper), plain);
    assert_ne!(version(&format!("{BASE}{APPS}{SMART}{}", rules(["b", "a"]))), plain);
    assert_ne!(version(&commented.replace("require_tls = false", "require_tls = true")), plain);
}

#[test]
fn given_a_file_per_concern_then_their_tables_are_one_policy_and_errors_name_the_file() {
    let mut files = files();
    files.insert("relays.toml".into(), APPS.as_bytes().to_vec());
    files.insert("rules.toml".into(), b"[[rule]]\nname = \"a\"\ndo = { discard = true }\n".to_vec());
    let text = format!(
        "include = [\"relays.toml\", \"rules.toml\"]\n{BASE}[[rule]]\nname = \"first\"\ndo = {{ stop = false }}\n"
    );
    let compiled = compile_with(&text, &files);
    let policy = compiled.policy.unwrap();
    assert_eq!(policy.relays[0].name, "apps");
    assert_eq!(policy.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["first", "a"]);
    files.insert("rules.toml".into(), b"\n[[rule]]\nname = \"a\"\ndoo = {}\n".to_vec());
    let compiled = compile_with(&text, &files);
    let found = compiled.findings.iter().find(|finding| finding.key == "doo").unwrap();
    assert_eq!((found.file.as_deref(), found.line), (Some("rules.toml"), 4));
    files.insert("rules.toml".into(), b"hostname = \"other.example\"\n".to_vec());
    let compiled = compile_with(&text, &files);
    assert!(compiled.findings[0].message.contains("another file"), "{:?}", compiled.findings);
    let gone = compile_with(&text.replace("rules.toml", "gone.toml"), &files);
    assert!(gone.findings[0].message.contains("no such file"));
    let twice = compile_with(&text.replace("rules.toml", "relays.toml"), &files);
    assert!(twice.findings[0].message.contains("twice"));
}

#[test]
fn given_a_password_file_then_one_final_line_end_does_not_count_and_all_else_does() {
    let text = format!(
        "{BASE}{APPS}[[credentials]]\nname = \"c\"\nuser = \"u\"\npassword_file = \"password\"\n[[route]]\nname = \"r\"\nhosts = [\"a.example:587\"]\ncredentials = \"c\"\n"
    );
    for (octets, expected) in [("p a s s \r\n", "p a s s "), ("#\"x\"\n", "#\"x\""), ("a\n\n", "a\n"), ("a", "a")] {
        let mut files = files();
        files.insert("password".into(), octets.as_bytes().to_vec());
        let policy = compile_with(&text, &files).policy.unwrap();
        let credentials = policy.route("r").unwrap().credentials.clone().unwrap();
        assert_eq!(credentials.password.expose(), expected);
        assert!(!format!("{policy:?}").contains(expected) || expected == "a");
    }
    let mut files = files();
    files.insert("password".into(), b"\n".to_vec());
    assert!(compile_with(&text, &files).policy.is_none());
}

#[test]
fn given_our_own_name_then_localhost_a_bare_label_and_addresses_are_refused() {
    for wrong in ["localhost", "gw", "192.0.2.1", "[192.0.2.1]", "localhost.localdomain"] {
        let (line, key, _) = error(&format!("hostname = \"{wrong}\"\ndomains = [\"example.com\"]\n"));
        assert_eq!((line, key.as_str()), (1, "hostname"), "{wrong}");
    }
    let text = format!("{BASE}{SMART}ehlo = \"localhost\"\n");
    assert_eq!(error(&text).1, "ehlo");
}

#[test]
fn given_an_entry_that_would_be_an_open_relay_then_it_is_an_error() {
    for (relay, key) in [
        ("name = \"a\"", "peers"),
        ("name = \"a\"\nsenders = \"any\"\nrequire_tls = true", "peers"),
        ("name = \"a\"\npeers = [\"0.0.0.0/0\"]", "peers"),
        ("name = \"a\"\npeers = [\"0.0.0.0/1\", \"192.0.2.1\"]", "peers"),
        ("name = \"a\"\npeers = [\"::/0\"]", "peers"),
        ("name = \"a\"\npeers = [\"2000::/3\"]", "peers"),
        ("name = \"a\"\npeers = [\"spf:_spf.google.com\"]", "tenant"),
        ("name = \"a\"\nprovider = \"google-workspace\"", "tenant"),
        ("name = \"a\"\nprovider = \"microsoft-365\"", "tenant"),
        ("name = \"a\"\npeers = [\"192.0.2.0/24\"]\nshared = true", "tenant"),
        ("name = \"a\"\npeers = [\"spf:_spf.google.com\"]\ntenant = { dkim = true }\nsenders = \"any\"", "senders"),
        ("name = \"a\"\npeers = [\"spf:_spf.google.com\"]\ntenant = { dkim = true }\nshared = false", "shared"),
        ("name = \"a\"\npeers = [\"192.0.2.0/24\"]\nnull_sender = \"tenant\"", "null_sender"),
        ("name = \"a\"\nrequire_auth = true\nsenders = \"registered\"", "users"),
    ] {
        assert_eq!(error(&format!("{BASE}[[relay]]\n{relay}\n")).1, key, "{relay}");
    }
    policy(&format!("{BASE}[[relay]]\nname = \"a\"\npeers = [\"10.0.0.0/8\"]\n"));
    policy(&format!("{BASE}[[relay]]\nname = \"a\"\npeers = [\"0.0.0.0/1\"]\nwide = true\n"));
}

#[test]
fn given_fields_that_every_message_has_then_none_is_added_removed_or_taken_for_a_secret() {
    for (part, key) in [
        ("[[rule]]\nname = \"a\"\ndo = { remove_header = [\"From\"] }", "remove_header"),
        ("[[rule]]\nname = \"a\"\ndo = { remove_header = [\"X-A\", \"date\"] }", "remove_header"),
        ("[[rule]]\nname = \"a\"\ndo = { add_header = [\"FROM: boss@example.com\"] }", "add_header"),
        ("[[rule]]\nname = \"a\"\ndo = { add_header = [\"Date: now\"] }", "add_header"),
    ] {
        let (_, found, message) = error(&format!("{BASE}{part}\n"));
        assert_eq!(found, key, "{part}");
        assert!(message.contains("RFC 5322 §3.6"), "{message}");
    }
    for name in ["From", "subject", "Received", "DKIM-Signature", "Content-Type", "list-id", "Message-ID"] {
        let (_, found, message) = error(&format!(
            "{BASE}[[relay]]\nname = \"a\"\npeers = [\"192.0.2.0/24\"]\nshared = true\ntenant = {{ header = \"{name}\", value_file = \"tenant.secret\" }}\n"
        ));
        assert_eq!(found, "header", "{name}");
        assert!(message.contains(name) && message.contains("X-Gateway-Tenant"), "{message}");
    }
    policy(&format!(
        "{BASE}[[rule]]\nname = \"a\"\ndo = {{ remove_header = [\"Reply-To\", \"Received\"], add_header = [\"Reply-To: a@example.com\"] }}\n"
    ));
}

#[test]
fn given_other_values_of_secrets_then_the_version_stays_and_with_other_senders_of_a_user_it_does_not() {
    let text = format!(
        "{BASE}[[relay]]\nname = \"a\"\npeers = [\"192.0.2.0/24\"]\nshared = true\nrequire_tls = true\nrequire_auth = true\nusers = \"users.toml\"\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
    );
    let version = |name: &str, from: &str, to: &str| {
        let mut files = crate::world::files();
        let changed = String::from_utf8(files[name].clone()).unwrap().replace(from, to);
        files.insert(name.to_owned(), changed.into_bytes());
        crate::world::compile_with(&text, &files).policy.unwrap().version.clone()
    };
    let plain = policy(&text).version.clone();
    assert_eq!(version("tenant.secret", "sesame", "barley"), plain);
    assert_eq!(version("users.toml", "c2FsdHNhbHRzYWx0c2FsdA==", "c2FsdHNhbHRzYWx0c2FsdQ=="), plain);
    assert_ne!(version("users.toml", "bob@example.com", "rob@example.com"), plain);
    assert_ne!(version("users.toml", "laptop", "phone"), plain);
}

#[test]
fn given_microsoft_365_and_a_proof_by_dkim_then_it_is_warned_that_its_signatures_do_not_cover_enough() {
    let entry = |provider: &str, tenant: &str| {
        let text = format!("{BASE}[[relay]]\nname = \"a\"\nprovider = \"{provider}\"\ntenant = {{ {tenant} }}\n");
        policy(&text);
        crate::world::warnings(&text).iter().filter(|warning| warning.message.contains("signs neither To")).count()
    };
    let header = "header = \"X-T\", value_file = \"tenant.secret\"";
    assert_eq!((entry("microsoft-365", "dkim = true"), entry("microsoft-365", header)), (1, 0));
    assert_eq!(entry("google-workspace", "dkim = true"), 0);
}

#[test]
fn given_names_that_lead_nowhere_then_the_nearest_is_told() {
    for (part, key, nearest) in [
        ("[[rule]]\nname = \"a\"\ndo = { route = \"smrt\" }", "route", "smart"),
        ("[[route]]\nname = \"b\"\nhosts = [\"b.example\"]\nfallback = \"smarty\"", "fallback", "smart"),
        ("[[route]]\nname = \"b\"\nhosts = [\"b.example\"]\ncredentials = \"c\"", "credentials", ""),
        ("[[rule]]\nname = \"a\"\nunit = \"/sales\"\ndo = { stop = true }", "unit", ""),
        ("[[rule]]\nname = \"a\"\ndo = { quarantine = true }", "quarantine", "[quarantine]"),
        ("[[rule]]\nname = \"a\"\ndo = { sender = \"srs\" }", "sender", "key_file"),
        (
            "[[rule]]\nname = \"a\"\nmatch = { direction = [\"outbund\"] }\ndo = { stop = true }",
            "direction",
            "outbound",
        ),
        ("[[rule]]\nname = \"a\"\nmatch = { results = [\"dmrc=fail\"] }\ndo = { stop = true }", "results", "dmarc"),
    ] {
        let (_, found, message) = error(&format!("{BASE}{SMART}{part}\n"));
        assert_eq!(found, key, "{part}");
        assert!(message.contains(nearest), "{part}: {message}");
    }
}

#[test]
fn given_a_fallback_that_leads_back_then_it_is_an_error() {
    let text = format!(
        "{BASE}{SMART}fallback = \"b\"\n[[route]]\nname = \"b\"\nhosts = [\"b.example\"]\nfallback = \"smart\"\n"
    );
    assert!(errors(&text).iter().all(|finding| finding.key == "fallback"));
    assert!(!errors(&text).is_empty());
}

#[test]
fn given_two_that_decide_in_one_rule_then_it_is_an_error() {
    let text = format!("{BASE}{SMART}[[rule]]\nname = \"a\"\ndo = {{ route = \"smart\", discard = true }}\n");
    assert_eq!(error(&text).1, "discard");
}

#[test]
fn given_a_destination_that_lowers_then_it_needs_its_last_day() {
    let with = |destination: &str| {
        format!(
            "{BASE}{SMART}[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n[[destination]]\ndomain = \"a.example\"\n{destination}\n"
        )
    };
    for lowering in ["tls = \"none\"", "tls = \"may\"", "tls = \"encrypt\""] {
        assert_eq!(error(&with(lowering)).1, "until", "{lowering}");
        let found = warnings(&with(&format!("{lowering}\nuntil = \"2027-01-31\"")));
        assert!(found.iter().any(|finding| finding.message.contains("2027-01-31")), "{found:?}");
    }
    for raising in ["tls = \"verify\"", "tls = \"dane-only\"", "tls = \"secure\""] {
        assert!(errors(&with(raising)).is_empty(), "{raising}");
    }
    assert_eq!(error(&with("override = [\"dane\"]")).1, "override");
    let found = warnings(&with("override = [\"dane\", \"mta-sts\"]\nuntil = \"2027-01-31\""));
    assert!(found.iter().any(|finding| finding.message.contains("dane and mta-sts")), "{found:?}");
    assert_eq!(error(&with("tls = \"verify\"\nuntil = \"2027-02-30\"")).1, "until");
    assert_eq!(error(&with("tls = \"verfy\"")).1, "tls");
    assert_eq!(error(&with("tls = \"fingerprint\"")).1, "fingerprints");
}

#[test]
fn given_what_is_allowed_and_perhaps_not_meant_then_it_is_warned_of() {
    for (part, key, word) in [
        (
            "[[relay]]\nname = \"v4\"\npeers = [\"192.0.2.0/24\"]\n[listen]\nsmtp = [\"[2001:db8::25]:25\"]",
            "peers",
            "IPv6",
        ),
        ("[[relay]]\nname = \"a\"\nrequire_auth = true\nusers = \"users.toml\"", "require_auth", "clear text"),
        ("[[route]]\nname = \"p\"\nhosts = [\"b.example:465\"]\nimplicit_tls = false", "implicit_tls", "465"),
        ("[[route]]\nname = \"p\"\nhosts = [\"b.example:587\"]\nimplicit_tls = true", "implicit_tls", "587"),
        ("[[route]]\nname = \"p\"\nhosts = [\"b.example\"]\nrequire_tls = false", "require_tls", "does nothing"),
        ("[[route]]\nname = \"p\"\nhosts = [\"b.example\"]\nrequire_ca = false", "require_ca", "proves nothing"),
        ("[[route]]\nname = \"lonely\"\nhosts = [\"b.example\"]", "name", "lonely"),
        (
            "[[rule]]\nname = \"r\"\nmatch = { direction = [\"outbound\"], to = [\"@example.com\"] }\ndo = { stop = true }",
            "match",
            "never match",
        ),
        ("[[rule]]\nname = \"r\"\nmatch = { from = [] }\ndo = { stop = true }", "from", "nothing can match"),
        (
            "[[rule]]\nname = \"r\"\ndo = { discard = true, stop = true }\n[[rule]]\nname = \"s\"\ndo = { discard = true }",
            "name",
            "never match",
        ),
        (
            "[[rule]]\nname = \"r\"\ndo = { discard = true }\n[[rule]]\nname = \"s\"\ndo = { route = \"mx\" }",
            "name",
            "never decide",
        ),
    ] {
        let found = warnings(&format!("{BASE}{part}\n"));
        assert!(found.iter().any(|f| f.key == key && f.message.contains(word)), "{part}: {found:#?}");
    }
    let both = format!(
        "outbound_gateway = \"archive.example.net\"\n{BASE}{SMART}[[rule]]\nname = \"r\"\ndo = {{ route = \"smart\" }}\n"
    );
    assert!(warnings(&both).iter().any(|finding| finding.key == "outbound_gateway"));
}

#[test]
fn given_a_testing_section_then_it_is_warned_of_and_refused_where_a_listener_is_public() {
    let text = format!("{BASE}[testing]\nmx_port = 2525\nloopback_mx = true\n[listen]\nsmtp = [\"127.0.0.1:2525\"]\n");
    assert!(warnings(&text).iter().any(|finding| finding.key == "testing"));
    assert_eq!(error(&text.replace("127.0.0.1", "0.0.0.0")).1, "testing");
}

#[test]
fn given_hosts_in_every_form_then_ports_tiers_and_implicit_tls_are_what_they_say() {
    let text = format!(
        "{BASE}[[route]]\nname = \"r\"\nhosts = [\"A.example.\", \"b.example:465\", {{ address = \"[2001:db8::1]:2525\", load = 50, tier = \"secondary\" }}]\n"
    );
    let policy = policy(&text);
    let hosts: Vec<String> = policy
        .route("r")
        .unwrap()
        .hosts
        .iter()
        .map(|h| format!("{} {} {} {}", h.target, h.port, h.implicit_tls, h.load))
        .collect();
    assert_eq!(hosts, ["a.example 25 false 100", "b.example 465 true 100", "2001:db8::1 2525 false 50"]);
    let implicit = policy_of("[[route]]\nname = \"r\"\nhosts = [\"a.example\"]\nimplicit_tls = true");
    assert_eq!(
        (implicit.route("r").unwrap().hosts[0].port, implicit.route("r").unwrap().hosts[0].implicit_tls),
        (465, true)
    );
    for (host, expected) in [("smtp://a.example", "a.example"), ("", "must not be empty"), ("a.example:0", "port")] {
        let (_, key, message) = error(
            &format!("{BASE}[[route]]\nname = \"r\"\nhosts = [\"{host}\"]\n")
                .replace("[\"\"]", "[\"\", \"b.example\"]"),
        );
        assert_eq!(key, "hosts");
        assert!(message.contains(expected), "{message}");
    }
}

fn policy_of(part: &str) -> std::sync::Arc<Policy> {
    policy(&format!("{BASE}{part}\n"))
}

#[test]
fn given_presets_then_they_fill_in_what_the_document_has_not_and_what_it_has_stands() {
    let policy = policy_of(
        "[[route]]\nname = \"g\"\nprovider = \"google-workspace\"\n[[route]]\nname = \"h\"\nprovider = \"google-workspace\"\nhosts = [\"smtp-relay.gmail.com:25\"]\nmax_recipients = 50\n\
         [[relay]]\nname = \"w\"\nprovider = \"google-workspace\"\ntenant = { header = \"X-Gateway-Tenant\", value_file = \"tenant.secret\" }",
    );
    let (g, h) = (policy.route("g").unwrap(), policy.route("h").unwrap());
    assert_eq!(
        (g.hosts[0].target.to_string().as_str(), g.hosts[0].port, g.max_recipients),
        ("smtp-relay.gmail.com", 587, 100)
    );
    assert_eq!((h.hosts[0].port, h.max_recipients), (25, 50));
    assert_eq!(g.demand(), Level::Verify);
    let relay = &policy.relays[0];
    assert!(relay.shared && relay.require_tls && relay.spf[0].as_str() == "_spf.google.com");
    assert_eq!(relay.null_sender, passerelle::route::policy::NullSender::Tenant);
    let (_, key, message) = error(&format!("{BASE}[[route]]\nname = \"m\"\nprovider = \"microsoft-365\"\n"));
    assert_eq!(key, "hosts");
    assert!(message.contains("mail.protection.outlook.com"), "{message}");
    for (_, provider) in passerelle::route::policy::Provider::WORDS {
        let dated = [provider.route().date, provider.relay().date];
        assert!(dated.iter().all(|date| date.len() == 10), "a preset says when its source was read");
        assert!([provider.route().source, provider.relay().source].iter().all(|source| source.starts_with("https://")));
    }
}

#[test]
fn given_units_then_paths_begin_with_a_slash_and_the_closest_pattern_decides() {
    let policy = policy_of(
        "[[unit]]\nname = \"/sales\"\nmembers = [\"@sales.example.com\", \"ann@example.com\"]\n[[unit]]\nname = \"/it\"\nmembers = [\"@example.com\"]",
    );
    let unit = |address: &str| policy.unit_of(Some(&address.parse().unwrap())).to_string();
    assert_eq!(
        [unit("ann@example.com"), unit("bob@example.com"), unit("x@sales.example.com")],
        ["/sales", "/it", "/sales"]
    );
    assert_eq!(unit("x@elsewhere.example"), "/");
    assert_eq!(policy.unit_of(None), UnitPath::default());
    assert_eq!(error(&format!("{BASE}[[unit]]\nname = \"sales\"\nmembers = []\n")).1, "name");
}

#[test]
fn given_users_then_accounts_are_bound_and_verifiers_are_read() {
    let policy = policy_of(
        "[[relay]]\nname = \"sub\"\nrequire_auth = true\nrequire_tls = true\nsenders = \"registered\"\nusers = \"users.toml\"",
    );
    assert_eq!((policy.accounts["ann"].verifiers.len(), policy.accounts["bob"].verifiers.len()), (1, 0));
    let mut files = files();
    files.insert("users.toml".into(), b"[[user]]\nname = \"ann\"\nsenders = [\"example.com\"]\n".to_vec());
    let text = format!("{BASE}[[relay]]\nname = \"sub\"\nrequire_auth = true\nusers = \"users.toml\"\n");
    let found = compile_with(&text, &files).findings;
    assert_eq!((found[0].file.as_deref(), found[0].line, found[0].key.as_str()), (Some("users.toml"), 3, "senders"));
    assert!(found[0].message.contains("@example.com"));
    files.insert(
        "users.toml".into(),
        b"[[user]]\nname = \"ann\"\nsenders = [\"*\"]\nverifiers = [{ scram = \"secret\" }]\n".to_vec(),
    );
    let found = compile_with(&text, &files).findings;
    assert!(found.iter().any(|f| f.key == "scram" && f.level == Gravity::Error));
    assert!(found.iter().any(|f| f.message.contains("anybody") && f.level == Gravity::Warning));
}

#[test]
fn given_findings_then_errors_come_before_warnings() {
    let found = compile(&format!("{BASE}{SMART}require_tls = false\n[[relay]]\nname = \"x\"\n")).findings;
    let levels: Vec<Gravity> = found.iter().map(|finding| finding.level).collect();
    assert!(levels.is_sorted() && levels.contains(&Gravity::Error) && levels.contains(&Gravity::Warning));
}
