//! Those who send: small SMTP clients that try again as mail servers do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::certificates::PKI;
use crate::dice::Dice;
use crate::environment::secure::Secure;
use crate::faults::{Fault, Faults};
use crate::workload::mail::Mail;
use crate::world::{NAME, PASSWORD, USER, Who};

/// How long a client waits for a reply: to a command, and to the end of the message (RFC 5321 §4.5.3.2).
const PATIENCE: (u64, u64) = (5 * 60_000, 10 * 60_000);

/// A sender with its messages.
pub(crate) struct Sender {
    pub(crate) who: Who,
    /// What is still to be sent: to whom.
    pub(crate) left: BTreeMap<usize, BTreeSet<String>>,
    pub(crate) delivered: u64,
    pub(crate) refused: u64,
    pub(crate) session: Option<Session>,
    /// When it connects next.
    pub(crate) next_try: u64,
    dice: Dice,
}

/// A conversation with the gateway.
pub(crate) struct Session {
    pub(crate) link: u64,
    pub(crate) secure: Secure,
    listener: Port,
    input: Vec<u8>,
    /// What replies are expected to.
    expected: VecDeque<Said>,
    /// What is said when the reply before it is there.
    waiting: VecDeque<(Said, Vec<u8>)>,
    /// What goes out, and when.
    due: VecDeque<(u64, Vec<u8>)>,
    transaction: Option<Transaction>,
    /// What it has tried in this session.
    tried: BTreeSet<usize>,
    offers: Vec<String>,
    has_auth: bool,
    deadline: u64,
    wants_tls: bool,
    pub(crate) leaves: bool,
}

/// The ports of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Smtp,
    Submission,
    Submissions,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt(String),
    Data,
    Chunk,
    End,
    Rset,
    Quit,
}

struct Transaction {
    mail: usize,
    accepted: Vec<String>,
    is_refused: bool,
    chunks: bool,
}

