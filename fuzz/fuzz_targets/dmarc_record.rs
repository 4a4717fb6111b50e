//! DMARC policy records (RFC 9989 §4.8, RFC 7489 §6.4) and the URIs in them.
#![no_main]

use passerelle::dmarc::{PolicyRecord, ReportUri, Standard, Standing, Subject};
use passerelle::limits::MAX_DMARC_IGNORED;
use passerelle_fuzz::fuzz_target;

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
    // The same text by RFC 7489: it is one for both, and the older standard has fewer tags to say something with.
    let old = PolicyRecord::parse_by(Standard::Rfc7489, text).expect("it begins with the version");
    assert!(old.ignored.len() <= MAX_DMARC_IGNORED && old.pct.is_none_or(|pct| pct <= 100));
    assert!(old.np.is_none() && !old.testing && record.pct.is_none());
    // What both know they read alike, but for the place of p.
    assert!(old.p.is_none() || old.p == record.p);
    assert_eq!((&old.sp, &old.rua, old.adkim, old.aspf), (&record.sp, &record.rua, record.adkim, record.aspf));
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
