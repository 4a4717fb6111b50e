//! What the client asks of the server's certificate, and the word for each failure.

use passerelle::crypto::{Sha256, sha512};
use passerelle::tls::dane::{Dane, Tlsa};
use passerelle::tls::{ClientTls, Event, ResultType, Roots, ServerTls, Verification, Version};
use passerelle::{DnsAnswer, Domain, Now, Record};

use crate::certificates::{Authority, Leaf, NOW, authority, expired};
use crate::pair::{Pair, failure};
use crate::toy::Start;

const MX: &str = "mx.example.com";

fn names(names: &[&str]) -> Vec<Domain> {
    names.iter().map(|name| Domain::parse(name).unwrap()).collect()
}

/// The result, or the failure's word, with both versions of TLS: it must be one.
fn result(server: &ServerTls, verification: Verification) -> Result<bool, ResultType> {
    let results = [Version::Tls12, Version::Tls13].map(|version| {
        let client = ClientTls::new(verification.clone()).server_name(&Domain::parse(MX).unwrap()).only(version);
        let mut pair = Pair::new(server, &client, Start::StartTls);
        pair.run();
        match pair.heard_by_client.iter().find(|event| !matches!(event, Event::Inner(_))) {
            Some(Event::Secured(session)) => Ok(session.verified),
            _ => {
                let ours = pair.failure();
                assert!(!ours.reason.is_empty() && ours.advice.ends_with('.'), "{ours:?}");
                // The server is told by an alert.
                let theirs = failure(&pair.heard_by_server);
                assert!(theirs.reason.contains("refused with the alert"), "{theirs:?}");
                assert_eq!(theirs.result, ResultType::ValidationFailure);
                Err(ours.result)
            }
        }
    });
    assert_eq!(results[0], results[1]);
    results[0]
}

#[test]
fn authority_and_name() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Other"));
    let good = authority.certify(&[MX]).server();
    let with = |roots: &Authority, allowed: &[&str]| Verification::Name(roots.roots(), names(allowed));
    assert_eq!(result(&good, with(&authority, &[MX])), Ok(true));
    assert_eq!(result(&good, with(&authority, &["other.example", MX])), Ok(true));
    assert_eq!(result(&good, with(&authority, &["other.example"])), Err(ResultType::CertificateHostMismatch));
    assert_eq!(result(&good, with(&authority, &[])), Err(ResultType::CertificateHostMismatch));
    assert_eq!(result(&good, with(&other, &[MX])), Err(ResultType::CertificateNotTrusted));
    let late = authority.certify_as(&[MX], expired).server();
    assert_eq!(result(&late, with(&authority, &[MX])), Err(ResultType::CertificateExpired));
    let own = Leaf::self_signed(&[MX]).server();
    assert_eq!(result(&own, with(&authority, &[MX])), Err(ResultType::CertificateNotTrusted));
    let wildcard = authority.certify(&["*.example.com"]).server();
    assert_eq!(result(&wildcard, with(&authority, &[MX])), Ok(true));
    assert_eq!(result(&wildcard, with(&authority, &["example.com"])), Err(ResultType::CertificateHostMismatch));
}

/// A certificate that signs itself, given as one to trust: with `CA:TRUE`, as `openssl req -x509` makes it, and without.
#[test]
fn the_very_certificate_that_the_host_trusts() {
    let roots = |leaf: &Leaf| Roots::from_pem(leaf.chain.as_bytes()).unwrap();
    let with = |leaf: &Leaf, allowed: &[&str]| Verification::Name(roots(leaf), names(allowed));
    for change in [authority as fn(&mut _), |_| {}] {
        let own = Leaf::self_signed_as(&[MX], change);
        assert_eq!(result(&own.server(), with(&own, &[MX])), Ok(true));
        assert_eq!(result(&own.server(), Verification::Authority(roots(&own))), Ok(false));
        assert_eq!(result(&own.server(), with(&own, &["other.example"])), Err(ResultType::CertificateHostMismatch));
        // Another one of the same name does not do.
        let other = Leaf::self_signed_as(&[MX], change);
        let failed = result(&other.server(), with(&own, &[MX]));
        assert_eq!(failed, Err(ResultType::CertificateNotTrusted));
        let late = Leaf::self_signed_as(&[MX], |parameters| {
            change(parameters);
            expired(parameters);
        });
        assert_eq!(result(&late.server(), with(&late, &[MX])), Err(ResultType::CertificateExpired));
    }
}

