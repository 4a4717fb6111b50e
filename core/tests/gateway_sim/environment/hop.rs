//! The hosts to which mail goes: a small SMTP server of their own, honest or not.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::certificates::{PKI, Shown};
use crate::dice::Dice;
use crate::environment::secure::Secure;
use crate::faults::{Fault, Faults};
use crate::world::{HOP_PASSWORD, HOP_USER, HOSTS, Host};

/// How a server begins its answer to DATA.
const GO_AHEAD: &str = "354 Go ahead\r\n";

/// A conversation with a host.
pub(crate) struct HopSession {
    pub(crate) host: usize,
    pub(crate) secure: Secure,
    pub(crate) shown: Shown,
    dice: Dice,
    offers: Offers,
    /// What came and was not looked at yet.
    input: Vec<u8>,
    /// Octets of content in which no end was found.
    searched: usize,
    state: State,
    /// What is said, and when: in order.
    due: VecDeque<(u64, Say)>,
    has_auth: bool,
    /// The replies to the recipients of the transaction.
    mail: Option<Transaction>,
    messages: u64,
    /// When it began to wait for a command; the time for 421.
    idle_at: Option<u64>,
    is_silent: bool,
    pub(crate) is_over: bool,
}

/// What a host can do.
#[derive(Clone, Copy, Debug)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    chunking: bool,
    eight_bit: bool,
    size: Option<u64>,
    smtputf8: bool,
    dsn: bool,
    recipients: usize,
    messages: u64,
    enhanced: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Command,
    Content,
    /// A chunk of so many octets, and whether it is the last.
    Chunk(u64, bool),
    /// The password of AUTH PLAIN without an initial response.
    Password,
}

#[derive(Debug, Default)]
struct Transaction {
    recipients: usize,
    is_early: bool,
}

/// What happens when its time has come.
#[derive(Debug)]
enum Say {
    Text(String),
    StartTls,
    Close,
}

/// What the simulation has to do for the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// These octets were said; they go onto the wire.
    Said(String),
    /// The connection is closed by this side.
    Close,
}

impl HopSession {
    /// Somebody has connected.
    pub(crate) fn new(host: usize, mut dice: Dice, faults: &mut Faults, now: u64) -> Self {
        let shown = shown(faults);
        let spec = &HOSTS[host];
        let offers = Offers::draw(spec, &mut dice, faults);
        let mut session = Self {
            host,
            secure: Secure::default(),
            shown,
            dice,
            offers,
            input: Vec::new(),
            searched: 0,
            state: State::Command,
            due: VecDeque::new(),
            has_auth: false,
            mail: None,
            messages: 0,
            idle_at: None,
            is_silent: false,
            is_over: false,
        };
        if spec.port == 465 {
            session.secure.server(&PKI.server(host, shown));
        } else {
            session.greet(now, faults);
        }
        session
    }

    fn greet(&mut self, now: u64, faults: &mut Faults) {
        let name = HOSTS[self.host].name;
        if faults.strikes(Fault::NotNow) {
            self.say(now, faults, "421 4.3.2 Not now\r\n");
            self.due.push_back((now, Say::Close));
        } else if faults.strikes(Fault::NotHere) {
            self.say(now, faults, "554 5.3.2 No mail here\r\n");
        } else {
            self.say(now, faults, &format!("220 {name} ESMTP\r\n"));
        }
    }

    /// Octets of the wire.
    pub(crate) fn receive(&mut self, now: u64, wire: &[u8], faults: &mut Faults) -> Vec<u8> {
        let was_handshaking = self.secure.is_handshaking();
        if was_handshaking && faults.strikes(Fault::NoHandshake) {
            self.due.push_back((now, Say::Close));
            self.is_silent = true;
        }
        let plain = self.secure.receive(wire);
        if self.secure.has_failed() {
            self.due.push_back((now, Say::Close));
        }
        if was_handshaking && !self.secure.is_handshaking() && HOSTS[self.host].port == 465 {
            self.greet(now, faults);
        }
        self.input.extend_from_slice(&plain);
        self.idle_at = None;
        self.work(now, faults);
        plain
    }

    /// When something is to be said.
    pub(crate) fn next_at(&self) -> Option<u64> {
        let due = self.due.front().map(|(at, _)| *at);
        due.into_iter().chain(self.idle_at).min().filter(|_| !self.is_over)
    }

