//! Where messages arrive: a folder of files, looked at until what is awaited is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::message::{self, Message};
use crate::report::Stop;

/// Between two looks.
const TICK: Duration = Duration::from_millis(20);
/// The lines at the top of a stored message that name its recipients, as one or the other server writes them.
const RECIPIENT_FIELDS: [&str; 4] = ["delivered-to:", "x-rcpt-args:", "x-original-to:", "x-envelope-to:"];

/// One folder of a server, in which each file is a message.
pub(super) struct Store {
    folder: PathBuf,
    seen: BTreeSet<PathBuf>,
    /// An empty line is added to each file.
    padded: bool,
    /// Files without our field.
    strangers: BTreeSet<PathBuf>,
    arrived: BTreeMap<String, Arrived>,
}

/// What has arrived of one message.
#[derive(Default)]
struct Arrived {
    /// How often, for each recipient.
    recipients: BTreeMap<String, usize>,
    /// Where.
    files: Vec<PathBuf>,
}

impl Store {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, padded: false, seen: BTreeSet::new(), strangers: BTreeSet::new(), arrived: BTreeMap::new() }
    }

    /// The files of a server that ends each with an empty line of its own.
    pub(super) fn padded(folder: PathBuf) -> Self {
        Self { padded: true, ..Self::new(folder) }
    }

    /// Waits until a message is there for all its recipients, and fails unless it is whole and there once for each.
    pub(super) fn expect(&mut self, message: &Message, recipients: &[String], patience: Duration) -> Result<(), Stop> {
        let started = Instant::now();
        loop {
            self.look();
            let count = self.arrived.get(&message.token).map_or(0, |arrived| arrived.recipients.values().sum());
            if count >= recipients.len() {
                break;
            }
            if started.elapsed() > patience {
                return Err(Stop::Failed(format!(
                    "it arrived for {count} recipients of {} within {} s",
                    recipients.len(),
                    patience.as_secs()
                )));
            }
            thread::sleep(TICK);
        }
        self.once_for_each(&message.token, recipients)?;
        for file in self.arrived.get(&message.token).iter().flat_map(|arrived| &arrived.files) {
            whole(message, file, self.padded)?;
        }
        Ok(())
    }

    /// Whether a message was there exactly once for each recipient at the last look.
    pub(super) fn once_for_each(&self, token: &str, recipients: &[String]) -> Result<(), Stop> {
        let wanted: BTreeMap<String, usize> = recipients.iter().map(|recipient| (recipient.clone(), 1)).collect();
        let none = BTreeMap::new();
        let found = self.arrived.get(token).map_or(&none, |arrived| &arrived.recipients);
        if *found == wanted {
            return Ok(());
        }
        let odd = found.iter().find(|(recipient, count)| wanted.get(*recipient) != Some(*count));
        let odd = odd.map(|(recipient, count)| format!("{recipient} {count} times")).unwrap_or_default();
        let missing = wanted.keys().filter(|recipient| !found.contains_key(*recipient)).count();
        Err(Stop::Failed(format!("not once for each recipient: {missing} missing, {odd}")))
    }

    /// Messages that came without being sent by a scenario, as notices of failure do.
    pub(super) fn strangers(&self) -> &BTreeSet<PathBuf> {
        &self.strangers
    }

    /// Notes the files that are new.
    pub(super) fn look(&mut self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if self.seen.contains(&path) {
                continue;
            }
            // smtp-sink's files are there before they are written: one without our field is looked at again.
            let Ok(stored) = fs::read(&path) else { continue };
            let Some(token) = message::token(&stored) else {
                self.strangers.insert(path);
                continue;
            };
            self.strangers.remove(&path);
            let arrived = self.arrived.entry(token).or_default();
            for recipient in recipients(&stored) {
                *arrived.recipients.entry(recipient).or_default() += 1;
            }
            arrived.files.push(path.clone());
            self.seen.insert(path);
        }
    }
}

/// Compares a file with what was sent. Its end may still be on its way to the disk.
fn whole(message: &Message, file: &Path, padded: bool) -> Result<(), Stop> {
    let started = Instant::now();
    loop {
        let stored = fs::read(file).map_err(|error| Stop::failed(format!("{}: {error}", file.display())))?;
        let stored = if padded { stored.strip_suffix(b"\n").unwrap_or(&stored) } else { &stored };
        match message.arrived_as(stored) {
            Err(_) if started.elapsed() < Duration::from_secs(1) => thread::sleep(TICK),
            compared => return compared,
        }
    }
}

/// The recipients that the server has noted above the message.
fn recipients(stored: &[u8]) -> Vec<String> {
    let mut recipients = Vec::new();
    for line in stored.split(|&octet| octet == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if line.is_empty() || line.starts_with("X-Interop:") {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(field) = RECIPIENT_FIELDS.iter().find(|field| lower.starts_with(**field))
            && let Some(value) = line.get(field.len()..)
        {
            let address = value.trim().trim_start_matches('<');
            recipients.push(address.split(['>', ' ']).next().unwrap_or_default().to_owned());
        }
    }
    recipients
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::message::Kind;

    fn store(name: &str) -> (PathBuf, Store) {
        let folder = std::env::temp_dir().join(format!("interop-store-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        (folder.clone(), Store::new(folder))
    }

    fn file(recipients: &[&str], message: &Message) -> Vec<u8> {
        let mut octets: Vec<u8> =
            recipients.iter().flat_map(|to| format!("Delivered-To: {to}\r\n").into_bytes()).collect();
        octets.extend_from_slice(&message.octets);
        octets
    }

    #[test]
    fn a_message_is_wanted_once_for_each_recipient() {
        let (folder, mut store) = store("once");
        let message = Message::new("t7", Kind::Awkward);
        let both = ["a@open.test".to_owned(), "b@open.test".to_owned()];
        assert!(store.expect(&message, &both, Duration::ZERO).is_err());
        fs::write(folder.join("1"), file(&["a@open.test", "b@open.test"], &message)).unwrap();
        store.expect(&message, &both, Duration::ZERO).unwrap();
        assert!(store.expect(&message, &both[..1], Duration::ZERO).is_err(), "one recipient too many");
        fs::write(folder.join("2"), file(&["b@open.test"], &message)).unwrap();
        assert!(store.expect(&message, &both, Duration::ZERO).is_err(), "twice for b");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn recipients_are_read_as_either_server_writes_them() {
        let text = b"X-Client-Addr: 127.0.0.1\nX-Rcpt-Args: <a@b.test> ORCPT=x\nX-Rcpt-Args: <c@b.test>\nX-Interop: 1\nDelivered-To: no\n\n";
        assert_eq!(recipients(text), ["a@b.test", "c@b.test"]);
    }
}