/// One that an authority has issued, of which the host has the certificate and not the authority's.
#[test]
fn the_very_certificate_of_an_authority_that_is_not_known() {
    let authority = Authority::new("Test");
    let (own, other) = (authority.certify(&[MX]), authority.certify(&[MX]));
    let pem = own.chain.strip_suffix(&authority.pem).unwrap();
    let with = |allowed: &[&str]| Verification::Name(Roots::from_pem(pem.as_bytes()).unwrap(), names(allowed));
    assert_eq!(result(&own.server(), with(&[MX])), Ok(true));
    assert_eq!(result(&own.server(), with(&["other.example"])), Err(ResultType::CertificateHostMismatch));
    assert_eq!(result(&other.server(), with(&[MX])), Err(ResultType::CertificateNotTrusted));
}

#[test]
fn the_failure_names_what_is_wrong() {
    let authority = Authority::new("Test");
    let verification = Verification::Name(authority.roots(), names(&[MX]));
    let reason = |server: &ServerTls| {
        Pair::new(server, &ClientTls::new(verification.clone()), Start::Implicit).run().failure().to_string()
    };
    assert_eq!(
        reason(&authority.certify_as(&[MX], expired).server()),
        "certificate-expired: a certificate in the server's chain was valid until 2026-06-30 00:00:00 UTC"
    );
    assert_eq!(
        reason(&authority.certify(&["a.example", "*.b.example"]).server()),
        "certificate-host-mismatch: the certificate is not for mx.example.com; its names: a.example, *.b.example"
    );
}

/// The server learns it from the alert, in the RFC's words.
#[test]
fn the_server_is_told() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Other"));
    let client = ClientTls::new(Verification::Authority(other.roots()));
    let mut pair = Pair::new(&authority.certify(&[MX]).server(), &client, Start::Implicit);
    let told = failure(&pair.run().heard_by_server);
    assert_eq!(told.reason, "the peer refused with the alert unknown_ca");
    assert!(told.advice.contains("does not accept this side's certificate"), "{told:?}");
}

/// The host's clock decides, of each connection on its own.
#[test]
fn dates_are_judged_by_the_host_s_clock() {
    let authority = Authority::new("Test");
    let server = authority.certify(&[MX]).server();
    let client = ClientTls::new(Verification::Name(authority.roots(), names(&[MX])));
    let year = 31_536_000;
    for (now, expected) in [
        (NOW, None),
        (NOW + year, Some(ResultType::CertificateExpired)),
        (NOW - year, Some(ResultType::CertificateExpired)),
        (NOW, None),
    ] {
        let mut pair = Pair::new(&server, &client, Start::StartTls);
        pair.now = Now::at(now);
        pair.run();
        let failed = pair.heard_by_client.iter().find_map(|event| match event {
            Event::Failed(failure) => Some(failure.result),
            _ => None,
        });
        assert_eq!(failed, expected, "{now}");
    }
}

#[test]
fn authority_alone_and_nothing() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Other"));
    let misnamed = authority.certify(&["elsewhere.example"]).server();
    assert_eq!(result(&misnamed, Verification::Authority(authority.roots())), Ok(false));
    assert_eq!(result(&misnamed, Verification::Authority(other.roots())), Err(ResultType::CertificateNotTrusted));
    for server in [misnamed, authority.certify_as(&[MX], expired).server(), Leaf::self_signed(&[]).server()] {
        assert_eq!(result(&server, Verification::None), Ok(false));
    }
}

/// A record by its numbers; the data is made as its numbers ask, of a certificate and its key.
fn tlsa(usage: u8, selector: u8, matching: u8, certificate: &[u8], public_key: &[u8]) -> Tlsa {
    let selected = if selector == 0 { certificate } else { public_key };
    let data = match matching {
        0 => selected.to_vec(),
        1 => Sha256::digest(selected).to_vec(),
        _ => sha512(selected).to_vec(),
    };
    Tlsa::of(&Record::Tlsa { usage, selector, matching, data }).unwrap()
}