    /// What is to be said by now.
    pub(crate) fn act(&mut self, now: u64, faults: &mut Faults) -> Option<Act> {
        if self.is_over {
            return None;
        }
        if self.idle_at.is_some_and(|at| at <= now) {
            self.idle_at = None;
            if faults.are_over {
                return None;
            }
            self.due.push_back((now, Say::Text("421 4.4.2 Idle too long\r\n".into())));
            self.due.push_back((now, Say::Close));
        }
        let (at, _) = self.due.front()?;
        if *at > now {
            return None;
        }
        match self.due.pop_front()?.1 {
            Say::Text(_) if self.is_silent => self.act(now, faults),
            Say::Text(text) => {
                self.secure.send(text.as_bytes());
                Some(Act::Said(text))
            }
            Say::StartTls => {
                self.secure.server(&PKI.server(self.host, self.shown));
                // What came in clear text behind STARTTLS is nobody's.
                self.input.clear();
                self.act(now, faults)
            }
            Say::Close => {
                self.is_over = true;
                self.secure.close();
                Some(Act::Close)
            }
        }
    }

    fn say(&mut self, now: u64, faults: &mut Faults, text: &str) {
        let last = self.due.back().map_or(now, |(at, _)| *at).max(now);
        let mut at = last;
        if faults.strikes(Fault::Silent) {
            self.is_silent = true;
        }
        if faults.strikes(Fault::Late) {
            // Around the deadlines of 120 and 240 seconds, and far beyond.
            let dice = faults.dice(Fault::Late);
            let longest = dice.of(&[5, 119, 125, 239, 245, 600]);
            at += 1000 * dice.below(longest + 1);
        }
        let text = match text {
            GO_AHEAD => text.to_owned(),
            _ if faults.strikes(Fault::Garbage) => "\u{0}\u{1}no SMTP at all\r\n".into(),
            _ if faults.strikes(Fault::AnyReply) => {
                let code = faults.dice(Fault::AnyReply).of(&["250", "421", "451", "550", "354", "220", "999", "25"]);
                format!("{code} Anything\r\n")
            }
            text => text.to_owned(),
        };
        self.due.push_back((at, Say::Text(text)));
    }

    fn work(&mut self, now: u64, faults: &mut Faults) {
        loop {
            match self.state {
                State::Content => {
                    let Some(end) = content_end(&self.input, self.searched) else {
                        self.searched = self.input.len().saturating_sub(4);
                        self.early(now, faults);
                        return;
                    };
                    self.input.drain(..end);
                    self.searched = 0;
                    self.state = State::Command;
                    self.end_of_message(now, faults);
                }
                State::Chunk(left, is_last) => {
                    let taken = left.min(self.input.len() as u64);
                    self.input.drain(..taken as usize);
                    self.state = State::Chunk(left - taken, is_last);
                    if left > taken {
                        return;
                    }
                    self.state = State::Command;
                    match is_last {
                        true => self.end_of_message(now, faults),
                        false => self.say(now, faults, "250 2.0.0 Chunk taken\r\n"),
                    }
                }
                State::Command | State::Password => {
                    let Some(end) = self.input.iter().position(|octet| *octet == b'\n') else { return };
                    let line: Vec<u8> = self.input.drain(..=end).collect();
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    match self.state {
                        State::Password => self.password(now, faults, &line),
                        _ => self.command(now, faults, &line),
                    }
                }
            }
        }
    }

    /// An answer while the content is still coming.
    fn early(&mut self, now: u64, faults: &mut Faults) {
        let Some(mail) = &mut self.mail else { return };
        if !mail.is_early && faults.strikes(Fault::EarlyReply) {
            mail.is_early = true;
            self.due.push_back((now, Say::Text("451 4.3.0 Enough of it\r\n".into())));
            self.due.push_back((now, Say::Close));
        }
    }