impl Sender {
    pub(crate) fn new(who: Who, mails: &[Mail], mut dice: Dice) -> Self {
        let own = mails.iter().filter(|mail| mail.who == who);
        let left = own.map(|mail| (mail.number, mail.to.iter().cloned().collect())).collect();
        let next_try = dice.below(60_000);
        Self { who, left, delivered: 0, refused: 0, session: None, next_try, dice }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Which port it connects to.
    pub(crate) fn port(&mut self) -> Port {
        match self.who {
            Who::Ann => self.dice.of(&[Port::Submission, Port::Submissions]),
            _ => Port::Smtp,
        }
    }

    /// It has connected.
    pub(crate) fn connected(&mut self, link: u64, listener: Port, now: u64) {
        let mut session = Session {
            link,
            secure: Secure::default(),
            listener,
            input: Vec::new(),
            expected: VecDeque::from([Said::Greeting]),
            waiting: VecDeque::new(),
            due: VecDeque::new(),
            transaction: None,
            tried: BTreeSet::new(),
            offers: Vec::new(),
            has_auth: false,
            deadline: now + PATIENCE.0,
            wants_tls: self.who == Who::Ann || self.dice.once_in(4),
            leaves: false,
        };
        if listener == Port::Submissions {
            session.secure.client(&PKI.client, NAME);
        }
        self.session = Some(session);
    }

    /// The connection is over, or there was none.
    pub(crate) fn disconnected(&mut self, now: u64) {
        self.session = None;
        self.next_try = now + 60_000 + self.dice.below(600_000);
    }

    /// When it does something by itself.
    pub(crate) fn next_at(&self) -> Option<u64> {
        match &self.session {
            None if self.is_done() => None,
            None => Some(self.next_try),
            Some(session) => Some(session.due.front().map_or(session.deadline, |(at, _)| *at)),
        }
    }

    /// What is said by now, in clear text; it has been given to TLS.
    pub(crate) fn act(&mut self, now: u64) -> Option<Vec<u8>> {
        let session = self.session.as_mut()?;
        match session.due.front() {
            Some((at, _)) if *at <= now => {
                let (_, octets) = session.due.pop_front()?;
                session.secure.send(&octets);
                Some(octets)
            }
            Some(_) => None,
            None => {
                session.leaves |= session.deadline <= now;
                None
            }
        }
    }

    /// Octets of the wire came; gives what they say.
    pub(crate) fn receive(&mut self, now: u64, wire: &[u8], mails: &[Mail], faults: &mut Faults) -> Vec<u8> {
        let Some(session) = &mut self.session else { return Vec::new() };
        let was_handshaking = session.secure.is_handshaking();
        let plain = session.secure.receive(wire);
        session.leaves |= session.secure.has_failed();
        if was_handshaking && !session.secure.is_handshaking() && session.listener != Port::Submissions {
            session.command(now, Said::Ehlo, format!("EHLO {}\r\n", self.who.name()));
        }
        session.input.extend_from_slice(&plain);
        while let Some(reply) = self.session.as_mut().and_then(Session::reply) {
            self.replied(now, &reply, mails, faults);
        }
        plain
    }

    fn replied(&mut self, now: u64, (code, text): &(u16, Vec<String>), mails: &[Mail], faults: &mut Faults) {
        let Some(session) = &mut self.session else { return };
        let Some(said) = session.expected.pop_front() else {
            session.leaves |= *code == 421;
            return;
        };
        session.deadline = now + PATIENCE.0;
        if *code == 421 {
            session.leaves = true;
            return;
        }
        let (is_good, is_final) = (*code < 400, *code >= 500);
        match said {
            Said::Greeting if is_good => {
                let ehlo = format!("EHLO {}\r\n", self.who.name());
                session.command(now, Said::Ehlo, ehlo);
            }
            Said::Ehlo if is_good => {
                session.offers.clone_from(text);
                self.greeted(now, mails, faults);
            }
            Said::StartTls if is_good => session.secure.client(&PKI.client, NAME),
            Said::Auth if is_good => {
                session.has_auth = true;
                self.next(now, mails, faults);
            }
            Said::Greeting | Said::Ehlo | Said::StartTls | Said::Auth => session.leaves = true,
            Said::Mail => {
                if !is_good {
                    self.give_back(is_final);
                }
                self.go_on(now, mails, faults);
            }
            Said::Rcpt(to) => {
                let number = session.transaction.as_mut().map(|transaction| {
                    if is_good {
                        transaction.accepted.push(to.clone());
                    }
                    transaction.mail
                });
                if let (true, Some(number)) = (is_final, number) {
                    self.settle(number, &[to], false);
                }
                self.go_on(now, mails, faults);
            }
            Said::Data if *code == 354 => self.content(now, mails, faults),
            Said::Data => {
                self.concluded(is_final, false);
                self.reset(now);
            }
            Said::Chunk if is_good => self.go_on(now, mails, faults),
            Said::Chunk => {
                session.waiting.clear();
                session.expected.clear();
                self.concluded(is_final, false);
                self.reset(now);
            }
            Said::End => {
                self.concluded(is_final, is_good);
                self.next(now, mails, faults);
            }
            Said::Rset => self.next(now, mails, faults),
            Said::Quit => session.leaves = true,
        }
    }

    fn greeted(&mut self, now: u64, mails: &[Mail], faults: &mut Faults) {
        let Some(session) = &mut self.session else { return };
        let has = |word: &str| session.offers.iter().any(|line| line.split(' ').next() == Some(word));
        if session.wants_tls && !session.secure.is_on() && has("STARTTLS") {
            session.command(now, Said::StartTls, "STARTTLS\r\n".into());
        } else if self.who == Who::Ann && !session.has_auth {
            match has("AUTH") {
                true => {
                    let response = crate::base64::encode(format!("\0{USER}\0{PASSWORD}").as_bytes());
                    session.command(now, Said::Auth, format!("AUTH PLAIN {response}\r\n"));
                }
                false => session.leaves = true,
            }
        } else {
            self.next(now, mails, faults);
        }
    }

    /// The next message, or the end.
    fn next(&mut self, now: u64, mails: &[Mail], faults: &mut Faults) {
        let Some(session) = &mut self.session else { return };
        session.transaction = None;
        let next = self.left.keys().copied().find(|number| !session.tried.contains(number));
        let Some(number) = next else {
            session.command(now, Said::Quit, "QUIT\r\n".into());
            return;
        };
        session.tried.insert(number);
        let has = |word: &str| session.offers.iter().any(|line| line.split(' ').next() == Some(word));
        let (is_pipelined, chunks) =
            (has("PIPELINING") && self.dice.once_in(2), has("CHUNKING") && self.dice.once_in(4));
        let mail = &mails[number];
        // What is not offered can't be asked for.
        let parameters = match mail.parameters {
            " REQUIRETLS" if !has("REQUIRETLS") => "",
            parameters => parameters,
        };
        let mut commands = vec![(Said::Mail, format!("MAIL FROM:<{}>{parameters}\r\n", mail.from).into_bytes())];
        for to in &self.left[&number] {
            commands.push((Said::Rcpt(to.clone()), format!("RCPT TO:<{to}>\r\n").into_bytes()));
        }
        if faults.strikes(Fault::SenderResets) {
            commands.push((Said::Rset, b"RSET\r\n".to_vec()));
        } else if !chunks {
            commands.push((Said::Data, b"DATA\r\n".to_vec()));
        }
        session.transaction = Some(Transaction { mail: number, accepted: Vec::new(), is_refused: false, chunks });
        if is_pipelined {
            let mut all = Vec::new();
            for (said, text) in commands {
                session.expected.push_back(said);
                all.extend(text);
            }
            session.say(now, all);
        } else {
            session.waiting.extend(commands);
            session.next_waiting(now);
        }
    }

    /// A reply to the envelope is there; what follows depends on what is still expected.
    fn go_on(&mut self, now: u64, mails: &[Mail], faults: &mut Faults) {
        let Some(session) = &mut self.session else { return };
        if !session.expected.is_empty() {
            return;
        }
        let Some(transaction) = &session.transaction else { return };
        let is_rset = matches!(session.waiting.front(), Some((Said::Rset, _)));
        let is_at_data = matches!(session.waiting.front(), Some((Said::Data, _)));
        let has_nobody = transaction.accepted.is_empty();
        if transaction.is_refused || has_nobody && (is_at_data || session.waiting.is_empty()) && !is_rset {
            session.waiting.clear();
            self.reset(now);
        } else if session.waiting.is_empty() && transaction.chunks {
            self.content(now, mails, faults);
        } else {
            session.next_waiting(now);
        }
    }

    fn content(&mut self, now: u64, mails: &[Mail], faults: &mut Faults) {
        let Some(session) = &mut self.session else { return };
        let Some(transaction) = &session.transaction else { return };
        session.deadline = now + PATIENCE.1;
        let content = &mails[transaction.mail].content;
        if transaction.chunks {
            let middle = content.len() / 2;
            let last = [format!("BDAT {} LAST\r\n", content.len() - middle).as_bytes(), &content[middle..]].concat();
            let first = [format!("BDAT {middle}\r\n").as_bytes(), &content[..middle]].concat();
            session.waiting.extend([(Said::Chunk, first), (Said::End, last)]);
            session.next_waiting(now);
            session.deadline = now + PATIENCE.1;
            return;
        }
        let mut octets = if transaction.accepted.is_empty() { Vec::new() } else { stuffed(content) };
        octets.extend(b".\r\n");
        if faults.strikes(Fault::SenderLeaves) {
            let at = faults.dice(Fault::SenderLeaves).below(octets.len() as u64) as usize;
            octets.truncate(at);
            session.say(now, octets);
            session.deadline = now;
            return;
        }
        session.expected.push_back(Said::End);
        match faults.strikes(Fault::SenderSlow) {
            true => {
                let dice = faults.dice(Fault::SenderSlow);
                let (pieces, pause) = (2 + dice.below(4), 1000 * dice.of(&[1, 30, 100]));
                for (number, piece) in octets.chunks(octets.len() / pieces as usize + 1).enumerate() {
                    session.due.push_back((now + number as u64 * pause, piece.to_vec()));
                }
                session.deadline += pieces * pause;
            }
            false => session.say(now, octets),
        }
    }

    /// The message has its end, good or bad.
    fn concluded(&mut self, is_final: bool, is_good: bool) {
        let transaction = self.session.as_mut().and_then(|session| session.transaction.take());
        if let Some(transaction) = transaction
            && (is_final || is_good)
        {
            self.settle(transaction.mail, &transaction.accepted, is_good);
        }
    }

    fn reset(&mut self, now: u64) {
        if let Some(session) = &mut self.session {
            session.command(now, Said::Rset, "RSET\r\n".into());
        }
    }

    /// MAIL was refused.
    fn give_back(&mut self, is_final: bool) {
        let Some(transaction) = self.session.as_mut().and_then(|session| session.transaction.as_mut()) else { return };
        transaction.is_refused = true;
        let number = transaction.mail;
        if is_final {
            let all: Vec<String> = self.left.get(&number).into_iter().flatten().cloned().collect();
            self.settle(number, &all, false);
        }
    }

    /// Recipients that need not be tried again.
    fn settle(&mut self, number: usize, recipients: &[String], is_delivered: bool) {
        let Some(left) = self.left.get_mut(&number) else { return };
        for to in recipients {
            let was_left = u64::from(left.remove(to));
            match is_delivered {
                true => self.delivered += was_left,
                false => self.refused += was_left,
            }
        }
        if left.is_empty() {
            self.left.remove(&number);
        }
    }
}

impl Session {
    /// The message that it is about.
    pub(crate) fn mail(&self) -> Option<usize> {
        self.transaction.as_ref().map(|transaction| transaction.mail)
    }

