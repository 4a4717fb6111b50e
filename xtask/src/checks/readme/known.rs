//! What becomes of a command of a README: it is run, or it is checked against what it names, or nobody knows it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::shell;
use crate::command;
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

/// What becomes of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Run,
    /// It is slow, needs a network, or only tells how to call: what it names is there.
    Checked,
}

/// Ordinary programs that a README may use; they are run.
const ORDINARY: [&str; 22] = [
    "cat", "cc", "chmod", "cmp", "cp", "diff", "echo", "false", "gcc", "grep", "head", "install", "kill", "ln",
    "mkdir", "mv", "openssl", "printf", "rm", "sed", "sleep", "valgrind",
];

/// Programs that change the machine or ask the network; they are not run.
const NOT_HERE: [&str; 10] = ["apt", "apt-get", "cd", "curl", "dig", "git", "export", "rustup", "sudo", "systemctl"];

/// Programs whose commands count as such in a sentence, too.
const IN_SENTENCES: [&str; 7] = ["cargo", "cc", "gcc", "npm", "passerelle", "rustup", "valgrind"];

/// What there is to be named.
pub(super) struct Known {
    program: PathBuf,
    /// The help of each subcommand that was asked for.
    helps: BTreeMap<String, String>,
    packages: Vec<Package>,
    fuzz_targets: Vec<String>,
    npm: String,
}

struct Package {
    name: String,
    features: Vec<String>,
    /// Kind and name.
    targets: Vec<(String, String)>,
}

/// Whether code in a sentence is a command at all.
pub(super) fn is_command(span: &str) -> bool {
    let words = shell::words(span);
    words.first().is_some_and(|program| IN_SENTENCES.contains(program)) && words.get(1).is_some_and(|word| *word != "=")
}

/// Whether this block, whose language is not that of a shell, has a command in it all the same.
pub(super) fn hides_command(block: &str) -> bool {
    block.lines().any(|line| {
        let line = line.trim_start();
        // In a manifest, `passerelle = …` is a dependency.
        let is_key = line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with('='));
        !is_key && ["cargo ", "passerelle ", "npm ", "$ "].iter().any(|beginning| line.starts_with(beginning))
    })
}

