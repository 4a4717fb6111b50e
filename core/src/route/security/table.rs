//! The table written out: for tests over the whole of it, for people, and for other MTAs to be run against.
//!
//! It has a quarter of a million rows, and comes apart into three small ones, of which the third takes what the first two
//! give: what this side asks for (`local`), what is lifted (`lifted`), and what is done with the host (`hosts`). A test
//! composes them again and compares each row.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Authority, Decision, Demand, Destination, Dnssec, Encryption, Inputs, Level, Overrides, Published, Security, Skip,
    Sts, Tlsa, decide,
};

/// What a route can ask for: its three switches.
pub const ROUTES: [Demand; 4] = [Demand::MAY, Demand::ENCRYPT, Demand::CA, Demand::VERIFY];
/// What DNSSEC can say of the way to a host.
pub const DNSSEC: [Dnssec; 3] = [Dnssec::InsecureMx, Dnssec::InsecureAddresses, Dnssec::Secure];
/// What can come of the question for TLSA records.
pub const TLSA: [Tlsa; 4] = [Tlsa::Failed, Tlsa::Absent, Tlsa::Unusable, Tlsa::Usable];
/// What an MTA-STS policy can say.
pub const STS: [Sts; 5] = [Sts::None, Sts::Testing, Sts::TestingUnlisted, Sts::Enforce, Sts::EnforceUnlisted];
/// What can be lifted.
pub const OVERRIDES: [Overrides; 4] = [
    Overrides { dane: false, mta_sts: false },
    Overrides { dane: true, mta_sts: false },
    Overrides { dane: false, mta_sts: true },
    Overrides { dane: true, mta_sts: true },
];
const BOTH: [bool; 2] = [false, true];

/// What can be said of a destination: nothing, or each level, with an `until` or without.
pub fn destinations() -> impl Iterator<Item = Option<Destination>> {
    let said = Level::ALL
        .into_iter()
        .flat_map(|level| BOTH.map(|lowers| Some(Destination { demand: level.demand(), lowers })).into_iter());
    std::iter::once(None).chain(said)
}

/// The inputs that make up [`Inputs::local`], each combination once, the others at rest.
pub fn locals() -> impl Iterator<Item = Inputs> {
    ROUTES.into_iter().flat_map(|route| {
        BOTH.into_iter().flat_map(move |rule| {
            destinations().map(move |destination| Inputs { rule, destination, ..Inputs::of_route(route) })
        })
    })
}

/// These inputs with each combination of all the others.
pub fn with_others(local: Inputs) -> impl Iterator<Item = Inputs> {
    let ways = DNSSEC.into_iter().flat_map(|dnssec| TLSA.map(|tlsa| (dnssec, tlsa)));
    ways.flat_map(move |(dnssec, tlsa)| {
        STS.into_iter().flat_map(move |sts| {
            let sender = BOTH.into_iter().flat_map(|requiretls| BOTH.map(|no| (requiretls, no)));
            sender.flat_map(move |(requiretls, tls_required_no)| {
                OVERRIDES.into_iter().flat_map(move |overrides| {
                    BOTH.map(|credentials| Inputs {
                        credentials,
                        dnssec,
                        tlsa,
                        sts,
                        requiretls,
                        tls_required_no,
                        overrides,
                        ..local
                    })
                })
            })
        })
    })
}

/// Every combination of inputs.
pub fn inputs() -> impl Iterator<Item = Inputs> {
    locals().flat_map(with_others)
}

/// What this side can ask for in all, each once.
pub fn demands() -> Vec<Demand> {
    let mut demands = Vec::new();
    for demand in locals().map(|inputs| inputs.local()) {
        if !demands.contains(&demand) {
            demands.push(demand);
        }
    }
    demands
}

#[derive(Serialize)]
struct LocalRow {
    route: String,
    rule: &'static str,
    destination: Option<&'static str>,
    until: bool,
    local: String,
}

#[derive(Serialize)]
struct LiftedRow {
    requiretls: bool,
    tls_required_no: bool,
    #[serde(rename = "override")]
    overrides: Vec<&'static str>,
    lifted: Vec<&'static str>,
}

