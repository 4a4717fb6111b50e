//! `passerelle test-tls`, against servers of our own on the loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use passerelle::tls::Fingerprint;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::Value;

use crate::dns_server;
use crate::server::Server;
use crate::support::{Folder, Ran, run, run_in};

/// 2026-07-01: certificates are valid through 2026.
const NOW: &str = "1782864000";
const LATER: &str = "1830000000";

/// An authority, an intermediate one, and a server's certificate for mx.example.com.
struct Certificates {
    folder: Folder,
    own: Vec<u8>,
}

fn parameters(names: &[&str], common_name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    (parameters.not_before, parameters.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 12, 31));
    parameters
}

fn authority(common_name: &str) -> CertificateParams {
    let mut parameters = parameters(&[], common_name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

impl Certificates {
    fn new() -> Self {
        let folder = Folder::new();
        let [root_key, middle_key, key, other_key] = [(); 4].map(|()| KeyPair::generate().unwrap());
        let root = authority("Test Root").self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(authority("Test Root"), root_key);
        let middle = authority("Test Intermediate").signed_by(&middle_key, &root_issuer).unwrap();
        let middle_issuer = Issuer::new(authority("Test Intermediate"), middle_key);
        let leaf = parameters(&["mx.example.com", "mail.example.com"], "mx").signed_by(&key, &middle_issuer).unwrap();
        let lonely = parameters(&["mx.example.com"], "self").self_signed(&other_key).unwrap();
        folder.write("root.pem", root.pem());
        folder.write("full.pem", leaf.pem() + &middle.pem());
        folder.write("leaf.pem", leaf.pem());
        folder.write("key.pem", key.serialize_pem());
        folder.write("lonely.pem", lonely.pem());
        folder.write("lonely-key.pem", other_key.serialize_pem());
        Self { folder, own: leaf.der().to_vec() }
    }

    fn server(&self, chain: &str, key: &str) -> Server {
        let (chain, key) = (self.folder.path(chain), self.folder.path(key));
        Server::start(&["--tls-cert", &chain, "--tls-key", &key, "--listen-tls", "127.0.0.1:0"])
    }

    /// A transcript in which mx.example.com and other.example.com are on the loopback; more entries behind them.
    fn dns(&self, more: &str) -> String {
        let host =
            |name: &str| format!(r#"{{"name": "{name}", "type": "A", "records": ["127.0.0.1"], "secure": true}}"#);
        let entries = [host("mx.example.com"), host("other.example.com")].join(",\n");
        self.folder.write("dns.json", format!(r#"{{"answers": [{entries}{more}]}}"#))
    }

    fn test(&self, target: &str, more: &[&str]) -> Ran {
        let (dns, ca) = (self.dns(""), self.folder.path("root.pem"));
        run(&[&["test-tls", target, "--dns", &dns, "--ca", &ca, "--now", NOW, "--json"], more].concat())
    }
}

fn port(address: &str) -> &str {
    address.rsplit_once(':').unwrap().1
}

/// The only target.
fn target(ran: &Ran) -> Value {
    let json = ran.json();
    let targets = json["targets"].as_array().unwrap_or_else(|| panic!("{ran:?}"));
    assert_eq!(targets.len(), 1, "{ran:?}");
    targets[0].clone()
}

fn text<'a>(target: &'a Value, key: &str) -> &'a str {
    target[key].as_str().unwrap_or_else(|| panic!("{key}: {target}"))
}

#[test]
fn given_a_server_with_all_that_is_asked_then_it_is_ok_and_everything_is_told() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let ran = certificates.test(&format!("mx.example.com:{}", port(server.address())), &[]);
    let found = target(&ran);
    assert_eq!((ran.code, &found["ok"]), (0, &true.into()), "{ran:?}");
    assert_eq!((text(&found, "host"), text(&found, "stage")), ("mx.example.com", "done"));
    assert_eq!(text(&found, "address"), server.address());
    assert_eq!(text(&found["tls"], "version"), "TLS1.3");
    assert!(!text(&found["tls"], "key_exchange").is_empty() && found["tls"]["verified"] == true, "{found}");
    let certificate = &found["certificate"];
    assert_eq!(certificate["names"], serde_json::json!(["mx.example.com", "mail.example.com"]));
    assert_eq!(certificate["chain"].as_array().unwrap().len(), 2);
    assert_eq!(text(certificate, "issuer"), "CN=Test Intermediate");
    assert_eq!(text(certificate, "not_after"), "2026-12-31 00:00:00 UTC");
    assert_eq!(text(certificate, "fingerprint"), Fingerprint::of(&certificates.own).to_string());
    assert_eq!((text(&found, "dane"), text(&found, "sts")), ("none", "none"));
    assert!(found.get("problem").is_none());
    assert!(server.messages().is_empty());
}

#[test]
fn given_another_name_then_the_certificate_s_names_are_listed_to_choose_from() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let ran = certificates.test(&format!("other.example.com:{}", port(server.address())), &[]);
    let found = target(&ran);
    assert_eq!((ran.code, &found["ok"], text(&found, "stage")), (1, &false.into(), "tls"), "{ran:?}");
    let problem = text(&found, "problem");
    assert_eq!(
        problem,
        "the name other.example.com is not on the certificate, which lists mx.example.com, mail.example.com"
    );
    let advice = text(&found, "advice");
    assert!(advice.starts_with("Use one of these names"), "{advice}");
    for words in ["ask its provider", "verify_hostname = false", "discouraged", "Meanwhile its mail waits (451 4.7.5)"]
    {
        assert!(advice.contains(words), "{words}: {advice}");
    }
}

#[test]
fn given_an_address_then_the_name_to_expect_is_said() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let ran = certificates.test(server.address(), &[]);
    assert_eq!((ran.code, text(&target(&ran), "stage")), (1, "tls"), "{ran:?}");
    let ran = certificates.test(server.address(), &["--tls-name", "mail.example.com"]);
    let found = target(&ran);
    assert_eq!((ran.code, text(&found["tls"], "server_name")), (0, "mail.example.com"), "{ran:?}");
}

