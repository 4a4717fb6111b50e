//! From a document to a policy.

pub(crate) mod checks;
mod never;
mod relays;
mod routes;
mod rules;
mod sections;
mod users;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Findings, Place};
use super::raw::{self, Data, Entry, SyntaxError, Value};
use super::table::{Item, Table, hint, quoted};
use super::{Compiled, DomainSet, Policy, RuleIndex};
use crate::crypto::Sha256;
use crate::limits::{MAX_POLICY_INCLUDES, MAX_POLICY_SIZE};

/// The files that a document names. Their paths are as the document has them, relative to it.
pub trait Files {
    /// The octets of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// No files at all: for documents that name none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("this host reads no files".to_owned())
    }
}

impl<F: Fn(&str) -> Result<Vec<u8>, String>> Files for F {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self(path)
    }
}

/// What is known of the document while it is read.
struct Reader<'f> {
    files: &'f dyn Files,
    found: Findings,
}

const KEYS: [&str; 24] = [
    "hostname",
    "domains",
    "addresses",
    "outbound_gateway",
    "include",
    "relay",
    "route",
    "rule",
    "unit",
    "destination",
    "sign",
    "credentials",
    "limits",
    "queue",
    "quarantine",
    "srs",
    "listen",
    "tls",
    "testing",
    "timeouts",
    "capacity",
    "milter",
    "users",
    "reports",
];

/// The keys under which there may be several tables.
const LISTS: [&str; 7] = ["relay", "route", "rule", "unit", "destination", "sign", "credentials"];

pub(super) fn compile(text: &str, files: &dyn Files) -> Compiled {
    let mut reader = Reader { files, found: Findings::default() };
    let policy = reader.policy(text);
    let is_unreadable = reader.found.is_unreadable();
    let (findings, marks) = reader.found.into_list();
    Compiled { policy: policy.filter(|_| !is_unreadable), findings, marks }
}

