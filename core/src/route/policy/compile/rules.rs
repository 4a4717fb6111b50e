//! `[[rule]]` and `[[unit]]`.

use std::collections::BTreeSet;

use super::relays::QUEUE;
use super::{Reader, unknown, values};
use crate::limits::{
    MAX_ADDED_NAME, MAX_ADDED_VALUE, MAX_ADDED_WORD, MAX_FOOTER, MAX_POLICY_ENTRIES, MAX_RULE_HEADER,
    MAX_SUBJECT_PREFIX,
};
use crate::mailbox::Mailbox;
use crate::route::policy::finding::Findings;
use crate::route::policy::glob::Glob;
use crate::route::policy::networks::Range;
use crate::route::policy::pattern::{AddressPattern, AddressSet};
use crate::route::policy::rules::{
    Change, Conditions, Direction, Footer, HeaderField, HeaderPattern, NewSender, Rule, Unit, UnitPath, Verdict,
};
use crate::route::policy::table::{Item, Table, hint, quoted};
use crate::route::replies::Reply;

const CONDITIONS: [&str; 9] = ["direction", "from", "author", "to", "peer", "user", "header", "larger_than", "results"];

const ACTIONS: [&str; 13] = [
    "route",
    "reject",
    "quarantine",
    "discard",
    "remove_header",
    "add_header",
    "subject_prefix",
    "sender",
    "to",
    "also_to",
    "footer",
    "require_tls",
    "stop",
];

/// Results of methods that a rule can ask for (RFC 8601 §2.7).
const RESULTS: [&str; 12] = [
    "pass",
    "fail",
    "softfail",
    "neutral",
    "none",
    "temperror",
    "permerror",
    "policy",
    "hardfail",
    "nxdomain",
    "signed",
    "unknown",
];
const METHODS: [&str; 5] = ["dmarc", "spf", "dkim", "arc", "iprev"];

impl Reader<'_> {
    pub(super) fn units(&mut self, table: &Table<'_>) -> Vec<Unit> {
        let found = &mut self.found;
        let mut units: Vec<Unit> = Vec::new();
        for item in table.list("unit") {
            let Some(table) = item.table(found, &["name", "members"]) else { continue };
            if !table.has("name") {
                found.error(table.place, "name", "a unit needs a name, such as \"/sales\"");
            }
            let Some(name) = table.parse(found, "name", UnitPath::parse) else { continue };
            if units.iter().any(|unit| unit.name == name) {
                found.error(table.place_of("name"), "name", format!("there is another unit {name}"));
            }
            let members = table.each(found, "members", AddressPattern::parse).into_iter().collect();
            units.push(Unit { name, members });
        }
        units
    }

    pub(super) fn rules(&mut self, table: &Table<'_>, units: &[Unit]) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut seen = BTreeSet::new();
        let found = &mut self.found;
        if table.list("rule").count() > MAX_POLICY_ENTRIES {
            found.error(table.place_of("rule"), "rule", format!("there are more than {MAX_POLICY_ENTRIES} rules"));
            return rules;
        }
        for item in table.list("rule") {
            let Some(table) = item.table(found, &["name", "unit", "match", "unless", "do", "queue"]) else { continue };
            let Some(name) = table.name(found, "[[rule]]") else { continue };
            let unit = table.parse(found, "unit", UnitPath::parse).unwrap_or_default();
            if unit.depth() > 0 && !units.iter().any(|known| known.name.is_within(&unit)) {
                let known: Vec<String> = units.iter().map(|unit| unit.name.to_string()).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let message = unknown(&unit.to_string(), "[[unit]]", &known);
                found.error(table.place_of("unit"), "unit", message);
            }
            if !seen.insert((name.clone(), unit.clone())) {
                let message = format!("there is another rule {} of the unit {unit}", quoted(&name));
                found.error(table.place_of("name"), "name", message);
            }
            rules.push(rule(&table, name, unit, found));
        }
        rules
    }
}