#[test]
fn given_a_chain_without_the_intermediate_then_that_is_said() {
    let certificates = Certificates::new();
    let server = certificates.server("leaf.pem", "key.pem");
    let ran = certificates.test(&format!("mx.example.com:{}", port(server.address())), &[]);
    let found = target(&ran);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(text(&found, "problem").contains("issuer (CN=Test Intermediate) is missing"), "{found}");
    assert!(text(&found, "advice").contains("intermediate certificate is missing"), "{found}");
}

#[test]
fn given_an_authority_that_is_not_trusted_then_a_trusted_one_is_advised() {
    let certificates = Certificates::new();
    let other = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let target_name = format!("mx.example.com:{}", port(server.address()));
    let (dns, roots) = (certificates.dns(""), other.folder.path("root.pem"));
    let arguments = ["test-tls", &target_name, "--dns", &dns, "--now", NOW, "--json"];
    // The file that SSL_CERT_FILE names counts where no other is given.
    let ran = run_in(&[("SSL_CERT_FILE", &roots)], &arguments);
    let found = target(&ran);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(text(&found, "problem").starts_with("the authority that issued the certificate is not trusted"), "{found}");
    assert!(text(&found, "advice").starts_with("Install a certificate of a trusted authority"), "{found}");
    let ran = run_in(&[("SSL_CERT_FILE", &certificates.folder.path("root.pem"))], &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn given_a_certificate_that_signs_itself_then_that_is_said() {
    let certificates = Certificates::new();
    let server = certificates.server("lonely.pem", "lonely-key.pem");
    let found = target(&certificates.test(&format!("mx.example.com:{}", port(server.address())), &[]));
    assert_eq!(text(&found, "problem"), "the certificate signs itself: no trusted authority vouches for it");
    assert!(text(&found, "advice").contains("require_ca = false"), "{found}");
}

#[test]
fn given_an_expired_certificate_then_its_last_day_is_told() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let target_name = format!("mx.example.com:{}", port(server.address()));
    let (dns, ca) = (certificates.dns(""), certificates.folder.path("root.pem"));
    let ran = run(&["test-tls", &target_name, "--dns", &dns, "--ca", &ca, "--now", LATER, "--json"]);
    let found = target(&ran);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(text(&found, "problem"), "the certificate has expired: it was valid until 2026-12-31 00:00:00 UTC");
}

#[test]
fn given_no_starttls_then_what_lowering_would_cost_is_said() {
    let certificates = Certificates::new();
    let server = Server::start(&[]);
    let ran = certificates.test(&format!("mx.example.com:{}", port(server.address())), &[]);
    let found = target(&ran);
    assert_eq!((ran.code, text(&found, "problem")), (1, "the server does not offer STARTTLS"), "{ran:?}");
    assert!(text(&found, "advice").contains("require_tls = false for this route is discouraged"), "{found}");
}

#[test]
fn given_clear_text_on_an_implicit_port_and_the_reverse_then_each_has_its_word() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let config = |port: &str, implicit: bool| {
        let text = format!(
            "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n[[route]]\nname = \"relay\"\nhosts = [\"mx.example.com:{port}\"]\nimplicit_tls = {implicit}\n[[rule]]\nname = \"all\"\ndo = {{ route = \"relay\" }}\n"
        );
        certificates.folder.write("gw.toml", text)
    };
    let test = |config: &str| certificates.test("relay", &["--config", config, "--patience", "2"]);
    let found = test(&config(port(server.address()), true));
    assert_eq!(found.code, 1, "{found:?}");
    assert!(text(&target(&found), "problem").contains("greets in clear text"), "{found:?}");
    assert!(text(&target(&found), "advice").contains("implicit_tls = false"), "{found:?}");
    let found = test(&config(port(&server.addresses[1]), false));
    assert_eq!(found.code, 1, "{found:?}");
    assert!(text(&target(&found), "problem").contains("speaks TLS from the first octet"), "{found:?}");
    assert!(text(&target(&found), "advice").contains("implicit_tls = true"), "{found:?}");
    let found = test(&config(port(&server.addresses[1]), true));
    assert_eq!((found.code, &target(&found)["tls"]["implicit"]), (0, &true.into()), "{found:?}");
}

