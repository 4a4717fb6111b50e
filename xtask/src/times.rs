//! How long the steps took the last time they passed here: `target/xtask/times.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::workspace;

#[derive(Default)]
pub(crate) struct Times(BTreeMap<String, f64>);

impl Times {
    /// Those of the last runs; none where there is no file, or none that can be read.
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(path()).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) fn note(&mut self, name: &str, took: Duration) {
        self.0.insert(name.to_owned(), took.as_secs_f64());
    }

    /// Seconds.
    pub(crate) fn of(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// A forecast less is no reason to fail.
    pub(crate) fn write(&self) {
        if let Ok(text) = serde_json::to_string_pretty(&self.0) {
            let _ = std::fs::write(path(), text);
        }
    }
}

fn path() -> PathBuf {
    workspace::root().join("target/xtask/times.json")
}
