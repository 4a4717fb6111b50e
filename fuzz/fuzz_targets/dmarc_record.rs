//! DMARC policy records (RFC 9989 §4.8) and the URIs in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::dmarc::{PolicyRecord, ReportUri, Standing, Subject};
use passerelle::limits::MAX_DMARC_IGNORED;

fuzz_target!(|text: &[u8]| {
    let record = PolicyRecord::parse(text);
    assert_eq!(record.is_some(), PolicyRecord::is_one(text));
    let (uris, faulty) = ReportUri::list(text);
    assert_eq!(uris.len() + faulty, text.split(|b| *b == b',').count());
    for uri in &uris {
        // What was read as a URI is one.
        assert_eq!(ReportUri::parse(uri.as_str().as_bytes()).as_ref(), Some(uri));
        assert!(!uri.scheme().is_empty());
    }

    let Some(record) = record else { return };
    assert!(record.ignored.len() <= MAX_DMARC_IGNORED);
    for subject in [Subject::Itself, Subject::Subdomain, Subject::NonExistent] {
        assert_eq!(record.policy_for(subject).is_none(), record.standing() == Standing::Unusable);
    }
    // An unknown tag behind all others changes nothing but the list of what was ignored.
    let longer = [text, b";zz=1"].concat();
    let mut again = PolicyRecord::parse(&longer).expect("it still begins with the version");
    again.ignored.clone_from(&record.ignored);
    assert_eq!(again, record);
});
