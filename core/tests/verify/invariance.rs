//! Neither the chunks nor the order of the answers have a say in the report.

use std::collections::BTreeSet;

use passerelle::verify::{Envelope, Event, Input, Report, Verification};
use passerelle::{Machine, Now, Output, Transcript};
use proptest::prelude::*;

use crate::world::{MESSAGE, NOW, envelope, report_with, settings, signed, transcript};

/// Drives a verification with chunks that end at `cuts`; before each chunk, and until all is answered after the last,
/// one of the open questions is answered, which one being up to `order`.
fn driven(message: &[u8], envelope: &Envelope, world: &Transcript, cuts: &[usize], order: &[usize]) -> Report {
    let now = Now::at(NOW);
    let mut verification = Verification::new(&settings(), envelope, now);
    let mut order = order.iter().cycle();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (message.len() + 1)).chain([0, message.len()]).collect();
    cuts.sort_unstable();
    let mut chunks = cuts.windows(2).map(|w| &message[w[0]..w[1]]);
    let (mut open, mut ended, mut early) = (Vec::new(), false, Vec::new());
    loop {
        match verification.poll() {
            Output::Ask(id, question) => open.push((id, question)),
            Output::Event(Event::Report(report)) => {
                agree(&early, &report);
                return *report;
            }
            Output::Event(event) => early.push(event),
            Output::Transmit(_) => panic!("a verification has no peer"),
            Output::Idle { .. } => {
                let pick = *order.next().unwrap();
                if !open.is_empty() && (ended || !pick.is_multiple_of(3)) {
                    let (id, question) = open.remove(pick % open.len());
                    verification.handle(now, Input::Answer(id, world.answer(&question))).unwrap();
                } else if let Some(chunk) = chunks.next() {
                    verification.handle(now, Input::Octets(chunk)).unwrap();
                } else {
                    assert!(!ended, "nothing is open, and there is no report");
                    ended = true;
                    verification.handle(now, Input::End).unwrap();
                }
            }
        }
    }
}

/// Every early result came once, and the report says the same.
fn agree(early: &[Event], report: &Report) {
    let mut seen = BTreeSet::new();
    // How they are aligned is known at the end alone.
    let mut report = report.clone();
    report.spf.aligned = None;
    report.spf_helo.iter_mut().for_each(|verdict| verdict.aligned = None);
    report.dkim.iter_mut().for_each(|verdict| verdict.aligned = None);
    for event in early {
        let (index, is_same) = match event {
            Event::Spf(verdict) => (0, *verdict == report.spf),
            Event::SpfHelo(verdict) => (0, Some(verdict) == report.spf_helo.as_ref()),
            Event::IpRev(verdict) => (0, Some(verdict) == report.iprev.as_ref()),
            Event::Header(section) => (0, section.author == report.dmarc.domain),
            Event::Signature { index, verdict } => (*index, Some(verdict) == report.dkim.get(*index)),
            other => panic!("{other:?}"),
        };
        assert!(is_same, "{event:?} is not what the report says: {report:?}");
        assert!(seen.insert((event.name(), index)), "{event:?} came twice");
    }
    let expected = 2 + usize::from(report.spf_helo.is_some()) + usize::from(report.iprev.is_some()) + report.dkim.len();
    assert_eq!(seen.len(), expected, "{early:?}");
}

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let intact = signed(MESSAGE, "harbour.example");
    let length = intact.len();
    let (again, elsewhere) = (intact.clone(), signed(MESSAGE, "elsewhere.example"));
    prop_oneof![
        Just(intact),
        Just(elsewhere),
        (0..length, any::<u8>()).prop_map(move |(at, octet)| {
            let mut changed = again.clone();
            changed[at] = octet;
            changed
        }),
        proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), Just(b'@'), any::<u8>()],
            0..200
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_chunks_and_any_order_of_answers_give_the_same_report(
        message in messages(),
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
        order in proptest::collection::vec(any::<usize>(), 1..40),
        null in any::<bool>(),
    ) {
        let mut envelope = envelope();
        if null {
            envelope.mail_from = Some(String::new());
        }
        let world = transcript("v=DMARC1; p=quarantine; sp=none");
        let expected = report_with(&message, &envelope, &world);
        let report = driven(&message, &envelope, &world, &cuts, &order);
        prop_assert_eq!(report.to_json(), expected.to_json());
    }
}

#[test]
fn octet_by_octet() {
    let message = signed(MESSAGE, "harbour.example");
    let world = transcript("v=DMARC1; p=reject");
    let cuts: Vec<usize> = (0..message.len()).collect();
    let report = driven(&message, &envelope(), &world, &cuts, &[0]);
    assert_eq!(report.to_json(), report_with(&message, &envelope(), &world).to_json());
}
