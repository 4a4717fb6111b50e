//! docs/gateway.md: each file in it is one of the examples, and each command does what the chapter says.

use std::fs;
use std::path::Path;

use crate::support::{Ran, example, run};

fn chapter() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gateway.md")).unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = chapter();
    let mut found = Vec::new();
    for part in text.split(&format!("```{language}\n")).skip(1) {
        found.push(part.split("```").next().unwrap().to_owned());
    }
    found
}

#[test]
fn every_block_of_toml_stands_in_an_example() {
    let files: Vec<String> = ["outbound.toml", "relay.toml", "users.toml"]
        .map(|name| fs::read_to_string(example(&format!("gateway/{name}"))).unwrap())
        .to_vec();
    let blocks = blocks("toml");
    assert!(blocks.len() >= 8);
    for block in blocks {
        assert!(files.iter().any(|file| file.contains(&block)), "no example has\n{block}");
    }
}

/// Runs a command of the chapter in the folder of the examples, with their transcript.
fn run_line(line: &str) -> Ran {
    let mut words: Vec<String> = line.split_whitespace().skip(1).map(str::to_owned).collect();
    for word in &mut words {
        if word.ends_with(".toml") {
            *word = example(&format!("gateway/{word}"));
        }
    }
    if !words.iter().any(|word| word == "prove") {
        words.extend(["--dns".to_owned(), example("gateway/dns.json")]);
    }
    run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_command_does_what_the_chapter_says() {
    let lines: Vec<String> =
        blocks("sh").iter().flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(lines.len(), 7);
    for line in lines {
        let ran = run_line(&line);
        let expected = if line.contains("--from bob@example.com") { 1 } else { 0 };
        assert_eq!(ran.code, expected, "{line}: {ran:?}");
        if line.contains("check") {
            assert!(ran.out().starts_with("Nothing is wrong\n"), "{}", ran.out());
        }
        if line.contains("prove") {
            assert!(ran.out().starts_with("Proven: all 4 laws hold\n"), "{}", ran.out());
        }
        if line.contains("--from bob@example.com") {
            assert!(ran.out().starts_with("Refused: 553 5.7.1 bob@example.com is not registered"), "{}", ran.out());
        }
    }
}

#[test]
fn without_the_proof_of_the_tenant_the_outbound_gateway_is_open_and_the_dialogue_shows_it() {
    let text = fs::read_to_string(example("gateway/outbound.toml")).unwrap();
    let folder = crate::support::Folder::new();
    let open: String =
        text.lines().filter(|line| !line.starts_with("tenant")).map(|line| format!("{line}\n")).collect();
    let file = folder.write("open.toml", open);
    let ran = run(&["config", "prove", &file, "--json"]);
    assert_eq!(ran.code, 1);
    let json = ran.json();
    let law = json["laws"].as_array().unwrap().iter().find(|law| law["holds"] == false).unwrap();
    let lines: Vec<&str> = law["counterexample"].as_array().unwrap().iter().filter_map(|line| line.as_str()).collect();
    assert!(lines.iter().any(|line| line.starts_with("C: MAIL FROM:<")), "{lines:?}");
    assert_eq!(json["findings"][0]["key"], "tenant");
}
