//! SPF records: what is displayed reads as the same terms, and a second reader agrees about what they are.
#![no_main]

use passerelle::limits::{MAX_SPF_DOMAIN_SPEC, MAX_SPF_RECORD, MAX_SPF_TERMS};
use passerelle::spf::{DomainSpec, Mechanism, SpfRecord, TermKind};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|text: &[u8]| {
    check(text);
    // Most inputs are no record; behind the version they may be.
    check(&[b"v=spf1 ", text].concat());
    if let Ok(text) = str::from_utf8(text)
        && let Ok(spec) = DomainSpec::parse(text)
    {
        assert!(spec.as_str() == text && text.len() <= MAX_SPF_DOMAIN_SPEC);
        let record = format!("v=spf1 exists:{text} redirect={text}");
        assert!(text.contains(' ') || SpfRecord::parse(record.as_bytes()).is_ok());
    }
});

fn check(text: &[u8]) {
    let Ok(record) = SpfRecord::parse(text) else { return };
    assert!(SpfRecord::is_spf(text) && text.is_ascii() && text.len() <= MAX_SPF_RECORD);
    assert!(record.terms().len() <= MAX_SPF_TERMS);
    let words: Vec<&[u8]> = text[6..].split(|b| *b == b' ').filter(|word| !word.is_empty()).collect();
    assert!(record.terms().iter().map(|term| term.text.as_bytes()).eq(words.iter().copied()));
    for (term, word) in record.terms().iter().zip(&words) {
        kind(&term.kind, &String::from_utf8_lossy(word).to_ascii_lowercase());
    }
    assert_eq!(record.directives().count() + modifiers(&record), record.terms().len());

    let shown = record.to_string();
    let again = SpfRecord::parse(shown.as_bytes()).expect("what was read can be written");
    assert!(again.terms().iter().map(|term| term.kind).eq(record.terms().iter().map(|term| term.kind)));
    assert_eq!(again.to_string(), shown);
    assert_eq!((again.redirect(), again.explanation()), (record.redirect(), record.explanation()));
}

/// What a term is can be told from its beginning.
fn kind(kind: &TermKind<'_>, word: &str) {
    let name = word.trim_start_matches(['+', '-', '~', '?']);
    assert!(word.len() - name.len() <= 1, "two qualifiers");
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let expected = match kind {
        TermKind::Redirect(_) => "redirect",
        TermKind::Explanation(_) => "exp",
        TermKind::Unknown { name, .. } => {
            assert!(word.starts_with(&format!("{}=", name.to_ascii_lowercase())));
            return;
        }
        TermKind::Directive(_, mechanism) => match mechanism {
            Mechanism::All => "all",
            Mechanism::Include(_) => "include",
            Mechanism::A(..) => "a",
            Mechanism::Mx(..) => "mx",
            Mechanism::Ptr(_) => "ptr",
            Mechanism::Ip4(_, prefix) if *prefix <= 32 => "ip4",
            Mechanism::Ip6(_, prefix) if *prefix <= 128 => "ip6",
            Mechanism::Exists(_) => "exists",
            Mechanism::Ip4(..) | Mechanism::Ip6(..) => panic!("a prefix longer than the address: {word}"),
        },
    };
    assert_eq!(&name[..end], expected);
}

fn modifiers(record: &SpfRecord<'_>) -> usize {
    record.terms().iter().filter(|term| !matches!(term.kind, TermKind::Directive(..))).count()
}
