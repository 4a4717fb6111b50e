//! Domain names, as mail and as the DNS have them.
#![no_main]

use passerelle::Domain;
use passerelle::limits::{MAX_DOMAIN_LENGTH, MAX_LABEL_LENGTH};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(domain) = Domain::parse(text) {
        assert_eq!(Domain::parse(domain.as_str()).as_ref(), Ok(&domain));
        check(&domain);
    }
    if let Ok(domain) = Domain::from_dns(text) {
        check(&domain);
    }
});

fn check(domain: &Domain) {
    assert!(domain.as_str().len() <= MAX_DOMAIN_LENGTH && domain.as_str().is_ascii());
    assert!(domain.labels().all(|label| (1..=MAX_LABEL_LENGTH).contains(&label.len())));
    assert_eq!(Domain::from_dns(&format!("{domain}.")).as_ref(), Ok(domain));
    // Climbing to the top takes a step for each label.
    let mut name = Some(domain.clone());
    for count in (0..=domain.label_count()).rev() {
        assert_eq!(domain.suffix(count), name);
        assert!(name.as_ref().is_none_or(|name| domain.is_within(name)));
        name = name.and_then(|name| name.parent());
    }
    if let Some(unicode) = domain.to_unicode() {
        assert_ne!(unicode, domain.as_str());
    }
    if let Ok(longer) = domain.prepend("_dmarc") {
        assert_eq!(longer.parent().as_ref(), Some(domain));
    }
}
