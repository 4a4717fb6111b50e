//! The command line.

use std::path::PathBuf;

use crate::peers::Program;

pub(crate) const USAGE: &str = "\
usage: passerelle-differential [--cases N] [--seed S] [--case NUMBER | --list] PEER[=PROGRAM,ARGUMENT...]...

  --cases N      make N cases for each kind of peer (2000)
  --seed S       from this seed (1)
  --case NUMBER  make this one case alone, and show it
  --list         show every unexplained difference, each on a line

peers of DKIM: mail-auth-dkim, dkimpy, Mail::DKIM, libopendkim
peers of SPF: mail-auth-spf, pyspf, Mail::SPF
The mail-auth peers need no program; the others need one that reads cases and writes verdicts, as those in
differential/peers do.";

/// Every peer and what it judges.
const PEERS: [(&str, &str); 7] = [
    ("mail-auth-dkim", "dkim"),
    ("dkimpy", "dkim"),
    ("Mail::DKIM", "dkim"),
    ("libopendkim", "dkim"),
    ("mail-auth-spf", "spf"),
    ("pyspf", "spf"),
    ("Mail::SPF", "spf"),
];

/// A peer that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    /// `None` for mail-auth, which is in this program.
    pub(crate) program: Option<Program>,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) cases: u64,
    pub(crate) seed: u64,
    pub(crate) only: Option<u64>,
    pub(crate) list: bool,
    pub(crate) peers: Vec<Peer>,
}

impl Options {
    /// Reads the words behind the program's name.
    ///
    /// # Errors
    /// A sentence about the word that is not understood.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { cases: 2000, seed: 1, only: None, list: false, peers: Vec::new() };
        while let Some(word) = words.next() {
            let mut number = || {
                let value = words.next().and_then(|value| value.parse::<u64>().ok());
                value.ok_or_else(|| format!("{word} takes a number"))
            };
            match word.as_str() {
                "--cases" => options.cases = number()?,
                "--seed" => options.seed = number()?,
                "--case" => options.only = Some(number()?),
                "--list" => options.list = true,
                peer => options.peers.push(Peer::read(peer)?),
            }
        }
        if options.peers.is_empty() { Err("no peer is named".into()) } else { Ok(options) }
    }
}

impl Peer {
    fn read(word: &str) -> Result<Self, String> {
        let (name, program) = word.split_once('=').map_or((word, None), |(name, program)| (name, Some(program)));
        let known = PEERS.iter().find(|(known, _)| *known == name);
        let &(name, kind) = known.ok_or_else(|| format!("there is no peer {name:?}"))?;
        if program.is_none() != name.starts_with("mail-auth") {
            return Err(format!("{name}: mail-auth takes no program, the others need one"));
        }
        let program = program.map(|text| Program { command: text.split(',').map(PathBuf::from).collect() });
        Ok(Self { name, kind, program })
    }
}