    fn say(&mut self, now: u64, octets: Vec<u8>) {
        let at = self.due.back().map_or(now, |(at, _)| *at).max(now);
        self.due.push_back((at, octets));
    }

    fn command(&mut self, now: u64, said: Said, text: String) {
        self.expected.push_back(said);
        self.say(now, text.into_bytes());
        self.deadline = now + PATIENCE.0;
    }

    fn next_waiting(&mut self, now: u64) {
        if let Some((said, octets)) = self.waiting.pop_front() {
            self.expected.push_back(said);
            self.say(now, octets);
        }
    }

    /// The next reply that is there: its code and lines.
    fn reply(&mut self) -> Option<(u16, Vec<String>)> {
        let mut lines = Vec::new();
        let mut at = 0;
        loop {
            let end = at + self.input[at..].iter().position(|octet| *octet == b'\n')?;
            let line = String::from_utf8_lossy(&self.input[at..end]).trim_end().to_owned();
            at = end + 1;
            let (code, rest) = line.split_at_checked(3).unwrap_or(("500", ""));
            let is_last = !rest.starts_with('-');
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if is_last {
                self.input.drain(..at);
                return Some((code.parse().unwrap_or(500), lines));
            }
        }
    }
}

/// With the dots that DATA asks for (RFC 5321 §4.5.2).
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(content.len() + 16);
    let mut is_start = true;
    for &octet in content {
        if is_start && octet == b'.' {
            octets.push(b'.');
        }
        octets.push(octet);
        is_start = octet == b'\n';
    }
    octets
}
