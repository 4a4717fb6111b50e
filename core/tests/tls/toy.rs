//! A small machine to put inside TLS: lines, echoed; STARTTLS; a word that makes it wait for its host.

use std::collections::VecDeque;

use passerelle::tls::{Converse, End, Session};
use passerelle::{Machine, Millis, Misuse, Now, Output};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Greets, echoes lines, agrees to STARTTLS.
    Server,
    /// Answers the greeting by STARTTLS, echoes nothing.
    Client,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Implicit,
    StartTls,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A line came; whether inside TLS.
    Line(String, bool),
    /// The end came, so many octets of an unfinished line before it.
    Ended(End, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell<'a> {
    /// Send this.
    Say(&'a str),
    /// Read on.
    Go,
    /// End the conversation.
    Leave,
}

#[derive(Debug)]
pub(crate) struct Toy {
    role: Role,
    implicit: bool,
    line: Vec<u8>,
    out: VecDeque<Output<Said>>,
    starting: bool,
    waiting: bool,
    over: bool,
    pub(crate) session: Option<Session>,
    pub(crate) wake: Option<Millis>,
}

impl Toy {
    /// With implicit TLS, or to agree to STARTTLS.
    pub(crate) fn new(role: Role, start: Start) -> Self {
        let implicit = start == Start::Implicit;
        let mut toy = Self {
            role,
            implicit,
            line: Vec::new(),
            out: VecDeque::new(),
            starting: implicit,
            waiting: false,
            over: false,
            session: None,
            wake: None,
        };
        if role == Role::Server && !implicit {
            toy.say("220 ready\r\n");
        }
        toy
    }

    fn say(&mut self, text: &str) {
        self.out.push_back(Output::Transmit(text.as_bytes().to_vec()));
    }

    fn line(&mut self, line: &str) {
        self.out.push_back(Output::Event(Said::Line(line.to_owned(), self.session.is_some())));
        match (self.role, line) {
            (Role::Server, "STARTTLS") => {
                self.say("220 go\r\n");
                self.starting = true;
            }
            (Role::Server, "WAIT") => self.waiting = true,
            (Role::Server, "QUIT") => {
                self.say("221 bye\r\n");
                self.over = true;
            }
            (Role::Server, other) => self.say(&format!("echo {other}\r\n")),
            (Role::Client, "220 ready") if self.session.is_none() => self.say("STARTTLS\r\n"),
            (Role::Client, "220 go") => self.starting = true,
            (Role::Client, _) => {}
        }
    }
}

impl Machine for Toy {
    type Input<'a> = Tell<'a>;
    type Event = Said;

    fn handle(&mut self, now: Now, input: Tell<'_>) -> Result<(), Misuse> {
        match input {
            Tell::Say(text) => self.say(text),
            Tell::Leave => self.over = true,
            Tell::Go if !self.waiting => return Err(Misuse::NothingToDecide),
            Tell::Go => {
                self.waiting = false;
                let rest = std::mem::take(&mut self.line);
                return self.octets(now, &rest);
            }
        }
        Ok(())
    }

    fn poll(&mut self) -> Output<Said> {
        self.out.pop_front().unwrap_or(Output::Idle { wake: self.wake })
    }
}

impl Converse for Toy {
    fn octets(&mut self, _: Now, octets: &[u8]) -> Result<(), Misuse> {
        if self.waiting {
            return Err(Misuse::NotReading);
        }
        for &octet in octets {
            // What comes behind STARTTLS is dropped; what comes while it waits is kept.
            if self.starting || self.over {
                continue;
            }
            self.line.push(octet);
            if !self.waiting && self.line.ends_with(b"\r\n") {
                let line = std::mem::take(&mut self.line);
                self.line(&String::from_utf8_lossy(&line[..line.len() - 2]));
            }
        }
        Ok(())
    }

    fn end(&mut self, _: Now, end: End) -> Result<(), Misuse> {
        self.out.push_back(Output::Event(Said::Ended(end, self.line.len())));
        self.over = true;
        Ok(())
    }

    fn secured(&mut self, _: Now, session: Session) -> Result<(), Misuse> {
        if self.session.is_some() {
            return Err(Misuse::OutOfOrder("TLS inside TLS"));
        }
        if self.role == Role::Server && self.implicit {
            self.say("220 ready\r\n");
        }
        self.starting = false;
        self.line.clear();
        self.session = Some(session);
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.starting && self.out.is_empty()
    }

    fn wants_octets(&self) -> bool {
        !self.waiting && !self.over
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
