//! A dialogue of SMTP, read from the octets of both sides: for the auditor, who asks nobody what was said.

use std::collections::VecDeque;

/// What was said, as soon as it is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// A command.
    Command(String),
    /// A whole message, without the dots of DATA.
    Message(Vec<u8>),
    /// A reply, its lines after one another, and what it is the answer to: a command, `greeting`, or [`END`].
    Reply { to: String, code: u16, text: String },
}

/// What the reply to a message is the answer to.
pub(crate) const END: &str = ".";

/// One dialogue.
#[derive(Debug)]
pub(crate) struct Dialogue {
    said: Vec<u8>,
    heard: Vec<u8>,
    /// Octets of `said` in which no end of the message was found.
    searched: usize,
    state: State,
    /// What has no reply yet.
    open: VecDeque<String>,
    /// Chunks of a message.
    chunks: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Lines,
    /// DATA was said; what follows depends on the reply.
    Data,
    Content,
    Chunk {
        left: usize,
        is_last: bool,
    },
}

impl Dialogue {
    pub(crate) fn new() -> Self {
        Self {
            said: Vec::new(),
            heard: Vec::new(),
            searched: 0,
            state: State::Lines,
            open: VecDeque::from(["greeting".to_owned()]),
            chunks: Vec::new(),
        }
    }

    /// Octets of the client.
    pub(crate) fn said(&mut self, octets: &[u8]) -> Vec<Spoken> {
        self.said.extend_from_slice(octets);
        let mut spoken = Vec::new();
        self.read(&mut spoken);
        spoken
    }

    /// Octets of the server.
    pub(crate) fn heard(&mut self, octets: &[u8]) -> Vec<Spoken> {
        self.heard.extend_from_slice(octets);
        let mut spoken = Vec::new();
        while let Some((code, text)) = self.reply() {
            let to = self.open.pop_front().unwrap_or_default();
            if self.state == State::Data && to.eq_ignore_ascii_case("DATA") {
                self.state = if code == 354 { State::Content } else { State::Lines };
            }
            spoken.push(Spoken::Reply { to, code, text });
        }
        self.read(&mut spoken);
        spoken
    }

    fn reply(&mut self) -> Option<(u16, String)> {
        let mut text = String::new();
        let mut at = 0;
        loop {
            let end = at + self.heard[at..].iter().position(|octet| *octet == b'\n')?;
            let line = String::from_utf8_lossy(&self.heard[at..end]).trim_end().to_owned();
            at = end + 1;
            text += line.get(4..).unwrap_or_default();
            text.push('\n');
            if line.as_bytes().get(3) != Some(&b'-') {
                self.heard.drain(..at);
                return Some((line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0), text));
            }
        }
    }

    fn read(&mut self, spoken: &mut Vec<Spoken>) {
        loop {
            match self.state {
                State::Data => return,
                State::Content => {
                    let Some(end) = content_end(&self.said, self.searched) else {
                        self.searched = self.said.len().saturating_sub(4);
                        return;
                    };
                    let content: Vec<u8> = self.said.drain(..end).collect();
                    self.searched = 0;
                    self.state = State::Lines;
                    self.open.push_back(END.into());
                    spoken.push(Spoken::Message(unstuffed(&content[..end - 3])));
                }
                State::Chunk { left, is_last } => {
                    let taken = left.min(self.said.len());
                    self.chunks.extend(self.said.drain(..taken));
                    if taken < left {
                        self.state = State::Chunk { left: left - taken, is_last };
                        return;
                    }
                    self.state = State::Lines;
                    if is_last {
                        spoken.push(Spoken::Message(std::mem::take(&mut self.chunks)));
                    }
                }
                State::Lines => {
                    let Some(end) = self.said.iter().position(|octet| *octet == b'\n') else { return };
                    let line: Vec<u8> = self.said.drain(..=end).collect();
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    self.command(&line);
                    spoken.push(Spoken::Command(line));
                }
            }
        }
    }

    fn command(&mut self, line: &str) {
        let upper = line.to_ascii_uppercase();
        let mut open = line.to_owned();
        if upper == "DATA" {
            self.state = State::Data;
            self.chunks.clear();
        } else if let Some(argument) = upper.strip_prefix("BDAT ") {
            let mut words = argument.split(' ');
            let left = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            let is_last = words.next() == Some("LAST");
            self.state = State::Chunk { left, is_last };
            if is_last {
                open = END.into();
            }
        } else if upper.starts_with("MAIL") || upper == "RSET" {
            self.chunks.clear();
        }
        self.open.push_back(open);
    }
}

/// Where the content ends, the line with the dot included; it is looked for from `from` on.
fn content_end(octets: &[u8], from: usize) -> Option<usize> {
    if octets.starts_with(b".\r\n") {
        return Some(3);
    }
    octets[from..].windows(5).position(|window| window == b"\r\n.\r\n").map(|at| from + at + 5)
}

/// Without the dots that DATA asks for (RFC 5321 §4.5.2).
fn unstuffed(content: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        octets.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    octets
}

#[test]
fn a_dialogue_is_read() {
    let mut dialogue = Dialogue::new();
    let reply = |to: &str, code, text: &str| Spoken::Reply { to: to.into(), code, text: format!("{text}\n") };
    assert_eq!(dialogue.heard(b"220 here\r\n"), [reply("greeting", 220, "here")]);
    assert_eq!(dialogue.said(b"MAIL FROM:<>\r\nDATA\r\nQU").len(), 2);
    assert_eq!(dialogue.heard(b"250-fi"), []);
    assert_eq!(dialogue.heard(b"ne\r\n250 so\r\n"), [reply("MAIL FROM:<>", 250, "fine\nso")]);
    assert_eq!(dialogue.heard(b"354 go\r\n"), [reply("DATA", 354, "go")]);
    // What stands behind DATA is content, since the reply was 354.
    assert_eq!(
        dialogue.said(b"x\r\n..y\r\n.\r\nQUIT\r\n"),
        [Spoken::Message(b"QUx\r\n.y\r\n".to_vec()), Spoken::Command("QUIT".into())]
    );
    assert_eq!(dialogue.heard(b"250 taken\r\n221 bye\r\n"), [reply(END, 250, "taken"), reply("QUIT", 221, "bye")]);
    assert_eq!(
        dialogue.said(b"BDAT 3\r\nab\nBDAT 1 LAST\r\nc"),
        [Spoken::Command("BDAT 3".into()), Spoken::Command("BDAT 1 LAST".into()), Spoken::Message(b"ab\nc".to_vec()),]
    );
}
