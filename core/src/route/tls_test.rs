//! What to do about a next hop with which TLS does not come about as the route asks: the words of `test-tls`.

use crate::route::hops::{Absence, Check, Hop, Lost};
use crate::route::policy::{OnTlsFailure, Route};
use crate::smtp::client::{Closed, ProtocolError, Stage};
use crate::time::UnixTime;
use crate::tls::certificate::CertificateText;
use crate::tls::{Failure, ResultType};

/// How far a test came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestStage {
    /// The host's addresses.
    Dns,
    /// The connection.
    Connect,
    /// The greeting.
    Greeting,
    /// The reply to EHLO.
    Ehlo,
    /// The reply to STARTTLS.
    StartTls,
    /// The handshake and the certificate.
    Tls,
    /// All of it.
    Done,
}

impl TestStage {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::Done => "done",
        }
    }

    /// Where a client was that has been waiting for this.
    pub fn of(stage: Stage) -> Self {
        match stage {
            Stage::Greeting => Self::Greeting,
            Stage::Hello => Self::Ehlo,
            Stage::StartTls => Self::StartTls,
            Stage::Handshake => Self::Tls,
            _ => Self::Done,
        }
    }
}

crate::words::words!(Display, Serialize for TestStage);

/// What went wrong with a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection: the system's words.
    Connect(String),
    /// The conversation ended before TLS was on.
    Closed(Closed),
    /// TLS failed, or the certificate does not stand up to what is asked.
    Tls(Failure),
    /// In clear text nothing came, and by TLS from the first octet the same port answers.
    ImplicitTls,
    /// REQUIRETLS is asked for, and the host does not offer it inside TLS.
    NoRequireTls,
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it happened.
    pub stage: TestStage,
    /// What is wrong, as a sentence without a full stop. It may quote the peer, printable characters only.
    pub problem: String,
    /// What to do, as sentences.
    pub advice: String,
    /// Whether the same may go well later by itself.
    pub temporary: bool,
}

/// Explains what went wrong with a hop of a route, from what the server showed.
pub fn explain(trouble: &Trouble, route: &Route, hop: &Hop, chain: &[CertificateText], now: UnixTime) -> Finding {
    let found = |stage, problem: String, advice: String, temporary| Finding { stage, problem, advice, temporary };
    match trouble {
        Trouble::Connect(words) => found(
            TestStage::Connect,
            format!("no connection to port {}: {words}", hop.port),
            "Check the port, and whether a firewall lets connections to it out; many networks close port 25. Else try again later.".into(),
            true,
        ),
        Trouble::ImplicitTls => found(
            TestStage::Greeting,
            format!("the server says nothing in clear text: port {} speaks TLS from the first octet", hop.port),
            "Set implicit_tls = true for this route, or use the port for STARTTLS (587, or 25).".into(),
            false,
        ),
        Trouble::NoRequireTls => found(
            TestStage::Tls,
            "the server does not offer REQUIRETLS inside TLS (RFC 8689)".into(),
            "Ask its operator to turn REQUIRETLS on; mail that demands it is returned until then (550 5.7.30).".into(),
            false,
        ),
        Trouble::Closed(closed) => of_closed(closed, route),
        Trouble::Tls(failure) => of_failure(failure, route, hop, chain, now),
    }
}

/// Explains why a host of a route is not connected to.
pub fn explain_lost(lost: &Lost, route: &Route) -> Finding {
    let host = &lost.host;
    let is_configured = route.hosts.iter().any(|known| known.target.to_string() == *host);
    let who = match is_configured {
        true => "Check how it is written in `hosts` of the route, and ask its operator for the name to use.",
        false => "Whoever runs the domain has to correct its MX and address records.",
    };
    let left = "It is left out; where no host is left, mail waits (451 4.4.3).";
    let later = "Try again later; if it stays so, whoever runs the zone has to repair it, or its DNSSEC signatures.";
    let (problem, advice, temporary) = match lost.why {
        Absence::NoSuchName => {
            (format!("the name {host} does not exist (NXDOMAIN)"), format!("{who} {}", meanwhile(route, left)), false)
        }
        Absence::NoAddress if is_configured && !route.mx_lookup => (
            format!("the name {host} exists and has no address (neither A nor AAAA)"),
            format!("{who} If it is a domain whose MX hosts are meant, set mx_lookup = true. {left}"),
            false,
        ),
        Absence::NoAddress => (
            format!("the name {host} exists and has no address (neither A nor AAAA)"),
            format!("{who} {}", meanwhile(route, left)),
            false,
        ),
        Absence::ServFail => (format!("the look-up of {host} failed (SERVFAIL)"), format!("{later} {left}"), true),
        Absence::Timeout => (
            format!("the DNS had no answer for {host} in time"),
            format!("Check the resolver of this machine and the way to it, then try again. {left}"),
            true,
        ),
        Absence::NullMx => (
            format!("the domain {host} takes no mail: it has a null MX (RFC 7505)"),
            match route.is_recipient_mx() {
                true => "Mail to it is returned (556 5.1.10).".to_owned(),
                false => format!("{who} {left}"),
            },
            false,
        ),
        Absence::Ourselves => (
            format!("{host} is this host, or its addresses lead nowhere (loopback, link-local, unspecified)"),
            format!("{who} No mail goes there: it would come back (554 5.4.6 where there is nothing else)."),
            false,
        ),
        Absence::NoSource => (
            format!("the route has no address in `source` of a family that {host} has"),
            "Add a local address of the other family to `source` of the route, or leave it to the system.".to_owned(),
            false,
        ),
    };
    Finding { stage: TestStage::Dns, problem, advice, temporary }
}

