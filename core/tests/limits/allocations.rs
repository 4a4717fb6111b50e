//! How often the verification of a small message allocates.

use std::sync::Arc;

use passerelle::UnixTime;
use passerelle::crypto::SigningKey;
use passerelle::dkim::{DkimResult, KeyAnswer, Signer, Signing, Verifier, VerifyPolicy};
use passerelle::message::Header;
use passerelle::{Domain, Record, Records};

use crate::counting::measure;

/// The most allocations for one DKIM signature of a 10 KB message, key at hand, from the octets to the verdict.
/// The back end in Rust has its large numbers in memory of ours; that of AWS-LC is its own, and not counted.
const ALLOWED: usize = if cfg!(feature = "aws-lc-rs") { 60 } else { 200 };

#[test]
fn of_10_kilobytes() {
    let now = UnixTime(1_700_000_000);
    let key = SigningKey::from_pem(include_str!("../keys/rsa2048.pem")).expect("the test key is a key");
    // Read for the first time, so that reading it counts.
    let record = Records::from([Record::Txt(key.key_record().into_bytes())]);
    let signer = Signer::new(Domain::parse("example.com").unwrap()).key("sel", key).unwrap();
    let mut message = HEADER.replace('\n', "\r\n").into_bytes();
    while message.len() < 10_000 {
        message.extend_from_slice(b"A line of text like any other, and  one that changes \t when it is relaxed. \r\n");
    }
    let (header, body) = Header::split(&message);
    let mut signing = Signing::new(&Arc::new(signer), &header, now).unwrap();
    signing.body(body);
    let message = [signing.finish().unwrap(), message].concat();

    let (verdicts, count) = measure(|| {
        let (header, body) = Header::split(&message);
        let mut verifier = Verifier::new(&header, &VerifyPolicy::default(), now);
        let keys = verifier.key_requests().iter().map(|_| Some(KeyAnswer::of(&record))).collect();
        verifier.body(body);
        verifier.finish(keys)
    });
    assert_eq!(verdicts[0].result, DkimResult::Pass);
    println!("{} allocations, {} octets at most", count.allocations, count.peak);
    assert!(count.allocations <= ALLOWED, "{} allocations", count.allocations);
}

const HEADER: &str = "\
Received: from mx.example.net (mx.example.net [192.0.2.25]) by mail.example.org
 with ESMTPS id 4Zq8cK3x1Fz9sT1; Tue, 14 Nov 2023 22:13:21 +0000
From: Ann <ann@example.com>
To: Bob <bob@example.org>
Cc: carol@example.org
Subject: Ten kilobytes
Date: Tue, 14 Nov 2023 22:13:18 +0000
Message-ID: <1@example.com>
In-Reply-To: <0@example.org>
References: <0@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
X-Mailer: Example

";
