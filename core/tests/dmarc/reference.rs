//! The tree walk against a naive one, on random DNS trees; and what must hold for any of them.

use std::collections::BTreeMap;

use passerelle::dmarc::{Aligned, Discover, Discovery, PolicyDiscovery, PolicyRecord, ReportUri};
use passerelle::evaluate::Reply;
use passerelle::{Evaluation, Machine, Now, Output, Question, QuestionId, Status};
use proptest::prelude::*;

use crate::zone::{Zone, domain};

/// What stands at one name: a psd tag, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Psd(char),
    Unsaid,
    Twice,
    Failing,
}

type Tree = BTreeMap<String, At>;

// --- The naive reference: RFC 9989 §4.10 and §4.10.2 in their own order, over lists of labels -------------------------

fn record(tree: &Tree, labels: &[&str]) -> Option<char> {
    match tree.get(&labels.join(".")) {
        Some(At::Psd(psd)) => Some(*psd),
        Some(At::Unsaid) => Some('u'),
        // Several records are all discarded; a failing query is only looked at once it has been filled in.
        Some(At::Twice | At::Failing) | None => None,
    }
}

/// The names at which the walk finds records, with their psd tags; the longest first.
fn naive_walk<'a>(tree: &Tree, start: &'a str) -> Vec<(Vec<&'a str>, char)> {
    let mut found = Vec::new();
    let mut target: Vec<&str> = start.split('.').collect();
    // Steps 1 and 2.
    if let Some(psd) = record(tree, &target) {
        found.push((target.clone(), psd));
        if psd != 'u' {
            return found;
        }
    }
    // Steps 3 and 4.
    let x = target.len();
    if x < 8 {
        target.remove(0);
    } else {
        while target.len() > 7 {
            target.remove(0);
        }
    }
    // Steps 5 to 7.
    while !target.is_empty() {
        if let Some(psd) = record(tree, &target) {
            found.push((target.clone(), psd));
            if psd != 'u' {
                return found;
            }
        }
        target.remove(0);
    }
    found
}

fn naive_organizational_domain(tree: &Tree, start: &str) -> String {
    let labels: Vec<&str> = start.split('.').collect();
    let found = naive_walk(tree, start);
    for (name, psd) in &found {
        // Rules 1 and 2.
        if *psd == 'n' {
            return name.join(".");
        }
        if *psd == 'y' && *name != labels {
            return labels[labels.len() - name.len() - 1..].join(".");
        }
    }
    // Rule 3, and what holds without any record.
    found.iter().min_by_key(|(name, _)| name.len()).map_or(start.to_owned(), |(name, _)| name.join("."))
}

/// RFC 9989 §4.10.1: the author domain, its organizational domain, its public suffix domain.
fn naive_policy_domain(tree: &Tree, author: &str) -> Option<String> {
    let organizational = naive_organizational_domain(tree, author);
    let found: Vec<(String, char)> = naive_walk(tree, author).into_iter().map(|(n, psd)| (n.join("."), psd)).collect();
    for wanted in [author, &organizational] {
        if found.iter().any(|(name, _)| name == wanted) {
            return Some(wanted.to_owned());
        }
    }
    found.into_iter().find(|(_, psd)| *psd == 'y').map(|(name, _)| name)
}

// --- Random trees ---------------------------------------------------------------------------------------------------

/// Names over two labels, so that they meet; some beyond the shortcut.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(vec!["a", "b"]), 1..5),
        1 => prop::collection::vec(prop::sample::select(vec!["a", "a", "a", "b"]), 6..11),
    ]
    .prop_map(|labels| labels.join("."))
}

fn at(failing: u32) -> impl Strategy<Value = At> {
    prop_oneof![
        3 => Just(At::Unsaid),
        1 => Just(At::Psd('y')),
        1 => Just(At::Psd('n')),
        1 => Just(At::Psd('u')),
        1 => Just(At::Twice),
        failing => Just(At::Failing),
    ]
}

