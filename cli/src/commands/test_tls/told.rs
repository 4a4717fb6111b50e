//! What was found of one address, for programs and for people.

use std::net::IpAddr;

use passerelle::Step;
use passerelle::route::hops::{Hop, LookedAt, Lost};
use passerelle::route::security::{Dnssec, Encryption, Skip};
use passerelle::route::tls_test::{Finding, TestStage};
use passerelle::smtp::client::Ready;
use passerelle::tls::certificate::CertificateText;
use passerelle::tls::{Facts, Fingerprint};
use serde_json::{Value, json};

use crate::output::color::{Palette, Tone};
use crate::output::escape;

/// One address of one host, or a host that has none to connect to.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) ok: bool,
    address: Option<String>,
    stage: TestStage,
    tls: Option<Value>,
    certificate: Option<Value>,
    dane: &'static str,
    sts: Value,
    offers: Option<Value>,
    problem: Option<String>,
    advice: String,
    temporary: bool,
}

impl Target {
    /// A host that has no address to connect to.
    pub(super) fn lost(lost: &Lost, finding: Finding) -> Self {
        Self {
            host: lost.host.clone(),
            ok: false,
            address: None,
            stage: finding.stage,
            tls: None,
            certificate: None,
            dane: "not-asked",
            sts: Value::Null,
            offers: None,
            problem: Some(finding.problem),
            advice: finding.advice,
            temporary: finding.temporary,
        }
    }

    /// A host that is not connected to.
    pub(super) fn skipped(looked_at: &LookedAt) -> Self {
        let (problem, advice) = match looked_at.skip {
            Some(Skip::TlsaFailed) => (
                "the look-up of its TLSA records failed",
                "Whether DANE is asked for is not known, so no mail goes there: try again later; if it persists, the operator of the domain has to repair its DNSSEC.",
            ),
            Some(Skip::NoDane) => (
                "dane-only is demanded, and the host has no TLSA records that can be used",
                "Ask the operator of the host to publish TLSA records in a signed zone, or lower the destination's level until a day (until).",
            ),
            Some(Skip::Unlisted) => (
                "the MTA-STS policy of the domain does not list it",
                "The operator of the domain has to list the host in the policy file, under `mx`, and to change the id of the record.",
            ),
            Some(Skip::Credentials) => (
                "there are credentials for it, and the route does not verify it",
                "Set require_ca and verify_hostname for the route: a password goes to a verified server alone.",
            ),
            _ => (
                "REQUIRETLS, and nothing by which the host could be verified",
                "Ask for a certificate of an authority with the host's name (require_ca, verify_hostname).",
            ),
        };
        let (dane, sts) = published(Some(looked_at));
        Self {
            host: looked_at.host.clone(),
            ok: false,
            address: None,
            stage: TestStage::Dns,
            tls: None,
            certificate: None,
            dane,
            sts,
            offers: None,
            problem: Some(problem.into()),
            advice: advice.into(),
            temporary: looked_at.skip == Some(Skip::TlsaFailed),
        }
    }

    /// An address that was connected to.
    pub(super) fn probed(
        hop: &Hop,
        address: IpAddr,
        looked_at: Option<&LookedAt>,
        facts: Option<Facts>,
        chain: Vec<CertificateText>,
        ready: Option<Box<Ready>>,
        finding: Option<Finding>,
    ) -> Self {
        let (dane, sts) = published(looked_at);
        // Where nobody asks for TLS, what is wrong with it is good to know, and no more.
        let is_tls = |finding: &Finding| finding.stage == TestStage::Tls || finding.stage == TestStage::StartTls;
        let ok = match &finding {
            None => true,
            Some(finding) => hop.tls.encryption < Encryption::Encrypt && is_tls(finding) && !hop.implicit_tls,
        };
        let is_clear = ready.as_ref().is_some_and(|ready| ready.tls.is_none());
        let advice = match &finding {
            Some(finding) => finding.advice.clone(),
            None if is_clear => {
                "The host has what the route asks for. There was no TLS: mail to it goes in clear text.".into()
            }
            None => "Nothing to do: the host has what the route asks for.".into(),
        };
        Self {
            host: hop.host.clone(),
            ok,
            address: Some(format!("{}", std::net::SocketAddr::new(address, hop.port))),
            stage: finding.as_ref().map_or(TestStage::Done, |finding| finding.stage),
            tls: facts.as_ref().map(|facts| tls(hop, facts)),
            certificate: facts.as_ref().and_then(|facts| certificate(facts, &chain)),
            dane,
            sts,
            offers: ready.map(|ready| offers(&ready, hop.implicit_tls)),
            temporary: finding.as_ref().is_some_and(|finding| finding.temporary),
            problem: finding.map(|finding| finding.problem),
            advice,
        }
    }

