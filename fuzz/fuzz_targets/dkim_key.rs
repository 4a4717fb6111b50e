//! DKIM key records.
#![no_main]

use passerelle::crypto::KeyType;
use passerelle::dkim::{KeyRecord, KeyRecordError, Terms};
use passerelle::tags::TagList;
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &[u8]| {
    check(text);
    check(&[b"k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; ", text].concat());
    check(&[b"v=DKIM1; p=; ", text].concat());
});

fn check(text: &[u8]) {
    let Ok(record) = KeyRecord::parse(text) else { return };
    let tags = TagList::parse(text).expect("a key record is a list of tags");
    assert_eq!(record.key.is_none(), tags.value("p").is_some_and(|p| p.trim_ascii().is_empty()));
    if let Some(key) = &record.key {
        assert_eq!(key.key_type(), record.key_type);
        assert!(key.bits() > 0 && (key.key_type() == KeyType::Rsa || key.bits() == 256));
        assert!(!key.verify_digest(&[0; 32], b""));
    }
    for key_type in [KeyType::Rsa, KeyType::Ed25519] {
        for identity_is_domain in [false, true] {
            let fits = record.allows_sha256
                && record.allows_email
                && record.key_type == key_type
                && (identity_is_domain || !record.strict);
            let key = record.key_for(&Terms { key_type, identity_is_domain });
            assert_eq!(key.ok(), record.key.as_ref().filter(|_| fits));
        }
    }

    // Folding white space may stand around every tag and inside `p=` (RFC 6376 §3.2, §3.6.1).
    let mut folded = Vec::new();
    for tag in tags.iter() {
        let spaced = tag.value.iter().flat_map(|b| if tag.name == "p" { vec![*b, b' '] } else { vec![*b] });
        folded.extend([b" ", tag.name.as_bytes(), b" =\r\n\t"].concat());
        folded.extend(spaced);
        folded.extend(b" ;");
    }
    assert_eq!(KeyRecord::parse(&folded).as_ref(), Ok(&record));
    // An unknown tag behind all others is ignored, unless it is one too many or there already.
    match KeyRecord::parse(&[&folded[..], b"zz_9=1"].concat()) {
        Ok(again) => assert_eq!(again, record),
        Err(error) => assert!(matches!(error, KeyRecordError::Tags(_)), "{error}"),
    }
}
