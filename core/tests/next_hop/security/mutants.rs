//! Faults that a table could have, some of them made by real MTAs: each breaks a law.

use passerelle::route::security::{
    Authority, Decision, Demand, Destination, Dnssec, Encryption, Inputs, Level, Overrides, Published, Security, Skip,
    Sts, Tlsa, decide,
};

use super::laws::{Table, broken};

/// A fault and the law that catches it.
fn caught(fault: &str, table: Table<'_>) {
    assert!(broken(table).is_some(), "no law is broken where {fault}");
}

/// The table with its inputs seen otherwise.
fn seen(change: impl Fn(&mut Inputs)) -> impl Fn(&Inputs) -> Decision {
    move |inputs| {
        let mut inputs = *inputs;
        change(&mut inputs);
        decide(&inputs)
    }
}

/// The table with its connections made otherwise.
fn made(change: impl Fn(&Inputs, &mut Security)) -> impl Fn(&Inputs) -> Decision {
    move |inputs| match decide(inputs) {
        Decision::Connect(mut security) => {
            change(inputs, &mut security);
            Decision::Connect(security)
        }
        skip => skip,
    }
}

#[test]
fn a_failed_tlsa_look_up_is_taken_for_none() {
    caught(
        "SERVFAIL reads as no TLSA",
        &seen(|inputs| {
            if inputs.tlsa == Tlsa::Failed {
                inputs.tlsa = Tlsa::Absent;
            }
        }),
    );
}

#[test]
fn mta_sts_overrides_dane() {
    caught(
        "the policy's word counts instead of TLSA records",
        &made(|inputs, security| {
            if inputs.sts == Sts::Enforce && security.published == Published::Dane {
                security.published = Published::MtaSts;
            }
        }),
    );
}

#[test]
fn a_testing_policy_is_enforced() {
    caught(
        "testing is enforced",
        &seen(|inputs| {
            inputs.sts = match inputs.sts {
                Sts::Testing => Sts::Enforce,
                Sts::TestingUnlisted => Sts::EnforceUnlisted,
                other => other,
            };
        }),
    );
}

#[test]
fn tls_required_no_lifts_what_the_route_asks_for() {
    caught(
        "the sender lowers the route",
        &seen(|inputs| {
            if inputs.tls_required_no && !inputs.requiretls {
                inputs.route = Demand::MAY;
            }
        }),
    );
}

#[test]
fn tls_required_no_counts_beside_requiretls() {
    caught(
        "the field counts with REQUIRETLS",
        &seen(|inputs| {
            if inputs.tls_required_no {
                inputs.overrides = Overrides { dane: true, mta_sts: true };
            }
        }),
    );
}

#[test]
fn a_destination_with_until_lowers_dane() {
    caught(
        "a local exception lifts DANE",
        &seen(|inputs| {
            if inputs.destination.is_some_and(|destination| destination.lowers) {
                inputs.overrides.dane = true;
            }
        }),
    );
}

#[test]
fn an_override_of_dane_lifts_mta_sts_too() {
    caught("dane lifts mta-sts", &seen(|inputs| inputs.overrides.mta_sts |= inputs.overrides.dane));
}

#[test]
fn unusable_records_count_as_none() {
    caught(
        "unusable records leave clear text",
        &seen(|inputs| {
            if inputs.tlsa == Tlsa::Unusable {
                inputs.tlsa = Tlsa::Absent;
            }
        }),
    );
}

#[test]
fn records_behind_an_insecure_mx_count() {
    caught(
        "an insecure MX set leads to DANE",
        &seen(|inputs| {
            if inputs.dnssec == Dnssec::InsecureMx {
                inputs.dnssec = Dnssec::Secure;
            }
        }),
    );
}

#[test]
fn requiretls_is_content_with_an_authority_for_whatever_name() {
    caught("any certificate of an authority meets REQUIRETLS", &|inputs: &Inputs| match decide(inputs) {
        Decision::Skip(Skip::RequireTls) if inputs.local().authority == Authority::Ca => {
            decide(&Inputs { destination: Some(Destination { demand: Demand::VERIFY, lowers: true }), ..*inputs })
        }
        other => match other {
            Decision::Connect(security) if inputs.requiretls && security.authority == Authority::Host => {
                Decision::Connect(Security { authority: Authority::Ca, ..security })
            }
            other => other,
        },
    });
}

#[test]
fn requiretls_refuses_what_dane_verifies() {
    caught("REQUIRETLS wants an authority", &|inputs: &Inputs| match decide(inputs) {
        Decision::Connect(security) if inputs.requiretls && security.authority < Authority::Host => {
            Decision::Skip(Skip::RequireTls)
        }
        other => other,
    });
}

#[test]
fn clear_text_follows_a_failure_at_encrypt() {
    caught(
        "a failed handshake at encrypt ends in clear text",
        &made(|_, security| {
            if security.permits_unverified() && !security.requiretls {
                security.encryption = Encryption::May;
            }
        }),
    );
}

#[test]
fn dane_only_without_records_is_as_dane() {
    caught(
        "dane-only goes on without records",
        &seen(|inputs| {
            if let Some(destination) = &mut inputs.destination
                && destination.demand.dane
                && inputs.tlsa == Tlsa::Absent
            {
                destination.demand = Level::Dane.demand();
            }
        }),
    );
}

#[test]
fn a_rule_stands_in_place_of_the_route() {
    caught(
        "require_tls of a rule replaces the route's demand",
        &seen(|inputs| {
            if inputs.rule {
                inputs.route = Demand::MAY;
            }
        }),
    );
}

#[test]
fn credentials_go_to_whoever_answers() {
    caught("a password goes out unverified", &seen(|inputs| inputs.credentials = false));
}

#[test]
fn a_host_that_the_policy_does_not_list_is_connected_to() {
    caught(
        "the certificate is verified and the MX name is not",
        &seen(|inputs| {
            if inputs.sts == Sts::EnforceUnlisted {
                inputs.sts = Sts::Enforce;
            }
        }),
    );
}

#[test]
fn what_is_asked_for_here_is_dropped_where_dane_verifies() {
    caught(
        "DANE takes the place of the route's demand",
        &made(|_, security| {
            if security.published == Published::Dane {
                security.authority = Authority::Nothing;
            }
        }),
    );
}

#[test]
fn a_weaker_destination_without_until_lowers() {
    caught(
        "a destination lowers without saying until when",
        &seen(|inputs| {
            if let Some(destination) = &mut inputs.destination {
                destination.lowers = true;
            }
        }),
    );
}

#[test]
fn requiretls_is_not_asked_of_the_host() {
    caught("REQUIRETLS ends at our side", &made(|_, security| security.requiretls = false));
}
