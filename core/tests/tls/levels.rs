//! The levels of verification that a route asks for, and what one learns of a handshake.

use passerelle::crypto::Sha256;
use passerelle::smtp::client::{self, Client, Closed};
use passerelle::tls::dane::Tlsa;
use passerelle::tls::{ClientTls, Event, Fingerprint, Input, Layer, ResultType, ServerTls, Verification, Version};
use passerelle::{Domain, Machine, Now, Output, Record};

use crate::certificates::{Authority, Leaf, NOW, expired};
use crate::pair::Pair;
use crate::toy::Start;

const MX: &str = "mx.example.com";

fn mx() -> Domain {
    Domain::parse(MX).unwrap()
}

fn result(server: &ServerTls, client: &ClientTls) -> Result<bool, ResultType> {
    let mut pair = Pair::new(server, &client.clone().server_name(&mx()), Start::StartTls);
    pair.run();
    match pair.heard_by_client.iter().find(|event| !matches!(event, Event::Inner(_))) {
        Some(Event::Secured(session)) => Ok(session.verified),
        _ => Err(pair.failure().result),
    }
}

fn fingerprints(leaves: &[&Leaf]) -> Verification {
    Verification::Fingerprint(leaves.iter().map(|leaf| Fingerprint::of(&leaf.der)).collect())
}

fn dane(leaf: &Leaf) -> Verification {
    let data = Sha256::digest(&leaf.public_key).to_vec();
    let record = Record::Tlsa { usage: 3, selector: 1, matching: 1, data };
    Verification::Dane(vec![Tlsa::of(&record).unwrap()], vec![mx()])
}

fn name(authority: &Authority, name: &str) -> Verification {
    Verification::Name(authority.roots(), vec![Domain::parse(name).unwrap()])
}

/// Names, dates and issuers don't count: it is this certificate, or it is not.
#[test]
fn fingerprint_of_the_certificate() {
    let (own, other) = (Leaf::self_signed_as(&["elsewhere.example"], expired), Leaf::self_signed(&[MX]));
    for version in [Version::Tls12, Version::Tls13] {
        let client = |leaves: &[&Leaf]| ClientTls::new(fingerprints(leaves)).only(version);
        assert_eq!(result(&own.server(), &client(&[&own])), Ok(true));
        assert_eq!(result(&own.server(), &client(&[&other, &own])), Ok(true));
        assert_eq!(result(&other.server(), &client(&[&own])), Err(ResultType::CertificateNotTrusted));
        assert_eq!(result(&own.server(), &client(&[])), Err(ResultType::CertificateNotTrusted));
    }
    let failure = Pair::new(&other.server(), &ClientTls::new(fingerprints(&[&own])), Start::Implicit).run().failure();
    assert!(failure.reason.contains(&Fingerprint::of(&other.der).to_string()), "{failure}");
}

/// A route that asks for an authority and a name, to a destination that has DANE.
#[test]
fn authority_and_dane_both() {
    let authority = Authority::new("Test");
    let (leaf, other) = (authority.certify(&[MX]), authority.certify(&[MX]));
    let own = Leaf::self_signed(&[MX]);
    let both = |first: Verification, second: Verification| ClientTls::new(Verification::All(vec![first, second]));
    assert_eq!(result(&leaf.server(), &both(name(&authority, MX), dane(&leaf))), Ok(true));
    assert_eq!(result(&leaf.server(), &both(dane(&leaf), name(&authority, MX))), Ok(true));
    let misnamed = both(name(&authority, "other.example"), dane(&leaf));
    assert_eq!(result(&leaf.server(), &misnamed), Err(ResultType::CertificateHostMismatch));
    assert_eq!(result(&leaf.server(), &both(name(&authority, MX), dane(&other))), Err(ResultType::TlsaInvalid));
    // DANE-EE alone would do for a certificate that signs itself.
    assert_eq!(result(&own.server(), &both(dane(&own), name(&authority, MX))), Err(ResultType::CertificateNotTrusted));
    // An authority alone verifies nobody, but takes nothing from what does.
    let with_authority = both(Verification::Authority(authority.roots()), dane(&leaf));
    assert_eq!(result(&leaf.server(), &with_authority), Ok(true));
    assert_eq!(result(&leaf.server(), &ClientTls::new(Verification::All(Vec::new()))), Ok(false));
}

#[test]
fn the_oldest_version_that_will_do() {
    let server = Leaf::self_signed(&[MX]).server();
    let client = ClientTls::new(Verification::None);
    let old = server.clone().only(Version::Tls12);
    assert_eq!(result(&old, &client.clone().at_least(Version::Tls12)), Ok(false));
    assert_eq!(result(&server, &client.clone().at_least(Version::Tls12)), Ok(false));
    assert_eq!(result(&server, &client.clone().at_least(Version::Tls13)), Ok(false));
    assert_eq!(result(&old, &client.at_least(Version::Tls13)), Err(ResultType::ValidationFailure));
}

