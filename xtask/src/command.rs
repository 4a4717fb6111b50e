//! What the words after `cargo xtask` mean. Nothing is done here, so that the `readme` step can ask the same.

use crate::select;
use crate::steps::STEPS;
use crate::wasm::Profile;

pub(crate) const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [AREA...]    run every test, or those of the named areas, and end with a table
  test --long       simulate and fuzz for hours; stopped at any moment, it goes on where it was the next time
  setup             install what the tests need, without running them
  wasm [--release]  build the npm package into wasm/pkg
  header            regenerate ffi/include/passerelle.h
  bench [NAME...]   run the benchmarks beside the peers, or those whose name contains NAME, and print the ratios
  differential [--cases N] [--seed S] [--case NUMBER | --list]
                    compare with other implementations, on as many cases and from this seed
  interop [--controls] [--throughput] [WORD...]
                    serve and send with other mail software, the scenarios in whose lines the words appear
  help              this text
";

/// The word with which xtask starts itself for a step.
pub(crate) const STEP: &str = "step";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    Test(Vec<&'a str>),
    Long,
    /// One step of a run, as a process of its own.
    Step(&'a str),
    Setup,
    Wasm(Profile),
    Header,
    Bench(Vec<&'a str>),
    Differential(Vec<&'a str>),
    Interop(Vec<&'a str>),
    Help,
}

/// The command, or why there is none.
pub(crate) fn parse<'a>(words: &[&'a str]) -> Result<Command<'a>, String> {
    Ok(match words {
        ["test", "--long"] => Command::Long,
        ["test", areas @ ..] => {
            select::select(&STEPS, areas)?;
            Command::Test(areas.to_vec())
        }
        [STEP, name] => {
            select::select(&STEPS, &[name])?;
            Command::Step(name)
        }
        ["setup"] => Command::Setup,
        ["wasm"] => Command::Wasm(Profile::Dev),
        ["wasm", "--release"] => Command::Wasm(Profile::Release),
        ["header"] => Command::Header,
        ["bench", names @ ..] if !names.iter().any(|name| name.starts_with('-')) => Command::Bench(names.to_vec()),
        ["differential", options @ ..] if are_options_of_differential(options) => {
            Command::Differential(options.to_vec())
        }
        ["interop", words @ ..] if are_words_of_interop(words) => Command::Interop(words.to_vec()),
        [] | ["help" | "--help" | "-h", ..] => Command::Help,
        [other, ..] => return Err(format!("there is no command {other:?}, or not with these arguments\n\n{USAGE}")),
    })
}

fn are_options_of_differential(mut words: &[&str]) -> bool {
    loop {
        words = match words {
            [] => return true,
            ["--list", rest @ ..] => rest,
            ["--cases" | "--seed" | "--case", number, rest @ ..] if number.parse::<u64>().is_ok() => rest,
            _ => return false,
        }
    }
}

fn are_words_of_interop(words: &[&str]) -> bool {
    words.iter().all(|word| !word.starts_with('-') || matches!(*word, "--controls" | "--throughput"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_usage_text_is_understood() {
        let lines = USAGE.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let names: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
        assert!(names.contains(&"differential"));
        for name in names {
            assert!(parse(&[name]).is_ok(), "{name}");
        }
    }

    #[test]
    fn differential_takes_its_numbers_and_nothing_else() {
        let words = ["differential", "--cases", "20000", "--seed", "7"];
        assert_eq!(parse(&words), Ok(Command::Differential(words[1..].to_vec())));
        for words in [&["differential", "--cases"][..], &["differential", "--case", "x"], &["differential", "swaks"]] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for words in [&["tests"][..], &["test", "cores"], &["interop", "--all"], &["bench", "--quick"], &["setup", "x"]]
        {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
