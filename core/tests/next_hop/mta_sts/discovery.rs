//! Which policy is in force, from records, files and the cache.

use std::collections::BTreeSet;

use passerelle::route::mta_sts::{self, Discovery, Mode, Problem, Source, StsRecordError};
use passerelle::route::security::Sts;
use passerelle::tls::ResultType;
use passerelle::{CachedPolicy, Question, RecordType, StsCache, StsError, UnixTime};

use crate::world::{domain, run, transcript};

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

fn file(mode: &str, mx: &str, max_age: u64) -> String {
    format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: {max_age}\n")
}

fn cache(id: &str, fetched: u64, policy: &str) -> StsCache {
    let mut cache = StsCache::new();
    cache.insert(domain("example.com"), CachedPolicy::new(id, UnixTime(fetched), policy));
    cache
}

fn discover(world: &str, cache: &StsCache, seed: u64) -> (Discovery, Vec<Question>) {
    let found = |answers: &mut _| mta_sts::discover(&domain("example.com"), cache, UnixTime(NOW), seed, answers);
    run(&transcript(world), found)
}

/// A world: the TXT records, or the status of the look-up; the policy file, or the error.
fn world(txt: &str, sts: &str) -> String {
    let txt = match txt {
        "" => String::new(),
        "NODATA" => r#"{"name": "_mta-sts.example.com", "type": "TXT"}"#.to_owned(),
        "SERVFAIL" | "TIMEOUT" | "NXDOMAIN" => {
            format!(r#"{{"name": "_mta-sts.example.com", "type": "TXT", "status": "{txt}"}}"#)
        }
        texts => {
            let texts: Vec<String> = texts.split('|').map(|text| format!("{text:?}")).collect();
            format!(r#"{{"name": "_mta-sts.example.com", "type": "TXT", "records": [{}]}}"#, texts.join(", "))
        }
    };
    let sts = match sts.strip_prefix("error ") {
        Some(error) => format!(r#"{{"error": "{error}"}}"#),
        None => format!("{sts:?}"),
    };
    format!(r#"{{"answers": [{txt}], "sts": {{"example.com": {sts}}}}}"#)
}

const V1: &str = "v=STSv1; id=1;";
const V2: &str = "v=STSv1; id=2;";

struct Case {
    name: &'static str,
    txt: &'static str,
    sts: String,
    cached: Option<(&'static str, u64, String)>,
    host: &'static str,
    source: Source,
    then: Sts,
    asks_policy: bool,
}

fn case(name: &'static str, txt: &'static str, sts: &str, then: Sts) -> Case {
    let source = if then == Sts::None { Source::Nowhere } else { Source::Fetched };
    let sts = sts.to_owned();
    Case { name, txt, sts, cached: None, host: "mail.example.com", source, then, asks_policy: true }
}

impl Case {
    fn cached(self, id: &'static str, age: u64, policy: String, source: Source) -> Self {
        Self { cached: Some((id, NOW - age, policy)), source, ..self }
    }

    fn from(self, source: Source) -> Self {
        Self { source, ..self }
    }

    fn asks_no_policy(self) -> Self {
        Self { asks_policy: false, ..self }
    }
}

fn cases() -> Vec<Case> {
    let enforce = || file("enforce", "mail.example.com", 7 * DAY);
    let other = || file("enforce", "mx.example.net", 7 * DAY);
    vec![
        case("a record and an enforcing policy that lists the host", V1, &enforce(), Sts::Enforce),
        case("an enforcing policy that lists another host", V1, &other(), Sts::EnforceUnlisted),
        case("a testing policy that lists the host", V1, &file("testing", "mail.example.com", DAY), Sts::Testing),
        case("a testing policy that lists another", V1, &file("testing", "mx.example.net", DAY), Sts::TestingUnlisted),
        case("mode none is no policy", V1, &file("none", "mail.example.com", DAY), Sts::None).from(Source::Fetched),
        case("a wildcard lists one label more", V1, &file("enforce", "*.example.com", DAY), Sts::Enforce),
        case("a wildcard does not list two labels more", V1, &file("enforce", "*.com", DAY), Sts::EnforceUnlisted),
        case("no record, no policy is asked for", "", &enforce(), Sts::None).asks_no_policy(),
        case("records of other kinds are no record", "v=spf1 -all", &enforce(), Sts::None).asks_no_policy(),
        case("two records are none", "v=STSv1; id=1;|v=STSv1; id=2;", &enforce(), Sts::None).asks_no_policy(),
        case("a malformed record is none", "v=STSv1; id=not-an-id;", &enforce(), Sts::None).asks_no_policy(),
        case("others beside the record do not count", "v=spf1 -all|v=STSv1; id=1;", &enforce(), Sts::Enforce),
        case("a failed look-up without a cache is no policy", "SERVFAIL", &enforce(), Sts::None).asks_no_policy(),
        case("a failed fetch without a cache is no policy", V1, "error fetch", Sts::None),
        case("a bad certificate of the policy host is no policy", V1, "error certificate", Sts::None),
        case("a redirect is not followed", V1, "error redirect", Sts::None),
        case("a malformed file is no policy", V1, "version: STSv1\nmode: enforce\n", Sts::None),
        case("the cached policy of the same id is not fetched", V1, "error fetch", Sts::Enforce)
            .cached("1", 60, enforce(), Source::Cached)
            .asks_no_policy(),
        case("another id has the new policy fetched", V2, &other(), Sts::EnforceUnlisted).cached(
            "1",
            60,
            enforce(),
            Source::Fetched,
        ),
        case("another id and a failed fetch keep the cached policy", V2, "error fetch", Sts::Enforce).cached(
            "1",
            60,
            enforce(),
            Source::Kept,
        ),
        case("another id and a malformed file keep the cached policy", V2, "nonsense", Sts::Enforce).cached(
            "1",
            60,
            enforce(),
            Source::Kept,
        ),
        case("another id and a bad certificate keep the cached policy", V2, "error certificate", Sts::Enforce).cached(
            "1",
            60,
            enforce(),
            Source::Kept,
        ),
        case("a failed look-up keeps the cached policy", "SERVFAIL", "error fetch", Sts::Enforce)
            .cached("1", 60, enforce(), Source::Kept)
            .asks_no_policy(),
        case("a look-up without an answer keeps it, too", "TIMEOUT", "error fetch", Sts::Enforce)
            .cached("1", 60, enforce(), Source::Kept)
            .asks_no_policy(),
        case("a record that is gone keeps the cached policy", "NXDOMAIN", "error fetch", Sts::Enforce)
            .cached("1", 60, enforce(), Source::Kept)
            .asks_no_policy(),
        case("so does one without data", "NODATA", "error fetch", Sts::Enforce)
            .cached("1", 60, enforce(), Source::Kept)
            .asks_no_policy(),
        case("a cached policy past max_age is none", "SERVFAIL", "error fetch", Sts::None)
            .cached("1", 7 * DAY, enforce(), Source::Nowhere)
            .asks_no_policy(),
        case("a cached policy past max_age is fetched anew", V1, &other(), Sts::EnforceUnlisted).cached(
            "1",
            7 * DAY,
            enforce(),
            Source::Fetched,
        ),
        case("one second before its end it is in force", "SERVFAIL", "error fetch", Sts::Enforce)
            .cached("1", 7 * DAY - 1, enforce(), Source::Kept)
            .asks_no_policy(),
        case("before its end it is fetched anew, with the same id", V1, &other(), Sts::EnforceUnlisted).cached(
            "1",
            6 * DAY,
            enforce(),
            Source::Fetched,
        ),
        case("where that fails it is kept", V1, "error status", Sts::Enforce).cached(
            "1",
            6 * DAY,
            enforce(),
            Source::Kept,
        ),
        case("a policy withdrawn by mode none is gone", V2, &file("none", "mail.example.com", DAY), Sts::None).cached(
            "1",
            60,
            enforce(),
            Source::Fetched,
        ),
        case("a cached policy that can't be read is none", "SERVFAIL", "error fetch", Sts::None)
            .cached("1", 60, "nonsense".into(), Source::Nowhere)
            .asks_no_policy(),
        case("one that was fetched in the future is fetched anew", V1, &other(), Sts::EnforceUnlisted)
            .cached("1", 0, enforce(), Source::Fetched)
            .fetched_later(),
    ]
}

impl Case {
    fn fetched_later(mut self) -> Self {
        if let Some((_, fetched, _)) = &mut self.cached {
            *fetched += 1000;
        }
        self
    }
}

#[test]
fn given_record_file_and_cache_then_this_policy_is_in_force() {
    let cases = cases();
    assert!(cases.len() >= 20);
    for case in cases {
        let cache = case.cached.map_or(StsCache::new(), |(id, fetched, policy)| cache(id, fetched, &policy));
        let (found, asked) = discover(&world(case.txt, &case.sts), &cache, 0);
        assert_eq!(found.of(&domain(case.host)), case.then, "{}: {found:?}", case.name);
        assert_eq!(found.source, case.source, "{}: {found:?}", case.name);
        let asks_policy = asked.iter().any(|question| matches!(question, Question::StsPolicy(_)));
        assert_eq!(asks_policy, case.asks_policy, "{}", case.name);
        assert_eq!(found.update.is_some(), case.source == Source::Fetched, "{}", case.name);
    }
}

#[test]
fn what_was_fetched_is_handed_back_and_serves_the_next_time() {
    let text = file("enforce", "mail.example.com", 7 * DAY);
    let (first, _) = discover(&world(V1, &text), &StsCache::new(), 0);
    let entry = first.update.unwrap();
    assert_eq!((&*entry.id, entry.fetched, &*entry.policy), ("1", UnixTime(NOW), &*text));
    let mut kept = StsCache::new();
    kept.insert(domain("example.com"), entry);
    // By way of the host's store.
    let kept = StsCache::parse(kept.to_json().as_bytes()).unwrap();
    let (second, asked) = discover(&world(V1, "error fetch"), &kept, 0);
    assert_eq!((second.source, second.policy), (Source::Cached, first.policy));
    assert_eq!(asked, [Question::Dns(domain("_mta-sts.example.com"), RecordType::Txt)]);
}

#[test]
fn each_failure_has_the_word_of_tls_reports() {
    for error in StsError::ALL {
        let (found, _) = discover(&world(V1, &format!("error {}", error.as_str())), &StsCache::new(), 0);
        assert_eq!(found.problem, Some(Problem::Fetch(error)));
        let expected = match error {
            StsError::Certificate => ResultType::StsWebpkiInvalid,
            StsError::Syntax | StsError::Size => ResultType::StsPolicyInvalid,
            _ => ResultType::StsPolicyFetchError,
        };
        assert_eq!(found.problem.unwrap().result(), Some(expected), "{error}");
    }
    let (gone, _) = discover(&world("", "error fetch"), &StsCache::new(), 0);
    assert_eq!(gone.problem, Some(Problem::Record(StsRecordError::None)));
    assert_eq!(gone.problem.unwrap().result(), None, "a domain without MTA-STS has nothing to report");
}

#[test]
fn a_refresh_comes_before_the_end_and_nobody_can_tell_when() {
    // For each seed the age at which a policy of a day is fetched anew.
    let text = file("enforce", "mail.example.com", DAY);
    let refreshes = |age: u64, seed| {
        let asked = discover(&world(V1, &text), &cache("1", NOW - age, &text), seed).1;
        asked.iter().any(|question| matches!(question, Question::StsPolicy(_)))
    };
    let mut moments = BTreeSet::new();
    for seed in 0..40 {
        let (mut early, mut late) = (0, DAY - 1);
        assert!(!refreshes(early, seed) && refreshes(late, seed));
        while early + 1 < late {
            let middle = early.midpoint(late);
            if refreshes(middle, seed) { late = middle } else { early = middle }
        }
        assert!((DAY / 2..=DAY / 10 * 9).contains(&late), "{late}");
        moments.insert(late);
    }
    assert!(moments.len() > 35, "{moments:?}");
}

#[test]
fn a_policy_of_a_year_is_looked_at_once_a_day() {
    let text = file("enforce", "mail.example.com", 31_557_600);
    let asked = discover(&world(V1, &text), &cache("1", NOW - DAY, &text), 7).1;
    assert_eq!(asked.len(), 2);
    let asked = discover(&world(V1, &text), &cache("1", NOW - DAY / 2, &text), 7).1;
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_domain_too_long_for_the_record_has_no_policy() {
    let long = domain(&["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(58)].join("."));
    let found = run(&transcript("{\"answers\": []}"), |answers| {
        mta_sts::discover(&long, &StsCache::new(), UnixTime(NOW), 0, answers)
    });
    assert_eq!((found.0.source, found.1.len()), (Source::Nowhere, 0));
    assert_eq!(found.0.policy.map(|policy| policy.mode), None::<Mode>);
}

#[test]
fn a_transcript_has_the_cache_and_writes_it_again() {
    let text = file("enforce", "mail.example.com", DAY);
    let json = format!(
        r#"{{"answers": [], "sts_cache": {{"Example.com": {{"id": "1", "fetched": 17, "policy": {text:?}}}}}}}"#
    );
    let read = transcript(&json);
    assert_eq!(*read.sts_cache(), cache("1", 17, &text));
    assert_eq!(transcript(&read.to_json()), read);
    let alone = transcript(r#"{"sts_cache": {}}"#);
    assert!(alone.sts_cache().is_empty());
    for wrong in
        [r#"{"a..b": {"id": "1", "fetched": 17, "policy": ""}}"#, r#"{"a.b": {"id": "1", "policy": ""}}"#, "[]"]
    {
        assert!(StsCache::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