#[derive(Serialize)]
struct HostRow {
    local: String,
    lifted: Vec<&'static str>,
    dnssec: Dnssec,
    /// Absent where it is not asked for.
    tlsa: Option<Tlsa>,
    sts: Sts,
    requiretls: bool,
    then: Then,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Then {
    Connect {
        tls: Encryption,
        verify: Vec<&'static str>,
        credentials: bool,
        after_failure: &'static str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        report: bool,
    },
    Skip {
        skip: Skip,
        if_none_is_left: &'static str,
    },
}

/// The table as JSON, a row a line; `README` in it says how to read it.
pub fn to_json() -> String {
    const README: &str = "How a host is connected to. `local`: what the route, the rules, and a destination (with an until that is \
        not over: in their place) come to. `lifted`: what the sender's TLS-Required: No and a \
        destination's override take away. `hosts`: from these, from what DNSSEC, TLSA records and the MTA-STS policy say, and from REQUIRETLS: connect, \
        with TLS `none`, `may` or `encrypt`, every entry of `verify` holding; or skip the host. A route with `credentials` skips the host, too, where it is false. A row without tlsa is \
        one in which TLSA records are not asked for. Inputs that are combined are joined by `+`.";
    let locals: Vec<String> = local_rows().map(|row| line(&row)).collect();
    let lifted: Vec<String> = lifted_rows().map(|row| line(&row)).collect();
    let hosts: Vec<String> = host_rows().map(|row| line(&row)).collect();
    format!(
        "{{\"README\": {},\n\"local\": [\n{}],\n\"lifted\": [\n{}],\n\"hosts\": [\n{}]}}\n",
        line(&README),
        locals.join(",\n"),
        lifted.join(",\n"),
        hosts.join(",\n")
    )
}

fn line<T: Serialize>(value: &T) -> String {
    // Words, numbers and lists of them always serialize.
    serde_json::to_string(value).unwrap_or_default()
}

/// Every level of a destination by its word: `dane` and `may` are the same demand.
fn local_rows() -> impl Iterator<Item = LocalRow> {
    let words = std::iter::once((None, false))
        .chain(Level::ALL.into_iter().flat_map(|level| BOTH.map(|until| (Some(level), until))));
    ROUTES.into_iter().flat_map(move |route| {
        let words = words.clone();
        BOTH.into_iter().flat_map(move |rule| {
            words.clone().map(move |(level, until)| {
                let destination = level.map(|level| Destination { demand: level.demand(), lowers: until });
                LocalRow {
                    route: route.words(),
                    rule: if rule { "encrypt" } else { "may" },
                    destination: level.map(Level::as_str),
                    until,
                    local: Inputs { rule, destination, ..Inputs::of_route(route) }.local().words(),
                }
            })
        })
    })
}

fn names(overrides: Overrides) -> Vec<&'static str> {
    let names = [(overrides.dane, "dane"), (overrides.mta_sts, "mta-sts")];
    names.into_iter().filter(|(is_lifted, _)| *is_lifted).map(|(_, name)| name).collect()
}

fn lifted_rows() -> impl Iterator<Item = LiftedRow> {
    BOTH.into_iter().flat_map(|requiretls| {
        BOTH.into_iter().flat_map(move |tls_required_no| {
            OVERRIDES.into_iter().map(move |overrides| {
                let inputs = Inputs { requiretls, tls_required_no, overrides, ..Inputs::of_route(Demand::MAY) };
                LiftedRow { requiretls, tls_required_no, overrides: names(overrides), lifted: names(inputs.lifted()) }
            })
        })
    })
}

/// The ways and what lies behind them that differ.
const WAYS: [(Dnssec, Option<Tlsa>); 6] = [
    (Dnssec::InsecureMx, None),
    (Dnssec::InsecureAddresses, None),
    (Dnssec::Secure, Some(Tlsa::Failed)),
    (Dnssec::Secure, Some(Tlsa::Absent)),
    (Dnssec::Secure, Some(Tlsa::Unusable)),
    (Dnssec::Secure, Some(Tlsa::Usable)),
];

/// Inputs that come to this demand and these things lifted.
fn inputs_of(local: Demand, lifted: Overrides, way: (Dnssec, Option<Tlsa>), sts: Sts, requiretls: bool) -> Inputs {
    Inputs {
        destination: Some(Destination { demand: local, lowers: true }),
        dnssec: way.0,
        tlsa: way.1.unwrap_or(Tlsa::Absent),
        sts,
        requiretls,
        overrides: lifted,
        ..Inputs::of_route(Demand::MAY)
    }
}