impl Known {
    /// `program` is the command `passerelle`, built.
    pub(super) fn new(program: PathBuf, fuzz_targets: Vec<String>) -> Result<Self, Stop> {
        let npm = workspace::read(&workspace::root().join("wasm/package.json"))?;
        let npm: Value =
            serde_json::from_str(&npm).map_err(|error| Stop::Failed(format!("wasm/package.json: {error}")))?;
        let npm = npm["name"].as_str().unwrap_or_default().to_owned();
        let mut packages = Vec::new();
        for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
            packages.extend(packages_of(manifest)?);
        }
        Ok(Self { program, helps: BTreeMap::new(), packages, fuzz_targets, npm })
    }

    /// What is to become of a command that stands in a block, or in a sentence.
    pub(super) fn fate(&mut self, text: &str, in_block: bool) -> Result<Fate, String> {
        if shell::is_synopsis(text) {
            return self.part(text, false);
        }
        let mut fate = Fate::Run;
        for part in shell::parts(text) {
            if self.part(part, in_block)? == Fate::Checked {
                fate = Fate::Checked;
            }
        }
        Ok(fate)
    }

    fn part(&mut self, text: &str, may_run: bool) -> Result<Fate, String> {
        let words = shell::words(text);
        let Some((&program, arguments)) = words.split_first() else { return Ok(Fate::Run) };
        match program {
            "passerelle" => {
                self.passerelle(text, arguments)?;
                Ok(if may_run && !asks_the_network(arguments) { Fate::Run } else { Fate::Checked })
            }
            "cargo" => {
                let fate = self.cargo(arguments)?;
                Ok(if may_run { fate } else { Fate::Checked })
            }
            "npm" => match arguments {
                ["install" | "i" | "add", name, ..] if *name == self.npm => Ok(Fate::Checked),
                _ => Err(format!("npm packages but {:?} are not known", self.npm)),
            },
            _ if NOT_HERE.contains(&program) => Ok(Fate::Checked),
            // A program that an earlier command has made.
            _ if ORDINARY.contains(&program) || program.starts_with("target/") || program.starts_with("./") => {
                Ok(Fate::Run)
            }
            _ => Err(format!("nobody knows the program {program:?}: see xtask/src/checks/readme")),
        }
    }

    /// That the subcommand is there, and has the options.
    fn passerelle(&mut self, text: &str, arguments: &[&str]) -> Result<(), String> {
        let subcommand = arguments.first().copied().unwrap_or("--help");
        let is_general = subcommand.starts_with('-') || subcommand == "help";
        let help = match arguments {
            _ if is_general => self.help("")?,
            // It has subcommands of its own.
            ["config", second, ..] if !second.starts_with(['-', '[']) => self.help(&format!("config {second}"))?,
            _ => self.help(subcommand)?,
        };
        for option in shell::options(text) {
            let is_there = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == option);
            if !is_there && !matches!(option, "--help" | "--version") {
                return Err(format!("passerelle {subcommand} --help tells of no {option}"));
            }
        }
        Ok(())
    }

    fn help(&mut self, subcommand: &str) -> Result<String, String> {
        if let Some(help) = self.helps.get(subcommand) {
            return Ok(help.clone());
        }
        let said = Run::new(&self.program).args(subcommand.split_whitespace()).arg("--help").quietly();
        let said = said.map_err(|_| "passerelle does not start".to_owned())?;
        if !said.success {
            return Err(format!("there is no `passerelle {subcommand}`"));
        }
        let help = said.text();
        self.helps.insert(subcommand.to_owned(), help.clone());
        Ok(help)
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Fate, String> {
        let arguments = match arguments {
            [toolchain, rest @ ..] if toolchain.starts_with('+') => rest,
            all => all,
        };
        let Some((&subcommand, arguments)) = arguments.split_first() else { return Ok(Fate::Checked) };
        let ours: Vec<&str> = arguments.iter().copied().take_while(|word| *word != "--").collect();
        match subcommand {
            "xtask" => {
                let words: Vec<&str> =
                    arguments.iter().copied().filter(|word| !word.starts_with('[') && !word.contains('…')).collect();
                command::parse(&words)?;
                return Ok(Fate::Checked);
            }
            "fuzz" => return self.fuzz(&ours),
            "run" | "build" | "test" | "bench" | "check" | "clippy" | "doc" | "rustc" | "tree" | "fmt" => {
                self.named(&ours)?
            }
            "add" => {
                let is_ours = |name: &&str| self.packages.iter().any(|package| package.name == **name);
                let name = ours.iter().find(|word| !word.starts_with('-')).ok_or("cargo add what?")?;
                if !is_ours(name) {
                    return Err(format!("{name} is no package of ours"));
                }
            }
            "install" => {
                let path = ours.iter().position(|word| *word == "--path").and_then(|at| ours.get(at + 1));
                if let Some(path) = path
                    && !workspace::root().join(path).join("Cargo.toml").is_file()
                {
                    return Err(format!("there is no package at {path}"));
                }
            }
            other => return Err(format!("nobody knows `cargo {other}`: see xtask/src/checks/readme")),
        }
        Ok(if matches!(subcommand, "run" | "build") { Fate::Run } else { Fate::Checked })
    }

    /// That the packages, targets and features that cargo is told of are there.
    fn named(&self, words: &[&str]) -> Result<(), String> {
        let named = |flags: &[&str]| -> Vec<&str> {
            let pairs = words.windows(2).filter(|pair| flags.contains(&pair[0]));
            pairs
                .flat_map(|pair| pair[1].split(','))
                .filter(|name| !name.chars().all(|c| c.is_ascii_uppercase()))
                .collect()
        };
        for package in named(&["-p", "--package"]) {
            if !self.packages.iter().any(|known| known.name == package) {
                return Err(format!("there is no package {package}"));
            }
        }
        for kind in ["test", "bin", "example", "bench"] {
            for name in named(&[&format!("--{kind}")]) {
                let is_it = |target: &(String, String)| target.0 == kind && target.1 == name;
                if !self.packages.iter().any(|package| package.targets.iter().any(is_it)) {
                    return Err(format!("there is no {kind} {name}"));
                }
            }
        }
        for feature in named(&["--features", "-F"]) {
            let feature = feature.rsplit('/').next().unwrap_or(feature);
            if !self.packages.iter().any(|package| package.features.iter().any(|known| known == feature)) {
                return Err(format!("there is no feature {feature}"));
            }
        }
        Ok(())
    }

    fn fuzz(&self, words: &[&str]) -> Result<Fate, String> {
        self.named(words)?;
        match words {
            ["list"] => Ok(Fate::Checked),
            ["run" | "build" | "tmin" | "fmt" | "cmin" | "coverage", rest @ ..] => {
                let mut rest = rest.iter().copied();
                let mut target = None;
                while let Some(word) = rest.next() {
                    match word {
                        "--features" | "--target-dir" | "--fuzz-dir" => drop(rest.next()),
                        flag if flag.starts_with('-') => {}
                        name => {
                            target = Some(name);
                            break;
                        }
                    }
                }
                match target {
                    None | Some("TARGET" | "NAME" | "all") => Ok(Fate::Checked),
                    Some(name) if self.fuzz_targets.iter().any(|target| target == name) => Ok(Fate::Checked),
                    Some(name) => Err(format!("there is no fuzz target {name}")),
                }
            }
            _ => Err("cargo fuzz has no such command".to_owned()),
        }
    }
}