fn rule(table: &Table<'_>, name: String, unit: UnitPath, found: &mut Findings) -> Rule {
    let conditions = table.item("match").and_then(|item| conditions_of(&item, found)).unwrap_or_default();
    let unless = table.item("unless").and_then(|item| conditions_of(&item, found)).filter(|unless| !unless.is_empty());
    let queue = table.item("queue").and_then(|item| item.word(found, &QUEUE));
    let mut rule = Rule {
        name,
        unit,
        conditions,
        unless,
        verdict: None,
        changes: Vec::new(),
        require_tls: false,
        stop: false,
        queue,
    };
    let Some(actions) = table.item("do").and_then(|item| item.table(found, &ACTIONS)) else {
        if !table.has("do") {
            found.error(
                table.place,
                "do",
                format!("do is missing: what is done, one or more of {}", ACTIONS.join(", ")),
            );
        }
        return rule;
    };
    rule.verdict = verdict(&actions, found);
    rule.changes = changes(&actions, found);
    rule.require_tls = actions.flag(found, "require_tls", false);
    rule.stop = actions.flag(found, "stop", false);
    if rule.verdict.is_none() && rule.changes.is_empty() && !rule.require_tls && !rule.stop && rule.queue.is_none() {
        found.warn(table.place_of("do"), "do", "this rule does nothing");
    }
    rule
}

fn conditions_of(item: &Item<'_>, found: &mut Findings) -> Option<Conditions> {
    let table = item.table(found, &CONDITIONS)?;
    let mut addresses = |key: &str| -> Option<AddressSet> {
        table.item(key).map(|item| item.each(found, AddressPattern::parse).into_iter().collect())
    };
    let (from, author, to) = (addresses("from"), addresses("author"), addresses("to"));
    let direction = table.item("direction").map(|item| {
        let mut all = BTreeSet::new();
        for item in item.list() {
            all.extend(item.word(found, &Direction::WORDS));
        }
        all
    });
    let peer = table.item("peer").map(|item| item.each(found, Range::parse).into_iter().collect());
    let user = table.item("user").map(|item| item.each(found, |text| Ok(text.to_owned())).into_iter().collect());
    let header = table.item("header").map(|item| item.each(found, header_pattern));
    if header.as_ref().is_some_and(|header| header.len() > MAX_RULE_HEADER) {
        found.error(table.place_of("header"), "header", format!("there are more than {MAX_RULE_HEADER} patterns"));
    }
    let larger_than = table.parse(found, "larger_than", values::size);
    let results = table.item("results").map(|item| item.each(found, result).into_iter().collect());
    for key in CONDITIONS {
        if table.item(key).is_some_and(|item| item.list().next().is_none()) {
            found.warn(table.place_of(key), key, "this list is empty, so that nothing can match");
        }
    }
    Some(Conditions { direction, from, author, to, peer, user, header, larger_than, results })
}

/// A field's name.
pub(super) fn field_name(text: &str) -> Result<String, String> {
    let name = text.trim().trim_end_matches(':');
    match !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        true => Ok(name.to_owned()),
        false => Err(format!("{} is no name of a header field, such as X-Gateway", quoted(text))),
    }
}

/// Fields of which each message has one, no less and no more (RFC 5322 §3.6).
const EXACTLY_ONE: [&str; 2] = ["From", "Date"];