fn host_rows() -> impl Iterator<Item = HostRow> {
    demands().into_iter().flat_map(|local| {
        OVERRIDES.into_iter().flat_map(move |lifted| {
            // A policy that is lifted is none.
            let policies = if lifted.mta_sts { &STS[..1] } else { &STS[..] };
            WAYS.into_iter().flat_map(move |way| {
                policies.iter().flat_map(move |&sts| {
                    BOTH.into_iter().map(move |requiretls| HostRow {
                        local: local.words(),
                        lifted: names(lifted),
                        dnssec: way.0,
                        tlsa: way.1,
                        sts,
                        requiretls,
                        then: then(decide(&inputs_of(local, lifted, way, sts, requiretls))),
                    })
                })
            })
        })
    })
}

fn then(decision: Decision) -> Then {
    match decision {
        Decision::Skip(skip) => Then::Skip { skip, if_none_is_left: if_none_is_left(skip) },
        Decision::Connect(security) => Then::Connect {
            tls: security.encryption,
            verify: checks(&security),
            credentials: security.verifies(),
            after_failure: after_failure(&security),
            report: security.sts_report,
        },
    }
}

/// What is said when no host is left.
fn if_none_is_left(skip: Skip) -> &'static str {
    match skip {
        Skip::TlsaFailed => "451 4.4.3",
        Skip::NoDane | Skip::Unlisted | Skip::Credentials => "451 4.7.5 or 550 5.7.5",
        Skip::RequireTls => "550 5.7.30",
    }
}

/// Everything that has to hold of the certificate.
fn checks(security: &Security) -> Vec<&'static str> {
    let mut checks = Vec::new();
    match security.published {
        Published::Nothing => {}
        Published::MtaSts => checks.push("ca+name: the MX host (mta-sts)"),
        Published::Dane => checks.push("dane"),
    }
    if security.fingerprint {
        checks.push("fingerprint");
    }
    match security.authority {
        Authority::Nothing => {}
        Authority::Ca => checks.push("ca"),
        Authority::Host => checks.push("ca+name: the host"),
        Authority::Domain => checks.push("ca+name: the recipient's domain or names"),
    }
    if security.requiretls {
        checks.push("requiretls offered");
    }
    checks
}

fn after_failure(security: &Security) -> &'static str {
    match (security.encryption, security.requiretls) {
        (Encryption::None, _) => "there is no TLS that could fail",
        (Encryption::May, _) => "clear text over a new connection",
        (Encryption::Encrypt, false) => "the next host, then 451 4.7.5 or 550 5.7.5",
        (Encryption::Encrypt, true) => "the next host, then 550 5.7.30",
    }
}

/// The table for people, in Markdown: `docs/security-table.md`.
pub fn to_markdown() -> String {
    let mut text = String::from(HEAD);
    text += "| route | ";
    let columns: Vec<_> = std::iter::once(None).chain(Level::ALL.map(Some)).collect();
    for level in &columns {
        text += &format!("{} | ", level.map_or("no destination", Level::as_str));
    }
    text += "\n|---|";
    text += &"---|".repeat(columns.len());
    for route in ROUTES {
        let _ = write!(text, "\n| {} | ", route.words());
        for level in &columns {
            let destination = level.map(|level| Destination { demand: level.demand(), lowers: false });
            let inputs = Inputs { destination, ..Inputs::of_route(route) };
            let _ = write!(text, "{} | ", inputs.local().words());
        }
    }
    text += MIDDLE;
    let levels = [
        Demand::NONE,
        Demand::MAY,
        Demand::ENCRYPT,
        Demand::CA,
        Demand::VERIFY,
        Demand::SECURE,
        Demand::FINGERPRINT,
        Demand::DANE_ONLY,
    ];
    for requiretls in BOTH {
        text += if requiretls { "\n\nWith REQUIRETLS:\n\n" } else { "\n\nWithout REQUIRETLS:\n\n" };
        text += "| TLSA records | MTA-STS | ";
        for local in levels {
            let _ = write!(text, "{} | ", local.words());
        }
        text += "\n|---|---|";
        text += &"---|".repeat(levels.len());
        for way in WAYS.into_iter().skip(1) {
            let tlsa = match way.1 {
                None => "not asked for",
                Some(Tlsa::Failed) => "look-up failed",
                Some(Tlsa::Absent) => "none",
                Some(Tlsa::Unusable) => "unusable",
                Some(Tlsa::Usable) => "usable",
            };
            for sts in STS {
                let sts_word = match sts {
                    Sts::None => "none",
                    Sts::Testing => "testing",
                    Sts::TestingUnlisted => "testing, not listed",
                    Sts::Enforce => "enforce",
                    Sts::EnforceUnlisted => "enforce, not listed",
                };
                let _ = write!(text, "\n| {tlsa} | {sts_word} | ");
                for local in levels {
                    let decision = decide(&inputs_of(local, Overrides::default(), way, sts, requiretls));
                    let _ = write!(text, "{} | ", cell(decision));
                }
            }
        }
    }
    text.replace("| \n", "|\n").trim_end().to_owned() + "\n"
}