fn dane(record: Tlsa) -> Verification {
    Verification::Dane(vec![record], names(&[MX]))
}

#[test]
fn dane_ee_with_every_selector_and_matching() {
    // Neither names, dates nor authorities count (RFC 7672 §3.1.1).
    let authority = Authority::new("Test");
    let leaves = [Leaf::self_signed(&["elsewhere.example"]), authority.certify_as(&["elsewhere.example"], expired)];
    let other = Leaf::self_signed(&[MX]);
    for leaf in leaves {
        for (selector, matching) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
            let fits = tlsa(3, selector, matching, &leaf.der, &leaf.public_key);
            assert_eq!(result(&leaf.server(), dane(fits.clone())), Ok(true), "3 {selector} {matching}");
            assert_eq!(result(&other.server(), dane(fits)), Err(ResultType::TlsaInvalid), "3 {selector} {matching}");
        }
    }
}

#[test]
fn dane_ta_with_every_selector_and_matching() {
    let (authority, other) = (Authority::new("Test"), Authority::new("Test"));
    let good = authority.certify(&[MX]);
    let misnamed = authority.certify(&["elsewhere.example"]);
    let late = authority.certify_as(&[MX], expired);
    let foreign = other.certify(&[MX]);
    for (selector, matching) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
        let check = |leaf: &Leaf| {
            result(&leaf.server(), dane(tlsa(2, selector, matching, &authority.der, &authority.public_key)))
        };
        assert_eq!(check(&good), Ok(true), "2 {selector} {matching}");
        assert_eq!(check(&misnamed), Err(ResultType::CertificateHostMismatch), "2 {selector} {matching}");
        assert_eq!(check(&late), Err(ResultType::CertificateExpired), "2 {selector} {matching}");
        // No TLSA record fits it, whatever it is that does not fit (RFC 8460 §4.3.2.1).
        assert_eq!(check(&foreign), Err(ResultType::TlsaInvalid), "2 {selector} {matching}");
    }
}

/// RFC 7671 §5.2: with a whole certificate or key in DNS, the chain may leave the anchor out; with a digest it may not.
#[test]
fn dane_ta_that_the_server_does_not_show() {
    let authority = Authority::new("Test");
    let mut leaf = authority.certify(&[MX]);
    leaf.chain = leaf.chain.replace(&authority.pem, "");
    for (selector, matching, expected) in
        [(0, 0, Ok(true)), (1, 0, Ok(true)), (0, 1, Err(ResultType::TlsaInvalid)), (1, 2, Err(ResultType::TlsaInvalid))]
    {
        let record = tlsa(2, selector, matching, &authority.der, &authority.public_key);
        assert_eq!(result(&leaf.server(), dane(record)), expected, "2 {selector} {matching}");
    }
}

/// A trust anchor is behind the server's certificate, not the certificate itself.
#[test]
fn dane_ta_is_not_the_server_s_own_certificate() {
    let leaf = Leaf::self_signed(&[MX]);
    for (selector, matching) in [(0, 1), (1, 1)] {
        let record = tlsa(2, selector, matching, &leaf.der, &leaf.public_key);
        assert_eq!(result(&leaf.server(), dane(record)), Err(ResultType::TlsaInvalid));
    }
}

#[test]
fn one_record_of_several_is_enough() {
    let authority = Authority::new("Test");
    let (old, new) = (authority.certify(&[MX]), authority.certify(&[MX]));
    let record = |leaf: &Leaf| {
        let data = Sha256::digest(&leaf.public_key).to_vec();
        Record::Tlsa { usage: 3, selector: 1, matching: 1, data }
    };
    let answer = DnsAnswer::found([record(&old), record(&new)]).with_secure(true);
    let Dane::Authenticated(records) = Dane::of(&answer) else { panic!("usable records") };
    for leaf in [old, new] {
        assert_eq!(result(&leaf.server(), Verification::Dane(records.clone(), names(&[MX]))), Ok(true));
    }
}