/// A server that plays these replies, one for the connection and one for each line, and tells the lines.
fn playing(replies: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        for (number, reply) in replies.iter().enumerate() {
            if number > 0 {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                sender.send(line.trim_end().to_owned()).unwrap();
            }
            stream.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
        }
        thread::sleep(Duration::from_millis(200));
    });
    (address, lines)
}

#[test]
fn given_421_then_it_is_temporary() {
    let certificates = Certificates::new();
    let (address, _lines) = playing(&["421 4.3.2 busy"]);
    let ran = certificates.test(&format!("mx.example.com:{}", port(&address)), &[]);
    let found = target(&ran);
    assert_eq!((ran.code, text(&found, "stage"), &found["temporary"]), (3, "greeting", &true.into()), "{ran:?}");
    assert!(
        text(&found, "problem").contains("421 4.3.2 busy") && text(&found, "advice").starts_with("421:"),
        "{found}"
    );
}

#[test]
fn given_554_in_the_greeting_then_it_is_not() {
    let certificates = Certificates::new();
    let (address, _lines) = playing(&["554 no service", "221 bye"]);
    let ran = certificates.test(&format!("mx.example.com:{}", port(&address)), &[]);
    assert_eq!((ran.code, text(&target(&ran), "stage")), (1, "greeting"), "{ran:?}");
}

#[test]
fn given_nobody_who_listens_then_it_is_temporary() {
    let certificates = Certificates::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ran = certificates.test(&format!("mx.example.com:{free}"), &[]);
    assert_eq!((ran.code, text(&target(&ran), "stage")), (3, "connect"), "{ran:?}");
}