fn cell(decision: Decision) -> String {
    let security = match decision {
        Decision::Skip(Skip::TlsaFailed) => return "skip: 4.4.3".into(),
        Decision::Skip(Skip::NoDane) => return "skip: no DANE".into(),
        Decision::Skip(Skip::Unlisted) => return "skip: not listed".into(),
        Decision::Skip(Skip::RequireTls) => return "skip: 5.7.30".into(),
        Decision::Skip(Skip::Credentials) => return "skip: credentials".into(),
        Decision::Connect(security) => security,
    };
    let mut parts = Vec::new();
    match security.published {
        Published::Nothing => {}
        Published::MtaSts => parts.push("ca+MX name"),
        Published::Dane => parts.push("dane"),
    }
    if security.fingerprint {
        parts.push("fingerprint");
    }
    match security.authority {
        Authority::Nothing => {}
        Authority::Ca => parts.push("ca"),
        Authority::Host => parts.push("ca+host name"),
        Authority::Domain => parts.push("ca+own names"),
    }
    let mut cell = match (parts.is_empty(), security.encryption) {
        (false, _) => parts.join(", "),
        (true, Encryption::None) => "clear text".into(),
        (true, Encryption::May) => "TLS if it works".into(),
        (true, Encryption::Encrypt) => "any TLS".into(),
    };
    if security.sts_report {
        cell += " (reported)";
    }
    cell
}

const HEAD: &str = "\
<!-- Written by route::security::table::to_markdown; a test keeps it current. -->
# Under which security a host is connected to

The rule is `route::security::decide`, and this page is made from it. `core/tests/security-table.json` has every row, in a form
that another MTA can be run against.

## What this side asks for

`none` < `may` < `encrypt` < `ca` < `verify` < `secure`; `encrypt` < `fingerprint` and `encrypt` < `dane-only`, which are beside the others: two demands of which
neither contains the other hold both (`verify+fingerprint`). `dane` is `may`: what TLSA records ask for holds anyway, and without records it is
below `encrypt`. A route's `verify_hostname` without `require_ca` proves nothing, and is `encrypt`. A rule's `require_tls` is `encrypt`.

A destination adds to what the route and the rules ask for. With an `until` that is not over it stands in their place, be it less or not.
Credentials go to verified peers alone, and nothing is sent without them: a route that has some skips every host of which the cell below names neither `dane`,
`fingerprint` nor a name.

";

const MIDDLE: &str = "


## What is lifted

A destination's `override = [\"dane\", \"mta-sts\"]`, with `until`, lifts what it names. `TLS-Required: No` lifts both, unless REQUIRETLS stands beside it. What is lifted
counts as not published; `dane-only` is a demand of this side, and holds.

## What is done with a host

TLSA records are asked for where the MX records and the host's addresses are secure. The columns are what this side asks for. *skip* means the next host;
where none is left, the reply is 451 4.4.3 after a failed look-up, 550 5.7.30 for REQUIRETLS, else 451 4.7.5 (with `on_tls_failure = \"bounce\"` 550 5.7.5).
Only where it says *TLS if it works* does clear text follow a failed handshake, over a new connection; only there and at *any TLS* may
a certificate be one that nobody verified. *Reported*: MTA-STS in mode `testing` is told what would have failed.";
