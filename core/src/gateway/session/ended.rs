//! A message is done with: what the client is told, and what the host hears of it.

use std::sync::Arc;

use super::about::About;
use super::context::Context;
use super::ways::{Sent, Word};
use crate::gateway::replies::said_of;
use crate::gateway::{Broken, Charge, Ending, Event, RecipientDone, Taken};
use crate::mailbox::{ForwardPath, Mailbox};
use crate::route::decide::{Decision, Mode};
use crate::smtp::server::{self, DecisionId};
use crate::smtp::{EnhancedCode, Reply};

/// A message that has come as a whole, and its end.
#[derive(Debug)]
pub(super) struct Ended {
    id: DecisionId,
    octets: u64,
    pub(super) ending: Ending,
    /// What the client is told; without it, what we say to a message that was taken.
    pub(super) reply: Option<Reply>,
    /// What was said of the recipients, where it came to that.
    pub(super) sent: Option<Sent>,
    /// Copies, and what was said of them.
    pub(super) copies: Vec<(Mailbox, Option<Word>)>,
    pub(super) decision: Option<Box<Decision>>,
    pub(super) mode: Option<Mode>,
    pub(super) broke: Vec<Broken>,
    /// Whether a hop may have the message, or some recipients have it, although the client is not told so.
    pub(super) second_copy_possible: bool,
}

impl Ended {
    pub(super) fn new(id: DecisionId, octets: u64, ending: Ending) -> Self {
        Self {
            id,
            octets,
            ending,
            reply: None,
            sent: None,
            copies: Vec::new(),
            decision: None,
            mode: None,
            broke: Vec::new(),
            second_copy_possible: false,
        }
    }

    pub(super) fn refused(id: DecisionId, octets: u64, reply: Reply) -> Self {
        let ending = if reply.code / 100 == 5 { Ending::Refused } else { Ending::Deferred };
        Self { reply: Some(reply), ..Self::new(id, octets, ending) }
    }

    pub(super) fn discarded(id: DecisionId, octets: u64) -> Self {
        Self::new(id, octets, Ending::Discarded)
    }

    /// Tells the server and the host.
    pub(super) fn conclude(mut self, cx: &mut Context, about: &About, is_heard: bool) {
        let reply = self.reply.take().unwrap_or_else(|| self.taken(about));
        let is_taken = matches!(self.ending, Ending::Accepted | Ending::Discarded | Ending::Quarantined);
        if is_taken {
            self.charge(cx, about);
        }
        let decision = match self.ending {
            Ending::Discarded => server::Decision::Discard(Some(reply.clone())),
            Ending::Quarantined => server::Decision::Quarantine(Some(reply.clone())),
            _ if is_taken => server::Decision::AcceptWith(reply.clone()),
            _ => server::Decision::Refuse(reply.clone()),
        };
        cx.decide(self.id, decision);
        if let Some(decision) = self.decision.take() {
            cx.event(Event::Decided { id: about.id.clone(), decision: Arc::from(decision) });
        }
        let fate = self.fate();
        if !is_heard {
            self.second_copy_possible |= is_taken && self.ending != Ending::Discarded;
            self.ending = Ending::Unheard;
        }
        let mut done = about.done(self.ending, fate);
        let accepted = about.named.iter().zip(&mut done.recipients).filter(|(named, _)| named.is_accepted);
        for (_, recipient) in accepted {
            let Some(word) = self.sent.as_ref().and_then(|sent| sent.word(&recipient.to)) else { continue };
            recipient.fate = if fate == Taken::Quarantined { fate } else { word.taken };
            recipient.host.clone_from(&word.host);
            recipient.reply = Some(word.reply.clone());
        }
        for (to, word) in std::mem::take(&mut self.copies) {
            let (host, fate, reply) = match word {
                Some(word) => (word.host, word.taken, Some(word.reply)),
                None => (None, Taken::Deferred, None),
            };
            done.recipients.push(RecipientDone { to, copy: true, host, fate, reply });
        }
        done.octets = self.octets;
        done.mode = self.mode;
        done.broke = self.broke;
        done.second_copy_possible = self.second_copy_possible;
        done.reply = is_heard.then_some(reply);
        cx.event(Event::Done(Box::new(done)));
    }

    /// What became of those of whom nothing else is known.
    fn fate(&self) -> Taken {
        match self.ending {
            Ending::Accepted => Taken::Accepted,
            Ending::Discarded => Taken::Discarded,
            Ending::Quarantined => Taken::Quarantined,
            Ending::Refused => Taken::Refused,
            _ => Taken::Deferred,
        }
    }

    /// What the client is told of a message that was taken: our name for it, and what the hop said.
    fn taken(&self, about: &About) -> Reply {
        let enhanced = Some(EnhancedCode::new(2, 0, 0));
        let words = self.sent.as_ref().filter(|_| self.ending == Ending::Accepted);
        let word = words.and_then(|sent| sent.words.iter().map(|(_, word)| word).find(|word| word.is_accepted()));
        match word {
            Some(word) => said_of(&about.id, &word.reply),
            None => Reply::new(250, enhanced, &format!("{} Message accepted", about.id)),
        }
    }

    /// What was sent by one of ours counts against quotas.
    fn charge(&self, cx: &mut Context, about: &About) {
        let is_ours = self.decision.as_ref().is_some_and(|decision| decision.relay.is_some());
        if !is_ours || self.ending != Ending::Accepted {
            return;
        }
        let user = about.peer.identity.as_ref().map(|identity| format!("user:{}", identity.user));
        let keys = user.into_iter().chain(["organisation".to_owned()]).collect();
        cx.event(Event::Charge(Charge::new(keys, about.accepted().len() as u64)));
    }
}

/// The mailbox of a forward-path that a way was given.
pub(super) fn mailbox(path: &ForwardPath) -> Option<&Mailbox> {
    match path {
        ForwardPath::Mailbox(mailbox) => Some(mailbox),
        ForwardPath::Postmaster => None,
    }
}
