//! The pairs of the list's own tests.

use passerelle::Domain;
use passerelle::dmarc::rfc7489::{organizational_domain, public_suffix, registrable_domain};

use crate::support;

#[test]
fn the_lists_own_pairs() {
    let Some(folder) = support::suite("psl") else { return };
    let text = std::fs::read_to_string(folder.join("tests.txt")).unwrap();
    let (mut run, mut refused) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")) {
        let (input, expected) = line.split_once(' ').unwrap();
        run += 1;
        // `null` stands for no name at all, and a name with a dot in front is none.
        let Ok(name) = Domain::parse(input) else {
            assert_eq!(expected, "null", "{input}");
            refused.push(input);
            continue;
        };
        let expected = (expected != "null").then(|| Domain::parse(expected).unwrap());
        assert_eq!(registrable_domain(&name), expected, "{input}");
        assert_eq!(organizational_domain(&name), expected.unwrap_or_else(|| name.clone()), "{input}");
        assert!(organizational_domain(&name).is_within(&public_suffix(&name)), "{input}");
    }
    assert_eq!((run, refused), (78, vec![".com", ".example", ".example.com", ".example.example"]));
}
