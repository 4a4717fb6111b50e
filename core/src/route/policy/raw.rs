//! A document before it means anything: values, each with its place. TOML and JSON both become this.

use super::finding::Place;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) place: Place,
    pub(crate) data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<Value>),
    Table(Vec<Entry>),
    /// What no key of ours takes: a number with a fraction, `null`.
    Other(&'static str),
}

/// A key of a table, where it stands, and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Value,
}

impl Value {
    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Text(_) => "a text",
            Data::Integer(_) => "a number",
            Data::Flag(_) => "true or false",
            Data::List(_) => "a list",
            Data::Table(_) => "a table",
            Data::Other(kind) => kind,
        }
    }
}

/// What is wrong with the syntax, and where.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) start: usize,
    pub(crate) message: String,
}

#[cfg(feature = "toml")]
pub(crate) mod toml {
    //! TOML, as the crate `toml` reads it.

    use toml::Spanned;
    use toml::de::{DeTable, DeValue};

    use super::super::finding::Place;
    use super::{Data, Entry, SyntaxError, Value};

    pub(crate) fn read(text: &str, file: usize) -> Result<Value, SyntaxError> {
        let table = DeTable::parse(text).map_err(|error| SyntaxError {
            start: error.span().map_or(0, |span| span.start),
            message: error.message().to_owned(),
        })?;
        let mut all = table_of(table.get_ref(), file);
        all.place = Place { file, start: 0 };
        Ok(all)
    }

    /// The reader of the crate does not nest tables without bound, so neither does this.
    fn value_of(value: &Spanned<DeValue<'_>>, file: usize) -> Value {
        let place = Place { file, start: value.span().start };
        let data = match value.get_ref() {
            DeValue::String(text) => Data::Text(text.to_string()),
            DeValue::Integer(number) => {
                let digits: String = number.as_str().chars().filter(|c| *c != '_').collect();
                match i64::from_str_radix(&digits, number.radix()) {
                    Ok(number) => Data::Integer(number),
                    Err(_) => Data::Other("a number that is too large"),
                }
            }
            DeValue::Float(_) => Data::Other("a number with a fraction"),
            DeValue::Boolean(flag) => Data::Flag(*flag),
            // A date may be written without quotes.
            DeValue::Datetime(moment) => Data::Text(moment.to_string()),
            DeValue::Array(list) => Data::List(list.iter().map(|value| value_of(value, file)).collect()),
            DeValue::Table(table) => table_of(table, file).data,
        };
        Value { place, data }
    }

    fn table_of(table: &DeTable<'_>, file: usize) -> Value {
        let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
            key: key.get_ref().to_string(),
            place: Place { file, start: key.span().start },
            value: value_of(value, file),
        };
        let mut entries: Vec<Entry> = table.iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.place.start);
        let place = Place { file, start: entries.first().map_or(0, |entry| entry.place.start) };
        Value { place, data: Data::Table(entries) }
    }
}

pub(crate) mod json {
    //! JSON (RFC 8259), of which `serde_json` keeps no places.

    use super::super::finding::Place;
    use super::{Data, Entry, SyntaxError, Value};
    use crate::limits::MAX_POLICY_DEPTH;

    pub(crate) fn read(text: &str, file: usize) -> Result<Value, SyntaxError> {
        let mut reader = Reader { text, at: 0, file };
        let value = reader.value(0)?;
        reader.blanks();
        match reader.at == text.len() {
            true => Ok(value),
            false => Err(reader.wrong("something stands behind the document")),
        }
    }

