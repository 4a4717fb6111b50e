//! Domain names: what reading them means, and how they relate.

use passerelle::limits::{MAX_DOMAIN_LENGTH, MAX_LABEL_LENGTH};
use passerelle::{Domain, DomainError};
use proptest::prelude::*;

fn label() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-z0-9_-]{1,8}", 1 => "[a-z0-9]{60,63}"]
}

/// Valid names of one to twelve labels, in lower case.
fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(label(), 1..12)
        .prop_map(|l| l.join("."))
        .prop_filter("too long", |n| n.len() <= MAX_DOMAIN_LENGTH)
}

/// Names over two labels, which are often below one another.
fn near() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "ba"]), 1..5).prop_map(|labels| labels.join("."))
}

/// Text that comes close to a name, or is anything at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[a-zA-Z0-9._\\-éßäøıſﬀ。\u{300}\u{200d} @]{0,40}",
        "[a-z.]{240,270}",
        "(xn--[a-z0-9]{0,10}\\.){1,3}[a-z]{2}",
        prop::collection::vec("[α-ωа-яぁ-ん一-龥א-ת]{1,5}", 1..4).prop_map(|labels| labels.join(".")),
    ]
}

fn check(domain: &Domain) {
    let text = domain.as_str();
    assert!(text.is_ascii() && !text.is_empty() && text.len() <= MAX_DOMAIN_LENGTH);
    assert!(!text.bytes().any(|b| b.is_ascii_uppercase()));
    assert!(domain.labels().all(|label| (1..=MAX_LABEL_LENGTH).contains(&label.len())));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Whatever is read is in one form, and reading that form again gives it back.
    #[test]
    fn parsing_is_idempotent_and_never_panics(text in text()) {
        for domain in [Domain::parse(&text), Domain::from_dns(&text)].into_iter().flatten() {
            check(&domain);
            prop_assert_eq!(Domain::from_dns(domain.as_str()), Ok(domain.clone()));
            prop_assert_eq!(Domain::from_dns(&format!("{domain}.")), Ok(domain.clone()));
            prop_assert!(domain.to_unicode().is_none_or(|unicode| unicode != domain.as_str()));
        }
        if let Ok(domain) = Domain::parse(&text) {
            prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain.clone()));
            prop_assert!(text.is_ascii() == (domain.as_str().eq_ignore_ascii_case(text.strip_suffix('.').unwrap_or(&text))));
        }
    }

    /// U-labels and the A-labels they stand for are the same name.
    #[test]
    fn unicode_there_and_back(labels in prop::collection::vec("[α-ωа-яぁ-ん一-龥]{1,5}", 1..4)) {
        let text = labels.join(".");
        let domain = Domain::parse(&text).unwrap();
        prop_assert!(domain.labels().all(|label| label.starts_with("xn--")));
        prop_assert_eq!(domain.to_unicode(), Some(text));
    }

    #[test]
    fn case_and_the_trailing_dot_do_not_count(name in name()) {
        let domain = Domain::parse(&name).unwrap();
        prop_assert_eq!(domain.as_str(), &name);
        prop_assert_eq!(Domain::parse(&name.to_ascii_uppercase()), Ok(domain.clone()));
        prop_assert_eq!(Domain::parse(&format!("{name}.")), Ok(domain));
        prop_assert_eq!(Domain::parse(&format!("{name}..")).is_err(), true);
    }

    #[test]
    fn labels_and_suffixes(name in name()) {
        let domain = Domain::parse(&name).unwrap();
        let labels: Vec<&str> = name.split('.').collect();
        prop_assert_eq!(domain.labels().collect::<Vec<_>>(), labels.clone());
        prop_assert_eq!(domain.label_count(), labels.len());
        prop_assert_eq!(domain.suffix(0), None);
        prop_assert_eq!(domain.suffix(labels.len() + 1), None);
        for count in 1..=labels.len() {
            let suffix = domain.suffix(count).unwrap();
            prop_assert_eq!(suffix.as_str(), labels[labels.len() - count..].join("."));
            prop_assert!(domain.is_within(&suffix));
            prop_assert_eq!(suffix.is_within(&domain), count == labels.len());
            prop_assert_eq!(suffix.parent(), domain.suffix(count - 1));
        }
    }

    /// `is_within` is what comparing labels from the right says.
    #[test]
    fn within_is_by_labels(a in near(), b in near()) {
        let (low, high) = (Domain::parse(&a).unwrap(), Domain::parse(&b).unwrap());
        let (mut a, mut b) = (a.split('.').rev(), b.split('.').rev());
        let naive = b.by_ref().all(|label| a.next() == Some(label));
        prop_assert_eq!(low.is_within(&high), naive);
        if low.is_within(&high) && high.is_within(&low) {
            prop_assert_eq!(low, high);
        }
    }

    #[test]
    fn prepending_is_undone_by_the_parent(name in name(), front in label()) {
        let domain = Domain::parse(&name).unwrap();
        match domain.prepend(&front) {
            Ok(longer) => {
                check(&longer);
                prop_assert_eq!(longer.parent(), Some(domain.clone()));
                prop_assert!(longer.is_within(&domain) && !domain.is_within(&longer));
            }
            Err(why) => {
                prop_assert_eq!(why, DomainError::TooLong);
                prop_assert!(name.len() + 1 + front.len() > MAX_DOMAIN_LENGTH);
            }
        }
    }
}