    fn command(&mut self, now: u64, faults: &mut Faults, line: &str) {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match &*verb {
            "EHLO" => {
                let text = self.offers.text(HOSTS[self.host].name, self.secure.is_on(), HOSTS[self.host].wants_auth);
                self.mail = None;
                self.say(now, faults, &text);
            }
            "HELO" => self.say(now, faults, "250 Hello\r\n"),
            "STARTTLS" if self.offers.starttls && !self.secure.is_on() => {
                let at = self.due.back().map_or(now, |(at, _)| *at).max(now);
                self.due.push_back((at, Say::Text("220 2.0.0 Go on\r\n".into())));
                self.due.push_back((at, Say::StartTls));
            }
            "STARTTLS" => self.say(now, faults, "454 4.7.0 Not now\r\n"),
            "AUTH" => match line.split(' ').nth(2) {
                Some(response) => {
                    let response = response.to_owned();
                    self.password(now, faults, &response);
                }
                None => {
                    self.state = State::Password;
                    self.say(now, faults, "334 \r\n");
                }
            },
            "MAIL" => self.mail(now, faults, line),
            "RCPT" => self.rcpt(now, faults, line),
            "DATA" => match self.recipients() {
                0 => self.say(now, faults, "554 5.5.1 Nobody to send it to\r\n"),
                _ if self.deviates(now, faults, "data") => {}
                _ => {
                    self.state = State::Content;
                    self.say(now, faults, GO_AHEAD);
                }
            },
            "BDAT" => {
                let mut words = line.split(' ').skip(1);
                let octets = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                let is_last = words.next().is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
                self.state = State::Chunk(octets, is_last);
            }
            "RSET" => {
                self.mail = None;
                self.say(now, faults, "250 2.0.0 Forgotten\r\n");
                self.wait(now, faults);
            }
            "NOOP" => self.say(now, faults, "250 2.0.0 Yes\r\n"),
            "QUIT" => {
                self.due.push_back((now, Say::Text("221 2.0.0 Bye\r\n".into())));
                self.due.push_back((now, Say::Close));
            }
            _ => self.say(now, faults, "500 5.5.2 What?\r\n"),
        }
    }

    fn password(&mut self, now: u64, faults: &mut Faults, response: &str) {
        self.state = State::Command;
        let expected = format!("\0{HOP_USER}\0{HOP_PASSWORD}");
        if crate::base64::decode(response.as_bytes()) != expected.as_bytes() || faults.strikes(Fault::NoAuth) {
            return self.say(now, faults, "535 5.7.8 Not with these\r\n");
        }
        self.has_auth = true;
        self.say(now, faults, "235 2.7.0 Welcome\r\n");
    }

    fn mail(&mut self, now: u64, faults: &mut Faults, _: &str) {
        if HOSTS[self.host].wants_auth && !self.has_auth {
            return self.say(now, faults, "530 5.7.0 Log in first\r\n");
        }
        if self.messages >= self.offers.messages {
            self.due.push_back((now, Say::Text("421 4.7.0 Too many messages\r\n".into())));
            self.due.push_back((now, Say::Close));
            return;
        }
        if self.deviates(now, faults, "mail") {
            return;
        }
        self.mail = Some(Transaction::default());
        self.say(now, faults, "250 2.1.0 Sender is fine\r\n");
    }

    fn rcpt(&mut self, now: u64, faults: &mut Faults, line: &str) {
        if self.mail.is_none() {
            return self.say(now, faults, "503 5.5.1 MAIL first\r\n");
        }
        if line.contains("<nobody") {
            return self.say(now, faults, "550 5.1.1 Nobody here has this name\r\n");
        }
        if self.recipients() >= self.offers.recipients {
            return self.say(now, faults, "452 4.5.3 Too many recipients\r\n");
        }
        if self.deviates(now, faults, "rcpt") {
            return;
        }
        if let Some(mail) = &mut self.mail {
            mail.recipients += 1;
        }
        self.say(now, faults, "250 2.1.5 Recipient is fine\r\n");
    }

    fn recipients(&self) -> usize {
        self.mail.as_ref().map_or(0, |mail| mail.recipients)
    }

    /// Whether a command is refused.
    fn deviates(&mut self, now: u64, faults: &mut Faults, what: &str) -> bool {
        if faults.strikes(Fault::Defers) {
            self.say(now, faults, &format!("451 4.2.0 Not this {what} now\r\n"));
        } else if faults.strikes(Fault::Refuses) {
            self.say(now, faults, &format!("550 5.2.0 Not this {what}\r\n"));
        } else {
            return false;
        }
        true
    }

