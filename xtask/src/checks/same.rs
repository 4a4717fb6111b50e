//! The same messages through Rust, C and WebAssembly: the reports must be the same, byte for byte.
//!
//! `examples/corpus.json` is a list of messages, each with a transcript, an envelope and a time.

use std::path::PathBuf;

use serde_json::Value;

use super::{c, rust as cargo};
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::npm;
use crate::{wasm, workspace};

/// One entry of the corpus, as words of a command line.
#[derive(Debug, PartialEq, Eq)]
struct Case {
    message: String,
    transcript: String,
    /// `--ip A --helo N …`: what the three programs call alike.
    options: Vec<String>,
}

/// A program that prints the report of a message.
struct Surface {
    name: &'static str,
    run: Box<dyn Fn(&Case) -> Run>,
}

pub(crate) fn check() -> StepResult {
    let cases = cases(&workspace::read(&workspace::root().join("examples/corpus.json"))?)?;
    let surfaces = [rust()?, c()?, javascript()?];
    let mut differing = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let reports = surfaces.iter().map(|surface| surface.report(case)).collect::<Result<Vec<_>, _>>()?;
        for (surface, report) in surfaces.iter().zip(&reports).skip(1) {
            if *report != reports[0] {
                keep(number, surfaces[0].name, &reports[0])?;
                keep(number, surface.name, report)?;
                differing
                    .push(format!("{number} {}: {} differs from {}", case.message, surface.name, surfaces[0].name));
            }
        }
    }
    if differing.is_empty() {
        Ok(format!("{} messages, {} surfaces", cases.len(), surfaces.len()))
    } else {
        Err(Stop::Failed(format!("{}\nthe reports are in target/same", differing.join("\n"))))
    }
}

/// A report that differs, for whoever looks into it.
fn keep(number: usize, surface: &str, report: &str) -> Result<(), Stop> {
    let folder = workspace::target().join("same");
    workspace::create_dir(&folder)?;
    workspace::write(&folder.join(format!("{number}.{surface}.json")), report)
}

fn rust() -> Result<Surface, Stop> {
    let program = cargo::command()?;
    let run = move |case: &Case| {
        Run::new(&program).args(["verify", "--json", &case.message, "--dns", &case.transcript]).args(&case.options)
    };
    Ok(Surface { name: "rust", run: Box::new(run) })
}

fn c() -> Result<Surface, Stop> {
    let program = c::example("verify")?;
    let run = move |case: &Case| Run::new(&program).args([&case.message, &case.transcript]).args(&case.options);
    Ok(Surface { name: "c", run: Box::new(run) })
}

fn javascript() -> Result<Surface, Stop> {
    wasm::package::build(wasm::Profile::Release)?;
    let (node, script) = (npm::node()?, workspace::root().join("wasm/tests/verify.mjs"));
    let run = move |case: &Case| {
        Run::new(&node).arg(&script).args([&case.message, "--dns", &case.transcript]).args(&case.options)
    };
    Ok(Surface { name: "wasm", run: Box::new(run) })
}

impl Surface {
    /// The report, which must be one. How the program ends says what the verdict is, and is not looked at.
    fn report(&self, case: &Case) -> Result<String, Stop> {
        let said = (self.run)(case).quietly()?;
        let report = String::from_utf8_lossy(&said.stdout).trim_end().to_owned();
        if report.starts_with('{') && report.ends_with('}') {
            Ok(report)
        } else {
            Err(Stop::Failed(format!("{} gave no report for {}:\n{}", self.name, case.message, said.text())))
        }
    }
}

/// The entries of the corpus. Its paths are relative to its folder.
fn cases(corpus: &str) -> Result<Vec<Case>, Stop> {
    let bad = |reason: String| Stop::Failed(format!("examples/corpus.json: {reason}"));
    let corpus: Value = serde_json::from_str(corpus).map_err(|error| bad(error.to_string()))?;
    let entries = corpus.as_array().filter(|entries| !entries.is_empty()).ok_or_else(|| bad("no entries".into()))?;
    entries.iter().map(|entry| case(entry).ok_or_else(|| bad(format!("not understood: {entry}")))).collect()
}

fn case(entry: &Value) -> Option<Case> {
    let text = |key: &str| Some(entry.get(key)?.as_str()?.to_owned());
    let path = |key: &str| Some(PathBuf::from("examples").join(text(key)?).display().to_string());
    let mut options = Vec::new();
    for (option, key) in
        [("--ip", "ip"), ("--helo", "helo"), ("--mail-from", "mail_from"), ("--authserv-id", "authserv_id")]
    {
        options.extend([option.to_owned(), text(key)?]);
    }
    options.extend(["--now".to_owned(), entry.get("now")?.as_u64()?.to_string()]);
    Some(Case { message: path("message")?, transcript: path("dns")?, options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_becomes_words() {
        let corpus = r#"[{"message": "a.eml", "dns": "dns.json", "ip": "192.0.2.1", "helo": "h.example",
            "mail_from": "", "authserv_id": "mx.example", "now": 17}]"#;
        let Ok(cases) = cases(corpus) else { panic!("refused") };
        let options = [
            "--ip",
            "192.0.2.1",
            "--helo",
            "h.example",
            "--mail-from",
            "",
            "--authserv-id",
            "mx.example",
            "--now",
            "17",
        ];
        let expected = Case {
            message: "examples/a.eml".into(),
            transcript: "examples/dns.json".into(),
            options: options.map(String::from).to_vec(),
        };
        assert_eq!(cases, [expected]);
    }

    #[test]
    fn a_corpus_that_says_nothing_is_refused() {
        for corpus in ["", "[]", "{}", r#"[{"message": "a.eml"}]"#] {
            assert!(matches!(cases(corpus), Err(Stop::Failed(_))), "{corpus}");
        }
    }
}
