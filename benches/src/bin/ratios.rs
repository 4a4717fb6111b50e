//! Makes one table of ratios of what criterion measured: `ratios FOLDER`, where the folder is `CRITERION_HOME`.
//!
//! Of each measurement the fastest sample counts: what disturbs one only ever adds to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

/// The columns; whatever else a group has goes into the last.
const COLUMNS: [&str; 4] = ["passerelle", "mail-auth", "libopendkim", "libspf2"];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: ratios FOLDER");
        return ExitCode::FAILURE;
    };
    let mut groups: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for measured in folders(&folder).iter().flat_map(|group| folders(group)) {
        if let Some((group, name, nanoseconds)) = read(&measured.join("new")) {
            groups.entry(group).or_default().insert(name, nanoseconds);
        }
    }
    if groups.is_empty() {
        eprintln!("ratios: nothing was measured in {}", folder.display());
        return ExitCode::FAILURE;
    }
    println!("{}\n", machine());
    print_table(&groups);
    print_missing();
    ExitCode::SUCCESS
}

/// The kind of machine, as Linux names it.
fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = text.lines().filter_map(|line| line.strip_prefix("model name")).collect::<Vec<_>>();
    let model = models.first().map_or("an unknown processor", |model| model.trim_start_matches([' ', '\t', ':']));
    format!("On {model}, {} cores; processor time, the fastest of 50 samples.", models.len())
}

/// Says why columns are empty.
fn print_missing() {
    for (peer, is_here, why) in [
        ("mail-auth", cfg!(feature = "peers"), "the feature `peers` is off"),
        ("libopendkim", cfg!(opendkim), "its headers (libopendkim-dev) are not installed, or `peers` is off"),
        ("libspf2", cfg!(spf2), "its headers (libspf2-dev) are not installed, or `peers` is off"),
    ] {
        if !is_here {
            println!("\n{peer} was not measured: {why}.");
        }
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir()).collect()
}

/// A group, one in it, and the nanoseconds of an iteration.
fn read(folder: &Path) -> Option<(String, String, f64)> {
    let json = |name: &str| serde_json::from_slice::<Value>(&fs::read(folder.join(name)).ok()?).ok();
    let (id, sample) = (json("benchmark.json")?, json("sample.json")?);
    let numbers = |key: &str| Some(sample.get(key)?.as_array()?.iter().filter_map(Value::as_f64));
    let fastest = numbers("times")?.zip(numbers("iters")?).map(|(time, iterations)| time / iterations);
    let text = |key: &str| id.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((text("group_id")?, text("function_id")?, fastest.min_by(f64::total_cmp)?))
}

fn print_table(groups: &BTreeMap<String, BTreeMap<String, f64>>) {
    println!("| work | 1.00 is | {} | besides |", COLUMNS.join(" | "));
    println!("|---|---|{}---|", "---:|".repeat(COLUMNS.len()));
    let mut names: Vec<&String> = groups.keys().collect();
    names.sort_by_key(|name| order(name));
    for name in names {
        let measured = &groups[name];
        // Work without a floor is compared with Passerelle itself.
        let Some((base, one)) = ["floor", "passerelle"].iter().find_map(|base| Some((base, measured.get(*base)?)))
        else {
            continue;
        };
        let ratio = |column: &str| measured.get(column).map(|time| format!("{:.2}", time / one));
        let columns = COLUMNS.map(|column| ratio(column).unwrap_or_default()).join(" | ");
        let besides = measured.keys().filter(|other| *other != base && !COLUMNS.contains(&other.as_str()));
        let besides: Vec<_> = besides.filter_map(|other| Some(format!("{other} {}", ratio(other)?))).collect();
        println!("| {name} | {base}, {} | {columns} | {} |", time(*one), besides.join(", "));
    }
}

/// By the kind of work, then by size, then by what is special.
fn order(name: &str) -> (usize, usize, String) {
    let place = |words: &[&str]| words.iter().position(|word| name.contains(word)).unwrap_or(words.len());
    (place(&["verify", "sign", "SPF"]), place(&["10 KB", "100 KB", "1 MB", "10 MB"]), name.to_owned())
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.2} ms", nanoseconds / 1e6),
    }
}
