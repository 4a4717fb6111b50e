//! The engine's verdicts beside those of other implementations: `differential/` makes the cases and compares.

use std::path::{Path, PathBuf};

use super::{c, count};
use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::{apt, python};
use crate::workspace;

/// The Perl modules and the package of each.
const PERL: [(&str, &str); 2] = [("Mail::DKIM::Verifier", "libmail-dkim-perl"), ("Mail::SPF", "libmail-spf-perl")];

const OPENDKIM_HEADER: &str = "/usr/include/opendkim/dkim.h";

/// The number of cases and the seed that the tests take are the program's defaults.
pub(crate) fn check() -> StepResult {
    if built::TESTS.is_there() {
        built::TESTS.run("passerelle-differential")?;
    } else {
        count::tests(Run::new("cargo").args(["test", "-p", "passerelle-differential"]))?;
    }
    run(&[])
}

/// Compares with all peers; `options` are those of the program.
pub(crate) fn run(options: &[&str]) -> StepResult {
    let peers = peers()?;
    if !built::TESTS.is_there() {
        Run::new("cargo").args(["build", "-p", "passerelle-differential"]).go()?;
    }
    let program = workspace::target().join("debug/passerelle-differential");
    let (output, result) = Run::new(program).args(options).args(peers.words()).tee()?;
    result?;
    Ok(summary(&output))
}

/// What runs the peers' programs.
pub(crate) struct Peers {
    python: PathBuf,
    perl: PathBuf,
    opendkim: PathBuf,
}

/// Installs the peers.
pub(crate) fn peers() -> Result<Peers, Stop> {
    Ok(Peers { python: python::python()?, perl: perl()?, opendkim: opendkim()? })
}

impl Peers {
    /// `name=program,script` for each, as the program takes them.
    fn words(&self) -> Vec<String> {
        let scripts = Path::new("differential/peers");
        let script = |name: &str, program: &Path, file: &str| {
            format!("{name}={},{}", program.display(), workspace::root().join(scripts).join(file).display())
        };
        vec![
            "mail-auth-dkim".to_owned(),
            "mail-auth-spf".to_owned(),
            script("dkimpy", &self.python, "dkimpy.py"),
            script("pyspf", &self.python, "pyspf.py"),
            script("Mail::DKIM", &self.perl, "mail_dkim.pl"),
            script("Mail::SPF", &self.perl, "mail_spf.pl"),
            format!("libopendkim={}", self.opendkim.display()),
        ]
    }
}

fn perl() -> Result<PathBuf, Stop> {
    let perl = apt::program("perl", &["perl"])?;
    for (module, package) in PERL {
        let found = Run::new(&perl).arg(format!("-M{module}")).args(["-e", "1"]).quietly()?;
        if !found.success {
            apt::install(&[package])?;
        }
    }
    Ok(perl)
}

/// Compiles the program around libopendkim.
fn opendkim() -> Result<PathBuf, Stop> {
    let gcc = c::compiler()?;
    if !Path::new(OPENDKIM_HEADER).is_file() {
        apt::install(&["libopendkim-dev"])?;
    }
    let folder = workspace::target().join("differential");
    workspace::create_dir(&folder)?;
    let program = folder.join("opendkim");
    Run::new(gcc)
        .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"])
        .arg(workspace::root().join("differential/peers/opendkim.c"))
        .arg("-o")
        .arg(&program)
        .arg("-lopendkim")
        .go()?;
    Ok(program)
}

/// How many verdicts were compared and how many differences were explained, from the program's closing lines, one a
/// peer: `name: N cases, N alike, N explained, …`.
fn summary(output: &str) -> String {
    let mut sums = [0u64; 4];
    for line in output.lines().filter(|line| line.contains(" alike, ")) {
        let number = |word: &str| {
            let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            let pair = words.windows(2).find(|pair| pair[1] == word)?;
            pair[0].parse::<u64>().ok()
        };
        let found = [Some(1), number("cases"), number("alike"), number("explained")];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found.unwrap_or_default());
    }
    let [peers, cases, alike, explained] = sums;
    format!("{peers} peers, {cases} verdicts: {alike} alike, {explained} explained differences")
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_peers_lines_are_summed_up() {
        let output = "dkim: 5 cases, 5 pass\na: 5 cases, 3 alike, 2 explained, 0 unexplained (x 2), 0.1 s\n\
                      b: 5 cases, 5 alike, 0 explained, 0 unexplained, 0.1 s\n";
        assert_eq!(summary(output), "2 peers, 10 verdicts: 8 alike, 2 explained differences");
    }
}
