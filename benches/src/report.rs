//! The rows of whole reports: SPF, DKIM and DMARC of a message, with every answer at hand.

use std::collections::HashMap;
use std::hint::black_box;

use passerelle::dkim::Canonicalization::Relaxed;
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Answer, DnsAnswer, Now, Question, Record, RecordType, Status};

use crate::floor::Floor;
use crate::mail::{self, Kind, SIZES};
use crate::measure::Way;
use crate::table::{Row, Table};
use crate::zone::{LISTED, Zone};

/// Measures them all.
pub fn rows(table: &mut Table<'_>) {
    for (size, octets) in SIZES.into_iter().take(2) {
        let work = format!("report, {size}, plain");
        if table.has(&work) {
            row(table, work, octets);
        }
    }
}

fn row(table: &mut Table<'_>, work: String, octets: usize) {
    let message = mail::signed(Kind::Text, octets, Relaxed, 1);
    let (floor, host) = (Floor::new(&message), Host::new());
    let with = Settings::new("mx.example.org").check_iprev(false).check_helo(false);
    let without = with.clone().trail(false);
    assert_eq!(host.report(&message, &with).dmarc.domain.as_ref().map(|domain| domain.as_str()), Some("example.com"));
    let ways = vec![
        Way::new("floor", || floor.verify(black_box(&message))),
        Way::new("passerelle", || host.report(black_box(&message), &with)),
        Way::new("without a trail", || host.report(black_box(&message), &without)),
    ];
    table.add(Row { work, ways });
}

/// A host that has every answer in its cache.
struct Host {
    zone: Zone,
    texts: HashMap<&'static str, DnsAnswer>,
    envelope: Envelope,
}

impl Host {
    fn new() -> Self {
        let text = |text: &str| DnsAnswer::found([Record::Txt(text.as_bytes().to_vec())]);
        let texts = HashMap::from([
            ("sel._domainkey.example.com", text(&mail::key().key_record())),
            ("_dmarc.example.com", text("v=DMARC1; p=reject")),
        ]);
        let envelope = Envelope::new().ip(LISTED.ip.into()).helo(LISTED.helo).mail_from(LISTED.mail_from);
        Self { zone: Zone::new(), texts, envelope }
    }

    fn report(&self, message: &[u8], settings: &Settings) -> Report {
        let now = Now::at(mail::NOW.0);
        verify(message, &self.envelope, settings, now, |question| self.answer(question)).expect("every answer is there")
    }

    fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, RecordType::Txt) if self.texts.contains_key(name.as_str()) => Answer::Dns(
                self.texts.get(name.as_str()).cloned().unwrap_or_else(|| DnsAnswer::empty(Status::NxDomain)),
            ),
            other => self.zone.answer(other),
        }
    }
}
