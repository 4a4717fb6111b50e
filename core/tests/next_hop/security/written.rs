//! What is written out of the table: current, and composing to the table again.

use std::collections::BTreeMap;
use std::path::Path;

use passerelle::route::security::{Authority, Decision, Dnssec, Inputs, Published, Skip, decide, table};
use serde_json::Value;

/// The file is as it should be; with `UPDATE_FILES=1` in the environment it is made so.
fn is_current(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("UPDATE_FILES").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is not current: UPDATE_FILES=1 writes it", path.display());
}

#[test]
fn the_json_is_current() {
    is_current("core/tests/security-table.json", &table::to_json());
}

#[test]
fn the_page_is_current() {
    is_current("docs/security-table.md", &table::to_markdown());
}

fn word<T: serde::Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Another MTA that goes by the three small tables does in every case what `decide` does.
#[test]
fn the_three_tables_of_the_json_compose_to_the_whole() {
    let json: Value = serde_json::from_str(&table::to_json()).unwrap();
    let rows = |name: &str| json[name].as_array().unwrap().clone();
    let key = |row: &Value, columns: &[&str]| columns.iter().map(|c| row[c].to_string()).collect::<Vec<_>>().join(" ");
    let of = |name: &str, columns: &[&str]| -> BTreeMap<String, Value> {
        rows(name).iter().map(|row| (key(row, columns), row.clone())).collect()
    };
    let lifted = of("lifted", &["requiretls", "tls_required_no", "override"]);
    let hosts = of("hosts", &["local", "lifted", "dnssec", "tlsa", "sts", "requiretls"]);
    assert_eq!(hosts.len(), rows("hosts").len(), "each row once");
    let check = |inputs: &Inputs, local: &str| {
        let names = [(inputs.overrides.dane, "dane"), (inputs.overrides.mta_sts, "mta-sts")];
        let names: Vec<&str> = names.into_iter().filter(|n| n.0).map(|n| n.1).collect();
        let by = [word(inputs.requiretls), word(inputs.tls_required_no), word(names)];
        let lifted = &lifted[&by.map(|value| value.to_string()).join(" ")]["lifted"];
        let is_lifted = |name: &str| lifted.as_array().unwrap().iter().any(|l| l == name);
        let tlsa = if inputs.dnssec == Dnssec::Secure { word(inputs.tlsa) } else { Value::Null };
        let sts = if is_lifted("mta-sts") { word("none") } else { word(inputs.sts) };
        let by = [word(local), lifted.clone(), word(inputs.dnssec), tlsa, sts, word(inputs.requiretls)];
        let then = &hosts[&by.map(|value| value.to_string()).join(" ")]["then"];
        match decide(inputs) {
            Decision::Skip(Skip::Credentials) => assert_eq!(then["credentials"], false, "{inputs:?}"),
            Decision::Skip(skip) => assert_eq!(then["skip"], word(skip), "{inputs:?}"),
            Decision::Connect(security) => {
                let verify: Vec<&str> =
                    then["verify"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
                assert_eq!(then["tls"], word(security.encryption), "{inputs:?}");
                assert_eq!(verify.contains(&"dane"), security.published == Published::Dane);
                assert_eq!(verify.iter().any(|v| v.contains("mta-sts")), security.published == Published::MtaSts);
                assert_eq!(verify.contains(&"fingerprint"), security.fingerprint);
                assert_eq!(verify.contains(&"ca"), security.authority == Authority::Ca);
                assert_eq!(verify.contains(&"ca+name: the host"), security.authority == Authority::Host);
                assert_eq!(verify.contains(&"requiretls offered"), security.requiretls);
                assert_eq!(then["report"] == true, security.sts_report);
                let clear = then["after_failure"].as_str().unwrap().starts_with("clear text");
                assert_eq!(clear, then["tls"] == "may");
            }
        }
    };
    // The first table gives what this side asks for; of each such demand the rest is tried once.
    let mut seen = Vec::new();
    for (row, inputs) in rows("local").iter().zip(table::locals()) {
        assert_eq!(row["local"], word(inputs.local().words()));
        assert_eq!(row["until"], word(inputs.destination.is_some_and(|destination| destination.lowers)));
        if !seen.contains(&inputs.local()) {
            seen.push(inputs.local());
            let local = row["local"].as_str().unwrap();
            table::with_others(inputs).for_each(|inputs| check(&inputs, local));
        }
    }
    assert_eq!(seen.len(), table::demands().len());
}
