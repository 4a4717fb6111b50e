//! Whom readers may take for the author: no plain reader contradicts what is certain, and the candidates hold what each finds.
#![no_main]

use passerelle::limits::{Limits, MAX_AUTHOR_CANDIDATES};
use passerelle::message::{Authorship, Candidates, Header, HeaderReader, authorship};
use passerelle_fuzz::fuzz_target;
use passerelle_fuzz::naive;

fuzz_target!(|message: &[u8]| {
    let (header, _) = Header::split(message);
    let found = authorship(&header);
    let read = naive::authors(message);
    match &found {
        Authorship::Certain(author) => {
            let domain = author.domain.as_str();
            assert!(read.iter().all(|name| name == domain), "{domain} is certain, and readers find {read:?}");
        }
        Authorship::Candidates(candidates, why) => {
            let known: Vec<&str> = candidates.domains().iter().map(|domain| domain.as_str()).collect();
            assert!(read.iter().all(|name| known.contains(&&**name)), "{known:?} ({why}), and readers find {read:?}");
            assert!(!candidates.domains().is_empty() && !candidates.has_more());
        }
        Authorship::Incomplete(candidates, _) => {
            assert!(!candidates.has_more() || candidates.domains().len() == MAX_AUTHOR_CANDIDATES);
        }
        Authorship::None(why) => assert!(read.is_empty(), "nobody ({why}), and readers find {read:?}"),
    }
    // A section of which nothing is kept shows the same, whatever the chunks.
    let limits = Limits::default().header_size(0);
    let mut reader = HeaderReader::within(&limits);
    let (first, rest) = message.split_at(message.len() / 3);
    reader.push(first);
    for octet in rest {
        reader.push(std::slice::from_ref(octet));
    }
    let forgotten = reader.finish();
    assert_eq!(forgotten, Header::split_within(message, &limits).0);
    if let (Some(kept), Authorship::Incomplete(scanned, _)) = (candidates_of(&found), authorship(&forgotten)) {
        assert_eq!(kept, &scanned);
    } else if let (Authorship::Certain(author), Authorship::Incomplete(scanned, _)) = (&found, authorship(&forgotten)) {
        assert!(scanned.domains().contains(&author.domain) || scanned.has_more());
    }
});

fn candidates_of(found: &Authorship) -> Option<&Candidates> {
    match found {
        Authorship::Candidates(candidates, _) | Authorship::Incomplete(candidates, _) => Some(candidates),
        Authorship::Certain(_) | Authorship::None(_) => None,
    }
}
