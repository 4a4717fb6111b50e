//! The TXT records of MTA-STS (RFC 8461 §3.1).
#![no_main]

use passerelle::Record;
use passerelle::limits::{MAX_STS_ID, MAX_STS_RECORD};
use passerelle::route::mta_sts::{StsRecord, StsRecordError};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let read = StsRecord::parse(text);
    // What is none by how it begins is discarded among others, and of the rest one alone may stand there.
    let records = [Record::Txt(b"v=spf1 -all".to_vec()), Record::Txt(text.to_vec())];
    assert_eq!(StsRecord::find(&records), read);
    if !matches!(read, Err(StsRecordError::None)) {
        assert!(text.starts_with(b"v=STSv1"));
        let twice = [Record::Txt(text.to_vec()), Record::Txt(text.to_vec())];
        assert_eq!(StsRecord::find(&twice), Err(StsRecordError::Several(2)));
    }

    let Ok(record) = read else { return };
    assert!(text.len() <= MAX_STS_RECORD && (1..=MAX_STS_ID).contains(&record.id.len()));
    assert!(record.id.bytes().all(|octet| octet.is_ascii_alphanumeric()));
    // An extension behind all others changes nothing.
    if text.len() + 6 <= MAX_STS_RECORD {
        let longer = [text.trim_ascii_end().strip_suffix(b";").unwrap_or(text), b"; a=b"].concat();
        assert_eq!(StsRecord::parse(&longer), Ok(record));
    }
});
