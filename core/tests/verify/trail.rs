//! A host that wants no trail.

use passerelle::verify::{DmarcMode, verify};
use passerelle::{Now, Step};

use crate::world::{MESSAGE, NOW, envelope, report, settings, signed, transcript};

#[test]
fn without_a_trail_the_report_is_the_same_but_for_that() {
    let (message, world) = (signed(MESSAGE, "harbour.example"), transcript("v=DMARC1; p=reject"));
    let bare = settings().trail(false);
    let quiet = verify(&message, &envelope(), &bare, Now::at(NOW), |question| world.answer(question)).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&report(&message).to_json()).unwrap();
    assert!(json.as_object_mut().unwrap().remove("trail").is_some());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&quiet.to_json()).unwrap(), json);
}

/// Not only left out: no step is written, neither here nor in the verdicts.
#[test]
fn without_a_trail_no_verdict_has_one() {
    let (message, world) = (signed(MESSAGE, "elsewhere.example"), transcript("v=DMARC1; p=reject"));
    let modes = [
        DmarcMode::Rfc9989,
        #[cfg(feature = "psl")]
        DmarcMode::Both,
    ];
    for mode in modes {
        let bare = settings().trail(false).dmarc(mode);
        let report = verify(&message, &envelope(), &bare, Now::at(NOW), |question| world.answer(question)).unwrap();
        let trails = [&report.trail, &report.spf.trail, &report.dmarc.trail].into_iter();
        let trails = trails.chain(report.spf_helo.as_ref().map(|verdict| &verdict.trail));
        for trail in trails.chain(report.dmarc_rfc7489.as_ref().map(|verdict| &verdict.trail)) {
            assert!(trail.steps().is_empty() && trail.dropped() == 0, "{trail:?}");
        }
    }
}

#[test]
fn a_note_of_the_host_is_not_kept_either() {
    let now = Now::at(NOW);
    let mut verification = passerelle::verify::Verification::new(&settings().trail(false), &envelope(), now);
    verification.note(Step { step: "host".into(), outcome: "done".into(), why: "".into(), rfc: "".into() });
    assert!(!format!("{verification:?}").contains("\"host\""));
}
