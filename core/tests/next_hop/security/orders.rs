//! The orders of the inputs, and what single words come to.

use std::cmp::Ordering;

use passerelle::route::security::{
    Cause, Decision, Demand, Destination, Dnssec, Inputs, Level, Sts, Tlsa, causes, decide, table,
};

/// Reflexive, antisymmetric, transitive.
fn is_partial_order<T: PartialOrd + PartialEq + Copy + std::fmt::Debug>(all: &[T]) {
    for &a in all {
        assert_eq!(a.partial_cmp(&a), Some(Ordering::Equal), "{a:?}");
        for &b in all {
            assert_eq!(a.partial_cmp(&b), b.partial_cmp(&a).map(Ordering::reverse), "{a:?} {b:?}");
            assert_eq!(a == b, a.partial_cmp(&b) == Some(Ordering::Equal), "{a:?} {b:?}");
            for &c in all {
                assert!(!(a <= b && b <= c) || a <= c, "{a:?} {b:?} {c:?}");
            }
        }
    }
}

#[test]
fn every_input_is_partially_ordered() {
    is_partial_order(&table::demands());
    is_partial_order(&table::TLSA);
    is_partial_order(&table::STS);
    is_partial_order(&table::DNSSEC);
    let securities: Vec<_> = table::inputs()
        .step_by(97)
        .filter_map(|inputs| match decide(&inputs) {
            Decision::Connect(security) => Some(security),
            Decision::Skip(_) => None,
        })
        .step_by(37)
        .collect();
    assert!(securities.len() > 20);
    is_partial_order(&securities);
}

#[test]
fn dane_without_tlsa_records_is_below_encrypt() {
    assert!(Level::Dane.demand() < Level::Encrypt.demand());
    assert_eq!(Level::Dane.demand(), Level::May.demand());
}

#[test]
fn a_name_without_an_authority_proves_nothing() {
    assert_eq!(Demand::of_route(false, false, true), Demand::ENCRYPT);
    assert_eq!(Demand::of_route(true, false, true), Demand::ENCRYPT);
    assert!(!Demand::of_route(true, false, true).verifies());
}

#[test]
fn an_authority_or_a_name_implies_tls() {
    assert_eq!(Demand::of_route(false, true, false), Demand::CA);
    assert_eq!(Demand::of_route(false, true, true), Demand::VERIFY);
    assert_eq!(Demand::of_route(false, false, false), Demand::MAY);
    assert_eq!(Demand::of_route(true, false, false), Demand::ENCRYPT);
}

#[test]
fn fingerprint_and_authority_are_beside_each_other_and_hold_both() {
    let (a, b) = (Demand::FINGERPRINT, Demand::VERIFY);
    assert_eq!(a.partial_cmp(&b), None);
    let both = a.and(b);
    assert!(both > a && both > b);
    assert_eq!(both.words(), "verify+fingerprint");
}

#[test]
fn of_several_destinations_the_stricter_counts() {
    let lowering = Destination { demand: Demand::MAY, lowers: true };
    let other = Destination { demand: Demand::VERIFY, lowers: false };
    assert_eq!(lowering.and(other), other);
    assert_eq!(lowering.and(lowering), lowering);
}

#[test]
fn levels_are_known_by_their_words() {
    for level in Level::ALL {
        assert_eq!(Level::from_word(level.as_str()), Some(level));
    }
    assert_eq!(Level::from_word("may-be"), None);
}

#[test]
fn because_names_those_who_asked() {
    let route = Inputs::of_route(Demand::VERIFY);
    assert_eq!(causes(&route), [Cause::Route]);
    assert_eq!(
        causes(&Inputs { rule: true, requiretls: true, ..route }),
        [Cause::Route, Cause::Rule, Cause::RequireTls]
    );
    let dane =
        Inputs { dnssec: Dnssec::Secure, tlsa: Tlsa::Usable, sts: Sts::Enforce, ..Inputs::of_route(Demand::MAY) };
    assert_eq!(causes(&dane), [Cause::Dane], "usable records decide alone");
    assert_eq!(causes(&Inputs { tlsa: Tlsa::Unusable, ..dane }), [Cause::Dane, Cause::MtaSts]);
    assert_eq!(causes(&Inputs { dnssec: Dnssec::InsecureMx, ..dane }), [Cause::MtaSts]);
    assert_eq!(causes(&Inputs { sts: Sts::Testing, tlsa: Tlsa::Absent, ..dane }), []);
    let lowered = Inputs { destination: Some(Destination { demand: Demand::MAY, lowers: true }), ..route };
    assert_eq!(causes(&lowered), [Cause::Destination]);
}
