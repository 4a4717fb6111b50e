//! Policies: no text makes the reader panic, every finding has a place, and what is compiled can be proven or not without one.
#![no_main]

use std::sync::Arc;

use passerelle::UnixTime;
use passerelle::route::check;
use passerelle::route::policy::{AddressPattern, Glob, Policy};
use passerelle::route::prove::prove;
use passerelle_fuzz::fuzz_target;

/// Files that a document may name.
fn file(name: &str) -> Result<Vec<u8>, String> {
    let users = "[[user]]\nname = \"ann\"\nsenders = [\"ann@example.com\"]\n";
    match name {
        "users.toml" => Ok(users.into()),
        "secret" => Ok(b"open sesame, open sesame\n".to_vec()),
        "rules.toml" => Ok(b"[[rule]]\nname = \"included\"\ndo = { discard = true }\n".to_vec()),
        _ => Err("no such file".into()),
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(pattern) = AddressPattern::parse(text) {
        assert_eq!(AddressPattern::parse(&pattern.to_string()), Ok(pattern));
    }
    if let Some((pattern, text)) = text.split_once('\n').filter(|(pattern, text)| pattern.len() + text.len() < 1000) {
        let _ = Glob::new(pattern).matches(text);
    }
    let compiled = Policy::compile(text, &file);
    for finding in &compiled.findings {
        assert!(finding.line >= 1 && finding.column >= 1, "{finding}");
        assert!(finding.file.is_some() || finding.line <= text.matches('\n').count() + 1, "{finding}");
    }
    assert!(compiled.policy.is_some() || compiled.has_errors());
    let Some(policy) = compiled.policy else { return };
    assert_eq!(policy.version.len(), 32);
    assert!(!check::summary(&policy).is_empty());
    if policy.rules.len() < 20 && policy.routes.len() < 20 && policy.relays.len() < 20 {
        let laws = prove(&Arc::new(policy), UnixTime(1_795_867_200));
        assert!(laws.iter().all(|law| law.holds != law.counterexample.is_some()));
    }
});
