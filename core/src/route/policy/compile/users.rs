//! `users.toml`: accounts, what proves their passwords, and the senders that each may use.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reader, once};
use crate::limits::MAX_USERS;
use crate::route::policy::finding::Place;
use crate::route::policy::pattern::{AddressPattern, AddressSet};
use crate::route::policy::raw::{Data, Value};
use crate::route::policy::relays::{Account, Verifier};
use crate::route::policy::table::{Table, quoted};
use crate::smtp::sasl::ScramVerifier;

/// The accounts of the files that were read, and who of them is in which.
#[derive(Default)]
pub(super) struct UserFiles(BTreeMap<String, BTreeSet<String>>);

impl Reader<'_> {
    /// The names of the accounts of a file, which is read once.
    pub(super) fn users(
        &mut self,
        path: &str,
        place: Place,
        files: &mut UserFiles,
        accounts: &mut BTreeMap<String, Account>,
    ) -> BTreeSet<String> {
        if let Some(names) = files.0.get(path) {
            return names.clone();
        }
        let octets = self.file(path, place, "users");
        let text = octets.and_then(|octets| self.utf8(octets, path, place));
        let tree = text.and_then(|text| self.tree(Some(path), &text));
        let names = tree.map(|tree| self.accounts(&tree, accounts)).unwrap_or_default();
        files.0.insert(path.to_owned(), names.clone());
        names
    }

    fn accounts(&mut self, tree: &Value, accounts: &mut BTreeMap<String, Account>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let Data::Table(entries) = &tree.data else { return seen };
        let table = Table::open(tree, entries, &mut self.found, &["user"]);
        if table.list("user").count() > MAX_USERS {
            self.found.error(table.place, "user", format!("there are more than {MAX_USERS} users"));
            return seen;
        }
        for item in table.list("user") {
            let Some(table) = item.table(&mut self.found, &["name", "senders", "verifiers"]) else { continue };
            let Some(name) = table.name(&mut self.found, "[[user]]") else { continue };
            let is_doubled = seen.contains(&name);
            once(&mut self.found, &mut seen, &table, &name, "[[user]]");
            let senders: AddressSet =
                table.each(&mut self.found, "senders", AddressPattern::parse).into_iter().collect();
            if senders.is_empty() && table.list("senders").next().is_none() {
                self.found.warn(
                    table.place_of("senders"),
                    "senders",
                    format!("{} may use no sender, so it can send nothing", quoted(&name)),
                );
            }
            if senders.is_any() {
                self.found.warn(table.place_of("senders"), "senders", format!("{} may send as anybody", quoted(&name)));
            }
            let verifiers = self.verifiers(&table);
            let account = Account { name: name.clone(), senders, verifiers };
            if accounts.insert(name.clone(), account).is_some() && !is_doubled {
                self.found.error(
                    table.place_of("name"),
                    "name",
                    format!("{} is a user of another file, too", quoted(&name)),
                );
            }
        }
        seen
    }

    fn verifiers(&mut self, table: &Table<'_>) -> Vec<Verifier> {
        let mut all = Vec::new();
        for item in table.list("verifiers") {
            let Some(table) = item.table(&mut self.found, &["label", "scram", "created", "used"]) else { continue };
            let found = &mut self.found;
            let text = |found: &mut _, key| table.text(found, key).map(str::to_owned);
            let (label, created, used) = (text(found, "label"), text(found, "created"), text(found, "used"));
            if !table.has("scram") {
                found.error(table.place, "scram", "scram is missing: passerelle app-password create makes one");
            }
            let wrong = |error| format!("this is no verifier, {error}; passerelle app-password create makes one");
            let scram = table.parse(found, "scram", |text| ScramVerifier::parse(text).map_err(wrong));
            all.extend(scram.map(|scram| Verifier { label: label.unwrap_or_default(), scram, created, used }));
        }
        all
    }
}
