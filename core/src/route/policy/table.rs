//! Reading a table by its keys: what each holds, and which of them are not known.

use super::finding::{Findings, Place};
use super::raw::{Data, Entry, Value};
use crate::spelling;
use crate::trail::shown;

/// A table whose keys are taken one by one.
pub(crate) struct Table<'v> {
    /// Where it stands: its first key.
    pub(crate) place: Place,
    entries: &'v [Entry],
}

/// A value under a key.
#[derive(Clone, Copy)]
pub(crate) struct Item<'v> {
    pub(crate) key: &'v str,
    pub(crate) value: &'v Value,
}

impl<'v> Item<'v> {
    /// Where the value stands.
    pub(crate) fn place(&self) -> Place {
        self.value.place
    }

    pub(crate) fn wrong(&self, found: &mut Findings, message: impl Into<String>) {
        found.error(self.value.place, self.key, message);
    }

    fn not(&self, found: &mut Findings, wanted: &str) {
        self.wrong(found, format!("this is {}; {wanted} is expected", self.value.kind()));
    }

    pub(crate) fn text(&self, found: &mut Findings) -> Option<&'v str> {
        match &self.value.data {
            Data::Text(text) => Some(text),
            _ => {
                self.not(found, "a text in quotes");
                None
            }
        }
    }

    pub(crate) fn flag(&self, found: &mut Findings) -> Option<bool> {
        match self.value.data {
            Data::Flag(flag) => Some(flag),
            _ => {
                self.not(found, "true or false, without quotes,");
                None
            }
        }
    }

    /// A number from `least` to `most`.
    pub(crate) fn number(&self, found: &mut Findings, least: u64, most: u64) -> Option<u64> {
        match self.value.data {
            Data::Integer(number) => match u64::try_from(number).ok().filter(|n| (least..=most).contains(n)) {
                Some(number) => Some(number),
                None => {
                    self.wrong(found, format!("{number} is not from {least} to {most}"));
                    None
                }
            },
            _ => {
                self.not(found, "a number without quotes");
                None
            }
        }
    }

    /// The values of a list; a value that is no list is a list of one.
    pub(crate) fn list(&self) -> impl Iterator<Item = Item<'v>> + use<'v> {
        let values = match &self.value.data {
            Data::List(values) => values.as_slice(),
            _ => std::slice::from_ref(self.value),
        };
        let key = self.key;
        values.iter().map(move |value| Item { key, value })
    }

    /// Each text of a list, read by `read`, which says what is wrong.
    pub(crate) fn each<T>(&self, found: &mut Findings, mut read: impl FnMut(&str) -> Result<T, String>) -> Vec<T> {
        let mut all = Vec::new();
        for item in self.list() {
            if let Some(value) = item.parse(found, &mut read) {
                all.push(value);
            }
        }
        all
    }

    /// The text, read by `read`, which says what is wrong.
    pub(crate) fn parse<T>(&self, found: &mut Findings, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.text(found)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.wrong(found, message);
                None
            }
        }
    }

    /// The text as one of several words.
    pub(crate) fn word<T: Copy>(&self, found: &mut Findings, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(found)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.wrong(found, format!("{} is not known; {}", quoted(text), hint(text, &known)));
        None
    }

    /// The table with these keys.
    pub(crate) fn table(&self, found: &mut Findings, keys: &[&str]) -> Option<Table<'v>> {
        match &self.value.data {
            Data::Table(entries) => Some(Table::open(self.value, entries, found, keys)),
            _ => {
                self.not(found, "a table");
                None
            }
        }
    }

    /// What stands under a key of the table, whose keys were looked at before.
    pub(crate) fn get(&self, key: &str) -> Option<Item<'v>> {
        let Data::Table(entries) = &self.value.data else { return None };
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(Item { key: &entry.key, value: &entry.value })
    }

    pub(crate) fn as_text(&self) -> Option<&'v str> {
        match &self.value.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value.data, Data::Table(_))
    }

    pub(crate) fn is_flag(&self) -> bool {
        matches!(self.value.data, Data::Flag(_))
    }
}

impl<'v> Table<'v> {
    /// A table of which these keys are known; the others are errors.
    pub(crate) fn open(value: &Value, entries: &'v [Entry], found: &mut Findings, keys: &[&str]) -> Self {
        for entry in entries {
            if !keys.contains(&entry.key.as_str()) {
                let message = match spelling::alike(entry.key.as_bytes(), keys.iter().copied()) {
                    Some(alike) => format!("this key is not known; {alike} is: is that meant?"),
                    None => format!("this key is not known; known are {}", keys.join(", ")),
                };
                found.error(entry.place, &entry.key, message);
            }
        }
        Self { place: value.place, entries }
    }

    pub(crate) fn item(&self, key: &str) -> Option<Item<'v>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Item { key: &entry.key, value: &entry.value })
    }

    /// Where a key stands; the table, where it does not.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.entries.iter().find(|entry| entry.key == key).map_or(self.place, |entry| entry.place)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.item(key).is_some()
    }

    pub(crate) fn flag(&self, found: &mut Findings, key: &str, otherwise: bool) -> bool {
        self.item(key).and_then(|item| item.flag(found)).unwrap_or(otherwise)
    }

    pub(crate) fn text(&self, found: &mut Findings, key: &str) -> Option<&'v str> {
        self.item(key)?.text(found)
    }

    pub(crate) fn number(&self, found: &mut Findings, key: &str, least: u64, most: u64) -> Option<u64> {
        self.item(key)?.number(found, least, most)
    }

    /// The values of a list under a key, or none.
    pub(crate) fn list(&self, key: &str) -> impl Iterator<Item = Item<'v>> + use<'v> {
        self.item(key).into_iter().flat_map(|item| item.list())
    }

    pub(crate) fn each<T>(
        &self,
        found: &mut Findings,
        key: &str,
        read: impl FnMut(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.item(key).map(|item| item.each(found, read)).unwrap_or_default()
    }

    pub(crate) fn parse<T>(
        &self,
        found: &mut Findings,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.item(key)?.parse(found, read)
    }

    /// The text under a key that has to be there and not be empty.
    pub(crate) fn name(&self, found: &mut Findings, of: &str) -> Option<String> {
        match self.item("name") {
            None => {
                found.error(self.place, "name", format!("{of} needs a name"));
                None
            }
            Some(item) => match item.text(found)?.trim() {
                "" => {
                    item.wrong(found, format!("the name of {of} must not be empty"));
                    None
                }
                name if name.chars().any(char::is_control) => {
                    item.wrong(found, "a name has no control characters");
                    None
                }
                name => Some(name.to_owned()),
            },
        }
    }
}

/// A text of the document in quotes, for a message.
pub(crate) fn quoted(text: &str) -> String {
    match text.is_ascii() {
        true => format!("\"{}\"", shown(text.as_bytes(), 80)),
        false => format!("\"{}\"", text.chars().filter(|c| !c.is_control()).take(80).collect::<String>()),
    }
}

/// Which of the words is meant, or all of them.
pub(crate) fn hint(text: &str, words: &[&str]) -> String {
    match spelling::alike(text.as_bytes(), words.iter().copied()) {
        Some(alike) => format!("{alike} is: is that meant?"),
        None if words.is_empty() => "there is none".to_owned(),
        None => format!("known are {}", words.join(", ")),
    }
}