/// An author, identifiers near it, and records at names above and below them.
fn case(failing: u32) -> impl Strategy<Value = (String, Vec<String>, Tree)> {
    (name(), prop::collection::vec((name(), 0..5usize), 0..4)).prop_flat_map(move |(author, seeds)| {
        // Prefixes put onto suffixes of the author domain: siblings, parents and children of all kinds.
        let labels: Vec<String> = author.split('.').map(Into::into).collect();
        let near = |(prefix, keep): (String, usize)| {
            let kept = &labels[labels.len().saturating_sub(keep)..];
            if kept.is_empty() { prefix } else { format!("{prefix}.{}", kept.join(".")) }
        };
        let candidates: Vec<String> = seeds.into_iter().map(near).collect();
        let mut sites: Vec<String> = Vec::new();
        for name in candidates.iter().chain([&author]) {
            let labels: Vec<&str> = name.split('.').collect();
            sites.extend((0..labels.len()).map(|skip| labels[skip..].join(".")));
        }
        sites.sort();
        sites.dedup();
        let tree = prop::collection::btree_map(prop::sample::select(sites), at(failing), 0..7);
        (Just(author), Just(candidates), tree)
    })
}

fn zone(tree: &Tree) -> Zone {
    let mut records = Vec::new();
    for (name, at) in tree {
        match at {
            At::Psd(psd) => records.push((name.as_str(), format!("v=DMARC1; p=reject; psd={psd}"))),
            At::Unsaid => records.push((name.as_str(), "v=DMARC1; p=reject".to_owned())),
            At::Twice => records.extend(vec![(name.as_str(), "v=DMARC1; p=none; psd=n".to_owned()); 2]),
            At::Failing => {}
        }
    }
    let records: Vec<(&str, &str)> = records.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let failing = tree.iter().filter(|(_, at)| **at == At::Failing);
    failing.fold(Zone::new(&records), |zone, (name, _)| zone.failing(name, Status::ServFail))
}

/// The tree with its failing names filled in, in every way.
fn completions(tree: &Tree) -> Vec<Tree> {
    let mut trees = vec![tree.clone()];
    for (name, _) in tree.iter().filter(|(_, at)| **at == At::Failing) {
        trees = trees
            .into_iter()
            .flat_map(|tree| {
                [None, Some(At::Unsaid), Some(At::Psd('y')), Some(At::Psd('n'))].map(|at| {
                    let mut tree = tree.clone();
                    match at {
                        Some(at) => tree.insert(name.clone(), at),
                        None => tree.remove(name),
                    };
                    tree
                })
            })
            .collect();
    }
    trees
}

fn discover(author: &str, candidates: &[String], tree: &Tree) -> (Discovery, Vec<String>) {
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    zone(tree).asked(author, &candidates)
}