    fn end_of_message(&mut self, now: u64, faults: &mut Faults) {
        let mail = self.mail.take().unwrap_or_default();
        self.messages += 1;
        if mail.is_early {
            return;
        }
        if mail.recipients == 0 {
            return self.say(now, faults, "554 5.5.1 Nobody to send it to\r\n");
        }
        if faults.strikes(Fault::DefersContent) {
            self.say(now, faults, "451 4.3.0 Not this message now\r\n");
        } else if faults.strikes(Fault::RefusesContent) {
            self.say(now, faults, "554 5.6.0 Not this message\r\n");
        } else {
            let mut text = "250 2.0.0 Taken\r\n".to_owned();
            if !self.offers.enhanced {
                text = "250 Taken\r\n".into();
            }
            self.say(now, faults, &text);
            if faults.strikes(Fault::LosesReply) {
                self.due.push_back((now, Say::Close));
            }
        }
        self.wait(now, faults);
    }

    /// It waits for a command, and may not wait for ever.
    fn wait(&mut self, now: u64, faults: &mut Faults) {
        if faults.strikes(Fault::Idle421) {
            self.idle_at = Some(now + 1000 * (1 + faults.dice(Fault::Idle421).below(200)));
        } else if faults.strikes(Fault::IdleClose) {
            let at = now + 1000 * (1 + faults.dice(Fault::IdleClose).below(200));
            self.due.push_back((at, Say::Close));
        }
        let _ = self.dice.next();
    }
}

impl Offers {
    fn draw(host: &Host, dice: &mut Dice, faults: &mut Faults) -> Self {
        let has_little = faults.strikes(Fault::FewExtensions);
        let starttls = host.port != 465 && !faults.strikes(Fault::Stripped);
        Self {
            starttls,
            pipelining: !has_little && !dice.once_in(3),
            chunking: !has_little && dice.once_in(2),
            eight_bit: !has_little,
            size: match has_little {
                true => Some(3000),
                false => dice.once_in(2).then_some(1_000_000),
            },
            smtputf8: !has_little,
            dsn: !has_little && dice.once_in(2),
            recipients: match faults.strikes(Fault::FewRecipients) {
                true => 1,
                false => 100,
            },
            messages: match faults.strikes(Fault::FewMessages) {
                true => 1,
                false => 100,
            },
            enhanced: !dice.once_in(4),
        }
    }

    fn text(&self, name: &str, is_secured: bool, wants_auth: bool) -> String {
        let mut lines = vec![name.to_owned()];
        if self.starttls && !is_secured {
            lines.push("STARTTLS".into());
        }
        if wants_auth {
            lines.push("AUTH PLAIN".into());
        }
        let flags = [
            (self.pipelining, "PIPELINING"),
            (self.chunking, "CHUNKING"),
            (self.eight_bit, "8BITMIME"),
            (self.smtputf8, "SMTPUTF8"),
            (self.dsn, "DSN"),
            (self.enhanced, "ENHANCEDSTATUSCODES"),
            (is_secured, "REQUIRETLS"),
        ];
        lines.extend(flags.iter().filter(|(is_offered, _)| *is_offered).map(|(_, word)| (*word).to_owned()));
        if let Some(size) = self.size {
            lines.push(format!("SIZE {size}"));
        }
        if self.recipients < 100 {
            lines.push(format!("LIMITS RCPTMAX={}", self.recipients));
        }
        let mut text = String::new();
        let last = lines.len() - 1;
        for (number, line) in lines.iter().enumerate() {
            let _ = write!(text, "250{}{line}\r\n", if number == last { ' ' } else { '-' });
        }
        text
    }
}

fn shown(faults: &mut Faults) -> Shown {
    let kinds =
        [(Fault::Expired, Shown::Expired), (Fault::WrongName, Shown::WrongName), (Fault::Untrusted, Shown::Untrusted)];
    let struck = kinds.into_iter().find(|(fault, _)| faults.strikes(*fault));
    struck.map_or(Shown::Proper, |(_, shown)| shown)
}

/// Where the content ends, the line with the dot included; it is looked for from `from` on.
fn content_end(octets: &[u8], from: usize) -> Option<usize> {
    if octets.starts_with(b".\r\n") {
        return Some(3);
    }
    octets[from..].windows(5).position(|window| window == b"\r\n.\r\n").map(|at| from + at + 5)
}
