//! The auditor: it sees octets and events, and says what must never be.
//!
//! It shares no code with the gateway: dialogues, messages and signatures are read here a second time. Only where a fresh
//! decision is the very question, `decide` is asked.

mod content;
mod decisions;
mod dialogue;
mod dkim;
mod hops;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use passerelle::gateway::{Ending, Event};
use passerelle::{Answer, Question, UnixTime};

use crate::certificates::Shown;
use crate::tally::Tally;
use crate::workload::mail::Mail;

use dialogue::{Dialogue, END, Spoken};
use hops::{Hop, Taking};

/// What went past.
#[derive(Debug)]
pub(crate) enum Seen<'a> {
    /// A client has a session with the gateway.
    ClientConnects { session: u64 },
    /// It says something, in clear text or in TLS.
    FromClient { session: u64, octets: &'a [u8], secured: bool },
    /// It hears something.
    ToClient { session: u64, octets: &'a [u8], secured: bool },
    /// Its connection is over or broken.
    ClientGone { session: u64 },
    /// The gateway has a connection to a host, which shows this certificate if it comes to that.
    HopConnects { link: u64, session: u64, host: usize, shown: Shown },
    /// A connection that was kept serves another session, or the same again.
    Reused { link: u64, session: u64 },
    /// A host hears something.
    AtHop { link: u64, octets: &'a [u8], secured: bool },
    /// A host says something; `upto` octets of the wire are out with it.
    FromHop { link: u64, octets: &'a [u8], upto: u64 },
    /// The gateway has so many octets of the wire of this host.
    GatewayHas { link: u64, upto: u64 },
    /// The gateway says this.
    Event { session: u64, event: &'a Event },
    /// The gateway's host keeps a message for a person to look at, safely.
    Stored { session: u64, message: &'a [u8] },
    /// Another policy is in force.
    Renewed { policy: usize },
    /// The gateway is told this.
    Answered { session: u64, question: &'a Question, answer: &'a Answer },
    /// So many octets are held, for all sessions.
    Held { held: u64 },
    /// A session is over; what is left of it.
    Over { session: u64, connections: usize, held: u64, memory: u64 },
    /// Everything that the gateway had is gone.
    Crashed,
}

/// Octets that may be held, as the policies say.
pub(crate) const MOST_HELD: u64 = 96_000;
/// Memory that one session may take, beside what is held.
pub(crate) const MOST_MEMORY: u64 = 1 << 20;

/// An invariant does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
    /// The message that it is about.
    pub(crate) mail: Option<usize>,
}

pub(crate) type Verdict = Result<(), Wrong>;

pub(crate) fn wrong(invariant: &'static str, mail: Option<usize>, what: impl Into<String>) -> Wrong {
    Wrong { invariant, what: what.into(), mail }
}

/// What is known of a session with a client.
#[derive(Debug)]
struct Client {
    dialogue: Dialogue,
    is_secured: bool,
    has_auth: bool,
    is_gone: bool,
    transaction: Transaction,
    /// The next one, from MAIL to its reply.
    next: Option<Transaction>,
    answers: BTreeMap<Question, Answer>,
}

/// A transaction of a client's, the one under way or the last.
#[derive(Debug, Default)]
struct Transaction {
    /// MAIL as it was said.
    mail: String,
    is_open: bool,
    is_secured: bool,
    /// The recipients that were named, with the reply once it is there.
    recipients: Vec<(String, Option<u16>)>,
    /// The message, once the client has said all of it.
    message: Option<usize>,
    /// The policies that it may go by.
    policies: BTreeSet<usize>,
    takings: Vec<Taking>,
    is_stored: bool,
    reply: Option<u16>,
}

impl Transaction {
    fn accepted(&self) -> impl Iterator<Item = &str> {
        self.recipients.iter().filter(|(_, code)| *code == Some(250)).map(|(to, _)| to.as_str())
    }

    /// Recipients that were not refused.
    fn named(&self) -> impl Iterator<Item = &str> {
        self.recipients.iter().filter(|(_, code)| code.is_none_or(|code| code == 250)).map(|(to, _)| to.as_str())
    }
}

pub(crate) struct Auditor {
    mails: Rc<Vec<Mail>>,
    clients: BTreeMap<u64, Client>,
    hops: BTreeMap<u64, Hop>,
    policy: usize,
    /// Who has which message, however often; copies for the archive apart.
    taken: BTreeMap<(usize, String), u64>,
    pub(crate) tally: Tally,
}

impl Auditor {
    pub(crate) fn new(mails: Rc<Vec<Mail>>, policy: usize) -> Self {
        Self {
            mails,
            clients: BTreeMap::new(),
            hops: BTreeMap::new(),
            policy,
            taken: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// Takes what went past.
    pub(crate) fn see(&mut self, now: UnixTime, seen: Seen<'_>) -> Verdict {
        match seen {
            Seen::ClientConnects { session } => {
                self.clients.insert(session, Client::new());
            }
            Seen::FromClient { session, octets, secured } => self.client_says(session, octets, secured)?,
            Seen::ToClient { session, octets, secured } => self.client_hears(session, octets, secured)?,
            Seen::ClientGone { session } => {
                if let Some(client) = self.clients.get_mut(&session) {
                    client.is_gone = true;
                }
            }
            Seen::HopConnects { link, session, host, shown } => {
                self.hops.insert(link, Hop::new(session, host, shown));
            }
            Seen::Reused { link, session } => {
                self.tally.add("hop: a connection is used again");
                if let Some(hop) = self.hops.get_mut(&link) {
                    hop.session = session;
                }
            }
            Seen::AtHop { link, octets, secured } => self.hop_hears(now, link, octets, secured)?,
            Seen::FromHop { link, octets, upto } => self.hop_says(now, link, octets, upto)?,
            Seen::GatewayHas { link, upto } => self.gateway_has(link, upto),
            Seen::Event { session, event } => self.event(session, event)?,
            Seen::Stored { session, message } => self.stored(session, message)?,
            Seen::Renewed { policy } => self.renewed(policy),
            Seen::Answered { session, question, answer } => {
                if let Some(client) = self.clients.get_mut(&session) {
                    client.answers.insert(question.clone(), answer.clone());
                }
            }
            Seen::Held { held } if held > MOST_HELD => {
                return Err(wrong("bounded", None, format!("{held} octets are held, and {MOST_HELD} may be")));
            }
            Seen::Held { .. } => {}
            Seen::Over { session, connections, held, memory } => self.over(session, connections, held, memory)?,
            Seen::Crashed => self.crashed(),
        }
        Ok(())
    }

    fn client_says(&mut self, session: u64, octets: &[u8], secured: bool) -> Verdict {
        let Some(client) = self.clients.get_mut(&session) else { return Ok(()) };
        client.is_secured = secured;
        for spoken in client.dialogue.said(octets) {
            match spoken {
                Spoken::Command(line) => {
                    let upper = line.to_ascii_uppercase();
                    if upper.starts_with("MAIL") {
                        let (mail, policies) = (line, BTreeSet::from([self.policy]));
                        let next = Transaction { mail, is_secured: secured, policies, ..Transaction::default() };
                        client.next = Some(next);
                    } else if upper.starts_with("RCPT") {
                        let transaction = client.next.as_mut().unwrap_or(&mut client.transaction);
                        transaction.recipients.push((path(&line), None));
                    }
                }
                Spoken::Message(content) => client.transaction.message = content::number(&content),
                Spoken::Reply { .. } => {}
            }
        }
        Ok(())
    }

    fn client_hears(&mut self, session: u64, octets: &[u8], secured: bool) -> Verdict {
        let Some(client) = self.clients.get_mut(&session) else { return Ok(()) };
        client.is_secured = secured;
        let mut ends = Vec::new();
        for spoken in client.dialogue.heard(octets) {
            let Spoken::Reply { to, code, text } = spoken else { continue };
            let upper = to.to_ascii_uppercase();
            if upper.starts_with("AUTH") && code == 235 {
                client.has_auth = true;
                self.tally.add("client: logged in");
            } else if upper.starts_with("MAIL") {
                if let Some(next) = client.next.take().filter(|_| code == 250) {
                    client.transaction = Transaction { is_open: true, ..next };
                }
            } else if upper.starts_with("RCPT") {
                let to = path(&to);
                let place = client.transaction.recipients.iter_mut().find(|(own, code)| *own == to && code.is_none());
                if let Some((_, place)) = place {
                    *place = Some(code);
                }
                self.tally.add(match (code, text.contains(" said: ")) {
                    (250, _) => "RCPT: taken",
                    (_, true) => "RCPT: refused in the words of the hop",
                    (400..500, _) => "RCPT: deferred",
                    _ => "RCPT: refused",
                });
            } else if to == END {
                ends.push((code, text));
            }
        }
        for (code, text) in ends {
            self.ended(session, code, &text)?;
        }
        Ok(())
    }

    /// The client has heard what became of a message.
    fn ended(&mut self, session: u64, code: u16, text: &str) -> Verdict {
        let Some(client) = self.clients.get_mut(&session) else { return Ok(()) };
        let transaction = &mut client.transaction;
        transaction.reply = Some(code);
        transaction.is_open = false;
        self.tally.add(match code {
            200..300 => "message: acknowledged",
            400..500 => "message: deferred",
            _ => "message: refused",
        });
        if code >= 300 {
            let known = transaction.takings.iter().find(|taking| taking.is_known && !taking.is_copy);
            return match known {
                Some(taking) => Err(wrong(
                    "once",
                    transaction.message,
                    format!(
                        "{} has taken it for {}, the gateway knew so, and the client is told {code} {text}",
                        taking.host_name(),
                        taking.recipients.join(" ")
                    ),
                )),
                None => Ok(()),
            };
        }
        let Some(number) = transaction.message else {
            return Err(wrong("acknowledged", None, format!("{code} {text} to a message that nobody sent")));
        };
        let mail = &self.mails[number];
        for to in transaction.accepted() {
            let is_taken = transaction.takings.iter().any(|taking| taking.recipients.iter().any(|own| own == to));
            let is_stored = transaction.is_stored && content::is_quarantined(mail, to);
            if content::is_discarded(mail, to) {
                self.tally.add("message: discarded");
            } else if is_stored {
                self.tally.add("message: in quarantine");
            } else if !is_taken {
                let what = format!("{code} {text} for {to}, and no hop has taken it");
                return Err(wrong("acknowledged", Some(number), what));
            }
            if content::wants_copy(mail, to) && !transaction.takings.iter().any(|taking| taking.is_copy) {
                return Err(wrong("acknowledged", Some(number), "the archive has no copy"));
            }
        }
        Ok(())
    }

    fn gateway_has(&mut self, link: u64, upto: u64) {
        let Some(hop) = self.hops.get_mut(&link) else { return };
        let Some(client) = self.clients.get_mut(&hop.session) else { return };
        for taking in client.transaction.takings.iter_mut().filter(|taking| taking.link == link) {
            taking.is_known |= taking.upto <= upto;
        }
    }

    fn renewed(&mut self, policy: usize) {
        self.policy = policy;
        for next in self.clients.values_mut().filter_map(|client| client.next.as_mut()) {
            // It may be that MAIL has not reached the gateway yet.
            next.policies.insert(policy);
        }
        if self.clients.values().any(|client| client.transaction.is_open) {
            self.tally.add("pair: the policy changes in a transaction");
        }
    }

    fn stored(&mut self, session: u64, message: &[u8]) -> Verdict {
        let Some(client) = self.clients.get_mut(&session) else { return Ok(()) };
        let number = content::number(message);
        if number.is_none() || number != client.transaction.message {
            return Err(wrong("acknowledged", client.transaction.message, "what is kept is another message"));
        }
        client.transaction.is_stored = true;
        content::passed_on(&self.mails[number.unwrap_or_default()], message, true)
    }

    fn event(&mut self, session: u64, event: &Event) -> Verdict {
        match event {
            Event::Decided { decision, .. } => {
                self.tally.add(match (decision.late, decision.mode) {
                    (true, _) => "decided: late",
                    (false, passerelle::route::decide::Mode::Stream) => "decided: early, to stream",
                    (false, passerelle::route::decide::Mode::Hold) => "decided: early, to hold",
                });
                let Some(client) = self.clients.get(&session) else { return Ok(()) };
                let transactions = [Some(&client.transaction), client.next.as_ref()];
                decisions::by_a_policy_in_force(&decision.policy_version, transactions)
            }
            Event::Done(done) => {
                self.tally.add(match done.end {
                    Ending::Accepted => "done: accepted",
                    Ending::Discarded => "done: discarded",
                    Ending::Quarantined => "done: quarantined",
                    Ending::Refused => "done: refused",
                    Ending::Deferred => "done: deferred",
                    Ending::Aborted => "done: aborted",
                    Ending::Unheard => "done: unheard",
                    _ => "done: otherwise",
                });
                if done.second_copy_possible {
                    self.tally.add("done: a second copy is possible");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn over(&mut self, session: u64, connections: usize, held: u64, memory: u64) -> Verdict {
        let mail = self.clients.get(&session).and_then(|client| client.transaction.message);
        if connections > 0 {
            return Err(wrong("ends", mail, format!("{connections} connections are left of a session that is over")));
        }
        if held > 0 {
            return Err(wrong("ends", mail, format!("{held} octets are left of a session that is over")));
        }
        if memory > MOST_MEMORY {
            return Err(wrong("bounded", mail, format!("a session took {memory} octets of memory")));
        }
        self.forget(session);
        Ok(())
    }

    fn crashed(&mut self) {
        for client in self.clients.values() {
            if client.transaction.is_open {
                self.tally.add("pair: a crash in a transaction");
            }
        }
        let sessions: Vec<u64> = self.clients.keys().copied().collect();
        for session in sessions {
            self.forget(session);
        }
        self.hops.clear();
    }

    /// What became of a session's last transaction is settled: was a message taken, and the client not told so?
    fn forget(&mut self, session: u64) {
        // A client that is still there may yet hear the reply: it stays until it is gone.
        let Some(client) = self.clients.get(&session) else { return };
        if client.transaction.reply.is_none() && !client.transaction.takings.is_empty() {
            self.tally.add("window: taken, and the client does not hear so");
        }
    }
}

impl Client {
    fn new() -> Self {
        Self {
            dialogue: Dialogue::new(),
            is_secured: false,
            has_auth: false,
            is_gone: false,
            transaction: Transaction::default(),
            next: None,
            answers: BTreeMap::new(),
        }
    }
}

/// The path of MAIL or RCPT.
fn path(line: &str) -> String {
    let path = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    path.map_or_else(String::new, |(path, _)| path.to_owned())
}