#[test]
fn given_dns_failures_then_each_has_its_word_its_advice_and_its_exit_code() {
    let certificates = Certificates::new();
    let entries = r#", {"name": "empty.example.com", "type": "A", "records": []},
        {"name": "broken.example.com", "type": "A", "status": "SERVFAIL"},
        {"name": "broken.example.com", "type": "AAAA", "status": "SERVFAIL"},
        {"name": "slow.example.com", "type": "A", "status": "TIMEOUT"},
        {"name": "slow.example.com", "type": "AAAA", "status": "TIMEOUT"}"#;
    let (dns, ca) = (certificates.dns(entries), certificates.folder.path("root.pem"));
    let mut told = Vec::new();
    for (host, code, word) in [
        ("gone.example.com", 1, "does not exist (NXDOMAIN)"),
        ("empty.example.com", 1, "has no address"),
        ("broken.example.com", 3, "SERVFAIL"),
        ("slow.example.com", 3, "no answer"),
    ] {
        let ran = run(&["test-tls", host, "--dns", &dns, "--ca", &ca, "--now", NOW, "--json"]);
        let found = target(&ran);
        assert_eq!((ran.code, text(&found, "host"), text(&found, "stage")), (code, host, "dns"), "{ran:?}");
        assert!(text(&found, "problem").contains(word), "{found}");
        assert!(text(&found, "advice").contains("451 4.4.3"), "{found}");
        assert_eq!(found["temporary"], code == 3, "{found}");
        told.push(text(&found, "advice").to_owned());
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 4, "{told:?}");
}

#[test]
fn given_a_host_that_does_not_exist_beside_one_that_works_then_it_is_told_and_it_is_not_as_the_route_asks() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let port = port(server.address());
    let test = |other: &str| {
        let config = format!(
            "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n[[route]]\nname = \"relay\"\nhosts = [\"mx.example.com:{port}\", \"{other}\"]\n[[rule]]\nname = \"all\"\ndo = {{ route = \"relay\" }}\n"
        );
        let config = certificates.folder.write("gw.toml", config);
        let dns = certificates.dns(r#", {"name": "broken.example.com", "type": "A", "status": "SERVFAIL"}"#);
        let ca = certificates.folder.path("root.pem");
        run(&["test-tls", "relay", "--config", &config, "--dns", &dns, "--ca", &ca, "--now", NOW, "--json"])
    };
    for (other, code) in [("nx.example.com", 1), ("broken.example.com", 3)] {
        let ran = test(other);
        let json = ran.json();
        let targets = json["targets"].as_array().unwrap();
        assert_eq!((ran.code, targets.len()), (code, 2), "{ran:?}");
        let of = |host: &str| targets.iter().find(|target| target["host"] == host).unwrap();
        assert_eq!((&of("mx.example.com")["ok"], &of(other)["ok"]), (&true.into(), &false.into()), "{ran:?}");
        assert_eq!(of(other)["stage"], "dns");
    }
}

#[test]
fn it_never_says_mail() {
    let certificates = Certificates::new();
    let (address, lines) = playing(&["220 mx ESMTP", "250 mx", "221 bye"]);
    let config = format!(
        "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n[[route]]\nname = \"relay\"\nhosts = [\"mx.example.com:{}\"]\nrequire_tls = false\nrequire_ca = false\nverify_hostname = false\n",
        port(&address)
    );
    let config = certificates.folder.write("gw.toml", config);
    let ran = certificates.test("relay", &["--config", &config]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said: Vec<String> = lines.iter().collect();
    assert_eq!(said, ["EHLO gw.example.org", "QUIT"]);
    assert!(text(&target(&ran), "advice").contains("clear text"), "{ran:?}");
}

#[test]
fn given_tlsa_records_then_they_decide() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let port = port(server.address());
    let target_name = format!("mx.example.com:{port}");
    let test = |data: &str| {
        let entry = format!(
            r#", {{"name": "_{port}._tcp.mx.example.com", "type": "TLSA", "records": ["{data}"], "secure": true}}"#
        );
        let (dns, ca) = (certificates.dns(&entry), certificates.folder.path("root.pem"));
        run(&["test-tls", &target_name, "--dns", &dns, "--ca", &ca, "--now", NOW, "--json"])
    };
    let digest = Fingerprint::of(&certificates.own).to_string();
    let fits = test(&format!("3 0 1 {}", digest.trim_start_matches("sha256:")));
    let found = target(&fits);
    assert_eq!((fits.code, text(&found, "dane"), text(&found["tls"], "verify")), (0, "usable", "dane"), "{fits:?}");
    let wrong = test(&format!("3 0 1 {}", "00".repeat(32)));
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(text(&target(&wrong), "problem").contains("TLSA"), "{wrong:?}");
}

