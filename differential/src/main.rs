//! Puts Passerelle's verdicts beside those of other implementations, on cases made from a seed.
//!
//! Every difference must be of a class that is named in `dkim/classes.rs` or `spf/classes.rs` and explained in
//! `core/tests/DIFFERENCES.md`. Any other is printed with its case and fails the run.

mod case;
mod dkim;
mod options;
mod peers;
mod random;
mod spf;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use case::{Case, Class, Difference, Ours, Theirs};
use dkim::DkimCase;
use options::{Options, Peer};
use peers::mail_auth::MailAuth;
use random::Random;
use spf::SpfCase;

/// Unexplained differences printed of each peer.
const SHOWN: usize = 3;

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("differential: {reason}\n\n{}", options::USAGE);
            ExitCode::from(2)
        }
    }
}

/// Whether every difference is explained.
fn run(options: &Options) -> Result<bool, String> {
    let mail_auth = MailAuth::new();
    let dkim = side::<DkimCase>(options, dkim::classes::CLASSES, &|case| mail_auth.dkim(case))?;
    let spf = side::<SpfCase>(options, spf::classes::CLASSES, &|case| mail_auth.spf(case))?;
    Ok(dkim && spf)
}

/// All peers for one kind of case.
fn side<C: Case>(options: &Options, classes: &[Class<C>], mail_auth: &dyn Fn(&C) -> Theirs) -> Result<bool, String> {
    let peers: Vec<&Peer> = options.peers.iter().filter(|peer| peer.kind == C::KIND).collect();
    if peers.is_empty() {
        return Ok(true);
    }
    let numbers = options.only.map_or(0..options.cases, |only| only..only + 1);
    let cases: Vec<C> = numbers.clone().map(|number| C::generate(&mut Random::of_case(options.seed, number))).collect();
    let ours: Vec<Ours> = cases.iter().map(Case::ours).collect();
    report_words::<C>(&ours);
    let mut explained = true;
    for peer in peers {
        let started = Instant::now();
        let theirs = match &peer.program {
            Some(program) => program.judge(&cases)?,
            None => cases.iter().map(mail_auth).collect(),
        };
        let seconds = started.elapsed().as_secs_f64();
        let mut tally = Tally::default();
        for ((number, case), (ours, theirs)) in numbers.clone().zip(&cases).zip(ours.iter().zip(&theirs)) {
            let unexplained = tally.add(peer.name, &Difference { case, ours, theirs }, classes);
            let show = options.only.is_some() || unexplained && tally.unexplained <= SHOWN;
            if options.list && unexplained {
                let words = format!("{}/{}", ours.word, theirs.word);
                println!("{}\t{number}\t{words}\t{}\t{}\t{}", peer.name, case.brief(), ours.why, theirs.why);
            } else if show {
                println!("--- {} case {number} of seed {}", peer.name, options.seed);
                println!("ours {} ({}), theirs {} ({})", ours.word, ours.why, theirs.word, theirs.why);
                println!("{}", case.shown());
            }
        }
        println!("{}: {} cases, {tally}, {seconds:.1} s", peer.name, cases.len());
        explained &= tally.unexplained == 0;
    }
    Ok(explained)
}

fn report_words<C: Case>(ours: &[Ours]) {
    let mut words: BTreeMap<_, usize> = BTreeMap::new();
    ours.iter().for_each(|ours| *words.entry(ours.word).or_default() += 1);
    let words: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
    println!("{}: {} cases, {}", C::KIND, ours.len(), words.join(", "));
}

/// What came of one peer's verdicts.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    unexplained: usize,
    classes: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts one; whether it is an unexplained difference.
    fn add<C>(&mut self, peer: &str, difference: &Difference<'_, C>, classes: &[Class<C>]) -> bool {
        if difference.ours.word == difference.theirs.word {
            self.same += 1;
            return false;
        }
        let mut of_peer = classes.iter().filter(|class| class.peers.contains(&peer));
        match of_peer.find(|class| (class.applies)(difference)) {
            Some(class) => {
                *self.classes.entry(class.name).or_default() += 1;
                false
            }
            None => {
                self.unexplained += 1;
                true
            }
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let explained: usize = self.classes.values().sum();
        write!(f, "{} alike, {explained} explained, {} unexplained", self.same, self.unexplained)?;
        if explained > 0 {
            let classes: Vec<String> = self.classes.iter().map(|(name, count)| format!("{name} {count}")).collect();
            write!(f, " ({})", classes.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `core/tests/DIFFERENCES.md` has a section for each class and no other.
    #[test]
    fn every_class_is_explained_and_nothing_else() {
        let text = include_str!("../../core/tests/DIFFERENCES.md");
        let mut sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        let dkim = dkim::classes::CLASSES.iter().map(|class| class.name);
        let mut classes: Vec<&str> = dkim.chain(spf::classes::CLASSES.iter().map(|class| class.name)).collect();
        sections.sort_unstable();
        classes.sort_unstable();
        assert_eq!(sections, classes);
    }

    #[test]
    fn a_seed_makes_the_same_cases() {
        let made = |seed| {
            let dkim = (0..50).map(|n| DkimCase::generate(&mut Random::of_case(seed, n)).line());
            dkim.chain((0..50).map(|n| SpfCase::generate(&mut Random::of_case(seed, n)).line())).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    /// A signature that nobody touched verifies, or the generator and the engine do not speak of the same RFC.
    #[test]
    fn plain_signatures_pass() {
        let plain = (0..2000)
            .map(|n| DkimCase::generate(&mut Random::of_case(7, n)))
            .filter(|case| case.traits.iter().all(|done| done.starts_with("field:") || done.starts_with("body:")));
        let mut count = 0;
        for case in plain {
            let ours = case.ours();
            assert_eq!(ours.word, case::Word::Pass, "{}\n{}", ours.why, case.shown());
            count += 1;
        }
        assert!(count > 100, "{count}");
    }
}