/// For those who look into a server: the connection goes on, and what would have ended it is told.
#[test]
fn verification_for_information_tells_what_would_have_failed() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Other"));
    let leaf = authority.certify(&[MX]);
    for version in [Version::Tls12, Version::Tls13] {
        for (verification, expected) in [
            (name(&authority, MX), None),
            (name(&authority, "other.example"), Some(ResultType::CertificateHostMismatch)),
            (name(&other, MX), Some(ResultType::CertificateNotTrusted)),
            (dane(&Leaf::self_signed(&[MX])), Some(ResultType::TlsaInvalid)),
            (fingerprints(&[]), Some(ResultType::CertificateNotTrusted)),
            (Verification::Authority(other.roots()), Some(ResultType::CertificateNotTrusted)),
        ] {
            let client = ClientTls::new(verification).only(version).server_name(&mx());
            let mut pair = Pair::new(&leaf.server(), &client.clone().for_information(), Start::StartTls);
            let session = pair.run().session();
            let facts = pair.client.facts().unwrap();
            assert_eq!(facts.session, session);
            assert_eq!(session.verified, expected.is_none());
            assert_eq!(facts.problem.as_ref().map(|problem| problem.result), expected);
            // Word for word what ends the connection otherwise.
            let mut strict = Pair::new(&leaf.server(), &client, Start::StartTls);
            strict.run();
            assert_eq!(facts.problem, expected.map(|_| strict.failure()));
            assert!(facts.is_proven);
            assert_eq!(facts.chain, [&leaf.der[..], &authority.der]);
            assert_eq!(facts.session.server_name.as_deref(), Some(MX));
            assert_eq!(facts.session.version, version);
            assert!(matches!(facts.key_exchange.as_deref(), Some("x25519" | "X25519MLKEM768")), "{facts:?}");
        }
    }
}

/// What an SMTP client says to these replies, and why it ends, if it does.
fn dialogue(settings: client::Settings, tls: &ClientTls, replies: &[&str]) -> (String, Option<Closed>) {
    let now = Now::at(NOW);
    let mut layer = Layer::client(Client::new(settings, now), tls, now);
    let (mut said, mut closed) = (String::new(), None);
    for reply in [""].iter().chain(replies) {
        layer.handle(now, Input::Wire(reply.as_bytes())).unwrap();
        loop {
            match layer.poll() {
                Output::Transmit(octets) => said.push_str(&String::from_utf8_lossy(&octets)),
                Output::Event(Event::Inner(client::Event::Closed(why))) => closed = Some(why),
                Output::Event(Event::Inner(client::Event::Ready(_))) => said.push_str("(ready)"),
                Output::Idle { .. } => break,
                _ => {}
            }
        }
    }
    (said, closed)
}

/// Need and verification are one setting: with STARTTLS stripped, opportunistic settings do not lead to clear text where a server
/// was to be verified.
#[test]
fn who_asks_for_a_verification_does_not_fall_back_to_clear_text() {
    let authority = Authority::new("Test");
    let leaf = authority.certify(&[MX]);
    let settings = |tls| client::Settings { tls, ..client::Settings::new(Domain::parse("client.example").unwrap()) };
    let stripped = ["220 mx\r\n", "250-mx\r\n250 SIZE\r\n", "221 bye\r\n"];
    let refused = |code: &'static str| ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", code, "221 bye\r\n"];
    let strict = [
        dane(&leaf),
        name(&authority, MX),
        Verification::Authority(authority.roots()),
        fingerprints(&[&leaf]),
        Verification::All(vec![Verification::None, dane(&leaf)]),
    ];
    let strict = strict.map(ClientTls::new).into_iter().chain([ClientTls::new(Verification::None).mandatory()]);
    for tls in strict {
        assert!(tls.is_mandatory());
        for mode in [client::Tls::OPPORTUNISTIC, client::Tls::Off, client::Tls::REQUIRED] {
            let (said, closed) = dialogue(settings(mode), &tls, &stripped);
            assert_eq!(
                (said.as_str(), closed),
                ("EHLO client.example\r\nQUIT\r\n", Some(Closed::NoStartTls)),
                "{tls:?}"
            );
            for code in ["454 4.7.0 no\r\n", "502 5.5.1 no\r\n"] {
                let (said, closed) = dialogue(settings(mode), &tls, &refused(code));
                assert_eq!(said, "EHLO client.example\r\nSTARTTLS\r\nQUIT\r\n", "{tls:?}");
                assert!(matches!(closed, Some(Closed::Refused { stage: client::Stage::StartTls, .. })), "{closed:?}");
            }
        }
    }
    // Who asks for nothing gets what can be had.
    let tls = ClientTls::new(Verification::None);
    assert!(!tls.is_mandatory());
    let (said, closed) = dialogue(settings(client::Tls::OPPORTUNISTIC), &tls, &stripped[..2]);
    assert_eq!((said.as_str(), closed), ("EHLO client.example\r\n(ready)", None));
    let (said, _) = dialogue(settings(client::Tls::OPPORTUNISTIC), &tls, &refused("454 no\r\n")[..3]);
    assert_eq!(said, "EHLO client.example\r\nSTARTTLS\r\n(ready)");
}