impl Reader<'_> {
    fn policy(&mut self, text: &str) -> Option<Policy> {
        let document = self.document(text)?;
        let Data::Table(entries) = &document.data else {
            self.found.error(document.place, "", "the document is not a table");
            return None;
        };
        let table = Table::open(&document, entries, &mut self.found, &KEYS);
        let policy = self.read(&table);
        policy.map(|mut policy| {
            policy.version = version(&policy);
            policy
        })
    }

    fn read(&mut self, table: &Table<'_>) -> Option<Policy> {
        let found = &mut self.found;
        if !table.has("hostname") {
            found.error(table.place, "hostname", "hostname is missing: the name of this host, such as gw.example.com");
        }
        let hostname = table.parse(found, "hostname", values::own_name);
        let mut domains = DomainSet::default();
        table.each(found, "domains", |text| domains.add(text));
        if domains.is_empty() && !table.has("domains") {
            found.error(
                table.place,
                "domains",
                "domains is missing: the domains of this organisation, such as [\"example.com\"]",
            );
        }
        let addresses = table.each(found, "addresses", values::address);
        let listen = sections::listen(table, found);
        let srs = self.srs(table);
        let signers = self.signers(table);
        let credentials = self.credentials(table);
        let hostname = hostname?;
        let routes = self.routes(table, &hostname, &credentials)?;
        let mut accounts = BTreeMap::new();
        let relays = self.relays(table, &mut accounts);
        let units = self.units(table);
        let rules = self.rules(table, &units);
        let destinations = self.destinations(table);
        let found = &mut self.found;
        let mut policy = Policy {
            version: String::new(),
            hostname,
            domains,
            addresses: addresses.into_iter().collect(),
            has_outbound_gateway: table.has("outbound_gateway"),
            relays,
            accounts,
            routes,
            index: RuleIndex::of(&rules),
            rules,
            units,
            destinations,
            signers,
            quotas: sections::quotas(table, found),
            queue: sections::queue(table, found),
            quarantine: sections::quarantine(table, found),
            srs,
            listen,
            ca: sections::authorities(table, found),
            testing: sections::testing(table, found),
            timeouts: sections::timeouts(table, found),
            capacity: sections::capacity(table, found),
            milter: sections::milter(table, found),
        };
        policy
            .addresses
            .extend(policy.listen.all().map(|socket| socket.ip().to_canonical()).filter(|ip| !ip.is_unspecified()));
        policy.addresses.extend(policy.routes.values().flat_map(|route| &route.source));
        self.check(table, &policy);
        self.mark(table);
        Some(policy)
    }

    /// Where that stands which is looked at when the DNS was asked.
    fn mark(&mut self, table: &Table<'_>) {
        let found = &mut self.found;
        found.mark("hostname".to_owned(), table.place_of("hostname"), "hostname");
        found.mark("certificate".to_owned(), table.place_of("listen"), "tls");
        for item in table.list("route").chain(table.list("relay")) {
            let Some(name) = item.get("name").and_then(|name| name.as_text()) else { continue };
            for key in ["ehlo", "peers", "provider"] {
                if let Some(value) = item.get(key) {
                    let what = if key == "ehlo" { "ehlo" } else { "peers" };
                    found.mark(format!("{what} {}", name.trim()), value.place(), key);
                }
            }
        }
    }

    /// The document with what it includes.
    fn document(&mut self, text: &str) -> Option<Value> {
        let mut document = self.tree(None, text)?;
        let Data::Table(entries) = &mut document.data else { return Some(document) };
        let mut read = 0;
        let mut at = 0;
        let mut seen = BTreeSet::new();
        while at < entries.len() {
            let is_include = entries.get(at).is_some_and(|entry| entry.key == "include");
            if !is_include {
                at += 1;
                continue;
            }
            let include = entries.remove(at);
            for (path, place) in self.paths(&include) {
                read += 1;
                if read > MAX_POLICY_INCLUDES {
                    self.found.error(place, "include", format!("more than {MAX_POLICY_INCLUDES} files are included"));
                    return None;
                }
                if !seen.insert(path.clone()) {
                    self.found.error(place, "include", format!("{} is included twice", quoted(&path)));
                    continue;
                }
                let octets = self.file(&path, place, "include");
                let Some(text) = octets.and_then(|octets| self.utf8(octets, &path, place)) else { continue };
                if let Some(Value { data: Data::Table(more), .. }) = self.tree(Some(&path), &text) {
                    self.merge(entries, more);
                }
            }
        }
        Some(document)
    }

    fn paths(&mut self, include: &Entry) -> Vec<(String, Place)> {
        let item = Item { key: "include", value: &include.value };
        let found = &mut self.found;
        item.list().filter_map(|item| Some((item.text(found)?.to_owned(), item.place()))).collect()
    }

    /// Adds the entries of an included file: lists grow, all else is there once.
    fn merge(&mut self, entries: &mut Vec<Entry>, more: Vec<Entry>) {
        for entry in more {
            let Some(known) = entries.iter_mut().find(|known| known.key == entry.key) else {
                entries.push(entry);
                continue;
            };
            match (&mut known.value.data, entry.value.data) {
                (Data::List(values), Data::List(more)) => values.extend(more),
                (Data::List(values), data) if LISTS.contains(&entry.key.as_str()) => {
                    values.push(Value { place: entry.value.place, data });
                }
                _ => self.found.error(entry.place, &entry.key, "this is set in another file already"),
            }
        }
    }

    /// The values of a file of TOML or JSON.
    fn tree(&mut self, name: Option<&str>, text: &str) -> Option<Value> {
        // A byte order mark is no part of the text; places are counted without it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = self.found.file(name, text);
        if text.len() > MAX_POLICY_SIZE {
            let message = format!("the file has more than {MAX_POLICY_SIZE} octets");
            self.found.error(Place { file, start: 0 }, "", message);
            return None;
        }
        let is_json = text.trim_ascii_start().starts_with('{');
        let read = match is_json {
            true => raw::json::read(text, file),
            #[cfg(feature = "toml")]
            false => raw::toml::read(text, file),
            #[cfg(not(feature = "toml"))]
            false => Err(SyntaxError { start: 0, message: "this is no JSON, and TOML is not built in".into() }),
        };
        match read {
            Ok(value) => Some(value),
            Err(SyntaxError { start, message }) => {
                self.found.error(Place { file, start }, "", message);
                None
            }
        }
    }

    /// The octets of a file that the document names.
    fn file(&mut self, path: &str, place: Place, key: &str) -> Option<Vec<u8>> {
        match self.files.read(path) {
            Ok(octets) => Some(octets),
            Err(error) => {
                self.found.error(place, key, format!("{} cannot be read: {error}", quoted(path)));
                None
            }
        }
    }

    fn utf8(&mut self, octets: Vec<u8>, path: &str, place: Place) -> Option<String> {
        match String::from_utf8(octets) {
            Ok(text) => Some(text),
            Err(_) => {
                self.found.error(place, "", format!("{} is not UTF-8", quoted(path)));
                None
            }
        }
    }

    /// The secret in the file under this key.
    fn secret(&mut self, table: &Table<'_>, key: &str) -> Option<(String, String)> {
        let Some(item) = table.item(key) else {
            self.found.error(table.place, key, format!("{key} is missing: the file that holds it"));
            return None;
        };
        let path = item.text(&mut self.found)?;
        let octets = self.file(path, item.place(), key)?;
        match values::secret(octets) {
            Ok(secret) => Some((path.to_owned(), secret)),
            Err(error) => {
                item.wrong(&mut self.found, format!("{} {error}", quoted(path)));
                None
            }
        }
    }
}

/// Notes the name, and says where it is there twice.
fn once(found: &mut Findings, seen: &mut BTreeSet<String>, table: &Table<'_>, name: &str, of: &str) {
    if !seen.insert(name.to_owned()) {
        found.error(table.place_of("name"), "name", format!("there is another {of} of the name {}", quoted(name)));
    }
}

/// Says that a name is none of those that there are.
fn unknown(name: &str, of: &str, known: &[&str]) -> String {
    format!("there is no {of} {}; {}", quoted(name), hint(name, known))
}

/// A hash of what the policy means. All of it is there in an order of its own, and what is the default is there as well.
fn version(policy: &Policy) -> String {
    // The types hold texts, numbers, and lists of them: they always serialize.
    let meaning = serde_json::to_vec(policy).unwrap_or_default();
    Sha256::digest(&meaning).iter().take(16).map(|octet| format!("{octet:02x}")).collect()
}
