//! A world for tests: zones in a short form, policies, questions answered in whatever order.

use std::fmt::Write;

use passerelle::mailbox::Host;
use passerelle::route::hops::{Check, Hops, Outcome, Request, next_hops};
use passerelle::route::policy::Policy;
use passerelle::route::request::Demands;
use passerelle::route::security::Encryption;
use passerelle::{Answers, Domain, Pending, Question, RecordType, StsCache, Trail, Transcript, UnixTime};

/// 2027-01-15, in the middle of a day.
pub(crate) const NOW: UnixTime = UnixTime(1_800_012_345);

pub(crate) fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

pub(crate) fn transcript(json: &str) -> Transcript {
    Transcript::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Runs a decision, its questions answered in the order in which they come; what was asked comes back, too.
pub(crate) fn run<T>(
    transcript: &Transcript,
    decide: impl FnMut(&mut Answers) -> Result<T, Pending>,
) -> (T, Vec<Question>) {
    run_in(transcript, |_| 0, decide)
}

/// Of the questions that wait, `pick` says which is answered next, given how many there are.
pub(crate) fn run_in<T>(
    transcript: &Transcript,
    mut pick: impl FnMut(usize) -> usize,
    mut decide: impl FnMut(&mut Answers) -> Result<T, Pending>,
) -> (T, Vec<Question>) {
    let (mut answers, mut waiting, mut asked) = (Answers::new(), Vec::new(), Vec::new());
    loop {
        if let Ok(decided) = decide(&mut answers) {
            return (decided, asked);
        }
        while let Some((id, question)) = answers.next_question() {
            asked.push(question.clone());
            waiting.push((id, question));
        }
        assert!(!waiting.is_empty(), "it waits for what it has not asked");
        let (id, question) = waiting.remove(pick(waiting.len()) % waiting.len());
        answers.supply(id, transcript.answer(&question)).unwrap();
    }
}

/// A zone, an entry a line: a name, a type, and the record, a status or nothing (NODATA); `+` at the end says that DNSSEC
/// validated it. `@ee`, `@ta` and `@pkix` are TLSA records of usage 3, 2 and 1. `sts NAME TEXT` is a policy file, with `|` for the ends of its
/// lines; `sts NAME error WORD` is one that can't be had.
pub(crate) fn zone(text: &str) -> Transcript {
    let (mut answers, mut policies) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (line, secure) = match line.strip_suffix(" +") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let mut words = line.splitn(3, ' ');
        let (name, kind, data) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        if name == "sts" {
            policies.push(match data.strip_prefix("error ") {
                Some(error) => format!(r#"{kind:?}: {{"error": {error:?}}}"#),
                None => format!("{kind:?}: {:?}", data.replace('|', "\n")),
            });
            continue;
        }
        let data = ["ee 3 1 1 ", "ta 2 0 1 ", "pkix 1 1 1 "].iter().fold(data.to_owned(), |data, short| {
            let (word, record) = short.split_once(' ').unwrap();
            data.replace(&format!("@{word}"), &format!("{record}{}", "ab".repeat(32)))
        });
        let mut entry = format!(r#"{{"name": {name:?}, "type": {kind:?}"#);
        let _ = match &*data {
            "" => Ok(()),
            "SERVFAIL" | "TIMEOUT" | "NXDOMAIN" => write!(entry, r#", "status": {data:?}"#),
            data => write!(entry, r#", "records": [{data:?}]"#),
        };
        if secure {
            entry += r#", "secure": true"#;
        }
        answers.push(entry + "}");
    }
    transcript(&format!(r#"{{"answers": [{}], "sts": {{{}}}}}"#, answers.join(",\n"), policies.join(",\n")))
}

/// A policy: the lines of the document behind those that every one has.
pub(crate) fn policy(text: &str) -> Policy {
    let head =
        "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\naddresses = [\"192.0.2.25\", \"2001:db8::25\"]\n";
    let files = |_: &str| Ok(b"secret".to_vec());
    let compiled = Policy::compile(&format!("{head}{text}"), &files);
    compiled.accepted().unwrap_or_else(|findings| panic!("{findings:?}"))
}

pub(crate) fn demands(rules: &[&str], requiretls: bool, tls_required_no: bool) -> Demands {
    let mut demands = Demands::default();
    demands.rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    (demands.requiretls, demands.tls_required_no) = (requiretls, tls_required_no);
    demands
}

/// What is asked for in most tests: mail for example.com.
pub(crate) struct Ask<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) route: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) demands: Demands,
    pub(crate) cache: StsCache,
    pub(crate) seed: u64,
}

impl<'a> Ask<'a> {
    pub(crate) fn of(policy: &'a Policy, route: &'a str) -> Self {
        let (recipient, demands, cache) = ("example.com", Demands::default(), StsCache::new());
        Self { policy, route, recipient, demands, cache, seed: 0 }
    }

    pub(crate) fn run(&self, world: &Transcript) -> (Hops, Vec<Question>) {
        self.run_in(world, |_| 0)
    }

    pub(crate) fn run_in(&self, world: &Transcript, pick: impl FnMut(usize) -> usize) -> (Hops, Vec<Question>) {
        let recipient = Host::parse(self.recipient).unwrap();
        let request = Request {
            policy: self.policy,
            route: self.policy.route(self.route).expect("the policy has the route"),
            recipient: &recipient,
            demands: &self.demands,
            sts_cache: &self.cache,
            now: NOW,
            seed: self.seed,
        };
        run_in(world, pick, |answers| next_hops(&request, answers, &mut Trail::new()))
    }

    pub(crate) fn hops(&self, world: &str) -> Hops {
        self.run(&zone(world)).0
    }
}

/// Mail for example.com by its MX hosts, nothing asked for.
pub(crate) fn by_mx(world: &str) -> Hops {
    Ask::of(&policy(""), "mx").hops(world)
}

/// Hops in a line: `mx.example.com dane mx.example.com,example.com; …`, or the reply's codes.
pub(crate) fn told(hops: &Hops) -> String {
    if let Some(reply) = &hops.reply {
        assert_eq!(hops.outcome == Outcome::Defer, reply.is_temporary());
        assert!(hops.outcome != Outcome::Deliver && hops.hops.is_empty());
        return format!("{} {}", reply.code, reply.enhanced);
    }
    assert!(hops.outcome == Outcome::Deliver && !hops.hops.is_empty());
    let names = |names: &[Domain]| names.iter().map(Domain::as_str).collect::<Vec<_>>().join(",");
    let hop = |hop: &passerelle::route::hops::Hop| {
        let tls = &hop.tls;
        let mut line = format!(
            "{} {}",
            hop.host,
            match (tls.encryption, tls.verify) {
                (Encryption::None, _) => "clear",
                (Encryption::May, _) => "may",
                (Encryption::Encrypt, Check::None) => "tls",
                (Encryption::Encrypt, check) => check.as_str(),
            }
        );
        if !tls.names.is_empty() {
            line += &format!(" {}", names(&tls.names));
        }
        for (check, also) in &tls.also {
            line += &format!(" + {check} {}", names(also));
        }
        line.trim_end().to_owned()
    };
    hops.hops.iter().map(hop).collect::<Vec<_>>().join("; ")
}

/// The names at which records of a type were asked for.
pub(crate) fn asked(questions: &[Question], record_type: RecordType) -> Vec<String> {
    let names = questions.iter().filter_map(|question| match question {
        Question::Dns(name, kind) if *kind == record_type => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}