/// What becomes of mail meanwhile: what is wrong with a recipient's domain may be for good.
fn meanwhile(route: &Route, left: &str) -> String {
    match route.is_recipient_mx() {
        true => "Mail to a domain whose MX hosts have no address waits (451 4.4.3); to one that does not exist it is returned (550 5.1.2).".to_owned(),
        false => left.to_owned(),
    }
}

fn of_closed(closed: &Closed, route: &Route) -> Finding {
    let found = |stage: Stage, advice: String, temporary| Finding {
        stage: TestStage::of(stage),
        problem: closed.to_string(),
        advice,
        temporary,
    };
    match closed {
        Closed::ShuttingDown { stage, .. } => {
            let advice = "421: the server takes no connection now, for it is busy or goes down, or it keeps this address out for a \
                          while. Try again later; if it stays so, ask its operator whether this address is blocked.";
            found(*stage, advice.into(), true)
        }
        Closed::Refused { stage, reply } => {
            let temporary = reply.code / 100 == 4;
            let advice = match stage {
                Stage::Greeting => {
                    "The server turns this address away: ask its operator, and read the reply for the reason."
                }
                Stage::StartTls => {
                    "The server offers STARTTLS and refuses it: its operator has to look at its TLS set-up."
                }
                _ => "The server does not take our name: check `ehlo` of the route, and that the name has an address.",
            };
            found(*stage, advice.into(), temporary)
        }
        Closed::NoStartTls => Finding {
            stage: TestStage::Ehlo,
            problem: "the server does not offer STARTTLS".into(),
            advice: format!(
                "Ask the operator of the server to offer STARTTLS, or use the port on which it does (587; 465 with implicit_tls = true). {}",
                lowering(
                    "require_tls",
                    "everything goes in clear text, for all on the way to read and to change",
                    route
                )
            ),
            temporary: false,
        },
        Closed::TimedOut { stage } | Closed::SessionTooLong { stage } | Closed::Lost { stage, .. } => {
            let advice = match stage {
                Stage::Greeting => {
                    "The server accepts the connection and does not greet: it may keep this address waiting, or expect TLS from the first octet (implicit_tls = true). Try again later."
                }
                Stage::Handshake => {
                    "The connection breaks in the handshake: look at the server's log, or for a firewall in between."
                }
                _ => "Try again later; if it stays so, look for a firewall that meddles with SMTP.",
            };
            found(*stage, advice.into(), true)
        }
        Closed::Protocol { stage, error } => {
            let advice = match (stage, error) {
                (Stage::Greeting, ProtocolError::Reply(_)) => {
                    "What answers on this port does not speak SMTP in clear text: check the port, and whether it wants TLS from the first octet (implicit_tls = true)."
                }
                _ => {
                    "What answers on this port breaks the protocol: check host and port, and for a firewall that meddles with SMTP."
                }
            };
            found(*stage, advice.into(), false)
        }
        other => Finding {
            stage: TestStage::Done,
            problem: other.to_string(),
            advice: "Look at the server's log for the same moment.".into(),
            temporary: true,
        },
    }
}