    pub(super) fn is_bad_for_good(&self) -> bool {
        !self.ok && !self.temporary
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({
            "host": self.host, "address": self.address, "stage": self.stage, "dane": self.dane, "sts": self.sts,
            "ok": self.ok, "advice": self.advice, "temporary": self.temporary,
        });
        let optional = [
            ("tls", self.tls.clone()),
            ("certificate", self.certificate.clone()),
            ("offers", self.offers.clone()),
            ("problem", self.problem.clone().map(Value::from)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                json[name] = value;
            }
        }
        json
    }

    pub(super) fn human(&self, palette: Palette, verbose: bool) -> String {
        let (word, tone) = match (self.ok, self.temporary) {
            (true, _) => ("ok", Tone::Good),
            (false, true) => ("not now", Tone::Doubtful),
            (false, false) => ("not ok", Tone::Bad),
        };
        let at = self.address.as_ref().map(|address| format!(" {address}")).unwrap_or_default();
        let mut text = format!("{}  {}{at}\n", palette.paint(tone, word), escape::text(&self.host));
        let mut line = |name: &str, value: String| text += &format!("  {name:<12} {}\n", escape::text(&value));
        let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        if let Some(offers) = &self.offers
            && verbose
        {
            let offers: Vec<&str> = offers.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            line("offers", offers.join(", "));
        }
        if let Some(tls) = &self.tls {
            line(
                "tls",
                format!("{} {}, {}", word(tls, "version"), word(tls, "cipher_suite"), word(tls, "key_exchange")),
            );
        }
        if let Some(certificate) = &self.certificate {
            let names: Vec<&str> =
                certificate["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            line("names", names.join(", "));
            line("valid", format!("{} to {}", word(certificate, "not_before"), word(certificate, "not_after")));
            for (number, one) in certificate["chain"].as_array().into_iter().flatten().enumerate() {
                let name = if number == 0 { "chain" } else { "" };
                line(name, format!("{} (issued by {})", word(one, "subject"), word(one, "issuer")));
            }
        }
        if self.address.is_some() || verbose {
            line("dane", self.dane.into());
            line("mta-sts", self.sts.as_str().unwrap_or("not asked").into());
        }
        if let Some(problem) = &self.problem {
            line("problem", problem.clone());
        }
        line("advice", self.advice.clone());
        text
    }
}

/// A step of the search for hosts.
pub(super) fn step(step: &Step, palette: Palette) -> String {
    let rest = format!("{}: {} [{}]", step.outcome, step.why, step.rfc);
    format!("{}  {}\n", palette.paint(Tone::Quiet, &escape::text(&step.step)), escape::text(&rest))
}

/// What the other side has published: the words for DANE and MTA-STS.
fn published(looked_at: Option<&LookedAt>) -> (&'static str, Value) {
    use passerelle::route::security::Tlsa;
    let Some(looked_at) = looked_at else { return ("not-asked", Value::Null) };
    let dane = match (looked_at.dnssec, looked_at.tlsa) {
        (Some(Dnssec::InsecureMx), _) => "insecure-mx",
        (Some(Dnssec::InsecureAddresses), _) => "insecure-addresses",
        (_, None) => "not-asked",
        (_, Some(Tlsa::Failed)) => "failed",
        (_, Some(Tlsa::Absent)) => "none",
        (_, Some(Tlsa::Unusable)) => "unusable",
        (_, Some(Tlsa::Usable)) => "usable",
    };
    (dane, json!(looked_at.sts))
}

fn tls(hop: &Hop, facts: &Facts) -> Value {
    json!({
        "version": facts.session.version.as_str(),
        "cipher_suite": facts.session.cipher_suite,
        "key_exchange": facts.key_exchange,
        "server_name": facts.session.server_name,
        "implicit": hop.implicit_tls,
        "verify": hop.tls.verify,
        "verified": facts.session.verified,
    })
}

fn certificate(facts: &Facts, chain: &[CertificateText]) -> Option<Value> {
    let own = chain.first()?;
    let one = |certificate: &CertificateText| {
        json!({
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "not_before": certificate.not_before.utc().to_string(),
            "not_after": certificate.not_after.utc().to_string(),
        })
    };
    let mut value = one(own);
    value["names"] = json!(own.names);
    value["fingerprint"] = json!(facts.chain.first().map(|der| Fingerprint::of(der).to_string()));
    value["chain"] = chain.iter().map(one).collect();
    Some(value)
}

/// What the host offers, inside TLS where there is some; STARTTLS it has offered before.
fn offers(ready: &Ready, implicit_tls: bool) -> Value {
    let capabilities = &ready.capabilities;
    let known = [
        (capabilities.starttls || (ready.tls.is_some() && !implicit_tls), "STARTTLS"),
        (capabilities.require_tls, "REQUIRETLS"),
        (!capabilities.auth.is_empty(), "AUTH"),
        (capabilities.size.is_some(), "SIZE"),
        (capabilities.pipelining, "PIPELINING"),
        (capabilities.eight_bit_mime, "8BITMIME"),
        (capabilities.smtputf8, "SMTPUTF8"),
        (capabilities.chunking, "CHUNKING"),
        (capabilities.dsn, "DSN"),
    ];
    known.into_iter().filter(|(offered, _)| *offered).map(|(_, name)| name).collect()
}
