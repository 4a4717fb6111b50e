//! Names that look like others: the report gives A-labels, and says so where a reader may see something else.

use passerelle::dmarc::DmarcResult;
use passerelle::verify::Report;

use crate::world::{evil, from_evil, report_in, step, txt, world};

/// Cyrillic а, р and е in the place of Latin letters.
const LOOKALIKE: &str = "h\u{430}\u{440}bour.\u{435}xample";
const LOOKALIKE_A_LABELS: &str = "xn--hbour-4ve6i.xn--xample-2of";

fn message(domain: &str) -> String {
    format!("From: Harbour <ceo@{domain}>\r\n\r\n")
}

/// Whether a report is in ASCII, but for the sign before the sections of RFCs.
fn is_plain(report: &Report) -> bool {
    report.to_json().replace('§', "").is_ascii()
}

#[test]
fn the_report_has_a_labels_and_the_trail_tells_of_the_letters() {
    for domain in [LOOKALIKE, LOOKALIKE_A_LABELS] {
        let report = report_in(
            &world(&[txt(&format!("_dmarc.{LOOKALIKE_A_LABELS}"), "v=DMARC1; p=reject")]),
            message(domain),
            &evil(),
        );
        assert_eq!(report.dmarc.domain.as_ref().unwrap().as_str(), LOOKALIKE_A_LABELS);
        assert_eq!(report.dmarc.result, DmarcResult::Fail);
        assert_eq!(
            step(&report, "dmarc author domain").unwrap(),
            format!(
                "internationalized: {LOOKALIKE_A_LABELS} may be shown as \
                 h\\u{{0430}}\\u{{0440}}bour.\\u{{0435}}xample, which may look like another name"
            )
        );
        assert!(is_plain(&report), "no letter of the name gets into the report");
        assert!(report.authentication_results.is_ascii());
    }
}

/// A name of plain letters needs no such step.
#[test]
fn plain_names_are_not_pointed_out() {
    assert_eq!(step(&from_evil(message("evil.example")), "dmarc author domain"), None);
}

#[test]
fn the_name_looked_alike_is_not_aligned() {
    let spoof = "From: ceo@harbour.example\r\n\r\n";
    let envelope = evil().mail_from(format!("ceo@{LOOKALIKE}"));
    let world = world(&[txt(LOOKALIKE_A_LABELS, "v=spf1 +all")]);
    let report = report_in(&world, spoof, &envelope);
    assert_eq!((report.spf.result.as_str(), report.dmarc.result), ("pass", DmarcResult::Fail));
    assert_eq!(report.spf.domain.unwrap().as_str(), LOOKALIKE_A_LABELS);
}

/// Letters that IDNA maps to others could be harbour.example for one program and no name for another: nobody is asked.
#[test]
fn full_width_and_mapped_letters_are_refused() {
    for domain in [
        "\u{ff48}arbour.example",
        "harbour\u{3002}example",
        "harbour\u{ff0e}example",
        "har\u{ad}bour.example",
        "har\u{200b}bour.example",
        "harbo\u{1d598}r.example",
        "\u{210b}arbour.example",
        "harbour\u{2024}example",
        "ha\u{202e}rbour.example",
    ] {
        let report = from_evil(message(domain));
        assert_eq!((report.dmarc.result, &report.dmarc.domain), (DmarcResult::PermError, &None), "{domain:?}");
        assert!(is_plain(&report), "{}", report.to_json());
    }
}

/// A-labels that stand for nothing, or for plain letters, are names like any other, and show no letters.
#[test]
fn labels_that_only_claim_to_be_internationalized() {
    for domain in ["xn--a.example", "xn--harbour-.example", "xn--99999999.example"] {
        let report = from_evil(message(domain));
        assert_ne!(report.dmarc.result, DmarcResult::Pass, "{domain}");
        assert_eq!(step(&report, "dmarc author domain").filter(|step| step.starts_with("internat")), None, "{domain}");
    }
}