    struct Reader<'t> {
        text: &'t str,
        at: usize,
        file: usize,
    }

    impl Reader<'_> {
        fn wrong(&self, message: impl Into<String>) -> SyntaxError {
            SyntaxError { start: self.at, message: message.into() }
        }

        fn peek(&self) -> Option<u8> {
            self.text.as_bytes().get(self.at).copied()
        }

        fn blanks(&mut self) {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                self.at += 1;
            }
        }

        fn eat(&mut self, octet: u8) -> bool {
            let is_there = self.peek() == Some(octet);
            self.at += usize::from(is_there);
            is_there
        }

        fn value(&mut self, depth: usize) -> Result<Value, SyntaxError> {
            if depth > MAX_POLICY_DEPTH {
                return Err(self.wrong("this is nested too deeply"));
            }
            self.blanks();
            let place = Place { file: self.file, start: self.at };
            let data = match self.peek() {
                Some(b'{') => Data::Table(self.table(depth)?),
                Some(b'[') => Data::List(self.list(depth)?),
                Some(b'"') => Data::Text(self.string()?),
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b'a'..=b'z') => self.word()?,
                Some(_) => return Err(self.wrong("a value is expected")),
                None => return Err(self.wrong("the document ends where a value is expected")),
            };
            Ok(Value { place, data })
        }

        fn table(&mut self, depth: usize) -> Result<Vec<Entry>, SyntaxError> {
            self.at += 1;
            let mut entries = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            self.blanks();
            if self.eat(b'}') {
                return Ok(entries);
            }
            loop {
                self.blanks();
                let place = Place { file: self.file, start: self.at };
                if self.peek() != Some(b'"') {
                    return Err(self.wrong("a key in double quotes is expected"));
                }
                let key = self.string()?;
                if !seen.insert(key.clone()) {
                    return Err(SyntaxError { start: place.start, message: format!("the key {key} is there twice") });
                }
                self.blanks();
                if !self.eat(b':') {
                    return Err(self.wrong("a colon is expected behind the key"));
                }
                entries.push(Entry { key, place, value: self.value(depth + 1)? });
                self.blanks();
                match (self.eat(b','), self.eat(b'}')) {
                    (true, false) => {}
                    (false, true) => return Ok(entries),
                    _ => return Err(self.wrong("a comma and another key, or a closing brace is expected")),
                }
            }
        }

        fn list(&mut self, depth: usize) -> Result<Vec<Value>, SyntaxError> {
            self.at += 1;
            let mut values = Vec::new();
            self.blanks();
            if self.eat(b']') {
                return Ok(values);
            }
            loop {
                values.push(self.value(depth + 1)?);
                self.blanks();
                match (self.eat(b','), self.eat(b']')) {
                    (true, false) => {}
                    (false, true) => return Ok(values),
                    _ => return Err(self.wrong("a comma and another value, or a closing bracket is expected")),
                }
            }
        }

        fn string(&mut self) -> Result<String, SyntaxError> {
            let start = self.at;
            let octets = self.text.as_bytes();
            let mut end = start + 1;
            loop {
                match octets.get(end) {
                    Some(b'"') => break,
                    Some(b'\\') => end += 2,
                    Some(_) => end += 1,
                    None => return Err(self.wrong("this text is not closed")),
                }
            }
            self.at = end + 1;
            let quoted = self.text.get(start..self.at).unwrap_or_default();
            serde_json::from_str(quoted).map_err(|_| SyntaxError {
                start,
                message: "this text has an escape or a character that JSON has not".into(),
            })
        }

        fn number(&mut self) -> Result<Data, SyntaxError> {
            let start = self.at;
            while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                self.at += 1;
            }
            let digits = self.text.get(start..self.at).unwrap_or_default();
            match (serde_json::from_str::<i64>(digits), serde_json::from_str::<serde_json::Number>(digits)) {
                (Ok(number), _) => Ok(Data::Integer(number)),
                (_, Ok(_)) => Ok(Data::Other("a number with a fraction, or one that is too large")),
                _ => Err(SyntaxError { start, message: format!("{digits} is no number") }),
            }
        }

        fn word(&mut self) -> Result<Data, SyntaxError> {
            let start = self.at;
            while matches!(self.peek(), Some(b'a'..=b'z')) {
                self.at += 1;
            }
            match self.text.get(start..self.at).unwrap_or_default() {
                "true" => Ok(Data::Flag(true)),
                "false" => Ok(Data::Flag(false)),
                "null" => Ok(Data::Other("null")),
                _ => Err(SyntaxError { start, message: "true, false, or a text in double quotes is expected".into() }),
            }
        }
    }
}