fn of_failure(failure: &Failure, route: &Route, hop: &Hop, chain: &[CertificateText], now: UnixTime) -> Finding {
    let own = chain.first();
    let service = "If the server is a relay service's, ask its provider.";
    let (problem, advice) = match failure.result {
        ResultType::CertificateHostMismatch => {
            let listed = own.map(|own| own.names.join(", ")).filter(|names| !names.is_empty());
            let wanted: Vec<&str> = wanted(hop);
            let wanted = if wanted.is_empty() { hop.host.clone() } else { wanted.join(" or ") };
            match listed {
                Some(listed) => (
                    format!("the name {wanted} is not on the certificate, which lists {listed}"),
                    format!(
                        "Use one of these names as the route's host, or in its `names`, if it is the same server: {listed}. Else the server needs a certificate for {wanted}. {service} {}",
                        lowering(
                            "verify_hostname",
                            "a server of any name that has a certificate is taken for this one",
                            route
                        )
                    ),
                ),
                None => (
                    format!("the name {wanted} is not on the certificate, which lists no host name"),
                    format!(
                        "The server needs a certificate that has the name in subjectAltName; a common name does not count. {service} {}",
                        lowering(
                            "verify_hostname",
                            "a server of any name that has a certificate is taken for this one",
                            route
                        )
                    ),
                ),
            }
        }
        ResultType::CertificateExpired => match own.filter(|own| now > own.not_after || now < own.not_before) {
            Some(own) if now < own.not_before => (
                format!("the certificate is valid from {} on", own.not_before.utc()),
                "Check the clock of this machine, then the certificate's dates.".into(),
            ),
            Some(own) => (
                format!("the certificate has expired: it was valid until {}", own.not_after.utc()),
                format!("The operator of the server has to renew it. {service} {}", lowering_ca(route)),
            ),
            None => (failure.reason.clone(), format!("{} {service} {}", failure.advice, lowering_ca(route))),
        },
        ResultType::CertificateNotTrusted => {
            let is_alone = chain.len() == 1;
            match own {
                Some(own) if own.is_self_issued => (
                    "the certificate signs itself: no trusted authority vouches for it".into(),
                    format!(
                        "Install a certificate of a trusted authority on the server, or name this one's file as `ca` of the route. {service} {}",
                        lowering_ca(route)
                    ),
                ),
                Some(own) if is_alone => (
                    format!(
                        "the server sends its own certificate alone; that of its issuer ({}) is missing, or the issuer is not trusted",
                        own.issuer
                    ),
                    format!(
                        "An intermediate certificate is missing: the server has to send the whole chain (the authority's \"full chain\" file). If the issuer is a private authority, name its certificate as `ca` of the route. {service} {}",
                        lowering_ca(route)
                    ),
                ),
                _ => {
                    let issuer = chain.last().map(|last| last.issuer.clone()).unwrap_or_default();
                    (
                        match issuer.is_empty() {
                            true => failure.reason.clone(),
                            false => format!("the authority that issued the certificate is not trusted: {issuer}"),
                        },
                        format!(
                            "Install a certificate of a trusted authority on the server; if this authority is your own, name its certificate as `ca` of the route. {service} {}",
                            lowering_ca(route)
                        ),
                    )
                }
            }
        }
        ResultType::TlsaInvalid => (
            failure.reason.clone(),
            format!("{} DANE is the destination's own demand: mail waits until then.", failure.advice),
        ),
        _ if failure.reason.contains("no TLS record") && hop.implicit_tls => (
            format!("the server greets in clear text on port {}, where TLS is to begin with the connection", hop.port),
            "The port wants STARTTLS: set implicit_tls = false for this route, or use port 465.".into(),
        ),
        _ => (failure.reason.clone(), failure.advice.to_owned()),
    };
    Finding { stage: TestStage::Tls, problem, advice, temporary: false }
}

/// The names of which one has to be on the certificate.
fn wanted(hop: &Hop) -> Vec<&str> {
    let also = hop.tls.also.iter().filter(|(check, _)| *check == Check::CaName).flat_map(|(_, names)| names);
    let names = if hop.tls.verify == Check::CaName { &hop.tls.names[..] } else { &[] };
    names.iter().chain(also).map(crate::Domain::as_str).collect()
}

fn lowering_ca(route: &Route) -> String {
    lowering("require_ca", "whoever stands in between can show a certificate of their own and read the mail", route)
}

/// The last resort, and what it costs; what becomes of mail as things are.
fn lowering(key: &str, consequence: &str, route: &Route) -> String {
    let asks = match key {
        "require_tls" => route.require_tls || route.require_ca || route.verify_hostname,
        "verify_hostname" => route.verify_hostname,
        _ => route.require_ca,
    };
    let meanwhile = match route.on_tls_failure {
        OnTlsFailure::Defer => "Meanwhile its mail waits (451 4.7.5).",
        OnTlsFailure::Bounce => "Meanwhile its mail is returned (550 5.7.5).",
    };
    match asks {
        true => format!("{meanwhile} To set {key} = false for this route is discouraged: {consequence}."),
        false => meanwhile.to_owned(),
    }
}
