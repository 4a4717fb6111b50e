//! A server that does what it is told, for tests in which the dialogue is long. It knows nothing of the engine's own reading of
//! commands and content.

use passerelle::Machine;
use passerelle::smtp::client::{Event, Input};

use crate::dialogue::Play;

/// A server that accepts everything, and keeps the content.
pub(crate) struct Server {
    /// The last lines of its reply to EHLO.
    offer: &'static str,
    /// What the client has said and that has not been read.
    unread: Vec<u8>,
    taken: usize,
    in_data: bool,
    recipients: usize,
    /// The reply to each recipient, by its number from 0.
    pub(crate) rcpt: fn(usize) -> &'static str,
    pub(crate) lmtp: bool,
    pub(crate) content: Vec<u8>,
    /// Most commands that came in one go.
    pub(crate) most_commands: usize,
}

impl Server {
    pub(crate) fn new(offer: &'static str) -> Self {
        Self {
            offer,
            unread: Vec::new(),
            taken: 0,
            in_data: false,
            recipients: 0,
            rcpt: |_| "250 Ok",
            lmtp: false,
            content: Vec::new(),
            most_commands: 0,
        }
    }

    /// Plays one message to its end, and gives what has arrived of it.
    pub(crate) fn serve(&mut self, play: &mut Play, message: &[u8]) -> Vec<u8> {
        play.server(b"220 mx.example\r\n");
        self.go_on(play, message)
    }

    /// The same, from wherever the dialogue is.
    pub(crate) fn go_on(&mut self, play: &mut Play, message: &[u8]) -> Vec<u8> {
        let mut pieces = message.chunks(4096);
        let mut ended = false;
        for _ in 0..100_000 {
            let replies = self.replies(&play.wire);
            if !replies.is_empty() {
                play.server(&replies);
                continue;
            }
            if play.client.is_ready() && play.envelopes.is_empty() {
                break;
            }
            if play.client.is_ready() {
                play.act("! send");
            } else if play.client.wants_content() {
                match pieces.next() {
                    Some(piece) => play.client.handle(play.now, Input::Content(piece)).unwrap(),
                    None if ended => panic!("content is wanted behind the end"),
                    None => {
                        ended = true;
                        play.act("! end");
                    }
                }
            } else {
                panic!("nobody goes on: {:?}, {:?}", play.client.stage(), play.events.last());
            }
            play.drain();
        }
        assert!(!matches!(play.events.last(), Some(Event::Closed(_))), "{:?}", play.events);
        std::mem::take(&mut self.content)
    }

    /// The replies to what is new.
    pub(crate) fn replies(&mut self, wire: &[u8]) -> Vec<u8> {
        self.unread.extend_from_slice(&wire[self.taken..]);
        self.taken = wire.len();
        let mut replies = String::new();
        let mut commands = 0;
        while let Some(reply) = self.next() {
            replies += &reply;
            commands += 1;
        }
        self.most_commands = self.most_commands.max(commands);
        replies.into()
    }

    fn next(&mut self) -> Option<String> {
        let end = self.unread.windows(2).position(|pair| pair == b"\r\n")?;
        let line = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        if self.in_data {
            let line: Vec<u8> = self.unread.drain(..end + 2).collect();
            if line == b".\r\n" {
                self.in_data = false;
                return Some(self.done());
            }
            self.content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            return Some(String::new());
        }
        if let Some(arguments) = line.strip_prefix("BDAT ") {
            let (size, last) = arguments.split_once(' ').map_or((arguments, false), |(size, _)| (size, true));
            let whole = end + 2 + size.parse::<usize>().unwrap();
            if self.unread.len() < whole {
                return None;
            }
            self.content.extend_from_slice(&self.unread[end + 2..whole]);
            self.unread.drain(..whole);
            return Some(if last { self.done() } else { "250 Ok\r\n".into() });
        }
        self.unread.drain(..end + 2);
        Some(match line.split(' ').next().unwrap() {
            "EHLO" | "LHLO" => format!("250-mx.example\r\n{}\r\n", self.offer),
            "RCPT" => {
                self.recipients += 1;
                format!("{}\r\n", (self.rcpt)(self.recipients - 1))
            }
            "DATA" => {
                self.in_data = true;
                "354 Go on\r\n".into()
            }
            "MAIL" | "RSET" => "250 Ok\r\n".into(),
            other => panic!("{other}"),
        })
    }

    fn done(&self) -> String {
        "250 Queued\r\n".repeat(if self.lmtp { self.recipients } else { 1 })
    }
}
