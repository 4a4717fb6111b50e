//! The receiving host: it decides late, and keeps what it accepts.

use std::collections::BTreeMap;

use passerelle::smtp::reply::{EnhancedCode, Reply};
use passerelle::smtp::sasl::server::{Decision as Verdict, Stored};
use passerelle::smtp::server::{Decision, DecisionId, Event, Request};

use crate::dice::Dice;
use crate::scenario::{LATER, NOBODY, verifier};

/// The receiving host, over all connections.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    /// Content of the message under way.
    content: Vec<u8>,
    /// What was accepted: content and recipient, and how often.
    pub(crate) accepted: BTreeMap<(Vec<u8>, String), u64>,
    /// Decisions that are due, with their time.
    due: Vec<(u64, DecisionId, Decision)>,
    pub(crate) authenticated: u64,
}

impl Receiver {
    /// A connection begins.
    pub(crate) fn connect(&mut self) {
        self.due.clear();
        self.content.clear();
    }

    /// Takes an event of the server's.
    pub(crate) fn event(&mut self, dice: &mut Dice, now: u64, event: Event) -> Result<(), String> {
        match event {
            Event::Content(octets) => self.content.extend(octets),
            Event::Aborted(_) => self.content.clear(),
            Event::Authenticated(_) => self.authenticated += 1,
            Event::Decide { id, request, .. } => {
                let decision = self.decide(dice, request)?;
                let at = now + if dice.once_in(3) { dice.below(3000) } else { 0 };
                self.due.push((at, id, decision));
            }
            _ => {}
        }
        Ok(())
    }

    /// When the next decision is due.
    pub(crate) fn next_at(&self) -> Option<u64> {
        self.due.iter().map(|(at, ..)| *at).min()
    }

    /// A decision that is due.
    pub(crate) fn take(&mut self, now: u64) -> Option<(DecisionId, Decision)> {
        let index = self.due.iter().position(|(at, ..)| *at <= now)?;
        let (_, id, decision) = self.due.remove(index);
        Some((id, decision))
    }

    fn decide(&mut self, dice: &mut Dice, request: Request) -> Result<Decision, String> {
        Ok(match request {
            Request::Auth { .. } => Decision::Auth(Verdict::Compare(vec![Stored::verifier(verifier())])),
            Request::Rcpt { recipient, .. } => match recipient.path.to_string() {
                path if path.contains(LATER) => Decision::Refuse(refusal(450, (4, 2, 1))),
                path if path.contains(NOBODY) => Decision::Refuse(refusal(550, (5, 1, 1))),
                _ => Decision::Accept,
            },
            Request::HeaderEnd { .. } if dice.once_in(10) => Decision::Refuse(refusal(554, (5, 7, 1))),
            Request::Message(message) => {
                let content = std::mem::take(&mut self.content);
                if message.size != content.len() as u64 {
                    return Err(format!("{} octets were told of, {} came", message.size, content.len()));
                }
                if dice.once_in(10) {
                    return Ok(Decision::Refuse(refusal(dice.of(&[451, 554]), (4, 3, 0))));
                }
                // From here on it is this host's: whatever becomes of the reply.
                for recipient in message.recipients {
                    *self.accepted.entry((content.clone(), recipient.path.to_string())).or_default() += 1;
                }
                Decision::Accept
            }
            _ => Decision::Accept,
        })
    }
}

fn refusal(code: u16, (class, subject, detail): (u8, u16, u16)) -> Reply {
    let class = if code < 500 { 4 } else { class.max(5) };
    Reply::new(code, Some(EnhancedCode::new(class, subject, detail)), "No")
}