#[test]
fn given_the_mx_hosts_of_a_domain_then_each_is_tested() {
    let certificates = Certificates::new();
    let mx = r#", {"name": "example.com", "type": "MX", "records": ["10 far.example.com", "20 gone.example.com"]},
        {"name": "far.example.com", "type": "A", "records": ["192.0.2.77"]},
        {"name": "_mta-sts.example.com", "type": "TXT", "records": ["v=STSv1; id=1;"]}],
        "sts": {"example.com": "version: STSv1\nmode: enforce\nmx: other.example.com\nmax_age: 86400\n"}, "more": ["#;
    let (dns, ca) = (certificates.dns(mx), certificates.folder.path("root.pem"));
    let ran = run(&["test-tls", "example.com", "--mx", "--dns", &dns, "--ca", &ca, "--now", NOW, "--json"]);
    let json = ran.json();
    let [far, gone] = json["targets"].as_array().unwrap().as_slice() else { panic!("{ran:?}") };
    // The policy lists another host: nothing is sent there, so nothing is connected to.
    assert_eq!((ran.code, text(far, "host"), text(far, "sts")), (1, "far.example.com", "enforce-unlisted"), "{ran:?}");
    assert!(text(far, "problem").contains("policy"), "{far}");
    assert_eq!((text(gone, "host"), text(gone, "stage")), ("gone.example.com", "dns"), "{ran:?}");
}

#[test]
fn what_is_neither_a_route_nor_a_host_is_wrong_usage() {
    let certificates = Certificates::new();
    for wrong in ["google", "a b", "mx.example.com:99999", ""] {
        let ran = certificates.test(wrong, &[]);
        assert_eq!(ran.code, 2, "{wrong}: {ran:?}");
    }
    let config = certificates.folder.write("gw.toml", "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n");
    let ran = certificates.test("mx", &["--config", &config]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--to DOMAIN"), "{ran:?}");
}

#[test]
fn for_people_it_says_the_same() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let (dns, ca) = (certificates.dns(""), certificates.folder.path("root.pem"));
    let name = format!("other.example.com:{}", port(server.address()));
    let ran = run(&["test-tls", &name, "--dns", &dns, "--ca", &ca, "--now", NOW, "-v"]);
    for words in
        ["not ok", "TLS1.3", "mx.example.com, mail.example.com", "problem", "advice", "STARTTLS", "CN=Test Root"]
    {
        assert!(ran.out().contains(words), "{words}: {}", ran.out());
    }
}

/// A resolver of this host is asked whether it validates; where it does not, DANE cannot be used, and that is said.
#[test]
fn dnssec_is_believed_after_a_probe_and_not_without() {
    let certificates = Certificates::new();
    let server = certificates.server("full.pem", "key.pem");
    let tls_port = port(server.address());
    const TLSA: u16 = 52;
    let zone = || {
        dns_server::Zone::default().record("mx.example.com", dns_server::A, dns_server::a("127.0.0.1")).record(
            &format!("_{tls_port}._tcp.mx.example.com"),
            TLSA,
            [&[3, 0, 1][..], &[7; 32]].concat(),
        )
    };
    let test = |zone: dns_server::Zone| {
        let dns = dns_server::Server::start(zone);
        let (name, ca) = (format!("mx.example.com:{tls_port}"), certificates.folder.path("root.pem"));
        run(&["test-tls", &name, "--resolver", &dns.address(), "--ca", &ca, "--now", NOW, "--json"])
    };
    let validating = test(zone().authentic());
    assert_eq!((validating.code, text(&target(&validating), "dane")), (1, "usable"), "{validating:?}");
    assert!(!validating.stderr.contains("DANE cannot be used"), "{validating:?}");
    let plain = test(zone());
    assert_eq!((plain.code, text(&target(&plain), "dane")), (0, "insecure-addresses"), "{plain:?}");
    assert!(plain.stderr.contains("DANE cannot be used"), "{plain:?}");
}