fn policy_domain(discovery: &Discovery) -> Option<String> {
    match &discovery.policy {
        PolicyDiscovery::Found(applied) => Some(applied.domain.to_string()),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn agrees_with_the_naive_walk((author, candidates, tree) in case(0)) {
        let (discovery, _) = discover(&author, &candidates, &tree);
        prop_assert_eq!(policy_domain(&discovery), naive_policy_domain(&tree, &author));
        if policy_domain(&discovery).is_none() {
            prop_assert_eq!(discovery.policy, PolicyDiscovery::Absent);
            return Ok(());
        }
        let organizational = naive_organizational_domain(&tree, &author);
        if let Some(domain) = &discovery.organizational_domain {
            prop_assert_eq!(domain.as_str(), &organizational);
        }
        for candidate in candidates {
            let alignment = discovery.alignments.iter().find(|a| a.domain == domain(&candidate)).unwrap();
            let aligned = naive_organizational_domain(&tree, &candidate) == organizational;
            prop_assert_eq!(alignment.relaxed, if aligned { Aligned::Yes } else { Aligned::No }, "{}", candidate);
            prop_assert_eq!(alignment.strict, candidate == author);
        }
    }

    /// With failing queries, what is said to be certain is so however the failing names are filled in.
    #[test]
    fn certainty_is_certain((author, candidates, tree) in case(2)) {
        prop_assume!(tree.values().filter(|at| **at == At::Failing).count() <= 3);
        let (discovery, _) = discover(&author, &candidates, &tree);
        for tree in completions(&tree) {
            match &discovery.policy {
                PolicyDiscovery::Absent => prop_assert_eq!(naive_policy_domain(&tree, &author), None),
                PolicyDiscovery::Found(applied) => {
                    prop_assert_eq!(Some(applied.domain.to_string()), naive_policy_domain(&tree, &author));
                }
                _ => return Ok(()),
            }
            let organizational = naive_organizational_domain(&tree, &author);
            if let Some(domain) = &discovery.organizational_domain {
                prop_assert_eq!(domain.as_str(), &organizational);
            }
            for alignment in &discovery.alignments {
                let aligned = naive_organizational_domain(&tree, alignment.domain.as_str()) == organizational;
                prop_assert!(alignment.relaxed != if aligned { Aligned::No } else { Aligned::Yes }, "{:?}", alignment);
            }
        }
    }

    /// At most eight queries for the author domain, and eight more for each identifier.
    #[test]
    fn queries_are_few((author, candidates, tree) in case(1)) {
        let (_, asked) = discover(&author, &[], &tree);
        prop_assert!(asked.len() <= 8);
        let (_, all) = discover(&author, &candidates, &tree);
        prop_assert!(all.len() <= 8 * (1 + candidates.len()));
        prop_assert_eq!(&all[..asked.len()], &asked[..]);
    }

    /// The answers may come in any order, and it makes no difference.
    #[test]
    fn the_order_of_answers_does_not_matter(
        (author, candidates, tree) in case(1),
        order in prop::collection::vec(any::<prop::sample::Index>(), 64),
    ) {
        let (expected, _) = discover(&author, &candidates, &tree);
        let zone = zone(&tree);
        let request = Discover::new(domain(&author), candidates.iter().map(|c| domain(c)));
        let mut machine = Evaluation::new(request);
        let mut open: Vec<(QuestionId, Question)> = Vec::new();
        for index in order.iter().cycle().take(1000) {
            loop {
                match machine.poll() {
                    Output::Ask(id, question) => open.push((id, question)),
                    Output::Event(discovery) => {
                        prop_assert_eq!(discovery, expected);
                        return Ok(());
                    }
                    _ => break,
                }
            }
            let (id, question) = open.remove(index.index(open.len()));
            machine.handle(Now::default(), Reply::Answer(id, zone.answer(&question))).unwrap();
        }
        prop_assert!(false, "no verdict");
    }

    #[test]
    fn any_bytes_may_be_a_record(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let list = [b"v=DMARC1;", &tail[..]].concat();
        prop_assert!(PolicyRecord::parse(&list).is_some());
        prop_assert_eq!(PolicyRecord::parse(&tail).is_some(), PolicyRecord::is_one(&tail));
        let (uris, faulty) = ReportUri::list(&tail);
        prop_assert_eq!(uris.len() + faulty, tail.split(|b| *b == b',').count());
    }

    /// Records near the grammar: each tag's value is one of the tag's, or its default.
    #[test]
    fn records_near_the_grammar(
        tags in prop::collection::vec(
            (
                prop::sample::select(vec!["p", "sp", "np", "adkim", "aspf", "psd", "t", "rua", "fo", "pct", "x", "", "P"]),
                prop::sample::select(vec!["none", "reject", "r", "s", "y", "n", "u", "mailto:a@b", "0", "1:d", "", "\u{7f}"]),
            ),
            0..8,
        ),
    ) {
        let text = tags.iter().fold("v=DMARC1".to_owned(), |text, (name, value)| format!("{text}; {name}={value}"));
        let record = PolicyRecord::parse(text.as_bytes()).unwrap();
        let given = |name: &str| tags.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v).collect::<Vec<_>>();
        let policy = match given("p")[..] {
            ["none"] => Some("none"),
            ["reject"] => Some("reject"),
            _ => None,
        };
        prop_assert_eq!(record.p.map(|p| p.as_str()), policy);
        prop_assert_eq!(record.testing, given("t") == ["y"]);
        prop_assert_eq!(record.rua.len(), usize::from(given("rua") == ["mailto:a@b"]));
        prop_assert_eq!(record.fo.dkim, given("fo") == ["1:d"]);
    }
}
