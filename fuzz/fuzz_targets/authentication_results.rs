//! Authentication-Results: what was read can be written and read again, what was put together can be read, and our own
//! name on somebody else's field does not get through.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use passerelle::limits::MAX_METHOD_RESULTS;
use passerelle::message::Header;
use passerelle::results::{AuthenticationResults, Leniency, MethodResult, forged, strip_forged};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(parsed) = AuthenticationResults::parse(input) {
        assert!(parsed.results.results().len() + parsed.skipped.len() <= MAX_METHOD_RESULTS + 1);
        assert_eq!(parsed.leniencies.contains(&Leniency::SkippedItem), !parsed.skipped.is_empty());
        written_and_read(&parsed.results);
    }
    section(input);
    if let Ok(field) = Field::arbitrary(&mut Unstructured::new(input)) {
        written_and_read(&field.build());
    }
});

/// Writes a field, and reads it.
fn written_and_read(results: &AuthenticationResults) {
    let field = results.to_field();
    assert!(field.ends_with("\r\n") && field.lines().all(|line| line.len() <= 998 && !line.trim().is_empty()));
    let (header, _) = Header::split(field.as_bytes());
    assert_eq!((header.fields().len(), header.is_over_limit()), (1, false), "{field:?} is more than one field");
    let Some(only) = header.fields().next() else { panic!("{field:?} is no field") };
    assert!(only.is("Authentication-Results") && !only.is_malformed());

    let again = AuthenticationResults::parse(only.value()).unwrap_or_else(|error| panic!("{error}: {field:?}"));
    assert_eq!(&again.results, results, "{field:?}");
    let odd = |leniency: &&Leniency| !matches!(leniency, Leniency::Underscore | Leniency::BareProperty);
    assert_eq!(again.leniencies.iter().find(odd), None, "{field:?}");
    // Whoever writes it under our name, we take it out.
    let id = results.authserv_id();
    assert!(forged(&only, id) || !id.contains(char::is_alphanumeric), "{field:?}");
}

/// A whole header section: what claims to be ours goes, everything else stays as it is.
fn section(octets: &[u8]) {
    const OURS: &str = "mx.b\u{fc}cher.example";
    let (header, _) = Header::split(octets);
    let Ok((clean, count)) = strip_forged(&header, &[OURS]) else { return };
    assert!(clean.fields().all(|field| !forged(&field, OURS)));
    let kept: Vec<_> = header.fields().filter(|field| !forged(field, OURS)).collect();
    assert!(kept.iter().copied().eq(clean.fields()) && kept.len() + count == header.fields().len());
    for field in kept {
        let results = AuthenticationResults::parse(field.value());
        if let (true, Ok(parsed)) = (field.is("Authentication-Results"), results) {
            let id = parsed.results.authserv_id().to_lowercase();
            assert!(id != OURS && id != "mx.xn--bcher-kva.example", "{field:?} was let through");
        }
    }
}

#[derive(Arbitrary)]
struct Field {
    id: String,
    results: Vec<Result>,
}

#[derive(Arbitrary)]
struct Result {
    words: [String; 2],
    version: Option<u32>,
    reason: Option<String>,
    properties: Vec<[String; 3]>,
}

impl Field {
    fn build(self) -> AuthenticationResults {
        let id = if self.id.is_empty() { "x" } else { &self.id };
        let mut field = AuthenticationResults::new(id);
        for Result { words: [method, result], version, reason, properties } in self.results.into_iter().take(20) {
            let mut built = MethodResult::new(&method, &result);
            if let Some(version) = version {
                built = built.with_version(version);
            }
            if let Some(reason) = reason {
                built = built.with_reason(&reason);
            }
            for [ptype, property, value] in properties.iter().take(20) {
                built = built.with_property(ptype, property, value);
            }
            field.push(built);
        }
        field
    }
}