/// Whether it talks to others than ourselves, as far as can be seen.
fn asks_the_network(arguments: &[&str]) -> bool {
    let value = |option: &str| arguments.iter().position(|word| *word == option).and_then(|at| arguments.get(at + 1));
    let is_local =
        |address: &&str| ["127.", "localhost", "[::1]", "::1"].iter().any(|local| address.starts_with(local));
    value("--to").is_some_and(|to| !is_local(to)) || value("--resolver").is_some_and(|resolver| !is_local(resolver))
}

fn packages_of(manifest: &str) -> Result<Vec<Package>, Stop> {
    let said = Run::new("cargo")
        .args(["metadata", "--locked", "--no-deps", "--format-version", "1", "--manifest-path", manifest])
        .quietly()?;
    let metadata: Value = serde_json::from_slice(&said.stdout)
        .map_err(|error| Stop::Failed(format!("cargo metadata of {manifest}: {error}: {}", said.text())))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(packages
        .iter()
        .map(|package| {
            let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
            Package {
                name: text(&package["name"]),
                features: package["features"].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect(),
                targets: targets.iter().map(|target| (text(&target["kind"][0]), text(&target["name"]))).collect(),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let text = |word: &str| word.to_owned();
        Known {
            program: "/no/such/program".into(),
            helps: [(text("verify"), text("  --dns <TRANSCRIPT>\n  -v, --verbose\n  --json\n"))].into(),
            packages: vec![Package {
                name: text("passerelle"),
                features: vec![text("psl")],
                targets: vec![(text("test"), text("limits")), (text("example"), text("verify"))],
            }],
            fuzz_targets: vec![text("tags")],
            npm: text("passerelle"),
        }
    }

    #[test]
    fn what_is_quick_and_ours_is_run() {
        for text in [
            "cargo run --release -- verify examples/message.eml --dns examples/dns.json",
            "cargo build -p passerelle --features psl",
            "passerelle verify a.eml --dns dns.json --json | grep pass",
            "target/verify a.eml",
            "version=$(sed -n s/a/b/p Cargo.toml)",
        ] {
            assert_eq!(known().fate(text, true), Ok(Fate::Run), "{text}");
        }
    }

    #[test]
    fn what_is_slow_or_elsewhere_is_checked() {
        for text in [
            "cargo xtask test",
            "cargo xtask differential --cases 20000 --seed 7",
            "cargo +nightly fuzz run tags fuzz/corpus/tags fuzz/seeds/tags -- -max_total_time=600",
            "cargo +nightly fuzz tmin TARGET FILE",
            "cargo test -p passerelle --test limits some_filter -- --nocapture",
            "passerelle verify FILE|- [--dns TRANSCRIPT] [--json]",
            "npm install passerelle",
            "git clone https://example.com/x && cd x",
        ] {
            assert_eq!(known().fate(text, true), Ok(Fate::Checked), "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for text in [
            "cargo xtask differntial",
            "cargo xtask test cores",
            "cargo xtask differential --cases many",
            "cargo +nightly fuzz run tag",
            "cargo test -p passerelle --test limit",
            "cargo test -p passerell",
            "cargo build --features tsl",
            "cargo nextest run",
            "passerelle verify FILE [--trace]",
            "passerelle verify a.eml --trace",
            "passerelle verfy a.eml",
            "npm install something",
            "frobnicate --all",
        ] {
            assert!(known().fate(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn commands_in_sentences_are_checked_and_never_run() {
        assert_eq!(known().fate("cargo run --release", false), Ok(Fate::Checked));
        assert!(is_command("cargo xtask test") && is_command("A=1 passerelle verify"));
        assert!(!is_command("cargo") && !is_command("passerelle_answer_add x") && !is_command("ls -l"));
        assert!(!is_command("passerelle = { git = \"https://example.com/x\" }"));
    }

    #[test]
    fn a_command_in_a_block_of_data_is_noticed() {
        assert!(hides_command("\n  cargo xtask test\n") && hides_command("$ ls"));
        assert!(!hides_command("Authenticated as harbour.example\n  dmarc  pass"));
        assert!(!hides_command("[dependencies]\npasserelle = \"0.1\""));
    }
}
