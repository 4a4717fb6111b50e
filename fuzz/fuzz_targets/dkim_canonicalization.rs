//! Canonicalization: the fast, streaming one and a naive one give the same octets.
#![no_main]

use passerelle::dkim::Canonicalization;
use passerelle::dkim::canonicalization::{Body, relaxed_field};
use passerelle_fuzz::chunks::{chunks, sizes_and_text};
use passerelle_fuzz::fuzz_target;
use passerelle_fuzz::naive;

fuzz_target!(|input: &[u8]| {
    let Some((sizes, text)) = sizes_and_text(input) else { return };
    for (algorithm, expected) in
        [(Canonicalization::Simple, naive::simple_body(text)), (Canonicalization::Relaxed, naive::relaxed_body(text))]
    {
        for sizes in [sizes, &[], &[1]] {
            let (mut body, mut found) = (Body::new(algorithm), Vec::new());
            for chunk in chunks(text, sizes) {
                body.push(chunk, &mut found);
                assert!(expected.starts_with(&found), "{algorithm}: octets went out too early");
            }
            body.finish(&mut found);
            assert_eq!(found, expected, "{algorithm}, in chunks of {sizes:?}");
        }
    }
    let mut found = Vec::new();
    relaxed_field(sizes, text, &mut found);
    assert_eq!(found, naive::relaxed_field(sizes, text));
});
