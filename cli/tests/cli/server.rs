//! `passerelle serve` as a process of its own, for tests that talk to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Folder, example};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// The addresses that it listens on, in the order of its lines.
    pub(crate) addresses: Vec<String>,
    lines: mpsc::Receiver<String>,
    folder: Folder,
}

impl Server {
    /// Starts it with a maildir and without a network, and waits until it listens.
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = Folder::new();
        let maildir = folder.path("mail");
        let dns = example("dns.json");
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--maildir", &maildir, "--dns", &dns];
        arguments.extend(["--hostname", "mx.example.com"]);
        arguments.extend(more);
        let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = lines(child.stdout.take().unwrap());
        let count = 1 + more.iter().filter(|argument| **argument == "--listen-tls").count();
        let mut addresses = Vec::new();
        while addresses.len() < count {
            let line = lines.recv_timeout(PATIENCE).expect("the server listens");
            addresses.push(line.strip_prefix("listening on ").expect(&line).trim_end_matches(" (TLS)").to_owned());
        }
        Self { child, addresses, lines, folder }
    }

    pub(crate) fn address(&self) -> &str {
        &self.addresses[0]
    }

    /// The files of the messages that were accepted, by name.
    pub(crate) fn messages(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path("mail/new")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The only message.
    pub(crate) fn message(&self) -> Vec<u8> {
        let [only] = &self.messages()[..] else { panic!("{:?}", self.messages()) };
        fs::read(only).unwrap()
    }

    /// What is left of messages that did not come to an end.
    pub(crate) fn leftovers(&self) -> usize {
        fs::read_dir(self.folder.path("mail/tmp")).unwrap().count()
    }

    /// Takes the folder away in which messages are written.
    pub(crate) fn break_maildir(&self) {
        fs::remove_dir_all(self.folder.path("mail/tmp")).unwrap();
    }

    /// The next line of what it does that has this in it.
    pub(crate) fn says(&self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it never says {words:?}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its exit code, once it has ended by itself.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Its number among processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A connection in clear text of which nothing has been read.
    pub(crate) fn talk_unread(&self) -> Talk {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Talk { reader: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    /// A connection in clear text, the greeting read.
    pub(crate) fn talk(&self) -> Talk {
        let mut talk = self.talk_unread();
        assert_eq!(talk.reply(), "220 mx.example.com ESMTP Passerelle");
        talk
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(out: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines() {
            if line.map(|line| sender.send(line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A dialogue by hand.
pub(crate) struct Talk {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Talk {
    /// Sends this, and gives the last line of the reply.
    pub(crate) fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// The last line of the next reply; empty at the connection's end.
    pub(crate) fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
}
