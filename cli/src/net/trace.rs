//! `--trace`: the dialogue as it goes, a line each, `C:` for the client's and `S:` for the server's.

use std::io::Write;

use passerelle::smtp::client::{Client, Stage};
use passerelle::tls::{Converse, End, Session};
use passerelle::{Machine, Misuse, Now, Output};

use crate::output::escape;

/// Prints lines of a dialogue.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    /// What stands in front, to tell sessions apart.
    prefix: String,
}

impl Tracer {
    pub(crate) fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// One line of the dialogue. What a peer wrote is escaped: it must not move the cursor.
    pub(crate) fn line(&self, side: char, line: &str) {
        // Nobody reads on: that is no reason to stop the mail.
        let _ = writeln!(std::io::stderr(), "{}{side}: {}", self.prefix, escape::text(line));
    }
}

/// A client whose dialogue is printed: in clear text, inside TLS too. What authenticates is not shown.
#[derive(Debug)]
pub(crate) struct Traced {
    client: Client,
    tracer: Option<Tracer>,
    /// The server's line so far.
    reply: Vec<u8>,
    /// Octets of content since the last line.
    content: u64,
    /// Octets that the chunk under way still has; `None` where the content goes by DATA.
    chunk: Option<u64>,
}

/// Octets of a server's line that are shown.
const LONGEST: usize = 1000;

impl Traced {
    pub(crate) fn new(client: Client, tracer: Option<Tracer>) -> Self {
        Self { client, tracer, reply: Vec::new(), content: 0, chunk: None }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    fn received(&mut self, octets: &[u8]) {
        self.flush();
        let Some(tracer) = &self.tracer else { return };
        for &octet in octets {
            match octet {
                b'\n' => {
                    tracer.line('S', String::from_utf8_lossy(&self.reply).trim_end_matches('\r'));
                    self.reply.clear();
                }
                _ if self.reply.len() < LONGEST => self.reply.push(octet),
                _ => {}
            }
        }
    }

    fn transmitted(&mut self, octets: &[u8], before: Stage) {
        if self.tracer.is_none() {
            return;
        }
        if matches!(before, Stage::Content | Stage::EndOfData) && !self.takes_chunks(octets) {
            self.content += octets.len() as u64;
            return;
        }
        if octets.starts_with(b"BDAT ") || self.chunk.is_some_and(|left| left > 0) {
            return self.chunks(octets);
        }
        self.flush();
        let Some(tracer) = &self.tracer else { return };
        for line in String::from_utf8_lossy(octets).split_terminator("\r\n") {
            match (before, &line.split(' ').collect::<Vec<_>>()[..]) {
                (Stage::Auth, ["AUTH", mechanism]) => tracer.line('C', &format!("AUTH {mechanism}")),
                (Stage::Auth, ["AUTH", mechanism, _]) => tracer.line('C', &format!("AUTH {mechanism} (not shown)")),
                (Stage::Auth, _) => tracer.line('C', "(not shown)"),
                _ => tracer.line('C', line),
            }
        }
    }

    /// Whether the content goes by BDAT.
    fn takes_chunks(&self, octets: &[u8]) -> bool {
        self.chunk.is_some() || (self.content == 0 && octets.starts_with(b"BDAT "))
    }

    /// Commands of BDAT and the chunks behind them (RFC 3030 §2).
    fn chunks(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let left = self.chunk.unwrap_or(0).min(octets.len() as u64);
            if left > 0 {
                self.chunk = self.chunk.map(|chunk| chunk - left);
                self.content += left;
                octets = &octets[left as usize..];
                continue;
            }
            self.flush();
            let end = octets.iter().position(|&octet| octet == b'\n').map_or(octets.len(), |end| end + 1);
            let (line, rest) = octets.split_at(end);
            let line = String::from_utf8_lossy(line);
            let size = line.strip_prefix("BDAT ").and_then(|size| size.split_whitespace().next()?.parse().ok());
            self.chunk = Some(size.unwrap_or(0));
            if let Some(tracer) = &self.tracer {
                tracer.line('C', line.trim_end());
            }
            octets = rest;
        }
    }

    fn flush(&mut self) {
        let octets = std::mem::take(&mut self.content);
        if let (Some(tracer), 1..) = (&self.tracer, octets) {
            tracer.line('C', &format!("({octets} octets of content)"));
        }
    }
}

impl Machine for Traced {
    type Input<'a> = <Client as Machine>::Input<'a>;
    type Event = <Client as Machine>::Event;

    fn handle(&mut self, now: Now, input: Self::Input<'_>) -> Result<(), Misuse> {
        self.client.handle(now, input)
    }

    fn poll(&mut self) -> Output<Self::Event> {
        let stage = self.client.stage();
        let output = self.client.poll();
        if let Output::Transmit(octets) = &output {
            self.transmitted(octets, stage);
        }
        output
    }
}

impl Converse for Traced {
    fn octets(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.received(octets);
        self.client.octets(now, octets)
    }

    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse> {
        self.client.end(now, end)
    }

    fn secured(&mut self, now: Now, session: Session) -> Result<(), Misuse> {
        if let Some(tracer) = &self.tracer {
            tracer.line('*', &format!("{} {}", session.version.as_str(), session.cipher_suite));
        }
        self.client.secured(now, session)
    }

    fn tick(&mut self, now: Now) {
        self.client.tick(now);
    }

    fn starts_tls(&self) -> bool {
        self.client.starts_tls()
    }

    fn wants_octets(&self) -> bool {
        self.client.wants_octets()
    }

    fn is_over(&self) -> bool {
        self.client.is_over()
    }
}
