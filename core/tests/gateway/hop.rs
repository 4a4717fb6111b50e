//! A hop that follows a script: a server of SMTP that says what it was told to say.

use std::collections::VecDeque;
use std::net::IpAddr;

use passerelle::tls::End;

/// What a hop does next.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Octets(Vec<u8>),
    End(End),
}

/// What is said in place of the reply that is due.
pub(crate) const SILENCE: &str = "<silence>";
pub(crate) const CUT: &str = "<cut>";

/// A server in clear text. What it has no words for, it takes.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) address: Option<IpAddr>,
    greeting: String,
    extensions: Vec<String>,
    /// Words for commands that begin so, each used so often.
    words: Vec<(String, String, usize)>,
    /// What it was told, a line each; content is left out.
    pub(crate) heard: Vec<String>,
    /// The messages that it has said 250 to, with their recipients.
    pub(crate) taken: Vec<(Vec<String>, String)>,
    /// The content so far of the message that comes.
    pub(crate) content: Vec<u8>,
    recipients: Vec<String>,
    line: Vec<u8>,
    is_in_data: bool,
    to_say: VecDeque<Said>,
}

impl Hop {
    pub(crate) fn new() -> Self {
        Self {
            address: None,
            greeting: "220 hop.example ESMTP".into(),
            extensions: ["PIPELINING", "8BITMIME", "SIZE 10000000", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
                .map(str::to_owned)
                .to_vec(),
            words: Vec::new(),
            heard: Vec::new(),
            taken: Vec::new(),
            content: Vec::new(),
            recipients: Vec::new(),
            line: Vec::new(),
            is_in_data: false,
            to_say: VecDeque::new(),
        }
    }

    pub(crate) fn greeting(mut self, text: &str) -> Self {
        self.greeting = text.into();
        self
    }

    pub(crate) fn extensions(mut self, list: &[&str]) -> Self {
        self.extensions = list.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    /// What is said to commands that begin so; `.` is the end of the message.
    pub(crate) fn on(self, command: &str, reply: &str) -> Self {
        self.times(usize::MAX, command, reply)
    }

    /// The same, so often.
    pub(crate) fn times(mut self, times: usize, command: &str, reply: &str) -> Self {
        self.words.push((command.to_ascii_uppercase(), reply.into(), times));
        self
    }

    pub(crate) fn greet(&mut self) {
        let greeting = self.greeting.clone();
        self.reply(&greeting);
    }

    fn reply(&mut self, text: &str) {
        match text {
            SILENCE => {}
            CUT => self.to_say.push_back(Said::End(End::Cut)),
            text => {
                let text = text.replace('\n', "\r\n");
                self.to_say.push_back(Said::Octets(format!("{text}\r\n").into_bytes()));
            }
        }
    }

    fn word(&mut self, command: &str) -> Option<String> {
        let command = command.to_ascii_uppercase();
        let found = self.words.iter_mut().find(|(start, _, left)| *left > 0 && command.starts_with(start.as_str()));
        found.map(|(_, reply, left)| {
            *left -= 1;
            reply.clone()
        })
    }

    /// It says what was held back by [`SILENCE`].
    pub(crate) fn speak(&mut self, text: &str) {
        self.reply(text);
    }

    pub(crate) fn hear(&mut self, octets: &[u8]) {
        for octet in octets {
            self.line.push(*octet);
            if self.line.ends_with(b"\r\n") {
                let line = std::mem::take(&mut self.line);
                self.hear_line(&line);
            }
        }
    }

    fn hear_line(&mut self, line: &[u8]) {
        if self.is_in_data {
            match line {
                b".\r\n" => self.end_of_data(),
                line => self.content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
            }
            return;
        }
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        self.heard.push(text.clone());
        let verb = text.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let word = self.word(&text);
        let default = match verb.as_str() {
            "EHLO" => {
                let lines = std::iter::once("hop.example").chain(self.extensions.iter().map(String::as_str));
                let lines: Vec<&str> = lines.collect();
                let last = lines.len() - 1;
                let line = |(n, text): (usize, &&str)| format!("250{}{text}", if n == last { " " } else { "-" });
                lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
            }
            "MAIL" => {
                self.recipients.clear();
                "250 2.1.0 Sender OK".into()
            }
            "RCPT" => "250 2.1.5 Recipient OK".into(),
            "DATA" => "354 Go ahead".into(),
            "QUIT" => "221 2.0.0 Bye".into(),
            _ => "250 2.0.0 OK".into(),
        };
        let reply = word.unwrap_or(default);
        if verb == "RCPT" && reply.starts_with('2') {
            let address = text.split('<').nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
            self.recipients.push(address.to_owned());
        }
        if verb == "DATA" && reply.starts_with('3') {
            self.is_in_data = true;
            self.content.clear();
        }
        self.reply(&reply);
        if verb == "QUIT" {
            self.to_say.push_back(Said::End(End::Orderly));
        }
    }

    fn end_of_data(&mut self) {
        self.is_in_data = false;
        self.heard.push(".".into());
        let reply = self.word(".").unwrap_or_else(|| "250 2.0.0 Queued as 4711".into());
        if reply.starts_with('2') {
            let content = String::from_utf8_lossy(&std::mem::take(&mut self.content)).into_owned();
            self.taken.push((std::mem::take(&mut self.recipients), content));
        }
        self.reply(&reply);
    }

    /// What it says next, in pieces of so many octets.
    pub(crate) fn say(&mut self, chunk: usize) -> Option<Said> {
        match self.to_say.front_mut()? {
            Said::Octets(octets) if octets.len() > chunk => Some(Said::Octets(octets.drain(..chunk).collect())),
            _ => self.to_say.pop_front(),
        }
    }
}
