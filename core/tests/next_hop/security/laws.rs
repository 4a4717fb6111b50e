//! The laws, each a question to one row of any table: the mutants are tables, too.

use passerelle::route::security::{
    Authority, Decision, Demand, Destination, Dnssec, Encryption, Inputs, Level, Overrides, Published, Security, Skip,
    Sts, Tlsa, decide, table,
};

pub(super) type Table<'a> = &'a dyn Fn(&Inputs) -> Decision;
type Law = fn(Table<'_>, &Inputs) -> bool;

pub(super) const LAWS: [(&str, Law); 16] = [
    ("a local demand never weakens what DANE, MTA-STS or REQUIRETLS ask for", local_demands_do_not_weaken),
    ("nothing weaker is chosen because an answer failed", failures_do_not_weaken),
    ("more security in any input never gives less in the output", more_never_gives_less),
    ("what this side asks for holds, whatever the message or the other side says", local_demands_hold),
    ("credentials go to verified peers alone", credentials_need_verification),
    ("TLS-Required: No is ignored with REQUIRETLS", requiretls_comes_first),
    ("REQUIRETLS needs verified TLS and a host that offers it", requiretls_is_met),
    ("REQUIRETLS refuses only where nothing verifies the host", requiretls_refuses_no_more_than_it_must),
    ("an override lifts what it names and nothing else", overrides_lift_by_name),
    ("clear text follows a failure only where nobody asks for TLS", clear_text_is_what_nobody_minds),
    ("usable TLSA records decide alone", dane_decides_alone),
    ("records behind an insecure way are not looked at", insecure_records_are_not_looked_at),
    ("a policy in mode testing changes nothing but the report", testing_asks_for_nothing),
    ("an unlisted host is not connected to under mode enforce", unlisted_hosts_are_skipped),
    ("what is published and heeded is asked for", the_published_is_asked_for),
    ("dane-only without usable records delivers nothing", dane_only_needs_records),
];

/// The first law that a table breaks, and a row that shows it.
pub(super) fn broken(table: Table<'_>) -> Option<(&'static str, Inputs)> {
    let broken_by = |inputs: Inputs| LAWS.iter().find(|(_, law)| !law(table, &inputs)).map(|(name, _)| (*name, inputs));
    table::inputs().find_map(broken_by)
}

#[test]
fn every_law_holds_over_the_whole_table() {
    assert_eq!(broken(&decide), None);
}

#[test]
fn the_table_is_total_and_has_a_row_for_each_combination() {
    assert_eq!(table::locals().count(), 4 * 2 * 17);
    assert_eq!(table::inputs().count(), table::locals().count() * 3 * 4 * 5 * 2 * 2 * 4 * 2);
}

fn connect(decision: Decision) -> Option<Security> {
    match decision {
        Decision::Connect(security) => Some(security),
        Decision::Skip(_) => None,
    }
}

/// `less` and `more` are both connections: then the second is no less. To skip stands outside the order.
fn no_less(less: Decision, more: Decision) -> bool {
    connect(less).zip(connect(more)).is_none_or(|(less, more)| more.is_at_least(&less))
}

/// Those on this side who have a say, each for itself; read from the issue and not from `Inputs::local`.
fn askers(inputs: &Inputs) -> Vec<Demand> {
    let mut askers = Vec::new();
    match inputs.destination {
        Some(Destination { demand, lowers: true }) => askers.push(demand),
        other => {
            askers.push(inputs.route);
            askers.extend(inputs.rule.then_some(Demand::ENCRYPT));
            askers.extend(other.map(|destination| destination.demand));
        }
    }
    askers
}

fn lifts_all(inputs: &Inputs) -> bool {
    inputs.tls_required_no && !inputs.requiretls
}

fn heeds_dane(inputs: &Inputs) -> bool {
    let asks = askers(inputs).iter().any(|demand| demand.dane);
    inputs.dnssec == Dnssec::Secure && (asks || !(inputs.overrides.dane || lifts_all(inputs)))
}

fn heeds_sts(inputs: &Inputs) -> bool {
    let overruled = heeds_dane(inputs) && inputs.tlsa == Tlsa::Usable;
    !(inputs.overrides.mta_sts || lifts_all(inputs) || overruled)
}

fn local_demands_do_not_weaken(table: Table<'_>, inputs: &Inputs) -> bool {
    // The least that this side can ask for.
    let least = Destination { demand: Demand::NONE, lowers: true };
    let others = Inputs { destination: Some(least), credentials: false, ..*inputs };
    match (table(&others), table(inputs)) {
        // Usable records decide alone, be they asked for on this side.
        (Decision::Skip(Skip::TlsaFailed | Skip::Unlisted), Decision::Connect(security)) => {
            security.published == Published::Dane
        }
        (without, with) => no_less(without, with),
    }
}

fn failures_do_not_weaken(table: Table<'_>, inputs: &Inputs) -> bool {
    let failed = table(&Inputs { tlsa: Tlsa::Failed, ..*inputs });
    table::TLSA.into_iter().all(|tlsa| no_less(table(&Inputs { tlsa, ..*inputs }), failed))
}

fn more_never_gives_less(table: Table<'_>, inputs: &Inputs) -> bool {
    let here = table(inputs);
    let mut above: Vec<Inputs> = Vec::new();
    above.extend(table::ROUTES.into_iter().filter(|r| *r > inputs.route).map(|route| Inputs { route, ..*inputs }));
    above.extend(table::DNSSEC.into_iter().filter(|d| *d > inputs.dnssec).map(|dnssec| Inputs { dnssec, ..*inputs }));
    above.extend(table::TLSA.into_iter().filter(|t| *t > inputs.tlsa).map(|tlsa| Inputs { tlsa, ..*inputs }));
    above.extend(table::STS.into_iter().filter(|s| *s > inputs.sts).map(|sts| Inputs { sts, ..*inputs }));
    above.push(Inputs { rule: true, ..*inputs });
    above.push(Inputs { credentials: true, ..*inputs });
    above.push(Inputs { requiretls: true, ..*inputs });
    above.push(Inputs { tls_required_no: false, ..*inputs });
    above.push(Inputs { overrides: Overrides { dane: false, ..inputs.overrides }, ..*inputs });
    above.push(Inputs { overrides: Overrides { mta_sts: false, ..inputs.overrides }, ..*inputs });
    let demands = Level::ALL.map(Level::demand).into_iter();
    match inputs.destination {
        None => {
            above.extend(demands.map(|demand| with(inputs, demand, false)));
        }
        Some(Destination { demand: least, lowers }) => {
            above.extend(demands.filter(|demand| *demand > least).map(|demand| with(inputs, demand, lowers)));
            // What lowered adds from now on.
            above.push(with(inputs, least, false));
        }
    }
    above.iter().all(|more| no_less(here, table(more)))
}

fn with(inputs: &Inputs, demand: Demand, lowers: bool) -> Inputs {
    Inputs { destination: Some(Destination { demand, lowers }), ..*inputs }
}

fn local_demands_hold(table: Table<'_>, inputs: &Inputs) -> bool {
    let Some(security) = connect(table(inputs)) else { return true };
    askers(inputs).iter().all(|demand| {
        security.encryption >= demand.encryption
            && security.authority >= demand.authority
            && security.fingerprint >= demand.fingerprint
            && (!demand.dane || security.published == Published::Dane)
    })
}

fn credentials_need_verification(table: Table<'_>, inputs: &Inputs) -> bool {
    if !inputs.credentials {
        return true;
    }
    let without = table(&Inputs { credentials: false, ..*inputs });
    match table(inputs) {
        Decision::Connect(security) => {
            security.verifies() && !security.permits_clear_text() && without == Decision::Connect(security)
        }
        Decision::Skip(Skip::Credentials) => connect(without).is_some_and(|security| !security.verifies()),
        skip => skip == without,
    }
}

fn requiretls_comes_first(table: Table<'_>, inputs: &Inputs) -> bool {
    !inputs.requiretls || table(inputs) == table(&Inputs { tls_required_no: !inputs.tls_required_no, ..*inputs })
}

fn requiretls_is_met(table: Table<'_>, inputs: &Inputs) -> bool {
    let Some(security) = connect(table(inputs)) else { return true };
    let verified =
        security.published > Published::Nothing || security.authority >= Authority::Host || security.fingerprint;
    !inputs.requiretls || (security.requiretls && security.encryption == Encryption::Encrypt && verified)
}

fn requiretls_refuses_no_more_than_it_must(table: Table<'_>, inputs: &Inputs) -> bool {
    if table(inputs) != Decision::Skip(Skip::RequireTls) {
        return true;
    }
    // The field counts for nothing here, so it must not for the comparison; nor are credentials what is asked about.
    let without = table(&Inputs { requiretls: false, tls_required_no: false, credentials: false, ..*inputs });
    inputs.requiretls && connect(without).is_some_and(|security| !security.verifies())
}

fn overrides_lift_by_name(table: Table<'_>, inputs: &Inputs) -> bool {
    let (dane, mta_sts) = (inputs.overrides.dane, inputs.overrides.mta_sts);
    let as_if_unpublished = Inputs {
        tlsa: if dane && !askers(inputs).iter().any(|demand| demand.dane) { Tlsa::Absent } else { inputs.tlsa },
        sts: if mta_sts { Sts::None } else { inputs.sts },
        overrides: Overrides::default(),
        ..*inputs
    };
    table(inputs) == table(&as_if_unpublished)
}

fn clear_text_is_what_nobody_minds(table: Table<'_>, inputs: &Inputs) -> bool {
    let permits = connect(table(inputs)).is_some_and(|security| security.permits_clear_text());
    let local = askers(inputs).iter().any(|demand| demand.encryption == Encryption::Encrypt);
    let dane = heeds_dane(inputs) && inputs.tlsa != Tlsa::Absent;
    let sts = heeds_sts(inputs) && matches!(inputs.sts, Sts::Enforce | Sts::EnforceUnlisted);
    !(permits && (local || dane || sts || inputs.requiretls))
}

fn dane_decides_alone(table: Table<'_>, inputs: &Inputs) -> bool {
    let decides = heeds_dane(inputs) && inputs.tlsa == Tlsa::Usable;
    !decides || table(inputs) == table(&Inputs { sts: Sts::None, ..*inputs })
}

fn insecure_records_are_not_looked_at(table: Table<'_>, inputs: &Inputs) -> bool {
    inputs.dnssec == Dnssec::Secure || table(inputs) == table(&Inputs { tlsa: Tlsa::Absent, ..*inputs })
}

fn testing_asks_for_nothing(table: Table<'_>, inputs: &Inputs) -> bool {
    if !matches!(inputs.sts, Sts::Testing | Sts::TestingUnlisted) {
        return true;
    }
    let quiet = |decision| match decision {
        Decision::Connect(security) => Decision::Connect(Security { sts_report: false, ..security }),
        skip => skip,
    };
    let reported = connect(table(inputs)).is_none_or(|security| security.sts_report == heeds_sts(inputs));
    reported && quiet(table(inputs)) == table(&Inputs { sts: Sts::None, ..*inputs })
}

fn unlisted_hosts_are_skipped(table: Table<'_>, inputs: &Inputs) -> bool {
    let is_unlisted = inputs.sts == Sts::EnforceUnlisted && heeds_sts(inputs);
    !is_unlisted || connect(table(inputs)).is_none()
}

fn the_published_is_asked_for(table: Table<'_>, inputs: &Inputs) -> bool {
    let Some(security) = connect(table(inputs)) else { return true };
    let expected = match (heeds_dane(inputs), inputs.tlsa, heeds_sts(inputs), inputs.sts) {
        (true, Tlsa::Usable, ..) => Published::Dane,
        (_, _, true, Sts::Enforce) => Published::MtaSts,
        _ => Published::Nothing,
    };
    let unusable = heeds_dane(inputs) && inputs.tlsa == Tlsa::Unusable;
    let needs_tls = unusable || expected > Published::Nothing;
    security.published == expected && (!needs_tls || security.encryption == Encryption::Encrypt)
}

fn dane_only_needs_records(table: Table<'_>, inputs: &Inputs) -> bool {
    let asked = askers(inputs).iter().any(|demand| demand.dane);
    let usable = inputs.dnssec == Dnssec::Secure && inputs.tlsa == Tlsa::Usable;
    !asked || usable || connect(table(inputs)).is_none()
}