fn stands_exactly_once(name: &str) -> bool {
    EXACTLY_ONE.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// The name of a field that a message can do without.
fn removable(text: &str) -> Result<String, String> {
    let name = field_name(text)?;
    match stands_exactly_once(&name) {
        true => Err(format!("a message without the field {name} is none (RFC 5322 §3.6): it cannot be removed")),
        false => Ok(name),
    }
}

fn header_pattern(text: &str) -> Result<HeaderPattern, String> {
    let Some((name, value)) = text.split_once(':') else {
        return Err(format!("{} has no colon: write Subject: *invoice*", quoted(text)));
    };
    Ok(HeaderPattern { name: field_name(name)?, value: Glob::new(value) })
}

fn header_field(text: &str) -> Result<HeaderField, String> {
    let Some((name, value)) = text.split_once(':') else {
        return Err(format!("{} has no colon: write X-Gateway: yes", quoted(text)));
    };
    if value.chars().any(char::is_control) {
        return Err("a field to add has no control characters; it is folded where that is needed".to_owned());
    }
    let is_long = value.chars().count() > MAX_ADDED_VALUE || value.split(' ').any(|word| word.len() > MAX_ADDED_WORD);
    if is_long {
        return Err(format!(
            "a field to add has {MAX_ADDED_VALUE} characters at most, and {MAX_ADDED_WORD} octets in a word, which cannot be folded"
        ));
    }
    let name = field_name(name)?;
    if name.len() > MAX_ADDED_NAME {
        return Err(format!("the name of a field has {MAX_ADDED_NAME} octets at most"));
    }
    match stands_exactly_once(&name) {
        true => Err(format!(
            "each message has a field {name} of its own, and with a second one receivers refuse it (RFC 5322 §3.6): choose another name, such as X-{name}"
        )),
        false => Ok(HeaderField { name, value: value.trim().to_owned() }),
    }
}

fn result(text: &str) -> Result<(String, String), String> {
    let form = || format!("{} is no result: write dmarc=fail", quoted(text));
    let (method, result) = text.split_once('=').ok_or_else(form)?;
    let (method, result) = (method.trim().to_ascii_lowercase(), result.trim().to_ascii_lowercase());
    if !METHODS.contains(&method.as_str()) {
        return Err(format!("the method {} is not known; {}", quoted(&method), hint(&method, &METHODS)));
    }
    match RESULTS.contains(&result.as_str()) {
        true => Ok((method, result)),
        false => Err(format!("the result {} is not known; {}", quoted(&result), hint(&result, &RESULTS))),
    }
}

fn verdict(table: &Table<'_>, found: &mut Findings) -> Option<Verdict> {
    let route = table.text(found, "route").map(|name| Verdict::Route(name.to_owned()));
    let reject = table.parse(found, "reject", Reply::parse).map(Verdict::Reject);
    let quarantine = table.flag(found, "quarantine", false).then_some(Verdict::Quarantine);
    let discard = table.flag(found, "discard", false).then_some(Verdict::Discard);
    let all: Vec<Verdict> = [route, reject, quarantine, discard].into_iter().flatten().collect();
    if let [_, second, ..] = all.as_slice() {
        let message = "only one of route, reject, quarantine and discard can decide";
        found.error(table.place_of(second.as_str()), second.as_str(), message);
    }
    all.into_iter().next()
}

fn changes(table: &Table<'_>, found: &mut Findings) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(table.each(found, "remove_header", removable).into_iter().map(Change::RemoveHeader));
    changes.extend(table.each(found, "add_header", header_field).into_iter().map(Change::AddHeader));
    let prefix = table.parse(found, "subject_prefix", |text| match text.chars().any(char::is_control) {
        true => Err("a subject has no control characters".to_owned()),
        false if text.trim().is_empty() => Err("there is nothing in it to put before a subject".to_owned()),
        false if text.chars().count() > MAX_SUBJECT_PREFIX => {
            Err(format!("what is put before a subject has {MAX_SUBJECT_PREFIX} characters at most"))
        }
        false => Ok(text.to_owned()),
    });
    changes.extend(prefix.map(Change::SubjectPrefix));
    let sender = table.parse(found, "sender", |text| match text {
        "srs" => Ok(NewSender::Srs),
        _ => mailbox(text).map(NewSender::Address),
    });
    changes.extend(sender.map(Change::Sender));
    for (key, change) in [("to", Change::To as fn(Vec<Mailbox>) -> Change), ("also_to", Change::AlsoTo)] {
        if let Some(item) = table.item(key) {
            let mailboxes = item.each(found, mailbox);
            if item.list().next().is_none() {
                item.wrong(found, "there is no recipient in it");
            }
            changes.push(change(mailboxes));
        }
    }
    if let Some(item) = table.item("footer")
        && let Some(table) = item.table(found, &["text", "html"])
    {
        let html = table.parse(found, "html", footer);
        match table.has("text") {
            true => {
                let text = table.parse(found, "text", footer);
                changes.extend(text.map(|text| Change::Footer(Footer { text, html })));
            }
            false => found.error(table.place, "text", "a footer needs its text; html is for bodies in HTML"),
        }
    }
    changes
}

/// One of the texts of a footer.
fn footer(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a footer needs a text".to_owned());
    }
    if text.len() > MAX_FOOTER {
        return Err(format!("a footer has {MAX_FOOTER} octets at most"));
    }
    match text.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\r' | '\n')) {
        true => Err("a footer has no control characters but the ends of its lines".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let path = text.trim();
    let path = path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path);
    Mailbox::parse(path).map_err(|error| format!("{}: {error}; write a@example.com", quoted(text)))
}
